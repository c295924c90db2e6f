//! An RA Manager takes over what a colleague recorded on this computer.

use contract::{RefusalCode, RoleProfileId};
use desk::{Cause, Desk, OutboxTab, Status, Submission};
use sandbox::world::organisations::TRUST;
use sandbox::world::people::{self, SpecialPerson};
use sandbox::world::ra_users::{isaac_thornbury, owen_pritchard, priya_raman, tomasz_lukaszewski};
use tests::practice::{FileKeys, Practice, until};
use tests::{Outcome, copy_folder};

use crate::journey::{at_work_as, fill_in, registrations_of, shut, until_status};

const REASON: &str = "On leave until March";

/// Two people, recorded by somebody who cannot send them any more.
async fn recorded(practice: &mut Practice) -> Outcome<(Vec<SpecialPerson>, Vec<Submission>)> {
    let whom = vec![people::sam_taylor(), people::zoe_ashworth_okafor()];
    let desk = at_work_as(practice, "desk", &owen_pritchard(), None).await?;
    let mut drafts = Vec::new();
    for person in &whom {
        drafts.push(fill_in(&desk, person.uuid(), person.address.as_str()).await?);
    }
    practice.cut_gateway().await;
    let mut submissions = Vec::new();
    for draft in drafts {
        submissions.push(desk.record(draft.id).await?);
    }
    shut(desk).await;
    practice.start_gateway().await?;
    Ok((whom, submissions))
}

fn owens_role() -> RoleProfileId {
    owen_pritchard().role_at(TRUST).and_then(|role| role.parse().ok()).expect("a role at the trust")
}

async fn of(desk: &Desk, tab: OutboxTab) -> Outcome<Vec<Submission>> {
    Ok(desk.outbox(tab).await?.submissions)
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_registered_once_in_the_managers_name_and_their_author_is_told() -> Outcome {
    let mut practice = Practice::start().await?;
    let (owen, priya) = (owen_pritchard(), priya_raman());
    let (whom, recorded) = recorded(&mut practice).await?;

    // Neither an RA Agent of the same organisation nor one of another learns whose they are.
    for colleague in [isaac_thornbury(), tomasz_lukaszewski()] {
        let desk = at_work_as(&practice, "desk", &colleague, None).await?;
        let page = desk.outbox(OutboxTab::Ready).await?;
        assert_eq!((page.counts.other_people, page.waits.len()), (2, 0), "counted, and nobody named");
        let refused = desk.take_over(owens_role(), REASON).await.expect_err("not theirs to take over");
        assert_eq!(refused.cause, Cause::NotPermitted);
        shut(desk).await;
    }

    let desk = at_work_as(&practice, "desk", &priya, None).await?;
    let page = desk.outbox(OutboxTab::Ready).await?;
    assert!(page.submissions.is_empty(), "who was recorded is not shown before");
    let [waits] = page.waits.as_slice() else { panic!("{} wait", page.waits.len()) };
    assert_eq!(
        (waits.name.as_str(), &waits.role, waits.count, waits.to_take_over),
        (owen.name().as_str(), &owens_role(), 2, 2)
    );
    assert_eq!(waits.role_text, format!("RA Agent, {TRUST}"));
    assert_eq!(waits.oldest.as_microsecond(), recorded[0].recorded_at.as_microsecond());
    let Err(refused) = desk.take_over(owens_role(), " ").await else { panic!("taken over without a reason") };
    assert!(matches!(refused.cause, Cause::Invalid(errors) if errors.0[0].field == "reason"));
    practice.cut_gateway().await;
    let Err(refused) = desk.take_over(owens_role(), REASON).await else { panic!("taken over without a connection") };
    assert!(matches!(refused.cause, Cause::Network(_)), "{}", refused.cause);
    assert_eq!(desk.outbox(OutboxTab::Ready).await?.waits.len(), 1, "and nothing is as if it had been");
    practice.start_gateway().await?;

    assert_eq!(desk.take_over(owens_role(), REASON).await?, 2);
    until("all are registered", || async {
        desk.send_now();
        (of(&desk, OutboxTab::Waiting).await.ok()?.len() == 2).then_some(())
    })
    .await?;
    for taken in of(&desk, OutboxTab::Waiting).await? {
        let from = taken.taken_from.expect("it says from whom");
        assert_eq!((from.name, from.reason.as_str(), from.given_back), (Some(owen.name()), REASON, false));
        assert!(!desk.link_qr(taken.key).await?.is_empty(), "the link is the manager's to give");
    }
    let page = desk.outbox(OutboxTab::Ready).await?;
    assert_eq!((page.waits.len(), page.counts.other_people), (0, 0));
    shut(desk).await;
    let told = format!(
        "SELECT count(*) FROM registrations WHERE author = '{}' AND json_extract(body, '$.checked_by') = '{}'
           AND json_extract(body, '$.taken_over.reason') = '{REASON}'",
        priya.uuid(),
        owen.uuid()
    );
    assert_eq!(practice.count(&told)?, 2);

    // Their author signs in once more, here and on a computer that never heard of it.
    let desk = at_work_as(&practice, "desk", &owen, None).await?;
    desk.confirm_recorded().await?;
    desk.send_now();
    for submission in &recorded {
        let now = desk.submission(submission.key).await?;
        let taken = now.taken_over.expect("it says who took it over");
        assert_eq!((taken.by, taken.reason.as_str()), (priya.name(), REASON));
        assert_eq!(now.status, Status::Withdrawn);
        assert!(desk.withdraw(submission.key).await.is_err() || desk.correct(submission.key).await.is_err());
    }
    assert_eq!(of(&desk, OutboxTab::Done).await?.len(), 2);
    for person in &whom {
        assert_eq!(registrations_of(&practice, person.uuid())?, 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_author_sent_from_elsewhere_is_not_registered_again_nor_the_other_way_round() -> Outcome {
    let mut practice = Practice::start().await?;
    let (owen, priya) = (owen_pritchard(), priya_raman());
    let (whom, recorded) = recorded(&mut practice).await?;
    // A copy of the whole folder: in it, nothing was ever sent.
    copy_folder(&practice.data_dir("desk"), &practice.data_dir("copy"))?;
    FileKeys(practice.data_dir("desk.key")).copy_store_key(&FileKeys(practice.data_dir("copy.key")))?;

    let desk = at_work_as(&practice, "desk", &owen, None).await?;
    desk.confirm_recorded().await?;
    for submission in &recorded {
        until_status(&desk, submission.key, Status::WaitingForThem).await?;
    }
    shut(desk).await;

    let desk = at_work_as(&practice, "copy", &priya, None).await?;
    assert_eq!(desk.take_over(owens_role(), REASON).await?, 2);
    until("both are known to be registered", || async {
        desk.send_now();
        (of(&desk, OutboxTab::Attention).await.ok()?.len() == 2).then_some(())
    })
    .await?;
    for refused in of(&desk, OutboxTab::Attention).await? {
        let attention = refused.attention.expect("it says why");
        assert_eq!((attention.code, attention.done_by), (RefusalCode::AlreadyRegistered, Some(owen.name())));
    }
    shut(desk).await;

    let desk = at_work_as(&practice, "copy", &owen, None).await?;
    for submission in &recorded {
        let now = desk.submission(submission.key).await?;
        assert_eq!((now.status, now.taken_over.is_none()), (Status::WaitingForThem, true), "his, and registered");
    }
    shut(desk).await;

    // A computer that was never told sends what was taken over, and is told then.
    let again = practice.data_dir("again");
    let person = people::siobhan_o_connor();
    let desk = at_work_as(&practice, "copy", &owen, None).await?;
    let draft = fill_in(&desk, person.uuid(), person.address.as_str()).await?;
    practice.cut_gateway().await;
    let third = desk.record(draft.id).await?;
    shut(desk).await;
    copy_folder(&practice.data_dir("copy"), &again)?;
    FileKeys(practice.data_dir("copy.key")).copy_store_key(&FileKeys(practice.data_dir("again.key")))?;
    practice.start_gateway().await?;
    let desk = at_work_as(&practice, "copy", &priya, None).await?;
    assert_eq!(desk.take_over(owens_role(), REASON).await?, 1);
    until("it is registered", || async { (registrations_of(&practice, person.uuid()).ok()? == 1).then_some(()) })
        .await?;
    shut(desk).await;
    let desk = at_work_as(&practice, "again", &owen, None).await?;
    desk.confirm_recorded().await?;
    let told = until_status(&desk, third.key, Status::Withdrawn).await?.taken_over.expect("by whom");
    assert_eq!((told.by, told.reason.as_str()), (priya.name(), REASON));
    for person in whom.iter().chain([&person]) {
        assert_eq!(registrations_of(&practice, person.uuid())?, 1);
    }
    Ok(())
}
