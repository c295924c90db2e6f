//! Whether what is written on this computer is still there tomorrow.
//!
//! Where it is not, a registration recorded offline would be lost and nobody would know. So there only what reaches
//! the gateway at once is recorded. Which kind of profile it is, the machine's side finds out.

/// Whether what is written on this computer is still there tomorrow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Persistence {
    /// It is.
    #[default]
    Kept,
    /// It is not.
    NotKept(NotKept),
}

/// Why nothing may be recorded on this computer to be sent later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// Windows signed the person in with a temporary profile.
    #[error("the Windows profile is temporary and is deleted at sign-out")]
    TemporaryProfile,
    /// The profile is mandatory: it is as new at each sign-in.
    #[error("the Windows profile is mandatory and is reset at sign-out")]
    MandatoryProfile,
    /// The profile roams and its copy on this computer is deleted at sign-out.
    #[error("the Windows profile roams and its copy on this computer is deleted at sign-out")]
    RoamingCopyDeleted,
    /// The disk forgets what was written when the computer restarts.
    #[error("a write filter discards what is written to this disk when the computer restarts")]
    WriteFilter,
    /// The data folder is in memory.
    #[error("the data folder is in memory")]
    MemoryDisk,
    /// The data folder is on another computer.
    #[error("the data folder is on a network drive")]
    NetworkFolder,
    /// The organisation does not want it.
    #[error("the setting offline_recording is off")]
    BySetting,
}
