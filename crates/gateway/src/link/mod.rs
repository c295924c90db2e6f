//! The page a user opens on their own phone to finish their registration.
//!
//! Opening it only shows it: mail scanners open links too. Pressing the button starts a sign-in at NHS.net Connect,
//! and only the registered account finishes the registration. Any other leaves the link as it is, until there were
//! too many.
//!
//! Deliberately absent: scripts, pictures, anything from elsewhere, and the name of the person.

mod finish;
mod pages;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, OriginalUri, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use contract::{RegistrationState, RequestId};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::SignedDuration;
use url::Url;

use crate::api::Ids;
use crate::gateway::Gateway;
use crate::keys;
use crate::openid::{SignInError, pkce_challenge};
use crate::random;
use crate::store::{self, LinkSignIn, StoreError, StoredRegistration};

use pages::{Page, page};

/// How long a sign-in at NHS.net Connect may take.
const SIGN_IN_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// The cookie that binds a sign-in to the browser it was started in.
const COOKIE: &str = "ra-link";

/// The pages.
pub(crate) fn router() -> Router<Arc<Gateway>> {
    Router::new().route("/link/callback", get(callback)).route("/link/{token}", get(show).post(start))
}

/// Where a link stands when somebody comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    AlreadyLinked,
    Expired,
    /// Too many wrong accounts, or removed again.
    Ended,
}

fn standing(registration: &StoredRegistration, attempts: u32) -> Standing {
    match registration.state {
        RegistrationState::Linked => Standing::AlreadyLinked,
        RegistrationState::Removed => Standing::Ended,
        _ if registration.wrong_account >= attempts => Standing::Ended,
        RegistrationState::LinkExpired => Standing::Expired,
        RegistrationState::WaitingForThem => Standing::Open,
    }
}

/// Shows the page. The first time is remembered; nothing is used up.
async fn show(
    State(gateway): State<Arc<Gateway>>,
    method: Method,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    match look_up(&gateway, path).await {
        Ok(found) => {
            if found.opened_at.is_none() && method == Method::GET {
                let (found, now) = (found.clone(), gateway.clock.now());
                let opened =
                    gateway.store.write(move |connection| store::link_is_opened(connection, &found, now)).await;
                if let Err(error) = opened {
                    return unavailable(&gateway, &error);
                }
            }
            page(&gateway, StatusCode::OK, &Page::Open { address: found.address.masked() })
        }
        Err(response) => *response,
    }
}

/// Starts the sign-in at NHS.net Connect.
async fn start(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    if let Err(seconds) = gateway.limits.take_as_stranger(peer.ip(), gateway.clock.now()) {
        return retry_after(seconds, page(&gateway, finish::status(&Page::Busy), &Page::Busy));
    }
    let found = match look_up(&gateway, path).await {
        Ok(found) => found,
        Err(response) => return *response,
    };
    let endpoint = match gateway.nhs_net.discovery().await {
        Ok(discovery) => discovery.authorization_endpoint,
        Err(error) => return sign_in_unavailable(&gateway, &error),
    };
    let (state, nonce, verifier, cookie) = (random::token(), random::token(), random::token(), random::token());
    let Ok(url) = Url::parse_with_params(
        &endpoint,
        &[
            ("response_type", "code"),
            ("client_id", gateway.nhs_net.client_id()),
            ("redirect_uri", &callback_url(&gateway)),
            ("scope", "openid profile email"),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &pkce_challenge(&verifier)),
            ("code_challenge_method", "S256"),
            ("prompt", "select_account"),
        ],
    ) else {
        return sign_in_unavailable(&gateway, &SignInError::unavailable("the authorization endpoint is no URL"));
    };
    let now = gateway.clock.now();
    let sign_in = LinkSignIn {
        state_digest: keys::digest(&state),
        cookie_digest: keys::digest(&cookie),
        registration: found.id,
        link_serial: found.link_serial,
        nonce,
        verifier,
        expires_at: now.saturating_add(SIGN_IN_LIFE).unwrap_or(now),
    };
    let remembered = gateway
        .store
        .write(move |connection| {
            store::forget_old_link_sign_ins(connection, now)?;
            store::start_link_sign_in(connection, &sign_in)
        })
        .await;
    if let Err(error) = remembered {
        return unavailable(&gateway, &error);
    }
    let secure = if gateway.rules.config.link.public_url.starts_with("https://") { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={cookie}; Path=/link; HttpOnly; SameSite=Lax; Max-Age=600{secure}");
    (StatusCode::SEE_OTHER, [(header::LOCATION, url.to_string()), (header::SET_COOKIE, cookie)]).into_response()
}

/// NHS.net Connect sends the user back.
async fn callback(
    State(gateway): State<Arc<Gateway>>,
    Extension(ids): Extension<Ids>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let shown = match finish::finish(&gateway, ids.request, uri.query().unwrap_or_default(), cookie(&headers)).await {
        Ok(shown) => shown,
        Err(finish::FinishError::Store(error)) => return unavailable(&gateway, &error),
        Err(finish::FinishError::SignIn(error)) => return sign_in_unavailable(&gateway, &error),
    };
    let mut response = page(&gateway, finish::status(&shown), &shown);
    response.headers_mut().insert(
        header::SET_COOKIE,
        HeaderValue::from_static("ra-link=; Path=/link; HttpOnly; SameSite=Lax; Max-Age=0"),
    );
    response
}

/// The registration of a link that can still be used, or the page that says why not.
async fn look_up(
    gateway: &Gateway,
    path: Result<Path<String>, PathRejection>,
) -> Result<StoredRegistration, Box<Response>> {
    let token = path.map(|Path(token)| token).unwrap_or_default();
    let (digest, now) = (keys::digest(&token), gateway.clock.now());
    let found = gateway
        .store
        .read(move |connection| store::registration_by_link(connection, &digest, now))
        .await
        .map_err(|error: StoreError| Box::new(unavailable(gateway, &error)))?;
    let shown = match found {
        None => Page::Unknown,
        Some(found) => match standing(&found, gateway.rules.config.link.attempts) {
            Standing::Open => return Ok(found),
            Standing::AlreadyLinked => Page::AlreadyLinked,
            Standing::Expired => Page::Expired,
            Standing::Ended => Page::Ended,
        },
    };
    Err(Box::new(page(gateway, finish::status(&shown), &shown)))
}

fn callback_url(gateway: &Gateway) -> String {
    format!("{}/link/callback", gateway.rules.config.link.public_url)
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .map(str::to_owned)
}

fn unavailable(gateway: &Gateway, error: &StoreError) -> Response {
    tracing::error!(%error, "the store did not answer");
    retry_after(10, page(gateway, StatusCode::SERVICE_UNAVAILABLE, &Page::Failed))
}

fn sign_in_unavailable(gateway: &Gateway, error: &SignInError) -> Response {
    tracing::warn!(reason = %error, "a sign-in at NHS.net Connect did not work");
    retry_after(10, page(gateway, StatusCode::SERVICE_UNAVAILABLE, &Page::Failed))
}

fn retry_after(seconds: u64, mut response: Response) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// The user themselves, as who acts in the audit: no role, no organisation.
fn user_act(
    registration: &StoredRegistration,
    request: RequestId,
    at: jiff::Timestamp,
    result: &'static str,
) -> store::Act {
    store::Act {
        at,
        who: registration.uuid.clone(),
        role: String::new(),
        ods: String::new(),
        action: "link",
        whom: Some(registration.uuid.clone()),
        request,
        result: result.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn where_a_link_stands() {
        let at = Timestamp::from_second(0).unwrap();
        let registration = |state, wrong_account| StoredRegistration {
            id: contract::RegistrationId::from_guid(Uuid::from_u128(1)),
            key: contract::SubmissionKey::from_guid(Uuid::from_u128(2)),
            uuid: "555086689106".parse().unwrap(),
            address: "sam.taylor@nhs.net".parse().unwrap(),
            author: "555086689107".parse().unwrap(),
            author_name: String::new(),
            warnings: vec![],
            registered_at: at,
            state,
            link_serial: 1,
            link_expires_at: at,
            opened_at: None,
            signed_in_at: None,
            wrong_account,
            linked_at: None,
            changed: 1,
        };
        use RegistrationState::{LinkExpired, Linked, Removed, WaitingForThem};
        for (state, wrong, expected) in [
            (WaitingForThem, 0, Standing::Open),
            (WaitingForThem, 4, Standing::Open),
            (WaitingForThem, 5, Standing::Ended),
            (LinkExpired, 0, Standing::Expired),
            (LinkExpired, 5, Standing::Ended),
            (Linked, 0, Standing::AlreadyLinked),
            (Linked, 4, Standing::AlreadyLinked),
            (Removed, 0, Standing::Ended),
        ] {
            assert_eq!(standing(&registration(state, wrong), 5), expected, "{state:?} after {wrong}");
        }
    }
}
