//! What the desk is given: the seams to the machine it runs on.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use url::Url;
use zeroize::Zeroizing;

use crate::Persistence;
use crate::network::ProxyHop;

/// All seams together.
#[derive(Clone)]
pub struct Parts {
    /// Where the store's key lives.
    pub keys: Arc<dyn KeyStore>,
    /// What shows the issuer's sign-in pages.
    pub browser: Arc<dyn Browser>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub random: Arc<dyn Random>,
    /// Which proxies this computer would go through.
    pub proxies: Arc<dyn ProxyFinder>,
    /// Whether what is written on this computer is still there tomorrow.
    pub persistence: Persistence,
}

/// The operating system's key store. Called from threads that may wait, never from the runtime's own.
pub trait KeyStore: Send + Sync {
    /// The entry of that name, or none where there is none.
    ///
    /// Some key stores answer *none* while they are locked, so none alone is never a reason to make a key.
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError>;

    /// Keeps an entry under that name, in place of one that is there.
    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError>;
}

/// Why the key store did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// There is no key store on this computer.
    #[error("this computer has no key store")]
    Missing,
    /// It is locked and cannot ask for its password.
    #[error("the key store is locked")]
    Locked,
    /// It failed; the text is the key store's own and holds no secret.
    #[error("the key store failed: {0}")]
    Failed(String),
}

/// Whatever shows a web page to the RA user.
pub trait Browser: Send + Sync {
    /// Opens a page. The address carries the state of one sign-in, so it is not to be logged.
    fn open(&self, url: &str) -> Result<(), BrowserError>;

    /// Opens the page at which the issuer ends the session that this browser holds. One that is wiped after each
    /// sign-in holds none, and need not. The address names a session, so it is not to be logged.
    fn sign_out(&self, url: &str) -> Result<(), BrowserError> {
        self.open(url)
    }

    /// The page is no longer needed: its answer arrived, or the sign-in was given up. Somebody's own browser is
    /// theirs to close.
    fn close(&self) {}
}

/// Knows which proxies this computer would go through. Called from threads that may wait, never from the runtime's
/// own. Proxies that RA Desk's own settings name are not asked for here.
pub trait ProxyFinder: Send + Sync {
    /// The ways to a server, to be tried in this order. Must come back within some ten seconds.
    fn proxies_for(&self, url: &Url, ask: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError>;
}

/// What a finder of proxies is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyQuestion<'a> {
    /// What this computer is set to use.
    System,
    /// What this PAC file says.
    Pac(&'a Url),
}

/// The ways to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAnswer {
    /// To be tried in this order. Never empty.
    pub hops: Vec<ProxyHop>,
    /// Who says so.
    pub source: ProxySource,
}

/// Who says which proxy to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxySource {
    /// Nobody: there is none, or none is set.
    Nobody,
    /// The server is on this computer, so none is used.
    ThisComputer,
    /// RA Desk's own settings.
    Settings,
    /// The environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`).
    Environment,
    /// The person's or the computer's Windows settings.
    Windows,
    /// A PAC file.
    Pac,
    /// A PAC file the network told of (WPAD).
    AutoDetected,
}

/// Why it is not known which proxies to use. The texts hold no name and no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFinderError {
    /// This operating system runs no PAC files.
    #[error("PAC files are not supported on this operating system")]
    PacUnsupported,
    /// The PAC file could not be had or run.
    #[error("the PAC file could not be used: {0}")]
    PacFailed(String),
    /// The operating system did not say.
    #[error("the operating system's proxy settings could not be read: {0}")]
    Failed(String),
}

/// No browser could be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no browser could be opened")]
pub struct BrowserError;

/// What time it is.
pub trait Clock: Send + Sync {
    /// The computer's date and time, which somebody may have set wrongly.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment of this run. Never goes back.
    fn monotonic(&self) -> Duration;

    /// Both at once.
    fn moment(&self) -> Moment {
        Moment { wall: self.now(), steady: self.monotonic() }
    }
}

/// A moment by both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The computer's date and time.
    pub wall: Timestamp,
    /// Time since some fixed moment of this run.
    pub steady: Duration,
}

impl Moment {
    /// How long ago an earlier moment was.
    ///
    /// The longer of what the two clocks say: the steady one may stand still while the computer sleeps, the
    /// other may be set back.
    pub fn since(&self, earlier: Self) -> Duration {
        let steady = self.steady.saturating_sub(earlier.steady);
        let wall = Duration::try_from(self.wall.duration_since(earlier.wall)).unwrap_or_default();
        steady.max(wall)
    }
}

/// Where randomness comes from.
pub trait Random: Send + Sync {
    /// Fills the whole slice with bytes nobody can foretell.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random + '_ {
    /// A secret of 32 bytes as 43 characters that may stand in a URL.
    pub(crate) fn secret_text(&self) -> Zeroizing<String> {
        use base64::Engine;
        let mut bytes = Zeroizing::new([0_u8; 32]);
        self.fill(bytes.as_mut());
        Zeroizing::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes.as_ref()))
    }

    /// A GUID made of random bits (version 4).
    pub(crate) fn guid(&self) -> uuid::Uuid {
        let mut bytes = [0_u8; 16];
        self.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// A GUID that sorts by time (version 7).
    pub(crate) fn guid_at(&self, now: Timestamp) -> uuid::Uuid {
        let mut bytes = [0_u8; 10];
        self.fill(&mut bytes);
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// A number in `0.0..1.0`.
    pub(crate) fn fraction(&self) -> f64 {
        let mut bytes = [0_u8; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }
}
