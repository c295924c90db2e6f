//! A desk, a handful of people, and a list of acts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use desk::{OutboxTab, Status, Submission};
use sandbox::fault_proxy::{Answer, Fault};
use tests::Outcome;
use tests::crowd::Somebody;
use tests::journey::start_work;
use tests::practice::Practice;

use super::reference::Reference;
use crate::cold;
use crate::station::{BATCH, Station, ra_user};

/// How many people a round is about. Few, so that they are recorded again and again.
pub const A_ROUND_OF: usize = 6;
/// How many of them a session has read: the gateway lets nobody read more than six a second.
pub const READ_AT_ONCE: usize = 3;
const PATIENCE: Duration = Duration::from_secs(20);
/// More attempts than anybody makes before the next act: one takes a few milliseconds.
const EVER: usize = 5_000;

/// What somebody does, or what happens to them. A number that is larger than there is begins anew.
#[derive(Debug, Clone)]
pub enum Act {
    /// Records somebody, without a network.
    Record(usize),
    /// Takes one back.
    Withdraw(usize),
    /// The network is there for one attempt, and this happens to it.
    Attempt(Bad),
    /// The network is there until all is sent.
    Send,
    /// RA Desk is started again.
    Restart,
    /// A colleague comes and goes.
    Colleague,
}

/// What happens to an attempt.
#[derive(Debug, Clone, Copy)]
pub enum Bad {
    /// The gateway has done it, and the answer is lost.
    CutAfter,
    /// Half of the answer comes.
    HalfReply,
    /// The gateway never sees it.
    CutBefore,
    /// Nor then.
    Reset,
    /// It gets half of it.
    HalfRequest,
    /// Somebody else answers.
    Page,
}

impl Bad {
    fn fault(self) -> Fault {
        match self {
            Self::CutAfter => Fault::CutAfter,
            Self::HalfReply => Fault::HalfReply,
            Self::CutBefore => Fault::CutBefore,
            Self::Reset => Fault::Reset,
            Self::HalfRequest => Fault::HalfRequest,
            Self::Page => Fault::Answer(Answer {
                status: 200,
                headers: vec![("Content-Type", "text/html".to_owned())],
                body: "hi".to_owned(),
            }),
        }
    }

    const fn arrives(self) -> bool {
        matches!(self, Self::CutAfter | Self::HalfReply)
    }
}

/// A round.
pub struct Round {
    station: Option<Station>,
    reference: Reference,
    people: Vec<Somebody>,
    user: String,
    colleague: String,
    /// Acts that are done.
    done: usize,
    /// How many acts came before this session.
    signed_in_at: usize,
}

impl Round {
    /// A desk with a new store in that folder.
    pub async fn begin(practice: &Practice, at: &Path, people: Vec<Somebody>, turn: usize) -> Outcome<Self> {
        let (user, colleague) = (ra_user(turn), ra_user(turn + 1));
        let station = Station::open(practice.layout(), &at.join("desk"), &at.join("desk.key"), &user).await?;
        let reference = Reference::default();
        let mut round = Self { station: Some(station), reference, people, user, colleague, done: 0, signed_in_at: 0 };
        round.read_and_go_offline().await?;
        Ok(round)
    }

    fn station(&self) -> Outcome<&Station> {
        self.station.as_ref().ok_or_else(|| "the desk did not open again".into())
    }

    /// Does one act. Afterwards the desk shows what the reference says.
    pub async fn act(&mut self, act: &Act) -> Outcome {
        match act {
            Act::Record(whom) => {
                let whom = self.read_of(whom % READ_AT_ONCE);
                let key = self.station()?.record(&self.people[whom]).await?;
                self.reference.record(key, whom);
            }
            Act::Withdraw(number) => {
                if let Some(key) = self.reference.one(*number) {
                    // What cannot be taken back any more is refused, and stays as it is.
                    _ = self.station()?.desk.withdraw(key).await;
                    self.reference.withdraw(key);
                }
            }
            Act::Attempt(bad) => self.attempt(*bad).await?,
            Act::Send => self.send_everything().await?,
            Act::Restart => {
                let Some(station) = self.station.take() else { return Err("no desk".into()) };
                station.proxy.always(None);
                self.station = Some(station.restart().await?);
                self.after_signing_in().await?;
            }
            Act::Colleague => self.colleague().await?,
        }
        self.done += 1;
        // A new one changes no other.
        if matches!(act, Act::Record(_)) { Ok(()) } else { self.compare().await }
    }

    async fn attempt(&mut self, bad: Bad) -> Outcome {
        self.reference.settle();
        let sends = self.reference.ready();
        if sends && bad.arrives() {
            self.reference.send(false);
        } else if sends {
            self.reference.try_in_vain();
        }
        let station = self.station()?;
        let after = std::iter::repeat_n(Fault::CutBefore, EVER);
        station.proxy.next(BATCH, std::iter::once(bad.fault()).chain(after));
        station.proxy.always(None);
        soon("the attempt was made", || async {
            station.desk.send_now();
            if sends && station.proxy.left() >= EVER {
                return None;
            }
            let outbox = station.desk.outbox(OutboxTab::Ready).await.ok()?.submissions;
            let rests = |s: &Submission| s.status == Status::ReadyToSend && !s.withdrawal_requested && s.unsettled;
            outbox.iter().all(rests).then_some(())
        })
        .await?;
        self.go_offline().await
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

    /// A colleague comes, sees nothing of it, sends nothing of it, and goes.
    async fn colleague(&mut self) -> Outcome {
        let station = self.station()?;
        station.desk.sign_out().await?;
        station.next.is(&self.colleague);
        station.proxy.always(None);
        start_work(&station.desk).await?;
        station.desk.confirm_recorded().await?;
        let snapshot = station.desk.snapshot().await?;
        let waiting = self.reference.waiting();
        if snapshot.outbox.ready > 0 || snapshot.outbox.other_people as usize != waiting {
            return Err(format!("a colleague sees {:?} and {waiting} wait", snapshot.outbox).into());
        }
        station.desk.send_now();
        station.desk.sign_out().await?;
        station.next.is(&self.user);
        start_work(&station.desk).await?;
        self.after_signing_in().await
    }

    async fn after_signing_in(&mut self) -> Outcome {
        self.station()?.desk.confirm_recorded().await?;
        self.send_everything().await?;
        self.read_and_go_offline().await
    }

    /// Reads some profiles, which is only done where nothing waits to be sent.
    async fn read_and_go_offline(&mut self) -> Outcome {
        self.signed_in_at = self.done;
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
        let how = |one: &Submission| (one.status, one.unsettled, one.withdrawal_requested);
        let mut shown = BTreeMap::new();
        for tab in [OutboxTab::Ready, OutboxTab::Waiting, OutboxTab::Attention, OutboxTab::Done] {
            for one in self.station()?.desk.outbox(tab).await?.submissions {
                if tab != tab_of(one.status) || shown.insert(one.key, one).is_some() {
                    return Err(format!("a submission stands in another tab than its own: {tab:?}").into());
                }
            }
        }
        // By itself each is read in another way.
        if let Some((key, one)) = shown.iter().nth(self.done.checked_rem(shown.len()).unwrap_or(0)) {
            let alone = self.station()?.desk.submission(*key).await?;
            if how(&alone) != how(one) {
                return Err(
                    format!("{key} is shown as {:?} by itself and {:?} in its tab", alone.status, one.status).into()
                );
            }
        }
        for (key, known) in &self.reference.submissions {
            let shown = shown.remove(key).ok_or_else(|| format!("{key} is not shown and is {known:?}"))?;
            let shown = how(&shown);
            if shown != (known.status, known.unsettled, known.withdrawal_requested) {
                return Err(format!("{key} is shown as {shown:?} and is {known:?}").into());
            }
        }
        shown.keys().next().map_or(Ok(()), |key| Err(format!("{key} is shown and nobody recorded it").into()))
    }

    /// Everything is sent, and the gateway's file says what the reference says. Gives what is not as it must be, and
    /// how many people are registered.
    pub async fn end(mut self, practice: &Practice) -> Outcome<Ended> {
        self.send_everything().await?;
        self.compare().await?;
        let station = self.station.take().ok_or("the desk did not open again")?;
        let (folder, key) = station.close().await;
        let mut ended = Ended { registered: self.reference.registered.len(), ..Ended::default() };
        for (whom, (uuid, _)) in self.people.iter().enumerate() {
            let here = practice.count(&format!("SELECT count(*) FROM registrations WHERE uuid = '{uuid}'"))?;
            let expected = i64::from(self.reference.registered.contains(&whom));
            ended.twice += usize::try_from((here - expected).max(0))?;
            ended.lost += usize::try_from((expected - here).max(0))?;
        }
        let cold = cold::look_beside(&folder, &key, &practice.data_dir("world"))?;
        let keys: Vec<String> = self.reference.submissions.keys().map(ToString::to_string).collect();
        ended.lost += cold.missing(&keys).len();
        ended.faults.extend(cold.faults);
        ended.faults.extend(cold.audit.map(|broken| format!("the audit, row {}: {}", broken.row, broken.why)));
        Ok(ended)
    }

    /// Where the desk's things lie, for whoever clears them away.
    pub fn folder(at: &Path, number: u64) -> PathBuf {
        at.join(number.to_string())
    }
}

/// What a round left behind.
#[derive(Default)]
pub struct Ended {
    /// How many people are registered.
    pub registered: usize,
    /// How many are registered more often than they were recorded.
    pub twice: usize,
    /// How many were recorded and are not there.
    pub lost: usize,
    /// What else is wrong.
    pub faults: Vec<String>,
}

impl Ended {
    /// What is wrong, if anything is.
    pub fn fault(&self) -> Option<String> {
        let well = self.twice == 0 && self.lost == 0 && self.faults.is_empty();
        (!well).then(|| format!("{} lost, {} twice, {:?}", self.lost, self.twice, self.faults))
    }
}

/// Where a submission stands.
const fn tab_of(status: Status) -> OutboxTab {
    match status {
        Status::ReadyToSend | Status::Sending => OutboxTab::Ready,
        Status::WaitingForThem | Status::LinkExpired => OutboxTab::Waiting,
        Status::NeedsAttention => OutboxTab::Attention,
        Status::Linked | Status::Withdrawn | Status::Removed => OutboxTab::Done,
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
