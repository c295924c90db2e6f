//! Looking at the way to the gateway and to the issuer, for `ra-desk doctor`. Nobody signs in.
//!
//! Each is looked at as a call would go there: the same proxies, the same trust, a connection made the same way. A
//! certificate that is not believed is told of all the same, but nothing is said to whoever showed it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, ProtocolVersion, SignatureScheme};
use serde::Serialize;
use url::Url;

use super::NetworkFault;
use super::dial::{Dialer, Wire};
use super::proxy::ProxyHop;
use super::sign_in::ProxySignIn;
use super::trust::Tls;
use super::ways::Ways;
use crate::parts::{ProxyFinder, ProxySource};
use crate::{Clock, Settings, SettingsError};

/// How long looking at one server may take.
const LOOKING: Duration = Duration::from_secs(15);
/// The most that is read of an answer.
const LARGEST_ANSWER: usize = 256 * 1024;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The gateway, at `/livez`.
    Gateway,
    /// The issuer, at its `/.well-known/openid-configuration`.
    Issuer,
}

/// What the way to one server is like. Whatever was found out before a fault is told with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndpointReport {
    /// Which server.
    pub endpoint: Endpoint,
    /// Its name and port, as they are set.
    pub server: String,
    /// What is wrong; none when it was reached and is what it should be.
    pub fault: Option<NetworkFault>,
    /// The proxy, as far as one was found out. None when finding out failed.
    pub proxy: Option<ProxyReport>,
    /// `TLS 1.3` or `TLS 1.2`, once TLS was agreed.
    pub tls_version: Option<&'static str>,
    /// The certificates that were shown, the server's own first. Also when they are not believed.
    pub chain: Vec<CertificateReport>,
    /// Who vouches for the server's certificate. None when no certificate was shown.
    pub signed_by: Option<SignedBy>,
    /// How far this computer's clock is ahead of the server's, in whole seconds; below zero when it is behind. None
    /// when the server was not reached or does not tell its time.
    pub clock_ahead_seconds: Option<i64>,
}

/// Which way was taken, or tried first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProxyReport {
    /// Who says so.
    pub source: ProxySource,
    /// All ways in their order: `direct`, or a proxy's address.
    pub ways: Vec<String>,
    /// The way that led to the server, spelt the same. None when none did.
    pub used: Option<String>,
}

/// One certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateReport {
    /// Whose it is: its common name, or its whole name where it has none.
    pub subject: String,
    /// Who signed it, spelt the same.
    pub issuer: String,
    /// From when it is valid, RFC 3339.
    pub valid_from: String,
    /// Until when, RFC 3339.
    pub valid_until: String,
}

/// Who vouches for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedBy {
    /// An authority of the operating system's: a public one, or the organisation's own in the machine's store.
    Platform,
    /// The private authority of the setting `trust_ca`, which the operating system does not know.
    Private,
    /// Nobody who is believed here. The last issuer in the chain is the name to look for.
    Nobody,
}

/// Looks at the gateway and the issuer, both at once, for 15 seconds at most. Must be called within a tokio runtime
/// with time and I/O. Fails only where the settings themselves cannot be used.
pub async fn probe(
    settings: &Settings,
    finder: Arc<dyn ProxyFinder>,
    clock: Arc<dyn Clock>,
) -> Result<[EndpointReport; 2], SettingsError> {
    let dialer = Dialer {
        ways: Arc::new(Ways::new(settings.proxy.clone(), finder, clock.clone())),
        tls: Tls::new(&settings.trust)?,
        sign_in: ProxySignIn::default(),
    };
    let beneath = |base: &str, path: &str, key| {
        Url::parse(&format!("{}{path}", base.trim_end_matches('/')))
            .map_err(|_| SettingsError { key, message: "is not an address".into() })
    };
    let gateway = beneath(settings.gateway_url.as_str(), "/livez", "gateway_url")?;
    let issuer = beneath(&settings.issuer_url, "/.well-known/openid-configuration", "issuer_url")?;
    let names_itself = |body: &[u8]| {
        let document: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        document.is_some_and(|document| document.get("issuer").and_then(|it| it.as_str()) == Some(&settings.issuer_url))
    };
    let (gateway, issuer) = tokio::join!(
        look(&dialer, &*clock, Endpoint::Gateway, &gateway, |body| body.len() < 64 && !body.starts_with(b"<")),
        look(&dialer, &*clock, Endpoint::Issuer, &issuer, names_itself),
    );
    Ok([gateway, issuer])
}

/// Looks at one server.
async fn look(
    dialer: &Dialer,
    clock: &dyn Clock,
    endpoint: Endpoint,
    url: &Url,
    is_it: impl Fn(&[u8]) -> bool,
) -> EndpointReport {
    let server = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
    let seen = Mutex::new(EndpointReport {
        endpoint,
        server,
        fault: None,
        proxy: None,
        tls_version: None,
        chain: Vec::new(),
        signed_by: None,
        clock_ahead_seconds: None,
    });
    let looked = tokio::time::timeout(LOOKING, walk(dialer, clock, url, &is_it, &seen)).await;
    let mut report = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.fault = looked.unwrap_or(Err(NetworkFault::TimedOut)).err();
    report
}

/// Goes the way, and notes what it sees as it goes, so that it is told however far it gets.
async fn walk(
    dialer: &Dialer,
    clock: &dyn Clock,
    url: &Url,
    is_it: &impl Fn(&[u8]) -> bool,
    seen: &Mutex<EndpointReport>,
) -> Result<(), NetworkFault> {
    let note = |what: &dyn Fn(&mut EndpointReport)| what(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
    let answer = dialer.ways.to(url).await?;
    let ways: Vec<String> = answer.hops.iter().map(spelt).collect();
    note(&|report| {
        report.proxy = Some(ProxyReport { source: answer.source, ways: ways.clone(), used: None });
    });
    let way = dialer.open(url).await?;
    let used = spelt(&way.hop);
    note(&|report| {
        if let Some(proxy) = &mut report.proxy {
            proxy.used = Some(used.clone());
        }
    });
    let wire = way.into_wire();
    if url.scheme() == "http" {
        return ask(TokioIo::new(wire), clock, url, is_it, &note).await;
    }
    let witness = Arc::new(Witness { judge: dialer.tls.verifier.clone(), shown: Mutex::default() });
    let deciding: Arc<dyn ServerCertVerifier> = witness.clone();
    let config = dialer.tls.decided_by(&deciding).map_err(|_| NetworkFault::CertificateNotTrusted)?;
    let secured = dialer.secure(url, wire, &config).await;
    let shown = std::mem::take(&mut *witness.shown.lock().unwrap_or_else(PoisonError::into_inner));
    let signed_by = shown.as_ref().map(|shown| who_signed(dialer, url, shown));
    let chain: Vec<CertificateReport> = shown.iter().flat_map(|shown| &shown.chain).filter_map(described).collect();
    note(&|report| {
        report.chain.clone_from(&chain);
        report.signed_by = signed_by;
    });
    let secured = secured?;
    let version = match secured.get_ref().1.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => Some("TLS 1.3"),
        Some(ProtocolVersion::TLSv1_2) => Some("TLS 1.2"),
        _ => None,
    };
    note(&|report| report.tls_version = version);
    ask(TokioIo::new(Box::new(secured) as Box<dyn Wire>), clock, url, is_it, &note).await
}

/// Asks the server one thing, and whether it is who it should be.
async fn ask(
    io: TokioIo<Box<dyn Wire>>,
    clock: &dyn Clock,
    url: &Url,
    is_it: &impl Fn(&[u8]) -> bool,
    note: &impl Fn(&dyn Fn(&mut EndpointReport)),
) -> Result<(), NetworkFault> {
    let cut = |_| NetworkFault::NoConnection;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.map_err(cut)?;
    let request = Request::get(url.path())
        .header(header::HOST, &url[url::Position::BeforeHost..url::Position::AfterPort])
        .header(header::USER_AGENT, super::USER_AGENT)
        .body(Empty::<Bytes>::new())
        .map_err(|_| NetworkFault::NotOurServer)?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(of_http)?;
        let ahead = clock_ahead(&response, clock.now());
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        Ok((ahead, status, body.map_err(|_| NetworkFault::NotOurServer)?.to_bytes()))
    };
    tokio::pin!(asking);
    let answered = tokio::select! {
        answered = &mut asking => answered,
        // It ends when the server hangs up; what it said before that is still there to be read.
        _ = connection => asking.await,
    };
    let (ahead, status, body) = answered?;
    note(&|report| report.clock_ahead_seconds = ahead);
    match status {
        200 if is_it(&body) => Ok(()),
        429 | 502..=504 => Err(NetworkFault::Busy),
        _ => Err(NetworkFault::NotOurServer),
    }
}

fn of_http(error: hyper::Error) -> NetworkFault {
    if error.is_parse() { NetworkFault::NotOurServer } else { NetworkFault::NoConnection }
}

fn clock_ahead<T>(response: &Response<T>, now: Timestamp) -> Option<i64> {
    let date = response.headers().get(header::DATE)?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    Some(now.duration_since(theirs).as_secs())
}

fn spelt(hop: &ProxyHop) -> String {
    match hop {
        ProxyHop::Direct => "direct".into(),
        ProxyHop::Proxy(proxy) => proxy.to_string(),
    }
}

/// Remembers what was shown, and lets the one decide who decides anyway.
#[derive(Debug)]
struct Witness {
    judge: Arc<dyn ServerCertVerifier>,
    shown: Mutex<Option<Shown>>,
}

/// What a server showed, and what became of it.
#[derive(Debug)]
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    ocsp: Vec<u8>,
    now: UnixTime,
    believed: bool,
}

/// Who vouches for what was shown.
fn who_signed(dialer: &Dialer, url: &Url, shown: &Shown) -> SignedBy {
    let name = ServerName::try_from(url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned());
    if let (Ok(name), Ok(platform), [own, others @ ..]) = (name, dialer.tls.platform(), shown.chain.as_slice()) {
        use rustls::CertificateError as Why;
        let said = platform.verify_server_cert(own, others, &name, &shown.ocsp, shown.now);
        match said {
            Ok(_) => return SignedBy::Platform,
            // It knows the authority, and minds something else.
            Err(rustls::Error::InvalidCertificate(
                Why::NotValidForName | Why::NotValidForNameContext { .. } | Why::Revoked,
            )) => return SignedBy::Platform,
            Err(_) => {}
        }
    }
    if shown.believed { SignedBy::Private } else { SignedBy::Nobody }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let chain = std::iter::once(end_entity).chain(intermediates).map(|it| it.clone().into_owned()).collect();
        let shown = Shown { chain, ocsp: ocsp_response.to_vec(), now, believed: judged.is_ok() };
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.judge.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

fn described(certificate: &CertificateDer<'static>) -> Option<CertificateReport> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let name = |name: &x509_parser::x509::X509Name<'_>| {
        let common = name.iter_common_name().next().and_then(|common| common.as_str().ok());
        common.map_or_else(|| name.to_string(), str::to_owned)
    };
    let at = |time: &x509_parser::time::ASN1Time| {
        Timestamp::from_second(time.timestamp()).map(|time| time.to_string()).unwrap_or_default()
    };
    Some(CertificateReport {
        subject: name(parsed.subject()),
        issuer: name(parsed.issuer()),
        valid_from: at(&parsed.validity().not_before),
        valid_until: at(&parsed.validity().not_after),
    })
}
