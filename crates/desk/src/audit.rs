//! The audit on this computer, for somebody who looks after it: whether it is as it was written, and a copy of it.
//!
//! Nobody needs to be signed in: the rows hold UUIDs and codes and no names. Nothing is changed or brought up to date.

use std::io::Write;
use std::path::Path;

use contract::{AuditHash, DeviceId};
use serde::{Deserialize, Serialize};

use crate::{KeyStore, OpenError, store};

/// What was found when the audit was walked from its first row to its last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// How many rows fit, counted from the first one.
    pub rows: i64,
    /// Up to which row the gateway gave its word that it holds the same. None: it has not yet.
    pub countersigned: Option<i64>,
    /// The number of the row at which the audit ended when the key store last remembered it. None: it remembers none.
    pub remembered: Option<i64>,
    /// Where it is not as it was written. None: it is intact.
    pub broken: Option<AuditBreak>,
    /// The audit that was here before this one was begun, as the file names it.
    pub before: Option<AuditBefore>,
    /// How many rows of earlier audits are kept in the store.
    pub kept_of_earlier: i64,
}

/// An audit that was here before another was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditBefore {
    /// The device it was of.
    pub device: DeviceId,
    /// The number of its last row, as far as is known.
    pub rows: i64,
    /// The hash of that row; all zeros where it is not known.
    pub hash: AuditHash,
    /// Why another was begun.
    pub why: AuditEnded,
}

/// Why an audit came to its end and another was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AuditEnded {
    /// The store was damaged, and its audit with it.
    #[error("the store was damaged")]
    Damaged,
    /// Its store was gone.
    #[error("its store was gone")]
    Vanished,
    /// The store was an older copy of itself, put back from a backup perhaps.
    #[error("the store was an older copy of itself")]
    Restored,
    /// The gateway holds another one of the same computer.
    #[error("the gateway held another one of the same computer")]
    Forked,
    /// A row was not as it was written.
    #[error("a row was not as it was written")]
    Broken,
    /// The key store had no key for it any more.
    #[error("the key store had no key for it")]
    KeyLost,
}

impl AuditEnded {
    /// The act of the first row of the audit that follows.
    pub(crate) const fn act(self) -> &'static str {
        match self {
            Self::Damaged => "begun_damaged",
            Self::Vanished => "begun_vanished",
            Self::Restored => "begun_restored",
            Self::Forked => "begun_forked",
            Self::Broken => "begun_broken",
            Self::KeyLost => "begun_key_lost",
        }
    }
}

impl AuditReport {
    /// Whether all of it is as it was written.
    pub const fn is_intact(&self) -> bool {
        self.broken.is_none()
    }
}

/// The audit of the open store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditNow {
    /// What was found just now.
    pub report: AuditReport,
    /// When the gateway last gave its word for it.
    pub countersigned_at: Option<jiff::Timestamp>,
    /// Whether the gateway said since the start that it holds another one of this computer.
    pub differs: bool,
    /// Whether the gateway countersigns with the key that is known here, as far as was heard since the start. Otherwise
    /// its word is not believed, and it is sent no audit.
    pub key_known: bool,
    /// Whether it can be signed: the key store gave its key.
    pub signs: bool,
    /// Whether the next start begins a new one.
    pub asked: bool,
}

/// The first bad row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AuditBreak {
    /// The number a good row would have there.
    pub row: i64,
    /// What is wrong with it.
    pub why: AuditFault,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AuditFault {
    /// It is not as it was written.
    #[error("it is not as it was written")]
    Changed,
    /// It is gone.
    #[error("it is missing")]
    Missing,
    /// It stands elsewhere.
    #[error("it stands at another place")]
    OutOfOrder,
    /// The audit ends before it, and the file knows that it was longer.
    #[error("it is missing, and so is all that followed it")]
    CutOff,
    /// The audit ends before it, and the key store knows that it was longer: this is an older copy of the store.
    #[error("it is missing: this is an older copy, and the key store remembers a newer one")]
    RolledBack,
    /// It fits the rows before it, but it is not the one that was signed.
    #[error("it was written anew: another one was signed")]
    Rewritten,
    /// The gateway's receipt for it is not one that the gateway gave for this computer.
    #[error("the gateway's receipt for it is not as the gateway gave it")]
    ReceiptChanged,
}

/// Walks the audit of a data folder. None where there never was one. While RA Desk has the store open this gives
/// [`OpenError::InUse`]. Waits for the disk and the key store.
pub fn audit_report(data_dir: &Path, keys: &dyn KeyStore) -> Result<Option<AuditReport>, OpenError> {
    store::audit_report(data_dir, keys)
}

/// Why there is no copy of the audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditCopyError {
    /// The store cannot be looked into.
    #[error("{0}")]
    Store(#[from] OpenError),
    /// The copy cannot be written.
    #[error("it cannot be written: {}", .0.kind())]
    Write(#[from] std::io::Error),
}

/// Writes the audit of a data folder as CSV, the first row first, and says how many rows it has. None where there is
/// no store. Rows are given as they stand; whether they are as they were written says [`audit_report`].
pub fn audit_as_csv(data_dir: &Path, keys: &dyn KeyStore, to: &mut dyn Write) -> Result<Option<u64>, AuditCopyError> {
    store::audit_as_csv(data_dir, keys, to)
}
