//! Getting through the network's own doors.

use bytes::Bytes;
use zeroize::Zeroizing;

use super::{Desk, Inner};
use crate::{Cause, Failure, Network, NetworkFault, Snapshot};

impl Desk {
    /// Signs in to the proxy that asked last, and tries at once whether it lets RA Desk through. The name and the
    /// password stay in memory, and go when the proxy refuses them.
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
                // Through this proxy, and no further: that is for the page of the next call.
                let refused = matches!(why, NetworkFault::ProxySignIn | NetworkFault::ProxySignInRefused);
                if refused { Err(Cause::Network(why).into()) } else { self.snapshot().await }
            }
        }
    }
}

impl Inner {
    /// The gateway and the issuer, name and port.
    pub(crate) fn servers(&self) -> Vec<String> {
        let named = |url: &url::Url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?));
        let issuer = url::Url::parse(&self.settings.issuer_url).ok();
        [Some(&self.settings.gateway_url), issuer.as_ref()].into_iter().flatten().filter_map(named).collect()
    }
}
