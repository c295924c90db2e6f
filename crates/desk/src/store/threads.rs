//! The threads that own the two connections.
//!
//! One writes: jobs that wait together share one transaction, each in a savepoint of its own, and are answered
//! only after the commit is on disk. The journal is brought into the file when nobody waits. One reads, so that a page
//! never waits for a write.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::StoreError;

/// The most jobs that share one transaction.
const MOST_TOGETHER: usize = 256;
/// After so many transactions the journal is brought into the file when nobody waits. Not after each: the journal then
/// begins anew, which costs the next one a second disk sync.
const MANY: u32 = 64;
/// When nobody has wanted anything for so long, nobody waits.
const QUIET: Duration = Duration::from_millis(250);
/// How many pages the journal may have before it is brought into the file while somebody waits.
const LONGEST_JOURNAL: u32 = 4_000;

/// Does some work and keeps what came of it.
type Work = Box<dyn FnOnce(&Connection) -> Result<(), StoreError> + Send>;

/// Work in line.
struct Job {
    work: Work,
    /// Told once whether it is on disk, or why not.
    answer: Box<dyn FnOnce(Result<(), StoreError>) + Send>,
}

/// A thread with a connection. It ends when every handle on it is gone, after finishing what was asked of it.
pub(super) struct ConnectionThread {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl ConnectionThread {
    /// Takes the connection that writes.
    pub(super) fn writer(conn: Connection) -> std::io::Result<Self> {
        Self::start("store-writer", move |jobs| write_loop(&conn, &jobs))
    }

    /// Takes the connection that reads.
    pub(super) fn reader(conn: Connection) -> std::io::Result<Self> {
        Self::start("store-reader", move |jobs| {
            while let Ok(job) = jobs.recv() {
                let done = (job.work)(&conn);
                (job.answer)(done);
            }
        })
    }

    fn start(name: &str, body: impl FnOnce(mpsc::Receiver<Job>) + Send + 'static) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || body(queue))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Runs work on the thread. The work is put in line at once, also when the answer is not waited for.
    pub(super) fn run<T, W>(&self, work: W) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let value = Arc::new(Mutex::new(None));
        let kept = value.clone();
        let job = Job {
            work: Box::new(move |conn| {
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(work(conn)?);
                Ok(())
            }),
            answer: Box::new(move |done| {
                let value = value.lock().unwrap_or_else(PoisonError::into_inner).take();
                // Nobody waiting any more is no fault: what was done is done.
                _ = reply.send(done.and_then(|()| value.ok_or(StoreError::Closed)));
            }),
        };
        let sent = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        async move {
            if !sent {
                return Err(StoreError::Closed);
            }
            answer.await.unwrap_or(Err(StoreError::Closed))
        }
    }
}

impl Drop for ConnectionThread {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing more to say.
            _ = thread.join();
        }
    }
}

fn write_loop(conn: &Connection, jobs: &mpsc::Receiver<Job>) {
    // Where this cannot be set, the journal is only brought into the file more often.
    _ = conn.pragma_update(None, "wal_autocheckpoint", LONGEST_JOURNAL);
    let mut since = 0;
    while let Some(first) = next(conn, jobs, &mut since) {
        let mut together = vec![first];
        while together.len() < MOST_TOGETHER
            && let Ok(job) = jobs.try_recv()
        {
            together.push(job);
        }
        let mut waiting = together.into_iter();
        // A fault that undoes the whole transaction (a full disk) leaves the rest for a transaction of their own.
        while waiting.len() > 0 {
            transaction(conn, &mut waiting);
            since += 1;
        }
    }
}

/// The next job. None when there will be no more.
fn next(conn: &Connection, jobs: &mpsc::Receiver<Job>, since: &mut u32) -> Option<Job> {
    if *since >= MANY {
        match jobs.recv_timeout(QUIET) {
            Ok(job) => return Some(job),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                // What cannot be brought over now is brought over later; it is on the disk as it is.
                _ = conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
                *since = 0;
            }
        }
    }
    jobs.recv().ok()
}

fn transaction(conn: &Connection, jobs: &mut std::vec::IntoIter<Job>) {
    if let Err(error) = conn.execute_batch("BEGIN IMMEDIATE") {
        let error = StoreError::from(error);
        jobs.for_each(|job| (job.answer)(Err(error.clone())));
        return;
    }
    let mut answers = Vec::new();
    let mut fault = None;
    // A savepoint copies every page it changes; whoever is alone needs none.
    let alone = jobs.len() == 1;
    for job in jobs {
        let done = if alone { (job.work)(conn) } else { in_savepoint(conn, job.work) };
        if alone && let Err(error) = &done {
            fault = Some(error.clone());
        }
        if conn.is_autocommit() {
            fault = Some(done.err().unwrap_or_else(|| StoreError::Failed("the transaction was undone".into())));
            answers.push((Ok(()), job.answer));
            break;
        }
        answers.push((done, job.answer));
    }
    if fault.is_none()
        && let Err(error) = conn.execute_batch("COMMIT")
    {
        fault = Some(error.into());
    }
    if fault.is_some() && !conn.is_autocommit() {
        _ = conn.execute_batch("ROLLBACK");
    }
    for (done, answer) in answers {
        answer(fault.clone().map_or(done, Err));
    }
}

fn in_savepoint(conn: &Connection, work: impl FnOnce(&Connection) -> Result<(), StoreError>) -> Result<(), StoreError> {
    conn.execute_batch("SAVEPOINT job")?;
    let done = work(conn);
    if conn.is_autocommit() {
        return done;
    }
    conn.execute_batch(if done.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    done
}
