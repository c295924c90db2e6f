//! Where a computer forgets what is written, a registration is recorded with the gateway at hand or not at all.

use std::time::Duration;

use desk::{Cause, Happened, NotKept, PauseReason, Persistence, Status, SyncNow};

use crate::support::gateway::{Instead, outcome_body};
use crate::support::server::Response;
use crate::support::{Bench, PERSON};

/// How many submissions there are, by the desk's own count.
async fn recorded(bench: &Bench) -> u32 {
    let outbox = bench.desk.snapshot().await.unwrap().outbox;
    outbox.ready + outbox.waiting + outbox.attention + outbox.done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_that_forgets_records_only_with_the_gateway_at_hand() {
    let bench = Bench::on(Persistence::NotKept(NotKept::TemporaryProfile), true).await;
    bench.sign_in().await;
    let draft = bench.draft(PERSON).await;
    let mut happened = bench.desk.happened();
    bench.fake.set_up(false);
    let refused = bench.desk.record(draft.id).await.unwrap_err();
    assert_eq!(refused.cause, Cause::OfflineRecordingRefused(NotKept::TemporaryProfile));
    assert_eq!(happened.recv().await.unwrap(), Happened::OfflineRecordingRefused);
    assert_eq!(recorded(&bench).await, 0, "nothing was saved");
    assert!(bench.desk.draft(draft.id).await.is_ok(), "the answers are still there");
    // With the gateway back the same draft is recorded and sent at once.
    bench.fake.set_up(true);
    let submission = bench.desk.record(draft.id).await.unwrap();
    bench.until(&submission, |now| now.status == Status::WaitingForThem).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_may_not_want_it_either() {
    let bench = Bench::on(Persistence::Kept, false).await;
    bench.sign_in().await;
    let draft = bench.draft(PERSON).await;
    bench.fake.set_up(false);
    let refused = bench.desk.record(draft.id).await.unwrap_err();
    assert_eq!(refused.cause, Cause::OfflineRecordingRefused(NotKept::BySetting));
    assert_eq!(recorded(&bench).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_already_is_sent_from_there_too() {
    let bench = Bench::signed_in().await;
    let draft = bench.draft(PERSON).await;
    bench.fake.set_up(false);
    let submission = bench.desk.record(draft.id).await.unwrap();
    let bench = bench.restart_on(Persistence::NotKept(NotKept::WriteFilter)).await;
    bench.fake.set_up(true);
    bench.sign_in().await;
    bench.desk.confirm_recorded().await.unwrap();
    bench.until(&submission, |now| now.status == Status::WaitingForThem).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_sending_pauses_nothing_more_is_recorded_there() {
    let bench = Bench::on(Persistence::NotKept(NotKept::TemporaryProfile), true).await;
    bench.sign_in().await;
    let pause = Response::JsonWith(429, vec![("Retry-After", "600".into())], outcome_body("TOO_MANY_REQUESTS", ""));
    bench.fake.instead("/v1/registrations/batch", Instead::Answer(pause));
    bench.record(PERSON).await;
    let paused = |sync| matches!(sync, SyncNow::Paused { why: PauseReason::Busy, until: Some(_) });
    while !paused(bench.desk.snapshot().await.unwrap().sync) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The gateway answers, but takes no registration for ten minutes.
    let draft = bench.draft("555086689107").await;
    let refused = bench.desk.record(draft.id).await.unwrap_err();
    assert_eq!(refused.cause, Cause::OfflineRecordingRefused(NotKept::TemporaryProfile));
    assert_eq!(recorded(&bench).await, 1, "the second was not saved");
    bench.clock.advance(Duration::from_secs(601));
    let submission = bench.desk.record(draft.id).await.unwrap();
    bench.until(&submission, |now| now.status == Status::WaitingForThem).await;
}
