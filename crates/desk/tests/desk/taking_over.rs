//! Two RA users and one computer: taking over, giving back, and a role that is lost, while the outcome of an earlier
//! send is unknown too.

use contract::RefusalCode;
use desk::{Cause, OutboxTab, PauseReason, Status, Submission, SyncNow};
use serde_json::json;

use crate::support::gateway::{Instead, outcome_body};
use crate::support::server::Response;
use crate::support::{Bench, PERSON, RA_USER, ROLE};

const BATCH: &str = "/v1/registrations/batch";
pub(crate) const MANAGER: &str = "656005750203";
const MANAGER_ROLE: &str = "555254240201";
const SECOND: &str = "656005750306";
const SECOND_ROLE: &str = "555254240306";
const OTHER_ROLE: &str = "555254240109";
const REASON: &str = "On leave until March";

/// Signs whoever is there out and somebody else in.
async fn sits_down(bench: &Bench, uuid: &str, role: &str, ra_role: &str) {
    sits_down_at(bench, uuid, role, ra_role, "B81603").await;
}

/// The same, in a role at this organisation.
pub(crate) async fn sits_down_at(bench: &Bench, uuid: &str, role: &str, ra_role: &str, ods: &str) {
    bench.desk.sign_out().await.unwrap();
    let access = json!({
        "role": {
            "id": role, "code": "S0080:G0440:R5090", "name": "A role", "ra_role": ra_role,
            "organisation": { "code": ods, "name": "A practice" }
        },
        "access": "register"
    });
    {
        let mut world = bench.fake.world();
        world.claims = vec![("sub", json!(uuid)), ("selected_roleid", json!(role))];
        world.claims.extend(signed_in_now(bench));
        let name = if uuid == RA_USER { "Made Up" } else { "Made Up Manager" };
        world.session =
            vec![("user", json!({ "uuid": uuid, "name": name })), ("role", access.clone()), ("roles", json!([access]))];
    }
    bench.sign_in().await;
}

/// What the issuer says of a sign-in of now, by the desk's clock.
pub(crate) fn signed_in_now(bench: &Bench) -> [(&'static str, serde_json::Value); 3] {
    let now = desk::Clock::now(&*bench.clock).as_second();
    [("iat", json!(now)), ("exp", json!(now + 600)), ("auth_time", json!(now))]
}

pub(crate) async fn manager(bench: &Bench) {
    sits_down(bench, MANAGER, MANAGER_ROLE, "ra_manager").await;
}

pub(crate) async fn author(bench: &Bench) {
    sits_down(bench, RA_USER, ROLE, "ra_agent").await;
}

pub(crate) fn hang_up(bench: &Bench) {
    for _ in 0..10_000 {
        bench.fake.instead(BATCH, Instead::Answer(Response::HangUp));
    }
}

/// Takes it over, once what was on its way has come to nothing.
pub(crate) async fn take_over(bench: &Bench) {
    take_over_from(bench, ROLE).await;
}

async fn take_over_from(bench: &Bench, role: &str) {
    for _ in 0..500 {
        match bench.desk.take_over(role.parse().unwrap(), REASON).await {
            Ok(taken) => return assert_eq!(taken, 1),
            Err(nothing) => assert_eq!(nothing.cause, Cause::NotFound),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("there is nothing to take over");
}

/// Something sent of which nobody knows what came, registered or not.
async fn unsettled(bench: &Bench, registered: bool) -> Submission {
    if registered {
        bench.fake.instead(BATCH, Instead::LoseAnswer);
    }
    hang_up(bench);
    let recorded = bench.record(PERSON).await;
    let sent = bench.until(&recorded, |now| now.unsettled && now.status == Status::ReadyToSend).await;
    assert_eq!(bench.fake.world().registrations.len(), usize::from(registered));
    sent
}

async fn only(bench: &Bench, tab: OutboxTab) -> Submission {
    for _ in 0..500 {
        bench.desk.send_now();
        if let Some(found) = bench.desk.outbox(tab).await.unwrap().submissions.pop() {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("nothing came to {tab:?}");
}

#[tokio::test]
async fn what_was_registered_unheard_is_not_registered_again_by_a_manager() {
    let bench = Bench::signed_in().await;
    let sent = unsettled(&bench, true).await;
    manager(&bench).await;
    bench.fake.world().instead.clear();
    take_over(&bench).await;
    let theirs = only(&bench, OutboxTab::Attention).await;
    assert_eq!(theirs.attention.unwrap().code, RefusalCode::AlreadyRegistered);
    assert!(!theirs.taken_from.unwrap().given_back);
    author(&bench).await;
    let now = bench.desk.submission(sent.key).await.unwrap();
    assert_eq!((now.status, now.unsettled, now.taken_over), (Status::WaitingForThem, false, None));
    assert_eq!(bench.fake.world().registrations.len(), 1);
}

#[tokio::test]
async fn what_never_arrived_is_held_back_until_the_managers_is_decided_and_then_over() {
    let bench = Bench::signed_in().await;
    let sent = unsettled(&bench, false).await;
    manager(&bench).await;
    assert_eq!(bench.desk.outbox(OutboxTab::Ready).await.unwrap().waits[0].count, 1);
    // The manager's does not arrive either.
    take_over(&bench).await;
    author(&bench).await;
    let held = bench.desk.submission(sent.key).await.unwrap();
    assert_eq!((held.status, held.unsettled), (Status::ReadyToSend, true), "nobody knows yet what became of it");
    assert_eq!(held.taken_over.unwrap().reason.as_str(), REASON);
    assert_eq!(bench.desk.withdraw(sent.key).await.unwrap_err().cause, Cause::WrongState);
    assert!(bench.desk.correct(sent.key).await.is_err());
    bench.fake.world().instead.clear();
    bench.desk.confirm_recorded().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(bench.fake.world().registrations.is_empty(), "its author sends it no more");
    let counts = bench.desk.snapshot().await.unwrap().outbox;
    assert_eq!((counts.ready, counts.done, counts.other_people), (0, 1, 1), "it waits for the manager, once");

    manager(&bench).await;
    bench.desk.confirm_recorded().await.unwrap();
    let theirs = only(&bench, OutboxTab::Waiting).await;
    assert_eq!(theirs.taken_from.unwrap().name.as_deref(), Some("Made Up"));
    author(&bench).await;
    let over = bench.desk.submission(sent.key).await.unwrap();
    assert_eq!((over.status, over.unsettled), (Status::Withdrawn, false));
    assert_eq!(over.taken_over.unwrap().by, "Made Up Manager");
    let world = bench.fake.world();
    assert_eq!(world.registrations.len(), 1);
    let (_, body, _) = world.registrations.values().next().unwrap();
    let body: contract::RegistrationBody = serde_json::from_str(body).unwrap();
    assert_eq!((body.checked_by.as_str(), body.recorded_by.as_str()), (RA_USER, MANAGER));
    assert_eq!(body.recorded_at.as_microsecond(), sent.recorded_at.as_microsecond(), "it is no younger");
}

#[tokio::test]
async fn what_the_manager_takes_back_or_may_not_send_is_its_authors_again() {
    for refused in [true, false] {
        let bench = Bench::signed_in().await;
        let sent = unsettled(&bench, false).await;
        manager(&bench).await;
        bench.fake.world().instead.clear();
        if refused {
            bench.fake.instead(BATCH, Instead::Refuse("NOT_PERMITTED", json!({})));
        } else {
            let pause = outcome_body("TOO_MANY_REQUESTS", "");
            let pause = Response::JsonWith(429, vec![("Retry-After", "600".into())], pause);
            bench.fake.instead(BATCH, Instead::Answer(pause));
        }
        take_over(&bench).await;
        let theirs = if refused {
            only(&bench, OutboxTab::Attention).await
        } else {
            let theirs = only(&bench, OutboxTab::Ready).await;
            bench.until(&theirs, |now| now.unsettled && now.status == Status::ReadyToSend).await;
            bench.desk.withdraw(theirs.key).await.unwrap()
        };
        assert!(theirs.taken_from.unwrap().given_back, "refused: {refused}");
        author(&bench).await;
        let back = bench.desk.submission(sent.key).await.unwrap();
        assert_eq!((back.status, back.unsettled, back.taken_over), (Status::ReadyToSend, true, None));
        bench.clock.advance(std::time::Duration::from_secs(601));
        bench.desk.confirm_recorded().await.unwrap();
        bench.until(&sent, |now| now.status == Status::WaitingForThem).await;
        assert_eq!(bench.fake.world().registrations.len(), 1, "refused: {refused}");
    }
}

#[tokio::test]
async fn what_was_recorded_in_a_role_that_is_lost_is_told_not_sent_and_not_lost() {
    let bench = Bench::signed_in().await;
    let sent = unsettled(&bench, false).await;
    sits_down(&bench, RA_USER, OTHER_ROLE, "ra_agent").await;
    bench.fake.world().instead.clear();
    let before = bench.fake.count(BATCH);
    bench.desk.confirm_recorded().await.unwrap();
    let lost = SyncNow::Paused { why: PauseReason::RoleLost, until: None };
    while bench.desk.snapshot().await.unwrap().sync != lost {
        bench.desk.send_now();
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(bench.desk.submission(sent.key).await.unwrap().role_lost);
    let waits = bench.desk.outbox(OutboxTab::Ready).await.unwrap().waits;
    assert_eq!((waits.len(), waits[0].count, waits[0].is_own, waits[0].role_lost), (1, 1, true, true));
    assert_eq!(waits[0].role_text, "RA Agent, B81603");
    assert_eq!(waits[0].to_take_over, 0, "not from oneself");
    assert_eq!(bench.fake.count(BATCH), before, "nothing is sent");
    // They can still take it back, and an RA Manager can still take over what is not.
    manager(&bench).await;
    let waits = bench.desk.outbox(OutboxTab::Ready).await.unwrap().waits;
    assert_eq!((waits[0].name.as_str(), waits[0].to_take_over), ("Made Up", 1), "by the name it was recorded under");
    sits_down(&bench, RA_USER, OTHER_ROLE, "ra_agent").await;
    assert_eq!(bench.desk.withdraw(sent.key).await.unwrap().status, Status::Withdrawn);
    let world = bench.fake.world();
    assert!(world.cancelled.contains(&sent.key.to_string()) && world.registrations.is_empty(), "by the gateway's word");
}

#[tokio::test]
async fn what_is_taken_over_a_second_time_is_over_for_both_before_or_given_back_to_the_last() {
    let bench = Bench::signed_in().await;
    let sent = unsettled(&bench, false).await;
    manager(&bench).await;
    take_over(&bench).await;
    let first = only(&bench, OutboxTab::Ready).await;
    bench.until(&first, |now| now.unsettled && now.status == Status::ReadyToSend).await;
    sits_down(&bench, SECOND, SECOND_ROLE, "ra_manager").await;
    take_over_from(&bench, MANAGER_ROLE).await;
    let second = only(&bench, OutboxTab::Ready).await;
    bench.until(&second, |now| now.unsettled && now.status == Status::ReadyToSend).await;
    // Given back, it is the first manager's again, and still not the author's.
    assert_eq!(bench.desk.withdraw(second.key).await.unwrap().status, Status::Withdrawn);
    manager(&bench).await;
    assert_eq!(bench.desk.submission(first.key).await.unwrap().taken_over, None);
    author(&bench).await;
    assert!(bench.desk.submission(sent.key).await.unwrap().taken_over.is_some(), "the first manager holds it");
    sits_down(&bench, SECOND, SECOND_ROLE, "ra_manager").await;
    take_over_from(&bench, MANAGER_ROLE).await;
    bench.fake.world().instead.clear();
    only(&bench, OutboxTab::Waiting).await;
    manager(&bench).await;
    assert_eq!(bench.desk.submission(first.key).await.unwrap().status, Status::Withdrawn);
    author(&bench).await;
    let over = bench.desk.submission(sent.key).await.unwrap();
    assert_eq!((over.status, over.unsettled), (Status::Withdrawn, false), "the author's is over with it");
    let world = bench.fake.world();
    assert_eq!((world.registrations.len(), world.taken_over.len()), (1, 2), "and closed at the gateway");
}

#[tokio::test]
async fn what_a_second_manager_holds_is_not_given_back_by_the_first() {
    let bench = Bench::signed_in().await;
    let sent = unsettled(&bench, false).await;
    manager(&bench).await;
    bench.fake.world().instead.clear();
    bench.fake.instead(BATCH, Instead::Refuse("NOT_PERMITTED", json!({})));
    take_over(&bench).await;
    let refused = only(&bench, OutboxTab::Attention).await;
    sits_down(&bench, SECOND, SECOND_ROLE, "ra_manager").await;
    hang_up(&bench);
    take_over(&bench).await;
    let held = only(&bench, OutboxTab::Ready).await;
    bench.until(&held, |now| now.unsettled && now.status == Status::ReadyToSend).await;
    manager(&bench).await;
    assert_eq!(bench.desk.withdraw(refused.key).await.unwrap().status, Status::Withdrawn);
    author(&bench).await;
    assert!(bench.desk.submission(sent.key).await.unwrap().taken_over.is_some(), "the second manager holds it");
    assert_eq!(bench.desk.outbox(OutboxTab::Ready).await.unwrap().submissions.len(), 0);
}

#[tokio::test]
async fn what_was_over_at_the_gateway_before_is_over_here_and_not_given_back_in_a_circle() {
    for by_another in [true, false] {
        let bench = Bench::signed_in().await;
        let sent = unsettled(&bench, false).await;
        manager(&bench).await;
        {
            let mut world = bench.fake.world();
            world.instead.clear();
            let told = json!({ "by": "Another Manager", "at": "2026-01-01T00:00:00Z", "reason": REASON });
            let answer = if by_another { json!({ "taken_over": told }) } else { json!({ "original": sent.key }) };
            world.closed.insert(sent.key.to_string(), answer);
        }
        take_over(&bench).await;
        let theirs = only(&bench, OutboxTab::Done).await;
        assert_eq!(theirs.status, Status::Withdrawn);
        let from = theirs.taken_from.unwrap();
        assert!(!from.given_back, "by another: {by_another}");
        assert_eq!(from.taken_back.as_deref(), (!by_another).then_some("Made Up"), "and the manager is told by whom");
        let again = bench.desk.take_over(ROLE.parse().unwrap(), REASON).await;
        assert_eq!(again.unwrap_err().cause, Cause::NotFound, "by another: {by_another}");
        author(&bench).await;
        let now = bench.desk.submission(sent.key).await.unwrap();
        assert_eq!((now.status, now.unsettled), (Status::Withdrawn, false));
        let by = now.taken_over.map(|taken| taken.by);
        assert_eq!(by.as_deref(), by_another.then_some("Another Manager"), "who it was, and nobody who it was not");
        assert!(bench.fake.world().registrations.is_empty());
    }
}
