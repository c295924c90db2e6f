//! How fast what waits is sent: 10,000 registrations, by the real desk to the real gateway over TLS.
//!
//! One by one, sixteen at a time, and as RA Desk does it: batches of 200, on the disk as it is and on one that is made
//! so slow that a sync takes 4 ms. Each way is a process of its own, with a world of its own, in which desk and gateway
//! share the two processors. Afterwards the gateway's file is counted: each of them is registered, and once.
//!
//! The gateway lets one RA user call thirty times a second. Its clock is put forward by a thirtieth of a second for
//! each call, so that what is measured is how fast it is, and not how fast it lets itself be asked.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tells how far it is")]
#![expect(clippy::disallowed_methods, reason = "measures time")]

use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use benches::{Outcome, Preload, Report, people};
use desk::Desk;
use jiff::Timestamp;
use sandbox::world::ra_users::owen_pritchard;
use tests::journey::start_work;
use tests::practice::Practice;

const WAITING: usize = 10_000;
/// A world of which that many can be registered.
const WORLD: usize = WAITING * 9 / 2;
/// How many at a time when they are sent in calls of their own, but not one by one.
const AT_ONCE: u32 = 16;
/// A little more than the gateway asks for between two calls.
const BETWEEN_CALLS: i64 = 34;
/// How long anything here may take.
const PATIENCE: Duration = Duration::from_secs(900);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words.as_slice() {
        [way] => one_way(way).map(|()| true),
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

/// How the waiting ones are sent.
#[derive(Clone, Copy)]
enum Way {
    Each(u32),
    AsAlways,
}

const WAYS: [(&str, Way); 3] =
    [("in batches of 200", Way::AsAlways), ("one by one", Way::Each(1)), ("16 at a time", Way::Each(AT_ONCE))];

/// Sends all of them in one way, and says in how many seconds, how many are registered, and how many of them once more.
#[tokio::main]
async fn one_way(name: &str) -> Outcome {
    let (_, way) = WAYS.iter().find(|(known, _)| *known == name).ok_or("there is no such way")?;
    let (time, registered, doubled) = drain(&people(WORLD, WAITING)?, *way).await?;
    println!("{} {registered} {doubled}", time.as_secs_f64());
    Ok(())
}

fn compare() -> Outcome<bool> {
    let folder = tempfile::tempdir()?;
    let preload = Preload::build(folder.path())?;
    let mut report = Report::of("sync");
    for (disk, sync_takes) in [("as it is", 0), ("4 ms a sync", 4)] {
        let mut took = Vec::new();
        for (name, _) in WAYS {
            println!("-- {WAITING} waiting, sent {name}, disk {disk}");
            let mut command = Command::new(std::env::current_exe()?);
            preload.lay_over(command.arg(name), Duration::from_millis(sync_takes));
            let output = command.stderr(Stdio::inherit()).output()?;
            let told: Vec<f64> =
                String::from_utf8(output.stdout)?.split_whitespace().filter_map(|word| word.parse().ok()).collect();
            let [time, registered, doubled] = told[..] else { return Err(format!("sent {name}: it failed").into()) };
            println!("   {time:.2} s");
            took.push(time);
            report.tell(format!("{WAITING} sent {name}, disk {disk}"), time, "s");
            report.tell(format!("sent {name}, disk {disk}"), registered / time, "a second");
            #[expect(clippy::cast_precision_loss, reason = "a count of registrations")]
            report.exactly(format!("registered, sent {name}, disk {disk}"), registered, "", WAITING as f64);
            report.exactly(format!("registered more than once, sent {name}, disk {disk}"), doubled, "", 0.0);
        }
        let ratio = format!("batches to one by one, disk {disk}");
        if sync_takes == 0 {
            report.tell(ratio, took[1] / took[0], "times");
        } else {
            report.at_least(ratio, took[1] / took[0], "times", 10.0);
        }
        report.tell(format!("batches to 16 at a time, disk {disk}"), took[2] / took[0], "times");
    }
    report.close()
}

/// How long it took, how many are registered in the end, and how many of them once more.
async fn drain(crowd: &[(contract::Profile, contract::NhsNetAddress)], way: Way) -> Outcome<(Duration, i64, i64)> {
    let clock = Arc::new(PutForward(AtomicI64::new(0)));
    let practice = Practice::start_by(WORLD, clock.clone()).await?;
    let desk = practice.desk("desk", owen_pritchard().uuid().as_str(), None).await?;
    start_work(&desk).await?;
    desk.hold_sending().await;
    let recorded = desk.record_many(crowd.to_vec()).await?;
    if recorded.len() != WAITING {
        return Err(format!("{} were recorded", recorded.len()).into());
    }
    let started = Instant::now();
    match way {
        Way::Each(at_once) => {
            desk.send_each(at_once, || clock.put_forward()).await?;
        }
        Way::AsAlways => {
            desk.go_on_sending();
            sent(&desk, started).await?;
        }
    }
    let time = started.elapsed();
    let outbox = desk.snapshot().await?.outbox;
    if (outbox.ready, outbox.attention, outbox.waiting as usize) != (0, 0, WAITING) {
        return Err(format!("the desk does not know of all of them: {outbox:?}").into());
    }
    desk.close().await;
    let registered = practice.count("SELECT count(DISTINCT key) FROM registrations")?;
    let doubled =
        practice.count("SELECT count(*) FROM (SELECT 1 FROM registrations GROUP BY uuid HAVING count(*) > 1)")?;
    Ok((time, registered, doubled))
}

/// Waits until nothing waits to be sent.
async fn sent(desk: &Desk, started: Instant) -> Outcome {
    while desk.snapshot().await?.outbox.ready > 0 {
        if started.elapsed() > PATIENCE {
            return Err("what waits is not sent".into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// The gateway's clock.
struct PutForward(AtomicI64);

impl PutForward {
    fn put_forward(&self) {
        self.0.fetch_add(BETWEEN_CALLS, Ordering::Relaxed);
    }
}

impl gateway::Clock for PutForward {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(jiff::SignedDuration::from_millis(self.0.load(Ordering::Relaxed))).unwrap_or(now)
    }
}
