//! Time that jumps, sessions that end in the middle of things, two desks with one queue, and a colleague who signs in
//! while something is on its way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::SubmissionKey;
use desk::{Desk, OpenError, SessionNow};
use sandbox::fault_proxy::Fault;
use tests::crowd::{Somebody, everybody};
use tests::journey::start_work;
use tests::practice::Practice;
use tests::{Outcome, copy_folder};

use crate::Run;
use crate::cold;
use crate::network::busy;
use crate::seed::Choices;
use crate::station::{BATCH, Station, ra_user};
use crate::table::{Promise, Row, Tally};

const PEOPLE: usize = 6_000;
const PATIENCE: Duration = Duration::from_secs(60);
/// How many registrations a case has.
const TOGETHER: usize = 3;
const HOUR: i64 = 60 * 60;

/// Clocks, sessions, copies, colleagues.
pub async fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let people = if run.full { 10 * PEOPLE } else { PEOPLE };
    let mut bench = Bench {
        practice: Practice::start_of(people).await?,
        crowd: everybody(people).into_iter(),
        desks: 0,
        choices: run.seed.choices("session"),
    };
    rows.push(bench.clocks(run.count(1, 10)).await?);
    rows.push(bench.ended_sessions(run.count(3, 50)).await?);
    rows.push(bench.two_copies(run.count(3, 50)).await?);
    rows.push(bench.colleagues(run.count(40, 1_000)).await?);
    Ok(())
}

struct Bench {
    practice: Practice,
    crowd: std::vec::IntoIter<Somebody>,
    desks: usize,
    choices: Choices,
}

/// A desk whose registrations wait, and who they are for.
struct Waiting {
    station: Station,
    user: String,
    people: Vec<Somebody>,
    keys: Vec<SubmissionKey>,
}

impl Bench {
    /// A desk that has recorded some registrations which nobody could be sent yet.
    async fn waiting(&mut self) -> Outcome<Waiting> {
        self.desks += 1;
        let (folder, user) = (self.practice.data_dir(&format!("desk-{}", self.desks)), ra_user(self.desks));
        let station = Station::open(self.practice.layout(), &folder, &folder.with_extension("key"), &user).await?;
        let people: Vec<Somebody> = self.crowd.by_ref().take(TOGETHER).collect();
        for somebody in &people {
            station.read(somebody).await?;
        }
        station.proxy.always(Some(Fault::CutBefore));
        let mut keys = Vec::new();
        for somebody in &people {
            keys.push(station.record(somebody).await?);
        }
        Ok(Waiting { station, user, people, keys })
    }

    /// Lets everything come to its end, by whoever recorded it, and compares. The audit is whole.
    async fn judge(&self, tally: &mut Tally, waiting: Waiting) -> Outcome {
        let (folder, key, acked) = self.judge_but_the_store(tally, waiting).await?;
        cold::count(tally, &folder, &key, &acked);
        Ok(())
    }

    /// The same, but what the store holds is still to be looked at.
    async fn judge_but_the_store(
        &self,
        tally: &mut Tally,
        waiting: Waiting,
    ) -> Outcome<(PathBuf, PathBuf, BTreeSet<String>)> {
        tally.case();
        let Waiting { station, user, people, keys } = waiting;
        station.proxy.always(None);
        station.next.is(&user);
        if !matches!(station.desk.snapshot().await?.session, SessionNow::SignedIn { .. }) {
            start_work(&station.desk).await?;
        }
        station.desk.confirm_recorded().await?;
        if !station.settle(PATIENCE).await? {
            tally.damaged("what was recorded still waits");
        }
        let attention = station.desk.snapshot().await?.outbox.attention;
        if attention > 0 {
            tally.damaged(&format!("{attention} need attention"));
        }
        let (folder, key) = station.close().await;
        for (uuid, _) in &people {
            let count = |and: &str| {
                self.practice.count(&format!("SELECT count(*) FROM registrations WHERE uuid = '{uuid}'{and}"))
            };
            let (here, theirs) = (count("")?, count(&format!(" AND author = '{user}'"))?);
            tally.lost(usize::from(here == 0), "the gateway does not know somebody who was recorded");
            tally.twice(usize::try_from((here - 1).max(0))?, "somebody is registered more than once");
            if theirs != here {
                tally.damaged("registered in somebody else's name");
            }
        }
        Ok((folder, key, keys.iter().map(ToString::to_string).collect()))
    }

    /// The clock is put wrong, or the computer sleeps, while registrations wait; then it is right again.
    async fn clocks(&mut self, rounds: u64) -> Outcome<Row> {
        let mut tally = Tally::of("F11 clock jumps of days and years, hours asleep", Promise::Holds);
        let jumps = [24 * HOUR, -24 * HOUR, HOUR, -HOUR, 8 * HOUR, -8 * HOUR, 12 * 365 * 24 * HOUR, 60, -60];
        for _ in 0..rounds {
            for jump in jumps {
                let waiting = self.waiting().await?;
                // A pause of a second, which no date can make longer.
                waiting.station.proxy.next(BATCH, [busy(429, true, Some("1"))]);
                waiting.station.proxy.always(None);
                while waiting.station.proxy.left() > 0 {
                    waiting.station.desk.send_now();
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                waiting.station.clock.jump(jump);
                if jump < 0 && !waiting.station.settle(Duration::from_secs(10)).await? {
                    tally.damaged("a clock that was set back makes a pause longer");
                }
                // It may send meanwhile or not; either is right if nothing comes of it twice.
                waiting.try_for(Duration::from_millis(200)).await;
                waiting.station.clock.jump(-jump);
                self.judge(&mut tally, waiting).await?;
            }
            // Asleep: the date goes on, and on some computers the steady clock does too.
            for (both, hours) in [(true, 1), (true, 9), (false, 1), (false, 9)] {
                let waiting = self.waiting().await?;
                if both {
                    waiting.station.clock.pass(Duration::from_secs(hours * 3600));
                } else {
                    waiting.station.clock.jump(i64::try_from(hours)? * HOUR);
                }
                waiting.try_for(Duration::from_millis(200)).await;
                // What it shows is what everybody else's shows again.
                waiting.station.clock.jump(-i64::try_from(hours)? * HOUR);
                self.judge(&mut tally, waiting).await?;
            }
        }
        Ok(tally.close())
    }

    /// The gateway ends the session between a batch that was committed and its repetition, and before a first one.
    async fn ended_sessions(&mut self, rounds: u64) -> Outcome<Row> {
        let mut tally = Tally::of("F10 session ended in the middle of a batch", Promise::Holds);
        let file = self.practice.layout().dir.join("gateway.sqlite3");
        for _ in 0..rounds {
            for fault in [Fault::CutAfter, Fault::HalfReply, Fault::CutBefore] {
                let waiting = self.waiting().await?;
                waiting.station.proxy.next(BATCH, [fault, Fault::CutBefore, Fault::CutBefore]);
                waiting.station.proxy.always(None);
                while waiting.station.proxy.left() == 3 {
                    waiting.station.desk.send_now();
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                end_all_sessions(&file)?;
                let deadline = tokio::time::Instant::now() + PATIENCE;
                while matches!(waiting.station.desk.snapshot().await?.session, SessionNow::SignedIn { .. }) {
                    waiting.station.desk.send_now();
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    if tokio::time::Instant::now() > deadline {
                        tally.damaged("a session that is over goes on");
                        break;
                    }
                }
                waiting.station.proxy.next(BATCH, []);
                self.judge(&mut tally, waiting).await?;
            }
        }
        Ok(tally.close())
    }

    /// A second copy of the app is refused the store. A copy of the whole folder sends the same, and nothing is twice.
    async fn two_copies(&mut self, rounds: u64) -> Outcome<Row> {
        let mut tally = Tally::of("F13 two copies of the app, and of its folder", Promise::Holds);
        for _ in 0..rounds {
            let waiting = self.waiting().await?;
            match waiting.station.second(&waiting.station.folder).await {
                Err(OpenError::InUse) => {}
                Err(error) => tally.damaged(&format!("the second copy is told: {error}")),
                Ok(_) => tally.damaged("two copies have one store"),
            }
            let copy = waiting.station.folder.with_extension("copy");
            copy_folder(&waiting.station.folder, &copy)?;
            let second = waiting.station.second(&copy).await?;
            waiting.station.proxy.always(None);
            start_work(&second).await?;
            second.confirm_recorded().await?;
            // Both at once.
            let deadline = tokio::time::Instant::now() + PATIENCE;
            while ready(&second).await? + ready(&waiting.station.desk).await? > 0 {
                second.send_now();
                waiting.station.desk.send_now();
                tokio::time::sleep(Duration::from_millis(5)).await;
                if tokio::time::Instant::now() > deadline {
                    tally.damaged("two desks with one queue come to no end");
                    break;
                }
            }
            second.close().await;
            drop(second);
            let (folder, key, acked) = self.judge_but_the_store(&mut tally, waiting).await?;
            cold::count_forked(&mut tally, [&folder, &copy], &key, &acked);
        }
        Ok(tally.close())
    }

    /// Signed out at a random moment of sending, and a colleague signs in: nothing goes in the wrong name.
    async fn colleagues(&mut self, cases: u64) -> Outcome<Row> {
        let mut tally = Tally::of("F10 signed out at random moments, a colleague signs in", Promise::Holds);
        let mut halfway = 0;
        for _ in 0..cases {
            let waiting = self.waiting().await?;
            let colleague = ra_user(self.desks + 1);
            waiting.station.proxy.always(None);
            waiting.station.desk.send_now();
            tokio::time::sleep(self.choices.within(Duration::from_millis(25))).await;
            waiting.station.desk.sign_out().await?;
            waiting.station.next.is(&colleague);
            start_work(&waiting.station.desk).await?;
            waiting.station.desk.confirm_recorded().await?;
            waiting.try_for(Duration::from_millis(20)).await;
            let left = waiting.station.desk.snapshot().await?.outbox.other_people;
            halfway += u64::from(left > 0);
            waiting.station.desk.sign_out().await?;
            self.judge(&mut tally, waiting).await?;
        }
        tally.note(format!("in {halfway} of {cases} something still waited when the colleague was at work"));
        Ok(tally.close())
    }
}

impl Waiting {
    /// Tries to send for some time, whatever comes of it.
    async fn try_for(&self, time: Duration) {
        for _ in 0..10 {
            self.station.desk.send_now();
            tokio::time::sleep(time / 10).await;
        }
    }
}

async fn ready(desk: &Desk) -> Outcome<u32> {
    Ok(desk.snapshot().await?.outbox.ready)
}

/// The gateway forgets every session, as when somebody with the power to do so ends them all.
fn end_all_sessions(file: &Path) -> Outcome {
    let file = rusqlite::Connection::open(file)?;
    file.busy_timeout(Duration::from_secs(10))?;
    Ok(file.execute_batch("DELETE FROM tokens")?)
}
