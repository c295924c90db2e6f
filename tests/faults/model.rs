//! Random acts of an RA user and a network, against a reference that is a few dozen lines.
//!
//! The reference knows what the gateway has settled and what the desk must show; after every act the desk's outbox and
//! the reference must say the same, and at the end of each round the gateway's file too. A round is a desk, a handful
//! of people and a list of acts, all of them chosen by the seed and the round's number.
//!
//! A round that fails is made again with fewer and smaller acts, by proptest, until none can be left out; those are
//! printed. `RA_DESK_SEED` and `RA_DESK_ROUND` make that round again and no other.
//!
//! Rounds wait for the network more than they work, so several are made at the same time, each group with a gateway of
//! its own. What is kept is in memory: here it is about what is done, not about the disk.

mod reference;
mod round;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use tests::Outcome;
use tests::crowd::{Somebody, everybody};
use tests::practice::Practice;

use crate::Run;
use crate::child;
use crate::seed::Seed;
use crate::table::{Promise, Row, Tally};
use round::{A_ROUND_OF, Act, Bad, Round};

/// The role of the process that makes the rounds.
pub const ROLE: &str = "model";
/// The words before its row.
const ROW: &str = "row ";

const NAME: &str = "random acts against a reference queue";
const ACTS_A_ROUND: usize = 120;
/// How many groups of rounds are made at the same time, at most.
const TOGETHER: u64 = 8;
/// How many rounds one world has people for: about a quarter of its people can be registered.
const ROUNDS_A_WORLD: usize = 150;
/// A long run says after so many rounds how far it is.
const TOLD_EVERY: u64 = 500;
/// How often a round that fails is made again to find the smallest that does.
const SHRINK: u32 = 300;
/// And for how long, in milliseconds: what fails by not ending takes its time.
const SHRINK_FOR: u32 = 90_000;

/// Begins the rounds in a process of their own. Other rooms start processes, and each of those holds every lock of this
/// process until its own program is loaded: a store that is closed here could not be opened again at once.
pub fn begin(seed: Seed) -> JoinHandle<Row> {
    std::thread::spawn(move || made_beside(seed).unwrap_or_else(|error| Row::broken("model", &error)))
}

fn made_beside(seed: Seed) -> Outcome<Row> {
    let process = Command::new(std::env::current_exe()?)
        .env(child::ROLE, ROLE)
        .env("RA_DESK_SEED", seed.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut process = Beside(process);
    let mut row = None;
    for line in process.0.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line?;
        match line.strip_prefix(ROW) {
            Some(told) => row = Some(serde_json::from_str(told)?),
            None => println!("{line}"),
        }
    }
    let status = process.0.wait()?;
    row.filter(|_| status.success()).ok_or_else(|| format!("the model ended with {status}").into())
}

/// Its lines are told as they come, for a long run may be stopped; [`child::Child`] keeps them to the end.
struct Beside(std::process::Child);

impl Drop for Beside {
    fn drop(&mut self) {
        // One that ended is past that.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

/// The process of the rounds.
pub fn in_this_process(run: &Run) -> Outcome {
    child::say(&format!("{ROW}{}", serde_json::to_string(&made(run)?)?))
}

fn made(run: &Run) -> Outcome<Row> {
    let asked = match std::env::var("RA_DESK_ROUND") {
        Ok(round) => Some(round.parse::<u64>().map_err(|_| format!("RA_DESK_ROUND is not a number: {round}"))?),
        Err(_) => None,
    };
    let rounds = asked.map_or(0..run.count(16, 8_400), |round| round..round + 1);
    let together = TOGETHER.min(rounds.end - rounds.start).min(run.count(4, TOGETHER));
    let mut tally = Tally::of(NAME, Promise::Holds);
    let next = Arc::new(AtomicU64::new(rounds.start));
    let groups: Vec<_> = (0..together)
        .map(|_| {
            let (seed, next, end) = (run.seed, next.clone(), rounds.end);
            std::thread::spawn(move || Group::new(seed)?.rounds(&next, end))
        })
        .collect();
    let mut registered = 0;
    for group in groups {
        let (row, people) = group.join().map_err(|_| "a group of rounds panicked")??;
        tally.add(row);
        registered += people;
    }
    tally.note(format!("a case is an act; {registered} people were registered in the end, each once"));
    Ok(tally.close())
}

/// Rounds that are made one after another.
struct Group {
    seed: Seed,
    runtime: tokio::runtime::Runtime,
    memory: tempfile::TempDir,
    world: Option<(Practice, std::vec::IntoIter<Somebody>)>,
    plays: u64,
    registered: usize,
}

impl Group {
    fn new(seed: Seed) -> Outcome<Self> {
        let memory = PathBuf::from("/dev/shm");
        let memory = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { seed, runtime, memory, world: None, plays: 0, registered: 0 })
    }

    /// Takes the next round until there is none. Gives what came of them, and how many people were registered.
    fn rounds(mut self, next: &AtomicU64, end: u64) -> Outcome<(Row, usize)> {
        let mut tally = Tally::part_of(NAME, Promise::Holds);
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number > 0 && number.is_multiple_of(TOLD_EVERY) && number < end {
                println!("   {number} of {end} rounds");
            }
            if number >= end {
                return Ok((tally.close(), self.registered));
            }
            for _ in 0..ACTS_A_ROUND {
                tally.case();
            }
            if let Some(fault) = self.round(number)? {
                tally.damaged(&format!("{fault}\n   RA_DESK_SEED={} RA_DESK_ROUND={number} makes it again", self.seed));
            }
        }
    }

    /// One round; if it fails, the smallest that does, and why.
    fn round(&mut self, number: u64) -> Outcome<Option<String>> {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &self.seed.of_round("model", number));
        let config = Config {
            cases: 1,
            max_shrink_iters: SHRINK,
            max_shrink_time: SHRINK_FOR,
            failure_persistence: None,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, rng);
        let group = std::cell::RefCell::new(self);
        let played = runner.run(&vec(act(), ACTS_A_ROUND), |acts| {
            group.borrow_mut().play(number, &acts).map_err(|error| TestCaseError::fail(error.to_string()))
        });
        match played {
            Ok(()) => Ok(None),
            Err(TestError::Fail(why, acts)) => Ok(Some(format!("{why}; the least that does it: {acts:?}"))),
            Err(TestError::Abort(why)) => Err(why.to_string().into()),
        }
    }

    fn play(&mut self, number: u64, acts: &[Act]) -> Outcome {
        let memory = self.memory.path();
        let (practice, people) = match self.world.take() {
            Some((practice, crowd)) if crowd.len() >= A_ROUND_OF => (practice, crowd),
            _ => {
                let people = ROUNDS_A_WORLD * A_ROUND_OF * 9 / 2;
                let practice = Practice::start_on(memory, people, Arc::new(gateway::SystemClock));
                (self.runtime.block_on(practice)?, everybody(people).into_iter())
            }
        };
        let (practice, crowd) = self.world.insert((practice, people));
        self.plays += 1;
        let at = Round::folder(memory, self.plays);
        std::fs::create_dir(&at)?;
        let people = crowd.by_ref().take(A_ROUND_OF).collect();
        let played = self.runtime.block_on(play(practice, &at, people, number, acts));
        std::fs::remove_dir_all(&at)?;
        self.registered += played?;
        Ok(())
    }
}

async fn play(practice: &Practice, at: &Path, people: Vec<Somebody>, number: u64, acts: &[Act]) -> Outcome<usize> {
    let mut round = Round::begin(practice, at, people, usize::try_from(number)?).await?;
    for (place, act) in acts.iter().enumerate() {
        round.act(act).await.map_err(|error| format!("act {}: {error}", place + 1))?;
    }
    let ended = round.end(practice).await?;
    ended.fault().map_or(Ok(ended.registered), |fault| Err(fault.into()))
}

/// An act, as often as it comes at a desk with a bad network.
fn act() -> impl Strategy<Value = Act> {
    let bad = prop_oneof![
        Just(Bad::CutBefore),
        Just(Bad::CutAfter),
        Just(Bad::HalfReply),
        Just(Bad::Reset),
        Just(Bad::HalfRequest),
        Just(Bad::Page),
    ];
    prop_oneof![
        50 => (0_usize..3).prop_map(Act::Record),
        25 => (0_usize..ACTS_A_ROUND).prop_map(Act::Withdraw),
        18 => bad.prop_map(Act::Attempt),
        5 => Just(Act::Send),
        1 => Just(Act::Restart),
        1 => Just(Act::Colleague),
    ]
}
