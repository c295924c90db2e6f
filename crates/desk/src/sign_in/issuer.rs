//! What the issuer says of itself: where its sign-in page is, and with which keys it signs.

use bytes::Bytes;
use http::{Request, Uri};
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;
use zeroize::Zeroizing;

use super::{Check, SignInError};
use crate::network::HttpClient;
use crate::{NetworkFault, Settings};

/// The longest address that is given to a system to open: Windows opens none of more than 2,083 characters.
const LONGEST_ADDRESS: usize = 2_000;

/// The issuer, as its document and its keys tell.
pub(super) struct Issuer {
    name: String,
    /// Where the browser goes.
    pub(super) authorization_endpoint: String,
    /// What it signs with.
    pub(super) keys: CoreJsonWebKeySet,
    /// Where the browser goes to have the issuer end its session, where it says so.
    end_session_endpoint: Option<Url>,
    jwks_uri: String,
    /// Whether its answers always say whom they come from (RFC 9207).
    says_who: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    end_session_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Issuer {
    /// Reads the issuer's document and keys.
    pub(super) async fn discover(http: &HttpClient, settings: &Settings) -> Result<Self, SignInError> {
        let shape = SignInError::Rejected(Check::IssuerDocumentShape);
        let name = settings.issuer_url.clone();
        let document: Document =
            get(http, &format!("{}/.well-known/openid-configuration", name.trim_end_matches('/'))).await?;
        // As text: an issuer with `:443` is another than one without.
        if document.issuer != name {
            return Err(SignInError::Rejected(Check::IssuerDocument));
        }
        for url in [&document.authorization_endpoint, &document.jwks_uri] {
            settings::address("issuer_url", url).map_err(|_| shape.clone())?;
        }
        let keys = keys(http, &document.jwks_uri).await?;
        Ok(Self {
            name,
            authorization_endpoint: document.authorization_endpoint,
            keys,
            jwks_uri: document.jwks_uri,
            // One that is not safe to open is as none: nobody is kept from signing in by it.
            end_session_endpoint: document
                .end_session_endpoint
                .and_then(|url| settings::address("issuer_url", &url).ok()),
            says_who: document.authorization_response_iss_parameter_supported,
        })
    }

    /// The page at which the issuer ends the session of an ID token (OpenID Connect RP-Initiated Logout 1.0), if it
    /// has one. Where the address would be longer than systems open, it goes without the token: then the issuer asks
    /// the person.
    pub(super) fn sign_out_page(&self, client_id: &str, id_token: &str) -> Option<Zeroizing<String>> {
        let endpoint = self.end_session_endpoint.as_ref()?;
        let page = |hint: Option<&str>| {
            let mut url = endpoint.clone();
            let mut query = url.query_pairs_mut();
            if let Some(token) = hint {
                query.append_pair("id_token_hint", token);
            }
            query.append_pair("client_id", client_id);
            drop(query);
            Zeroizing::new(String::from(url))
        };
        let whole = page(Some(id_token));
        Some(if whole.len() <= LONGEST_ADDRESS { whole } else { page(None) })
    }

    /// What it signs with now.
    pub(super) async fn keys_now(&self, http: &HttpClient) -> Result<CoreJsonWebKeySet, SignInError> {
        keys(http, &self.jwks_uri).await
    }

    /// Whether an answer in the browser comes from this issuer (RFC 9207).
    pub(super) fn check_answer(&self, iss: Option<&str>) -> Result<(), SignInError> {
        match iss {
            Some(iss) if iss == self.name => Ok(()),
            None if !self.says_who => Ok(()),
            _ => Err(SignInError::Rejected(Check::ResponseIssuer)),
        }
    }
}

/// The keys that only the issuer can sign with: one whose private half is published is nobody's.
async fn keys(http: &HttpClient, url: &str) -> Result<CoreJsonWebKeySet, SignInError> {
    let mut set: serde_json::Value = get(http, url).await?;
    if let Some(keys) = set.get_mut("keys").and_then(serde_json::Value::as_array_mut) {
        keys.retain(|key| ["d", "p", "q", "k"].iter().all(|part| key.get(*part).is_none()));
    }
    serde_json::from_value(set).map_err(|_| SignInError::Rejected(Check::IssuerDocumentShape))
}

async fn get<T: DeserializeOwned>(http: &HttpClient, url: &str) -> Result<T, SignInError> {
    let shape = SignInError::Rejected(Check::IssuerDocumentShape);
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = url.parse::<Uri>().map_err(|_| shape.clone())?;
    let reply = http.send(request).await.map_err(SignInError::Network)?;
    match reply.status {
        200 => {}
        407 => return Err(SignInError::Network(NetworkFault::ProxySignIn)),
        429 | 500..=599 => return Err(SignInError::Network(NetworkFault::Busy)),
        _ => return Err(SignInError::Network(NetworkFault::NotOurServer)),
    }
    if reply.content_type.as_deref().is_some_and(|kind| kind.starts_with("text/html")) {
        return Err(SignInError::Network(NetworkFault::NotOurServer));
    }
    serde_json::from_slice(&reply.body).map_err(|_| shape)
}
