//! The operating system's key store: Secret Service on Linux, Credential Manager on Windows.
//!
//! Holds the key of the store's file, the key that signs its audit, where the audit ended when that was last told, the
//! secret each PIN is mixed with, and the highest time that was seen, and nothing else. There is deliberately no
//! fallback: without a key store RA Desk does not start, rather than keep a key where anybody can read it.

use std::collections::HashMap;
use std::sync::Arc;

use desk::{KeyStore, KeyStoreError};
use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

/// What the entries are filed under.
const SERVICE: &str = "RA Desk";

/// The operating system's key store. Opened at each use: it may be unlocked or come up while RA Desk runs.
pub struct SystemKeyStore {
    /// Tells apart the keys of several data folders of one person.
    account: String,
}

impl SystemKeyStore {
    /// The key store, for the keys of one data folder.
    pub fn for_folder(folder: &std::path::Path) -> Self {
        Self { account: folder.to_string_lossy().into_owned() }
    }

    fn entry(&self, name: &str) -> Result<Entry, KeyStoreError> {
        let store = open().map_err(|error| told(&error))?;
        let user = format!("{name} of {}", self.account);
        store.build(SERVICE, &user, modifiers().as_ref()).map_err(|error| told(&error))
    }
}

impl KeyStore for SystemKeyStore {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        match self.entry(name)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(told(&error)),
        }
    }

    fn save(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        self.entry(name)?.set_secret(secret).map_err(|error| told(&error))
    }
}

#[cfg(target_os = "linux")]
fn open() -> Result<Arc<CredentialStore>, Error> {
    zbus_secret_service_keyring_store::Store::new().map(|store| store as Arc<CredentialStore>)
}

#[cfg(windows)]
fn open() -> Result<Arc<CredentialStore>, Error> {
    windows_native_keyring_store::Store::new().map(|store| store as Arc<CredentialStore>)
}

/// On Windows a credential roams with a domain profile unless told otherwise, while the file it opens does not.
fn modifiers() -> Option<HashMap<&'static str, &'static str>> {
    cfg!(windows).then(|| HashMap::from([("persistence", "Local")]))
}

/// What the desk needs to know of a failure. The store's own words may name accounts and are not passed on.
fn told(error: &Error) -> KeyStoreError {
    match error {
        Error::NoStorageAccess(_) => KeyStoreError::Locked,
        Error::PlatformFailure(_) | Error::NoDefaultStore | Error::NotSupportedByStore(_) => KeyStoreError::Missing,
        Error::BadStoreFormat(_) => KeyStoreError::Failed("it is not in a form that can be read".to_owned()),
        Error::Ambiguous(_) => KeyStoreError::Failed("it holds more than one entry of this name".to_owned()),
        _ => KeyStoreError::Failed("it refused the entry".to_owned()),
    }
}
