//! Signing in: OpenID Connect authorization code with PKCE, by the system's browser and a listener on loopback.
//!
//! The issuer is asked where its pages are ([`issuer`]), the browser goes there, its answer arrives at a listener
//! that takes one ([`loopback`]), the gateway changes the code for tokens, and nothing is believed before every
//! check is passed ([`id_token`]). Who it is then stands in the gateway's reply to `GET /v1/session`.
//!
//! Deliberately absent: the session itself ([`crate::session`]); and any memory of a sign-in that failed.

mod error;
pub(crate) mod id_token;
mod issuer;
pub(crate) mod loopback;

use std::sync::Arc;
use std::time::Duration;

use contract::SessionReply;
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreClient};
use openidconnect::{
    AuthUrl, AuthenticationContextClass, ClientId, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope,
};
use tokio_util::sync::CancellationToken;

pub use error::{Check, SignInError};

use crate::gateway_client::{GatewayClient, GatewaySession, ProofKey, Tokens};
use crate::reply::Trouble;
use crate::store::vault::OpenVault;
use crate::{Browser, Moment, Parts, Settings};
use id_token::{Expected, check_id_token};
use issuer::Issuer;
use loopback::Listener;

/// How long the RA user has in the browser.
const IN_THE_BROWSER: Duration = Duration::from_secs(5 * 60);
/// How long ago the person may have signed in at the issuer (NHS CIS2 Authentication, sessions requirement 3).
const MAX_AGE: Duration = Duration::from_secs(5 * 60);

/// How much longer ago than its request somebody may have signed in, by the issuer's own clock, which counts in seconds.
const REQUEST_LEEWAY: Duration = Duration::from_secs(15);

/// What the issuer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Sign in, in a role.
    SignIn,
    /// Choose the role again.
    ChangeRole,
}

/// Somebody came back from the issuer and every check is passed.
pub(crate) struct Arrived {
    /// Their session at the gateway.
    pub(crate) gateway: Arc<GatewaySession>,
    /// Who they are, in the gateway's words.
    pub(crate) session: SessionReply,
    /// When.
    pub(crate) at: Moment,
    /// Their vault on this computer, once it is opened.
    pub(crate) vault: Option<Arc<OpenVault>>,
}

/// Ends a session at the gateway that nobody is to have.
pub(crate) type GiveBack<'a> = &'a (dyn Fn(Arc<GatewaySession>) + Send + Sync);

/// Signs somebody in. Ends early when it is cancelled. Where it fails once there is a session at the gateway, that is
/// given back.
pub(crate) async fn sign_in(
    client: &GatewayClient,
    settings: &Settings,
    parts: &Parts,
    purpose: Purpose,
    cancel: &CancellationToken,
    give_back: GiveBack<'_>,
) -> Result<Arrived, SignInError> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(SignInError::Cancelled),
        arrived = authorize(client, settings, parts, purpose, give_back) => arrived,
    }
}

/// A session at the gateway of which not every check is passed. It is given back when this goes, also when nobody
/// waits for the sign-in any more.
struct Unproven<'a> {
    session: Arc<GatewaySession>,
    give_back: Option<GiveBack<'a>>,
}

impl<'a> Unproven<'a> {
    fn new(session: GatewaySession, give_back: GiveBack<'a>) -> Self {
        Self { session: Arc::new(session), give_back: Some(give_back) }
    }

    /// Every check is passed: it is somebody's.
    fn proven(mut self) -> Arc<GatewaySession> {
        self.give_back = None;
        self.session.clone()
    }
}

impl Drop for Unproven<'_> {
    fn drop(&mut self) {
        if let Some(give_back) = self.give_back {
            give_back(self.session.clone());
        }
    }
}

async fn authorize(
    client: &GatewayClient,
    settings: &Settings,
    parts: &Parts,
    purpose: Purpose,
    give_back: GiveBack<'_>,
) -> Result<Arrived, SignInError> {
    let issuer = Issuer::discover(client.http(), settings).await?;
    let listener = Listener::bind(&settings.redirect_ports).await?;
    let state = parts.random.secret_text();
    let nonce = parts.random.secret_text();
    let verifier = PkceCodeVerifier::new(parts.random.secret_text().to_string());
    let redirect_uri = listener.redirect_uri();

    let page = authorization_page(settings, &issuer, purpose, &redirect_uri, &state, &nonce, &verifier)?;
    let browser = parts.browser.clone();
    // Also when nobody waits for this any more.
    let shown = Shown(browser.clone());
    let asked = parts.clock.moment();
    tokio::task::spawn_blocking(move || browser.open(&page))
        .await
        .map_err(|_| SignInError::BrowserNotOpened)?
        .map_err(|_| SignInError::BrowserNotOpened)?;

    let answer =
        tokio::time::timeout(IN_THE_BROWSER, listener.wait(&state)).await.map_err(|_| SignInError::TimedOut)?;
    drop(shown);
    issuer.check_answer(answer.iss.as_deref())?;
    if let Some(error) = answer.error {
        return Err(denied(&error));
    }
    let code = answer.code.ok_or_else(|| denied("no_code"))?;

    let key = ProofKey::new(&*parts.random);
    let reply = client.exchange(&code, &redirect_uri, verifier.secret(), &nonce, &key).await.map_err(of_trouble)?;
    let now = parts.clock.moment();
    let tokens = Tokens::new(&reply, now).ok_or(SignInError::Rejected(Check::GatewayTokens))?;
    let unproven = Unproven::new(GatewaySession::new(tokens, key), give_back);
    let expected = Expected {
        issuer: &settings.issuer_url,
        client_id: &settings.client_id,
        nonce: &nonce,
        acr_values: &settings.acr_values,
        now: now.wall,
        asked_ago: now.since(asked),
    };
    let token = reply.id_token.as_deref().ok_or(SignInError::Rejected(Check::IdToken))?;
    let subject = match check_id_token(token, &issuer.keys, &expected) {
        // The issuer may have changed its keys while the person was in the browser.
        Err(Check::Signature) => check_id_token(token, &issuer.keys_now(client.http()).await?, &expected),
        checked => checked,
    }
    .map_err(SignInError::Rejected)?;

    let session = client.session(&unproven.session).await.map_err(|error| of_trouble(error.trouble))?;
    // Nobody shall use what was got under another name.
    if session.user.uuid.as_str() != subject {
        return Err(SignInError::Rejected(Check::Subject));
    }
    let gateway = unproven.proven();
    if let Some(page) = issuer.sign_out_page(&settings.client_id, token) {
        gateway.ends_at_issuer_by(page);
    }
    if let Some(role) = &session.role {
        gateway.acts_in(role.role.id.clone());
    }
    Ok(Arrived { gateway, session, at: now, vault: None })
}

/// The issuer's page is shown. It is needed no longer when this goes.
struct Shown(Arc<dyn Browser>);

impl Drop for Shown {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn authorization_page(
    settings: &Settings,
    issuer: &Issuer,
    purpose: Purpose,
    redirect_uri: &str,
    state: &str,
    nonce: &str,
    verifier: &PkceCodeVerifier,
) -> Result<String, SignInError> {
    let unusable = |_| SignInError::Rejected(Check::IssuerDocumentShape);
    let client = CoreClient::new(
        ClientId::new(settings.client_id.clone()),
        IssuerUrl::new(settings.issuer_url.clone()).map_err(unusable)?,
        issuer.keys.clone(),
    )
    .set_auth_uri(AuthUrl::new(issuer.authorization_endpoint.clone()).map_err(unusable)?)
    .set_redirect_uri(RedirectUrl::new(redirect_uri.to_owned()).map_err(unusable)?);
    let (state, nonce) = (CsrfToken::new(state.to_owned()), Nonce::new(nonce.to_owned()));
    let mut request = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, move || state, move || nonce)
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(verifier))
        .add_prompt(CoreAuthPrompt::Login)
        .set_max_age(MAX_AGE);
    for acr in settings.acr_values.split(' ') {
        request = request.add_auth_context_value(AuthenticationContextClass::new(acr.to_owned()));
    }
    // The library adds `openid` itself.
    for scope in settings.scopes.split(' ').filter(|scope| !matches!(*scope, "" | "openid")) {
        let scope = if purpose == Purpose::ChangeRole && scope == "selectedrole" { "changedrole" } else { scope };
        request = request.add_scope(Scope::new(scope.to_owned()));
    }
    Ok(request.url().0.to_string())
}

/// The issuer's own word for why it said no; only words of the protocol get into an error's text.
fn denied(error: &str) -> SignInError {
    let known = ["access_denied", "login_required", "interaction_required", "server_error", "temporarily_unavailable"];
    let word = known.into_iter().find(|word| *word == error).unwrap_or("another error");
    SignInError::Denied(word.to_owned())
}

pub(crate) fn of_trouble(trouble: Trouble) -> SignInError {
    use contract::FaultCode;
    match trouble {
        Trouble::Network(fault) => SignInError::Network(fault),
        Trouble::Busy(_) | Trouble::InFront(_) => SignInError::Network(crate::NetworkFault::Busy),
        Trouble::Refused {
            code:
                Some(
                    code @ (FaultCode::SignInRefused
                    | FaultCode::InvalidRequest
                    | FaultCode::ProofRefused
                    | FaultCode::ProofOutOfTime),
                ),
            ..
        } => SignInError::Denied(code.to_string()),
        Trouble::SignInNeeded | Trouble::SessionEnded(_) => SignInError::Denied("the gateway ended it".into()),
        Trouble::Refused { code: Some(FaultCode::DeviceRevoked), .. } => SignInError::DeviceRevoked,
        Trouble::Refused { .. } => SignInError::GatewayFault,
    }
}
