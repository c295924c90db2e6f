//! The key that signs the audit's head, and the head that the key store remembers.
//!
//! Both live in the key store, under names of their own; the file knows the public half. The key is made with the
//! store, or where a store of an earlier version has none yet, and is never replaced: without its entry nothing is
//! signed, and RA Desk goes on. What the key store remembers may lag behind the file and never leads: it is written
//! after the rows are on disk. So a file that has fewer rows than that, or others, is an older copy.
//!
//! Deliberately absent: when it is written ([`crate::sync`]), and what follows from it ([`super::audit`]).

use contract::{
    AuditHead, AuditReceipt, DeviceId, DeviceRequest, DeviceWaiting, NotSealed, PublicKey, SealedRecord, SealingKey,
    SignedHead,
};
use ed25519_dalek::SigningKey;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{StoreError, meta};
use crate::{KeyStore, KeyStoreError, Random};

/// The entry of the computer's name and key in the key store.
pub(crate) const DEVICE_NAME: &str = "device-key-1";
/// The entry of the remembered head.
pub(crate) const HEAD_NAME: &str = "audit-head-1";

/// How long the entry is: the name, and the key's seed.
const LENGTH: usize = 16 + 32;

/// This computer, as it signs.
pub(crate) struct Device {
    id: DeviceId,
    key: SigningKey,
}

/// This computer, as the file knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) id: DeviceId,
    pub(crate) key: PublicKey,
}

/// What the key store remembers of the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// Where it ended when this was written.
    pub(crate) head: SignedHead,
    /// The gateway's last word on it.
    pub(crate) receipt: Option<AuditReceipt>,
}

impl Device {
    /// Its name.
    pub(crate) const fn id(&self) -> DeviceId {
        self.id
    }

    /// Its name and public key.
    pub(crate) fn known(&self) -> Known {
        Known { id: self.id, key: PublicKey::of(&self.key) }
    }

    /// Signs a head of its audit.
    pub(crate) fn sign(&self, head: AuditHead) -> SignedHead {
        head.sign(&self.key)
    }

    /// Signs and seals a record of the second copy.
    pub(crate) fn seal(&self, record: SealedRecord, to: &SealingKey) -> Result<Vec<u8>, NotSealed> {
        record.seal(to, &self.key)
    }

    /// Shows a gateway that its key is its own.
    pub(crate) fn request(&self) -> DeviceRequest {
        DeviceRequest::sign(&self.id, &self.key)
    }

    /// The same, with what waits here.
    pub(crate) fn request_with(&self, waiting: DeviceWaiting) -> DeviceRequest {
        DeviceRequest { waiting: Some(waiting), ..self.request() }
    }

    fn read(entry: &[u8]) -> Option<Self> {
        let (id, seed) = entry.split_at_checked(16)?;
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(seed.try_into().ok()?);
        let id = DeviceId::from_guid(uuid::Uuid::from_slice(id).ok()?);
        Some(Self { id, key: SigningKey::from_bytes(&seed) })
    }

    /// The one the key store keeps.
    pub(super) fn kept(keys: &dyn KeyStore) -> Result<Option<Self>, KeyStoreError> {
        Ok(keys.load(DEVICE_NAME)?.and_then(|entry| Self::read(&entry)))
    }

    /// The public half of it; a key store that does not answer keeps none.
    pub(super) fn kept_known(keys: &dyn KeyStore) -> Option<Known> {
        Self::kept(keys).ok().flatten().map(|device| device.known())
    }

    /// Makes one. It is used only when the key store gives it back.
    pub(super) fn make(keys: &dyn KeyStore, random: &dyn Random) -> Result<Self, KeyStoreError> {
        let mut made = Zeroizing::new(vec![0; LENGTH]);
        made[..16].copy_from_slice(random.guid().as_bytes());
        random.fill(&mut made[16..]);
        keys.save(DEVICE_NAME, &made)?;
        let kept = keys.load(DEVICE_NAME)?.filter(|kept| *kept == made);
        kept.and_then(|kept| Self::read(&kept))
            .ok_or_else(|| KeyStoreError::Failed("it did not keep the key it was given".into()))
    }

    /// The one of a store that is there. One that has none yet is given one; where the key store does not give the
    /// one it has, there is none.
    pub(super) fn of_store(conn: &Connection, keys: &dyn KeyStore, random: &dyn Random) -> Option<Self> {
        let found = (|| {
            let kept = Self::kept(keys).map_err(|error| error.to_string())?;
            let known = known(conn).map_err(|error| error.to_string())?;
            match (known, kept) {
                (Some(known), Some(kept)) if kept.known() == known => Ok(kept),
                (Some(_), _) => Err("the key store has no key for it".to_owned()),
                (None, kept) => {
                    // One without a name in the file was made for it and not written down, or for a newer file of
                    // this store: then what the key store remembers shows that.
                    let device =
                        kept.map_or_else(|| Self::make(keys, random), Ok).map_err(|error| error.to_string())?;
                    device.write_down(conn).map_err(|error| error.to_string())?;
                    Ok(device)
                }
            }
        })();
        found.map_err(|error| tracing::error!(error, "the audit cannot be signed")).ok()
    }

    /// Lets the file know it.
    pub(super) fn write_down(&self, conn: &Connection) -> Result<(), StoreError> {
        let known = self.known();
        meta::set(conn, meta::DEVICE, &format!("{} {}", known.id, known.key))
    }
}

/// Whose audit stands in a file. None: of nobody yet.
pub(super) fn known(conn: &Connection) -> Result<Option<Known>, StoreError> {
    let Some(text) = meta::get(conn, meta::DEVICE)? else { return Ok(None) };
    let known = text.split_once(' ').and_then(|(id, key)| Some(Known { id: id.parse().ok()?, key: key.parse().ok()? }));
    known.map(Some).ok_or_else(|| StoreError::Failed("it does not say whose audit it holds".into()))
}

/// What the key store remembers. An entry that is not one is none: whoever can spoil it can take it away. A key store
/// that fails is an error: what it did not say may be evidence.
pub(super) fn remembered(keys: &dyn KeyStore) -> Result<Option<Remembered>, KeyStoreError> {
    Ok(keys.load(HEAD_NAME)?.and_then(|entry| serde_json::from_slice(&entry).ok()))
}

/// Lets the key store remember where the audit ends. Waits for the key store.
pub(crate) fn remember(keys: &dyn KeyStore, what: &Remembered) -> Result<(), KeyStoreError> {
    let entry = serde_json::to_vec(what).map_err(|_| KeyStoreError::Failed("the head is not JSON".into()))?;
    keys.save(HEAD_NAME, &entry)
}

#[cfg(test)]
mod tests;
