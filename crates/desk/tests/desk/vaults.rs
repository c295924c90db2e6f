//! Two RA users and one computer: what each recorded is sealed from the other, and nothing is lost where what opens it
//! is not given.

use std::time::Duration;

use desk::{Cause, Draft, OutboxTab, PauseReason, SessionNow, SignInError, Status, SyncNow};

use crate::support::gateway::{Instead, outcome};
use crate::support::server::Response;
use crate::support::{Bench, PERSON, RA_USER, ROLE};
use crate::taking_over::{author, hang_up, manager, sits_down_at, take_over};

/// A half-done registration, as it is stored.
async fn draft(bench: &Bench) -> Draft {
    bench.desk.draft(bench.draft(PERSON).await.id).await.unwrap()
}

const BATCH: &str = "/v1/registrations/batch";
const SHARE: &str = "/v1/vaults/share";

#[tokio::test]
async fn a_draft_is_there_again_in_its_authors_next_session_and_in_nobody_elses() {
    let bench = Bench::signed_in().await;
    let draft = draft(&bench).await;
    manager(&bench).await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap_err().cause, Cause::NotFound);
    assert!(bench.desk.outbox(OutboxTab::Drafts).await.unwrap().drafts.is_empty());
    let bench = bench.restart().await;
    author(&bench).await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap(), draft);
    let asked = bench
        .fake
        .world()
        .log
        .iter()
        .filter(|(_, path, _)| path == SHARE)
        .map(|(.., body)| body.clone())
        .collect::<Vec<_>>();
    assert_eq!(asked.len(), 3);
    assert!(asked[0] == asked[2] && asked[0] != asked[1], "each has a vault of their own, and keeps it");
}

#[tokio::test]
async fn a_gateway_that_lost_its_key_opens_nothing_and_costs_nothing() {
    let bench = Bench::signed_in().await;
    let draft = draft(&bench).await;
    bench.desk.sign_out().await.unwrap();
    bench.fake.world().vault_key = Some(2);
    let bench = bench.restart().await;
    bench.sign_in().await;
    assert!(matches!(bench.desk.snapshot().await.unwrap().session, SessionNow::SignedIn { .. }));
    // It is told, not shown as nothing; and nothing new is begun in the clear or over it.
    assert_eq!(bench.desk.draft(draft.id).await.unwrap_err().cause, Cause::Sealed);
    assert_eq!(bench.desk.outbox(OutboxTab::Drafts).await.unwrap_err().cause, Cause::Sealed);
    bench.desk.profile("555086689205".parse().unwrap()).await.unwrap();
    let other = bench.desk.start_draft("555086689205".parse().unwrap()).await;
    assert_eq!(other.unwrap_err().cause, Cause::Sealed);
    assert_eq!(bench.desk.snapshot().await.unwrap().outbox.drafts, 1, "it is counted");
    // The key is put back.
    bench.fake.world().vault_key = Some(1);
    bench.desk.sign_out().await.unwrap();
    bench.sign_in().await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap(), draft);
}

#[tokio::test]
async fn while_a_vault_is_closed_nothing_is_sent_and_the_pause_says_why() {
    let bench = Bench::signed_in().await;
    hang_up(&bench);
    let recorded = bench.record(PERSON).await;
    let recorded = bench.until(&recorded, |now| now.unsettled && now.status == Status::ReadyToSend).await;
    bench.desk.sign_out().await.unwrap();
    bench.fake.world().instead.clear();
    bench.fake.world().vault_key = Some(2);
    bench.desk.sign_in().await.unwrap();
    let asked = || (bench.fake.count("/v1/registrations"), bench.fake.count("/v1/session"));
    let (registrations, heard) = asked();
    bench.desk.confirm_identity().await.unwrap();
    let sealed = SyncNow::Paused { why: PauseReason::Sealed, until: None };
    until_sync(&bench, sealed).await;
    bench.desk.send_now();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(bench.desk.snapshot().await.unwrap().sync, sealed);
    assert_eq!(asked().0, registrations, "no answer could be written down");
    assert!(asked().1 > heard, "the gateway is heard all the same");
    // The key is put back.
    bench.fake.world().vault_key = Some(1);
    bench.desk.sign_out().await.unwrap();
    bench.sign_in().await;
    bench.desk.confirm_recorded().await.unwrap();
    bench.until(&recorded, |now| now.status == Status::WaitingForThem).await;
}

async fn until_sync(bench: &Bench, wanted: SyncNow) {
    for _ in 0..500 {
        if bench.desk.snapshot().await.unwrap().sync == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", bench.desk.snapshot().await.unwrap().sync);
}

#[tokio::test]
async fn nobody_arrives_before_it_is_known_whether_their_vault_opens() {
    let bench = Bench::signed_in().await;
    let draft = draft(&bench).await;
    bench.desk.sign_out().await.unwrap();
    bench.fake.instead(SHARE, Instead::Answer(Response::HangUp));
    // Sent again where nothing came back, so more than once.
    for _ in 0..5 {
        bench.fake.instead(SHARE, Instead::Answer(Response::HangUp));
    }
    let failure = bench.desk.sign_in().await.unwrap_err();
    assert!(matches!(failure.cause, Cause::SignIn(SignInError::Network(_))), "{failure}");
    assert_eq!(
        bench.desk.snapshot().await.unwrap().session,
        SessionNow::SignedOut { why: Some(contract::EndReason::SignedOut) }
    );
    bench.fake.world().instead.clear();
    bench.fake.instead(SHARE, Instead::Answer(outcome(403, "NOT_PERMITTED")));
    assert!(bench.desk.sign_in().await.is_err());
    bench.sign_in().await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap(), draft);
}

#[tokio::test]
async fn what_was_begun_at_a_gateway_without_shares_is_sealed_at_one_with() {
    let bench = Bench::new().await;
    bench.fake.world().vault_key = None;
    bench.sign_in().await;
    let draft = draft(&bench).await;
    bench.desk.sign_out().await.unwrap();
    bench.fake.world().vault_key = Some(1);
    bench.sign_in().await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap(), draft);
    bench.desk.sign_out().await.unwrap();
    bench.fake.world().vault_key = None;
    bench.sign_in().await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap_err().cause, Cause::Sealed, "it is sealed by now");
}

#[tokio::test]
async fn an_answer_that_comes_after_signing_out_is_written_down_and_sealed_all_the_same() {
    let bench = Bench::signed_in().await;
    bench.fake.instead(BATCH, Instead::Slow(Duration::from_millis(600)));
    let recorded = bench.record(PERSON).await;
    while bench.fake.count(BATCH) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bench.desk.sign_out().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1200)).await;
    manager(&bench).await;
    assert_eq!(bench.fake.count(BATCH), 1);
    author(&bench).await;
    let now = bench.desk.submission(recorded.key).await.unwrap();
    assert_eq!((now.status, bench.fake.count(BATCH)), (Status::WaitingForThem, 1), "it is not sent again");
    assert!(bench.desk.link_qr(recorded.key).await.is_ok());
}

#[tokio::test]
async fn a_manager_opens_what_they_take_over_and_nothing_else() {
    let bench = Bench::signed_in().await;
    hang_up(&bench);
    bench.record(PERSON).await;
    let draft = draft(&bench).await;
    manager(&bench).await;
    bench.fake.instead(SHARE, Instead::Answer(outcome(403, "NOT_PERMITTED")));
    let refused = until_free(&bench).await;
    assert_eq!(refused, Cause::NotPermitted);
    bench.fake.world().instead.clear();
    hang_up(&bench);
    take_over(&bench).await;
    let asked = bench.fake.world().log.iter().rfind(|(_, path, _)| path == SHARE).unwrap().2.clone();
    let asked: contract::VaultRequest = serde_json::from_str(&asked).unwrap();
    let of = asked.of.unwrap();
    assert_eq!((of.author.as_str(), of.role.as_str()), (RA_USER, ROLE));
    // Theirs is sealed to themselves, and the draft is still its author's.
    bench.fake.world().instead.clear();
    bench.desk.send_now();
    let theirs = bench.desk.outbox(OutboxTab::Ready).await.unwrap();
    let waiting = bench.desk.outbox(OutboxTab::Waiting).await.unwrap();
    assert_eq!(theirs.submissions.len() + waiting.submissions.len(), 1);
    author(&bench).await;
    assert_eq!(bench.desk.draft(draft.id).await.unwrap(), draft);
}

#[tokio::test]
async fn a_manager_is_shown_and_given_nothing_that_was_recorded_at_another_organisation() {
    const ELSEWHERE: &str = "555254240110";
    let bench = Bench::signed_in().await;
    hang_up(&bench);
    bench.record(PERSON).await;
    sits_down_at(&bench, RA_USER, ELSEWHERE, "ra_agent", "RBA").await;
    let other = bench.record("555086689205").await;
    manager(&bench).await;
    let waits = bench.desk.outbox(OutboxTab::Ready).await.unwrap().waits;
    assert_eq!(waits.iter().map(|waiting| waiting.role.as_str()).collect::<Vec<_>>(), [ROLE]);
    // The share that is given for the role here opens all that this author sealed.
    take_over(&bench).await;
    let asked = bench.fake.count(SHARE);
    let refused = bench.desk.take_over(ELSEWHERE.parse().unwrap(), "On leave").await.unwrap_err();
    assert_eq!((refused.cause, bench.fake.count(SHARE)), (Cause::NotFound, asked), "no share is asked for");
    for tab in [OutboxTab::Ready, OutboxTab::Waiting, OutboxTab::Done] {
        let shown = bench.desk.outbox(tab).await.unwrap();
        assert!(shown.waits.is_empty() && shown.submissions.iter().all(|shown| shown.uuid != other.uuid));
    }
    assert!(bench.desk.submission(other.key).await.is_err());
    sits_down_at(&bench, RA_USER, ELSEWHERE, "ra_agent", "RBA").await;
    assert_eq!(bench.desk.submission(other.key).await.unwrap().key, other.key, "it is its author's");
}

/// Why a manager takes nothing over, once what was on its way has come to nothing.
async fn until_free(bench: &Bench) -> Cause {
    for _ in 0..500 {
        match bench.desk.take_over(ROLE.parse().unwrap(), "On leave").await.unwrap_err().cause {
            Cause::NotFound => tokio::time::sleep(Duration::from_millis(20)).await,
            cause => return cause,
        }
    }
    panic!("there is nothing to take over");
}
