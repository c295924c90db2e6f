//! Half-done registrations, and recording them.

use contract::{CareIdentityUuid, FieldErrors, FrozenBody, SubmissionKey};
use jiff::Timestamp;

use super::{Desk, views};
use crate::registering::{check_address, check_identity, registration_body, role_text};
use crate::session::SignedIn;
use crate::store::audit::Actor;
use crate::store::drafts::{self, StoredDraft};
use crate::store::submissions::{self, StoredSubmission};
use crate::store::{self, Connection, StoreError};
use crate::submission::Life;
use crate::{AddressForm, Cause, Changed, Draft, DraftId, Failure, IdentityForm, ProfileRead, Submission, second_copy};

impl Desk {
    /// Begins a registration on a profile that was read in this session, or gives back the one that is half done,
    /// on the profile as it was read last. Works without a network.
    pub async fn start_draft(&self, uuid: CareIdentityUuid) -> Result<Draft, Failure> {
        let desk = &self.inner;
        let recorder = desk.require_recording()?;
        may_register(&recorder.who)?;
        let read = desk.state().profiles.get(&uuid).cloned().ok_or(Cause::NotFound)?;
        if let Some(code) = read.refusal {
            return Err(Cause::Refused(code).into());
        }
        let (author, now) = (recorder.who.user.uuid.clone(), desk.parts.clock.now());
        let id = DraftId(desk.parts.random.guid());
        let draft = desk
            .store
            .write(move |conn| {
                if let Some(mut draft) = drafts::of_person(conn, &author, &uuid)? {
                    // The store keeps microseconds, the clock may tell finer.
                    if read.read_at.as_microsecond() > draft.read_at.as_microsecond() {
                        read_anew(&mut draft, read, now);
                        drafts::put(conn, &author, &draft)?;
                    }
                    return Ok(draft);
                }
                let draft = StoredDraft {
                    id,
                    profile: read.profile,
                    read_at: read.read_at,
                    address: None,
                    address_reason: None,
                    method: None,
                    documents: Vec::new(),
                    accepted_by: None,
                    checked_at: None,
                    corrects: None,
                    checked_by: None,
                    taken_over: None,
                    updated_at: now,
                };
                drafts::put(conn, &author, &draft)?;
                Ok(draft)
            })
            .await?;
        desk.changes.tell(Changed::Outbox);
        Ok(views::draft(draft))
    }

    /// A draft of this RA user.
    pub async fn draft(&self, id: DraftId) -> Result<Draft, Failure> {
        let author = self.inner.require_recording()?.who.user.uuid.clone();
        Ok(views::draft(self.inner.store.read(move |conn| drafts::get(conn, &author, id)).await?))
    }

    /// Enters the address. Field errors: `address`, `reason`.
    pub async fn set_draft_address(&self, id: DraftId, form: AddressForm) -> Result<Draft, Failure> {
        self.change_draft(id, move |draft, who, _| {
            (draft.address, draft.address_reason) = {
                let (address, reason) = check_address(&draft.profile, &who.policy, &form)?;
                (Some(address), reason)
            };
            Ok(())
        })
        .await
    }

    /// Enters the identity check. Field errors: `method`, `documents`, `accepted_by`.
    pub async fn set_draft_identity(&self, id: DraftId, form: IdentityForm) -> Result<Draft, Failure> {
        self.change_draft(id, move |draft, _, now| {
            let check = check_identity(&draft.profile, &form)?;
            draft.method = Some(check.method);
            draft.documents = check.documents;
            draft.accepted_by = Some(check.accepted_by);
            draft.checked_at = Some(now);
            // It is their own check from now on.
            (draft.checked_by, draft.taken_over) = (None, None);
            Ok(())
        })
        .await
    }

    /// Throws a draft away. It can be restored in the same session.
    pub async fn discard_draft(&self, id: DraftId) -> Result<(), Failure> {
        let actor = self.inner.require_recording()?.actor();
        self.inner.store.write(move |conn| drafts::discard(conn, &actor.uuid, id, actor.session)).await?;
        self.inner.changes.tell(Changed::Outbox);
        Ok(())
    }

    /// Takes back that a draft was thrown away.
    pub async fn restore_draft(&self, id: DraftId) -> Result<Draft, Failure> {
        let actor = self.inner.require_recording()?.actor();
        let draft = self
            .inner
            .store
            .write(move |conn| {
                drafts::restore(conn, &actor.uuid, id, actor.session)?;
                drafts::get(conn, &actor.uuid, id)
            })
            .await?;
        self.inner.changes.tell(Changed::Outbox);
        Ok(views::draft(draft))
    }

    /// Records a registration. When this resolves, it is on disk; sending starts by itself.
    /// Field errors: `address`, `reason`, `method`, `documents`, `accepted_by`.
    pub async fn record(&self, id: DraftId) -> Result<Submission, Failure> {
        let desk = &self.inner;
        let recorder = desk.require_recording()?;
        may_register(&recorder.who)?;
        desk.keeps_or_reaches(&recorder).await?;
        let now = desk.time_for(&recorder)?;
        let key = SubmissionKey::from_guid(desk.parts.random.guid_at(now));
        let (who, actor) = (recorder.who.clone(), recorder.actor());
        let recorded = desk.store.write(move |conn| record(conn, now, &who, &actor, id, key)).await??;
        desk.changes.tell(Changed::Outbox);
        desk.wake_now();
        // It is saved. Whether there is a second copy of it is told with it, so that is found out now.
        second_copy::copy_now(desk).await;
        Ok(views::submission(recorded, &recorder.who))
    }

    async fn change_draft(
        &self,
        id: DraftId,
        change: impl FnOnce(&mut StoredDraft, &SignedIn, Timestamp) -> Result<(), FieldErrors> + Send + 'static,
    ) -> Result<Draft, Failure> {
        let recorder = self.inner.require_recording()?;
        let (who, now) = (recorder.who.clone(), self.inner.time_for(&recorder)?);
        let draft = self
            .inner
            .store
            .write(move |conn| {
                let author = &who.user.uuid;
                let mut draft = drafts::get(conn, author, id)?;
                if let Err(errors) = change(&mut draft, &who, now) {
                    return Ok(Err(errors));
                }
                draft.updated_at = now;
                drafts::put(conn, author, &draft)?;
                Ok(Ok(draft))
            })
            .await??;
        self.inner.changes.tell(Changed::Outbox);
        Ok(views::draft(draft))
    }
}

/// Puts a newer read of the person into their draft. Where it shows something else, the check is to be made again.
fn read_anew(draft: &mut StoredDraft, read: ProfileRead, now: Timestamp) {
    if draft.profile.seen() != read.profile.seen() {
        draft.method = None;
        draft.documents = Vec::new();
        draft.accepted_by = None;
        draft.checked_at = None;
        (draft.checked_by, draft.taken_over) = (None, None);
    }
    draft.profile = read.profile;
    draft.read_at = read.read_at;
    draft.updated_at = now;
}

/// All of a recording, in the one transaction it is called in.
pub(super) fn record(
    conn: &Connection,
    now: Timestamp,
    who: &SignedIn,
    actor: &Actor,
    id: DraftId,
    key: SubmissionKey,
) -> Result<Result<StoredSubmission, FieldErrors>, StoreError> {
    let draft = drafts::get(conn, &actor.uuid, id)?;
    let body = match registration_body(&draft, who, now) {
        Ok(body) => body,
        Err(errors) => return Ok(Err(errors)),
    };
    let frozen = FrozenBody::freeze(&body).map_err(|_| StoreError::Failed("a body cannot be written down".into()))?;
    let submission = StoredSubmission {
        key,
        profile: draft.profile,
        profile_read_at: draft.read_at,
        address: body.address,
        body: frozen,
        author_name: who.user.name.clone(),
        role: body.recorded_role,
        role_text: who.role.as_ref().map(|role| role_text(&role.role)).unwrap_or_default(),
        recorded_in: who.id,
        confirmed_in: None,
        recorded_at: now,
        life: Life::RECORDED,
        attempts: 0,
        attention: None,
        registration: None,
        replaces: body.replaces,
        replaced_by: None,
        updated_at: now,
        taken_over: None,
        takes_over: None,
    };
    store::record(conn, now, actor, id, &submission)?;
    Ok(Ok(submissions::get(conn, &actor.uuid, key)?))
}

pub(super) fn may_register(who: &SignedIn) -> Result<(), Failure> {
    if who.may.register { Ok(()) } else { Err(Cause::NotPermitted.into()) }
}
