//! What went wrong, as a code the page turns into heading, explanation and next step.

use contract::FieldError;
use desk::{Cause, Failure, KeyStoreError, NetworkFault, NotKept, OpenError, SignInError};
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
    /// Somebody works without a connection, and this needs one.
    WorkingOffline,
    /// Whoever is at work is away.
    Locked,
    /// They are not prepared to work here without a connection.
    NotPrepared,
    /// Their time to work without a connection is over.
    OfflineEnded,
    /// It is over because the computer's clock was ahead for a while.
    ClockWasAhead,
    /// The computer's clock and the gateway's are too far apart.
    ClockWrong,
    /// This is done just after signing in.
    SignInAgain,
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
    /// No network, or the connection was cut.
    Offline,
    /// Nobody knows the server's name.
    NameNotFound,
    /// A computer was reached and nothing listens there.
    ConnectionRefused,
    /// Nothing came back in time.
    TimedOut,
    /// The proxy to use could not be found out.
    PacFailed,
    /// The proxy does not answer.
    ProxyUnreachable,
    /// The proxy forbids the way.
    ProxyRefused,
    /// The proxy cannot reach the server.
    ProxyCannotReach,
    /// A proxy asks for a name and a password.
    ProxySignIn,
    /// The proxy did not take them.
    ProxySignInRefused,
    /// The proxy offers only kinds of sign-in that are not answered here.
    ProxySignInUnsupported,
    /// The server's certificate is not trusted.
    CertificateNotTrusted,
    /// It has expired or is not valid yet.
    CertificateOutOfDate,
    /// It is another server's.
    CertificateOtherName,
    /// It was revoked.
    CertificateRevoked,
    /// Whether it was revoked cannot be checked.
    RevocationUnknown,
    /// Something answered that is not the gateway: a network's log-in page, for instance.
    NotOurServer,
    /// The gateway asked to be left alone for a while.
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
    /// The gateway has shut this computer out. What is on it stays.
    DeviceRevoked,
    /// No connection, and this computer forgets what is written: nothing was saved.
    ComputerForgets,
    /// No connection, and the data folder is on another computer: nothing was saved.
    DataOnNetwork,
    /// No connection, and the organisation does not want recording without one: nothing was saved.
    OfflineRecordingOff,
    /// The computer's disk is full: nothing was saved.
    DiskFull,
    /// What this RA user recorded here is sealed, and what opens it was not given. Nothing was saved, nothing is lost.
    Sealed,
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
    /// The data folder cannot be written, or the one that a copy was to be saved in.
    FolderNotWritable,
    /// The settings of this computer are missing or wrong.
    SettingsWrong,
    /// A fault in RA Desk itself.
    Internal,
}

impl Fault {
    /// A fault of a code, told in words.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: Vec::new(), reference: None }
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        let message = failure.cause.to_string();
        let reference = failure.reference.map(|reference| reference.to_string());
        let code = code_of(&failure.cause);
        let fields = if let Cause::Invalid(errors) = failure.cause { errors.0 } else { Vec::new() };
        Self { code, message, fields, reference }
    }
}

fn code_of(cause: &Cause) -> Code {
    match cause {
        Cause::Invalid(_) => Code::Invalid,
        Cause::SignInNeeded => Code::SignInNeeded,
        Cause::SessionEnded(_) => Code::SessionEnded,
        Cause::WorkingOffline => Code::WorkingOffline,
        Cause::Locked => Code::Locked,
        Cause::NotPrepared => Code::NotPrepared,
        Cause::OfflineEnded => Code::OfflineEnded,
        Cause::ClockWasAhead => Code::ClockWasAhead,
        Cause::ClockWrong => Code::ClockWrong,
        Cause::SignInAgain => Code::SignInAgain,
        Cause::KeyStore(KeyStoreError::Locked) => Code::KeyStoreLocked,
        Cause::KeyStore(_) => Code::KeyStoreMissing,
        Cause::NotPermitted => Code::NotPermitted,
        Cause::SignIn(error) => code_of_sign_in(error),
        Cause::Network(fault) => code_of_network(*fault),
        Cause::GatewayFault(_) => Code::GatewayFault,
        Cause::NotFound => Code::NotFound,
        Cause::SearchTooBroad => Code::SearchTooBroad,
        Cause::WrongState => Code::WrongState,
        Cause::ProfileChanged => Code::ProfileChanged,
        Cause::Refused(_) => Code::Refused,
        Cause::DeviceRevoked => Code::DeviceRevoked,
        Cause::OfflineRecordingRefused(NotKept::NetworkFolder) => Code::DataOnNetwork,
        Cause::OfflineRecordingRefused(NotKept::BySetting) => Code::OfflineRecordingOff,
        Cause::OfflineRecordingRefused(_) => Code::ComputerForgets,
        Cause::FolderNotWritable(_) => Code::FolderNotWritable,
        Cause::DiskFull => Code::DiskFull,
        Cause::Sealed => Code::Sealed,
        Cause::StoreFailed(_) => Code::StoreFailed,
        Cause::Internal(_) => Code::Internal,
    }
}

fn code_of_sign_in(error: &SignInError) -> Code {
    match error {
        SignInError::Cancelled => Code::SignInCancelled,
        SignInError::TimedOut => Code::SignInTimedOut,
        SignInError::Denied(_) => Code::SignInDenied,
        SignInError::Rejected(_) => Code::SignInRejected,
        SignInError::BrowserNotOpened => Code::BrowserNotOpened,
        SignInError::NoFreePort => Code::NoFreePort,
        SignInError::Network(fault) => code_of_network(*fault),
        SignInError::DeviceRevoked => Code::DeviceRevoked,
        SignInError::GatewayFault => Code::GatewayFault,
    }
}

fn code_of_network(fault: NetworkFault) -> Code {
    match fault {
        NetworkFault::NoConnection => Code::Offline,
        NetworkFault::NameNotFound => Code::NameNotFound,
        NetworkFault::Refused => Code::ConnectionRefused,
        NetworkFault::TimedOut => Code::TimedOut,
        NetworkFault::PacFailed => Code::PacFailed,
        NetworkFault::ProxyUnreachable => Code::ProxyUnreachable,
        NetworkFault::ProxyRefused => Code::ProxyRefused,
        NetworkFault::ProxyCannotReach => Code::ProxyCannotReach,
        NetworkFault::ProxySignIn => Code::ProxySignIn,
        NetworkFault::ProxySignInRefused => Code::ProxySignInRefused,
        NetworkFault::ProxySignInUnsupported => Code::ProxySignInUnsupported,
        NetworkFault::CertificateNotTrusted => Code::CertificateNotTrusted,
        NetworkFault::CertificateOutOfDate => Code::CertificateOutOfDate,
        NetworkFault::CertificateOtherName => Code::CertificateOtherName,
        NetworkFault::CertificateRevoked => Code::CertificateRevoked,
        NetworkFault::RevocationUnknown => Code::RevocationUnknown,
        NetworkFault::NotOurServer => Code::NotOurServer,
        NetworkFault::Busy => Code::Busy,
    }
}

impl From<&OpenError> for Fault {
    fn from(error: &OpenError) -> Self {
        let code = match error {
            OpenError::KeyStoreMissing(_) => Code::KeyStoreMissing,
            OpenError::KeyStoreLocked => Code::KeyStoreLocked,
            OpenError::KeyMissing => Code::KeyMissing,
            OpenError::WrongKey => Code::WrongKey,
            OpenError::Damaged(_) => Code::StoreDamaged,
            OpenError::Newer { .. } => Code::StoreNewer,
            OpenError::InUse => Code::StoreInUse,
            OpenError::FolderNotWritable(_) => Code::FolderNotWritable,
            OpenError::DiskFull => Code::DiskFull,
            OpenError::Settings(_) => Code::SettingsWrong,
        };
        Self::new(code, error.to_string())
    }
}
