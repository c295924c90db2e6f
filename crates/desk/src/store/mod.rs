//! The one encrypted file on this computer, and the only place with SQL.
//!
//! One thread writes and one reads ([`threads`]); every write is on disk before it is answered, and no
//! transaction spans a wait for anything else. Nothing unsent is ever deleted, and what cannot be read stays.
//!
//! Deliberately absent: rules. What may happen to a submission is decided in [`crate::submission`], what a draft
//! must say in [`crate::registering`].

pub(crate) mod audit;
pub(crate) mod drafts;
mod error;
mod file;
mod meta;
mod migrations;
pub(crate) mod queue;
mod rows;
pub(crate) mod submissions;
mod threads;

use std::fs::File;
use std::path::Path;

use contract::CareIdentityUuid;
use jiff::Timestamp;
use rusqlite::params;

pub(crate) use rusqlite::Connection;

pub use error::StoreError;
pub(crate) use file::KEY_NAME;

use crate::submission::Event;
use crate::{DraftId, KeyStore, OpenError, Random, StoreHolds};
use audit::{About, Act, Actor};
use submissions::{News, StoredSubmission};
use threads::ConnectionThread;

/// The open store. Dropping it finishes what was asked of it and closes the file.
pub(crate) struct Store {
    reader: ConnectionThread,
    /// Closed after the one that reads: the last one brings the journal into the file and takes it away.
    writer: ConnectionThread,
    /// Released last, when both connections are closed.
    _lock: File,
    /// Whether the audit's chain was whole when the store was opened.
    pub(crate) audit_is_whole: bool,
}

impl Store {
    /// Opens the store in a folder, or makes one. Waits for the disk and the key store.
    pub(crate) fn open(folder: &Path, keys: &dyn KeyStore, random: &dyn Random) -> Result<Self, OpenError> {
        let opened = file::open(folder, keys, random)?;
        let tidied = (|| {
            let tx = opened.writer.unchecked_transaction()?;
            submissions::restart(&tx)?;
            drafts::forget_discarded(&tx)?;
            tx.commit()?;
            audit::is_whole(&opened.reader)
        })();
        // What is not sent yet must stay within reach, so a broken chain is told and does not lock anybody out.
        let audit_is_whole = match tidied {
            Ok(whole) => whole,
            Err(StoreError::DiskFull) => return Err(OpenError::DiskFull),
            Err(error) => return Err(OpenError::Damaged(error.to_string())),
        };
        if !audit_is_whole {
            tracing::error!("the audit's chain is broken");
        }
        let thread_fault = |error: std::io::Error| OpenError::Damaged(format!("no thread: {}", error.kind()));
        Ok(Self {
            writer: ConnectionThread::writer(opened.writer).map_err(thread_fault)?,
            reader: ConnectionThread::reader(opened.reader).map_err(thread_fault)?,
            _lock: opened.lock,
            audit_is_whole,
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

    /// Reads without waiting for writes.
    pub(crate) fn read<T, W>(&self, work: W) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.reader.run(work)
    }
}

/// What a closed store holds, of everybody; none where there is no store. Changes nothing.
pub(crate) fn held(folder: &Path, keys: &dyn KeyStore) -> Result<Option<StoreHolds>, OpenError> {
    let Some((conn, _lock)) = file::look(folder, keys)? else { return Ok(None) };
    queue::held(&conn).map(Some).map_err(|error| OpenError::Damaged(error.to_string()))
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
    // The draft must still be there: pressed twice, one registration is recorded.
    drafts::get(conn, &actor.uuid, draft)?;
    submissions::insert(conn, &actor.uuid, submission)?;
    drafts::remove(conn, draft)?;
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
mod tests;
