//! Whose word for the audit is believed.

use std::time::Duration;

use contract::{KeySuccession, PublicKey};
use desk::{AuditNow, Happened, Persistence};
use tokio::sync::broadcast::Receiver;

use crate::support::Bench;
use crate::support::audit::{Holder, secret};

fn key(seed: u8) -> PublicKey {
    PublicKey::of(&secret(seed))
}

fn step(before: u8, to: u8) -> KeySuccession {
    KeySuccession::sign(&secret(before), key(to))
}

/// What answers in the gateway's place from now on, with what the gateway held.
fn answers(bench: &Bench, change: impl FnOnce(&mut Holder), seed: u8) {
    let mut world = bench.fake.world();
    let held = world.audit.take().and_then(|before| before.held);
    let mut holder = Holder { held, ..Holder::new(seed) };
    change(&mut holder);
    world.audit = Some(holder);
}

async fn now(bench: &Bench) -> AuditNow {
    bench.desk.check_audit().await.unwrap()
}

/// Waits until the gateway's word is kept for a row behind that one.
async fn until_confirmed(bench: &Bench, behind: i64) -> i64 {
    for _ in 0..300 {
        if let Some(number) = now(bench).await.report.countersigned.filter(|number| *number > behind) {
            return number;
        }
        bench.desk.send_now();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", now(bench).await);
}

/// Waits until it is told that a key is not known; that is told once.
async fn until_told(bench: &Bench, happened: &mut Receiver<Happened>) {
    let told = async {
        loop {
            bench.desk.send_now();
            tokio::select! {
                what = happened.recv() => if what.unwrap() == Happened::CountersigningKeyNotKnown { return },
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), told).await.unwrap();
}

/// A desk whose audit was confirmed with the first key, started anew, up to which row, and what happens on it.
async fn confirmed() -> (Bench, i64) {
    let bench = Bench::new().await;
    answers(&bench, |_| {}, 1);
    bench.sign_in().await;
    let number = until_confirmed(&bench, 0).await;
    (bench.restart().await, number)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_stands_in_the_gateways_place_countersigns_nothing_that_is_believed() {
    type Does = fn(&mut Holder);
    let stranger: [(&str, Does); 4] = [
        ("it names its own key", |_| {}),
        ("it names none", |holder| holder.names = None),
        ("it names the known key, holds nothing, and signs with its own", |holder| {
            (holder.names, holder.held) = (Some(key(1)), None);
        }),
        ("it says itself that its key follows the known one", |holder| {
            holder.follows = vec![KeySuccession { before: key(1), ..step(9, 9) }, step(9, 9)];
        }),
    ];
    for (what, does) in stranger {
        let (bench, confirmed) = confirmed().await;
        answers(&bench, does, 9);
        let mut happened = bench.desk.happened();
        bench.sign_in().await;
        until_told(&bench, &mut happened).await;
        let found = now(&bench).await;
        assert!(!found.key_known && found.report.is_intact(), "{what}: {found:?}");
        assert_eq!(found.report.countersigned, Some(confirmed), "{what}: nothing of it is kept");
        let sent = bench.fake.count("/v1/audit");
        bench.record(crate::support::PERSON).await;
        (0..20).for_each(|_| bench.desk.send_now());
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(bench.fake.count("/v1/audit"), sent, "{what}: it is sent no more");
        let again = std::iter::from_fn(|| happened.try_recv().ok());
        assert_eq!(again.filter(|what| *what == Happened::CountersigningKeyNotKnown).count(), 0, "{what}: told once");
        // The gateway is back.
        let bench = bench.restart().await;
        answers(&bench, |_| {}, 1);
        bench.fake.world().audit.as_mut().unwrap().held = None;
        bench.sign_in().await;
        until_confirmed(&bench, confirmed).await;
        assert!(now(&bench).await.key_known, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_takes_the_place_of_the_known_one_is_followed_and_old_receipts_stay_good() {
    let (bench, first) = confirmed().await;
    // Two changes while this computer was off.
    answers(&bench, |holder| holder.follows = vec![step(1, 2), step(2, 3)], 3);
    bench.sign_in().await;
    let second = until_confirmed(&bench, first).await;
    let bench = bench.restart().await;
    let found = now(&bench).await;
    assert!(found.report.is_intact() && found.key_known, "{found:?}");
    assert_eq!(found.report.countersigned, Some(second), "every receipt is looked at, those of the key before too");
    // The key before may have been the reason for the change: it counts for nothing new.
    answers(&bench, |holder| holder.held = None, 1);
    let mut happened = bench.desk.happened();
    bench.sign_in().await;
    until_told(&bench, &mut happened).await;
    assert_eq!(now(&bench).await.report.countersigned, Some(second));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_changed_while_an_ra_user_works_is_followed_and_nothing_is_told() {
    let bench = Bench::new().await;
    answers(&bench, |_| {}, 1);
    bench.sign_in().await;
    let first = until_confirmed(&bench, 0).await;
    let mut happened = bench.desk.happened();
    answers(&bench, |holder| holder.follows = vec![step(1, 2)], 2);
    bench.record(crate::support::PERSON).await;
    until_confirmed(&bench, first).await;
    let found = now(&bench).await;
    assert!(found.key_known && found.report.is_intact(), "{found:?}");
    let told = std::iter::from_fn(|| happened.try_recv().ok());
    assert_eq!(told.filter(|what| *what == Happened::CountersigningKeyNotKnown).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_asks_again_for_a_key_that_was_not_known() {
    let (bench, first) = confirmed().await;
    answers(&bench, |_| {}, 9);
    let mut happened = bench.desk.happened();
    bench.sign_in().await;
    until_told(&bench, &mut happened).await;
    answers(&bench, |_| {}, 1);
    bench.desk.sign_out().await.unwrap();
    bench.sign_in().await;
    until_confirmed(&bench, first).await;
    assert!(now(&bench).await.key_known);
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_names_the_key_instead() {
    let bench = Bench::set(Persistence::Kept, |settings, _| settings.countersigning_key = Some(key(2))).await;
    answers(&bench, |_| {}, 1);
    let mut happened = bench.desk.happened();
    bench.sign_in().await;
    until_told(&bench, &mut happened).await;
    assert_eq!(now(&bench).await.report.countersigned, None, "also the first one that is heard of");
    let bench = bench.restart().await;
    answers(&bench, |_| {}, 2);
    bench.sign_in().await;
    until_confirmed(&bench, 0).await;
}
