//! Making a connection: the ways in their order, a tunnel where there is a proxy, and TLS to the server itself.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;
use url::Url;

use super::NetworkFault;
use super::connect::{self, Refusal};
use super::proxy::{ProxyHop, ProxyServer};
use super::sign_in::ProxySignIn;
use super::trust::Tls;
use super::ways::Ways;

/// How long each step of a connection may take.
pub(super) const STEP: Duration = Duration::from_secs(10);

/// Bytes in both directions.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Makes connections to servers.
pub(super) struct Dialer {
    pub(super) ways: Arc<Ways>,
    pub(super) tls: Tls,
    pub(super) sign_in: ProxySignIn,
}

/// The bytes' way to a server, before anything is said to it.
pub(super) struct Way {
    wire: Box<dyn Wire>,
    /// Which it is.
    pub(super) hop: ProxyHop,
}

impl Dialer {
    /// Opens a way to a server. Where one does not lead there the next is tried; where none does, what was wrong
    /// with the first is told.
    pub(super) async fn open(&self, url: &Url) -> Result<Way, NetworkFault> {
        let go = |hop| async move { self.through(&hop, url).await };
        let (hop, wire) = self.ways.first_that_leads(url, go).await?;
        Ok(Way { wire, hop })
    }

    /// Speaks TLS to the server at the end of a way.
    pub(super) async fn secure(
        &self,
        url: &Url,
        wire: Box<dyn Wire>,
        config: &Arc<ClientConfig>,
    ) -> Result<TlsStream<Box<dyn Wire>>, NetworkFault> {
        let secured = encrypt(url.host_str().unwrap_or_default(), wire, config).await;
        if secured.is_err() {
            self.ways.failed(url);
        }
        secured
    }

    /// Goes one way, as far as the server.
    pub(super) async fn through(&self, hop: &ProxyHop, url: &Url) -> Result<Box<dyn Wire>, NetworkFault> {
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
        let proxy = match hop {
            ProxyHop::Direct => return Ok(Box::new(tcp(host, port).await?)),
            ProxyHop::Proxy(proxy) => proxy,
        };
        let mut wire = self.to_proxy(proxy).await?;
        let told = self.sign_in.header_for(proxy);
        let authority = format!("{host}:{port}");
        let asking = connect::ask(&mut wire, &authority, told.as_ref().map(|told| told.as_str()));
        match timeout(STEP, asking).await {
            Ok(Ok(())) => Ok(wire),
            Ok(Err(Refusal::SignIn { basic: true })) => Err(self.sign_in.asked(proxy, told.as_ref())),
            Ok(Err(Refusal::SignIn { basic: false })) => Err(NetworkFault::ProxySignInUnsupported),
            Ok(Err(Refusal::CannotReach)) => Err(NetworkFault::ProxyCannotReach),
            Ok(Err(Refusal::Forbidden)) => Err(NetworkFault::ProxyRefused),
            Ok(Err(Refusal::NoProxy)) => Err(NetworkFault::NotOurServer),
            Ok(Err(Refusal::HungUp)) => Err(NetworkFault::ProxyUnreachable),
            Err(_) => Err(NetworkFault::TimedOut),
        }
    }

    async fn to_proxy(&self, proxy: &ProxyServer) -> Result<Box<dyn Wire>, NetworkFault> {
        let wire = tcp(&proxy.host, proxy.port).await.map_err(|_| NetworkFault::ProxyUnreachable)?;
        if !proxy.tls {
            return Ok(Box::new(wire));
        }
        // Whatever is wrong with it, it is the proxy and not the server.
        match encrypt(&proxy.host, Box::new(wire), &self.tls.plain).await {
            Ok(wire) => Ok(Box::new(wire)),
            Err(why) => {
                tracing::warn!(%why, "a connection to the proxy itself could not be secured");
                Err(NetworkFault::ProxyUnreachable)
            }
        }
    }

    /// The same for what is left to be said when somebody leaves: what they told a proxy is known here still, and
    /// forgotten where it was.
    pub(super) fn part(&self) -> Self {
        Self { ways: self.ways.clone(), tls: self.tls.clone(), sign_in: self.sign_in.part() }
    }

    /// The same, with what was told a proxy by now.
    pub(super) fn as_it_is(&self) -> Self {
        Self { ways: self.ways.clone(), tls: self.tls.clone(), sign_in: self.sign_in.as_it_is() }
    }
}

impl Way {
    /// The way itself.
    pub(super) fn into_wire(self) -> Box<dyn Wire> {
        self.wire
    }
}

async fn encrypt(
    host: &str,
    wire: Box<dyn Wire>,
    config: &Arc<ClientConfig>,
) -> Result<TlsStream<Box<dyn Wire>>, NetworkFault> {
    let name =
        ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| NetworkFault::NotOurServer)?;
    match timeout(STEP, TlsConnector::from(config.clone()).connect(name, wire)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(NetworkFault::find(&error).unwrap_or(NetworkFault::NoConnection)),
        Err(_) => Err(NetworkFault::TimedOut),
    }
}

async fn tcp(host: &str, port: u16) -> Result<TcpStream, NetworkFault> {
    let target = http::Uri::builder()
        .scheme("http")
        .authority(format!("{host}:{port}"))
        .path_and_query("/")
        .build()
        .map_err(|_| NetworkFault::NameNotFound)?;
    let mut connector = HttpConnector::new_with_resolver(Names);
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(STEP));
    match timeout(STEP, connector.call(target)).await {
        Ok(Ok(stream)) => Ok(stream.into_inner()),
        Ok(Err(error)) => Err(of_connecting(&error)),
        Err(_) => Err(NetworkFault::TimedOut),
    }
}

pub(super) fn of_connecting(error: &(dyn std::error::Error + 'static)) -> NetworkFault {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref::<NetworkFault>() {
            return *fault;
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::ConnectionRefused => NetworkFault::Refused,
                io::ErrorKind::TimedOut => NetworkFault::TimedOut,
                _ => NetworkFault::NoConnection,
            };
        }
        cause = error.source();
    }
    NetworkFault::NoConnection
}

/// The operating system's answer to a name, so that *no such name* is told from *no way there*.
#[derive(Clone)]
pub(super) struct Names;

impl Service<Name> for Names {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = NetworkFault;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(async move { look_up(name.as_str()).await })
    }
}

impl reqwest::dns::Resolve for Names {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            match look_up(name.as_str()).await {
                Ok(addresses) => Ok(Box::new(addresses) as reqwest::dns::Addrs),
                Err(fault) => Err(fault.into()),
            }
        })
    }
}

async fn look_up(name: &str) -> Result<std::vec::IntoIter<SocketAddr>, NetworkFault> {
    let found = tokio::net::lookup_host((name, 0)).await;
    let addresses: Vec<SocketAddr> = found.map_err(|_| NetworkFault::NameNotFound)?.collect();
    if addresses.is_empty() { Err(NetworkFault::NameNotFound) } else { Ok(addresses.into_iter()) }
}
