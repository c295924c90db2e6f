//! A gateway's leave to record on one computer without a connection, for a while.
//!
//! It is signed with the key that the gateway countersigns audits with, so a desk checks it against a key it knows
//! already. It lets one RA user record in one role on one computer; it lets nobody send anything, and opens nothing at
//! the gateway.
//!
//! Deliberately absent: what time it is. By which clock a grant has ended is for the desk to judge.

use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::audit::sign;
use crate::{ClinicId, Countersigning, DeviceId, Invalid, Policy, PublicKey, RaUser, Receipt, Role, Signature};

/// The longest time a grant lasts, whatever a gateway's policy says: seven days.
pub const LONGEST_GRANT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most bytes the terms of a grant have.
pub const MAX_GRANT: usize = 16 * 1024;

/// What a grant lets whom do, where and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfflineTerms {
    /// The one computer it is for.
    pub device: DeviceId,
    /// The one RA user it is for.
    pub user: RaUser,
    /// The one role they may record in.
    pub role: Role,
    /// Rules of the gateway, as they were when it was given.
    pub policy: Policy,
    /// The clinic it is for, where it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<ClinicId>,
    /// When it was given, by the gateway's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub issued_at: Timestamp,
    /// When it ends, at most seven days later.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub until: Timestamp,
}

/// Terms as a gateway signed them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfflineGrant {
    /// [`OfflineTerms`] as the JSON text that was signed.
    pub terms: String,
    /// The key it was signed with.
    pub gateway: PublicKey,
    /// Its signature over the text.
    pub signature: Signature,
}

impl std::fmt::Debug for OfflineGrant {
    /// Without what names a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfflineGrant").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

/// Why a grant permits nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAGrant {
    /// It was signed with another key than the one that is believed.
    #[error("it was not signed with the gateway's key")]
    OtherKey,
    /// What it says is not what was signed.
    #[error("it is not as it was signed")]
    NotSigned,
    /// What was signed cannot be understood, or lasts longer than any grant may.
    #[error("what was signed is no grant")]
    NotTerms,
}

impl OfflineGrant {
    /// Signs terms. Fails of terms that no desk would take: ones that last too long, or say too much.
    pub fn sign(terms: &OfflineTerms, key: &SigningKey) -> Result<Self, Invalid> {
        let no_grant = || Invalid::new("not_a_grant", "A grant lasts seven days at most and has 16 KiB at most.");
        let text = serde_json::to_string(terms).map_err(|_| no_grant())?;
        if text.len() > MAX_GRANT || !has_length(terms) {
            return Err(no_grant());
        }
        let signature = sign(key, &signed_bytes(&text));
        Ok(Self { terms: text, gateway: PublicKey::of(key), signature })
    }

    /// What it permits, where that key signed it. Whether it has ended is not looked at.
    pub fn opened(&self, key: &PublicKey) -> Result<OfflineTerms, NotAGrant> {
        if self.gateway != *key {
            return Err(NotAGrant::OtherKey);
        }
        if self.terms.len() > MAX_GRANT || !key.signed(&signed_bytes(&self.terms), &self.signature) {
            return Err(NotAGrant::NotSigned);
        }
        let terms: OfflineTerms = serde_json::from_str(&self.terms).map_err(|_| NotAGrant::NotTerms)?;
        if has_length(&terms) { Ok(terms) } else { Err(NotAGrant::NotTerms) }
    }
}

/// Whether it lasts some time, and not longer than a grant may.
fn has_length(terms: &OfflineTerms) -> bool {
    let length = terms.until.duration_since(terms.issued_at);
    length.is_positive() && length <= LONGEST_GRANT
}

fn signed_bytes(terms: &str) -> Vec<u8> {
    [b"ra-desk offline grant 1\0", terms.as_bytes()].concat()
}

/// Body of `POST /v1/offline-grants`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OfflineGrantRequest {
    /// The computer it is asked for: one the gateway knows.
    pub device: DeviceId,
    /// The clinic it is asked for, where it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinic: Option<ClinicId>,
}

/// Reply to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfflineGrantReply {
    /// Who was answered.
    pub receipt: Receipt,
    /// The grant.
    pub grant: OfflineGrant,
    /// The key it is signed with, and how it follows those before.
    pub countersigning: Countersigning,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn terms() -> OfflineTerms {
        serde_json::from_value(serde_json::json!({
            "device": "0b0f6a4e-7a40-4c59-b6b5-0a1b2c3d4e5f",
            "user": { "uuid": "555086689106", "name": "Made Up" },
            "role": {
                "id": "555254240100", "code": "S0080:G0440:R5090", "name": "Registration Authority Agent",
                "ra_role": "ra_agent", "organisation": { "code": "B81603", "name": "A practice" }
            },
            "policy": {
                "mail_domains": ["nhs.net"], "link_lifetime_minutes": 60, "presence_required": false,
                "queue_age_days": 14, "link_attempts": 5,
                "declaration": { "id": "d", "version": "1", "sentences": [] }
            },
            "issued_at": "2026-01-01T09:00:00Z",
            "until": "2026-01-04T09:00:00Z"
        }))
        .unwrap()
    }

    #[test]
    fn a_grant_is_what_the_key_that_is_believed_signed() {
        let grant = OfflineGrant::sign(&terms(), &key(1)).unwrap();
        assert_eq!(grant.opened(&PublicKey::of(&key(1))), Ok(terms()));
        assert_eq!(grant.opened(&PublicKey::of(&key(2))), Err(NotAGrant::OtherKey));
        let passed_off =
            OfflineGrant { gateway: PublicKey::of(&key(1)), ..OfflineGrant::sign(&terms(), &key(2)).unwrap() };
        assert_eq!(passed_off.opened(&PublicKey::of(&key(1))), Err(NotAGrant::NotSigned));
        assert!(!format!("{grant:?}").contains("Made Up"));
    }

    #[test]
    fn a_changed_word_is_no_grant() {
        let grant = OfflineGrant::sign(&terms(), &key(1)).unwrap();
        for (said, changed) in [
            ("2026-01-04", "2026-01-05"),
            ("555086689106", "656005750104"),
            ("B81603", "B81604"),
            ("555254240100", "555254240200"),
            ("0b0f6a4e", "1b0f6a4e"),
        ] {
            assert!(grant.terms.contains(said), "{said}");
            let forged = OfflineGrant { terms: grant.terms.replacen(said, changed, 1), ..grant.clone() };
            assert_eq!(forged.opened(&PublicKey::of(&key(1))), Err(NotAGrant::NotSigned), "{said}");
        }
    }

    #[test]
    fn no_key_makes_a_grant_longer_than_seven_days() {
        let long = |hours| OfflineTerms { until: terms().issued_at + SignedDuration::from_hours(hours), ..terms() };
        assert!(OfflineGrant::sign(&long(168), &key(1)).is_ok());
        for hours in [169, 0, -1] {
            assert!(OfflineGrant::sign(&long(hours), &key(1)).is_err(), "{hours}");
            // Also where the one who signs does not look.
            let text = serde_json::to_string(&long(hours)).unwrap();
            let signature = sign(&key(1), &signed_bytes(&text));
            let signed = OfflineGrant { terms: text, gateway: PublicKey::of(&key(1)), signature };
            assert_eq!(signed.opened(&PublicKey::of(&key(1))), Err(NotAGrant::NotTerms), "{hours}");
        }
    }
}
