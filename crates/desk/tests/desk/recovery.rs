//! A store that was damaged while RA Desk was closed: what can still be read is sent exactly once, what cannot is told,
//! and an older copy of a store registers nothing twice.

use std::collections::BTreeSet;
use std::path::Path;

use desk::{AuditEnded, AuditFault, Status};

use crate::support::Bench;
use crate::support::gateway::Instead;
use crate::support::server::Response;

const PAGE: usize = 4096;

/// Waits until nothing of this RA user is to be sent.
async fn all_sent(bench: &Bench) {
    bench.desk.confirm_recorded().await.unwrap();
    for _ in 0..500 {
        if bench.desk.snapshot().await.unwrap().outbox.ready == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("not all is sent: {:?}", bench.desk.snapshot().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_still_be_read_is_sent_exactly_once_and_the_rest_is_told() {
    let mut most = 0;
    for round in 0..6_usize {
        let bench = Bench::signed_in().await;
        let mut said = BTreeSet::new();
        // Of some the gateway's answer is lost, some it never hears of.
        for number in 0..12 {
            if number == 4 {
                bench.fake.instead("/v1/registrations/batch", Instead::LoseAnswer);
            }
            if number == 8 {
                for _ in 0..50 {
                    bench.fake.instead("/v1/registrations/batch", Instead::Answer(Response::HangUp));
                }
            }
            said.insert(bench.record(&format!("5550866{number:05}")).await.key.to_string());
        }
        bench.desk.close().await;
        let store = bench.folder.path().join("data/store.db");
        let bench = bench
            .restart_after(|| {
                let mut bytes = std::fs::read(&store).unwrap();
                let pages = bytes.len() / PAGE;
                // Three pages, others in each round.
                for nth in 0..3 {
                    let page = 1 + (round * 7 + nth * 5) % (pages - 1);
                    bytes[page * PAGE + 200] ^= 4;
                }
                std::fs::write(&store, bytes).unwrap();
            })
            .await;
        bench.fake.world().instead.clear();
        let told = bench.desk.recovery().await.unwrap().unwrap();
        bench.sign_in().await;
        all_sent(&bench).await;
        let registered: BTreeSet<String> = bench.fake.world().registrations.keys().cloned().collect();
        let missing = said.difference(&registered).count();
        let outbox = bench.desk.snapshot().await.unwrap().outbox;
        assert_eq!(outbox.ready + outbox.waiting + outbox.attention + outbox.done, told.recovered, "{told:?}");
        assert!(registered.is_subset(&said), "nothing else is registered");
        assert!(missing <= said.len() - told.recovered as usize, "what is here is sent: {missing} {told:?}");
        let lost = said.len() - told.recovered as usize;
        assert!(if told.lost_is_all { told.lost as usize == lost } else { told.lost as usize <= lost }, "{told:?}");
        most = most.max(told.recovered);
        bench.desk.acknowledge_recovery().await.unwrap();
        assert_eq!(bench.desk.recovery().await.unwrap(), None);
        let bench = bench.restart().await;
        assert_eq!(bench.desk.recovery().await.unwrap(), None, "told until it was read");
        assert!(bench.desk.audit_is_whole());
    }
    assert!(most >= 6, "{most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_recoveries_each_is_told_and_read_by_itself() {
    let mut bench = Bench::signed_in().await;
    bench.record("555086600001").await;
    bench.desk.close().await;
    let store = bench.folder.path().join("data/store.db");
    for _ in 0..2 {
        bench.clock.advance(std::time::Duration::from_secs(60));
        bench = bench
            .restart_after(|| {
                let mut bytes = std::fs::read(&store).unwrap();
                bytes[200] ^= 4;
                std::fs::write(&store, bytes).unwrap();
            })
            .await;
        bench.desk.close().await;
    }
    let bench = bench.restart().await;
    bench.desk.acknowledge_recovery().await.unwrap();
    let first = bench.desk.recovery().await.unwrap().unwrap();
    assert_eq!(bench.desk.recovery().await.unwrap(), Some(first.clone()), "nothing was shown yet that could be read");
    // Pressed twice it is the same one that was read.
    bench.desk.acknowledge_recovery().await.unwrap();
    bench.desk.acknowledge_recovery().await.unwrap();
    let second = bench.desk.recovery().await.unwrap().unwrap();
    assert!(second.found_at > first.found_at && second.set_aside != first.set_aside, "{first:?} {second:?}");
    bench.desk.acknowledge_recovery().await.unwrap();
    assert_eq!(bench.desk.recovery().await.unwrap(), None);
}

async fn until_offline(bench: &Bench) {
    bench.desk.send_now();
    for _ in 0..500 {
        if matches!(bench.desk.snapshot().await.unwrap().network, desk::Network::Offline { .. }) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it does not notice that there is no network");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_copy_doubles_nothing_and_brings_nothing_back_by_itself() {
    let bench = Bench::signed_in().await;
    for _ in 0..50 {
        bench.fake.instead("/v1/registrations/batch", Instead::Answer(Response::HangUp));
    }
    // One of those that are taken back meanwhile may have been sent, another was never.
    let (sent, withdrawn) = (bench.record("555086600001").await, bench.record("555086600002").await);
    bench.until(&withdrawn, |now| now.attempts > 0).await;
    let draft = bench.draft("555086600003").await;
    bench.fake.set_up(false);
    until_offline(&bench).await;
    let never_sent = bench.desk.record(draft.id).await.unwrap();
    let (data, aside) = (bench.folder.path().join("data"), bench.folder.path().join("backup"));
    let bench = bench.restart_after(|| copy(&data, &aside)).await;
    bench.fake.set_up(true);
    bench.fake.world().instead.clear();
    bench.sign_in().await;
    // Meanwhile two are taken back and one is registered.
    assert_eq!(bench.desk.submission(never_sent.key).await.unwrap().attempts, 0);
    bench.desk.withdraw(never_sent.key).await.unwrap();
    bench.desk.withdraw(withdrawn.key).await.unwrap();
    bench.until(&withdrawn, |now| now.status == Status::Withdrawn).await;
    all_sent(&bench).await;
    bench.until(&sent, |now| now.status == Status::WaitingForThem).await;
    // One of them may be told twice, by whoever asked and by the loop.
    let cancelled = || bench.fake.world().cancelled.iter().cloned().collect::<BTreeSet<_>>();
    for _ in 0..500 {
        if cancelled().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let both = BTreeSet::from([withdrawn.key.to_string(), never_sent.key.to_string()]);
    assert_eq!(cancelled(), both, "the gateway hears of both");
    bench.desk.close().await;

    let bench = bench
        .restart_after(|| {
            std::fs::remove_dir_all(&data).unwrap();
            copy(&aside, &data);
        })
        .await;
    assert!(!bench.desk.audit_is_whole(), "an older copy is noticed");
    bench.sign_in().await;
    bench.until(&sent, |now| now.status == Status::ReadyToSend).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let waiting = bench.desk.to_confirm().await.unwrap().len();
    assert_eq!(waiting, 3, "nothing is sent before its author says again that it is wanted");
    all_sent(&bench).await;
    bench.until(&sent, |now| now.status == Status::WaitingForThem).await;
    for key in [withdrawn.key, never_sent.key] {
        let status = bench.desk.submission(key).await.unwrap().status;
        assert_eq!(status, Status::Withdrawn, "the gateway knows what was taken back");
    }
    let registered: Vec<String> = bench.fake.world().registrations.keys().cloned().collect();
    assert_eq!(registered, [sent.key.to_string()]);

    // A new audit is begun when somebody asks for it, and names the one before.
    let now = bench.desk.check_audit().await.unwrap();
    assert_eq!(now.report.broken.map(|broken| broken.why), Some(AuditFault::RolledBack));
    bench.desk.begin_new_audit().await.unwrap();
    assert!(bench.desk.check_audit().await.unwrap().asked);
    assert!(bench.desk.begin_new_audit().await.is_err(), "once");
    let bench = bench.restart().await;
    assert!(bench.desk.audit_is_whole());
    let now = bench.desk.check_audit().await.unwrap();
    let before = now.report.before.unwrap();
    assert_eq!((before.why, now.asked, now.signs), (AuditEnded::Restored, false, true));
    assert!(before.rows > 0 && now.report.kept_of_earlier > 0, "and its rows are kept: {now:?}");
    bench.sign_in().await;
    assert!(bench.desk.begin_new_audit().await.is_err(), "an intact audit is not ended");
    let bench = bench.restart().await;
    assert!(bench.desk.audit_is_whole(), "from then on the new one is the computer's");
}
