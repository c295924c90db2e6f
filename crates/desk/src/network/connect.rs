//! Asking a proxy for a tunnel (HTTP CONNECT), and what it says to that.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use zeroize::Zeroizing;

/// The most that is read of a proxy's answer.
const LARGEST_HEAD: usize = 16 * 1024;
const MAX_HEADERS: usize = 100;

/// What a proxy said in place of *go ahead*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Sign in first; whether with a name and a password (Basic) is one of the ways.
    SignIn { basic: bool },
    /// It is well and cannot reach the server.
    CannotReach,
    /// It does not let this through.
    Forbidden,
    /// It is no proxy.
    NoProxy,
    /// It hung up.
    HungUp,
}

/// Asks for a tunnel to `authority` (a name and a port). What is sent then goes to the server.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    authority: &str,
    authorization: Option<&str>,
) -> Result<(), Refusal> {
    // It may hold a password.
    let mut head = Zeroizing::new(format!(
        "CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {}\r\n",
        super::USER_AGENT
    ));
    if let Some(authorization) = authorization {
        head.reserve(authorization.len() + 64);
        head.push_str("Proxy-Authorization: ");
        head.push_str(authorization);
        head.push_str("\r\n");
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.map_err(|_| Refusal::HungUp)?;
    stream.flush().await.map_err(|_| Refusal::HungUp)?;

    let mut answer = Vec::new();
    let mut piece = [0_u8; 2048];
    loop {
        let read = stream.read(&mut piece).await.map_err(|_| Refusal::HungUp)?;
        if read == 0 {
            return Err(if answer.is_empty() { Refusal::HungUp } else { Refusal::NoProxy });
        }
        answer.extend_from_slice(&piece[..read]);
        if let Some(said) = meaning(&answer) {
            return said;
        }
        if answer.len() > LARGEST_HEAD {
            return Err(Refusal::NoProxy);
        }
    }
}

/// What an answer means; none while it is not complete.
fn meaning(answer: &[u8]) -> Option<Result<(), Refusal>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(answer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return None,
        Err(_) => return Some(Err(Refusal::NoProxy)),
    };
    Some(match response.code.unwrap_or_default() {
        // The server waits for us to begin: whoever says more is no tunnel.
        200..300 if answer.len() == length => Ok(()),
        407 => Err(Refusal::SignIn { basic: offers_basic(response.headers) }),
        502..=504 => Err(Refusal::CannotReach),
        400..600 => Err(Refusal::Forbidden),
        _ => Err(Refusal::NoProxy),
    })
}

/// Whether a name and a password are one of the ways to sign in. Several may stand in one header, apart by commas.
fn offers_basic(headers: &[httparse::Header<'_>]) -> bool {
    headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("proxy-authenticate"))
        .filter_map(|header| std::str::from_utf8(header.value).ok())
        .flat_map(|value| value.split(','))
        .any(|challenge| challenge.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("basic")))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(answer: &'static [u8]) -> Result<(), Refusal> {
        let (mut ours, mut theirs) = tokio::io::duplex(4096);
        let proxy = tokio::spawn(async move {
            let mut request = vec![0; 1024];
            let read = theirs.read(&mut request).await.unwrap();
            theirs.write_all(answer).await.unwrap();
            String::from_utf8(request[..read].to_vec()).unwrap()
        });
        let said = ask(&mut ours, "gateway.example:443", Some("Basic bjpw")).await;
        let request = proxy.await.unwrap();
        assert!(request.starts_with("CONNECT gateway.example:443 HTTP/1.1\r\nHost: gateway.example:443\r\n"));
        assert!(request.contains("\r\nProxy-Authorization: Basic bjpw\r\n"));
        said
    }

    #[tokio::test]
    async fn every_answer_has_one_meaning() {
        let table: [(&'static [u8], Result<(), Refusal>); 12] = [
            (b"HTTP/1.1 200 Connection established\r\n\r\n", Ok(())),
            (b"HTTP/1.0 200 OK\r\nVia: proxy\r\n\r\n", Ok(())),
            (b"HTTP/1.1 200 OK\r\n\r\n<h1>Welcome</h1>", Err(Refusal::NoProxy)),
            (
                b"HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=\"a, b\"\r\n\r\n",
                Err(Refusal::SignIn { basic: true }),
            ),
            (
                b"HTTP/1.1 407 X\r\nproxy-authenticate: Negotiate\r\nproxy-authenticate: NTLM\r\n\r\n",
                Err(Refusal::SignIn { basic: false }),
            ),
            (
                b"HTTP/1.1 407 X\r\nProxy-Authenticate: NTLM, basic realm=x\r\n\r\n",
                Err(Refusal::SignIn { basic: true }),
            ),
            (b"HTTP/1.1 407 X\r\n\r\n", Err(Refusal::SignIn { basic: false })),
            (b"HTTP/1.1 403 Forbidden\r\n\r\n", Err(Refusal::Forbidden)),
            (b"HTTP/1.1 503 Unavailable\r\n\r\n", Err(Refusal::CannotReach)),
            (b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", Err(Refusal::NoProxy)),
            (b"SSH-2.0-server\r\n", Err(Refusal::NoProxy)),
            (b"", Err(Refusal::HungUp)),
        ];
        for (answer, meaning) in table {
            assert_eq!(said(answer).await, meaning, "{}", String::from_utf8_lossy(answer));
        }
    }

    #[test]
    fn half_an_answer_has_no_meaning_yet() {
        assert_eq!(meaning(b"HTTP/1.1 200 Connection est"), None);
        assert_eq!(meaning(b"HTTP/1.1 407 X\r\nProxy-Authenticate: Ba"), None);
    }
}
