//! A queue as long as a month without a network makes it.
//!
//! The real desk records thousands, each for another person and each with its row in the audit, a thousand in a
//! transaction; some of them a month ago by its clock. Then it is opened again, its RA user confirms, and all of it is
//! sent, with answers lost on the way.

use std::time::{Duration, Instant};

use sandbox::fault_proxy::Fault;
use tests::Outcome;
use tests::crowd::everybody_with_profile;
use tests::practice::Practice;

use crate::Run;
use crate::cold;
use crate::station::{BATCH, Station, ra_user};
use crate::table::{Promise, Row, Tally};

/// How many of them are older than the gateway takes.
const TOO_OLD: usize = 25;
const MONTH: i64 = 30 * 24 * 60 * 60;
/// How many are recorded in one transaction.
const AT_ONCE: usize = 1_000;

/// The long queue.
pub async fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let waiting = usize::try_from(run.count(5_000, 100_000))?;
    let people = waiting * 9 / 2;
    let mut tally = Tally::of(format!("F16 {waiting} waiting, the oldest for 30 days"), Promise::Holds);
    let practice = Practice::start_of(people).await?;
    let mut crowd = everybody_with_profile(people);
    crowd.truncate(waiting);
    if crowd.len() < waiting {
        return Err(format!("only {} people can be registered", crowd.len()).into());
    }
    let (folder, user) = (practice.data_dir("desk"), ra_user(0));
    let key = folder.with_extension("key");
    let station = Station::open(practice.layout(), &folder, &key, &user).await?;
    station.proxy.always(Some(Fault::CutBefore));
    let (old, recent) = crowd.split_at(TOO_OLD);
    station.clock.jump(-MONTH);
    let mut keys = station.desk.record_many(old.to_vec()).await?;
    station.clock.jump(MONTH);
    for some in recent.chunks(AT_ONCE) {
        keys.extend(station.desk.record_many(some.to_vec()).await?);
    }
    let acked = keys.iter().map(ToString::to_string).collect();
    station.close().await;

    let opened = Instant::now();
    let station = Station::open(practice.layout(), &folder, &key, &user).await?;
    let opened = opened.elapsed();
    station.proxy.next(BATCH, [Fault::CutAfter, Fault::CutBefore, Fault::HalfReply, Fault::CutAfter]);
    let sent = Instant::now();
    station.desk.confirm_recorded().await?;
    if !station.settle(Duration::from_secs(run.count(120, 3_600))).await? {
        tally.damaged("not all of it was sent");
    }
    let sent = sent.elapsed();
    let counts = station.desk.snapshot().await?.outbox;
    station.close().await;
    for _ in 0..waiting {
        tally.case();
    }
    cold::count(&mut tally, &folder, &key, &acked);
    let count = |sql: &str| -> Outcome<usize> { Ok(usize::try_from(practice.count(sql)?)?) };
    let all = count("SELECT count(*) FROM registrations")?;
    let registered = count("SELECT count(DISTINCT uuid) FROM registrations")?;
    let too_old = count("SELECT count(*) FROM submissions WHERE refusal = 'TOO_OLD'")?;
    tally.twice(all - registered, "registered more than once");
    tally.lost((waiting - TOO_OLD).saturating_sub(registered), "recorded and not registered");
    if (too_old, counts.attention as usize) != (TOO_OLD, TOO_OLD) {
        tally.damaged(&format!("{too_old} were refused as too old and {} need attention", counts.attention));
    }
    if counts.waiting as usize != registered {
        tally.damaged(&format!("{} stand as registered and {registered} are", counts.waiting));
    }
    // The gateway takes them in the order in which they were recorded.
    let order = practice.count(
        "SELECT count(*) FROM (SELECT key, lag(key) OVER (ORDER BY changed) AS before FROM registrations) \
         WHERE before > key",
    )?;
    if order > 0 {
        tally.damaged(&format!("{order} were sent before one that was recorded earlier"));
    }
    tally.note(format!(
        "signed in after {:.1} s, all sent and answered after {:.1} s more; {TOO_OLD} too old to be taken, told and kept",
        opened.as_secs_f64(),
        sent.as_secs_f64()
    ));
    rows.push(tally.close());
    Ok(())
}
