//! A computer's audit on its way to the gateway, and what the real program says of it.

use std::path::PathBuf;
use std::time::Duration;

use desk::{AuditReport, Desk, Happened, Status, audit_report};
use sandbox::world::people;
use sandbox::world::ra_users::owen_pritchard;
use tests::desktop::Desktop;
use tests::practice::{FileKeys, Practice, until};
use tests::{Outcome, copy_folder, programs};

use crate::journey::{at_work, record, registrations_of, shut, start_work, until_status};

const HELD: &str = "SELECT count(*) FROM device_audit";

fn report(practice: &Practice) -> Outcome<AuditReport> {
    let keys = FileKeys(practice.data_dir("desk.key"));
    audit_report(&practice.data_dir("desk"), &keys)?.ok_or_else(|| "there is no audit".into())
}

async fn until_held(practice: &Practice, at_least: i64) -> Outcome<i64> {
    until("the gateway holds the audit", || async { practice.count(HELD).ok().filter(|held| *held >= at_least) }).await
}

/// Waits until the gateway's word for a row is kept on the computer: by then it is in the store and the key store.
async fn until_countersigned(practice: &Practice, at_least: i64) -> Outcome {
    let countersigned = || {
        let entry = std::fs::read(practice.data_dir("desk.key.audit-head-1")).ok()?;
        let entry: serde_json::Value = serde_json::from_slice(&entry).ok()?;
        entry["receipt"]["head"]["head"]["number"].as_i64().filter(|number| *number >= at_least).map(drop)
    };
    until("the gateway gave its word", || async { countersigned() }).await
}

/// Waits for what the gateway finds.
async fn until_told(desk: &Desk, mut happened: tokio::sync::broadcast::Receiver<Happened>) -> Outcome {
    let told = async {
        loop {
            desk.send_now();
            tokio::select! {
                what = happened.recv() => if what? == Happened::AuditBroken { return Outcome::Ok(()) },
                () = tokio::time::sleep(Duration::from_millis(200)) => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told).await?
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_holds_every_row_and_both_sides_keep_its_word() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    let sam = people::sam_taylor();
    let submission = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    desk.send_now();
    // Signed in, read, recorded, sent, and what became of it.
    until_countersigned(&practice, 5).await?;
    shut(desk).await;
    let first = report(&practice)?;
    assert!(first.is_intact(), "{first:?}");
    assert!(first.countersigned.is_some_and(|number| number >= 5), "{first:?}");
    assert_eq!(first.remembered, Some(first.rows), "the key store was told when it closed");
    // Whoever comes next sends the end of the first session too.
    let desk = at_work(&practice, "desk").await?;
    until_countersigned(&practice, first.rows + 1).await?;
    shut(desk).await;
    assert_eq!(practice.count("SELECT count(*) FROM devices")?, 1);
    assert_eq!(practice.count("SELECT max(number) FROM device_audit")?, practice.count(HELD)?, "none twice, no gap");
    assert_eq!(practice.count("SELECT count(*) FROM audit_forks")?, 0);
    let (given, kept) = (practice.count("SELECT max(number) FROM audit_receipts")?, report(&practice)?);
    assert!(kept.is_intact() && kept.countersigned.is_some_and(|number| number > first.rows && number <= given));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_refuses_the_audit_holds_up_no_registration() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    until_held(&practice, 1).await?;
    shut(desk).await;
    let file = rusqlite::Connection::open(practice.layout().dir.join("gateway.sqlite3"))?;
    file.busy_timeout(Duration::from_secs(10))?;
    file.execute("UPDATE devices SET public_key = zeroblob(32)", [])?;
    let held = practice.count(HELD)?;

    let desk = practice.desk("desk", owen_pritchard().uuid().as_str(), None).await?;
    let happened = desk.happened();
    start_work(&desk).await?;
    let sam = people::sam_taylor();
    let submission = record(&desk, sam.uuid(), sam.address.as_str()).await?;
    until_status(&desk, submission.key, Status::WaitingForThem).await?;
    assert_eq!(registrations_of(&practice, sam.uuid())?, 1);
    until_told(&desk, happened).await?;
    assert_eq!(practice.count(HELD)?, held);
    shut(desk).await;
    assert!(report(&practice)?.is_intact());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_put_back_whole_is_found_by_the_gateway() -> Outcome {
    let practice = Practice::start().await?;
    let (data, aside) = (practice.data_dir("desk"), practice.data_dir("aside"));
    let head: PathBuf = practice.data_dir("desk.key.audit-head-1");
    let desk = at_work(&practice, "desk").await?;
    until_held(&practice, 1).await?;
    shut(desk).await;
    copy_folder(&data, &aside)?;
    let old_head = std::fs::read(&head)?;
    let before = report(&practice)?.rows;
    let desk = at_work(&practice, "desk").await?;
    until_held(&practice, before + 1).await?;
    shut(desk).await;
    let held = practice.count(HELD)?;

    // The store and the key store, both as they were: nothing on the computer can know.
    std::fs::remove_dir_all(&data)?;
    copy_folder(&aside, &data)?;
    std::fs::write(&head, old_head)?;
    assert!(report(&practice)?.is_intact());
    let desk = practice.desk("desk", owen_pritchard().uuid().as_str(), None).await?;
    let happened = desk.happened();
    start_work(&desk).await?;
    until_told(&desk, happened).await?;
    until("the evidence is kept", || async {
        practice.count("SELECT count(*) FROM audit_forks").ok().filter(|forks| *forks == 1)
    })
    .await?;
    assert_eq!(practice.count(HELD)?, held, "what the gateway holds stands");
    Ok(())
}

/// Adds rows behind the last one, as RA Desk would have on a long day without a network.
fn work_offline(practice: &Practice, rows: i64) -> Outcome {
    let mut file = FileKeys(practice.data_dir("desk.key")).open_store(&practice.data_dir("desk"))?;
    let last = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    let (mut number, hash): (i64, [u8; 32]) = file.query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut hash = contract::AuditHash::from_bytes(hash);
    let tx = file.transaction()?;
    for _ in 0..rows {
        number += 1;
        let texts = ["searched", "555086689106", "", "00000000-0000-0000-0000-000000000001", "", "", "0"];
        hash = contract::audit_row_hash(&hash, number, number, texts.map(str::as_bytes));
        let [act, actor, role, session, subject, key, detail] = texts;
        tx.execute(
            "INSERT INTO audit (number, at, act, actor, role, session, subject, key, detail, hash)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            rusqlite::params![number, act, actor, role, session, subject, key, detail, hash.bytes()],
        )?;
    }
    tx.execute("UPDATE meta SET value = ?1 WHERE name = 'audit_head'", [format!("{number} {hash}")])?;
    Ok(tx.commit()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_audit_is_sent_call_by_call() -> Outcome {
    let practice = Practice::start().await?;
    let desk = at_work(&practice, "desk").await?;
    until_countersigned(&practice, 1).await?;
    shut(desk).await;
    work_offline(&practice, 1_700)?;
    let before = report(&practice)?;
    assert!(before.is_intact() && before.rows > 1_700, "{before:?}");
    let desk = at_work(&practice, "desk").await?;
    until_countersigned(&practice, before.rows + 1).await?;
    shut(desk).await;
    assert!(practice.count(HELD)? > before.rows);
    assert_eq!(practice.count("SELECT max(number) FROM device_audit")?, practice.count(HELD)?, "none twice, no gap");
    assert!(practice.count("SELECT count(*) FROM audit_receipts")? >= 4, "at most 500 a call");
    assert!(report(&practice)?.is_intact());
    Ok(())
}

#[test]
fn the_program_answers_of_the_audit_without_a_window() -> Outcome {
    let home = tempfile::tempdir()?;
    let desktop = Desktop::start(home.path())?;
    let data = home.path().join("data");
    let ask = |words: &[&str]| -> Outcome<(String, Option<i32>)> {
        let mut command = desktop.command(&programs::desk()?);
        let output = command.args(words).env("RA_DESK_DATA_DIR", &data).env_remove("DISPLAY").output()?;
        Ok((String::from_utf8(output.stdout)?, output.status.code()))
    };
    let copy = home.path().join("audit.csv");
    let export = ["audit", "export", "--csv", copy.to_str().ok_or("a path that is text")?];
    let (said, code) = ask(&["audit", "verify"])?;
    assert!(said.contains("no audit") && code == Some(0), "{said}");
    assert_eq!(ask(&export)?.1, Some(3));
    assert!(!copy.exists() && !data.exists(), "nothing is made");
    assert_eq!(ask(&["audit", "vrify"])?.1, Some(2));

    // A store whose key is elsewhere: nothing is known of its audit, and nothing is changed.
    std::fs::create_dir(&data)?;
    std::fs::write(data.join("store.db"), [7; 4096])?;
    let (said, code) = ask(&["audit", "verify", "--json"])?;
    let said: serde_json::Value = serde_json::from_str(&said)?;
    assert_eq!((said["result"].as_str(), code), (Some("not_looked_at"), Some(3)), "{said}");
    assert_eq!(ask(&export)?.1, Some(3));
    assert!(!copy.exists());
    assert_eq!(std::fs::read(data.join("store.db"))?, [7; 4096]);
    Ok(())
}
