//! Taking an authenticator off a profile.

use contract::{AuthenticatorKind, FaultCode, RemovalReply};
use http::StatusCode;
use serde_json::{Value, json};

use crate::issuer::uuid_text;
use crate::world::{AGENT, COLLEAGUE, SAM, SAM_ADDRESS, Session, World, sponsor_role};

pub const CASEY: &str = "555000000006";

/// Where an authenticator is removed, and what is sent there.
pub async fn ask(session: &Session, whom: &str) -> (String, Value) {
    let profile = session.get(&format!("/v1/care-identities/{whom}")).await.body;
    let id = profile["profile"]["authenticators"][0]["id"].as_str().unwrap();
    let path = format!("/v1/care-identities/{whom}/authenticators/{id}/removal");
    (path, json!({ "request": uuid_text(), "reason": "leaver", "profile_seen": profile["profile_seen"] }))
}

#[tokio::test]
async fn an_authenticator_is_removed_once() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let (path, body) = ask(&session, CASEY).await;
    let answer = session.post(&path, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let reply: RemovalReply = serde_json::from_value(answer.body).unwrap();
    assert!(reply.profile.profile.authenticators.is_empty());
    let again = session.post(&path, &body).await;
    assert_eq!(again.status, StatusCode::OK, "the same request again is answered");
    let mut another = body.clone();
    another["request"] = uuid_text().into();
    assert_eq!(session.post(&path, &another).await.fault(), FaultCode::NotFound, "it is gone");
    let (other_path, mut other) = ask(&session, "555000000007").await;
    let request = std::mem::replace(&mut other["request"], body["request"].clone());
    assert_eq!(session.post(&other_path, &other).await.fault(), FaultCode::InvalidRequest);
    other["request"] = request;
    assert_eq!(session.post(&other_path, &other).await.status, StatusCode::OK);
    let address = json!({ "by": "address", "address": "drew.linked@nhs.net" });
    let found = session.post("/v1/care-identities/search", &address).await;
    assert_eq!(found.body["matches"], json!([]), "an account that was removed finds nobody");
    let rows = "SELECT count(*) FROM audit WHERE action = 'remove authenticator' AND result = 'leaver'";
    assert_eq!(world.count(rows), 2);
}

#[tokio::test]
async fn not_everybody_removes_and_not_what_has_changed() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let (path, body) = ask(&session, CASEY).await;
    let sponsor = world.sign_in_as(COLLEAGUE, sponsor_role("555254240103")).await;
    assert_eq!(sponsor.post(&path, &body).await.fault(), FaultCode::NotPermitted);
    let mut changed = body.clone();
    changed["profile_seen"] = "0".repeat(64).into();
    let answer = session.post(&path, &changed).await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::CONFLICT, FaultCode::ProfileChanged));
    let (own, body) = ask(&session, AGENT).await;
    assert_eq!(session.post(&own, &body).await.fault(), FaultCode::NotPermitted, "one's own profile");
    let nowhere = format!("/v1/care-identities/{CASEY}/authenticators/{}/removal", uuid_text());
    assert_eq!(session.post(&nowhere, &body).await.fault(), FaultCode::NotFound);
    let mut odd = body.clone();
    odd["reason"] = "because".into();
    assert_eq!(session.post(&path, &odd).await.fault(), FaultCode::InvalidRequest);
    assert_eq!(world.count("SELECT count(*) FROM removals"), 0);
    let kinds = world.count(&format!(
        "SELECT count(*) FROM authenticators WHERE kind = '{}'",
        AuthenticatorKind::Smartcard.as_str()
    ));
    assert_eq!(kinds, 2);
}

#[tokio::test]
async fn a_removed_registration_is_over_and_the_account_is_free() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let (path, body) = ask(&session, SAM).await;
    assert_eq!(session.post(&path, &body).await.status, StatusCode::OK);
    let changed = session.get("/v1/registrations").await;
    assert_eq!(changed.body["registrations"][0]["state"], "removed");
    let link = registration["link"]["url"].as_str().unwrap().split_once("/link/").unwrap().1;
    let page = crate::world::Answer::of(world.client.get(world.url(&format!("/link/{link}")))).await;
    assert!(page.text.contains("data-result=\"ended\""), "{}", page.text);
    let again = session.send(&world.item(&session, SAM, SAM_ADDRESS).await).await;
    assert_eq!(again["outcome"], "registered", "the account can be registered anew");
    // The submission that was removed is still answered: with what it has become.
    let profile = session.get(&format!("/v1/registrations/{}", registration["id"].as_str().unwrap())).await;
    assert_eq!(profile.body["state"], "removed");
}
