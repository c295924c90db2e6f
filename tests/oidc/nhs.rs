//! The rules of NHS CIS2 Authentication, by their ids in its technical conformance questions where they have one.

use std::sync::Arc;
use std::time::Duration;

use contract::{Access, EndReason, FaultCode};
use desk::{Cause, SessionNow, SignInError};
use serde_json::{Value, json};
use tests::Outcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::basic::{claim, signs_in, userinfo_of_somebody_else};
use crate::config::the_gateway_cannot_ask;
use crate::hostile::{Hostile, Manners, ROLE, now, role, say};
use crate::stand::{Stand, shared};
use crate::table::Group;
use crate::{bad, own};

/// The group.
pub const GROUP: Group = Group {
    title: "NHS CIS2 Authentication",
    modules: &[
        own!(
            "NHS CIA UI Req 001: userinfo's sub is the ID token's",
            "gateway; desk: who the gateway says it is",
            "refused by both, as `oidcc-client-test-userinfo-invalid-sub`",
            userinfo_of_somebody_else
        ),
        bad!(
            "NHS CIA SC Req 002: id_assurance_level 2",
            "id_assurance_level is lower than 3",
            IdentityLevel,
            claim("id_assurance_level", "2")
        ),
        bad!(
            "NHS CIA SC Req 002: id_assurance_level absent",
            "id_assurance_level is lower than 3",
            IdentityLevel,
            claim("id_assurance_level", Value::Null)
        ),
        bad!(
            "NHS CIA SC Req 002: id_assurance_level no level at all",
            "id_assurance_level is lower than 3",
            IdentityLevel,
            claim("id_assurance_level", "three")
        ),
        own!("NHS CIA SC Req 003: no needless scopes", "desk", "five scopes, each used", scopes),
        bad!("NHS CIA ACR Req 001: acr AAL2", "acr is lower than was asked for", Acr, claim("acr", "AAL2_ANY")),
        bad!("NHS CIA ACR Req 001: acr absent", "acr is lower than was asked for", Acr, claim("acr", Value::Null)),
        bad!(
            "NHS CIA ACR Req 001: authentication_assurance_level 2",
            "authentication_assurance_level is lower than was asked for",
            AuthenticatorLevel,
            claim("authentication_assurance_level", 2)
        ),
        bad!(
            "NHS CIA ACR Req 001: authentication_assurance_level absent",
            "authentication_assurance_level is lower than was asked for",
            AuthenticatorLevel,
            claim("authentication_assurance_level", Value::Null)
        ),
        own!("NHS CIA Ses Req 002: a login is forced", "desk", "`prompt=login` and `max_age=300`", forced_login),
        bad!(
            "NHS CIA Ses Req 003: auth_time more than five minutes ago",
            "the sign-in was not in the last five minutes",
            AuthTime,
            claim("auth_time", now() - 600)
        ),
        bad!(
            "NHS CIA Ses Req 003: auth_time absent",
            "the sign-in was not in the last five minutes",
            AuthTime,
            claim("auth_time", Value::Null)
        ),
        bad!(
            "NHS CIA Ses Req 003: auth_time ahead",
            "the sign-in was not in the last five minutes",
            AuthTime,
            claim("auth_time", now() + 600)
        ),
        own!(
            "NHS CIA Ses Req 005: 15 minutes idle",
            "desk, which tells the gateway",
            "the session ends, here and at the gateway: idle",
            idle
        ),
        own!(
            "NHS CIA Ses Req 007: 12 hours at most",
            "gateway, desk",
            "the session ends however busy it is",
            twelve_hours
        ),
        own!(
            "NHS CIA Sec Req 003: TLS 1.2 at least",
            "gateway, desk",
            "neither offers less; an issuer with TLS 1.1 is told `protocol_version` and nothing more",
            old_tls
        ),
        own!("code flow only", "desk", "`response_type=code`; a token in the answer is not looked at", code_only),
        own!("levels as text, and as numbers", "gateway, desk", "somebody is signed in", levels),
        own!("optional arrays absent", "gateway", "somebody is signed in, in the role they chose", absent_arrays),
        own!("no role at all", "gateway, desk", "somebody is signed in who may do nothing", no_role),
        own!("one, several and more than five roles", "gateway, desk", "in the role that was chosen", roles),
        own!(
            "a role that is not theirs",
            "gateway",
            "refused: *the role that was selected is not one of the person's roles*",
            foreign_role
        ),
        own!("change of role", "desk", "a new authorization, with `changedrole`", change_of_role),
    ],
};

async fn scopes() -> Outcome {
    let stand = Stand::start().await?;
    stand.sign_in().await?;
    let asked = stand.asked()?;
    let mut scopes: Vec<&str> = asked["scope"].split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["associatedorgs", "nationalrbacaccess", "openid", "profile", "selectedrole"]);
    Ok(())
}

async fn forced_login() -> Outcome {
    let stand = Stand::start().await?;
    for _ in 0..2 {
        stand.sign_in().await?;
        let asked = stand.asked()?;
        assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "300"));
        assert_eq!(asked["acr_values"], "AAL3_ANY");
    }
    Ok(())
}

async fn idle() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    stand.clock.pass(Duration::from_secs(15 * 60 - 40));
    assert!(matches!(stand.desk.snapshot().await?.session, SessionNow::SignedIn { .. }), "not yet");
    stand.clock.pass(Duration::from_secs(41));
    let session = stand.desk.touch().await?.session;
    assert_eq!(session, SessionNow::SignedOut { why: Some(EndReason::Idle) });
    stand.desk.until_gateway_is_told(Duration::from_secs(20)).await;
    assert_eq!(stand.open_sessions()?, 0);
    Ok(())
}

async fn twelve_hours() -> Outcome {
    let stand = Stand::start().await?;
    stand.at_work().await?;
    for _ in 0..51 {
        stand.clock.pass(Duration::from_secs(14 * 60));
        let session = stand.desk.touch().await?.session;
        assert!(matches!(session, SessionNow::SignedIn { .. }), "busy all day: {session:?}");
    }
    stand.clock.pass(Duration::from_secs(7 * 60));
    let session = stand.desk.touch().await?.session;
    assert_eq!(session, SessionNow::SignedOut { why: Some(EndReason::TwelveHours) });
    // Whoever still has a token of it gets nowhere. The last refresh may have come when it was over, and gave none.
    let mut given = 0;
    for said in stand.between.calls_to("/oauth2/token") {
        let reply: Value = serde_json::from_str(&said.reply)?;
        let Some(token) = reply["access_token"].as_str() else { continue };
        given += 1;
        let url = format!("{}/v1/session", stand.between.url());
        let reply = crate::stand::client()?.get(url).bearer_auth(token).send().await?;
        assert_eq!(reply.status(), 401);
    }
    assert!(given > 0, "it signed in");
    Ok(())
}

/// A server that knows TLS 1.1 and nothing newer. Gives what the client offered, and the alert it left with.
async fn tls_1_1(listener: TcpListener) -> Outcome<(Vec<u16>, Option<u8>)> {
    let (mut stream, _) = listener.accept().await?;
    let mut head = [0_u8; 5];
    stream.read_exact(&mut head).await?;
    let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut hello).await?;
    let offered = versions_in(&hello).ok_or("no ClientHello")?;
    // ServerHello: TLS 1.1, no session, TLS_RSA_WITH_AES_128_CBC_SHA.
    let mut answer = vec![0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
    answer.extend([7; 32]);
    answer.extend([0, 0, 0x2f, 0]);
    stream.write_all(&answer).await?;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await?;
    let alert = rest.iter().position(|byte| *byte == 0x15).and_then(|at| rest.get(at + 6)).copied();
    Ok((offered, alert))
}

/// The versions a ClientHello offers in its extension `supported_versions`.
fn versions_in(hello: &[u8]) -> Option<Vec<u16>> {
    let two = |at: usize| Some(usize::from(u16::from_be_bytes([*hello.get(at)?, *hello.get(at + 1)?])));
    // Kind and length, version, random; then session, ciphers, compression.
    let mut at = 4 + 2 + 32;
    at += 1 + usize::from(*hello.get(at)?);
    at += 2 + two(at)?;
    at += 1 + usize::from(*hello.get(at)?);
    at += 2;
    while at < hello.len() {
        let (kind, length) = (two(at)?, two(at + 2)?);
        if kind == 43 {
            let list = hello.get(at + 5..at + 4 + length)?;
            return Some(list.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect());
        }
        at += 4 + length;
    }
    None
}

async fn old_tls() -> Outcome {
    const PROTOCOL_VERSION: u8 = 70;
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://localhost:{}/op", server.local_addr()?.port());
    let answering = tokio::spawn(tls_1_1(server));
    let stand = Stand::at(Hostile::start(shared()?.tls())?, &url).await?;
    let cause = stand.sign_in().await.expect_err("refused");
    assert!(matches!(cause, Cause::SignIn(SignInError::Network(_))), "{cause:?}");
    assert_eq!(answering.await??, (vec![0x0304, 0x0303], Some(PROTOCOL_VERSION)), "the desk");
    stand.nobody().await?;

    let server = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://localhost:{}/token", server.local_addr()?.port());
    let answering = tokio::spawn(tls_1_1(server));
    let stand = Stand::start().await?;
    let manners = Manners { document: say("token_endpoint", url), ..Manners::default() };
    the_gateway_cannot_ask(&stand, manners, "the code: no answer").await?;
    assert_eq!(answering.await??, (vec![0x0304, 0x0303], Some(PROTOCOL_VERSION)), "the gateway");
    Ok(())
}

async fn code_only() -> Outcome {
    let answer: Arc<dyn Fn(&mut Value) + Send + Sync> = Arc::new(|answer| {
        answer["code"] = Value::Null;
        answer["id_token"] = "header.claims.signature".into();
        answer["access_token"] = "an-access-token".into();
    });
    let stand = Stand::with(Manners { answer, ..Manners::default() }).await?;
    let begun = stand.begin().await?;
    assert!(begun.url.query_pairs().any(|(name, value)| name == "response_type" && value == "code"));
    let page = crate::stand::visit(&crate::stand::sent_back(&begun.url).await?).await?;
    assert_eq!(page.status, 400, "an answer without a code is none");
    assert!(begun.waits());
    assert_eq!(begun.given_up().await?.expect_err("given up"), Cause::SignIn(SignInError::Cancelled));
    stand.nobody().await
}

async fn levels() -> Outcome {
    for level in [json!("3"), json!(3)] {
        let claims: Arc<dyn Fn(&mut Value) + Send + Sync> = Arc::new(move |claims| {
            claims["id_assurance_level"] = level.clone();
            claims["authentication_assurance_level"] = level.clone();
        });
        signs_in(&Stand::with(Manners { claims, ..Manners::default() }).await?).await?;
    }
    Ok(())
}

async fn absent_arrays() -> Outcome {
    let stand = Stand::with(Manners { info: say("nhsid_user_orgs", Value::Null), ..Manners::default() }).await?;
    let SessionNow::Confirming { person } = stand.sign_in().await?.session else { panic!("asked who they are") };
    let role = person.role.ok_or("a role")?;
    assert_eq!(role.role.organisation.name, "B81603", "its code where it has no name");
    assert_eq!(role.access, Access::Register);
    Ok(())
}

async fn no_role() -> Outcome {
    let manners = Manners {
        claims: say("selected_roleid", Value::Null),
        info: say("nhsid_nrbac_roles", Value::Null),
        ..Manners::default()
    };
    let stand = Stand::with(manners).await?;
    let SessionNow::Confirming { person } = stand.sign_in().await?.session else { panic!("asked who they are") };
    assert!(person.role.is_none() && person.roles.is_empty());
    assert!(!person.may.find && !person.may.register && !person.may.remove);
    Ok(())
}

async fn roles() -> Outcome {
    for how_many in [1_usize, 3, 7] {
        let all: Vec<Value> = (0..how_many).map(|n| role(&format!("55525424010{n}"), &format!("B8160{n}"))).collect();
        let chosen = format!("55525424010{}", how_many - 1);
        let manners = Manners {
            claims: say("selected_roleid", chosen.clone()),
            info: say("nhsid_nrbac_roles", all),
            ..Manners::default()
        };
        let stand = Stand::with(manners).await?;
        let SessionNow::Confirming { person } = stand.sign_in().await?.session else { panic!("asked who they are") };
        assert_eq!(person.roles.len(), how_many);
        assert_eq!(person.role.ok_or("a role")?.role.id.as_str(), chosen);
    }
    Ok(())
}

async fn foreign_role() -> Outcome {
    let stand = Stand::with(claim("selected_roleid", "555254240999")).await?;
    let cause = stand.sign_in().await.expect_err("refused");
    assert_eq!(cause, Cause::SignIn(SignInError::Denied("SIGN_IN_REFUSED".into())));
    let (code, words) = stand.between.last_fault()?;
    assert_eq!(code, FaultCode::SignInRefused);
    assert_eq!(words, "the role that was selected is not one of the person's roles");
    stand.nobody().await
}

async fn change_of_role() -> Outcome {
    let roles = vec![role(ROLE, "B81603"), role("555254240101", "X26")];
    let info = say("nhsid_nrbac_roles", roles);
    let stand = Stand::with(Manners { info: info.clone(), ..Manners::default() }).await?;
    stand.at_work().await?;
    assert!(stand.asked()?["scope"].split(' ').any(|scope| scope == "selectedrole"));
    stand.issuer.behave(Manners { info, claims: say("selected_roleid", "555254240101"), ..Manners::default() });
    let session = stand.desk.change_role("555254240101".parse()?).await?.session;
    let SessionNow::Confirming { person } = session else { panic!("asked who they are: {session:?}") };
    assert_eq!(person.role.ok_or("a role")?.role.organisation.code.as_str(), "X26");
    let scope = stand.asked()?["scope"].clone();
    assert!(scope.contains("changedrole") && !scope.contains("selectedrole"), "{scope}");
    Ok(())
}
