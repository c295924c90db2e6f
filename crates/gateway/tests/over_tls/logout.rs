//! The issuer says that a sign-in is over (OpenID Connect Back-Channel Logout 1.0).

use contract::FaultCode;
use http::StatusCode;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use crate::issuer::{OTHER, SIGNING, header, sign, uuid_text};
use crate::world::{AGENT, AGENT_ROLE, Answer, COLLEAGUE, Session, World, agent_role};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims(world: &World) -> Value {
    let now = world.issuer.now();
    json!({
        "iss": world.issuer.url("cis2"), "aud": "ra-desk.test", "iat": now, "exp": now + 120, "jti": uuid_text(),
        "sub": AGENT, "sid": format!("sid-{AGENT}"), "events": { EVENT: {} },
    })
}

async fn logout(world: &World, token: &str) -> Answer {
    Answer::of(world.client.post(world.url("/backchannel-logout")).form(&[("logout_token", token)])).await
}

async fn is_open(session: &Session) -> bool {
    let answer = session.get("/v1/session").await;
    if answer.status != StatusCode::OK {
        assert_eq!((answer.status, answer.fault()), (StatusCode::UNAUTHORIZED, FaultCode::SessionEnded));
        assert_eq!(answer.diagnostics(), "ended_elsewhere", "who ended it");
    }
    answer.status == StatusCode::OK
}

#[tokio::test]
async fn cis2_4_7_a_logout_token_is_checked_in_every_part() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let now = world.issuer.now();
    let changes: Vec<(&str, Value)> = vec![
        ("iss", json!("https://another")),
        ("iss", Value::Null),
        ("aud", json!("another")),
        ("aud", json!(["another"])),
        ("aud", Value::Null),
        ("iat", json!(now - 301)),
        ("iat", json!(now + 61)),
        ("iat", Value::Null),
        ("exp", json!(now - 61)),
        ("jti", json!("")),
        ("jti", json!("x".repeat(256))),
        ("jti", Value::Null),
        ("events", json!({})),
        ("events", json!({ "http://schemas.openid.net/event/another": {} })),
        ("events", json!({ EVENT: "yes" })),
        ("events", Value::Null),
        ("nonce", json!("x")),
        ("sid", json!(7)),
    ];
    for (claim, value) in changes {
        let mut bad = claims(&world);
        match &value {
            Value::Null => _ = bad.as_object_mut().unwrap().remove(claim),
            value => bad[claim] = value.clone(),
        }
        let answer = logout(&world, &sign(&header(), &SIGNING, &bad)).await;
        assert_eq!((answer.status, answer.fault()), (StatusCode::BAD_REQUEST, FaultCode::InvalidRequest), "{claim}");
    }
    let mut bad = claims(&world);
    bad["nonce"] = Value::Null;
    assert_eq!(logout(&world, &sign(&header(), &SIGNING, &bad)).await.fault(), FaultCode::InvalidRequest, "no nonce");
    let mut nobody = claims(&world);
    nobody.as_object_mut().unwrap().retain(|name, _| name != "sub" && name != "sid");
    assert_eq!(logout(&world, &sign(&header(), &SIGNING, &nobody)).await.fault(), FaultCode::InvalidRequest);

    let good = claims(&world);
    let mut stronger = Header::new(Algorithm::RS512);
    stronger.kid = header().kid;
    let unsigned = {
        use base64::Engine;
        let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&json!({ "alg": "none", "kid": "one" })), part(&good))
    };
    for bad in [sign(&header(), &OTHER, &good), sign(&stronger, &SIGNING, &good), unsigned, "nonsense".into()] {
        assert_eq!(logout(&world, &bad).await.fault(), FaultCode::InvalidRequest);
    }
    for kind in ["at+jwt", "dpop+jwt", "application/at+jwt", "secevent+jwt", ""] {
        let mut other = header();
        other.typ = Some(kind.to_owned());
        let answer = logout(&world, &sign(&other, &SIGNING, &good)).await;
        assert_eq!(answer.fault(), FaultCode::InvalidRequest, "a token that calls itself {kind}");
    }
    assert!(is_open(&session).await, "nothing of that ended anything");
    let good = sign(&header(), &SIGNING, &good);
    assert_eq!(logout(&world, &good).await.status, StatusCode::OK);
    assert!(!is_open(&session).await);
    assert_eq!(logout(&world, &good).await.fault(), FaultCode::InvalidRequest, "it is good once");
}

#[tokio::test]
async fn a_logout_token_may_say_that_it_is_one_or_say_nothing() {
    let world = World::start().await;
    for (number, kind) in [None, Some("JWT"), Some("logout+jwt"), Some("Logout+JWT"), Some("application/logout+jwt")]
        .into_iter()
        .enumerate()
    {
        let session = world.sign_in(AGENT).await;
        let mut header = header();
        header.typ = kind.map(str::to_owned);
        let mut claims = claims(&world);
        claims["jti"] = json!(format!("{number}"));
        assert_eq!(logout(&world, &sign(&header, &SIGNING, &claims)).await.status, StatusCode::OK, "{kind:?}");
        assert!(!is_open(&session).await, "{kind:?}");
        // The issuers of these tests call every session of a person the same.
        world.change("DELETE FROM logout_tokens");
    }
}

#[tokio::test]
async fn what_is_named_is_ended_and_nothing_else() {
    let world = World::start().await;
    let without = |claim: &'static str| {
        let mut claims = claims(&world);
        claims.as_object_mut().unwrap().remove(claim);
        sign(&header(), &SIGNING, &claims)
    };
    let colleague = world.sign_in(COLLEAGUE).await;
    for claim in ["sid", "sub"] {
        let session = world.sign_in(AGENT).await;
        assert_eq!(logout(&world, &without(claim)).await.status, StatusCode::OK);
        assert!(!is_open(&session).await, "without {claim}");
    }
    // The issuers of these tests call every session of a person the same.
    world.change("DELETE FROM logout_tokens");
    // The issuer's session of one person, said to be another's: of nobody.
    let session = world.sign_in(AGENT).await;
    let mut mixed = claims(&world);
    mixed["sub"] = json!(COLLEAGUE);
    assert_eq!(logout(&world, &sign(&header(), &SIGNING, &mixed)).await.status, StatusCode::OK);
    assert!(is_open(&session).await && is_open(&colleague).await);
    world.change("DELETE FROM logout_tokens");
    // A session that never learnt its name at the issuer goes by its person.
    world.change("UPDATE sessions SET issuer_sid = NULL");
    assert_eq!(logout(&world, &sign(&header(), &SIGNING, &claims(&world))).await.status, StatusCode::OK);
    assert!(!is_open(&session).await && is_open(&colleague).await);
}

#[tokio::test]
async fn one_that_arrives_late_ends_no_sign_in_after_it() {
    let world = World::start().await;
    let mut late = claims(&world);
    late.as_object_mut().unwrap().remove("sid");
    let late = sign(&header(), &SIGNING, &late);
    let before = world.sign_in(AGENT).await;
    world.clock.pass(SignedDuration::from_secs(120));
    let after = world.sign_in(AGENT).await;
    assert_eq!(logout(&world, &late).await.status, StatusCode::OK);
    assert!(!is_open(&before).await && is_open(&after).await);
}

#[tokio::test]
async fn a_code_of_a_sign_in_that_is_over_begins_no_session() {
    let world = World::start().await;
    assert_eq!(logout(&world, &sign(&header(), &SIGNING, &claims(&world))).await.status, StatusCode::OK);
    let roles = json!([agent_role(AGENT_ROLE)]);
    let answer = world.token(world.grant(AGENT, Some(AGENT_ROLE), &roles)).await;
    assert_eq!(answer.fault(), FaultCode::SignInRefused, "{}", answer.text);
    assert_eq!(world.count("SELECT count(*) FROM sessions"), 0);
    let mut again = world.grant(AGENT, Some(AGENT_ROLE), &roles);
    again.id["sid"] = json!("another");
    assert_eq!(world.token(again).await.status, StatusCode::OK);
}
