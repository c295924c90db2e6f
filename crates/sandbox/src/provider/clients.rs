//! Programs that may ask for a sign-in, and how they show who they are (`private_key_jwt`, RFC 7523).

use std::collections::HashMap;

use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::shelf::Shelf;

/// The longest an assertion may be valid, in seconds: five minutes, as NHS CIS2 demands.
const LONGEST: i64 = 300;

/// Programs by client id.
pub(crate) type Clients = HashMap<String, Client>;

/// A program that may ask for a sign-in.
pub(crate) struct Client {
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) keys: JwkSet,
    pub(crate) backchannel_logout_uri: Option<String>,
}

/// Checks assertions, and remembers them for as long as they could be shown again.
pub(crate) struct Assertions {
    endpoint: String,
    seen: Shelf<()>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Assertions {
    /// For the token endpoint with this address, which assertions must name exactly.
    pub(crate) fn at(endpoint: String) -> Self {
        // Twice the longest life: longer than any assertion that is still good.
        Self { endpoint, seen: Shelf::for_seconds(2 * LONGEST) }
    }

    /// The client that signed this, if it did, for this endpoint, just now, and for the first time.
    pub(crate) fn client<'a>(
        &self,
        assertion: &str,
        clients: &'a Clients,
        now: Timestamp,
    ) -> Option<(&'a str, &'a Client)> {
        let header = jsonwebtoken::decode_header(assertion).ok()?;
        if header.alg != Algorithm::RS512 {
            return None;
        }
        let key_id = header.kid?;
        // Whose key to use stands in the body that nobody has vouched for yet; it is believed only if that key fits.
        let claimed: Claims = jsonwebtoken::dangerous::insecure_decode(assertion).ok()?.claims;
        let (id, client) = clients.get_key_value(&claimed.iss)?;
        let key = DecodingKey::from_jwk(client.keys.find(&key_id)?).ok()?;
        let mut validation = Validation::new(Algorithm::RS512);
        // Times are judged below, by our clock.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims = jsonwebtoken::decode::<Claims>(assertion, &key, &validation).ok()?.claims;
        let for_us = match &claims.aud {
            Audience::One(aud) => *aud == self.endpoint,
            Audience::Many(auds) => auds.len() == 1 && auds[0] == self.endpoint,
        };
        let left = claims.exp - now.as_second();
        let good = claims.sub == *id && for_us && (1..=LONGEST).contains(&left) && !claims.jti.is_empty();
        // Remembered last, so that an assertion refused for another reason does not use up a name.
        (good && self.seen.put_as(&format!("{id} {}", claims.jti), (), now)).then_some((id.as_str(), client))
    }
}
