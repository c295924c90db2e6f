//! Killed at 200 random moments while it opens, records, sends and hears answers: in the end there is exactly one
//! registration for each recording that was said to be saved.
//!
//! The desk that is killed is a process of its own: this test's executable once more, told by its environment to
//! be that. The gateway lives on in the parent.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use desk::{
    Browser, Clock, Desk, KeyStore, KeyStoreError, Parts, Persistence, Random, Settings, SystemClock, SystemRandom,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::support::gateway::{Fake, Instead};
use crate::support::server::Response;
use crate::support::{FakeBrowser, InTheBrowser, NoProxies, draft, settings_text};

/// The environment variable that makes this executable the desk that is killed.
const CHILD: &str = "RA_DESK_CRASH_TEST_FOLDER";
/// How often it is killed in each of the two tests.
const KILLS: u32 = 100;

#[test]
fn killed_at_random_moments_it_loses_and_doubles_nothing() {
    kill_again_and_again(|_| {});
}

#[test]
fn killed_at_random_moments_on_a_bad_network_it_loses_and_doubles_nothing() {
    kill_again_and_again(|fake| {
        // Of the answers to batches, every second is lost or never comes.
        for _ in 0..3 {
            fake.instead("/v1/registrations/batch", Instead::LoseAnswer);
            fake.instead("/v1/registrations/batch", Instead::Half);
            fake.instead("/v1/registrations/batch", Instead::Answer(Response::HangUp));
        }
    });
}

/// The desk that is killed. Does nothing unless it is told where.
#[test]
fn records_until_it_is_killed() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    // Never longer than the parent lives, whatever becomes of it.
    runtime.block_on(async {
        _ = tokio::time::timeout(Duration::from_secs(30), record_without_end(Path::new(&folder))).await;
    });
}

async fn record_without_end(folder: &Path) {
    let desk = open(folder).await;
    desk.sign_in().await.unwrap();
    desk.confirm_identity().await.unwrap();
    desk.confirm_recorded().await.unwrap();
    #[expect(clippy::print_stdout, reason = "how it tells the parent")]
    for number in 0.. {
        let person = format!("5550866{number:05}");
        let draft = draft(&desk, &person).await;
        let recorded = desk.record(draft.id).await.unwrap();
        // From this line on somebody has been told that it is saved.
        println!("\nsaved {}", recorded.key);
    }
}

fn kill_again_and_again(prepare: impl Fn(&Fake)) {
    let folder = TempDir::new().unwrap();
    let fake = Fake::start(folder.path());
    std::fs::write(folder.path().join("desk.toml"), settings_text(&fake)).unwrap();
    let mut saved = BTreeSet::new();
    // However slow this computer is: some are killed while they start, more of them at work.
    let to_the_first = run_to_the_first(folder.path(), &mut saved);
    for _ in 0..KILLS {
        prepare(&fake);
        let mut moment = [0_u8; 2];
        SystemRandom::default().fill(&mut moment);
        let part = f64::from(u16::from_le_bytes(moment)) / f64::from(u16::MAX);
        saved.extend(run_and_kill(folder.path(), to_the_first.mul_f64(3.0 * part)));
        fake.world().instead.clear();
    }
    assert!(saved.len() > 20, "it was killed before it could do anything: {} saved", saved.len());

    // What is left is sent, and nothing is lost or doubled.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let desk = open_and_send_all(folder.path()).await;
        let counts = desk.snapshot().await.unwrap().outbox;
        assert_eq!((counts.ready, counts.attention, counts.other_people), (0, 0, 0));
        let registered: BTreeSet<String> = fake.world().registrations.keys().cloned().collect();
        let lost: Vec<&String> = saved.difference(&registered).collect();
        assert!(lost.is_empty(), "{} of {} are lost", lost.len(), saved.len());
        assert_eq!(registered.len(), counts.waiting as usize, "each has one, and each one is known here");
    });
}

/// Opens the desk, signs in, says that all of it is one's own, and waits until nothing is left to be sent.
async fn open_and_send_all(folder: &Path) -> Desk {
    let desk = open(folder).await;
    desk.sign_in().await.unwrap();
    desk.confirm_identity().await.unwrap();
    desk.confirm_recorded().await.unwrap();
    for _ in 0..1000 {
        if desk.snapshot().await.unwrap().outbox.ready == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    desk
}

/// Starts the desk, kills it when it has saved one, and gives how long that took.
fn run_to_the_first(folder: &Path, saved: &mut BTreeSet<String>) -> Duration {
    let clock = SystemClock::start();
    let mut child = start(folder);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    saved.extend(keys(lines).take(1));
    let took = clock.monotonic();
    child.kill().unwrap();
    child.wait().unwrap();
    took
}

/// Starts the desk, kills it after a while, and gives the keys of which it said that they are saved.
fn run_and_kill(folder: &Path, after: Duration) -> Vec<String> {
    let mut child = start(folder);
    let output = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || keys(BufReader::new(output).lines().map_while(Result::ok)).collect());
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::records_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(CHILD, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn keys(lines: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    lines.filter_map(|line| line.strip_prefix("saved ").map(str::to_owned))
}

async fn open(folder: &Path) -> Desk {
    let settings = Settings::read(&folder.join("desk.toml")).unwrap();
    let browser = FakeBrowser {
        does: Mutex::new(InTheBrowser::SignsIn),
        issuer: settings.issuer_url.clone(),
        opened: Mutex::default(),
        signed_out: Mutex::default(),
    };
    let browser: Arc<dyn Browser> = Arc::new(browser);
    let parts = Parts {
        keys: Arc::new(KeyFile(folder.join("key"))),
        browser,
        clock: Arc::new(SystemClock::start()),
        random: Arc::new(SystemRandom::default()),
        proxies: Arc::new(NoProxies),
        persistence: Persistence::Kept,
    };
    Desk::open(settings, folder.join("data"), parts).await.unwrap()
}

/// A key store that outlives its process: a file, written at once or not at all.
struct KeyFile(PathBuf);

impl KeyStore for KeyFile {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        Ok(std::fs::read(self.0.with_extension(name)).ok().map(Zeroizing::new))
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        let beside = self.0.with_extension("new");
        std::fs::write(&beside, bytes).unwrap();
        std::fs::rename(beside, self.0.with_extension(name)).unwrap();
        Ok(())
    }
}

/// The desk that opens a damaged store, and is killed at it. Does nothing unless it is told where.
#[test]
fn opens_a_damaged_store_until_it_is_killed() {
    let Ok(folder) = std::env::var(RECOVERING) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let desk = open(Path::new(&folder)).await;
        desk.close().await;
    });
    println!("\nopened");
}

const RECOVERING: &str = "RA_DESK_CRASH_TEST_RECOVERY";
/// How often a recovery is killed.
const RECOVERIES: u32 = 40;

#[test]
fn a_recovery_that_is_killed_leaves_everything_in_the_old_store_or_in_the_new_one() {
    let folder = TempDir::new().unwrap();
    let fake = Fake::start(folder.path());
    std::fs::write(folder.path().join("desk.toml"), settings_text(&fake)).unwrap();
    // Nothing that is sent arrives, so all of it is in the store alone.
    for _ in 0..10_000 {
        fake.instead("/v1/registrations/batch", Instead::Answer(Response::HangUp));
    }
    let mut saved = BTreeSet::new();
    let mut child = start(folder.path());
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    saved.extend(keys(lines).take(25));
    child.kill().unwrap();
    child.wait().unwrap();
    fake.world().instead.clear();
    // Damaged: a page of its middle, after its journal was brought into it.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async { open(folder.path()).await.close().await });
    let store = folder.path().join("data/store.db");
    let mut bytes = std::fs::read(&store).unwrap();
    let page = bytes.len() / 4096 / 2;
    bytes[page * 4096 + 77] ^= 1;
    let spoil = |bytes: &[u8]| std::fs::write(&store, bytes).unwrap();
    spoil(&bytes);

    let (mut whole, mut killed, mut at_it) = (time_a_recovery(folder.path()), 0, 0);
    let (mut most, mut least) = (0, usize::MAX);
    for turn in 0..RECOVERIES {
        // The same damaged store again, with what was set aside before.
        for left in ["store.db-wal", "store.db-shm", "store.recovered", "store.recovery"] {
            _ = std::fs::remove_file(folder.path().join("data").join(left));
        }
        spoil(&bytes);
        let mut child = recovering(folder.path());
        std::thread::sleep(whole.mul_f64(f64::from(turn * 7 % RECOVERIES) / f64::from(RECOVERIES)));
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        // However busy this computer is at one moment or another: most are killed at it.
        if String::from_utf8_lossy(&output.stdout).contains("opened") {
            whole = whole.mul_f64(0.85);
        } else {
            killed += 1;
        }
        at_it += u32::from(folder.path().join("data/store.recovered").exists());
        let aside = || std::fs::read_dir(folder.path().join("data")).unwrap().count();
        let before = aside();
        runtime.block_on(async {
            let desk = open(folder.path()).await;
            let told = desk.recovery().await.unwrap().expect("it is told, whenever it was killed");
            let kept = folder.path().join("data").join(told.set_aside.as_deref().unwrap()).join("store.db");
            assert!(std::fs::read(kept).unwrap() == bytes, "the damaged file is kept as it was");
            let here = told.recovered as usize;
            assert!(here + 4 >= saved.len(), "turn {turn}: {here} of {}", saved.len());
            (most, least) = (most.max(here), least.min(here));
            desk.close().await;
        });
        assert!(aside() <= before + 1, "set aside once");
    }
    assert_eq!(most, least, "the same is recovered each time");
    assert!(killed * 4 >= RECOVERIES && at_it > 0, "killed before its end: {killed}, at it: {at_it} of {RECOVERIES}");
    println!("{killed} of {RECOVERIES} killed before the end, {at_it} of them while it saved");

    // And what is recovered is sent once.
    runtime.block_on(async {
        open_and_send_all(folder.path()).await;
        let registered: BTreeSet<String> = fake.world().registrations.keys().cloned().collect();
        let missing = saved.difference(&registered).count();
        assert!(missing <= 4, "{missing} are missing");
        assert_eq!(registered.len(), most, "each that is here is registered, once");
    });
}

fn recovering(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::opens_a_damaged_store_until_it_is_killed", "--nocapture", "--test-threads=1"])
        .env(RECOVERING, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How long a recovery takes that nobody kills, process and all.
fn time_a_recovery(folder: &Path) -> Duration {
    let clock = SystemClock::start();
    let output = recovering(folder).wait_with_output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("opened"));
    clock.monotonic()
}
