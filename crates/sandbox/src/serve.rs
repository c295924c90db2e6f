//! A running practice world: one listener, two providers, the pages.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use gateway::Clock;
use gateway::directory_file::DirectoryRecord;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::cis2::{self, Cis2};
use crate::init::{InitError, read_settings, read_text};
use crate::keys::{self, KeyError};
use crate::nhs_net::{self, NhsNet};
use crate::provider::{Client, Clients};
use crate::settings::{ClientSettings, SandboxSettings};
use crate::world::World;
use crate::{pages, try_page};

/// No form of ours is longer.
const LONGEST_BODY: usize = 64 * 1024;
/// How long a stop waits for answers under way.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everything the pages and endpoints share.
pub(crate) struct Practice {
    pub(crate) settings: SandboxSettings,
    pub(crate) world: World,
    pub(crate) cis2: Cis2,
    pub(crate) nhs_net: NhsNet,
    pub(crate) trying: try_page::Trying,
    pub(crate) http: reqwest::Client,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A sandbox that runs until it is stopped.
pub struct Running {
    issuer_url: String,
    addr: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no practice world there.
    #[error("{0} holds no practice world; make one with: ra-sandbox init --dir {0}")]
    NotMade(PathBuf),
    /// A file is missing or not understood.
    #[error(transparent)]
    File(#[from] InitError),
    /// The port is taken.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A key is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be made: {0}")]
    Http(reqwest::Error),
}

/// Starts the practice world of a folder made by [`crate::init`].
pub async fn start(dir: &Path, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    let settings = read_settings(dir)?.ok_or_else(|| StartError::NotMade(dir.to_owned()))?;
    let practice = Practice::load(dir, settings, clock)?;
    let addr = practice.settings.listen;
    let listener = TcpListener::bind(addr).await.map_err(|source| StartError::Listen { addr, source })?;
    let addr = listener.local_addr().map_err(|source| StartError::Listen { addr, source })?;
    let issuer_url = practice.cis2.provider.issuer().to_owned();

    let stop = CancellationToken::new();
    let stopped = stop.clone().cancelled_owned();
    let server = axum::serve(listener, router(Arc::new(practice))).with_graceful_shutdown(stopped);
    let task = tokio::spawn(server.into_future());
    Ok(Running { issuer_url, addr, stop, task })
}

impl Running {
    /// The issuer, exactly as text.
    pub fn issuer_url(&self) -> &str {
        &self.issuer_url
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops: no new connections, answers under way are finished, five seconds at most.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(PATIENCE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Practice {
    fn load(dir: &Path, settings: SandboxSettings, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let keys = keys::of_this_process()?;
        let world_path = dir.join(&settings.world);
        let cast = serde_json::from_str(&read_text(&world_path)?)
            .map_err(|error| InitError::NotUnderstood { path: world_path, message: error.to_string() })?;
        let world = World::from_records(read_people(&dir.join(&settings.people))?, cast);

        let mut cis2_clients = read_clients(dir, &settings.cis2_clients)?;
        let try_page = Client {
            redirect_uris: vec![try_page::return_url(&settings.url)],
            keys: keys.try_page.public_set(),
            backchannel_logout_uri: None,
        };
        cis2_clients.insert(try_page::CLIENT.to_owned(), try_page);
        let mut nhs_net_clients = read_clients(dir, &settings.nhs_net_clients)?;
        nhs_net_clients.insert(cis2::NHS_NET_CLIENT.to_owned(), cis2::as_nhs_net_client(&settings.url));

        let http = http_client(&read_text(&dir.join(&settings.ca))?).map_err(StartError::Http)?;
        let cis2 = Cis2::new(format!("{}/cis2", settings.url), &keys.cis2, cis2_clients);
        let nhs_net = NhsNet::new(format!("{}/nhsnet", settings.url), &keys.nhs_net, nhs_net_clients);
        let trying = try_page::Trying::new(&keys.try_page);
        Ok(Self { settings, world, cis2, nhs_net, trying, http, clock })
    }

    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }
}

fn router(practice: Arc<Practice>) -> Router {
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .merge(pages::routes())
        .merge(try_page::routes())
        .nest("/cis2", cis2::routes())
        .nest("/nhsnet", nhs_net::routes())
        .fallback(pages::not_found)
        .with_state(practice)
        .layer(RequestBodyLimitLayer::new(LONGEST_BODY))
        .layer(fixed(header::CACHE_CONTROL, "no-store"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // No form-action: browsers apply it to the redirect after a form too, which here leads to other programs.
        .layer(fixed(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        ))
}

/// Reads the directory file line by line.
fn read_people(path: &Path) -> Result<Vec<DirectoryRecord>, InitError> {
    let unreadable = |source| InitError::File { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut records = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let record = serde_json::from_str(&line.map_err(unreadable)?).map_err(|_| InitError::NotUnderstood {
            path: path.to_owned(),
            // The line itself is a person's record, so it is not repeated.
            message: format!("line {} is not a record of a directory", number + 1),
        })?;
        records.push(record);
    }
    Ok(records)
}

fn read_clients(dir: &Path, clients: &BTreeMap<String, ClientSettings>) -> Result<Clients, InitError> {
    let mut read = Clients::new();
    for (id, client) in clients {
        let path = dir.join(&client.jwks);
        let keys = serde_json::from_str(&read_text(&path)?)
            .map_err(|error| InitError::NotUnderstood { path, message: error.to_string() })?;
        let (redirect_uris, backchannel_logout_uri) =
            (client.redirect_uris.clone(), client.backchannel_logout_uri.clone());
        read.insert(id.clone(), Client { redirect_uris, keys, backchannel_logout_uri });
    }
    Ok(read)
}

/// The one HTTP client: towards the gateway, whose certificate is of the practice authority and no other, and
/// towards the sandbox itself.
fn http_client(ca: &str) -> Result<reqwest::Client, reqwest::Error> {
    #[expect(clippy::disallowed_methods, reason = "this is the one function that builds the HTTP client")]
    reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(ca.as_bytes())?])
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(10))
        .build()
}
