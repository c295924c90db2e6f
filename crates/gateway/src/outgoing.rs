//! The one client the gateway asks other servers with: no redirects, bounded time, bounded answers.
//!
//! Proxies of the environment are left alone: what runs is what the configuration says.

use std::time::Duration;

use contract::FaultCode;
use reqwest::{Client, RequestBuilder, StatusCode, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The most bytes that are read of an answer.
const MAX_ANSWER: usize = 1024 * 1024;

/// Why another server's answer cannot be used. Says nothing of what was asked or answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutgoingError {
    #[error("no answer")]
    NoAnswer,
    #[error("an answer that is not understood")]
    NotUnderstood,
    #[error("answered {status} {error}")]
    Refused { status: u16, error: String },
}

impl OutgoingError {
    /// What it means for a sign-in: refused by the issuer, or an issuer that cannot be asked.
    pub(crate) const fn fault(&self) -> FaultCode {
        match self {
            Self::Refused { status: 400..=499, .. } => FaultCode::SignInRefused,
            Self::NoAnswer | Self::NotUnderstood | Self::Refused { .. } => FaultCode::IssuerUnavailable,
        }
    }
}

/// The client.
#[derive(Clone)]
pub(crate) struct Outgoing(Client);

impl Outgoing {
    /// Builds the client. Fails where the system has no certificate authorities at all.
    pub(crate) fn new() -> Result<Self, reqwest::Error> {
        #[expect(clippy::disallowed_methods, reason = "this is the one function that builds the one client")]
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(15))
            .user_agent(concat!("ra-gateway/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self(client))
    }

    /// Gets JSON, with a bearer token where one is needed.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &str, bearer: Option<&str>) -> Result<T, OutgoingError> {
        let request = self.0.get(url).header("accept", "application/json");
        self.ask(match bearer {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }

    /// Posts a form and reads JSON.
    pub(crate) async fn post<T: DeserializeOwned>(&self, url: &str, form: &[(&str, &str)]) -> Result<T, OutgoingError> {
        self.ask(self.0.post(url).header("accept", "application/json").form(form)).await
    }

    /// Posts a form whose answer says nothing but that it was taken.
    pub(crate) async fn tell(&self, url: &str, form: &[(&str, &str)]) -> Result<(), OutgoingError> {
        let response = self.0.post(url).form(form).send().await.map_err(|_| OutgoingError::NoAnswer)?;
        match response.status().as_u16() {
            200..=299 => Ok(()),
            status => Err(OutgoingError::Refused { status, error: String::new() }),
        }
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, OutgoingError> {
        let mut response = request.send().await.map_err(|_| OutgoingError::NoAnswer)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| OutgoingError::NoAnswer)? {
            if bytes.len() + chunk.len() > MAX_ANSWER {
                return Err(OutgoingError::NotUnderstood);
            }
            bytes.extend_from_slice(&chunk);
        }
        if status != StatusCode::OK {
            return Err(OutgoingError::Refused { status: status.as_u16(), error: oauth_error(&bytes) });
        }
        serde_json::from_slice(&bytes).map_err(|_| OutgoingError::NotUnderstood)
    }
}

/// The `error` of an OAuth answer, if it is one of the short words it should be.
fn oauth_error(bytes: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Answer {
        error: String,
    }
    serde_json::from_slice::<Answer>(bytes)
        .map(|answer| answer.error)
        .ok()
        .filter(|error| error.len() <= 40 && error.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        .unwrap_or_default()
}
