//! Calls to the gateway.
//!
//! A call is made in one session and says so in its headers; what its reply means is decided in [`crate::reply`].
//! No address, no search term and no token ever gets into an error's text. Deliberately absent: trying again.
//! A call is made once; whoever needs more decides that ([`crate::sync`]).

mod calls;
mod proof_key;
mod tokens;

use std::sync::Arc;

use bytes::Bytes;
use contract::{CorrelationId, DeviceId, RequestId, RoleProfileId};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, Uri};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::network::HttpClient;
use crate::reply::{self, RawReply, Trouble};
use crate::{NetworkFault, Parts, Settings, SettingsError};

pub(crate) use proof_key::ProofKey;
pub(crate) use tokens::{GatewaySession, Tokens};

/// Why a call was not answered, and what to quote to support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallError {
    /// Why.
    pub(crate) trouble: Trouble,
    /// The correlation id of the call.
    pub(crate) reference: CorrelationId,
}

/// The gateway as it is called from this computer.
#[derive(Clone)]
pub(crate) struct GatewayClient {
    http: HttpClient,
    base: String,
    client_id: String,
    parts: Parts,
    /// How this computer is named to the gateway, once that is known.
    device: Option<DeviceId>,
}

/// One call.
struct Call<'a, B> {
    method: Method,
    path: String,
    request_id: RequestId,
    body: Option<&'a B>,
}

impl GatewayClient {
    /// Builds the client of this computer's settings.
    pub(crate) fn new(settings: &Settings, parts: &Parts) -> Result<Self, SettingsError> {
        Ok(Self {
            http: HttpClient::new(settings, parts)?,
            base: settings.gateway_url.as_str().trim_end_matches('/').to_owned(),
            client_id: settings.client_id.clone(),
            parts: parts.clone(),
            device: None,
        })
    }

    /// What else speaks HTTP in here speaks it through the same client.
    pub(crate) fn http(&self) -> &HttpClient {
        &self.http
    }

    /// Forgets what somebody who leaves told a proxy. The client that comes back knows it still ([`HttpClient::part`]).
    pub(crate) fn part(&self) -> Self {
        Self { http: self.http.part(), ..self.clone() }
    }

    /// The same, as it is now ([`HttpClient::as_it_is`]).
    pub(crate) fn as_it_is(&self) -> Self {
        Self { http: self.http.as_it_is(), ..self.clone() }
    }

    /// The same, as this computer.
    pub(crate) fn of_device(self, device: Option<DeviceId>) -> Self {
        Self { device, ..self }
    }

    /// A name for a new request.
    pub(crate) fn new_request_id(&self) -> RequestId {
        RequestId::from_guid(self.parts.random.guid())
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// Makes a call in a session and reads its reply. An access token that the gateway does not take is renewed
    /// once.
    async fn call<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        session: &GatewaySession,
        call: Call<'_, B>,
    ) -> Result<T, CallError> {
        let reference = CorrelationId::from_guid(self.parts.random.guid());
        let failed = |trouble| CallError { trouble, reference };
        let bearer = session.bearer(self).await.map_err(failed)?;
        let raw = self.send(&bearer, session.role(), &call, reference).await.map_err(failed)?;
        match reply::read(&raw, self.now()) {
            Err(Trouble::SignInNeeded) => {
                let bearer = session.renewed(self, &bearer).await.map_err(failed)?;
                let raw = self.send(&bearer, session.role(), &call, reference).await.map_err(failed)?;
                reply::read(&raw, self.now()).map_err(failed)
            }
            other => other.map_err(failed),
        }
    }

    async fn send<B: Serialize>(
        &self,
        bearer: &Arc<zeroize::Zeroizing<String>>,
        role: Option<&RoleProfileId>,
        call: &Call<'_, B>,
        reference: CorrelationId,
    ) -> Result<RawReply, Trouble> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.uri(&call.path)?;
        *request.method_mut() = call.method.clone();
        let headers = request.headers_mut();
        let mut put = |name: http::HeaderName, value: &str| {
            if let Ok(mut value) = http::HeaderValue::from_str(value) {
                value.set_sensitive(name == AUTHORIZATION);
                headers.insert(name, value);
            }
        };
        put(AUTHORIZATION, &format!("Bearer {}", bearer.as_str()));
        put(ACCEPT, "application/json");
        put(http::HeaderName::from_static(contract::HEADER_REQUEST_ID), &call.request_id.to_string());
        put(http::HeaderName::from_static(contract::HEADER_CORRELATION_ID), &reference.to_string());
        if let Some(device) = &self.device {
            put(http::HeaderName::from_static(contract::HEADER_DEVICE), &device.to_string());
        }
        if let Some(role) = role {
            put(http::HeaderName::from_static(contract::HEADER_SESSION_URID), role.as_str());
        }
        if let Some(body) = call.body {
            put(CONTENT_TYPE, "application/json");
            let bytes = serde_json::to_vec(body).map_err(|_| Trouble::Refused { code: None, fields: vec![] })?;
            *request.body_mut() = bytes.into();
        }
        self.http.send(request).await.map_err(Trouble::Network)
    }

    /// The path is ours and the base was checked with the settings, so this is an address.
    pub(crate) fn uri(&self, path: &str) -> Result<Uri, Trouble> {
        format!("{}{path}", self.base).parse().map_err(|_| Trouble::Network(NetworkFault::NotOurServer))
    }
}
