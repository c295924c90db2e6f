//! A computer's audit as both sides know it: the canonical bytes of a row, the head a computer signs, and the receipt
//! a gateway signs for it.
//!
//! A row's hash covers the hash before it, so a head speaks for every row up to it. The computer signs heads with the
//! key of its store, the gateway countersigns those it holds all rows of: neither can later tell another story alone.
//!
//! Deliberately absent: where keys are kept, and what an act is called (`desk`); names of people.

mod countersigning;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{DeviceId, DeviceWaiting, Invalid, Receipt};

pub use countersigning::{Countersigning, KeySuccession};

/// The most rows one call carries.
pub const MAX_AUDIT_ROWS: usize = 500;
/// The most bytes one text of a row has on its way to the gateway.
pub const MAX_AUDIT_TEXT: usize = 128;

/// Makes a newtype over bytes that are hexadecimal digits on the wire.
macro_rules! hex_newtype {
    ($(#[$meta:meta])* $name:ident, $length:literal, $code:literal, $sentence:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $length]);

        impl $name {
            /// Takes bytes that were made elsewhere.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub const fn bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                read_hex(text).map(Self).ok_or_else(|| Invalid::new($code, $sentence))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^([0-9a-f]{2}){", $length, "}$")))
                    .into()
            }
        }
        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}
    };
}

hex_newtype!(
    /// SHA-256 over the hash of the row before and a row. All zeros stand before the first.
    AuditHash, 32, "not_a_hash", "A hash is 64 hexadecimal digits."
);
hex_newtype!(
    /// An Ed25519 public key.
    PublicKey, 32, "not_a_key", "A public key is 64 hexadecimal digits."
);
hex_newtype!(
    /// An X25519 public key, which second copies are sealed to.
    SealingKey, 32, "not_a_key", "A public key is 64 hexadecimal digits."
);
hex_newtype!(
    /// An Ed25519 signature.
    Signature, 64, "not_a_signature", "A signature is 128 hexadecimal digits."
);

fn read_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

impl AuditHash {
    /// What stands before the first row.
    pub const NONE: Self = Self([0; 32]);
}

impl PublicKey {
    /// The public half of a key.
    pub fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key().to_bytes())
    }

    /// Whether a signature is one of this key over these bytes.
    pub fn signed(&self, bytes: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| key.verify_strict(bytes, &signature).is_ok())
    }
}

pub(crate) fn sign(key: &SigningKey, bytes: &[u8]) -> Signature {
    Signature(key.sign(bytes).to_bytes())
}

/// The hash of a row: over the hash before, its number, its time in microseconds since 1970, and its texts (act,
/// actor, role, session, subject, key, detail), each with its length before it, so that no two rows look alike.
pub fn audit_row_hash(before: &AuditHash, number: i64, at: i64, texts: [&[u8]; 7]) -> AuditHash {
    let mut hash = Sha256::new();
    hash.update(b"ra-desk audit 1\0");
    hash.update(before.0);
    hash.update(number.to_be_bytes());
    hash.update(at.to_be_bytes());
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    AuditHash(hash.finalize().into())
}

/// One act in a computer's audit. Holds UUIDs and codes, no names.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditRow {
    /// Its number; the first is 1 and none is left out.
    pub number: i64,
    /// When, by the computer's clock, in microseconds since 1970.
    pub at: i64,
    /// What was done, one word.
    pub act: String,
    /// Whose Care Identity UUID.
    pub actor: String,
    /// In which role profile, or empty.
    pub role: String,
    /// In which session on the computer, a GUID.
    pub session: String,
    /// To whose Care Identity UUID, or empty.
    pub subject: String,
    /// With which submission, or empty.
    pub key: String,
    /// A code or a count, or empty.
    pub detail: String,
}

impl std::fmt::Debug for AuditRow {
    /// Without who did it to whom.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AuditRow").field("number", &self.number).field("act", &self.act).finish_non_exhaustive()
    }
}

impl AuditRow {
    /// Its texts, in the order they are hashed in.
    pub fn texts(&self) -> [&str; 7] {
        [&self.act, &self.actor, &self.role, &self.session, &self.subject, &self.key, &self.detail]
    }

    /// Its hash behind that of the row before it.
    pub fn hash(&self, before: &AuditHash) -> AuditHash {
        audit_row_hash(before, self.number, self.at, self.texts().map(str::as_bytes))
    }
}

/// Up to where a computer's audit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditHead {
    /// Whose audit.
    pub device: DeviceId,
    /// The number of its last row.
    pub number: i64,
    /// The hash of its last row.
    pub hash: AuditHash,
    /// When this was signed, by the computer's clock, in microseconds since 1970.
    pub at: i64,
}

impl AuditHead {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"ra-desk audit head 1\0".to_vec();
        bytes.extend_from_slice(self.device.guid().as_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(&self.hash.0);
        bytes.extend_from_slice(&self.at.to_be_bytes());
        bytes
    }

    /// Signs it with the computer's key.
    pub fn sign(self, key: &SigningKey) -> SignedHead {
        SignedHead { signature: sign(key, &self.bytes()), head: self }
    }
}

/// A head with the computer's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignedHead {
    /// The head.
    pub head: AuditHead,
    /// The computer's signature over it.
    pub signature: Signature,
}

impl SignedHead {
    /// Whether it was signed with this key.
    pub fn is_signed_with(&self, key: &PublicKey) -> bool {
        key.signed(&self.head.bytes(), &self.signature)
    }
}

/// A gateway's word that it held all rows up to a head, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditReceipt {
    /// The head, as the computer signed it.
    pub head: SignedHead,
    /// When the gateway had it, in milliseconds since 1970.
    pub received_at: i64,
    /// The gateway's public key.
    pub gateway: PublicKey,
    /// The gateway's signature over all of it.
    pub countersignature: Signature,
}

impl AuditReceipt {
    /// Countersigns a head with the gateway's key.
    pub fn countersign(head: SignedHead, received_at: Timestamp, key: &SigningKey) -> Self {
        let received_at = received_at.as_millisecond();
        let countersignature = sign(key, &receipt_bytes(&head, received_at));
        Self { head, received_at, gateway: PublicKey::of(key), countersignature }
    }

    /// Whether it was countersigned with the key it names.
    pub fn is_countersigned(&self) -> bool {
        self.gateway.signed(&receipt_bytes(&self.head, self.received_at), &self.countersignature)
    }
}

fn receipt_bytes(head: &SignedHead, received_at: i64) -> Vec<u8> {
    let mut bytes = b"ra-desk audit receipt 1\0".to_vec();
    bytes.extend_from_slice(&head.head.bytes());
    bytes.extend_from_slice(&head.signature.0);
    bytes.extend_from_slice(&received_at.to_be_bytes());
    bytes
}

/// What a computer signs to show that a public key is its own.
pub fn device_bytes(device: &DeviceId, key: &PublicKey) -> Vec<u8> {
    let mut bytes = b"ra-desk device 1\0".to_vec();
    bytes.extend_from_slice(device.guid().as_bytes());
    bytes.extend_from_slice(&key.0);
    bytes
}

/// Body of `PUT /v1/devices/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeviceRequest {
    /// The computer's public key. The same for as long as its store lives.
    pub key: PublicKey,
    /// Its signature over the computer's name and that key ([`device_bytes`]).
    pub signature: Signature,
    /// How many wait on it. None: this call does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<DeviceWaiting>,
}

impl DeviceRequest {
    /// Shows that a key is this computer's.
    pub fn sign(device: &DeviceId, key: &SigningKey) -> Self {
        let public = PublicKey::of(key);
        Self { key: public, signature: sign(key, &device_bytes(device, &public)), waiting: None }
    }

    /// Whether whoever sends this has the key.
    pub fn is_signed(&self, device: &DeviceId) -> bool {
        self.key.signed(&device_bytes(device, &self.key), &self.signature)
    }
}

/// Reply to `PUT /v1/devices/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceReply {
    /// That this is the gateway's answer to that request.
    pub receipt: Receipt,
    /// Up to where the gateway holds this computer's audit. None: it holds no row of it.
    pub held: Option<AuditReceipt>,
    /// What it countersigns with. None: a gateway of an earlier version does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub countersigning: Option<Countersigning>,
}

/// Body of `POST /v1/audit`: 1 to [`MAX_AUDIT_ROWS`] rows without a gap, and the head behind the last of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditRequest {
    /// The head behind the last row.
    pub head: SignedHead,
    /// The hash of the row before the first of these; all zeros where there is none.
    pub before: AuditHash,
    /// The rows.
    pub rows: Vec<AuditRow>,
}

/// Reply to `POST /v1/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditReply {
    /// That this is the gateway's answer to that request.
    pub receipt: Receipt,
    /// The gateway's word for the head. The same again for the same head.
    pub audit: AuditReceipt,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> AuditHead {
        let device = DeviceId::from_guid(uuid::Uuid::from_u128(7));
        AuditHead { device, number: 3, hash: AuditHash([5; 32]), at: 1_767_258_000_000_000 }
    }

    #[test]
    fn a_head_is_signed_by_one_key_over_all_of_it() {
        let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let signed = head().sign(&key);
        assert!(signed.is_signed_with(&PublicKey::of(&key)));
        assert!(!signed.is_signed_with(&PublicKey::of(&other)));
        let changes: [fn(&mut AuditHead); 4] = [
            |head| head.device = DeviceId::from_guid(uuid::Uuid::from_u128(8)),
            |head| head.number += 1,
            |head| head.hash = AuditHash([6; 32]),
            |head| head.at += 1,
        ];
        for change in changes {
            let mut changed = signed;
            change(&mut changed.head);
            assert!(!changed.is_signed_with(&PublicKey::of(&key)), "{changed:?}");
        }
    }

    #[test]
    fn a_receipt_is_countersigned_over_all_of_it() {
        let (desk, gateway) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let receipt =
            AuditReceipt::countersign(head().sign(&desk), Timestamp::from_second(1_767_258_000).unwrap(), &gateway);
        assert!(receipt.is_countersigned());
        let changes: [fn(&mut AuditReceipt); 4] = [
            |receipt| receipt.head.head.number += 1,
            |receipt| receipt.head.signature.0[0] ^= 1,
            |receipt| receipt.received_at += 1,
            |receipt| receipt.gateway = PublicKey([9; 32]),
        ];
        for change in changes {
            let mut changed = receipt;
            change(&mut changed);
            assert!(!changed.is_countersigned(), "{changed:?}");
        }
    }

    #[test]
    fn a_device_shows_its_key_for_itself_alone() {
        let device = head().device;
        let request = DeviceRequest::sign(&device, &SigningKey::from_bytes(&[1; 32]));
        assert!(request.is_signed(&device));
        assert!(!request.is_signed(&DeviceId::from_guid(uuid::Uuid::from_u128(8))));
    }

    #[test]
    fn bytes_read_as_they_are_written_and_in_one_way_only() {
        let hash = AuditHash([0xab; 32]);
        assert_eq!(hash.to_string().parse::<AuditHash>().unwrap(), hash);
        assert_eq!(serde_json::to_string(&hash).unwrap(), format!("\"{}\"", "ab".repeat(32)));
        for wrong in ["", "ab", &"AB".repeat(32), &"ag".repeat(32), &"é".repeat(32), &"ab".repeat(33)] {
            assert!(wrong.parse::<AuditHash>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_bytes_of_a_row_are_these() {
        // Rows that were written must stay true for ever, so this figure is never changed.
        let row = AuditRow {
            number: 1,
            at: 1_767_258_000_000_000,
            act: "recorded".into(),
            actor: "656005750104".into(),
            role: "555254240100".into(),
            session: "00000000-0000-0000-0000-000000000001".into(),
            subject: "555086689106".into(),
            key: String::new(),
            detail: "replaces".into(),
        };
        assert_eq!(
            row.hash(&AuditHash::NONE).to_string(),
            "692276303006523ae3f02becf30bcfebe336e587a8f696d494f18f1ab3ece0ab"
        );
        assert!(!format!("{row:?}").contains("555086689106"));
    }
}
