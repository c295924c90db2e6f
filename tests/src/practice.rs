//! The practice world inside a test's own process: the real issuer, the real gateway over TLS on a free port, and
//! desks without a window.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use desk::{
    Browser, BrowserError, Desk, KeyStore, KeyStoreError, OpenError, Parts, Persistence, ProxyAnswer, ProxyFinder,
    ProxyFinderError, ProxyHop, ProxyQuestion, ProxySource, Settings, SystemClock, SystemRandom,
};
use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use crate::Outcome;
use crate::form_browser::FormBrowser;

/// A practice world and everything in it.
pub struct Practice {
    folder: tempfile::TempDir,
    layout: sandbox::Layout,
    /// The gateway's.
    clock: Arc<dyn gateway::Clock>,
    gateway: Option<gateway::Running>,
    _sandbox: sandbox::Running,
}

impl Practice {
    /// Makes a world of 200 people and starts it.
    pub async fn start() -> Outcome<Self> {
        Self::start_of(200).await
    }

    /// Makes a world of so many people and starts it.
    pub async fn start_of(people: usize) -> Outcome<Self> {
        Self::start_by(people, Arc::new(gateway::SystemClock)).await
    }

    /// Makes a world of so many people and starts it, with a gateway that goes by that clock.
    pub async fn start_by(people: usize, clock: Arc<dyn gateway::Clock>) -> Outcome<Self> {
        Self::start_on(&std::env::temp_dir(), people, clock).await
    }

    /// Makes a world of so many people and starts it, with everything below a folder on some disk.
    pub async fn start_on(disk: &Path, people: usize, clock: Arc<dyn gateway::Clock>) -> Outcome<Self> {
        let folder = tempfile::tempdir_in(disk)?;
        let options = sandbox::Options { people, ports: sandbox::Ports::Free, ..sandbox::Options::default() };
        let layout = sandbox::init(&folder.path().join("world"), options)?;
        let sandbox = sandbox::start(&layout.dir, Arc::new(gateway::SystemClock)).await?;
        let mut practice = Self { folder, layout, clock, gateway: None, _sandbox: sandbox };
        practice.start_gateway().await?;
        Ok(practice)
    }

    /// Starts the gateway again.
    pub async fn start_gateway(&mut self) -> Outcome {
        let config = gateway::Config::read(&self.layout.gateway_config)?;
        self.gateway = Some(gateway::start(config, &self.layout.dir, self.clock.clone()).await?);
        Ok(())
    }

    /// Stops the gateway: its port refuses connections.
    pub async fn cut_gateway(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop().await;
        }
    }

    /// Where everything is.
    pub fn layout(&self) -> &sandbox::Layout {
        &self.layout
    }

    /// A folder for a desk's data.
    pub fn data_dir(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens a desk in which `user` signs in, choosing `role` where they are asked.
    pub async fn desk(&self, name: &str, user: &str, role: Option<&str>) -> Result<Desk, OpenError> {
        let browser = AutoBrowser { user: user.to_owned(), role: role.map(str::to_owned) };
        let keys = FileKeys(self.data_dir(&format!("{name}.key")));
        open_desk(&self.layout.desk_settings, &self.data_dir(name), keys, browser).await
    }

    /// Counts by SQL over the gateway's file.
    pub fn count(&self, sql: &str) -> Outcome<i64> {
        count(&self.layout.dir.join("gateway.sqlite3"), sql)
    }
}

/// Counts by SQL over a gateway's file, while it runs or not.
pub fn count(file: &Path, sql: &str) -> Outcome<i64> {
    let file = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    file.busy_timeout(Duration::from_secs(10))?;
    Ok(file.query_row(sql, [], |row| row.get(0))?)
}

/// Opens a desk with the computer's own clock and randomness.
pub async fn open_desk(
    settings: &Path,
    data_dir: &Path,
    keys: impl KeyStore + 'static,
    browser: impl Browser + 'static,
) -> Result<Desk, OpenError> {
    open_desk_with(Settings::read(settings)?, data_dir, keys, browser, Arc::new(NoProxies)).await
}

/// Opens a desk on a computer that finds its proxies so.
pub async fn open_desk_with(
    settings: Settings,
    data_dir: &Path,
    keys: impl KeyStore + 'static,
    browser: impl Browser + 'static,
    proxies: Arc<dyn ProxyFinder>,
) -> Result<Desk, OpenError> {
    let parts = Parts {
        keys: Arc::new(keys),
        browser: Arc::new(browser),
        clock: Arc::new(SystemClock::start()),
        random: Arc::new(SystemRandom::default()),
        proxies,
        persistence: Persistence::Kept,
    };
    Desk::open(settings, data_dir.to_owned(), parts).await
}

/// A computer that is set to use no proxy.
struct NoProxies;

impl ProxyFinder for NoProxies {
    fn proxies_for(&self, _: &url::Url, _: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
        Ok(ProxyAnswer { hops: vec![ProxyHop::Direct], source: ProxySource::Nobody })
    }
}

/// A key store that is a file an entry, for desks without a desktop. The real ones are tested in the real window.
pub struct FileKeys(pub PathBuf);

/// The entry with the key of the store's file.
const STORE_KEY: &str = "store-key-1";

impl FileKeys {
    /// The key of the store's file, for a test that looks into that without the desk.
    pub fn store_key(&self) -> Outcome<Vec<u8>> {
        Ok(std::fs::read(self.entry(STORE_KEY))?)
    }

    /// Opens the closed store in a folder as it lies there, without the desk.
    pub fn open_store(&self, folder: &Path) -> Outcome<Connection> {
        let path = folder.join("store.db");
        // The cipher's salt is the file's head.
        let salt = std::fs::read(&path)?.get(..16).ok_or("the store has no head")?.to_vec();
        let hex: String = self.store_key()?.iter().chain(&salt).map(|byte| format!("{byte:02x}")).collect();
        let conn = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.execute_batch(&format!(
            "PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{hex}'\"; PRAGMA temp_store = 2;"
        ))?;
        Ok(conn)
    }

    /// Another key store, with the key of the store's file and nothing else.
    pub fn copy_store_key(&self, to: &Self) -> Outcome {
        std::fs::copy(self.entry(STORE_KEY), to.entry(STORE_KEY))?;
        Ok(())
    }

    fn entry(&self, name: &str) -> PathBuf {
        let mut path = self.0.clone().into_os_string();
        path.push(format!(".{name}"));
        path.into()
    }
}

impl KeyStore for FileKeys {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        match std::fs::read(self.entry(name)) {
            Ok(bytes) => Ok(Some(Zeroizing::new(bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(KeyStoreError::Failed(error.to_string())),
        }
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        // Whole or not at all, as a key store does it: a test may be killed at any moment.
        let (path, new) = (self.entry(name), self.entry(&format!("{name}.new")));
        std::fs::write(&new, bytes)
            .and_then(|()| std::fs::rename(&new, &path))
            .map_err(|error| KeyStoreError::Failed(error.to_string()))
    }
}

/// A browser in which one person signs in at the issuer without being asked.
pub struct AutoBrowser {
    /// Who: a Care Identity UUID on the sign-in page.
    pub user: String,
    /// In which role, where the issuer asks.
    pub role: Option<String>,
}

impl Browser for AutoBrowser {
    fn open(&self, url: &str) -> Result<(), BrowserError> {
        let (url, user, role) = (url.to_owned(), self.user.clone(), self.role.clone());
        tokio::spawn(async move {
            // What goes wrong in the browser is seen by the desk, which waits for it.
            let _ = sign_in(&mut FormBrowser::default(), &url, &user, role.as_deref()).await;
        });
        Ok(())
    }
}

/// Signs in at the issuer's pages.
pub async fn sign_in(browser: &mut FormBrowser, url: &str, user: &str, role: Option<&str>) -> Outcome {
    let mut page = browser.goto(url).await?;
    page = browser.press(&page, ("user", Some(user)), &[]).await?;
    if page.has_button("role") {
        browser.press(&page, ("role", role), &[]).await?;
    }
    Ok(())
}

/// Signs in to NHS.net Connect behind a user's link and gives back what the last page says.
pub async fn finish_link(browser: &mut FormBrowser, link: &str, address: &str) -> Outcome<Option<String>> {
    let page = browser.goto(link).await?;
    if !page.has_button("continue") {
        return Ok(page.result());
    }
    let page = browser.press(&page, ("continue", None), &[]).await?;
    let fields = [("address", address), ("password", "made-up password")];
    let page = browser.press(&page, ("sign-in", None), &fields).await?;
    let page = browser.press(&page, ("approve", None), &[]).await?;
    Ok(page.result())
}

/// Runs something again and again until it gives a value, for at most 20 seconds.
pub async fn until<T, F>(what: &str, mut look: impl FnMut() -> F) -> Outcome<T>
where
    F: Future<Output = Option<T>>,
{
    let found = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            if let Some(value) = look().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    found.await.map_err(|_| format!("{what}: not within a minute").into())
}
