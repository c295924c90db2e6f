//! One test's own world: a hostile provider, the real gateway in front of it, something that reads and may change
//! what gateway and desk say to each other, and the real desk with a browser that the test plays.

use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use desk::{
    Browser, BrowserError, Cause, Clock, Desk, Parts, Persistence, ProxyAnswer, ProxyFinder, ProxyFinderError,
    ProxyHop, ProxyQuestion, ProxySource, SessionNow, Settings, Snapshot, SystemClock, SystemRandom,
};
use http::header;
use jiff::{SignedDuration, Timestamp};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tests::Outcome;
use tests::authority::{Authority, TODAY};
use tests::practice::{FileKeys, count};
use tokio::task::JoinHandle;
use url::Url;

use crate::between::Between;
use crate::hostile::{CLIENT, Hostile, Manners};

/// Names the file with the one authority that everybody in here trusts. Set by [`crate::main`] for its own child, so
/// that the gateway takes it for the computer's.
pub const TRUSTED: &str = "SSL_CERT_FILE";

/// What is made once a run: the authority, one certificate for `localhost`, and a practice folder to copy from.
pub struct Shared {
    /// The authority's certificate.
    pub ca: PathBuf,
    /// A certificate for `localhost` and its key.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    tls: RustlsConfig,
    layout: sandbox::Layout,
    config: gateway::Config,
    _folder: tempfile::TempDir,
}

/// What is made once a run.
pub static SHARED: LazyLock<Result<Shared, String>> =
    LazyLock::new(|| Shared::make().map_err(|error| error.to_string()));

/// What is made once a run, or why it could not be.
pub fn shared() -> Outcome<&'static Shared> {
    SHARED.as_ref().map_err(|error| error.clone().into())
}

impl Shared {
    fn make() -> Outcome<Self> {
        let ca = PathBuf::from(std::env::var_os(TRUSTED).ok_or("nobody said where the authority is")?);
        let folder = tempfile::tempdir()?;
        let authority = Authority::new("RA Desk's tests of signing in")?;
        let made = authority.vouch("localhost", TODAY)?;
        std::fs::write(&ca, authority.pem())?;
        let (certificate, key) = (folder.path().join("localhost.pem"), folder.path().join("localhost-key.pem"));
        std::fs::write(&certificate, &made.certificate)?;
        std::fs::write(&key, &made.key)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(made.certificate.as_bytes())?],
                PrivateKeyDer::from_pem_slice(made.key.as_bytes())?,
            )?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let options = sandbox::Options { people: 20, ports: sandbox::Ports::Free, ..sandbox::Options::default() };
        let layout = sandbox::init(&folder.path().join("practice"), options)?;
        let config = gateway::Config::read(&layout.gateway_config)?;
        let tls = RustlsConfig::from_config(Arc::new(tls));
        Ok(Self { ca, certificate, key, tls, layout, config, _folder: folder })
    }

    /// The TLS of a server on `localhost`.
    pub fn tls(&self) -> RustlsConfig {
        self.tls.clone()
    }

    /// The public half of the key with which the gateway shows itself to an issuer.
    pub fn gateway_jwks(&self) -> PathBuf {
        self.layout.dir.join("gateway-jwks.json")
    }
}

/// A clock that somebody puts on.
#[derive(Clone)]
pub struct Ahead {
    right: Arc<SystemClock>,
    ms: Arc<AtomicU64>,
}

impl Ahead {
    fn right() -> Self {
        Self { right: Arc::new(SystemClock::start()), ms: Arc::default() }
    }

    /// Time goes by at once, for desk and gateway.
    pub fn pass(&self, time: Duration) {
        self.ms.fetch_add(u64::try_from(time.as_millis()).unwrap_or_default(), Ordering::SeqCst);
    }

    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ms.load(Ordering::SeqCst))
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        let by = SignedDuration::try_from(self.ahead()).unwrap_or_default();
        let right = self.right.now();
        right.checked_add(by).unwrap_or(right)
    }

    fn monotonic(&self) -> Duration {
        self.right.monotonic() + self.ahead()
    }
}

impl gateway::Clock for Ahead {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

/// The browser that the test plays: it goes where it is sent, or waits to be told.
#[derive(Clone, Default)]
struct Puppet(Arc<Mutex<Strings>>);

#[derive(Default)]
struct Strings {
    waits: bool,
    opened: Vec<Url>,
}

impl Browser for Puppet {
    fn open(&self, url: &str) -> Result<(), BrowserError> {
        let url: Url = url.parse().map_err(|_| BrowserError)?;
        let mut strings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        strings.opened.push(url.clone());
        if !strings.waits {
            tokio::spawn(async move {
                // The desk waits for a browser in which something goes wrong, and so does the test: it is told here.
                match sent_back(&url).await {
                    Ok(back) => drop(visit(&back).await),
                    Err(error) => println!("the browser does not come back: {:.80}", error.to_string()),
                }
            });
        }
        Ok(())
    }
}

struct NoProxies;

impl ProxyFinder for NoProxies {
    fn proxies_for(&self, _: &Url, _: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
        Ok(ProxyAnswer { hops: vec![ProxyHop::Direct], source: ProxySource::Nobody })
    }
}

/// A client that trusts what everybody in here trusts, and follows nothing.
pub fn client() -> Outcome<reqwest::Client> {
    let ca = reqwest::Certificate::from_pem(&std::fs::read(&shared()?.ca)?)?;
    Ok(reqwest::Client::builder()
        .tls_certs_only([ca])
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()?)
}

/// Goes to the issuer's page, signs in there, and says where the browser is sent in the end. It begins without
/// cookies.
pub async fn sent_back(url: &Url) -> Outcome<Url> {
    sent_back_with(url, &mut Cookies::new()).await
}

/// The cookies of a browser that knows one issuer.
pub type Cookies = BTreeMap<String, String>;

/// The same, with the cookies of a browser that was there before.
pub async fn sent_back_with(url: &Url, cookies: &mut Cookies) -> Outcome<Url> {
    let mut url = url.clone();
    for _ in 0..10 {
        if url.host_str() == Some("127.0.0.1") {
            return Ok(url);
        }
        let reply = with_cookies(client()?.get(url.clone()), cookies).await?;
        let Some(location) = reply.headers().get(header::LOCATION).cloned() else {
            let (status, page) = (reply.status(), reply.text().await?);
            return Err(format!("the issuer answered {status} and sends nobody on: {page}").into());
        };
        url = url.join(location.to_str()?)?;
    }
    Err("the issuer sends nobody back".into())
}

/// Asks with a browser's cookies, and keeps those it is given.
pub async fn with_cookies(request: reqwest::RequestBuilder, cookies: &mut Cookies) -> Outcome<reqwest::Response> {
    let said: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let reply = request.header(header::COOKIE, said.join("; ")).send().await?;
    for cookie in reply.headers().get_all(header::SET_COOKIE) {
        if let Some((name, value)) = cookie.to_str()?.split(';').next().and_then(|pair| pair.split_once('=')) {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(reply)
}

/// What a page at the listener said.
pub struct Page {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: http::HeaderMap,
    /// Its text.
    pub html: String,
}

/// Goes to a page of the listener, as a browser does that was sent there.
pub async fn visit(url: &Url) -> Outcome<Page> {
    let reply = client()?.get(url.clone()).send().await?;
    Ok(Page { status: reply.status().as_u16(), headers: reply.headers().clone(), html: reply.text().await? })
}

/// One test's own world.
pub struct Stand {
    /// The provider.
    pub issuer: Hostile,
    /// What stands between gateway and desk.
    pub between: Between,
    /// The desk.
    pub desk: Desk,
    /// Time, for desk and gateway.
    pub clock: Ahead,
    /// The ports on which the desk may wait.
    pub ports: [u16; 2],
    puppet: Puppet,
    folder: tempfile::TempDir,
    _gateway: gateway::Running,
}

impl Stand {
    /// One in which everybody is honest.
    pub async fn start() -> Outcome<Self> {
        Self::of(Hostile::start(shared()?.tls())?).await
    }

    /// One whose provider misbehaves like this.
    pub async fn with(manners: Manners) -> Outcome<Self> {
        let stand = Self::start().await?;
        stand.issuer.behave(manners);
        Ok(stand)
    }

    async fn of(issuer: Hostile) -> Outcome<Self> {
        let url = issuer.url().to_owned();
        Self::at(issuer, &url).await
    }

    /// One that is set up for an issuer of that name.
    pub async fn at(issuer: Hostile, issuer_url: &str) -> Outcome<Self> {
        let (shared, clock, folder) = (shared()?, Ahead::right(), tempfile::tempdir()?);
        let between = Between::start(shared.tls())?;
        let ports = [free_port()?, free_port()?];
        let mut config = shared.config.clone();
        let practice = |path: &Path| shared.layout.dir.join(path);
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        between.url().clone_into(&mut config.public_url);
        config.tls = gateway::Tls { certificate: shared.certificate.clone(), key: shared.key.clone() };
        issuer_url.clone_into(&mut config.issuer.url);
        CLIENT.clone_into(&mut config.issuer.client_id);
        config.issuer.client_key = config.issuer.client_key.as_deref().map(practice);
        config.issuer.redirect_uris = ports.map(|port| format!("http://127.0.0.1:{port}/callback")).to_vec();
        config.nhs_net.client_key = practice(&config.nhs_net.client_key);
        between.url().clone_into(&mut config.link.public_url);
        config.link.listen = None;
        config.directory.file = practice(&config.directory.file);
        let gateway = gateway::start(config, folder.path(), Arc::new(clock.clone())).await?;
        between.is_in_front_of(gateway.api_addr().port());

        let settings = folder.path().join("desk.toml");
        let [first, second] = ports;
        std::fs::write(
            &settings,
            format!(
                "gateway_url = \"{}\"\nissuer_url = \"{issuer_url}\"\nclient_id = \"{CLIENT}\"\n\
                 acr_values = \"AAL3_ANY\"\nredirect_ports = \"{first} {second}\"\n\
                 scopes = \"openid profile nationalrbacaccess associatedorgs selectedrole\"\n\
                 trust = \"only\"\ntrust_ca = \"{}\"\n",
                between.url(),
                shared.ca.display(),
            ),
        )?;
        let puppet = Puppet::default();
        let parts = Parts {
            keys: Arc::new(FileKeys(folder.path().join("desk.key"))),
            browser: Arc::new(puppet.clone()),
            clock: Arc::new(clock.clone()),
            random: Arc::new(SystemRandom::default()),
            proxies: Arc::new(NoProxies),
            persistence: Persistence::Kept,
        };
        let desk = Desk::open(Settings::read(&settings)?, folder.path().join("desk"), parts).await?;
        Ok(Self { issuer, between, desk, clock, ports, puppet, folder, _gateway: gateway })
    }

    /// Signs in to the end of it, and says why not where it does not come to that.
    pub async fn sign_in(&self) -> Result<Snapshot, Cause> {
        self.puppet.0.lock().unwrap_or_else(PoisonError::into_inner).waits = false;
        self.desk.sign_in().await.map_err(|failure| failure.cause)
    }

    /// Signs in and says *yes, this is me*.
    pub async fn at_work(&self) -> Outcome {
        self.sign_in().await?;
        let session = self.desk.confirm_identity().await?.session;
        assert!(matches!(session, SessionNow::SignedIn { .. }), "somebody is at work");
        Ok(())
    }

    /// Begins a sign-in whose browser waits to be told.
    pub async fn begin(&self) -> Outcome<Begun> {
        let before = {
            let mut strings = self.puppet.0.lock().unwrap_or_else(PoisonError::into_inner);
            strings.waits = true;
            strings.opened.len()
        };
        let desk = self.desk.clone();
        let going = tokio::spawn(async move { desk.sign_in().await.map_err(|failure| failure.cause) });
        for _ in 0..3_000 {
            if let Some(url) = self.opened().get(before) {
                return Ok(Begun { url: url.clone(), going, desk: self.desk.clone() });
            }
            if going.is_finished() {
                return Err(format!("the sign-in ended before its browser was opened: {:?}", going.await?).into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err("no browser was opened within 30 seconds".into())
    }

    /// From now on the desk is given another ID token than the issuer gave: one for the same sign-in, with these
    /// manners.
    pub fn is_given_instead(&self, manners: Manners) {
        let issuer = self.issuer.again();
        self.between.lie(move |path, reply| {
            if path == "/oauth2/token" && reply.get("id_token").is_some() {
                reply["id_token"] = issuer.id_token(&manners).unwrap_or_default().into();
            }
        });
    }

    /// Every page the desk asked its browser to open.
    pub fn opened(&self) -> Vec<Url> {
        self.puppet.0.lock().unwrap_or_else(PoisonError::into_inner).opened.clone()
    }

    /// The authorization request the desk sent its browser with last.
    pub fn asked(&self) -> Outcome<HashMap<String, String>> {
        let opened = self.opened();
        Ok(opened.last().ok_or("no browser was opened")?.query_pairs().into_owned().collect())
    }

    /// Where everything of this world lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The gateway's file.
    fn database(&self) -> PathBuf {
        self.folder.path().join("gateway.sqlite3")
    }

    /// Counts by SQL over the gateway's file.
    pub fn count(&self, sql: &str) -> Outcome<i64> {
        count(&self.database(), sql)
    }

    /// How many sessions stand open at the gateway.
    pub fn open_sessions(&self) -> Outcome<i64> {
        self.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL")
    }

    /// Nobody is signed in: not here, and not at the gateway, which has nothing of what the issuer gave.
    pub async fn nobody(&self) -> Outcome {
        let session = self.desk.snapshot().await?.session;
        assert!(matches!(session, SessionNow::SignedOut { .. }), "nobody is signed in, but: {session:?}");
        assert_eq!(self.count("SELECT count(*) FROM sessions")?, 0, "there is no session at the gateway");
        assert_eq!(self.count("SELECT count(*) FROM tokens")?, 0, "no token was given");
        let called: Vec<String> = self.between.calls().into_iter().map(|call| call.path).collect();
        assert!(!called.iter().any(|path| path.starts_with("/v1/")), "the desk calls nobody: {called:?}");
        self.nothing_is_kept()
    }

    /// Nothing the issuer gave lies in a file of the gateway's or of the desk's.
    pub fn nothing_is_kept(&self) -> Outcome {
        for file in files_below(self.folder.path())? {
            let bytes = match std::fs::read(&file) {
                Ok(bytes) => bytes,
                // Put in the place of another one, or taken away, while this looks.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            let text = String::from_utf8_lossy(&bytes);
            for secret in self.issuer.secrets() {
                assert!(!text.contains(&secret), "{} holds something the issuer gave", file.display());
            }
        }
        Ok(())
    }
}

fn files_below(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(files_below(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

/// A port that is free, and below those that a system gives away by itself: between this and its use nobody else in
/// this run gets it.
pub fn free_port() -> Outcome<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Of runs beside each other, each its own part of them.
    let first = u16::try_from(std::process::id() % 24)? * 500;
    for _ in 0..2_000 {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::SeqCst)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no port is free".into())
}

/// A sign-in that waits for its browser.
pub struct Begun {
    /// Where the browser was sent.
    pub url: Url,
    going: JoinHandle<Result<Snapshot, Cause>>,
    desk: Desk,
}

impl Begun {
    /// Where the listener waits.
    pub fn callback(&self) -> Outcome<Url> {
        let found = self.url.query_pairs().find(|(name, _)| name == "redirect_uri");
        Ok(found.ok_or("there is no redirect_uri")?.1.parse()?)
    }

    /// Whether it still waits.
    pub fn waits(&self) -> bool {
        !self.going.is_finished()
    }

    /// How it ended.
    pub async fn end(self) -> Outcome<Result<Snapshot, Cause>> {
        Ok(tokio::time::timeout(Duration::from_secs(30), self.going).await??)
    }

    /// The RA user gives it up.
    pub async fn given_up(self) -> Outcome<Result<Snapshot, Cause>> {
        self.desk.cancel_sign_in();
        self.end().await
    }
}
