//! A session's tokens: kept in memory, renewed before they expire, by one request for all who need it.
//!
//! The gateway renews them for the key of the session alone, which is in memory too ([`ProofKey`]). An answer that is
//! lost costs nothing: the same refresh token with another proof is answered again.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use contract::{EndReason, FaultCode, HEADER_PROOF, RoleProfileId, TokenReply};
use http::header::CONTENT_TYPE;
use http::{Method, Request};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::{GatewayClient, ProofKey};
use crate::reply::{self, RawReply, Trouble};
use crate::{Moment, NetworkFault};

/// Where codes and refresh tokens are shown.
const TOKENS: &str = "/oauth2/token";
/// How long before its end an access token is renewed.
const EARLY: Duration = Duration::from_secs(60);

/// What a token reply gave, without the ID token.
pub(crate) struct Tokens {
    access: Arc<Zeroizing<String>>,
    refresh: Zeroizing<String>,
    got: Moment,
    lifetime: Duration,
}

impl Tokens {
    /// Takes a reply of the token endpoint. None where it is not of use.
    pub(crate) fn new(reply: &TokenReply, got: Moment) -> Option<Self> {
        let usable = reply.token_type.eq_ignore_ascii_case("bearer")
            && !reply.access_token.is_empty()
            && !reply.refresh_token.is_empty();
        usable.then(|| Self {
            access: Arc::new(Zeroizing::new(reply.access_token.clone())),
            refresh: Zeroizing::new(reply.refresh_token.clone()),
            got,
            lifetime: Duration::from_secs(reply.expires_in.into()),
        })
    }
}

/// One session at the gateway: its tokens and its role. Whoever holds it can call in it, and in no other.
pub(crate) struct GatewaySession {
    tokens: Mutex<Tokens>,
    key: ProofKey,
    role: OnceLock<RoleProfileId>,
    /// The page at which the issuer ends its own session, where it has one.
    sign_out_page: OnceLock<Zeroizing<String>>,
}

impl GatewaySession {
    /// A session with these tokens, bound to this key. The gateway has not said yet in which role.
    pub(crate) fn new(tokens: Tokens, key: ProofKey) -> Self {
        Self { tokens: Mutex::new(tokens), key, role: OnceLock::new(), sign_out_page: OnceLock::new() }
    }

    /// The gateway has said which role it is for. It never has another.
    pub(crate) fn acts_in(&self, role: RoleProfileId) {
        self.role.get_or_init(|| role);
    }

    /// The issuer has a page at which it ends the session that this one began with.
    pub(crate) fn ends_at_issuer_by(&self, page: Zeroizing<String>) {
        self.sign_out_page.get_or_init(|| page);
    }

    /// The page at which the issuer ends its own session, where it has one.
    pub(crate) fn sign_out_page(&self) -> Option<Zeroizing<String>> {
        self.sign_out_page.get().cloned()
    }

    /// The role profile the session acts in.
    pub(super) fn role(&self) -> Option<&RoleProfileId> {
        self.role.get()
    }

    /// An access token that lives long enough for a call.
    pub(super) async fn bearer(&self, client: &GatewayClient) -> Result<Arc<Zeroizing<String>>, Trouble> {
        let mut tokens = self.tokens.lock().await;
        let age = client.parts.clock.moment().since(tokens.got);
        if age + EARLY >= tokens.lifetime {
            match client.refresh(&tokens.refresh, &self.key).await {
                Ok(fresh) => *tokens = fresh,
                // It is early yet: the old one is still good, and the refresh token too.
                Err(Trouble::Network(_) | Trouble::InFront(_) | Trouble::Busy(_)) if age < tokens.lifetime => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(tokens.access.clone())
    }

    /// Another access token than this one, which the gateway did not take.
    pub(super) async fn renewed(
        &self,
        client: &GatewayClient,
        refused: &Arc<Zeroizing<String>>,
    ) -> Result<Arc<Zeroizing<String>>, Trouble> {
        let mut tokens = self.tokens.lock().await;
        // Somebody else may have renewed it while this one waited.
        if *tokens.access == **refused {
            *tokens = client.refresh(&tokens.refresh, &self.key).await?;
        }
        Ok(tokens.access.clone())
    }

    /// The refresh token, to revoke the session by.
    pub(super) async fn refresh_token(&self) -> Zeroizing<String> {
        self.tokens.lock().await.refresh.clone()
    }
}

impl GatewayClient {
    /// The code the issuer gave, for tokens and the issuer's ID token. The session's tokens are bound to the key.
    pub(crate) async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
        nonce: &str,
        key: &ProofKey,
    ) -> Result<TokenReply, Trouble> {
        let raw = self
            .post_proven(
                &[
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("redirect_uri", redirect_uri),
                    ("code_verifier", verifier),
                    ("client_id", &self.client_id),
                    ("nonce", nonce),
                ],
                key,
            )
            .await?;
        reply::read(&raw, self.now())
    }

    /// A new access token. A reply that is lost costs nothing: the refresh token stays good until the next one is
    /// used.
    async fn refresh(&self, refresh_token: &str, key: &ProofKey) -> Result<Tokens, Trouble> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", &*self.client_id)];
        let raw = self.post_proven(&form, key).await?;
        match reply::read::<TokenReply>(&raw, self.now()) {
            // Who somebody is stands in the ID token of their sign-in, and in no later one.
            Ok(reply) if reply.id_token.is_some() => Err(Trouble::Network(NetworkFault::NotOurServer)),
            Ok(reply) => {
                Tokens::new(&reply, self.parts.clock.moment()).ok_or(Trouble::Network(NetworkFault::NotOurServer))
            }
            // The gateway no longer knows the session.
            Err(Trouble::SignInNeeded) => Err(Trouble::SessionEnded(EndReason::EndedElsewhere)),
            Err(trouble) => Err(trouble),
        }
    }

    /// Ends a session at the gateway.
    pub(crate) async fn revoke(&self, session: &GatewaySession, why: EndReason) -> Result<(), Trouble> {
        let token = session.refresh_token().await;
        let why = if why == EndReason::Idle { "idle" } else { "signed_out" };
        let raw = self.post_form("/oauth2/revoke", &[("token", token.as_str()), ("reason", why)], None).await?;
        reply::read_empty(&raw, self.now())
    }

    /// Shows a code or a token with a proof of the key. Where the gateway's clock is another, the proof is made again,
    /// once, by the gateway's.
    async fn post_proven(&self, form: &[(&str, &str)], key: &ProofKey) -> Result<RawReply, Trouble> {
        let url = self.uri(TOKENS)?.to_string();
        let prove = || Zeroizing::new(key.prove(&*self.parts.random, &url, self.now()));
        let raw = self.post_form(TOKENS, form, Some(&prove())).await?;
        let out_of_time = Trouble::Refused { code: Some(FaultCode::ProofOutOfTime), fields: vec![] };
        if reply::read_empty(&raw, self.now()) == Err(out_of_time) && key.go_by(raw.date.as_deref(), self.now()) {
            return self.post_form(TOKENS, form, Some(&prove())).await;
        }
        Ok(raw)
    }

    async fn post_form(&self, path: &str, form: &[(&str, &str)], proof: Option<&str>) -> Result<RawReply, Trouble> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.uri(path)?;
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("application/x-www-form-urlencoded"));
        if let Some(proof) = proof.and_then(|proof| http::HeaderValue::from_str(proof).ok()) {
            headers.insert(http::HeaderName::from_static(HEADER_PROOF), proof);
        }
        for (name, id) in [
            (contract::HEADER_REQUEST_ID, self.parts.random.guid()),
            (contract::HEADER_CORRELATION_ID, self.parts.random.guid()),
        ] {
            if let Ok(value) = http::HeaderValue::from_str(&id.to_string()) {
                headers.insert(name, value);
            }
        }
        let body = serde_urlencoded::to_string(form).map_err(|_| Trouble::Network(NetworkFault::NotOurServer))?;
        *request.body_mut() = body.into();
        self.http.send(request).await.map_err(Trouble::Network)
    }
}
