//! Signs ID tokens as the issuer would, or as somebody would who would like to be it.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

pub(crate) struct SigningKey(RsaKeyPair);

impl SigningKey {
    pub(crate) fn new() -> Self {
        Self(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub(crate) fn jwks(&self) -> Value {
        let (n, e) = components(self.0.public_key().as_ref());
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
            "n": BASE64.encode(n), "e": BASE64.encode(e) }] })
    }

    pub(crate) fn sign(&self, algorithm: &str, claims: &Value) -> String {
        let head = json!({ "alg": algorithm, "kid": "1", "typ": "JWT" });
        let signed = format!("{}.{}", BASE64.encode(head.to_string()), BASE64.encode(claims.to_string()));
        if algorithm == "none" {
            return format!("{signed}.");
        }
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", BASE64.encode(signature))
    }
}

/// The two numbers of a public key in the form of PKCS#1: a sequence of two integers.
fn components(der: &[u8]) -> (Vec<u8>, Vec<u8>) {
    fn element(der: &[u8]) -> (&[u8], &[u8]) {
        let (length, at) = match der[1] {
            0x82 => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
            0x81 => (usize::from(der[2]), 3),
            length => (usize::from(length), 2),
        };
        der[at..].split_at(length)
    }
    let number = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    let (sequence, _) = element(der);
    let (n, rest) = element(sequence);
    let (e, _) = element(rest);
    (number(n), number(e))
}
