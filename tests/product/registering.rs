//! The main job, with and without the network.

use std::time::Duration;

use desk::{Cause, Desk, FindBy, FindForm, Found, Network, NetworkFault, OutboxTab, SessionNow, Status, Submission};
use sandbox::world::people::{self, SpecialPerson};
use sandbox::world::ra_users::{isaac_thornbury, owen_pritchard};
use tests::form_browser::FormBrowser;
use tests::practice::{Practice, finish_link, until};
use tests::{Outcome, scan};

use crate::journey::{
    at_work, at_work_as, fill_in, fill_in_read, record, registrations_of, shut, start_work, until_status,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_found_registered_and_linked() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let sam = people::sam_taylor();
    let form = FindForm { family: "tayl*".into(), given: "sam".into(), ..FindForm::empty(FindBy::Details) };
    let Found::People(found) = desk.find(form).await? else { panic!("somebody is found") };
    assert_eq!(found[0].uuid, *sam.uuid());

    let submission = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    let submission = until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(registrations_of(&practice, sam.uuid())?, 1);
    let qr = desk.link_qr(submission.key).await?;
    assert!(qr.contains("<svg") && !qr.contains("/link/"), "the code is a picture");

    desk.watch_registration(Some(submission.key));
    let link = desk.link_for_clipboard(submission.key).await?.reveal().to_owned();
    let other = people::siobhan_o_connor();
    let said = finish_link(&mut FormBrowser::default(), &link, other.address.as_str()).await?;
    assert_eq!(said.as_deref(), Some("wrong_account"));
    until("the wrong account is seen", || async {
        let seen = desk.submission(submission.key).await.ok()?.registration?.registration.progress;
        (seen.wrong_account == 1 && seen.opened_at.is_some()).then_some(())
    })
    .await?;
    assert_eq!(desk.submission(submission.key).await?.status, Status::WaitingForThem, "the link stays");

    let said = finish_link(&mut FormBrowser::default(), &link, sam.address.as_str()).await?;
    assert_eq!(said.as_deref(), Some("linked"));
    let submission = until_status(&desk, submission.key, Status::Linked).await?;
    assert!(desk.link_qr(submission.key).await.is_err(), "there is no link any more");
    let said = finish_link(&mut FormBrowser::default(), &link, sam.address.as_str()).await?;
    assert_eq!(said.as_deref(), Some("already_linked"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_network_it_is_recorded_and_sent_once_after_confirming() -> Outcome {
    let mut practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let zoe = people::zoe_ashworth_okafor();
    desk.profile(zoe.uuid().clone()).await?;
    practice.cut_gateway().await;

    let draft = fill_in_read(&desk, zoe.uuid(), zoe.address.as_str()).await?;
    let submission = desk.record(draft.id).await?;
    assert!(matches!(submission.status, Status::ReadyToSend | Status::Sending), "{:?}", submission.status);
    until("RA Desk sees that it is offline", || async {
        let network = desk.snapshot().await.ok()?.network;
        (network == Network::Offline { why: NetworkFault::Refused }).then_some(())
    })
    .await?;
    let Err(failure) = desk.find(FindForm { uuid: zoe.uuid().to_string(), ..FindForm::empty(FindBy::Uuid) }).await
    else {
        panic!("nobody is found without the network")
    };
    assert_eq!(failure.cause, Cause::Network(NetworkFault::Refused));
    shut(desk).await;

    let name = &zoe.person.profile.name;
    let uuid = zoe.uuid();
    let texts = [name.family.as_str(), name.given.as_str(), zoe.address.as_str(), uuid.as_str()];
    assert!(!scan::files(&practice.data_dir("desk"))?.is_empty());
    assert_eq!(scan::find_texts(&practice.data_dir("desk"), &texts)?, [], "nothing is readable on the disk");

    practice.start_gateway().await?;
    let desk = practice.desk("desk", owen_pritchard().uuid().as_str(), None).await?;
    start_work(&desk).await?;
    let SessionNow::SignedIn { to_confirm, .. } = desk.snapshot().await?.session else { panic!("at work") };
    assert_eq!(to_confirm, 1);
    assert_eq!(desk.to_confirm().await?[0].key, submission.key);
    desk.send_now();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(registrations_of(&practice, uuid)?, 0, "nothing is sent before it is confirmed");
    desk.confirm_recorded().await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(registrations_of(&practice, uuid)?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn in_one_session_it_is_sent_by_itself_when_the_network_returns() -> Outcome {
    let mut practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let zoe = people::zoe_ashworth_okafor();
    let submission = attempted_in_vain(&mut practice, &desk, &zoe).await?;
    practice.start_gateway().await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(registrations_of(&practice, zoe.uuid())?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_withdrawal_of_what_was_sent_is_settled_by_the_gateway() -> Outcome {
    let mut practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let zoe = people::zoe_ashworth_okafor();
    let submission = attempted_in_vain(&mut practice, &desk, &zoe).await?;
    assert!(submission.unsettled);
    let asked = desk.withdraw(submission.key).await?;
    assert!(asked.withdrawal_requested, "offline it is only asked for");
    assert_ne!(asked.status, Status::Withdrawn);
    practice.start_gateway().await?;
    until_status(&desk, submission.key, Status::Withdrawn).await?;
    assert_eq!(registrations_of(&practice, zoe.uuid())?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_survives_a_restart_and_a_discard_can_be_undone() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let sam = people::sam_taylor();
    let draft = fill_in(&desk, sam.uuid(), sam.address.as_str()).await?;
    desk.discard_draft(draft.id).await?;
    assert_eq!(desk.outbox(OutboxTab::Drafts).await?.drafts.len(), 0);
    assert_eq!(desk.restore_draft(draft.id).await?.address, Some(sam.address.clone()));
    shut(desk).await;
    let desk = at_work(&practice, "desk").await?;
    let page = desk.outbox(OutboxTab::Drafts).await?;
    assert_eq!(page.counts.drafts, 1);
    assert_eq!(page.drafts[0].documents, draft.documents);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_is_removed_with_a_reason() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let fiona = people::fiona_mcdougall();
    let read = desk.profile(fiona.uuid().clone()).await?;
    let authenticator = read.profile.authenticators[0].id;
    let reason = contract::RemovalReason::SecurityConcern;
    let read = desk.remove_authenticator(fiona.uuid().clone(), authenticator, reason).await?;
    assert!(read.profile.authenticators.is_empty());
    // The address is free again, for the person it belongs to.
    let other = people::fiona_macdougall();
    let submission = record(&desk, other.uuid(), other.address.as_str()).await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_registers_on_their_own_profile() -> Outcome {
    let practice = Practice::start().await?;
    let isaac = isaac_thornbury();
    let desk = at_work_as(&practice, "desk", &isaac, None).await?;
    let read = desk.profile(isaac.uuid().clone()).await?;
    assert_eq!(read.refusal, Some(contract::RefusalCode::OwnProfile));
    assert!(desk.start_draft(isaac.uuid().clone()).await.is_err());
    Ok(())
}

/// Records a registration, with the gateway cut off, that was tried to be sent.
async fn attempted_in_vain(practice: &mut Practice, desk: &Desk, person: &SpecialPerson) -> Outcome<Submission> {
    let draft = fill_in(desk, person.uuid(), person.address.as_str()).await?;
    practice.cut_gateway().await;
    // Where it is known already that there is no network, nothing is tried in vain: then once more.
    while desk.snapshot().await?.network != Network::Online {
        practice.start_gateway().await?;
        until("the gateway answers again", || async {
            desk.send_now();
            desk.snapshot().await.ok().filter(|now| now.network == Network::Online)
        })
        .await?;
        practice.cut_gateway().await;
    }
    let key = desk.record(draft.id).await?.key;
    until("an attempt", || async {
        desk.submission(key).await.ok().filter(|s| s.attempts > 0 && s.status == Status::ReadyToSend)
    })
    .await
}
