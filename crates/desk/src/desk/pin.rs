//! Setting a PIN, and trying one.
//!
//! An attempt is counted in the key store and in the file before it is made, one at a time: whoever ends RA Desk in
//! between, puts back an older file or asks twice at once gains none.

use std::sync::Arc;

use contract::{CareIdentityUuid, FieldErrors};

use super::state::{AtWork, Inner};
use crate::pin::attempts::{Attempts, MOST_WRONG, NotNow};
use crate::pin::{Pin, Secret, Whose, Wrapped};
use crate::store::audit::{self, About, Act, Actor};
use crate::store::offline::kept::{self, PinSecret};
use crate::store::offline::{self, StoredPin};
use crate::store::vault::{self, OpenVault, VaultKey};
use crate::{Cause, Failure};

impl Inner {
    /// Sets the PIN of whoever is at work, in place of one that is there.
    pub(super) async fn keep_chosen(&self, at_work: &AtWork, pin: Pin) -> Result<(), Failure> {
        let (author, actor) = (at_work.who.user.uuid.clone(), at_work.actor());
        let key = {
            let state = self.state();
            let vault = state.vault.as_ref().filter(|vault| vault.author == author).ok_or(Cause::Sealed)?;
            Secret::new(*vault.key().bytes())
        };
        let _one_at_a_time = self.pin_trying.lock().await;
        let (id, random) = (self.parts.random.guid(), self.parts.random.clone());
        let mut secret = Secret::default();
        random.fill(&mut secret[..]);
        let entry = PinSecret { id, secret: secret.clone(), attempts: Attempts::NONE };
        let whose = author.clone();
        let wrapping = move || Wrapped::new(&key, &pin, &secret, Whose { author: &whose, id }, &*random);
        let wrapped = tokio::task::spawn_blocking(wrapping).await.ok().flatten();
        let wrapped = wrapped.ok_or(Cause::Internal("a key could not be wrapped"))?;
        // From here on the PIN before is of no use; until the file is written, neither is this one. Nothing is lost by
        // that: whoever's it is has just signed in.
        let whose = author.clone();
        self.on_key_store(move |keys| kept::keep_pin(keys, &whose, &entry)).await?;
        let (now, stored) = (self.parts.clock.now(), StoredPin { id, wrapped, attempts: Attempts::NONE });
        let written = self.store.write(move |conn| {
            offline::keep_pin(conn, &author, &stored)?;
            audit::append(conn, now, Act::PinSet, &actor, &About::default())
        });
        Ok(written.await?)
    }

    /// How often somebody's PIN was tried; none where they have none that works.
    pub(super) async fn attempts(&self, author: &CareIdentityUuid) -> Result<Option<Attempts>, Failure> {
        Ok(self.both(author).await?.map(|(stored, secret)| stored.attempts.higher(secret.attempts)))
    }

    /// What the file and the key store have of somebody's PIN, where both are of the same.
    async fn both(&self, author: &CareIdentityUuid) -> Result<Option<(StoredPin, PinSecret)>, Failure> {
        let whose = author.clone();
        let Some(stored) = self.store.read(move |conn| offline::pin(conn, &whose)).await? else { return Ok(None) };
        let whose = author.clone();
        let secret = self.on_key_store(move |keys| kept::pin(keys, &whose)).await?;
        Ok(secret.filter(|secret| secret.id == stored.id).map(|secret| (stored, secret)))
    }

    /// Tries a PIN, and opens the vault of whose it is. Field error: `pin`.
    pub(super) async fn try_pin(&self, author: &CareIdentityUuid, typed: &str) -> Result<Arc<OpenVault>, Failure> {
        let _one_at_a_time = self.pin_trying.lock().await;
        let Some((stored, mut secret)) = self.both(author).await? else { return Err(Cause::NotPrepared.into()) };
        let (highest, before) = (self.highest().at, stored.attempts.higher(secret.attempts));
        let attempts = match before.count(highest) {
            Ok(attempts) => attempts,
            Err(NotNow::Wait(_)) => {
                return Err(refused("pin_wait", "It is too early for another try. Nothing was tried.".into()));
            }
            Err(NotNow::TooMany) => return Err(self.wipe(author).await?),
        };
        // Nobody's PIN is so short or so long: that is no try.
        let Some(pin) = Pin::typed(typed) else {
            return Err(refused("pin_length", "Enter your PIN: 8 to 64 characters.".into()));
        };
        secret.attempts = attempts;
        let secret = Arc::new(secret);
        self.count(author, &secret, attempts).await?;
        let (whose, entry, wrapped) = (author.clone(), secret.clone(), stored.wrapped);
        let opening = move || wrapped.open(&pin, &entry.secret, Whose { author: &whose, id: entry.id });
        let opened = tokio::task::spawn_blocking(opening).await;
        let Some(key) = opened.map_err(|_| Cause::Internal("a PIN was tried and nothing came of it"))? else {
            self.note_wrong(author, attempts).await?;
            if attempts.left() == 0 {
                return Err(self.wipe(author).await?);
            }
            let tries = if attempts.left() == 1 { "try" } else { "tries" };
            return Err(refused("pin_wrong", format!("That is not the PIN. {} {tries} left.", attempts.left())));
        };
        let none = Arc::new(PinSecret { attempts: Attempts::NONE, secret: secret.secret.clone(), ..*secret });
        self.count(author, &none, Attempts::NONE).await?;
        self.vault_of(author, key).await
    }

    /// Writes down how often it was tried: first where no older file can take it back.
    async fn count(
        &self,
        author: &CareIdentityUuid,
        secret: &Arc<PinSecret>,
        attempts: Attempts,
    ) -> Result<(), Failure> {
        let (whose, entry) = (author.clone(), secret.clone());
        self.on_key_store(move |keys| kept::keep_pin(keys, &whose, &entry)).await?;
        let (whose, id) = (author.clone(), secret.id);
        Ok(self.store.write(move |conn| offline::keep_attempts(conn, &whose, id, attempts)).await?)
    }

    async fn note_wrong(&self, author: &CareIdentityUuid, attempts: Attempts) -> Result<(), Failure> {
        let (now, nobody) = (self.parts.clock.now(), nobody_yet(author));
        let about = About { detail: format!("{} of {MOST_WRONG}", attempts.made), ..About::default() };
        Ok(self.store.write(move |conn| audit::append(conn, now, Act::WrongPin, &nobody, &about)).await?)
    }

    /// Too many were wrong: the PIN works no more. What was recorded is not touched.
    async fn wipe(&self, author: &CareIdentityUuid) -> Result<Failure, Failure> {
        tracing::warn!("a PIN was wrong ten times and works no more");
        self.forget_pin_now(author, Act::PinWiped, &nobody_yet(author)).await?;
        Ok(refused("pin_wiped", "This PIN was wrong ten times and does not work any more.".into()))
    }

    async fn vault_of(&self, author: &CareIdentityUuid, key: Secret) -> Result<Arc<OpenVault>, Failure> {
        let whose = author.clone();
        let id = self.store.read(move |conn| vault::known(conn, &whose)).await?.ok_or(Cause::Sealed)?;
        let key = VaultKey::from_bytes(key);
        let vault = Arc::new(OpenVault::new(author.clone(), id, key, self.parts.random.clone())?);
        let (found, now) = (vault.clone(), self.parts.clock.now());
        let is_theirs = self.store.write(move |conn| vault::is_theirs(conn, &found, now)).await?;
        if is_theirs { Ok(vault) } else { Err(Cause::Sealed.into()) }
    }
}

/// Whose PIN is tried, when it is not known who tries it.
fn nobody_yet(author: &CareIdentityUuid) -> Actor {
    Actor { uuid: author.clone(), role: None, session: uuid::Uuid::nil() }
}

fn refused(code: &'static str, message: String) -> Failure {
    let mut errors = FieldErrors::default();
    errors.push("pin", code, message);
    errors.into()
}
