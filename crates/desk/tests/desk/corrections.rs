//! Drafts and submissions that are gone over once more.

use desk::{Cause, NetworkFault, Status};
use serde_json::json;

use crate::support::gateway::{Instead, outcome_body, person};
use crate::support::server::Response;
use crate::support::{Bench, PERSON};

const BATCH: &str = "/v1/registrations/batch";

#[tokio::test]
async fn a_half_done_registration_goes_on_with_the_profile_as_it_was_read_last() {
    let bench = Bench::signed_in().await;
    let begun = bench.draft(PERSON).await.id;
    let begun = bench.desk.draft(begun).await.unwrap();
    bench.desk.profile(PERSON.parse().unwrap()).await.unwrap();
    let same = bench.desk.start_draft(PERSON.parse().unwrap()).await.unwrap();
    assert_eq!(same.id, begun.id);
    assert!(same.read_at > begun.read_at);
    assert_eq!((same.method, same.checked_at), (begun.method, begun.checked_at), "they are as they were");

    let mut now = person(PERSON);
    now["name"]["family"] = json!("Featherstone");
    let reply = json!({ "profile": now, "profile_seen": "0".repeat(64), "warnings": [] });
    bench.fake.instead("/v1/care-identities/", Instead::Answer(Response::Json(200, reply)));
    bench.desk.profile(PERSON.parse().unwrap()).await.unwrap();
    let other = bench.desk.start_draft(PERSON.parse().unwrap()).await.unwrap();
    assert_eq!(other.id, begun.id);
    assert_eq!(other.profile.name.family.as_str(), "Featherstone");
    assert_eq!((other.method, other.accepted_by, other.checked_at), (None, None, None), "it was somebody else's check");
    assert!(other.documents.is_empty());
    assert_eq!(other.address, begun.address);
    assert_eq!(bench.desk.draft(begun.id).await.unwrap().profile, other.profile, "and so it stands in the store");
}

#[tokio::test]
async fn a_submission_is_replaced_once() {
    let bench = Bench::signed_in().await;
    bench.fake.instead(BATCH, Instead::Refuse("ADDRESS_IN_USE", json!({})));
    let refused = bench.record(PERSON).await;
    bench.until(&refused, |now| now.status == Status::NeedsAttention).await;
    let first = bench.desk.correct(refused.key).await.unwrap();
    bench.desk.discard_draft(first.id).await.unwrap();
    let second = bench.desk.correct(refused.key).await.unwrap();
    assert_ne!(second.id, first.id);
    let recorded = bench.desk.record(second.id).await.unwrap();
    bench.desk.restore_draft(first.id).await.unwrap();
    assert_eq!(bench.desk.record(first.id).await.unwrap_err().cause, Cause::WrongState);
    assert_eq!(bench.desk.submission(refused.key).await.unwrap().replaced_by, Some(recorded.key));
    bench.until(&recorded, |now| now.status == Status::WaitingForThem).await;
    assert_eq!(bench.fake.world().registrations.len(), 1, "nothing was recorded the second time");
}

#[tokio::test]
async fn what_cannot_be_settled_is_not_corrected_and_stays_as_it_is() {
    let bench = Bench::signed_in().await;
    let pause = Response::JsonWith(429, vec![("Retry-After", "600".into())], outcome_body("TOO_MANY_REQUESTS", ""));
    bench.fake.instead(BATCH, Instead::Answer(pause));
    let sent = bench.record(PERSON).await;
    let sent = bench.until(&sent, |now| now.unsettled && now.status == Status::ReadyToSend).await;
    bench.fake.set_up(false);
    let refused = bench.desk.correct(sent.key).await.unwrap_err();
    assert_eq!(refused.cause, Cause::Network(NetworkFault::Refused));
    let now = bench.desk.submission(sent.key).await.unwrap();
    assert_eq!((now.status, now.withdrawal_requested), (Status::ReadyToSend, false));
    bench.fake.set_up(true);
    assert_eq!(bench.desk.correct(sent.key).await.unwrap().corrects, Some(sent.key));
    assert_eq!(bench.desk.submission(sent.key).await.unwrap().status, Status::Withdrawn);
}
