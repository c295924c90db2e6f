//! Working without a connection: being prepared for it, beginning by PIN, being away, and coming back.
//!
//! Whoever works so holds no token, so nothing can be sent or asked in their name; what they record waits until they have
//! signed in and said that they recorded it. Deliberately absent: how a PIN is tried ([`super::pin`]).

use std::sync::Arc;
use std::time::Duration;

use contract::{CareIdentityUuid, EndReason, OfflineTerms, RoleProfileId};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::Desk;
use super::drafts::may_register;
use super::state::{Inner, Recorder, State, actor};
use super::still_registers;
use crate::offline::{self, Highest, NotNow};
use crate::pin::Pin;
use crate::registering::role_text;
use crate::session::{Session, SignedIn};
use crate::store::audit::{self, About, Act, Actor, countersigning};
use crate::store::device::Device;
use crate::store::offline as kept;
use crate::store::{Connection, StoreError};
use crate::{
    Cause, Changed, Failure, KeyStore, KeyStoreError, Moment, Network, OfflineEnd, OfflineNow, OfflinePerson, Snapshot,
};

/// How soon after signing in a PIN is set: whoever finds an open session sets none.
const FRESH: Duration = Duration::from_secs(10 * 60);

impl Desk {
    /// Whether whoever is at work may go on here without a connection, and until when.
    pub async fn offline(&self) -> Result<OfflineNow, Failure> {
        let who = self.inner.require_recording()?.who;
        let desk = &self.inner;
        let has_pin = desk.attempts(&who.user.uuid).await?.is_some();
        let person = desk.offline_person(&who.user.uuid, who.role_id().cloned()).await?;
        Ok(OfflineNow {
            // What has ended, or is for another role, is no leave to go on.
            until: person.filter(|person| person.ended.is_none()).map(|person| person.until),
            has_pin,
            may_set: desk.is_fresh(&who),
            not_kept: desk.not_kept(),
        })
    }

    /// Sets or changes the PIN of whoever signed in just now, and asks the gateway for leave to work without a
    /// connection. Needs the network. Field errors: `pin`, `again`.
    pub async fn set_pin(&self, pin: Zeroizing<String>, again: Zeroizing<String>) -> Result<OfflineNow, Failure> {
        let at_work = self.inner.require_at_work()?;
        may_register(&at_work.who)?;
        if !self.inner.is_fresh(&at_work.who) {
            return Err(Cause::SignInAgain.into());
        }
        // Told before anything is asked: nothing of it was done.
        let pin = Pin::chosen(&pin, &again, &at_work.who.user.uuid, &at_work.who.user.name)?;
        // Leave is asked first: a PIN without it would be of no use, and is not said to be set.
        self.inner.prepare(&at_work).await?;
        self.inner.keep_chosen(&at_work, pin).await?;
        self.inner.get_ready(&at_work.who).await?;
        self.offline().await
    }

    /// Takes away this RA user's PIN and their leave to work here without a connection.
    pub async fn remove_pin(&self) -> Result<OfflineNow, Failure> {
        let recorder = self.inner.require_recording()?;
        if recorder.online.is_none() {
            return Err(Cause::WorkingOffline.into());
        }
        self.inner.forget_pin(&recorder.who.user.uuid, Act::PinRemoved, &recorder.actor()).await?;
        self.offline().await
    }

    /// Everybody who has a PIN on this computer. Their names are shown to whoever is at it: it is an office's own.
    pub async fn offline_people(&self) -> Result<Vec<OfflinePerson>, Failure> {
        let mut people = Vec::new();
        for author in self.inner.store.read(kept::people).await? {
            if let Some(person) = self.inner.offline_person(&author, None).await? {
                people.push(person);
            }
        }
        people.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(people)
    }

    /// Begins to work without a connection, as somebody who is prepared for it. Field error: `pin`.
    pub async fn work_offline(&self, who: CareIdentityUuid, pin: Zeroizing<String>) -> Result<Snapshot, Failure> {
        let desk = &self.inner;
        desk.end_if_over();
        if !matches!(desk.state().session, Session::SignedOut { .. }) {
            return Err(Cause::WrongState.into());
        }
        if let Some(why) = desk.not_kept() {
            return Err(Cause::OfflineRecordingRefused(why).into());
        }
        let terms = desk.permitted(&who, None).await?;
        let vault = desk.try_pin(&who, &pin).await?;
        let moment = desk.parts.clock.moment();
        let idle = Duration::from_secs(u64::from(desk.settings.idle_minutes) * 60);
        let until = terms.until;
        let begun = SignedIn::offline(desk.parts.random.guid(), terms.clone(), idle, moment);
        let acts = actor(&begun);
        // On disk before anybody is at work: the audit has no act of a session that it does not know.
        desk.tell(Act::OfflineBegun, acts.clone()).await?;
        let is_begun = {
            let mut state = desk.state();
            let is_begun = state.session.begin_offline(begun, until, moment);
            if is_begun {
                desk.goes_on_by_pin(&mut state, vault, terms);
            }
            is_begun
        };
        if is_begun { self.changed().await } else { desk.came_to_nothing(acts).await }
    }

    /// *I am away for a moment.* Needs a PIN to come back with.
    pub async fn lock(&self) -> Result<Snapshot, Failure> {
        let desk = &self.inner;
        let meant = desk.require_recording()?.who.id;
        let ready = {
            let mut state = desk.state();
            desk.is_ready(&mut state, desk.parts.clock.moment())
        };
        if !ready {
            return Err(Cause::WrongState.into());
        }
        desk.lock_session(meant);
        self.snapshot().await
    }

    /// Comes back to what was locked. Field error: `pin`.
    pub async fn unlock(&self, pin: Zeroizing<String>) -> Result<Snapshot, Failure> {
        let desk = &self.inner;
        desk.end_if_over();
        let Session::Locked { who } = desk.state().session.clone() else {
            return Err(Cause::WrongState.into());
        };
        let terms = desk.permitted(&who.user.uuid, who.role_id().cloned()).await?;
        let vault = desk.try_pin(&who.user.uuid, &pin).await?;
        let (moment, acts) = (desk.parts.clock.moment(), actor(&who));
        desk.tell(Act::Unlocked, acts.clone()).await?;
        let is_unlocked = {
            let mut state = desk.state();
            // Somebody may have signed in meanwhile, or the twelve hours may be over.
            let is_unlocked = state.session.present_id() == Some(who.id) && state.session.unlock(terms.clone(), moment);
            if is_unlocked {
                desk.goes_on_by_pin(&mut state, vault, terms);
            }
            is_unlocked
        };
        if is_unlocked { self.changed().await } else { desk.came_to_nothing(acts).await }
    }

    async fn changed(&self) -> Result<Snapshot, Failure> {
        self.inner.note_time().await;
        self.inner.changes.tell(Changed::Session);
        self.inner.changes.tell(Changed::Outbox);
        self.snapshot().await
    }
}

impl Inner {
    /// What time it is for what this RA user does now. By PIN nothing but this computer knows it, and what is recorded
    /// under a clock that was set back would be too old for the gateway: [`Cause::ClockWrong`].
    pub(super) fn time_for(&self, recorder: &Recorder) -> Result<Timestamp, Failure> {
        let now = self.parts.clock.now();
        let is_right = recorder.online.is_some() || offline::is_right(self.highest().at, now);
        if is_right { Ok(now) } else { Err(Cause::ClockWrong.into()) }
    }

    fn is_fresh(&self, who: &SignedIn) -> bool {
        let is_online = self.state().session.at_work().is_some_and(|at_work| at_work.id == who.id);
        is_online && self.parts.clock.moment().since(who.since) <= FRESH
    }

    /// The highest time that was ever seen here.
    pub(crate) fn highest(&self) -> Highest {
        let moment = self.parts.clock.moment();
        self.state().ticking.now(moment)
    }

    /// Tells the audit, on disk when this ends.
    async fn tell(&self, act: Act, who: Actor) -> Result<(), Failure> {
        let now = self.parts.clock.now();
        Ok(self.store.write(move |conn| audit::append(conn, now, act, &who, &About::default())).await?)
    }

    /// The audit was told of what then did not come about, and is told that.
    async fn came_to_nothing<T>(&self, who: Actor) -> Result<T, Failure> {
        self.tell(Act::CameToNothing, who).await?;
        Err(Cause::WrongState.into())
    }

    fn goes_on_by_pin(&self, state: &mut State, vault: Arc<crate::store::vault::OpenVault>, terms: OfflineTerms) {
        self.store.vaults.open(&vault);
        state.vault = Some(vault);
        state.ready = Some(terms);
    }

    /// Locks the session that is meant: its tokens are given up and its vault is closed; what was read stays for when
    /// whoever it is comes back. One that arrived since stays as it is.
    pub(crate) fn lock_session(self: &Arc<Self>, meant: uuid::Uuid) {
        let (who, gateway) = {
            let mut state = self.state();
            if state.session.present_id() != Some(meant) || state.session.recording().is_none() {
                return;
            }
            let who = state.session.present().cloned();
            state.session.lock();
            (who, state.give_up_tokens())
        };
        self.nobody_is_at_work(who, gateway, EndReason::Idle, Act::Locked, String::new());
        self.prepare_wake.notify_one();
    }

    /// What somebody's grant says, if they have one that the gateway signed.
    pub(super) async fn terms(&self, author: &CareIdentityUuid) -> Result<Option<OfflineTerms>, Failure> {
        let (author, remembered, policy) = (author.clone(), self.store.gateway, self.settings.countersigning_key);
        let read = move |conn: &Connection| -> Result<_, StoreError> {
            let Some(grant) = kept::grant(conn, &author)? else { return Ok(None) };
            let key = policy.or(countersigning::pinned(conn, remembered)?);
            let opened = key.and_then(|key| {
                grant.opened(&key).inspect_err(|error| tracing::error!(%error, "a grant is not believed")).ok()
            });
            Ok(opened.filter(|terms| terms.user.uuid == author))
        };
        Ok(self.store.read(read).await?)
    }

    /// The terms under which somebody may work here now, in a role where one is asked for.
    pub(super) async fn permitted(
        &self,
        author: &CareIdentityUuid,
        role: Option<RoleProfileId>,
    ) -> Result<OfflineTerms, Failure> {
        let terms = self.terms(author).await?.ok_or(Cause::NotPrepared)?;
        let device = self.store.device.as_ref().map(Device::id).ok_or(Cause::NotPrepared)?;
        let times = (self.highest().at, self.parts.clock.now());
        offline::permits(&terms, &device, role.as_ref(), times).map_err(|why| match why {
            NotNow::Over => Cause::OfflineEnded,
            NotNow::ClockWasAhead => Cause::ClockWasAhead,
            NotNow::ClockIsBehind => Cause::ClockWrong,
            NotNow::OtherComputer | NotNow::OtherRole => Cause::NotPrepared,
        })?;
        Ok(terms)
    }

    /// Whether whoever is at work could come back by PIN.
    pub(super) fn is_ready(&self, state: &mut State, moment: Moment) -> bool {
        let highest = state.ticking.now(moment).at;
        let (Some(device), Some(terms)) = (&self.store.device, &state.ready) else { return false };
        let role = state.session.recording().and_then(|who| who.role_id());
        role.is_some() && offline::permits(terms, &device.id(), role, (highest, moment.wall)).is_ok()
    }

    /// Whether the session is to be locked and not ended, now that nobody did anything for so long.
    pub(super) fn locks_when_idle(&self, state: &mut State, moment: Moment) -> bool {
        match state.session {
            // Nothing of it is at the gateway, so there is nothing to be ended there.
            Session::Offline { .. } => true,
            Session::SignedIn { .. } => {
                matches!(state.network, Network::Offline { .. }) && self.is_ready(state, moment)
            }
            _ => false,
        }
    }

    /// Whether a grant under which somebody is at work has ended.
    pub(super) fn grant_is_over(state: &mut State, moment: Moment) -> bool {
        let highest = state.ticking.now(moment).at;
        matches!(state.session, Session::Offline { until, .. } if highest >= until)
    }

    /// Remembers under which grant whoever signed in could go on without a connection.
    pub(super) async fn get_ready(&self, who: &SignedIn) -> Result<(), Failure> {
        let has_pin = self.attempts(&who.user.uuid).await?.is_some();
        let terms = if has_pin { self.terms(&who.user.uuid).await? } else { None };
        // Who may register no more does not come back to it by PIN.
        let terms = terms.filter(|terms| still_registers(who, &terms.role.id));
        let mut state = self.state();
        if state.session.present_id() == Some(who.id) {
            state.ready = terms.filter(|_| self.not_kept().is_none());
        }
        Ok(())
    }

    /// How it stands with somebody's PIN and grant; none where they have no PIN that works.
    pub(super) async fn offline_person(
        &self,
        author: &CareIdentityUuid,
        role: Option<RoleProfileId>,
    ) -> Result<Option<OfflinePerson>, Failure> {
        let Some(attempts) = self.attempts(author).await? else { return Ok(None) };
        let Some(terms) = self.terms(author).await? else { return Ok(None) };
        let highest = self.highest().at;
        let ended = match self.permitted(author, role).await {
            // A clock that is wrong now ends nothing: that is told to whoever begins.
            Ok(_) | Err(Failure { cause: Cause::ClockWrong, .. }) => None,
            Err(Failure { cause: Cause::ClockWasAhead, .. }) => Some(OfflineEnd::ClockWasAhead),
            Err(Failure { cause: Cause::OfflineEnded, .. }) => Some(OfflineEnd::Over),
            Err(Failure { cause: Cause::NotPrepared, .. }) => Some(OfflineEnd::Elsewhere),
            Err(failure) => return Err(failure),
        };
        Ok(Some(OfflinePerson {
            uuid: terms.user.uuid,
            name: terms.user.name,
            role: role_text(&terms.role),
            until: terms.until,
            ended,
            tries_left: attempts.left(),
            wait_until: attempts.waits_until(highest),
        }))
    }

    /// Writes down the highest time, in the file and in the key store. What cannot be written now is written later.
    pub(crate) async fn note_time(&self) {
        let seen = self.highest();
        let told = self.store.write(move |conn| kept::keep_highest(conn, seen)).await;
        let remembered = self.on_key_store(move |keys| kept::kept::keep_highest(keys, seen)).await;
        if told.is_err() || remembered.is_err() {
            tracing::warn!("the highest time was not written down everywhere");
        }
    }

    /// Asks the key store, on a thread that may wait.
    pub(super) async fn on_key_store<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn KeyStore) -> Result<T, KeyStoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        let keys = self.parts.keys.clone();
        let asked = tokio::task::spawn_blocking(move || ask(&*keys)).await;
        asked.map_err(|_| Cause::Internal("the key store was asked and did not answer"))?.map_err(|error| {
            tracing::warn!(%error, "the key store does not answer");
            Cause::KeyStore(error).into()
        })
    }

    /// Takes away what a person is prepared with, once no PIN is being tried: who tries one writes its entry anew.
    pub(crate) async fn forget_pin(&self, author: &CareIdentityUuid, act: Act, actor: &Actor) -> Result<(), Failure> {
        let _none_is_tried = self.pin_trying.lock().await;
        self.forget_pin_now(author, act, actor).await
    }

    /// The same, by whoever tries one. First in the key store: a file that is put back opens nothing then.
    pub(super) async fn forget_pin_now(
        &self,
        author: &CareIdentityUuid,
        act: Act,
        actor: &Actor,
    ) -> Result<(), Failure> {
        let whose = author.clone();
        self.on_key_store(move |keys| kept::kept::wipe_pin(keys, &whose)).await?;
        let (now, whose, actor) = (self.parts.clock.now(), author.clone(), actor.clone());
        self.store
            .write(move |conn| {
                kept::forget(conn, &whose)?;
                audit::append(conn, now, act, &actor, &About::default())
            })
            .await?;
        let mut state = self.state();
        if state.ready.as_ref().is_some_and(|terms| terms.user.uuid == *author) {
            state.ready = None;
        }
        Ok(())
    }

    /// Writes down when a grant began or until when it lasts.
    pub(super) async fn keep_grant(
        &self,
        grant: contract::OfflineGrant,
        terms: &OfflineTerms,
        acts: Actor,
    ) -> Result<(), Failure> {
        let moment = self.parts.clock.moment();
        let seen = Highest::anew(terms.issued_at, moment.wall);
        let (author, key) = (terms.user.uuid.clone(), grant.gateway);
        let about = About { detail: until_text(terms.until), ..About::default() };
        self.store
            .write(move |conn| {
                countersigning::follow(conn, key)?;
                kept::keep_grant(conn, &author, &grant)?;
                kept::keep_highest(conn, seen)?;
                audit::append(conn, moment.wall, Act::Prepared, &acts, &about)
            })
            .await?;
        self.state().ticking = crate::offline::Ticking::from(seen, moment);
        self.on_key_store(move |keys| kept::kept::keep_highest(keys, seen)).await
    }
}

fn until_text(until: Timestamp) -> String {
    format!("until {until}")
}
