//! The one HTTP client: how long it waits, how much it reads, and what it does when the network changes.
//!
//! reqwest makes the calls, one client for each way there is. Where it cannot say what was wrong with a way, the way is
//! looked at once by [`super::dial`].

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use reqwest::{Client, Proxy, redirect};
use url::Url;
use zeroize::Zeroizing;

use super::NetworkFault;
use super::dial::{Dialer, Names, STEP, of_connecting};
use super::proxy::{ProxyHop, ProxyServer};
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
    clients: Arc<Mutex<Clients>>,
}

/// One client for each way that was gone, with its open connections, and where the computer was then.
struct Clients {
    by_way: Vec<(Way, Client)>,
    whereabouts: Option<IpAddr>,
}

/// A way, and what a proxy on it is told.
#[derive(Clone, PartialEq)]
struct Way {
    hop: ProxyHop,
    authorization: Option<Zeroizing<String>>,
}

impl HttpClient {
    /// The client of this computer's settings.
    pub(crate) fn new(settings: &Settings, parts: &Parts) -> Result<Self, SettingsError> {
        let dialer = Arc::new(Dialer {
            ways: Arc::new(Ways::new(settings.proxy.clone(), parts.proxies.clone(), parts.clock.clone())),
            tls: Tls::new(&settings.trust)?,
            sign_in: ProxySignIn::default(),
        });
        let clients = Clients { by_way: Vec::new(), whereabouts: whereabouts() };
        Ok(Self { dialer, clients: Arc::new(Mutex::new(clients)) })
    }

    /// Sends a request and reads its reply, whatever it says.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<RawReply, NetworkFault> {
        self.notice_another_network();
        let sent = tokio::time::timeout(WHOLE_CALL, self.by_its_ways(&request)).await;
        let reply = sent.unwrap_or(Err(NetworkFault::TimedOut));
        if matches!(reply, Err(NetworkFault::TimedOut | NetworkFault::NoConnection)) {
            // The other connections may be as dead as this one.
            self.clients().by_way.clear();
        }
        reply
    }

    /// Keeps a name and a password for the proxy that asked last. False when none asked, or the name cannot be one.
    pub(crate) fn sign_in_to_proxy(&self, name: &str, password: &Zeroizing<String>) -> bool {
        // A client that told the proxy something else holds a password that is of no more use.
        self.clients().by_way.clear();
        self.dialer.sign_in.give(name, password)
    }

    /// The proxy that asked last for a name and a password.
    pub(crate) fn proxy_that_asked(&self) -> Option<ProxyServer> {
        self.dialer.sign_in.asked_by()
    }

    /// Forgets what somebody who leaves told a proxy. The client that comes back knows it still, with the connections
    /// made by it: for what is left to be said for them.
    pub(crate) fn part(&self) -> Self {
        let mut clients = self.clients();
        let by_way = std::mem::take(&mut clients.by_way);
        let theirs = Clients { by_way, whereabouts: clients.whereabouts };
        Self { dialer: Arc::new(self.dialer.part()), clients: Arc::new(Mutex::new(theirs)) }
    }

    /// The same, as it is now: whatever is told a proxy or forgotten later, this one goes on as it is. For what is left
    /// to be said of a session that another of the same person has taken the place of.
    pub(crate) fn as_it_is(&self) -> Self {
        let clients = self.clients();
        let theirs = Clients { by_way: clients.by_way.clone(), whereabouts: clients.whereabouts };
        Self { dialer: Arc::new(self.dialer.as_it_is()), clients: Arc::new(Mutex::new(theirs)) }
    }

    /// Tries the ways in their order. Only while no connection stood is the request made again on another.
    async fn by_its_ways(&self, request: &Request<Bytes>) -> Result<RawReply, NetworkFault> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| NetworkFault::NotOurServer)?;
        // In practice the settings allow plain HTTP on this computer, and nowhere else.
        if url.scheme() != "https" && !(cfg!(feature = "practice") && settings::is_loopback(&url)) {
            return Err(NetworkFault::NotOurServer);
        }
        let go = |hop| {
            let url = &url;
            async move { self.one_way(&hop, url, request).await }
        };
        let (_, response) = self.dialer.ways.first_that_leads(&url, go).await?;
        read(response?).await
    }

    /// Makes the request on one way. The outer fault is one of getting there, the inner one of what came then.
    async fn one_way(
        &self,
        hop: &ProxyHop,
        url: &Url,
        request: &Request<Bytes>,
    ) -> Result<Result<reqwest::Response, NetworkFault>, NetworkFault> {
        let way = self.way(hop);
        let client = self.client_of(&way)?;
        let request = request.clone().map(reqwest::Body::from);
        let request = reqwest::Request::try_from(request).map_err(|_| NetworkFault::NotOurServer)?;
        match client.execute(request).await {
            Err(error) if error.is_connect() => Err(self.why_no_connection(&error, &way, url).await),
            Err(error) => Ok(Err(of_exchange(&error))),
            Ok(response) => Ok(Ok(response)),
        }
    }

    /// Whose fault it is that no connection came to stand. On the way through a proxy nothing is said of the server
    /// before the tunnel to it is open.
    async fn why_no_connection(&self, error: &reqwest::Error, way: &Way, url: &Url) -> NetworkFault {
        let proxy = match &way.hop {
            ProxyHop::Direct if error.is_timeout() => return NetworkFault::TimedOut,
            ProxyHop::Direct => return NetworkFault::find(error).unwrap_or_else(|| of_connecting(error)),
            ProxyHop::Proxy(proxy) => proxy,
        };
        match no_tunnel(error) {
            // Waited for once already; another wait would leave no time for the next way.
            _ if error.is_timeout() => return NetworkFault::TimedOut,
            Some(NoTunnel::NoProxy) => return NetworkFault::ProxyUnreachable,
            // Not told again: a wrong password told often enough locks somebody's account.
            Some(NoTunnel::SignIn) if way.authorization.is_some() => {
                return self.dialer.sign_in.asked(proxy, way.authorization.as_ref());
            }
            Some(NoTunnel::SignIn | NoTunnel::Refused) => {}
            None => {
                if let Some(fault) = NetworkFault::find(error) {
                    return fault;
                }
            }
        }
        // What else a proxy said, reqwest keeps to itself.
        self.dialer.through(&way.hop, url).await.err().unwrap_or(NetworkFault::NoConnection)
    }

    fn way(&self, hop: &ProxyHop) -> Way {
        let authorization = match hop {
            ProxyHop::Proxy(proxy) => self.dialer.sign_in.header_for(proxy),
            ProxyHop::Direct => None,
        };
        Way { hop: hop.clone(), authorization }
    }

    fn client_of(&self, way: &Way) -> Result<Client, NetworkFault> {
        let mut clients = self.clients();
        if let Some((_, client)) = clients.by_way.iter().find(|(known, _)| known == way) {
            return Ok(client.clone());
        }
        let client = build(&self.dialer, way)?;
        // What was told to the same proxy before was refused.
        clients.by_way.retain(|(known, _)| known.hop != way.hop);
        clients.by_way.push((way.clone(), client.clone()));
        Ok(client)
    }

    /// Forgets connections and answers of another network.
    fn notice_another_network(&self) {
        let here = whereabouts();
        let mut clients = self.clients();
        if clients.whereabouts != here {
            self.dialer.ways.forget();
            *clients = Clients { by_way: Vec::new(), whereabouts: here };
        }
    }

    fn clients(&self) -> MutexGuard<'_, Clients> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no tunnel, as far as reqwest tells.
enum NoTunnel {
    /// There was no connection to the proxy itself.
    NoProxy,
    /// The proxy asks for a sign-in.
    SignIn,
    /// The proxy did not open one, for a reason of its own.
    Refused,
}

/// Why there is no tunnel; none where it stood. The type of this error is private to the connector; its words are all
/// there is.
fn no_tunnel(error: &reqwest::Error) -> Option<NoTunnel> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(why) = error.to_string().strip_prefix("tunnel error: ") {
            return Some(match why {
                "failed to create underlying connection" => NoTunnel::NoProxy,
                "proxy authorization required" => NoTunnel::SignIn,
                _ => NoTunnel::Refused,
            });
        }
        cause = error.source();
    }
    None
}

/// Builds a client. The only place where one is built.
fn build(dialer: &Arc<Dialer>, way: &Way) -> Result<Client, NetworkFault> {
    #[expect(clippy::disallowed_methods, reason = "the one function that builds the HTTP client")]
    let builder = Client::builder()
        .user_agent(super::USER_AGENT)
        .connect_timeout(STEP)
        .redirect(redirect::Policy::none())
        .referer(false)
        .https_only(!cfg!(feature = "practice"))
        .http2_keep_alive_interval(Duration::from_secs(20))
        .http2_keep_alive_timeout(Duration::from_secs(10))
        .dns_resolver(Names)
        .tls_backend_preconfigured((*dialer.tls.server).clone());
    let builder = match &way.hop {
        ProxyHop::Direct => builder.no_proxy(),
        ProxyHop::Proxy(server) => {
            let mut proxy = Proxy::all(server.to_string()).map_err(|_| NetworkFault::ProxyUnreachable)?;
            if let Some(told) = &way.authorization {
                let mut told = HeaderValue::from_str(told).map_err(|_| NetworkFault::ProxySignIn)?;
                told.set_sensitive(true);
                proxy = proxy.custom_http_auth(told);
            }
            builder.no_proxy().proxy(proxy)
        }
    };
    builder.build().map_err(|_| NetworkFault::NoConnection)
}

async fn read(mut response: reqwest::Response) -> Result<RawReply, NetworkFault> {
    let header =
        |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut reply = RawReply {
        status: response.status().as_u16(),
        content_type: header(header::CONTENT_TYPE),
        retry_after: header(header::RETRY_AFTER),
        date: header(header::DATE),
        body: Vec::new(),
    };
    while let Some(chunk) = response.chunk().await.map_err(|error| of_exchange(&error))? {
        if reply.body.len() + chunk.len() > LARGEST_REPLY {
            return Err(NetworkFault::NotOurServer);
        }
        reply.body.extend_from_slice(&chunk);
    }
    Ok(reply)
}

/// What went wrong once a connection stood, without saying where to.
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::parts::{ProxyAnswer, ProxyFinder, ProxyFinderError, ProxyQuestion, ProxySource};
    use crate::testing;

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
            http.notice_another_network();
            http.client_of(&http.way(&ProxyHop::Direct)).unwrap();
            http.dialer.ways.to(&gateway).await.unwrap();
            assert_eq!(finder.0.load(Ordering::SeqCst), asked);
            assert_eq!(http.clients().by_way.len(), 1);
        }
        // As if the computer had been elsewhere until now.
        http.clients().whereabouts = Some(IpAddr::from([203, 0, 113, 7]));
        for asked in [2, 2] {
            http.notice_another_network();
            http.dialer.ways.to(&gateway).await.unwrap();
            assert_eq!(finder.0.load(Ordering::SeqCst), asked);
            assert!(http.clients().by_way.is_empty(), "connections of another network");
        }
    }
}
