//! Two RA users on one computer, and one in two roles.

use desk::{OutboxTab, PauseReason, Status, SyncNow};
use sandbox::world::organisations::FEDERATION;
use sandbox::world::people;
use sandbox::world::ra_users::{grace_adeyemi, owen_pritchard, priya_raman};
use tests::Outcome;
use tests::practice::{Practice, until};

use crate::journey::{at_work_as, fill_in, registrations_of, shut, start_work, until_status};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_or_sees_what_another_recorded() -> Outcome {
    let mut practice = Practice::start().await?;
    let (owen, priya) = (owen_pritchard(), priya_raman());
    let desk = at_work_as(&practice, "desk", &owen, None).await?;
    let sam = people::sam_taylor();
    let draft = fill_in(&desk, sam.uuid(), sam.address.as_str()).await?;
    practice.cut_gateway().await;
    let submission = desk.record(draft.id).await?;
    shut(desk).await;
    practice.start_gateway().await?;

    let desk = at_work_as(&practice, "desk", &priya, None).await?;
    let snapshot = desk.snapshot().await?;
    assert_eq!((snapshot.outbox.ready, snapshot.outbox.other_people), (0, 1), "counted, not shown");
    assert!(desk.outbox(OutboxTab::Ready).await?.submissions.is_empty());
    assert!(desk.submission(submission.key).await.is_err());
    assert!(desk.withdraw(submission.key).await.is_err());
    desk.confirm_recorded().await?;
    desk.send_now();
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(registrations_of(&practice, sam.uuid())?, 0, "not sent in another's name");
    shut(desk).await;

    let desk = at_work_as(&practice, "desk", &owen, None).await?;
    desk.confirm_recorded().await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(registrations_of(&practice, sam.uuid())?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_in_another_role_waits_for_that_role() -> Outcome {
    let mut practice = Practice::start().await?;
    let grace = grace_adeyemi();
    let (first, second) = (grace.role_at(FEDERATION[0]), grace.role_at(FEDERATION[1]));
    let desk = at_work_as(&practice, "desk", &grace, first).await?;
    let sam = people::sam_taylor();
    let draft = fill_in(&desk, sam.uuid(), sam.address.as_str()).await?;
    practice.cut_gateway().await;
    let submission = desk.record(draft.id).await?;
    shut(desk).await;
    practice.start_gateway().await?;

    let desk = practice.desk("desk", grace.uuid().as_str(), second).await?;
    start_work(&desk).await?;
    let snapshot = desk.snapshot().await?;
    assert_eq!(snapshot.outbox.other_roles, 1);
    until("sending says what it waits for", || async {
        let sync = desk.snapshot().await.ok()?.sync;
        matches!(sync, SyncNow::Paused { why: PauseReason::OtherRole, .. }).then_some(())
    })
    .await?;
    assert!(!desk.submission(submission.key).await?.in_this_role);
    shut(desk).await;

    let desk = at_work_as(&practice, "desk", &grace, first).await?;
    desk.confirm_recorded().await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(registrations_of(&practice, sam.uuid())?, 1);
    Ok(())
}
