//! Refresh tokens are bound to the key of their session, and a bad network costs nobody their session (ADR 21).

use contract::{FaultCode, prove};
use ed25519_dalek::SigningKey;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::issuer::uuid_text;
use crate::world::{AGENT, AGENT_ROLE, Answer, REDIRECT, TOKENS, VERIFIER, World, agent_role, new_key};

fn refresh(token: &str) -> [(&'static str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

fn text<'a>(answer: &'a Answer, field: &str) -> &'a str {
    answer.body[field].as_str().unwrap_or_else(|| panic!("{}", answer.text))
}

/// Every way in which a proof is bad, by what is said of it.
fn bad_proofs(key: &SigningKey, now: i64) -> Vec<(Vec<String>, FaultCode, &'static str)> {
    let proof = |htm, htu, iat| prove(key, &uuid_text(), htm, htu, iat);
    let good = || proof("POST", TOKENS, now);
    let (one, other) = (good(), good());
    let spoilt = format!("{}.{}", one.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1);
    let refused = FaultCode::ProofRefused;
    vec![
        (vec![], refused, "missing"),
        (vec![good(), good()], refused, "more than one"),
        (vec!["nonsense".into()], refused, "not a signed token"),
        (vec![spoilt], refused, "not signed by its key"),
        (vec![proof("GET", TOKENS, now)], refused, "htm"),
        (vec![proof("post", TOKENS, now)], refused, "htm"),
        (vec![proof("POST", "https://localhost:9443/oauth2/revoke", now)], refused, "htu"),
        (vec![proof("POST", "https://localhost:9443/oauth2/token/", now)], refused, "htu"),
        (vec![proof("POST", "https://localhost:9443/oauth2/token?x", now)], refused, "htu"),
        (vec![proof("POST", "https://elsewhere.example/oauth2/token", now)], refused, "htu"),
        (vec![proof("POST", "http://localhost:9443/oauth2/token", now)], refused, "htu"),
        (vec![proof("POST", TOKENS, now - 121)], FaultCode::ProofOutOfTime, "iat"),
        (vec![proof("POST", TOKENS, now + 121)], FaultCode::ProofOutOfTime, "iat"),
        (vec![proof("POST", TOKENS, i64::MIN)], FaultCode::ProofOutOfTime, "iat"),
    ]
}

#[tokio::test]
async fn a_bad_proof_is_refused_by_name_and_uses_up_neither_code_nor_session() {
    let world = World::start().await;
    let code = world.issuer.grant(world.grant(AGENT, Some(AGENT_ROLE), &json!([agent_role(AGENT_ROLE)])));
    let begin = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("client_id", "ra-desk.test"),
        ("nonce", "the-nonce"),
    ];
    let all_refused = async |form: &[(&str, &str)]| {
        for (proofs, code, why) in bad_proofs(&world.key, world.issuer.now()) {
            let proofs: Vec<&str> = proofs.iter().map(String::as_str).collect();
            let answer = world.token_form_with(form, &proofs).await;
            assert_eq!((answer.status, answer.fault()), (StatusCode::BAD_REQUEST, code), "{why}: {}", answer.text);
            assert!(answer.diagnostics().contains(why), "{why}: {}", answer.diagnostics());
        }
    };
    all_refused(&begin).await;
    assert_eq!(world.count("SELECT count(*) FROM sessions"), 0);
    let answer = world.token_form(&begin).await;
    assert_eq!(answer.status, StatusCode::OK, "the code is as good as it was: {}", answer.text);

    let token = text(&answer, "refresh_token").to_owned();
    all_refused(&refresh(&token)).await;
    let another = world.proof(&new_key());
    let answer = world.token_form_with(&refresh(&token), &[&another]).await;
    assert_eq!((answer.fault(), answer.status), (FaultCode::ProofRefused, StatusCode::BAD_REQUEST));
    assert!(answer.diagnostics().contains("another key"), "{}", answer.diagnostics());
    assert_eq!(world.token_form(&refresh(&token)).await.status, StatusCode::OK, "nothing of that used it up");
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL"), 1);
}

#[tokio::test]
async fn a_proof_is_good_once_also_after_a_restart_and_for_two_minutes_either_way() {
    let mut world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let shown = world.proof(&world.key);
    let first = world.token_form_with(&refresh(&session.refresh), &[&shown]).await;
    let again = world.token_form_with(&refresh(&session.refresh), &[&shown]).await;
    assert_eq!((first.status, again.fault()), (StatusCode::OK, FaultCode::ProofRefused));
    assert!(again.diagnostics().contains("jti"), "{}", again.diagnostics());
    world.restart().await;
    let token = text(&first, "refresh_token").to_owned();
    let again = world.token_form_with(&refresh(&token), &[&shown]).await;
    assert_eq!(again.fault(), FaultCode::ProofRefused, "it is remembered on disk");
    // Shown again for the code it is refused before the issuer is asked.
    let code = world.issuer.grant(world.grant(AGENT, Some(AGENT_ROLE), &json!([agent_role(AGENT_ROLE)])));
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT)];
    let form = [&form[..], &[("code_verifier", VERIFIER), ("client_id", "ra-desk.test"), ("nonce", "the-nonce")]];
    assert_eq!(world.token_form_with(&form.concat(), &[&shown]).await.fault(), FaultCode::ProofRefused);
    assert_eq!(world.token_form(&form.concat()).await.status, StatusCode::OK);

    let mut token = token;
    for seconds in [-120, 120] {
        let proof = prove(&world.key, &uuid_text(), "POST", TOKENS, world.issuer.now() + seconds);
        let answer = world.token_form_with(&refresh(&token), &[&proof]).await;
        assert_eq!(answer.status, StatusCode::OK, "{seconds}: {}", answer.text);
        token = text(&answer, "refresh_token").to_owned();
    }
    world.clock.pass(SignedDuration::from_mins(5));
    world.token_form(&refresh(&token)).await;
    assert_eq!(world.count("SELECT count(*) FROM proofs"), 1, "those that are too old to be shown are forgotten");
    let late = world.token_form_with(&refresh(&token), &[&shown]).await;
    assert_eq!(late.fault(), FaultCode::ProofOutOfTime, "and are refused for their age");
    assert_eq!(late.headers["date"], "Thu, 15 Jan 2026 09:05:00 GMT", "with the time by which they are judged");
}

#[tokio::test]
async fn a_gateway_is_called_by_each_of_its_names_and_by_no_other() {
    let world = World::start_with(|config| config.also_named = vec!["ra.trust.example".into()]).await;
    let session = world.sign_in(AGENT).await;
    for (address, good) in [
        ("https://ra.trust.example/oauth2/token", true),
        ("https://RA.Trust.example:8443/oauth2/token", true),
        ("https://localhost/oauth2/token", true),
        ("https://ra.trust.example.evil.example/oauth2/token", false),
        ("https://user@ra.trust.example/oauth2/token", false),
        ("ra.trust.example/oauth2/token", false),
    ] {
        let proof = prove(&world.key, &uuid_text(), "POST", address, world.issuer.now());
        let answer = world.token_form_with(&refresh(&session.refresh), &[&proof]).await;
        assert_eq!(answer.status == StatusCode::OK, good, "{address}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_used_token_that_another_key_shows_ends_the_session() {
    let world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    let answer = world.token_form(&refresh(&session.refresh)).await;
    session.access = text(&answer, "access_token").to_owned();
    let stolen = world.proof(&new_key());
    let shown = world.token_form_with(&refresh(&session.refresh), &[&stolen]).await;
    assert_eq!((shown.fault(), shown.diagnostics()), (FaultCode::SessionEnded, "ended_elsewhere"));
    assert_eq!(session.get("/v1/session").await.fault(), FaultCode::SessionEnded);
    let newest = text(&answer, "refresh_token").to_owned();
    assert_eq!(world.token_form(&refresh(&newest)).await.fault(), FaultCode::SessionEnded);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE result = 'refresh token shown by another key'"), 1);
}

#[tokio::test]
async fn a_session_from_before_there_were_keys_is_begun_anew() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    world.change("UPDATE sessions SET proof_key = NULL");
    assert_eq!(world.token_form(&refresh(&session.refresh)).await.fault(), FaultCode::ProofRefused);
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK, "its access token goes on to its end");
}

/// The network between a desk and the gateway. It can be told to cut every connection at the moment at which the next
/// bytes come back.
struct Cable {
    port: u16,
    cuts: watch::Sender<bool>,
}

impl Cable {
    async fn to(gateway: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cuts, is_cut) = watch::channel(false);
        tokio::spawn(async move {
            loop {
                let (desk, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(desk, gateway, is_cut.clone()));
            }
        });
        Self { port, cuts }
    }
}

async fn carry(desk: TcpStream, gateway: u16, is_cut: watch::Receiver<bool>) {
    let gateway = TcpStream::connect(("127.0.0.1", gateway)).await.unwrap();
    let ((mut from_desk, mut to_desk), (mut from_gateway, mut to_gateway)) = (desk.into_split(), gateway.into_split());
    let there = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_desk, &mut to_gateway).await;
    });
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read) = from_gateway.read(&mut bytes).await {
        // The gateway has answered, and nobody hears it.
        if read == 0 || *is_cut.borrow() || to_desk.write_all(&bytes[..read]).await.is_err() {
            break;
        }
    }
    there.abort();
}

#[tokio::test]
async fn answers_that_are_cut_off_end_no_session_however_many_they_are() {
    let mut world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    let gateway = url::Url::parse(&world.url("")).unwrap().port().unwrap();
    let cable = Cable::to(gateway).await;
    let address = format!("https://localhost:{}/oauth2/token", cable.port);
    let send = async |world: &World, token: &str| {
        let proof = world.proof(&world.key);
        world.client.post(&address).header("DPoP", proof).form(&refresh(token)).send().await
    };
    let mut token = session.refresh.clone();
    for _ in 0..2 {
        let made = "SELECT count(*) FROM tokens WHERE kind <> 'access'";
        let before = world.count(made);
        for _ in 0..3 {
            // A connection stands, so that what is cut is the answer and nothing before it.
            world.client.get(address.replace("/oauth2/token", "/livez")).send().await.unwrap();
            cable.cuts.send(true).unwrap();
            assert!(send(&world, &token).await.is_err(), "the answer is cut off");
            cable.cuts.send(false).unwrap();
            // Hours may pass until there is a network again.
            world.clock.pass(SignedDuration::from_mins(40));
        }
        assert_eq!(world.count(made), before + 3, "the gateway had done it each time");
        let answer = send(&world, &token).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        token = answer.json::<serde_json::Value>().await.unwrap()["refresh_token"].as_str().unwrap().to_owned();
    }
    world.token_form(&refresh(&token)).await;
    world.restart().await;
    let answer = world.token_form(&refresh(&token)).await;
    assert_eq!(answer.status, StatusCode::OK, "also when the gateway was started anew: {}", answer.text);
    session.move_to(world.url(""));
    session.access = text(&answer, "access_token").to_owned();
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK);
    assert_eq!(world.count("SELECT count(*) FROM sessions WHERE ended_at IS NULL"), 1);
}
