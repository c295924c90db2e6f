//! Reading bodies: bounded, of the right kind, and without repeating them in an error.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use contract::FaultCode;
use http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;

use super::Fault;
use crate::gateway::Gateway;

/// How much of a body that is too large is still read, so that the sender is there to hear the answer.
const DRAIN: usize = 16 * 1024 * 1024;

/// A JSON body of at most `LIMIT` bytes.
pub(crate) struct Json<T, const LIMIT: usize>(pub(crate) T);

impl<T: DeserializeOwned, const LIMIT: usize> FromRequest<Arc<Gateway>> for Json<T, LIMIT> {
    type Rejection = Fault;

    async fn from_request(request: Request, _gateway: &Arc<Gateway>) -> Result<Self, Fault> {
        let bytes = read(request, "application/json", LIMIT).await?;
        parse(&bytes).map(Self)
    }
}

/// A form of at most 64 KiB.
pub(crate) struct Form<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<Gateway>> for Form<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, _gateway: &Arc<Gateway>) -> Result<Self, Fault> {
        let bytes = read(request, "application/x-www-form-urlencoded", super::BODY_LIMIT).await?;
        serde_urlencoded::from_bytes(&bytes)
            .map(Self)
            .map_err(|_| Fault::new(FaultCode::InvalidRequest, "the form is not one this call takes"))
    }
}

/// JSON as a value. The error says where, never what: what stands there may be personal data.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = if error.is_data() { "a value that is not allowed" } else { "no JSON" };
        let (line, column) = (error.line(), error.column());
        Fault::new(FaultCode::InvalidRequest, format!("the body has {what} at line {line}, column {column}"))
    })
}

/// Of how many bodies and forms that are read here, and nowhere else, these bytes are one.
#[cfg(feature = "fuzz")]
pub(crate) fn understood(bytes: &[u8]) -> usize {
    use super::oauth::{LogoutForm, RevokeForm, TokenForm};
    fn form<T: DeserializeOwned>(bytes: &[u8]) -> usize {
        usize::from(serde_urlencoded::from_bytes::<T>(bytes).is_ok())
    }
    let forms = form::<TokenForm>(bytes) + form::<RevokeForm>(bytes) + form::<LogoutForm>(bytes);
    let items = parse::<super::registrations::RawBatch>(bytes).map_or(0, |batch| batch.understood());
    let question = usize::from(parse::<super::operations::AuthenticatorQuestion>(bytes).is_ok());
    forms + items + question + super::people::understood(bytes)
}

async fn read(request: Request, kind: &str, limit: usize) -> Result<Vec<u8>, Fault> {
    let is_kind = is_of_kind(request.headers(), kind);
    let bytes = read_bounded(request.into_body(), limit).await?;
    if !is_kind {
        return Err(Fault::new(FaultCode::InvalidRequest, format!("the body's Content-Type is not {kind}"))
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    Ok(bytes)
}

fn is_of_kind(headers: &HeaderMap, kind: &str) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(kind))
}

async fn read_bounded(mut body: Body, limit: usize) -> Result<Vec<u8>, Fault> {
    let (mut bytes, mut seen) = (Vec::new(), 0_usize);
    let too_large = || Fault::new(FaultCode::TooLarge, format!("a body of this call has at most {limit} bytes"));
    loop {
        let frame = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| Fault::new(FaultCode::InvalidRequest, "the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen > DRAIN.max(limit) {
            return Err(too_large());
        }
        if seen <= limit {
            bytes.extend_from_slice(&data);
        }
    }
    if seen > limit { Err(too_large()) } else { Ok(bytes) }
}
