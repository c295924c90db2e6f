//! The proof that whoever shows a code or a refresh token holds the key of its session (DPoP, RFC 9449).
//!
//! A desk makes a key for each sign-in and keeps it in memory; the gateway binds the session's refresh token to it. A
//! proof names the call it is for and the moment, and carries the public half of its key, so reading one says whose
//! key it is and nothing of whether that is the right one. That, the moment and the call are the gateway's to judge.
//!
//! One kind of key: Ed25519. Deliberately absent: proofs for calls with an access token, which lives ten minutes.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Header that carries a proof.
pub const HEADER_PROOF: &str = "dpop";

/// The most characters a proof has.
const LONGEST: usize = 2048;
/// The most characters a proof's name has.
const LONGEST_NAME: usize = 128;
/// What the header's `typ` and `alg` say.
const TYPE: &str = "dpop+jwt";
const ALGORITHM: &str = "EdDSA";

/// What a proof says. It is signed by the key it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The key's thumbprint (RFC 7638, SHA-256).
    pub key: [u8; 32],
    /// The proof's own name: no other proof of this key has it.
    pub jti: String,
    /// The method of the call it is for.
    pub htm: String,
    /// The address of the call it is for, without query and fragment.
    pub htu: String,
    /// When it was made, in seconds since 1970, by the clock of whoever made it.
    pub iat: i64,
}

/// Why a text is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAProof {
    /// It is not a signed token, or too long for one.
    #[error("the proof is not a signed token")]
    Shape,
    /// Its type is another.
    #[error("the proof is not of the type dpop+jwt")]
    Type,
    /// It is signed with another algorithm than EdDSA.
    #[error("the proof is not signed with EdDSA")]
    Algorithm,
    /// It does not carry the public half of an Ed25519 key, and that alone.
    #[error("the proof does not carry an Ed25519 public key")]
    Key,
    /// The signature is not one of the key it carries.
    #[error("the proof is not signed by its key")]
    Signature,
    /// A claim is missing, or is not as it must be.
    #[error("the proof's claims are not understood")]
    Claims,
}

#[derive(Serialize, Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Jwk,
    /// Extensions that must be understood. None are.
    #[serde(default, skip_serializing)]
    crit: Option<serde_json::Value>,
}

/// The public half of a key, its members in the order of a thumbprint.
#[derive(Serialize, Deserialize)]
struct Jwk {
    crv: String,
    kty: String,
    x: String,
    /// The private half, which has no business here.
    #[serde(default, skip_serializing)]
    d: Option<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
}

impl Jwk {
    fn of(key: &VerifyingKey) -> Self {
        Self { crv: "Ed25519".into(), kty: "OKP".into(), x: URL_SAFE_NO_PAD.encode(key.as_bytes()), d: None }
    }

    fn key(&self) -> Option<VerifyingKey> {
        if self.crv != "Ed25519" || self.kty != "OKP" || self.d.is_some() {
            return None;
        }
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(&self.x).ok()?.try_into().ok()?;
        VerifyingKey::from_bytes(&bytes).ok()
    }

    fn thumbprint(&self) -> [u8; 32] {
        let Self { crv, kty, x, .. } = self;
        Sha256::digest(format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"}}"#)).into()
    }
}

/// Makes a proof: of this key, under a name that no other of its proofs has, for one call, at a moment in seconds
/// since 1970.
pub fn prove(key: &SigningKey, jti: &str, htm: &str, htu: &str, iat: i64) -> String {
    let header = Header { typ: TYPE.into(), alg: ALGORITHM.into(), jwk: Jwk::of(&key.verifying_key()), crit: None };
    let claims = Claims { jti: jti.into(), htm: htm.into(), htu: htu.into(), iat };
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn part(value: &impl Serialize) -> String {
    // Texts and a number always are JSON.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}

impl Proof {
    /// Reads a proof and checks that its own key has signed it.
    pub fn read(text: &str) -> Result<Self, NotAProof> {
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAProof::Shape);
        };
        if text.len() > LONGEST {
            return Err(NotAProof::Shape);
        }
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NotAProof::Shape);
        let said: serde_json::Value = serde_json::from_slice(&decode(header)?).map_err(|_| NotAProof::Shape)?;
        // By name first: a proof of another kind has another kind of key too.
        if said["typ"] != TYPE {
            return Err(NotAProof::Type);
        }
        if said["alg"] != ALGORITHM {
            return Err(NotAProof::Algorithm);
        }
        let header: Header = serde_json::from_value(said).map_err(|_| NotAProof::Key)?;
        if header.crit.is_some() {
            return Err(NotAProof::Shape);
        }
        let key = header.jwk.key().ok_or(NotAProof::Key)?;
        let signature = Signature::from_slice(&decode(signature)?).map_err(|_| NotAProof::Signature)?;
        let signed = text.rsplit_once('.').map_or(text, |(signed, _)| signed);
        key.verify_strict(signed.as_bytes(), &signature).map_err(|_| NotAProof::Signature)?;
        let Claims { jti, htm, htu, iat } = serde_json::from_slice(&decode(claims)?).map_err(|_| NotAProof::Claims)?;
        if jti.is_empty() || jti.len() > LONGEST_NAME {
            return Err(NotAProof::Claims);
        }
        Ok(Self { key: header.jwk.thumbprint(), jti, htm, htu, iat })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HTU: &str = "https://gateway.example/oauth2/token";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    /// A proof whose header and claims were changed before it was signed.
    fn changed(change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let key = key(1);
        let mut header = serde_json::to_value(Header {
            typ: TYPE.into(),
            alg: ALGORITHM.into(),
            jwk: Jwk::of(&key.verifying_key()),
            crit: None,
        })
        .unwrap();
        let mut claims = json!({ "jti": "name", "htm": "POST", "htu": HTU, "iat": 1_000 });
        change(&mut header, &mut claims);
        let signed = format!("{}.{}", part(&header), part(&claims));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).to_bytes()))
    }

    #[test]
    fn a_proof_says_whose_it_is_and_what_it_is_for() {
        let proof = Proof::read(&prove(&key(1), "name", "POST", HTU, 1_000)).unwrap();
        assert_eq!(
            (proof.jti.as_str(), proof.htm.as_str(), proof.htu.as_str(), proof.iat),
            ("name", "POST", HTU, 1_000)
        );
        assert_eq!(proof.key, Proof::read(&prove(&key(1), "other", "GET", "https://a", 2)).unwrap().key);
        assert_ne!(proof.key, Proof::read(&prove(&key(2), "name", "POST", HTU, 1_000)).unwrap().key);
        assert_eq!(Proof::read(&changed(|_, _| {})), Ok(proof));
    }

    #[test]
    fn the_thumbprint_is_that_of_rfc_8037() {
        // RFC 8037, appendix A.3: the key of A.1 and its thumbprint.
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::from_bytes(&seed.try_into().unwrap());
        let proof = Proof::read(&prove(&key, "name", "POST", HTU, 1)).unwrap();
        assert_eq!(URL_SAFE_NO_PAD.encode(proof.key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_no_proof_is_told_by_name() {
        let good = prove(&key(1), "name", "POST", HTU, 1_000);
        let (signed, _) = good.rsplit_once('.').unwrap();
        let of_another = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(key(2).sign(signed.as_bytes()).to_bytes()));
        let table: Vec<(String, NotAProof)> = vec![
            (String::new(), NotAProof::Shape),
            ("a.b".into(), NotAProof::Shape),
            (format!("{good}.x"), NotAProof::Shape),
            (format!("{good}="), NotAProof::Shape),
            ("x".repeat(LONGEST) + "..", NotAProof::Shape),
            (format!("{good}{}", "A".repeat(LONGEST)), NotAProof::Shape),
            (changed(|header, _| header["crit"] = json!(["exp"])), NotAProof::Shape),
            (changed(|header, _| header["typ"] = "JWT".into()), NotAProof::Type),
            (changed(|header, _| header["typ"] = Value::Null), NotAProof::Type),
            (changed(|header, _| header["alg"] = "none".into()), NotAProof::Algorithm),
            (changed(|header, _| header["alg"] = "HS256".into()), NotAProof::Algorithm),
            (changed(|header, _| header["jwk"] = Value::Null), NotAProof::Key),
            (changed(|header, _| header["jwk"]["kty"] = "oct".into()), NotAProof::Key),
            (changed(|header, _| header["jwk"]["crv"] = "X25519".into()), NotAProof::Key),
            (changed(|header, _| header["jwk"]["x"] = "AAAA".into()), NotAProof::Key),
            (changed(|header, _| header["jwk"]["d"] = "AAAA".into()), NotAProof::Key),
            (of_another, NotAProof::Signature),
            (format!("{signed}."), NotAProof::Signature),
            (changed(|header, _| header["jwk"] = json!(Jwk::of(&key(2).verifying_key()))), NotAProof::Signature),
            (changed(|_, claims| claims["jti"] = "".into()), NotAProof::Claims),
            (changed(|_, claims| claims["jti"] = "x".repeat(129).into()), NotAProof::Claims),
            (changed(|_, claims| claims["htm"] = Value::Null), NotAProof::Claims),
            (changed(|_, claims| claims["htu"] = json!(["x"])), NotAProof::Claims),
            (changed(|_, claims| claims["iat"] = "soon".into()), NotAProof::Claims),
        ];
        for (text, why) in table {
            assert_eq!(Proof::read(&text), Err(why), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_shown_is_answered(text in ".{0,300}", at in 0_usize..400, with in "[A-Za-z0-9_.-]") {
            assert!(Proof::read(&text).is_err());
            // One character of a good one changed.
            let good = prove(&key(1), "name", "POST", HTU, 1_000);
            let at = at % good.len();
            let spoilt = format!("{}{with}{}", &good[..at], &good[at + 1..]);
            proptest::prop_assert!(spoilt == good || Proof::read(&spoilt).is_err());
        }
    }
}
