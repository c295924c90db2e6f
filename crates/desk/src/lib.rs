//! Everything an RA user can do, without a window.
//!
//! [`Desk`] is the only door. Behind it are two kinds of rooms: pure ones, which decide and cannot wait
//! ([`submission`], [`session`], [`reply`], [`backoff`], [`registering`]), and rooms that touch the world
//! (`store`, `gateway_client`, `sign_in`, `sync`). What belongs to a machine or a window comes in by the
//! small traits of [`Parts`].
//!
//! Deliberately absent: any window, key store or Windows crate; text for pages; and any way to make time or
//! randomness other than through their seams.

mod audit;
mod audit_copy;
mod backoff;
mod clock;
mod desk;
mod elsewhere;
mod error;
#[cfg(feature = "fuzz")]
pub mod fuzzing;
mod gateway_client;
mod happened;
mod holds;
mod network;
mod offline;
mod outbox;
mod parts;
mod people;
mod persistence;
mod pin;
mod random;
mod recovery;
mod registering;
mod reply;
mod second_copy;
mod session;
mod sign_in;
mod snapshot;
mod store;
mod submission;
mod sync;
#[cfg(test)]
mod testing;

pub use audit::{
    AuditBefore, AuditBreak, AuditCopyError, AuditEnded, AuditFault, AuditNow, AuditReport, audit_as_csv, audit_report,
};
pub use audit_copy::AuditCopy;
pub use clock::SystemClock;
pub use desk::Desk;
#[cfg(feature = "measure")]
pub use desk::MeasuredStore;
pub use elsewhere::{WaitingElsewhere, WaitingOn};
pub use error::{Cause, Failure, OpenError};
pub use happened::Happened;
pub use holds::{StoreHolds, store_holds, store_key_is_there};
pub use network::{
    CertificateReport, Endpoint, EndpointReport, NetworkFault, ProxyBypass, ProxyHop, ProxyReport, ProxyServer,
    SignedBy, probe,
};
pub use outbox::{
    AddressForm, Attention, Draft, DraftId, IdentityForm, LinkSecret, NextStep, OutboxPage, OutboxTab,
    RegistrationSeen, Status, Submission, TakenOverFrom, WaitingFor,
};
pub use parts::{
    Browser, BrowserError, Clock, KeyStore, KeyStoreError, Moment, Parts, ProxyAnswer, ProxyFinder, ProxyFinderError,
    ProxyQuestion, ProxySource, Random,
};
pub use people::{FindBy, FindForm, Found, ProfileRead};
pub use persistence::{NotKept, Persistence};
pub use random::SystemRandom;
pub use recovery::{Recovery, RecoveryReader, recoveries};
pub use second_copy::{NoSecondCopy, SecondCopy, second_copy_folder};
pub use settings::{ProxyChoice, Settings, SettingsError, Trust};
pub use sign_in::{Check, SignInError};
pub use snapshot::{
    Changed, Network, OfflineEnd, OfflineNow, OfflinePerson, OutboxCounts, PauseReason, PersonSignedIn, ProxyAsking,
    SessionNow, Snapshot, SyncNow,
};
