//! A day without a network: prepared the evening before, recorded by PIN, sent after signing in.

use std::time::Duration;

use contract::EndReason;
use desk::{Cause, SessionNow, Status};
use sandbox::world::people;
use sandbox::world::ra_users::{isaac_thornbury, owen_pritchard};
use tests::Outcome;
use tests::practice::Practice;
use zeroize::Zeroizing;

use crate::journey::{at_work, fill_in, registrations_of, shut, start_work, until_status};

fn pin(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn prepared_before_recorded_by_pin_and_sent_once_after_signing_in() -> Outcome {
    let mut practice = Practice::start().await?;
    let (owen, zoe) = (owen_pritchard(), people::zoe_ashworth_okafor());
    let desk = at_work(&practice, "desk").await?;
    let prepared = desk.set_pin(pin("kettle 1928"), pin("kettle 1928")).await?;
    assert!(prepared.has_pin && prepared.until.is_some(), "{prepared:?}");
    assert_eq!(practice.count("SELECT count(*) FROM audit WHERE action = 'offline grant'")?, 1);
    let draft = fill_in(&desk, zoe.uuid(), zoe.address.as_str()).await?;
    shut(desk).await;
    practice.cut_gateway().await;

    // The next morning: another start, and nobody to sign in with.
    let desk = practice.desk("desk", owen.uuid().as_str(), None).await?;
    assert!(desk.sign_in().await.is_err());
    let people = desk.offline_people().await?;
    assert_eq!((people.len(), people[0].name.as_str()), (1, owen.name().as_str()));
    let nobody = desk.work_offline(isaac_thornbury().uuid().clone(), pin("kettle 1928")).await.unwrap_err();
    assert_eq!(nobody.cause, Cause::NotPrepared);
    let begun = desk.work_offline(owen.uuid().clone(), pin("kettle 1928")).await?;
    assert!(matches!(begun.session, SessionNow::Offline { .. }), "{:?}", begun.session);
    let submission = desk.record(draft.id).await?;
    assert_eq!(submission.status, Status::ReadyToSend);

    practice.start_gateway().await?;
    desk.send_now();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(registrations_of(&practice, zoe.uuid())?, 0, "not before they have signed in");
    start_work(&desk).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(registrations_of(&practice, zoe.uuid())?, 0, "nor before they said that it is theirs");
    desk.confirm_recorded().await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(registrations_of(&practice, zoe.uuid())?, 1);
    let ended = desk.sign_out().await?;
    assert_eq!(ended.session, SessionNow::SignedOut { why: Some(EndReason::SignedOut) });
    Ok(())
}
