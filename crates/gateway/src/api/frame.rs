//! What every call is framed with: its ids, a time limit, headers that keep answers private, a count.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use contract::{CorrelationId, FaultCode, HEADER_CORRELATION_ID, HEADER_REQUEST_ID, RequestId};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::fmt::rfc2822::DateTimePrinter;
use tower_http::catch_panic::CatchPanicLayer;

use super::Fault;
use crate::gateway::Gateway;
use crate::random;

/// How long a call may take, everything included.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What a request is called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) request: RequestId,
    correlation: Option<CorrelationId>,
}

/// Frames a router's calls, also those it does not know.
pub(crate) fn framed(router: Router<Arc<Gateway>>, gateway: Arc<Gateway>) -> Router {
    router
        .fallback(async || Fault::new(FaultCode::NotFound, "there is no such call"))
        .method_not_allowed_fallback(async || {
            Fault::new(FaultCode::InvalidRequest, "this call does not take that method")
                .with_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::from_fn_with_state(Arc::clone(&gateway), frame))
        .with_state(gateway)
}

async fn frame(State(gateway): State<Arc<Gateway>>, mut request: Request, next: Next) -> Response {
    let (ids, well_formed) = ids_of(request.headers());
    request.extensions_mut().insert(ids);
    let mut response = if well_formed {
        tokio::time::timeout(TIME_LIMIT, next.run(request))
            .await
            .unwrap_or_else(|_| Fault::new(FaultCode::Busy, "the call took too long").into_response())
    } else {
        Fault::new(FaultCode::InvalidRequest, "X-Request-ID and X-Correlation-ID are GUIDs").into_response()
    };
    gateway.metrics.answered(response.status());
    let headers = response.headers_mut();
    // The clock that calls are judged by, so that a desk with another can say when a proof of its was made.
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&gateway.clock.now()).ok();
    mirror(headers, header::DATE, date);
    mirror(headers, HeaderName::from_static(HEADER_REQUEST_ID), Some(ids.request.to_string()));
    mirror(headers, HeaderName::from_static(HEADER_CORRELATION_ID), ids.correlation.map(|id| id.to_string()));
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Pages bring a policy of their own; nothing else is to be shown by a browser.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

/// The ids a request brings, or a new one, and whether they are GUIDs.
fn ids_of(headers: &HeaderMap) -> (Ids, bool) {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let request = text(HEADER_REQUEST_ID).map(str::parse::<RequestId>);
    let correlation = text(HEADER_CORRELATION_ID).map(str::parse::<CorrelationId>);
    let well_formed = !matches!(request, Some(Err(_))) && !matches!(correlation, Some(Err(_)));
    let ids = Ids {
        request: request.and_then(Result::ok).unwrap_or_else(|| RequestId::from_guid(random::guid())),
        correlation: correlation.and_then(Result::ok),
    };
    (ids, well_formed)
}

fn mirror(headers: &mut HeaderMap, name: HeaderName, value: Option<String>) {
    if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(name, value);
    }
}

fn after_panic(_panic: Box<dyn Any + Send + 'static>) -> Response {
    // What a panic says may hold anything, so it is not passed on; the panic hook has told the log where it was.
    Fault::new(FaultCode::Internal, "a fault in the gateway").into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use contract::OperationOutcome;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_and_does_not_say_what_it_said() {
        let panics = async || -> &'static str { panic!("sam.taylor@nhs.net") };
        let router: Router = Router::new().route("/", get(panics)).layer(CatchPanicLayer::custom(after_panic));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let bytes = to_bytes(response.into_body(), 10_000).await.unwrap();
        let outcome: OperationOutcome = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(outcome.fault(), Some(FaultCode::Internal));
        assert!(!String::from_utf8(bytes.to_vec()).unwrap().contains("taylor"));
    }

    #[test]
    fn ids_are_guids_or_refused() {
        let guid = "0d5c0e43-8bd5-4f9c-8a3b-1f51a1c0b001";
        for (request, correlation, well_formed) in [
            (Some(guid), Some(guid), true),
            (None, None, true),
            (Some("7"), None, false),
            (Some(guid), Some("x"), false),
            (Some(""), None, false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(HEADER_REQUEST_ID, request), (HEADER_CORRELATION_ID, correlation)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            let (ids, fits) = ids_of(&headers);
            assert_eq!(fits, well_formed, "{request:?} {correlation:?}");
            assert_eq!(request == Some(guid), ids.request.to_string() == guid);
        }
    }
}
