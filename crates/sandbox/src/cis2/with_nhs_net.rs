//! Signing in to the practice CIS2 with NHS.net Connect, at AAL2.
//!
//! The person signs in at the practice NHS.net Connect; then the gateway is asked which profile that account opens.
//! In life CIS2 knows that itself.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use contract::{AuthenticatorKind, CareIdentityUuid, NhsNetAddress};
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};
use url::Url;

use super::pages as own_pages;
use super::sign_in::{self, Stage};
use crate::pages;
use crate::provider::Client;
use crate::serve::Practice;

/// Our name at the practice NHS.net Connect.
pub(crate) const CLIENT: &str = "cis2.practice";

/// What the practice NHS.net Connect knows of us. No keys: both live in one process, so a code is never redeemed
/// over the network, and nobody else can redeem one given to this client.
pub(crate) fn as_client(url: &str) -> Client {
    let keys = JwkSet { keys: Vec::new() };
    Client { redirect_uris: vec![return_url(url)], keys, backchannel_logout_uri: None }
}

fn return_url(url: &str) -> String {
    format!("{url}/cis2/nhs-net")
}

/// Sends the person to the practice NHS.net Connect.
pub(super) fn go_there(practice: &Practice, interaction: &str) -> Response {
    let endpoint = format!("{}/authorize", practice.nhs_net.provider.issuer());
    let parameters = [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", &return_url(&practice.settings.url)),
        ("scope", "openid email"),
        ("prompt", "select_account"),
        ("state", interaction),
    ];
    match Url::parse_with_params(&endpoint, parameters) {
        Ok(url) => pages::go(url.as_str()),
        Err(_) => sign_in::over(),
    }
}

/// With what the person comes back.
#[derive(Deserialize)]
pub(super) struct Answer {
    code: Option<String>,
    state: Option<String>,
}

/// `GET /cis2/nhs-net`.
pub(super) async fn come_back(State(practice): State<Arc<Practice>>, Query(answer): Query<Answer>) -> Response {
    let now = practice.now();
    let name = answer.state.unwrap_or_default();
    let Some(interaction) = practice.cis2.interactions.look(&name, now) else { return sign_in::over() };
    let back = sign_in::path(&name);
    // Asked again here, because this page can be opened without the button having been pressed.
    if !matches!(interaction.stage, Stage::Who) || !interaction.asked.accepts(AuthenticatorKind::NhsNetConnect) {
        return pages::go(&back);
    }
    // Cancelled there: choose another way.
    let Some(code) = answer.code else { return pages::go(&back) };
    let granted = practice.nhs_net.provider.take_code(&code, now);
    let Some(granted) = granted.filter(|granted| granted.request.client_id == CLIENT) else {
        return sign_in::over();
    };
    match profile_of(&practice, &granted.who.address).await {
        Ok(Some(uuid)) => match practice.world.person(&uuid) {
            Some(person) => sign_in::signed_in(&practice, &name, interaction, person, AuthenticatorKind::NhsNetConnect),
            None => own_pages::not_registered(&back).into_response(),
        },
        Ok(None) => own_pages::not_registered(&back).into_response(),
        Err(Unanswered) => {
            let why = "The gateway was asked which profile this account opens, and did not answer as it must. Is it \
                       running? Then go back and try again.";
            (StatusCode::BAD_GATEWAY, pages::problem("The gateway does not answer", why)).into_response()
        }
    }
}

/// The gateway did not answer as it must.
struct Unanswered;

/// Which profile an account opens, if it is linked to one.
async fn profile_of(practice: &Practice, address: &NhsNetAddress) -> Result<Option<CareIdentityUuid>, Unanswered> {
    #[derive(Serialize)]
    struct Question<'a> {
        address: &'a NhsNetAddress,
    }
    #[derive(Deserialize)]
    struct Reply {
        care_identity: CareIdentityUuid,
    }
    let settings = &practice.settings;
    let sent = practice
        .http
        .post(format!("{}/v1/issuer/authenticator", settings.gateway_url))
        .bearer_auth(&settings.lookup_secret)
        .json(&Question { address })
        .send();
    let reply = sent.await.map_err(|error| {
        tracing::warn!(timeout = error.is_timeout(), connect = error.is_connect(), "the gateway does not answer");
        Unanswered
    })?;
    match reply.status() {
        StatusCode::OK => reply.json::<Reply>().await.map(|reply| Some(reply.care_identity)).map_err(|_| Unanswered),
        StatusCode::NOT_FOUND => Ok(None),
        status => {
            tracing::warn!(%status, "the gateway refuses to say which profile an account opens");
            Err(Unanswered)
        }
    }
}
