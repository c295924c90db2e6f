//! For whoever runs the gateway, and what the issuer may ask.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use contract::{CareIdentityUuid, FaultCode, NhsNetAddress, OperationOutcome};
use http::{HeaderMap, StatusCode, header};
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;

use super::caller::bearer;
use super::json::Json as Body;
use super::{BODY_LIMIT, Fault};
use crate::gateway::Gateway;
use crate::store::{self, StoreError};

/// Whether the process runs.
#[utoipa::path(get, path = "/livez", tag = "operations", responses((status = 200, description = "It runs")))]
pub(crate) async fn livez() -> &'static str {
    "ok\n"
}

/// Whether calls can be answered: the store writes and reads.
#[utoipa::path(get, path = "/readyz", tag = "operations",
    responses((status = 200, description = "Calls can be answered"), (status = 503, body = OperationOutcome)))]
pub(crate) async fn readyz(State(gateway): State<Arc<Gateway>>) -> Result<&'static str, Fault> {
    gateway.store.write(|connection| store::meta(connection, "directory_digest")).await?;
    gateway.store.read(|connection| store::meta(connection, "directory_digest")).await?;
    Ok("ready\n")
}

/// Counts since the start, and how many notices wait or were given up, as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", tag = "operations",
    responses((status = 200, body = String, content_type = "text/plain"), (status = 503, body = OperationOutcome)))]
pub(crate) async fn metrics(State(gateway): State<Arc<Gateway>>) -> Result<impl IntoResponse, Fault> {
    let notices = gateway.store.read(store::count_notices).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], gateway.metrics.text(notices)))
}

/// The public keys the gateway shows itself with to its issuers.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "operations",
    responses((status = 200, description = "A JSON Web Key Set")))]
pub(crate) async fn jwks(State(gateway): State<Arc<Gateway>>) -> Json<JwkSet> {
    Json(gateway.jwks())
}

/// Body of `POST /v1/issuer/authenticator`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthenticatorQuestion {
    /// The account that has signed in at NHS.net Connect.
    address: NhsNetAddress,
}

/// The profile an account opens.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuthenticatorAnswer {
    /// The profile.
    care_identity: CareIdentityUuid,
    /// What the person is called.
    name: String,
}

/// Which profile an NHS.net Connect account opens. Only the issuer may ask, with its own secret.
#[utoipa::path(post, path = "/v1/issuer/authenticator", tag = "operations", request_body = AuthenticatorQuestion,
    responses((status = 200, body = AuthenticatorAnswer), (status = "default", body = OperationOutcome)))]
pub(crate) async fn authenticator(
    State(gateway): State<Arc<Gateway>>,
    headers: HeaderMap,
    Body(question): Body<AuthenticatorQuestion, BODY_LIMIT>,
) -> Result<Json<AuthenticatorAnswer>, Fault> {
    let secret = gateway.rules.config.issuer.lookup_secret.as_ref().map_or("", |secret| secret.0.as_str());
    let given = bearer(&headers).unwrap_or_default();
    if secret.is_empty() || !bool::from(given.as_bytes().ct_eq(secret.as_bytes())) {
        return Err(
            Fault::new(FaultCode::NotPermitted, "only the issuer asks this").with_status(StatusCode::UNAUTHORIZED)
        );
    }
    let found = gateway
        .store
        .read(move |connection| store::linked_to(connection, &question.address))
        .await
        .map_err(|error: StoreError| Fault::from(error))?;
    let found = found.ok_or_else(|| Fault::no_such("authenticator"))?;
    Ok(Json(AuthenticatorAnswer { care_identity: found.uuid, name: found.name }))
}
