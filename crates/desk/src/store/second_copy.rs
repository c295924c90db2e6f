//! Which submissions stand in the second copy, and which file that is.
//!
//! A submission is marked with the name of the file it stands in, after it is on that disk; what a file lacks is known
//! from here whatever became of it.

use contract::{DeviceId, SEALED_HEAD, SealedRecord, SealedRegistration, SealingKey, SubmissionKey};
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::submissions::{COLUMNS, life, read};
use super::{StoreError, audit, meta, rows, vault};

/// The file of the second copy, as far as it is known to be on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CopyFile {
    /// Its random name, 32 hexadecimal digits.
    pub(crate) name: String,
    /// How long it is at least, in bytes.
    pub(crate) length: u64,
    /// The number of its last record.
    pub(crate) records: u64,
    /// It was found longer than that once: a crash came between the disk and the store, or this store was put back from
    /// a copy. What it holds beside what is known here may be waiting, so it is never removed.
    #[serde(default)]
    pub(crate) holds_more: bool,
}

impl CopyFile {
    /// One of that name in which nothing stands yet.
    pub(crate) fn new(name: String) -> Self {
        Self { name, length: SEALED_HEAD as u64, records: 0, holds_more: false }
    }
}

/// What waits and has no copy in a file.
const WITHOUT: &str = "status IN ('ready_to_send', 'sending') AND withdrawal_requested = 0 AND copied_in IS NOT ?1";

/// What a file lacks: what was recorded and not answered for, and what was taken back after it was copied anywhere.
pub(super) const LACKING: &str = "CASE WHEN status IN ('ready_to_send', 'sending') AND withdrawal_requested = 0
         THEN copied_in IS NOT ?1
         ELSE copied_in IS NOT NULL AND withdrawal_copied_in IS NOT ?1
              AND (status = 'withdrawn' OR (status IN ('ready_to_send', 'sending') AND withdrawal_requested = 1)) END";

/// How many wait and do not stand in a file; in no file, when none was begun. What was taken back waits for nothing.
pub(crate) fn count_without(conn: &Connection, file: Option<&str>) -> Result<u32, StoreError> {
    let sql = format!("SELECT count(*) FROM submission WHERE {WITHOUT}");
    // No file has the name of nothing, so nothing stands in it.
    Ok(conn.prepare_cached(&sql)?.query_row([file.unwrap_or_default()], |row| row.get(0))?)
}

/// Some of what a file lacks.
pub(crate) struct Lacking {
    /// As records that follow the file's last one: those of them that can be read.
    pub(crate) records: Vec<SealedRecord>,
    /// The last that was looked at, readable or not; none behind the last there is.
    pub(crate) last: Option<String>,
    /// Whether any of them is sealed by a vault that is closed.
    pub(crate) closed: bool,
}

/// The oldest of what a file lacks behind a key, so that one that cannot be read holds none up.
pub(crate) fn lacking(
    conn: &Connection,
    device: DeviceId,
    file: &CopyFile,
    behind: Option<&str>,
    limit: u32,
) -> Result<Lacking, StoreError> {
    let sql = format!("SELECT {COLUMNS}, author FROM submission WHERE {LACKING} AND key > ?2 ORDER BY key LIMIT ?3");
    let mut statement = conn.prepare_cached(&sql)?;
    let author = statement.column_count() - 1;
    let (mut last, mut closed) = (None, false);
    let found = statement.query_map(params![file.name, behind.unwrap_or_default(), limit], |row| {
        last = Some(row.get("key")?);
        record(row, author, device)
    })?;
    let open = found.filter(|found| {
        let is_closed = found.as_ref().is_err_and(vault::is_closed);
        closed |= is_closed;
        !is_closed
    });
    let mut records = rows::readable(open)?;
    records.iter_mut().zip(file.records + 1..).for_each(|(record, number)| record.number = number);
    Ok(Lacking { records, last, closed })
}

/// A record without its number. That something was taken back is known without opening it.
fn record(row: &rusqlite::Row<'_>, author: usize, device: DeviceId) -> rusqlite::Result<SealedRecord> {
    let recorded = if life(row, 10)?.may_be_copied() { Some(read(row)?) } else { None };
    Ok(SealedRecord {
        device,
        number: 0,
        author: rows::parsed(row, author, str::parse)?,
        role: rows::parsed(row, 5, str::parse)?,
        key: rows::parsed(row, 0, str::parse)?,
        registration: recorded
            .map(|recorded| SealedRegistration { care_identity: recorded.profile.uuid, body: recorded.body }),
    })
}

/// Whether the gateway has this computer's key, without which it believes no record that was signed with it.
pub(crate) fn is_told(conn: &Connection, device: DeviceId) -> Result<bool, StoreError> {
    let told = meta::get(conn, meta::DEVICE_TOLD)?.is_some_and(|told| told == device.to_string());
    // A store that was recovered knows it from the audit that goes on in it.
    Ok(told || audit::last_receipt(conn)?.is_some_and(|receipt| receipt.head.head.device == device))
}

/// The gateway has taken this computer's key. Says whether that is new.
pub(crate) fn told(conn: &Connection, device: DeviceId) -> Result<bool, StoreError> {
    let name = device.to_string();
    let is_new = meta::get(conn, meta::DEVICE_TOLD)?.as_ref() != Some(&name);
    if is_new {
        meta::set(conn, meta::DEVICE_TOLD, &name)?;
    }
    Ok(is_new)
}

/// These are on the disk of the second copy: what was recorded, and what was taken back.
pub(crate) fn copied(conn: &Connection, file: &CopyFile, keys: &[(SubmissionKey, bool)]) -> Result<(), StoreError> {
    for (key, withdrawn) in keys {
        let column = if *withdrawn { "withdrawal_copied_in" } else { "copied_in" };
        conn.prepare_cached(&format!("UPDATE submission SET {column} = ?2 WHERE key = ?1"))?
            .execute(params![key.to_string(), file.name])?;
    }
    meta::set(conn, meta::SECOND_COPY, &rows::to_json(file)?)
}

/// The file that was written last. One that cannot be read is none: another is begun.
pub(crate) fn file(conn: &Connection) -> Result<Option<CopyFile>, StoreError> {
    Ok(meta::get(conn, meta::SECOND_COPY)?.and_then(|text| serde_json::from_str(&text).ok()))
}

/// The most files that are remembered to be removed, now or later: sticks that never come back must not be remembered for
/// ever.
const MOST_DONE: usize = 16;

/// Whether another file may be begun in place of this one: something stands in it, and everything in it that is known
/// here is settled at the gateway. What it holds beside that is settled or not, so it is not removed then.
pub(crate) fn is_settled(conn: &Connection, file: &CopyFile) -> Result<bool, StoreError> {
    Ok(nothing_waits(conn)? && (file.holds_more || file.records != 0 && is_known(conn, file)?))
}

/// Whether nothing waits on this computer at all, and the gateway has heard of what was taken back.
fn nothing_waits(conn: &Connection) -> Result<bool, StoreError> {
    // Every other status is one that the gateway gave, or stands for what it has heard of once no withdrawal is noted.
    let waits = "SELECT EXISTS (SELECT 1 FROM submission WHERE status IN ('ready_to_send', 'sending'))";
    Ok(!conn.query_row(waits, [], |row| row.get::<_, bool>(0))? && meta::beginning(conn, meta::WITHDRAWN)?.is_empty())
}

/// Whether every record in the file in use is one of a submission that is known here.
fn is_known(conn: &Connection, file: &CopyFile) -> Result<bool, StoreError> {
    let known = "SELECT count(*) FILTER (WHERE copied_in = ?1) + count(*) FILTER (WHERE withdrawal_copied_in = ?1)
                 FROM submission";
    let known: i64 = conn.query_row(known, [&file.name], |row| row.get(0))?;
    Ok(!file.holds_more && known == i64::try_from(file.records).unwrap_or(-1))
}

/// The files that may be removed.
pub(crate) fn done(conn: &Connection) -> Result<Vec<CopyFile>, StoreError> {
    listed(conn, meta::SECOND_COPY_DONE)
}

/// The files that were in use on sticks that were away when another was begun: they may be removed once all is settled.
pub(crate) fn away(conn: &Connection) -> Result<Vec<CopyFile>, StoreError> {
    listed(conn, meta::SECOND_COPY_AWAY)
}

fn listed(conn: &Connection, list: &str) -> Result<Vec<CopyFile>, StoreError> {
    Ok(meta::get(conn, list)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// The name that is to be taken next, if it was not taken yet and its file, if it was begun, not removed.
pub(crate) fn intended(conn: &Connection) -> Result<Option<CopyFile>, StoreError> {
    let Some(name) = meta::get(conn, meta::SECOND_COPY_NEXT)? else { return Ok(None) };
    Ok(done(conn)?.into_iter().find(|file| file.name == name))
}

/// A file is about to be begun in which nothing stands: killed before it is written to, it may be removed.
pub(crate) fn intend(conn: &Connection, new: &CopyFile) -> Result<(), StoreError> {
    let mut done = done(conn)?;
    done.push(new.clone());
    put(conn, meta::SECOND_COPY_DONE, done)?;
    meta::set(conn, meta::SECOND_COPY_NEXT, &new.name)
}

/// The new file, which is on disk, takes the place of the one in use, which may be removed then unless it holds more than
/// is known here. Not where anything in that waits by now, or another is in use: says which.
pub(crate) fn take_turns(conn: &Connection, old: &CopyFile, new: &CopyFile) -> Result<bool, StoreError> {
    if file(conn)?.as_ref() != Some(old) || !is_settled(conn, old)? {
        return Ok(false);
    }
    let mut done = done(conn)?;
    done.retain(|file| file.name != new.name);
    done.extend((!old.holds_more).then(|| old.clone()));
    put(conn, meta::SECOND_COPY_DONE, done)?;
    meta::remove(conn, meta::SECOND_COPY_NEXT)?;
    // The gateway has heard of all of it, so no file need say of any of it that it was taken back: else each new file
    // would be told so, be settled by that, and be followed by another, for ever.
    conn.execute_batch(
        "UPDATE submission SET copied_in = NULL, withdrawal_copied_in = NULL
             WHERE copied_in IS NOT NULL OR withdrawal_copied_in IS NOT NULL",
    )?;
    meta::set(conn, meta::SECOND_COPY, &rows::to_json(new)?)?;
    Ok(true)
}

/// The new file, which is on disk, is used from now on in place of one that is not there, which is remembered.
pub(crate) fn begin_elsewhere(conn: &Connection, old: &CopyFile, new: &CopyFile) -> Result<(), StoreError> {
    put_away(conn, old)?;
    meta::set(conn, meta::SECOND_COPY, &rows::to_json(new)?)
}

/// Remembers a file that is in use until now. One that holds what is not known here is left where it is.
fn put_away(conn: &Connection, old: &CopyFile) -> Result<(), StoreError> {
    if !is_known(conn, old)? {
        return Ok(());
    }
    let mut away = away(conn)?;
    away.push(old.clone());
    put(conn, meta::SECOND_COPY_AWAY, away)
}

/// Whether there are files on other sticks of which all is settled by now.
pub(crate) fn is_any_to_let_go(conn: &Connection) -> Result<bool, StoreError> {
    Ok(!away(conn)?.is_empty() && nothing_waits(conn)?)
}

/// Those files may be removed.
pub(crate) fn let_go(conn: &Connection) -> Result<(), StoreError> {
    if !is_any_to_let_go(conn)? {
        return Ok(());
    }
    let mut done = done(conn)?;
    done.extend(away(conn)?);
    put(conn, meta::SECOND_COPY_DONE, done)?;
    meta::remove(conn, meta::SECOND_COPY_AWAY)
}

/// A file is removed, or is not to be.
pub(crate) fn forget(conn: &Connection, name: &str) -> Result<(), StoreError> {
    let mut done = done(conn)?;
    done.retain(|file| file.name != name);
    put(conn, meta::SECOND_COPY_DONE, done)
}

fn put(conn: &Connection, list: &str, mut files: Vec<CopyFile>) -> Result<(), StoreError> {
    files.drain(..files.len().saturating_sub(MOST_DONE));
    meta::set(conn, list, &rows::to_json(&files)?)
}

/// Whether it was told that the copy is missing, and not yet that it is whole again: before a restart too.
pub(crate) fn is_told_missing(conn: &Connection) -> Result<bool, StoreError> {
    Ok(meta::get(conn, meta::SECOND_COPY_MISSING)?.is_some())
}

/// It was told that the copy is missing, or that it is whole again.
pub(crate) fn told_missing(conn: &Connection, is_missing: bool) -> Result<(), StoreError> {
    if is_missing {
        meta::set(conn, meta::SECOND_COPY_MISSING, "")
    } else {
        meta::remove(conn, meta::SECOND_COPY_MISSING)
    }
}

/// The gateway's key that copies of this store are sealed to.
pub(crate) fn pinned(conn: &Connection) -> Result<Option<SealingKey>, StoreError> {
    let Some(text) = meta::get(conn, meta::SEALING_KEY)? else { return Ok(None) };
    text.parse().map(Some).map_err(|_| StoreError::Failed("the key of the second copy cannot be read".into()))
}

/// Seals to this key from now on, in a file of its own.
pub(crate) fn pin(conn: &Connection, key: &SealingKey) -> Result<(), StoreError> {
    if let Some(old) = file(conn)? {
        put_away(conn, &old)?;
    }
    meta::set(conn, meta::SEALING_KEY, &key.to_string())?;
    meta::remove(conn, meta::SECOND_COPY)
}
