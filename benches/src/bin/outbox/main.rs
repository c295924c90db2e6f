//! How fast RA Desk records, beside what a disk can do and beside other durable queues.
//!
//! Every contender is a process of its own and gets a round in turn, on one disk: as it is, and made so slow that a sync
//! takes one millisecond at least, or four, as it does in a laptop. Where a virtual machine's disk says in a tenth of a
//! millisecond that it has written, what is compared is processors (ADR 19).
//!
//! `RA_DESK_PEERS` names the peers: a line each, `name|program|words`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tells how far it is")]
#![expect(clippy::disallowed_methods, reason = "measures time")]

mod own;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use benches::{Contender, Disk, Outcome, Preload, Report, Round, median};

const CONTEND: &str = "contend";
/// How many are recorded one by one in a round.
const ONE_BY_ONE: u32 = 40;
/// How many are recorded together.
const TOGETHER: u32 = 1_000;
/// How large what a peer records is: what RA Desk writes of a registration.
const BYTES: u32 = 1_200;
const ROUNDS: usize = 15;
/// From here on a sync is what recording waits for, and ratios are judged.
const SLOW_ENOUGH: Duration = Duration::from_micros(3_500);

/// What each contender did, round by round, one by one and together.
type Rounds = BTreeMap<String, (Vec<Round>, Vec<Round>)>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let outcome = match &words[1..] {
        [contend, name, folder] if contend == CONTEND => own::contend(name, Path::new(folder)).map(|()| true),
        _ => compare(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare() -> Outcome<bool> {
    let disk = tempfile::tempdir_in(std::env::var_os("RA_DESK_BENCH_DISK").map_or_else(|| ".".into(), PathBuf::from))?;
    let preload = Preload::build(disk.path())?;
    let mut report = Report::of("outbox");
    let peers = peers()?;
    for (name, sync_takes) in [("as it is", 0), ("1 ms a sync", 1), ("4 ms a sync", 4)] {
        println!("-- disk {name}: {ROUNDS} rounds");
        let folder = disk.path().join(name.replace(' ', "-"));
        let rounds = series(Disk { folder: &folder, sync_takes: Duration::from_millis(sync_takes) }, &preload, &peers)?;
        judge(&mut report, name, &rounds)?;
    }
    memory(&mut report, &preload)?;
    busy(&mut report);
    report.close()
}

/// The peers that are at hand: their names and how they are started.
fn peers() -> Outcome<Vec<(String, Vec<OsString>)>> {
    let own = std::env::current_exe()?;
    let contend = |name: &str| vec![own.clone().into(), CONTEND.into(), name.into()];
    let mut peers = vec![
        ("raw fdatasync".to_owned(), contend("raw")),
        ("RA Desk".to_owned(), contend("ours")),
        ("SQLite WAL FULL".to_owned(), contend("plain")),
    ];
    for line in std::env::var("RA_DESK_PEERS").unwrap_or_default().lines() {
        let (name, words) = line.split_once('|').ok_or("a peer without a program")?;
        peers.push((name.to_owned(), words.split('|').map(OsString::from).collect()));
    }
    Ok(peers)
}

fn series(disk: Disk<'_>, preload: &Preload, peers: &[(String, Vec<OsString>)]) -> Outcome<Rounds> {
    let start = |(name, words): &(String, Vec<OsString>)| Contender::start(name, words, disk, preload);
    let mut contenders: Vec<Contender> = peers.iter().map(start).collect::<Outcome<_>>()?;
    let mut rounds = Rounds::new();
    for round in 0..=ROUNDS {
        // Nobody is always the one behind the slow one.
        let first = round % contenders.len();
        contenders.rotate_left(first);
        for contender in &mut contenders {
            let one_by_one = contender.round("single", ONE_BY_ONE, BYTES)?;
            let together = contender.round("together", TOGETHER, BYTES)?;
            // The first round warms up.
            if round > 0 {
                let (singles, all) = rounds.entry(contender.name.clone()).or_default();
                singles.extend(one_by_one);
                all.extend(together);
            }
        }
        contenders.rotate_right(first);
    }
    Ok(rounds)
}

fn judge(report: &mut Report, disk: &str, rounds: &Rounds) -> Outcome {
    let of = |name: &str| rounds.get(name).ok_or_else(|| format!("{name} did not run"));
    let rate = |rounds: &[Round]| median(rounds.iter().map(|round| round.rate));
    let (raw, ours) = (of("raw fdatasync")?, of("RA Desk")?);
    for (name, (singles, together)) in rounds {
        report.tell(format!("{name}, one by one, disk {disk}"), rate(singles), "a second");
        if !together.is_empty() {
            report.tell(format!("{name}, {TOGETHER} together, disk {disk}"), rate(together), "a second");
        }
        let syncs = median(singles.iter().map(|round| per_one(round.syncs, ONE_BY_ONE)));
        let what = format!("{name}, syncs for each, disk {disk}");
        if name == "RA Desk" { report.exactly(what, syncs, "", 1.0) } else { report.tell(what, syncs, "") }
    }
    let syncs = median(ours.1.iter().map(|round| per_one(round.syncs, 1)));
    report.exactly(format!("RA Desk, syncs for {TOGETHER} together, disk {disk}"), syncs, "", 1.0);
    let ratio = |ours: &[Round], other: &[Round]| median(ours.iter().zip(other).map(|(a, b)| a.rate / b.rate));
    let sync_takes = 1.0 / rate(&raw.0);
    let judged = sync_takes >= SLOW_ENOUGH.as_secs_f64();
    for (name, (singles, _)) in rounds.iter().filter(|(name, _)| *name != "RA Desk") {
        // The first two are no queues: what a disk can do, and what SQLite can before anything is encrypted or audited.
        let budget = if ["raw fdatasync", "SQLite WAL FULL"].contains(&name.as_str()) { 0.8 } else { 0.9 };
        let what = format!("RA Desk to {name}, disk {disk}");
        let ratio = ratio(&ours.0, singles);
        if judged { report.at_least(what, ratio, "times", budget) } else { report.tell(what, ratio, "times") }
    }
    let (what, ratio) = (format!("RA Desk, {TOGETHER} together to one by one, disk {disk}"), ratio(&ours.1, &ours.0));
    if judged {
        report.at_least(what, ratio, "times", 50.0)
    } else {
        report.tell(what, ratio, "times")
    }
    if !judged {
        report.note(format!(
            "disk {disk}: a sync takes {:.2} ms, and what is compared is processors; the ratios are told only",
            sync_takes * 1e3
        ));
    }
    Ok(())
}

/// Says how busy the machine is besides: whoever needs more processor loses more by it.
fn busy(report: &mut Report) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    if let Some(load) = load.split(' ').next() {
        report.note(format!("the machine's load at the end: {load}; ratios are for one that does nothing else"));
    }
}

fn per_one(syncs: u64, count: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let syncs = syncs as f64;
    syncs / f64::from(count)
}

/// How much processor time a recording takes where the disk takes none.
fn memory(report: &mut Report, preload: &Preload) -> Outcome {
    let memory = Path::new("/dev/shm");
    if !memory.is_dir() {
        report.note("there is no disk in memory here: the processor time of a recording was not measured");
        return Ok(());
    }
    let folder = tempfile::tempdir_in(memory)?;
    let disk = Disk { folder: folder.path(), sync_takes: Duration::ZERO };
    let own: Vec<OsString> = vec![std::env::current_exe()?.into(), CONTEND.into(), "ours".into()];
    let mut ours = Contender::start("RA Desk", &own, disk, preload)?;
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let went = ours.round("single", 400, BYTES)?;
        rounds.extend(went.filter(|_| round > 0));
    }
    report.tell("RA Desk, processor time of one, disk in memory", median(rounds.iter().map(|r| r.cpu_ms)), "ms");
    // Whatever else the machine does can only add to it.
    let least = rounds.iter().map(|round| round.cpu_ms).fold(f64::INFINITY, f64::min);
    report.at_most("RA Desk, processor time of one, in the quietest round", least, "ms", 0.3);
    report.tell("RA Desk, one by one, disk in memory", median(rounds.iter().map(|round| round.rate)), "a second");
    let together = ours.round("together", 10 * TOGETHER, BYTES)?;
    let together = together.map_or(0.0, |round| round.rate);
    report.at_least("RA Desk, 10,000 together, disk in memory", together, "a second", 10_000.0);
    Ok(())
}
