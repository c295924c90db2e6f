//! An RA Manager takes over what a colleague recorded: who may, and that nobody is registered twice by it.

use contract::{BatchItem, CancelReply};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::issuer::uuid_text;
use crate::world::{AGENT, AGENT_ROLE, COLLEAGUE, SAM, SAM_ADDRESS, Session, World, agent_role, role, sponsor_role};

const MANAGER: &str = "555100000003";
const MANAGER_ROLE: &str = "555254240301";
const REASON: &str = "They are on leave until March";
const REGISTRATIONS: &str = "SELECT count(*) FROM registrations";

fn manager_role(ods: &str) -> Value {
    role(MANAGER_ROLE, "S0080:G0450:R5080", &[], ods)
}

/// Makes a body wrong.
type Change = fn(&mut Value);

/// The manager's own submission of what a colleague recorded.
fn taken_over(original: &Value, manager: &Session) -> Value {
    let mut item = original.clone();
    let body = &mut item["body"];
    let from = json!({
        "key": original["key"], "recorded_by": body["recorded_by"], "recorded_role": body["recorded_role"],
        "at": body["recorded_at"], "reason": REASON,
    });
    body["taken_over"] = from;
    body["recorded_by"] = json!(manager.uuid);
    body["recorded_role"] = json!(manager.role);
    item["key"] = json!(uuid_text());
    serde_json::from_value::<BatchItem>(item.clone()).unwrap().body.body().expect("the contract's body");
    item
}

#[tokio::test]
async fn what_is_taken_over_is_registered_once_and_its_author_is_told() {
    let world = World::start().await;
    let author = world.sign_in(AGENT).await;
    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let original = world.item(&author, SAM, SAM_ADDRESS).await;
    let item = taken_over(&original, &manager);
    let first = manager.send(&item).await;
    assert_eq!((&first["outcome"], &first["replay"]), (&json!("registered"), &json!(false)), "{first}");
    assert_eq!(manager.send(&item).await["replay"], true);
    let body = world.count(&format!("SELECT count(*) FROM registrations WHERE author = '{MANAGER}' AND json_extract(body, '$.checked_by') = '{AGENT}'"));
    assert_eq!(body, 1, "in the manager's name, checked by its author");

    for _ in 0..2 {
        let late = author.send(&original).await;
        assert_eq!(late["outcome"], "withdrawn", "{late}");
        assert_eq!((&late["taken_over"]["by"], &late["taken_over"]["reason"]), (&json!("Robin Agent"), &json!(REASON)));
        assert!(late["taken_over"]["at"].is_string());
    }
    let cancelled = author.cancel(&original["key"]).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.text);
    assert_eq!(
        (&cancelled.body["outcome"], &cancelled.body["taken_over"]["reason"]),
        (&json!("withdrawn"), &json!(REASON))
    );
    serde_json::from_value::<CancelReply>(cancelled.body).unwrap();
    assert_eq!(world.count(REGISTRATIONS), 1);
    assert_eq!(world.count(&format!("SELECT count(*) FROM audit WHERE action = 'take over' AND who = '{MANAGER}' AND whom = '{SAM}' AND result = {}", original["key"].to_string().replace('"', "'"))), 1);

    // A second manager, or the same one from another copy of the store, takes nothing over any more.
    let again = manager.send(&taken_over(&original, &manager)).await;
    assert_eq!((&again["outcome"], &again["taken_over"]["reason"]), (&json!("withdrawn"), &json!(REASON)));
    assert_eq!(world.count(REGISTRATIONS), 1);
}

#[tokio::test]
async fn only_an_ra_manager_of_the_same_organisation_takes_over() {
    let world = World::start().await;
    let author = world.sign_in(AGENT).await;
    let agent = world.sign_in_as(COLLEAGUE, agent_role("555254240104")).await;
    let sponsor = world.sign_in_as("555100000004", sponsor_role("555254240105")).await;
    let elsewhere = world.sign_in_as("555100000005", role("555254240106", "S0080:G0450:R5080", &[], "RZZ")).await;
    let own = world.sign_in_as(AGENT, manager_role("B81603")).await;
    let original = world.item(&author, SAM, SAM_ADDRESS).await;
    for (who, session) in [("agent", &agent), ("sponsor", &sponsor), ("elsewhere", &elsewhere), ("own", &own)] {
        let result = session.send(&taken_over(&original, session)).await;
        assert_eq!((&result["code"], &result["detail"]), (&json!("NOT_PERMITTED"), &json!({})), "{who}: {result}");
    }
    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let wrong: [(&str, Change, &str); 6] = [
        ("an author nobody knows", |body| body["taken_over"]["recorded_by"] = json!("555100000099"), "NOT_PERMITTED"),
        ("a role they never held", |body| body["taken_over"]["recorded_role"] = json!("555254249999"), "NOT_PERMITTED"),
        ("checked by a stranger", |body| body["checked_by"] = json!("555100000099"), "NOT_PERMITTED"),
        ("checked by the manager", |body| body["checked_by"] = json!(MANAGER), "NOT_PERMITTED"),
        ("a short reason", |body| body["taken_over"]["reason"] = json!(" "), "INVALID_BODY"),
        ("taken over tomorrow", |body| body["taken_over"]["at"] = json!("2026-01-16T12:00:00Z"), "INVALID_BODY"),
    ];
    for (what, change, code) in wrong {
        let mut item = taken_over(&original, &manager);
        change(&mut item["body"]);
        assert_eq!(manager.send(&item).await["code"], code, "{what}");
    }
    let mut checked_by_another = world.item(&manager, SAM, SAM_ADDRESS).await;
    checked_by_another["body"]["checked_by"] = json!(AGENT);
    let result = manager.send(&checked_by_another).await;
    assert_eq!(
        (&result["code"], &result["detail"]["fields"][0]["field"]),
        (&json!("INVALID_BODY"), &json!("checked_by"))
    );
    // A colleague's own profile is registered by nobody who does it for them in their name.
    let mut own_profile = world.item(&author, AGENT, "robin.agent@nhs.net").await;
    own_profile["body"]["profile_seen"] =
        manager.get(&format!("/v1/care-identities/{AGENT}")).await.body["profile_seen"].clone();
    assert_eq!(manager.send(&taken_over(&own_profile, &manager)).await["code"], "OWN_PROFILE");
    assert_eq!(world.count(REGISTRATIONS), 0);
    assert_eq!(author.send(&original).await["outcome"], "registered", "nothing of it closed the author's key");
}

#[tokio::test]
async fn the_authors_own_send_is_asked_for_first() {
    let world = World::start().await;
    let author = world.sign_in(AGENT).await;
    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    // It was registered, and the answer never came.
    let original = world.item(&author, SAM, SAM_ADDRESS).await;
    author.send(&original).await;
    let result = manager.send(&taken_over(&original, &manager)).await;
    let existing = &result["detail"]["registration"];
    assert_eq!((&result["code"], &existing["key"]), (&json!("ALREADY_REGISTERED"), &original["key"]), "{result}");
    assert!(existing.get("link").is_none(), "the link stays its author's");
    assert_eq!(author.send(&original).await["replay"], true, "what is registered is not closed");

    // It was refused.
    let original = world.item(&author, "555000000003", "siobhan.smith@nhs.net").await;
    author.send(&original).await;
    let item = taken_over(&original, &manager);
    for _ in 0..2 {
        assert_eq!(manager.send(&item).await["code"], "PROFILE_CLOSED");
    }
    // Its author took it back.
    let original = world.item(&author, "555000000002", "siobhan.smith@nhs.net").await;
    author.cancel(&original["key"]).await;
    let item = taken_over(&original, &manager);
    for _ in 0..2 {
        let result = manager.send(&item).await;
        assert_eq!((&result["outcome"], result.get("taken_over")), (&json!("withdrawn"), None));
    }
    assert_eq!(world.count(REGISTRATIONS), 1);
}

#[tokio::test]
async fn a_refused_take_over_is_the_managers_to_correct_and_age_counts_from_the_recording() {
    let world = World::start().await;
    let author = world.sign_in(AGENT).await;
    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let mut original = world.item(&author, SAM, SAM_ADDRESS).await;
    original["body"]["profile_seen"] = "0".repeat(64).into();
    let item = taken_over(&original, &manager);
    let result = manager.send(&item).await;
    assert_eq!(
        (&result["code"], &result["detail"]["profile"]["profile"]["uuid"]),
        (&json!("PROFILE_CHANGED"), &json!(SAM))
    );
    assert_eq!(author.send(&original).await["taken_over"]["reason"], REASON, "it is the manager's from then on");
    let mut corrected = taken_over(&original, &manager);
    corrected["body"]["profile_seen"] = result["detail"]["profile"]["profile_seen"].clone();
    corrected["body"]["replaces"] = item["key"].clone();
    assert_eq!(manager.send(&corrected).await["outcome"], "registered");

    // The role may be lost meanwhile; what was recorded in it is not.
    let original = world.item(&author, "555000000002", "siobhan.smith@nhs.net").await;
    world.sign_in_as(AGENT, sponsor_role("555254240199")).await;
    assert_eq!(author.role.as_deref(), Some(AGENT_ROLE));
    world.clock.pass(SignedDuration::from_hours(24 * 15));
    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let mut late = taken_over(&original, &manager);
    late["body"]["taken_over"]["at"] = json!(world.clock_now());
    assert_eq!(manager.send(&late).await["code"], "TOO_OLD", "taking it over makes it no younger");
    assert_eq!(world.count(REGISTRATIONS), 1);
}
