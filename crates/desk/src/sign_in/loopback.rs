//! The listener on loopback at which the browser's answer arrives.
//!
//! It speaks as little HTTP as it can: one path, one method, one answer taken. Whatever else knocks is told so and
//! changes nothing; the wait goes on. Anything on this computer may knock, so an answer counts only with the state
//! that was sent with the request.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::SignInError;

/// The one path.
const PATH: &str = "/callback";
/// The most that is read of a request's head.
const LARGEST_HEAD: usize = 16 * 1024;
/// How long one visitor may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many visitors are heard at once.
const MOST_AT_ONCE: usize = 16;

/// A bound listener.
pub(super) struct Listener {
    socket: TcpListener,
    port: u16,
}

/// What the browser brought back.
pub(crate) struct Answer {
    /// The authorization code.
    pub(crate) code: Option<Zeroizing<String>>,
    /// The issuer's word for why it said no.
    pub(crate) error: Option<String>,
    /// Whom the answer says it comes from (RFC 9207).
    pub(crate) iss: Option<String>,
}

impl Listener {
    /// Binds the first of these ports that is free, on `127.0.0.1` alone.
    pub(super) async fn bind(ports: &[u16]) -> Result<Self, SignInError> {
        for port in ports {
            if let Ok(socket) = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, *port))).await {
                let port = socket.local_addr().map_or(*port, |address| address.port());
                return Ok(Self { socket, port });
            }
        }
        Err(SignInError::NoFreePort)
    }

    /// Where the issuer sends the browser back to.
    pub(super) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for the one answer with this state. Later ones find nobody listening.
    pub(super) async fn wait(self, state: &str) -> Answer {
        let (tell, mut told) = oneshot::channel();
        // One place: whoever comes second finds it taken, however close behind.
        let place = Arc::new(Mutex::new(Some(tell)));
        let mut visitors = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                answer = &mut told => {
                    if let Ok(answer) = answer {
                        // The browser still has to read its page.
                        while tokio::time::timeout(PATIENCE, visitors.join_next()).await.is_ok_and(|v| v.is_some()) {}
                        return answer;
                    }
                }
                Some(_) = visitors.join_next() => {}
                visitor = self.socket.accept(), if visitors.len() < MOST_AT_ONCE => {
                    if let Ok((stream, _)) = visitor {
                        let visit = Visit { host: format!("127.0.0.1:{}", self.port), state: state.to_owned() };
                        visitors.spawn(visit.serve(stream, place.clone()));
                    }
                }
            }
        }
    }
}

/// Where the one answer goes.
type Place = Arc<Mutex<Option<oneshot::Sender<Answer>>>>;

struct Visit {
    host: String,
    state: String,
}

impl Visit {
    async fn serve(self, mut stream: TcpStream, place: Place) {
        let head = tokio::time::timeout(PATIENCE, read_head(&mut stream)).await;
        let (status, page) = match head {
            Ok(Some(head)) => match self.judge(&head) {
                Ok(answer) => {
                    let page = if answer.code.is_some() { DONE } else { NOT_DONE };
                    let free = place.lock().unwrap_or_else(PoisonError::into_inner).take();
                    match free.map(|tell| tell.send(answer)) {
                        Some(Ok(())) => ("200 OK", page),
                        _ => ("409 Conflict", REFUSED),
                    }
                }
                Err(status) => (status, REFUSED),
            },
            Ok(None) => ("431 Request Header Fields Too Large", REFUSED),
            Err(_) => ("408 Request Timeout", REFUSED),
        };
        let (page, policy) = (html(page), &*POLICY);
        let response = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Content-Security-Policy: {policy}\r\n\
             Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
             Connection: close\r\n\r\n{page}",
            page.len(),
        );
        // A visitor that went away has nothing more to hear.
        _ = tokio::time::timeout(PATIENCE, async {
            stream.write_all(response.as_bytes()).await?;
            stream.shutdown().await
        })
        .await;
    }

    /// The answer a request brings, or the status with which it is turned away.
    fn judge(&self, head: &str) -> Result<Answer, &'static str> {
        // Some end a line with half of it. Whoever reads such a head reads other lines, and another host.
        if head.split("\r\n").any(|line| line.contains(['\r', '\n'])) {
            return Err("400 Bad Request");
        }
        let mut lines = head.split("\r\n");
        let mut request = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1" | "HTTP/1.0"), None) =
            (request.next(), request.next(), request.next(), request.next())
        else {
            return Err("400 Bad Request");
        };
        let mut hosts = lines.filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("host").then(|| value.trim())
        });
        // A page elsewhere whose name was made to point here (DNS rebinding) says its own name.
        if hosts.next() != Some(self.host.as_str()) || hosts.next().is_some() {
            return Err("421 Misdirected Request");
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path != PATH {
            return Err("404 Not Found");
        }
        if method != "GET" {
            return Err("405 Method Not Allowed");
        }
        let one = |wanted: &str| {
            let mut values = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == wanted);
            let value = values.next().map(|(_, value)| value.into_owned());
            // Said twice is not said.
            if values.next().is_some() { None } else { value }
        };
        let state = one("state").unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(self.state.as_bytes())) {
            return Err("400 Bad Request");
        }
        let (code, error) = (one("code").filter(|code| !code.is_empty()).map(Zeroizing::new), one("error"));
        if code.is_some() == error.is_some() {
            return Err("400 Bad Request");
        }
        Ok(Answer { code, error, iss: one("iss") })
    }
}

/// Reads until the empty line that ends a head. None where it is too long or not text.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut chunk = [0_u8; 2048];
    loop {
        let read = stream.read(&mut chunk).await.ok()?;
        head.extend_from_slice(&chunk[..read]);
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            head.truncate(end);
            return String::from_utf8(head).ok();
        }
        if read == 0 || head.len() > LARGEST_HEAD {
            return None;
        }
    }
}

/// What a page says: its heading, and what to do.
type Words = (&'static str, &'static str);

/// The answer was taken. Whether it signs anybody in is judged afterwards, so the page does not say so.
const DONE: Words = ("Back to RA Desk", "You can close this tab and go back to RA Desk.");
const NOT_DONE: Words =
    ("You are not signed in", "You can close this tab and go back to RA Desk. It tells you what you can do next.");
const REFUSED: Words = ("Nothing to do here", "This page is only for signing in to RA Desk.");

const STYLE: &str = "\
*{box-sizing:border-box}\
body{margin:0;background:#f0f4f5;color:#212b32;font:1.1875rem/1.5 Arial,sans-serif}\
header{background:#fff;border-top:6px solid #12404a;border-bottom:1px solid #d8dde0;padding:1rem}\
header p,main{max-width:40rem;margin:0 auto}\
header p{color:#12404a;font-weight:700}\
main{padding:2rem 0}\
.page{padding:0 1rem}\
h1{font-size:2rem;line-height:1.25;margin:0 0 1rem}\
main p{margin:0}";

/// Lets in this style and nothing else.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri 'none'")
});

fn html((heading, words): Words) -> String {
    format!(
        "<!doctype html><html lang=\"en-GB\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{heading} – RA Desk</title><style>{STYLE}</style></head><body>\
         <header><p>RA Desk</p></header><div class=\"page\"><main><h1>{heading}</h1><p>{words}</p></main></div>\
         </body></html>"
    )
}

/// What a listener at this port, waiting for this state, makes of a request's head.
#[cfg(feature = "fuzz")]
pub(crate) fn taken(head: &str, port: u16, state: &str) -> Option<Answer> {
    Visit { host: format!("127.0.0.1:{port}"), state: state.to_owned() }.judge(head).ok()
}

#[cfg(test)]
mod tests;
