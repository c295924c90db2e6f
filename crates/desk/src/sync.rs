//! Sending what was recorded, and asking what became of it.
//!
//! One loop, one request at a time. It sends what the person at work recorded in this role, in batches, strictly in
//! the one session it took at its beginning: signing out stops it before its next request, and an answer that comes
//! after that is still written down, since it is true.
//!
//! What is about to be sent is marked on disk before the request is made, with the same key and bytes at each
//! attempt, so that a crash or a lost answer costs a repetition and never a second registration.
//!
//! Beside it, and woken by it, other loops send the audit ([`audit`]) and tell how many wait ([`report`]).
//!
//! Deliberately absent: what a reply means ([`crate::reply`]), and what a submission becomes
//! ([`crate::submission`]).

mod audit;
mod report;
mod round;

use std::sync::Arc;
use std::time::Duration;

use contract::{EndReason, FaultCode, RoleProfileId};

use crate::desk::{AtWork, Inner, still_registers};
use crate::reply::Trouble;
use crate::store::StoreError;
use crate::store::queue;
use crate::{Network, NetworkFault, PauseReason, SyncNow};

pub(crate) use audit::{remember, run as send_audit};
pub(crate) use report::run as report_waiting;
use round::Progress;
#[cfg(feature = "measure")]
pub(crate) use round::apply;
pub(crate) use round::{settle, settled};

/// How often the gateway is asked for what the RA user is looking at.
const WATCHING: Duration = Duration::from_secs(2);
/// How often it is asked whether anything became of what waits for its users.
const ASKING: Duration = Duration::from_secs(30);
/// The longest time nothing is asked, so that the page knows whether there is a network.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long it waits when nobody is at work; something wakes it before.
const ASLEEP: Duration = Duration::from_secs(60);
/// How long it waits when the gateway has shut this computer out.
const SHUT_OUT: Duration = Duration::from_secs(5 * 60);
/// How long it waits before it asks again for what the gateway is working on at this moment.
const IN_FLIGHT: Duration = Duration::from_secs(2);

/// Why a round came to an early end.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The gateway did not answer, or said something about the whole queue.
    Trouble(Trouble),
    /// The session has ended.
    Ended,
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Runs until the desk closes.
pub(crate) async fn run(desk: Arc<Inner>) {
    let mut progress = Progress::default();
    loop {
        let wait = tokio::select! {
            biased;
            () = desk.stop.cancelled() => return,
            wait = pass(&desk, &mut progress) => wait,
        };
        desk.audit_wake.notify_one();
        desk.report_wake.notify_one();
        tokio::select! {
            () = desk.stop.cancelled() => return,
            () = desk.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Does what there is to do now, and says how long there is nothing more.
pub(crate) async fn pass(desk: &Arc<Inner>, progress: &mut Progress) -> Duration {
    let Some(at_work) = desk.at_work() else {
        let unsent = unsent_of_anybody(desk).await;
        desk.note_sync(if unsent { paused(PauseReason::SignInNeeded, None) } else { SyncNow::Idle });
        return ASLEEP;
    };
    let steady = desk.parts.clock.monotonic();
    let pause = desk.state().pause;
    if let Some(pause) = pause
        && pause.over > steady
    {
        return pause.over.saturating_sub(steady);
    }
    let halt = match round::round(desk, &at_work, progress).await {
        Ok(in_flight) => {
            {
                let mut state = desk.state();
                state.pause = None;
                state.failures = 0;
            }
            let actor = at_work.actor();
            if desk.store.vaults.is_closed(&actor.uuid) {
                // It is opened by signing in again, and by nothing that is tried here.
                desk.note_sync(paused(PauseReason::Sealed, None));
                return if in_flight { IN_FLIGHT } else { HEARTBEAT };
            }
            let left = desk
                .store
                .read(move |conn| {
                    Ok((queue::roles_waiting(conn, &actor.uuid)?, queue::count_to_confirm(conn, &actor)?))
                })
                .await;
            desk.note_sync(left.map_or(SyncNow::Idle, |(roles, to_confirm)| rest(&at_work, &roles, to_confirm)));
            let watched = desk.state().watched.is_some();
            return match (in_flight, watched) {
                (true, _) => IN_FLIGHT,
                (_, true) => WATCHING,
                _ => HEARTBEAT,
            };
        }
        Err(halt) => halt,
    };
    match halt {
        Halt::Ended | Halt::Trouble(Trouble::SignInNeeded | Trouble::SessionEnded(_)) => {
            let why = match halt {
                Halt::Trouble(Trouble::SessionEnded(why)) => why,
                _ => EndReason::EndedElsewhere,
            };
            // Only the session that was used has ended; somebody else may have signed in since.
            desk.end_session(Some(at_work.who.id), why);
            return Duration::ZERO;
        }
        Halt::Trouble(Trouble::Network(why)) => {
            desk.note_network(Network::Offline { why });
            let until = desk.pause(None);
            desk.note_sync(paused(PauseReason::Network, Some(until)));
        }
        Halt::Trouble(Trouble::InFront(asked)) => {
            desk.note_network(Network::Offline { why: NetworkFault::Busy });
            let until = desk.pause(asked);
            desk.note_sync(paused(PauseReason::Network, Some(until)));
        }
        Halt::Trouble(Trouble::Busy(asked)) => {
            let until = desk.pause(asked);
            desk.note_sync(paused(PauseReason::Busy, Some(until)));
        }
        Halt::Trouble(Trouble::Refused { code: Some(FaultCode::DeviceRevoked), .. }) => {
            desk.nobody_is_prepared().await;
            let until = desk.pause_for(SHUT_OUT);
            desk.note_sync(paused(PauseReason::DeviceRevoked, Some(until)));
        }
        Halt::Trouble(Trouble::Refused { code, .. }) => {
            tracing::warn!(code = code.map(|code| code.as_str()), "the gateway refused a call of the queue");
            let until = desk.pause(None);
            desk.note_sync(paused(PauseReason::Busy, Some(until)));
        }
        Halt::Store(StoreError::Sealed) => {
            tracing::error!("sending paused: the vault of whoever is at work is closed");
            let until = desk.pause(None);
            desk.note_sync(paused(PauseReason::Sealed, Some(until)));
        }
        Halt::Store(error) => {
            tracing::error!(%error, "sending paused: the store failed");
            let until = desk.pause(None);
            desk.note_sync(paused(PauseReason::Store, Some(until)));
        }
    }
    let pause = desk.state().pause;
    pause.map_or(HEARTBEAT, |pause| pause.over.saturating_sub(desk.parts.clock.monotonic()))
}

/// What there is left when everything that may be sent is sent.
fn rest(at_work: &AtWork, roles: &[RoleProfileId], to_confirm: u32) -> SyncNow {
    let who = &at_work.who;
    let here = who.role_id();
    if to_confirm > 0 && who.may.register {
        paused(PauseReason::ConfirmationNeeded, None)
    } else if roles.iter().any(|role| here != Some(role) && still_registers(who, role)) {
        paused(PauseReason::OtherRole, None)
    } else if roles.iter().any(|role| !still_registers(who, role)) {
        paused(PauseReason::RoleLost, None)
    } else {
        SyncNow::Idle
    }
}

const fn paused(why: PauseReason, until: Option<jiff::Timestamp>) -> SyncNow {
    SyncNow::Paused { why, until }
}

async fn unsent_of_anybody(desk: &Arc<Inner>) -> bool {
    // Nobody is at work, so everybody is somebody else.
    desk.store.read(|conn| queue::counts(conn, None)).await.is_ok_and(|counts| counts.other_people > 0)
}

#[cfg(test)]
#[cfg(feature = "practice")]
mod awaits;

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::store::submissions;
    use crate::testing::{arrived, inner, recorded};

    #[tokio::test]
    async fn a_disk_that_cannot_be_written_is_told() {
        let (desk, _folder) = inner();
        desk.arrive(arrived(), &CancellationToken::new()).unwrap();
        assert!(desk.state().session.confirm(desk.parts.clock.moment()));
        desk.note_network(Network::Online);
        let actor = desk.at_work().unwrap().actor();
        desk.store
            .write(move |conn| {
                submissions::insert(conn, &actor.uuid, &recorded(&actor, "555086689106"))?;
                Ok(())
            })
            .await
            .unwrap();
        desk.store.write(|conn| Ok(conn.execute_batch("PRAGMA query_only = ON;")?)).await.unwrap();
        pass(&desk, &mut Progress::default()).await;
        let now = desk.state().sync;
        assert!(matches!(now, SyncNow::Paused { why: PauseReason::Store, until: Some(_) }), "{now:?}");
    }
}
