//! Who may work here without a connection, and until when. No PIN, and nothing that tells one.

use serde::Serialize;
use specta::Type;

use super::NotKeptView;

/// Somebody who has a PIN on this computer.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct OfflinePersonView {
    /// Their own Care Identity UUID.
    pub uuid: String,
    /// Their name.
    pub name: String,
    /// The role they may record in.
    pub role: String,
    /// Until when they may work without a connection, RFC 3339.
    pub until: String,
    /// Why they may not any more, if so.
    pub ended: Option<OfflineEnd>,
    /// How many wrong PINs are left before it works no more.
    pub tries_left: u8,
    /// When the next may be tried, RFC 3339, where one has to wait.
    pub wait_until: Option<String>,
}

/// Why nobody may go on without a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum OfflineEnd {
    /// Their time is over.
    Over,
    /// The computer's clock was ahead for a while.
    ClockWasAhead,
    /// It was given for another role, or for this computer as it was before.
    Elsewhere,
}

/// Whether whoever is at work may go on here without a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct OfflineView {
    /// Whether they have a PIN here.
    pub set_up: bool,
    /// Until when they may, RFC 3339; none where they may not.
    pub until: Option<String>,
    /// Whether they signed in so short a time ago that they may set a PIN now.
    pub may_set: bool,
    /// Why nobody may on this computer, if so.
    pub not_kept: Option<NotKeptView>,
}

impl From<desk::OfflinePerson> for OfflinePersonView {
    fn from(person: desk::OfflinePerson) -> Self {
        Self {
            uuid: person.uuid.into(),
            name: person.name,
            role: person.role,
            until: person.until.to_string(),
            ended: person.ended.map(|ended| match ended {
                desk::OfflineEnd::Over => OfflineEnd::Over,
                desk::OfflineEnd::ClockWasAhead => OfflineEnd::ClockWasAhead,
                desk::OfflineEnd::Elsewhere => OfflineEnd::Elsewhere,
            }),
            tries_left: person.tries_left,
            wait_until: person.wait_until.map(|at| at.to_string()),
        }
    }
}

impl From<desk::OfflineNow> for OfflineView {
    fn from(now: desk::OfflineNow) -> Self {
        Self {
            set_up: now.has_pin,
            until: now.until.map(|at| at.to_string()),
            may_set: now.may_set,
            not_kept: now.not_kept.map(NotKeptView::from),
        }
    }
}
