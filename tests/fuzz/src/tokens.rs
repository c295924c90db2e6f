//! Tokens and proofs. What is tried is either a text as it is, or, of two lines, a head and claims that are signed here
//! with the right key: random bytes never have a signature, and all that is read behind it would be tried by nobody.

use std::cell::OnceCell;
use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::Signer;
use gateway::fuzzing::Provider;
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.example:443/x";
const CLIENT: &str = "ra-desk.example";
const NONCE: &str = "the-nonce-of-this-sign-in";
const NOW: i64 = 1_767_258_000;

static KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"));
static KEYS: LazyLock<String> = LazyLock::new(|| {
    // Of a key of 2,048 bits both numbers stand in PKCS#1 at the same places.
    let public: &[u8; 270] = KEY.public_key().as_ref().try_into().expect("PKCS#1");
    let (n, e) = (BASE64.encode(&public[9..265]), BASE64.encode(&public[267..]));
    let key = json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": n, "e": e });
    json!({ "keys": [key] }).to_string()
});

thread_local! {
    static PROVIDER: OnceCell<Provider> = const { OnceCell::new() };
}

fn with_provider<T>(ask: impl FnOnce(&Provider) -> T) -> T {
    PROVIDER.with(|cell| ask(cell.get_or_init(|| Provider::new(ISSUER, CLIENT, &KEYS).expect("a provider's client"))))
}

/// A token of these bytes, and what it says where it is signed with the issuer's key.
fn token(bytes: &[u8], sign: impl FnOnce(&str) -> Vec<u8>) -> Option<(String, Option<[Value; 2]>)> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return Some((std::str::from_utf8(bytes).ok()?.to_owned(), None));
    };
    let (head, claims) = (&bytes[..end], &bytes[end + 1..]);
    let signed = format!("{}.{}", BASE64.encode(head), BASE64.encode(claims));
    let signature = BASE64.encode(sign(&signed));
    let read = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or(Value::Null);
    Some((format!("{signed}.{signature}"), Some([read(head), read(claims)])))
}

fn of_the_issuer(bytes: &[u8]) -> Option<(String, Option<[Value; 2]>)> {
    token(bytes, |signed| {
        let mut signature = vec![0; KEY.public_modulus_len()];
        KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("it signs");
        signature
    })
}

/// Whether claims are for us and nobody else.
fn is_for_us(claims: &Value) -> bool {
    claims["aud"] == CLIENT || claims["aud"].as_array().is_some_and(|many| many.len() == 1 && many[0] == CLIENT)
}

/// An ID token, as the gateway reads it and as the desk does.
pub fn id_token(bytes: &[u8]) -> bool {
    let Some((token, says)) = of_the_issuer(bytes) else { return false };
    let gateway = with_provider(|provider| provider.id_token(&token, NONCE)).ok();
    let desk = desk::fuzzing::id_token(&token, &KEYS, ISSUER, CLIENT, NONCE).ok();
    for subject in [&gateway, &desk].into_iter().flatten() {
        let [head, claims] = says.as_ref().expect("a token that the issuer did not sign was taken");
        assert_eq!(head["alg"], "RS256", "a token of another algorithm was taken");
        assert_eq!(claims["sub"], subject.as_str(), "somebody else");
        assert_eq!((&claims["iss"], &claims["nonce"]), (&json!(ISSUER), &json!(NONCE)), "not of this sign-in");
        assert!(is_for_us(claims), "a token for somebody else was taken");
        assert!(
            claims["exp"].as_f64().is_some_and(|exp| exp > (NOW - 61) as f64),
            "a token that has expired was taken"
        );
    }
    gateway.is_some() && desk.is_some()
}

/// A logout token, which only the gateway gets.
pub fn logout_token(bytes: &[u8]) -> bool {
    let Some((token, says)) = of_the_issuer(bytes) else { return false };
    let Ok(name) = with_provider(|provider| provider.logout_token(&token)) else { return false };
    let [head, claims] = says.expect("a token that the issuer did not sign was taken");
    assert_eq!(head["alg"], "RS256", "a token of another algorithm was taken");
    assert_eq!((&claims["iss"], &claims["jti"]), (&json!(ISSUER), &json!(name)), "another's token");
    assert!(claims.get("nonce").is_none() && claims["events"].is_object(), "an ID token was taken for a logout token");
    let kind = head["typ"].as_str().unwrap_or("JWT").to_ascii_lowercase();
    assert!(kind.ends_with("jwt") && !kind.contains("at+jwt"), "an access token was taken for a logout token");
    assert!(claims["sub"].is_string() || claims["sid"].is_string(), "nobody is meant");
    true
}

/// The proof that comes with a code or a refresh token.
pub fn proof(bytes: &[u8]) -> bool {
    static CONFIGURATION: LazyLock<gateway::Config> = LazyLock::new(|| {
        gateway::fuzzing::config(include_str!("../corpus/configuration/whole.toml")).expect("a configuration")
    });
    let key = ed25519_dalek::SigningKey::from_bytes(&[5; 32]);
    // A head names the key by its place, so that the corpus need not change with it.
    let x = BASE64.encode(key.verifying_key().as_bytes());
    let named = String::from_utf8_lossy(bytes).replacen("THE-KEY", &x, 1);
    let Some((proof, says)) = token(named.as_bytes(), |signed| key.sign(signed.as_bytes()).to_vec()) else {
        return false;
    };
    let Ok(taken) = gateway::fuzzing::proof(proof.as_bytes(), &CONFIGURATION) else { return false };
    let [head, claims] = says.expect("a proof that was not signed was taken");
    assert_eq!((&head["typ"], &head["alg"]), (&json!("dpop+jwt"), &json!("EdDSA")), "another kind of token");
    assert_eq!((taken.htm.as_str(), &claims["jti"]), ("POST", &json!(taken.jti)), "for another call");
    let htu = url::Url::parse(&taken.htu).expect("an address");
    assert_eq!((htu.scheme(), htu.host_str()), ("https", Some("gateway.example")), "for another gateway");
    assert!(taken.iat.abs_diff(NOW) <= 120, "made at another time");
    true
}
