//! The key that signs the audit's head, and the head that the key store remembers.
//!
//! Both live in the key store, under names of their own; the file knows the public half. The key is made with the
//! store, or where a store of an earlier version has none yet, and is replaced only by that of another audit, after the
//! file is of that one ([`Device::settle`]): without its entry nothing is signed, and RA Desk goes on. What the key store
//! remembers may lag behind the file and never leads: it is written after the rows are on disk. So a file that has fewer
//! rows than that, or others, is an older copy.
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
/// The entry of a name and key that no file is known to be of yet. It takes the place of the other as soon as one is,
/// and not before: whoever is killed in between leaves the key that the file is of.
const NEXT_NAME: &str = "device-key-next-1";
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
    /// The gateway's key that was believed then: a new audit has no receipt yet, and must not forget it. None also where
    /// an earlier version wrote this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<PublicKey>,
}

impl Remembered {
    /// The gateway's key, as the key store knows it.
    pub(crate) fn gateway(&self) -> Option<PublicKey> {
        self.key.or(self.receipt.filter(AuditReceipt::is_countersigned).map(|receipt| receipt.gateway))
    }
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

    /// The one the key store keeps, for a file that says it is of that device: also where that one was made just before
    /// the file said so, and has not taken its place yet.
    pub(super) fn kept(keys: &dyn KeyStore, of: Option<Known>) -> Result<Option<Self>, KeyStoreError> {
        Ok(Self::find(keys, of)?.map(|(device, _)| device))
    }

    /// The same, and whether it stands beside the one before it.
    fn find(keys: &dyn KeyStore, of: Option<Known>) -> Result<Option<(Self, bool)>, KeyStoreError> {
        let kept = Self::entry(keys, DEVICE_NAME)?;
        let next = match of {
            Some(of) if kept.as_ref().is_none_or(|kept| kept.known() != of) => {
                Self::entry(keys, NEXT_NAME)?.filter(|next| next.known() == of)
            }
            _ => None,
        };
        Ok(next.map(|next| (next, true)).or(kept.map(|kept| (kept, false))))
    }

    /// The public half of it; a key store that does not answer keeps none.
    pub(super) fn kept_known(keys: &dyn KeyStore, of: Option<Known>) -> Option<Known> {
        Self::kept(keys, of).ok().flatten().map(|device| device.known())
    }

    fn entry(keys: &dyn KeyStore, name: &str) -> Result<Option<Self>, KeyStoreError> {
        Ok(keys.load(name)?.and_then(|entry| Self::read(&entry)))
    }

    /// Makes one for a file that is to be of it, in place of the one it is of now. It is used only when the key store
    /// gives it back, and the one before stays until the file is of the new one ([`Self::settle`]).
    pub(super) fn make(keys: &dyn KeyStore, random: &dyn Random, before: Option<Known>) -> Result<Self, KeyStoreError> {
        // What the file is of now stands there where it could not take its place yet: nothing is written over that.
        if before.is_some() && Self::entry(keys, NEXT_NAME)?.map(|next| next.known()) == before {
            Self::kept(keys, before)?.map_or(Ok(()), |kept| kept.take_place(keys))?;
        }
        let mut made = Zeroizing::new(vec![0; LENGTH]);
        made[..16].copy_from_slice(random.guid().as_bytes());
        random.fill(&mut made[16..]);
        Self::save(keys, NEXT_NAME, &made)
    }

    /// Lets one that was made take the place of the one before, now that the file on disk is of it. Where the key store
    /// does not take it, it stays beside that one, and the next start tries again.
    pub(super) fn settle(self, keys: &dyn KeyStore) -> Self {
        if let Err(error) = self.take_place(keys) {
            tracing::warn!(%error, "the key of this computer stays beside the one before it");
        }
        self
    }

    fn take_place(&self, keys: &dyn KeyStore) -> Result<(), KeyStoreError> {
        if Self::entry(keys, DEVICE_NAME)?.is_some_and(|first| first.known() == self.known()) {
            return Ok(());
        }
        let mut entry = Zeroizing::new(vec![0; LENGTH]);
        entry[..16].copy_from_slice(self.id.guid().as_bytes());
        entry[16..].copy_from_slice(&*Zeroizing::new(self.key.to_bytes()));
        Self::save(keys, DEVICE_NAME, &entry).map(drop)
    }

    fn save(keys: &dyn KeyStore, name: &str, entry: &[u8]) -> Result<Self, KeyStoreError> {
        keys.save(name, entry)?;
        let kept = keys.load(name)?.filter(|kept| kept.as_slice() == entry);
        kept.and_then(|kept| Self::read(&kept))
            .ok_or_else(|| KeyStoreError::Failed("it did not keep the key it was given".into()))
    }

    /// The one of a store that is there. One that has none yet is given one; where the key store does not give the
    /// one it has, there is none.
    pub(super) fn of_store(conn: &Connection, keys: &dyn KeyStore, random: &dyn Random) -> Option<Self> {
        let found = (|| {
            let known = known(conn).map_err(|error| error.to_string())?;
            let found = Self::find(keys, known).map_err(|error| error.to_string())?;
            match (known, found) {
                (Some(known), Some((kept, beside))) if kept.known() == known => {
                    Ok(if beside { kept.settle(keys) } else { kept })
                }
                (Some(_), _) => Err("the key store has no key for it".to_owned()),
                (None, found) => {
                    // One without a name in the file was made for it and not written down, or for a newer file of
                    // this store: then what the key store remembers shows that.
                    let kept = found.map(|(kept, _)| kept);
                    let device =
                        kept.map_or_else(|| Self::make(keys, random, None), Ok).map_err(|error| error.to_string())?;
                    device.write_down(conn).map_err(|error| error.to_string())?;
                    Ok(device.settle(keys))
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
