//! The power goes: what was said to be recorded is on the disk, not in memory on its way there.
//!
//! The store lies on a file system in an image. A desk in a process of its own records without an end and is stopped
//! dead; the image is copied as it is at that moment, which leaves behind everything the system still held in memory;
//! the copy is mounted, as after a power cut, and opened with the key.
//!
//! It shows a missing or misplaced fsync. It does not show a disk that lies about having written (the second control
//! does that to the real desk, and loses), and no writes that a disk puts in another order between two flushes.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, params};
use tests::Outcome;
use tests::crowd::Somebody;
use tests::practice::Practice;

use crate::Run;
use crate::child::{Child, need, say, say_recorded};
use crate::cold;
use crate::disk::{Bad, BadDisk, Mounted, copy_of_this_moment, done, make_image, why_no_mounts};
use crate::recorder::{DONE, Orders, READY, two_people};
use crate::seed::Choices;
use crate::station::{WrongClock, open, ra_user};
use crate::table::{Promise, Row, Tally};

/// The role of a writer that is told how carefully to write.
pub const ROLE: &str = "careless-writer";

const FOLDER: &str = "RA_DESK_FAULTS_FOLDER";
const KEY: &str = "RA_DESK_FAULTS_KEY";
const CARE: &str = "RA_DESK_FAULTS_CARE";

/// How many cuts one store sees.
const CUTS_A_DISK: u64 = 10;
/// Large enough for what is written in a round: a disk that is full would make every writer look careful.
const MEGABYTES: u64 = 192;
/// A store is made, opened and written within this.
const FIRST_RUN: Duration = Duration::from_millis(500);
/// The most time between two cuts.
const BETWEEN: Duration = Duration::from_millis(400);

/// The rows of this room, and what must come of them.
const ROWS: [(&str, Promise); 4] = [
    ("F2 power cut while recording", Promise::Holds),
    ("control: the same cuts, a disk that lies about fsync", Promise::MustLose),
    ("F2 power cut, a plain writer with synchronous=FULL", Promise::Holds),
    ("control: the same writer with synchronous=NORMAL", Promise::MustLose),
];

/// Power cuts and the two controls.
pub async fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let skipped = |why: &str| ROWS.map(|(fault, _)| Row::skipped(fault, why));
    if let Some(why) = why_no_mounts() {
        rows.extend(skipped(&why));
        return Ok(());
    }
    let practice = Practice::start().await?;
    let whom = two_people()?;
    let mut bench = Bench { practice: &practice, whom, choices: run.seed.choices("power"), disks: 0 };
    if let Err(why) = bench.disk() {
        rows.extend(skipped(&format!("no loop device: {why}")));
        return Ok(());
    }
    let [(desk, holds), (lying, loses), full, normal] = ROWS;
    let mut tally = Tally::of(desk, holds);
    let mut recorded = 0;
    for cuts in rounds(run.count(30, 1_000)) {
        recorded += bench.desk_round(&mut tally, cuts, &[]).await?;
    }
    tally.note(format!("{recorded} said to be recorded when the power went"));
    rows.push(tally.close());

    let mut tally = Tally::of(lying, loses);
    let lies = BadDisk::build()?;
    for cuts in rounds(run.count(10, 50)) {
        let at = bench.next_at();
        let met = at.with_extension("met");
        bench.desk_round(&mut tally, cuts, &lies.under(&at, Bad::Lies, 0, &met)).await?;
    }
    rows.push(tally.close());

    for (care, (name, promise)) in [("FULL", full), ("NORMAL", normal)] {
        let mut tally = Tally::of(name, promise);
        for cuts in rounds(run.count(10, 50)) {
            bench.careless_round(&mut tally, cuts, care).await?;
        }
        rows.push(tally.close());
    }
    Ok(())
}

fn rounds(cuts: u64) -> impl Iterator<Item = u64> {
    let rest = cuts % CUTS_A_DISK;
    std::iter::repeat_n(CUTS_A_DISK, usize::try_from(cuts / CUTS_A_DISK).unwrap_or_default())
        .chain((rest > 0).then_some(rest))
}

struct Bench<'a> {
    practice: &'a Practice,
    whom: [Somebody; 2],
    choices: Choices,
    disks: usize,
}

/// A disk that is mounted, and its image.
struct Disk {
    mounted: Mounted,
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// Where a desk keeps its store on it.
    fn folder(&self) -> PathBuf {
        self.at.join("desk")
    }
}

impl Bench<'_> {
    /// Where the next disk will be.
    fn next_at(&self) -> PathBuf {
        self.practice.data_dir(&format!("disk-{}", self.disks + 1))
    }

    fn disk(&mut self) -> Outcome<Disk> {
        let at = self.next_at();
        self.disks += 1;
        let image = at.with_extension("image");
        make_image(&image, MEGABYTES)?;
        Ok(Disk { mounted: Mounted::image(&image, &at)?, image, at })
    }

    /// A new disk and the real desk on it, cut so many times. Gives how many registrations were recorded.
    async fn desk_round(
        &mut self,
        tally: &mut Tally,
        cuts: u64,
        more: &[(&str, std::ffi::OsString)],
    ) -> Outcome<usize> {
        let disk = self.disk()?;
        let key = disk.at.with_extension("key");
        let user = ra_user(self.disks);
        let orders = Orders {
            layout: self.practice.layout(),
            folder: &disk.folder(),
            key: &key,
            user: &user,
            whom: &self.whom,
            how_many: 0,
        };
        let mut child = orders.start(more)?;
        // The first cut comes while the store is made, opened or first written.
        std::thread::sleep(self.choices.within(FIRST_RUN));
        for cut in 1..=cuts {
            self.cut(tally, &mut child, &disk, &key, true).await?;
            if cut == 1 {
                child.until_it_says(READY)?;
            }
            std::thread::sleep(self.choices.within(BETWEEN));
        }
        finish(child, &disk)
    }

    /// A new disk, a store that the real desk made, and a writer that is as careful as it is told.
    async fn careless_round(&mut self, tally: &mut Tally, cuts: u64, care: &str) -> Outcome {
        let disk = self.disk()?;
        let (folder, key) = (disk.folder(), disk.at.with_extension("key"));
        let (layout, user) = (self.practice.layout(), ra_user(self.disks));
        let orders = Orders { layout, folder: &folder, key: &key, user: &user, whom: &self.whom, how_many: 1 };
        let (status, said) = orders.start(&[])?.wait()?;
        if !status.success() || said.last().map(String::as_str) != Some(DONE) {
            return Err("the desk made no store".into());
        }
        done("sync", &[])?;
        let needs = [(FOLDER, folder.as_os_str()), (KEY, key.as_os_str()), (CARE, OsStr::new(care))];
        let mut child = Child::start(ROLE, needs, &key.with_extension("last-words"))?;
        child.until_it_says(READY)?;
        for _ in 0..cuts {
            std::thread::sleep(self.choices.within(BETWEEN));
            self.cut(tally, &mut child, &disk, &key, false).await?;
        }
        finish(child, &disk).map(drop)
    }

    /// The power goes. Looks at what is on the disk, and lets the writer go on as if nothing had been.
    async fn cut(&self, tally: &mut Tally, child: &mut Child, disk: &Disk, key: &Path, a_desk: bool) -> Outcome {
        stop(child)?;
        let (acked, drafts) = (child.recorded(), child.drafts());
        let copy = disk.at.with_extension("copy");
        copy_of_this_moment(&disk.mounted, &disk.image, &copy)?;
        // What the key store remembers goes on with the desk that goes on.
        let then = disk.at.with_extension("key-then");
        copy_key_store(key, &then)?;
        signal(child, "-CONT")?;
        tally.case();
        let at = disk.at.with_extension("after");
        {
            let _mounted = Mounted::image(&copy, &at)?;
            self.look(tally, &at.join("desk"), &then, (&acked, &drafts), a_desk).await?;
        }
        Ok(std::fs::remove_file(&copy)?)
    }

    /// The next start after the power came back.
    async fn look(
        &self,
        tally: &mut Tally,
        folder: &Path,
        key: &Path,
        (acked, drafts): (&BTreeSet<String>, &BTreeSet<String>),
        a_desk: bool,
    ) -> Outcome {
        if !folder.join("store.db").exists() {
            tally.lost(acked.len(), "there is no store");
            return Ok(());
        }
        if !a_desk {
            match cold::look(folder, key) {
                Ok(cold) => tally.lost(cold.missing(acked).len(), "written and gone"),
                Err(error) => tally.damaged(&error.to_string()),
            }
            return Ok(());
        }
        match open(&self.practice.layout().desk_settings, folder, key, "", WrongClock::right()).await {
            Err(error) => {
                tally.damaged(&format!("the desk does not start again: {error}"));
                tally.lost(acked.len(), "the desk does not start again");
                return Ok(());
            }
            Ok(desk) => {
                if !desk.audit_is_whole() {
                    tally.damaged("the audit's chain is broken");
                }
                desk.close().await;
            }
        }
        if let Some(cold) = cold::count(tally, folder, key, acked) {
            cold::count_drafts(tally, &cold, drafts);
        }
        Ok(())
    }
}

/// Every entry of a key store as it is at this moment.
fn copy_key_store(key: &Path, to: &Path) -> Outcome {
    let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
    let (key_name, to_name) = name(key).zip(name(to)).ok_or("a key store without a name")?;
    for entry in std::fs::read_dir(key.parent().ok_or("a key store that lies nowhere")?)? {
        let path = entry?.path();
        let rest = name(&path).and_then(|name| name.strip_prefix(&format!("{key_name}.")).map(str::to_owned));
        // One that is being written has not taken its place yet.
        if let Some(rest) = rest.filter(|rest| rest != "new") {
            std::fs::copy(&path, to.with_file_name(format!("{to_name}.{rest}")))?;
        }
    }
    Ok(())
}

/// The writer must have written to the end: one that stopped at a full disk would have lost nothing.
fn finish(mut child: Child, disk: &Disk) -> Outcome<usize> {
    let before = child.recorded().len();
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.recorded().len() <= before {
        if let Some(status) = child.ended()? {
            return Err(format!("the writer ended by itself with {status}:\n{}", child.last_words()).into());
        }
        if Instant::now() > deadline {
            return Err("the writer lives and writes nothing more".into());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let said = child.kill()?;
    let recorded = crate::child::recorded_in(&said).len();
    _ = std::fs::remove_file(&disk.image);
    Ok(recorded)
}

fn signal(child: &Child, signal: &str) -> Outcome {
    done("kill", &[signal, &child.id().to_string()])
}

/// Stops a child dead, all its threads.
fn stop(child: &Child) -> Outcome {
    signal(child, "-STOP")?;
    let tasks = format!("/proc/{}/task", child.id());
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let all = std::fs::read_dir(&tasks)?.flatten().all(|task| {
            let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
            // After the name, which is in brackets, comes the state.
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        });
        if all {
            // What it said before that is in the pipe; the reader needs a moment.
            std::thread::sleep(Duration::from_millis(5));
            return Ok(());
        }
        if Instant::now() > deadline {
            let stats: Vec<String> = std::fs::read_dir(&tasks)?
                .flatten()
                .map(|task| std::fs::read_to_string(task.path().join("stat")).unwrap_or_default())
                .collect();
            return Err(format!("the writer does not stop: {stats:?} {}", child.last_words()).into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The writer that is told how carefully to write: the store's own table, and one transaction a row.
pub fn careless_writer() -> Outcome {
    let (folder, key) = (PathBuf::from(need(FOLDER)?), PathBuf::from(need(KEY)?));
    let conn: Connection = cold::open(&folder, &key)?;
    conn.execute_batch(&format!("PRAGMA journal_mode = WAL; PRAGMA synchronous = {};", need(CARE)?))?;
    let columns: Vec<String> = conn
        .prepare("SELECT name FROM pragma_table_info('submission')")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let rest = columns.iter().filter(|name| *name != "key").map(String::as_str).collect::<Vec<_>>().join(", ");
    let mut copy =
        conn.prepare(&format!("INSERT INTO submission (key, {rest}) SELECT ?1, {rest} FROM submission LIMIT 1"))?;
    say(READY)?;
    for number in 0_u64.. {
        let key = format!("careless-{number}");
        copy.execute(params![key])?;
        say_recorded(&key)?;
    }
    Ok(())
}
