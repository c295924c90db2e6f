//! Doors for `benches` and the fault harness, which an RA user does not have: many registrations at once, and sending
//! them in ways that RA Desk does not use. Built with the feature `measure` alone, and never shipped.
//!
//! What goes through these doors is the product's own: a registration is recorded by the function that [`Desk::record`]
//! calls, with its audit row and in a transaction, and an answer is written down by the one that sending calls.
//! Deliberately absent: anything faster than what it stands for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use contract::{
    DeclarationAcceptedBy, DocumentKind, IdentityCheckMethod, NhsNetAddress, Profile, SubmissionKey, VaultId,
};
use jiff::Timestamp;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::drafts::record;
use super::state::{Pause, actor};
use super::{Desk, Inner};
use crate::session::SignedIn;
use crate::store::drafts::{self, StoredDraft};
use crate::store::vault::{OpenVault, VaultKey};
use crate::store::{Connection, Store, StoreError, queue};
use crate::sync::apply;
use crate::{Cause, Clock, DraftId, Failure, KeyStore, OpenError, Random, SystemClock, SystemRandom};

/// Longer than anything that is measured.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// The store of a desk without the desk: to time what is between *record* and *recorded*.
pub struct MeasuredStore {
    store: Store,
    who: Arc<SignedIn>,
    clock: SystemClock,
    random: SystemRandom,
    /// What is recorded is sealed, as it is by an RA user who signed in.
    _vault: Arc<OpenVault>,
}

impl MeasuredStore {
    /// Opens a store in a folder, or makes one, for whom that session is.
    pub fn open(folder: &Path, keys: &dyn KeyStore, session: contract::SessionReply) -> Result<Self, OpenError> {
        let (clock, random) = (SystemClock::start(), SystemRandom::default());
        let store = Store::open(folder, keys, &random, clock.now())?;
        let id = (&random as &dyn Random).guid();
        let who = Arc::new(SignedIn::new(id, session, LONG, clock.moment()));
        let mut key = Zeroizing::new([0; 32]);
        random.fill(&mut *key);
        let name = VaultId::from_guid((&random as &dyn Random).guid());
        let opens = (VaultKey::from_bytes(key), Arc::new(SystemRandom::default()));
        let vault = OpenVault::new(who.user.uuid.clone(), name, opens.0, opens.1)
            .map_err(|error| OpenError::Damaged(error.to_string()))?;
        let vault = Arc::new(vault);
        store.vaults.open(&vault);
        Ok(Self { store, who, clock, random, _vault: vault })
    }

    /// A half-done registration of each of these people in which every question is answered.
    pub async fn drafts(&self, people: Vec<(Profile, NhsNetAddress)>) -> Result<Vec<DraftId>, Failure> {
        let (who, now) = (self.who.clone(), self.clock.now());
        let drafts = answered(people, now, &self.random);
        Ok(self.store.write(move |conn| put_all(conn, &who, &drafts)).await?)
    }

    /// Records one of them. When this resolves, it is on disk.
    pub async fn record(&self, draft: DraftId) -> Result<SubmissionKey, Failure> {
        let now = self.clock.now();
        let key = self.new_key(now);
        let who = self.who.clone();
        Ok(self.store.write(move |conn| record(conn, now, &who, &actor(&who), draft, key)).await??.key)
    }

    /// Records them all in one transaction, each with its audit row. When this resolves, all are on disk.
    pub async fn record_together(&self, drafts: Vec<DraftId>) -> Result<Vec<SubmissionKey>, Failure> {
        let now = self.clock.now();
        let keyed: Vec<_> = drafts.into_iter().map(|draft| (draft, self.new_key(now))).collect();
        let who = self.who.clone();
        Ok(self.store.write(move |conn| record_all(conn, now, &who, &keyed)).await?)
    }

    fn new_key(&self, now: Timestamp) -> SubmissionKey {
        SubmissionKey::from_guid((&self.random as &dyn Random).guid_at(now))
    }
}

impl Desk {
    /// Keeps this desk from sending anything by itself until [`Self::go_on_sending`].
    pub async fn hold_sending(&self) {
        // A round that is under way takes a pause back at its end.
        for _ in 0..20 {
            let over = self.inner.parts.clock.monotonic() + LONG;
            self.inner.state().pause = Some(Pause { over, asked: true });
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends [`Self::hold_sending`]: it sends as it always does.
    pub fn go_on_sending(&self) {
        self.inner.state().pause = None;
        self.inner.wake_now();
    }

    /// Records a registration of each of these people, as whoever is at work, in one transaction.
    pub async fn record_many(&self, people: Vec<(Profile, NhsNetAddress)>) -> Result<Vec<SubmissionKey>, Failure> {
        let desk = &self.inner;
        let (who, now) = (desk.require_at_work()?.who, desk.parts.clock.now());
        let drafts = answered(people, now, &*desk.parts.random);
        let keys: Vec<_> =
            drafts.iter().map(|draft| (draft.id, SubmissionKey::from_guid(desk.parts.random.guid_at(now)))).collect();
        let recorded = desk.store.write(move |conn| {
            put_all(conn, &who, &drafts)?;
            record_all(conn, now, &who, &keys)
        });
        Ok(recorded.await?)
    }

    /// Sends what may be sent in calls of one registration each, so many of them at a time, and says how many were
    /// answered. `before_each` is called before each call.
    pub async fn send_each(&self, at_once: u32, before_each: impl Fn()) -> Result<usize, Failure> {
        let desk = &self.inner;
        let at_work = desk.require_at_work()?;
        let actor = at_work.actor();
        let (mut answered, mut after) = (0, None);
        loop {
            let (now, who) = (desk.parts.clock.now(), actor.clone());
            let items = desk.store.write(move |conn| queue::start_sending(conn, now, &who, at_once, after)).await?;
            let Some(last) = items.last() else { return Ok(answered) };
            after = Some(last.key);
            let keys: Vec<SubmissionKey> = items.iter().map(|item| item.key).collect();
            let mut calls = JoinSet::new();
            for item in items {
                before_each();
                let (inner, at_work): (Arc<Inner>, _) = (desk.clone(), at_work.clone());
                calls.spawn(async move { inner.client.register(&at_work.gateway, vec![item]).await });
            }
            let mut together: Option<contract::BatchReply> = None;
            while let Some(call) = calls.join_next().await {
                let reply = desk.hear(&at_work, call.map_err(|_| Cause::Internal("a call came to no end"))?)?;
                answered += reply.results.len();
                match &mut together {
                    Some(together) => together.results.extend(reply.results),
                    None => together = Some(reply),
                }
            }
            let (now, who) = (desk.parts.clock.now(), actor.clone());
            desk.store.write(move |conn| apply(conn, now, &who, &keys, together.as_ref())).await?;
        }
    }
}

fn answered(people: Vec<(Profile, NhsNetAddress)>, now: Timestamp, random: &dyn Random) -> Vec<StoredDraft> {
    let draft = |(profile, address)| StoredDraft {
        id: DraftId(random.guid()),
        profile,
        read_at: now,
        address: Some(address),
        address_reason: None,
        method: Some(IdentityCheckMethod::InPerson),
        documents: vec![DocumentKind::Passport],
        accepted_by: Some(DeclarationAcceptedBy::User),
        checked_at: Some(now),
        corrects: None,
        updated_at: now,
        checked_by: None,
        taken_over: None,
    };
    people.into_iter().map(draft).collect()
}

fn put_all(conn: &Connection, who: &SignedIn, drafts: &[StoredDraft]) -> Result<Vec<DraftId>, StoreError> {
    let put = |draft: &StoredDraft| drafts::put(conn, &who.user.uuid, draft).map(|()| draft.id);
    drafts.iter().map(put).collect()
}

/// All of them, or none where one of them cannot be recorded.
fn record_all(
    conn: &Connection,
    now: Timestamp,
    who: &SignedIn,
    drafts: &[(DraftId, SubmissionKey)],
) -> Result<Vec<SubmissionKey>, StoreError> {
    let actor = actor(who);
    let recorded = |(draft, key): &(DraftId, SubmissionKey)| {
        let recorded = record(conn, now, who, &actor, *draft, *key)?;
        recorded.map(|submission| submission.key).map_err(|_| StoreError::WrongState)
    };
    drafts.iter().map(recorded).collect()
}
