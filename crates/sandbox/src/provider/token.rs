//! The token endpoint: a code, the proof of who asks, and the PKCE verifier against a sign-in.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{ACCESS_LIFE, Granted, Provider, s256};

/// A code that was redeemed.
pub(crate) struct Redeemed<T> {
    pub(crate) granted: Granted<T>,
    pub(crate) access_token: String,
}

/// Why there are no tokens (RFC 6749 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRefusal {
    InvalidRequest(&'static str),
    InvalidClient,
    InvalidGrant(&'static str),
    UnsupportedGrantType,
    ServerError,
}

impl<T: Clone> Provider<T> {
    /// Redeems a code for the client that was given it.
    pub(crate) fn redeem(&self, form: &[(String, String)], now: Timestamp) -> Result<Redeemed<T>, TokenRefusal> {
        use TokenRefusal::{InvalidClient, InvalidGrant, InvalidRequest, UnsupportedGrantType};
        let value = |name: &str| {
            let mut found = form.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
            match (found.next(), found.next()) {
                (Some(value), None) => Some(value),
                _ => None,
            }
        };
        let assertion_type = value("client_assertion_type");
        if assertion_type != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
            return Err(InvalidClient);
        }
        let assertion = value("client_assertion").ok_or(InvalidClient)?;
        let (client_id, _) = self.assertions.client(assertion, &self.clients, now).ok_or(InvalidClient)?;
        if value("client_id").is_some_and(|id| id != client_id) {
            return Err(InvalidClient);
        }
        if value("grant_type") != Some("authorization_code") {
            return Err(UnsupportedGrantType);
        }
        let code = value("code").ok_or(InvalidRequest("code is missing"))?;
        let granted = self.codes.take(code, now).ok_or(InvalidGrant("The code is not valid"))?;
        if granted.request.client_id != client_id {
            return Err(InvalidGrant("The code was given to another client"));
        }
        if value("redirect_uri") != Some(granted.request.redirect_text.as_str()) {
            return Err(InvalidGrant("redirect_uri is not the one the code was asked for with"));
        }
        match (&granted.request.challenge, value("code_verifier")) {
            (Some(challenge), Some(verifier)) if same(challenge, &s256(verifier)) => {}
            // A verifier for a code without a challenge means that somebody took the challenge away (RFC 9700 §4.8).
            (None, None) => {}
            _ => return Err(InvalidGrant("code_verifier does not fit")),
        }
        let access_token = self.access.put(granted.clone(), now);
        Ok(Redeemed { granted, access_token })
    }

    /// The reply with tokens.
    pub(crate) fn tokens(&self, redeemed: &Redeemed<T>, id_claims: &Value) -> Result<Response, TokenRefusal> {
        let id_token = self.key.sign(id_claims).map_err(|_| TokenRefusal::ServerError)?;
        let scopes: Vec<&str> = redeemed.granted.request.scopes.iter().map(String::as_str).collect();
        let body = json!({
            "access_token": redeemed.access_token,
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFE,
            "scope": scopes.join(" "),
            "id_token": id_token,
        });
        Ok(Json(body).into_response())
    }
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

impl IntoResponse for TokenRefusal {
    fn into_response(self) -> Response {
        let (status, error, description) = match self {
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", why),
            // What CIS2 says, word for word; which check failed is not told.
            Self::InvalidClient => (StatusCode::UNAUTHORIZED, "invalid_client", "JWT is not valid"),
            Self::InvalidGrant(why) => (StatusCode::BAD_REQUEST, "invalid_grant", why),
            Self::UnsupportedGrantType => {
                (StatusCode::BAD_REQUEST, "unsupported_grant_type", "Only authorization_code is offered")
            }
            Self::ServerError => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The token cannot be signed"),
        };
        (status, Json(json!({ "error": error, "error_description": description }))).into_response()
    }
}
