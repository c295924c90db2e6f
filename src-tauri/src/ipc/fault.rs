//! What went wrong, as a code the page turns into heading, explanation and next step.

use contract::FieldError;
use serde::Serialize;
use specta::Type;

/// An error as it crosses to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct Fault {
    /// Which of the page's explanations fits.
    pub code: Code,
    /// A sentence for whoever looks after the computer. No personal data.
    pub message: String,
    /// The fields to correct, for `Invalid`.
    pub fields: Vec<FieldError>,
    /// What to quote to support, when a request was made: its correlation id.
    pub reference: Option<String>,
}

/// What the page can explain. Only codes that the page uses stand here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Type)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// Fields need correcting.
    Invalid,
    /// Nobody is signed in.
    SignInNeeded,
    /// The session has ended; the snapshot says how.
    SessionEnded,
    /// The role does not allow this.
    NotPermitted,
    /// The RA user cancelled the sign-in.
    SignInCancelled,
    /// The browser did not come back in time.
    SignInTimedOut,
    /// The issuer said no.
    SignInDenied,
    /// The sign-in came back but failed a check; the message names it.
    SignInRejected,
    /// No browser could be opened.
    BrowserNotOpened,
    /// The ports for the sign-in's return are all in use.
    NoFreePort,
    /// No connection to the gateway or issuer.
    Offline,
    /// No answer in time.
    TimedOut,
    /// A proxy asks for a sign-in.
    ProxySignIn,
    /// The server's certificate is not trusted.
    CertificateNotTrusted,
    /// What answered is not the gateway.
    NotOurServer,
    /// The gateway asked for a pause.
    Busy,
    /// The gateway failed.
    GatewayFault,
    /// There is no such profile, draft or submission.
    NotFound,
    /// The search says too little.
    SearchTooBroad,
    /// It is no longer in a state in which that can be done.
    WrongState,
    /// The profile is not as it was when it was read.
    ProfileChanged,
    /// A refusal the gateway gave at once.
    Refused,
    /// The computer's disk is full: nothing was saved.
    DiskFull,
    /// The store could not be written or read: nothing was saved.
    StoreFailed,
    /// There is no key store, or it cannot be used.
    KeyStoreMissing,
    /// The key store is locked.
    KeyStoreLocked,
    /// The store is here but its key is not.
    KeyMissing,
    /// The store belongs to another key.
    WrongKey,
    /// The store is damaged.
    StoreDamaged,
    /// The store was written by a newer RA Desk.
    StoreNewer,
    /// Another RA Desk has the store open.
    StoreInUse,
    /// The data folder cannot be written.
    FolderNotWritable,
    /// The settings of this computer are missing or wrong.
    SettingsWrong,
    /// A fault in RA Desk itself.
    Internal,
}
