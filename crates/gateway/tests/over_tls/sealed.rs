//! Second copies: taken in under the keys they were recorded with, in any order and however often, and nothing that a
//! known computer did not sign.

use contract::{
    DeviceId, FaultCode, FrozenBody, RefusalCode, SEALED_HEAD, SealedRecord, SealedRegistration, SealingKey,
    sealed_head,
};
use gateway::{Import, ImportReport, Operator, Standing, Taken};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::devices::{Computer, shown};
use crate::taking_over::{MANAGER, manager_role, taken_over};
use crate::world::{AGENT, AGENT_ROLE, SAM, SAM_ADDRESS, Session, World, agent_role, sponsor_role};

const REGISTERED: &str = "SELECT count(*) FROM registrations";

async fn sealing_key(session: &Session) -> SealingKey {
    let answer = session.get("/v1/session").await;
    serde_json::from_value(answer.body["sealing"]["key"].clone()).unwrap()
}

/// What an RA user recorded on a computer, as its record says it.
fn record(computer: &Computer, number: u64, item: &Value) -> SealedRecord {
    let text = |name: &str| item["body"][name].as_str().unwrap().to_owned();
    SealedRecord {
        device: computer.id,
        number,
        author: text("recorded_by").parse().unwrap(),
        role: text("recorded_role").parse().unwrap(),
        key: item["key"].as_str().unwrap().parse().unwrap(),
        registration: Some(SealedRegistration {
            care_identity: item["care_identity"].as_str().unwrap().parse().unwrap(),
            body: FrozenBody::from_text(item["body"].to_string()).unwrap(),
        }),
    }
}

fn taken_back(computer: &Computer, number: u64, item: &Value) -> SealedRecord {
    SealedRecord { registration: None, ..record(computer, number, item) }
}

struct Copy<'a> {
    world: &'a World,
    to: SealingKey,
    computer: &'a Computer,
}

impl Copy<'_> {
    fn bytes(&self, records: Vec<SealedRecord>) -> Vec<u8> {
        let mut file = sealed_head(&[1; 16]).to_vec();
        for record in records {
            file.extend(record.seal(&self.to, &self.computer.key).unwrap());
        }
        file
    }

    async fn import(&self, bytes: &[u8]) -> ImportReport {
        self.import_with(&[bytes], |_| {}).await
    }

    async fn import_with(&self, files: &[&[u8]], change: impl FnOnce(&mut Import)) -> ImportReport {
        let paths = files.iter().enumerate().map(|(n, bytes)| {
            let path = self.world.folder.path().join(format!("{n}.copy"));
            std::fs::write(&path, bytes).unwrap();
            path
        });
        let by = Operator::new("o.perator", "the laptop fell into the sea").unwrap();
        let mut wanted = Import { files: paths.collect(), by, dry_run: false, revoked_too: false };
        change(&mut wanted);
        let (config, folder) = (self.world.config.clone(), self.world.folder.path());
        gateway::import_sealed(config, folder, &*self.world.clock, &wanted).await.unwrap()
    }
}

fn outcomes(report: &ImportReport) -> Vec<Taken> {
    report.found.iter().map(|found| found.outcome).collect()
}

/// A world with an RA user at work on a computer that is known.
async fn begin(world: &World, computer: &Computer) -> (Session, SealingKey) {
    let session = world.sign_in(AGENT).await;
    assert_eq!(computer.tell(&session, None).await.status, StatusCode::OK);
    let to = sealing_key(&session).await;
    (session, to)
}

#[tokio::test]
async fn imported_twice_and_sent_by_the_laptop_that_came_back_it_is_registered_once() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let bytes = copy.bytes(vec![record(&computer, 1, &item)]);

    let tried = copy.import_with(&[&bytes], |wanted| wanted.dry_run = true).await;
    assert_eq!(outcomes(&tried), [Taken::Registered]);
    assert_eq!((world.count(REGISTERED), world.count("SELECT count(*) FROM sealed_imports")), (0, 0), "only tried");

    assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::Registered]);
    assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::RegisteredBefore]);
    let sent = session.send(&item).await;
    assert_eq!((&sent["outcome"], &sent["replay"]), (&json!("registered"), &json!(true)), "{sent}");
    assert!(sent["registration"]["link"]["url"].is_string(), "its author shows the link");
    assert_eq!(world.count(REGISTERED), 1);
    // It is marked as imported, by whom and why, and its author is told.
    assert_eq!(world.count("SELECT count(*) FROM sealed_imports WHERE operator = 'o.perator'"), 1);
    assert_eq!(
        world.count("SELECT count(*) FROM audit WHERE who = 'operator o.perator' AND action = 'import sealed'"),
        2
    );
    let told = shown(&session).await;
    assert_eq!((told[0].imported, told[0].imported_at, told[0].own), (1, Some(world.clock_now()), true));
}

#[tokio::test]
async fn what_was_sent_first_is_not_imported_again() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    assert_eq!(session.send(&item).await["outcome"], "registered");
    let bytes = copy.bytes(vec![record(&computer, 1, &item)]);
    assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::RegisteredBefore]);
    assert_eq!(world.count(REGISTERED), 1);
    assert_eq!(world.count("SELECT count(*) FROM sealed_imports"), 0, "it was not imported");
}

#[tokio::test]
async fn what_was_taken_back_registers_nothing_wherever_that_stands() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let first = copy.bytes(vec![record(&computer, 1, &item)]);
    let second = copy.bytes(vec![taken_back(&computer, 1, &item)]);
    let report = copy.import_with(&[&first, &second], |_| {}).await;
    assert_eq!(outcomes(&report), [Taken::Withdrawn, Taken::Withdrawn]);
    assert_eq!(session.send(&item).await["outcome"], "withdrawn", "the laptop that comes back sends it in vain");
    assert_eq!(world.count(REGISTERED), 0);
}

#[tokio::test]
async fn nothing_is_made_up_with_the_public_key_alone() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let stranger = Computer { id: DeviceId::from_guid(uuid::Uuid::from_u128(9)), key: Computer::new(9).key };
    let named_as_known = Computer { id: computer.id, key: Computer::new(9).key };
    for (forger, expected) in [(&stranger, Taken::DeviceUnknown), (&named_as_known, Taken::SignatureWrong)] {
        let copy = Copy { world: &world, to, computer: forger };
        let bytes = copy.bytes(vec![record(forger, 1, &item), taken_back(forger, 2, &item)]);
        assert_eq!(outcomes(&copy.import(&bytes).await), [expected, expected]);
    }
    // Signed by a known computer, in the name of somebody who did not record it.
    let copy = Copy { world: &world, to, computer: &computer };
    let other = SealedRecord { author: "555100000002".parse().unwrap(), ..record(&computer, 1, &item) };
    let report = copy.import(&copy.bytes(vec![other])).await;
    assert_eq!(outcomes(&report), [Taken::Refused(RefusalCode::NotYourSubmission)]);
    assert_eq!(
        (world.count(REGISTERED), world.count("SELECT count(*) FROM submissions")),
        (0, 0),
        "nothing is settled"
    );
}

#[tokio::test]
async fn a_byte_that_was_changed_is_told_and_costs_one_record() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let mut items = Vec::new();
    for n in 0..3 {
        items.push(world.item(&session, &format!("5550001000{n:02}"), &format!("person{n}@nhs.net")).await);
    }
    let records = (1..).zip(&items).map(|(number, item)| record(&computer, number, item)).collect();
    let whole = copy.bytes(records);
    let length = (whole.len() - SEALED_HEAD) / 3;
    for spoilt in 0..3 {
        // Its mark, its length, its key, what is sealed, its tag.
        for at in [0, 9, 20, length / 2, length - 1] {
            let mut bytes = whole.clone();
            bytes[SEALED_HEAD + spoilt * length + at] ^= 1;
            let report = copy.import_with(&[&bytes], |wanted| wanted.dry_run = true).await;
            let lost: Vec<_> = (0..3).filter(|n| report.found[*n].outcome.is_left()).collect();
            assert_eq!(lost, [spoilt], "{at}: {:?}", outcomes(&report));
        }
    }
    let torn = &whole[..whole.len() - 1];
    assert_eq!(outcomes(&copy.import(torn).await), [Taken::Registered, Taken::Registered, Taken::Torn]);
    assert_eq!(outcomes(&copy.import(b"holiday pictures").await), [Taken::NoCopy]);
    assert_eq!(
        outcomes(&copy.import(&whole).await).last(),
        Some(&Taken::Registered),
        "what was left is taken in later"
    );
    assert_eq!(world.count(REGISTERED), 3);
}

#[tokio::test]
async fn damaged_pieces_beside_each_other_are_told_as_one_with_how_many_they_are() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let whole = copy.bytes(vec![record(&computer, 1, &item)]);
    let (head, sealed) = whole.split_at(SEALED_HEAD);
    let marks = sealed[..8].repeat(100_000);
    let report = copy.import(&[head, &marks, sealed, &marks].concat()).await;
    let found: Vec<_> = report.found.iter().map(|found| (found.outcome, found.pieces)).collect();
    let expected = [(Taken::Spoilt, 100_000), (Taken::Registered, 1), (Taken::Spoilt, 99_999), (Taken::Torn, 1)];
    assert_eq!(found, expected);
    assert_eq!(report.count(Taken::is_left), 200_000);
}

/// What can be read once alone: a pipe in the file's place.
#[cfg(unix)]
#[tokio::test]
async fn what_cannot_be_read_a_second_time_is_not_blamed_on_the_database() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let bytes = copy.bytes(vec![record(&computer, 1, &item)]);
    for dry_run in [true, false] {
        let pipe = world.folder.path().join(format!("{dry_run}.pipe"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (to, bytes) = (pipe.clone(), bytes.clone());
        let written = std::thread::spawn(move || std::fs::write(to, bytes));
        let report = copy.import_with(&[], |wanted| (wanted.files, wanted.dry_run) = (vec![pipe], dry_run)).await;
        written.join().unwrap().unwrap();
        assert_eq!(outcomes(&report), [Taken::NotReadAgain], "dry run: {dry_run}");
    }
    assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::Registered], "nothing was settled");
}

#[tokio::test]
async fn its_author_must_still_hold_the_role() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let bytes = copy.bytes(vec![record(&computer, 1, &item)]);
    for now in [agent_role("555254240777"), sponsor_role(AGENT_ROLE)] {
        world.sign_in_as(AGENT, now).await;
        assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::RoleNotHeld]);
    }
    assert_eq!(world.count("SELECT count(*) FROM submissions"), 0, "nothing is settled");
    world.sign_in(AGENT).await;
    assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::Registered]);
}

#[tokio::test]
async fn it_is_judged_by_the_policy_as_if_it_had_been_sent() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let bytes = copy.bytes(vec![record(&computer, 1, &item)]);
    world.clock.pass(SignedDuration::from_hours(24 * 15));
    assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::Refused(RefusalCode::TooOld)]);
    let session = world.sign_in(AGENT).await;
    assert_eq!(session.send(&item).await["code"], "TOO_OLD", "the laptop is told the same");
    assert_eq!(world.count(REGISTERED), 0);
}

#[tokio::test]
async fn a_computer_that_is_shut_out_is_answered_no_more_and_its_copy_left_unless_asked_for() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let bytes = copy.bytes(vec![record(&computer, 1, &item)]);
    let by = Operator::new("o.perator", "stolen from a car").unwrap();
    let set = |standing| {
        let (config, folder) = (world.config.clone(), world.folder.path());
        gateway::set_standing(config, folder, &*world.clock, computer.id, standing, &by)
    };
    assert!(set(Standing::ShutOut).await.unwrap().this);
    assert!(!set(Standing::ShutOut).await.unwrap().this, "it was before");
    assert_eq!(computer.tell(&session, None).await.fault(), FaultCode::DeviceRevoked);
    let named = |path: &str| session.request(http::Method::GET, path).header("RA-Desk-Device", computer.id.to_string());
    assert_eq!(crate::world::Answer::of(named("/v1/session")).await.fault(), FaultCode::DeviceRevoked);
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK, "its RA user works on at another computer");
    let batch = session.request(http::Method::POST, "/v1/registrations/batch");
    let batch = batch.header("RA-Desk-Device", computer.id.to_string()).json(&json!({ "items": [item] }));
    assert_eq!(crate::world::Answer::of(batch).await.fault(), FaultCode::DeviceRevoked);

    assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::DeviceRevoked]);
    assert_eq!(world.count(REGISTERED), 0);
    let asked_for = copy.import_with(&[&bytes], |wanted| wanted.revoked_too = true).await;
    assert_eq!(outcomes(&asked_for), [Taken::Registered]);
    assert!(set(Standing::LetIn).await.unwrap().this);
    assert_eq!(computer.tell(&session, None).await.status, StatusCode::OK);
    assert_eq!(
        world.count("SELECT count(*) FROM audit WHERE who = 'operator o.perator' AND action LIKE '% device'"),
        2
    );
    let unknown = DeviceId::from_guid(uuid::Uuid::from_u128(77));
    let (config, folder) = (world.config.clone(), world.folder.path());
    assert!(gateway::set_standing(config, folder, &*world.clock, unknown, Standing::ShutOut, &by).await.is_err());
}

#[tokio::test]
async fn a_new_key_still_opens_what_was_sealed_to_the_one_before_and_no_other_takes_its_place() {
    let (mut world, computer) = (World::start().await, Computer::new(1));
    let (session, to) = begin(&world, &computer).await;
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let bytes = Copy { world: &world, to, computer: &computer }.bytes(vec![record(&computer, 1, &item)]);
    let secrets = world.folder.path().join("secrets");
    world.stop().await;
    let key = std::fs::read(secrets.join("sealing.key")).unwrap();
    std::fs::remove_file(secrets.join("sealing.key")).unwrap();
    assert!(world.run().await.is_err(), "a key that was lost is not passed over in silence");
    std::fs::write(secrets.join("sealing-before.key"), key).unwrap();
    let running = world.run().await.unwrap();
    running.stop().await;
    let copy = Copy { world: &world, to, computer: &computer };
    assert_eq!(outcomes(&copy.import(&bytes).await), [Taken::Registered]);
}

#[tokio::test]
async fn the_command_says_what_came_of_each_by_its_key_and_ends_so_that_a_script_can_tell() {
    let (mut world, computer) = (World::start().await, Computer::new(1));
    // The binary has the computer's clock.
    world.clock.pass(gateway::Clock::now(&gateway::SystemClock).duration_since(world.clock_now()));
    let (session, to) = begin(&world, &computer).await;
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let bytes = Copy { world: &world, to, computer: &computer }.bytes(vec![record(&computer, 1, &item)]);
    world.stop().await;
    let file = world.folder.path().join("stick.copy");
    let run = |words: &[&str], bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let output = crate::binary::gateway(&world, words).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        for personal in ["Taylor", SAM, AGENT, SAM_ADDRESS] {
            assert!(!said.contains(personal), "{personal} in {said}");
        }
        (output.status.code(), said)
    };
    let (path, device) = (file.to_str().unwrap().to_owned(), computer.id.to_string());
    let (key, by) = (item["key"].as_str().unwrap(), ["--operator", "o.perator", "--reason", "a dead laptop"]);
    let import = |more: &[&str]| [&["import-sealed", path.as_str()][..], &by, more].concat().join("\n");
    let words = |text: &str| text.split('\n').map(str::to_owned).collect::<Vec<_>>();
    let run = |text: &str, bytes: &[u8]| run(&words(text).iter().map(String::as_str).collect::<Vec<_>>(), bytes);

    let revoke = ["revoke-device", &device].iter().chain(&by).copied().collect::<Vec<_>>().join("\n");
    assert_eq!(run(&revoke, &bytes).0, Some(0));
    let (code, said) = run("list-devices", &bytes);
    assert!(code == Some(0) && said.contains(&device) && said.contains("0 waiting, SHUT OUT"), "{said}");
    // It came back under another name before it was shut out.
    let later = "018f0000-0000-7000-8000-0000000c0009";
    world.change(&format!(
        "INSERT INTO devices (id, public_key, first_user, first_seen) VALUES ('{later}', zeroblob(32), '1', 0); \
         INSERT INTO audit_links (device, before, number, hash, why, sent_by, found_at) \
         VALUES ('{later}', '{device}', 1, '', 'broken', '', 0)"
    ));
    let said = run("list-devices", &bytes).1;
    assert!(said.contains(&format!("was {device}")) && said.contains(&format!(", now {later}")), "{said}");
    let said = run(&format!("{revoke}\n--only-this"), &bytes).1;
    assert!(said.contains(&format!("it has this name since: {later}  NOT shut out")), "{said}");
    let said = run(&revoke, &bytes).1;
    assert!(said.contains("shut out before") && said.contains(&format!("since: {later}  SHUT OUT")), "{said}");
    let (code, said) = run(&import(&[]), &bytes);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains(key) && said.contains("its computer is shut out") && said.contains("1 left"), "{said}");
    let (code, said) = run(&import(&["--also-revoked", "--dry-run"]), &bytes);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("NOTHING WAS CHANGED. It would be: 1 registered"), "{said}");
    let (code, said) = run(&import(&["--also-revoked"]), &bytes);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 registered, 0 registered before"), "{said}");
    assert_eq!(run(&import(&[]), b"nothing of ours").0, Some(3));
    let restore = revoke.replace("revoke", "restore");
    assert!(run(&restore, &bytes).1.contains("let in again"));
    assert_eq!(run(&restore.replace(&device, "018f0000-0000-7000-8000-0000000c0002"), &bytes).0, Some(1), "not known");
    assert_eq!(run(&import(&[]).replace("a dead laptop", " "), &bytes).0, Some(1), "a reason is asked");
    assert_eq!(run("import-sealed", &bytes).0, Some(2));
    let (code, said) = run("--check", &bytes);
    assert!(code == Some(0) && said.contains(&to.to_string()), "an IT desk can put the key into policy: {said}");
}

#[tokio::test]
async fn what_a_manager_took_over_is_taken_in_for_them_and_a_dry_run_says_just_that() {
    let (world, computer) = (World::start().await, Computer::new(1));
    let (author, to) = begin(&world, &computer).await;
    let copy = Copy { world: &world, to, computer: &computer };
    let manager = world.sign_in_as(MANAGER, manager_role("B81603")).await;
    let original = world.item(&author, SAM, SAM_ADDRESS).await;
    let theirs = taken_over(&original, &manager);
    let taken = world.item(&author, "555000000002", "siobhan.smith@nhs.net").await;
    // Its author does not hold the role any more; what was taken over from them is closed all the same.
    world.sign_in_as(AGENT, sponsor_role("555254240199")).await;
    let another = world.item(&manager, "555000100001", "person1@nhs.net").await;
    let mut again = another.clone();
    again["key"] = json!(crate::issuer::uuid_text());
    let first = copy.bytes(vec![
        record(&computer, 1, &original),
        record(&computer, 2, &theirs),
        record(&computer, 3, &another),
        record(&computer, 4, &again),
        record(&computer, 5, &taken),
    ]);
    let second = copy.bytes(vec![taken_back(&computer, 5, &taken), taken_back(&computer, 1, &original)]);
    let expected = [
        Taken::TakenOver,
        Taken::Registered,
        Taken::Registered,
        Taken::Refused(RefusalCode::AlreadyRegistered),
        Taken::Withdrawn,
    ];
    let alone = copy.import_with(&[&first], |wanted| wanted.dry_run = true).await;
    assert_eq!(outcomes(&alone)[..4], expected[..4], "{:?}", outcomes(&alone));
    assert_eq!(outcomes(&alone)[4], Taken::RoleNotHeld);
    let both: [&[u8]; 2] = [&first, &copy.bytes(vec![taken_back(&computer, 5, &taken)])];
    let tried = copy.import_with(&both, |wanted| wanted.dry_run = true).await;
    assert_eq!(outcomes(&tried)[..5], expected, "tried");
    assert_eq!((world.count(REGISTERED), world.count("SELECT count(*) FROM submissions")), (0, 0), "only tried");
    let done = copy.import_with(&both, |_| {}).await;
    assert_eq!(outcomes(&done), outcomes(&tried), "and so it came");
    assert_eq!(world.count(REGISTERED), 2);
    assert_eq!(world.count(&format!("SELECT count(*) FROM registrations WHERE author = '{MANAGER}'")), 2);
    let late = copy.import(&second).await;
    assert_eq!(outcomes(&late), [Taken::Withdrawn, Taken::TakenOver], "taking it back comes too late");
    assert!(outcomes(&done).iter().all(|taken| !taken.is_left()));
}
