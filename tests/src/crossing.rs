//! All that crosses from Rust to the page, and whether any of it is a secret.
//!
//! Nobody outside RA Desk and the gateway has the secrets themselves, and no test needs them: each has an image that
//! others hold. A token, a link and a PKCE verifier have a digest, a key that signs has a public half, the key of the
//! store's file has the salt that the file begins with. So whatever crossed is read in every way in which a secret could
//! be written, and each reading is held against those images. What is known as it is (`state`, nonce, code) is looked
//! for as it is.
//!
//! Deliberately absent: the picture of a user's link (QR), which crosses as what it is, a picture.

use std::collections::HashMap;
use std::path::Path;

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use ed25519_dalek::SigningKey;
use serde_json::Value;

use crate::Outcome;
use crate::window::Window;
use crate::world::World;

/// Keeps all that the window's system hands to the page, answers and events, before the page has it.
const LISTEN: &str = "
    const callbacks = window.__TAURI_INTERNALS__.callbacks;
    if (!window.__crossed) {
        window.__crossed = [];
        const get = Map.prototype.get;
        callbacks.get = (id) => {
            const callback = get.call(callbacks, id);
            return callback && ((data) => { window.__crossed.push(data); return callback(data); });
        };
    }";

/// What is asked once more, since it crossed before anybody listened.
const AT_START: [&str; 4] = ["startup", "shell", "snapshot", "this_computer"];

/// Listens from now on to what crosses to a window's page.
pub async fn listen(window: &Window) -> Outcome {
    window.driver().execute(LISTEN, vec![]).await?;
    for command in AT_START {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             window.__TAURI_INTERNALS__.invoke('{command}').then(() => done('ok'), () => done('ok'));"
        );
        window.driver().execute_async(script, vec![]).await?;
    }
    Ok(())
}

/// All that crossed since. Fails where nobody listened all the while.
pub async fn crossed(window: &Window) -> Outcome<Vec<Value>> {
    let script = "return window.__crossed ? JSON.stringify(window.__crossed) : '';";
    let text = window.driver().execute(script, vec![]).await?.json().as_str().unwrap_or_default().to_owned();
    let crossed: Vec<Value> = serde_json::from_str(&text).map_err(|_| "the page was loaded anew while it was heard")?;
    if crossed.len() < AT_START.len() {
        return Err(format!("only {} answers were heard", crossed.len()).into());
    }
    Ok(crossed)
}

/// What must not cross, by its images.
#[derive(Default)]
pub struct Secrets {
    /// SHA-256 of a token, a link's secret, a verifier.
    pub digests: HashMap<Vec<u8>, &'static str>,
    /// Public halves of Ed25519 keys.
    pub public_keys: HashMap<Vec<u8>, &'static str>,
    /// Thumbprints of such (RFC 7638).
    pub thumbprints: HashMap<Vec<u8>, &'static str>,
    /// What the store's file begins with.
    pub salt: Vec<u8>,
    /// What is known as it is.
    pub texts: Vec<(&'static str, String)>,
}

impl Secrets {
    /// Those of a world's gateway, of a computer's store, and of the sign-ins that a browser was opened for.
    pub fn of(world: &World, data_dir: &Path, browser_file: &Path) -> Outcome<Self> {
        let mut secrets = Self::default();
        for (what, sql) in
            [("a token", "SELECT digest FROM tokens"), ("a user's link", "SELECT link_digest FROM registrations")]
        {
            secrets.digests.extend(world.blobs(sql)?.into_iter().map(|digest| (digest, what)));
        }
        let keys = world.blobs("SELECT proof_key FROM sessions WHERE proof_key IS NOT NULL")?;
        secrets.thumbprints.extend(keys.into_iter().map(|key| (key, "a session's key")));
        let keys = world.blobs("SELECT public_key FROM devices")?;
        secrets.public_keys.extend(keys.into_iter().map(|key| (key, "the computer's signing key")));
        secrets.salt = std::fs::read(data_dir.join("store.db"))?.get(..16).unwrap_or_default().to_vec();
        for page in std::fs::read_to_string(browser_file)?.lines() {
            let Ok(page) = url::Url::parse(page) else { continue };
            for (name, value) in page.query_pairs() {
                match &*name {
                    "state" => secrets.texts.push(("a sign-in's state", value.into_owned())),
                    "nonce" => secrets.texts.push(("a sign-in's nonce", value.into_owned())),
                    "code_challenge" => {
                        secrets.digests.insert(URL_SAFE_NO_PAD.decode(&*value)?, "a sign-in's verifier");
                    }
                    "id_token_hint" => secrets.texts.push(("an ID token", value.into_owned())),
                    _ => {}
                }
            }
        }
        // A test that knows no secrets finds none.
        let known = [secrets.digests.len(), secrets.thumbprints.len(), secrets.public_keys.len(), secrets.texts.len()];
        if known.contains(&0) || secrets.salt.len() != 16 {
            return Err(format!("not every kind of secret is known: {known:?}").into());
        }
        Ok(secrets)
    }

    /// Which secrets stand in what crossed, in whatever way they are written.
    pub fn among(&self, crossed: &[Value]) -> Vec<&'static str> {
        let mut found = Vec::new();
        crossed.iter().for_each(|value| self.look_at_value(value, &mut found));
        found.sort_unstable();
        found.dedup();
        found
    }

    fn look_at_value(&self, value: &Value, found: &mut Vec<&'static str>) {
        match value {
            Value::String(text) => self.look_at_text(text.as_bytes(), found, 2),
            Value::Array(many) => {
                // Bytes that nobody wrote as text cross as numbers.
                let bytes: Option<Vec<u8>> =
                    many.iter().map(|one| one.as_u64().and_then(|one| u8::try_from(one).ok())).collect();
                if let Some(bytes) = bytes.filter(|bytes| bytes.len() >= 32) {
                    bytes.windows(32).for_each(|window| self.look_at_bytes(window, found));
                    self.look_at_text(&bytes, found, 2);
                }
                many.iter().for_each(|one| self.look_at_value(one, found));
            }
            Value::Object(fields) => fields.iter().for_each(|(name, one)| {
                self.look_at_text(name.as_bytes(), found, 2);
                self.look_at_value(one, found);
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Reads a text as it is, as base64 and base64url, and as hexadecimal; what is text again is read once more.
    fn look_at_text(&self, text: &[u8], found: &mut Vec<&'static str>, depth: u8) {
        let has = |wanted: &[u8]| text.windows(wanted.len()).any(|window| window == wanted);
        found.extend(self.texts.iter().filter(|(_, secret)| has(secret.as_bytes())).map(|(what, _)| *what));
        // The beginning of `{"`, with which the head of every signed token begins.
        if has(b"eyJ") {
            found.push("a signed token");
        }
        if text.starts_with(b"<?xml") || text.starts_with(b"<svg") {
            return;
        }
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+/".contains(byte);
        for run in text.split(|byte| !is_base64(byte)).filter(|run| run.len() >= 43) {
            let run: Vec<u8> = run
                .iter()
                .map(|byte| {
                    if *byte == b'+' {
                        b'-'
                    } else if *byte == b'/' {
                        b'_'
                    } else {
                        *byte
                    }
                })
                .collect();
            for window in run.windows(43) {
                if let Some(what) = self.digests.get(digest::digest(&digest::SHA256, window).as_ref()) {
                    found.push(what);
                }
                let bytes = LENIENT.decode(window).unwrap_or_default();
                self.look_at_bytes(&bytes, found);
            }
            for at in 0..4.min(run.len()) {
                let end = run.len() - usize::from((run.len() - at) % 4 == 1);
                self.read_again(&LENIENT.decode(&run[at..end]).unwrap_or_default(), found, depth);
            }
        }
        for run in text.split(|byte| !byte.is_ascii_hexdigit()).filter(|run| run.len() >= 64) {
            for at in 0..2 {
                let bytes: Vec<u8> = run[at..].chunks_exact(2).filter_map(hex_byte).collect();
                bytes.windows(32).for_each(|window| self.look_at_bytes(window, found));
                self.read_again(&bytes, found, depth);
            }
        }
    }

    fn read_again(&self, bytes: &[u8], found: &mut Vec<&'static str>, depth: u8) {
        let printable = bytes.iter().filter(|byte| byte.is_ascii_graphic()).count();
        if depth > 0 && printable >= 20 && printable * 10 >= bytes.len() * 9 {
            self.look_at_text(bytes, found, depth - 1);
        }
    }

    /// Whether 32 bytes are a key, or what a token is the text of.
    fn look_at_bytes(&self, bytes: &[u8], found: &mut Vec<&'static str>) {
        let Ok(seed) = <[u8; 32]>::try_from(bytes) else { return };
        let text = URL_SAFE_NO_PAD.encode(seed);
        found.extend(self.digests.get(digest::digest(&digest::SHA256, text.as_bytes()).as_ref()));
        let public = SigningKey::from_bytes(&seed).verifying_key();
        found.extend(self.public_keys.get(public.as_bytes().as_slice()));
        let x = URL_SAFE_NO_PAD.encode(public.as_bytes());
        let thumbprint = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        found.extend(self.thumbprints.get(digest::digest(&digest::SHA256, thumbprint.as_bytes()).as_ref()));
        if salt_of(&seed) == self.salt {
            found.push("the key of the store's file");
        }
    }
}

/// What the store's file of a key begins with.
pub fn salt_of(key: &[u8]) -> Vec<u8> {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"ra-desk store salt 1");
    tag.as_ref()[..16].to_vec()
}

fn hex_byte(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

/// Takes what is not written as carefully as it should be.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
