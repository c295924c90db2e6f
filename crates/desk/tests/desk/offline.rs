//! Working without a connection: by PIN, under the gateway's grant, and never in anybody's name but one's own.

use std::path::Path;
use std::time::Duration;

use contract::EndReason;
use desk::{Cause, OfflineEnd, OfflinePerson, OutboxTab, SessionNow, SignInError, Status};
use serde_json::json;
use zeroize::Zeroizing;

use crate::support::audit::Holder;
use crate::support::gateway::{Instead, outcome};
use crate::support::{Bench, PERSON, RA_USER, ROLE};

pub(crate) const PIN: &str = "19283746";
const SOMEBODY_ELSE: &str = "555100000002";
const HOUR: Duration = Duration::from_secs(60 * 60);
const IDLE: Duration = Duration::from_secs(15 * 60);

pub(crate) fn pin(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

/// Signed in, with a PIN and a grant for three days.
pub(crate) async fn prepared() -> Bench {
    let bench = Bench::new().await;
    bench.fake.world().audit = Some(Holder::new(1));
    bench.sign_in().await;
    let now = bench.desk.set_pin(pin(PIN), pin(PIN)).await.unwrap();
    assert!(now.has_pin && now.until.is_some());
    bench
}

/// Signed out, and no gateway to be reached.
pub(crate) async fn away(bench: Bench) -> Bench {
    bench.desk.sign_out().await.unwrap();
    bench.fake.set_up(false);
    bench.restart().await
}

pub(crate) async fn begin(bench: &Bench, tried: &str) -> Result<SessionNow, Cause> {
    let begun = bench.desk.work_offline(RA_USER.parse().unwrap(), pin(tried)).await;
    begun.map(|snapshot| snapshot.session).map_err(|failure| failure.cause)
}

/// The code of what is wrong with a field, or the cause itself.
pub(crate) fn code(refused: Result<SessionNow, Cause>) -> String {
    match refused.unwrap_err() {
        Cause::Invalid(errors) => errors.0[0].code.to_string(),
        cause => format!("{cause:?}"),
    }
}

pub(crate) async fn person(bench: &Bench) -> Option<OfflinePerson> {
    bench.desk.offline_people().await.unwrap().pop()
}

pub(crate) async fn session(bench: &Bench) -> SessionNow {
    bench.desk.snapshot().await.unwrap().session
}

/// Somebody else comes to the issuer from now on.
pub(crate) fn somebody_else(bench: &Bench) {
    let mut world = bench.fake.world();
    world.claims.push(("sub", json!(SOMEBODY_ELSE)));
    world.session.push(("user", json!({ "uuid": SOMEBODY_ELSE, "name": "Another" })));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// Puts the files back as they were when a copy of them was made.
fn put_back(copy_of: &Path, data: &Path) {
    for file in std::fs::read_dir(data).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
        std::fs::remove_file(file.path()).unwrap();
    }
    copy(copy_of, data);
}

#[tokio::test]
async fn what_is_recorded_without_a_connection_is_sent_after_they_signed_in_and_said_that_it_is_theirs() {
    let bench = prepared().await;
    let draft = bench.draft(PERSON).await;
    let bench = away(bench).await;
    let who = person(&bench).await.unwrap();
    assert_eq!((who.name.as_str(), who.role.as_str()), ("Made Up", "RA Agent, B81603"));
    assert_eq!((who.ended, who.tries_left, who.wait_until), (None, 10, None));
    assert!(!format!("{who:?}").contains("Made Up"));
    assert_eq!(code(begin(&bench, "19283747").await), "pin_wrong");
    assert_eq!(person(&bench).await.unwrap().tries_left, 9);
    let SessionNow::Offline { person: who, until, .. } = begin(&bench, PIN).await.unwrap() else { panic!() };
    assert!(who.may.register && !who.may.find && !who.may.remove);
    assert_eq!(Some(until), person(&bench).await.map(|person| person.until));
    assert_eq!(person(&bench).await.unwrap().tries_left, 10, "the right one starts anew");

    // The draft was sealed in a session of the gateway's; the PIN opens the same vault.
    assert_eq!(bench.desk.draft(draft.id).await.unwrap().profile.uuid.as_str(), PERSON);
    let recorded = bench.desk.record(draft.id).await.unwrap();
    assert_eq!((recorded.status, recorded.needs_confirmation), (Status::ReadyToSend, true));
    assert_eq!(bench.desk.outbox(OutboxTab::Ready).await.unwrap().submissions.len(), 1);
    bench.fake.set_up(true);
    let asked = bench.fake.world().log.len();
    bench.desk.send_now();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(bench.fake.world().log.len(), asked, "nothing is asked or sent in their name");
    let not_now = bench.desk.profile(PERSON.parse().unwrap()).await.unwrap_err();
    assert_eq!(not_now.cause, Cause::WorkingOffline);

    bench.sign_in().await;
    let SessionNow::SignedIn { to_confirm: 1, .. } = session(&bench).await else { panic!("it waits to be confirmed") };
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(bench.fake.count("/v1/registrations/batch"), 0);
    bench.desk.confirm_recorded().await.unwrap();
    bench.until(&recorded, |now| now.status == Status::WaitingForThem).await;
}

#[tokio::test]
async fn idle_without_a_connection_locks_and_the_pin_comes_back_to_the_same_work() {
    let bench = prepared().await;
    let draft = bench.draft(PERSON).await;
    bench.fake.set_up(false);
    bench.desk.profile(PERSON.parse().unwrap()).await.unwrap_err();
    bench.clock.advance(IDLE);
    let SessionNow::Locked { name, person: Some(who), .. } = session(&bench).await else { panic!("it is locked") };
    assert_eq!((name.as_str(), who.tries_left), ("Made Up", 10));
    assert_eq!(bench.desk.draft(draft.id).await.unwrap_err().cause, Cause::Locked);
    assert_eq!(bench.desk.snapshot().await.unwrap().outbox.drafts, 0, "nothing of theirs is told");
    let wrong = bench.desk.unlock(pin("19283747")).await.map(|snapshot| snapshot.session);
    assert_eq!(code(wrong.map_err(|failure| failure.cause)), "pin_wrong");
    let back = bench.desk.unlock(pin(PIN)).await.unwrap().session;
    assert!(matches!(back, SessionNow::Offline { .. }), "{back:?}");
    assert_eq!(bench.desk.draft(draft.id).await.unwrap().address, draft.address);
    // What was read before is still known, so another registration can be begun on it.
    assert_eq!(bench.desk.start_draft(PERSON.parse().unwrap()).await.unwrap().id, draft.id);
    // Idle again it is locked again, and after twelve hours it is over.
    bench.clock.advance(IDLE);
    assert!(matches!(session(&bench).await, SessionNow::Locked { .. }));
    bench.clock.advance(12 * HOUR);
    assert_eq!(session(&bench).await, SessionNow::SignedOut { why: Some(EndReason::TwelveHours) });
}

#[tokio::test]
async fn idle_with_a_connection_or_without_a_pin_ends_the_session_as_before() {
    let bench = prepared().await;
    bench.draft(PERSON).await;
    bench.clock.advance(IDLE);
    assert_eq!(session(&bench).await, SessionNow::SignedOut { why: Some(EndReason::Idle) });
    let bench = Bench::signed_in().await;
    assert_eq!(bench.desk.lock().await.unwrap_err().cause, Cause::WrongState, "nothing to come back with");
    bench.fake.set_up(false);
    bench.desk.profile(PERSON.parse().unwrap()).await.unwrap_err();
    bench.clock.advance(IDLE);
    assert_eq!(session(&bench).await, SessionNow::SignedOut { why: Some(EndReason::Idle) });
}

#[tokio::test]
async fn a_lock_that_is_asked_for_gives_the_tokens_up_and_a_sign_in_opens_it_too() {
    let bench = prepared().await;
    let draft = bench.draft(PERSON).await;
    let locked = bench.desk.lock().await.unwrap().session;
    assert!(matches!(locked, SessionNow::Locked { .. }), "{locked:?}");
    bench.desk.until_gateway_is_told(Duration::from_secs(5)).await;
    assert_eq!(bench.fake.count("/oauth2/revoke"), 1);
    bench.sign_in().await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap().address, draft.address);
}

#[tokio::test]
async fn an_older_file_gives_no_try_back_and_shortens_no_wait() {
    let bench = away(prepared().await).await;
    let (data, before) = (bench.folder.path().join("data"), bench.folder.path().join("before"));
    let bench = bench.restart_after(|| copy(&data, &before)).await;
    for _ in 0..3 {
        assert_eq!(code(begin(&bench, "19283747").await), "pin_wrong");
    }
    let told = person(&bench).await.unwrap();
    assert_eq!((told.tries_left, told.wait_until.is_some()), (7, true));
    assert_eq!(code(begin(&bench, PIN).await), "pin_wait", "also the right one waits");
    let bench = bench.restart_after(|| put_back(&before, &data)).await;
    let told = person(&bench).await.unwrap();
    assert_eq!((told.tries_left, told.wait_until.is_some()), (7, true));
    assert_eq!(code(begin(&bench, PIN).await), "pin_wait");
    // A clock that is set back makes the wait no shorter; the time that has passed makes it over.
    bench.clock.set_back(Duration::from_secs(4 * 60));
    assert_eq!(code(begin(&bench, PIN).await), "pin_wait");
    bench.clock.advance(Duration::from_secs(31));
    assert!(begin(&bench, PIN).await.is_ok());
}

#[tokio::test]
async fn after_ten_wrong_ones_the_pin_is_gone_and_the_work_is_not() {
    let bench = prepared().await;
    let draft = bench.draft(PERSON).await;
    let bench = away(bench).await;
    let (data, before) = (bench.folder.path().join("data"), bench.folder.path().join("before"));
    let bench = bench.restart_after(|| copy(&data, &before)).await;
    let mut codes = Vec::new();
    for _ in 0..10 {
        codes.push(code(begin(&bench, "19283747").await));
        bench.clock.advance(HOUR);
    }
    assert_eq!((&codes[..9], codes[9].as_str()), (&["pin_wrong"; 9].map(String::from)[..], "pin_wiped"));
    assert_eq!(person(&bench).await, None);
    assert_eq!(begin(&bench, PIN).await, Err(Cause::NotPrepared));
    let bench = bench.restart_after(|| put_back(&before, &data)).await;
    assert_eq!(begin(&bench, PIN).await, Err(Cause::NotPrepared), "nor does an older file bring it back");
    bench.clock.set_back(10 * HOUR);
    bench.fake.set_up(true);
    bench.sign_in().await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap().address, draft.address);
    assert!(!bench.desk.offline().await.unwrap().has_pin);
}

/// As if RA Desk were ended at that moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_that_is_ended_half_way_was_made() {
    let bench = away(prepared().await).await;
    let entry = || {
        let entries = bench.keys().0.lock().unwrap();
        entries.iter().find(|(name, _)| name.starts_with("pin-1-")).map(|(_, entry)| entry.clone())
    };
    let (before, desk) = (entry(), bench.desk.clone());
    let trying = tokio::spawn(async move { desk.work_offline(RA_USER.parse().unwrap(), pin(PIN)).await });
    while entry() == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    trying.abort();
    assert!(trying.await.unwrap_err().is_cancelled(), "it was on its way");
    assert_eq!(session(&bench).await, SessionNow::SignedOut { why: None });
    assert_eq!(person(&bench).await.unwrap().tries_left, 9);
}

#[tokio::test]
async fn a_begin_that_came_to_nothing_is_told_as_that() {
    let bench = away(prepared().await).await;
    // Both find nobody at work, and only one of them begins.
    let (one, other) = tokio::join!(begin(&bench, PIN), begin(&bench, PIN));
    let begun = [&one, &other].map(Result::is_ok);
    assert!(begun == [true, false] || begun == [false, true], "{one:?} {other:?}");
    assert_eq!([one, other].into_iter().find_map(Result::err), Some(Cause::WrongState));
    let (_bench, audit) = bench.audit().await;
    let told = |act: &str| audit.lines().filter(|row| row.contains(&format!("\"{act}\""))).count();
    assert_eq!((told("offline_begun"), told("came_to_nothing")), (2, 1), "{audit}");
}

#[tokio::test]
async fn leave_for_the_computer_as_it_was_is_told_as_that() {
    let bench = away(prepared().await).await;
    bench.keys().0.lock().unwrap().retain(|name, _| !name.starts_with("device-key"));
    let bench = bench.restart().await;
    assert_eq!(person(&bench).await.unwrap().ended, Some(OfflineEnd::Elsewhere));
    assert_eq!(begin(&bench, PIN).await, Err(Cause::NotPrepared));
}

#[tokio::test]
async fn a_pin_that_was_changed_half_way_is_none() {
    let bench = prepared().await;
    let (data, before) = (bench.folder.path().join("data"), bench.folder.path().join("before"));
    let bench = bench.restart_after(|| copy(&data, &before)).await;
    bench.sign_in().await;
    bench.desk.set_pin(pin("correct horse"), pin("correct horse")).await.unwrap();
    // The key store has the new one, the file the one before.
    let bench = bench.restart_after(|| put_back(&before, &data)).await;
    assert_eq!(begin(&bench, PIN).await, Err(Cause::NotPrepared));
    assert_eq!(begin(&bench, "correct horse").await, Err(Cause::NotPrepared));
    bench.sign_in().await;
    bench.desk.set_pin(pin(PIN), pin(PIN)).await.unwrap();
    bench.desk.sign_out().await.unwrap();
    assert!(begin(&bench, PIN).await.is_ok());
}

#[tokio::test]
async fn one_persons_pin_opens_nothing_of_anothers() {
    let bench = prepared().await;
    let draft = bench.draft(PERSON).await;
    bench.desk.sign_out().await.unwrap();
    somebody_else(&bench);
    bench.sign_in().await;
    bench.desk.set_pin(pin("correct horse"), pin("correct horse")).await.unwrap();
    let bench = away(bench).await;
    let people = bench.desk.offline_people().await.unwrap();
    assert_eq!(people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>(), ["Another", "Made Up"]);
    assert_eq!(code(begin(&bench, "correct horse").await), "pin_wrong");
    bench.desk.work_offline(SOMEBODY_ELSE.parse().unwrap(), pin("correct horse")).await.unwrap();
    assert_eq!(bench.desk.draft(draft.id).await.unwrap_err().cause, Cause::NotFound);
    assert!(bench.desk.outbox(OutboxTab::Drafts).await.unwrap().drafts.is_empty());
}

#[tokio::test]
async fn a_clock_that_is_set_back_lengthens_no_grant() {
    let bench = away(prepared().await).await;
    bench.clock.advance(71 * HOUR);
    assert!(begin(&bench, PIN).await.is_ok());
    bench.clock.advance(2 * HOUR);
    let SessionNow::Locked { person: Some(who), .. } = session(&bench).await else { panic!("its time is over") };
    assert_eq!(who.ended, Some(OfflineEnd::Over));
    assert_eq!(bench.desk.unlock(pin(PIN)).await.unwrap_err().cause, Cause::OfflineEnded);
    let bench = bench.restart().await;
    assert_eq!(begin(&bench, PIN).await, Err(Cause::OfflineEnded));
    bench.clock.set_back(50 * HOUR);
    assert_eq!(begin(&bench, PIN).await, Err(Cause::ClockWasAhead));
    let bench = bench.restart().await;
    assert_eq!(begin(&bench, PIN).await, Err(Cause::ClockWasAhead), "it remembers");
    assert_eq!(person(&bench).await.unwrap().ended, Some(OfflineEnd::ClockWasAhead));
    // The gateway knows what time it is.
    bench.clock.set_back(23 * HOUR);
    bench.fake.set_up(true);
    bench.sign_in().await;
    bench.desk.set_pin(pin(PIN), pin(PIN)).await.unwrap();
    bench.desk.sign_out().await.unwrap();
    assert!(begin(&bench, PIN).await.is_ok());
}

#[tokio::test]
async fn what_is_no_grant_for_this_person_role_and_computer_is_not_believed() {
    let other = json!("11111111-2222-4333-8444-555555555555");
    let another = json!({ "uuid": SOMEBODY_ELSE, "name": "Another" });
    for (field, value) in [
        ("device", other),
        ("user", another),
        ("role.id", json!("555254240999")),
        ("issued_at", json!("2020-01-01T00:00:00Z")),
    ] {
        let bench = Bench::new().await;
        bench.fake.world().audit = Some(Holder::new(1));
        bench.sign_in().await;
        bench.fake.world().grant = Some((field, value));
        let refused = bench.desk.set_pin(pin(PIN), pin(PIN)).await.unwrap_err().cause;
        assert!(matches!(refused, Cause::Network(_) | Cause::ClockWrong), "{field}: {refused:?}");
        assert!(bench.desk.offline_people().await.unwrap().is_empty(), "{field}");
    }
    // Signed with a key that is not known here, which does not follow the one that is.
    let bench = prepared().await;
    bench.fake.world().grant_key = Some(9);
    let refused = bench.desk.set_pin(pin(PIN), pin(PIN)).await.unwrap_err().cause;
    assert!(matches!(refused, Cause::Network(_)), "{refused:?}");
}

/// What is recorded then would be too old for the gateway, and that for good.
#[tokio::test]
async fn nothing_is_recorded_by_pin_under_a_clock_that_was_set_back() {
    let bench = prepared().await;
    let draft = bench.draft(PERSON).await;
    let bench = away(bench).await;
    bench.clock.set_back(20 * 24 * HOUR);
    assert_eq!(begin(&bench, PIN).await, Err(Cause::ClockWrong));
    assert_eq!(person(&bench).await.unwrap().ended, None, "put right, it goes on");
    bench.clock.put_right();
    begin(&bench, PIN).await.unwrap();
    bench.clock.set_back(HOUR);
    assert_eq!(bench.desk.record(draft.id).await.unwrap_err().cause, Cause::ClockWrong);
    bench.clock.put_right();
    bench.desk.record(draft.id).await.unwrap();
}

#[tokio::test]
async fn a_computer_that_lets_nobody_sign_in_lets_nobody_work_by_pin() {
    let bench = prepared().await;
    bench.desk.sign_out().await.unwrap();
    bench.fake.instead("/v1/session", Instead::Answer(outcome(403, "DEVICE_REVOKED")));
    let refused = bench.desk.sign_in().await.unwrap_err().cause;
    assert_eq!(refused, Cause::SignIn(SignInError::DeviceRevoked));
    assert_eq!(person(&bench).await, None);
    assert_eq!(begin(&bench, PIN).await, Err(Cause::NotPrepared));
}

#[tokio::test]
async fn whoever_may_register_no_more_does_not_come_back_to_it_by_pin() {
    let bench = prepared().await;
    bench.desk.sign_out().await.unwrap();
    let role = json!({
        "role": {
            "id": ROLE, "code": "S0080:G0440:R5090", "name": "RA Agent", "ra_role": "ra_agent",
            "organisation": { "code": "B81603", "name": "A practice" }
        },
        "access": "look_only"
    });
    bench.fake.world().session = vec![
        ("may", json!({ "find": true, "register": false, "remove": false })),
        ("role", role.clone()),
        ("roles", json!([role])),
    ];
    bench.sign_in().await;
    assert_eq!(bench.desk.lock().await.unwrap_err().cause, Cause::WrongState);
    until_nobody_is_prepared(&bench).await;
    bench.desk.sign_out().await.unwrap();
    assert_eq!(begin(&bench, PIN).await, Err(Cause::NotPrepared));
}

async fn until_nobody_is_prepared(bench: &Bench) {
    for _ in 0..500 {
        if person(bench).await.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("somebody is prepared still");
}

#[tokio::test]
async fn a_refusal_at_the_next_contact_ends_it() {
    for (code, status) in [("NOT_PERMITTED", 403), ("DEVICE_REVOKED", 403)] {
        let bench = prepared().await;
        bench.desk.sign_out().await.unwrap();
        assert!(person(&bench).await.is_some());
        bench.fake.instead("/v1/offline-grants", Instead::Answer(outcome(status, code)));
        bench.sign_in().await;
        until_nobody_is_prepared(&bench).await;
        assert_eq!(bench.desk.offline().await.unwrap().until, None);
    }
}

#[tokio::test]
async fn each_sign_in_asks_anew_and_a_pin_is_set_just_after_one() {
    let bench = prepared().await;
    let asked = bench.fake.count("/v1/offline-grants");
    bench.sign_in().await;
    for _ in 0..200 {
        if bench.fake.count("/v1/offline-grants") > asked {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bench.fake.count("/v1/offline-grants"), asked + 1);
    for _ in 0..3 {
        bench.clock.advance(Duration::from_secs(4 * 60));
        bench.desk.touch().await.unwrap();
    }
    assert!(!bench.desk.offline().await.unwrap().may_set);
    assert_eq!(bench.desk.set_pin(pin(PIN), pin(PIN)).await.unwrap_err().cause, Cause::SignInAgain);
    let now = bench.desk.remove_pin().await.unwrap();
    assert!(!now.has_pin && now.until.is_none());
    assert_eq!(person(&bench).await, None);
}
