//! RSA keys that sign, and the public halves that others check with.

use std::sync::OnceLock;

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_RSA_SHA512, RsaKeySize};
use serde::Serialize;

use crate::random;

/// A private RSA key with a name.
pub(crate) struct SigningKey {
    id: String,
    algorithm: Algorithm,
    private: EncodingKey,
    public: Jwk,
}

/// A key could not be made or read.
#[derive(Debug, thiserror::Error)]
#[error("a key cannot be made or used: {0}")]
pub struct KeyError(String);

impl SigningKey {
    /// Reads a private key (PKCS#8 PEM).
    pub(crate) fn from_pem(pem: &str, id: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        let unusable = |error: jsonwebtoken::errors::Error| KeyError(error.to_string());
        let private = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(unusable)?;
        let mut public = Jwk::from_encoding_key(&private, algorithm).map_err(unusable)?;
        public.common.key_id = Some(id.to_owned());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { id: id.to_owned(), algorithm, private, public })
    }

    fn made_now(algorithm: Algorithm) -> Result<Self, KeyError> {
        Self::from_pem(&new_rsa_pem()?, &random::guid(), algorithm)
    }

    /// Signs claims, naming the key in the header.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.private).map_err(|error| KeyError(error.to_string()))
    }

    /// The public half, as a set of one.
    pub(crate) fn public_set(&self) -> JwkSet {
        JwkSet { keys: vec![self.public.clone()] }
    }
}

/// The keys a running sandbox signs with.
pub(crate) struct ProcessKeys {
    /// Signs what the practice CIS2 says.
    pub(crate) cis2: SigningKey,
    /// Signs what the practice NHS.net Connect says.
    pub(crate) nhs_net: SigningKey,
    /// Shows that the page `/try` is itself.
    pub(crate) try_page: SigningKey,
}

/// The keys of this process: made at its start, never written anywhere, the same for every sandbox in it, because
/// three RSA keys for every test would be most of a test's time.
pub(crate) fn of_this_process() -> Result<&'static ProcessKeys, KeyError> {
    static KEYS: OnceLock<ProcessKeys> = OnceLock::new();
    if let Some(keys) = KEYS.get() {
        return Ok(keys);
    }
    let made = ProcessKeys {
        cis2: SigningKey::made_now(Algorithm::RS256)?,
        nhs_net: SigningKey::made_now(Algorithm::RS256)?,
        try_page: SigningKey::made_now(Algorithm::RS512)?,
    };
    Ok(KEYS.get_or_init(|| made))
}

/// A new RSA key of 2048 bits, PKCS#8 PEM.
pub(crate) fn new_rsa_pem() -> Result<String, KeyError> {
    // The algorithm named here is the one rcgen would sign certificates with; the key itself fits any.
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA512, RsaKeySize::_2048);
    pair.map(|pair| pair.serialize_pem()).map_err(|error| KeyError(error.to_string()))
}
