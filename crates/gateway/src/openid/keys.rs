//! Which of a provider's keys a token may be signed with.

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use serde::Deserialize;

use super::SignInError;

/// A provider's keys as they are published.
#[derive(Deserialize)]
pub(super) struct Published {
    keys: Vec<serde_json::Map<String, serde_json::Value>>,
}

impl Published {
    /// Those that only the provider can sign with. One whose private half stands there too, or that is no key at all,
    /// is nobody's; it spoils none of the others.
    pub(super) fn public(self) -> JwkSet {
        let read = |key: serde_json::Map<_, _>| {
            let published = ["d", "p", "q", "k"].iter().any(|part| key.contains_key(*part));
            if published { None } else { serde_json::from_value(key.into()).ok() }
        };
        JwkSet { keys: self.keys.into_iter().filter_map(read).collect() }
    }
}

/// The keys a token may be signed with: those of that name, or the only one where it names none.
pub(super) fn keys_for<'a>(keys: &'a JwkSet, kid: Option<&str>) -> Result<Vec<&'a Jwk>, SignInError> {
    let signs = |jwk: &&Jwk| {
        matches!(jwk.algorithm, AlgorithmParameters::RSA(_))
            && matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature))
            && matches!(jwk.common.key_algorithm, None | Some(KeyAlgorithm::RS256))
    };
    let signing: Vec<&Jwk> = keys.keys.iter().filter(signs).collect();
    match kid {
        Some(kid) => Ok(signing.into_iter().filter(|jwk| jwk.common.key_id.as_deref() == Some(kid)).collect()),
        None if signing.len() > 1 => Err(SignInError::refused("the token does not say which of the keys signed it")),
        None => Ok(signing),
    }
}
