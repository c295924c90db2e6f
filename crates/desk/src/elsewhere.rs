//! What waits on which computer, as it is shown.

use jiff::Timestamp;

/// What waits on other computers, as they last told the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingElsewhere {
    /// By computer, RA user and role.
    pub waiting: Vec<WaitingOn>,
    /// Whether more waits than is told here.
    pub more: bool,
}

/// What waits on one computer of one RA user in one role, as that computer last told the gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct WaitingOn {
    /// What the computer is called: as its organisation names it, or the beginning of its number.
    pub computer: String,
    /// Whether it is this one.
    pub here: bool,
    /// Whether the gateway takes no calls from it any more.
    pub revoked: bool,
    /// When it last told.
    pub heard_at: Timestamp,
    /// Whether they are the RA user's own.
    pub own: bool,
    /// Whose they are, if the gateway knows their name.
    pub author: Option<String>,
    /// The role they were recorded in: *RA Agent, B81603*. None: the gateway does not know it.
    pub role: Option<String>,
    /// Recorded, and not answered for when the computer last told.
    pub unsent: u32,
    /// Refused, and not dealt with when the computer last told.
    pub attention: u32,
    /// When the oldest unsent one was recorded.
    pub oldest: Option<Timestamp>,
    /// How many were taken in from a sealed copy.
    pub imported: u32,
    /// When that was last done.
    pub imported_at: Option<Timestamp>,
}

impl std::fmt::Debug for WaitingOn {
    /// Without the RA user's name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WaitingOn")
            .field("computer", &self.computer)
            .field("unsent", &self.unsent)
            .finish_non_exhaustive()
    }
}
