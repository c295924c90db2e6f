//! The one HTTP client: whom it trusts, how long it waits, how much it reads.

use std::error::Error as _;
use std::time::Duration;

use reqwest::{Certificate, Client, Request, redirect};

use crate::reply::RawReply;
use crate::{NetworkFault, Settings, SettingsError, Trust};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a call may take in all.
const WHOLE_CALL: Duration = Duration::from_secs(30);
/// The most that is read of a reply.
const LARGEST_REPLY: usize = 2 * 1024 * 1024;

/// The HTTP client with its limits. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Transport(Client);

impl Transport {
    /// Builds the client. The only place where one is built.
    pub(crate) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        #[expect(clippy::disallowed_methods, reason = "the one function that builds the one HTTP client")]
        let builder = Client::builder()
            .user_agent(concat!("ra-desk/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(WHOLE_CALL)
            .redirect(redirect::Policy::none())
            .referer(false)
            // In practice the settings allow plain HTTP on this computer, and nowhere else.
            .https_only(!cfg!(feature = "practice"))
            .tls_version_min(reqwest::tls::Version::TLS_1_2);
        // A gateway on this computer is not reached through a proxy.
        let builder = if settings.is_local() { builder.no_proxy() } else { builder };
        let builder = match &settings.trust {
            Trust::Platform => builder,
            Trust::PlatformPlus(ca) => builder.tls_certs_merge(authority(ca)?),
            Trust::Only(ca) => builder.tls_certs_only(authority(ca)?),
        };
        builder
            .build()
            .map(Self)
            .map_err(|_| SettingsError { key: "trust", message: "the certificates to trust cannot be used".into() })
    }

    /// Sends a request and reads its reply, whatever it says.
    pub(crate) async fn send(&self, request: Request) -> Result<RawReply, NetworkFault> {
        let mut response = self.0.execute(request).await.map_err(|error| fault(&error))?;
        let header = |name: http::HeaderName| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let mut reply = RawReply {
            status: response.status().as_u16(),
            content_type: header(http::header::CONTENT_TYPE),
            retry_after: header(http::header::RETRY_AFTER),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
            if reply.body.len() + chunk.len() > LARGEST_REPLY {
                return Err(NetworkFault::NotOurServer);
            }
            reply.body.extend_from_slice(&chunk);
        }
        Ok(reply)
    }
}

fn authority(path: &std::path::Path) -> Result<Vec<Certificate>, SettingsError> {
    let wrong = |message: &str| SettingsError { key: "trust.ca", message: message.into() };
    let pem = std::fs::read(path).map_err(|error| wrong(&format!("cannot be read: {}", error.kind())))?;
    match Certificate::from_pem_bundle(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(wrong("holds no certificate (PEM)")),
    }
}

/// What went wrong on the way, without saying where to.
fn fault(error: &reqwest::Error) -> NetworkFault {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(tls) = find::<rustls::Error>(cause) {
            return match tls {
                rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => {
                    NetworkFault::CertificateNotTrusted
                }
                // Something speaks on that port, but not our TLS.
                _ => NetworkFault::NotOurServer,
            };
        }
        // The type of this error is private to the connector; its words are all there is.
        if cause.to_string().contains("proxy authorization required") {
            return NetworkFault::ProxySignIn;
        }
        source = cause.source();
    }
    if error.is_timeout() {
        NetworkFault::TimedOut
    } else if error.is_connect() || error.is_request() || error.is_body() {
        NetworkFault::NoConnection
    } else {
        NetworkFault::NotOurServer
    }
}

/// Looks into an I/O error too: it hides its cause from `source`.
fn find<'a, T: std::error::Error + 'static>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a T> {
    if let Some(found) = cause.downcast_ref::<T>() {
        return Some(found);
    }
    find(cause.downcast_ref::<std::io::Error>()?.get_ref()?)
}
