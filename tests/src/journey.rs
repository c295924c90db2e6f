//! Steps that many journeys take.

use contract::{CareIdentityUuid, DeclarationAcceptedBy, DocumentKind, IdentityCheckMethod, SubmissionKey};
use desk::{AddressForm, Desk, Draft, IdentityForm, SessionNow, Status, Submission};
use sandbox::world::ra_users::{SpecialRaUser, owen_pritchard};

use crate::Outcome;
use crate::practice::{Practice, until};

/// A desk with an RA Agent of one role signed in and at work.
pub async fn at_work(practice: &Practice, name: &str) -> Outcome<Desk> {
    at_work_as(practice, name, &owen_pritchard(), None).await
}

/// A desk with somebody signed in and at work.
pub async fn at_work_as(practice: &Practice, name: &str, who: &SpecialRaUser, role: Option<&str>) -> Outcome<Desk> {
    let desk = practice.desk(name, who.uuid().as_str(), role).await?;
    start_work(&desk).await?;
    Ok(desk)
}

/// Signs in and says *yes, this is me*.
pub async fn start_work(desk: &Desk) -> Outcome {
    let snapshot = desk.sign_in().await?;
    assert!(matches!(snapshot.session, SessionNow::Confirming { .. }), "asked who they are: {:?}", snapshot.session);
    let snapshot = desk.confirm_identity().await?;
    assert!(matches!(snapshot.session, SessionNow::SignedIn { .. }), "at work");
    Ok(())
}

/// Reads a profile and answers every question about it.
pub async fn fill_in(desk: &Desk, uuid: &CareIdentityUuid, address: &str) -> Outcome<Draft> {
    desk.profile(uuid.clone()).await?;
    fill_in_read(desk, uuid, address).await
}

/// Answers every question about a profile that was read before.
pub async fn fill_in_read(desk: &Desk, uuid: &CareIdentityUuid, address: &str) -> Outcome<Draft> {
    let draft = desk.start_draft(uuid.clone()).await?;
    answer(desk, draft, address).await
}

/// Answers every question of a draft.
pub async fn answer(desk: &Desk, draft: Draft, address: &str) -> Outcome<Draft> {
    let reason = "Said so at the desk".to_owned();
    desk.set_draft_address(draft.id, AddressForm { address: address.to_owned(), reason }).await?;
    let identity = IdentityForm {
        method: Some(IdentityCheckMethod::InPerson),
        documents: vec![DocumentKind::Passport],
        accepted_by: Some(DeclarationAcceptedBy::User),
    };
    Ok(desk.set_draft_identity(draft.id, identity).await?)
}

/// Records a registration of somebody whose profile is read on the way.
pub async fn record(desk: &Desk, uuid: &CareIdentityUuid, address: &str) -> Outcome<Submission> {
    let draft = fill_in(desk, uuid, address).await?;
    Ok(desk.record(draft.id).await?)
}

/// Waits until a submission is that far.
pub async fn until_status(desk: &Desk, key: SubmissionKey, status: Status) -> Outcome<Submission> {
    until(&format!("{status:?}"), || async {
        desk.submission(key).await.ok().filter(|submission| submission.status == status)
    })
    .await
}

/// How many registrations a person has at the gateway.
pub fn registrations_of(practice: &Practice, uuid: &CareIdentityUuid) -> Outcome<i64> {
    practice.count(&format!("SELECT count(*) FROM registrations WHERE uuid = '{uuid}'"))
}

/// Closes a desk, as the window does when it is closed.
pub async fn shut(desk: Desk) {
    desk.close().await;
}
