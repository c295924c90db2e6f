//! What a sign-in at NHS.net Connect that has come back means for its registration.

use contract::{NhsNetAddress, ProfileStatus, RequestId};
use http::StatusCode;
use rusqlite::Connection;
use serde::Deserialize;

use super::pages::{Again, Page};
use super::{Standing, callback_url, standing, user_act};
use crate::api::count;
use crate::gateway::Gateway;
use crate::keys;
use crate::notices::{self, News};
use crate::openid::{IdToken, SignInError};
use crate::store::{self, LinkSignIn, StoreError};

/// Why nothing could be decided. Nothing is used up but this one sign-in.
pub(super) enum FinishError {
    Store(StoreError),
    SignIn(SignInError),
}

impl From<StoreError> for FinishError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SignInError> for FinishError {
    fn from(error: SignInError) -> Self {
        Self::SignIn(error)
    }
}

#[derive(Deserialize)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// Finishes a sign-in: in the browser it was started in, once.
pub(super) async fn finish(
    gateway: &Gateway,
    request: RequestId,
    query: &str,
    cookie: Option<String>,
) -> Result<Page, FinishError> {
    let answer = serde_urlencoded::from_str::<Answer>(query).ok();
    let Some((Answer { state: Some(state), code, error, iss }, cookie)) = answer.zip(cookie) else {
        return Ok(Page::Failed);
    };
    let (state, cookie, now) = (keys::digest(&state), keys::digest(&cookie), gateway.clock.now());
    let taken: Option<LinkSignIn> =
        gateway.store.write(move |connection| store::take_link_sign_in(connection, &state, &cookie, now)).await?;
    let Some(sign_in) = taken else { return Ok(Page::Failed) };
    if iss.is_some_and(|iss| iss != gateway.nhs_net.issuer()) {
        return Ok(Page::Failed);
    }
    let again = Again(gateway.rules.keys.link_token(&sign_in.registration, sign_in.link_serial));
    let code = match (code, error.as_deref()) {
        (Some(code), None) => code,
        (_, Some("access_denied" | "login_required" | "interaction_required")) => {
            return Ok(Page::Cancelled { again });
        }
        _ => return Ok(Page::Failed),
    };
    let tokens = gateway.nhs_net.exchange(&code, &callback_url(gateway), &sign_in.verifier).await?;
    let id = gateway.nhs_net.check_id_token(&tokens.id_token, &sign_in.nonce).await?;
    let account = account(&id);
    let attempts = gateway.rules.config.link.attempts;
    let page = gateway
        .store
        .write(move |connection| decide(connection, &sign_in, account.as_ref(), again, attempts, request, now))
        .await?;
    match page {
        Page::Linked => count(&gateway.metrics.linked),
        Page::WrongAccount { .. } | Page::Ended => count(&gateway.metrics.wrong_accounts),
        _ => {}
    }
    Ok(page)
}

/// The account that has signed in. None where it is no NHS.net Connect account, or not shown to be theirs.
fn account(id: &IdToken) -> Option<NhsNetAddress> {
    if id.email_verified != Some(true) {
        return None;
    }
    id.email.as_deref()?.parse().ok()
}

/// Links, or not. Looks again at everything: the sign-in took its time.
fn decide(
    connection: &Connection,
    sign_in: &LinkSignIn,
    account: Option<&NhsNetAddress>,
    again: Again,
    attempts: u32,
    request: RequestId,
    now: jiff::Timestamp,
) -> Result<Page, StoreError> {
    let Some(registration) = store::registration(connection, &sign_in.registration, now)? else {
        return Ok(Page::Unknown);
    };
    if registration.link_serial != sign_in.link_serial {
        return Ok(Page::Unknown);
    }
    match standing(&registration, attempts) {
        Standing::Open => {}
        Standing::AlreadyLinked => return Ok(Page::AlreadyLinked),
        Standing::Expired => return Ok(Page::Expired),
        Standing::Ended => return Ok(Page::Ended),
    }
    let tell = |result| store::append_audit(connection, &user_act(&registration, request, now, result));
    if account != Some(&registration.address) {
        let left = attempts.saturating_sub(registration.wrong_account + 1);
        store::link_went_wrong(connection, &registration, left == 0, now)?;
        tell("WRONG_ACCOUNT")?;
        return Ok(if left == 0 {
            Page::Ended
        } else {
            Page::WrongAccount { address: registration.address.masked(), left, again }
        });
    }
    let profile = store::profile(connection, &registration.uuid, now)?;
    let Some(profile) = profile.filter(|profile| profile.status != ProfileStatus::Closed) else {
        tell("PROFILE_CLOSED")?;
        return Ok(Page::Ended);
    };
    store::link_is_finished(connection, &registration, now)?;
    notices::tell(connection, &profile, &News::Linked { address: &registration.address }, now)?;
    tell("linked")?;
    Ok(Page::Linked)
}

/// The status a page is answered with.
pub(super) const fn status(page: &Page) -> StatusCode {
    match page {
        Page::Open { .. } | Page::Linked | Page::AlreadyLinked | Page::Cancelled { .. } => StatusCode::OK,
        Page::Unknown => StatusCode::NOT_FOUND,
        Page::Expired | Page::Ended => StatusCode::GONE,
        Page::WrongAccount { .. } => StatusCode::FORBIDDEN,
        Page::Failed => StatusCode::BAD_REQUEST,
        Page::Busy => StatusCode::TOO_MANY_REQUESTS,
    }
}
