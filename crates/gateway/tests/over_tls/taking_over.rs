//! An RA Manager takes over what a colleague recorded: who may, and that nobody is registered twice by it.

use contract::{BatchItem, CancelReply};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::issuer::uuid_text;
use crate::world::{AGENT, AGENT_ROLE, COLLEAGUE, SAM, SAM_ADDRESS, Session, World, agent_role, role, sponsor_role};

pub(crate) const MANAGER: &str = "555100000003";
const MANAGER_ROLE: &str = "555254240301";
const REASON: &str = "They are on leave until March";
const REGISTRATIONS: &str = "SELECT count(*) FROM registrations";

pub(crate) fn manager_role(ods: &str) -> Value {
    role(MANAGER_ROLE, "S0080:G0450:R5080", &[], ods)
}

/// Makes a body wrong.
type Change = fn(&mut Value);

/// The manager's own submission of what a colleague recorded.
pub(crate) fn taken_over(original: &Value, manager: &Session) -> Value {
    let mut item = original.clone();
    let body = &mut item["body"];
    let mut from = json!({
        "key": original["key"], "recorded_by": body["recorded_by"], "recorded_role": body["recorded_role"],
        "at": body["recorded_at"], "reason": REASON,
    });
    if let Some(before) = body.get("taken_over") {
        let mut chain = vec![json!({
            "key": before["key"], "recorded_by": before["recorded_by"], "recorded_role": before["recorded_role"],
        })];
        chain.extend(before.get("before").and_then(Value::as_array).into_iter().flatten().cloned());
        from["before"] = json!(chain);
    }
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

const SECOND: &str = "555100000006";
const SECOND_ROLE: &str = "555254240306";

fn second_role() -> Value {
    role(SECOND_ROLE, "S0080:G0450:R5080", &[], "B81603")
}

#[tokio::test]
async fn what_is_taken_over_a_second_time_closes_every_key_before_it() {
    let world = World::start().await;
    let author = world.sign_in(AGENT).await;
    let first = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let second = world.sign_in_as(SECOND, second_role()).await;
    let k1 = world.item(&author, SAM, SAM_ADDRESS).await;
    let k2 = taken_over(&k1, &first);
    let k5 = taken_over(&k2, &second);
    let mut stranger = k5.clone();
    stranger["body"]["taken_over"]["before"][0]["recorded_role"] = json!("555254249999");
    assert_eq!(second.send(&stranger).await["code"], "NOT_PERMITTED", "each of them was at work there");
    for before in [json!([k5["body"]["taken_over"]["before"][0], k5["body"]["taken_over"]["before"][0]]), json!([])] {
        let mut wrong = k5.clone();
        wrong["key"] = json!(uuid_text());
        let keys = before.as_array().unwrap().len();
        wrong["body"]["taken_over"]["before"] = before;
        if keys == 2 {
            let result = second.send(&wrong).await;
            assert_eq!(result["detail"]["fields"][0]["field"], "taken_over.before", "{result}");
        } else {
            let many: Vec<_> = (0..8)
                .map(|_| json!({ "key": uuid_text(), "recorded_by": AGENT, "recorded_role": AGENT_ROLE }))
                .collect();
            wrong["body"]["taken_over"]["before"] = json!(many);
            assert_eq!(second.send(&wrong).await["code"], "INVALID_BODY");
        }
    }
    assert_eq!(world.count("SELECT count(*) FROM submissions WHERE outcome = 'taken_over'"), 0);
    let registered = second.send(&k5).await;
    assert_eq!(registered["outcome"], "registered", "{registered}");
    for (session, item) in [(&author, &k1), (&first, &k2)] {
        let late = session.send(item).await;
        assert_eq!((&late["outcome"], &late["taken_over"]["reason"]), (&json!("withdrawn"), &json!(REASON)), "{late}");
    }
    assert_eq!(world.count("SELECT count(*) FROM submissions WHERE outcome = 'taken_over'"), 2);
    assert_eq!(world.count(REGISTRATIONS), 1);
}

#[tokio::test]
async fn whichever_of_a_chain_was_decided_first_answers_for_it() {
    let world = World::start().await;
    let author = world.sign_in(AGENT).await;
    let first = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let second = world.sign_in_as(SECOND, second_role()).await;
    // The author's own send was registered, unheard.
    let k1 = world.item(&author, SAM, SAM_ADDRESS).await;
    author.send(&k1).await;
    let k5 = taken_over(&taken_over(&k1, &first), &second);
    let result = second.send(&k5).await;
    assert_eq!(
        (&result["code"], &result["detail"]["registration"]["key"]),
        (&json!("ALREADY_REGISTERED"), &k1["key"]),
        "{result}"
    );
    // The first manager's was refused, unheard: the second is told the same, and corrects it.
    let address = "siobhan.smith@nhs.net";
    let mut k1 = world.item(&author, "555000000002", address).await;
    let seen = k1["body"]["profile_seen"].clone();
    k1["body"]["profile_seen"] = "0".repeat(64).into();
    let k2 = taken_over(&k1, &first);
    assert_eq!(first.send(&k2).await["code"], "PROFILE_CHANGED");
    let k5 = taken_over(&k2, &second);
    assert_eq!(second.send(&k5).await["code"], "PROFILE_CHANGED");
    let mut corrected = taken_over(&k2, &second);
    corrected["body"]["replaces"] = k5["key"].clone();
    corrected["body"]["profile_seen"] = seen;
    assert_eq!(second.send(&corrected).await["outcome"], "registered");
    // The author took it back: which of the two it was is told, and the second manager's key is not closed by it.
    let k1 = world.item(&author, "555000100001", "person1@nhs.net").await;
    author.cancel(&k1["key"]).await;
    let k5 = taken_over(&taken_over(&k1, &first), &second);
    for _ in 0..2 {
        let result = second.send(&k5).await;
        assert_eq!((&result["outcome"], &result["original"]), (&json!("withdrawn"), &k1["key"]), "{result}");
    }
    second.cancel(&k5["key"]).await;
    assert_eq!(second.send(&k5).await.get("original"), None, "that was the manager's own withdrawal");
    assert_eq!(world.count(REGISTRATIONS), 2);
}

#[tokio::test]
async fn one_taking_over_speaks_for_one_person_only() {
    let world = World::start().await;
    let author = world.sign_in(AGENT).await;
    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let original = world.item(&author, SAM, SAM_ADDRESS).await;
    let item = taken_over(&original, &manager);
    assert_eq!(manager.send(&item).await["outcome"], "registered");
    let mut own = world.item(&manager, "555000000003", "siobhan.smith@nhs.net").await;
    own["key"] = json!(uuid_text());
    assert_eq!(manager.send(&own).await["code"], "PROFILE_CLOSED", "a refused key of the manager's own");
    // The person's own was refused, under what was taken over for them.
    let mut refused = world.item(&author, "555000000002", "siobhan.smith@nhs.net").await;
    refused["body"]["profile_seen"] = "0".repeat(64).into();
    let refused_over = taken_over(&refused, &manager);
    assert_eq!(manager.send(&refused_over).await["code"], "PROFILE_CHANGED");
    for (what, replaces, from) in [
        ("any own key", &own["key"], &original),
        ("what was registered", &item["key"], &original),
        ("what took over another", &refused_over["key"], &original),
        ("for another person", &refused_over["key"], &refused),
    ] {
        let mut other = world.item(&author, "555000100001", "person1@nhs.net").await;
        other["key"] = from["key"].clone();
        let mut forged = taken_over(&other, &manager);
        forged["body"]["replaces"] = replaces.clone();
        let result = manager.send(&forged).await;
        assert_eq!(result["outcome"], "withdrawn", "{what}: {result}");
    }
    assert_eq!(world.count(REGISTRATIONS), 1);
}
