//! Sending, when things go wrong.

use std::time::Duration;

use contract::RefusalCode;
use desk::{Cause, Network, NetworkFault, NextStep, OutboxTab, PauseReason, Status, SyncNow};
use serde_json::json;

use crate::support::gateway::{Instead, outcome, outcome_body, person};
use crate::support::server::Response;
use crate::support::{Bench, PERSON, fill};

const BATCH: &str = "/v1/registrations/batch";
const OTHERS: [&str; 3] = ["555086689107", "555086689108", "555086689109"];

#[tokio::test]
async fn a_lost_answer_costs_a_repetition_and_no_second_registration() {
    let bench = Bench::signed_in().await;
    bench.fake.instead(BATCH, Instead::LoseAnswer);
    let recorded = bench.record(PERSON).await;
    let sent = bench.until(&recorded, |now| now.status == Status::WaitingForThem).await;
    assert!(sent.attempts >= 2);
    assert_eq!(bench.fake.world().registrations.len(), 1);
}

#[tokio::test]
async fn what_is_about_the_whole_queue_blames_no_submission() {
    let page = |status| Response::Page(status, vec![], "<h1>Welcome to our network</h1>");
    let pause =
        |value: String| Response::JsonWith(429, vec![("Retry-After", value)], outcome_body("TOO_MANY_REQUESTS", ""));
    let date = (desk::Clock::now(&desk::SystemClock::start()) + jiff::SignedDuration::from_secs(2))
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string();
    let table = [
        ("HTML 200", page(200)),
        ("HTML 302", page(302)),
        ("proxy", page(407)),
        ("proxy cannot reach it", page(502)),
        ("no answer", Response::HangUp),
        ("pause of a second", pause("1".into())),
        ("pause until a date", pause(date)),
        ("JSON of another shape", Response::Json(200, json!({ "hello": "world" }))),
        (
            "receipt of another request",
            Response::Json(
                200,
                json!({ "receipt": { "request_id": "00000000-0000-4000-8000-000000000000", "at": "2026-01-01T00:00:00Z" },
                        "results": [] }),
            ),
        ),
        ("fault", outcome(500, "INTERNAL")),
        ("token not known", outcome(401, "SIGN_IN_NEEDED")),
    ];
    for (name, answer) in table {
        let bench = Bench::signed_in().await;
        bench.fake.instead(BATCH, Instead::Answer(answer));
        let recorded = bench.record(PERSON).await;
        let sent = bench.until(&recorded, |now| now.status == Status::WaitingForThem).await;
        assert!(sent.attention.is_none(), "{name}");
        assert_eq!(bench.fake.world().registrations.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_shown_while_it_is() {
    let bench = Bench::signed_in().await;
    let long = Response::JsonWith(429, vec![("Retry-After", "600".into())], outcome_body("TOO_MANY_REQUESTS", ""));
    bench.fake.instead(BATCH, Instead::Answer(long));
    let recorded = bench.record(PERSON).await;
    let paused = |sync| matches!(sync, SyncNow::Paused { why: PauseReason::Busy, until: Some(_) });
    while !paused(bench.desk.snapshot().await.unwrap().sync) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bench.desk.send_now();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.fake.count(BATCH), 1, "a pause the gateway asked for is kept");
    let now = bench.desk.submission(recorded.key).await.unwrap();
    assert_eq!((now.status, now.attempts, now.unsettled), (Status::ReadyToSend, 1, true));
}

#[tokio::test]
async fn a_machine_in_front_of_the_gateway_is_not_the_gateway() {
    let page = || Response::Page(503, vec![("Retry-After", "600".into())], "<h1>Service Unavailable</h1>");
    let offline = Network::Offline { why: NetworkFault::Busy };
    let bench = Bench::signed_in().await;
    bench.fake.instead("/v1/care-identities/", Instead::Answer(page()));
    let refused = bench.desk.profile(PERSON.parse().unwrap()).await.unwrap_err();
    assert_eq!(refused.cause, Cause::Network(NetworkFault::Busy));
    assert_eq!(bench.desk.snapshot().await.unwrap().network, offline);

    bench.fake.instead(BATCH, Instead::Answer(page()));
    bench.record(PERSON).await;
    let paused = |sync| matches!(sync, SyncNow::Paused { why: PauseReason::Network, until: Some(_) });
    while !paused(bench.desk.snapshot().await.unwrap().sync) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(bench.desk.snapshot().await.unwrap().network, offline);
    bench.desk.send_now();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.fake.count(BATCH), 1, "the pause that was asked for is kept");
}

#[tokio::test]
async fn a_network_that_is_down_spends_no_attempts() {
    let bench = Bench::signed_in().await;
    let draft = bench.draft(PERSON).await;
    // The first round's answers must not come after the network is cut.
    while bench.fake.count("/v1/registrations") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    bench.fake.set_up(false);
    _ = bench.desk.profile(OTHERS[0].parse().unwrap()).await;
    let offline = Network::Offline { why: NetworkFault::Refused };
    assert_eq!(bench.desk.snapshot().await.unwrap().network, offline);
    let recorded = bench.desk.record(draft.id).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let now = bench.desk.submission(recorded.key).await.unwrap();
    assert_eq!((now.attempts, now.unsettled), (0, false));
    let taken_back = bench.desk.withdraw(recorded.key).await.unwrap();
    assert_eq!(taken_back.status, Status::Withdrawn, "what was never sent is taken back at once, offline too");
    bench.fake.set_up(true);
    bench.desk.send_now();
    while bench.desk.snapshot().await.unwrap().network != Network::Online {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.fake.count(BATCH), 0);
}

#[tokio::test]
async fn what_was_sent_is_taken_back_only_by_the_gateways_word() {
    // Its answer was lost, and it was not registered.
    let bench = Bench::signed_in().await;
    bench.fake.instead(BATCH, Instead::Answer(pause_of(600)));
    let recorded = bench.record(PERSON).await;
    bench.until(&recorded, |now| now.unsettled && now.status == Status::ReadyToSend).await;
    bench.fake.set_up(false);
    let asked = bench.desk.withdraw(recorded.key).await.unwrap();
    assert!(asked.withdrawal_requested);
    assert_eq!(asked.status, Status::ReadyToSend, "offline nobody can say that it is withdrawn");
    bench.fake.set_up(true);
    let settled = bench.desk.withdraw(recorded.key).await.unwrap();
    assert_eq!(settled.status, Status::Withdrawn);
    assert_eq!(bench.fake.world().cancelled.len(), 1);

    // Its answer was lost, and it was registered: it shows what it became.
    let bench = Bench::signed_in().await;
    bench.fake.instead(BATCH, Instead::LoseAnswer);
    bench.fake.instead("/v1/session", Instead::Answer(pause_of(600)));
    let recorded = bench.record(PERSON).await;
    let shown = bench.desk.withdraw(recorded.key).await;
    let now = bench.until(&recorded, |now| !now.unsettled).await;
    assert!(shown.is_ok());
    assert!(matches!(now.status, Status::WaitingForThem | Status::Withdrawn));
    let registered = bench.fake.world().registrations.len();
    assert_eq!(registered, usize::from(now.status == Status::WaitingForThem));
}

#[tokio::test]
async fn a_key_that_is_not_settled_holds_up_no_other() {
    for (status, code) in [(403, "WRONG_ROLE"), (404, "NOT_FOUND"), (500, "INTERNAL")] {
        let bench = Bench::signed_in().await;
        bench.fake.instead(BATCH, Instead::Answer(pause_of(600)));
        let stuck = bench.record(PERSON).await;
        bench.until(&stuck, |now| now.unsettled && now.status == Status::ReadyToSend).await;
        for _ in 0..10_000 {
            bench.fake.instead("/v1/submissions/", Instead::Answer(outcome(status, code)));
        }
        assert!(bench.desk.withdraw(stuck.key).await.unwrap().withdrawal_requested);
        bench.clock.advance(Duration::from_secs(601));
        let other = bench.record(OTHERS[0]).await;
        bench.until(&other, |now| now.status == Status::WaitingForThem).await;
        assert!(bench.desk.submission(stuck.key).await.unwrap().withdrawal_requested, "{code}");
    }
}

fn pause_of(seconds: u32) -> Response {
    Response::JsonWith(429, vec![("Retry-After", seconds.to_string())], outcome_body("TOO_MANY_REQUESTS", ""))
}

#[tokio::test]
async fn one_refusal_holds_up_nobody_else_and_is_corrected_by_a_new_one() {
    let bench = Bench::signed_in().await;
    bench.fake.instead(BATCH, Instead::Refuse("ADDRESS_IN_USE", json!({})));
    let refused = bench.record(PERSON).await;
    let refused = bench.until(&refused, |now| now.status == Status::NeedsAttention).await;
    let attention = refused.attention.clone().unwrap();
    assert_eq!((attention.code, attention.next), (RefusalCode::AddressInUse, NextStep::CorrectAddress));
    let other = bench.record(OTHERS[0]).await;
    bench.until(&other, |now| now.status == Status::WaitingForThem).await;

    let draft = bench.desk.correct(refused.key).await.unwrap();
    assert_eq!(draft.corrects, Some(refused.key));
    assert!(draft.method.is_some() && draft.accepted_by.is_some(), "what was checked is not asked again");
    assert_eq!(bench.desk.correct(refused.key).await.unwrap().id, draft.id);
    let corrected = bench.desk.record(draft.id).await.unwrap();
    assert_eq!(corrected.replaces, Some(refused.key));
    bench.until(&corrected, |now| now.status == Status::WaitingForThem).await;
    let replaced = bench.desk.submission(refused.key).await.unwrap();
    assert_eq!((replaced.status, replaced.replaced_by), (Status::Withdrawn, Some(corrected.key)));
    assert_eq!(bench.desk.correct(refused.key).await.unwrap_err().cause, Cause::WrongState);
}

#[tokio::test]
async fn a_profile_that_changed_is_shown_beside_what_was_seen() {
    let bench = Bench::signed_in().await;
    let mut now = person(PERSON);
    now["name"]["family"] = json!("Featherstone");
    let detail = json!({ "profile": { "profile": now, "profile_seen": "0".repeat(64), "warnings": [] } });
    bench.fake.instead(BATCH, Instead::Refuse("PROFILE_CHANGED", detail));
    let refused = bench.record(PERSON).await;
    let refused = bench.until(&refused, |now| now.status == Status::NeedsAttention).await;
    let attention = refused.attention.unwrap();
    assert_eq!(attention.next, NextStep::ReviewProfile);
    assert_eq!(attention.profile_now.unwrap().profile.name.family.as_str(), "Featherstone");
    assert_eq!(attention.profile_then.unwrap().profile.name.family.as_str(), "Featherstonehaugh");
    let draft = bench.desk.correct(refused.key).await.unwrap();
    assert_eq!(draft.profile.name.family.as_str(), "Featherstone");
}

#[tokio::test]
async fn items_without_an_answer_or_still_worked_on_are_sent_again() {
    let bench = Bench::signed_in().await;
    bench.fake.instead("/v1/session", Instead::Answer(Response::HangUp));
    bench.clock.advance(Duration::from_secs(20));
    let mut recorded = Vec::new();
    bench.fake.instead(BATCH, Instead::Half);
    bench.fake.instead(BATCH, Instead::InFlight);
    for person in OTHERS {
        recorded.push(bench.record(person).await);
    }
    for submission in &recorded {
        bench.until(submission, |now| now.status == Status::WaitingForThem).await;
    }
    assert_eq!(bench.fake.world().registrations.len(), OTHERS.len());
}

#[tokio::test]
async fn many_are_sent_in_batches_and_each_once() {
    let bench = Bench::signed_in().await;
    let draft = bench.draft(PERSON).await;
    bench.fake.set_up(false);
    _ = bench.desk.profile(PERSON.parse().unwrap()).await;
    let mut changes = bench.desk.changes();
    bench.desk.record(draft.id).await.unwrap();
    // The profile is still in memory, so this works without a network.
    for _ in 0..249 {
        let draft = fill(&bench.desk, PERSON).await;
        bench.desk.record(draft.id).await.unwrap();
    }
    assert_eq!(bench.desk.snapshot().await.unwrap().outbox.ready, 250);
    let mut told = 0;
    loop {
        match changes.try_recv() {
            Ok(_) => told += 1,
            Err(tokio::sync::broadcast::error::TryRecvError::Lagged(missed)) => told += missed,
            Err(_) => break,
        }
    }
    assert!((1..250).contains(&told), "a page is told of a thousand changes {told} times");
    bench.fake.set_up(true);
    bench.desk.send_now();
    while bench.desk.snapshot().await.unwrap().outbox.waiting < 250 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bench.fake.world().registrations.len(), 250);
    assert_eq!(bench.fake.count(BATCH), 2);
    assert_eq!(bench.desk.outbox(OutboxTab::Waiting).await.unwrap().submissions.len(), 200);
}

#[tokio::test]
async fn an_answer_that_comes_after_signing_out_is_still_written_down() {
    let bench = Bench::signed_in().await;
    bench.fake.instead(BATCH, Instead::Slow(Duration::from_millis(400)));
    let recorded = bench.record(PERSON).await;
    let waiting = bench.record(OTHERS[0]).await;
    while bench.fake.count(BATCH) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.desk.sign_out().await.unwrap();
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(bench.fake.count(BATCH), 1, "signing out stops it before its next request");
    bench.sign_in().await;
    let answered = bench.fake.world().registrations.contains_key(&waiting.key.to_string());
    assert_eq!(bench.desk.submission(recorded.key).await.unwrap().status, Status::WaitingForThem);
    let expected = if answered { Status::WaitingForThem } else { Status::ReadyToSend };
    assert_eq!(bench.desk.submission(waiting.key).await.unwrap().status, expected);
    assert_eq!(bench.fake.count(BATCH), 1, "and the next session sends only what is confirmed in it");
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_told_apart() {
    let bench = Bench::new().await;
    let other = Bench::new().await;
    // This desk trusts its own gateway's authority alone.
    std::fs::copy(bench.folder.path().join("ca.pem"), other.folder.path().join("ca.pem")).unwrap();
    let other = other.restart().await;
    let error = other.desk.sign_in().await.unwrap_err().cause;
    let untrusted = desk::SignInError::Network(NetworkFault::CertificateNotTrusted);
    assert_eq!(error, Cause::SignIn(untrusted));
}
