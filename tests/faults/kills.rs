//! kill -9 at random moments, while the whole job is done: open, sign in, enqueue, send, acknowledge, audit.
//!
//! A desk in a process of its own registers one person after another of a long list, going on behind the last one its
//! own store knows of. Whatever it is killed in, everything it said is recorded is in its store at every look, and in
//! the end everybody up to there is registered exactly once and nobody else is. The gateway's own file is what is
//! believed, not the desk.
//!
//! A kill leaves the system's page cache: a write that never reached the disk is found by [`crate::power`] only.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use desk::{Cause, Desk, NetworkFault, OutboxTab};
use sandbox::world::ra_users::owen_pritchard;
use tests::crowd::{Somebody, everybody};
use tests::journey::{fill_in_read, shut, start_work};
use tests::practice::{AutoBrowser, FileKeys, Practice, open_desk, until};
use tests::{Outcome, copy_folder};

use crate::Run;
use crate::child::{Child, drafts_in, need, recorded_in, say, say_draft, say_recorded};
use crate::cold;
use crate::seed::Choices;
use crate::table::{Promise, Row, Tally};

/// The role of the desk that is killed.
pub const ROLE: &str = "registrar";

const FOLDER: &str = "RA_DESK_FAULTS_FOLDER";
const SETTINGS: &str = "RA_DESK_FAULTS_SETTINGS";
/// The list, beside the desk's folder: made once, since the desk that is killed has no time for it.
const LIST: &str = "everybody.json";

const NAME: &str = "F1 kill -9 over open, enqueue, send, acknowledge, audit";
/// How many worlds live side by side.
const TOGETHER: usize = 5;
/// How many kills one world sees. Each world begins with a store that is not there yet, and has its own choices.
const KILLS_A_WORLD: u64 = 1_000;
/// The gateway lets one person read six profiles a second, so this is enough for that many kills.
const PEOPLE: usize = 20_000;
/// How long a desk lives at the most, in times of what one needs for its first recording: from before the store is open to
/// well after the first replies, however fast this machine is just now.
const LONGEST_LIFE: f64 = 2.2;
/// After so many kills that is measured anew.
const MEASURED_EVERY: u64 = 100;
/// Where what a look found is kept, for whoever is to find out why.
const KEPT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/faults");
const PATIENCE: Duration = Duration::from_secs(60);
/// After so many kills the store is looked through.
const LOOK_EVERY: u64 = 25;

/// Kills.
pub fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let mut tally = Tally::of(NAME, Promise::Holds);
    let kills = run.count(300, 10_000);
    let worlds: Vec<u64> = (0..kills.div_ceil(KILLS_A_WORLD)).collect();
    let (mut registered, mut recorded) = (0, 0);
    // A desk that is about to be killed mostly waits for that: worlds live side by side.
    for some in worlds.chunks(TOGETHER) {
        let seed = run.seed;
        let start = |world: &u64| {
            let world = *world;
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
                let mut tally = Tally::part_of(NAME, Promise::Holds);
                let mut choices = seed.choices(&format!("kill {world}"));
                let kills = KILLS_A_WORLD.min(kills - world * KILLS_A_WORLD);
                let kept = Path::new(KEPT).join(format!("{seed}-{world}-{}", std::process::id()));
                let counts = runtime.block_on(one_world(&mut tally, &mut choices, kills, &kept))?;
                Outcome::Ok((tally.close(), counts))
            })
        };
        let started: Vec<_> = some.iter().map(start).collect();
        for world in started {
            let (row, (people, acks)) = world.join().map_err(|_| "a world of kills panicked")??;
            tally.add(row);
            registered += people;
            recorded += acks;
        }
        println!("   {} kills", tally.cases());
    }
    tally.note(format!("{recorded} said to be recorded by a desk that was killed; {registered} registered, each once"));
    rows.push(tally.close());
    Ok(())
}

async fn one_world(tally: &mut Tally, choices: &mut Choices, kills: u64, kept: &Path) -> Outcome<(usize, usize)> {
    let practice = Practice::start_of(PEOPLE).await?;
    let (folder, key) = (practice.data_dir("desk"), practice.data_dir("desk").with_extension("key"));
    let everybody = everybody(PEOPLE);
    std::fs::write(folder.with_file_name(LIST), serde_json::to_vec(&everybody)?)?;
    let (mut acked, mut drafts) = (BTreeSet::new(), BTreeSet::new());
    let mut longest = Duration::ZERO;
    for kill in 1..=kills {
        let mut child = one_desk(&practice, &folder)?;
        if kill % MEASURED_EVERY == 1 {
            longest = until_recorded(&mut child).await?.mul_f64(LONGEST_LIFE);
        } else {
            tokio::time::sleep(choices.within(longest)).await;
        }
        if let Some(status) = child.ended()? {
            tally.damaged(&format!("the desk ended by itself with {status}"));
            keep(tally, &folder, kept)?;
            return Err(format!("the desk ended by itself with {status}:\n{}", child.last_words()).into());
        }
        let said = child.kill()?;
        tally.case();
        if said.iter().any(|line| line == "broken") {
            tally.damaged("the audit's chain is broken");
            keep(tally, &folder, kept)?;
        }
        acked.extend(recorded_in(&said));
        drafts.extend(drafts_in(&said));
        if kill % LOOK_EVERY == 0 && folder.join("store.db").exists() {
            look(tally, &folder, &key, &acked, &drafts)?;
            keep(tally, &folder, kept)?;
        }
    }
    let people = settle(tally, &practice, &folder, &everybody).await?;
    look(tally, &folder, &key, &acked, &drafts)?;
    keep(tally, &folder, kept)?;
    if acked.len() < 20 {
        tally.damaged(&format!("only {} were recorded: the kills came before anything happened", acked.len()));
    }
    Ok((people, acked.len()))
}

/// How long a desk takes until it says that something is recorded.
async fn until_recorded(child: &mut Child) -> Outcome<Duration> {
    let begun = Instant::now();
    while child.recorded().is_empty() {
        if child.ended()?.is_some() || begun.elapsed() > PATIENCE {
            return Err(format!("a desk that nobody kills records nothing:\n{}", child.last_words()).into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(begun.elapsed())
}

/// Looks a copy of the closed store through: the next desk must find what the kill left, not what a look tidied.
fn look(tally: &mut Tally, folder: &Path, key: &Path, acked: &BTreeSet<String>, drafts: &BTreeSet<String>) -> Outcome {
    let copy = folder.with_file_name("looked-at");
    _ = std::fs::remove_dir_all(&copy);
    copy_folder(folder, &copy)?;
    if let Some(cold) = cold::count(tally, &copy, key, acked) {
        cold::count_drafts(tally, &cold, drafts);
    }
    Ok(())
}

/// Keeps the desk's folder, its key store and its gateway as they are when something is found for the first time: which instruction a kill
/// met cannot be replayed.
fn keep(tally: &Tally, folder: &Path, kept: &Path) -> Outcome {
    if tally.is_clean() || kept.exists() {
        return Ok(());
    }
    println!("   kept in {}", kept.display());
    copy_folder(folder.parent().ok_or("the desk's folder is in none")?, kept)
}

/// Lets the desk come to an end with everything and compares with the gateway's file.
async fn settle(tally: &mut Tally, practice: &Practice, folder: &Path, everybody: &[Somebody]) -> Outcome<usize> {
    let desk = open_and_sign_in(&practice.layout().desk_settings, folder).await?;
    if !desk.audit_is_whole() {
        tally.damaged("the audit's chain is broken");
    }
    until("nothing waits", || async { (desk.snapshot().await.ok()?.outbox.ready == 0).then_some(()) }).await?;
    let counts = desk.snapshot().await?.outbox;
    for refused in desk.outbox(OutboxTab::Attention).await?.submissions {
        tally.damaged(&format!("refused: {:?} after {} attempts", refused.attention, refused.attempts));
    }
    let done = next_in_line(&desk, everybody).await?;
    shut(desk).await;
    if counts.waiting as usize != done {
        tally.damaged(&format!("the desk holds {} registered for {done} people", counts.waiting));
    }
    let by_person =
        |filter: &str| format!("SELECT count(*) FROM (SELECT uuid FROM registrations GROUP BY uuid {filter})");
    let count = |sql: &str| -> Outcome<usize> { Ok(usize::try_from(practice.count(sql)?)?) };
    let (all, people) = (count("SELECT count(*) FROM registrations")?, count(&by_person(""))?);
    tally.twice(all - people, "registrations of somebody who has one");
    tally.lost(done.saturating_sub(people), "people the desk recorded and the gateway does not know");
    for (uuid, _) in &everybody[..done] {
        if count(&format!("SELECT count(*) FROM registrations WHERE uuid = '{uuid}'"))? == 0 {
            tally.lost(1, "somebody the desk recorded");
        }
    }
    if people > done {
        tally.damaged(&format!("{} people were registered whom nobody recorded", people - done));
    }
    Ok(done)
}

/// The place in line behind the last person this desk's store knows of.
async fn next_in_line(desk: &Desk, everybody: &[Somebody]) -> Outcome<usize> {
    let mut next = 0;
    for tab in [OutboxTab::Ready, OutboxTab::Waiting, OutboxTab::Attention] {
        for submission in desk.outbox(tab).await?.submissions {
            let place = everybody.iter().position(|(uuid, _)| *uuid == submission.uuid);
            next = next.max(place.ok_or("a submission of nobody on the list")? + 1);
        }
    }
    Ok(next)
}

fn one_desk(practice: &Practice, folder: &Path) -> Outcome<Child> {
    let needs: [(&str, &OsStr); 2] =
        [(FOLDER, folder.as_os_str()), (SETTINGS, practice.layout().desk_settings.as_os_str())];
    Child::start(ROLE, needs, &folder.with_file_name("last-words.txt"))
}

/// The desk that is killed.
pub async fn registrar() -> Outcome {
    let folder = PathBuf::from(need(FOLDER)?);
    let everybody: Vec<Somebody> = serde_json::from_slice(&std::fs::read(folder.with_file_name(LIST))?)?;
    let desk = open_and_sign_in(need(SETTINGS)?.as_ref(), &folder).await?;
    if !desk.audit_is_whole() {
        say("broken")?;
    }
    let next = next_in_line(&desk, &everybody).await?;
    // The last one's draft is left half done, by every desk the same.
    let ((last, at), everybody) = everybody.split_last().ok_or("nobody is on the list")?;
    while desk.profile(last.clone()).await.is_err_and(|failure| failure.cause == Cause::Network(NetworkFault::Busy)) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    say_draft(fill_in_read(&desk, last, at.as_str()).await?.id)?;
    for (uuid, address) in &everybody[next..] {
        // The gateway lets nobody ask faster than a person can.
        while desk.profile(uuid.clone()).await.is_err_and(|failure| failure.cause == Cause::Network(NetworkFault::Busy))
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let draft = fill_in_read(&desk, uuid, address.as_str()).await?;
        say_recorded(desk.record(draft.id).await?.key)?;
    }
    Err("everybody on the list is registered: the list is too short".into())
}

async fn open_and_sign_in(settings: &Path, folder: &Path) -> Outcome<Desk> {
    let browser = AutoBrowser { user: owen_pritchard().uuid().to_string(), role: None };
    let desk = open_desk(settings, folder, FileKeys(folder.with_extension("key")), browser).await?;
    start_work(&desk).await?;
    desk.confirm_recorded().await?;
    Ok(desk)
}
