//! A proxy as hospitals have them: a real one, that opens tunnels (HTTP CONNECT) or refuses to in each known way.
//!
//! It resolves names itself, from a table, so that a server on this computer can be reached under a name of its own.
//! RA Desk never goes through a proxy to a server on this computer, and no test bends that.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::Outcome;
use crate::authority::{Authority, Certificate, TODAY};

/// How the proxy behaves.
#[derive(Clone)]
pub enum Manners {
    /// Opens every tunnel.
    Open,
    /// Asks for this name and password (Basic), as it stands in the header after `Basic `.
    Asks(&'static str),
    /// Offers NTLM and Negotiate alone.
    AsksNtlm,
    /// Forbids everything.
    Forbids,
    /// Takes connections and says nothing.
    Silent,
    /// Answers with a page, as the log-in of a guest network does.
    ShowsPage,
    /// Opens every tunnel, and holds each piece of an answer back for so long.
    HoldsBack(Duration),
    /// Opens the tunnel and looks inside, under certificates of an authority of its own.
    Intercepts(Arc<Interception>),
}

/// What a proxy needs to look inside a tunnel.
pub struct Interception {
    /// Who signs for whom it pretends to be.
    pub authority: Authority,
    /// Whom it trusts itself (PEM).
    pub trusts: String,
}

/// What was asked of the proxy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Tunnels asked for, by the name and port that were asked for.
    pub asked: Vec<String>,
    /// How many were opened.
    pub opened: u32,
    /// What was told in `Proxy-Authorization`.
    pub told: Vec<String>,
    /// How many bytes of what people believe secret were read in the clear.
    pub read_in_the_clear: u64,
}

struct Shared {
    manners: Mutex<Manners>,
    names: HashMap<String, SocketAddr>,
    seen: Mutex<Seen>,
}

/// A running proxy.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    running: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Starts a proxy that knows these names (with their ports).
    pub async fn start(manners: Manners, names: &[(&str, SocketAddr)]) -> Outcome<Self> {
        let names = names.iter().map(|(name, address)| ((*name).to_owned(), *address)).collect();
        let shared = Arc::new(Shared { manners: Mutex::new(manners), names, seen: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let running = Some(tokio::spawn(serve(listener, shared.clone())));
        Ok(Self { address, shared, running })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Behaves differently from the next tunnel on. Those that are open stay open.
    pub fn set(&self, manners: Manners) {
        *held(&self.shared.manners) = manners;
    }

    /// What was asked of it.
    pub fn seen(&self) -> Seen {
        held(&self.shared.seen).clone()
    }

    /// Dies: every tunnel is cut and its port refuses connections.
    pub async fn die(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            // It was told to end.
            _ = running.await;
        }
    }

    /// Comes back at the same place.
    pub async fn come_back(&mut self) -> Outcome {
        let listener = TcpListener::bind(self.address).await?;
        self.running = Some(tokio::spawn(serve(listener, self.shared.clone())));
        Ok(())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and every tunnel with it.
    let mut tunnels = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tunnels.spawn(async move {
            // Whoever asked sees what went wrong.
            _ = tunnel(stream, &shared).await;
        });
    }
}

async fn tunnel(mut client: TcpStream, shared: &Shared) -> Outcome {
    let head = read_head(&mut client).await?;
    let target = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let told = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("proxy-authorization").then(|| value.trim().to_owned())
    });
    {
        let mut seen = held(&shared.seen);
        seen.asked.push(target.clone());
        seen.told.extend(told.clone());
    }
    let manners = held(&shared.manners).clone();
    let refusal = match &manners {
        Manners::Asks(pair) if told.as_deref() != Some(&format!("Basic {pair}")) => {
            Some("407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"the ward's proxy\"")
        }
        Manners::AsksNtlm => {
            Some("407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM")
        }
        Manners::Forbids => Some("403 Forbidden"),
        Manners::ShowsPage => Some("302 Found\r\nLocation: http://login.guest.example/"),
        Manners::Silent => {
            tokio::time::sleep(Duration::from_secs(120)).await;
            return Ok(());
        }
        Manners::Open | Manners::Asks(_) | Manners::HoldsBack(_) | Manners::Intercepts(_) => None,
    };
    if let Some(refusal) = refusal {
        return say(&mut client, refusal).await;
    }
    let Some(address) = shared.names.get(&target) else { return say(&mut client, "503 Service Unavailable").await };
    let Ok(mut server) = TcpStream::connect(address).await else {
        return say(&mut client, "502 Bad Gateway").await;
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    held(&shared.seen).opened += 1;
    match &manners {
        Manners::Intercepts(interception) => intercept(client, server, &target, interception, shared).await,
        Manners::HoldsBack(how_long) => hold_back(client, server, *how_long).await,
        _ => {
            copy_bidirectional(&mut client, &mut server).await?;
            Ok(())
        }
    }
}

async fn say(client: &mut TcpStream, refusal: &str) -> Outcome {
    client
        .write_all(format!("HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    Ok(client.shutdown().await?)
}

async fn read_head(client: &mut TcpStream) -> Outcome<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8(head)?)
}

/// Pretends to be the server, and counts what it reads.
async fn intercept(
    client: TcpStream,
    server: TcpStream,
    target: &str,
    interception: &Interception,
    shared: &Shared,
) -> Outcome {
    let name = target.split(':').next().unwrap_or_default();
    let pretended = interception.authority.vouch(name, TODAY)?;
    let mut inside = acceptor(&pretended)?.accept(client).await?;
    let mut roots = RootCertStore::empty();
    for trusted in CertificateDer::pem_slice_iter(interception.trusts.as_bytes()) {
        roots.add(trusted?)?;
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned())?;
    let mut outside = TlsConnector::from(Arc::new(config)).connect(name, server).await?;
    let (mut from_inside, mut from_outside) = ([0; 8192], [0; 8192]);
    loop {
        tokio::select! {
            read = inside.read(&mut from_inside) => match read? {
                0 => return Ok(outside.shutdown().await?),
                read => {
                    held(&shared.seen).read_in_the_clear += read as u64;
                    outside.write_all(&from_inside[..read]).await?;
                    outside.flush().await?;
                }
            },
            read = outside.read(&mut from_outside) => match read? {
                0 => return Ok(inside.shutdown().await?),
                read => {
                    inside.write_all(&from_outside[..read]).await?;
                    inside.flush().await?;
                }
            },
        }
    }
}

/// Lets everything through, and what the server says a while later.
async fn hold_back(mut client: TcpStream, mut server: TcpStream, how_long: Duration) -> Outcome {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let said = async {
        let mut piece = [0; 16 * 1024];
        loop {
            let read = from_server.read(&mut piece).await?;
            if read == 0 {
                return to_client.shutdown().await;
            }
            tokio::time::sleep(how_long).await;
            to_client.write_all(&piece[..read]).await?;
        }
    };
    let asked = async {
        tokio::io::copy(&mut from_client, &mut to_server).await?;
        to_server.shutdown().await
    };
    tokio::try_join!(said, asked)?;
    Ok(())
}

/// Speaks TLS under a certificate.
pub fn acceptor(certificate: &Certificate) -> Outcome<TlsAcceptor> {
    let chain = CertificateDer::pem_slice_iter(certificate.certificate.as_bytes()).collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes())?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
