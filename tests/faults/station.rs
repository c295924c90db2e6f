//! A desk at its place: a store, a key, a clock that can be put wrong, and a network that can be made bad.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::SubmissionKey;
use desk::{
    Browser, BrowserError, Cause, Clock, Desk, DraftId, NetworkFault, OpenError, Parts, Persistence, ProxyAnswer,
    ProxyFinder, ProxyFinderError, ProxyHop, ProxyQuestion, ProxySource, Settings, SystemClock, SystemRandom,
};
use jiff::Timestamp;
use sandbox::Layout;
use sandbox::fault_proxy::{FaultProxy, settings_behind};
use sandbox::world::ra_users::{isaac_thornbury, owen_pritchard, priya_raman, tomasz_lukaszewski};
use tests::Outcome;
use tests::crowd::Somebody;
use tests::journey::{fill_in_read, start_work};
use tests::practice::{AutoBrowser, FileKeys};

/// The path on which everything is registered.
pub const BATCH: &str = "/v1/registrations/batch";

/// RA users who register, in turn: the gateway lets each of them ask only so often.
pub fn ra_user(turn: usize) -> String {
    let users = [owen_pritchard(), priya_raman(), tomasz_lukaszewski(), isaac_thornbury()];
    users[turn % users.len()].uuid().to_string()
}

/// A computer's clock that somebody puts wrong, or that sleeps.
pub struct WrongClock {
    right: SystemClock,
    wall_ms: AtomicI64,
    steady_ms: AtomicU64,
}

impl WrongClock {
    /// One that is right.
    pub fn right() -> Arc<Self> {
        Arc::new(Self { right: SystemClock::start(), wall_ms: AtomicI64::new(0), steady_ms: AtomicU64::new(0) })
    }

    /// Somebody sets the date and time, by so many seconds from what it shows.
    pub fn jump(&self, seconds: i64) {
        self.wall_ms.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// Time goes by at once.
    pub fn pass(&self, time: Duration) {
        let ms = u64::try_from(time.as_millis()).unwrap_or_default();
        self.wall_ms.fetch_add(i64::try_from(ms).unwrap_or_default(), Ordering::SeqCst);
        self.steady_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        let by = jiff::SignedDuration::from_millis(self.wall_ms.load(Ordering::SeqCst));
        let right = self.right.now();
        right.checked_add(by).unwrap_or(right)
    }

    fn monotonic(&self) -> Duration {
        self.right.monotonic() + Duration::from_millis(self.steady_ms.load(Ordering::SeqCst))
    }
}

struct NoProxies;

impl ProxyFinder for NoProxies {
    fn proxies_for(&self, _: &url::Url, _: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
        Ok(ProxyAnswer { hops: vec![ProxyHop::Direct], source: ProxySource::Nobody })
    }
}

/// Who signs in next: one desk, one person after another.
#[derive(Clone)]
pub struct Next(Arc<Mutex<String>>);

impl Next {
    /// This person signs in from now on.
    pub fn is(&self, user: &str) {
        user.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Browser for Next {
    fn open(&self, url: &str) -> Result<(), BrowserError> {
        let user = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        AutoBrowser { user, role: None }.open(url)
    }
}

/// Opens a desk by that clock.
pub async fn open(
    settings: &Path,
    folder: &Path,
    key: &Path,
    user: &str,
    clock: Arc<WrongClock>,
) -> Result<Desk, OpenError> {
    open_for(settings, folder, key, Next(Arc::new(Mutex::new(user.to_owned()))), clock).await
}

async fn open_for(
    settings: &Path,
    folder: &Path,
    key: &Path,
    next: Next,
    clock: Arc<WrongClock>,
) -> Result<Desk, OpenError> {
    let parts = Parts {
        keys: Arc::new(FileKeys(key.to_owned())),
        browser: Arc::new(next),
        clock,
        random: Arc::new(SystemRandom::default()),
        proxies: Arc::new(NoProxies),
        persistence: Persistence::Kept,
    };
    Desk::open(Settings::read(settings)?, folder.to_owned(), parts).await
}

/// A desk and its surroundings.
pub struct Station {
    /// The desk, with somebody at work.
    pub desk: Desk,
    /// What stands between it and the gateway.
    pub proxy: FaultProxy,
    /// The computer's clock.
    pub clock: Arc<WrongClock>,
    /// Where its store is.
    pub folder: PathBuf,
    /// Where its key is.
    pub key: PathBuf,
    /// Who signs in.
    pub next: Next,
    settings: PathBuf,
}

impl Station {
    /// Opens a desk behind a proxy of its own and has somebody sign in. What is not the store's lies beside `key`.
    pub async fn open(layout: &Layout, folder: &Path, key: &Path, user: &str) -> Outcome<Self> {
        let proxy = FaultProxy::start(layout).await?;
        let settings = key.with_extension("toml");
        settings_behind(&proxy, layout, &settings)?;
        let (clock, next) = (WrongClock::right(), Next(Arc::new(Mutex::new(user.to_owned()))));
        let desk = open_for(&settings, folder, key, next.clone(), clock.clone()).await?;
        start_work(&desk).await?;
        Ok(Self { desk, proxy, clock, folder: folder.to_owned(), key: key.to_owned(), next, settings })
    }

    /// Closes the desk and opens it again on the same store; the same person signs in.
    pub async fn restart(self) -> Outcome<Self> {
        let Self { desk, proxy, clock, folder, key, next, settings } = self;
        desk.close().await;
        drop(desk);
        let desk = open_for(&settings, &folder, &key, next.clone(), clock.clone()).await?;
        start_work(&desk).await?;
        Ok(Self { desk, proxy, clock, folder, key, next, settings })
    }

    /// Another desk with the same key and settings, on a store in that folder.
    pub async fn second(&self, folder: &Path) -> Result<Desk, OpenError> {
        open_for(&self.settings, folder, &self.key, self.next.clone(), self.clock.clone()).await
    }

    /// Reads somebody's profile, as fast as the gateway lets anybody.
    pub async fn read(&self, (uuid, _): &Somebody) -> Outcome {
        loop {
            match self.desk.profile(uuid.clone()).await {
                Ok(_) => return Ok(()),
                Err(failure) if failure.cause == Cause::Network(NetworkFault::Busy) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
    }

    /// Records a registration of somebody whose profile was read.
    pub async fn record(&self, whom: &Somebody) -> Outcome<SubmissionKey> {
        let draft = self.draft(whom).await?;
        Ok(self.desk.record(draft).await?.key)
    }

    /// Answers every question about somebody whose profile was read.
    pub async fn draft(&self, (uuid, address): &Somebody) -> Outcome<DraftId> {
        Ok(fill_in_read(&self.desk, uuid, address.as_str()).await?.id)
    }

    /// Tries again and again until nothing waits to be sent, for at most so long. Says whether that came about.
    pub async fn settle(&self, patience: Duration) -> Outcome<bool> {
        let settled = tokio::time::timeout(patience, async {
            loop {
                if self.desk.snapshot().await?.outbox.ready == 0 {
                    return Ok(());
                }
                self.desk.send_now();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        match settled.await {
            Ok(done) => done.map(|()| true),
            Err(_) => Ok(false),
        }
    }

    /// Closes the desk; its proxy goes with it.
    pub async fn close(self) -> (PathBuf, PathBuf) {
        self.desk.close().await;
        drop(self.desk);
        (self.folder, self.key)
    }
}
