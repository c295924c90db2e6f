//! The store's key: where it is kept, how the cipher is given it, and how one page is opened with it.
//!
//! The cipher key is handled here and nowhere else. The first 16 bytes of the file are the cipher's salt; it is
//! derived from the key, so a file of another key is told from a damaged one without decrypting anything.
//!
//! Reading a store is SQLCipher's work. One page alone is opened here only to save what is left of a damaged store
//! ([`super::salvage`]), where SQLCipher gives up at the first page that is not as it was written.

use aws_lc_rs::cipher::{AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{hmac, pbkdf2};
use zeroize::Zeroizing;

use crate::{KeyStore, KeyStoreError, OpenError, Random};

/// The entry of the store's key in the key store.
pub(crate) const KEY_NAME: &str = "store-key-1";

/// The bytes of a page, in the file.
pub(super) const PAGE: usize = 4096;
/// The bytes of a page that hold what was written: the rest is its start value and its seal.
pub(super) const USABLE: usize = PAGE - IV - SEAL;
/// The salt at the beginning of the file, in place of the words that tell a plain one.
pub(super) const SALT: usize = 16;

const IV: usize = 16;
const SEAL: usize = 64;
/// What the salt of the seals' key differs by, and how often it is stretched: SQLCipher 4 with a raw key.
const SEAL_SALT: u8 = 0x3a;
const SEAL_ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::MIN.saturating_add(1);

/// The raw key as SQLCipher takes it: 32 bytes of key and 16 of salt.
pub(super) struct StoreKey {
    bytes: Zeroizing<Vec<u8>>,
}

impl StoreKey {
    const LENGTH: usize = 32;

    /// What a file of this key begins with.
    pub(super) fn salt(&self) -> [u8; SALT] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.bytes), b"ra-desk store salt 1");
        let mut salt = [0; SALT];
        salt.copy_from_slice(&tag.as_ref()[..SALT]);
        salt
    }

    /// The pragma that opens the file.
    pub(super) fn pragma(&self) -> Zeroizing<String> {
        use std::fmt::Write;
        let mut text = Zeroizing::new(String::with_capacity(128));
        text.push_str("PRAGMA key = \"x'");
        for byte in self.bytes.iter().chain(&self.salt()) {
            // Writing to a string cannot fail.
            _ = write!(text, "{byte:02x}");
        }
        text.push_str("'\";");
        text
    }

    /// What opens single pages of its file.
    pub(super) fn pages(&self) -> PageKey {
        let salt = self.salt().map(|byte| byte ^ SEAL_SALT);
        let mut seal = Zeroizing::new([0; 32]);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, SEAL_ROUNDS, &salt, &self.bytes, seal.as_mut());
        PageKey { bytes: self.bytes.clone(), seal: hmac::Key::new(hmac::HMAC_SHA512, seal.as_ref()) }
    }
}

/// What opens single pages.
pub(super) struct PageKey {
    bytes: Zeroizing<Vec<u8>>,
    seal: hmac::Key,
}

impl PageKey {
    /// Whether a page is as it was written, at its place.
    pub(super) fn is_sealed(&self, number: u32, page: &[u8]) -> bool {
        if page.len() != PAGE {
            return false;
        }
        let mut seal = hmac::Context::with_key(&self.seal);
        seal.update(&page[head(number)..USABLE + IV]);
        seal.update(&number.to_le_bytes());
        aws_lc_rs::constant_time::verify_slices_are_equal(seal.sign().as_ref(), &page[USABLE + IV..]).is_ok()
    }

    /// What was written on a page; none where it is not as it was written. The first page begins with zeros in place
    /// of the salt.
    pub(super) fn open(&self, number: u32, page: &[u8]) -> Option<Vec<u8>> {
        if !self.is_sealed(number, page) {
            return None;
        }
        let key = UnboundCipherKey::new(&AES_256, &self.bytes).ok()?;
        let iv: [u8; IV] = page[USABLE..USABLE + IV].try_into().ok()?;
        let mut opened = page[..USABLE].to_vec();
        let sealed = &mut opened[head(number)..];
        DecryptingKey::cbc(key).ok()?.decrypt(sealed, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
        opened[..head(number)].fill(0);
        Some(opened)
    }
}

/// How many bytes at its beginning are not sealed.
const fn head(number: u32) -> usize {
    if number == 1 { SALT } else { 0 }
}

/// The key of a store that is there.
pub(super) fn existing(keys: &dyn KeyStore) -> Result<StoreKey, OpenError> {
    let bytes = keys.load(KEY_NAME).map_err(key_store_fault)?.ok_or(OpenError::KeyMissing)?;
    if bytes.len() == StoreKey::LENGTH { Ok(StoreKey { bytes }) } else { Err(OpenError::WrongKey) }
}

/// A key that an earlier store left behind is used again: a copy of that store stays readable.
pub(super) fn for_a_new_store(keys: &dyn KeyStore, random: &dyn Random) -> Result<StoreKey, OpenError> {
    if let Some(bytes) = keys.load(KEY_NAME).map_err(key_store_fault)?
        && bytes.len() == StoreKey::LENGTH
    {
        return Ok(StoreKey { bytes });
    }
    let mut made = Zeroizing::new(vec![0; StoreKey::LENGTH]);
    random.fill(&mut made);
    keys.save(KEY_NAME, &made).map_err(key_store_fault)?;
    // A locked key store takes an entry and forgets it.
    match keys.load(KEY_NAME).map_err(key_store_fault)? {
        Some(kept) if kept == made => Ok(StoreKey { bytes: kept }),
        _ => Err(OpenError::KeyStoreMissing("it did not keep the key it was given".into())),
    }
}

pub(super) fn key_store_fault(error: KeyStoreError) -> OpenError {
    match error {
        KeyStoreError::Locked => OpenError::KeyStoreLocked,
        KeyStoreError::Missing | KeyStoreError::Failed(_) => OpenError::KeyStoreMissing(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;
    use crate::store::Store;
    use crate::testing::{Keys, NOW};

    #[test]
    fn a_page_that_the_cipher_wrote_is_opened_and_a_changed_one_is_not() {
        let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
        drop(Store::open(folder.path(), &keys, &SystemRandom::default(), NOW).unwrap());
        let file = std::fs::read(folder.path().join("store.db")).unwrap();
        let key = existing(&keys).unwrap().pages();
        assert!(file.len().is_multiple_of(PAGE) && file.len() > 4 * PAGE);
        for (number, page) in (1..).zip(file.chunks(PAGE)) {
            assert!(key.open(number, page).is_some(), "page {number}");
            assert!(key.open(number + 1, page).is_none(), "page {number} at another place");
            let mut changed = page.to_vec();
            changed[SALT + number as usize] ^= 1;
            assert!(key.open(number, &changed).is_none(), "page {number} changed");
        }
        let first = key.open(1, &file[..PAGE]).unwrap();
        assert_eq!(first[16..18], 4096_u16.to_be_bytes(), "the size of a page, as SQLite writes it there");
        assert!(key.open(1, &file[..100]).is_none(), "cut short");
    }
}
