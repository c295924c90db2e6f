//! A flat battery at any moment: the desk is killed at random, again and again, while it does the main job.
//!
//! A desk in a process of its own registers everybody on a list, each only if it finds no trace of an earlier try
//! in its own store. Whatever it is killed in, in the end everybody is registered exactly once. The gateway's
//! count of registrations and of keys is what is believed, not the desk's.

use std::process::{Command, Stdio};
use std::time::Duration;

use contract::CareIdentityUuid;
use desk::{Desk, OutboxTab, Status};
use sandbox::world::people;
use sandbox::world::ra_users::owen_pritchard;
use tests::Outcome;
use tests::practice::{AutoBrowser, FileKeys, Practice, open_desk, until};

use crate::journey::{fill_in, start_work};

const FOLDER: &str = "RA_DESK_KILLS_FOLDER";
const SETTINGS: &str = "RA_DESK_KILLS_SETTINGS";

/// How many kills: 200 at each test, more in the long run.
fn kills() -> u32 {
    if std::env::var_os("RA_DESK_TEST_FULL").is_some() { 2_000 } else { 200 }
}

fn everybody() -> Vec<people::SpecialPerson> {
    vec![
        people::sam_taylor(),
        people::siobhan_o_connor(),
        people::zoe_ashworth_okafor(),
        people::lukasz_wisniewski(),
        people::angharad_llewellyn(),
        people::chidinma_nwosu(),
        people::mohammed_hussain_1979(),
        people::mohammed_hussain_1991(),
        people::ines_carvalho(),
        people::meera_krishnan(),
        people::wei_zhang(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_random_moments_everybody_is_registered_exactly_once() -> Outcome {
    let practice = Practice::start().await?;
    let folder = practice.data_dir("desk");
    let seed = std::env::var("RA_DESK_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(seed_of_now);
    println!("seed {seed} (RA_DESK_SEED={seed} kills at the same moments)");
    let mut moments = Moments(seed);
    let (mut killed, mut rounds) = (0, 0_u32);
    while killed < kills() {
        let mut child = one_desk(&practice, &folder)?;
        // From before the store is open to well after the first replies.
        let moment = Duration::from_micros(u64::from(moments.next() % 450_000));
        tokio::time::sleep(moment).await;
        if child.try_wait()?.is_none() {
            child.kill()?;
            killed += 1;
        }
        child.wait()?;
        rounds += 1;
        if everybody_is_registered(&practice)? {
            // All done: a new list would be needed to interrupt anything but reading. Take everybody off again.
            check_once(&practice)?;
            take_everybody_off(&practice, &folder).await?;
        }
        assert!(rounds < kills() * 4, "the desk ends by itself before it is killed");
    }
    finish(&practice, &folder).await?;
    check_once(&practice)?;
    println!("checked after {killed} kills");
    Ok(())
}

/// Everybody on the list has exactly one registration that is not removed, and none was made twice for one try.
fn check_once(practice: &Practice) -> Outcome {
    for person in everybody() {
        let uuid = person.uuid();
        let active = practice
            .count(&format!("SELECT count(*) FROM registrations WHERE uuid = '{uuid}' AND state <> 'removed'"))?;
        assert_eq!(active, 1, "a person of the list has {active} registrations");
    }
    Ok(())
}

fn everybody_is_registered(practice: &Practice) -> Outcome<bool> {
    let active = practice.count("SELECT count(*) FROM registrations WHERE state <> 'removed'")?;
    Ok(usize::try_from(active)? >= everybody().len())
}

/// Lets a desk run undisturbed until nothing waits any more, and looks at what it says.
async fn finish(practice: &Practice, folder: &std::path::Path) -> Outcome {
    let desk = work(&practice.layout().desk_settings, folder).await?;
    until("nothing waits", || async {
        let counts = desk.snapshot().await.ok()?.outbox;
        (counts.ready == 0 && counts.waiting as usize >= everybody().len()).then_some(())
    })
    .await?;
    let attention = desk.outbox(OutboxTab::Attention).await?.submissions;
    assert!(
        attention.is_empty(),
        "refused: {:?}",
        attention.iter().map(|s| s.attention.as_ref().map(|a| a.code)).collect::<Vec<_>>()
    );
    desk.close().await;
    Ok(())
}

/// Removes every registration again, so that the next kills find work.
async fn take_everybody_off(practice: &Practice, folder: &std::path::Path) -> Outcome {
    finish(practice, folder).await?;
    let desk = open_and_sign_in(&practice.layout().desk_settings, folder).await?;
    for person in everybody() {
        let read = desk.profile(person.uuid().clone()).await?;
        for authenticator in read.profile.authenticators.iter().filter(|a| a.address.is_some()) {
            let reason = contract::RemovalReason::UserRequest;
            desk.remove_authenticator(person.uuid().clone(), authenticator.id, reason).await?;
        }
    }
    until("the desk knows that they are removed", || async {
        (desk.snapshot().await.ok()?.outbox.waiting == 0).then_some(())
    })
    .await?;
    desk.close().await;
    Ok(())
}

/// Starts this very test program again, as a desk that does the job until it is killed or done.
fn one_desk(practice: &Practice, folder: &std::path::Path) -> Outcome<std::process::Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["--exact", "kills::a_desk_that_will_be_killed", "--nocapture", "--quiet"])
        .env(FOLDER, folder)
        .env(SETTINGS, &practice.layout().desk_settings)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(command.spawn()?)
}

/// The desk that is killed. Started by itself, without a folder, it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_will_be_killed() -> Outcome {
    let (Some(folder), Some(settings)) = (std::env::var_os(FOLDER), std::env::var_os(SETTINGS)) else {
        return Ok(());
    };
    let desk = work(settings.as_ref(), folder.as_ref()).await?;
    until("nothing waits", || async { (desk.snapshot().await.ok()?.outbox.ready == 0).then_some(()) }).await?;
    desk.close().await;
    Ok(())
}

async fn open_and_sign_in(settings: &std::path::Path, folder: &std::path::Path) -> Outcome<Desk> {
    let browser = AutoBrowser { user: owen_pritchard().uuid().to_string(), role: None };
    let keys = FileKeys(folder.with_extension("key"));
    let desk = open_desk(settings, folder, keys, browser).await?;
    start_work(&desk).await?;
    desk.confirm_recorded().await?;
    Ok(desk)
}

/// Registers everybody of whom this desk's own store holds no trace.
async fn work(settings: &std::path::Path, folder: &std::path::Path) -> Outcome<Desk> {
    let desk = open_and_sign_in(settings, folder).await?;
    for person in everybody() {
        if !has_trace(&desk, person.uuid()).await? {
            let draft = fill_in(&desk, person.uuid(), person.address.as_str()).await?;
            desk.record(draft.id).await?;
        }
    }
    Ok(desk)
}

async fn has_trace(desk: &Desk, uuid: &CareIdentityUuid) -> Outcome<bool> {
    for tab in [OutboxTab::Ready, OutboxTab::Waiting, OutboxTab::Attention] {
        if desk.outbox(tab).await?.submissions.iter().any(|s| s.uuid == *uuid && s.status != Status::Removed) {
            return Ok(true);
        }
    }
    Ok(false)
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
