//! Random acts of an RA user and a network, against a reference that is a few dozen lines.
//!
//! The reference knows what the gateway has settled and what the desk must show; after every act the desk's outbox and
//! the reference must say the same, and at the end of each round the gateway's file too. A round is a desk, a handful
//! of people and a few hundred acts, all of them chosen by the seed.
//!
//! Deliberately absent: making a failure smaller. What is printed is the acts that led to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use contract::SubmissionKey;
use desk::{OutboxTab, Status};
use sandbox::fault_proxy::{Answer, Fault};
use tests::Outcome;
use tests::crowd::{Somebody, everybody};
use tests::journey::start_work;
use tests::practice::Practice;

use crate::Run;
use crate::cold;
use crate::seed::Choices;
use crate::station::{BATCH, Station, WrongClock, ra_user};
use crate::table::{Promise, Row, Tally};

const PEOPLE: usize = 6_000;
/// How many people a round is about. Few, so that they are recorded again and again.
const A_ROUND_OF: usize = 6;
/// How many of them a session has read: the gateway lets nobody read more than six a second.
const READ_AT_ONCE: usize = 3;
const ACTS_A_ROUND: u64 = 120;
/// One world has people for so many rounds.
const ROUNDS_A_WORLD: u64 = 200;
const PATIENCE: Duration = Duration::from_secs(30);
/// More attempts than anybody makes before the next act.
const EVER: usize = 100_000;

/// The model.
pub async fn run(run: &Run, rows: &mut Vec<Row>) -> Outcome {
    let mut choices = run.seed.choices("model");
    let mut tally = Tally::of("random acts against a reference queue", Promise::Holds);
    let mut rounds = run.count(15, 8_400);
    // What is kept in memory is written at once: here it is about what is done, not about the disk.
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let mut registered = 0;
    while rounds > 0 {
        let practice = Practice::start_of(PEOPLE).await?;
        let mut crowd = everybody(PEOPLE).into_iter();
        for _ in 0..rounds.min(ROUNDS_A_WORLD) {
            rounds -= 1;
            let people: Vec<Somebody> = crowd.by_ref().take(A_ROUND_OF).collect();
            let at = folder.path().join(rounds.to_string());
            std::fs::create_dir(&at)?;
            let mut round = Round::begin(&practice, at.join("desk"), people, usize::try_from(rounds)?).await?;
            let went = round.play(&mut tally, &mut choices).await;
            if let Err(error) = went {
                tally.damaged(&format!("{error}; the acts: {}", round.acts.join(" ")));
            }
            registered += round.end(&mut tally, &practice).await?;
            std::fs::remove_dir_all(&at)?;
        }
    }
    tally.note(format!("a case is an act; {registered} people were registered in the end, each once"));
    rows.push(tally.close());
    Ok(())
}

/// What the reference knows of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    whom: usize,
    status: Status,
    unsettled: bool,
    withdrawal_requested: bool,
}

/// What the gateway settled a key as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    Registered,
    Refused,
    Withdrawn,
}

/// The reference: no time, no disk, no network.
#[derive(Default)]
struct Reference {
    submissions: BTreeMap<SubmissionKey, Known>,
    settled: BTreeMap<SubmissionKey, Settled>,
    /// Who is registered.
    registered: BTreeSet<usize>,
}

impl Reference {
    /// The gateway gets everything that may be sent, in order. What it says arrives, or does not.
    fn send(&mut self, arrives: bool) {
        for (key, known) in &mut self.submissions {
            if known.status != Status::ReadyToSend || known.withdrawal_requested {
                continue;
            }
            let registered = &mut self.registered;
            let settled = *self
                .settled
                .entry(*key)
                .or_insert_with(|| if registered.insert(known.whom) { Settled::Registered } else { Settled::Refused });
            known.unsettled = true;
            if arrives {
                known.take(settled);
            }
        }
    }

    /// It is tried, and the gateway gets nothing.
    fn try_in_vain(&mut self) {
        for known in self.submissions.values_mut() {
            known.unsettled |= known.status == Status::ReadyToSend && !known.withdrawal_requested;
        }
    }

    /// The gateway settles what is to be taken back.
    fn settle(&mut self) {
        for (key, known) in &mut self.submissions {
            if known.status == Status::ReadyToSend && known.withdrawal_requested {
                let settled = *self.settled.entry(*key).or_insert(Settled::Withdrawn);
                known.take(settled);
            }
        }
    }

    fn withdraw(&mut self, key: SubmissionKey) {
        let Some(known) = self.submissions.get_mut(&key) else { return };
        match known.status {
            Status::ReadyToSend if known.unsettled => known.withdrawal_requested = true,
            Status::ReadyToSend | Status::NeedsAttention => known.status = Status::Withdrawn,
            _ => {}
        }
    }

    fn ready(&self) -> bool {
        self.submissions.values().any(|known| known.status == Status::ReadyToSend && !known.withdrawal_requested)
    }
}

impl Known {
    /// What the gateway settled arrives.
    fn take(&mut self, settled: Settled) {
        self.status = match settled {
            Settled::Registered => Status::WaitingForThem,
            Settled::Refused if !self.withdrawal_requested => Status::NeedsAttention,
            Settled::Refused | Settled::Withdrawn => Status::Withdrawn,
        };
        (self.unsettled, self.withdrawal_requested) = (false, false);
    }
}

struct Round {
    station: Option<Station>,
    reference: Reference,
    people: Vec<Somebody>,
    user: String,
    colleague: String,
    acts: Vec<String>,
    /// How many acts came before this session.
    signed_in_at: usize,
}

impl Round {
    async fn begin(practice: &Practice, folder: PathBuf, people: Vec<Somebody>, turn: usize) -> Outcome<Self> {
        let (user, colleague) = (ra_user(turn), ra_user(turn + 1));
        let key = folder.with_extension("key");
        let station = Station::open(practice.layout(), &folder, &key, &user).await?;
        let reference = Reference::default();
        let mut round =
            Self { station: Some(station), reference, people, user, colleague, acts: Vec::new(), signed_in_at: 0 };
        round.read_and_go_offline().await?;
        Ok(round)
    }

    fn station(&self) -> Outcome<&Station> {
        self.station.as_ref().ok_or_else(|| "the desk did not open again".into())
    }

    async fn play(&mut self, tally: &mut Tally, choices: &mut Choices) -> Outcome {
        for _ in 0..ACTS_A_ROUND {
            tally.case();
            let chosen = choices.below(100);
            let act = match chosen {
                0..50 => self.record(choices).await?,
                50..75 => self.withdraw(choices).await?,
                75..93 => self.attempt(choices).await?,
                93..98 => {
                    self.send_everything().await?;
                    "send".to_owned()
                }
                98 => self.restart().await?,
                _ => self.colleague().await?,
            };
            // A new one changes no other.
            let all = !act.starts_with("record");
            self.acts.push(act);
            if all {
                self.compare().await?;
            }
        }
        Ok(())
    }

    async fn record(&mut self, choices: &mut Choices) -> Outcome<String> {
        let whom = self.read_of(usize::try_from(choices.below(READ_AT_ONCE as u64))?);
        let key = self.station()?.record(&self.people[whom]).await?;
        let known = Known { whom, status: Status::ReadyToSend, unsettled: false, withdrawal_requested: false };
        self.reference.submissions.insert(key, known);
        Ok(format!("record {whom}"))
    }

    async fn withdraw(&mut self, choices: &mut Choices) -> Outcome<String> {
        if self.reference.submissions.is_empty() {
            return Ok("nothing".to_owned());
        }
        let at = usize::try_from(choices.below(self.reference.submissions.len() as u64))?;
        let Some(key) = self.reference.submissions.keys().nth(at).copied() else { return Ok(String::new()) };
        // What cannot be taken back any more is refused, and stays as it is.
        _ = self.station()?.desk.withdraw(key).await;
        self.reference.withdraw(key);
        Ok(format!("withdraw {at}"))
    }

    /// The network is there for one attempt, on which something happens.
    async fn attempt(&mut self, choices: &mut Choices) -> Outcome<String> {
        let page =
            Answer { status: 200, headers: vec![("Content-Type", "text/html".to_owned())], body: "hi".to_owned() };
        let faults = [
            (Fault::CutAfter, true),
            (Fault::HalfReply, true),
            (Fault::CutBefore, false),
            (Fault::Reset, false),
            (Fault::HalfRequest, false),
            (Fault::Answer(page), false),
        ];
        let (fault, arrived) = faults[usize::try_from(choices.below(faults.len() as u64))?].clone();
        let act = match &fault {
            Fault::Answer(_) => "attempt Page".to_owned(),
            fault => format!("attempt {fault:?}"),
        };
        self.reference.settle();
        let sends = self.reference.ready();
        if sends && arrived {
            self.reference.send(false);
        } else if sends {
            self.reference.try_in_vain();
        }
        let station = self.station()?;
        let after = std::iter::repeat_n(Fault::CutBefore, EVER);
        station.proxy.next(BATCH, std::iter::once(fault).chain(after));
        station.proxy.always(None);
        soon("the attempt was made", || async {
            station.desk.send_now();
            let made = !sends || station.proxy.left() < EVER;
            let outbox = station.desk.outbox(OutboxTab::Ready).await.ok()?.submissions;
            let rests = outbox.iter().all(|s| s.status == Status::ReadyToSend && !s.withdrawal_requested);
            (made && rests && outbox.iter().all(|s| s.unsettled)).then_some(())
        })
        .await?;
        self.go_offline().await?;
        Ok(act)
    }

    async fn send_everything(&mut self) -> Outcome {
        self.reference.settle();
        self.reference.send(true);
        let station = self.station()?;
        station.proxy.next(BATCH, []);
        station.proxy.always(None);
        if !station.settle(PATIENCE).await? {
            return Err("what was recorded still waits".into());
        }
        self.go_offline().await
    }

    async fn restart(&mut self) -> Outcome<String> {
        let Some(station) = self.station.take() else { return Err("no desk".into()) };
        station.proxy.always(None);
        self.station = Some(station.restart().await?);
        self.after_signing_in().await?;
        Ok("restart".to_owned())
    }

    /// A colleague comes, sees nothing of it, sends nothing of it, and goes.
    async fn colleague(&mut self) -> Outcome<String> {
        let station = self.station()?;
        station.desk.sign_out().await?;
        station.next.is(&self.colleague);
        station.proxy.always(None);
        start_work(&station.desk).await?;
        station.desk.confirm_recorded().await?;
        let snapshot = station.desk.snapshot().await?;
        let waiting = self.reference.submissions.values().filter(|known| known.status == Status::ReadyToSend).count();
        if snapshot.outbox.ready > 0 || snapshot.outbox.other_people as usize != waiting {
            return Err(format!("a colleague sees {:?} and {waiting} wait", snapshot.outbox).into());
        }
        station.desk.send_now();
        station.desk.sign_out().await?;
        station.next.is(&self.user);
        start_work(&station.desk).await?;
        self.after_signing_in().await?;
        Ok("colleague".to_owned())
    }

    async fn after_signing_in(&mut self) -> Outcome {
        self.station()?.desk.confirm_recorded().await?;
        self.send_everything().await?;
        self.read_and_go_offline().await
    }

    /// Reads some profiles, which is only done where nothing waits to be sent.
    async fn read_and_go_offline(&mut self) -> Outcome {
        self.signed_in_at = self.acts.len();
        let station = self.station()?;
        station.proxy.always(None);
        for place in 0..READ_AT_ONCE {
            station.read(&self.people[self.read_of(place)]).await?;
        }
        self.go_offline().await
    }

    /// Who was read in this session.
    fn read_of(&self, place: usize) -> usize {
        (self.signed_in_at + place) % self.people.len()
    }

    /// The network goes, and the desk has seen it: what is recorded now is not tried.
    async fn go_offline(&self) -> Outcome {
        let station = self.station()?;
        station.proxy.always(Some(Fault::CutBefore));
        // Nothing that was let through comes back later and says that there is a network.
        soon("nothing is on its way", || async { (station.proxy.under_way() == 0).then_some(()) }).await?;
        tokio::time::sleep(Duration::from_millis(5)).await;
        soon("the desk is offline", || async {
            _ = station.desk.profile(self.people[0].0.clone()).await;
            let snapshot = station.desk.snapshot().await.ok()?;
            let rests = !matches!(snapshot.sync, desk::SyncNow::Sending { .. });
            (rests && matches!(snapshot.network, desk::Network::Offline { .. })).then_some(())
        })
        .await
    }

    /// The desk shows what the reference says.
    async fn compare(&self) -> Outcome {
        let station = self.station()?;
        for (key, known) in &self.reference.submissions {
            let shown = station.desk.submission(*key).await?;
            let shown = (shown.status, shown.unsettled, shown.withdrawal_requested);
            if shown != (known.status, known.unsettled, known.withdrawal_requested) {
                return Err(format!("{key} is shown as {shown:?} and is {known:?}").into());
            }
        }
        Ok(())
    }

    /// Everything is sent, and the gateway's file says what the reference says.
    async fn end(mut self, tally: &mut Tally, practice: &Practice) -> Outcome<usize> {
        self.send_everything().await?;
        if let Err(error) = self.compare().await {
            tally.damaged(&format!("{error}; the acts: {}", self.acts.join(" ")));
        }
        let Some(station) = self.station.take() else { return Ok(0) };
        let (folder, key) = station.close().await;
        for (whom, (uuid, _)) in self.people.iter().enumerate() {
            let here = practice.count(&format!("SELECT count(*) FROM registrations WHERE uuid = '{uuid}'"))?;
            let expected = i64::from(self.reference.registered.contains(&whom));
            tally.twice(usize::try_from((here - expected).max(0))?, "registered more often than recorded");
            tally.lost(usize::try_from((expected - here).max(0))?, "recorded, sent and not registered");
        }
        let acked = self.reference.submissions.keys().map(ToString::to_string).collect();
        cold::count(tally, &folder, &key, &acked);
        let desk =
            crate::station::open(&practice.layout().desk_settings, &folder, &key, "", WrongClock::right()).await?;
        if !desk.audit_is_whole() {
            tally.damaged("the audit's chain is broken");
        }
        desk.close().await;
        Ok(self.reference.registered.len())
    }
}

/// Looks again and again, without the pauses that a test with a window can take.
async fn soon<F: Future<Output = Option<()>>>(what: &str, mut look: impl FnMut() -> F) -> Outcome {
    let found = tokio::time::timeout(PATIENCE, async {
        while look().await.is_none() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    found.await.map_err(|_| format!("{what}: not in time").into())
}
