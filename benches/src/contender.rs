//! A program that is measured: it is given a line for each round, and answers with how long that took.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// The disk a contender writes to.
#[derive(Clone, Copy)]
pub struct Disk<'a> {
    /// A folder on it.
    pub folder: &'a Path,
    /// How long a sync takes at least; nothing: as long as it takes.
    pub sync_takes: Duration,
}

/// What counts a contender's disk syncs, built.
pub struct Preload {
    library: PathBuf,
}

impl Preload {
    /// Builds it into a folder.
    pub fn build(folder: &Path) -> Outcome<Self> {
        let (source, library) = (folder.join("syncs.c"), folder.join("syncs.so"));
        std::fs::write(&source, include_str!("syncs.c"))?;
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).arg("-ldl");
        if cc.status()?.success() { Ok(Self { library }) } else { Err("cc could not build syncs.c".into()) }
    }

    /// Lays it over a program whose syncs then take at least that long.
    pub fn lay_over(&self, program: &mut Command, sync_takes: Duration) {
        program.env("LD_PRELOAD", &self.library).env("RA_DESK_SYNC_TAKES", sync_takes.as_micros().to_string());
    }
}

/// How a round went.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// How many a second.
    pub rate: f64,
    /// How many disk syncs it took in all.
    pub syncs: u64,
    /// How much processor time each of them took, of all threads of the contender, in milliseconds.
    pub cpu_ms: f64,
}

/// A contender that runs.
pub struct Contender {
    /// What it is called in the table.
    pub name: String,
    process: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    syncs: PathBuf,
}

impl Contender {
    /// Starts one: a program and its words. The folder it writes to is its last word.
    pub fn start(name: &str, words: &[OsString], disk: Disk<'_>, preload: &Preload) -> Outcome<Self> {
        let folder = disk.folder.join(name.replace([' ', '+'], "-"));
        std::fs::create_dir_all(&folder)?;
        let syncs = folder.join("syncs");
        std::fs::write(&syncs, [0; 8])?;
        let (program, words) = words.split_first().ok_or("a contender without a program")?;
        let mut command = Command::new(program);
        preload.lay_over(&mut command, disk.sync_takes);
        let mut process = command
            .args(words)
            .arg(&folder)
            .env("RA_DESK_SYNCS", &syncs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let (orders, answers) = (process.stdin.take(), process.stdout.take().ok_or("it says nothing")?);
        Ok(Self { name: name.to_owned(), process, orders, answers: BufReader::new(answers), syncs })
    }

    /// Has it record so many of so many bytes, one by one or together. None where it cannot do that.
    pub fn round(&mut self, how: &str, count: u32, bytes: u32) -> Outcome<Option<Round>> {
        let (syncs, cpu) = (self.syncs()?, self.cpu()?);
        let orders = self.orders.as_mut().ok_or("it was told to end")?;
        writeln!(orders, "{how} {count} {bytes}")?;
        orders.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        let words: Vec<&str> = answer.split_whitespace().collect();
        if words == ["none"] {
            return Ok(None);
        }
        let nanoseconds = words.first().and_then(|word| word.parse::<f64>().ok());
        let nanoseconds = nanoseconds.ok_or_else(|| format!("{} ended or said nonsense: {answer}", self.name))?;
        // What came before the clock was started (drafts to record) is the contender's to say.
        let before = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        let (syncs, cpu) = (self.syncs()? - syncs - before(1), self.cpu()?.saturating_sub(cpu + before(2)));
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a round")]
        let cpu_ms = cpu as f64 / 1e6 / f64::from(count);
        Ok(Some(Round { rate: f64::from(count) * 1e9 / nanoseconds, syncs, cpu_ms }))
    }

    fn syncs(&self) -> Outcome<u64> {
        let bytes = std::fs::read(&self.syncs)?;
        Ok(u64::from_ne_bytes(bytes.try_into().map_err(|_| "the count of syncs is not one")?))
    }

    /// Processor time of all its threads, in nanoseconds.
    fn cpu(&self) -> Outcome<u64> {
        cpu_of(self.process.id())
    }
}

/// Processor time of all threads a process has now, in nanoseconds.
pub fn cpu_of(process: u32) -> Outcome<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task"))? {
        // One that ends meanwhile is not counted.
        let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else { continue };
        sum += text.split(' ').next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(sum)
}

impl Drop for Contender {
    fn drop(&mut self) {
        // It ends when nobody has anything more to say to it.
        self.orders = None;
        _ = self.process.wait();
    }
}
