//! A disk that fails: at every single call that brings bytes to it, full, too small, or only to be read.
//!
//! A desk in a process of its own opens a store that is not there yet, somebody signs in, records three registrations
//! and sends none; the N-th call fails, for every N until a run passes untouched. Whatever it was told is recorded is
//! there at the next start on a disk that is sound again, and nothing is half there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tests::Outcome;
use tests::crowd::Somebody;
use tests::practice::Practice;

use crate::Run;
use crate::child::{Child, drafts_in, recorded_in};
use crate::cold;
use crate::disk::{Bad, BadDisk, Mounted, why_no_mounts};
use crate::recorder::{DONE, Orders, two_people};
use crate::station::{WrongClock, open, ra_user};
use crate::table::{Promise, Row, Tally};

/// How many registrations a desk records whose disk fails.
const RECORDED: u64 = 3;
/// No run makes more calls than this; if one does, the sweep would never end.
const MOST_CALLS: u64 = 5_000;
/// How long a desk with a bad disk may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every call, a small disk, and a folder that can only be read.
pub async fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let bench = Bench { practice: Practice::start().await?, whom: two_people()?, bad_disk: BadDisk::build()? };
    // Of the second and third, the short run makes one at each call, in turn; the long run makes each at each.
    let step = run.count(2, 1);
    for (bad, name, first, step) in [
        (Bad::Eio, "F3 EIO at every N-th write, fsync, ftruncate", 1, 1),
        (Bad::NoRoom, "F3 ENOSPC from the N-th call on", 1, step),
        (Bad::Short, "F3 short write at every N-th call", step, step),
    ] {
        rows.push(bench.sweep(bad, name, first, step).await?);
    }
    rows.extend(bench.disks_of_their_own(run).await?);
    Ok(())
}

struct Bench {
    practice: Practice,
    whom: [Somebody; 2],
    bad_disk: BadDisk,
}

impl Bench {
    async fn sweep(&self, bad: Bad, name: &str, first: u64, step: u64) -> Outcome<Row> {
        let mut tally = Tally::of(name, Promise::Holds);
        let (mut call, mut told, mut there_all_the_same) = (first, 0, 0);
        loop {
            let at = self.practice.data_dir(&format!("calls-{first}-{step}-{call}"));
            std::fs::create_dir(&at)?;
            let (folder, key, met) = (at.join("desk"), at.join("desk.key"), at.join("met"));
            let user = ra_user(usize::try_from(call)?);
            let layout = self.practice.layout();
            let (folder_ref, whom) = (folder.as_path(), &self.whom);
            let orders = Orders { layout, folder: folder_ref, key: &key, user: &user, whom, how_many: RECORDED };
            let child = orders.start(&self.bad_disk.under(&folder, bad, call, &met))?;
            let ended = end(child)?;
            let untouched = !met.exists();
            if untouched && !ended.done {
                return Err(format!("a desk with a sound disk did not come to its end:\n{}", ended.last_words).into());
            }
            if !untouched {
                tally.case();
                told += u64::from(!ended.done);
                if let Some(fault) = &ended.fault {
                    tally.damaged(&format!("call {call}: {fault}"));
                }
                there_all_the_same += self.next_start(&mut tally, call, &folder, &key, &ended).await?;
            }
            std::fs::remove_dir_all(&at)?;
            if untouched {
                break;
            }
            call += step;
            if call > MOST_CALLS {
                return Err("the sweep comes to no end".into());
            }
        }
        tally.note(format!(
            "calls 1 to {}, every {step}; in {told} the desk told of it; in {there_all_the_same} a recording that was \
             told as failed is there, whole",
            call - 1
        ));
        Ok(tally.close())
    }

    /// The next start, on a disk that is sound again. Says whether more is there than was told.
    async fn next_start(&self, tally: &mut Tally, call: u64, folder: &Path, key: &Path, ended: &Ended) -> Outcome<u64> {
        let recorded = &ended.recorded;
        match open(&self.practice.layout().desk_settings, folder, key, "", WrongClock::right()).await {
            Ok(desk) => {
                if !desk.audit_is_whole() {
                    tally.damaged(&format!("call {call}: the audit's chain is broken"));
                }
                desk.close().await;
            }
            Err(error) => {
                tally.lost(recorded.len(), &format!("call {call}: the desk does not start again"));
                tally.damaged(&format!("call {call}: the desk does not start again: {error}"));
                return Ok(0);
            }
        }
        let Some(cold) = cold::count(tally, folder, key, recorded) else { return Ok(0) };
        cold::count_drafts(tally, &cold, &ended.drafts);
        Ok(u64::from(cold.submissions.len() > recorded.len()))
    }

    /// File systems that are too small or only to be read.
    async fn disks_of_their_own(&self, run: &Run) -> Outcome<Vec<Row>> {
        let (small, read_only) =
            ("F4 a disk of 1 MB, recorded on until it is full", "F4 a folder that can only be read");
        if let Some(why) = why_no_mounts() {
            return Ok(vec![Row::skipped(small, why.clone()), Row::skipped(read_only, why)]);
        }
        let mut rows = Vec::new();

        let mut tally = Tally::of(small, Promise::Holds);
        let mut recorded = 0;
        for turn in 0..usize::try_from(run.count(3, 30))? {
            // From a disk on which not even a store can be made to one that fills up while it is used.
            let size = ["1m", "16k", "64k", "200k", "512k"][turn % 5];
            recorded += self.small_disk(&mut tally, turn, size).await?;
        }
        tally.note(format!("{recorded} said to be recorded before the disks were full"));
        rows.push(tally.close());

        let mut tally = Tally::of(read_only, Promise::Holds);
        for turn in 0..usize::try_from(run.count(2, 20))? {
            self.read_only(&mut tally, turn).await?;
        }
        rows.push(tally.close());
        Ok(rows)
    }

    async fn small_disk(&self, tally: &mut Tally, turn: usize, size: &str) -> Outcome<usize> {
        let at = self.practice.data_dir(&format!("small-{turn}"));
        let disk = Mounted::in_memory(&at, size)?;
        let (folder, key, user) = (at.join("desk"), at.with_extension("key"), ra_user(turn));
        let layout = self.practice.layout();
        let orders = Orders { layout, folder: &folder, key: &key, user: &user, whom: &self.whom, how_many: 0 };
        let ended = end(orders.start(&[])?)?;
        tally.case();
        if ended.done || ended.fault.is_some() {
            tally.damaged(&format!("{size}: a full disk was not told: {:?}", ended.fault));
        }
        if !ended.last_words.contains("the disk is full") {
            tally.damaged(&format!("{size}: a full disk is told as: {}", ended.last_words.trim()));
        }
        disk.again("size=64m")?;
        self.next_start(tally, turn as u64, &folder, &key, &ended).await?;
        Ok(ended.recorded.len())
    }

    async fn read_only(&self, tally: &mut Tally, turn: usize) -> Outcome {
        let at = self.practice.data_dir(&format!("read-only-{turn}"));
        let disk = Mounted::in_memory(&at, "64m")?;
        let (folder, key, user) = (at.join("desk"), at.with_extension("key"), ra_user(turn));
        let layout = self.practice.layout();
        // Every other time there is a store already.
        let mut before_that = Ended::default();
        if turn.is_multiple_of(2) {
            let orders =
                Orders { layout, folder: &folder, key: &key, user: &user, whom: &self.whom, how_many: RECORDED };
            let ended = end(orders.start(&[])?)?;
            if !ended.done {
                return Err(format!("a desk with a sound disk did not come to its end:\n{}", ended.last_words).into());
            }
            before_that = ended;
        }
        let before = bytes_of(&folder);
        disk.again("ro")?;
        tally.case();
        match open(&layout.desk_settings, &folder, &key, "", WrongClock::right()).await {
            Ok(desk) => {
                tally.damaged("a desk starts that can write nothing down");
                desk.close().await;
            }
            Err(desk::OpenError::FolderNotWritable(_)) => {}
            Err(error) => tally.damaged(&format!("told as: {error}")),
        }
        if bytes_of(&folder) != before {
            tally.damaged("something was changed");
        }
        disk.again("rw")?;
        self.next_start(tally, turn as u64, &folder, &key, &before_that).await.map(drop)
    }
}

/// How a desk with a bad disk ended.
#[derive(Default)]
struct Ended {
    /// It did all it was told to and was told of no fault.
    done: bool,
    recorded: BTreeSet<String>,
    drafts: BTreeSet<String>,
    /// It ended in no way a program may end.
    fault: Option<String>,
    last_words: String,
}

fn end(mut child: Child) -> Outcome<Ended> {
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.ended()? {
            break Some(status);
        }
        if Instant::now() > deadline {
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let last_words = child.last_words();
    let said = child.kill().unwrap_or_default();
    let fault = match status.map(|status| status.code()) {
        None => Some("it hangs".to_owned()),
        Some(None) => Some(format!("it was ended by a signal: {last_words}")),
        Some(Some(101)) => Some(format!("it panicked: {last_words}")),
        Some(Some(_)) => None,
    };
    let done = said.last().is_some_and(|line| line == DONE);
    Ok(Ended { done, recorded: recorded_in(&said), drafts: drafts_in(&said), fault, last_words })
}

/// Every file of a folder and what stands in it.
fn bytes_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut bytes: Vec<_> =
        files.flatten().map(|file| (file.path(), std::fs::read(file.path()).unwrap_or_default())).collect();
    bytes.sort();
    bytes
}
