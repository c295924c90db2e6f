//! A TLS server that answers one request a connection, and can be cut off for real.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Clone)]
pub(crate) enum Response {
    Json(u16, serde_json::Value),
    /// Status, further headers, and a page.
    Page(u16, Vec<(&'static str, String)>, &'static str),
    /// Status, further headers, JSON.
    JsonWith(u16, Vec<(&'static str, String)>, serde_json::Value),
    /// Nothing: the connection ends.
    HangUp,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    up: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Server {
    /// Starts a server with a certificate of its own authority, which is written to `ca.pem` in the folder.
    pub(crate) fn start(folder: &Path, answer: impl Fn(Request) -> Response + Send + Sync + 'static) -> Self {
        let key = rcgen::generate_simple_self_signed(vec!["localhost".into(), "127.0.0.1".into()]).unwrap();
        std::fs::write(folder.join("ca.pem"), key.cert.pem()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![key.cert.der().clone()],
                PrivatePkcs8KeyDer::from(key.signing_key.serialize_der()).into(),
            )
            .unwrap();
        let config = Arc::new(config);
        let answer: Arc<dyn Fn(Request) -> Response + Send + Sync> = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (up, stop) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let (is_up, stopped) = (up.clone(), stop.clone());
        std::thread::spawn(move || accept(listener, port, &config, &answer, &is_up, &stopped));
        Self { port, up, stop }
    }

    /// Cuts it off: connections are refused until it is up again.
    pub(crate) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::SeqCst);
        let connects = || TcpStream::connect(("127.0.0.1", self.port)).is_ok();
        while connects() != up {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn accept(
    listener: TcpListener,
    port: u16,
    config: &Arc<ServerConfig>,
    answer: &Arc<dyn Fn(Request) -> Response + Send + Sync>,
    up: &AtomicBool,
    stop: &AtomicBool,
) {
    listener.set_nonblocking(true).unwrap();
    let mut listener = Some(listener);
    while !stop.load(Ordering::SeqCst) {
        if !up.load(Ordering::SeqCst) {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(("127.0.0.1", port)).ok();
            if let Some(listener) = &listener {
                listener.set_nonblocking(true).unwrap();
            }
        }
        match listener.as_ref().map(TcpListener::accept) {
            Some(Ok((stream, _))) => {
                stream.set_nonblocking(false).unwrap();
                let (config, answer) = (config.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, config, &*answer));
            }
            Some(Err(error)) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, answer: &(dyn Fn(Request) -> Response + Send + Sync)) {
    let connection = ServerConnection::new(config).unwrap();
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let Some(request) = read(&mut stream) else { return };
    let (status, headers, kind, body) = match answer(request) {
        Response::HangUp => return,
        Response::Json(status, body) => (status, vec![], "application/json", body.to_string()),
        Response::JsonWith(status, headers, body) => (status, headers, "application/json", body.to_string()),
        Response::Page(status, headers, body) => (status, headers, "text/html; charset=utf-8", body.to_owned()),
    };
    let mut head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let stream = stream.get_mut();
    _ = write!(stream, "{head}\r\n{body}");
    stream.conn.send_close_notify();
    _ = stream.flush();
}

fn read(stream: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body })
}
