//! A proxy in front of the practice gateway that makes the faults of real networks, one request at a time.
//!
//! It speaks TLS under the gateway's own certificate, so a desk that is given its address takes it for the gateway;
//! it reads each request, makes the fault that is next in line for its path, or lets it through. Each connection
//! carries one request, so that a fault hits the request it is meant for and no other.
//!
//! Deliberately absent: anything of HTTP beyond what desk and gateway say to each other, and anything random. Which
//! fault comes when is its user's choice.

use std::collections::{HashMap, VecDeque};
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::Layout;

/// What happens to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is reset when the request has come. The gateway never sees it.
    Reset,
    /// The connection ends in good order before the request is passed on.
    CutBefore,
    /// The gateway gets half of the request and then nothing.
    HalfRequest,
    /// The gateway has done it and has answered; the answer is lost.
    CutAfter,
    /// Half of the answer comes.
    HalfReply,
    /// The gateway has done it; nothing is ever said again, and the connection stays open.
    HalfOpen,
    /// The answer comes byte by byte, with so long between them.
    Trickle(Duration),
    /// The answer comes so much later.
    Late(Duration),
    /// Somebody else answers; the gateway never sees the request.
    Answer(Answer),
}

/// An answer that the gateway did not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers besides `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// What came by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CameBy {
    /// Requests, by their path.
    pub requests: Vec<String>,
    /// How many of them met a fault.
    pub faults: usize,
    /// Connections under somebody else's certificate, and how many of them got as far as a request.
    pub intercepted: (usize, usize),
}

/// A running proxy. It ends when it is dropped.
pub struct FaultProxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    running: Option<JoinHandle<()>>,
}

struct Shared {
    gateway: SocketAddr,
    as_gateway: TlsAcceptor,
    as_somebody_else: TlsAcceptor,
    to_gateway: TlsConnector,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What every request meets.
    standing: Option<Fault>,
    /// What the next requests of each path meet, in this order.
    next: HashMap<String, VecDeque<Fault>>,
    intercepts: bool,
    under_way: usize,
    came_by: CameBy,
}

/// A request that is not over yet.
struct UnderWay<'a>(&'a Shared);

impl<'a> UnderWay<'a> {
    fn begin(shared: &'a Shared) -> Self {
        shared.state().under_way += 1;
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
    }
}

impl FaultProxy {
    /// Starts a proxy in front of a practice world's gateway.
    pub async fn start(layout: &Layout) -> Result<Self> {
        let gateway = url::Url::parse(&layout.gateway_url).map_err(Error::other)?.socket_addrs(|| None)?;
        let gateway = *gateway.first().ok_or_else(|| Error::other("the gateway's name leads nowhere"))?;
        let pem = |name: &str| std::fs::read_to_string(layout.dir.join(name));
        let (certificate, key) = (pem("gateway-cert.pem")?, pem("gateway-key.pem")?);
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["127.0.0.1".to_owned()]).map_err(Error::other)?;
        let shared = Arc::new(Shared {
            gateway,
            as_gateway: acceptor(&certificate, &key)?,
            as_somebody_else: acceptor(&cert.pem(), &signing_key.serialize_pem())?,
            to_gateway: connector(&std::fs::read_to_string(&layout.ca)?)?,
            state: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let running = Some(tokio::spawn(serve(listener, shared.clone())));
        Ok(Self { shared, address, running })
    }

    /// What a desk is told is the gateway's address.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The next requests of a path meet these faults, in this order, in place of those in line for it; those after them
    /// are let through. What is in line for another path stays in line.
    pub fn next(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        self.shared.state().next.insert(path.to_owned(), faults.into_iter().collect());
    }

    /// Every request meets this fault, or none any more.
    pub fn always(&self, fault: Option<Fault>) {
        self.shared.state().standing = fault;
    }

    /// Connections from now on are made under a certificate nobody vouches for, or no longer.
    pub fn intercept(&self, intercepts: bool) {
        self.shared.state().intercepts = intercepts;
    }

    /// How many of the faults in line were not met yet.
    pub fn left(&self) -> usize {
        self.shared.state().next.values().map(VecDeque::len).sum()
    }

    /// How many requests are on their way through it.
    pub fn under_way(&self) -> usize {
        self.shared.state().under_way
    }

    /// What came by.
    pub fn came_by(&self) -> CameBy {
        self.shared.state().came_by.clone()
    }

    /// Its port refuses connections, and those that are open are cut.
    pub async fn go_away(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            // It was told to end.
            _ = running.await;
        }
    }

    /// It answers again at the same address.
    pub async fn come_back(&mut self) -> Result<()> {
        if self.running.is_none() {
            let listener = TcpListener::bind(self.address).await?;
            self.running = Some(tokio::spawn(serve(listener, self.shared.clone())));
        }
        Ok(())
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this request meets.
    fn fault_for(&self, path: &str) -> Option<Fault> {
        let mut state = self.state();
        state.came_by.requests.push(path.to_owned());
        let fault = match state.standing.clone() {
            Some(fault) => Some(fault),
            None => state.next.get_mut(path).and_then(VecDeque::pop_front),
        };
        state.came_by.faults += usize::from(fault.is_some());
        fault
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        connections.spawn(async move {
            // Whoever asked sees what went wrong.
            _ = exchange(stream, &shared).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// One request and what becomes of it.
async fn exchange(stream: TcpStream, shared: &Shared) -> Result<()> {
    let intercepts = shared.state().intercepts;
    if intercepts {
        shared.state().came_by.intercepted.0 += 1;
        let mut stream = shared.as_somebody_else.accept(stream).await?;
        read_request(&mut stream).await?;
        shared.state().came_by.intercepted.1 += 1;
        return Ok(());
    }
    let mut client = shared.as_gateway.accept(stream).await?;
    let request = read_request(&mut client).await?;
    let _under_way = UnderWay::begin(shared);
    match shared.fault_for(&request.path) {
        None => send(&mut client, &ask(shared, &request.bytes).await?).await,
        Some(Fault::Reset) => reset(&client),
        Some(Fault::CutBefore) => client.shutdown().await,
        Some(Fault::HalfRequest) => {
            let mut gateway = dial(shared).await?;
            gateway.write_all(&request.bytes[..request.bytes.len() / 2]).await?;
            gateway.flush().await?;
            drop(gateway);
            reset(&client)
        }
        Some(Fault::CutAfter) => {
            ask(shared, &request.bytes).await?;
            reset(&client)
        }
        Some(Fault::HalfReply) => {
            let reply = ask(shared, &request.bytes).await?;
            client.write_all(&reply[..reply.len() / 2]).await?;
            client.flush().await?;
            reset(&client)
        }
        Some(Fault::HalfOpen) => {
            ask(shared, &request.bytes).await?;
            std::future::pending().await
        }
        Some(Fault::Trickle(pause)) => {
            let reply = ask(shared, &request.bytes).await?;
            for byte in reply {
                client.write_all(&[byte]).await?;
                client.flush().await?;
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
            }
            client.shutdown().await
        }
        Some(Fault::Late(how_much)) => {
            let reply = ask(shared, &request.bytes).await?;
            tokio::time::sleep(how_much).await;
            send(&mut client, &reply).await
        }
        Some(Fault::Answer(answer)) => send(&mut client, answer.text().as_bytes()).await,
    }
}

impl Answer {
    fn text(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = self.body.len();
        format!(
            "HTTP/1.1 {} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{}",
            self.status, self.body
        )
    }
}

async fn send(client: &mut TlsStream<TcpStream>, reply: &[u8]) -> Result<()> {
    client.write_all(reply).await?;
    client.shutdown().await
}

/// The peer is told that the connection was reset, not that it ended.
fn reset(client: &TlsStream<TcpStream>) -> Result<()> {
    client.get_ref().0.set_zero_linger()
}

struct Request {
    path: String,
    /// All of it, asking for the connection to end with the answer.
    bytes: Vec<u8>,
}

async fn read_request(client: &mut (impl AsyncRead + Unpin)) -> Result<Request> {
    let mut head = Vec::with_capacity(1024);
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let text = std::str::from_utf8(&head).map_err(Error::other)?;
    let target = text.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse::<usize>())
        .map_err(Error::other)?;
    let mut bytes = head;
    bytes.truncate(bytes.len() - 2);
    bytes.extend_from_slice(b"Connection: close\r\n\r\n");
    let body = bytes.len();
    bytes.resize(body + length, 0);
    client.read_exact(&mut bytes[body..]).await?;
    Ok(Request { path, bytes })
}

async fn dial(shared: &Shared) -> Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let stream = TcpStream::connect(shared.gateway).await?;
    shared.to_gateway.connect(ServerName::from(shared.gateway.ip()), stream).await
}

/// Makes the request at the gateway and gives the whole answer.
async fn ask(shared: &Shared, request: &[u8]) -> Result<Vec<u8>> {
    let mut gateway = dial(shared).await?;
    gateway.write_all(request).await?;
    gateway.flush().await?;
    let mut reply = Vec::new();
    match gateway.read_to_end(&mut reply).await {
        // It need not say goodbye.
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(reply),
    }
}

fn acceptor(certificate: &str, key: &str) -> Result<TlsAcceptor> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<std::result::Result<_, _>>()
        .map_err(Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(Error::other)?;
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn connector(trusted: &str) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(trusted.as_bytes()) {
        roots.add(certificate.map_err(Error::other)?).map_err(Error::other)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Where the settings of a desk are written that goes through a proxy.
pub fn settings_behind(proxy: &FaultProxy, layout: &Layout, file: &Path) -> Result<()> {
    let settings = std::fs::read_to_string(&layout.desk_settings)?;
    let ca = format!("\"{}\"", layout.ca.display());
    let lines: Vec<String> = settings
        .lines()
        .map(|line| match line.split_once(" = ") {
            Some(("gateway_url", _)) => format!("gateway_url = \"{}\"", proxy.url()),
            Some(("trust_ca", _)) => format!("trust_ca = {ca}"),
            _ => line.to_owned(),
        })
        .collect();
    std::fs::write(file, lines.join("\n"))
}
