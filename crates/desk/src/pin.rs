//! A PIN: which one may be chosen, and how it wraps a vault key. Pure, but for the randomness it is given.
//!
//! What opens the vault is made of three things: the PIN, stretched so that each guess costs time and memory; a secret of
//! the key store, so that a copy of the file alone can be tried by nobody; and whose and which PIN it is, so that what is
//! wrapped for one opens nothing of another's. How often it may be tried stands in [`attempts`].
//!
//! Deliberately absent: where any of it is kept (`store`), and any way to tell what a PIN is.

pub(crate) mod attempts;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use contract::{CareIdentityUuid, FieldErrors};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::Random;

/// The least characters a PIN has.
pub(crate) const LEAST: usize = 8;
/// The most characters it has. What is longer is not even normalised.
pub(crate) const MOST: usize = 64;

/// Memory one guess takes, in KiB, and how often it is gone through: above what OWASP asks of Argon2id (19 MiB, twice).
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
/// The version of what is wrapped: how it was made.
const VERSION: u8 = 1;
/// The shortest part of a name, in characters, that a PIN must not hold.
const PART: usize = 4;
/// What people choose who have to choose something.
const COMMON: [&str; 6] = ["password", "passw0rd", "qwertyui", "letmein", "1q2w3e4r", "iloveyou"];

/// 32 secret bytes, wiped when they are let go.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// A PIN as it was typed, the same bytes whichever keyboard it was typed on. Wiped when it is let go.
pub(crate) struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes what was typed to be tried. None: nobody's PIN is so short or so long.
    pub(crate) fn typed(text: &str) -> Option<Self> {
        // An accent may be a character of its own before it is normalised, and several of them.
        if text.len() > MOST * 16 {
            return None;
        }
        // Made large enough beforehand: a string that grows leaves its beginnings behind.
        let mut normal = Zeroizing::new(String::with_capacity(text.len() * 3));
        normal.extend(text.nfc());
        (LEAST..=MOST).contains(&normal.chars().count()).then_some(Self(normal))
    }

    /// Takes a PIN that somebody of this name chose, typed twice. Field errors: `pin`, `again`.
    pub(crate) fn chosen(text: &str, again: &str, who: &CareIdentityUuid, name: &str) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let Some(pin) = Self::typed(text) else {
            errors.push("pin", "pin_length", "Enter a PIN of 8 to 64 characters.");
            return Err(errors);
        };
        if let Some((code, message)) = pin.is_weak(who, name) {
            errors.push("pin", code, message);
        } else if !Self::typed(again).is_some_and(|again| again.0 == pin.0) {
            errors.push("again", "pin_differs", "Enter the same PIN both times.");
        }
        errors.into_result().map(|()| pin)
    }

    /// Why it would be guessed among the first, if it would.
    fn is_weak(&self, who: &CareIdentityUuid, name: &str) -> Option<(&'static str, &'static str)> {
        let characters: Zeroizing<Vec<char>> = Zeroizing::new(self.0.chars().flat_map(char::to_lowercase).collect());
        let repeats = |by: usize| characters.iter().zip(&characters[by..]).all(|(one, other)| one == other);
        if (1..=4).any(repeats) {
            return Some(("pin_repeats", "Choose a PIN that does not repeat the same few characters."));
        }
        let steps = |by: i64| {
            characters.windows(2).all(|pair| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])) == by)
        };
        if steps(1) || steps(-1) {
            return Some(("pin_run", "Choose a PIN that is not a run such as 12345678 or abcdefgh."));
        }
        let lower: Zeroizing<String> = Zeroizing::new(characters.iter().collect());
        if COMMON.iter().any(|common| lower.contains(common)) {
            return Some(("pin_common", "Choose a PIN that is not one that many people choose."));
        }
        let name = name.to_lowercase();
        let mut parts = name.split(|character: char| !character.is_alphanumeric());
        if parts.any(|part| part.chars().count() >= PART && lower.contains(part)) || lower.contains(who.as_str()) {
            return Some(("pin_name", "Choose a PIN without your name or your Care Identity UUID."));
        }
        None
    }

    /// What wraps and opens, of this PIN and what else belongs to it.
    fn key(&self, salt: &[u8; 16], secret: &Secret, whose: &Whose<'_>) -> Option<LessSafeKey> {
        let params = Params::new(MEMORY, PASSES, 1, Some(32)).ok()?;
        let mut both = Zeroizing::new([0; 64]);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(self.0.as_bytes(), salt, &mut both[..32]).ok()?;
        both[32..].copy_from_slice(&secret[..]);
        let mut key = Secret::default();
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"ra-desk pin 1").extract(&both[..]);
        prk.expand(&[&whose.bytes()], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key[..])).ok()?;
        UnboundKey::new(&AES_256_GCM, &key[..]).ok().map(LessSafeKey::new)
    }
}

/// Whose PIN it is, and which of theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whose<'a> {
    /// Whose.
    pub(crate) author: &'a CareIdentityUuid,
    /// Which: each PIN that is set has a name of its own.
    pub(crate) id: uuid::Uuid,
}

impl Whose<'_> {
    fn bytes(&self) -> Vec<u8> {
        [&[VERSION], &self.id.as_bytes()[..], self.author.as_str().as_bytes()].concat()
    }
}

/// A vault key that a PIN opens. Of no use without the PIN and the key store's secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Wrapped {
    /// What the PIN is stretched with.
    pub(crate) salt: [u8; 16],
    /// The version, the number used once, and the sealed key.
    pub(crate) sealed: Vec<u8>,
}

impl std::fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wrapped(…)")
    }
}

impl Wrapped {
    /// Wraps a key. None only where the cipher cannot be had at all.
    pub(crate) fn new(key: &Secret, pin: &Pin, secret: &Secret, whose: Whose<'_>, random: &dyn Random) -> Option<Self> {
        let (mut salt, mut once) = ([0; 16], [0; NONCE_LEN]);
        random.fill(&mut salt);
        random.fill(&mut once);
        let cipher = pin.key(&salt, secret, &whose)?;
        let mut body = Zeroizing::new(key.to_vec());
        // Room for its seal, so that it does not move and leave a copy behind.
        body.reserve_exact(AES_256_GCM.tag_len());
        cipher
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(once), Aad::from(whose.bytes()), &mut *body)
            .ok()?;
        Some(Self { salt, sealed: [&[VERSION], &once[..], &body[..]].concat() })
    }

    /// The key, where this is the PIN. Takes a fifth of a second or so: never on a thread that others wait for.
    pub(crate) fn open(&self, pin: &Pin, secret: &Secret, whose: Whose<'_>) -> Option<Secret> {
        let (version, rest) = self.sealed.split_first()?;
        let (once, body) = rest.split_at_checked(NONCE_LEN)?;
        if *version != VERSION {
            return None;
        }
        let cipher = pin.key(&self.salt, secret, &whose)?;
        let mut body = Zeroizing::new(body.to_vec());
        let once = Nonce::assume_unique_for_key(once.try_into().ok()?);
        let opened = cipher.open_in_place(once, Aad::from(whose.bytes()), &mut body).ok()?;
        Some(Secret::new(<[u8; 32]>::try_from(&*opened).ok()?))
    }
}

#[cfg(test)]
mod tests;
