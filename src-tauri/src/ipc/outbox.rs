//! Drafts, submissions and what became of them.

use contract::{
    DeclarationAcceptedBy, DocumentKind, FieldError, IdentityCheckMethod, ProfileStatus, RefusalCode, WarningCode,
};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{OutboxCounts, ProfileView};

/// The one list of status words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Half done, on this computer only.
    Draft,
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

/// A half-done registration. Every answer is on disk when its page is left.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct DraftView {
    /// Its name.
    pub id: String,
    /// Care Identity UUID of the person.
    pub uuid: String,
    /// Their full name.
    pub name: String,
    /// Given and family name.
    pub short_name: String,
    /// Birth date `YYYY-MM-DD`; none where it is not known.
    pub birth_date: Option<String>,
    /// Status of the profile when it was read.
    pub profile_status: ProfileStatus,
    /// Address on the profile, when it is an NHS.net Connect one: a proposal.
    pub suggested_address: Option<String>,
    /// The address, once entered.
    pub address: Option<String>,
    /// What is worth a second look about the address.
    pub address_warnings: Vec<WarningCode>,
    /// Why the address was taken all the same.
    pub address_reason: Option<String>,
    /// How the person was checked, once entered.
    pub method: Option<IdentityCheckMethod>,
    /// Which documents were seen.
    pub documents: Vec<DocumentKind>,
    /// Who accepted the declaration, once entered.
    pub accepted_by: Option<DeclarationAcceptedBy>,
    /// The submission this one corrects.
    pub corrects: Option<String>,
    /// When it was changed last, RFC 3339.
    pub updated_at: String,
}

/// The address page's form.
#[derive(Clone, Deserialize, Type)]
pub struct AddressForm {
    /// The address as it was typed.
    pub address: String,
    /// Why, where a warning asked for a reason. Empty where none did.
    pub reason: String,
}

/// The identity page's form.
#[derive(Clone, Deserialize, Type)]
pub struct IdentityForm {
    /// How the person was checked; none when nothing was chosen.
    pub method: Option<IdentityCheckMethod>,
    /// Which documents were seen.
    pub documents: Vec<DocumentKind>,
    /// Who accepted the declaration; none when the box was not ticked.
    pub accepted_by: Option<DeclarationAcceptedBy>,
}

/// A submission and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct SubmissionView {
    /// Its key.
    pub key: String,
    /// How far it is.
    pub status: Status,
    /// Care Identity UUID of the person.
    pub uuid: String,
    /// Their name.
    pub name: String,
    /// The address.
    pub address: String,
    /// When it was recorded, RFC 3339.
    pub recorded_at: String,
    /// The role it was recorded in, and is sent in: *RA Agent, B81603*.
    pub recorded_role: String,
    /// Whether that is the role the session acts in.
    pub in_this_role: bool,
    /// How often it was sent without an answer for it.
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
    pub registration: Option<RegistrationView>,
    /// The submission this one corrects.
    pub replaces: Option<String>,
    /// The submission that corrects this one.
    pub replaced_by: Option<String>,
    /// Whether this RA user cannot register any more in the role it was recorded in.
    pub role_lost: bool,
    /// Who took it over: it is theirs to send.
    pub taken_over: Option<TakenOverView>,
    /// What it was taken over from.
    pub taken_from: Option<TakenFromView>,
}

/// Who took a submission over, and why.
#[derive(Clone, PartialEq, Serialize, Type)]
pub struct TakenOverView {
    /// Who, by name.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// Why.
    pub reason: String,
}

impl std::fmt::Debug for TakenOverView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakenOverView").field("at", &self.at).finish_non_exhaustive()
    }
}

/// From whom a submission was taken over, and why.
#[derive(Clone, PartialEq, Serialize, Type)]
pub struct TakenFromView {
    /// Who had recorded it; none where the name was not kept.
    pub name: Option<String>,
    /// In which role: *RA Agent, B81603*.
    pub role: String,
    /// When it was taken over, RFC 3339.
    pub at: String,
    /// Why.
    pub reason: String,
    /// Whether it is their own again.
    pub given_back: bool,
    /// Who had taken it back when the gateway got this one; empty where that is not known.
    pub taken_back: Option<String>,
}

impl std::fmt::Debug for TakenFromView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakenFromView").field("given_back", &self.given_back).finish_non_exhaustive()
    }
}

/// Somebody for whom something waits on this computer, in one role.
#[derive(Clone, PartialEq, Serialize, Type)]
pub struct WaitView {
    /// Whether it is the RA user's own, recorded in another role.
    pub is_own: bool,
    /// Whether it is their own, and they cannot register in that role any more.
    pub role_lost: bool,
    /// Who recorded it; none where the name was not kept.
    pub name: Option<String>,
    /// In which role profile.
    pub role: String,
    /// In words: *RA Agent, B81603*.
    pub role_text: String,
    /// How many registrations wait.
    pub count: u32,
    /// How many of them the RA user could take over now.
    pub to_take_over: u32,
    /// When the oldest was recorded, RFC 3339.
    pub oldest: String,
}

impl std::fmt::Debug for WaitView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitView").field("count", &self.count).finish_non_exhaustive()
    }
}

/// Why a submission needs attention.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct Attention {
    /// The gateway's reason.
    pub code: RefusalCode,
    /// What can be done.
    pub next: NextStep,
    /// `ALREADY_REGISTERED`: who did it.
    pub done_by: Option<String>,
    /// `ALREADY_REGISTERED`: when, RFC 3339.
    pub done_at: Option<String>,
    /// The profile as it is now, where the gateway showed it.
    pub profile_now: Option<ProfileView>,
    /// Beside it, what was seen when it was recorded.
    pub profile_then: Option<ProfileView>,
    /// `INVALID_BODY`: what the gateway could not take.
    pub fields: Vec<FieldError>,
}

/// What can be done about a submission that needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
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

/// A registration as the gateway last told of it.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct RegistrationView {
    /// When it was registered, RFC 3339.
    pub registered_at: String,
    /// Until when the user's link works, RFC 3339; none when there is no link any more.
    pub link_expires_at: Option<String>,
    /// When the user opened the page.
    pub opened_at: Option<String>,
    /// When the user last signed in to NHS.net Connect.
    pub signed_in_at: Option<String>,
    /// How often another account signed in.
    pub wrong_account: u32,
    /// How many attempts are left.
    pub attempts_left: u32,
    /// When it was linked.
    pub linked_at: Option<String>,
    /// When this was read from the gateway, RFC 3339.
    pub read_at: String,
}

/// A tab of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Type)]
#[serde(rename_all = "snake_case")]
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
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct OutboxPage {
    /// Counts for all tabs.
    pub counts: OutboxCounts,
    /// Drafts, on their tab.
    pub drafts: Vec<DraftView>,
    /// Submissions, on theirs.
    pub submissions: Vec<SubmissionView>,
    /// How many rows there are in all.
    pub total: u32,
    /// For whom else something waits on this computer.
    pub waits: Vec<WaitView>,
}
