//! Drafts, submissions and what became of them, as they are shown.

use contract::{
    CareIdentityUuid, DeclarationAcceptedBy, DocumentKind, FieldError, IdentityCheckMethod, NhsNetAddress, PersonName,
    Profile, Reason, RefusalCode, Registration, RoleProfileId, SubmissionKey, TakenOverBy, WarningCode,
};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::{OutboxCounts, ProfileRead};

/// The name of a draft on this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DraftId(pub(crate) uuid::Uuid);

impl std::fmt::Display for DraftId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for DraftId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        uuid::Uuid::try_parse(text).map(Self)
    }
}

/// A half-done registration. Every answer is on disk when its page is left.
#[derive(Clone, PartialEq)]
pub struct Draft {
    /// Its name.
    pub id: DraftId,
    /// The profile as it was read when the draft was begun.
    pub profile: Profile,
    /// When the profile was read.
    pub read_at: Timestamp,
    /// Address on the profile, when it is an NHS.net Connect one: a proposal.
    pub suggested_address: Option<NhsNetAddress>,
    /// The address, once entered.
    pub address: Option<NhsNetAddress>,
    /// What is worth a second look about the address. Not empty means that a reason is asked.
    pub address_warnings: Vec<WarningCode>,
    /// Why the address was taken all the same.
    pub address_reason: Option<Reason>,
    /// How the person was checked, once entered.
    pub method: Option<IdentityCheckMethod>,
    /// Which documents were seen, each once.
    pub documents: Vec<DocumentKind>,
    /// Who accepted the declaration, once entered.
    pub accepted_by: Option<DeclarationAcceptedBy>,
    /// When the identity check was entered.
    pub checked_at: Option<Timestamp>,
    /// The submission this one corrects.
    pub corrects: Option<SubmissionKey>,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("corrects", &self.corrects)
            .finish_non_exhaustive()
    }
}

/// The address page's form.
#[derive(Clone)]
pub struct AddressForm {
    /// The address as it was typed.
    pub address: String,
    /// Why, where a warning asked for a reason. Empty where none did.
    pub reason: String,
}

impl std::fmt::Debug for AddressForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AddressForm(…)")
    }
}

/// The identity page's form.
#[derive(Debug, Clone)]
pub struct IdentityForm {
    /// How the person was checked; none when nothing was chosen.
    pub method: Option<IdentityCheckMethod>,
    /// Which documents were seen.
    pub documents: Vec<DocumentKind>,
    /// Who accepted the declaration; none when the box was not ticked.
    pub accepted_by: Option<DeclarationAcceptedBy>,
}

/// How far a submission is. A draft is not one yet; it stands in [`Draft`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Recorded on this computer, not sent.
    ReadyToSend,
    /// On its way.
    Sending,
    /// Registered; the user has not signed in with it yet.
    WaitingForThem,
    /// Registered; the user's link has expired.
    LinkExpired,
    /// The user has signed in with it once: they can use it.
    Linked,
    /// Something must be done about it.
    NeedsAttention,
    /// Taken back before it was registered.
    Withdrawn,
    /// Registered once, and removed since.
    Removed,
}

/// A submission and what became of it.
#[derive(Clone, PartialEq)]
pub struct Submission {
    /// Its key.
    pub key: SubmissionKey,
    /// How far it is.
    pub status: Status,
    /// Care Identity UUID of the person.
    pub uuid: CareIdentityUuid,
    /// Their name when it was recorded.
    pub name: PersonName,
    /// The address.
    pub address: NhsNetAddress,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The role it was recorded in, and is sent in: *RA Agent, B81603*.
    pub recorded_role: String,
    /// Whether that is the role the session acts in.
    pub in_this_role: bool,
    /// How often it was sent.
    pub attempts: u32,
    /// Whether it was sent and the gateway's answer is not known.
    pub unsettled: bool,
    /// Whether the RA user asked to take it back and the gateway has not settled that yet.
    pub withdrawal_requested: bool,
    /// Whether it waits for *I recorded these*.
    pub needs_confirmation: bool,
    /// What must be done about it.
    pub attention: Option<Attention>,
    /// What it became.
    pub registration: Option<RegistrationSeen>,
    /// The submission this one corrects.
    pub replaces: Option<SubmissionKey>,
    /// The submission that corrects this one.
    pub replaced_by: Option<SubmissionKey>,
    /// Whether this RA user cannot register any more in the role it was recorded in.
    pub role_lost: bool,
    /// Who took it over: it is theirs to send.
    pub taken_over: Option<TakenOverBy>,
    /// What it was taken over from.
    pub taken_from: Option<TakenOverFrom>,
}

impl std::fmt::Debug for Submission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Submission")
            .field("key", &self.key)
            .field("status", &self.status)
            .field("attempts", &self.attempts)
            .field("unsettled", &self.unsettled)
            .field("withdrawal_requested", &self.withdrawal_requested)
            .field("needs_confirmation", &self.needs_confirmation)
            .field("attention", &self.attention)
            .finish_non_exhaustive()
    }
}

/// From whom a submission was taken over, and why.
#[derive(Clone, PartialEq, Eq)]
pub struct TakenOverFrom {
    /// Who had recorded it; none where that was recorded before names were kept.
    pub name: Option<String>,
    /// In which role: *RA Agent, B81603*.
    pub role: String,
    /// When it was taken over.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Whether it is their own again: this one was not sent, or not taken.
    pub given_back: bool,
    /// Who had taken the registration back when the gateway got this one, which ended it; empty where it is not known
    /// which of those who had it before that was, or by what name.
    pub taken_back: Option<String>,
}

/// Somebody for whom something waits on this computer, in one role.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingFor {
    /// Whether it is the RA user's own, recorded in another role than they act in.
    pub is_own: bool,
    /// Whether it is their own, and they cannot register in that role any more.
    pub role_lost: bool,
    /// Who recorded it; empty where that was before names were kept.
    pub name: String,
    /// In which role profile.
    pub role: RoleProfileId,
    /// In words: *RA Agent, B81603*.
    pub role_text: String,
    /// How many registrations wait.
    pub count: u32,
    /// How many of them the RA user could take over now. 0 unless they are an RA Manager there.
    pub to_take_over: u32,
    /// When the oldest was recorded.
    pub oldest: Timestamp,
}

impl std::fmt::Debug for WaitingFor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitingFor")
            .field("is_own", &self.is_own)
            .field("count", &self.count)
            .field("to_take_over", &self.to_take_over)
            .finish_non_exhaustive()
    }
}

/// A registration as the gateway last told of it.
#[derive(Clone, PartialEq)]
pub struct RegistrationSeen {
    /// The registration. Its link is a secret: only [`crate::Desk::link_qr`] and
    /// [`crate::Desk::link_for_clipboard`] hand it out.
    pub registration: Registration,
    /// When this was read from the gateway.
    pub read_at: Timestamp,
}

impl std::fmt::Debug for RegistrationSeen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrationSeen").field("read_at", &self.read_at).finish_non_exhaustive()
    }
}

/// Why a submission needs attention.
#[derive(Clone, PartialEq)]
pub struct Attention {
    /// The gateway's reason.
    pub code: RefusalCode,
    /// What can be done.
    pub next: NextStep,
    /// `ALREADY_REGISTERED`: who did it.
    pub done_by: Option<String>,
    /// `ALREADY_REGISTERED`: when.
    pub done_at: Option<Timestamp>,
    /// The profile as it is now, where the gateway showed it.
    pub profile_now: Option<ProfileRead>,
    /// Beside it, what was seen when it was recorded.
    pub profile_then: Option<ProfileRead>,
    /// `INVALID_BODY`: what the gateway could not take.
    pub fields: Vec<FieldError>,
}

impl std::fmt::Debug for Attention {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attention").field("code", &self.code).field("next", &self.next).finish_non_exhaustive()
    }
}

/// What can be done about a submission that needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Correct the address and send again.
    CorrectAddress,
    /// Look at the profile as it is now, then send again.
    ReviewProfile,
    /// Nothing more: somebody did it already.
    AlreadyDone,
    /// To do in Care Identity Management first.
    DoInCareIdentityManagement,
    /// Somebody else, or the same person in another role, must do it.
    AnotherPersonOrRole,
    /// Check the person again and record it anew.
    RecordAnew,
}

/// A tab of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxTab {
    /// Drafts.
    Drafts,
    /// Ready to send, and sending.
    Ready,
    /// Waiting for them, and link expired.
    Waiting,
    /// Needs attention.
    Attention,
    /// Linked, withdrawn, removed.
    Done,
}

/// One tab of the outbox, newest first, at most 200 rows.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxPage {
    /// Counts for all tabs.
    pub counts: OutboxCounts,
    /// Drafts, on their tab.
    pub drafts: Vec<Draft>,
    /// Submissions, on theirs.
    pub submissions: Vec<Submission>,
    /// How many rows there are in all.
    pub total: u32,
    /// For whom else something waits on this computer.
    pub waits: Vec<WaitingFor>,
}

/// A user's link on its way to the clipboard. Prints as `…` and is wiped when dropped.
pub struct LinkSecret(pub(crate) Zeroizing<String>);

impl LinkSecret {
    /// The link itself. To be put on the clipboard and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkSecret(…)")
    }
}
