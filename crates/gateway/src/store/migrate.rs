//! Opening the file and bringing it to this version: numbered steps, one transaction each.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// `RADK`, which tells a gateway's file from any other SQLite file.
const APPLICATION: i32 = 0x5241_444b;

/// The steps, in order. A step that was shipped is never changed.
const STEPS: &[&str] = &[
    include_str!("../../migrations/0001_directory_sessions_registrations.sql"),
    include_str!("../../migrations/0002_notices.sql"),
    include_str!("../../migrations/0003_device_audits.sql"),
    include_str!("../../migrations/0004_taking_over.sql"),
    include_str!("../../migrations/0005_audit_intake.sql"),
    include_str!("../../migrations/0006_waiting_and_sealed_copies.sql"),
    include_str!("../../migrations/0007_waiting_more.sql"),
    include_str!("../../migrations/0008_session_keys.sql"),
    include_str!("../../migrations/0009_logouts.sql"),
    include_str!("../../migrations/0010_opened_sessions.sql"),
];

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite says no.
    #[error("the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file is no database, or part of it is missing. It is left as it is.
    #[error(
        "{path} is not a whole gateway database ({reason}); nothing was changed: restore it from a copy, or move it \
         away to start with an empty one"
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The file was written by a newer gateway. It is left as it is.
    #[error(
        "{path} was written by a newer version (step {found}, this version knows {known}); nothing was changed: start \
         that version"
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its step.
        found: usize,
        /// The last step known here.
        known: usize,
    },
    /// The database was made with other keys.
    #[error("the database was made with other keys than those in the folder `secrets`; put back the right ones")]
    OtherKeys,
    /// A key that vaults were made with is not here.
    #[error(
        "the key `{file}` in the folder `secrets` is missing or is another one, and what RA users sealed with the right \
         one would stay closed; put it back (a key for vaults is replaced once, and stays as `vault-before.key`)"
    )]
    VaultKeyMissing {
        /// Its file's name.
        file: &'static str,
    },
    /// The commit failed; nothing of the act was kept.
    #[error("not committed: {0}")]
    NotCommitted(Arc<Self>),
    /// A row holds what this version does not understand.
    #[error("a row of {table} is not understood")]
    NotUnderstood {
        /// Which table.
        table: &'static str,
    },
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
    /// The file cannot be looked at.
    #[error("{path} cannot be used: {source}")]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system gives no thread.
    #[error("no thread for the store: {0}")]
    NoThread(io::Error),
}

/// Opens the writing connection.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let is_new = look_at_the_file(path)?;
    let damaged = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
            StoreError::Damaged { path: path.to_owned(), reason: error.to_string() }
        }
        _ => StoreError::Sqlite(error),
    };
    if is_new {
        create(path).map_err(|source| StoreError::Unusable { path: path.to_owned(), source })?;
    }
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    if !is_new {
        check_identity(&connection, path).map_err(|error| match error {
            StoreError::Sqlite(error) => damaged(error),
            other => other,
        })?;
    }
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; \
         PRAGMA secure_delete = ON; PRAGMA cache_size = -16384;",
    )?;
    for (number, step) in STEPS.iter().enumerate().skip(version(&connection)?) {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {step}; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {}; COMMIT;",
            number + 1
        ))?;
        tracing::info!(step = number + 1, "the database was brought to this step");
    }
    if is_new {
        // From now on an empty file means that something was lost.
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    }
    Ok(connection)
}

/// A store of this version that is gone when it is closed.
#[cfg(feature = "fuzz")]
pub(super) fn passing() -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory()?;
    for step in STEPS {
        connection.execute_batch(step)?;
    }
    Ok(connection)
}

/// Makes the file, for nobody but the gateway to read. SQLite gives its journals the same mode.
fn create(path: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Whether there is no file yet. A file of no bytes without a journal is one that was cut off, not a new one; and
/// where there is a journal alone, the file it belongs to was lost.
fn look_at_the_file(path: &Path) -> Result<bool, StoreError> {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-wal");
    let has_journal = std::fs::metadata(&journal).is_ok_and(|metadata| metadata.len() > 0);
    let damaged = |reason: &str| StoreError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() == 0 && !has_journal => Err(damaged("the file is empty")),
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound && has_journal => {
            Err(damaged("only its journal, which ends in -wal, is there"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(StoreError::Unusable { path: path.to_owned(), source }),
    }
}

/// Whether this is a whole file of ours, of this version or an older one. Only reads.
fn check_identity(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let damaged = |reason: &str| StoreError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    let application: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let version = version(connection)?;
    if version > 0 && application != APPLICATION {
        return Err(damaged("it belongs to another program"));
    }
    if version > STEPS.len() {
        return Err(StoreError::Newer { path: path.to_owned(), found: version, known: STEPS.len() });
    }
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    if version == 0 && tables > 0 {
        return Err(damaged("it belongs to another program"));
    }
    let finding: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if finding == "ok" { Ok(()) } else { Err(damaged(&finding)) }
}

fn version(connection: &Connection) -> Result<usize, rusqlite::Error> {
    connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).map(|version| version as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_file_or_its_journals() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite3");
        let connection = open(&path).unwrap();
        connection.execute("INSERT INTO meta (name, value) VALUES ('one', x'01')", []).unwrap();
        for file in ["a.sqlite3", "a.sqlite3-wal", "a.sqlite3-shm"] {
            let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_journal_without_its_file_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let (path, journal) = (folder.path().join("a.sqlite3"), folder.path().join("a.sqlite3-wal"));
        std::fs::write(&journal, "acts of a database that was lost").unwrap();
        assert!(matches!(open(&path), Err(StoreError::Damaged { .. })));
        assert_eq!(std::fs::read_to_string(&journal).unwrap(), "acts of a database that was lost");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
    }

    #[test]
    fn a_file_of_each_step_that_was_shipped_is_brought_here_with_its_rows() {
        for known in 1..STEPS.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.sqlite3");
            let old = Connection::open(&path).unwrap();
            for step in &STEPS[..known] {
                old.execute_batch(step).unwrap();
            }
            old.pragma_update(None, "application_id", APPLICATION).unwrap();
            old.pragma_update(None, "user_version", u32::try_from(known).unwrap()).unwrap();
            old.execute("INSERT INTO meta (name, value) VALUES ('kept', x'01')", []).unwrap();
            drop(old);
            let connection = open(&path).unwrap();
            assert_eq!(version(&connection).unwrap(), STEPS.len());
            let kept = |sql| connection.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
            assert_eq!(kept("SELECT count(*) FROM meta WHERE name = 'kept'"), 1);
            assert_eq!(kept("SELECT count(*) FROM held_roles"), 0, "the last step's table is there");
        }
    }
}
