//! Signing in and out, and who is at work.

use std::sync::Arc;
use std::time::Duration;

use contract::{EndReason, RoleProfileId};
use tokio_util::sync::CancellationToken;

use super::state::{Inner, actor};
use super::{Desk, views};
use crate::session::{Session, SignedIn, WARNING};
use crate::sign_in::{Arrived, Purpose, SignInError, sign_in};
use crate::store::audit::{self, About, Act};
use crate::store::queue;
use crate::{Cause, Changed, Failure, Happened, Network, SessionNow, Snapshot};

/// How long the key store may take before a locked session is told without it.
const KEY_STORE_ANSWERS: Duration = Duration::from_secs(2);

impl Desk {
    /// All that the frame around every page shows.
    pub async fn snapshot(&self) -> Result<Snapshot, Failure> {
        let desk = &self.inner;
        desk.end_if_over();
        let (session, network, sync, second_copy) = {
            let state = desk.state();
            (state.session.clone(), state.network, state.sync, state.second_copy)
        };
        let who = session.recording().map(|who| actor(who));
        let registers = session.at_work().is_some_and(|who| who.may.register);
        let (outbox, to_confirm, to_send) = desk
            .store
            .read(move |conn| {
                let to_confirm = who.as_ref().map_or(Ok(0), |actor| queue::count_to_confirm(conn, actor))?;
                let sender = who.as_ref().filter(|_| registers);
                let to_send = sender.map_or(Ok(0), |actor| queue::sendable(conn, actor))?;
                Ok((queue::counts(conn, who.as_ref())?, to_confirm, to_send))
            })
            .await?;
        let session_now = match &session {
            Session::Locked { who } => desk.locked_now(who).await,
            session => session_now(session, to_confirm, to_send),
        };
        Ok(Snapshot {
            version: env!("CARGO_PKG_VERSION"),
            practice: cfg!(feature = "practice"),
            session: session_now,
            network,
            outbox,
            sync,
            second_copy,
            servers: desk.servers(),
            proxy_asking: desk.proxy_asking(),
        })
    }

    /// Signs somebody in by the browser. Resolves when the browser came back and every check is passed; the
    /// session is then `Confirming`.
    pub async fn sign_in(&self) -> Result<Snapshot, Failure> {
        self.authorize(Purpose::SignIn).await
    }

    /// Gives up the sign-in that is under way, if one is. The session is then as it was before.
    pub fn cancel_sign_in(&self) {
        if let Some(cancel) = &self.inner.state().sign_in {
            cancel.cancel();
        }
    }

    /// *Yes, this is me.*
    pub async fn confirm_identity(&self) -> Result<Snapshot, Failure> {
        let desk = &self.inner;
        desk.end_if_over();
        let moment = desk.parts.clock.moment();
        let who = {
            let mut state = desk.state();
            if !state.session.confirm(moment) {
                return Err(Cause::SignInNeeded.into());
            }
            state.session.at_work().cloned()
        };
        if let Some(who) = who {
            desk.seal_rest(&who).await;
            let actor = actor(&who);
            desk.store
                .write(move |conn| audit::append(conn, moment.wall, Act::SignedIn, &actor, &About::default()))
                .await?;
            desk.note_happened(Happened::SignedIn);
            desk.forget_set_aside(moment.wall).await;
            // Their session is confirmed, whatever the key store says: without it there is no coming back by PIN.
            if let Err(failure) = desk.get_ready(&who).await {
                tracing::warn!(cause = %failure.cause, "it is not known whether whoever signed in has a PIN here");
            }
            desk.prepare_wake.notify_one();
        }
        desk.changes.tell(Changed::Session);
        desk.changes.tell(Changed::Outbox);
        desk.wake_now();
        self.snapshot().await
    }

    /// Chooses another role: a new authorization at the issuer, which shows the choice. Resolves like
    /// [`Self::sign_in`]; which role it became stands in the snapshot.
    pub async fn change_role(&self, role: RoleProfileId) -> Result<Snapshot, Failure> {
        let at_work = self.inner.require_at_work()?;
        if !at_work.who.roles.iter().any(|held| held.role.id == role) {
            return Err(Cause::NotFound.into());
        }
        self.authorize(Purpose::ChangeRole).await
    }

    /// Ends the session here at once, at the gateway as soon as it answers, and has the browser ask the issuer to end
    /// its own. Whether the issuer has, its page in the browser says.
    pub async fn sign_out(&self) -> Result<Snapshot, Failure> {
        let (meant, page) = {
            let state = self.inner.state();
            if let Some(cancel) = &state.sign_in {
                cancel.cancel();
            }
            let page = state.gateway.as_ref().and_then(|(gateway, _)| gateway.sign_out_page());
            (state.session.present_id(), page)
        };
        self.inner.end_session(meant, EndReason::SignedOut);
        if let Some(page) = page {
            let browser = self.inner.parts.browser.clone();
            // Whoever ends the program next waits for this as well.
            self.inner.revocations.spawn_blocking(move || {
                if browser.sign_out(&page).is_err() {
                    tracing::info!("no browser could be opened to end the issuer's session");
                }
            });
        }
        self.snapshot().await
    }

    /// Waits until the gateway has been told of every session that is over, at most as long as is said. For whoever
    /// ends the program next.
    pub async fn until_gateway_is_told(&self, at_most: Duration) {
        self.inner.revocations.close();
        if tokio::time::timeout(at_most, self.inner.revocations.wait()).await.is_err() {
            tracing::info!("the gateway has not answered that a session is over");
        }
        self.inner.revocations.reopen();
    }

    /// The RA user did something: the session's idle time begins anew.
    pub async fn touch(&self) -> Result<Snapshot, Failure> {
        self.inner.end_if_over();
        let moment = self.inner.parts.clock.moment();
        self.inner.state().session.touch(moment);
        self.snapshot().await
    }

    async fn authorize(&self, purpose: Purpose) -> Result<Snapshot, Failure> {
        let desk = &self.inner;
        let cancel = CancellationToken::new();
        {
            let mut state = desk.state();
            let unconfirmed = matches!(state.session, Session::Confirming { .. });
            if !state.session.begin() {
                return Err(Cause::WrongState.into());
            }
            state.sign_in = Some(cancel.clone());
            // *Not you?*: whoever that was is signed out at the gateway.
            if unconfirmed {
                state.vault = None;
                state.ready = None;
                if let Some((gateway, ended)) = state.gateway.take() {
                    ended.cancel();
                    desk.revoke(desk.client.part(), gateway, EndReason::SignedOut);
                }
            }
        }
        desk.changes.tell(Changed::Session);
        // Also when nobody waits for this any more.
        let under_way = UnderWay(desk);
        // By the client as it is now: whoever signs in next may go through a proxy under another name.
        let give_back = |gateway| desk.revoke(desk.client.as_it_is(), gateway, EndReason::SignedOut);
        let arrived = sign_in(&desk.client, &desk.settings, &desk.parts, purpose, &cancel, &give_back).await;
        let arrived = match arrived {
            Ok(arrived) => arrived,
            Err(error) => {
                tracing::info!(%error, "a sign-in did not come to its end");
                drop(under_way);
                if error != SignInError::Cancelled {
                    desk.note_happened(Happened::SignInRefused(error.clone()));
                }
                return Err(desk.not_signed_in(Cause::SignIn(error).into()).await);
            }
        };
        let arrived = match desk.with_vault(arrived).await {
            Ok(arrived) => arrived,
            Err(failure) => return Err(desk.not_signed_in(failure).await),
        };
        desk.arrive(arrived, &cancel)?;
        drop(under_way);
        desk.note_network(Network::Online);
        self.snapshot().await
    }
}

impl Inner {
    /// A computer that the gateway has shut out lets nobody sign in, so it is told here; then nobody works on it by PIN
    /// either.
    async fn not_signed_in(self: &Arc<Self>, why: Failure) -> Failure {
        if why.cause == Cause::SignIn(SignInError::DeviceRevoked) {
            self.nobody_is_prepared().await;
        }
        why
    }

    /// A locked session. It is told in any case: a page that is told nothing goes on showing what it showed.
    async fn locked_now(&self, who: &SignedIn) -> SessionNow {
        let asked = self.offline_person(&who.user.uuid, who.role_id().cloned());
        let known = match tokio::time::timeout(KEY_STORE_ANSWERS, asked).await {
            Ok(Ok(person)) => Some(person),
            Ok(Err(failure)) => {
                tracing::warn!(cause = %failure.cause, "it is not known how whoever is away comes back");
                None
            }
            Err(_) => {
                tracing::warn!("it is not known yet how whoever is away comes back: the key store has not answered");
                None
            }
        };
        SessionNow::Locked { name: who.user.name.clone(), unknown: known.is_none(), person: known.flatten() }
    }

    /// Somebody came back from the browser, unless the sign-in was given up meanwhile.
    pub(crate) fn arrive(self: &Arc<Self>, arrived: Arrived, cancel: &CancellationToken) -> Result<(), Failure> {
        let gateway = arrived.gateway;
        let (before, other) = {
            let mut state = self.state();
            // Under the lock that giving up takes: it comes before this or finds somebody who arrived.
            if cancel.is_cancelled() {
                self.revoke(self.client.clone(), gateway, EndReason::SignedOut);
                return Err(Cause::SignIn(SignInError::Cancelled).into());
            }
            let idle = Duration::from_secs(u64::from(self.settings.idle_minutes) * 60);
            state.sealing = arrived.session.sealing.or(state.sealing);
            let who = SignedIn::new(self.parts.random.guid(), arrived.session, idle, arrived.at);
            let other = state.session.present().is_some_and(|before| before.user.uuid != who.user.uuid);
            state.session.arrive(who, arrived.at);
            state.profiles.clear();
            state.removals.clear();
            state.watched = None;
            if let Some(vault) = &arrived.vault {
                self.store.vaults.open(vault);
            }
            state.vault = arrived.vault;
            state.ready = None;
            (state.gateway.replace((gateway, CancellationToken::new())), other)
        };
        // A role is changed by the same person, who need not sign in to the proxy again. They may be gone before the
        // gateway has heard of it.
        let client = if other { self.client.part() } else { self.client.as_it_is() };
        if let Some((gateway, ended)) = before {
            ended.cancel();
            self.revoke(client, gateway, EndReason::SignedOut);
        }
        self.copy_wake.notify_one();
        Ok(())
    }
}

/// A sign-in that is under way. When it is over, however it went, the session is not `SigningIn` any more.
struct UnderWay<'a>(&'a Arc<Inner>);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        {
            let mut state = self.0.state();
            state.session.give_up();
            state.sign_in = None;
        }
        self.0.changes.tell(Changed::Session);
        self.0.wake.notify_one();
    }
}

fn session_now(session: &Session, to_confirm: u32, to_send: u32) -> SessionNow {
    match session {
        Session::SignedOut { why } => SessionNow::SignedOut { why: *why },
        Session::SigningIn { .. } => SessionNow::SigningIn,
        Session::Confirming { who, .. } => SessionNow::Confirming { person: views::person(who) },
        Session::SignedIn { who, last_input } => {
            let idle_at = who.idle_at(*last_input);
            SessionNow::SignedIn {
                person: views::person(who),
                policy: who.policy.clone(),
                idle_at,
                idle_warning_at: idle_at.checked_sub(WARNING).unwrap_or(idle_at),
                ends_at: who.ends_at,
                to_confirm,
                to_send,
            }
        }
        // How they come back is asked of the key store, so it is told by the caller.
        Session::Locked { who } => SessionNow::Locked { name: who.user.name.clone(), person: None, unknown: true },
        Session::Offline { who, until, last_input } => {
            let idle_at = who.idle_at(*last_input);
            SessionNow::Offline {
                person: views::person(who),
                policy: who.policy.clone(),
                until: *until,
                idle_at,
                idle_warning_at: idle_at.checked_sub(WARNING).unwrap_or(idle_at),
                ends_at: who.ends_at,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::{arrived, inner};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_sign_in_that_was_given_up_brings_nobody() {
        let (desk, _folder) = inner();
        assert!(desk.state().session.begin());
        let cancel = CancellationToken::new();
        let arriving = {
            let state = desk.state();
            let (desk, given_up, runtime) = (desk.clone(), cancel.clone(), tokio::runtime::Handle::current());
            let arriving = std::thread::spawn(move || {
                let _entered = runtime.enter();
                desk.arrive(arrived(), &given_up)
            });
            // It is on its way and waits for the lock, under which the other gives up.
            std::thread::sleep(Duration::from_millis(200));
            cancel.cancel();
            drop(state);
            arriving
        };
        let refused = arriving.join().unwrap().unwrap_err();
        assert_eq!(refused.cause, Cause::SignIn(SignInError::Cancelled));
        assert!(desk.state().session.present().is_none());
    }

    #[tokio::test]
    async fn only_the_session_that_is_meant_is_ended() {
        let (desk, _folder) = inner();
        let cancel = CancellationToken::new();
        desk.arrive(arrived(), &cancel).unwrap();
        let first = desk.state().session.present_id();
        desk.arrive(arrived(), &cancel).unwrap();
        let second = desk.state().session.present_id();
        assert_ne!(first, second);
        desk.end_session(first, EndReason::Idle);
        assert_eq!(desk.state().session.present_id(), second, "one that arrived in between stays");
        desk.end_session(second, EndReason::Idle);
        assert!(desk.state().session.present().is_none());
    }
}
