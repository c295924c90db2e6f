//! Tokens as an issuer signs them, and as those do who would like to be it.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use tests::Outcome;

/// A private key that signs. RSA keys are slow to make: each of them is made once a run.
pub struct SigningKey(RsaKeyPair);

/// The issuer's key, the one it changes to, and one that is not its own.
pub static ISSUERS: LazyLock<SigningKey> = LazyLock::new(SigningKey::new);
/// What the issuer signs with after it has changed its keys.
pub static NEXT: LazyLock<SigningKey> = LazyLock::new(SigningKey::new);
/// Somebody else's.
pub static FOREIGN: LazyLock<SigningKey> = LazyLock::new(SigningKey::new);

impl SigningKey {
    #[expect(clippy::expect_used, reason = "a test without keys shows nothing")]
    fn new() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key can be made"))
    }

    /// Its public half under that name, as it stands in a set of keys.
    pub fn jwk(&self, kid: &str) -> Value {
        let (n, e) = self.numbers();
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid,
            "n": BASE64.encode(n), "e": BASE64.encode(e) })
    }

    /// Its public half as a certificate authority would write it: what a confused client takes for a secret.
    pub fn public_der(&self) -> Vec<u8> {
        AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(self.0.public_key())
            .map(|der| der.as_ref().to_vec())
            .unwrap_or_default()
    }

    fn sign(&self, how: &'static dyn RsaEncoding, text: &str) -> Outcome<Vec<u8>> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(how, &SystemRandom::new(), text.as_bytes(), &mut signature).map_err(|_| "cannot sign")?;
        Ok(signature)
    }

    /// The two numbers of the public key, which stand in a sequence of two integers (PKCS#1).
    fn numbers(&self) -> (Vec<u8>, Vec<u8>) {
        fn element(der: &[u8]) -> (&[u8], &[u8]) {
            let (length, at) = match der[1] {
                0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
                0x81 => (usize::from(der[2]), 3),
                length => (usize::from(length), 2),
            };
            der[at..].split_at(length)
        }
        let number = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        let (sequence, _) = element(self.0.public_key().as_ref());
        let (n, rest) = element(sequence);
        let (e, _) = element(rest);
        (number(n), number(e))
    }
}

/// Whose signature stands below a token, and of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The issuer's key, RS256.
    Issuer,
    /// The key the issuer has changed to, RS256.
    Next,
    /// Somebody else's key, RS256.
    Foreign,
    /// The issuer's key, but the signature is of other claims.
    Broken,
    /// The issuer's key, under this name of a kind of RSA signature.
    Rsa(&'static str),
    /// A key of another kind.
    Es256,
    /// The issuer's public key, taken for a shared secret.
    PublicKeyAsSecret,
    /// Nobody's.
    Nobody,
}

impl Signer {
    const fn algorithm(self) -> &'static str {
        match self {
            Self::Issuer | Self::Next | Self::Foreign | Self::Broken => "RS256",
            Self::Rsa(algorithm) => algorithm,
            Self::Es256 => "ES256",
            Self::PublicKeyAsSecret => "HS256",
            Self::Nobody => "none",
        }
    }

    /// Signs claims under a header that names a key; `change` makes the header what a test needs.
    pub fn sign(self, kid: &str, claims: &Value, change: impl FnOnce(&mut Value)) -> Outcome<String> {
        let mut header = json!({ "alg": self.algorithm(), "kid": kid, "typ": "JWT" });
        change(&mut header);
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let signature = match self {
            Self::Issuer => ISSUERS.sign(&RSA_PKCS1_SHA256, &signed)?,
            Self::Next => NEXT.sign(&RSA_PKCS1_SHA256, &signed)?,
            Self::Foreign => FOREIGN.sign(&RSA_PKCS1_SHA256, &signed)?,
            Self::Broken => ISSUERS.sign(&RSA_PKCS1_SHA256, "other claims")?,
            Self::Rsa("PS256") => ISSUERS.sign(&RSA_PSS_SHA256, &signed)?,
            Self::Rsa(_) => ISSUERS.sign(&RSA_PKCS1_SHA512, &signed)?,
            Self::Es256 => {
                let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| "no key")?;
                let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| "cannot sign")?;
                signature.as_ref().to_vec()
            }
            Self::PublicKeyAsSecret => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, &ISSUERS.public_der());
                hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
            Self::Nobody => Vec::new(),
        };
        Ok(format!("{signed}.{}", BASE64.encode(signature)))
    }
}

/// The left half of a token's hash, as `at_hash` has it for RS256.
pub fn left_half(token: &str) -> String {
    BASE64.encode(&digest::digest(&digest::SHA256, token.as_bytes()).as_ref()[..16])
}

/// The challenge of a PKCE verifier (S256).
pub fn challenge(verifier: &str) -> String {
    BASE64.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// What stands in a token that somebody has signed: its header and its claims.
pub fn look_into(token: &str) -> Outcome<(Value, Value)> {
    let mut parts = token.split('.');
    let mut read = || -> Outcome<Value> {
        let part = parts.next().ok_or("a token has three parts")?;
        Ok(serde_json::from_slice(&BASE64.decode(part)?)?)
    };
    Ok((read()?, read()?))
}

/// A name nobody has used before: for codes and tokens.
#[expect(clippy::expect_used, reason = "a test without randomness shows nothing")]
pub fn fresh(what: &str) -> String {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).expect("randomness");
    format!("{what}-{}", BASE64.encode(bytes))
}
