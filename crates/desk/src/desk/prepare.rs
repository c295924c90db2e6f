//! Asking the gateway for leave to work without a connection, at each sign-in anew, and giving it back when it says no.

use std::sync::Arc;
use std::time::Duration;

use super::state::{AtWork, Inner};
use super::still_registers;
use crate::offline;
use crate::store::audit::{Act, Actor, countersigning};
use crate::store::offline as kept;
use crate::{Cause, Failure, NetworkFault};

/// How often the highest time is written down while RA Desk runs: a clock that is set back wins no more than that.
const EVERY: Duration = Duration::from_secs(5 * 60);

/// Runs until the desk closes.
pub(super) async fn run(desk: Arc<Inner>) {
    let mut asked = None;
    loop {
        tokio::select! {
            () = desk.prepare_wake.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
        turn(&desk, &mut asked).await;
    }
}

/// Writes down what time it is, and asks anew for whoever has signed in.
async fn turn(desk: &Arc<Inner>, asked: &mut Option<uuid::Uuid>) {
    let Ok(people) = desk.store.read(kept::people).await else { return };
    if people.is_empty() {
        return;
    }
    desk.note_time().await;
    let Some(at_work) = desk.at_work() else { return };
    let who = &at_work.who;
    if *asked == Some(who.id) || !people.contains(&who.user.uuid) {
        return;
    }
    // What the gateway says of their roles at a sign-in ends what it granted before.
    let is_over = |terms: contract::OfflineTerms| !still_registers(who, &terms.role.id);
    if desk.terms(&who.user.uuid).await.is_ok_and(|terms| terms.is_some_and(is_over)) {
        not_prepared(desk, &at_work, asked).await;
        return;
    }
    if !who.may.register {
        return;
    }
    match desk.prepare(&at_work).await {
        Ok(()) => {
            *asked = Some(who.id);
            if desk.get_ready(who).await.is_err() {
                tracing::warn!("what a grant permits could not be read");
            }
        }
        Err(failure) if says_no(&failure.cause) => not_prepared(desk, &at_work, asked).await,
        // It is asked again after a while; the grant before goes on for as long as it lasts.
        Err(failure) => tracing::info!(cause = %failure.cause, "no new leave to work without a connection"),
    }
}

/// The gateway gives them no leave: what they were prepared with goes.
async fn not_prepared(desk: &Arc<Inner>, at_work: &AtWork, asked: &mut Option<uuid::Uuid>) {
    *asked = Some(at_work.who.id);
    if desk.forget_pin(&at_work.who.user.uuid, Act::NotPrepared, &at_work.actor()).await.is_err() {
        tracing::error!("the gateway gives no leave to work without a connection, and the one before stays");
        *asked = None;
    }
}

/// Whether the gateway has said that this person, or anybody at this computer, may not.
fn says_no(cause: &Cause) -> bool {
    matches!(cause, Cause::NotPermitted | Cause::DeviceRevoked)
}

impl Inner {
    /// Asks for a grant and keeps it. What is no grant for this person, role and computer is not the gateway's answer.
    pub(super) async fn prepare(self: &Arc<Self>, at_work: &AtWork) -> Result<(), Failure> {
        if let Some(why) = self.not_kept() {
            return Err(Cause::OfflineRecordingRefused(why).into());
        }
        let device = self.store.device.as_ref().ok_or(Cause::Internal("this computer has no key to sign with"))?;
        // It may be the first the gateway hears of this computer; the same again changes nothing.
        self.hear(at_work, self.client.device(&at_work.gateway, device.id(), &device.request()).await)?;
        let reply = self.hear(at_work, self.client.offline_grant(&at_work.gateway, device.id()).await)?;
        let remembered = self.store.gateway;
        let pinned = self.store.read(move |conn| countersigning::pinned(conn, remembered)).await?;
        let not_ours = |_| Failure::from(Cause::Network(NetworkFault::NotOurServer));
        let chosen = countersigning::choose(self.settings.countersigning_key, pinned, Some(&reply.countersigning));
        let key = chosen.ok().flatten().ok_or(()).map_err(not_ours)?;
        let terms = reply.grant.opened(&key).map_err(|_| not_ours(()))?;
        let now = self.parts.clock.now();
        if !offline::is_right(terms.issued_at, now) {
            return Err(Cause::ClockWrong.into());
        }
        let is_ours = terms.user.uuid == at_work.who.user.uuid && terms.device == device.id();
        if !is_ours || Some(&terms.role.id) != at_work.who.role_id() {
            return Err(not_ours(()));
        }
        self.keep_grant(reply.grant, &terms, at_work.actor()).await
    }

    /// The gateway takes no calls from this computer: nobody works on it without a connection either.
    pub(crate) async fn nobody_is_prepared(self: &Arc<Self>) {
        let Ok(people) = self.store.read(kept::people).await else { return };
        for author in people {
            let nobody = Actor { uuid: author.clone(), role: None, session: uuid::Uuid::nil() };
            if self.forget_pin(&author, Act::NotPrepared, &nobody).await.is_err() {
                tracing::error!("this computer is shut out, and somebody's PIN stays");
            }
        }
    }
}
