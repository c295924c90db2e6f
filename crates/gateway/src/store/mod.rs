//! The store: one SQLite file, the only place where SQL stands.
//!
//! One thread owns the writing connection. Acts that wait for it together are committed together, each in a
//! savepoint of its own, and answered after the commit is on disk. Reads have connections of their own. Functions
//! in here take a connection and cannot wait; no transaction spans an `.await`.
//!
//! Deliberately absent: what an answer looks like, and who may ask.

mod audit;
mod audit_intake;
mod countersigning;
mod devices;
mod directory;
mod held_roles;
mod link_sign_ins;
mod migrate;
mod notices;
mod profiles;
mod registrations;
mod rows;
mod sessions;
mod submissions;
mod waiting;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

#[cfg(feature = "fuzz")]
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{Semaphore, oneshot};

#[cfg(feature = "fuzz")]
use crate::keys::Keys;

pub(crate) use audit::{
    Act, append as append_audit, append_of_operator as append_operator_audit, verify as verify_audit,
};
pub(crate) use audit_intake::{audit_link_of, audit_rows_today, count_audit_rows, keep_audit_link, until_tomorrow};
pub(crate) use countersigning::{check_countersigning, countersigning};
pub(crate) use devices::{
    Fork, audit_receipt, audit_row_hash_of, device_key, insert_device, insert_device_row, keep_audit_receipt,
    keep_fork, last_audit_receipt, last_device_row, new_devices_today,
};
pub use directory::DirectoryError;
pub(crate) use directory::{ImportCounts, import, meta, set_meta};
pub(crate) use held_roles::{has_worked_at, held_at, known_role};
pub(crate) use link_sign_ins::{LinkSignIn, forget_old_link_sign_ins, start_link_sign_in, take_link_sign_in};
pub use migrate::StoreError;
pub(crate) use notices::{
    NewNotice, Notice, NoticeCounts, count_notices, due_notices, notice_is_given_up, notice_is_sent, notice_is_tried,
    write_notice,
};
pub(crate) use profiles::{Found, Wanted, account, profile, search};
pub(crate) use registrations::{
    Created, NewRegistration, Removal, StoredRegistration, active_address, changed_since, create_registration,
    has_untold_expiries, link_is_finished, link_is_opened, link_went_wrong, linked_to, new_link, registration,
    registration_by_link, removal, remove_authenticator, tell_expiries,
};
pub(crate) use sessions::{
    HeldRole, Logout, NewSession, StoredSession, TokenKind, end_session, end_sessions_of_issuer, end_unopened_sessions,
    forget_old_sessions, insert_session, insert_token, is_used, open_session, session_by_token, use_proof,
    use_refresh_token, was_logged_out, was_used,
};
pub(crate) use submissions::{Settled, SubmissionRow, Taken, TookOver, settle, submission, take_over, withdraw};
pub use waiting::DeviceSeen;
pub(crate) use waiting::{
    OtherNames, SealedImport, Waiting, devices, is_revoked, keep_import, keep_waiting, other_names, set_revoked,
    waiting,
};

/// How many connections read at the same time.
const READERS: usize = 4;
/// The most acts one commit takes.
const GROUP: usize = 64;

/// The open store.
pub(crate) struct Store {
    write: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    readers: Arc<Mutex<Vec<Connection>>>,
    free: Arc<Semaphore>,
}

/// A directory of nobody, for `tests/fuzz`.
#[cfg(feature = "fuzz")]
pub(crate) struct Passing(Connection);

#[cfg(feature = "fuzz")]
impl Passing {
    pub(crate) fn new() -> Result<Self, StoreError> {
        migrate::passing().map(Self)
    }

    /// Takes a file in, twice, and forgets it again.
    pub(crate) fn take(&self, text: &[u8], keys: &Keys, now: Timestamp) -> Result<[ImportCounts; 2], DirectoryError> {
        let act = self.0.unchecked_transaction()?;
        let counts = [import(&act, text, b"first", keys, now)?, import(&act, text, b"second", keys, now)?];
        act.rollback()?;
        Ok(counts)
    }
}

/// One act: runs in a savepoint, says whether it is to be kept, and is told how the commit went.
type Job = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;
type Answer = Box<dyn FnOnce(Result<(), Arc<StoreError>>) + Send>;

impl Store {
    /// Opens the file, or makes it where there is none, and brings it to this version.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let writer = migrate::open(path)?;
        let readers = (0..READERS)
            .map(|_| {
                let reader = Connection::open_with_flags(
                    path,
                    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                )?;
                reader.busy_timeout(Duration::from_secs(5))?;
                reader.set_prepared_statement_cache_capacity(64);
                Ok(reader)
            })
            .collect::<Result<Vec<_>, rusqlite::Error>>()?;
        let (write, jobs) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || work_through(writer, &jobs))
            .map_err(StoreError::NoThread)?;
        Ok(Self {
            write: Some(write),
            writer: Some(thread),
            readers: Arc::new(Mutex::new(readers)),
            free: Arc::new(Semaphore::new(READERS)),
        })
    }

    /// Does one act and answers once it is on disk. What it answers with `Err` is undone.
    pub(crate) async fn write<T, E, F>(&self, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = act(connection);
            let keep = result.is_ok();
            let answer: Answer = Box::new(move |committed| {
                let answer = match committed {
                    Err(error) if keep => Err(StoreError::NotCommitted(error).into()),
                    _ => result,
                };
                // Whoever asked may have gone; the act stands all the same.
                let _ = tell.send(answer);
            });
            (keep, answer)
        });
        let sent = self.write.as_ref().is_some_and(|write| write.send(job).is_ok());
        if !sent {
            return Err(StoreError::Closed.into());
        }
        told.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Reads, beside whatever is written.
    pub(crate) async fn read<T, E, F>(&self, look: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let Ok(permit) = self.free.clone().acquire_owned().await else { return Err(StoreError::Closed.into()) };
        let readers = Arc::clone(&self.readers);
        let read = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let taken = readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(connection) = taken else { return Err(StoreError::Closed.into()) };
            let result = look(&connection);
            readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            result
        });
        read.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

impl Drop for Store {
    /// Waits until everything that was handed over is on disk.
    fn drop(&mut self) {
        self.write = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing more to finish.
            let _ = writer.join();
        }
    }
}

/// The writer thread: takes what waits, commits it together, answers each.
fn work_through(connection: Connection, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let group = std::iter::once(first).chain(jobs.try_iter().take(GROUP - 1));
        let mut answers = Vec::new();
        let committed = commit_together(&connection, group, &mut answers).map_err(|error| {
            tracing::error!(%error, "a group of acts was not committed");
            if !connection.is_autocommit() {
                // Without this nothing could be written ever after.
                let _ = connection.execute_batch("ROLLBACK");
            }
            Arc::new(error)
        });
        for answer in answers {
            answer(committed.clone());
        }
    }
    // A clean end leaves one file, which is easier to copy.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

fn commit_together(
    connection: &Connection,
    group: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for job in group {
        connection.execute_batch("SAVEPOINT act")?;
        // A panic in one act must not take the writer from all others.
        let Ok((keep, answer)) = catch_unwind(AssertUnwindSafe(|| job(connection))) else {
            connection.execute_batch("ROLLBACK TO act; RELEASE act")?;
            continue;
        };
        answers.push(answer);
        connection.execute_batch(if keep { "RELEASE act" } else { "ROLLBACK TO act; RELEASE act" })?;
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

/// Does one of several things of an act so that its failure undoes it alone. None where it failed.
pub(crate) fn apart<T>(
    connection: &Connection,
    thing: impl FnOnce() -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    connection.execute_batch("SAVEPOINT thing")?;
    match thing() {
        Ok(done) => {
            connection.execute_batch("RELEASE thing")?;
            Ok(Some(done))
        }
        Err(error) => {
            tracing::error!(%error, "one of several things was not done");
            connection.execute_batch("ROLLBACK TO thing; RELEASE thing")?;
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(connection: &Connection) -> Result<i64, StoreError> {
        Ok(connection.query_row("SELECT count(*) FROM meta", [], |row| row.get(0))?)
    }

    #[tokio::test]
    async fn an_act_that_fails_or_panics_undoes_itself_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.sqlite3")).unwrap();
        let put = |name: &'static str| move |connection: &Connection| set_meta(connection, name, b"x");
        store.write(put("one")).await.unwrap();
        let failed: Result<(), StoreError> = store
            .write(|connection| {
                set_meta(connection, "two", b"x")?;
                Err(StoreError::Closed)
            })
            .await;
        assert!(failed.is_err());
        let panicked: Result<(), StoreError> = store
            .write(|connection| {
                set_meta(connection, "three", b"x")?;
                panic!("on purpose");
            })
            .await;
        assert!(panicked.is_err());
        store.write(put("four")).await.unwrap();
        assert_eq!(store.read(count).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn acts_of_one_group_are_undone_apart() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(&folder.path().join("a.sqlite3")).unwrap());
        let mut acts = Vec::new();
        for n in 0..100 {
            let store = Arc::clone(&store);
            acts.push(tokio::spawn(async move {
                store
                    .write(move |connection| {
                        set_meta(connection, &n.to_string(), b"x")?;
                        if n % 3 == 0 { Err(StoreError::Closed) } else { Ok(()) }
                    })
                    .await
            }));
        }
        for (n, act) in acts.into_iter().enumerate() {
            assert_eq!(act.await.unwrap().is_ok(), n % 3 != 0);
        }
        assert_eq!(store.read(count).await.unwrap(), 66);
    }

    #[test]
    fn a_thing_apart_is_undone_alone() {
        let folder = tempfile::tempdir().unwrap();
        let connection = migrate::open(&folder.path().join("a.sqlite3")).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        set_meta(&connection, "before", b"x").unwrap();
        let undone: Option<()> = apart(&connection, || {
            set_meta(&connection, "within", b"x")?;
            Err(StoreError::Closed)
        })
        .unwrap();
        assert_eq!(undone, None);
        assert_eq!(apart(&connection, || set_meta(&connection, "after", b"x")).unwrap(), Some(()));
        connection.execute_batch("COMMIT").unwrap();
        assert_eq!(count(&connection).unwrap(), 2);
    }
}
