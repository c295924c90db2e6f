//! What RA Desk and its gateway say to each other.
//!
//! This room holds values and their rules, nothing else: no network, no file, no clock, no randomness.
//! A value of a type in here is already checked; whoever holds a [`CareIdentityUuid`] need not look again.
//! Text from outside becomes such a value in one place, [`std::str::FromStr`], which answers with a
//! sentence that can stand beside a form field.
//!
//! Deliberately absent: how a call is made (`desk::gateway_client`), how it is answered (`gateway`),
//! and anything that only one of the two sides needs to know.

#[macro_use]
mod text;

mod address;
mod audit;
mod canonical;
pub mod cis2;
mod codes;
mod field;
mod identifiers;
mod offline;
mod organisation;
mod outcome;
mod person;
mod profile;
mod proof;
mod registration;
mod sealed;
mod search;
mod session;
mod vault;
mod waiting;

pub use address::NhsNetAddress;
pub use audit::{
    AuditHash, AuditHead, AuditReceipt, AuditReply, AuditRequest, AuditRow, Countersigning, DeviceReply, DeviceRequest,
    KeySuccession, MAX_AUDIT_ROWS, MAX_AUDIT_TEXT, PublicKey, SealingKey, Signature, SignedHead, audit_row_hash,
    device_bytes,
};
pub use canonical::{Fingerprint, FrozenBody, MAX_BODY, ProfileSeen};
pub use codes::{FaultCode, RefusalCode, WarningCode};
pub use field::{FieldError, FieldErrors, Invalid};
pub use identifiers::{
    AuthenticatorId, CareIdentityUuid, ClinicId, CorrelationId, DeviceId, RegistrationId, RequestId, RoleProfileId,
    SubmissionKey, VaultId,
};
pub use offline::{
    LONGEST_GRANT, MAX_GRANT, NotAGrant, OfflineGrant, OfflineGrantReply, OfflineGrantRequest, OfflineTerms,
};
pub use organisation::{ActivityCode, OdsCode, Organisation, RoleCode};
pub use outcome::{Coding, Details, FAULT_SYSTEM, Issue, OperationOutcome};
pub use person::{BirthDate, FamilyName, GivenName, NationalInsuranceNumber, PersonName, Reason};
pub use profile::{Authenticator, AuthenticatorKind, AuthenticatorState, Profile, ProfileReply, ProfileStatus};
pub use proof::{HEADER_PROOF, NotAProof, Proof, prove};
pub use registration::{
    BatchItem, BatchReply, BatchRequest, BatchResult, CancelOutcome, CancelReply, ChangedReply, Declaration,
    DeclarationAcceptedBy, DocumentKind, IdentityCheckMethod, ItemOutcome, Link, LinkProgress, MAX_BATCH,
    MAX_TAKEN_OVER_BEFORE, Receipt, RefusalDetail, Registration, RegistrationBody, RegistrationState, RemovalReason,
    RemovalReply, RemovalRequest, TakenOver, TakenOverBefore, TakenOverBy,
};
pub use sealed::{
    NotSealed, OpenedRecord, Piece, SEALED_HEAD, SealedReader, SealedRecord, SealedRegistration, SealingSecret,
    sealed_head, sealed_pieces,
};
pub use search::{FamilyPattern, MAX_MATCHES, MatchedBy, ProfileSummary, SearchReply, SearchRequest};
pub use session::{
    Access, DeclarationText, EndReason, NoAccessReason, Permissions, Policy, RaRole, RaUser, Role, RoleAccess, Sealing,
    SessionReply, TokenReply,
};
pub use vault::{VaultOf, VaultReply, VaultRequest, VaultShare};
pub use waiting::{ComputerName, DeviceWaiting, MAX_WAITING_GROUPS, WaitingGroup, WaitingReply, WaitingRow};

/// Header that names one request; the gateway mirrors it. A repeated request carries the same value.
pub const HEADER_REQUEST_ID: &str = "x-request-id";
/// Header that ties the requests of one act together; the gateway mirrors it.
pub const HEADER_CORRELATION_ID: &str = "x-correlation-id";
/// Header with the role profile (URID) the caller acts in; must equal the session's role.
pub const HEADER_SESSION_URID: &str = "nhsd-session-urid";
/// Header with the name of the computer that calls, once it has one: a computer that is shut out is told so.
pub const HEADER_DEVICE: &str = "ra-desk-device";
