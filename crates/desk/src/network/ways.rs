//! Which ways there are to a server, remembered for a while.

use std::collections::HashMap;
use std::net::{IpAddr, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use url::Url;

use super::NetworkFault;
use super::proxy::{ProxyBypass, ProxyHop, ProxyServer};
use crate::parts::{ProxyAnswer, ProxyFinder, ProxyQuestion, ProxySource};
use crate::{Clock, ProxyChoice};

/// How long an answer is believed.
const BELIEVED: Duration = Duration::from_secs(5 * 60);
/// How long finding out may take: a PAC file may have to be looked for in the network first.
const FINDING: Duration = Duration::from_secs(12);

/// Which ways there are to a server.
pub(super) struct Ways {
    choice: ProxyChoice,
    finder: Arc<dyn ProxyFinder>,
    clock: Arc<dyn Clock>,
    known: Mutex<HashMap<String, Known>>,
}

struct Known {
    answer: ProxyAnswer,
    at: Duration,
}

impl Ways {
    pub(super) fn new(choice: ProxyChoice, finder: Arc<dyn ProxyFinder>, clock: Arc<dyn Clock>) -> Self {
        Self { choice, finder, clock, known: Mutex::default() }
    }

    /// The ways to a server, to be tried in this order.
    pub(super) async fn to(&self, url: &Url) -> Result<ProxyAnswer, NetworkFault> {
        if let Some(answer) = self.set(url) {
            return Ok(answer);
        }
        let (place, now) = (place(url), self.clock.monotonic());
        if let Some(known) = self.known().get(&place)
            && now.saturating_sub(known.at) < BELIEVED
        {
            return Ok(known.answer.clone());
        }
        let answer = self.find(url).await?;
        self.known().insert(place, Known { answer: answer.clone(), at: now });
        Ok(answer)
    }

    /// What needs no finding out.
    fn set(&self, url: &Url) -> Option<ProxyAnswer> {
        let direct = |source| Some(ProxyAnswer { hops: vec![ProxyHop::Direct], source });
        if settings::is_loopback(url) {
            return direct(ProxySource::ThisComputer);
        }
        match &self.choice {
            ProxyChoice::None => direct(ProxySource::Settings),
            ProxyChoice::Fixed { bypass, .. } if ProxyBypass::new(bypass.iter().map(String::as_str)).covers(url) => {
                direct(ProxySource::Settings)
            }
            ProxyChoice::Fixed { url: proxy, .. } => {
                let hops = vec![ProxyServer::of_url(proxy).map_or(ProxyHop::Direct, ProxyHop::Proxy)];
                Some(ProxyAnswer { hops, source: ProxySource::Settings })
            }
            ProxyChoice::System | ProxyChoice::Pac { .. } => None,
        }
    }

    async fn find(&self, url: &Url) -> Result<ProxyAnswer, NetworkFault> {
        let (finder, url) = (self.finder.clone(), url.clone());
        let pac = if let ProxyChoice::Pac { url } = &self.choice { Some(url.clone()) } else { None };
        let finding = tokio::task::spawn_blocking(move || {
            finder.proxies_for(&url, pac.as_ref().map_or(ProxyQuestion::System, ProxyQuestion::Pac))
        });
        match tokio::time::timeout(FINDING, finding).await {
            Ok(Ok(Ok(answer))) if !answer.hops.is_empty() => Ok(answer),
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "the proxy to use could not be found out");
                Err(NetworkFault::PacFailed)
            }
            _ => Err(NetworkFault::PacFailed),
        }
    }

    /// Goes the ways in their order until one leads there. Where none does, what was wrong with the first is told, and
    /// what was found out is not believed any more: only then, for the way that leads is to be known the next time.
    pub(super) async fn first_that_leads<T, G>(
        &self,
        url: &Url,
        go: impl Fn(ProxyHop) -> G,
    ) -> Result<(ProxyHop, T), NetworkFault>
    where
        G: Future<Output = Result<T, NetworkFault>>,
    {
        let mut first = None;
        for hop in self.to(url).await?.hops {
            match go(hop.clone()).await {
                Ok(there) => {
                    self.worked(url, &hop);
                    return Ok((hop, there));
                }
                Err(fault) if another_may_lead(fault) => _ = first.get_or_insert(fault),
                Err(fault) => {
                    self.failed(url);
                    return Err(fault);
                }
            }
        }
        self.failed(url);
        Err(first.unwrap_or(NetworkFault::PacFailed))
    }

    /// This way worked: it comes first for as long as the answer is believed, so that a proxy that is dead is not
    /// waited for at each connection.
    fn worked(&self, url: &Url, hop: &ProxyHop) {
        if let Some(known) = self.known().get_mut(&place(url))
            && let Some(at) = known.answer.hops.iter().position(|known| known == hop)
        {
            known.answer.hops[..=at].rotate_right(1);
        }
    }

    /// No way led there: what was found out is not believed any more.
    pub(super) fn failed(&self, url: &Url) {
        self.known().remove(&place(url));
    }

    /// This computer is on another network now.
    pub(super) fn forget(&self) {
        self.known().clear();
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this fault is one of this way alone. A proxy that answers has the last word.
fn another_may_lead(fault: NetworkFault) -> bool {
    matches!(
        fault,
        NetworkFault::ProxyUnreachable
            | NetworkFault::NoConnection
            | NetworkFault::NameNotFound
            | NetworkFault::Refused
            | NetworkFault::TimedOut
    )
}

/// What an answer is about: a PAC file is asked about a server, never about a page.
fn place(url: &Url) -> String {
    format!("{}://{}:{}", url.scheme(), url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0))
}

/// Where in the world this computer is, as far as its own address tells: it changes with the network.
///
/// Nothing is sent. The addresses are set aside for documents, and choosing the way to them is all that is asked.
pub(super) fn whereabouts() -> Option<IpAddr> {
    [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")].into_iter().find_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use jiff::Timestamp;

    use super::*;
    use crate::parts::ProxyFinderError;

    /// Answers with a list, and counts how often it is asked.
    struct Finder(AtomicU32);

    impl ProxyFinder for Finder {
        fn proxies_for(&self, _: &Url, ask: ProxyQuestion<'_>) -> Result<ProxyAnswer, ProxyFinderError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            match ask {
                ProxyQuestion::System => {
                    Ok(ProxyAnswer { hops: vec![hop("a"), hop("b"), ProxyHop::Direct], source: ProxySource::Windows })
                }
                ProxyQuestion::Pac(_) => Err(ProxyFinderError::PacUnsupported),
            }
        }
    }

    struct At(AtomicU32);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::SeqCst).into())
        }
    }

    fn hop(host: &str) -> ProxyHop {
        ProxyHop::Proxy(ProxyServer { host: host.into(), port: 8080, tls: false, authorization: None })
    }

    fn ways(choice: ProxyChoice) -> (Ways, Arc<Finder>, Arc<At>) {
        let (finder, clock) = (Arc::new(Finder(AtomicU32::new(0))), Arc::new(At(AtomicU32::new(0))));
        (Ways::new(choice, finder.clone(), clock.clone()), finder, clock)
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_remembered_for_its_server_and_for_a_while() {
        let (ways, finder, clock) = ways(ProxyChoice::System);
        let asked = || finder.0.load(Ordering::SeqCst);
        let gateway = url("https://gateway.example/v1/session");
        ways.to(&gateway).await.unwrap();
        ways.to(&url("https://gateway.example/livez")).await.unwrap();
        assert_eq!(asked(), 1);
        ways.to(&url("https://issuer.example/")).await.unwrap();
        assert_eq!(asked(), 2);
        clock.0.store(299, Ordering::SeqCst);
        ways.to(&gateway).await.unwrap();
        assert_eq!(asked(), 2);
        clock.0.store(301, Ordering::SeqCst);
        ways.to(&gateway).await.unwrap();
        assert_eq!(asked(), 3);
        ways.failed(&gateway);
        ways.to(&gateway).await.unwrap();
        assert_eq!(asked(), 4);
        ways.forget();
        ways.to(&gateway).await.unwrap();
        assert_eq!(asked(), 5);
    }

    #[tokio::test]
    async fn the_way_that_worked_comes_first() {
        let (ways, finder, _) = ways(ProxyChoice::System);
        let gateway = url("https://gateway.example/");
        let through = |leads: &'static str, fault| {
            ways.first_that_leads(
                &gateway,
                move |way| async move { if way == hop(leads) { Ok(()) } else { Err(fault) } },
            )
        };
        assert_eq!(through("b", NetworkFault::TimedOut).await, Ok((hop("b"), ())));
        let hops = ways.to(&gateway).await.unwrap().hops;
        assert_eq!(hops, [hop("b"), hop("a"), ProxyHop::Direct]);
        assert_eq!(finder.0.load(Ordering::SeqCst), 1, "what led there is believed");
        assert_eq!(through("a", NetworkFault::ProxyRefused).await, Err(NetworkFault::ProxyRefused), "the last word");
        assert_eq!(through("nowhere", NetworkFault::TimedOut).await, Err(NetworkFault::TimedOut));
        ways.to(&gateway).await.unwrap();
        assert_eq!(finder.0.load(Ordering::SeqCst), 3, "where none led, it is found out anew");
    }

    #[tokio::test]
    async fn what_is_set_is_not_asked_about() {
        let fixed =
            ProxyChoice::Fixed { url: url("http://proxy.example:3128"), bypass: vec!["*.inside.example".into()] };
        let direct = vec![ProxyHop::Direct];
        for (choice, server, hops, source) in [
            (ProxyChoice::None, "https://gateway.example/", direct.clone(), ProxySource::Settings),
            (ProxyChoice::System, "https://localhost:9443/", direct.clone(), ProxySource::ThisComputer),
            (ProxyChoice::System, "https://127.0.0.1/", direct.clone(), ProxySource::ThisComputer),
            (fixed.clone(), "https://[::1]/", direct.clone(), ProxySource::ThisComputer),
            (fixed.clone(), "https://gateway.inside.example/", direct.clone(), ProxySource::Settings),
        ] {
            let (ways, finder, _) = ways(choice);
            assert_eq!(ways.to(&url(server)).await, Ok(ProxyAnswer { hops, source }), "{server}");
            assert_eq!(finder.0.load(Ordering::SeqCst), 0, "{server}");
        }
        let (ways, ..) = ways(fixed);
        let answer = ways.to(&url("https://gateway.example/")).await.unwrap();
        let ProxyHop::Proxy(proxy) = &answer.hops[0] else { panic!("{answer:?}") };
        assert_eq!(proxy.to_string(), "http://proxy.example:3128");
    }

    #[tokio::test]
    async fn a_pac_file_that_cannot_be_used_is_a_fault_and_no_guess() {
        let (ways, ..) = ways(ProxyChoice::Pac { url: url("http://wpad.example/proxy.pac") });
        assert_eq!(ways.to(&url("https://gateway.example/")).await, Err(NetworkFault::PacFailed));
    }
}
