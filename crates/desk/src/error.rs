//! What can go wrong, as the door tells it. Nothing in here holds personal data.

use contract::{CorrelationId, EndReason, FaultCode, FieldErrors, RefusalCode};

use crate::persistence::NotKept;
use crate::sign_in::SignInError;
use crate::store::StoreError;
use crate::{KeyStoreError, NetworkFault, SettingsError};

/// Why something an RA user asked for was not done.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{cause}")]
pub struct Failure {
    /// What went wrong.
    pub cause: Cause,
    /// What to quote to support, when a request was made.
    pub reference: Option<CorrelationId>,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Fields need correcting.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// Nobody is signed in, or nobody has said yet that it is them.
    #[error("nobody is signed in")]
    SignInNeeded,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded(EndReason),
    /// Somebody works without a connection, and this needs one.
    #[error("this needs a connection, and a sign-in")]
    WorkingOffline,
    /// Whoever is at work is away.
    #[error("it is locked")]
    Locked,
    /// They are not prepared to work here without a connection, or not any more.
    #[error("nobody of that name is prepared to work here without a connection")]
    NotPrepared,
    /// Their time to work without a connection is over.
    #[error("the time to work without a connection is over")]
    OfflineEnded,
    /// It is over because the computer's clock was ahead for a while.
    #[error("the time to work without a connection is over, for the clock was ahead")]
    ClockWasAhead,
    /// The computer's clock is too far from the gateway's to be prepared by it, or behind what was seen here to work by PIN.
    #[error("the computer's clock is wrong")]
    ClockWrong,
    /// They signed in too long ago for this.
    #[error("this is done just after signing in")]
    SignInAgain,
    /// The key store did not do what it was asked.
    #[error("{0}")]
    KeyStore(KeyStoreError),
    /// The role does not allow this.
    #[error("the role does not allow this")]
    NotPermitted,
    /// The sign-in did not come to its end.
    #[error("{0}")]
    SignIn(SignInError),
    /// The gateway or the issuer did not answer.
    #[error("{0}")]
    Network(NetworkFault),
    /// The gateway failed, or answered with a code that has no place here.
    #[error("the gateway answered {}", .0.map_or("with a fault of its own", FaultCode::as_str))]
    GatewayFault(Option<FaultCode>),
    /// There is no such profile, draft or submission.
    #[error("there is nothing of that name")]
    NotFound,
    /// The search says too little.
    #[error("the search says too little")]
    SearchTooBroad,
    /// It is no longer in a state in which that can be done.
    #[error("it is not in a state in which that can be done")]
    WrongState,
    /// The profile is not as it was when it was read.
    #[error("the profile is not as it was when it was read")]
    ProfileChanged,
    /// The gateway takes no calls from this computer. What is on it stays.
    #[error("the gateway has shut this computer out")]
    DeviceRevoked,
    /// A refusal that is known at once.
    #[error("refused: {0}")]
    Refused(RefusalCode),
    /// The gateway does not answer, and nothing is recorded on this computer to be sent later: nothing was saved.
    #[error("nothing is recorded here without a connection: {0}")]
    OfflineRecordingRefused(NotKept),
    /// A file that was asked for could not be written into its folder: there is none.
    #[error("it cannot be written: {0}")]
    FolderNotWritable(std::io::ErrorKind),
    /// The computer's disk is full: nothing was saved.
    #[error("the disk is full")]
    DiskFull,
    /// What this RA user recorded here is sealed, and what opens it was not given: nothing was saved, and all that is
    /// sealed stays as it is.
    #[error("what was recorded here is sealed and cannot be opened now")]
    Sealed,
    /// The store could not be written or read: nothing was saved.
    #[error("the store failed: {0}")]
    StoreFailed(String),
    /// A fault in RA Desk itself.
    #[error("a fault in RA Desk: {0}")]
    Internal(&'static str),
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self { cause, reference: None }
    }
}

impl From<FieldErrors> for Failure {
    fn from(errors: FieldErrors) -> Self {
        Cause::Invalid(errors).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Cause::DiskFull,
            StoreError::NotFound => Cause::NotFound,
            StoreError::WrongState => Cause::WrongState,
            StoreError::Sealed => Cause::Sealed,
            StoreError::Failed(why) => Cause::StoreFailed(why),
            StoreError::Closed => Cause::StoreFailed("the store is closed".into()),
        }
        .into()
    }
}

/// Why RA Desk cannot start. Whatever it says, nothing was deleted or overwritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is no key store on this computer, or it failed.
    #[error("the key store cannot be used: {0}")]
    KeyStoreMissing(String),
    /// The key store is locked.
    #[error("the key store is locked")]
    KeyStoreLocked,
    /// The store is here but its key is not.
    #[error("the store is here but the key store has no key for it")]
    KeyMissing,
    /// The store belongs to another key.
    #[error("the store was made with another key")]
    WrongKey,
    /// The store is damaged.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The store was written by a newer RA Desk.
    #[error("the store has version {found}; this RA Desk knows versions up to {known}")]
    Newer {
        /// The store's version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Another RA Desk has the store open.
    #[error("another RA Desk has the store open")]
    InUse,
    /// The data folder cannot be written.
    #[error("the data folder cannot be written: {0}")]
    FolderNotWritable(String),
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The settings of this computer are missing or wrong.
    #[error("{0}")]
    Settings(#[from] SettingsError),
}
