//! Taking over what a colleague recorded on this computer, and for whom something waits.
//!
//! Taking over is a new act of an RA Manager's: a submission of their own, with what the colleague saw and when. The
//! gateway decides both keys in one transaction, so nothing is asked of it beforehand but whether it answers: a queue
//! that changes hands is not to wait for a network.

use std::sync::Arc;

use contract::{
    Access, CareIdentityUuid, FieldErrors, FrozenBody, RaRole, Reason, RegistrationBody, RoleProfileId, SubmissionKey,
    TakenOver, TakenOverBefore, TakenOverBy, VaultOf, VaultRequest,
};
use jiff::Timestamp;

use super::Desk;
use super::state::AtWork;
use crate::registering::{organisation_of, role_text};
use crate::session::SignedIn;
use crate::store::queue::{self, Waiting};
use crate::store::submissions::{StoredSubmission, TakenFrom};
use crate::store::vault::{self, OpenVault};
use crate::store::{Connection, StoreError};
use crate::submission::Life;
use crate::{Cause, Changed, Failure, Random, WaitingFor, second_copy};

impl Desk {
    /// Takes over all that one colleague recorded in one role and did not send, and says how many those are. Sending
    /// starts by itself. Needs an RA Manager of the same organisation, and the gateway. Field error: `reason`.
    pub async fn take_over(&self, role: RoleProfileId, reason: &str) -> Result<u32, Failure> {
        let desk = &self.inner;
        let at_work = desk.require_at_work()?;
        if !manages(&at_work.who) {
            return Err(Cause::NotPermitted.into());
        }
        let mut errors = FieldErrors::default();
        let Some(reason) = errors.parse::<Reason>("reason", reason) else { return Err(errors.into()) };
        desk.hear(&at_work, desk.client.session(&at_work.gateway).await)?;
        // Open until theirs is written down.
        let opened = self.open_colleagues(&at_work, &role).await?;
        let (now, random) = (desk.parts.clock.now(), desk.parts.random.clone());
        let manager = at_work.clone();
        let taken = desk.store.write(move |conn| take_over(conn, now, &manager, &role, &reason, &*random)).await?;
        drop(opened);
        if taken == 0 {
            return Err(Cause::NotFound.into());
        }
        desk.changes.tell(Changed::Outbox);
        second_copy::copy_now(desk).await;
        desk.wake_now();
        Ok(taken)
    }

    /// Opens the vaults of those who recorded in a role what this RA Manager takes over. The gateway gives their shares, and
    /// writes down that it did.
    async fn open_colleagues(&self, at_work: &AtWork, role: &RoleProfileId) -> Result<Vec<Arc<OpenVault>>, Failure> {
        let desk = &self.inner;
        let (actor, of_role) = (at_work.actor(), role.clone());
        let authors = desk.store.read(move |conn| queue::authors_to_take_over(conn, &actor, &of_role)).await?;
        let mut opened = Vec::new();
        for (author, role_text) in authors {
            let whose = author.clone();
            let known = desk.store.read(move |conn| vault::known(conn, &whose)).await?;
            let Some(id) = known.filter(|_| is_ours(&at_work.who, &role_text)) else { continue };
            let of = Some(VaultOf { author: author.clone(), role: role.clone() });
            let request = VaultRequest { vault: id, of };
            let reply = desk.hear(at_work, desk.client.vault_share(&at_work.gateway, &request).await)?;
            let theirs = desk.opened_by(author, id, [Some(reply.share), reply.before]).await?.ok_or(Cause::Sealed)?;
            desk.store.vaults.open(&theirs);
            opened.push(theirs);
        }
        Ok(opened)
    }
}

/// All of a taking over, in the one transaction it is called in.
fn take_over(
    conn: &Connection,
    now: Timestamp,
    manager: &AtWork,
    role: &RoleProfileId,
    reason: &Reason,
    random: &dyn Random,
) -> Result<u32, StoreError> {
    let (who, actor) = (&*manager.who, manager.actor());
    let by = TakenOverBy { by: who.user.name.clone(), at: now, reason: reason.clone() };
    let mut taken = 0;
    for original in queue::to_take_over(conn, &actor, role)? {
        if !is_ours(who, &original.role_text) {
            continue;
        }
        // What cannot be read stays its author's; it hides none of the others.
        let Ok(body) = original.body.body() else {
            tracing::error!(key = %original.key, "a recorded body cannot be read, so it is not taken over");
            continue;
        };
        let key = SubmissionKey::from_guid(random.guid_at(now));
        let theirs = managers_own(who, &original, body, key, &by)?;
        queue::take_over(conn, now, &actor, original.key, &theirs, &by)?;
        taken += 1;
    }
    Ok(taken)
}

/// The manager's submission of what a colleague recorded: who checked the person and when, and when it was recorded,
/// stay as they were.
fn managers_own(
    who: &SignedIn,
    original: &StoredSubmission,
    body: RegistrationBody,
    key: SubmissionKey,
    by: &TakenOverBy,
) -> Result<StoredSubmission, StoreError> {
    let Some(role) = &who.role else { return Err(StoreError::WrongState) };
    // What was itself taken over, and is not decided, goes with all that it stands for: the gateway closes them together.
    let before = match &body.taken_over {
        Some(from) if original.takes_over.is_some() => from
            .originals()
            .map(|(key, recorded_by, recorded_role)| TakenOverBefore {
                key,
                recorded_by: recorded_by.clone(),
                recorded_role: recorded_role.clone(),
            })
            .collect(),
        _ => Vec::new(),
    };
    let taken_over = TakenOver {
        key: original.key,
        recorded_by: body.recorded_by.clone(),
        recorded_role: body.recorded_role.clone(),
        at: by.at,
        reason: by.reason.clone(),
        before,
    };
    let body = RegistrationBody {
        recorded_by: who.user.uuid.clone(),
        recorded_role: role.role.id.clone(),
        replaces: None,
        taken_over: Some(taken_over),
        ..body
    };
    let frozen = FrozenBody::freeze(&body).map_err(|_| StoreError::Failed("a body cannot be written down".into()))?;
    Ok(StoredSubmission {
        key,
        body: frozen,
        author_name: who.user.name.clone(),
        role: role.role.id.clone(),
        role_text: role_text(&role.role),
        recorded_in: who.id,
        confirmed_in: None,
        life: Life::RECORDED,
        attempts: 0,
        attention: None,
        registration: None,
        replaces: None,
        replaced_by: None,
        updated_at: by.at,
        taken_over: None,
        takes_over: Some(TakenFrom::of(original)),
        ..original.clone()
    })
}

/// For whom something waits, as this RA user may know it: their own in roles they do not act in, or that register no more; and, of an RA Manager, what
/// colleagues of the same organisation recorded. Of others only how many there are is told, and never who was recorded.
pub(super) fn waits(waiting: Vec<Waiting>, who: &SignedIn) -> Vec<WaitingFor> {
    let me: &CareIdentityUuid = &who.user.uuid;
    let told = |waiting: &Waiting| {
        if waiting.author == *me {
            who.role_id() != Some(&waiting.role) || !still_registers(who, &waiting.role)
        } else {
            manages(who) && is_ours(who, &waiting.role_text)
        }
    };
    waiting
        .into_iter()
        .filter(told)
        .map(|waiting| WaitingFor {
            is_own: waiting.author == *me,
            role_lost: waiting.author == *me && !still_registers(who, &waiting.role),
            name: waiting.name,
            role: waiting.role,
            role_text: waiting.role_text,
            count: waiting.count,
            to_take_over: if waiting.author == *me { 0 } else { waiting.to_take_over },
            oldest: waiting.oldest,
        })
        .collect()
}

/// Whether this RA user can still register in a role of theirs, as far as is known.
pub(crate) fn still_registers(who: &SignedIn, role: &RoleProfileId) -> bool {
    who.by_pin || who.roles.iter().any(|held| held.role.id == *role && held.access == Access::Register)
}

/// Whether what was recorded in a role is settled now: in that role; or in any, once it is lost.
pub(crate) fn settles(who: &SignedIn, role: &RoleProfileId) -> bool {
    who.role_id() == Some(role) || !still_registers(who, role)
}

fn manages(who: &SignedIn) -> bool {
    who.may.register && who.role.as_ref().is_some_and(|role| role.role.ra_role == RaRole::RaManager)
}

/// Whether a role is one at the organisation this RA user acts at.
fn is_ours(who: &SignedIn, role_text: &str) -> bool {
    let here = who.role.as_ref().map(|role| &role.role.organisation.code);
    here.is_some() && organisation_of(role_text).as_ref() == here
}
