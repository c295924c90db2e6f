//! `/try`: a tiny program that signs people in at AAL2, as any NHS service might.
//!
//! It is a relying party like any other: code flow with PKCE, `private_key_jwt`, tokens checked against published
//! keys, all over HTTP. What it shows is the proof that somebody whose account was linked can now sign in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use maud::html;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::keys::SigningKey;
use crate::pages::{Page, go, practice_page, problem};
use crate::provider::{Shelf, at_hash, s256};
use crate::random;
use crate::serve::Practice;

/// Our name at the practice CIS2.
pub(crate) const CLIENT: &str = "try.practice";
const ACR: &str = "AAL2_OR_AAL3_ANY";
/// How long a try may take, in seconds.
const TRY_LIFE: i64 = 900;

/// Tries under way.
pub(crate) struct Trying {
    key: &'static SigningKey,
    tries: Shelf<Try>,
}

struct Try {
    nonce: String,
    verifier: String,
}

impl Trying {
    /// Nobody is trying yet.
    pub(crate) fn new(key: &'static SigningKey) -> Self {
        Self { key, tries: Shelf::for_seconds(TRY_LIFE) }
    }
}

/// Where the practice CIS2 sends people back to.
pub(crate) fn return_url(url: &str) -> String {
    format!("{url}/try/callback")
}

/// `/try` and its return.
pub(crate) fn routes() -> Router<Arc<Practice>> {
    Router::new().route("/try", get(show).post(begin)).route("/try/callback", get(come_back))
}

async fn show() -> Page {
    let body = html! {
        h1 { "Try signing in" }
        p.lead {
            "This page is a small program of its own. It asks the practice CIS2 who you are, at level AAL2, for which \
             NHS.net Connect is enough."
        }
        p { "Choose " strong { "Sign in with NHS.net Connect" } " as somebody whose account was linked." }
        form method="post" action="/try" {
            div.buttons { button.primary name="try" value="yes" { "Log in with my Care Identity" } }
        }
    };
    practice_page("try", "Try signing in", &body)
}

async fn begin(State(practice): State<Arc<Practice>>) -> Response {
    let (nonce, verifier) = (random::token(), random::token());
    let challenge = s256(&verifier);
    let state = practice.trying.tries.put(Try { nonce: nonce.clone(), verifier }, practice.now());
    let url = Url::parse_with_params(
        &format!("{}/authorize", practice.cis2.provider.issuer()),
        [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", &return_url(&practice.settings.url)),
            ("scope", "openid profile nationalrbacaccess associatedorgs"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("acr_values", ACR),
            ("prompt", "login"),
            ("max_age", "300"),
        ],
    );
    match url {
        Ok(url) => go(url.as_str()),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[derive(Deserialize)]
struct Answer {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

async fn come_back(State(practice): State<Arc<Practice>>, Query(answer): Query<Answer>) -> Response {
    let begun = answer.state.as_deref().and_then(|state| practice.trying.tries.take(state, practice.now()));
    let Some(begun) = begun else {
        let why = "This answer belongs to no try of ours, or it was used already. Begin again on the page Try.";
        return (StatusCode::BAD_REQUEST, problem("Nobody was signed in", why)).into_response();
    };
    if answer.error.as_deref() == Some("access_denied") {
        return nobody("The sign-in was cancelled or refused.");
    }
    let (Some(code), Some(iss)) = (answer.code, answer.iss) else {
        return nobody("The practice CIS2 gave no code.");
    };
    if iss != practice.cis2.provider.issuer() {
        return nobody("The answer was another issuer's.");
    }
    match redeem(&practice, &code, &begun).await {
        Ok(who) => who.page().into_response(),
        Err(why) => nobody(why),
    }
}

fn nobody(why: &str) -> Response {
    let body = html! {
        h1 { "Nobody was signed in" }
        p.lead { (why) }
        p { a.action href="/try" { "Try again" } }
    };
    practice_page("try-nobody", "Nobody was signed in", &body).into_response()
}

/// Who signed in, as the tokens tell it.
struct Who {
    name: String,
    uuid: String,
    with: String,
    level: String,
    acr: String,
    roles: usize,
}

impl Who {
    fn page(&self) -> Page {
        let body = html! {
            h1 { "Signed in" }
            output id="who" data-uuid=(self.uuid) data-level=(self.level) {
                strong { (self.name) } " (" (self.uuid) ") signed in with " (self.with)
                " at level AAL" (self.level) "."
            }
            dl {
                div { dt { "Asked for" } dd { code { (self.acr) } } }
                div { dt { "Roles" } dd { (self.roles) } }
            }
            p { "Checked: signature, issuer, audience, expiry, nonce, hash of the access token, level, and that userinfo \
                 is about the same person." }
            p { a.action href="/try" { "Try somebody else" } }
        };
        practice_page("try-signed-in", "Signed in", &body)
    }
}

async fn redeem(practice: &Practice, code: &str, begun: &Try) -> Result<Who, &'static str> {
    let issuer = practice.cis2.provider.issuer();
    let endpoint = format!("{issuer}/access_token");
    let now = practice.now().as_second();
    let assertion = json!({
        "iss": CLIENT, "sub": CLIENT, "aud": endpoint, "jti": random::guid(), "iat": now, "exp": now + 60,
    });
    let assertion = practice.trying.key.sign(&assertion).map_err(|_| "Our own key does not sign.")?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &return_url(&practice.settings.url)),
        ("code_verifier", &begun.verifier),
        ("client_id", CLIENT),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ];
    let tokens = json_of(practice.http.post(&endpoint).form(&form)).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let access_token = text(&tokens["access_token"]);
    let keys = json_of(practice.http.get(format!("{issuer}/connect/jwk_uri"))).await?;
    let keys: JwkSet = serde_json::from_value(keys).map_err(|_| "The issuer's keys are not understood.")?;
    let claims = check(&text(&tokens["id_token"]), &keys).ok_or("The ID token's signature is not the issuer's.")?;

    let told_us = claims["iss"] == issuer
        && claims["aud"] == CLIENT
        && claims["exp"].as_i64().is_some_and(|exp| exp > now)
        && claims["nonce"] == begun.nonce.as_str()
        && claims["at_hash"] == at_hash(&access_token).as_str();
    if !told_us {
        return Err("The ID token is not meant for this sign-in.");
    }
    let level = text(&claims["authentication_assurance_level"]);
    if !matches!(level.as_str(), "2" | "3") || claims["acr"] != ACR {
        return Err("The sign-in was not strong enough.");
    }
    let person = json_of(practice.http.get(format!("{issuer}/userinfo")).bearer_auth(&access_token)).await?;
    if person["sub"] != claims["sub"] {
        return Err("Userinfo is about somebody else.");
    }
    let with = match claims["amr"][0].as_str() {
        Some("NHSMAIL") => "NHS.net Connect".to_owned(),
        Some("N3_SMARTCARD") => "a smartcard".to_owned(),
        Some(other) => other.to_owned(),
        None => "an authenticator that was not named".to_owned(),
    };
    Ok(Who {
        name: text(&person["name"]),
        uuid: text(&claims["sub"]),
        with,
        level,
        acr: text(&claims["acr"]),
        roles: person["nhsid_nrbac_roles"].as_array().map_or(0, Vec::len),
    })
}

/// The claims of an ID token that one of these keys has signed. Times and names are judged by the caller.
fn check(id_token: &str, keys: &JwkSet) -> Option<Value> {
    let header = jsonwebtoken::decode_header(id_token).ok()?;
    let key = DecodingKey::from_jwk(keys.find(&header.kid?)?).ok()?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(id_token, &key, &validation).ok().map(|token| token.claims)
}

async fn json_of(request: reqwest::RequestBuilder) -> Result<Value, &'static str> {
    const NO_ANSWER: &str = "The practice CIS2 did not answer as it must.";
    let response = request.send().await.map_err(|_| NO_ANSWER)?;
    let response = response.error_for_status().map_err(|_| NO_ANSWER)?;
    response.json().await.map_err(|_| NO_ANSWER)
}
