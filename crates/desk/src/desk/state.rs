//! What the desk holds in memory, and how its pages are told of changes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::{AuthenticatorId, CareIdentityUuid, EndReason, OfflineTerms, RequestId, Sealing, SubmissionKey};
use jiff::Timestamp;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::gateway_client::{CallError, GatewayClient, GatewaySession};
use crate::offline::Ticking;
use crate::reply::Trouble;
use crate::session::{Session, SignedIn};
use crate::store::Store;
use crate::store::audit::{self, About, Act, Actor};
use crate::store::device::Device;
use crate::store::vault::OpenVault;
use crate::{
    Cause, Changed, Failure, Happened, Network, NetworkFault, NoSecondCopy, Parts, ProfileRead, SecondCopy, Settings,
    SyncNow, backoff,
};

/// How long the gateway has to hear that a session is over.
const REVOCATION: Duration = Duration::from_secs(5);
/// The least time between two tellings of the same thing.
const QUIET: Duration = Duration::from_millis(150);

/// All of the desk behind its door.
pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) parts: Parts,
    pub(crate) store: Store,
    pub(crate) client: GatewayClient,
    pub(crate) changes: Changes,
    /// Tells what whoever looks after the computer may have to know.
    pub(crate) happened: broadcast::Sender<Happened>,
    /// Something is to be sent or asked now.
    pub(crate) wake: Notify,
    /// The audit may be sent now: registrations have had their turn.
    pub(crate) audit_wake: Notify,
    /// What waits may be told now.
    pub(crate) report_wake: Notify,
    /// Something is to be brought into the second copy, or marked there as taken back.
    pub(crate) copy_wake: Notify,
    /// Held while the second copy is written.
    pub(crate) copying: Arc<tokio::sync::Mutex<()>>,
    /// Leave to work without a connection may be asked for now.
    pub(crate) prepare_wake: Notify,
    /// Held while a PIN is tried or set.
    pub(crate) pin_trying: tokio::sync::Mutex<()>,
    /// The desk is closing.
    pub(crate) stop: CancellationToken,
    /// Calls that tell the gateway of a session's end.
    pub(crate) revocations: TaskTracker,
    state: Mutex<State>,
}

/// What is remembered for as long as RA Desk runs, and never written down.
pub(crate) struct State {
    pub(crate) session: Session,
    /// The session at the gateway of whoever is present, and the end of it.
    pub(crate) gateway: Option<(Arc<GatewaySession>, CancellationToken)>,
    /// The vault of whoever is present, where they have one that is open.
    pub(crate) vault: Option<Arc<OpenVault>>,
    /// Under which grant whoever is present could go on without a connection.
    pub(crate) ready: Option<OfflineTerms>,
    /// The highest time that was ever seen here.
    pub(crate) ticking: Ticking,
    pub(crate) network: Network,
    pub(crate) sync: SyncNow,
    pub(crate) pause: Option<Pause>,
    /// Failures in a row.
    pub(crate) failures: u32,
    /// The gateway holds another audit of this computer.
    pub(crate) audit_differs: bool,
    /// The gateway countersigns with the key that is known here, as far as is known.
    pub(crate) countersigning_key_known: bool,
    /// Profiles read in this session.
    pub(crate) profiles: HashMap<CareIdentityUuid, ProfileRead>,
    /// Removals that were asked for and not answered: asked again they are the same request.
    pub(crate) removals: HashMap<AuthenticatorId, RequestId>,
    /// The submission whose registration is shown live.
    pub(crate) watched: Option<SubmissionKey>,
    /// Whether there is a second copy of what waits.
    pub(crate) second_copy: SecondCopy,
    /// Why no new file of the second copy could be begun in place of one that is settled: the next record would have none.
    pub(crate) copy_not_begun: Option<NoSecondCopy>,
    /// What the gateway said last of how second copies are sealed.
    pub(crate) sealing: Option<Sealing>,
    /// When the recovery was found that was given last to be shown, and to whom: what is acknowledged is that one, by
    /// them.
    pub(crate) recovery_shown: Option<(Timestamp, Option<CareIdentityUuid>)>,
    /// Cancels the sign-in that is under way.
    pub(crate) sign_in: Option<CancellationToken>,
}

impl State {
    /// Closes the vault of whoever is at work, forgets what they were in the middle of, and gives their session at the
    /// gateway to be ended.
    pub(super) fn give_up_tokens(&mut self) -> Option<(Arc<GatewaySession>, CancellationToken)> {
        self.vault = None;
        self.removals.clear();
        self.watched = None;
        self.gateway.take()
    }
}

/// Nothing is sent before this is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    /// By the steady clock.
    pub(crate) over: Duration,
    /// Whether the gateway asked for it. Then nothing shortens it.
    pub(crate) asked: bool,
}

/// Somebody at work: one session, never another, for as long as this is held.
#[derive(Clone)]
pub(crate) struct AtWork {
    pub(crate) who: Arc<SignedIn>,
    pub(crate) gateway: Arc<GatewaySession>,
    /// Cancelled when the session ends.
    pub(crate) ended: CancellationToken,
    /// Their vault, which stays open until what they began is written down.
    _vault: Option<Arc<OpenVault>>,
}

impl AtWork {
    /// Who acts, for the store.
    pub(crate) fn actor(&self) -> Actor {
        actor(&self.who)
    }
}

/// Somebody who may record here, with a session at the gateway or without.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) who: Arc<SignedIn>,
    /// Their session at the gateway. None: they work by PIN, and nothing is asked or sent in their name.
    pub(crate) online: Option<AtWork>,
    /// Their vault, which stays open until what they began is written down.
    _vault: Option<Arc<OpenVault>>,
}

impl Recorder {
    /// Who acts, for the store.
    pub(crate) fn actor(&self) -> Actor {
        actor(&self.who)
    }
}

pub(crate) fn actor(who: &SignedIn) -> Actor {
    Actor { uuid: who.user.uuid.clone(), role: who.role_id().cloned(), session: who.id }
}

impl Inner {
    pub(crate) fn new(settings: Settings, parts: Parts, store: Store, client: GatewayClient) -> Self {
        let ticking = Ticking::from(store.highest, parts.clock.moment());
        let client = client.of_device(store.device.as_ref().map(Device::id));
        Self {
            settings,
            parts,
            store,
            client,
            changes: Changes::new(),
            happened: broadcast::channel(64).0,
            wake: Notify::new(),
            audit_wake: Notify::new(),
            report_wake: Notify::new(),
            copy_wake: Notify::new(),
            copying: Arc::default(),
            prepare_wake: Notify::new(),
            pin_trying: tokio::sync::Mutex::default(),
            stop: CancellationToken::new(),
            revocations: TaskTracker::new(),
            state: Mutex::new(State {
                session: Session::NEW,
                gateway: None,
                vault: None,
                ready: None,
                ticking,
                network: Network::Unknown,
                sync: SyncNow::Idle,
                pause: None,
                failures: 0,
                audit_differs: false,
                countersigning_key_known: true,
                profiles: HashMap::new(),
                removals: HashMap::new(),
                watched: None,
                second_copy: SecondCopy::Off,
                copy_not_begun: None,
                sealing: None,
                recovery_shown: None,
                sign_in: None,
            }),
        }
    }

    /// The state. Held for moments only, never over a wait.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who is at work, if somebody is and their time is not over.
    pub(crate) fn at_work(self: &Arc<Self>) -> Option<AtWork> {
        self.end_if_over();
        let state = self.state();
        let who = state.session.at_work()?.clone();
        let (gateway, ended) = state.gateway.clone()?;
        Some(AtWork { who, gateway, ended, _vault: state.vault.clone() })
    }

    /// Who is at work, or why nobody is.
    pub(crate) fn require_at_work(self: &Arc<Self>) -> Result<AtWork, Failure> {
        if let Some(at_work) = self.at_work() {
            return Ok(at_work);
        }
        Err(self.why_nobody().into())
    }

    /// Who may record here, with the gateway or without, or why nobody may.
    pub(crate) fn require_recording(self: &Arc<Self>) -> Result<Recorder, Failure> {
        self.end_if_over();
        {
            let state = self.state();
            if let Some(who) = state.session.recording().cloned() {
                let online = state.gateway.clone().map(|(gateway, ended)| {
                    let (who, vault) = (who.clone(), state.vault.clone());
                    AtWork { who, gateway, ended, _vault: vault }
                });
                return Ok(Recorder { who, online, _vault: state.vault.clone() });
            }
        }
        Err(self.why_nobody().into())
    }

    fn why_nobody(&self) -> Cause {
        match &self.state().session {
            Session::SignedOut { why: Some(why) } if *why != EndReason::SignedOut => Cause::SessionEnded(*why),
            Session::Locked { .. } => Cause::Locked,
            Session::Offline { .. } => Cause::WorkingOffline,
            _ => Cause::SignInNeeded,
        }
    }

    /// Ends the session when its time is over, or locks it where whoever is at work can come back without a connection.
    pub(crate) fn end_if_over(self: &Arc<Self>) {
        let now = self.parts.clock.moment();
        let (meant, over, locks) = {
            let mut state = self.state();
            let over = state.session.ended_by_time(now);
            let locks = Self::grant_is_over(&mut state, now)
                || over == Some(EndReason::Idle) && self.locks_when_idle(&mut state, now);
            (state.session.present_id(), over, locks)
        };
        match (over, meant) {
            (Some(EndReason::TwelveHours), _) => self.end_session(meant, EndReason::TwelveHours),
            (_, Some(meant)) if locks => self.lock_session(meant),
            (Some(why), _) => self.end_session(meant, why),
            (None, _) => {}
        }
    }

    /// Ends the session that is meant here at once, and tells the gateway. One that arrived since stays.
    pub(crate) fn end_session(self: &Arc<Self>, meant: Option<uuid::Uuid>, why: EndReason) {
        let (who, gateway) = {
            let mut state = self.state();
            if state.session.present_id() != meant {
                return;
            }
            let who = state.session.present().cloned();
            state.session.end(why);
            state.ready = None;
            state.profiles.clear();
            (who, state.give_up_tokens())
        };
        let is_somebody = who.is_some();
        self.nobody_is_at_work(who, gateway, why, Act::SessionEnded, format!("{why:?}"));
        if is_somebody {
            self.note_happened(Happened::SessionEnded(why));
        }
    }

    /// Tells the gateway and the audit that whoever was at work is not any more, and everybody here.
    pub(super) fn nobody_is_at_work(
        self: &Arc<Self>,
        who: Option<Arc<SignedIn>>,
        gateway: Option<(Arc<GatewaySession>, CancellationToken)>,
        why: EndReason,
        act: Act,
        detail: String,
    ) {
        // Whoever comes next goes through no proxy under this one's name.
        let client = self.client.part();
        if let Some((gateway, ended)) = gateway {
            ended.cancel();
            self.revoke(client, gateway, why);
        }
        if let Some(who) = who {
            let (now, actor) = (self.parts.clock.now(), actor(&who));
            let about = About { detail, ..About::default() };
            // Put in line at once; nobody needs to wait for it.
            drop(self.store.write(move |conn| audit::append(conn, now, act, &actor, &about)));
        }
        self.changes.tell(Changed::Session);
        self.changes.tell(Changed::Outbox);
        self.wake.notify_one();
    }

    /// Ends a session at the gateway, as well as that can be done.
    pub(crate) fn revoke(self: &Arc<Self>, client: GatewayClient, gateway: Arc<GatewaySession>, why: EndReason) {
        self.revocations.spawn(async move {
            match tokio::time::timeout(REVOCATION, client.revoke(&gateway, why)).await {
                Ok(Ok(())) => {}
                // Its tokens live ten minutes more at the most, and nobody holds them.
                Ok(Err(_)) | Err(_) => tracing::info!("the gateway could not be told that a session is over"),
            }
        });
    }

    /// What an answer, or none, says of network and session; and the answer itself.
    ///
    /// An answer that comes when its session is over is shown to nobody, and ends no other session.
    pub(crate) fn hear<T>(self: &Arc<Self>, at_work: &AtWork, answer: Result<T, CallError>) -> Result<T, Failure> {
        if at_work.ended.is_cancelled() {
            return Err(self.require_at_work().err().unwrap_or(Cause::SignInNeeded.into()));
        }
        let error = match answer {
            Ok(answer) => {
                self.note_network(Network::Online);
                return Ok(answer);
            }
            Err(error) => error,
        };
        let cause = match error.trouble {
            Trouble::Network(why) => {
                self.note_network(Network::Offline { why });
                Cause::Network(why)
            }
            Trouble::InFront(_) => {
                self.note_network(Network::Offline { why: NetworkFault::Busy });
                Cause::Network(NetworkFault::Busy)
            }
            Trouble::Busy(_) => Cause::Network(NetworkFault::Busy),
            Trouble::SignInNeeded => {
                self.end_session(Some(at_work.who.id), EndReason::EndedElsewhere);
                Cause::SessionEnded(EndReason::EndedElsewhere)
            }
            Trouble::SessionEnded(why) => {
                self.end_session(Some(at_work.who.id), why);
                Cause::SessionEnded(why)
            }
            Trouble::Refused { code, fields } => {
                self.note_network(Network::Online);
                cause_of(code, fields)
            }
        };
        Err(Failure { cause, reference: Some(error.reference) })
    }

    /// Tells what happened to whoever listens. Often nobody does.
    pub(crate) fn note_happened(&self, what: Happened) {
        _ = self.happened.send(what);
    }

    /// Remembers whether the gateway answers. When it does again, what waited goes on at once.
    pub(crate) fn note_network(&self, network: Network) {
        let is_back = {
            let mut state = self.state();
            if state.network == network {
                return;
            }
            let was = std::mem::replace(&mut state.network, network);
            network == Network::Online && matches!(was, Network::Offline { .. })
        };
        self.changes.tell(Changed::Network);
        if is_back {
            self.wake_now();
        }
    }

    /// Remembers what sending is doing.
    pub(crate) fn note_sync(&self, sync: SyncNow) {
        if std::mem::replace(&mut self.state().sync, sync) != sync {
            self.changes.tell(Changed::Network);
        }
    }

    /// Tries now what is to be tried, unless the gateway asked for a pause.
    pub(crate) fn wake_now(&self) {
        {
            let mut state = self.state();
            if state.pause.is_some_and(|pause| !pause.asked) {
                state.pause = None;
            }
        }
        self.wake.notify_one();
    }

    /// Pauses sending for so long, unless somebody asks to try sooner.
    pub(crate) fn pause_for(&self, wait: Duration) -> Timestamp {
        let moment = self.parts.clock.moment();
        self.state().pause = Some(Pause { over: moment.steady + wait, asked: false });
        moment.wall.checked_add(wait).unwrap_or(moment.wall)
    }

    /// Pauses sending: for as long as the gateway asked, or for longer each time.
    pub(crate) fn pause(&self, asked: Option<Duration>) -> Timestamp {
        let moment = self.parts.clock.moment();
        let fraction = self.parts.random.fraction();
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        let wait = asked.unwrap_or_else(|| backoff::wait(state.failures, fraction));
        let until = moment.wall.checked_add(wait).unwrap_or(moment.wall);
        state.pause = Some(Pause { over: moment.steady + wait, asked: asked.is_some() });
        until
    }
}

fn cause_of(code: Option<contract::FaultCode>, fields: Vec<contract::FieldError>) -> Cause {
    use contract::FaultCode;
    match code {
        Some(FaultCode::NotPermitted | FaultCode::WrongRole) => Cause::NotPermitted,
        Some(FaultCode::InvalidRequest) if !fields.is_empty() => Cause::Invalid(contract::FieldErrors(fields)),
        Some(FaultCode::SearchTooBroad) => Cause::SearchTooBroad,
        Some(FaultCode::NotFound) => Cause::NotFound,
        Some(FaultCode::WrongState) => Cause::WrongState,
        Some(FaultCode::ProfileChanged) => Cause::ProfileChanged,
        Some(FaultCode::DeviceRevoked) => Cause::DeviceRevoked,
        code => Cause::GatewayFault(code),
    }
}

/// Tells whoever listens that something changed: at once, and then not again for a moment.
pub(crate) struct Changes {
    sender: broadcast::Sender<Changed>,
    untold: AtomicU8,
    news: Notify,
}

const KINDS: [Changed; 3] = [Changed::Session, Changed::Network, Changed::Outbox];

impl Changes {
    fn new() -> Self {
        Self { sender: broadcast::channel(64).0, untold: AtomicU8::new(0), news: Notify::new() }
    }

    /// Something of this kind changed.
    pub(crate) fn tell(&self, changed: Changed) {
        for (bit, kind) in KINDS.into_iter().enumerate() {
            if kind == changed {
                self.untold.fetch_or(1 << bit, Ordering::AcqRel);
            }
        }
        self.news.notify_one();
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Changed> {
        self.sender.subscribe()
    }

    /// Passes on what was told, for as long as the desk lives.
    pub(crate) async fn run(&self) {
        loop {
            self.news.notified().await;
            let untold = self.untold.swap(0, Ordering::AcqRel);
            for (bit, kind) in KINDS.into_iter().enumerate() {
                if untold & (1 << bit) != 0 {
                    // Nobody listening is no fault.
                    _ = self.sender.send(kind);
                }
            }
            tokio::time::sleep(QUIET).await;
        }
    }
}
