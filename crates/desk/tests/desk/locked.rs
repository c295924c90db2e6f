//! What nobody gets at by a lock or a PIN: not by guesses made at once, not beside whoever signed in, and not by calling
//! the desk past its pages.

use std::time::Duration;

use contract::{AuthenticatorId, RemovalReason};
use desk::{AddressForm, Cause, Clock, FindBy, FindForm, IdentityForm, OutboxTab, SessionNow, Status};
use serde_json::json;

use crate::offline::{PIN, away, begin, code, person, pin, prepared, session, somebody_else};
use crate::support::gateway::{Instead, outcome_body};
use crate::support::server::Response;
use crate::support::{PERSON, RA_USER, ROLE};

#[tokio::test]
async fn while_it_is_locked_every_call_that_reads_or_does_anything_is_refused() {
    let bench = prepared().await;
    let recorded = bench.record(PERSON).await;
    let recorded = bench.until(&recorded, |now| now.status == Status::WaitingForThem).await;
    let draft = bench.draft("555086689205").await.id;
    bench.desk.lock().await.unwrap();
    let (desk, key, uuid) = (&bench.desk, recorded.key, || PERSON.parse().unwrap());
    let address = || AddressForm { address: "made.up@nhs.net".into(), reason: String::new() };
    let role = || ROLE.parse().unwrap();
    let find = || FindForm { uuid: PERSON.into(), ..FindForm::empty(FindBy::Uuid) };
    let (authenticator, why) = (AuthenticatorId::from_guid(uuid::Uuid::from_u128(1)), RemovalReason::Leaver);
    let identity = || IdentityForm { method: None, documents: Vec::new(), accepted_by: None };
    let refused = [
        ("find", desk.find(find()).await.err()),
        ("profile", desk.profile(uuid()).await.err()),
        ("remove_authenticator", desk.remove_authenticator(uuid(), authenticator, why).await.err()),
        ("start_draft", desk.start_draft(uuid()).await.err()),
        ("draft", desk.draft(draft).await.err()),
        ("set_draft_address", desk.set_draft_address(draft, address()).await.err()),
        ("set_draft_identity", desk.set_draft_identity(draft, identity()).await.err()),
        ("discard_draft", desk.discard_draft(draft).await.err()),
        ("restore_draft", desk.restore_draft(draft).await.err()),
        ("record", desk.record(draft).await.err()),
        ("outbox", desk.outbox(OutboxTab::Done).await.err()),
        ("submission", desk.submission(key).await.err()),
        ("withdraw", desk.withdraw(key).await.err()),
        ("correct", desk.correct(key).await.err()),
        ("confirm_recorded", desk.confirm_recorded().await.err()),
        ("to_confirm", desk.to_confirm().await.err()),
        ("take_over", desk.take_over(role(), "away").await.err()),
        ("link_qr", desk.link_qr(key).await.err()),
        ("link_for_clipboard", desk.link_for_clipboard(key).await.err()),
        ("fresh_link", desk.fresh_link(key).await.err()),
        ("waiting_elsewhere", desk.waiting_elsewhere().await.err()),
        ("offline", desk.offline().await.err()),
        ("set_pin", desk.set_pin(pin(PIN), pin(PIN)).await.err()),
        ("remove_pin", desk.remove_pin().await.err()),
        ("lock", desk.lock().await.err()),
        ("change_role", desk.change_role(role()).await.err()),
        ("save_audit", desk.save_audit(bench.folder.path().into()).await.err()),
        ("begin_new_audit", desk.begin_new_audit().await.err()),
    ];
    for (name, refused) in refused {
        assert_eq!(refused.map(|failure| failure.cause), Some(Cause::Locked), "{name}");
    }
    // Nor by somebody else's PIN, or one's own as another.
    assert_eq!(code(begin(&bench, PIN).await), "WrongState");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_that_are_made_at_once_are_counted_one_by_one() {
    let bench = away(prepared().await).await;
    let guesses: Vec<_> = (0..8)
        .map(|_| {
            let desk = bench.desk.clone();
            tokio::spawn(async move { desk.work_offline(RA_USER.parse().unwrap(), pin("19283747")).await })
        })
        .collect();
    let mut codes = Vec::new();
    for guess in guesses {
        let told = guess.await.unwrap().map(|snapshot| snapshot.session);
        codes.push(code(told.map_err(|failure| failure.cause)));
    }
    codes.sort();
    assert_eq!(codes, [["pin_wait"; 5].as_slice(), &["pin_wrong"; 3]].concat());
    assert_eq!(person(&bench).await.unwrap().tries_left, 7);
}

#[tokio::test]
async fn a_pin_takes_nothing_from_whoever_signed_in_meanwhile() {
    let bench = prepared().await;
    let draft = bench.draft(PERSON).await;
    bench.desk.lock().await.unwrap();
    somebody_else(&bench);
    bench.desk.sign_in().await.unwrap();
    for confirmed in [false, true] {
        if confirmed {
            bench.desk.confirm_identity().await.unwrap();
        }
        assert_eq!(bench.desk.unlock(pin(PIN)).await.unwrap_err().cause, Cause::WrongState);
        assert_eq!(begin(&bench, PIN).await, Err(Cause::WrongState));
    }
    let SessionNow::SignedIn { person, .. } = session(&bench).await else { panic!("they are at work") };
    assert_eq!(person.name, "Another");
    assert_eq!(bench.desk.draft(draft.id).await.unwrap_err().cause, Cause::NotFound);
    assert_eq!(bench.desk.start_draft(PERSON.parse().unwrap()).await.unwrap_err().cause, Cause::NotFound);
}

#[tokio::test]
async fn nothing_is_asked_of_the_gateway_by_pin_not_even_to_take_something_back() {
    let bench = prepared().await;
    let pause = Response::JsonWith(429, vec![("Retry-After", "600".into())], outcome_body("TOO_MANY_REQUESTS", ""));
    bench.fake.instead("/v1/registrations/batch", Instead::Answer(pause));
    let sent = bench.record(PERSON).await;
    let sent = bench.until(&sent, |now| now.unsettled && now.status == Status::ReadyToSend).await;
    let bench = away(bench).await;
    begin(&bench, PIN).await.unwrap();
    assert_eq!(bench.desk.withdraw(sent.key).await.unwrap_err().cause, Cause::WorkingOffline);
    assert!(!bench.desk.submission(sent.key).await.unwrap().withdrawal_requested);
}

#[tokio::test]
async fn by_pin_nothing_is_taken_back_but_what_was_recorded_in_the_same_session() {
    let bench = prepared().await;
    let (first, second) = (bench.draft(PERSON).await, bench.draft("555086600077").await);
    bench.fake.set_up(false);
    bench.desk.profile(PERSON.parse().unwrap()).await.unwrap_err();
    let before = bench.desk.record(first.id).await.unwrap();
    assert!(!before.unsettled, "it was never sent");
    let bench = away(bench).await;
    begin(&bench, PIN).await.unwrap();
    let now = bench.desk.record(second.id).await.unwrap();
    for refused in [bench.desk.withdraw(before.key).await.map(drop), bench.desk.correct(before.key).await.map(drop)] {
        assert_eq!(refused.unwrap_err().cause, Cause::WorkingOffline);
    }
    assert_eq!(bench.desk.submission(before.key).await.unwrap().status, Status::ReadyToSend);
    assert_eq!(bench.desk.withdraw(now.key).await.unwrap().status, Status::Withdrawn);
}

#[tokio::test]
async fn leave_that_has_ended_is_not_said_to_be_there() {
    let bench = prepared().await;
    let soon = bench.clock.now() + Duration::from_secs(60);
    bench.fake.world().grant = Some(("until", json!(soon.to_string())));
    let now = bench.desk.set_pin(pin(PIN), pin(PIN)).await.unwrap();
    assert_eq!(now.until, Some(soon));
    bench.clock.advance(Duration::from_secs(61));
    let now = bench.desk.offline().await.unwrap();
    assert!(now.has_pin && now.until.is_none());
    assert_eq!(bench.desk.lock().await.unwrap_err().cause, Cause::WrongState);
}

#[tokio::test]
async fn a_key_store_that_does_not_answer_keeps_nobodys_work_on_the_screen() {
    let bench = prepared().await;
    bench.desk.lock().await.unwrap();
    bench.keys().answers(false);
    let SessionNow::Locked { person: None, unknown: true, .. } = session(&bench).await else { panic!("it is locked") };
    assert!(bench.desk.unlock(pin(PIN)).await.is_err());
    bench.keys().answers(true);
    let SessionNow::Locked { person: Some(_), unknown: false, .. } = session(&bench).await else {
        panic!("it answers")
    };
    bench.desk.unlock(pin(PIN)).await.unwrap();
    // Who has no PIN any more is known to have none.
    bench.desk.lock().await.unwrap();
    bench.keys().0.lock().unwrap().retain(|name, _| !name.starts_with("pin-1-"));
    let SessionNow::Locked { person: None, unknown: false, .. } = session(&bench).await else { panic!("it is known") };
}

#[tokio::test]
async fn who_is_confirmed_while_the_key_store_does_not_answer_is_at_work() {
    let bench = prepared().await;
    bench.desk.sign_out().await.unwrap();
    bench.desk.sign_in().await.unwrap();
    bench.keys().answers(false);
    let confirmed = bench.desk.confirm_identity().await.unwrap();
    assert!(matches!(confirmed.session, SessionNow::SignedIn { .. }));
    assert_eq!(bench.desk.lock().await.unwrap_err().cause, Cause::WrongState, "there is no coming back by PIN");
}
