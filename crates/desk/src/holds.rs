//! What a store holds, for somebody who looks after the computer and is not signed in: numbers alone.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::{KeyStore, KeyStoreError, OpenError, store};

/// How much waits in the store of one data folder, of every RA user together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct StoreHolds {
    /// Recorded and not sent, or sent and not answered.
    pub unsent: u32,
    /// Refused, and nobody has dealt with it yet.
    pub attention: u32,
    /// Registered, and the person has not signed in yet.
    pub waiting: u32,
    /// Begun and not recorded.
    pub drafts: u32,
    /// When the oldest of the unsent was recorded.
    pub oldest_unsent: Option<Timestamp>,
}

/// Looks into the store of a data folder. None where there is no store. Nothing is changed, made or brought up to
/// date; while RA Desk has the store open this gives [`OpenError::InUse`]. Waits for the disk and the key store.
pub fn store_holds(data_dir: &Path, keys: &dyn KeyStore) -> Result<Option<StoreHolds>, OpenError> {
    store::held(data_dir, keys)
}

/// Whether the key store holds the key of a store. Changes nothing. Waits for the key store.
pub fn store_key_is_there(keys: &dyn KeyStore) -> Result<bool, KeyStoreError> {
    keys.load(store::KEY_NAME).map(|key| key.is_some())
}
