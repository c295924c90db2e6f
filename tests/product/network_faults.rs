//! Everything that can be wrong on the way to a server, made by a real server or proxy, and what doctor sees of it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use desk::{Endpoint, EndpointReport, NetworkFault, ProxyHop, Settings, SignedBy, SystemClock, probe};
use tests::Outcome;
use tests::authority::{Authority, Certificate, TODAY};
use tests::proxy::{Manners, Proxy, acceptor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::network::{GATEWAY, Hospital, Through, fault_of_sign_in, hop};

/// An answer of a gateway that is well, by a clock that stands.
const WELL: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\
                    Date: Tue, 15 Nov 1994 08:12:31 GMT\r\nConnection: close\r\n\r\nok";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16\r\nConnection: close\r\n\r\n\
                    <h1>Welcome</h1>";
const BUSY: &str = "HTTP/1.1 503 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Serves one answer under a certificate, in the clear where there is none. Until the test ends.
async fn serve(certificate: Option<&Certificate>, answer: &'static str) -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let acceptor = certificate.map(acceptor).transpose()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A client that does not believe the certificate hangs up.
                _ = say(stream, acceptor, answer).await;
            });
        }
    });
    Ok(address)
}

async fn say(mut stream: TcpStream, acceptor: Option<TlsAcceptor>, answer: &str) -> Outcome {
    let mut request = [0; 4096];
    let Some(acceptor) = acceptor else {
        _ = stream.read(&mut request).await?;
        return Ok(stream.write_all(answer.as_bytes()).await?);
    };
    let mut stream = acceptor.accept(stream).await?;
    _ = stream.read(&mut request).await?;
    stream.write_all(answer.as_bytes()).await?;
    Ok(stream.shutdown().await?)
}

/// A folder with an authority, and settings that trust it alone.
struct Machine {
    folder: tempfile::TempDir,
    authority: Authority,
}

impl Machine {
    fn new() -> Outcome<Self> {
        let (folder, authority) = (tempfile::tempdir()?, Authority::new("Made-up NHS authority")?);
        std::fs::write(folder.path().join("ca.pem"), authority.pem())?;
        Ok(Self { folder, authority })
    }

    fn settings(&self, gateway: &str, more: &str) -> Outcome<Settings> {
        let file = self.folder.path().join("desk.toml");
        let ca = Path::new("ca.pem");
        std::fs::write(
            &file,
            format!(
                "gateway_url = \"{gateway}\"\nissuer_url = \"https://issuer.test:443/cis2\"\nclient_id = \"made-up\"\n\
                 trust = \"only\"\ntrust_ca = \"{}\"\n{more}\n",
                ca.display()
            ),
        )?;
        Ok(Settings::read(&file)?)
    }

    async fn look(&self, gateway: &str, more: &str, hops: Vec<ProxyHop>) -> Outcome<[EndpointReport; 2]> {
        let clock = Arc::new(SystemClock::start());
        Ok(probe(&self.settings(gateway, more)?, Arc::new(Through(hops)), clock).await?)
    }

    /// What is wrong where a server of that certificate and answer stands behind a proxy of these manners.
    async fn behind(&self, manners: Manners, server: SocketAddr) -> Outcome<EndpointReport> {
        let proxy = Proxy::start(manners, &[("gateway.test:443", server)]).await?;
        let [gateway, issuer] = self.look("https://gateway.test", "", vec![hop(&proxy.url())]).await?;
        assert_eq!((gateway.endpoint, issuer.endpoint), (Endpoint::Gateway, Endpoint::Issuer));
        Ok(gateway)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_proxy_is_told_apart() -> Outcome {
    let machine = Machine::new()?;
    let well = machine.authority.vouch(GATEWAY, TODAY)?;
    let server = serve(Some(&well), WELL).await?;
    for (manners, fault) in [
        (Manners::Open, None),
        (Manners::Asks("made-up"), Some(NetworkFault::ProxySignIn)),
        (Manners::AsksNtlm, Some(NetworkFault::ProxySignInUnsupported)),
        (Manners::Forbids, Some(NetworkFault::ProxyRefused)),
        (Manners::ShowsPage, Some(NetworkFault::NotOurServer)),
        (Manners::Silent, Some(NetworkFault::TimedOut)),
    ] {
        let report = machine.behind(manners, server).await?;
        assert_eq!(report.fault, fault, "{report:?}");
        assert_eq!(report.proxy.is_some_and(|proxy| proxy.used.is_some()), fault.is_none(), "who led there is told");
    }

    let nowhere = serve(None, "").await?;
    let proxy = Proxy::start(Manners::Open, &[("other.test:443", nowhere)]).await?;
    let [gateway, _] = machine.look("https://gateway.test", "", vec![hop(&proxy.url())]).await?;
    assert_eq!(gateway.fault, Some(NetworkFault::ProxyCannotReach));

    let mut dead = Proxy::start(Manners::Open, &[]).await?;
    dead.die().await;
    let [gateway, _] = machine.look("https://gateway.test", "", vec![hop(&dead.url())]).await?;
    assert_eq!(gateway.fault, Some(NetworkFault::ProxyUnreachable));
    assert_eq!(gateway.proxy.map(|proxy| proxy.ways), Some(vec![dead.url()]));

    let pac = "proxy = \"pac\"\nproxy_pac_url = \"http://wpad.test/proxy.pac\"";
    let [gateway, _] = machine.look("https://gateway.test", pac, vec![]).await?;
    assert_eq!((gateway.fault, gateway.proxy), (Some(NetworkFault::PacFailed), None));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_server_is_told_apart() -> Outcome {
    let machine = Machine::new()?;
    let well = machine.authority.vouch(GATEWAY, TODAY)?;
    let old = machine.authority.vouch(GATEWAY, (2001, 2002))?;
    let early = machine.authority.vouch(GATEWAY, (2043, 2044))?;
    let others = machine.authority.vouch("other.test", TODAY)?;
    let strangers = Authority::new("Ward 7 web filter")?.vouch(GATEWAY, TODAY)?;
    for (name, certificate, answer, fault) in [
        ("old", Some(&old), WELL, NetworkFault::CertificateOutOfDate),
        ("early", Some(&early), WELL, NetworkFault::CertificateOutOfDate),
        ("another's", Some(&others), WELL, NetworkFault::CertificateOtherName),
        ("a stranger's", Some(&strangers), WELL, NetworkFault::CertificateNotTrusted),
        ("a page", Some(&well), PAGE, NetworkFault::NotOurServer),
        ("no TLS", None, PAGE, NetworkFault::NotOurServer),
        ("busy", Some(&well), BUSY, NetworkFault::Busy),
        ("hangs up", None, "", NetworkFault::NoConnection),
    ] {
        let report = machine.behind(Manners::Open, serve(certificate, answer).await?).await?;
        assert_eq!(report.fault, Some(fault), "{name}: {report:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_proxy_what_does_not_answer_is_told_apart() -> Outcome {
    let machine = Machine::new()?;
    let free = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let [gateway, _] = machine.look(&format!("https://{free}"), "", vec![ProxyHop::Direct]).await?;
    assert_eq!(gateway.fault, Some(NetworkFault::Refused));
    // No name ends in `.invalid` (RFC 6761).
    let [gateway, issuer] = machine.look("https://gateway.invalid", "", vec![ProxyHop::Direct]).await?;
    assert_eq!(gateway.fault, Some(NetworkFault::NameNotFound));
    assert_eq!(issuer.fault, Some(NetworkFault::NameNotFound));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_is_told_who_answered_and_who_vouches_for_them() -> Outcome {
    let machine = Machine::new()?;
    let well = machine.authority.vouch(GATEWAY, TODAY)?;
    let report = machine.behind(Manners::Open, serve(Some(&well), WELL).await?).await?;
    assert_eq!((report.fault, report.server.as_str()), (None, "gateway.test:443"));
    assert_eq!(report.tls_version, Some("TLS 1.3"));
    assert_eq!(report.signed_by, Some(SignedBy::Private));
    let own = &report.chain[0];
    assert_eq!((own.subject.as_str(), own.issuer.as_str()), (GATEWAY, "Made-up NHS authority"));
    assert_eq!((own.valid_from.as_str(), own.valid_until.as_str()), ("2025-01-01T00:00:00Z", "2045-01-01T00:00:00Z"));
    // That server's clock stands in 1994.
    assert!(report.clock_ahead_seconds.is_some_and(|ahead| ahead > 30 * 365 * 24 * 60 * 60), "{report:?}");

    let strangers = Authority::new("Ward 7 web filter")?.vouch(GATEWAY, TODAY)?;
    let report = machine.behind(Manners::Open, serve(Some(&strangers), WELL).await?).await?;
    assert_eq!(report.signed_by, Some(SignedBy::Nobody));
    assert_eq!(report.chain[0].issuer, "Ward 7 web filter", "the name an IT desk looks for");
    assert_eq!(report.clock_ahead_seconds, None, "nothing is asked of a stranger");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuer_is_who_it_says_letter_by_letter() -> Outcome {
    let machine = Machine::new()?;
    let certificate = machine.authority.vouch("issuer.test", TODAY)?;
    let document = |name: &str| {
        let body = format!("{{\"issuer\":\"{name}\"}}");
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        // Few, and for the life of this test.
        &*Box::leak((head + body.as_str()).into_boxed_str())
    };
    for (name, fault) in
        [("https://issuer.test:443/cis2", None), ("https://issuer.test/cis2", Some(NetworkFault::NotOurServer))]
    {
        let issuer = serve(Some(&certificate), document(name)).await?;
        let proxy = Proxy::start(Manners::Open, &[("issuer.test:443", issuer)]).await?;
        let [_, report] = machine.look("https://gateway.test", "", vec![hop(&proxy.url())]).await?;
        assert_eq!(report.fault, fault, "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_proxy_is_not_said_of_the_server() -> Outcome {
    let hospital = Hospital::start().await?;
    let strangers = Authority::new("Ward 7 web filter")?.vouch("localhost", TODAY)?;
    let unknown = serve(Some(&strangers), PAGE).await?;
    // No name ends in `.invalid` (RFC 6761).
    for url in ["http://proxy.invalid:3128".to_owned(), format!("https://localhost:{}", unknown.port())] {
        let desk = hospital.desk(hospital.settings()?, Through(vec![hop(&url)])).await?;
        assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxyUnreachable, "{url}");
        desk.close().await;
        let [gateway, _] = Machine::new()?.look("https://gateway.test", "", vec![hop(&url)]).await?;
        assert_eq!(gateway.fault, Some(NetworkFault::ProxyUnreachable), "{url}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_says_the_same_as_doctor() -> Outcome {
    let hospital = Hospital::start().await?;
    let proxy = hospital.proxy(Manners::AsksNtlm).await?;
    let desk = hospital.desk(hospital.settings()?, Through::one(&proxy)).await?;
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxySignInUnsupported);
    proxy.set(Manners::Forbids);
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::ProxyRefused);
    proxy.set(Manners::ShowsPage);
    assert_eq!(fault_of_sign_in(&desk).await, NetworkFault::NotOurServer);
    let servers = desk.snapshot().await?.servers;
    assert!(servers.contains(&format!("{GATEWAY}:443")), "an IT desk is told whom to let through: {servers:?}");
    Ok(())
}
