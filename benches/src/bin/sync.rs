//! How fast what waits is sent: 10,000 registrations, by the real desk to the real gateway over TLS.
//!
//! One by one, sixteen at a time, and as RA Desk does it: batches of 200. Each way has a world of its own. Afterwards
//! the gateway's file is counted: each of them is registered, and once.
//!
//! The gateway lets one RA user call thirty times a second. Its clock is put forward by a thirtieth of a second for
//! each call, so that what is measured is how fast it is, and not how fast it lets itself be asked.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tells how far it is")]
#![expect(clippy::disallowed_methods, reason = "measures time")]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use benches::{Outcome, Report, people};
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

#[tokio::main]
async fn main() -> ExitCode {
    match compare().await {
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

async fn compare() -> Outcome<bool> {
    let mut report = Report::of("sync");
    let crowd = people(WORLD, WAITING)?;
    let mut took = Vec::new();
    for (name, way) in
        [("in batches of 200", Way::AsAlways), ("one by one", Way::Each(1)), ("16 at a time", Way::Each(AT_ONCE))]
    {
        println!("-- {WAITING} waiting, sent {name}");
        let (time, registered, doubled) = drain(&crowd, way).await?;
        println!("   {:.2} s", time.as_secs_f64());
        took.push(time);
        #[expect(clippy::cast_precision_loss, reason = "a count of registrations")]
        let count = |n: i64| n as f64;
        report.tell(format!("{WAITING} sent {name}"), time.as_secs_f64(), "s");
        report.tell(format!("sent {name}"), count(registered) / time.as_secs_f64(), "a second");
        report.exactly(format!("registered, sent {name}"), count(registered), "", count(WAITING as i64));
        report.exactly(format!("registered more than once, sent {name}"), count(doubled), "", 0.0);
    }
    let (batched, one_by_one, at_once) = (took[0].as_secs_f64(), took[1].as_secs_f64(), took[2].as_secs_f64());
    report.at_least("batches to one by one", one_by_one / batched, "times", 10.0);
    report.tell("batches to 16 at a time", at_once / batched, "times");
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
