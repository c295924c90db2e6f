//! The facade: the things an RA user can do, and the only door.

use std::path::PathBuf;

use contract::{AuthenticatorId, CareIdentityUuid, RemovalReason, RoleProfileId, SubmissionKey};
use tokio::sync::broadcast;

use crate::{
    AddressForm, Cause, Changed, Draft, DraftId, Failure, FindForm, Found, IdentityForm, LinkSecret, OpenError,
    OutboxPage, OutboxTab, Parts, ProfileRead, Settings, Snapshot, Submission,
};

/// The desk. Cloning it gives another handle on the same one.
#[derive(Clone)]
pub struct Desk {
    changes: broadcast::Sender<Changed>,
}

#[expect(clippy::unused_async, unused_variables, reason = "bodies follow")]
impl Desk {
    /// Opens the store and starts what runs by itself. Must be called within a tokio runtime.
    pub async fn open(settings: Settings, data_dir: PathBuf, parts: Parts) -> Result<Self, OpenError> {
        Ok(Self { changes: broadcast::channel(16).0 })
    }

    /// Stops what runs by itself and closes the store. A request on its way is given up; its submissions are
    /// sent again after the next start.
    pub async fn close(&self) {}

    /// Tells that something is no longer as it was. Throttled: at most a few a second of each kind.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    /// All that the frame around every page shows.
    pub async fn snapshot(&self) -> Result<Snapshot, Failure> {
        Err(not_yet())
    }

    /// Signs somebody in by the browser. Resolves when the browser came back and every check is passed; the
    /// session is then `Confirming`.
    pub async fn sign_in(&self) -> Result<Snapshot, Failure> {
        Err(not_yet())
    }

    /// Gives up the sign-in that is under way, if one is. The session is then as it was before.
    pub fn cancel_sign_in(&self) {}

    /// *Yes, this is me.*
    pub async fn confirm_identity(&self) -> Result<Snapshot, Failure> {
        Err(not_yet())
    }

    /// Chooses another role: a new authorization at the issuer. Resolves like [`Self::sign_in`].
    pub async fn change_role(&self, role: RoleProfileId) -> Result<Snapshot, Failure> {
        Err(not_yet())
    }

    /// Ends the session here at once, and at the gateway as soon as it answers.
    pub async fn sign_out(&self) -> Result<Snapshot, Failure> {
        Err(not_yet())
    }

    /// The RA user did something: the session's idle time begins anew.
    pub async fn touch(&self) -> Result<Snapshot, Failure> {
        Err(not_yet())
    }

    /// Looks for people at the gateway. Needs the network.
    pub async fn find(&self, form: FindForm) -> Result<Found, Failure> {
        Err(not_yet())
    }

    /// Reads a profile from the gateway. Needs the network.
    pub async fn profile(&self, uuid: CareIdentityUuid) -> Result<ProfileRead, Failure> {
        Err(not_yet())
    }

    /// Removes an authenticator from the profile that was read last. Needs the network. Gives the profile as it
    /// is now.
    pub async fn remove_authenticator(
        &self,
        uuid: CareIdentityUuid,
        authenticator: AuthenticatorId,
        reason: RemovalReason,
    ) -> Result<ProfileRead, Failure> {
        Err(not_yet())
    }

    /// Begins a registration on a profile that was read in this session, or gives back the one that is half done.
    /// Works without a network.
    pub async fn start_draft(&self, uuid: CareIdentityUuid) -> Result<Draft, Failure> {
        Err(not_yet())
    }

    /// A draft of this RA user.
    pub async fn draft(&self, id: DraftId) -> Result<Draft, Failure> {
        Err(not_yet())
    }

    /// Enters the address. Field errors: `address`, `reason`.
    pub async fn set_draft_address(&self, id: DraftId, form: AddressForm) -> Result<Draft, Failure> {
        Err(not_yet())
    }

    /// Enters the identity check. Field errors: `method`, `documents`, `accepted_by`.
    pub async fn set_draft_identity(&self, id: DraftId, form: IdentityForm) -> Result<Draft, Failure> {
        Err(not_yet())
    }

    /// Throws a draft away. It can be restored in the same session.
    pub async fn discard_draft(&self, id: DraftId) -> Result<(), Failure> {
        Err(not_yet())
    }

    /// Takes back that a draft was thrown away.
    pub async fn restore_draft(&self, id: DraftId) -> Result<Draft, Failure> {
        Err(not_yet())
    }

    /// Records a registration. When this resolves, it is on disk; sending starts by itself.
    /// Field errors: `address`, `reason`, `method`, `documents`, `accepted_by`.
    pub async fn record(&self, id: DraftId) -> Result<Submission, Failure> {
        Err(not_yet())
    }

    /// One tab of this RA user's outbox.
    pub async fn outbox(&self, tab: OutboxTab) -> Result<OutboxPage, Failure> {
        Err(not_yet())
    }

    /// One submission of this RA user.
    pub async fn submission(&self, key: SubmissionKey) -> Result<Submission, Failure> {
        Err(not_yet())
    }

    /// Takes a submission back. What was never sent is withdrawn at once; what was sent is settled by the gateway.
    pub async fn withdraw(&self, key: SubmissionKey) -> Result<Submission, Failure> {
        Err(not_yet())
    }

    /// A new draft that replaces this submission. One that is still waiting is withdrawn first.
    pub async fn correct(&self, key: SubmissionKey) -> Result<Draft, Failure> {
        Err(not_yet())
    }

    /// *I recorded these*: lets this RA user's submissions of earlier sessions, in this role, be sent.
    pub async fn confirm_recorded(&self) -> Result<Snapshot, Failure> {
        Err(not_yet())
    }

    /// What [`Self::confirm_recorded`] would confirm, oldest first.
    pub async fn to_confirm(&self) -> Result<Vec<Submission>, Failure> {
        Err(not_yet())
    }

    /// Tries to send now instead of at the next time set. A pause the gateway asked for is kept.
    pub fn send_now(&self) {}

    /// The user's link as a QR code (SVG).
    pub async fn link_qr(&self, key: SubmissionKey) -> Result<String, Failure> {
        Err(not_yet())
    }

    /// The user's link, for the clipboard.
    pub async fn link_for_clipboard(&self, key: SubmissionKey) -> Result<LinkSecret, Failure> {
        Err(not_yet())
    }

    /// Asks the gateway for a fresh link. Needs the network.
    pub async fn fresh_link(&self, key: SubmissionKey) -> Result<Submission, Failure> {
        Err(not_yet())
    }

    /// Names the submission whose registration is shown live, or none.
    pub fn watch_registration(&self, key: Option<SubmissionKey>) {}
}

fn not_yet() -> Failure {
    Cause::Internal("not yet").into()
}
