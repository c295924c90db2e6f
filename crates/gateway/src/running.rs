//! Starting a gateway and stopping it again.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinHandle;

use crate::api::{self, Limits, Metrics, framed};
use crate::client_auth::ClientAuth;
use crate::clock::Clock;
use crate::config::{Config, ConfigError, ShownBy};
use crate::directory;
use crate::gateway::{Gateway, InFlight, Rules};
use crate::keys::{Keys, KeysError};
use crate::link;
use crate::notices::{Post, Sender};
use crate::openid;
use crate::outgoing::Outgoing;
use crate::store::{self, DirectoryError, Store, StoreError};

/// How long open calls have to end when the gateway stops.
const FAREWELL: Duration = Duration::from_secs(10);
/// How long the head of a request may take to arrive.
const HEAD_LIMIT: Duration = Duration::from_secs(15);

/// Why a gateway does not start. Nothing was overwritten.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The gateway's own keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The directory's file.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A certificate or key that was given.
    #[error("{path} cannot be used: {reason}")]
    Pem {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The way that notices leave by.
    #[error("notices cannot be sent: {what}: {reason}")]
    Notices {
        /// Which file, folder or key.
        what: PathBuf,
        /// Why.
        reason: String,
    },
    /// The client that asks issuers.
    #[error("no HTTP client: {0}")]
    Outgoing(String),
    /// A listener.
    #[error("cannot listen on {addr}: {source}")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// A gateway that answers calls. Dropping it without [`Running::stop`] leaves open calls to themselves.
pub struct Running {
    api: Listener,
    link: Option<Listener>,
    sender: Option<Sender>,
    gateway: Arc<Gateway>,
}

struct Listener {
    addr: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<()>,
}

impl Running {
    /// Where the TLS API listens.
    pub const fn api_addr(&self) -> SocketAddr {
        self.api.addr
    }

    /// Where the user's page listens, if not with the API.
    pub fn link_addr(&self) -> Option<SocketAddr> {
        self.link.as_ref().map(|link| link.addr)
    }

    /// Ends: takes no new calls, lets open ones finish, and closes the store.
    pub async fn stop(self) {
        let mut listeners: Vec<Listener> = std::iter::once(self.api).chain(self.link).collect();
        for listener in &mut listeners {
            // Told again and again: whoever was just about to listen for it has not heard it.
            while !listener.task.is_finished() {
                listener.handle.graceful_shutdown(Some(FAREWELL));
                // A listener that panicked is over as well.
                let _ = tokio::time::timeout(Duration::from_millis(50), &mut listener.task).await;
            }
        }
        if let Some(sender) = self.sender {
            sender.stop(FAREWELL).await;
        }
        let gateway = self.gateway;
        // Closing the store waits for its writer, which is not for a thread that others wait on.
        let _ = tokio::task::spawn_blocking(move || drop(gateway)).await;
    }
}

/// Starts a gateway. Paths of the configuration are relative to `base`. Answers once calls are answered.
pub async fn start(config: Config, base: &Path, clock: Arc<dyn Clock>) -> Result<Running, StartError> {
    config.check()?;
    let (tls, post) = (tls(&config, base)?, post(&config, base)?);
    let gateway = Arc::new(open(config, base, clock).await?);
    let config = &gateway.rules.config;
    let mut api = api::router();
    if config.link.listen.is_none() {
        api = api.merge(link::router());
    }
    let link = match config.link.listen {
        None => None,
        Some(addr) => {
            let (listener, addr) = bind(addr)?;
            Some((listener, addr, framed(link::router(), Arc::clone(&gateway))))
        }
    };
    let (listener, addr) = bind(config.listen)?;
    let api = serve_tls(listener, addr, tls, framed(api, Arc::clone(&gateway)))?;
    let link = link.map(|(listener, addr, router)| serve_plain(listener, addr, router)).transpose()?;
    let sender = post.map(|post| Sender::start(Arc::clone(&gateway), post));
    Ok(Running { api, link, sender, gateway })
}

/// Opens everything a start opens and walks the audit's chain, but answers no calls.
pub async fn check(config: Config, base: &Path, clock: Arc<dyn Clock>) -> Result<String, StartError> {
    config.check()?;
    tls(&config, base)?;
    post(&config, base)?;
    let gateway = open(config, base, clock).await?;
    let rows = gateway.store.read(store::verify_audit).await?;
    let report = match rows {
        Ok(rows) => format!(
            "the configuration can be used; the audit has {rows} rows and is whole; second copies are sealed to {}; \
             audits are countersigned with {}",
            gateway.rules.keys.sealing().key,
            gateway.rules.keys.audit_key()
        ),
        Err(row) => format!("the configuration can be used; THE AUDIT DOES NOT FIT at row {row}"),
    };
    let _ = tokio::task::spawn_blocking(move || drop(gateway)).await;
    Ok(report)
}

async fn open(config: Config, base: &Path, clock: Arc<dyn Clock>) -> Result<Gateway, StartError> {
    let outgoing = Outgoing::new().map_err(|error| StartError::Outgoing(error.to_string()))?;
    let client = |issuer: &str, client_id: &str, auth| {
        openid::Client::new(issuer, client_id, auth, outgoing.clone(), Arc::clone(&clock))
    };
    let unusable = |path: &Path| {
        let path = base.join(path);
        move |reason| StartError::Pem { path, reason }
    };
    let (cis2, connect) = (&config.issuer, &config.nhs_net);
    let auth = match cis2.shown_by()? {
        ShownBy::Key(key, id) => ClientAuth::of_key(&base.join(key), id, Arc::clone(&clock)).map_err(unusable(key))?,
        ShownBy::Keys(folder) => {
            ClientAuth::of_folder(&base.join(folder), Arc::clone(&clock)).map_err(unusable(folder))?
        }
        ShownBy::Secret(file) => ClientAuth::of_secret(&base.join(file)).map_err(unusable(file))?,
    };
    let issuer = Arc::new(client(&cis2.url, &cis2.client_id, auth));
    let auth = ClientAuth::of_key(&base.join(&connect.client_key), &connect.client_key_id, Arc::clone(&clock))
        .map_err(unusable(&connect.client_key))?;
    let nhs_net = client(&connect.url, &connect.client_id, auth);
    let store = Store::open(&base.join(&config.database))?;
    let keys = Keys::open(&base.join(&config.secrets))?;
    let rules = Arc::new(Rules { keys, config });
    let (now, at_work, file) = (clock.now(), Arc::clone(&rules), base.join(&rules.config.directory.file));
    let counts = store
        .write(move |connection| {
            check_keys(connection, &at_work.keys)?;
            Ok::<_, StartError>(directory::take_in(connection, &file, &at_work.keys, now)?)
        })
        .await?;
    tracing::info!(?counts, "the directory was taken in");
    Ok(Gateway {
        rules,
        clock,
        store,
        issuer,
        nhs_net,
        limits: Limits::default(),
        metrics: Metrics::default(),
        in_flight: InFlight::default(),
    })
}

/// Whether these are the keys the database was made with. One made by an earlier version learns of those it lacks.
pub(crate) fn check_keys(connection: &rusqlite::Connection, keys: &Keys) -> Result<(), StartError> {
    let (fingerprint, sealing) = (keys.fingerprint(), keys.sealing());
    match store::meta(connection, "keys")? {
        Some(known) if known != fingerprint => return Err(StartError::Store(StoreError::OtherKeys)),
        Some(_) => {}
        None => store::set_meta(connection, "keys", &fingerprint)?,
    }
    store::check_countersigning(connection, &keys.audit_key(), keys.audit_key_follows())?;
    match store::meta(connection, "sealing_key")? {
        Some(known) if known == sealing.key.bytes() => {}
        // A new one takes the place of one that is still here to open with, and of no other.
        Some(known) if sealing.before.is_none_or(|before| known != before.bytes()) => {
            return Err(StartError::Store(StoreError::OtherKeys));
        }
        _ => store::set_meta(connection, "sealing_key", sealing.key.bytes())?,
    }
    check_vault_keys(connection, keys)
}

/// Whether each key that vaults were made with is still here. Without one of them no vault of it opens on any computer,
/// so none is let go: one may be replaced where it is kept beside the new one, and no second.
fn check_vault_keys(connection: &rusqlite::Connection, keys: &Keys) -> Result<(), StartError> {
    let (vault, before) = keys.vault_fingerprints();
    for (name, file) in [("vault_key", "vault.key"), ("vault_key_before", "vault-before.key")] {
        let known = store::meta(connection, name)?;
        if known.is_some_and(|known| known != vault && before.as_ref() != Some(&known)) {
            return Err(StartError::Store(StoreError::VaultKeyMissing { file }));
        }
    }
    store::set_meta(connection, "vault_key", &vault)?;
    if let Some(before) = before.filter(|before| *before != vault) {
        store::set_meta(connection, "vault_key_before", &before)?;
    }
    Ok(())
}

fn tls(config: &Config, base: &Path) -> Result<RustlsConfig, StartError> {
    let (chain, key) = (base.join(&config.tls.certificate), base.join(&config.tls.key));
    let unusable = |path: &Path, reason: String| StartError::Pem { path: path.to_owned(), reason };
    let certificates = CertificateDer::pem_file_iter(&chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(&chain, error.to_string()))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(|error| unusable(&key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(&chain, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(|error| unusable(&chain, error.to_string()))?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(tls)))
}

fn post(config: &Config, base: &Path) -> Result<Option<Post>, StartError> {
    let host = url::Url::parse(&config.public_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let open = |notices| Post::open(notices, base, host.as_deref());
    let post = config.policy.notices.as_ref().map(open).transpose();
    post.map_err(|(what, reason)| StartError::Notices { what, reason })
}

fn bind(addr: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let fail = |source| StartError::Listen { addr, source };
    let listener = TcpListener::bind(addr).map_err(fail)?;
    listener.set_nonblocking(true).map_err(fail)?;
    let bound = listener.local_addr().map_err(fail)?;
    Ok((listener, bound))
}

fn serve_tls(
    listener: TcpListener,
    addr: SocketAddr,
    tls: RustlsConfig,
    router: Router,
) -> Result<Listener, StartError> {
    let handle = Handle::new();
    let mut server = axum_server::from_tcp_rustls(listener, tls)
        .map_err(|source| StartError::Listen { addr, source })?
        .handle(handle.clone())
        .first_request_timeout(HEAD_LIMIT);
    server.http_builder().http1().header_read_timeout(HEAD_LIMIT);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let task = tokio::spawn(async move { report(server.serve(service).await) });
    Ok(Listener { addr, handle, task })
}

fn serve_plain(listener: TcpListener, addr: SocketAddr, router: Router) -> Result<Listener, StartError> {
    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener)
        .map_err(|source| StartError::Listen { addr, source })?
        .handle(handle.clone())
        .first_request_timeout(HEAD_LIMIT);
    server.http_builder().http1().header_read_timeout(HEAD_LIMIT);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let task = tokio::spawn(async move { report(server.serve(service).await) });
    Ok(Listener { addr, handle, task })
}

fn report(served: std::io::Result<()>) {
    if let Err(error) = served {
        tracing::error!(%error, "a listener ended");
    }
}
