//! Computers and their audits.

use contract::{
    AuditHash, AuditHead, AuditReceipt, AuditReply, AuditRequest, AuditRow, DeviceId, DeviceReply, DeviceRequest,
    FaultCode,
};
use ed25519_dalek::SigningKey;
use gateway::Standing;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::world::{AGENT, Answer, COLLEAGUE, Session, World};

const ROWS: &str = "SELECT count(*) FROM device_audit";
const FORKS: &str = "SELECT count(*) FROM audit_forks";

/// A computer with its own audit.
#[derive(Clone)]
struct Computer {
    id: DeviceId,
    key: SigningKey,
    rows: Vec<AuditRow>,
    hashes: Vec<AuditHash>,
}

impl Computer {
    fn new(seed: u8) -> Self {
        let id = DeviceId::from_guid(uuid::Uuid::from_u128(seed.into()));
        Self { id, key: SigningKey::from_bytes(&[seed; 32]), rows: Vec::new(), hashes: Vec::new() }
    }

    fn act(&mut self, what: &str) {
        let row = AuditRow {
            number: i64::try_from(self.rows.len()).unwrap() + 1,
            at: 1_767_258_000_000_000,
            act: what.into(),
            actor: AGENT.into(),
            role: String::new(),
            session: "00000000-0000-0000-0000-000000000001".into(),
            subject: String::new(),
            key: String::new(),
            detail: String::new(),
        };
        self.hashes.push(row.hash(&self.before(row.number)));
        self.rows.push(row);
    }

    fn before(&self, number: i64) -> AuditHash {
        usize::try_from(number - 2).map_or(AuditHash::NONE, |index| self.hashes[index])
    }

    fn acts(mut self, count: usize, what: &str) -> Self {
        (0..count).for_each(|_| self.act(what));
        self
    }

    /// Another story from one row on.
    fn forked(&self, from: usize) -> Self {
        let mut other = self.clone();
        other.rows.truncate(from - 1);
        other.hashes.truncate(from - 1);
        other.acts(self.rows.len() - from + 1, "another")
    }

    /// The rows of that range, signed.
    fn request(&self, from: usize, to: usize) -> AuditRequest {
        let number = i64::try_from(to).unwrap();
        let head = AuditHead { device: self.id, number, hash: self.hashes[to - 1], at: 1 }.sign(&self.key);
        let before = self.before(i64::try_from(from).unwrap());
        AuditRequest { head, before, rows: self.rows[from - 1..to].to_vec() }
    }

    async fn appear(&self, session: &Session) -> Answer {
        let request = DeviceRequest::sign(&self.id, &self.key);
        session.put_json(&format!("/v1/devices/{}", self.id), &request).await
    }

    async fn held(&self, session: &Session) -> Option<AuditReceipt> {
        let answer = self.appear(session).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_value::<DeviceReply>(answer.body).unwrap().held
    }
}

async fn send(session: &Session, request: &AuditRequest) -> Answer {
    session.post("/v1/audit", request).await
}

async fn taken(session: &Session, request: &AuditRequest) -> AuditReceipt {
    let answer = send(session, request).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_value::<AuditReply>(answer.body).unwrap().audit
}

#[tokio::test]
async fn rows_are_kept_and_countersigned_and_the_same_again_is_answered_the_same() {
    let mut world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let computer = Computer::new(1).acts(7, "searched");
    assert_eq!(computer.held(&session).await, None);
    let first = taken(&session, &computer.request(1, 3)).await;
    assert!(first.is_countersigned() && first.head == computer.request(1, 3).head);
    world.clock.pass(SignedDuration::from_secs(60));
    assert_eq!(taken(&session, &computer.request(1, 3)).await, first, "the answer may have been lost");
    assert_eq!(world.count(ROWS), 3);
    // A colleague on the same computer goes on, and overlaps.
    let colleague = world.sign_in(COLLEAGUE).await;
    let second = taken(&colleague, &computer.request(2, 7)).await;
    assert_eq!((second.head.head.number, world.count(ROWS)), (7, 7));
    assert_eq!(second.gateway, first.gateway);
    assert_eq!(taken(&colleague, &computer.request(1, 3)).await, first);
    world.restart().await;
    let mut session = world.sign_in(AGENT).await;
    session.move_to(world.url(""));
    assert_eq!(computer.held(&session).await, Some(second), "the gateway's key and rows outlive a restart");
    assert_eq!(world.count(FORKS), 0);
}

#[tokio::test]
async fn a_computer_keeps_its_key() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let computer = Computer::new(1).acts(1, "searched");
    assert_eq!(send(&session, &computer.request(1, 1)).await.fault(), FaultCode::DeviceUnknown);
    for _ in 0..2 {
        assert_eq!(computer.appear(&session).await.status, StatusCode::OK);
    }
    assert_eq!(world.count("SELECT count(*) FROM devices"), 1);
    let impostor = Computer { key: SigningKey::from_bytes(&[9; 32]), ..computer.clone() };
    let answer = impostor.appear(&session).await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::CONFLICT, FaultCode::DeviceKeyDiffers));
    assert_eq!(send(&session, &impostor.request(1, 1)).await.fault(), FaultCode::SignatureWrong);
    // Somebody who saw a public key does not have it.
    let seen = DeviceRequest::sign(&computer.id, &computer.key);
    let other = session.put_json(&format!("/v1/devices/{}", uuid::Uuid::from_u128(5)), &seen).await;
    assert_eq!(other.fault(), FaultCode::SignatureWrong);
    assert_eq!(session.put_json("/v1/devices/none", &seen).await.fault(), FaultCode::NotFound);
    assert_eq!(world.count(ROWS), 0);
}

#[tokio::test]
async fn another_story_is_refused_and_kept_as_evidence() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let computer = Computer::new(1).acts(10, "searched");
    computer.appear(&session).await;
    let held = taken(&session, &computer.request(1, 10)).await;
    // Among the rows that are sent; before them; and an older copy of the store that was gone on with.
    let cases = [
        (computer.forked(4).request(1, 10), 4),
        (computer.forked(4).request(10, 10), 9),
        (computer.forked(10).request(10, 10), 10),
        (computer.forked(6).acts(5, "later").request(6, 15), 6),
        (computer.forked(6).acts(5, "later").request(11, 15), 10),
    ];
    for (number, (request, row)) in cases.iter().enumerate() {
        for _ in 0..2 {
            let answer = send(&session, request).await;
            assert_eq!((answer.status, answer.fault()), (StatusCode::CONFLICT, FaultCode::AuditForked));
            assert!(answer.diagnostics().contains(&format!("row {row} ")), "{}", answer.text);
        }
        let evidence = format!("SELECT count(*) FROM audit_forks WHERE number = {row}");
        assert!(world.count(&evidence) >= 1, "case {number}");
    }
    let forks = world.count(FORKS);
    assert!((4..=5).contains(&forks), "each once: {forks}");
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'audit forked'"), forks);
    assert_eq!(world.count(ROWS), 10, "what is held stays as it is");
    assert_eq!(computer.held(&session).await, Some(held));
    let computer = computer.acts(1, "searched");
    assert_eq!(taken(&session, &computer.request(11, 11)).await.head.head.number, 11, "and goes on");
}

#[tokio::test]
async fn what_is_not_whole_or_not_signed_is_refused() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let computer = Computer::new(1).acts(501, "searched");
    computer.appear(&session).await;
    assert_eq!(send(&session, &computer.request(2, 3)).await.fault(), FaultCode::AuditGap);
    assert_eq!(send(&session, &computer.request(1, 501)).await.fault(), FaultCode::InvalidRequest, "too many");
    let good = computer.request(1, 5);
    let shapes: [fn(&mut AuditRequest); 6] = [
        |request| request.rows.clear(),
        |request| drop(request.rows.pop()),
        |request| drop(request.rows.remove(2)),
        |request| request.rows.swap(1, 2),
        |request| request.rows[0].number = 0,
        |request| request.rows[1].detail = "x".repeat(2000),
    ];
    for (number, change) in shapes.into_iter().enumerate() {
        let mut request = good.clone();
        change(&mut request);
        assert_eq!(send(&session, &request).await.fault(), FaultCode::InvalidRequest, "{number}");
    }
    let stories: [fn(&mut AuditRequest); 5] = [
        |request| request.rows[2].subject = "555086689106".into(),
        |request| request.rows[2].at += 1,
        |request| request.before = AuditHash::from_bytes([1; 32]),
        |request| request.head.head.at += 1,
        |request| request.head.head.hash = AuditHash::from_bytes([1; 32]),
    ];
    for (number, change) in stories.into_iter().enumerate() {
        let mut request = good.clone();
        change(&mut request);
        assert_eq!(send(&session, &request).await.fault(), FaultCode::SignatureWrong, "{number}");
    }
    let mut unknown: Value = serde_json::to_value(&good).unwrap();
    unknown["rows"][0]["name"] = json!("x");
    assert_eq!(session.post("/v1/audit", &unknown).await.fault(), FaultCode::InvalidRequest);
    assert_eq!((world.count(ROWS), world.count(FORKS)), (0, 0));
    assert_eq!(taken(&session, &computer.request(1, 500)).await.head.head.number, 500);
}

#[tokio::test]
async fn nobody_sends_rows_without_a_session() {
    let world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    let computer = Computer::new(1).acts(1, "searched");
    computer.appear(&session).await;
    session.access = "another".into();
    assert_eq!(send(&session, &computer.request(1, 1)).await.fault(), FaultCode::SignInNeeded);
    assert_eq!(computer.appear(&session).await.fault(), FaultCode::SignInNeeded);
}

#[tokio::test]
async fn rows_and_receipts_that_are_held_cannot_be_changed_or_taken_out() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let computer = Computer::new(1).acts(2, "searched");
    computer.appear(&session).await;
    taken(&session, &computer.request(1, 2)).await;
    let connection = rusqlite::Connection::open(world.database()).unwrap();
    for refused in [
        "UPDATE device_audit SET detail = 'x'",
        "DELETE FROM device_audit",
        "UPDATE audit_receipts SET number = 9",
        "DELETE FROM audit_receipts",
    ] {
        assert!(connection.execute(refused, []).is_err(), "{refused}");
    }
}

#[tokio::test]
async fn more_rows_than_a_day_has_room_for_are_taken_the_next_day_and_none_is_lost() {
    let world = World::start_with(|config| {
        config.policy.audit_rows_a_day_per_device = 1_000;
        config.policy.audit_rows_a_day_per_user = 1_600;
    })
    .await;
    let session = world.sign_in(AGENT).await;
    let computer = Computer::new(1).acts(1_300, "searched");
    computer.appear(&session).await;
    taken(&session, &computer.request(1, 500)).await;
    taken(&session, &computer.request(501, 1_000)).await;
    let answer = send(&session, &computer.request(1_001, 1_300)).await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::TOO_MANY_REQUESTS, FaultCode::TooManyRequests));
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=24 * 60 * 60).contains(&wait), "{wait}");
    assert_eq!(world.count(ROWS), 1_000, "nothing of it is taken by half");
    taken(&session, &computer.request(1, 500)).await;
    // Another computer has a budget of its own, and the person has one for all of them.
    let other = Computer::new(2).acts(900, "searched");
    other.appear(&session).await;
    taken(&session, &other.request(1, 500)).await;
    assert_eq!(send(&session, &other.request(501, 900)).await.fault(), FaultCode::TooManyRequests);
    let colleague = world.sign_in(COLLEAGUE).await;
    taken(&colleague, &other.request(501, 900)).await;
    // The next day there is room again.
    world.clock.pass(SignedDuration::from_secs(i64::try_from(wait).unwrap()));
    let session = world.sign_in(AGENT).await;
    taken(&session, &computer.request(1_001, 1_300)).await;
    assert_eq!(world.count(ROWS), 2_200);
}

#[tokio::test]
async fn a_call_has_a_size() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let mut computer = Computer::new(1);
    computer.act(&"x".repeat(3 * 1024 * 1024));
    computer.appear(&session).await;
    let answer = send(&session, &computer.request(1, 1)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.text);
    assert_eq!(world.count(ROWS), 0);
}

/// A computer whose audit follows another's: what its first row names, as if that one came to `number` and `hash`.
fn after(old: &Computer, seed: u8, number: i64, hash: AuditHash) -> Computer {
    let mut new = Computer::new(seed);
    new.act("begun_restored");
    new.rows[0].key = old.id.to_string();
    new.rows[0].detail = format!("{number} {hash}");
    new.hashes[0] = new.rows[0].hash(&AuditHash::NONE);
    new.acts(1, "searched")
}

/// A computer that is shut out, loses its store and so begins a new audit of a new name, is the same computer.
#[tokio::test]
async fn a_computer_that_is_shut_out_does_not_come_back_under_a_new_name() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let old = Computer::new(1).acts(5, "searched");
    old.appear(&session).await;
    taken(&session, &old.request(1, 3)).await;
    let by = gateway::Operator::new("made-up operator", "stolen").unwrap();
    let set = |device, standing| {
        let (config, folder) = (world.config.clone(), world.folder.path());
        gateway::set_standing(config, folder, &*world.clock, device, standing, &by)
    };
    assert!(set(old.id, Standing::ShutOut).await.unwrap().this);
    // As it is held; as it went on after it was shut out, which is not held; and another story of it.
    let (held, since, other) = (old.hashes[2], old.hashes[4], AuditHash::from_bytes([7; 32]));
    let shut_out = "SELECT count(*) FROM audit WHERE action = 'revoke device' AND result LIKE '%which is shut out'";
    for (told, (number, hash)) in (1..).zip([(3, held), (5, since), (2, other)]) {
        let new = after(&old, 1 + u8::try_from(told).unwrap(), number, hash);
        assert_eq!(new.appear(&session).await.status, StatusCode::OK, "nobody knows yet whose it is");
        taken(&session, &new.request(1, 2)).await;
        assert_eq!(new.appear(&session).await.fault(), FaultCode::DeviceRevoked, "row {number}");
        assert_eq!(send(&session, &new.request(1, 2)).await.fault(), FaultCode::DeviceRevoked, "row {number}");
        assert_eq!(world.count(shut_out), 2 * told - 1, "it is in the audit");
        // Nor the one after that, and so on.
        let third = after(&new, 10 + u8::try_from(told).unwrap(), 2, new.hashes[1]);
        third.appear(&session).await;
        taken(&session, &third.request(1, 2)).await;
        assert_eq!(third.appear(&session).await.fault(), FaultCode::DeviceRevoked, "after row {number}");
        // An operator who lets it in again has the last word.
        assert!(set(new.id, Standing::LetIn).await.unwrap().this);
        assert_eq!(new.appear(&session).await.status, StatusCode::OK);
        taken(&session, &new.request(1, 2)).await;
        assert_eq!(new.appear(&session).await.status, StatusCode::OK, "the same rows again change nothing");
    }
}

/// One that was given new names before anybody shut it out.
#[tokio::test]
async fn shutting_a_computer_out_shuts_it_out_under_every_name_it_took_since() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let first = Computer::new(1).acts(3, "searched");
    let second = after(&first, 2, 3, first.hashes[2]);
    let third = after(&second, 3, 2, second.hashes[1]);
    // A name that says it follows one which says it follows that.
    let circle = after(&third, 4, 2, third.hashes[1]);
    let other = Computer::new(9).acts(2, "searched");
    for computer in [&first, &second, &third, &circle, &other] {
        assert_eq!(computer.appear(&session).await.status, StatusCode::OK);
        taken(&session, &computer.request(1, 2)).await;
    }
    world.change(&format!(
        "INSERT INTO audit_links (device, before, number, hash, why, sent_by, found_at) \
         VALUES ('{}', '{}', 1, '', 'broken', '', 0)",
        first.id, circle.id
    ));
    let by = gateway::Operator::new("made-up operator", "stolen").unwrap();
    let set = |device, standing| {
        let (config, folder) = (world.config.clone(), world.folder.path());
        gateway::set_standing(config, folder, &*world.clock, device, standing, &by)
    };
    let shut_out = async || {
        let devices = gateway::list_devices(world.config.clone(), world.folder.path()).await.unwrap();
        let mut seen: Vec<_> =
            devices.into_iter().filter(|seen| seen.revoked_at.is_some()).map(|seen| seen.device).collect();
        seen.sort();
        seen
    };
    let listed = gateway::list_devices(world.config.clone(), world.folder.path()).await.unwrap();
    let follows = |device| listed.iter().find(|seen| seen.device == device).unwrap().follows;
    assert_eq!((follows(second.id), follows(third.id), follows(other.id)), (Some(first.id), Some(second.id), None));

    // Under one name alone, where that is asked for: the others are named all the same.
    let only = set(second.id, Standing::ShutOutOnlyThis).await.unwrap();
    assert!(only.this);
    assert_eq!(only.later, [(third.id, false), (circle.id, false), (first.id, false)], "each after the one it follows");
    assert_eq!(only.earlier, [(first.id, false), (circle.id, false), (third.id, false)]);
    assert_eq!(shut_out().await, [second.id]);
    set(second.id, Standing::LetIn).await.unwrap();
    assert_eq!(shut_out().await, []);

    // One of them cannot be shut out: then none is.
    world.change(&format!(
        "CREATE TRIGGER stuck BEFORE UPDATE ON devices WHEN new.id = '{}' BEGIN SELECT RAISE(ABORT, 'stuck'); END",
        circle.id
    ));
    assert!(set(first.id, Standing::ShutOut).await.is_err());
    assert_eq!(shut_out().await, [], "all in one transaction");
    world.change("DROP TRIGGER stuck");
    let told = "SELECT count(*) FROM audit WHERE action = 'revoke device'";
    let before = world.count(told);

    let all = set(first.id, Standing::ShutOut).await.unwrap();
    assert_eq!(all.later, [(second.id, true), (third.id, true), (circle.id, true)]);
    let mut expected = [first.id, second.id, third.id, circle.id];
    expected.sort();
    assert_eq!(shut_out().await, expected, "and no other computer");
    assert_eq!(world.count(told), before + 4, "each is in the audit");
    assert_eq!(third.appear(&session).await.fault(), FaultCode::DeviceRevoked);
    assert_eq!(other.appear(&session).await.status, StatusCode::OK);
    // Again changes nothing; letting one in lets in that name.
    assert!(!set(first.id, Standing::ShutOut).await.unwrap().this);
    assert_eq!(world.count(told), before + 4);
    assert!(set(first.id, Standing::LetIn).await.unwrap().later.iter().all(|(_, shut_out)| *shut_out));
}

#[tokio::test]
async fn an_audit_that_follows_another_is_linked_to_it_and_both_stay() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let old = Computer::new(1).acts(5, "searched");
    old.appear(&session).await;
    let held = taken(&session, &old.request(1, 5)).await;
    // Of the second it is known further than here, the third tells another story of it.
    let cases = [(5, old.hashes[4], 1), (9, old.hashes[4], -1), (4, AuditHash::from_bytes([7; 32]), 0)];
    for (seed, (number, hash, fits)) in (2_u8..).zip(cases) {
        let new = after(&old, seed, number, hash);
        new.appear(&session).await;
        for _ in 0..2 {
            taken(&session, &new.request(1, 2)).await;
        }
        let link = format!(
            "SELECT count(*) FROM audit_links WHERE device = '{}' AND before = '{}' AND number = {number} \
             AND why = 'restored' AND coalesce(fits, -1) = {fits}",
            new.id, old.id
        );
        assert_eq!(world.count(&link), 1, "{number}");
    }
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'audit continued'"), 3, "each once");
    assert_eq!(old.held(&session).await, Some(held), "the old one stays");
    let connection = rusqlite::Connection::open(world.database()).unwrap();
    for refused in ["UPDATE audit_links SET fits = 1", "DELETE FROM audit_links"] {
        assert!(connection.execute(refused, []).is_err(), "{refused}");
    }
}

#[tokio::test]
async fn a_new_countersigning_key_is_vouched_for_by_the_one_before_and_no_other_takes_its_place() {
    let mut world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    let computer = Computer::new(1).acts(5, "searched");
    computer.appear(&session).await;
    let old = taken(&session, &computer.request(1, 3)).await;
    let secrets = world.folder.path().join("secrets");
    let (now, before) = (secrets.join("audit.key"), secrets.join("audit-before.key"));
    let mut known = vec![old.gateway];
    for change in 1..=2 {
        world.stop().await;
        let key = std::fs::read(&now).unwrap();
        std::fs::remove_file(&now).unwrap();
        // Neither a key that was lost nor another one that is called the one before.
        assert!(world.run().await.is_err(), "change {change}");
        std::fs::write(&before, [change; 32]).unwrap();
        assert!(world.run().await.is_err(), "change {change}");
        std::fs::write(&before, key).unwrap();
        world.restart().await;
        // Once that is written down, the key before is not needed any more: it may be gone for good.
        std::fs::remove_file(&before).unwrap();
        world.restart().await;
        session = world.sign_in(AGENT).await;
        session.move_to(world.url(""));
        let answer = computer.appear(&session).await;
        let reply: DeviceReply = serde_json::from_value(answer.body).unwrap();
        let (countersigning, held) = (reply.countersigning.unwrap(), reply.held.unwrap());
        assert!(known.iter().all(|known| countersigning.leads_from(known)), "also for one that was off meanwhile");
        assert!(!known.contains(&countersigning.key) && countersigning.follows.len() == usize::from(change));
        // What it held it still holds, and says so with the key of today, as of when it had it.
        assert!(held.is_countersigned() && held.gateway == countersigning.key);
        assert_eq!((held.head, held.received_at), (old.head, old.received_at));
        assert_eq!(taken(&session, &computer.request(1, 3)).await, held, "an answer that was lost");
        known.push(countersigning.key);
    }
    assert!(old.is_countersigned(), "and what it gave before stays good");
    assert_eq!(taken(&session, &computer.request(4, 5)).await.gateway, known[2]);
    assert_eq!(world.count("SELECT count(*) FROM audit_receipts"), 2, "none was written anew");
}
