//! Leave to record without a connection: given to whom, for which computer and role, and for how long.

use contract::{FaultCode, OfflineGrantReply, PublicKey};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::devices::Computer;
use crate::world::{AGENT, AGENT_ROLE, Answer, Session, World, agent_role, role, sponsor_role};

async fn ask(session: &Session, computer: &Computer) -> Answer {
    session.post("/v1/offline-grants", &json!({ "device": computer.id })).await
}

async fn granted(session: &Session, computer: &Computer) -> OfflineGrantReply {
    let answer = ask(session, computer).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_value(answer.body).unwrap()
}

/// The key that audits are countersigned with, as a desk learns it.
async fn countersigning_key(session: &Session, computer: &Computer) -> PublicKey {
    let answer = computer.tell(session, None).await;
    serde_json::from_value(answer.body["countersigning"]["key"].clone()).unwrap()
}

#[tokio::test]
async fn a_grant_is_for_one_person_in_one_role_on_one_computer_for_three_days() {
    let world = World::start().await;
    let (agent, computer) = (world.sign_in(AGENT).await, Computer::new(1));
    let key = countersigning_key(&agent, &computer).await;
    let reply = granted(&agent, &computer).await;
    assert_eq!(reply.countersigning.key, key);
    let terms = reply.grant.opened(&key).unwrap();
    assert_eq!((terms.device, terms.user.uuid.as_str()), (computer.id, AGENT));
    assert_eq!((terms.role.id.as_str(), terms.role.organisation.code.as_str()), (AGENT_ROLE, "B81603"));
    assert_eq!(terms.policy.declaration.id, "nhs-net-connect-user");
    assert_eq!((terms.issued_at, terms.clinic), (world.clock_now(), None));
    assert_eq!(terms.until.duration_since(terms.issued_at), SignedDuration::from_hours(72));

    world.clock.pass(SignedDuration::from_hours(1));
    let session = world.sign_in(AGENT).await;
    let later = granted(&session, &computer).await.grant.opened(&key).unwrap();
    assert_eq!(later.until.duration_since(terms.until), SignedDuration::from_hours(1), "asked again it lasts longer");
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'offline grant'"), 2);
}

#[tokio::test]
async fn nobody_gets_one_who_could_not_record_now() {
    let world = World::start().await;
    let (agent, computer) = (world.sign_in(AGENT).await, Computer::new(1));
    assert_eq!(ask(&agent, &computer).await.fault(), FaultCode::DeviceUnknown, "not before the computer is known");
    computer.tell(&agent, None).await;
    let sponsor = world.sign_in_as("555100000007", sponsor_role("555254240700")).await;
    assert_eq!(ask(&sponsor, &computer).await.fault(), FaultCode::NotPermitted);
    let other = world.sign_in_as("555100000008", role("555254240800", "S8000:G8000:R8000", &[], "B81603")).await;
    assert_eq!(ask(&other, &computer).await.fault(), FaultCode::NotPermitted);
    let mut nobody = world.sign_in(AGENT).await;
    nobody.access = "no-token".into();
    assert_eq!(ask(&nobody, &computer).await.fault(), FaultCode::SignInNeeded);
    world.change("UPDATE devices SET revoked_at = 1");
    assert_eq!(ask(&agent, &computer).await.fault(), FaultCode::DeviceRevoked);
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'offline grant'"), 0);
}

#[tokio::test]
async fn how_long_it_lasts_is_the_gateways_policy() {
    let world = World::start_with(|config| config.policy.offline_grant_hours = 8).await;
    let (agent, computer) = (world.sign_in_as(AGENT, agent_role(AGENT_ROLE)).await, Computer::new(1));
    let key = countersigning_key(&agent, &computer).await;
    let terms = granted(&agent, &computer).await.grant.opened(&key).unwrap();
    assert_eq!(terms.until.duration_since(terms.issued_at), SignedDuration::from_hours(8));

    let world = World::start_with(|config| config.policy.offline_grant_hours = 0).await;
    let agent = world.sign_in(AGENT).await;
    computer.tell(&agent, None).await;
    let answer = ask(&agent, &computer).await;
    assert_eq!(answer.fault(), FaultCode::NotPermitted);
    assert_eq!(answer.body["grant"], Value::Null);
}
