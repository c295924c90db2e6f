//! The OpenAPI document, made from the very functions that answer.

use axum::Json;
use utoipa::OpenApi;

use super::{audit, oauth, offline, operations, people, registrations, removal, session, vaults, waiting};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "RA Desk gateway",
        description = "What RA Desk calls: search, registration, sessions. Errors are FHIR R4 OperationOutcome."
    ),
    paths(
        oauth::token,
        oauth::revoke,
        oauth::backchannel_logout,
        session::session,
        people::search,
        people::profile,
        removal::remove,
        registrations::batch,
        registrations::changed,
        registrations::state,
        registrations::fresh_link,
        registrations::cancel,
        audit::device,
        audit::rows,
        offline::grant,
        vaults::share,
        waiting::waiting,
        operations::authenticator,
        operations::livez,
        operations::readyz,
        operations::metrics,
        operations::jwks,
        document,
    ),
    // A frozen body and a grant's terms are bytes to the types, so what stands in them has to be named here.
    components(schemas(contract::RegistrationBody, contract::OfflineTerms))
)]
struct Document;

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses((status = 200, description = "OpenAPI 3.1")))]
pub(crate) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}
