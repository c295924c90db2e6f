//! Which key a gateway gives its word with, and how one such key takes the place of another.
//!
//! A computer believes the first key it hears of. Another it believes only where each step from the one to the other is
//! signed with the key before: whoever stands in a gateway's place has none of them.

use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};

use super::{PublicKey, Signature, sign};

/// A gateway's word that one of its keys takes the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySuccession {
    /// The key before.
    pub before: PublicKey,
    /// The one that takes its place.
    pub key: PublicKey,
    /// The signature of the key before over both.
    pub signature: Signature,
}

impl KeySuccession {
    /// Lets a key follow one of which the secret half is here.
    pub fn sign(before: &SigningKey, key: PublicKey) -> Self {
        let public = PublicKey::of(before);
        Self { before: public, key, signature: sign(before, &succession_bytes(&public, &key)) }
    }

    /// Whether the key before said so.
    pub fn is_signed(&self) -> bool {
        self.before.signed(&succession_bytes(&self.before, &self.key), &self.signature)
    }
}

fn succession_bytes(before: &PublicKey, key: &PublicKey) -> Vec<u8> {
    [&b"ra-desk countersigning key 1\0"[..], &before.0, &key.0].concat()
}

/// What a gateway countersigns audits with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Countersigning {
    /// The key.
    pub key: PublicKey,
    /// Every change from one key to another there was, the first one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<KeySuccession>,
}

impl Countersigning {
    /// Whether its key is that one, or took its place, in one step or in several.
    pub fn leads_from(&self, known: &PublicKey) -> bool {
        let mut at = *known;
        for step in &self.follows {
            if at == self.key {
                break;
            }
            if step.before == at && step.is_signed() {
                at = step.key;
            }
        }
        at == self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn public(seed: u8) -> PublicKey {
        PublicKey::of(&key(seed))
    }

    fn step(before: u8, to: u8) -> KeySuccession {
        KeySuccession::sign(&key(before), public(to))
    }

    #[test]
    fn a_key_is_followed_only_along_what_each_key_before_signed() {
        let now = |seed, follows| Countersigning { key: public(seed), follows };
        assert!(now(1, vec![]).leads_from(&public(1)));
        assert!(!now(2, vec![]).leads_from(&public(1)), "nobody says so");
        assert!(now(2, vec![step(1, 2)]).leads_from(&public(1)));
        let thrice = now(4, vec![step(1, 2), step(2, 3), step(3, 4)]);
        for known in 1..=4 {
            assert!(thrice.leads_from(&public(known)), "off for a while, with key {known}");
        }
        assert!(!thrice.leads_from(&public(9)));
        assert!(!now(4, vec![step(1, 2), step(3, 4)]).leads_from(&public(1)), "a step is missing");
        assert!(now(1, vec![step(1, 2), step(2, 1)]).leads_from(&public(2)), "back to the one before");
        assert!(now(1, vec![step(1, 2)]).leads_from(&public(1)), "one that was not yet changed to");
        // Whoever has another key alone signs no step from this one.
        let forged = KeySuccession { before: public(1), ..step(9, 2) };
        assert!(!forged.is_signed() && !now(2, vec![forged]).leads_from(&public(1)));
        let elsewhere = KeySuccession { key: public(3), ..step(1, 2) };
        assert!(!elsewhere.is_signed() && !now(3, vec![elsewhere]).leads_from(&public(1)));
    }
}
