//! Sessions: who may begin one, how it goes on, and what ends it.

use contract::{FaultCode, SessionReply};
use http::StatusCode;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use crate::issuer::{Grant, OTHER, header, sign, uuid_text};
use crate::world::{AGENT, AGENT_ROLE, Answer, COLLEAGUE, REDIRECT, VERIFIER, World, agent_role, role, sponsor_role};

#[tokio::test]
async fn a_good_sign_in_opens_a_session() {
    let world = World::start().await;
    let answer = world.token(world.grant(AGENT, Some(AGENT_ROLE), &json!([agent_role(AGENT_ROLE)]))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.body["expires_in"], 600);
    assert_eq!(answer.body["refresh_expires_in"], 43_200);
    assert_eq!(answer.body["id_token"].as_str().unwrap().split('.').count(), 3, "the issuer's own token, untouched");
    let session = world.sign_in(AGENT).await;
    let answer = session.get("/v1/session").await;
    let reply: SessionReply = serde_json::from_value(answer.body).unwrap();
    assert_eq!((reply.user.uuid.as_str(), reply.user.name.as_str()), (AGENT, "Robin Agent"));
    assert!(reply.may.register && reply.may.find && reply.may.remove);
    assert_eq!(reply.role.unwrap().role.organisation.name, "A practice");
    assert_eq!(reply.policy.link_lifetime_minutes, 10_080);
    let tokens = world.count("SELECT count(*) FROM tokens WHERE length(digest) = 32");
    assert_eq!(tokens, 4, "two sessions, each with two tokens, as digests");
}

#[tokio::test]
async fn every_check_of_a_sign_in_refuses() {
    let world = World::start().await;
    let now = world.issuer.now();
    let issuer_url = world.issuer.url("cis2");
    type Change = Box<dyn FnOnce(&mut Grant)>;
    let set = |field: &'static str, value: Value| -> Change { Box::new(move |grant| grant.id[field] = value) };
    let cases: Vec<(&str, Change)> = vec![
        ("another issuer", set("iss", format!("{issuer_url}/").into())),
        ("somebody else", set("aud", "another.client".into())),
        ("somebody else", set("aud", json!(["another.client"]))),
        ("given to somebody else", set("azp", "another.client".into())),
        ("expired", set("exp", (now - 61).into())),
        ("not made just now", set("iat", (now - 7200).into())),
        ("not made just now", set("iat", (now + 600).into())),
        ("nonce", set("nonce", "another".into())),
        ("nonce", set("nonce", Value::Null)),
        ("five minutes", set("auth_time", (now - 400).into())),
        ("five minutes", set("auth_time", Value::Null)),
        ("acr", set("acr", "AAL2_ANY".into())),
        ("acr", set("acr", Value::Null)),
        ("authentication_assurance_level", set("authentication_assurance_level", "2".into())),
        ("authentication_assurance_level", set("authentication_assurance_level", Value::Null)),
        ("id_assurance_level", set("id_assurance_level", "2".into())),
        ("id_assurance_level", set("id_assurance_level", Value::Null)),
        ("selected", set("selected_roleid", "999".into())),
        (
            "at_hash",
            Box::new(|grant| {
                grant.at_hash = false;
                grant.id["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA".into();
            }),
        ),
        ("at_hash", Box::new(|grant| grant.at_hash = false)),
        ("userinfo", Box::new(|grant| grant.info["sub"] = "555100000099".into())),
        (
            "Care Identity UUID",
            Box::new(|grant| {
                grant.info["sub"] = "not-a-uuid".into();
                grant.id["sub"] = "not-a-uuid".into();
                grant.info["nhsid_useruid"] = Value::Null;
            }),
        ),
        ("not signed by the issuer", Box::new(|grant| grant.key = &OTHER)),
        ("not signed by the issuer", Box::new(|grant| grant.header.kid = Some("two".into()))),
        ("for others as well", set("aud", json!(["ra-desk.test", "another.client"]))),
        ("not valid yet", set("nbf", (now + 600).into())),
        (
            "RS256",
            Box::new(|grant| {
                grant.header = Header::new(Algorithm::RS512);
                grant.header.kid = Some("one".into());
            }),
        ),
        ("invalid_grant", Box::new(|grant| grant.challenge = "of-another-verifier".into())),
    ];
    for (reason, change) in cases {
        let mut grant = world.grant(AGENT, Some(AGENT_ROLE), &json!([agent_role(AGENT_ROLE)]));
        change(&mut grant);
        let answer = world.token(grant).await;
        assert_eq!(answer.fault(), FaultCode::SignInRefused, "{reason}");
        assert!(answer.diagnostics().contains(reason), "{reason}: {}", answer.diagnostics());
        assert!(!answer.text.contains(AGENT), "no personal data in an error");
    }
    assert_eq!(world.count("SELECT count(*) FROM sessions"), 0);
}

#[tokio::test]
async fn what_the_desk_sends_is_checked() {
    let world = World::start().await;
    let good = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("client_id", "ra-desk.test"),
        ("nonce", "the-nonce"),
    ];
    for (field, value, expected) in [
        ("redirect_uri", "http://127.0.0.1:9411/callback/", FaultCode::SignInRefused),
        ("redirect_uri", "http://evil.example/callback", FaultCode::SignInRefused),
        ("client_id", "another", FaultCode::SignInRefused),
        ("code", "never-given", FaultCode::SignInRefused),
        ("code", "", FaultCode::InvalidRequest),
        ("nonce", "", FaultCode::InvalidRequest),
        ("grant_type", "password", FaultCode::InvalidRequest),
    ] {
        // A code that is good, so that nothing but the field is wrong.
        let code = world.issuer.grant(world.grant(AGENT, Some(AGENT_ROLE), &json!([agent_role(AGENT_ROLE)])));
        let good = good.map(|(name, old)| (name, if name == "code" { code.as_str() } else { old }));
        let form = good.map(|(name, old)| (name, if name == field { value } else { old }));
        assert_eq!(world.token_form(&form).await.fault(), expected, "{field} {value}");
    }
    world.issuer.go_down(true);
    let answer = world.token_form(&good).await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::SERVICE_UNAVAILABLE, FaultCode::IssuerUnavailable));
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_session_without_access_is_told_why() {
    let world = World::start_with(|config| config.policy.organisations = vec!["B81603".parse().unwrap()]).await;
    let roles = json!([
        role("1", "S8000:G8000:R8000", &[], "B81603"),
        role("2", "S0080:G0450:R5080", &[], "RBA"),
        sponsor_role("3"),
    ]);
    for (selected, access, reason) in
        [("1", "none", "not_an_ra_role"), ("2", "none", "organisation_not_served"), ("3", "look_only", "")]
    {
        let answer = world.token(world.grant(AGENT, Some(selected), &roles)).await;
        let mut session = world.sign_in(AGENT).await;
        session.access = answer.body["access_token"].as_str().unwrap().to_owned();
        session.role = Some(selected.into());
        let reply = session.get("/v1/session").await;
        assert_eq!(reply.body["role"]["access"], access, "{}", reply.text);
        assert_eq!(reply.body["role"]["reason"].as_str().unwrap_or_default(), reason);
        assert_eq!(reply.body["roles"].as_array().unwrap().len(), 3);
        let search = session.post("/v1/care-identities/search", &json!({ "by": "uuid", "uuid": AGENT })).await;
        assert_eq!(search.status == StatusCode::OK, access == "look_only");
        if access == "none" {
            assert_eq!(search.fault(), FaultCode::NotPermitted);
        }
    }
    let answer = world.token(world.grant(AGENT, None, &Value::Array(vec![]))).await;
    let mut session = world.sign_in(AGENT).await;
    session.access = answer.body["access_token"].as_str().unwrap().to_owned();
    session.role = None;
    let reply = session.get("/v1/session").await;
    assert_eq!((reply.status, reply.body["role"].is_null()), (StatusCode::OK, true), "{}", reply.text);
}

#[tokio::test]
async fn the_role_of_a_call_is_the_role_of_its_session() {
    let world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    for wrong in [Some("999".to_owned()), None] {
        session.role = wrong;
        let answer = session.get(&format!("/v1/care-identities/{AGENT}")).await;
        assert_eq!((answer.status, answer.fault()), (StatusCode::FORBIDDEN, FaultCode::WrongRole));
    }
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK, "which tells the role need not be told it");
    session.role = Some("999".into());
    assert_eq!(session.get("/v1/session").await.fault(), FaultCode::WrongRole);
}

#[tokio::test]
async fn tokens_are_refreshed_and_a_lost_answer_ends_nothing() {
    let world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    world.clock.pass(SignedDuration::from_secs(601));
    let answer = session.get("/v1/session").await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::UNAUTHORIZED, FaultCode::SignInNeeded));
    let refresh =
        async |token: &str| world.token_form(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    let first = session.refresh.clone();
    let lost = refresh(&first).await;
    assert_eq!(lost.status, StatusCode::OK, "{}", lost.text);
    assert!(lost.body.get("id_token").is_none());
    let again = refresh(&first).await;
    assert_eq!(again.status, StatusCode::OK, "the answer was lost, so the token still works");
    session.access = again.body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK);
    let second = again.body["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(second).await.status, StatusCode::OK);
    assert_eq!(refresh("never-given").await.fault(), FaultCode::SignInNeeded);
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK, "nothing of that ends the session");
}

#[tokio::test]
async fn a_refresh_token_that_is_shown_again_after_its_successor_ends_the_session() {
    let world = World::start().await;
    let refresh =
        async |token: &str| world.token_form(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    for shows_the_twin in [false, true] {
        let mut session = world.sign_in(AGENT).await;
        let twin = refresh(&session.refresh).await.body["refresh_token"].as_str().unwrap().to_owned();
        let second = refresh(&session.refresh).await.body["refresh_token"].as_str().unwrap().to_owned();
        let third = refresh(&second).await;
        session.access = third.body["access_token"].as_str().unwrap().to_owned();
        assert_eq!(session.get("/v1/session").await.status, StatusCode::OK);
        let shown = if shows_the_twin { &twin } else { &session.refresh };
        let answer = refresh(shown).await;
        assert_eq!((answer.fault(), answer.diagnostics()), (FaultCode::SessionEnded, "ended_elsewhere"));
        assert_eq!(session.get("/v1/session").await.fault(), FaultCode::SessionEnded);
        let newest = third.body["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(newest).await.fault(), FaultCode::SessionEnded);
        assert_eq!(refresh(shown).await.fault(), FaultCode::SessionEnded, "which is written down once");
    }
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE result = 'refresh token shown again'"), 2);
}

#[tokio::test]
async fn a_session_whose_tokens_never_arrived_does_not_stay_for_twelve_hours() {
    let world = World::start().await;
    let lost = world.sign_in(AGENT).await;
    let refreshed = world.sign_in(AGENT).await;
    let used = world.sign_in(COLLEAGUE).await;
    assert_eq!(used.get("/v1/session").await.status, StatusCode::OK);
    let form = [("grant_type", "refresh_token"), ("refresh_token", refreshed.refresh.as_str())];
    assert_eq!(world.token_form(&form).await.status, StatusCode::OK);
    let open = "SELECT count(*) FROM sessions WHERE ended_at IS NULL";
    world.clock.pass(SignedDuration::from_secs(590));
    world.sign_in(COLLEAGUE).await;
    assert_eq!(world.count(open), 4, "an answer may be slow");
    world.clock.pass(SignedDuration::from_secs(11));
    world.sign_in(COLLEAGUE).await;
    assert_eq!(world.count(open), 4, "one has begun and the lost one is over");
    assert_eq!(lost.get("/v1/session").await.diagnostics(), "ended_elsewhere");
    assert_eq!(world.token_form(&form).await.status, StatusCode::OK);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE result = 'never used'"), 1);
}

#[tokio::test]
async fn every_end_of_a_session_says_who_ended_it() {
    let world = World::start().await;
    let revoke = async |token: &str, reason: &str| {
        let form = [("token", token), ("reason", reason)];
        Answer::of(world.client.post(world.url("/oauth2/revoke")).form(&form)).await.status
    };
    let refresh =
        async |token: &str| world.token_form(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await;

    let session = world.sign_in(AGENT).await;
    assert_eq!(revoke(&session.access, "signed_out").await, StatusCode::OK);
    let answer = session.get("/v1/session").await;
    assert_eq!(
        (answer.status, answer.fault(), answer.diagnostics()),
        (StatusCode::UNAUTHORIZED, FaultCode::SessionEnded, "signed_out")
    );
    assert_eq!(refresh(&session.refresh).await.fault(), FaultCode::SessionEnded);

    let session = world.sign_in(AGENT).await;
    assert_eq!(revoke(&session.refresh, "idle").await, StatusCode::OK);
    assert_eq!(session.get("/v1/session").await.diagnostics(), "idle");
    assert_eq!(revoke("never-given", "").await, StatusCode::OK);

    let session = world.sign_in(AGENT).await;
    world.clock.pass(SignedDuration::from_hours(12));
    assert_eq!(session.get("/v1/session").await.diagnostics(), "twelve_hours");
    assert_eq!(refresh(&session.refresh).await.diagnostics(), "twelve_hours");
}

#[tokio::test]
async fn the_issuer_ends_sessions_of_its_own() {
    let world = World::start().await;
    let (session, colleague) = (world.sign_in(AGENT).await, world.sign_in(COLLEAGUE).await);
    let now = world.issuer.now();
    let claims = json!({
        "iss": world.issuer.url("cis2"), "aud": "ra-desk.test", "iat": now, "exp": now + 120, "jti": uuid_text(),
        "sub": AGENT, "sid": format!("sid-{AGENT}"),
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let logout = async |token: &str| {
        Answer::of(world.client.post(world.url("/backchannel-logout")).form(&[("logout_token", token)])).await
    };
    for (field, value) in [
        ("iss", json!("https://another")),
        ("aud", json!("another")),
        ("iat", json!(now - 4000)),
        ("events", json!({})),
        ("nonce", json!("x")),
    ] {
        let mut bad = claims.clone();
        bad[field] = value;
        assert_eq!(
            logout(&sign(&header(), &crate::issuer::SIGNING, &bad)).await.fault(),
            FaultCode::InvalidRequest,
            "{field}"
        );
    }
    assert_eq!(logout(&sign(&header(), &OTHER, &claims)).await.fault(), FaultCode::InvalidRequest);
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK);
    let good = sign(&header(), &crate::issuer::SIGNING, &claims);
    assert_eq!(logout(&good).await.status, StatusCode::OK);
    let answer = session.get("/v1/session").await;
    assert_eq!((answer.fault(), answer.diagnostics()), (FaultCode::SessionEnded, "ended_elsewhere"));
    assert_eq!(colleague.get("/v1/session").await.status, StatusCode::OK, "somebody else's session goes on");
    assert_eq!(logout(&good).await.fault(), FaultCode::InvalidRequest, "a logout token is used once");
    assert_eq!(logout("nonsense").await.fault(), FaultCode::InvalidRequest);
}

#[tokio::test]
async fn a_stranger_who_asks_too_often_stops_nobody_else() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let refresh =
        async |token: &str| world.token_form(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    let mut answered = 0;
    while refresh("never-given").await.status != StatusCode::TOO_MANY_REQUESTS {
        answered += 1;
        assert!(answered < 1_000, "a limit comes");
    }
    // From that address nobody new is let in,
    let answer = world.token(world.grant(COLLEAGUE, None, &json!([]))).await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::TOO_MANY_REQUESTS, FaultCode::TooManyRequests));
    let link = url::Url::parse(registration["link"]["url"].as_str().unwrap()).unwrap();
    let answer = Answer::of(world.client.post(world.url(link.path()))).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    // but whoever has a session goes on, and the issuer is heard.
    assert_eq!(refresh(&session.refresh).await.status, StatusCode::OK);
    let logout = world.client.post(world.url("/backchannel-logout")).form(&[("logout_token", "nonsense")]);
    assert_eq!(Answer::of(logout).await.fault(), FaultCode::InvalidRequest);
    // From another address all is as ever.
    let certificate = std::fs::read(world.folder.path().join("cert.pem")).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test is the gateway's client")]
    let elsewhere = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&certificate).unwrap()])
        .local_address(std::net::IpAddr::from([127, 0, 0, 2]))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let answer = Answer::of(elsewhere.post(world.url(link.path()))).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

#[tokio::test]
async fn a_logout_is_to_come_again_when_the_issuer_cannot_be_asked_for_its_keys() {
    let world = World::start().await;
    world.issuer.go_down(true);
    let token = sign(&header(), &crate::issuer::SIGNING, &json!({ "iss": world.issuer.url("cis2") }));
    let logout = world.client.post(world.url("/backchannel-logout")).form(&[("logout_token", &token)]);
    let answer = Answer::of(logout).await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::SERVICE_UNAVAILABLE, FaultCode::IssuerUnavailable));
    assert!(answer.headers.contains_key("retry-after"));
}
