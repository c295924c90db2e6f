//! The store's file: its folder, its lock, its key, and whether it can be believed.
//!
//! Deliberately absent: the key itself ([`super::key`]), and what is done when it cannot be believed
//! ([`super::salvage`]).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::audit::{countersigning, succession};
use super::device::{self, Device, Remembered};
use super::error::is_full;
use super::key::{self, KEY_NAME, SALT, StoreKey, key_store_fault};
use super::vault::{self, Vaults};
use super::{StoreError, migrations, salvage};
use crate::audit::AuditEnded;
use crate::{KeyStore, OpenError, Random, Recovery};

/// What the canary row says.
const CANARY: &str = "ra-desk store";

/// An open file: the lock is held as long as this lives.
pub(super) struct StoreFile {
    /// The connection that writes.
    pub(super) writer: Connection,
    /// The connection that reads.
    pub(super) reader: Connection,
    /// Held for the life of the store.
    pub(super) lock: File,
    /// What signs its audit, if the key store gives it.
    pub(super) device: Option<Device>,
    /// Whether it was made just now.
    pub(super) is_new: bool,
    /// The RA users' vaults, as both connections know them.
    pub(super) vaults: Arc<Vaults>,
}

/// Opens the store, or makes one where there is none. A damaged one is put aside and what is whole of it is saved
/// ([`salvage`]); whatever else goes wrong, nothing that is there is changed.
pub(super) fn open(
    folder: &Path,
    keys: &dyn KeyStore,
    random: &dyn Random,
    now: Timestamp,
) -> Result<StoreFile, OpenError> {
    make_folder(folder)?;
    let lock = take_lock_patiently(&folder.join("store.lock"))?;
    salvage::finish(folder)?;
    let opened = match open_sound(folder, keys, random, now) {
        Err(OpenError::Damaged(why)) => {
            tracing::error!(why, "the store is damaged");
            if !is_recoverable(folder, keys)? {
                return Err(OpenError::Damaged(why));
            }
            salvage::recover(folder, keys, random, now)?;
            open_sound(folder, keys, random, now)?
        }
        opened => opened?,
    };
    let (writer, reader, device, is_new) = opened;
    let vaults = Arc::default();
    for conn in [&writer, &reader] {
        vault::register(conn, &vaults).map_err(|error| fault(&error))?;
    }
    Ok(StoreFile { writer, reader, lock, device, is_new, vaults })
}

type Opened = (Connection, Connection, Option<Device>, bool);

fn open_sound(folder: &Path, keys: &dyn KeyStore, random: &dyn Random, now: Timestamp) -> Result<Opened, OpenError> {
    let path = folder.join("store.db");
    let is_there = path.try_exists().map_err(|error| folder_fault(&error))?;
    if !is_there {
        check_nothing_left(folder)?;
    }
    let key = if is_there { key::existing(keys)? } else { key::for_a_new_store(keys, random)? };
    let made = if is_there {
        check_whose(folder, &key)?;
        check_journal(folder, &key)?;
        settle_journal(folder).map_err(|error| folder_fault(&error))?;
        None
    } else {
        // A new store has another audit, so it is another device: its predecessor's heads must not fit it.
        let before = device::remembered(keys).map_err(key_store_fault)?;
        let device = Device::make(keys, random, None).map_err(key_store_fault)?;
        create(folder, &path, &key, &device, before, now)?;
        Some(device.settle(keys))
    };
    let mut writer = connect(&path, &key)?;
    check_believable(&writer)?;
    writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(|error| fault(&error))?;
    writer.execute_batch("PRAGMA journal_mode = WAL;").map_err(|error| fault(&error))?;
    migrations::migrate(&mut writer).map_err(|error| fault(&error))?;
    let device = made.or_else(|| Device::of_store(&writer, keys, random));
    let reader = connect(&path, &key)?;
    reader.pragma_update(None, "query_only", true).map_err(|error| fault(&error))?;
    Ok((writer, reader, device, !is_there))
}

/// Whether something here is of the key that is kept: else nothing could be saved, and it may be somebody else's.
fn is_recoverable(folder: &Path, keys: &dyn KeyStore) -> Result<bool, OpenError> {
    let Some(_) = keys.load(KEY_NAME).map_err(key_store_fault)? else { return Ok(false) };
    let key = key::existing(keys)?;
    let path = folder.join("store.db");
    let is_there = path.try_exists().map_err(|error| folder_fault(&error))?;
    // One that begins with its salt is of this key, and so is one that was cut off before it is one.
    Ok(is_there && check_whose(folder, &key) != Err(OpenError::WrongKey) || salvage::is_of_key(folder, &key)?)
}

/// Opens a store that is there only to look at it: nothing is made, moved or brought up to date. None where there is
/// no store.
pub(super) fn look(folder: &Path, keys: &dyn KeyStore) -> Result<Option<(Connection, File)>, OpenError> {
    let path = folder.join("store.db");
    if !salvage::is_unfinished(folder)? && !path.try_exists().map_err(|error| folder_fault(&error))? {
        return Ok(None);
    }
    let lock = take_lock(&folder.join("store.lock"))?;
    if salvage::is_unfinished(folder)? {
        return Err(OpenError::Damaged("what was saved of it is put in its place when RA Desk starts".into()));
    }
    let key = key::existing(keys)?;
    check_whose(folder, &key)?;
    check_journal(folder, &key)?;
    // Closing it leaves its journal as it is. Whether all of it is sound is looked at when RA Desk opens it: that takes
    // a while, and RA Desk may be started meanwhile.
    let conn = connect(&path, &key)?;
    check_version(&conn)?;
    check_canary(&conn)?;
    conn.pragma_update(None, "query_only", true).map_err(|error| fault(&error))?;
    Ok(Some((conn, lock)))
}

/// Makes a new store beside its place and moves it there when it is whole, so that a half-made one is never
/// taken for a store.
fn create(
    folder: &Path,
    path: &Path,
    key: &StoreKey,
    device: &Device,
    before: Option<Remembered>,
    now: Timestamp,
) -> Result<(), OpenError> {
    let unfinished = folder.join("store.new");
    let conn = make_beside(folder, "store.new", key)?;
    // Written before the store is one, so that it cannot be missing from it.
    let named = (|| {
        let tx = conn.unchecked_transaction()?;
        // Whoever answers first is not believed in place of a gateway that this computer knew.
        countersigning::pin(&tx, before.as_ref().and_then(Remembered::gateway))?;
        if before.is_some_and(|before| before.head.head.number > 0) {
            let before = succession::ending(&tx, 0, None, before.as_ref(), AuditEnded::Vanished)?;
            succession::write_down(&tx, now, &before, None)?;
            salvage::note(&tx, &Recovery::of_nothing(now))?;
        }
        device.write_down(&tx)?;
        Ok(tx.commit()?)
    })();
    named.map_err(|error: StoreError| match error {
        StoreError::DiskFull => OpenError::DiskFull,
        error => OpenError::FolderNotWritable(error.to_string()),
    })?;
    drop(conn);
    let moved = open_to_sync(&unfinished)
        .and_then(|file| file.sync_all())
        .and_then(|()| std::fs::rename(&unfinished, path))
        .and_then(|()| sync_folder(folder));
    moved.map_err(|error| folder_fault(&error))
}

/// Makes an empty store of that name, in place of one that was never finished. Its journal is gone when it is closed, so
/// that it can be moved to where it is the store.
pub(super) fn make_beside(folder: &Path, name: &str, key: &StoreKey) -> Result<Connection, OpenError> {
    let path = folder.join(name);
    for left in [path.clone(), folder.join(format!("{name}-journal"))] {
        match std::fs::remove_file(left) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(folder_fault(&error)),
            _ => {}
        }
    }
    private(OpenOptions::new().write(true).create_new(true)).open(&path).map_err(|error| folder_fault(&error))?;
    let mut conn = connect(&path, key)?;
    let made = (|| {
        conn.pragma_update(None, "journal_mode", "delete")?;
        migrations::migrate(&mut conn)?;
        conn.execute("INSERT INTO meta (name, value) VALUES ('canary', ?1)", [CANARY])?;
        Ok(())
    })();
    made.map_err(|error| fault(&error))?;
    Ok(conn)
}

/// Opens a file that is there; SQLite never makes one of its own accord here.
pub(super) fn connect(path: &Path, key: &StoreKey) -> Result<Connection, OpenError> {
    // The cipher sets itself up with the first connection of a process, and not safely for two at once.
    static FIRST: Mutex<()> = Mutex::new(());
    let _one_at_a_time = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|error| fault(&error))?;
    conn.set_prepared_statement_cache_capacity(64);
    // Whoever only looks into a store, or saves what is left of one, has nobody's vault.
    vault::register(&conn, &Arc::default()).map_err(|error| fault(&error))?;
    // Until the file is believed, closing it must not write its journal into it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(|error| fault(&error))?;
    let set_up = (|| {
        // SQLCipher would write its own complaints, with paths, to the standard error.
        conn.execute_batch("PRAGMA cipher_log_level = NONE;")?;
        conn.execute_batch(&key.pragma())?;
        // A page that is looked at again is not decrypted again: 16 MB hold ten thousand registrations.
        conn.execute_batch(
            "PRAGMA temp_store = MEMORY;
             PRAGMA secure_delete = ON;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA cache_size = -16000;
             PRAGMA busy_timeout = 5000;",
        )?;
        // The first statement that needs a page: a key that does not fit shows here.
        conn.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
        Ok(())
    })();
    set_up.map_err(|error| fault(&error))?;
    Ok(conn)
}

/// A journal without its store holds what only that store can take back; a new store would swallow it.
fn check_nothing_left(folder: &Path) -> Result<(), OpenError> {
    for left in ["store.db-wal", "store.db-shm"] {
        if folder.join(left).try_exists().map_err(|error| folder_fault(&error))? {
            return Err(OpenError::Damaged("its journal is here but the store is not".into()));
        }
    }
    Ok(())
}

/// The file's salt tells whose key it was made with; where that is damaged, its pages do.
fn check_whose(folder: &Path, key: &StoreKey) -> Result<(), OpenError> {
    let mut head = [0; SALT];
    let read = File::open(folder.join("store.db")).and_then(|mut file| file.read_exact(&mut head));
    match read {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(OpenError::Damaged("it has no head".into())),
        Err(error) => Err(folder_fault(&error)),
        Ok(()) if head == key.salt() => Ok(()),
        Ok(()) if salvage::is_of_key(folder, key)? => Err(OpenError::Damaged("its head is another".into())),
        Ok(()) => Err(OpenError::WrongKey),
    }
}

/// Before SQLite opens it: what it does not believe of a journal it forgets.
fn check_journal(folder: &Path, key: &StoreKey) -> Result<(), OpenError> {
    let forgets = salvage::journal_forgets(&folder.join("store.db"), &folder.join("store.db-wal"), key.pages());
    if forgets.map_err(|error| folder_fault(&error))? {
        return Err(OpenError::Damaged("its journal is not whole".into()));
    }
    Ok(())
}

/// Brings to the disk what an earlier start was killed over: SQLite believes it as it is read, and what is shown and built
/// upon from now on must outlast a power cut.
fn settle_journal(folder: &Path) -> std::io::Result<()> {
    match open_to_sync(&folder.join("store.db-wal")) {
        Ok(journal) => journal.sync_all()?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    sync_folder(folder)
}

fn check_believable(conn: &Connection) -> Result<(), OpenError> {
    let found = check_version(conn)?;
    let sound: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| fault(&error))?;
    if found == 0 || sound != "ok" {
        return Err(OpenError::Damaged("its tables are not whole".into()));
    }
    check_canary(conn)
}

/// The version of its tables, when it is one that is known here.
fn check_version(conn: &Connection) -> Result<u32, OpenError> {
    let found = migrations::version(conn).map_err(|error| fault(&error))?;
    if found > migrations::LATEST {
        return Err(OpenError::Newer { found, known: migrations::LATEST });
    }
    Ok(found)
}

fn check_canary(conn: &Connection) -> Result<(), OpenError> {
    let canary: String = conn
        .query_row("SELECT value FROM meta WHERE name = 'canary'", [], |row| row.get(0))
        .map_err(|error| fault(&error))?;
    if canary == CANARY { Ok(()) } else { Err(OpenError::Damaged("its canary is another".into())) }
}

fn make_folder(folder: &Path) -> Result<(), OpenError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| folder_fault(&error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
            .map_err(|error| folder_fault(&error))?;
    }
    Ok(())
}

/// Waits a little for somebody who only looks into the store.
fn take_lock_patiently(path: &PathBuf) -> Result<File, OpenError> {
    for _ in 0..10 {
        match take_lock(path) {
            Err(OpenError::InUse) => std::thread::sleep(Duration::from_millis(100)),
            other => return other,
        }
    }
    take_lock(path)
}

fn take_lock(path: &PathBuf) -> Result<File, OpenError> {
    let lock = private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(path)
        .map_err(|error| folder_fault(&error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse),
        Err(TryLockError::Error(error)) => Err(folder_fault(&error)),
    }
}

/// A file that only this account may read.
pub(super) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// A file whose bytes shall be brought to the disk. Windows does that only for a handle that may write.
pub(super) fn open_to_sync(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Makes a rename last through a power cut.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

pub(super) fn folder_fault(error: &std::io::Error) -> OpenError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OpenError::DiskFull,
        // The error's own text may hold a path with somebody's account in it.
        kind => OpenError::FolderNotWritable(kind.to_string()),
    }
}

/// What a failure of SQLite means. Only what says that the file is not as it was written is damage, since that is
/// answered by putting the file aside: whatever may pass is refused, and changes nothing.
pub(super) fn fault(error: &rusqlite::Error) -> OpenError {
    use rusqlite::{Error, ErrorCode};
    if is_full(error) {
        return OpenError::DiskFull;
    }
    match (error.sqlite_error_code(), error) {
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => OpenError::InUse,
        (Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied), _) => {
            OpenError::FolderNotWritable("the store's file cannot be opened".into())
        }
        (Some(ErrorCode::SystemIoFailure), _) => OpenError::FolderNotWritable("the disk failed".into()),
        (Some(code @ (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)), _) => {
            OpenError::Damaged(format!("SQLite {code:?}"))
        }
        // A row that must be here is not, or is not what it must be.
        (
            None,
            Error::QueryReturnedNoRows
            | Error::FromSqlConversionFailure(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
            | Error::InvalidColumnType(..),
        ) => OpenError::Damaged("its rows are not as they should be".into()),
        (Some(code), _) => OpenError::FolderNotWritable(format!("SQLite {code:?}")),
        (None, _) => OpenError::FolderNotWritable("SQLite was used wrongly".into()),
    }
}

#[cfg(test)]
mod tests;
