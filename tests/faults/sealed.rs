//! What RA users sealed in a closed store, opened from outside: with the gateway's own key for shares of vaults.
//!
//! Written anew from what ADR 25 says, and not with the product's own reading of it.

use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use tests::Outcome;

/// The gateway's key, from which every share is made.
pub struct GatewayKey(hmac::Key);

impl GatewayKey {
    /// That of the practice world in whose folder a desk's key store stands.
    pub fn of_world_around(key_store: &Path) -> Outcome<Self> {
        let found = key_store.ancestors().map(|folder| folder.join("world/gateway-secrets/vault.key"));
        let path = found.into_iter().find(|path| path.exists()).ok_or("there is no gateway's key for vaults")?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &std::fs::read(path)?)))
    }

    /// What is sealed for an author's row; none where it is not as it was sealed.
    pub fn open(&self, author: &str, what: &str, row: &str, sealed: &[u8]) -> Option<serde_json::Value> {
        let (head, content) = sealed.split_at_checked(29)?;
        let (version, vault, nonce) = (head[0], &head[1..17], &head[17..]);
        let share = hmac::sign(&self.0, &[b"ra-desk vault share 1\0", author.as_bytes(), vault].concat());
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, share.as_ref()), b"ra-desk vault key 1");
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, key.as_ref()).ok()?);
        let aad = Aad::from(format!("ra-desk vault 1\0{what}\0{row}\0{author}").into_bytes());
        let mut content = content.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let text = cipher.open_in_place(nonce, aad, &mut content).ok()?;
        if version == 1 { serde_json::from_slice(text).ok() } else { None }
    }
}
