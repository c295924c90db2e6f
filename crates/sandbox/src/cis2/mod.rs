//! The practice CIS2: an OpenID provider that behaves as NHS CIS2 Authentication does towards a relying party.
//!
//! Claims, scopes, `acr`, role selection and session rules follow the published guidance. Not imitated: the look of
//! the pages, smartcard middleware, signed userinfo, and everything of ForgeRock's that no relying party needs.

mod assurance;
mod authorize;
mod claims;
mod end;
mod pages;
mod session;
mod sign_in;
mod with_nhs_net;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::keys::SigningKey;
use crate::provider::{Clients, Provider, Shelf};
use crate::serve::Practice;
use session::{Sessions, SignedIn};
use sign_in::Interaction;
pub(crate) use with_nhs_net::{CLIENT as NHS_NET_CLIENT, as_client as as_nhs_net_client};

/// How long a person may take on the pages, in seconds.
const INTERACTION_LIFE: i64 = 600;

/// The provider and what it remembers.
pub(crate) struct Cis2 {
    pub(crate) provider: Provider<SignedIn>,
    interactions: Shelf<Interaction>,
    sessions: Sessions,
}

impl Cis2 {
    /// A provider that remembers nothing yet.
    pub(crate) fn new(issuer: String, key: &'static SigningKey, clients: Clients) -> Self {
        Self {
            provider: Provider::new(issuer, key, clients),
            interactions: Shelf::for_seconds(INTERACTION_LIFE),
            sessions: Sessions::default(),
        }
    }
}

/// Everything below `/cis2`.
pub(crate) fn routes() -> Router<Arc<Practice>> {
    Router::new()
        .route("/.well-known/openid-configuration", get(claims::discovery))
        .route("/connect/jwk_uri", get(claims::keys))
        .route("/authorize", get(authorize::begin))
        .route("/sign-in/{interaction}", get(sign_in::show).post(sign_in::answer))
        .route("/nhs-net", get(with_nhs_net::come_back))
        .route("/access_token", post(claims::token))
        .route("/userinfo", get(claims::userinfo).post(claims::userinfo))
        .route("/connect/endSession", get(end::ask_to_end).post(end::end_own))
        .route("/sessions", get(end::list).post(end::end_elsewhere))
}
