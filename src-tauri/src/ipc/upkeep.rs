//! Whether what is on this computer is as it was written.

use desk::{AuditBefore, AuditCopy, AuditEnded, AuditFault, AuditNow, Recovery};
use serde::Serialize;
use specta::Type;

use crate::machine;

/// A store that was found damaged, and what was saved of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct RecoveryView {
    /// When it was found.
    pub found_at: String,
    /// The folder the damaged files are in; none where there was no file any more.
    pub set_aside: Option<String>,
    /// Recorded registrations that are here again.
    pub recovered: u32,
    /// Of these, those that wait to be sent.
    pub to_send: u32,
    /// Recorded registrations that could not be read.
    pub lost: u32,
    /// Whether that is all of them. Otherwise there were at least as many.
    pub lost_is_all: bool,
    /// Drafts that are here again.
    pub drafts: u32,
    /// Until when the damaged files are kept; none where nobody who was signed in has read this, or they are gone.
    pub kept_until: Option<String>,
    /// Whether somebody who recorded something here has not read it: once they all have, the files are kept for 30 days
    /// more, and `kept_until` is when they go where one of them never does.
    pub waits_for_readers: bool,
    /// When they were deleted.
    pub deleted_at: Option<String>,
}

/// The audit of this computer, as it was found just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct AuditView {
    /// How many rows fit, counted from the first one.
    pub rows: u32,
    /// The first row that does not; none where all do.
    pub first_bad: Option<u32>,
    /// What is wrong with it.
    pub why: Option<AuditFaultView>,
    /// Up to which row the gateway gave its word that it holds the same.
    pub countersigned: Option<u32>,
    /// When it last did.
    pub countersigned_at: Option<String>,
    /// Whether the gateway holds another audit of this computer.
    pub differs: bool,
    /// Whether the gateway countersigns with the key that is known here, as far as was heard since the start.
    pub key_known: bool,
    /// Whether it can be signed.
    pub signs: bool,
    /// Whether the next start begins a new one.
    pub asked: bool,
    /// The one before it, if there was one.
    pub before: Option<AuditBeforeView>,
}

/// A copy of the audit that was saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct AuditCopyView {
    /// The file, with the whole path to it.
    pub path: String,
    /// How many rows are in it.
    pub rows: u32,
    /// When the last of them was written.
    pub last_at: Option<String>,
}

/// An audit that another one follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct AuditBeforeView {
    /// The device it was of.
    pub device: String,
    /// The number of its last row, as far as is known.
    pub rows: u32,
    /// Why another was begun.
    pub why: AuditEndedView,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AuditFaultView {
    /// It is not as it was written.
    Changed,
    /// It is gone, or stands elsewhere.
    Missing,
    /// The store is an older copy.
    OlderCopy,
    /// It was written anew.
    Rewritten,
    /// The gateway's receipt for it is not as it was given.
    ReceiptChanged,
}

/// Why an audit was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AuditEndedView {
    /// The store was damaged.
    Damaged,
    /// The store was gone.
    Vanished,
    /// The store was an older copy.
    Restored,
    /// The gateway held another one.
    Forked,
    /// A row was not as it was written.
    Broken,
    /// Its key was gone.
    KeyLost,
}

impl From<Recovery> for RecoveryView {
    fn from(recovery: Recovery) -> Self {
        Self {
            found_at: recovery.found_at.to_string(),
            kept_until: recovery.kept_until().map(|until| until.to_string()),
            waits_for_readers: recovery.waits_for_readers(),
            deleted_at: recovery.deleted_at.map(|at| at.to_string()),
            set_aside: recovery.set_aside.map(|aside| match machine::data_dir() {
                Some(folder) => folder.join(aside).display().to_string(),
                None => aside,
            }),
            recovered: recovery.recovered,
            to_send: recovery.to_send,
            lost: recovery.lost,
            lost_is_all: recovery.lost_is_all,
            drafts: recovery.drafts,
        }
    }
}

impl From<AuditNow> for AuditView {
    fn from(now: AuditNow) -> Self {
        let AuditNow { report, countersigned_at, differs, key_known, signs, asked } = now;
        Self {
            rows: number(report.rows),
            first_bad: report.broken.map(|broken| number(broken.row)),
            why: report.broken.map(|broken| broken.why.into()),
            countersigned: report.countersigned.map(number),
            countersigned_at: countersigned_at.map(|at| at.to_string()),
            differs,
            key_known,
            signs,
            asked,
            before: report.before.map(AuditBeforeView::from),
        }
    }
}

impl From<AuditCopy> for AuditCopyView {
    fn from(copy: AuditCopy) -> Self {
        Self {
            path: copy.path.display().to_string(),
            rows: u32::try_from(copy.rows).unwrap_or(u32::MAX),
            last_at: copy.last_at.map(|at| at.to_string()),
        }
    }
}

/// More rows than anybody writes in a hundred years are shown as that many.
fn number(rows: i64) -> u32 {
    u32::try_from(rows.max(0)).unwrap_or(u32::MAX)
}

impl From<AuditBefore> for AuditBeforeView {
    fn from(before: AuditBefore) -> Self {
        Self { device: before.device.to_string(), rows: number(before.rows), why: before.why.into() }
    }
}

impl From<AuditFault> for AuditFaultView {
    fn from(why: AuditFault) -> Self {
        match why {
            AuditFault::Changed => Self::Changed,
            AuditFault::Missing | AuditFault::OutOfOrder | AuditFault::CutOff => Self::Missing,
            AuditFault::RolledBack => Self::OlderCopy,
            AuditFault::Rewritten => Self::Rewritten,
            AuditFault::ReceiptChanged => Self::ReceiptChanged,
        }
    }
}

impl From<AuditEnded> for AuditEndedView {
    fn from(why: AuditEnded) -> Self {
        match why {
            AuditEnded::Damaged => Self::Damaged,
            AuditEnded::Vanished => Self::Vanished,
            AuditEnded::Restored => Self::Restored,
            AuditEnded::Forked => Self::Forked,
            AuditEnded::Broken => Self::Broken,
            AuditEnded::KeyLost => Self::KeyLost,
        }
    }
}
