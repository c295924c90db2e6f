//! What became of a store that was found damaged, or was gone: numbers, for the RA user and for whoever looks after the computer.

use std::path::Path;

use contract::CareIdentityUuid;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{KeyStore, OpenError, store};

/// How long damaged files are kept once each RA user concerned has read what became of them.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long they are kept at most while somebody concerned has not, from when the first RA user had: they may have left.
const KEPT_AT_MOST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A store that was found damaged or gone, and what was saved of it. The damaged files are kept as they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// When it was found, by the computer's clock.
    pub found_at: Timestamp,
    /// The folder with the damaged files, within the data folder; how long it is kept says [`Self::kept_until`]. None:
    /// there was no file any more, though the key store remembers one, and what was in it is not known.
    pub set_aside: Option<String>,
    /// Recorded registrations that are here again, with the key and the bytes they were recorded with.
    pub recovered: u32,
    /// Of these, those that the gateway had not answered for as far as could be read.
    pub to_send: u32,
    /// Recorded registrations that are known to have been there and are not here again.
    pub lost: u32,
    /// Whether that is all of them. Otherwise there were at least as many.
    pub lost_is_all: bool,
    /// Drafts that are here again.
    pub drafts: u32,
    /// Rows of the audit that are here again.
    pub audit_rows: i64,
    /// Whether the audit was whole and goes on. Otherwise a new one was begun that names it.
    pub audit_goes_on: bool,
    /// When somebody first said that they have read this, signed in or not.
    pub acknowledged_at: Option<Timestamp>,
    /// The RA users who said so while they were signed in, the first one first.
    #[serde(default)]
    pub read_by: Vec<RecoveryReader>,
    /// The RA users who are known to have recorded something here or begun a draft: what was lost may be theirs.
    #[serde(default)]
    pub concerns: Vec<CareIdentityUuid>,
    /// When the damaged files were deleted, after that time.
    #[serde(default)]
    pub deleted_at: Option<Timestamp>,
}

/// An RA user who has read what became of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryReader {
    /// Who.
    pub who: CareIdentityUuid,
    /// When, by the computer's clock.
    pub at: Timestamp,
}

impl Recovery {
    /// There was no file any more.
    pub(crate) const fn of_nothing(found_at: Timestamp) -> Self {
        Self {
            found_at,
            set_aside: None,
            recovered: 0,
            to_send: 0,
            lost: 0,
            lost_is_all: false,
            drafts: 0,
            audit_rows: 0,
            audit_goes_on: false,
            acknowledged_at: None,
            read_by: Vec::new(),
            concerns: Vec::new(),
            deleted_at: None,
        }
    }

    /// Whether this RA user has read it.
    pub fn is_read_by(&self, who: &CareIdentityUuid) -> bool {
        self.read_by.iter().any(|reader| reader.who == *who)
    }

    /// Whether somebody who is known to be concerned has not read it yet.
    pub fn waits_for_readers(&self) -> bool {
        self.concerns.iter().any(|who| !self.is_read_by(who))
    }

    /// Until when the damaged files are kept: 30 days from when each RA user who is concerned had read this while they
    /// were signed in, and 90 days from when the first one had where one of them does not. None: nobody has, or there
    /// are none.
    pub fn kept_until(&self) -> Option<Timestamp> {
        let first = self.read_by.first().filter(|_| self.set_aside.is_some() && self.deleted_at.is_none())?;
        if self.waits_for_readers() {
            return first.at.checked_add(KEPT_AT_MOST).ok();
        }
        let concerned = self.read_by.iter().filter(|reader| self.concerns.contains(&reader.who));
        let last = concerned.map(|reader| reader.at).max().unwrap_or(first.at);
        last.checked_add(KEPT).ok()
    }
}

/// What became of the store of a data folder each time it was found damaged, the last time last. Changes nothing; while
/// RA Desk has the store open this gives [`OpenError::InUse`]. Waits for the disk and the key store.
pub fn recoveries(data_dir: &Path, keys: &dyn KeyStore) -> Result<Vec<Recovery>, OpenError> {
    store::recoveries_of(data_dir, keys)
}
