//! Bytes that must be the same on both sides: a frozen body, its fingerprint, and what was seen.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use crate::{CareIdentityUuid, Invalid, RegistrationBody};

/// The most bytes the body of one registration has.
pub const MAX_BODY: usize = 8 * 1024;

/// A registration's body as the bytes it was recorded with.
///
/// They are made once, before any network, and sent unchanged at each attempt, so that the gateway can tell a
/// repetition from another registration under the same key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FrozenBody(Box<RawValue>);

impl FrozenBody {
    /// Freezes a body. Cannot fail in practice: the body is plain data.
    pub fn freeze(body: &RegistrationBody) -> Result<Self, Invalid> {
        serde_json::value::to_raw_value(body)
            .map(Self)
            .map_err(|_| Invalid::new("body_not_json", "The registration could not be written down."))
    }

    /// Takes bytes that were frozen before, as they were stored.
    pub fn from_text(text: String) -> Result<Self, Invalid> {
        if text.len() > MAX_BODY {
            return Err(Invalid::new("body_too_large", "A registration is at most 8 KiB."));
        }
        RawValue::from_string(text)
            .map(Self)
            .map_err(|_| Invalid::new("body_not_json", "The registration is not JSON."))
    }

    /// The bytes, as text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// What the bytes say.
    pub fn body(&self) -> Result<RegistrationBody, Invalid> {
        if self.as_str().len() > MAX_BODY {
            return Err(Invalid::new("body_too_large", "A registration is at most 8 KiB."));
        }
        serde_json::from_str(self.as_str())
            .map_err(|_| Invalid::new("body_not_understood", "The registration's body is not one that is understood."))
    }

    /// What tells this registration from any other under the same key.
    pub fn fingerprint(&self, care_identity: &CareIdentityUuid) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(b"ra-desk registration 1\0");
        hash.update(care_identity.as_str());
        hash.update([0]);
        hash.update(self.as_str());
        Fingerprint(hash.finalize().into())
    }
}

impl Drop for FrozenBody {
    /// Leaves nothing of a person behind in memory.
    fn drop(&mut self) {
        String::from(Box::<str>::from(std::mem::take(&mut self.0))).zeroize();
    }
}

impl PartialEq for FrozenBody {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl std::fmt::Debug for FrozenBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FrozenBody(… {} bytes)", self.as_str().len())
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for FrozenBody {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        <RegistrationBody as utoipa::PartialSchema>::schema()
    }
}
#[cfg(feature = "openapi")]
impl utoipa::ToSchema for FrozenBody {
    fn name() -> std::borrow::Cow<'static, str> {
        <RegistrationBody as utoipa::ToSchema>::name()
    }
}

/// SHA-256 over profile and body of one registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The digest.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

text_newtype!(
    /// What an RA user saw of a profile, as a digest: 64 hexadecimal digits of SHA-256.
    ///
    /// Over UUID, names, birth date, status and authenticators ([`crate::Profile::seen`]). When a registration
    /// arrives and the profile no longer has this digest, the gateway answers `PROFILE_CHANGED`.
    ProfileSeen, public, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", parse_seen
);

fn parse_seen(text: &str) -> Result<String, Invalid> {
    if text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        Ok(text.to_owned())
    } else {
        Err(Invalid::new("not_a_digest", "A digest is 64 hexadecimal digits."))
    }
}

impl ProfileSeen {
    /// The digest of fields, each with its length before it, so that no two lists of fields look alike.
    pub(crate) fn of_fields<'a>(fields: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"ra-desk profile 1\0");
        for field in fields {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        Self(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
