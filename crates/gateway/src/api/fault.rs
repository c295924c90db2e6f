//! Errors of a whole call, as FHIR `OperationOutcome`.

use axum::response::{IntoResponse, Response};
use contract::{EndReason, FaultCode, FieldError, OperationOutcome};
use http::{HeaderValue, StatusCode, header};

use crate::openid::SignInError;
use crate::store::StoreError;

/// Why a call is not answered. Holds no personal data.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    status: StatusCode,
    code: FaultCode,
    diagnostics: String,
    fields: Vec<FieldError>,
    retry_after: Option<u64>,
}

impl Fault {
    /// A fault with the status that belongs to its code.
    pub(crate) fn new(code: FaultCode, diagnostics: impl Into<String>) -> Self {
        let retry_after = match code {
            FaultCode::TooManyRequests => Some(1),
            FaultCode::Busy => Some(5),
            FaultCode::IssuerUnavailable => Some(10),
            _ => None,
        };
        Self { status: status_of(code), code, diagnostics: diagnostics.into(), fields: Vec::new(), retry_after }
    }

    /// Its code.
    pub(crate) const fn code(&self) -> FaultCode {
        self.code
    }

    /// The same with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same with when to come again, in seconds.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// A session that has ended. The diagnostics are the reason alone, in snake case.
    pub(crate) fn session_ended(reason: EndReason) -> Self {
        Self::new(FaultCode::SessionEnded, word_of(reason))
    }

    /// A part of the path that is not what it names. It names nothing, then.
    pub(crate) fn no_such(what: &str) -> Self {
        Self::new(FaultCode::NotFound, format!("there is no such {what}"))
    }

    /// Fields that are not as they must be.
    pub(crate) fn of_fields(fields: Vec<FieldError>) -> Self {
        Self { fields, ..Self::new(FaultCode::InvalidRequest, "some fields are not as they must be") }
    }
}

/// Who ended a session, as it stands in the diagnostics.
pub(crate) const fn word_of(reason: EndReason) -> &'static str {
    match reason {
        EndReason::SignedOut => "signed_out",
        EndReason::Idle => "idle",
        EndReason::TwelveHours => "twelve_hours",
        EndReason::EndedElsewhere => "ended_elsewhere",
    }
}

const fn status_of(code: FaultCode) -> StatusCode {
    match code {
        FaultCode::SignInNeeded | FaultCode::SessionEnded => StatusCode::UNAUTHORIZED,
        FaultCode::WrongRole | FaultCode::NotPermitted | FaultCode::SignInRefused | FaultCode::DeviceRevoked => {
            StatusCode::FORBIDDEN
        }
        FaultCode::InvalidRequest | FaultCode::ProofRefused | FaultCode::ProofOutOfTime => StatusCode::BAD_REQUEST,
        FaultCode::SearchTooBroad | FaultCode::TooManyMatches => StatusCode::UNPROCESSABLE_ENTITY,
        FaultCode::NotFound | FaultCode::DeviceUnknown => StatusCode::NOT_FOUND,
        FaultCode::SignatureWrong => StatusCode::UNPROCESSABLE_ENTITY,
        FaultCode::WrongState
        | FaultCode::ProfileChanged
        | FaultCode::DeviceKeyDiffers
        | FaultCode::AuditGap
        | FaultCode::AuditForked => StatusCode::CONFLICT,
        FaultCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        FaultCode::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        FaultCode::Busy | FaultCode::IssuerUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        FaultCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        // The text of an SQLite error holds no values: statements are prepared with placeholders.
        tracing::error!(%error, "the store did not answer");
        Self::new(FaultCode::Busy, "the gateway's store did not answer")
    }
}

impl From<SignInError> for Fault {
    fn from(error: SignInError) -> Self {
        tracing::warn!(code = error.code.as_str(), reason = %error, "a sign-in was not accepted");
        Self::new(error.code, error.reason)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let outcome = OperationOutcome::of_fields(self.code, self.diagnostics, &self.fields);
        let body = serde_json::to_vec(&outcome).unwrap_or_default();
        let mut response = (self.status, [(header::CONTENT_TYPE, "application/fhir+json")], body).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
