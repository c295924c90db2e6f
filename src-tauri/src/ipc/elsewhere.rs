//! What waits on other computers, as numbers.

use serde::Serialize;
use specta::Type;

/// What waits on other computers, as they last told.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct WaitingElsewhereView {
    /// By computer, RA user and role.
    pub waiting: Vec<WaitingOnView>,
    /// Whether more waits than is told here.
    pub more: bool,
}

impl From<desk::WaitingElsewhere> for WaitingElsewhereView {
    fn from(elsewhere: desk::WaitingElsewhere) -> Self {
        let waiting = elsewhere.waiting.into_iter().map(WaitingOnView::from).collect();
        Self { waiting, more: elsewhere.more }
    }
}

/// What waits on one computer of one RA user in one role, as that computer last told.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct WaitingOnView {
    /// What the computer is called.
    pub computer: String,
    /// Whether it is this one.
    pub here: bool,
    /// Whether the gateway takes no calls from it any more.
    pub revoked: bool,
    /// When it last told, RFC 3339.
    pub heard_at: String,
    /// Whether they are the RA user's own.
    pub own: bool,
    /// Whose they are, if the gateway knows their name.
    pub author: Option<String>,
    /// The role they were recorded in: *RA Agent, B81603*.
    pub role: Option<String>,
    /// Recorded, and not answered for when the computer last told.
    pub unsent: u32,
    /// Refused, and not dealt with when the computer last told.
    pub attention: u32,
    /// When the oldest unsent one was recorded, RFC 3339.
    pub oldest: Option<String>,
    /// How many were taken in from a sealed copy.
    pub imported: u32,
    /// When that was last done, RFC 3339.
    pub imported_at: Option<String>,
}

impl From<desk::WaitingOn> for WaitingOnView {
    fn from(waiting: desk::WaitingOn) -> Self {
        let text = |at: jiff::Timestamp| at.to_string();
        Self {
            computer: waiting.computer,
            here: waiting.here,
            revoked: waiting.revoked,
            heard_at: text(waiting.heard_at),
            own: waiting.own,
            author: waiting.author,
            role: waiting.role,
            unsent: waiting.unsent,
            attention: waiting.attention,
            oldest: waiting.oldest.map(text),
            imported: waiting.imported,
            imported_at: waiting.imported_at.map(text),
        }
    }
}
