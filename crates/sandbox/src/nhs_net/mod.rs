//! A stand-in for signing in to NHS.net Connect: address and password, then a number to match in an app.
//!
//! It knows the accounts of the practice world. It always asks, as `prompt=select_account` does, and keeps no
//! session: on a shared computer the wrong account would be taken over silently, which is what is to be tried.

mod pages;
mod sign_in;

use std::sync::Arc;

use axum::extract::{Form, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use contract::NhsNetAddress;
use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Value, json};

use crate::keys::SigningKey;
use crate::pages::{go, problem};
use crate::provider::{
    AuthorizationRequest, Clients, Granted, Prompt, Provider, Rejected, Shelf, TokenRefusal, at_hash, s256,
};
use crate::serve::Practice;
use sign_in::SignIn;

/// How long a person may take on the pages, in seconds.
const SIGN_IN_LIFE: i64 = 600;
/// How long an ID token is good, in seconds.
const ID_TOKEN_LIFE: i64 = 3_600;

/// The provider and what it remembers.
pub(crate) struct NhsNet {
    pub(crate) provider: Provider<Holder>,
    sign_ins: Shelf<SignIn>,
}

/// Whose account was signed in to, and when.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) address: NhsNetAddress,
    auth_time: Timestamp,
}

impl NhsNet {
    /// A provider that remembers nothing yet.
    pub(crate) fn new(issuer: String, key: &'static SigningKey, clients: Clients) -> Self {
        Self { provider: Provider::new(issuer, key, clients), sign_ins: Shelf::for_seconds(SIGN_IN_LIFE) }
    }
}

/// Everything below `/nhsnet`.
pub(crate) fn routes() -> Router<Arc<Practice>> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/connect/jwk_uri", get(keys))
        .route("/authorize", get(authorize))
        .route("/sign-in/{sign_in}", get(sign_in::show).post(sign_in::answer))
        .route("/access_token", post(token))
        .route("/userinfo", get(userinfo).post(userinfo))
        .route("/connect/endSession", get(pages::signed_out))
}

async fn discovery(State(practice): State<Arc<Practice>>) -> Json<Value> {
    let provider = &practice.nhs_net.provider;
    Json(provider.discovery(json!({
        "end_session_endpoint": format!("{}/connect/endSession", provider.issuer()),
        "scopes_supported": ["openid", "email"],
        "claims_supported": ["sub", "email", "email_verified"],
    })))
}

async fn keys(State(practice): State<Arc<Practice>>) -> Json<JwkSet> {
    Json(practice.nhs_net.provider.key.public_set())
}

async fn authorize(State(practice): State<Arc<Practice>>, RawQuery(query): RawQuery) -> Response {
    let NhsNet { provider, sign_ins } = &practice.nhs_net;
    let request = match AuthorizationRequest::parse(query.as_deref().unwrap_or(""), &provider.clients) {
        Ok(request) => request,
        Err(Rejected::Here(why)) => {
            return (StatusCode::BAD_REQUEST, problem("This sign-in cannot begin", why)).into_response();
        }
        Err(Rejected::There(answer)) => return go(answer.url(provider.issuer()).as_str()),
    };
    if request.prompt == Prompt::Never {
        let answer = request.refused("login_required", "Nobody stays signed in here");
        return go(answer.url(provider.issuer()).as_str());
    }
    let name = sign_ins.put(SignIn::new(request), practice.now());
    go(&sign_in::path(&name))
}

async fn token(
    State(practice): State<Arc<Practice>>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, TokenRefusal> {
    let provider = &practice.nhs_net.provider;
    let now = practice.now();
    let redeemed = provider.redeem(&form, now)?;
    let Granted { request, who } = &redeemed.granted;
    let mut claims = user_claims(&redeemed.granted);
    let about_the_sign_in = json!({
        "iss": provider.issuer(),
        "aud": request.client_id,
        "azp": request.client_id,
        "at_hash": at_hash(&redeemed.access_token),
        "auth_time": who.auth_time.as_second(),
        "iat": now.as_second(),
        "exp": now.as_second() + ID_TOKEN_LIFE,
        "amr": ["pwd", "mfa"],
    });
    if let (Some(claims), Value::Object(more)) = (claims.as_object_mut(), about_the_sign_in) {
        claims.extend(more);
        if let Some(nonce) = &request.nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
    }
    provider.tokens(&redeemed, &claims)
}

async fn userinfo(State(practice): State<Arc<Practice>>, headers: HeaderMap) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer "));
    match token.and_then(|token| practice.nhs_net.provider.access(token, practice.now())) {
        Some(granted) => Json(user_claims(&granted)).into_response(),
        None => {
            let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)];
            (StatusCode::UNAUTHORIZED, challenge).into_response()
        }
    }
}

/// The subject is always the same for an account, and is not its address.
fn user_claims(granted: &Granted<Holder>) -> Value {
    let address = &granted.who.address;
    let mut claims = json!({ "sub": s256(address.as_str()) });
    if granted.request.asks("email") {
        claims["email"] = json!(address);
        claims["email_verified"] = json!(true);
    }
    claims
}
