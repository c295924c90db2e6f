//! Everything that may knock on the listener.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const STATE: &str = "the-state-that-was-sent";

async fn listener() -> (Listener, u16) {
    let listener = Listener::bind(&[0]).await.unwrap();
    let port = listener.port;
    (listener, port)
}

/// Sends some bytes and gives the status of the answer.
async fn knock(port: u16, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

async fn get(port: u16, target: &str) -> String {
    knock(port, format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n").as_bytes()).await
}

#[tokio::test]
async fn what_does_not_fit_is_turned_away_and_the_wait_goes_on() {
    let (listener, port) = listener().await;
    let waiting = tokio::spawn(async move { listener.wait(STATE).await });
    let good = format!("/callback?code=c&state={STATE}");
    let host = format!("Host: 127.0.0.1:{port}");
    let table = [
        ("another host", format!("GET {good} HTTP/1.1\r\nHost: evil.example:{port}\r\n\r\n"), "421"),
        ("the name of this computer", format!("GET {good} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n"), "421"),
        ("another port", format!("GET {good} HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"), "421"),
        ("no host", format!("GET {good} HTTP/1.1\r\n\r\n"), "421"),
        ("two hosts", format!("GET {good} HTTP/1.1\r\n{host}\r\nHost: evil.example\r\n\r\n"), "421"),
        (
            "another host behind half the end of a line",
            format!("GET {good} HTTP/1.1\r\n{host}\r\nX: x\nHost: evil.example\r\n\r\n"),
            "400",
        ),
        ("another path", format!("GET /callback/?state={STATE}&code=c HTTP/1.1\r\n{host}\r\n\r\n"), "404"),
        ("the icon", format!("GET /favicon.ico HTTP/1.1\r\n{host}\r\n\r\n"), "404"),
        ("a form", format!("POST {good} HTTP/1.1\r\n{host}\r\nContent-Length: 0\r\n\r\n"), "405"),
        ("another state", format!("GET /callback?code=c&state=guess HTTP/1.1\r\n{host}\r\n\r\n"), "400"),
        ("no state", format!("GET /callback?code=c HTTP/1.1\r\n{host}\r\n\r\n"), "400"),
        ("the state twice", format!("GET {good}&state={STATE} HTTP/1.1\r\n{host}\r\n\r\n"), "400"),
        ("no code", format!("GET /callback?state={STATE} HTTP/1.1\r\n{host}\r\n\r\n"), "400"),
        ("code and error", format!("GET {good}&error=x HTTP/1.1\r\n{host}\r\n\r\n"), "400"),
        ("not HTTP", "\u{16}\u{3}\u{1}\r\n\r\n".into(), "400"),
        ("an address as target", format!("GET http://evil.example{good} HTTP/1.1\r\n{host}\r\n\r\n"), "404"),
        ("a huge head", format!("GET {good} HTTP/1.1\r\n{host}\r\nX: {}\r\n\r\n", "x".repeat(100_000)), ""),
        ("half a head", "GET /callback".into(), ""),
    ];
    for (name, request, status) in table {
        if status.is_empty() {
            // It is cut off, or told so; either way it is not taken.
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            _ = stream.write_all(request.as_bytes()).await;
        } else {
            assert_eq!(knock(port, request.as_bytes()).await, status, "{name}");
        }
        assert!(!waiting.is_finished(), "{name} ended the wait");
    }
    assert_eq!(get(port, &good).await, "200");
    assert_eq!(waiting.await.unwrap().code.unwrap().as_str(), "c");
}

#[tokio::test]
async fn one_answer_is_taken() {
    let (listener, port) = listener().await;
    let waiting = tokio::spawn(async move { listener.wait(STATE).await });
    let first = format!("/callback?code=first&state={STATE}&iss=https%3A%2F%2Fissuer.example%3A443%2F");
    assert_eq!(get(port, &first).await, "200");
    let answer = waiting.await.unwrap();
    assert_eq!(answer.code.unwrap().as_str(), "first");
    assert_eq!(answer.iss.as_deref(), Some("https://issuer.example:443/"));
    let late = TcpStream::connect(("127.0.0.1", port)).await;
    assert!(late.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn an_issuer_that_says_no_is_an_answer_too() {
    let (listener, port) = listener().await;
    let waiting = tokio::spawn(async move { listener.wait(STATE).await });
    assert_eq!(get(port, &format!("/callback?error=access_denied&state={STATE}")).await, "200");
    let answer = waiting.await.unwrap();
    assert!(answer.code.is_none());
    assert_eq!(answer.error.as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn visitors_who_say_nothing_do_not_hold_up_the_browser() {
    let (listener, port) = listener().await;
    let waiting = tokio::spawn(async move { listener.wait(STATE).await });
    let mut silent = Vec::new();
    for _ in 0..MOST_AT_ONCE - 1 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    assert_eq!(get(port, &format!("/callback?code=c&state={STATE}")).await, "200");
    drop(silent);
    assert!(waiting.await.unwrap().code.is_some());
}

#[tokio::test]
async fn the_last_page_loads_nothing_and_is_kept_by_nobody() {
    let (listener, port) = listener().await;
    let waiting = tokio::spawn(async move { listener.wait(STATE).await });
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("GET /callback?code=c&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    for wanted in [
        "Content-Security-Policy: default-src 'none'",
        "Cache-Control: no-store",
        "Referrer-Policy: no-referrer",
        "<html lang=\"en-GB\">",
        // The words RA Desk's own page tells people to look for.
        "<h1>Back to RA Desk</h1>",
        "You can close this tab and go back to RA Desk.",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
    let (_, style) = page.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, sha2::Sha256::digest(style));
    assert!(page.contains(&format!("style-src 'sha256-{hash}'; frame")), "the style is let in by its hash alone");
    for foreign in ["http:", "https:", "src=", "<script", "<link", "url(", "unsafe"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    drop(waiting.await);
}

#[tokio::test]
async fn the_next_port_is_taken_where_one_is_in_use() {
    let first = Listener::bind(&[0]).await.unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let second = Listener::bind(&[first.port, free]).await.unwrap();
    assert_eq!(second.redirect_uri(), format!("http://127.0.0.1:{free}/callback"));
    assert_eq!(Listener::bind(&[first.port, free]).await.err(), Some(SignInError::NoFreePort));
}

proptest::proptest! {
    #[test]
    fn whatever_is_said_is_answered_and_nothing_is_taken_without_the_state(head in "(GET /callback\\?)?.{0,200}") {
        let visit = Visit { host: "127.0.0.1:9411".into(), state: STATE.into() };
        let head = format!("{head} HTTP/1.1\r\nHost: 127.0.0.1:9411");
        proptest::prop_assert!(visit.judge(&head).is_err());
    }
}
