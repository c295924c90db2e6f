//! The life of a session at this desk. Pure: every method is told what time it is.
//!
//! ```text
//! SignedOut ─▶ SigningIn ─▶ Confirming ─▶ SignedIn ─▶ SignedOut(why)
//!     │                                      │  (idle without the gateway, or asked for)
//!     └──────────── PIN ─▶ Offline ◀─ PIN ─ Locked
//!                             └────── idle ───▲
//! ```
//!
//! Who is `Locked` or `Offline` holds no token: nothing is sent or asked in their name until they sign in. A sign-in
//! that is given up goes back to where it began, also from a change of role. Only the RA user's own
//! input keeps a session alive; what RA Desk does by itself never does.

use std::sync::Arc;
use std::time::Duration;

use contract::{Access, EndReason, OfflineTerms, Permissions, Policy, RaUser, RoleAccess, RoleProfileId, SessionReply};
use jiff::Timestamp;

use crate::Moment;

/// How long a session may last without input at most (NHS CIS2 Authentication, sessions requirement 5).
const LONGEST_IDLE: Duration = Duration::from_secs(15 * 60);
/// How long before that the RA user is warned.
pub(crate) const WARNING: Duration = Duration::from_secs(2 * 60);
/// How long a session lasts at most (sessions requirement 7).
pub(crate) const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// One sign-in of one person in one role, and what the gateway said of it. Never changed.
#[derive(Clone, PartialEq)]
pub(crate) struct SignedIn {
    /// Names this sign-in on this computer.
    pub(crate) id: uuid::Uuid,
    /// Who.
    pub(crate) user: RaUser,
    /// The role they act in.
    pub(crate) role: Option<RoleAccess>,
    /// All their roles.
    pub(crate) roles: Vec<RoleAccess>,
    /// What the session may do.
    pub(crate) may: Permissions,
    /// Rules of the gateway.
    pub(crate) policy: Policy,
    /// Whether it is by PIN: nothing is sent in it, and of their roles only the one of the grant is known.
    pub(crate) by_pin: bool,
    /// When it was begun.
    pub(crate) since: Moment,
    /// How far the computer's clock was ahead of the gateway's then, in seconds.
    pub(crate) clock_ahead_seconds: i32,
    /// When the gateway ends it at the latest, by the computer's clock.
    pub(crate) ends_at: Timestamp,
    /// How long it lasts without input on this computer.
    idle: Duration,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SignedIn {
    /// Takes what the gateway said at a sign-in, and how long this computer lets a session idle.
    pub(crate) fn new(id: uuid::Uuid, reply: SessionReply, idle: Duration, now: Moment) -> Self {
        let ahead = now.wall.duration_since(reply.server_time);
        let clock_ahead_seconds =
            i32::try_from(ahead.as_secs()).unwrap_or(if ahead.is_negative() { i32::MIN } else { i32::MAX });
        // The gateway's end in the computer's own time, and never later than our own rule.
        let gateway_end = reply.ends_at.checked_add(ahead).unwrap_or(reply.ends_at);
        let own_end = now.wall.checked_add(LONGEST).unwrap_or(now.wall);
        Self {
            id,
            user: reply.user,
            role: reply.role,
            roles: reply.roles,
            may: reply.may,
            policy: reply.policy,
            by_pin: false,
            since: now,
            clock_ahead_seconds,
            ends_at: gateway_end.min(own_end),
            idle: idle.min(LONGEST_IDLE),
        }
    }

    /// Takes what a grant permits, for a session that is begun by PIN.
    pub(crate) fn offline(id: uuid::Uuid, terms: OfflineTerms, idle: Duration, now: Moment) -> Self {
        let role = RoleAccess { role: terms.role, access: Access::Register };
        Self {
            id,
            user: terms.user,
            role: Some(role.clone()),
            roles: vec![role],
            // To find and to remove needs the gateway, and that a token.
            may: Permissions { find: false, register: true, remove: false },
            policy: terms.policy,
            by_pin: true,
            since: now,
            clock_ahead_seconds: 0,
            ends_at: now.wall.checked_add(LONGEST).unwrap_or(now.wall),
            idle: idle.min(LONGEST_IDLE),
        }
    }

    /// The same sign-in as it goes on under a grant: no longer than it would have lasted.
    fn unlocked(&self, terms: OfflineTerms) -> Self {
        let under = Self::offline(self.id, terms, self.idle, self.since);
        Self { ends_at: self.ends_at, clock_ahead_seconds: self.clock_ahead_seconds, ..under }
    }

    /// The role profile the session acts in.
    pub(crate) fn role_id(&self) -> Option<&RoleProfileId> {
        self.role.as_ref().map(|role| &role.role.id)
    }

    /// When the session ends for want of input, by the computer's clock.
    pub(crate) fn idle_at(&self, last_input: Moment) -> Timestamp {
        last_input.wall.checked_add(self.idle).unwrap_or(last_input.wall)
    }

    /// Whether it has lasted as long as it may.
    fn is_over(&self, now: Moment) -> bool {
        now.since(self.since) >= LONGEST || now.wall >= self.ends_at
    }
}

/// Where the session is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Session {
    /// Nobody is signed in.
    SignedOut {
        /// How the session before ended.
        why: Option<EndReason>,
    },
    /// The browser is open at the issuer.
    SigningIn {
        /// What it is when the sign-in is given up: signed out, or signed in before a change of role.
        before: Box<Self>,
    },
    /// Somebody signed in and has not yet said that it is them.
    Confirming {
        /// Who.
        who: Arc<SignedIn>,
        /// When they last did something.
        last_input: Moment,
    },
    /// Somebody is signed in and at work.
    SignedIn {
        /// Who.
        who: Arc<SignedIn>,
        /// When they last did something.
        last_input: Moment,
    },
    /// Somebody's work is kept, and they are away.
    Locked {
        /// Who.
        who: Arc<SignedIn>,
    },
    /// Somebody is at work by PIN, under a grant.
    Offline {
        /// Who.
        who: Arc<SignedIn>,
        /// When the grant ends.
        until: Timestamp,
        /// When they last did something.
        last_input: Moment,
    },
}

impl Session {
    /// Nobody has signed in since RA Desk was started.
    pub(crate) const NEW: Self = Self::SignedOut { why: None };

    /// The browser is opened. A second sign-in while one is under way is refused.
    pub(crate) fn begin(&mut self) -> bool {
        if matches!(self, Self::SigningIn { .. }) {
            return false;
        }
        let before = std::mem::replace(self, Self::NEW);
        // Who was not confirmed is not who we go back to.
        let before = if matches!(before, Self::Confirming { .. }) { Self::NEW } else { before };
        *self = Self::SigningIn { before: Box::new(before) };
        true
    }

    /// The sign-in was given up, or failed.
    pub(crate) fn give_up(&mut self) {
        if let Self::SigningIn { before } = self {
            *self = std::mem::replace(before, Self::NEW);
        }
    }

    /// The sign-in passed every check.
    pub(crate) fn arrive(&mut self, who: SignedIn, now: Moment) {
        *self = Self::Confirming { who: Arc::new(who), last_input: now };
    }

    /// *Yes, this is me.* False when nobody was asked.
    pub(crate) fn confirm(&mut self, now: Moment) -> bool {
        let Self::Confirming { who, .. } = self else { return false };
        *self = Self::SignedIn { who: who.clone(), last_input: now };
        true
    }

    /// The RA user did something.
    pub(crate) fn touch(&mut self, now: Moment) {
        if let Self::Confirming { last_input, .. }
        | Self::SignedIn { last_input, .. }
        | Self::Offline { last_input, .. } = self
        {
            *last_input = now;
        }
    }

    /// They are away, and their work is kept. What was before a sign-in that is under way is locked too.
    pub(crate) fn lock(&mut self) {
        match self {
            Self::SigningIn { before } => before.lock(),
            Self::SignedIn { who, .. } | Self::Offline { who, .. } => *self = Self::Locked { who: who.clone() },
            Self::SignedOut { .. } | Self::Confirming { .. } | Self::Locked { .. } => {}
        }
    }

    /// Somebody's PIN was right where nobody is at work.
    pub(crate) fn begin_offline(&mut self, who: SignedIn, until: Timestamp, now: Moment) -> bool {
        if !matches!(self, Self::SignedOut { .. }) {
            return false;
        }
        *self = Self::Offline { who: Arc::new(who), until, last_input: now };
        true
    }

    /// The PIN of whoever is away was right.
    pub(crate) fn unlock(&mut self, terms: OfflineTerms, now: Moment) -> bool {
        let Self::Locked { who } = self else { return false };
        if who.user.uuid != terms.user.uuid || who.role_id() != Some(&terms.role.id) {
            return false;
        }
        let until = terms.until;
        *self = Self::Offline { who: Arc::new(who.unlocked(terms)), until, last_input: now };
        true
    }

    /// It is over. What was before a sign-in that is under way is over too; the sign-in itself goes on.
    pub(crate) fn end(&mut self, why: EndReason) {
        match self {
            Self::SigningIn { before } => **before = Self::SignedOut { why: Some(why) },
            _ => *self = Self::SignedOut { why: Some(why) },
        }
    }

    /// Whether time has ended it, and why. Ask every few seconds, and before every act.
    pub(crate) fn ended_by_time(&self, now: Moment) -> Option<EndReason> {
        match self {
            Self::SignedOut { .. } => None,
            Self::SigningIn { before } => before.ended_by_time(now),
            Self::Locked { who } => who.is_over(now).then_some(EndReason::TwelveHours),
            Self::Confirming { who, last_input }
            | Self::SignedIn { who, last_input }
            | Self::Offline { who, last_input, .. } => {
                if who.is_over(now) {
                    Some(EndReason::TwelveHours)
                } else if now.since(*last_input) >= who.idle {
                    Some(EndReason::Idle)
                } else {
                    None
                }
            }
        }
    }

    /// Who may record here: signed in and confirmed, or at work under a grant.
    pub(crate) fn recording(&self) -> Option<&Arc<SignedIn>> {
        match self {
            Self::SignedIn { who, .. } | Self::Offline { who, .. } => Some(who),
            _ => None,
        }
    }

    /// Who is at work with a session at the gateway: signed in and confirmed.
    pub(crate) fn at_work(&self) -> Option<&Arc<SignedIn>> {
        if let Self::SignedIn { who, .. } = self { Some(who) } else { None }
    }

    /// Whose work is here, confirmed or not, at it or away, also behind a sign-in that is under way.
    pub(crate) fn present(&self) -> Option<&Arc<SignedIn>> {
        match self {
            Self::SignedOut { .. } => None,
            Self::SigningIn { before } => before.present(),
            Self::Confirming { who, .. }
            | Self::SignedIn { who, .. }
            | Self::Locked { who }
            | Self::Offline { who, .. } => Some(who),
        }
    }

    /// Which sign-in that was.
    pub(crate) fn present_id(&self) -> Option<uuid::Uuid> {
        self.present().map(|who| who.id)
    }
}

#[cfg(test)]
mod tests;
