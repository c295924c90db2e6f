//! The program around the pages.

use desk::NotKept;
use serde::Serialize;
use specta::Type;

/// What the pages have to know of the program around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ShellView {
    /// Whether this is a kiosk: full screen, and left by a signed-in RA user only.
    pub kiosk: bool,
    /// Whose computer this is, if they said so.
    pub organisation: Option<String>,
    /// Whether a newer RA Desk was installed. It takes effect at the next start.
    pub update_installed: bool,
    /// Why registrations cannot be recorded without a connection, if so.
    pub not_kept: Option<NotKeptView>,
}

/// Why registrations cannot be recorded without a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NotKeptView {
    /// This computer forgets what is written when the person signs out or it restarts.
    Forgets,
    /// The data folder is on another computer.
    NetworkFolder,
    /// The organisation does not want it.
    BySetting,
}

impl From<&crate::shell::Shell> for ShellView {
    fn from(shell: &crate::shell::Shell) -> Self {
        Self {
            kiosk: shell.kiosk,
            organisation: shell.organisation.clone(),
            update_installed: shell.update_installed(),
            not_kept: shell.not_kept.map(NotKeptView::from),
        }
    }
}

impl From<NotKept> for NotKeptView {
    fn from(why: NotKept) -> Self {
        match why {
            NotKept::TemporaryProfile
            | NotKept::MandatoryProfile
            | NotKept::RoamingCopyDeleted
            | NotKept::WriteFilter
            | NotKept::MemoryDisk => Self::Forgets,
            NotKept::NetworkFolder => Self::NetworkFolder,
            NotKept::BySetting => Self::BySetting,
        }
    }
}
