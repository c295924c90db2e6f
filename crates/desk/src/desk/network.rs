//! Getting through the network's own doors.

use bytes::Bytes;
use zeroize::Zeroizing;

use super::{Desk, Inner};
use crate::{Cause, Failure, Network, NetworkFault, ProxyAsking, Snapshot};

impl Desk {
    /// Signs in to the proxy that asked last, and tries at once whether it lets RA Desk through. The name and the
    /// password stay in memory, and go when the proxy refuses them or the session ends.
    pub async fn proxy_sign_in(&self, name: &str, password: Zeroizing<String>) -> Result<Snapshot, Failure> {
        let desk = &self.inner;
        let http = desk.client.http();
        if !http.sign_in_to_proxy(name, &password) {
            return Err(Cause::WrongState.into());
        }
        drop(password);
        let mut request = http::Request::new(Bytes::new());
        *request.uri_mut() = desk.client.uri("/livez").map_err(|_| Cause::WrongState)?;
        match http.send(request).await {
            // Whoever answered, the proxy let it through. Whether it is the gateway, the next call finds out.
            Ok(_) => {
                desk.note_network(Network::Unknown);
                desk.wake_now();
                self.snapshot().await
            }
            Err(why) => {
                desk.note_network(Network::Offline { why });
                if let_through(why) { self.snapshot().await } else { Err(Cause::Network(why).into()) }
            }
        }
    }
}

/// Whether the proxy opened the tunnel, so that the fault lies beyond it: that is for the page of the next call. Only a
/// server's certificate is a sure sign; whatever else went wrong may be the proxy's doing.
fn let_through(fault: NetworkFault) -> bool {
    match fault {
        NetworkFault::CertificateNotTrusted
        | NetworkFault::CertificateOutOfDate
        | NetworkFault::CertificateOtherName
        | NetworkFault::CertificateRevoked
        | NetworkFault::RevocationUnknown
        | NetworkFault::Busy => true,
        NetworkFault::NoConnection
        | NetworkFault::NameNotFound
        | NetworkFault::Refused
        | NetworkFault::TimedOut
        | NetworkFault::PacFailed
        | NetworkFault::ProxyUnreachable
        | NetworkFault::ProxyRefused
        | NetworkFault::ProxyCannotReach
        | NetworkFault::ProxySignIn
        | NetworkFault::ProxySignInRefused
        | NetworkFault::ProxySignInUnsupported
        | NetworkFault::NotOurServer => false,
    }
}

impl Inner {
    /// The proxy that asked last for a sign-in.
    pub(crate) fn proxy_asking(&self) -> Option<ProxyAsking> {
        let proxy = self.client.http().proxy_that_asked()?;
        Some(ProxyAsking { address: format!("{}:{}", proxy.host, proxy.port), encrypted: proxy.tls })
    }

    /// The gateway and the issuer, name and port.
    pub(crate) fn servers(&self) -> Vec<String> {
        let named = |url: &url::Url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?));
        let issuer = url::Url::parse(&self.settings.issuer_url).ok();
        [Some(&self.settings.gateway_url), issuer.as_ref()].into_iter().flatten().filter_map(named).collect()
    }
}
