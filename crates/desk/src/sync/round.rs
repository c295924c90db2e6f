//! One round: settle, send, ask.

use std::sync::Arc;
use std::time::Duration;

use contract::{
    BatchReply, CancelReply, FaultCode, ItemOutcome, MAX_BATCH, RefusalDetail, Registration, SubmissionKey,
};
use jiff::Timestamp;

use super::{ASKING, HEARTBEAT, Halt};
use crate::desk::{AtWork, Inner, settles};
use crate::gateway_client::CallError;
use crate::reply::{Trouble, of_cancel, of_item};
use crate::store::audit::Actor;
use crate::store::submissions::{self, News, happen};
use crate::store::{self, Connection, StoreError, queue};
use crate::submission::Event;
use crate::{Changed, Network, SyncNow};

/// What the loop remembers from round to round.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The session the rest is about.
    session: Option<uuid::Uuid>,
    /// When the gateway was last heard, by the steady clock.
    heard: Option<Duration>,
    /// When it was last asked for changes.
    asked: Option<Duration>,
    /// An answer could not be written down: what was sent stands as if it were on its way.
    stale: bool,
}

/// One round. Says whether the gateway is still working on something.
pub(super) async fn round(desk: &Arc<Inner>, at_work: &AtWork, progress: &mut Progress) -> Result<bool, Halt> {
    if progress.session != Some(at_work.who.id) {
        let stale = progress.stale;
        *progress = Progress { session: Some(at_work.who.id), stale, ..Progress::default() };
    }
    if progress.stale {
        desk.store.write(store::restart).await?;
        progress.stale = false;
        desk.changes.tell(Changed::Outbox);
    }
    let actor = at_work.actor();
    let (to_settle, sendable, waiting) = {
        let actor = actor.clone();
        desk.store
            .read(move |conn| {
                Ok((
                    queue::to_settle(conn, &actor.uuid)?,
                    queue::sendable(conn, &actor)?,
                    queue::any_waiting(conn, &actor.uuid)?,
                ))
            })
            .await?
    };
    let to_settle: Vec<SubmissionKey> =
        to_settle.into_iter().filter(|(_, role)| settles(&at_work.who, role)).map(|(key, _)| key).collect();
    // While their vault is closed no answer could be written down, so nothing is asked that brings one.
    let is_sealed = desk.store.vaults.is_closed(&at_work.who.user.uuid);
    // In a role that registers no more nothing is sent: it would be refused, and is not lost.
    let sendable = if at_work.who.may.register && !is_sealed { sendable } else { 0 };
    let now = desk.parts.clock.monotonic();
    let overdue = |last: Option<Duration>, every: Duration| last.is_none_or(|last| now.saturating_sub(last) >= every);
    // A submission is risked only on a gateway that answers: a network that is down spends no attempts.
    let unsure = desk.state().network != Network::Online;
    if unsure || (overdue(progress.heard, HEARTBEAT) && to_settle.is_empty() && sendable == 0) {
        going_on(at_work)?;
        heard(desk, desk.client.session(&at_work.gateway).await)?;
        progress.heard = Some(now);
    }
    for key in to_settle {
        going_on(at_work)?;
        match settle(desk, at_work, key).await {
            // This one stays asked for; the others are not held up for it.
            Err(Halt::Trouble(Trouble::Refused { code, .. })) => {
                tracing::warn!(code = code.map(|code| code.as_str()), "the gateway does not settle a key");
            }
            Err(Halt::Store(StoreError::Sealed)) => {
                tracing::warn!("what became of a key cannot be written down: its vault is closed");
            }
            settled => settled?,
        }
        progress.heard = Some(now);
    }
    let mut in_flight = false;
    let mut sent = 0;
    if sendable > 0 {
        (sent, in_flight) = send_all(desk, at_work, progress, sendable).await?;
    }
    tell_withdrawn(desk, at_work).await?;
    if is_sealed {
        return Ok(in_flight);
    }
    let watched = desk.state().watched;
    if let Some(key) = watched {
        going_on(at_work)?;
        ask_one(desk, at_work, key).await?;
        progress.heard = Some(now);
    }
    if progress.asked.is_none() || sent > 0 || (waiting && overdue(progress.asked, ASKING)) {
        ask_changes(desk, at_work).await?;
        progress.asked = Some(now);
        progress.heard = Some(now);
    }
    Ok(in_flight)
}

/// Sends everything this session may send, batch by batch. Says how many were answered, and whether the gateway is
/// still working on some.
async fn send_all(
    desk: &Arc<Inner>,
    at_work: &AtWork,
    progress: &mut Progress,
    sendable: u32,
) -> Result<(u32, bool), Halt> {
    let actor = at_work.actor();
    let (mut done, mut in_flight, mut after) = (0_u32, false, None);
    desk.note_sync(SyncNow::Sending { done, total: sendable });
    loop {
        going_on(at_work)?;
        let (now, who) = (desk.parts.clock.now(), actor.clone());
        let limit = u32::try_from(MAX_BATCH).unwrap_or(u32::MAX);
        let items = desk.store.write(move |conn| queue::start_sending(conn, now, &who, limit, after)).await?;
        let Some(last) = items.last() else { return Ok((done, in_flight)) };
        after = Some(last.key);
        desk.changes.tell(Changed::Outbox);
        let keys: Vec<SubmissionKey> = items.iter().map(|item| item.key).collect();
        let answer = desk.client.register(&at_work.gateway, items).await;
        // Whatever is signed in by now, this is true of these keys.
        let reply = answer.as_ref().ok().cloned();
        if let Some(reply) = &reply {
            in_flight |= reply.results.iter().any(|result| result.outcome == ItemOutcome::InFlight);
        }
        let (now, who, answered) = (desk.parts.clock.now(), actor.clone(), keys.clone());
        let applied = desk.store.write(move |conn| apply(conn, now, &who, &answered, reply.as_ref())).await;
        progress.stale |= applied.is_err();
        desk.changes.tell(Changed::Outbox);
        applied?;
        heard(desk, answer)?;
        progress.heard = Some(desk.parts.clock.monotonic());
        done = done.saturating_add(u32::try_from(keys.len()).unwrap_or(u32::MAX));
        desk.note_sync(SyncNow::Sending { done, total: sendable.max(done) });
    }
}

/// Writes down what became of a batch, in one transaction. A key without a result was not answered for.
pub(crate) fn apply(
    conn: &Connection,
    now: Timestamp,
    actor: &Actor,
    keys: &[SubmissionKey],
    reply: Option<&BatchReply>,
) -> Result<(), StoreError> {
    for key in keys {
        let outcome = reply
            .and_then(|reply| reply.results.iter().find(|result| result.key == *key))
            .map(|result| &result.outcome);
        let (event, news) = match outcome {
            None => (Event::NoAnswer, News::None),
            Some(outcome) => (of_item(outcome), news_of(outcome)),
        };
        tell(happen(conn, now, actor, *key, event, news).map(drop))?;
    }
    Ok(())
}

fn news_of(outcome: &ItemOutcome) -> News<'_> {
    match outcome {
        ItemOutcome::Registered { registration, .. } => News::Registration(registration),
        ItemOutcome::Refused { code, detail } => News::Refusal(*code, detail),
        ItemOutcome::Withdrawn { taken_over: Some(by), .. } => News::TakenOver(by),
        ItemOutcome::Withdrawn { original: Some(withdrawn), .. } => News::OriginalWithdrawn(*withdrawn),
        ItemOutcome::InFlight | ItemOutcome::Withdrawn { taken_over: None, original: None } => News::None,
    }
}

/// Asks the gateway to settle a submission that is to be taken back, and writes down what it found.
pub(crate) async fn settle(desk: &Arc<Inner>, at_work: &AtWork, key: SubmissionKey) -> Result<(), Halt> {
    let reply = heard(desk, desk.client.cancel(&at_work.gateway, key).await)?;
    Ok(settled(desk, at_work, key, reply).await?)
}

/// Writes down what the gateway found when it settled a key. One that is not here any more counts as heard.
pub(crate) async fn settled(
    desk: &Arc<Inner>,
    at_work: &AtWork,
    key: SubmissionKey,
    reply: CancelReply,
) -> Result<(), StoreError> {
    let (now, actor) = (desk.parts.clock.now(), at_work.actor());
    desk.store
        .write(move |conn| {
            let nothing_more = RefusalDetail::default();
            let news = match &reply.outcome {
                contract::CancelOutcome::Withdrawn { taken_over: None } => News::None,
                contract::CancelOutcome::Withdrawn { taken_over: Some(by) } => News::TakenOver(by),
                contract::CancelOutcome::Registered { registration } => News::Registration(registration),
                contract::CancelOutcome::Refused { code } => News::Refusal(*code, &nothing_more),
            };
            tell(happen(conn, now, &actor, key, of_cancel(&reply.outcome), news).map(drop))
        })
        .await?;
    desk.changes.tell(Changed::Outbox);
    Ok(())
}

/// Lets the gateway know what was taken back before it was ever sent.
async fn tell_withdrawn(desk: &Arc<Inner>, at_work: &AtWork) -> Result<(), Halt> {
    let author = at_work.who.user.uuid.clone();
    for key in desk.store.read(move |conn| queue::to_tell_withdrawn(conn, &author)).await? {
        going_on(at_work)?;
        match settle(desk, at_work, key).await {
            // The key is somebody else's there: it is not for this author to take back.
            Err(Halt::Trouble(Trouble::Refused { code: Some(FaultCode::NotPermitted), .. })) => {
                tracing::warn!("a withdrawn key is somebody else's at the gateway");
            }
            // It is taken back here. Until the gateway has noted it, an older copy of this store could bring it back:
            // the next round tells it again.
            Err(Halt::Trouble(Trouble::Refused { code, .. })) if code != Some(FaultCode::DeviceRevoked) => {
                tracing::warn!(code = code.map(|code| code.as_str()), "the gateway does not note a withdrawn key");
                continue;
            }
            Err(Halt::Store(StoreError::Sealed)) => continue,
            settled => settled?,
        }
        let author = at_work.who.user.uuid.clone();
        desk.store.write(move |conn| queue::told_withdrawn(conn, &author, key)).await?;
    }
    Ok(())
}

/// Asks for the registration the RA user is looking at.
async fn ask_one(desk: &Arc<Inner>, at_work: &AtWork, key: SubmissionKey) -> Result<(), Halt> {
    let author = at_work.who.user.uuid.clone();
    let stored = desk.store.read(move |conn| submissions::get(conn, &author, key)).await;
    let Ok(Some((known, _))) = stored.map(|stored| stored.registration) else { return Ok(()) };
    match desk.client.registration(&at_work.gateway, known.id).await {
        // It is nobody's any more: nothing to show live.
        Err(CallError { trouble: Trouble::Refused { code: Some(FaultCode::NotFound), .. }, .. }) => Ok(()),
        answer => {
            let registration = heard(desk, answer)?;
            if registration != known {
                learn(desk, at_work, vec![registration], None).await?;
            }
            Ok(())
        }
    }
}

/// Asks what changed since it was asked last.
async fn ask_changes(desk: &Arc<Inner>, at_work: &AtWork) -> Result<(), Halt> {
    loop {
        going_on(at_work)?;
        let author = at_work.who.user.uuid.clone();
        let cursor = desk.store.read(move |conn| store::cursor(conn, &author)).await?;
        let changed = heard(desk, desk.client.changed(&at_work.gateway, cursor.as_deref()).await)?;
        let at_its_end = !changed.more || Some(&changed.next) == cursor.as_ref();
        if !changed.registrations.is_empty() || Some(&changed.next) != cursor.as_ref() {
            learn(desk, at_work, changed.registrations, Some(changed.next)).await?;
        }
        if at_its_end {
            return Ok(());
        }
    }
}

/// Writes down how registrations are. Those that were not recorded on this computer are none of its business.
async fn learn(
    desk: &Arc<Inner>,
    at_work: &AtWork,
    registrations: Vec<Registration>,
    cursor: Option<String>,
) -> Result<(), Halt> {
    let (now, actor) = (desk.parts.clock.now(), at_work.actor());
    let any_known = desk
        .store
        .write(move |conn| {
            let known = queue::known(conn, &actor.uuid, registrations.iter().map(|registration| registration.key))?;
            for registration in registrations.iter().filter(|registration| known.contains(&registration.key)) {
                let news = News::Registration(registration);
                tell(happen(conn, now, &actor, registration.key, Event::Told(registration.state), news).map(drop))?;
            }
            if let Some(cursor) = cursor {
                store::set_cursor(conn, &actor.uuid, &cursor)?;
            }
            Ok(!known.is_empty())
        })
        .await?;
    if any_known {
        desk.changes.tell(Changed::Outbox);
    }
    Ok(())
}

/// An answer that is out of place, or about a submission that a damaged page took with it, is told of and changes
/// nothing; the others are still taken.
fn tell(happened: Result<(), StoreError>) -> Result<(), StoreError> {
    match happened {
        Err(StoreError::WrongState) => {
            tracing::error!("an answer of the gateway does not fit the submission it is about");
            Ok(())
        }
        Err(StoreError::NotFound) => {
            tracing::warn!("the gateway answered for a submission that is not here any more");
            Ok(())
        }
        other => other,
    }
}

/// The session this round began with is still open.
fn going_on(at_work: &AtWork) -> Result<(), Halt> {
    if at_work.ended.is_cancelled() { Err(Halt::Ended) } else { Ok(()) }
}

fn heard<T>(desk: &Arc<Inner>, answer: Result<T, CallError>) -> Result<T, Halt> {
    match answer {
        Ok(answer) => {
            desk.note_network(Network::Online);
            Ok(answer)
        }
        Err(error) => {
            if !matches!(error.trouble, Trouble::Network(_) | Trouble::InFront(_)) {
                desk.note_network(Network::Online);
            }
            Err(Halt::Trouble(error.trouble))
        }
    }
}

#[cfg(test)]
#[cfg(feature = "practice")]
mod tests;
