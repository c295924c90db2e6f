//! Attacks on the way back: the browser, the loopback listener, and whoever else is on this computer (RFC 8252).

use std::time::Duration;

use contract::FaultCode;
use desk::{Cause, SessionNow, SignInError};
use http::header;
use tests::Outcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::hostile::Who;
use crate::own;
use crate::stand::{Stand, sent_back, visit};
use crate::table::Group;

/// The group.
pub const GROUP: Group = Group {
    title: "Attacks: the way back to this computer",
    modules: &[
        own!("state of an earlier sign-in", "desk", "the listener answers 400 and goes on waiting", old_state),
        own!("state of somebody else's sign-in", "desk", "the listener answers 400 and goes on waiting", other_state),
        own!("a second answer", "desk", "one code is changed, whoever comes second finds nobody", second_answer),
        own!("code and state given twice", "desk", "the listener answers 400 and goes on waiting", said_twice),
        own!(
            "another name for this computer (DNS rebinding)",
            "desk",
            "the listener answers 421 and goes on waiting",
            rebinding
        ),
        own!("another path, another method", "desk", "404 and 405; the listener goes on waiting", other_path),
        own!("from another computer", "desk", "the listener is on 127.0.0.1 and nowhere else", loopback_only),
        own!("a visitor that says nothing", "desk", "the real answer is heard meanwhile", slow_visitor),
        own!(
            "a port that somebody sits on",
            "desk",
            "the next allowed port is used and named; with none left: *the ports for the sign-in's return are all in \
             use*",
            squatted_port
        ),
        own!(
            "a code that somebody caught on its way",
            "gateway, issuer",
            "refused: *invalid_grant*, for nobody else has the verifier",
            caught_code
        ),
        own!(
            "open redirect",
            "desk, gateway",
            "the last page leads nowhere; an address that is not on the list is refused before the issuer is asked",
            open_redirect
        ),
        own!("two sign-ins at once", "desk", "the second is refused, and the first goes on", two_at_once),
        own!("denied by the person", "desk", "refused: *the issuer said no: access_denied*", denied),
    ],
};

/// Something knocks that is not the answer. Afterwards the real one is taken.
async fn turned_away(stand: &Stand, url: &Url, status: u16, begun: crate::stand::Begun) -> Outcome {
    assert_eq!(visit(url).await?.status, status);
    goes_on(stand, begun).await
}

async fn goes_on(stand: &Stand, begun: crate::stand::Begun) -> Outcome {
    assert!(begun.waits(), "the real answer is still waited for");
    let changed = stand.issuer.count(Who::Gateway, "/token");
    visit(&sent_back(&begun.url).await?).await?;
    let session = begun.end().await??.session;
    assert!(matches!(session, SessionNow::Confirming { .. }), "and is taken");
    assert_eq!(stand.issuer.count(Who::Gateway, "/token"), changed + 1);
    Ok(())
}

async fn old_state() -> Outcome {
    let stand = Stand::start().await?;
    let first = stand.begin().await?;
    let back = sent_back(&first.url).await?;
    first.given_up().await?.expect_err("given up");
    let second = stand.begin().await?;
    turned_away(&stand, &back, 400, second).await
}

async fn other_state() -> Outcome {
    let (stand, other) = (Stand::start().await?, Stand::start().await?);
    let (begun, theirs) = (stand.begin().await?, other.begin().await?);
    let mut back = sent_back(&theirs.url).await?;
    back.set_port(begun.callback()?.port()).map_err(|()| "a port")?;
    turned_away(&stand, &back, 400, begun).await
}

async fn second_answer() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    let back = sent_back(&begun.url).await?;
    let again = sent_back(&begun.url).await?;
    let (first, second) = tokio::join!(visit(&back), visit(&again));
    let taken = [first, second].into_iter().filter(|page| page.as_ref().is_ok_and(|page| page.status == 200)).count();
    assert_eq!(taken, 1, "one answer is taken");
    begun.end().await??;
    assert!(visit(&back).await.is_err(), "nobody listens any more");
    assert_eq!(stand.issuer.count(Who::Gateway, "/token"), 1, "one code is changed");
    Ok(())
}

async fn said_twice() -> Outcome {
    let stand = Stand::start().await?;
    for name in ["code", "state"] {
        let begun = stand.begin().await?;
        let mut back = sent_back(&begun.url).await?;
        back.query_pairs_mut().append_pair(name, "another");
        assert_eq!(visit(&back).await?.status, 400, "{name}");
        goes_on(&stand, begun).await?;
    }
    Ok(())
}

/// Says something to the listener and gives its first line back.
async fn says(port: u16, request: &str) -> Outcome<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    Ok(reply.lines().next().unwrap_or_default().to_owned())
}

async fn rebinding() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    let back = sent_back(&begun.url).await?;
    let port = back.port().ok_or("a port")?;
    let target = format!("{}?{}", back.path(), back.query().unwrap_or_default());
    for host in [format!("evil.example:{port}"), format!("localhost:{port}"), "127.0.0.1".to_owned(), String::new()] {
        let line = says(port, &format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await?;
        assert!(line.contains(" 421 "), "{host}: {line}");
    }
    let two = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n");
    assert!(says(port, &two).await?.contains(" 421 "));
    goes_on(&stand, begun).await
}

async fn other_path() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    let back = sent_back(&begun.url).await?;
    let (port, query) = (back.port().ok_or("a port")?, back.query().unwrap_or_default());
    let host = format!("Host: 127.0.0.1:{port}\r\n\r\n");
    for path in ["/", "/callback/", "/callback/x", "/Callback", "//callback", "/callback%2f"] {
        let line = says(port, &format!("GET {path}?{query} HTTP/1.1\r\n{host}")).await?;
        assert!(line.contains(" 404 "), "{path}: {line}");
    }
    for method in ["POST", "PUT", "HEAD", "OPTIONS"] {
        let line = says(port, &format!("{method} /callback?{query} HTTP/1.1\r\n{host}")).await?;
        assert!(line.contains(" 405 "), "{method}: {line}");
    }
    goes_on(&stand, begun).await
}

async fn loopback_only() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    let callback = begun.callback()?;
    assert_eq!(callback.host_str(), Some("127.0.0.1"));
    let port = callback.port().ok_or("a port")?;
    // Another address of this computer stands for every other one.
    assert!(TcpStream::connect(("127.0.0.2", port)).await.is_err());
    goes_on(&stand, begun).await
}

async fn slow_visitor() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    let port = begun.callback()?.port().ok_or("a port")?;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(TcpStream::connect(("127.0.0.1", port)).await?);
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    goes_on(&stand, begun).await
}

async fn squatted_port() -> Outcome {
    let stand = Stand::start().await?;
    let [first, second] = stand.ports;
    let _squatter = TcpListener::bind(("127.0.0.1", first)).await?;
    let begun = stand.begin().await?;
    assert_eq!(begun.callback()?.port(), Some(second));
    goes_on(&stand, begun).await?;
    let _other = TcpListener::bind(("127.0.0.1", second)).await?;
    assert_eq!(stand.sign_in().await.expect_err("no port"), Cause::SignIn(SignInError::NoFreePort));
    Ok(())
}

async fn caught_code() -> Outcome {
    let stand = Stand::start().await?;
    // Whoever caught it has the code, and makes up the rest.
    stand.between.garble(|form| {
        for (name, value) in form {
            if name == "code_verifier" {
                "a-verifier-that-somebody-made-up-and-that-is-long-enough".clone_into(value);
            }
        }
    });
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Denied("SIGN_IN_REFUSED".into())));
    assert_eq!(stand.between.last_fault()?.1, "the code: answered 400 invalid_grant");
    stand.nobody().await
}

async fn open_redirect() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    let page = visit(&sent_back(&begun.url).await?).await?;
    begun.end().await??;
    assert!(page.headers.get(header::LOCATION).is_none(), "the last page leads nowhere");
    assert!(page.headers.get(header::REFRESH).is_none());
    for word in ["href", "<script", "<form", "http-equiv", "code=", "state="] {
        assert!(!page.html.contains(word), "{word}");
    }
    let [first, _] = stand.ports;
    for address in [
        format!("http://127.0.0.1:{first}/callback/"),
        format!("http://127.0.0.1:{first}/callback?x=1"),
        format!("http://localhost:{first}/callback"),
        format!("http://127.0.0.1:{first}@evil.example/callback"),
        "https://evil.example/callback".to_owned(),
    ] {
        let stand = Stand::start().await?;
        let said = address.clone();
        stand.between.garble(move |form| {
            for (name, value) in form {
                if name == "redirect_uri" {
                    said.clone_into(value);
                }
            }
        });
        assert!(stand.sign_in().await.is_err());
        let (code, words) = stand.between.last_fault()?;
        assert_eq!((code, words.as_str()), (FaultCode::SignInRefused, "the redirect URI is not one that is allowed"));
        assert!(stand.issuer.calls("/token").is_empty(), "{address}: the issuer is not asked");
    }
    Ok(())
}

async fn two_at_once() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    let cause = stand.desk.sign_in().await.expect_err("one at a time").cause;
    assert_eq!(cause, Cause::WrongState);
    goes_on(&stand, begun).await
}

async fn denied() -> Outcome {
    let stand = Stand::start().await?;
    let begun = stand.begin().await?;
    let mut back = sent_back(&begun.url).await?;
    let pairs: Vec<(String, String)> = back.query_pairs().into_owned().filter(|(name, _)| name != "code").collect();
    back.query_pairs_mut().clear().extend_pairs(pairs).append_pair("error", "access_denied");
    assert_eq!(visit(&back).await?.status, 200);
    let cause = begun.end().await?.expect_err("denied");
    assert_eq!(cause, Cause::SignIn(SignInError::Denied("access_denied".into())));
    stand.nobody().await
}
