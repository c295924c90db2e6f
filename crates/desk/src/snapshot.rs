//! Who is signed in, whether the gateway answers, and how much is waiting.

use contract::{CareIdentityUuid, EndReason, Permissions, Policy, RoleAccess};
use jiff::Timestamp;

use crate::{NetworkFault, NotKept, SecondCopy};

/// All that the frame around every page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// RA Desk's version.
    pub version: &'static str,
    /// Whether this is the practice world: made-up people.
    pub practice: bool,
    /// Who is signed in.
    pub session: SessionNow,
    /// Whether the gateway answers.
    pub network: Network,
    /// How many drafts and submissions this RA user has, by status.
    pub outbox: OutboxCounts,
    /// What sending is doing.
    pub sync: SyncNow,
    /// Whether there is a second copy of what waits.
    pub second_copy: SecondCopy,
    /// The gateway and the issuer, name and port: what an IT desk may have to let through.
    pub servers: Vec<String>,
    /// The proxy that asked last for a name and a password.
    pub proxy_asking: Option<ProxyAsking>,
}

/// A proxy that asks for a name and a password: whoever gives them is to know who gets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAsking {
    /// Its name and port.
    pub address: String,
    /// Whether nobody on the way to it can read what it is told.
    pub encrypted: bool,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionNow {
    /// Nobody.
    SignedOut {
        /// How the session before ended, if one did since RA Desk was started.
        why: Option<EndReason>,
    },
    /// The browser is open at the issuer.
    SigningIn,
    /// Somebody signed in and has not yet said that it is them.
    Confirming {
        /// Who.
        person: PersonSignedIn,
    },
    /// Somebody is signed in and at work.
    SignedIn {
        /// Who.
        person: PersonSignedIn,
        /// Rules of the gateway.
        policy: Policy,
        /// When the session ends for want of input.
        idle_at: Timestamp,
        /// When the warning before that is shown, two minutes earlier.
        idle_warning_at: Timestamp,
        /// When the session ends at the latest.
        ends_at: Timestamp,
        /// How many submissions of this RA user and role, recorded in an earlier session, wait to be confirmed.
        to_confirm: u32,
        /// How many submissions of this RA user and role this session sends by itself: those that were recorded in it, or
        /// confirmed since. 0 in a role that registers no more.
        to_send: u32,
    },
    /// Somebody's work is kept, and they are away.
    Locked {
        /// Their name.
        name: String,
        /// How they come back by PIN; none where they cannot, and sign in.
        person: Option<OfflinePerson>,
        /// Whether it is only not known how they come back: what knows of their PIN does not answer.
        unknown: bool,
    },
    /// Somebody is at work without a connection, by PIN.
    Offline {
        /// Who.
        person: PersonSignedIn,
        /// Rules of the gateway.
        policy: Policy,
        /// When their leave to work so ends.
        until: Timestamp,
        /// When it is locked for want of input.
        idle_at: Timestamp,
        /// When the warning before that is shown, two minutes earlier.
        idle_warning_at: Timestamp,
        /// When the session ends at the latest.
        ends_at: Timestamp,
    },
}

/// Somebody who has a PIN on this computer.
#[derive(Clone, PartialEq, Eq)]
pub struct OfflinePerson {
    /// Their own Care Identity UUID.
    pub uuid: CareIdentityUuid,
    /// Their name, as the gateway signed it.
    pub name: String,
    /// The role they may record in: *RA Agent, B81603*.
    pub role: String,
    /// When their leave to work here without a connection ends.
    pub until: Timestamp,
    /// Why it has ended, if it has.
    pub ended: Option<OfflineEnd>,
    /// How many wrong PINs are left before it works no more, 0 to 10.
    pub tries_left: u8,
    /// When the next may be tried, where one has to wait.
    pub wait_until: Option<Timestamp>,
}

impl std::fmt::Debug for OfflinePerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfflinePerson").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// Why nobody may go on without a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfflineEnd {
    /// Their time is over.
    Over,
    /// The computer's clock was ahead for a while.
    ClockWasAhead,
    /// It was given for another role, or for this computer as it was before.
    Elsewhere,
}

/// Whether whoever is at work may go on here without a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfflineNow {
    /// Whether they have a PIN here.
    pub has_pin: bool,
    /// Until when they may; none where they may not.
    pub until: Option<Timestamp>,
    /// Whether they signed in so short a time ago that they may set a PIN now.
    pub may_set: bool,
    /// Why nobody may on this computer, if so.
    pub not_kept: Option<NotKept>,
}

/// The person signed in.
#[derive(Clone, PartialEq)]
pub struct PersonSignedIn {
    /// Their own Care Identity UUID.
    pub uuid: CareIdentityUuid,
    /// Their name as the issuer gives it.
    pub name: String,
    /// The role they act in, if they have one here.
    pub role: Option<RoleAccess>,
    /// All their roles.
    pub roles: Vec<RoleAccess>,
    /// What the session may do.
    pub may: Permissions,
}

impl std::fmt::Debug for PersonSignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonSignedIn").field("may", &self.may).finish_non_exhaustive()
    }
}

/// Whether the gateway answers. Found by trying, not by asking the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
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

/// How many there are of each status, of the RA user signed in. All zero while nobody is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
    /// Unsent submissions of other people on this computer. Counted also while nobody is signed in.
    pub other_people: u32,
    /// Of [`Self::ready`], those that were recorded in another role.
    pub other_roles: u32,
}

/// What sending is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncNow {
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
        /// When it tries again by itself, if it will.
        until: Option<Timestamp>,
    },
}

/// What sending waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The gateway takes no calls from this computer.
    DeviceRevoked,
}

/// What is no longer as it was when it was last asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Changed {
    /// Who is signed in, or how long still.
    Session,
    /// Whether the gateway answers, or what sending waits for.
    Network,
    /// Drafts or submissions.
    Outbox,
}
