//! The API over TLS: what is called how, and what a call is framed with.
//!
//! Deliberately absent: rules. A call reads its request, does one act, and words the answer.

mod audit;
mod caller;
mod fault;
mod frame;
mod json;
mod limits;
mod metrics;
mod oauth;
mod offline;
mod openapi;
mod operations;
mod people;
mod registrations;
mod removal;
mod session;
mod vaults;
mod waiting;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};

pub(crate) use fault::Fault;
pub(crate) use frame::{Ids, framed};
#[cfg(feature = "fuzz")]
pub(crate) use json::understood;
pub(crate) use limits::Limits;
pub(crate) use metrics::{Metrics, count};

use crate::gateway::Gateway;

/// The most bytes a batch has, of registrations or of an audit's rows.
pub(crate) const BATCH_LIMIT: usize = 2 * 1024 * 1024;
/// The most bytes any other body has.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// All calls of the API.
pub(crate) fn router() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/oauth2/token", post(oauth::token))
        .route("/oauth2/revoke", post(oauth::revoke))
        .route("/backchannel-logout", post(oauth::backchannel_logout))
        .route("/v1/session", get(session::session))
        .route("/v1/care-identities/search", post(people::search))
        .route("/v1/care-identities/{uuid}", get(people::profile))
        .route("/v1/care-identities/{uuid}/authenticators/{id}/removal", post(removal::remove))
        .route("/v1/registrations/batch", post(registrations::batch))
        .route("/v1/registrations", get(registrations::changed))
        .route("/v1/registrations/{id}", get(registrations::state))
        .route("/v1/registrations/{id}/link", post(registrations::fresh_link))
        .route("/v1/submissions/{key}/cancel", put(registrations::cancel))
        .route("/v1/vaults/share", post(vaults::share))
        .route("/v1/devices/waiting", get(waiting::waiting))
        .route("/v1/devices/{id}", put(audit::device))
        .route("/v1/audit", post(audit::rows))
        .route("/v1/offline-grants", post(offline::grant))
        .route("/v1/issuer/authenticator", post(operations::authenticator))
        .route("/livez", get(operations::livez))
        .route("/readyz", get(operations::readyz))
        .route("/metrics", get(operations::metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/.well-known/jwks.json", get(operations::jwks))
}
