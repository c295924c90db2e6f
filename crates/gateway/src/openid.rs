//! An OpenID provider, asked as its client: discovery, keys, code for tokens, and the checks every ID token gets.
//!
//! Used twice: for RA users (NHS CIS2 Authentication) and for a user's link (NHS.net Connect). What each of the two
//! asks beyond these checks is not in here.

mod keys;

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::FaultCode;
use contract::cis2::IdClaims;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::client_auth::ClientAuth;
use crate::clock::Clock;
use crate::config::is_safe;
use crate::outgoing::{Outgoing, OutgoingError};
use keys::{Published, keys_for};

/// How far two clocks may differ, in seconds.
pub(crate) const LEEWAY: i64 = 60;
/// The most characters a logout token's name has.
const LONGEST_JTI: usize = 255;
/// How long what a provider says of itself is believed, in seconds.
const DISCOVERY_LIFE: i64 = 3600;
/// How long the gateway waits before it asks for a provider's keys again, in seconds.
const KEYS_GAP: i64 = 5;
/// How long the gateway waits before it asks a provider again that did not answer, in seconds.
const FAILURE_GAP: i64 = 3;

/// Why a sign-in is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct SignInError {
    pub(crate) code: FaultCode,
    /// Which check failed. Holds nothing of what was checked.
    pub(crate) reason: String,
}

impl SignInError {
    /// A check that failed.
    pub(crate) fn refused(reason: &str) -> Self {
        Self { code: FaultCode::SignInRefused, reason: reason.to_owned() }
    }

    /// A provider that does not answer as it must.
    pub(crate) fn unavailable(reason: &str) -> Self {
        Self { code: FaultCode::IssuerUnavailable, reason: reason.to_owned() }
    }

    fn asking(what: &str, error: &OutgoingError) -> Self {
        Self { code: error.fault(), reason: format!("{what}: {error}") }
    }
}

/// What the gateway is to a provider.
pub(crate) struct Client {
    issuer: String,
    client_id: String,
    auth: ClientAuth,
    outgoing: Outgoing,
    clock: Arc<dyn Clock>,
    discovery: Learnt<Discovery>,
    keys: Learnt<JwkSet>,
}

/// Something a provider was asked for. Whoever finds it known waits for nobody; those who do not share one request.
struct Learnt<T> {
    known: Mutex<Known<T>>,
    /// Held by the one who asks.
    asking: tokio::sync::Mutex<()>,
}

struct Known<T> {
    answer: Option<(i64, T)>,
    failure: Option<(i64, SignInError)>,
}

impl<T: Clone> Learnt<T> {
    const fn nothing() -> Self {
        Self { known: Mutex::new(Known { answer: None, failure: None }), asking: tokio::sync::Mutex::const_new(()) }
    }

    /// What was learnt less than `life` seconds ago, or else what `ask` answers.
    async fn get(
        &self,
        clock: &dyn Clock,
        life: i64,
        ask: impl Future<Output = Result<T, SignInError>>,
    ) -> Result<T, SignInError> {
        if let Some(answer) = self.younger_than(life, clock) {
            return Ok(answer);
        }
        let _asking = self.asking.lock().await;
        // Whoever held it before may have learnt it, or that there is no answer.
        if let Some(answer) = self.younger_than(life, clock) {
            return Ok(answer);
        }
        let now = clock.now().as_second();
        if let Some((at, failure)) = &self.known.lock().unwrap_or_else(PoisonError::into_inner).failure
            && (0..FAILURE_GAP).contains(&(now - at))
        {
            return Err(failure.clone());
        }
        let asked = ask.await;
        let now = clock.now().as_second();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &asked {
            Ok(answer) => *known = Known { answer: Some((now, answer.clone())), failure: None },
            Err(failure) => known.failure = Some((now, failure.clone())),
        }
        asked
    }

    fn younger_than(&self, life: i64, clock: &dyn Clock) -> Option<T> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, answer) = known.answer.as_ref()?;
        (clock.now().as_second() - at < life).then(|| answer.clone())
    }
}

/// What a provider says of itself.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Discovery {
    issuer: String,
    pub(crate) authorization_endpoint: String,
    token_endpoint: String,
    #[serde(default)]
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    revocation_endpoint: Option<String>,
    jwks_uri: String,
}

/// A provider's answer to a code.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    token_type: String,
    pub(crate) id_token: String,
    #[serde(default)]
    pub(crate) refresh_token: Option<String>,
}

/// The claims of an ID token.
#[derive(Clone, Deserialize)]
pub(crate) struct IdToken {
    iss: String,
    pub(crate) sub: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: i64,
    pub(crate) iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    pub(crate) nonce: Option<String>,
    #[serde(default)]
    pub(crate) at_hash: Option<String>,
    #[serde(default)]
    pub(crate) acr: Option<String>,
    #[serde(default)]
    pub(crate) auth_time: Option<i64>,
    #[serde(default)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    pub(crate) email_verified: Option<bool>,
    #[serde(flatten)]
    pub(crate) cis2: IdClaims,
}

/// The claims of a logout token.
#[derive(Deserialize)]
pub(crate) struct LogoutToken {
    iss: String,
    aud: Audience,
    pub(crate) iat: i64,
    #[serde(default)]
    exp: Option<i64>,
    pub(crate) jti: String,
    #[serde(default)]
    pub(crate) sub: Option<String>,
    #[serde(default)]
    pub(crate) sid: Option<String>,
    #[serde(default)]
    events: serde_json::Map<String, Value>,
    /// Whatever it says: a token with one is an ID token, or was made to look like both.
    #[serde(default, rename = "nonce", deserialize_with = "is_there")]
    has_nonce: bool,
}

fn is_there<'de, D: serde::Deserializer<'de>>(there: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(there).map(|_| true)
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn has(&self, client: &str) -> bool {
        match self {
            Self::One(one) => one == client,
            Self::Many(many) => many.iter().any(|one| one == client),
        }
    }

    const fn is_one(&self) -> bool {
        match self {
            Self::One(_) => true,
            Self::Many(many) => many.len() == 1,
        }
    }
}

impl Client {
    /// Makes the client of a provider. Asks nothing yet.
    pub(crate) fn new(
        issuer: &str,
        client_id: &str,
        auth: ClientAuth,
        outgoing: Outgoing,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            auth,
            outgoing,
            clock,
            discovery: Learnt::nothing(),
            keys: Learnt::nothing(),
        }
    }

    /// The client of a provider that was asked a moment ago, and answered with these keys.
    #[cfg(feature = "fuzz")]
    pub(crate) fn knowing(issuer: &str, client_id: &str, keys: &str, clock: Arc<dyn Clock>) -> Option<Self> {
        let now = clock.now().as_second();
        let auth = ClientAuth::Secret(Zeroizing::new("a-secret".to_owned()));
        let client = Self::new(issuer, client_id, auth, Outgoing::new().ok()?, clock);
        let discovery: Discovery = serde_json::from_value(crate::fuzzing::description(issuer)).ok()?;
        let published: Published = serde_json::from_str(keys).ok()?;
        client.discovery.known.lock().ok()?.answer = Some((now, discovery));
        client.keys.known.lock().ok()?.answer = Some((now, published.public()));
        Some(client)
    }

    /// The gateway's name at the provider.
    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The provider's name.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The public halves of the client's keys, for the gateway's JWKS.
    pub(crate) fn public_keys(&self) -> Vec<Jwk> {
        self.auth.public_keys()
    }

    /// What the provider says of itself.
    pub(crate) async fn discovery(&self) -> Result<Discovery, SignInError> {
        self.discovery.get(&*self.clock, DISCOVERY_LIFE, self.ask_for_discovery()).await
    }

    async fn ask_for_discovery(&self) -> Result<Discovery, SignInError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer);
        let discovery: Discovery = self.outgoing.get(&url, None).await.map_err(|error| SignInError {
            code: FaultCode::IssuerUnavailable,
            reason: format!("the issuer's description: {error}"),
        })?;
        if discovery.issuer != self.issuer {
            return Err(SignInError::unavailable("the issuer calls itself by another name"));
        }
        let endpoints = [&discovery.authorization_endpoint, &discovery.token_endpoint, &discovery.jwks_uri];
        let optional = [&discovery.userinfo_endpoint, &discovery.revocation_endpoint];
        if !endpoints.into_iter().chain(optional.into_iter().flatten()).all(|url| is_safe(url)) {
            return Err(SignInError::unavailable("the issuer names an endpoint that is not https"));
        }
        Ok(discovery)
    }

    /// Changes a code for tokens, showing who asks.
    pub(crate) async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        code_verifier: &str,
    ) -> Result<Tokens, SignInError> {
        let endpoint = self.discovery().await?.token_endpoint;
        let shown = self.shown(&endpoint)?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", code_verifier),
            ("client_id", &self.client_id),
        ];
        form.extend(shown.iter().map(|(name, value)| (*name, value.as_str())));
        let tokens: Tokens =
            self.outgoing.post(&endpoint, &form).await.map_err(|error| SignInError::asking("the code", &error))?;
        // What is not understood is not used (RFC 6749 §7.1).
        if !tokens.token_type.eq_ignore_ascii_case("bearer") {
            return Err(SignInError::refused("the issuer's access token is of a type that is not understood"));
        }
        Ok(tokens)
    }

    /// What says who asks, beside the client's name.
    fn shown(&self, endpoint: &str) -> Result<Vec<(&'static str, Zeroizing<String>)>, SignInError> {
        let shown = self.auth.form(&self.client_id, endpoint);
        shown.map_err(|_| SignInError::unavailable("the gateway cannot sign with its client key"))
    }

    /// Gives tokens back that have done their work, where the provider takes them back (RFC 7009).
    pub(crate) async fn give_back(&self, tokens: Tokens) -> Result<(), SignInError> {
        let discovery = self.discovery().await?;
        let Some(endpoint) = discovery.revocation_endpoint else { return Ok(()) };
        // An assertion is for the provider's token endpoint, wherever it is shown, as CIS2 wants it.
        let refresh = tokens.refresh_token.iter().map(|token| ("refresh_token", token));
        for (kind, token) in refresh.chain([("access_token", &tokens.access_token)]) {
            let shown = self.shown(&discovery.token_endpoint)?;
            let mut form = vec![("token", token.as_str()), ("token_type_hint", kind), ("client_id", &self.client_id)];
            form.extend(shown.iter().map(|(name, value)| (*name, value.as_str())));
            self.outgoing.tell(&endpoint, &form).await.map_err(|error| SignInError::asking("revocation", &error))?;
        }
        Ok(())
    }

    /// Asks who an access token belongs to.
    pub(crate) async fn user_info<T: DeserializeOwned>(&self, access_token: &str) -> Result<T, SignInError> {
        let endpoint = self.discovery().await?.userinfo_endpoint;
        let endpoint = endpoint.ok_or_else(|| SignInError::unavailable("the issuer has no userinfo endpoint"))?;
        self.outgoing.get(&endpoint, Some(access_token)).await.map_err(|error| SignInError::asking("userinfo", &error))
    }

    /// Checks an ID token: signature, issuer, audience, times and nonce.
    pub(crate) async fn check_id_token(&self, token: &str, nonce: &str) -> Result<IdToken, SignInError> {
        let claims: IdToken = self.signed_claims(token).await?;
        let now = self.now();
        let refused = |reason| Err(SignInError::refused(reason));
        if claims.iss != self.issuer {
            return refused("the ID token is from another issuer");
        }
        if !claims.aud.has(&self.client_id) {
            return refused("the ID token is for somebody else");
        }
        // Whoever else it is for could show it here, and none of them is trusted (OpenID Connect Core §3.1.3.7).
        if !claims.aud.is_one() {
            return refused("the ID token is for others as well");
        }
        if claims.azp.as_ref().is_some_and(|azp| *azp != self.client_id) {
            return refused("the ID token was given to somebody else");
        }
        if claims.exp <= now - LEEWAY {
            return refused("the ID token has expired");
        }
        if claims.iat > now + LEEWAY || claims.iat < now - 3600 {
            return refused("the ID token was not made just now");
        }
        if claims.nbf.is_some_and(|nbf| nbf > now + LEEWAY) {
            return refused("the ID token is not valid yet");
        }
        let given = claims.nonce.as_deref().unwrap_or_default();
        if nonce.is_empty() || !bool::from(given.as_bytes().ct_eq(nonce.as_bytes())) {
            return refused("the ID token's nonce is not the one of this sign-in");
        }
        Ok(claims)
    }

    /// Checks a logout token (OpenID Connect Back-Channel Logout §2.6).
    pub(crate) async fn check_logout_token(&self, token: &str) -> Result<LogoutToken, SignInError> {
        let claims: LogoutToken = self.signed_claims(token).await?;
        let now = self.now();
        let fits = may_be_a_logout_token(token)
            && claims.iss == self.issuer
            && claims.aud.has(&self.client_id)
            && (now - 300..=now + LEEWAY).contains(&claims.iat)
            && claims.exp.is_none_or(|exp| exp > now - LEEWAY)
            && claims.events.get("http://schemas.openid.net/event/backchannel-logout").is_some_and(Value::is_object)
            && !claims.has_nonce
            && (1..=LONGEST_JTI).contains(&claims.jti.len())
            && (claims.sub.is_some() || claims.sid.is_some());
        if fits { Ok(claims) } else { Err(SignInError::refused("the logout token is not one")) }
    }

    /// The claims of a token that the provider has signed with RS256. No other algorithm is looked at.
    async fn signed_claims<T: DeserializeOwned>(&self, token: &str) -> Result<T, SignInError> {
        let not_a_token = || SignInError::refused("the token is not a signed token");
        let header = jsonwebtoken::decode_header(token).map_err(|_| not_a_token())?;
        if header.alg != Algorithm::RS256 {
            return Err(SignInError::refused("the token is not signed with RS256"));
        }
        let mut validation = Validation::new(Algorithm::RS256);
        // Times, issuer and audience are checked above, by the gateway's own clock and word by word.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        for fresh in [false, true] {
            let keys = self.keys(fresh).await?;
            for jwk in keys_for(&keys, header.kid.as_deref())? {
                let key = DecodingKey::from_jwk(jwk).map_err(|_| SignInError::unavailable("a key of the issuer"))?;
                if let Ok(data) = jsonwebtoken::decode::<Value>(token, &key, &validation) {
                    return understood(data.claims);
                }
            }
        }
        Err(SignInError::refused("the token is not signed by the issuer"))
    }

    /// The provider's keys. `fresh` asks for them again, but not all the time.
    async fn keys(&self, fresh: bool) -> Result<JwkSet, SignInError> {
        let url = self.discovery().await?.jwks_uri;
        let ask = async {
            let keys: Published = self.outgoing.get(&url, None).await.map_err(|error| SignInError {
                code: FaultCode::IssuerUnavailable,
                reason: format!("the issuer's keys: {error}"),
            })?;
            Ok(keys.public())
        };
        self.keys.get(&*self.clock, if fresh { KEYS_GAP } else { DISCOVERY_LIFE }, ask).await
    }

    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }
}

/// Whether the type in its head lets a token be a logout token. The standard recommends that providers say `logout+jwt`
/// (OpenID Connect Back-Channel Logout §2.4); many say `JWT` or nothing, and what NHS CIS2 Authentication says is not
/// known here. Whatever else it says, it is another token.
fn may_be_a_logout_token(token: &str) -> bool {
    let Ok(header) = jsonwebtoken::decode_header(token) else { return false };
    // As media types are compared, and without what may be left out (RFC 7515 §4.1.9).
    let kind = header.typ.map(|kind| kind.to_ascii_lowercase());
    kind.is_none_or(|kind| ["jwt", "logout+jwt"].contains(&kind.strip_prefix("application/").unwrap_or(&kind)))
}

/// Reads the claims of a token that is the provider's. One that lacks what every token has is refused by its name.
fn understood<T: DeserializeOwned>(claims: Value) -> Result<T, SignInError> {
    let missing = ["iss", "sub", "aud", "exp", "iat"].into_iter().find(|name| claims.get(name).is_none());
    serde_json::from_value(claims).map_err(|_| match missing {
        Some(name) => SignInError::refused(&format!("the token does not say {name}")),
        None => SignInError::refused("the token's claims are not understood"),
    })
}

/// Whether `at_hash` is that of the access token (OpenID Connect Core §3.1.3.6, for RS256).
pub(crate) fn at_hash_fits(at_hash: &str, access_token: &str) -> bool {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]) == at_hash
}

/// The challenge that belongs to a PKCE verifier (RFC 7636, S256).
pub(crate) fn pkce_challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// Whether a sign-in is not older than five minutes.
pub(crate) fn is_recent(auth_time: i64, now: Timestamp) -> bool {
    (now.as_second() - 300 - LEEWAY..=now.as_second() + LEEWAY).contains(&auth_time)
}

#[cfg(test)]
mod tests;
