//! The end of a session at the issuer, and telling the clients of it (OpenID Connect Back-Channel Logout 1.0).

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::json;

use super::pages as own_pages;
use super::session::Session;
use crate::random;
use crate::serve::Practice;

/// The name of the event that a logout token carries.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long a logout token is good, in seconds.
const LOGOUT_TOKEN_LIFE: i64 = 120;

/// What became of telling the clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// There was nobody to tell.
    Nobody,
    /// Every client that wants to know has answered that it knows.
    All,
    /// At least one did not.
    NotAll,
}

/// Query of `GET /cis2/connect/endSession`.
#[derive(Deserialize)]
pub(super) struct Hint {
    id_token_hint: Option<String>,
}

/// `GET /cis2/connect/endSession`: with the ID token of a session that session ends; otherwise the person is asked,
/// so that no page elsewhere can sign them out.
pub(super) async fn ask_to_end(
    State(practice): State<Arc<Practice>>,
    Query(hint): Query<Hint>,
    headers: HeaderMap,
) -> Response {
    let sid = hint.id_token_hint.and_then(|token| sid_of(&practice, &token));
    match sid.and_then(|sid| practice.cis2.sessions.end(&sid)) {
        Some(session) => own_pages::signed_out(tell(&practice, &session).await).into_response(),
        None => {
            let session = practice.cis2.sessions.of(&headers, practice.now());
            own_pages::sign_out(session.is_some()).into_response()
        }
    }
}

/// `POST /cis2/connect/endSession`: ends the session of this browser.
pub(super) async fn end_own(State(practice): State<Arc<Practice>>, headers: HeaderMap) -> Response {
    let session = practice.cis2.sessions.of(&headers, practice.now());
    let told = match session.and_then(|session| practice.cis2.sessions.end(&session.who.sid)) {
        Some(session) => tell(&practice, &session).await,
        None => Told::Nobody,
    };
    own_pages::signed_out(told).into_response()
}

/// `GET /cis2/sessions`.
pub(super) async fn list(State(practice): State<Arc<Practice>>) -> Response {
    own_pages::sessions(&practice.world, &practice.cis2.sessions.live(practice.now()), None).into_response()
}

/// Form of `POST /cis2/sessions`.
#[derive(Deserialize)]
pub(super) struct End {
    end: String,
}

/// `POST /cis2/sessions`: ends any session, as if its person had signed out elsewhere.
pub(super) async fn end_elsewhere(State(practice): State<Arc<Practice>>, Form(form): Form<End>) -> Response {
    let told = match practice.cis2.sessions.end(&form.end) {
        Some(session) => Some(tell(&practice, &session).await),
        None => None,
    };
    own_pages::sessions(&practice.world, &practice.cis2.sessions.live(practice.now()), told).into_response()
}

/// The session an ID token of ours speaks of, whether the token is still good or not.
fn sid_of(practice: &Practice, id_token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        iss: String,
        sid: String,
    }
    let provider = &practice.cis2.provider;
    let set = provider.key.public_set();
    let key = DecodingKey::from_jwk(set.keys.first()?).ok()?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Claims>(id_token, &key, &validation).ok()?.claims;
    (claims.iss == provider.issuer()).then_some(claims.sid)
}

/// Ends access at this provider and tells each client that wants to know.
async fn tell(practice: &Practice, session: &Session) -> Told {
    let provider = &practice.cis2.provider;
    provider.end_access(|who| who.sid == session.who.sid);
    let mut told = Told::Nobody;
    for id in &session.clients {
        let Some(uri) = provider.clients.get(id).and_then(|client| client.backchannel_logout_uri.as_deref()) else {
            continue;
        };
        let now = practice.now().as_second();
        let claims = json!({
            "iss": provider.issuer(),
            "aud": id,
            "iat": now,
            "exp": now + LOGOUT_TOKEN_LIFE,
            "jti": random::guid(),
            "sub": session.who.uuid,
            "sid": session.who.sid,
            "events": { LOGOUT_EVENT: {} },
        });
        let answered = match provider.key.sign(&claims) {
            Ok(token) => practice.http.post(uri).form(&[("logout_token", token)]).send().await.ok(),
            Err(_) => None,
        };
        let knows = answered.is_some_and(|response| response.status().is_success());
        if !knows {
            tracing::warn!(client = %id, "the client was not told that a session ended");
        }
        told = if knows && told != Told::NotAll { Told::All } else { Told::NotAll };
    }
    told
}
