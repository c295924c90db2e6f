//! What an RA user does, from signing in to handing over the link.

use std::time::Duration;

use contract::EndReason;
use desk::{AddressForm, Cause, Changed, FindBy, FindForm, Found, Network, OutboxTab, SessionNow, Status};
use serde_json::json;

use crate::support::gateway::{Instead, outcome};
use crate::support::server::Response;
use crate::support::{Bench, PERSON, RA_USER};

#[tokio::test]
async fn from_signing_in_to_the_link() {
    let bench = Bench::new().await;
    let desk = &bench.desk;
    assert_eq!(desk.snapshot().await.unwrap().session, SessionNow::SignedOut { why: None });

    let SessionNow::Confirming { person } = desk.sign_in().await.unwrap().session else { panic!("not confirming") };
    assert_eq!(person.uuid.as_str(), RA_USER);
    let early = desk.profile(PERSON.parse().unwrap()).await.unwrap_err();
    assert_eq!(early.cause, Cause::SignInNeeded, "nothing is done before somebody said that it is them");
    assert!(matches!(desk.confirm_identity().await.unwrap().session, SessionNow::SignedIn { .. }));

    let asked: std::collections::HashMap<String, String> =
        bench.browser.opened.lock().unwrap()[0].query_pairs().into_owned().collect();
    assert_eq!(asked["acr_values"], "AAL3_ANY");
    assert_eq!(asked["prompt"], "login");
    assert_eq!(asked["max_age"], "300");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["scope"], "openid profile nationalrbacaccess associatedorgs selectedrole");

    let form = FindForm { uuid: PERSON.into(), ..FindForm::empty(FindBy::Uuid) };
    assert_eq!(desk.find(form.clone()).await.unwrap(), Found::Nobody);
    bench.fake.instead("/v1/care-identities/search", Instead::Answer(outcome(422, "TOO_MANY_MATCHES")));
    assert_eq!(desk.find(form).await.unwrap(), Found::TooMany { most: 50 });

    let recorded = bench.record(PERSON).await;
    assert_eq!(recorded.status, Status::ReadyToSend);
    let sent = bench.until(&recorded, |now| now.status == Status::WaitingForThem).await;
    assert!(!sent.unsettled);
    assert_eq!(sent.recorded_role, "RA Agent, B81603");
    assert!(desk.link_qr(sent.key).await.unwrap().starts_with("<?xml"));
    let link = desk.link_for_clipboard(sent.key).await.unwrap();
    assert_eq!(link.reveal(), "https://link.example/link/secret-token");
    assert!(!format!("{link:?}{sent:?}").contains("secret-token"));

    // The user finishes; the RA user looks at it.
    for (_, _, registration) in bench.fake.world().registrations.values_mut() {
        registration["state"] = json!("linked");
        registration.as_object_mut().unwrap().remove("link");
    }
    desk.watch_registration(Some(sent.key));
    bench.until(&sent, |now| now.status == Status::Linked).await;
    let page = desk.outbox(OutboxTab::Done).await.unwrap();
    assert_eq!((page.total, page.submissions.len(), page.counts.done), (1, 1, 1));
    assert!(desk.outbox(OutboxTab::Drafts).await.unwrap().drafts.is_empty(), "the draft became the submission");
}

#[tokio::test]
async fn recorded_without_a_network_and_sent_after_a_restart() {
    let bench = Bench::signed_in().await;
    let draft = bench.draft(PERSON).await;
    bench.fake.set_up(false);
    let recorded = bench.desk.record(draft.id).await.unwrap();
    assert_eq!(recorded.status, Status::ReadyToSend);
    while !matches!(bench.desk.snapshot().await.unwrap().network, Network::Offline { .. }) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    assert_eq!(to_confirm_and_to_send(&bench).await, (0, 1), "it is sent once there is a network");

    let bench = bench.restart().await;
    let snapshot = bench.desk.snapshot().await.unwrap();
    assert_eq!(snapshot.outbox.other_people, 1, "whose it is is told to nobody who is not signed in");
    assert_eq!(snapshot.outbox.ready, 0);
    bench.fake.set_up(true);
    bench.sign_in().await;
    let waiting = bench.desk.to_confirm().await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].needs_confirmation);
    assert_eq!(to_confirm_and_to_send(&bench).await, (1, 0), "it is to send by nobody before *I recorded these*");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.fake.count("/v1/registrations/batch"), 0, "nothing is sent before *I recorded these*");
    bench.desk.confirm_recorded().await.unwrap();
    bench.until(&recorded, |now| now.status == Status::WaitingForThem).await;
    assert_eq!(bench.fake.world().registrations.len(), 1);
}

async fn to_confirm_and_to_send(bench: &Bench) -> (u32, u32) {
    match bench.desk.snapshot().await.unwrap().session {
        SessionNow::SignedIn { to_confirm, to_send, .. } => (to_confirm, to_send),
        other => panic!("nobody is at work: {other:?}"),
    }
}

#[tokio::test]
async fn somebody_elses_is_counted_and_never_sent() {
    let bench = Bench::signed_in().await;
    let draft = bench.draft(PERSON).await;
    bench.fake.set_up(false);
    let recorded = bench.desk.record(draft.id).await.unwrap();
    bench.desk.sign_out().await.unwrap();
    bench.fake.set_up(true);
    bench.fake.world().session = vec![("user", json!({ "uuid": "555057896106", "name": "Another" }))];
    bench.fake.world().claims = vec![("sub", json!("555057896106"))];
    bench.sign_in().await;
    let snapshot = bench.desk.snapshot().await.unwrap();
    assert_eq!((snapshot.outbox.ready, snapshot.outbox.other_people), (0, 1));
    assert_eq!(bench.desk.submission(recorded.key).await.unwrap_err().cause, Cause::NotFound);
    assert_eq!(bench.desk.confirm_recorded().await.unwrap().outbox.other_people, 1);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(bench.fake.count("/v1/registrations/batch"), 0);
}

#[tokio::test]
async fn what_is_missing_is_told_before_anything_is_recorded() {
    let bench = Bench::signed_in().await;
    bench.desk.profile(PERSON.parse().unwrap()).await.unwrap();
    let draft = bench.desk.start_draft(PERSON.parse().unwrap()).await.unwrap();
    assert_eq!(bench.desk.start_draft(PERSON.parse().unwrap()).await.unwrap().id, draft.id, "one draft a person");
    let Cause::Invalid(errors) = bench.desk.record(draft.id).await.unwrap_err().cause else { panic!("recorded") };
    let fields: Vec<&str> = errors.0.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["address", "method", "documents", "accepted_by"]);
    let form = AddressForm { address: "somebody.else@nhs.net".into(), reason: String::new() };
    let Cause::Invalid(errors) = bench.desk.set_draft_address(draft.id, form).await.unwrap_err().cause else {
        panic!("taken without a reason")
    };
    assert_eq!(errors.0[0].field, "reason");

    bench.desk.discard_draft(draft.id).await.unwrap();
    assert_eq!(bench.desk.draft(draft.id).await.unwrap_err().cause, Cause::NotFound);
    assert_eq!(bench.desk.restore_draft(draft.id).await.unwrap().id, draft.id);
}

#[tokio::test]
async fn pressed_twice_one_registration_is_recorded() {
    let bench = Bench::signed_in().await;
    let draft = bench.draft(PERSON).await;
    let (first, second) = tokio::join!(bench.desk.record(draft.id), bench.desk.record(draft.id));
    assert_eq!(first.is_ok() as u8 + second.is_ok() as u8, 1);
    assert_eq!(first.err().or(second.err()).unwrap().cause, Cause::NotFound);
}

#[tokio::test]
async fn a_session_ends_by_time_and_keeps_what_was_recorded() {
    let bench = Bench::signed_in().await;
    let mut changes = bench.desk.changes();
    bench.clock.advance(Duration::from_secs(14 * 60));
    bench.desk.touch().await.unwrap();
    bench.clock.advance(Duration::from_secs(14 * 60));
    assert!(matches!(bench.desk.snapshot().await.unwrap().session, SessionNow::SignedIn { .. }));
    bench.clock.advance(Duration::from_secs(60));
    while changes.recv().await.unwrap() != Changed::Session {}
    let ended = SessionNow::SignedOut { why: Some(EndReason::Idle) };
    assert_eq!(bench.desk.snapshot().await.unwrap().session, ended);
    let refused = bench.desk.profile(PERSON.parse().unwrap()).await.unwrap_err();
    assert_eq!(refused.cause, Cause::SessionEnded(EndReason::Idle));
    while bench.fake.count("/oauth2/revoke") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(
        bench.fake.world().log.iter().any(|(_, path, body)| path == "/oauth2/revoke" && body.contains("reason=idle"))
    );
}

#[tokio::test]
async fn whoever_ends_the_program_can_wait_until_the_gateway_is_told() {
    let bench = Bench::signed_in().await;
    bench.desk.sign_out().await.unwrap();
    bench.desk.until_gateway_is_told(Duration::from_secs(5)).await;
    assert_eq!(bench.fake.count("/oauth2/revoke"), 1);
    // One that hears nothing holds nobody up.
    bench.sign_in().await;
    bench.fake.instead("/oauth2/revoke", Instead::Slow(Duration::from_secs(3)));
    bench.desk.sign_out().await.unwrap();
    let waited = bench.desk.until_gateway_is_told(Duration::from_millis(300));
    tokio::time::timeout(Duration::from_secs(2), waited).await.unwrap();
}

#[tokio::test]
async fn a_session_the_gateway_ends_is_ended_here() {
    let bench = Bench::signed_in().await;
    let body = crate::support::gateway::outcome_body("SESSION_ENDED", "ended_elsewhere");
    bench.fake.instead("/v1/care-identities/", Instead::Answer(Response::Json(401, body)));
    let refused = bench.desk.profile(PERSON.parse().unwrap()).await.unwrap_err();
    assert_eq!(refused.cause, Cause::SessionEnded(EndReason::EndedElsewhere));
    assert!(refused.reference.is_some());
    let ended = SessionNow::SignedOut { why: Some(EndReason::EndedElsewhere) };
    assert_eq!(bench.desk.snapshot().await.unwrap().session, ended);
}

/// Every call is answered so from now on, as the gateway does it.
fn ended_at_the_gateway(bench: &Bench) {
    let body = crate::support::gateway::outcome_body("SESSION_ENDED", "ended_elsewhere");
    for _ in 0..50 {
        bench.fake.instead("/v1/", Instead::Answer(Response::Json(401, body.clone())));
    }
}

async fn until_signed_out(bench: &Bench) -> SessionNow {
    loop {
        let session = bench.desk.snapshot().await.unwrap().session;
        if matches!(session, SessionNow::SignedOut { .. }) {
            return session;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_session_that_is_ended_elsewhere_is_ended_here_within_thirty_seconds_though_nobody_touches_anything() {
    let bench = Bench::signed_in().await;
    // What follows a sign-in is said.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = bench.fake.count("/v1/");
    ended_at_the_gateway(&bench);
    let session = tokio::time::timeout(Duration::from_secs(30), until_signed_out(&bench)).await.unwrap();
    assert_eq!(session, SessionNow::SignedOut { why: Some(EndReason::EndedElsewhere) });
    let calls = bench.fake.count("/v1/") - before;
    assert!((1..=3).contains(&calls), "{calls} calls for it");
}

#[tokio::test]
async fn a_bad_network_ends_no_session_and_hides_no_end_of_one() {
    let bench = Bench::signed_in().await;
    bench.fake.set_up(false);
    while !matches!(bench.desk.snapshot().await.unwrap().network, Network::Offline { .. }) {
        let _ = bench.desk.profile(PERSON.parse().unwrap()).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let session = bench.desk.snapshot().await.unwrap().session;
    assert!(matches!(session, SessionNow::SignedIn { .. }), "what cannot be asked is not over: {session:?}");
    ended_at_the_gateway(&bench);
    bench.fake.set_up(true);
    let session = tokio::time::timeout(Duration::from_secs(30), until_signed_out(&bench)).await.unwrap();
    assert_eq!(session, SessionNow::SignedOut { why: Some(EndReason::EndedElsewhere) });
}

#[tokio::test]
async fn an_answer_that_comes_after_signing_out_is_shown_to_nobody() {
    let bench = Bench::signed_in().await;
    bench.fake.instead("/v1/care-identities/", Instead::Slow(Duration::from_millis(300)));
    let desk = bench.desk.clone();
    let reading = tokio::spawn(async move { desk.profile(PERSON.parse().unwrap()).await });
    while bench.fake.count("/v1/care-identities/") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.desk.sign_out().await.unwrap();
    bench.sign_in().await;
    assert_eq!(reading.await.unwrap().unwrap_err().cause, Cause::SignInNeeded);
    assert_eq!(bench.desk.start_draft(PERSON.parse().unwrap()).await.unwrap_err().cause, Cause::NotFound);
    assert!(matches!(bench.desk.snapshot().await.unwrap().session, SessionNow::SignedIn { .. }));
}

#[tokio::test]
async fn an_access_token_is_renewed_before_it_ends_by_one_request_for_all() {
    let bench = Bench::signed_in().await;
    bench.clock.advance(Duration::from_secs(9 * 60 + 1));
    let uuid = || PERSON.parse().unwrap();
    let reads = tokio::join!(bench.desk.profile(uuid()), bench.desk.profile(uuid()), bench.desk.profile(uuid()));
    assert!(reads.0.is_ok() && reads.1.is_ok() && reads.2.is_ok());
    assert_eq!(bench.fake.world().refreshes, 1);
    // A token the gateway does not take after all is renewed once more.
    bench.fake.instead("/v1/care-identities/", Instead::Answer(outcome(401, "SIGN_IN_NEEDED")));
    assert!(bench.desk.profile(uuid()).await.is_ok());
    assert_eq!(bench.fake.world().refreshes, 2);
}

#[tokio::test]
async fn a_lost_refresh_costs_nothing() {
    let bench = Bench::signed_in().await;
    bench.clock.advance(Duration::from_secs(9 * 60 + 1));
    bench.fake.instead("/oauth2/token", Instead::LoseAnswer);
    assert!(bench.desk.profile(PERSON.parse().unwrap()).await.is_ok(), "the old token is still good");
    assert!(bench.desk.profile(PERSON.parse().unwrap()).await.is_ok());
    assert_eq!(bench.fake.world().refreshes, 2, "the one whose answer was lost, and the next");
}
