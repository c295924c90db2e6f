//! A flat battery at any moment: the desk is killed at random, again and again, while it does the main job.
//!
//! A desk in a process of its own registers one person after another of a long list, going on behind the last one
//! its own store knows of. Whatever it is killed in, in the end everybody up to there is registered exactly once and
//! nobody else is. The gateway's own file is what is believed, not the desk.

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use contract::{CareIdentityUuid, NhsNetAddress, ProfileStatus};
use desk::{Cause, Desk, NetworkFault, OutboxTab};
use gateway::directory_file::AccountState;
use sandbox::world::ra_users::owen_pritchard;
use sandbox::world::{Person, World};
use tests::Outcome;
use tests::practice::{AutoBrowser, FileKeys, Practice, open_desk, until};

use crate::journey::{fill_in_read, registrations_of, shut, start_work};

const FOLDER: &str = "RA_DESK_KILLS_FOLDER";
const SETTINGS: &str = "RA_DESK_KILLS_SETTINGS";
/// The list, beside the desk's folder: made once, since the desk that is killed has no time for it.
const LIST: &str = "everybody.json";
/// What the desk said before it was killed.
const LAST_WORDS: &str = "last-words.txt";

/// How many kills: 200 at each test, more in the long run.
fn kills() -> u32 {
    if std::env::var_os("RA_DESK_TEST_FULL").is_some() { 2_000 } else { 200 }
}

/// How many people live in this world; about a third of them can be registered.
const PEOPLE: usize = 20_000;

/// Everybody who can be registered without a second look, in the order in which the desk takes them.
fn everybody() -> Vec<(CareIdentityUuid, NhsNetAddress)> {
    let world = World::generate(sandbox::Options::default().seed, PEOPLE);
    let linked: HashSet<NhsNetAddress> = world
        .people()
        .iter()
        .flat_map(|person| person.profile.authenticators.iter().filter_map(|a| a.address.clone()))
        .collect();
    let plain = |person: &Person| -> Option<(CareIdentityUuid, NhsNetAddress)> {
        let profile = &person.profile;
        let address: NhsNetAddress = profile.email.as_deref()?.parse().ok()?;
        let account = world.account(&address)?;
        let fits = profile.status == ProfileStatus::Active
            && profile.authenticators.is_empty()
            && account.state == AccountState::Active
            && !account.shared_mailbox
            && !linked.contains(&address);
        fits.then(|| (profile.uuid.clone(), address))
    };
    world.people().iter().filter_map(plain).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_everybody_is_registered_exactly_once() -> Outcome {
    let practice = Practice::start_of(PEOPLE).await?;
    let folder = practice.data_dir("desk");
    let seed = std::env::var("RA_DESK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(seed_of_now);
    println!("seed {seed} (RA_DESK_SEED={seed} kills at the same moments)");
    let everybody = everybody();
    std::fs::write(folder.with_file_name(LIST), serde_json::to_vec(&everybody)?)?;
    let mut moments = Moments(seed);
    let mut killed = 0;
    while killed < kills() {
        let mut child = one_desk(&practice, &folder)?;
        // From before the store is open to well after the first replies.
        tokio::time::sleep(Duration::from_micros(u64::from(moments.next() % 600_000))).await;
        if let Some(status) = child.try_wait()? {
            let words = std::fs::read_to_string(folder.with_file_name(LAST_WORDS))?;
            return Err(format!("the desk ended by itself with {status} after {killed} kills:\n{words}").into());
        }
        child.kill()?;
        child.wait()?;
        killed += 1;
    }
    let desk = open_and_sign_in(&practice.layout().desk_settings, &folder).await?;
    until("nothing waits", || async { (desk.snapshot().await.ok()?.outbox.ready == 0).then_some(()) }).await?;
    let counts = desk.snapshot().await?.outbox;
    let refused = desk.outbox(OutboxTab::Attention).await?.submissions;
    let why: Vec<_> = refused.iter().map(|s| (s.attention.as_ref().map(|a| a.code), s.attempts, s.key)).collect();
    assert!(why.is_empty(), "refused: {why:?}");
    let done = next_in_line(&desk, &everybody).await?;
    shut(desk).await;

    assert_eq!(counts.waiting as usize, done, "the desk holds one submission for each");
    let all = usize::try_from(practice.count("SELECT count(*) FROM registrations")?)?;
    let people = usize::try_from(practice.count("SELECT count(DISTINCT uuid) FROM registrations")?)?;
    assert_eq!((all, people), (done, done), "registrations, people registered; expected {done} of both");
    for (uuid, _) in &everybody[..done] {
        assert_eq!(registrations_of(&practice, uuid)?, 1, "somebody the desk recorded");
    }
    assert!(done > 20, "only {done} people were registered: the kills came before anything happened");
    println!("{killed} kills, {done} people, each registered once");
    Ok(())
}

/// The place in line behind the last person this desk's store knows of.
async fn next_in_line(desk: &Desk, everybody: &[(CareIdentityUuid, NhsNetAddress)]) -> Outcome<usize> {
    let mut next = 0;
    for tab in [OutboxTab::Ready, OutboxTab::Waiting, OutboxTab::Attention] {
        for submission in desk.outbox(tab).await?.submissions {
            let place = everybody.iter().position(|(uuid, _)| *uuid == submission.uuid);
            next = next.max(place.ok_or("a submission of nobody on the list")? + 1);
        }
    }
    Ok(next)
}

/// Starts this very test program again, as a desk that does the job until it is killed or done.
fn one_desk(practice: &Practice, folder: &Path) -> Outcome<std::process::Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["--exact", "kills::a_desk_that_will_be_killed", "--nocapture", "--quiet"])
        .env(FOLDER, folder)
        .env(SETTINGS, &practice.layout().desk_settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.with_file_name(LAST_WORDS))?);
    Ok(command.spawn()?)
}

/// The desk that is killed. Started by itself, without a folder, it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_will_be_killed() -> Outcome {
    let (Some(folder), Some(settings)) = (std::env::var_os(FOLDER), std::env::var_os(SETTINGS)) else {
        return Ok(());
    };
    let folder = Path::new(&folder);
    let desk = open_and_sign_in(settings.as_ref(), folder).await?;
    let everybody: Vec<(CareIdentityUuid, NhsNetAddress)> =
        serde_json::from_slice(&std::fs::read(folder.with_file_name(LIST))?)?;
    let next = next_in_line(&desk, &everybody).await?;
    for (uuid, address) in &everybody[next..] {
        // The gateway lets nobody ask faster than a person can.
        while desk.profile(uuid.clone()).await.is_err_and(|failure| failure.cause == Cause::Network(NetworkFault::Busy))
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let draft = fill_in_read(&desk, uuid, address.as_str()).await?;
        desk.record(draft.id).await?;
    }
    Err("everybody on the list is registered: the list is too short".into())
}

async fn open_and_sign_in(settings: &Path, folder: &Path) -> Outcome<Desk> {
    let browser = AutoBrowser { user: owen_pritchard().uuid().to_string(), role: None };
    let keys = FileKeys(folder.with_extension("key"));
    let desk = open_desk(settings, folder, keys, browser).await?;
    start_work(&desk).await?;
    desk.confirm_recorded().await?;
    Ok(desk)
}

/// Moments that a seed determines (xorshift).
struct Moments(u32);

impl Moments {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

#[expect(clippy::disallowed_methods, reason = "a seed that differs from run to run, and is printed")]
fn seed_of_now() -> u32 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    now.subsec_nanos() | 1
}
