//! What the key store keeps of PINs and of the highest time.
//!
//! The count of attempts and the time stand here too, because whoever puts an older file back has not put an older key
//! store back.

use contract::CareIdentityUuid;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::offline::Highest;
use crate::pin::Secret;
use crate::pin::attempts::Attempts;
use crate::{KeyStore, KeyStoreError};

/// The entry of the highest time that was seen.
const HIGHEST_NAME: &str = "highest-time-1";
/// The version, the PIN's name, its secret, how often it was tried, and when it may be next.
const LENGTH: usize = 1 + 16 + 32 + 1 + 8;
const VERSION: u8 = 1;

/// What the key store keeps of a PIN.
pub(crate) struct PinSecret {
    /// Which PIN.
    pub(crate) id: uuid::Uuid,
    /// What its key is mixed with.
    pub(crate) secret: Secret,
    /// How often it was tried since it was last right.
    pub(crate) attempts: Attempts,
}

fn name(author: &CareIdentityUuid) -> String {
    format!("pin-1-{author}")
}

/// What is kept of somebody's PIN; none where none is, or where it was wiped. Waits for the key store.
pub(crate) fn pin(keys: &dyn KeyStore, author: &CareIdentityUuid) -> Result<Option<PinSecret>, KeyStoreError> {
    Ok(keys.load(&name(author))?.and_then(|entry| read(&entry)))
}

fn read(entry: &[u8]) -> Option<PinSecret> {
    let entry: &[u8; LENGTH] = entry.try_into().ok()?;
    let (id, secret) = (uuid::Uuid::from_slice(&entry[1..17]).ok()?, &entry[17..49]);
    if entry[0] != VERSION || id.is_nil() {
        return None;
    }
    let next_at = i64::from_be_bytes(entry[50..].try_into().ok()?);
    let next_at = Timestamp::from_microsecond(next_at).ok()?;
    Some(PinSecret {
        id,
        secret: Secret::new(secret.try_into().ok()?),
        attempts: Attempts { made: entry[49], next_at },
    })
}

/// Keeps it, and sees that it is kept: a locked key store takes an entry and forgets it. Waits for the key store.
pub(crate) fn keep_pin(keys: &dyn KeyStore, author: &CareIdentityUuid, pin: &PinSecret) -> Result<(), KeyStoreError> {
    let mut entry = Zeroizing::new([0; LENGTH]);
    entry[0] = VERSION;
    entry[1..17].copy_from_slice(pin.id.as_bytes());
    entry[17..49].copy_from_slice(&pin.secret[..]);
    entry[49] = pin.attempts.made;
    entry[50..].copy_from_slice(&pin.attempts.next_at.as_microsecond().to_be_bytes());
    save(keys, &name(author), &entry[..])
}

/// Wipes what is kept of somebody's PIN: whatever file comes back, it opens nothing any more. Waits for the key store.
pub(crate) fn wipe_pin(keys: &dyn KeyStore, author: &CareIdentityUuid) -> Result<(), KeyStoreError> {
    if keys.load(&name(author))?.is_none() {
        return Ok(());
    }
    save(keys, &name(author), &[0; LENGTH])
}

/// The highest time the key store was told. What cannot be read is none: whoever can spoil it can take it away.
pub(crate) fn highest(keys: &dyn KeyStore) -> Result<Highest, KeyStoreError> {
    let entry = keys.load(HIGHEST_NAME)?;
    Ok(entry.and_then(|entry| serde_json::from_slice(&entry).ok()).unwrap_or(Highest::NONE))
}

/// Lets the key store remember the highest time. What is there and higher stays. Waits for the key store.
pub(crate) fn keep_highest(keys: &dyn KeyStore, seen: Highest) -> Result<(), KeyStoreError> {
    let known = highest(keys)?;
    let seen = known.higher(seen);
    if seen == known {
        return Ok(());
    }
    let entry = serde_json::to_vec(&seen).map_err(|_| KeyStoreError::Failed("the time is not JSON".into()))?;
    save(keys, HIGHEST_NAME, &entry)
}

fn save(keys: &dyn KeyStore, name: &str, entry: &[u8]) -> Result<(), KeyStoreError> {
    keys.save(name, entry)?;
    match keys.load(name)? {
        Some(kept) if kept.as_slice() == entry => Ok(()),
        _ => Err(KeyStoreError::Failed("it did not keep what it was given".into())),
    }
}
