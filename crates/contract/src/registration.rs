//! Registrations: what is sent, what comes back, and how far they are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    CareIdentityUuid, ClinicId, FieldError, FrozenBody, NhsNetAddress, ProfileReply, ProfileSeen, Reason, RefusalCode,
    RegistrationId, RequestId, RoleProfileId, SubmissionKey, WarningCode,
};

/// The most submissions one batch carries.
pub const MAX_BATCH: usize = 200;

/// How often the same registration may be taken over before it is decided: one submission and this many before it.
pub const MAX_TAKEN_OVER_BEFORE: usize = 7;

/// How the RA user checked who is in front of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum IdentityCheckMethod {
    /// Face to face.
    InPerson,
    /// By video; only for profiles whose identity was verified before.
    Video,
    /// Face to face, written on a numbered paper form and keyed later.
    KeyedFromPaper,
}

/// A kind of document that was seen. No numbers and no images are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// Passport.
    Passport,
    /// Photocard driving licence.
    DrivingLicence,
    /// Biometric residence permit or eVisa share code.
    ResidencePermit,
    /// HM Forces identity card.
    ForcesId,
    /// PASS proof-of-age card.
    PassCard,
    /// Proof of address, a utility bill or bank statement for instance.
    ProofOfAddress,
    /// The profile's photograph, compared with the person.
    ProfilePhoto,
}

/// Who accepted the declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum DeclarationAcceptedBy {
    /// The user, on screen or on paper.
    User,
    /// The RA user, to whom the user said it aloud.
    RaUserForThem,
}

/// The declaration as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Which declaration.
    pub id: String,
    /// Which wording of it.
    pub version: String,
    /// Who accepted it.
    pub accepted_by: DeclarationAcceptedBy,
}

/// What a registration says. Frozen as bytes when it is recorded ([`FrozenBody`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegistrationBody {
    /// The account to register.
    pub address: NhsNetAddress,
    /// What the RA user saw of the profile.
    pub profile_seen: ProfileSeen,
    /// How the person was checked.
    pub method: IdentityCheckMethod,
    /// Which kinds of documents were seen, each once.
    pub documents: Vec<DocumentKind>,
    /// Who checked the person.
    pub checked_by: CareIdentityUuid,
    /// When they checked.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub checked_at: Timestamp,
    /// Who recorded this; must be who sends it.
    pub recorded_by: CareIdentityUuid,
    /// In which role they recorded it; must be the role it is sent in.
    pub recorded_role: RoleProfileId,
    /// When it was recorded, by the computer's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub recorded_at: Timestamp,
    /// How far the computer's clock was ahead of the gateway's when both were last compared, in seconds.
    pub clock_ahead_seconds: i32,
    /// The clinic it was recorded at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<ClinicId>,
    /// The declaration.
    pub declaration: Declaration,
    /// Why an address was taken that is not on the profile or unlike the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address_reason: Option<Reason>,
    /// The submission this one corrects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<SubmissionKey>,
    /// What it was taken over from. Only then may somebody else than `recorded_by` have checked the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_over: Option<TakenOver>,
}

/// That an RA Manager took over what a colleague had recorded. A new act in the manager's name: who checked the
/// person and when, and when it was recorded, stay as they were.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TakenOver {
    /// The submission it was taken over from.
    pub key: SubmissionKey,
    /// Who had recorded that one.
    pub recorded_by: CareIdentityUuid,
    /// In which role.
    pub recorded_role: RoleProfileId,
    /// When it was taken over, by the computer's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Where that one had itself been taken over and was not decided: from what, the newest first. At most
    /// [`MAX_TAKEN_OVER_BEFORE`], each key once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 7))]
    pub before: Vec<TakenOverBefore>,
}

impl TakenOver {
    /// Every submission that this one stands for, and who had recorded it in which role: the newest first.
    pub fn originals(&self) -> impl Iterator<Item = (SubmissionKey, &CareIdentityUuid, &RoleProfileId)> {
        let before = self.before.iter().map(|before| (before.key, &before.recorded_by, &before.recorded_role));
        std::iter::once((self.key, &self.recorded_by, &self.recorded_role)).chain(before)
    }
}

/// A submission that had been taken over before, without being decided.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TakenOverBefore {
    /// Its key.
    pub key: SubmissionKey,
    /// Who had recorded it.
    pub recorded_by: CareIdentityUuid,
    /// In which role.
    pub recorded_role: RoleProfileId,
}

impl std::fmt::Debug for TakenOverBefore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakenOverBefore").field("key", &self.key).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for TakenOver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakenOver").field("key", &self.key).field("at", &self.at).finish_non_exhaustive()
    }
}

/// What the author of a submission is told when it was taken over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TakenOverBy {
    /// Who took it over, by name.
    pub by: String,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

impl std::fmt::Debug for TakenOverBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakenOverBy").field("at", &self.at).finish_non_exhaustive()
    }
}

/// One submission in a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchItem {
    /// Its idempotency key.
    pub key: SubmissionKey,
    /// The profile to register on.
    pub care_identity: CareIdentityUuid,
    /// The body, as it was frozen.
    pub body: FrozenBody,
}

/// Body of `POST /v1/registrations/batch`: 1 to [`MAX_BATCH`] items, each answered for itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// The submissions.
    pub items: Vec<BatchItem>,
}

/// What shows that a gateway answered, and not a network's log-in page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The request this answers.
    pub request_id: RequestId,
    /// When it was answered.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

/// Reply to a batch: one result an item, in the order of the items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchReply {
    /// That this is the gateway's answer to that request.
    pub receipt: Receipt,
    /// The results.
    pub results: Vec<BatchResult>,
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BatchResult {
    /// The item's key.
    pub key: SubmissionKey,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: ItemOutcome,
}

/// What became of one submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ItemOutcome {
    /// It is registered (201), or was already under this key (200, `replay`).
    Registered {
        /// The registration.
        registration: Box<Registration>,
        /// Whether this key was answered before.
        replay: bool,
    },
    /// It is refused (409 or 422), for good under this key.
    Refused {
        /// Why.
        code: RefusalCode,
        /// What more there is to know.
        #[serde(default)]
        detail: RefusalDetail,
    },
    /// The same key is being worked on at this moment (409): wait, then ask again.
    InFlight,
    /// The key was withdrawn before it was registered (410). Nothing was registered under it.
    Withdrawn {
        /// Who took the submission over, where that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        taken_over: Option<TakenOverBy>,
        /// Of what was taken over, the submission whose author had withdrawn it, where that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original: Option<SubmissionKey>,
    },
}

/// What more there is to know about a refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalDetail {
    /// `ALREADY_REGISTERED`: the registration that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Box<Registration>>,
    /// `PROFILE_CHANGED`, `PROFILE_CLOSED`, `PROFILE_UNVERIFIED`, `PROFILE_RESTRICTED`: the profile as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Box<ProfileReply>>,
    /// `INVALID_BODY`: which fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
}

/// How far a registration is, as the gateway knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum RegistrationState {
    /// The user has not finished yet.
    WaitingForThem,
    /// The user's link expired, or ended after too many failed attempts.
    LinkExpired,
    /// The user signed in once: they can now use it.
    Linked,
    /// The authenticator was removed again.
    Removed,
}

/// The user's link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Link {
    /// Where the user goes, on their own phone. A secret: never logged, never given to the page as text.
    pub url: String,
    /// Until when it works.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What the user has done with their link so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkProgress {
    /// When the page was first opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub opened_at: Option<Timestamp>,
    /// When they last signed in to NHS.net Connect, with whichever account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub signed_in_at: Option<Timestamp>,
    /// How often another account than the registered one signed in.
    pub wrong_account: u32,
    /// How many attempts are left before the link ends.
    pub attempts_left: u32,
    /// When it was linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub linked_at: Option<Timestamp>,
}

/// An NHS.net Connect account on a profile, and how it came there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registration {
    /// Its name.
    pub id: RegistrationId,
    /// The submission that made it.
    pub key: SubmissionKey,
    /// The profile.
    pub care_identity: CareIdentityUuid,
    /// The account.
    pub address: NhsNetAddress,
    /// How far it is.
    pub state: RegistrationState,
    /// Who registered it, by name.
    pub registered_by: String,
    /// When the gateway registered it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub registered_at: Timestamp,
    /// The link, while the user has not finished. Only its author's session is given it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// What the user has done so far.
    pub progress: LinkProgress,
    /// What the gateway noticed when it registered it.
    #[serde(default)]
    pub warnings: Vec<WarningCode>,
}

impl std::fmt::Debug for Registration {
    /// Without what names a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("state", &self.state)
            .field("registered_at", &self.registered_at)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

/// Reply to `GET /v1/registrations?changed-since=`: registrations of this RA user, oldest change first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedReply {
    /// What changed, at most 200.
    pub registrations: Vec<Registration>,
    /// What to ask with next time. Opaque.
    pub next: String,
    /// Whether there is more at once.
    pub more: bool,
}

/// What settling a doubt about a key found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CancelOutcome {
    /// Nothing was registered under the key, and nothing ever will be.
    Withdrawn {
        /// Who took the submission over, where that is why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        taken_over: Option<TakenOverBy>,
    },
    /// It was registered before: this is what it became.
    Registered {
        /// The registration.
        registration: Box<Registration>,
    },
    /// It was refused before, for this reason.
    Refused {
        /// Why.
        code: RefusalCode,
    },
}

/// Reply to `PUT /v1/submissions/{key}/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CancelReply {
    /// That this is the gateway's answer to that request.
    pub receipt: Receipt,
    /// What was found.
    #[serde(flatten)]
    pub outcome: CancelOutcome,
}

/// Why an authenticator is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum RemovalReason {
    /// They have left.
    Leaver,
    /// The device is lost or stolen.
    LostOrStolenDevice,
    /// It is replaced by another.
    Replacement,
    /// Something is wrong with it.
    SecurityConcern,
    /// They asked for it.
    UserRequest,
}

/// Body of `POST /v1/care-identities/{uuid}/authenticators/{id}/removal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemovalRequest {
    /// Names this removal, so that a repeated request removes nothing else.
    pub request: RequestId,
    /// Why.
    pub reason: RemovalReason,
    /// What the RA user saw of the profile.
    pub profile_seen: ProfileSeen,
}

/// Reply to a removal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemovalReply {
    /// That this is the gateway's answer to that request.
    pub receipt: Receipt,
    /// The profile as it is now.
    pub profile: ProfileReply,
}
