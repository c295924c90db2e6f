//! kill -9 while a store of the first version is brought up to the newest, with registrations waiting in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use tests::Outcome;
use tests::practice::{FileKeys, Practice};

use crate::Run;
use crate::child::{Child, need, say};
use crate::cold;
use crate::recorder::{DONE, Orders, two_people};
use crate::sealed::GatewayKey;
use crate::station::{WrongClock, open, ra_user};
use crate::table::{Promise, Row, Tally};

/// The role of a desk that only opens its store.
pub const ROLE: &str = "opener";

const FOLDER: &str = "RA_DESK_FAULTS_FOLDER";
const KEY: &str = "RA_DESK_FAULTS_KEY";
const SETTINGS: &str = "RA_DESK_FAULTS_SETTINGS";
/// What it says when the store is open.
const OPEN: &str = "open";

/// The first version that was ever written. A file that was shipped is never edited again.
const FIRST: &str = include_str!("../../crates/desk/src/store/migrations/0001_outbox.sql");
/// How many registrations wait in it.
const WAITING: u64 = 20;
/// How long a desk lives at the most, in times of what one needs to open its store: from before the file is touched to
/// after it is brought up.
const LONGEST_LIFE: f64 = 1.4;
/// After so many kills that is measured anew.
const MEASURED_EVERY: u64 = 20;

/// Kills during an upgrade.
pub async fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let practice = Practice::start().await?;
    let mut choices = run.seed.choices("upgrade");
    let (new, old) = (practice.data_dir("new"), practice.data_dir("old"));
    let (key, whom) = (practice.data_dir("key"), two_people()?);
    let user = ra_user(0);
    let orders =
        Orders { layout: practice.layout(), folder: &new, key: &key, user: &user, whom: &whom, how_many: WAITING };
    let (_, said) = orders.start(&[])?.wait()?;
    if said.last().map(String::as_str) != Some(DONE) {
        return Err("the desk made no store".into());
    }
    let recorded = crate::child::recorded_in(&said);
    make_old(&new, &old, &key)?;

    let mut tally = Tally::of("F15 kill -9 while an old store is brought up to date", Promise::Holds);
    let (mut before, mut after, mut longest) = (0, 0, Duration::ZERO);
    for case in 0..run.count(40, 1_000) {
        let folder = practice.data_dir(&format!("case-{case}"));
        std::fs::create_dir(&folder)?;
        std::fs::copy(old.join("store.db"), folder.join("store.db"))?;
        // A computer of the first version remembered nothing of an audit.
        let old_key = FileKeys(key.clone());
        let key = folder.with_extension("key");
        old_key.copy_store_key(&FileKeys(key.clone()))?;
        let settings = &practice.layout().desk_settings;
        let needs: [(&str, &OsStr); 3] =
            [(FOLDER, folder.as_os_str()), (KEY, key.as_os_str()), (SETTINGS, settings.as_os_str())];
        let begun = Instant::now();
        let mut child = Child::start(ROLE, needs, &folder.with_extension("last-words"))?;
        if case % MEASURED_EVERY == 0 {
            child.until_it_says(OPEN)?;
            longest = begun.elapsed().mul_f64(LONGEST_LIFE);
        } else {
            std::thread::sleep(choices.within(longest));
        }
        if let Some(status) = child.ended()? {
            return Err(format!("the desk ended by itself with {status}:\n{}", child.last_words()).into());
        }
        let was_open = child.kill()?.iter().any(|line| line == OPEN);
        tally.case();
        before += u64::from(!was_open);
        after += u64::from(was_open);
        match open(settings, &folder, &key, "", WrongClock::right()).await {
            Ok(desk) => {
                if !desk.audit_is_whole() {
                    tally.damaged("the audit's chain is broken");
                }
                desk.close().await;
            }
            Err(error) => tally.damaged(&format!("the desk does not start again: {error}")),
        }
        // Its submissions were written without their rows in the audit, so of all that is looked at only this counts.
        if let Some(broken) = cold::look(&folder, &key)?.audit {
            tally.damaged(&format!("the audit, row {}: {}", broken.row, broken.why));
        }
        let conn = cold::open(&folder, &key)?;
        let whole =
            "status = 'ready_to_send' AND json_valid(profile) AND json_valid(body) AND address LIKE '%@nhs.net'";
        let mut rows = conn.prepare(&format!("SELECT key FROM submission WHERE {whole}"))?;
        let there: std::collections::BTreeSet<String> =
            rows.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        tally.lost(recorded.difference(&there).count(), "recorded before the upgrade");
        let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        if sound != "ok" || conn.prepare("PRAGMA cipher_integrity_check")?.exists([])? {
            tally.damaged("the file is not sound");
        }
    }
    tally.note(format!("{before} killed before the store was open, {after} after"));
    rows.push(tally.close());
    Ok(())
}

/// Writes what waits in a store into one of the first version, under the same key: in the clear, as it stood then.
fn make_old(new: &Path, old: &Path, key: &Path) -> Outcome {
    std::fs::create_dir(old)?;
    let from = cold::open(new, key)?;
    let vaults = GatewayKey::of_world_around(key)?;
    let salt = std::fs::read(new.join("store.db"))?.get(..16).ok_or("the store has no head")?.to_vec();
    let hex: String =
        FileKeys(key.to_owned()).store_key()?.iter().chain(&salt).map(|byte| format!("{byte:02x}")).collect();
    let mut to = Connection::open(old.join("store.db"))?;
    to.execute_batch(&format!("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{hex}'\";"))?;
    let tx = to.transaction()?;
    tx.execute_batch(FIRST)?;
    tx.execute_batch("INSERT INTO meta (name, value) VALUES ('canary', 'ra-desk store')")?;
    let columns: Vec<String> = tx
        .prepare("SELECT name FROM pragma_table_info('submission')")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let names = columns.join(", ");
    let places = vec!["?"; columns.len()].join(", ");
    let mut all = from.prepare(&format!("SELECT {names}, sealed FROM submission"))?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let text = |name: &str| row.get::<_, String>(name);
        let place = format!("{} {} {}", text("key")?, text("role")?, text("care_identity")?);
        let opened = vaults.open(&text("author")?, "submission", &place, &row.get::<_, Vec<u8>>("sealed")?);
        let opened = opened.ok_or("what was recorded does not open")?;
        let clear = |name: &str| match (name, &opened[name]) {
            ("body" | "address", serde_json::Value::String(text)) => Some(Value::Text(text.clone())),
            ("profile", profile) => Some(Value::Text(profile.to_string())),
            _ => None,
        };
        let values = columns.iter().map(|name| clear(name).map_or_else(|| row.get(name.as_str()), Ok));
        let values: Vec<Value> = values.collect::<rusqlite::Result<_>>()?;
        tx.execute(&format!("INSERT INTO submission ({names}) VALUES ({places})"), params_from_iter(values))?;
    }
    tx.pragma_update(None, "user_version", 1)?;
    Ok(tx.commit()?)
}

/// The desk that opens its store and waits to be killed.
pub async fn opener() -> Outcome {
    let (folder, key) = (PathBuf::from(need(FOLDER)?), PathBuf::from(need(KEY)?));
    let desk = open(need(SETTINGS)?.as_ref(), &folder, &key, "", WrongClock::right()).await?;
    say(OPEN)?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    desk.close().await;
    Ok(())
}
