//! The one HTTP client: how long it waits, how much it reads, and what it does when the network changes.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::rt::ReadBufCursor;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tower_service::Service;
use url::Url;
use zeroize::Zeroizing;

use super::NetworkFault;
use super::dial::{Dialer, Wire};
use super::sign_in::ProxySignIn;
use super::trust::Tls;
use super::ways::{Ways, whereabouts};
use crate::reply::RawReply;
use crate::{Parts, Settings, SettingsError};

/// How long a call may take in all.
const WHOLE_CALL: Duration = Duration::from_secs(30);
/// The most that is read of a reply.
const LARGEST_REPLY: usize = 2 * 1024 * 1024;

/// The HTTP client with its limits. Cheap to clone.
#[derive(Clone)]
pub(crate) struct HttpClient {
    dialer: Arc<Dialer>,
    pool: Arc<Mutex<Pool>>,
}

/// Connections that are open, and where the computer was when they were opened.
struct Pool {
    client: Client<Connector, Full<Bytes>>,
    whereabouts: Option<IpAddr>,
}

impl HttpClient {
    /// The client of this computer's settings.
    pub(crate) fn new(settings: &Settings, parts: &Parts) -> Result<Self, SettingsError> {
        let dialer = Arc::new(Dialer {
            ways: Ways::new(settings.proxy.clone(), parts.proxies.clone(), parts.clock.clone()),
            tls: Tls::new(&settings.trust)?,
            sign_in: ProxySignIn::default(),
        });
        let pool = Pool { client: build(&dialer), whereabouts: whereabouts() };
        Ok(Self { dialer, pool: Arc::new(Mutex::new(pool)) })
    }

    /// Sends a request and reads its reply, whatever it says.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<RawReply, NetworkFault> {
        let client = self.client_here();
        let sent = tokio::time::timeout(WHOLE_CALL, exchange(&client, request)).await;
        let reply = sent.unwrap_or(Err(NetworkFault::TimedOut));
        if matches!(reply, Err(NetworkFault::TimedOut | NetworkFault::NoConnection)) {
            // The other connections may be as dead as this one.
            self.pool.lock().unwrap_or_else(PoisonError::into_inner).client = build(&self.dialer);
        }
        reply
    }

    /// Keeps a name and a password for the proxy that asked last. False when none asked, or the name cannot be one.
    pub(crate) fn sign_in_to_proxy(&self, name: &str, password: &Zeroizing<String>) -> bool {
        self.dialer.sign_in.give(name, password)
    }

    /// The client, without connections and answers of another network.
    fn client_here(&self) -> Client<Connector, Full<Bytes>> {
        let here = whereabouts();
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.whereabouts != here {
            self.dialer.ways.forget();
            *pool = Pool { client: build(&self.dialer), whereabouts: here };
        }
        pool.client.clone()
    }
}

async fn exchange(
    client: &Client<Connector, Full<Bytes>>,
    mut request: Request<Bytes>,
) -> Result<RawReply, NetworkFault> {
    request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static(super::USER_AGENT));
    let response = client.request(request.map(Full::new)).await.map_err(|error| of_exchange(&error))?;
    let header =
        |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut reply = RawReply {
        status: response.status().as_u16(),
        content_type: header(header::CONTENT_TYPE),
        retry_after: header(header::RETRY_AFTER),
        body: Vec::new(),
    };
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame.map_err(|error| of_exchange(&error))?.into_data() else { continue };
        if reply.body.len() + chunk.len() > LARGEST_REPLY {
            return Err(NetworkFault::NotOurServer);
        }
        reply.body.extend_from_slice(&chunk);
    }
    Ok(reply)
}

/// What went wrong on the way, without saying where to.
fn of_exchange(error: &(dyn std::error::Error + 'static)) -> NetworkFault {
    if let Some(fault) = NetworkFault::find(error) {
        return fault;
    }
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return NetworkFault::NotOurServer;
        }
        cause = error.source();
    }
    NetworkFault::NoConnection
}

/// Builds the client. The only place where one is built.
fn build(dialer: &Arc<Dialer>) -> Client<Connector, Full<Bytes>> {
    #[expect(clippy::disallowed_methods, reason = "the one function that builds the one HTTP client")]
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .build(Connector(dialer.clone()))
}

/// Gives the client its connections.
#[derive(Clone)]
struct Connector(Arc<Dialer>);

impl Service<Uri> for Connector {
    type Response = Wired;
    type Error = NetworkFault;
    type Future = Pin<Box<dyn Future<Output = Result<Wired, NetworkFault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NetworkFault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let dialer = self.0.clone();
        Box::pin(async move {
            let url = Url::parse(&server.to_string()).map_err(|_| NetworkFault::NotOurServer)?;
            let in_the_clear = url.scheme() == "http";
            // In practice the settings allow plain HTTP on this computer, and nowhere else.
            if in_the_clear && !(cfg!(feature = "practice") && settings::is_loopback(&url)) {
                return Err(NetworkFault::NotOurServer);
            }
            let wire = dialer.open(&url).await?.into_wire();
            if in_the_clear {
                return Ok(Wired { io: TokioIo::new(wire), h2: false });
            }
            let secured = dialer.secure(&url, wire, &dialer.tls.server).await?;
            let h2 = secured.get_ref().1.alpn_protocol() == Some(b"h2");
            Ok(Wired { io: TokioIo::new(Box::new(secured)), h2 })
        })
    }
}

/// A connection, and which HTTP is spoken on it.
struct Wired {
    io: TokioIo<Box<dyn Wire>>,
    h2: bool,
}

impl Connection for Wired {
    fn connected(&self) -> Connected {
        if self.h2 { Connected::new().negotiated_h2() } else { Connected::new() }
    }
}

impl hyper::rt::Read for Wired {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<Result<(), std::io::Error>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl hyper::rt::Write for Wired {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize, std::io::Error>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::parts::{ProxyAnswer, ProxyFinder, ProxyFinderError, ProxyQuestion, ProxySource};
    use crate::{ProxyHop, testing};

    /// Counts how often it is asked.
    struct Counting(AtomicU32);

    impl ProxyFinder for Counting {
        fn proxies_for(&self, _: &Url, _: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(ProxyAnswer { hops: vec![ProxyHop::Direct], source: ProxySource::Nobody })
        }
    }

    #[tokio::test]
    async fn on_another_network_the_proxy_is_found_anew() {
        let (desk, _folder) = testing::inner();
        let finder = Arc::new(Counting(AtomicU32::new(0)));
        let parts = Parts { proxies: finder.clone(), ..desk.parts.clone() };
        let http = HttpClient::new(&desk.settings, &parts).unwrap();
        let gateway = Url::parse("https://gateway.example/").unwrap();
        for asked in [1, 1] {
            http.client_here();
            http.dialer.ways.to(&gateway).await.unwrap();
            assert_eq!(finder.0.load(Ordering::SeqCst), asked);
        }
        // As if the computer had been elsewhere until now.
        http.pool.lock().unwrap().whereabouts = Some(IpAddr::from([203, 0, 113, 7]));
        for asked in [2, 2] {
            http.client_here();
            http.dialer.ways.to(&gateway).await.unwrap();
            assert_eq!(finder.0.load(Ordering::SeqCst), asked);
        }
    }
}
