//! Doors for `tests/fuzz` to what reads bytes that others made up: tokens, proofs, bodies and forms, the directory's
//! file, the configuration. Built with the feature `fuzz` alone, and never shipped.
//!
//! Deliberately absent: anything that decides. Each door is one call of what the gateway itself calls.

use std::sync::Arc;

use contract::HEADER_PROOF;
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::config::Config;
use crate::keys::Keys;
use crate::openid::Client;
use crate::{api, proof, store};

/// What time it is behind these doors.
pub const NOW: Timestamp = Timestamp::constant(1_767_258_000, 0);

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }
}

/// A provider whose keys are known, so that nobody is asked for them.
pub struct Provider {
    client: Client,
    runtime: tokio::runtime::Runtime,
}

impl Provider {
    /// The client `client_id` of an issuer with these keys. None: they are no keys, or the system gives no client.
    pub fn new(issuer: &str, client_id: &str, keys: &str) -> Option<Self> {
        let client = Client::knowing(issuer, client_id, keys, Arc::new(Stopped))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        Some(Self { client, runtime })
    }

    /// Checks an ID token. Gives its subject, or which check failed.
    pub fn id_token(&self, token: &str, nonce: &str) -> Result<String, String> {
        let checked = self.runtime.block_on(self.client.check_id_token(token, nonce));
        checked.map(|claims| claims.sub).map_err(|refused| refused.to_string())
    }

    /// Checks a logout token. Gives its name, or which check failed.
    pub fn logout_token(&self, token: &str) -> Result<String, String> {
        let checked = self.runtime.block_on(self.client.check_logout_token(token));
        checked.map(|claims| claims.jti).map_err(|refused| refused.to_string())
    }
}

/// Judges the proof of a call of `POST /oauth2/token` at `https://gateway.example`, at [`NOW`].
pub fn proof(text: &[u8], config: &Config) -> Result<contract::Proof, String> {
    let mut headers = HeaderMap::new();
    headers.insert(HEADER_PROOF, HeaderValue::from_bytes(text).map_err(|_| "no header".to_owned())?);
    proof::judge(&headers, config, &Method::POST, "/oauth2/token", NOW).map_err(|fault| format!("{:?}", fault.code()))
}

/// Reads a body as each of those that only the gateway reads, and says of how many it was one.
pub fn body(bytes: &[u8]) -> usize {
    api::understood(bytes)
}

/// A gateway's directory, and nobody in it.
pub struct Directory {
    store: store::Passing,
    keys: Keys,
}

impl Directory {
    /// One with keys of its own, which it makes in a folder.
    pub fn new(folder: &std::path::Path) -> Option<Self> {
        Some(Self { store: store::Passing::new().ok()?, keys: Keys::open(folder).ok()? })
    }

    /// Takes a file in, as if it had another the next day that says the same. Gives how many records it had, or why it
    /// is none.
    pub fn take(&self, text: &[u8]) -> Result<u64, String> {
        let [counts, again] = self.store.take(text, &self.keys, NOW).map_err(|error| error.to_string())?;
        assert_eq!(
            (counts.profiles, counts.accounts),
            (again.profiles, again.accounts),
            "the same file, the same people"
        );
        Ok(counts.profiles + counts.accounts)
    }
}

/// Reads a gateway's configuration and checks it. Gives it as it would be written, or why it is none.
pub fn config(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    config.check().map_err(|error| error.to_string())?;
    Ok(config)
}

/// A gateway's configuration as text.
pub fn config_text(config: &Config) -> Result<String, String> {
    toml::to_string(config).map_err(|error| error.to_string())
}

/// What a provider says of itself.
pub(crate) fn description(issuer: &str) -> Value {
    json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys")
    })
}
