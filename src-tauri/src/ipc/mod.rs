//! What crosses between the page and Rust, and nothing else does.
//!
//! Plain data with text for everything that has a rule: Rust parses it again at the door. Times are RFC 3339
//! text, numbers are at most 32 bits. No token, key or user's link ever stands in a type of this room.

mod computer;
mod elsewhere;
mod fault;
mod find;
mod from_desk;
mod offline;
mod outbox;
mod session;
mod shell;
mod upkeep;

pub use computer::{ComputerView, SettingFrom, SettingView};
pub use elsewhere::{WaitingElsewhereView, WaitingOnView};
pub use fault::{Code, Fault};
pub use find::{AuthenticatorView, FindBy, FindForm, FoundView, OrganisationView, PersonRow, ProfileView};
pub use offline::{OfflineEnd, OfflinePersonView, OfflineView};
pub use outbox::{
    AddressForm, Attention, DraftView, IdentityForm, NextStep, OutboxPage, OutboxTab, RegistrationView, Status,
    SubmissionView, TakenFromView, TakenOverView, WaitView,
};
pub use session::{
    AccessView, DeclarationView, NetworkFault, NetworkView, NoSecondCopy, NoSecondCopyView, OutboxCounts, PauseReason,
    PersonView, PolicyView, ProxyAsking, RoleView, SessionView, Snapshot, SyncView,
};
pub use shell::{NotKeptView, ShellView};
pub use upkeep::{AuditBeforeView, AuditCopyView, AuditEndedView, AuditFaultView, AuditView, RecoveryView};

use serde::{Deserialize, Serialize};
use specta::Type;

/// Tells the page that something it may be showing is no longer so. It carries no data: the page asks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type, tauri_specta::Event)]
#[serde(rename_all = "snake_case")]
pub struct DeskChanged {
    /// What to ask for again.
    pub what: Changed,
}

impl DeskChanged {
    /// Tells the RA user's window, and no other.
    pub fn tell(&self, app: &tauri::AppHandle) {
        if let Err(error) = tauri_specta::Event::emit_to(self, app, crate::window::AGENT) {
            tracing::warn!(%error, "the page could not be told of a change");
        }
    }
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Who is signed in, or how long still.
    Session,
    /// Whether the gateway answers, or what sending waits for.
    Network,
    /// Drafts or submissions.
    Outbox,
    /// The program around the pages.
    Shell,
    /// Nothing; but somebody tried to close a kiosk.
    CloseAsked,
}
