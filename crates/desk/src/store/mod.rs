//! The one encrypted file on this computer, and the only place with SQL.
//!
//! One thread writes and one reads ([`threads`]); every write is on disk before it is answered, and no
//! transaction spans a wait for anything else. Nothing unsent is ever deleted, and what cannot be read stays.
//!
//! Deliberately absent: rules. What may happen to a submission is decided in [`crate::submission`], what a draft
//! must say in [`crate::registering`].

pub(crate) mod audit;
pub(crate) mod device;
pub(crate) mod drafts;
mod error;
mod file;
mod key;
mod meta;
mod migrations;
pub(crate) mod offline;
pub(crate) mod queue;
mod rows;
mod salvage;
pub(crate) mod second_copy;
pub(crate) mod submissions;
mod threads;
pub(crate) mod vault;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::{AuditHash, AuditHead, CareIdentityUuid, PublicKey};
use jiff::Timestamp;
use rusqlite::params;

pub(crate) use rusqlite::Connection;

pub use error::StoreError;
pub(crate) use file::sync_folder;
pub(crate) use key::KEY_NAME;
#[cfg(feature = "fuzz")]
pub(crate) use salvage::looked_at;
pub(crate) use salvage::{acknowledge as acknowledge_recovery, forget_set_aside, recoveries};

use crate::offline::Highest;
use crate::submission::Event;
use crate::{
    AuditBreak, AuditCopyError, AuditFault, AuditReport, DraftId, KeyStore, OpenError, Random, Recovery, StoreHolds,
};
use audit::{About, Act, Actor, Against, countersigning, succession};
use device::{Device, Known, Remembered};
use submissions::{News, StoredSubmission};
use threads::ConnectionThread;
use vault::Vaults;

/// The open store. Dropping it finishes what was asked of it and closes the file.
pub(crate) struct Store {
    reader: ConnectionThread,
    /// Closed after the one that reads: the last one brings the journal into the file and takes it away.
    writer: ConnectionThread,
    /// Released last, when both connections are closed.
    _lock: File,
    /// The folder it stands in.
    pub(crate) folder: PathBuf,
    /// How the audit was when the store was opened.
    pub(crate) audit: AuditReport,
    /// What signs the audit, if the key store gives it.
    pub(crate) device: Option<Device>,
    /// Whether the key store said what it remembers of the audit.
    heard: bool,
    /// What the audit was held against when the store was opened.
    against: Against,
    /// The gateway's key, as the key store knew it when the store was opened: also that of an audit before this one.
    pub(crate) gateway: Option<PublicKey>,
    /// The highest time that was ever seen here, as the file and the key store know it.
    pub(crate) highest: Highest,
    /// The RA users' vaults: whose are open.
    pub(crate) vaults: Arc<Vaults>,
}

impl Store {
    /// Opens the store in a folder, or makes one. Waits for the disk and the key store.
    pub(crate) fn open(
        folder: &Path,
        keys: &dyn KeyStore,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<Self, OpenError> {
        let mut opened = file::open(folder, keys, random, now)?;
        let remembered = device::remembered(keys)
            .inspect_err(|error| tracing::warn!(%error, "what the key store remembers of the audit cannot be read"));
        let heard = remembered.is_ok();
        let gateway = remembered.as_ref().ok().and_then(|remembered| remembered.as_ref()?.gateway());
        let checked = (|| {
            let tx = opened.writer.unchecked_transaction()?;
            submissions::restart(&tx)?;
            drafts::forget_discarded(&tx)?;
            tx.commit()?;
            vault::close_all(&opened.writer, &opened.vaults)?;
            let remembered = remembered.unwrap_or_default();
            let (report, against) = check_audit(&opened, keys, remembered)?;
            if report.broken.is_some_and(|broken| broken.why == AuditFault::RolledBack) && !opened.is_new {
                submissions::doubt_confirmations(&opened.writer)?;
            }
            let asked = succession::begin_asked(&opened.writer, now, (keys, random), report.rows, remembered.as_ref());
            let device = match asked {
                Ok(Some(device)) => device,
                Ok(None) => return Ok((report, against)),
                Err(StoreError::DiskFull) => return Err(StoreError::DiskFull),
                // The audit that is here goes on, and the next start tries again: that locks nobody out.
                Err(error) => {
                    tracing::error!(%error, "a new audit was asked for, and could not be begun");
                    return Ok((report, against));
                }
            };
            opened.device = Some(device);
            check_audit(&opened, keys, remembered)
        })();
        // What is not sent yet must stay within reach, so a broken chain is told and does not lock anybody out.
        let (audit, against) = match checked {
            Ok(checked) => checked,
            Err(StoreError::DiskFull) => return Err(OpenError::DiskFull),
            Err(error) => return Err(OpenError::Damaged(error.to_string())),
        };
        if let Some(AuditBreak { row, why }) = audit.broken {
            tracing::error!(row, ?why, "the audit is not as it was written");
        }
        let seen = (offline::highest(&opened.writer), offline::kept::highest(keys));
        // One that does not say is not asked again: what the other knows holds.
        let highest = seen.0.unwrap_or(Highest::NONE).higher(seen.1.unwrap_or(Highest::NONE));
        let thread_fault = |error: std::io::Error| OpenError::Damaged(format!("no thread: {}", error.kind()));
        Ok(Self {
            writer: ConnectionThread::writer(opened.writer).map_err(thread_fault)?,
            reader: ConnectionThread::reader(opened.reader).map_err(thread_fault)?,
            _lock: opened.lock,
            folder: folder.to_owned(),
            audit,
            device: opened.device,
            heard,
            against,
            gateway,
            highest,
            vaults: opened.vaults,
        })
    }

    /// Does some work in one transaction. When this is answered, it is on disk.
    pub(crate) fn write<T, W>(&self, work: W) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run(work)
    }

    /// What the key store is to remember of the audit, signed; none where it cannot be signed. As long as the audit
    /// does not fit what is remembered, or it is not known what that is, it stays: it may be the evidence.
    pub(crate) async fn to_remember(&self, now: Timestamp) -> Result<Option<Remembered>, StoreError> {
        let Some(device) = self.device.as_ref().filter(|_| self.heard && self.audit.is_intact()) else {
            return Ok(None);
        };
        let gateway = self.gateway;
        let (head, receipt, key) = self
            .read(move |conn| {
                Ok((audit::head(conn)?, audit::last_receipt(conn)?, countersigning::pinned(conn, gateway)?))
            })
            .await?;
        let (number, hash) = head.unwrap_or((0, AuditHash::NONE));
        let head = AuditHead { device: device.id(), number, hash, at: now.as_microsecond() };
        Ok(Some(Remembered { head: device.sign(head), receipt, key }))
    }

    /// What the audit of this store is held against, every receipt included.
    pub(crate) fn against(&self) -> Against {
        self.against.clone()
    }

    /// Brings the journal into the file, so that what stood in the clear stands in neither. What cannot be brought over
    /// now is brought over later.
    pub(crate) async fn checkpoint(&self) {
        let checkpoint = self.read(|conn| {
            let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
            Ok(busy)
        });
        match checkpoint.await {
            Ok(false) => {}
            Ok(true) => tracing::info!("the journal is brought into the file later"),
            Err(error) => tracing::warn!(%error, "the journal was not brought into the file"),
        }
    }

    /// Reads without waiting for writes.
    pub(crate) fn read<T, W>(&self, work: W) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.reader.run(work)
    }
}

/// Walks the audit of a store that is being opened, and holds it against what the key store remembers.
fn check_audit(
    opened: &file::StoreFile,
    keys: &dyn KeyStore,
    remembered: Option<Remembered>,
) -> Result<(AuditReport, Against), StoreError> {
    // Each question to the key store takes its time: what is known of it by now is not asked again.
    let kept = match &opened.device {
        Some(device) => Some(device.known()),
        None => Device::kept_known(keys, device::known(&opened.reader).unwrap_or_default()),
    };
    let every = against(&opened.reader, kept, remembered);
    let against = Against { every_receipt: false, ..every.clone() };
    let mut report = audit::verify(&opened.reader, &against)?;
    // The key store knows of an audit, and its store is gone. That is told once; the new one names it from its first
    // row on.
    if opened.is_new && remembered.is_some_and(|before| before.head.head.number > 0) {
        report.broken = Some(AuditBreak { row: 1, why: AuditFault::RolledBack });
    }
    Ok((report, every))
}

/// What a store's audit is held against: its own key, and what the key store remembers of it.
fn against(conn: &Connection, kept: Option<Known>, remembered: Option<Remembered>) -> Against {
    // A name that cannot be read is nobody's: what was signed for somebody does not hold then, and that is told.
    let known = device::known(conn).unwrap_or_default();
    let superseded = known.is_some() && kept.is_some() && kept != known;
    // A head of another store says nothing of this one's rows.
    let remembered = remembered.filter(|remembered| {
        known
            .or(kept)
            .is_some_and(|known| remembered.head.head.device == known.id && remembered.head.is_signed_with(&known.key))
    });
    Against { device: known, remembered, superseded, every_receipt: true }
}

/// Walks the audit of a closed store, every receipt included; none where there never was one. Changes nothing.
pub(crate) fn audit_report(folder: &Path, keys: &dyn KeyStore) -> Result<Option<AuditReport>, OpenError> {
    let remembered = || device::remembered(keys).map_err(key::key_store_fault);
    let Some((conn, _lock)) = file::look(folder, keys)? else {
        let before = remembered()?.map(|remembered| remembered.head.head.number).filter(|rows| *rows > 0);
        return Ok(before.map(|rows| AuditReport {
            rows: 0,
            countersigned: None,
            remembered: Some(rows),
            broken: Some(AuditBreak { row: 1, why: AuditFault::RolledBack }),
            before: None,
            kept_of_earlier: 0,
        }));
    };
    let kept = Device::kept_known(keys, device::known(&conn).unwrap_or_default());
    let against = against(&conn, kept, remembered()?);
    let report = audit::verify(&conn, &against);
    report.map(Some).map_err(|error| OpenError::Damaged(error.to_string()))
}

/// Writes the audit of a closed store as CSV; none where there is no store. Changes nothing.
pub(crate) fn audit_as_csv(
    folder: &Path,
    keys: &dyn KeyStore,
    to: &mut dyn Write,
) -> Result<Option<u64>, AuditCopyError> {
    let Some((conn, _lock)) = file::look(folder, keys)? else { return Ok(None) };
    Ok(Some(audit::as_csv(&conn, to)?.0))
}

/// What a closed store holds, of everybody; none where there is no store. Changes nothing.
pub(crate) fn held(folder: &Path, keys: &dyn KeyStore) -> Result<Option<StoreHolds>, OpenError> {
    let Some((conn, _lock)) = file::look(folder, keys)? else { return Ok(None) };
    queue::held(&conn).map(Some).map_err(|error| OpenError::Damaged(error.to_string()))
}

/// What became of the store of a data folder when it was found damaged, the last time last; none where there is no
/// store. Changes nothing.
pub(crate) fn recoveries_of(folder: &Path, keys: &dyn KeyStore) -> Result<Vec<Recovery>, OpenError> {
    let Some((conn, _lock)) = file::look(folder, keys)? else { return Ok(Vec::new()) };
    recoveries(&conn).map_err(|error| OpenError::Damaged(error.to_string()))
}

/// Turns a draft into a submission: its key, its frozen body and its audit row are written and the draft goes, all
/// in this transaction.
pub(crate) fn record(
    conn: &Connection,
    now: Timestamp,
    actor: &Actor,
    draft: DraftId,
    submission: &StoredSubmission,
) -> Result<(), StoreError> {
    drafts::remove(conn, &actor.uuid, draft)?;
    submissions::insert(conn, &actor.uuid, submission)?;
    let about = About {
        subject: Some(submission.profile.uuid.clone()),
        key: Some(submission.key),
        detail: submission.replaces.map(|key| format!("replaces {key}")).unwrap_or_default(),
    };
    audit::append(conn, now, Act::Recorded, actor, &about)?;
    if let Some(replaced) = submission.replaces {
        submissions::happen(conn, now, actor, replaced, Event::Replaced, News::None)?;
        let changed = conn
            .prepare_cached("UPDATE submission SET replaced_by = ?2 WHERE key = ?1 AND replaced_by IS NULL")?
            .execute(params![replaced.to_string(), submission.key.to_string()])?;
        // Of two drafts that correct the same one, the first that is recorded takes its place.
        if changed == 0 {
            return Err(StoreError::WrongState);
        }
    }
    Ok(())
}

/// Nothing is on its way any more: RA Desk was started anew, or lost what it knew of a request.
pub(crate) fn restart(conn: &Connection) -> Result<(), StoreError> {
    submissions::restart(conn)
}

/// Up to where an RA user's registrations were read.
pub(crate) fn cursor(conn: &Connection, author: &CareIdentityUuid) -> Result<Option<String>, StoreError> {
    meta::get(conn, &meta::cursor_name(author))
}

/// Remembers up to where an RA user's registrations were read.
pub(crate) fn set_cursor(conn: &Connection, author: &CareIdentityUuid, cursor: &str) -> Result<(), StoreError> {
    meta::set(conn, &meta::cursor_name(author), cursor)
}

#[cfg(test)]
mod lives;
#[cfg(test)]
pub(crate) mod spoilt;
#[cfg(test)]
pub(crate) mod tests;
