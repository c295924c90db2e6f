//! A network that does every harm it can, between a desk that sends and the real gateway.
//!
//! Each case records some registrations, makes one fault on the way while they are sent, and lets things take their
//! course. In the end each person is registered exactly once, nothing needs attention that was not refused, and the
//! desk's own store says the same as the gateway's file.
//!
//! The controls take the safeguards away: a gateway that forgets what it settled, without its natural key; and a
//! client that tries again under a new key.

use std::path::Path;
use std::time::Duration;

use contract::{FaultCode, OperationOutcome, SubmissionKey};
use desk::Status;
use sandbox::fault_proxy::{Answer, Fault};
use tests::Outcome;
use tests::crowd::{Somebody, everybody};
use tests::practice::{Practice, until};

use crate::Run;
use crate::cold;
use crate::station::{BATCH, Station, ra_user};
use crate::table::{Promise, Row, Tally};

/// How many people live in the world of the short run; about a quarter of them can be registered.
const PEOPLE: u64 = 4_000;
/// How long a case may take: longer than a call at most, and than the longest pause by itself.
const PATIENCE: Duration = Duration::from_secs(75);
/// What a pause that the gateway asked for is at most.
const LONGEST_ASKED: Duration = Duration::from_secs(15 * 60);

/// A fault with its name, and how many times it is made in a row.
type Case = (&'static str, Vec<Fault>);

/// Every fault, the partition, and the controls.
pub async fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let people = usize::try_from(run.count(PEOPLE, 5 * PEOPLE))?;
    let mut bench = Bench {
        practice: Practice::start_of(people).await?,
        crowd: everybody(people).into_iter(),
        desks: 0,
        together: usize::try_from(run.count(3, 5))?,
    };
    let rounds = run.count(3, 20);
    for (name, faults) in on_the_way(run) {
        let mut tally = Tally::of(name, Promise::Holds);
        // Those that wait are made once in the short run.
        let waits = matches!(faults[..], [Fault::HalfOpen | Fault::Trickle(_) | Fault::Late(_)]);
        for _ in 0..if waits { run.count(1, 5) } else { rounds } {
            bench.case(&mut tally, &faults).await?;
        }
        rows.push(tally.close());
    }
    rows.push(bench.withdrawals(rounds).await?);
    rows.push(bench.refused_connections(rounds).await?);
    rows.push(bench.interception(rounds).await?);
    rows.push(bench.retry_after(run).await?);
    rows.push(bench.partition(run).await?);
    rows.extend(bench.controls().await?);
    Ok(())
}

fn on_the_way(run: &Run) -> Vec<Case> {
    let page = |status| {
        let headers = vec![("Content-Type", "text/html; charset=utf-8".to_owned())];
        Fault::Answer(Answer { status, headers, body: "<h1>Welcome to our network</h1>".to_owned() })
    };
    let json = |status, body: &str| {
        let headers = vec![("Content-Type", "application/json".to_owned())];
        Fault::Answer(Answer { status, headers, body: body.to_owned() })
    };
    let receipt =
        r#"{"receipt":{"request_id":"00000000-0000-4000-8000-000000000000","at":"2026-01-01T00:00:00Z"},"results":[]}"#;
    let mut cases = vec![
        ("F9 reset", vec![Fault::Reset; 2]),
        ("F9 cut before the request", vec![Fault::CutBefore; 2]),
        ("F9 half of the request", vec![Fault::HalfRequest; 2]),
        ("F5 cut after the commit, before the reply", vec![Fault::CutAfter; 3]),
        ("F5 half of the reply", vec![Fault::HalfReply; 2]),
        ("F9 trickle, byte by byte", vec![Fault::Trickle(Duration::from_millis(1))]),
        ("F9 half-open after the commit", vec![Fault::HalfOpen]),
        ("F9 captive portal: 200 and a page", vec![page(200), page(200), page(302)]),
        ("F9 200 and JSON that is not the gateway's", vec![json(200, r#"{"hello":"world"}"#), json(200, receipt)]),
        ("F12 500 and 502 from something in front", vec![page(500), page(502), page(504)]),
    ];
    let late = Duration::from_secs(run.count(3, 29));
    cases.push(("F9 late by 3 s (29 s in the long run)", vec![Fault::Late(late)]));
    if run.full {
        // Later than a call may be: the answer is lost though it comes.
        cases.push(("F9 late by 35 s, after the call was given up", vec![Fault::Late(Duration::from_secs(35))]));
    }
    cases
}

struct Bench {
    practice: Practice,
    crowd: std::vec::IntoIter<Somebody>,
    desks: usize,
    together: usize,
}

/// A desk at work that has read some people's profiles.
struct AtWork {
    station: Station,
    people: Vec<Somebody>,
}

impl Bench {
    async fn at_work(&mut self, how_many: usize) -> Outcome<AtWork> {
        self.desks += 1;
        let folder = self.practice.data_dir(&format!("desk-{}", self.desks));
        let key = folder.with_extension("key");
        let station = Station::open(self.practice.layout(), &folder, &key, &ra_user(self.desks)).await?;
        let people: Vec<Somebody> = self.crowd.by_ref().take(how_many).collect();
        if people.len() < how_many {
            return Err("there are not enough people".into());
        }
        for somebody in &people {
            station.read(somebody).await?;
        }
        Ok(AtWork { station, people })
    }

    /// Some registrations, the faults on their way, and what became of them.
    async fn case(&mut self, tally: &mut Tally, faults: &[Fault]) -> Outcome {
        let at_work = self.at_work(self.together).await?;
        at_work.station.proxy.next(BATCH, faults.iter().cloned());
        let keys = at_work.record_all().await?;
        let people = at_work.people.clone();
        self.judge(tally, at_work, &keys, faults.len()).await?;
        // Whoever was registered before its answer was lost is told so, and not that somebody was there first.
        let mut again = 0;
        for (uuid, _) in &people {
            let answered = |result: &str| {
                let sql = "SELECT count(*) FROM audit WHERE action = 'register'";
                self.practice.count(&format!("{sql} AND whom = '{uuid}' AND result {result}"))
            };
            again += answered("= 'registered before'")?;
            if answered("NOT LIKE 'registered%'")? > 0 {
                tally.damaged("a repetition was refused");
            }
        }
        let committed = matches!(faults[0], Fault::CutAfter | Fault::HalfReply | Fault::HalfOpen);
        if committed && again == 0 {
            tally.damaged("a repetition was not answered as the first time");
        }
        Ok(())
    }

    async fn judge(&self, tally: &mut Tally, at_work: AtWork, keys: &[SubmissionKey], faults: usize) -> Outcome {
        tally.case();
        let AtWork { station, people } = at_work;
        if !station.settle(PATIENCE).await? {
            tally.damaged("what was recorded still waits");
        }
        if station.proxy.left() > 0 {
            tally.damaged(&format!("{} of {faults} faults were never met", station.proxy.left()));
        }
        let counts = station.desk.snapshot().await?.outbox;
        if counts.attention > 0 {
            tally.damaged(&format!("{} need attention", counts.attention));
        }
        let (folder, key) = station.close().await;
        self.compare(tally, &people)?;
        let acked = keys.iter().map(ToString::to_string).collect();
        let Some(cold) = cold::count(tally, &folder, &key, &acked) else { return Ok(()) };
        for (key, status) in cold.submissions {
            if status != "waiting_for_them" {
                tally.damaged(&format!("{key} is {status} and registered"));
            }
        }
        Ok(())
    }

    /// What the gateway's own file says of these people.
    fn compare(&self, tally: &mut Tally, people: &[Somebody]) -> Outcome {
        for (uuid, _) in people {
            let here = self.practice.count(&format!("SELECT count(*) FROM registrations WHERE uuid = '{uuid}'"))?;
            match here {
                1 => {}
                0 => tally.lost(1, "the gateway does not know somebody who was recorded"),
                more => tally.twice(usize::try_from(more - 1)?, "somebody is registered more than once"),
            }
        }
        Ok(())
    }

    /// Taken back while nobody knows what became of it, and the answer to that is lost too: what the desk shows in the
    /// end is what the gateway did.
    async fn withdrawals(&mut self, rounds: u64) -> Outcome<Row> {
        let mut tally = Tally::of("F5 taken back while its outcome is unknown, both answers lost", Promise::Holds);
        for _ in 0..rounds {
            for (first, registered) in [(Fault::CutAfter, 1), (Fault::CutBefore, 0)] {
                let at_work = self.at_work(1).await?;
                let (station, (uuid, _)) = (&at_work.station, &at_work.people[0]);
                // It stays unknown: every further attempt is lost.
                station.proxy.next(BATCH, std::iter::once(first).chain(std::iter::repeat_n(Fault::CutBefore, 10_000)));
                let key = station.record(&at_work.people[0]).await?;
                until("it was sent", || async { station.desk.submission(key).await.ok().filter(|s| s.unsettled) })
                    .await?;
                station.proxy.next(&format!("/v1/submissions/{key}/cancel"), [Fault::CutAfter]);
                let asked = station.desk.withdraw(key).await?;
                tally.case();
                if !asked.withdrawal_requested && asked.status == Status::ReadyToSend {
                    tally.damaged("neither taken back nor asked to be");
                }
                if !station.settle(PATIENCE).await? {
                    tally.damaged("what was taken back still waits");
                }
                let shown = station.desk.submission(key).await?.status;
                let here = self.practice.count(&format!("SELECT count(*) FROM registrations WHERE uuid = '{uuid}'"))?;
                let expected = if registered == 1 { Status::WaitingForThem } else { Status::Withdrawn };
                if shown != expected || here != registered {
                    tally.damaged(&format!("shown as {shown:?}, and the gateway has {here} of them"));
                }
                tally.twice(usize::try_from((here - registered).max(0))?, "registered though it was taken back");
                at_work.station.close().await;
            }
        }
        Ok(tally.close())
    }

    async fn refused_connections(&mut self, rounds: u64) -> Outcome<Row> {
        let mut tally = Tally::of("F9 refused, and back", Promise::Holds);
        for _ in 0..rounds {
            let mut at_work = self.at_work(self.together).await?;
            at_work.station.proxy.go_away().await;
            let keys = at_work.record_all().await?;
            at_work.stays_for(&mut tally, Duration::from_millis(500)).await?;
            at_work.station.proxy.come_back().await?;
            self.judge(&mut tally, at_work, &keys, 0).await?;
        }
        Ok(tally.close())
    }

    async fn interception(&mut self, rounds: u64) -> Outcome<Row> {
        let mut tally = Tally::of("F9 TLS interception", Promise::Holds);
        for _ in 0..rounds {
            let at_work = self.at_work(self.together).await?;
            at_work.station.proxy.intercept(true);
            let keys = at_work.record_all().await?;
            at_work.stays_for(&mut tally, Duration::from_millis(500)).await?;
            let (tried, told) = at_work.station.proxy.came_by().intercepted;
            if tried == 0 || told > 0 {
                tally.damaged(&format!("{tried} connections to a stranger, who was told {told} requests"));
            }
            at_work.station.proxy.intercept(false);
            self.judge(&mut tally, at_work, &keys, 0).await?;
        }
        Ok(tally.close())
    }

    /// Every kind of `Retry-After`: obeyed where it can be, bounded, and never a reason to give up.
    async fn retry_after(&mut self, run: &Run) -> Outcome<Row> {
        let mut tally = Tally::of("F8 429 and 503 with every kind of Retry-After", Promise::Holds);
        let date = |seconds: i64| {
            let clock = desk::SystemClock::start();
            let then = desk::Clock::now(&clock) + jiff::SignedDuration::from_secs(seconds);
            then.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
        };
        // What is asked, and how long nothing may be sent for it.
        let (short, none) = (Duration::from_secs(2), Duration::ZERO);
        let says = |value: &str| Asked::Says(value.to_owned());
        let kinds: Vec<(Asked, Duration)> = vec![
            (says("2"), short),
            (Asked::UntilIn(3), short),
            (says("0"), none),
            (Asked::UntilIn(-3600), none),
            (says("-5"), none),
            (says("soon"), none),
            (says("1e9"), none),
            (Asked::Nothing, none),
            (says("99999999999"), LONGEST_ASKED),
            (says("Thu, 31 Dec 9998 23:59:59 GMT"), LONGEST_ASKED),
            // No clock here knows that day: it is as good as nothing said.
            (says("Fri, 31 Dec 9999 23:59:59 GMT"), none),
            (says("18446744073709551616"), none),
        ];
        for (turn, (asked, pause)) in kinds.into_iter().enumerate() {
            for (status, ours) in [(429, true), (503, true), (429, false), (503, false)] {
                // The short run makes one of the four of each kind, in turn.
                if !run.full && turn % 4 != usize::from(status == 503) + 2 * usize::from(ours) {
                    continue;
                }
                let at_work = self.at_work(1).await?;
                // A date is one of the time at which it is said.
                let value = match &asked {
                    Asked::Says(value) => Some(value.clone()),
                    Asked::UntilIn(seconds) => Some(date(*seconds)),
                    Asked::Nothing => None,
                };
                at_work.station.proxy.next(BATCH, [busy(status, ours, value.as_deref())]);
                let keys = at_work.record_all().await?;
                at_work.keeps_the_pause(&mut tally, pause).await?;
                self.judge(&mut tally, at_work, &keys, 1).await?;
            }
        }
        Ok(tally.close())
    }

    /// The network goes while a whole batch is in flight, before and after the gateway has it.
    async fn partition(&mut self, run: &Run) -> Outcome<Row> {
        let in_flight = usize::try_from(run.count(60, 200))?;
        let mut tally = Tally::of(format!("F9 partition, a batch of {in_flight} in flight"), Promise::Holds);
        for cut in [Fault::CutAfter, Fault::HalfRequest] {
            let at_work = self.at_work(in_flight).await?;
            // All of them in one batch.
            at_work.station.proxy.always(Some(Fault::Reset));
            let keys = at_work.record_all().await?;
            at_work.station.proxy.next(BATCH, [cut.clone(), cut]);
            at_work.station.proxy.always(None);
            self.judge(&mut tally, at_work, &keys, 2).await?;
        }
        tally.note(format!("{in_flight} recorded offline; the first two attempts to send them are cut"));
        Ok(tally.close())
    }

    /// What must fail, so that the rest is believed.
    async fn controls(mut self) -> Outcome<Vec<Row>> {
        let mut rows = Vec::new();
        rows.push(self.new_keys().await?);

        // The gateway forgets each key as soon as it has settled it. What else it knows still stops a second one.
        let file = self.practice.layout().dir.join("gateway.sqlite3");
        change(&file, FORGETS)?;
        let mut tally = Tally::of("F17 the gateway forgets its keys: the natural key stops it", Promise::Holds);
        let at_work = self.at_work(self.together).await?;
        at_work.station.proxy.next(BATCH, [Fault::CutAfter]);
        at_work.record_all().await?;
        tally.case();
        if !at_work.station.settle(PATIENCE).await? {
            tally.damaged("what was recorded still waits");
        }
        self.compare(&mut tally, &at_work.people)?;
        let counts = at_work.station.desk.snapshot().await?.outbox;
        tally.note(format!("{} of {} are shown as already done", counts.attention, at_work.people.len()));
        at_work.station.close().await;
        rows.push(tally.close());

        // And without the natural key: nothing is left that could stop it.
        change(&file, WITHOUT_THE_NATURAL_KEY)?;
        let mut tally = Tally::of("control: a forgetful gateway without its natural key", Promise::MustDouble);
        let at_work = self.at_work(self.together).await?;
        at_work.station.proxy.next(BATCH, [Fault::CutAfter]);
        at_work.record_all().await?;
        tally.case();
        at_work.station.settle(PATIENCE).await?;
        self.compare(&mut tally, &at_work.people)?;
        at_work.station.close().await;
        rows.push(tally.close());

        rows.push(self.new_keys_unstopped().await?);
        Ok(rows)
    }

    /// A desk that tries again under a new key, at the gateway as it is.
    async fn new_keys(&mut self) -> Outcome<Row> {
        let mut tally = Tally::of("F17 tried again under a new key: the natural key stops it", Promise::Holds);
        self.again_under_a_new_key(&mut tally).await?;
        Ok(tally.close())
    }

    /// The same at a gateway without its natural key.
    async fn new_keys_unstopped(&mut self) -> Outcome<Row> {
        let mut tally = Tally::of("control: tried again under a new key, no natural key", Promise::MustDouble);
        self.again_under_a_new_key(&mut tally).await?;
        Ok(tally.close())
    }

    /// What a desk would do that made a new key at each attempt: the same registration is recorded anew when its
    /// answer is lost.
    async fn again_under_a_new_key(&mut self, tally: &mut Tally) -> Outcome {
        let at_work = self.at_work(1).await?;
        at_work.record_all().await?;
        at_work.station.settle(PATIENCE).await?;
        at_work.record_all().await?;
        at_work.station.settle(PATIENCE).await?;
        tally.case();
        self.compare(tally, &at_work.people)?;
        at_work.station.close().await;
        Ok(())
    }
}

/// What somebody who is busy says about when to come back.
enum Asked {
    Says(String),
    /// A date, so many seconds from now.
    UntilIn(i64),
    Nothing,
}

impl AtWork {
    async fn record_all(&self) -> Outcome<Vec<SubmissionKey>> {
        let mut keys = Vec::new();
        for somebody in &self.people {
            keys.push(self.station.record(somebody).await?);
        }
        Ok(keys)
    }

    /// Nothing is taken for sent in this time, though it is tried.
    async fn stays_for(&self, tally: &mut Tally, time: Duration) -> Outcome {
        for _ in 0..5 {
            self.station.desk.send_now();
            tokio::time::sleep(time / 5).await;
        }
        let counts = self.station.desk.snapshot().await?.outbox;
        if counts.ready as usize != self.people.len() {
            tally.damaged(&format!("{counts:?} though nobody could be reached"));
        }
        Ok(())
    }

    /// The gateway asked for a pause: nothing is sent before it is over, and no fault makes it longer than it may be.
    async fn keeps_the_pause(&self, tally: &mut Tally, pause: Duration) -> Outcome {
        let met = tokio::time::timeout(PATIENCE, async {
            while self.station.proxy.left() > 0 {
                self.station.desk.send_now();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        if met.await.is_err() {
            tally.damaged("nothing was sent");
        }
        let sent = || self.station.proxy.came_by().requests.iter().filter(|path| *path == BATCH).count();
        let before = sent();
        if pause >= Duration::from_secs(1) {
            for _ in 0..10 {
                self.station.desk.send_now();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            if sent() > before {
                tally.damaged("a pause the gateway asked for was not kept");
            }
        }
        // A session does not last through fifteen minutes without input.
        let mut left = pause;
        while left > Duration::ZERO {
            let step = left.min(Duration::from_secs(300));
            self.station.desk.touch().await?;
            self.station.clock.pass(step);
            self.station.desk.touch().await?;
            left -= step;
        }
        Ok(())
    }
}

/// Somebody is busy: the gateway itself, in its own words, or a machine in front of it.
pub fn busy(status: u16, ours: bool, retry_after: Option<&str>) -> Fault {
    let (kind, body) = if ours {
        let code = if status == 429 { FaultCode::TooManyRequests } else { FaultCode::Busy };
        let body = serde_json::to_string(&OperationOutcome::of(code, "too many calls at once")).unwrap_or_default();
        ("application/fhir+json", body)
    } else {
        ("text/html", "<h1>Busy</h1>".to_owned())
    };
    let mut headers = vec![("Content-Type", kind.to_owned())];
    headers.extend(retry_after.map(|value| ("Retry-After", value.to_owned())));
    Fault::Answer(Answer { status, headers, body })
}

/// An idempotency store that forgets: each key as soon as it is settled, in both places where it stands.
const FORGETS: &str = "
    CREATE TRIGGER forgets AFTER INSERT ON submissions
    BEGIN DELETE FROM submissions WHERE key = NEW.key; END;
    CREATE TRIGGER forgets_too AFTER INSERT ON registrations
    BEGIN UPDATE registrations SET key = substr(key, 1, 24) || lower(hex(randomblob(6))) WHERE id = NEW.id; END;";

/// The account is not known to be on the profile, by no check and no index.
const WITHOUT_THE_NATURAL_KEY: &str = "
    DROP INDEX one_account_once_a_profile;
    DROP INDEX one_account_one_profile;
    CREATE TRIGGER no_natural_key AFTER INSERT ON registrations
    BEGIN UPDATE authenticators SET removed_at = 0 WHERE id = NEW.authenticator; END;";

/// Changes the running gateway's own file.
fn change(file: &Path, sql: &str) -> Outcome {
    let file = rusqlite::Connection::open(file)?;
    file.busy_timeout(Duration::from_secs(10))?;
    Ok(file.execute_batch(sql)?)
}
