//! A store that is damaged: its files are put aside as they are, and what is whole is saved into a new one.
//!
//! What is saved is written beside the damaged store, under a name of its own, and the damaged files stay where they
//! are until that is complete and on disk. Then a marker is written that says so, and only from then on the next start
//! goes on instead of beginning anew: the damaged files are moved aside, the new store takes their place, the marker
//! goes. Killed at any moment, the damaged store is still there or the new one is.
//!
//! SQLCipher stops at the first page that is not as it was written, and all that stands below a lost page of a table's
//! tree is out of its reach. So every page is opened by itself ([`image`]), and rows are read where they stand
//! ([`records`]): what is lost is what stood on the page that is damaged, and no more.
//!
//! Deliberately absent: deleting anything of the damaged files before the RA users have read what became of them and 30
//! days are over ([`forget`]).

mod copy;
mod forget;
mod image;
mod journal;
mod records;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use contract::CareIdentityUuid;
use jiff::Timestamp;
use rusqlite::Connection;

use super::audit::{self, About, Act, Actor, Against, countersigning, succession};
use super::device::{self, Device, Remembered};
use super::file::{fault, folder_fault, make_beside, open_to_sync, private, sync_folder};
use super::key::{self, key_store_fault};
use super::{StoreError, meta, migrations, rows};
use crate::audit::AuditEnded;
use crate::{KeyStore, OpenError, Random, Recovery, RecoveryReader};

pub(crate) use forget::forget_set_aside;
use image::Image;
pub(super) use image::journal_forgets;

/// The new store, until it is complete and in its place.
const RECOVERED: &str = "store.recovered";
/// Says that the new store is complete, and which folder the damaged files go to.
const MARKER: &str = "store.recovery";
/// The files of a store, the store itself last: as long as it is in its place, nothing else is taken for one.
const FILES: [&str; 3] = ["store.db-shm", "store.db-wal", "store.db"];

/// How many rows of which table stand on a page, as a recovery reads it.
#[cfg(feature = "fuzz")]
pub(crate) fn looked_at(page: &[u8]) -> Vec<Option<&'static str>> {
    let (records::Page::Rows(cells) | records::Page::Entries(cells)) = records::read(page) else { return Vec::new() };
    cells.iter().filter_map(|cell| records::values(&cell.here)).map(|values| copy::table_of(&values)).collect()
}

/// Goes on with a recovery that came to no end.
pub(super) fn finish(folder: &Path) -> Result<(), OpenError> {
    let marker = folder.join(MARKER);
    let aside = match std::fs::read_to_string(&marker) {
        Ok(aside) if is_free_name(&aside) => folder.join(aside),
        // Files are moved to where it says: nowhere but into a folder beside them.
        Ok(_) => return Err(OpenError::Damaged("it does not say where its damaged files go to".into())),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(folder_fault(&error)),
    };
    let moved = (|| {
        let recovered = folder.join(RECOVERED);
        if recovered.try_exists()? {
            make_private_folder(&aside)?;
            sync_folder(folder)?;
            for name in FILES {
                match std::fs::rename(folder.join(name), aside.join(name)) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
            sync_folder(&aside)?;
            sync_folder(folder)?;
            std::fs::rename(&recovered, folder.join("store.db"))?;
            sync_folder(folder)?;
        } else if !folder.join("store.db").try_exists()? {
            return Ok(false);
        }
        std::fs::remove_file(&marker)?;
        sync_folder(folder)?;
        Ok(true)
    })();
    match moved {
        Ok(true) => Ok(()),
        Ok(false) => Err(OpenError::Damaged("what was saved of a damaged store is gone".into())),
        Err(error) => Err(folder_fault(&error)),
    }
}

/// Whether a recovery has not come to its end.
pub(super) fn is_unfinished(folder: &Path) -> Result<bool, OpenError> {
    folder.join(MARKER).try_exists().map_err(|error| folder_fault(&error))
}

/// Whether a file that does not begin with its key's salt, or is not there at all, is of this key nevertheless.
pub(super) fn is_of_key(folder: &Path, key: &key::StoreKey) -> Result<bool, OpenError> {
    let found = Image::read(&folder.join("store.db"), &folder.join("store.db-wal"), key.pages())
        .and_then(|image| image.knows_its_key());
    found.map_err(|error| folder_fault(&error))
}

/// Saves what is whole of a damaged store into a new one, and puts that in its place.
pub(super) fn recover(
    folder: &Path,
    keys: &dyn KeyStore,
    random: &dyn Random,
    now: Timestamp,
) -> Result<(), OpenError> {
    save(folder, keys, random, now)?;
    finish(folder)
}

/// Saves what is whole into a new store beside the damaged one, and marks it as complete.
fn save(folder: &Path, keys: &dyn KeyStore, random: &dyn Random, now: Timestamp) -> Result<(), OpenError> {
    let key = key::existing(keys)?;
    let disk = |error: std::io::Error| folder_fault(&error);
    let image = Image::read(&folder.join("store.db"), &folder.join("store.db-wal"), key.pages()).map_err(disk)?;
    if let Some(found) = image.version().map_err(disk)?.filter(|found| *found > migrations::LATEST) {
        return Err(OpenError::Newer { found, known: migrations::LATEST });
    }
    let recovered = folder.join(RECOVERED);
    let conn = make_beside(folder, RECOVERED, &key)?;
    let aside = free_name(folder, now).map_err(disk)?;
    let tx = conn.unchecked_transaction().map_err(|error| fault(&error))?;
    let found = copy::copy(&image, &tx)?;
    let audit = follow_up(&tx, &image, (keys, random), now)?;
    let recovery = Recovery {
        found_at: now,
        set_aside: Some(aside.clone()),
        recovered: found.recovered,
        to_send: found.to_send,
        lost: found.lost(),
        lost_is_all: audit.goes_on,
        drafts: found.drafts,
        audit_rows: audit.rows,
        audit_goes_on: audit.goes_on,
        acknowledged_at: None,
        read_by: Vec::new(),
        concerns: concerned(&tx).map_err(store_fault)?,
        deleted_at: None,
    };
    tell(&tx, now, &recovery).map_err(store_fault)?;
    tx.commit().map_err(|error| fault(&error))?;
    drop(conn);
    let marked = open_to_sync(&recovered).and_then(|file| file.sync_all()).and_then(|()| mark(folder, &aside));
    marked.map_err(disk)
}

/// What became of the audit.
struct Audit {
    rows: i64,
    goes_on: bool,
}

/// An audit that is whole goes on. Of one that is not, what is left is kept, and another is begun that names it.
fn follow_up(
    conn: &Connection,
    image: &Image,
    (keys, random): (&dyn KeyStore, &dyn Random),
    now: Timestamp,
) -> Result<Audit, OpenError> {
    let known = device::known(conn).unwrap_or_default();
    let kept = Device::kept(keys, known).map_err(key_store_fault)?.map(|device| device.known());
    let remembered = device::remembered(keys).map_err(key_store_fault)?;
    let against = Against { every_receipt: true, ..super::against(conn, kept, remembered) };
    let report = audit::verify(conn, &against).map_err(store_fault)?;
    let rows = conn.query_row("SELECT count(*) FROM audit", [], |row| row.get(0)).map_err(|error| fault(&error))?;
    // Of a damaged journal rows may be lost that others have heard of: going on would tell another story.
    let goes_on = report.is_intact() && known.is_some() && known == kept && !image.journal_is_damaged();
    if !goes_on {
        let kept = kept.map(|kept| kept.id);
        let device = Device::make(keys, random, None).map_err(key_store_fault)?;
        succession::ending(conn, report.rows, kept, remembered.as_ref(), AuditEnded::Damaged)
            .and_then(|before| succession::begin(conn, now, &device, &before, (None, remembered.as_ref())))
            .map_err(store_fault)?;
    }
    // What named the gateway's key may be lost, and the audit whole.
    countersigning::pin(conn, remembered.as_ref().and_then(Remembered::gateway)).map_err(store_fault)?;
    Ok(Audit { rows, goes_on })
}

/// Who recorded something or began a draft, as far as the rows know that were saved.
fn concerned(conn: &Connection) -> Result<Vec<CareIdentityUuid>, StoreError> {
    let mut statement = conn.prepare(
        "SELECT author FROM submission UNION SELECT author FROM draft
         UNION SELECT actor FROM audit WHERE act = 'recorded'
         UNION SELECT actor FROM audit_before WHERE act = 'recorded'",
    )?;
    rows::readable(statement.query_map([], |row| rows::parsed(row, 0, str::parse))?)
}

/// Writes down what became of a store.
pub(super) fn note(conn: &Connection, recovery: &Recovery) -> Result<(), StoreError> {
    meta::set(conn, &format!("{}{}", meta::RECOVERY, recovery.found_at), &rows::to_json(recovery)?)
}

/// Writes down what became of it, for the RA users and in the audit.
fn tell(conn: &Connection, now: Timestamp, recovery: &Recovery) -> Result<(), StoreError> {
    note(conn, recovery)?;
    let at_least = if recovery.lost_is_all { "" } else { "at least " };
    let detail = format!("{} recovered, {at_least}{} lost", recovery.recovered, recovery.lost);
    audit::append_row(conn, now, "recovered", Default::default(), ["", "", &detail])
}

/// What became of damaged stores here, the last one last.
pub(crate) fn recoveries(conn: &Connection) -> Result<Vec<Recovery>, StoreError> {
    let told = meta::beginning(conn, meta::RECOVERY)?;
    let mut told: Vec<Recovery> = told.iter().filter_map(|(_, text)| serde_json::from_str(text).ok()).collect();
    // Not as their names are ordered: of two in one second the one with a fraction would come first.
    told.sort_by_key(|recovery| recovery.found_at);
    Ok(told)
}

/// Somebody has read what became of the one that was found then: an RA user for themselves, or nobody who is known. Those
/// that were not shown stay unread.
pub(crate) fn acknowledge(
    conn: &Connection,
    now: Timestamp,
    found_at: Timestamp,
    who: Option<&Actor>,
) -> Result<(), StoreError> {
    for mut recovery in recoveries(conn)?.into_iter().filter(|recovery| recovery.found_at == found_at) {
        match who {
            Some(actor) if !recovery.is_read_by(&actor.uuid) => {
                recovery.read_by.push(RecoveryReader { who: actor.uuid.clone(), at: now });
                audit::append(conn, now, Act::RecoveryRead, actor, &About::default())?;
            }
            None if recovery.acknowledged_at.is_none() => {
                audit::append_row(conn, now, Act::RecoveryRead.as_str(), Default::default(), [""; 3])?;
            }
            _ => continue,
        }
        recovery.acknowledged_at.get_or_insert(now);
        note(conn, &recovery)?;
    }
    Ok(())
}

/// Written beside its place and moved there, so that it is never half a marker.
fn mark(folder: &Path, aside: &str) -> std::io::Result<()> {
    let beside = folder.join("store.recovery.new");
    let mut file = private(OpenOptions::new().write(true).create(true).truncate(true)).open(&beside)?;
    file.write_all(aside.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, folder.join(MARKER))?;
    sync_folder(folder)
}

/// How the names of folders for damaged files begin.
const ASIDE: &str = "set-aside-";

/// Whether a marker names a folder as [`free_name`] does: one beside the store, and no path to anywhere else.
fn is_free_name(name: &str) -> bool {
    let rest = name.strip_prefix(ASIDE);
    rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}

/// A name no folder has yet.
fn free_name(folder: &Path, now: Timestamp) -> std::io::Result<String> {
    let name = format!("{ASIDE}{}", now.strftime("%Y-%m-%dT%H%M%SZ"));
    let mut free = name.clone();
    for more in 2.. {
        if !folder.join(&free).try_exists()? {
            break;
        }
        free = format!("{name}-{more}");
    }
    Ok(free)
}

fn make_private_folder(path: &PathBuf) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn store_fault(error: StoreError) -> OpenError {
    match error {
        StoreError::DiskFull => OpenError::DiskFull,
        error => OpenError::FolderNotWritable(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
