//! What the two practice OpenID providers have in common: clients, codes, tokens, and the checks on them.
//!
//! Deliberately absent: who signs in and how (`cis2`, `nhs_net`). `T` is what a provider knows of a sign-in.

mod clients;
mod request;
mod shelf;
mod token;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::keys::SigningKey;
use clients::Assertions;
pub(crate) use clients::{Client, Clients};
pub(crate) use request::{AuthorizationRequest, Prompt, Rejected};
pub(crate) use shelf::Shelf;
pub(crate) use token::TokenRefusal;

/// How long a code may be redeemed, in seconds.
const CODE_LIFE: i64 = 60;
/// How long an access token opens userinfo, in seconds: what CIS2 mocks give.
pub(crate) const ACCESS_LIFE: i64 = 3_599;

/// One OpenID provider.
pub(crate) struct Provider<T> {
    issuer: String,
    pub(crate) key: &'static SigningKey,
    pub(crate) clients: Clients,
    assertions: Assertions,
    codes: Shelf<Granted<T>>,
    access: Shelf<Granted<T>>,
}

/// A sign-in that a client may have.
#[derive(Debug, Clone)]
pub(crate) struct Granted<T> {
    pub(crate) request: AuthorizationRequest,
    pub(crate) who: T,
}

impl<T: Clone> Provider<T> {
    /// A provider with this issuer, which has no slash at its end.
    pub(crate) fn new(issuer: String, key: &'static SigningKey, clients: Clients) -> Self {
        let assertions = Assertions::at(format!("{issuer}/access_token"));
        let (codes, access) = (Shelf::for_seconds(CODE_LIFE), Shelf::for_seconds(ACCESS_LIFE));
        Self { issuer, key, clients, assertions, codes, access }
    }

    /// The issuer, exactly as text.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Makes a code for a sign-in that was asked for.
    pub(crate) fn grant(&self, request: AuthorizationRequest, who: T, now: Timestamp) -> String {
        self.codes.put(Granted { request, who }, now)
    }

    /// Takes a code back without asking for a client's signature: for a client in this same process.
    pub(crate) fn take_code(&self, code: &str, now: Timestamp) -> Option<Granted<T>> {
        self.codes.take(code, now)
    }

    /// Whose sign-in an access token stands for.
    pub(crate) fn access(&self, token: &str, now: Timestamp) -> Option<Granted<T>> {
        self.access.look(token, now)
    }

    /// Ends access for the sign-ins that `which` says.
    pub(crate) fn end_access(&self, which: impl Fn(&T) -> bool) {
        self.access.forget(|granted| which(&granted.who));
        self.codes.forget(|granted| which(&granted.who));
    }

    /// The discovery document (OpenID Connect Discovery 1.0), with what this provider has of its own.
    pub(crate) fn discovery(&self, own: Value) -> Value {
        let issuer = &self.issuer;
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/access_token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/connect/jwk_uri"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["RS512"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
        });
        if let (Some(document), Value::Object(own)) = (document.as_object_mut(), own) {
            document.extend(own);
        }
        document
    }
}

/// SHA-256 as PKCE writes it.
pub(crate) fn s256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

/// The left half of SHA-256, as `at_hash` writes it for RS256 (OpenID Connect Core §3.1.3.6).
pub(crate) fn at_hash(access_token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token.as_bytes())[..16])
}
