//! Who is signed in, whether the gateway answers, and how much is waiting.

use contract::{EndReason, NoAccessReason, RaRole};
use serde::Serialize;
use specta::Type;

use super::OfflinePersonView;

/// All that the frame around every page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct Snapshot {
    /// RA Desk's version.
    pub version: String,
    /// Whether this is the practice world: made-up people, marked on every page.
    pub practice: bool,
    /// Who is signed in.
    pub session: SessionView,
    /// Whether the gateway answers.
    pub network: NetworkView,
    /// How many drafts and submissions this RA user has, by status.
    pub outbox: OutboxCounts,
    /// What sending is doing.
    pub sync: SyncView,
    /// Why there is no second copy of what waits; none where it is whole or not wanted.
    pub second_copy: Option<NoSecondCopyView>,
    /// The gateway and the issuer, name and port: what an IT desk may have to let through.
    pub servers: Vec<String>,
    /// The proxy that asked last for a name and a password.
    pub proxy_asking: Option<ProxyAsking>,
}

/// There is no second copy of what waits, or the next would have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
pub struct NoSecondCopyView {
    /// How many of what waits have none. None: they could not be counted.
    pub count: Option<u32>,
    /// Why.
    pub why: NoSecondCopy,
}

/// Why there is no second copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NoSecondCopy {
    /// The disk or stick is away.
    Away,
    /// The disk does not answer.
    Slow,
    /// The disk cannot be written.
    NotWritable,
    /// The disk is full.
    Full,
    /// The gateway's key is not known yet.
    NoKey,
    /// The gateway names another key than before.
    KeyChanged,
    /// This computer is not set up for it.
    NotSetUp,
    /// The gateway cannot check copies of this computer's yet.
    NotKnown,
    /// This computer cannot sign copies.
    NotSigned,
    /// Some of what waits is sealed until who recorded it signs in.
    Sealed,
    /// Some of what waits cannot be read.
    Unreadable,
    /// The store could not be read or written.
    Store,
}

/// A proxy that asks for a name and a password.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ProxyAsking {
    /// Its name and port.
    pub address: String,
    /// Whether nobody on the way to it can read what it is told.
    pub encrypted: bool,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionView {
    /// Nobody.
    SignedOut {
        /// How the session before ended, if one did since RA Desk was started.
        why: Option<EndReason>,
    },
    /// The browser is open at the issuer.
    SigningIn,
    /// Somebody signed in and has not yet said that it is them: *You are NAME. Not you?*
    Confirming {
        /// Who.
        person: PersonView,
    },
    /// Somebody is signed in and at work.
    SignedIn {
        /// Who.
        person: PersonView,
        /// Rules of the gateway.
        policy: PolicyView,
        /// When the session ends for want of input, RFC 3339. Moves with every input.
        idle_at: String,
        /// When the warning before that is shown, RFC 3339.
        idle_warning_at: String,
        /// When the session ends at the latest, RFC 3339.
        ends_at: String,
        /// How many submissions of this RA user, recorded in an earlier session, wait to be confirmed.
        to_confirm: u32,
        /// How many submissions of this RA user this session sends by itself: of this role, recorded in this session or
        /// confirmed.
        to_send: u32,
    },
    /// Somebody's work is kept, and they are away.
    Locked {
        /// Their name.
        name: String,
        /// How they come back by PIN; none where they cannot, and sign in.
        person: Option<OfflinePersonView>,
        /// Whether it is only not known how they come back: this computer's key store does not answer.
        unknown: bool,
    },
    /// Somebody is at work without a connection, by PIN.
    Offline {
        /// Who.
        person: PersonView,
        /// Rules of the gateway.
        policy: PolicyView,
        /// Until when they may, RFC 3339.
        until: String,
        /// When it is locked for want of input, RFC 3339. Moves with every input.
        idle_at: String,
        /// When the warning before that is shown, RFC 3339.
        idle_warning_at: String,
        /// When the session ends at the latest, RFC 3339.
        ends_at: String,
    },
}

/// The person signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct PersonView {
    /// Their name as the issuer gives it.
    pub name: String,
    /// The role they act in, if they have one here.
    pub role: Option<RoleView>,
    /// All their roles.
    pub roles: Vec<RoleView>,
    /// Whether they may register and remove in the role they act in.
    pub may_register: bool,
    /// Whether they may find people in the role they act in.
    pub may_find: bool,
}

/// One role at one organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct RoleView {
    /// Role profile (URID).
    pub id: String,
    /// Its national name, for instance *Registration Authority Agent*.
    pub name: String,
    /// What RA Desk calls it.
    pub ra_role: RaRole,
    /// Where it is held.
    pub organisation_name: String,
    /// Its ODS code.
    pub organisation_code: String,
    /// What it opens.
    pub access: AccessView,
    /// Why it opens nothing, if it does not.
    pub reason: Option<NoAccessReason>,
    /// Whether it is the one the session acts in.
    pub current: bool,
}

/// What a role opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AccessView {
    /// Find, register, remove.
    Register,
    /// Find and look.
    LookOnly,
    /// Nothing.
    None,
}

/// Rules of the gateway that pages tell of.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct PolicyView {
    /// Mail domains that may be registered.
    pub mail_domains: Vec<String>,
    /// How long a user's link lives, in minutes.
    pub link_lifetime_minutes: u32,
    /// Whether the user must finish in the RA user's presence.
    pub presence_required: bool,
    /// How old a recorded registration may be when it is sent, in days.
    pub queue_age_days: u32,
    /// What the user declares.
    pub declaration: DeclarationView,
}

/// The declaration a user accepts.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct DeclarationView {
    /// Which wording.
    pub version: String,
    /// Its sentences.
    pub sentences: Vec<String>,
}

/// Whether the gateway answers. Found by trying, not by asking the operating system.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum NetworkView {
    /// Not tried yet.
    Unknown,
    /// It answered last time.
    Online,
    /// It did not answer last time.
    Offline {
        /// Why not.
        why: NetworkFault,
    },
}

/// Why the gateway did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NetworkFault {
    /// No network, or the connection was cut.
    NoConnection,
    /// Nobody knows the server's name.
    NameNotFound,
    /// A computer was reached and nothing listens there.
    Refused,
    /// Nothing came back in time.
    TimedOut,
    /// The proxy to use could not be found out.
    PacFailed,
    /// The proxy does not answer.
    ProxyUnreachable,
    /// The proxy forbids the way.
    ProxyRefused,
    /// The proxy cannot reach the server.
    ProxyCannotReach,
    /// A proxy asks for a name and a password.
    ProxySignIn,
    /// The proxy did not take them.
    ProxySignInRefused,
    /// The proxy offers only kinds of sign-in that are not answered here.
    ProxySignInUnsupported,
    /// The server's certificate is not trusted.
    CertificateNotTrusted,
    /// It has expired or is not valid yet.
    CertificateOutOfDate,
    /// It is another server's.
    CertificateOtherName,
    /// It was revoked.
    CertificateRevoked,
    /// Whether it was revoked cannot be checked.
    RevocationUnknown,
    /// Something answered that is not the gateway: a network's log-in page, for instance.
    NotOurServer,
    /// The gateway asked to be left alone for a while.
    Busy,
}

/// How many there are of each status, of the RA user signed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Type)]
pub struct OutboxCounts {
    /// Half-done registrations.
    pub drafts: u32,
    /// Recorded, waiting to be sent or being sent, in whichever role.
    pub ready: u32,
    /// Sent; their user has not finished, or their link has expired.
    pub waiting: u32,
    /// Need something done.
    pub attention: u32,
    /// Linked, withdrawn or removed.
    pub done: u32,
    /// Unsent submissions of other people on this computer.
    pub other_people: u32,
    /// Of `ready`, those that were recorded in another role.
    pub other_roles: u32,
}

/// What sending is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SyncView {
    /// Nothing to send.
    Idle,
    /// Sending.
    Sending {
        /// How many of this run are answered.
        done: u32,
        /// How many this run has.
        total: u32,
    },
    /// Waiting for something.
    Paused {
        /// For what.
        why: PauseReason,
        /// When it tries again by itself, RFC 3339, if it will.
        until: Option<String>,
    },
}

/// What sending waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// The gateway does not answer; see the network's state.
    Network,
    /// The RA user must sign in.
    SignInNeeded,
    /// The RA user must say that they recorded these.
    ConfirmationNeeded,
    /// What waits was recorded in another role.
    OtherRole,
    /// What waits was recorded in a role that the RA user has no longer.
    RoleLost,
    /// The gateway asked for a pause.
    Busy,
    /// The computer's disk cannot be written.
    Store,
    /// What this RA user recorded is sealed, and the gateway gave nothing that opens it.
    Sealed,
    /// The gateway has shut this computer out.
    DeviceRevoked,
}
