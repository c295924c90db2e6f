//! What waits on which computer: told by computers as numbers, shown to whom it belongs and to their manager.

use contract::{DeviceId, DeviceRequest, DeviceWaiting, FaultCode, WaitingGroup, WaitingReply, WaitingRow};
use ed25519_dalek::SigningKey;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{AGENT, AGENT_ROLE, Answer, COLLEAGUE, Session, World, agent_role, role};

const COLLEAGUE_ROLE: &str = "555254240200";
const MANAGER: &str = "555100000003";

/// A computer that tells how many wait on it.
pub struct Computer {
    pub id: DeviceId,
    pub key: SigningKey,
}

impl Computer {
    pub fn new(seed: u8) -> Self {
        Self {
            id: DeviceId::from_guid(uuid::Uuid::from_u128(u128::from(seed) << 96)),
            key: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    pub async fn tell(&self, session: &Session, waiting: Option<DeviceWaiting>) -> Answer {
        let request = DeviceRequest { waiting, ..DeviceRequest::sign(&self.id, &self.key) };
        session.put_json(&format!("/v1/devices/{}", self.id), &request).await
    }

    async fn tells(&self, session: &Session, name: Option<&str>, groups: Vec<WaitingGroup>) {
        let name = name.map(|name| name.parse().unwrap());
        let answer = self.tell(session, Some(DeviceWaiting { name, groups, more: false })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
}

fn group(author: &str, role: &str, unsent: u32, attention: u32) -> WaitingGroup {
    let oldest = (unsent > 0).then(|| "2026-01-14T10:00:00Z".parse().unwrap());
    WaitingGroup { author: author.parse().unwrap(), role: role.parse().unwrap(), unsent, attention, oldest }
}

pub async fn shown(session: &Session) -> Vec<WaitingRow> {
    reply(session).await.waiting
}

async fn reply(session: &Session) -> WaitingReply {
    let answer = session.get("/v1/devices/waiting").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_value(answer.body).unwrap()
}

fn manager_role(org: &str) -> Value {
    role("555254240300", "S0080:G0450:R5080", &[], org)
}

#[tokio::test]
async fn each_sees_their_own_and_a_manager_those_of_their_organisation() {
    let world = World::start().await;
    let agent = world.sign_in(AGENT).await;
    let colleague = world.sign_in_as(COLLEAGUE, agent_role(COLLEAGUE_ROLE)).await;
    let (first, second) = (Computer::new(1), Computer::new(2));
    // Whoever is signed in tells of everybody.
    let groups = vec![group(AGENT, AGENT_ROLE, 3, 1), group(COLLEAGUE, COLLEAGUE_ROLE, 2, 0)];
    first.tells(&agent, Some("LAPTOP-0417"), groups).await;
    let told_at = world.clock_now();
    world.clock.pass(SignedDuration::from_secs(60));
    second
        .tells(&colleague, None, vec![group(AGENT, AGENT_ROLE, 1, 0), group("555100000009", "555254240900", 4, 0)])
        .await;

    let own = shown(&agent).await;
    assert_eq!(own.len(), 2);
    let on_first = own.iter().find(|row| row.device == first.id).unwrap();
    assert_eq!((on_first.unsent, on_first.attention, on_first.own), (3, 1, true));
    assert_eq!(on_first.name.as_ref().map(|name| name.as_str()), Some("LAPTOP-0417"));
    assert_eq!((on_first.heard_at, on_first.oldest), (told_at, Some("2026-01-14T10:00:00Z".parse().unwrap())));
    assert_eq!(shown(&colleague).await.iter().map(|row| row.unsent).collect::<Vec<_>>(), [2]);

    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let of_all = shown(&manager).await;
    assert_eq!(of_all.iter().map(|row| row.unsent).sum::<u32>(), 6, "all whose roles are known to be held there");
    assert!(of_all.iter().all(|row| !row.own && row.author_name.is_some() && row.ra_role.is_some()));
    // Who has lost the role is not lost sight of: it is then that somebody must take over.
    world.sign_in_as(COLLEAGUE, manager_role("RBA")).await;
    assert_eq!(shown(&manager).await.iter().map(|row| row.unsent).sum::<u32>(), 6);
    let elsewhere = world.sign_in_as(MANAGER, manager_role("RBA")).await;
    assert!(shown(&elsewhere).await.is_empty(), "another organisation's");

    // What is told replaces what was told; a call that tells nothing leaves it.
    assert_eq!(first.tell(&agent, None).await.status, StatusCode::OK);
    assert_eq!(shown(&agent).await.len(), 2);
    first.tells(&agent, None, vec![]).await;
    assert_eq!(shown(&agent).await.iter().map(|row| row.device).collect::<Vec<_>>(), [second.id]);
}

/// Whoever is signed in tells of everybody, so what they tell is not believed as it is.
#[tokio::test]
async fn what_a_computer_tells_is_believed_only_as_far_as_it_can_be() {
    let world = World::start().await;
    let agent = world.sign_in(AGENT).await;
    let computer = Computer::new(1);
    let never_here = [("555100000009", AGENT_ROLE), (AGENT, "555254240999")];
    let mut groups: Vec<_> = never_here.iter().map(|(author, role)| group(author, role, 7, 0)).collect();
    computer.tells(&agent, None, groups.clone()).await;
    assert_eq!(world.count("SELECT count(*) FROM device_waiting"), 0, "nobody was here in that role");
    groups.push(group(AGENT, AGENT_ROLE, 2, 0));
    computer.tells(&agent, None, groups).await;
    let told = reply(&agent).await;
    assert_eq!(told.waiting.iter().map(|row| row.unsent).collect::<Vec<_>>(), [2]);
    assert!(told.more, "that something was left out is told");
    // The oldest is neither of tomorrow nor of another age.
    let cases = [("2027-01-01T00:00:00Z", "2026-01-15T09:00:00Z"), ("1970-01-01T00:00:00Z", "2025-01-14T09:00:00Z")];
    for (told, believed) in cases {
        let oldest = Some(told.parse().unwrap());
        computer.tells(&agent, None, vec![WaitingGroup { oldest, ..group(AGENT, AGENT_ROLE, 2, 0) }]).await;
        let now = reply(&agent).await;
        assert_eq!(now.waiting[0].oldest, Some(believed.parse().unwrap()), "{told}");
        assert!(!now.more, "all of it is told");
    }
    let groups = vec![group(AGENT, AGENT_ROLE, 2, 0)];
    let answer = computer.tell(&agent, Some(DeviceWaiting { name: None, groups, more: true })).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(reply(&agent).await.more, "the computer had no room for the rest");
}

#[tokio::test]
async fn one_ra_user_fills_nobodys_list() {
    let world = World::start().await;
    let agent = world.sign_in(AGENT).await;
    for seed in 0..50 {
        assert_eq!(Computer::new(seed + 1).tell(&agent, None).await.status, StatusCode::OK, "{seed}");
    }
    let answer = Computer::new(51).tell(&agent, None).await;
    assert_eq!(answer.fault(), FaultCode::TooManyRequests);
    assert_eq!(Computer::new(1).tell(&agent, None).await.status, StatusCode::OK, "one that is known is");
    let colleague = world.sign_in_as(COLLEAGUE, agent_role(COLLEAGUE_ROLE)).await;
    assert_eq!(Computer::new(51).tell(&colleague, None).await.status, StatusCode::OK, "each has their own number");
    world.clock.pass(SignedDuration::from_hours(15));
    let agent = world.sign_in(AGENT).await;
    assert_eq!(Computer::new(52).tell(&agent, None).await.status, StatusCode::OK, "the next day");

    // More rows than one answer has are cut off, and that is told.
    world.change(
        "WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 501) \
         INSERT INTO devices (id, public_key, first_user, first_seen) \
         SELECT printf('018f0000-0000-7000-8000-%012d', value), zeroblob(32), '1', 0 FROM n; \
         INSERT INTO device_waiting (device, author, role, unsent, attention, oldest) \
         SELECT id, '555100000001', '555254240100', 1, 0, 0 FROM devices WHERE first_user = '1' LIMIT 500",
    );
    let told = reply(&agent).await;
    assert_eq!((told.waiting.len(), told.more), (500, false));
    world.change(
        "INSERT INTO device_waiting (device, author, role, unsent, attention, oldest) \
         SELECT id, '555100000001', '555254240100', 1, 0, 0 FROM devices \
         WHERE first_user = '1' AND id NOT IN (SELECT device FROM device_waiting)",
    );
    let told = reply(&agent).await;
    assert_eq!((told.waiting.len(), told.more), (500, true));
}

#[tokio::test]
async fn what_a_computer_tells_has_bounds() {
    let world = World::start().await;
    let agent = world.sign_in(AGENT).await;
    let computer = Computer::new(1);
    let twice = vec![group(AGENT, AGENT_ROLE, 3, 1), group(AGENT, AGENT_ROLE, 2, 0)];
    let many = (0..201).map(|n| group(&format!("555100001{n:03}"), AGENT_ROLE, 1, 0)).collect();
    for groups in [twice, many] {
        let answer = computer.tell(&agent, Some(DeviceWaiting { name: None, groups, more: false })).await;
        assert_eq!(answer.fault(), FaultCode::InvalidRequest);
    }
    let request = serde_json::to_value(DeviceRequest::sign(&computer.id, &computer.key)).unwrap();
    let mut named = request.clone();
    named["waiting"] = json!({ "name": "<script>", "groups": [] });
    assert_eq!(
        agent.put_json(&format!("/v1/devices/{}", computer.id), &named).await.fault(),
        FaultCode::InvalidRequest
    );
    assert_eq!(world.count("SELECT count(*) FROM devices"), 0, "nothing of it was kept");
}
