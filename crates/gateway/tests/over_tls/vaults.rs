//! Shares of vaults: each RA user's own, a colleague's only for their RA Manager, and none by another key.

use std::path::PathBuf;

use contract::{VaultOf, VaultReply, VaultRequest};
use gateway::{StartError, StoreError};
use http::StatusCode;
use serde_json::Value;

use crate::taking_over::{MANAGER, manager_role};
use crate::world::{AGENT, AGENT_ROLE, COLLEAGUE, Session, World, agent_role, sponsor_role};

const COLLEAGUE_ROLE: &str = "555254240200";

const KEY: &str = "vault.key";
const BEFORE: &str = "vault-before.key";
/// Where the gateway does not look.
const AWAY: &str = "away.key";

fn secret(world: &World, name: &str) -> PathBuf {
    world.folder.path().join("secrets").join(name)
}

fn moves(world: &World, from: &str, to: &str) {
    std::fs::rename(secret(world, from), secret(world, to)).unwrap();
}

fn request(vault: u128, of: Option<(&str, &str)>) -> VaultRequest {
    let of = of.map(|(author, role)| VaultOf { author: author.parse().unwrap(), role: role.parse().unwrap() });
    VaultRequest { vault: contract::VaultId::from_guid(uuid::Uuid::from_u128(vault)), of }
}

async fn share(session: &Session, request: &VaultRequest) -> [u8; 32] {
    let answer = session.post("/v1/vaults/share", request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let reply: VaultReply = serde_json::from_value(answer.body).unwrap();
    assert!(reply.before.is_none());
    *reply.share.bytes()
}

async fn refused(session: &Session, request: &VaultRequest) {
    let answer = session.post("/v1/vaults/share", request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    assert!(answer.text.contains("NOT_PERMITTED") && !answer.text.contains("share\""), "{}", answer.text);
}

#[tokio::test]
async fn each_ra_user_has_a_share_of_their_own_for_each_vault() {
    let world = World::start().await;
    let agent = world.sign_in(AGENT).await;
    let colleague = world.sign_in_as(COLLEAGUE, agent_role(COLLEAGUE_ROLE)).await;
    let first = share(&agent, &request(1, None)).await;
    assert_eq!(first, share(&agent, &request(1, None)).await);
    assert_eq!(first, share(&world.sign_in(AGENT).await, &request(1, None)).await, "in each of their sessions");
    assert_ne!(first, share(&agent, &request(2, None)).await, "another vault");
    assert_ne!(first, share(&colleague, &request(1, None)).await, "the same name, somebody else's");
    let mut stranger = agent;
    stranger.access = "nobody's".into();
    let answer = stranger.post("/v1/vaults/share", &request(1, None)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_colleagues_share_is_for_an_ra_manager_of_their_organisation_and_is_audited() {
    let world = World::start().await;
    let agent = world.sign_in(AGENT).await;
    let own = share(&agent, &request(1, None)).await;
    let of = Some((AGENT, AGENT_ROLE));
    let audited = "SELECT count(*) FROM audit WHERE action = 'open vault'";

    refused(&world.sign_in_as(COLLEAGUE, agent_role(COLLEAGUE_ROLE)).await, &request(1, of)).await;
    refused(&world.sign_in_as(COLLEAGUE, sponsor_role("555254240201")).await, &request(1, of)).await;
    refused(&world.sign_in_as(MANAGER, manager_role("RBA")).await, &request(1, of)).await;
    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    refused(&manager, &request(1, Some((AGENT, COLLEAGUE_ROLE)))).await;
    refused(&manager, &request(1, Some((MANAGER, "555254240301")))).await;
    assert_eq!(world.count(audited), 0, "nobody who was refused");

    assert_eq!(share(&manager, &request(1, of)).await, own);
    assert_ne!(share(&manager, &request(1, None)).await, own, "their own of that name");
    let told = format!("{audited} AND who = '{MANAGER}' AND whom = '{AGENT}'");
    assert_eq!(world.count(&told), 1);
    let what = format!("{} for role {AGENT_ROLE}", request(1, None).vault);
    assert_eq!(world.count(&format!("{told} AND result = '{what}'")), 1, "which vault, and for which role");
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let world = World::start().await;
    let agent = world.sign_in(AGENT).await;
    for wrong in [r#"{}"#, r#"{"vault":"x"}"#, r#"{"vault":"00000000-0000-4000-8000-000000000001","more":1}"#] {
        let body: Value = serde_json::from_str(wrong).unwrap();
        assert_eq!(agent.post("/v1/vaults/share", &body).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn a_vault_made_before_the_key_changed_still_opens_and_a_lost_key_is_not_passed_over() {
    let mut world = World::start().await;
    let made = share(&world.sign_in(AGENT).await, &request(1, None)).await;
    world.stop().await;
    moves(&world, KEY, AWAY);
    assert_eq!(key_missing(&world).await, KEY, "one that was lost is not passed over in silence");
    moves(&world, AWAY, BEFORE);
    world.start_again().await;
    let answer = world.sign_in(AGENT).await.post("/v1/vaults/share", &request(1, None)).await;
    let reply: VaultReply = serde_json::from_value(answer.body).unwrap();
    assert_eq!(reply.before.unwrap().bytes(), &made);
    assert_ne!(reply.share.bytes(), &made);
}

/// Sees that the gateway does not start, and says which file it wants.
async fn key_missing(world: &World) -> &'static str {
    let held = "SELECT count(*) FROM meta WHERE name LIKE 'vault_key%'";
    let before = world.count(held);
    let error = match world.run().await {
        Err(StartError::Store(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it started"),
    };
    assert_eq!(world.count(held), before);
    let StoreError::VaultKeyMissing { file } = error else { panic!("{error}") };
    assert!(error.to_string().contains(&format!("`{file}` in the folder `secrets`")), "{error}");
    file
}

#[tokio::test]
async fn the_key_before_is_not_passed_over_either_and_a_second_change_is_refused() {
    let mut world = World::start().await;
    let made = share(&world.sign_in(AGENT).await, &request(1, None)).await;
    world.stop().await;
    moves(&world, KEY, BEFORE);
    world.restart().await;
    world.stop().await;

    moves(&world, BEFORE, AWAY);
    assert_eq!(key_missing(&world).await, BEFORE, "it is gone");
    std::fs::write(secret(&world, BEFORE), [7; 32]).unwrap();
    assert_eq!(key_missing(&world).await, BEFORE, "it is another");

    moves(&world, KEY, BEFORE);
    assert_eq!(key_missing(&world).await, BEFORE, "a second change, which would close what the first key sealed");
    moves(&world, BEFORE, KEY);
    moves(&world, AWAY, BEFORE);
    world.start_again().await;
    let answer = world.sign_in(AGENT).await.post("/v1/vaults/share", &request(1, None)).await;
    let reply: VaultReply = serde_json::from_value(answer.body).unwrap();
    assert_eq!(reply.before.unwrap().bytes(), &made, "with both put back it goes on");
}

#[tokio::test]
async fn a_key_that_is_found_again_is_put_beside_that_of_a_gateway_that_was_set_up_anew() {
    let mut world = World::start().await;
    let made = share(&world.sign_in(AGENT).await, &request(1, None)).await;
    world.stop().await;
    moves(&world, KEY, AWAY);
    world.change("DELETE FROM meta WHERE name LIKE 'vault_key%'");
    world.start_again().await;
    assert_ne!(share(&world.sign_in(AGENT).await, &request(1, None)).await, made, "it knows of no key but its own");
    world.stop().await;

    moves(&world, AWAY, BEFORE);
    world.restart().await;
    let answer = world.sign_in(AGENT).await.post("/v1/vaults/share", &request(1, None)).await;
    let reply: VaultReply = serde_json::from_value(answer.body).unwrap();
    assert_eq!(reply.before.unwrap().bytes(), &made);
    world.stop().await;
    moves(&world, BEFORE, AWAY);
    assert_eq!(key_missing(&world).await, BEFORE, "it is kept from then on as if it had been replaced here");
}
