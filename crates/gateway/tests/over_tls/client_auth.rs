//! How the gateway shows the issuer who it is, and how its keys are changed while it runs.

use contract::FaultCode;
use http::StatusCode;
use jiff::SignedDuration;
use jsonwebtoken::jwk::JwkSet;
use serde_json::json;

use crate::issuer::{CLIENT, OTHER};
use crate::world::{AGENT, AGENT_ROLE, Answer, World, agent_role};

async fn sign_in(world: &World) -> Answer {
    world.token(world.grant(AGENT, Some(AGENT_ROLE), &json!([agent_role(AGENT_ROLE)]))).await
}

async fn published(world: &World) -> JwkSet {
    let answer = Answer::of(world.client.get(world.url("/.well-known/jwks.json"))).await;
    for key in answer.body["keys"].as_array().unwrap() {
        let mut members: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"], "the public half and no more");
    }
    serde_json::from_value(answer.body).unwrap()
}

fn names(keys: &JwkSet) -> Vec<&str> {
    keys.keys.iter().filter_map(|key| key.common.key_id.as_deref()).collect()
}

fn write(world: &World, name: &str, text: &str) {
    std::fs::write(world.folder.path().join("keys").join(name), text).unwrap();
}

/// A world whose gateway has a folder of keys, with one in it.
async fn with_a_folder() -> World {
    let mut world = World::start().await;
    world.stop().await;
    std::fs::create_dir(world.folder.path().join("keys")).unwrap();
    write(&world, "2026-01.pem", &CLIENT);
    write(&world, "active", "2026-01\n");
    let issuer = &mut world.config.issuer;
    (issuer.client_key, issuer.client_key_id) = (None, None);
    issuer.client_keys = Some("keys".into());
    world.start_again().await;
    world.issuer.knows(published(&world).await);
    world
}

#[tokio::test]
async fn keys_are_changed_without_a_restart_and_no_sign_in_fails_for_it() {
    let world = with_a_folder().await;
    let works = async |name: &str| {
        let answer = sign_in(&world).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(world.issuer.signed_with().as_deref(), Some(name));
    };
    works("2026-01").await;
    // The new one is put there and published; the old one goes on signing until the issuer knows both.
    write(&world, "2026-02.pem", &OTHER);
    world.clock.pass(SignedDuration::from_secs(11));
    assert_eq!(names(&published(&world).await), ["2026-01", "2026-02", "gateway-1"], "the last is NHS.net Connect's");
    works("2026-01").await;
    world.issuer.knows(published(&world).await);
    write(&world, "active", "2026-02");
    works("2026-01").await;
    world.clock.pass(SignedDuration::from_secs(11));
    works("2026-02").await;
    // The old one is retired.
    std::fs::remove_file(world.folder.path().join("keys/2026-01.pem")).unwrap();
    world.clock.pass(SignedDuration::from_secs(11));
    let now = published(&world).await;
    assert_eq!(names(&now), ["2026-02", "gateway-1"]);
    world.issuer.knows(now);
    works("2026-02").await;
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_changes_nothing_until_a_restart_which_names_it() {
    let mut world = with_a_folder().await;
    for (file, text) in [("2026-02.pem", "not a key"), ("active", "2026-03"), ("active", "../2026-01")] {
        write(&world, file, text);
        world.clock.pass(SignedDuration::from_secs(11));
        let answer = sign_in(&world).await;
        assert_eq!((answer.status, world.issuer.signed_with().as_deref()), (StatusCode::OK, Some("2026-01")));
        assert_eq!(names(&published(&world).await), ["2026-01", "gateway-1"]);
    }
    world.stop().await;
    let refused = world.run().await.err().unwrap().to_string();
    assert!(refused.contains("keys cannot be used"), "{refused}");
    assert!(!refused.contains("PRIVATE"), "{refused}");
}

#[tokio::test]
async fn the_issuers_tokens_are_given_back_once_they_have_done_their_work() {
    let world = World::start().await;
    let given_back = async |count: usize| {
        for _ in 0..200 {
            if world.issuer.revoked().len() >= count {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let kinds: Vec<String> = world.issuer.revoked().into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["refresh_token", "access_token"].repeat(count / 2));
        assert_eq!(world.issuer.opens_userinfo(), 0);
    };
    assert_eq!(sign_in(&world).await.status, StatusCode::OK);
    given_back(2).await;
    // Also those of a sign-in that was not accepted.
    let mut bad = world.grant(AGENT, Some(AGENT_ROLE), &json!([agent_role(AGENT_ROLE)]));
    bad.id["nonce"] = json!("another");
    assert_eq!(world.token(bad).await.fault(), FaultCode::SignInRefused);
    given_back(4).await;
    // Where they cannot be given back, people sign in as ever.
    world.issuer.takes_back(false);
    world.clock.pass(SignedDuration::from_hours(2));
    assert_eq!(sign_in(&world).await.status, StatusCode::OK);
    assert_eq!(world.issuer.revoked().len(), 4);
}

#[tokio::test]
async fn a_secret_is_the_other_choice() {
    let mut world = World::start().await;
    world.stop().await;
    std::fs::write(world.folder.path().join("secret"), "a-made-up-secret\n").unwrap();
    let issuer = &mut world.config.issuer;
    (issuer.client_key, issuer.client_key_id) = (None, None);
    issuer.client_secret_file = Some("secret".into());
    world.start_again().await;
    let answer = sign_in(&world).await;
    assert_eq!(answer.fault(), FaultCode::SignInRefused, "the issuer takes signatures alone");
    world.issuer.takes_secret("a-made-up-secret");
    assert_eq!(sign_in(&world).await.status, StatusCode::OK);
    assert_eq!(names(&published(&world).await), ["gateway-1"], "there is no key to publish but NHS.net Connect's");
    world.issuer.takes_secret("another");
    let answer = sign_in(&world).await;
    assert_eq!(answer.fault(), FaultCode::SignInRefused);
    assert!(!answer.text.contains("made-up"), "{}", answer.text);
    world.stop().await;
    for text in ["", "two words", "é"] {
        std::fs::write(world.folder.path().join("secret"), text).unwrap();
        let refused = world.run().await.err().unwrap().to_string();
        assert!(refused.contains("secret cannot be used") && !refused.contains("words"), "{refused}");
    }
}
