//! The facade: the things an RA user can do, and the only door.
//!
//! Each of the page's commands is one method here. What an RA user may not do, not yet or not any more, is refused
//! at this door; what is behind it may rely on that.

mod drafts;
mod elsewhere;
mod keeping;
#[cfg(feature = "measure")]
mod measure;
mod network;
mod offline;
mod outbox;
mod people;
mod pin;
mod prepare;
mod session;
mod state;
mod taking_over;
mod upkeep;
mod vault;
mod views;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::gateway_client::GatewayClient;
use crate::store::{Store, queue};
use crate::{Changed, Failure, Happened, NotKept, OpenError, Parts, Settings, StoreHolds, second_copy, sync};

#[cfg(feature = "measure")]
pub use measure::MeasuredStore;
pub(crate) use state::{AtWork, Inner, State};
pub(crate) use taking_over::{settles, still_registers};

/// How often it is looked whether a session's time is over.
const TICK: Duration = Duration::from_secs(1);

/// The desk. Cloning it gives another handle on the same one; when the last is dropped, what runs by itself stops.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
    tasks: TaskTracker,
    _life: Arc<DropGuard>,
}

impl Desk {
    /// Opens the store in a folder and starts what runs by itself. Must be called within a tokio runtime.
    ///
    /// Whatever it fails of, nothing is deleted or overwritten, and nothing is set up in the clear.
    pub async fn open(settings: Settings, data_dir: PathBuf, parts: Parts) -> Result<Self, OpenError> {
        let client = GatewayClient::new(&settings, &parts)?;
        let (keys, random, now) = (parts.keys.clone(), parts.random.clone(), parts.clock.now());
        // The key store may ask its user for a password, and the disk takes its time.
        let store = tokio::task::spawn_blocking(move || Store::open(&data_dir, &*keys, &*random, now))
            .await
            .map_err(|_| OpenError::KeyStoreMissing("it ended unexpectedly".into()))??;
        let inner = Arc::new(Inner::new(settings, parts, store, client));
        let tasks = TaskTracker::new();
        tasks.spawn(sync::run(inner.clone()));
        tasks.spawn(until_stopped(inner.stop.clone(), sync::send_audit(inner.clone())));
        tasks.spawn(until_stopped(inner.stop.clone(), sync::report_waiting(inner.clone())));
        tasks.spawn(until_stopped(inner.stop.clone(), second_copy::run(inner.clone())));
        tasks.spawn(until_stopped(inner.stop.clone(), prepare::run(inner.clone())));
        tasks.spawn(until_stopped(inner.stop.clone(), tell_changes(inner.clone())));
        tasks.spawn(until_stopped(inner.stop.clone(), keep_time(inner.clone())));
        tasks.close();
        let life = Arc::new(inner.stop.clone().drop_guard());
        Ok(Self { inner, tasks, _life: life })
    }

    /// Stops what runs by itself. A request on its way is given up; its submissions are sent again after the next
    /// start. The store is closed when the last handle is dropped.
    pub async fn close(&self) {
        self.inner.stop.cancel();
        self.tasks.wait().await;
        sync::remember(&self.inner).await;
    }

    /// Tells that something is no longer as it was: at once, and at most a few times a second of each kind.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.inner.changes.subscribe()
    }

    /// Tells what whoever looks after the computer may have to know, each of it once.
    pub fn happened(&self) -> broadcast::Receiver<Happened> {
        self.inner.happened.subscribe()
    }

    /// Whether the audit's chain was whole when the store was opened, and the store no older copy of itself.
    pub fn audit_is_whole(&self) -> bool {
        self.inner.store.audit.is_intact()
    }

    /// How much of everybody's waits in the open store, for whoever looks after the computer.
    pub async fn holds(&self) -> Result<StoreHolds, Failure> {
        Ok(self.inner.store.read(queue::held).await?)
    }

    /// Why nothing is recorded on this computer to be sent later, if so.
    pub fn not_kept(&self) -> Option<NotKept> {
        self.inner.not_kept()
    }
}

async fn tell_changes(desk: Arc<Inner>) {
    desk.changes.run().await;
}

async fn keep_time(desk: Arc<Inner>) {
    loop {
        tokio::time::sleep(TICK).await;
        desk.end_if_over();
    }
}

async fn until_stopped(stop: CancellationToken, task: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = task => {}
    }
}
