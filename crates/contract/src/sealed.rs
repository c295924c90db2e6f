//! The second copy: a file of sealed records that only the gateway opens, and what stands in a record.
//!
//! A file begins with a mark and a random name of its own. Each record follows with a mark and its length, so that one
//! that was spoilt or torn off hides no other. A record is sealed by HPKE (RFC 9180: X25519, HKDF-SHA256, AES-256-GCM)
//! to the gateway's public key, each by itself, and filled up to a multiple of a page, so that its length tells nothing.
//! Within the seal the computer has signed it, for that one gateway key: whoever has the public key alone can seal, and
//! cannot make anything up.
//!
//! Deliberately absent: files. Who writes them is `desk`, who reads them is `gateway`.

mod pieces;

use ed25519_dalek::{Signer, SigningKey};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePrivateKey, HpkePublicKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{CareIdentityUuid, DeviceId, FrozenBody, PublicKey, RoleProfileId, SealingKey, Signature, SubmissionKey};

pub use pieces::{Piece, SealedReader, sealed_pieces};

/// What a file begins with.
const FILE_MARK: [u8; 16] = *b"RA Desk copy 1\r\n";
/// What a record begins with. Within a sealed record it stands by chance once in 2^64 places.
const RECORD_MARK: [u8; 8] = *b"\x89radesk\n";
/// What sealing is for; nothing sealed for anything else opens as a record.
const INFO: &[u8] = b"ra-desk second copy 1";
/// A record's content is filled up to a multiple of this many bytes.
const PAGE: usize = 2048;
/// The most bytes a record's content has: a body of the largest size, escaped, and what is around it.
const MOST_CONTENT: usize = 16 * PAGE;
/// What sealing adds: the encapsulated key, and the tag.
const SEAL: usize = 32 + 16;

/// How many bytes stand before the first record.
pub const SEALED_HEAD: usize = 32;

/// One record of a second copy.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedRecord {
    /// The computer it was written on.
    pub device: DeviceId,
    /// Its number in its file; the first is 1.
    pub number: u64,
    /// Whose submission it is.
    pub author: CareIdentityUuid,
    /// The role it was recorded in.
    pub role: RoleProfileId,
    /// Its key.
    pub key: SubmissionKey,
    /// What was recorded. None: it was taken back, and nothing is to be registered under its key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<SealedRegistration>,
}

/// What was recorded.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedRegistration {
    /// The profile to register on.
    pub care_identity: CareIdentityUuid,
    /// The body, as it was frozen.
    pub body: FrozenBody,
}

impl std::fmt::Debug for SealedRecord {
    /// Without what names a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedRecord").field("number", &self.number).field("key", &self.key).finish_non_exhaustive()
    }
}

/// A record with the computer's signature, as it stands within the seal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    record: SealedRecord,
    signature: Signature,
}

/// A record that was opened. Whether its computer signed it is to be asked.
#[derive(Debug)]
pub struct OpenedRecord {
    /// What it says.
    pub record: SealedRecord,
    signature: Signature,
    /// The key it was sealed to.
    to: SealingKey,
}

impl OpenedRecord {
    /// Whether it was signed with this key, for the gateway that opened it.
    pub fn is_signed_with(&self, key: &PublicKey) -> bool {
        key.signed(&self.record.bytes(&self.to), &self.signature)
    }
}

/// A record could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a record could not be sealed")]
pub struct NotSealed;

impl SealedRecord {
    /// Signs it with the computer's key and seals it: the bytes to append to a file.
    pub fn seal(self, to: &SealingKey, device: &SigningKey) -> Result<Vec<u8>, NotSealed> {
        let signature = Signature::from_bytes(device.sign(&self.bytes(to)).to_bytes());
        let content = Zeroizing::new(serde_json::to_vec(&Signed { record: self, signature }).map_err(|_| NotSealed)?);
        let length = u32::try_from(content.len()).map_err(|_| NotSealed)?;
        let mut filled = Zeroizing::new(Vec::with_capacity((4 + content.len()).next_multiple_of(PAGE)));
        filled.extend_from_slice(&length.to_be_bytes());
        filled.extend_from_slice(&content);
        let length_filled = filled.len().next_multiple_of(PAGE);
        filled.resize(length_filled, 0);
        if filled.len() > MOST_CONTENT {
            return Err(NotSealed);
        }
        let to = HpkePublicKey(to.bytes().to_vec());
        let (encapsulated, sealed) = SUITE.seal(INFO, &[], &filled, &to).map_err(|_| NotSealed)?;
        let length = u32::try_from(encapsulated.0.len() + sealed.len()).map_err(|_| NotSealed)?;
        Ok([&RECORD_MARK[..], &length.to_be_bytes(), &encapsulated.0, &sealed].concat())
    }

    /// What is signed: each field with its length before it, and the gateway's key it is meant for.
    fn bytes(&self, to: &SealingKey) -> Vec<u8> {
        let mut bytes = b"ra-desk sealed record 1\0".to_vec();
        let fingerprint =
            self.registration.as_ref().map(|registration| registration.body.fingerprint(&registration.care_identity));
        let number = self.number.to_be_bytes();
        let (device, key) = (self.device.guid(), self.key.guid());
        let fields: [&[u8]; 7] = [
            to.bytes(),
            device.as_bytes(),
            &number,
            self.author.as_str().as_bytes(),
            self.role.as_str().as_bytes(),
            key.as_bytes(),
            fingerprint.as_ref().map_or(&[], |fingerprint| fingerprint.bytes()),
        ];
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }
}

/// The gateway's private key for second copies: 32 bytes of X25519. Wiped when dropped, and never printed.
pub struct SealingSecret {
    secret: HpkePrivateKey,
    public: SealingKey,
}

impl SealingSecret {
    /// Takes both halves of a key.
    pub fn new(secret: &[u8; 32], public: SealingKey) -> Self {
        Self { secret: HpkePrivateKey::from(secret.to_vec()), public }
    }

    /// The public half.
    pub const fn public(&self) -> SealingKey {
        self.public
    }

    /// Opens a record. None: it was sealed to another key, or is not as it was written.
    pub fn open(&self, sealed: &[u8]) -> Option<OpenedRecord> {
        let (encapsulated, sealed) = sealed.split_at_checked(32)?;
        let filled = SUITE.open(&EncapsulatedSecret(encapsulated.to_vec()), INFO, &[], sealed, &self.secret).ok()?;
        let filled = Zeroizing::new(filled);
        let (length, rest) = filled.split_at_checked(4)?;
        let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()?;
        let Signed { record, signature } = serde_json::from_slice(rest.get(..length)?).ok()?;
        Some(OpenedRecord { record, signature, to: self.public })
    }
}

/// What a file of that random name begins with.
pub fn sealed_head(name: &[u8; 16]) -> [u8; SEALED_HEAD] {
    let mut head = [0; SEALED_HEAD];
    head[..16].copy_from_slice(&FILE_MARK);
    head[16..].copy_from_slice(name);
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> SealingSecret {
        let (public, secret) = SUITE.generate_key_pair().unwrap();
        SealingSecret { secret, public: SealingKey::from_bytes(public.0.try_into().unwrap()) }
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn record(number: u64) -> SealedRecord {
        SealedRecord {
            device: "018f0000-0000-7000-8000-0000000c0002".parse().unwrap(),
            number,
            author: "656005750104".parse().unwrap(),
            role: "555254240100".parse().unwrap(),
            key: "018f0000-0000-7000-8000-0000000c0001".parse().unwrap(),
            registration: Some(SealedRegistration {
                care_identity: "555086689106".parse().unwrap(),
                body: FrozenBody::from_text(r#"{ "a":  "bytes that are kept" }"#.into()).unwrap(),
            }),
        }
    }

    fn file(to: &SealingKey, records: u64) -> Vec<u8> {
        let mut file = sealed_head(&[3; 16]).to_vec();
        (1..=records).for_each(|number| file.extend(record(number).seal(to, &key()).unwrap()));
        file
    }

    fn opened(secret: &SealingSecret, file: &[u8]) -> Vec<u64> {
        let pieces = sealed_pieces(file).unwrap_or_default();
        let records = pieces.iter().filter_map(|piece| match piece {
            Piece::Record(sealed) => secret.open(sealed),
            _ => None,
        });
        records
            .filter(|opened| opened.is_signed_with(&PublicKey::of(&key())))
            .map(|opened| opened.record.number)
            .collect()
    }

    #[test]
    fn what_was_sealed_is_opened_by_the_gateway_alone_byte_for_byte() {
        let (secret, another) = (secret(), secret());
        let sealed = record(1).seal(&secret.public(), &key()).unwrap();
        let found = secret.open(&sealed[12..]).unwrap();
        assert_eq!(found.record, record(1));
        assert!(found.is_signed_with(&PublicKey::of(&key())));
        assert!(!found.is_signed_with(&PublicKey::of(&SigningKey::from_bytes(&[8; 32]))), "another computer's");
        assert!(another.open(&sealed[12..]).is_none());
        let taken_back = SealedRecord { registration: None, ..record(1) };
        let tombstone = taken_back.clone().seal(&secret.public(), &key()).unwrap();
        assert_eq!(secret.open(&tombstone[12..]).unwrap().record, taken_back);
        assert_eq!(tombstone.len(), sealed.len(), "its length does not say what it is");
        for text in ["555086689106", "656005750104", "018f0000", "kept", "device"] {
            assert!(!sealed.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_record_sealed_again_to_another_gateway_is_not_signed_for_it() {
        let (meant, other) = (secret(), secret());
        let sealed = record(1).seal(&meant.public(), &key()).unwrap();
        let found = meant.open(&sealed[12..]).unwrap();
        let content = serde_json::to_vec(&Signed { record: found.record, signature: found.signature }).unwrap();
        let mut filled = [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], &content].concat();
        filled.resize(PAGE, 0);
        let to = HpkePublicKey(other.public().bytes().to_vec());
        let (encapsulated, sealed) = SUITE.seal(INFO, &[], &filled, &to).unwrap();
        let passed_on = other.open(&[&encapsulated.0[..], &sealed].concat()).unwrap();
        assert!(!passed_on.is_signed_with(&PublicKey::of(&key())));
    }

    #[test]
    fn a_byte_that_was_changed_spoils_its_record_and_no_other() {
        let secret = secret();
        let whole = file(&secret.public(), 3);
        let length = (whole.len() - SEALED_HEAD) / 3;
        assert_eq!(opened(&secret, &whole), [1, 2, 3]);
        for at in 0..whole.len() {
            // Each byte of marks and lengths, and some of what is sealed.
            if at >= SEALED_HEAD && (at - SEALED_HEAD) % length > 60 && at % 97 != 0 {
                continue;
            }
            let mut spoilt = whole.clone();
            spoilt[at] ^= 0x10;
            let found = opened(&secret, &spoilt);
            match at {
                0..16 => assert!(sealed_pieces(&spoilt).is_none(), "{at}"),
                16..SEALED_HEAD => assert_eq!(found, [1, 2, 3], "its name says nothing of its records"),
                _ => {
                    let hit = ((at - SEALED_HEAD) / length) as u64 + 1;
                    let others: Vec<u64> = (1..=3).filter(|number| *number != hit).collect();
                    assert_eq!(found, others, "{at}");
                    let pieces = sealed_pieces(&spoilt).unwrap();
                    assert_eq!(pieces.len(), 3, "the spoilt one is told of: {at}");
                }
            }
        }
    }

    #[test]
    fn a_torn_end_is_told_and_what_is_appended_behind_it_is_found() {
        let secret = secret();
        let whole = file(&secret.public(), 2);
        let second = SEALED_HEAD + (whole.len() - SEALED_HEAD) / 2;
        for end in (second + 1..whole.len()).filter(|end| *end < second + 20 || end % 101 == 0) {
            let torn = &whole[..end];
            assert_eq!(sealed_pieces(torn).unwrap().last(), Some(&Piece::Torn(second as u64)), "{end}");
            assert_eq!(opened(&secret, torn), [1]);
            let mut goes_on = torn.to_vec();
            goes_on.extend(record(3).seal(&secret.public(), &key()).unwrap());
            assert_eq!(opened(&secret, &goes_on), [1, 3], "{end}");
        }
        assert_eq!(sealed_pieces(&whole[..SEALED_HEAD]), Some(vec![]));
        assert_eq!(sealed_pieces(b"RA Desk copy"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken_apart(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let file = [&sealed_head(&[0; 16])[..], &bytes].concat();
            let secret = secret();
            proptest::prop_assert!(opened(&secret, &file).is_empty());
            proptest::prop_assert!(secret.open(&bytes).is_none());
        }
    }
}
