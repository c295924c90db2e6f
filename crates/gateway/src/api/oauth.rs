//! Beginning, keeping and ending a session.
//!
//! No secret of the issuer reaches a workstation: the gateway changes the code for tokens itself, keeps none of
//! them, and gives the desk opaque ones of its own, of which only digests are stored. A session's refresh tokens are
//! bound to the key that the desk proved to hold when it began (ADR 21).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::response::IntoResponse;
use contract::cis2::UserInfo;
use contract::{EndReason, FaultCode, FieldError, OperationOutcome, Proof, TokenReply};
use http::{HeaderMap, Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use serde::Deserialize;
use utoipa::ToSchema;

use super::caller::check_open;
use super::json::Form;
use super::limits::CALL;
use super::metrics::count;
use super::{Fault, Ids};
use crate::gateway::{Actor, Gateway};
use crate::openid::{LEEWAY, SignInError, Tokens};
use crate::sign_in::SignedIn;
use crate::store::{self, Logout, NewSession, StoreError, StoredSession, TokenKind};
use crate::{keys, proof, random, sign_in};

/// How long an access token lives.
const ACCESS_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// How long a session lives, counted from the sign-in.
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);

/// Where codes and refresh tokens are shown.
const TOKEN_PATH: &str = "/oauth2/token";

/// The form of `POST /oauth2/token`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TokenForm {
    /// `authorization_code` or `refresh_token`.
    grant_type: String,
    /// The issuer's code.
    code: Option<String>,
    /// Where the issuer sent it.
    redirect_uri: Option<String>,
    /// The PKCE verifier.
    code_verifier: Option<String>,
    /// The client the desk signed in as.
    client_id: Option<String>,
    /// The nonce of the sign-in.
    nonce: Option<String>,
    /// The refresh token.
    refresh_token: Option<String>,
}

/// The form of `POST /oauth2/revoke`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RevokeForm {
    /// An access or refresh token of the session.
    token: String,
    /// `signed_out`, which is meant where nothing is said, or `idle`.
    reason: Option<String>,
}

/// The form of `POST /backchannel-logout`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LogoutForm {
    /// The issuer's signed logout token.
    logout_token: String,
}

/// Changes the issuer's code for a session, or a refresh token for the next tokens.
#[utoipa::path(post, path = "/oauth2/token", tag = "session",
    params(("DPoP" = String, Header, description = "The proof of the session's key (RFC 9449, EdDSA)")),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = TokenReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn token(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(ids): Extension<Ids>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Result<axum::Json<TokenReply>, Fault> {
    let now = gateway.clock.now();
    let proof = proof::judge(&headers, &gateway.rules.config, &Method::POST, TOKEN_PATH, now);
    match form.grant_type.as_str() {
        "authorization_code" => begin(&gateway, peer.ip(), ids, form, proof).await,
        "refresh_token" => refresh(&gateway, peer.ip(), ids, form, proof).await,
        _ => Err(Fault::of_fields(vec![missing("grant_type", "authorization_code or refresh_token")])),
    }
    .map(axum::Json)
}

async fn begin(
    gateway: &Gateway,
    peer: IpAddr,
    ids: Ids,
    form: TokenForm,
    proof: Result<Proof, Fault>,
) -> Result<TokenReply, Fault> {
    gateway.limits.admit_stranger(peer, gateway.clock.now())?;
    let mut wrong = Vec::new();
    let mut take = |field: &str, value: Option<String>| {
        value.filter(|value| !value.is_empty()).unwrap_or_else(|| {
            wrong.push(missing(field, "this is needed"));
            String::new()
        })
    };
    let (code, redirect_uri) = (take("code", form.code), take("redirect_uri", form.redirect_uri));
    let (verifier, nonce) = (take("code_verifier", form.code_verifier), take("nonce", form.nonce));
    let client_id = take("client_id", form.client_id);
    if !wrong.is_empty() {
        return Err(Fault::of_fields(wrong));
    }
    let issuer = &gateway.rules.config.issuer;
    if client_id != issuer.client_id {
        return Err(Fault::new(FaultCode::SignInRefused, "the client is not this gateway's"));
    }
    if !issuer.redirect_uris.contains(&redirect_uri) {
        return Err(Fault::new(FaultCode::SignInRefused, "the redirect URI is not one that is allowed"));
    }
    // Before the code, which can be used once.
    let proof = proof?;
    let shown = proof.clone();
    if gateway.store.read(move |connection| store::is_used(connection, &shown)).await? {
        return Err(used_before());
    }
    let tokens = gateway.issuer.exchange(&code, &redirect_uri, &verifier).await?;
    let person = who_signed_in(gateway, &tokens, &nonce).await;
    let id_token = tokens.id_token.clone();
    give_back(gateway, tokens);
    let (person, now) = (person?, gateway.clock.now());
    let new = NewSession {
        session: StoredSession {
            id: random::guid().to_string(),
            uuid: person.uuid,
            name: person.name,
            role: person.role,
            roles: person.roles,
            signed_in_at: now,
            ends_at: now.saturating_add(SESSION_LIFE).unwrap_or(now),
            end_reason: None,
            proof_key: Some(proof.key),
            is_opened: false,
        },
        issuer_sub: person.sub,
        issuer_sid: person.sid,
    };
    let mut reply = gateway
        .store
        .write(move |connection| {
            if !store::use_proof(connection, &proof, now)? {
                return Err(used_before());
            }
            store::forget_old_sessions(connection, now)?;
            // Their access tokens are over, and nobody has ever shown one: the desk never got them.
            let before = now.saturating_sub(ACCESS_LIFE).unwrap_or(now);
            for session in store::end_unopened_sessions(connection, before, now)? {
                let act = actor_of(&session, ids).act(now, "sign out", None, "never used");
                store::append_audit(connection, &act)?;
            }
            if let Some(sid) = &new.issuer_sid
                && store::was_logged_out(connection, sid)?
            {
                return Err(Fault::new(FaultCode::SignInRefused, "the issuer has ended that sign-in"));
            }
            store::insert_session(connection, &new)?;
            store::append_audit(connection, &actor_of(&new.session, ids).act(now, "sign in", None, "signed in"))?;
            Ok(new_tokens(connection, &new.session, 1, now)?)
        })
        .await?;
    count(&gateway.metrics.sign_ins);
    reply.id_token = Some(id_token);
    Ok(reply)
}

/// Who it is that the issuer's tokens speak of. Nothing more is asked of the issuer where the ID token is not good.
async fn who_signed_in(gateway: &Gateway, tokens: &Tokens, nonce: &str) -> Result<SignedIn, SignInError> {
    let issuer = &gateway.issuer;
    let id = issuer.check_id_token(&tokens.id_token, nonce).await?;
    let asked = &gateway.rules.config.issuer.acr_values;
    sign_in::check_claims(&id, &tokens.access_token, asked, gateway.clock.now())?;
    let info: UserInfo = issuer.user_info(&tokens.access_token).await?;
    sign_in::judge(&id, info)
}

/// Gives the issuer's tokens back, which are needed no more, whatever came of them. Nobody waits for it.
fn give_back(gateway: &Gateway, tokens: Tokens) {
    let issuer = Arc::clone(&gateway.issuer);
    tokio::spawn(async move {
        if let Err(error) = issuer.give_back(tokens).await {
            tracing::warn!(reason = %error, "the issuer did not take its tokens back");
        }
    });
}

/// Who shows a token that is not known, or one without its proof, is a stranger: a flood of them must not end anybody's
/// session. Nothing is used up by a proof that is not good.
///
/// A token is shown again by its key when an answer was lost, and gets tokens of the same generation again, for as long
/// as none of them was used. A token whose successor was used, or one that was used and is shown by another key, is
/// shown by somebody who has a copy, or whose copy somebody else has used: which of them is the right one cannot be
/// told, so the session ends.
async fn refresh(
    gateway: &Gateway,
    peer: IpAddr,
    ids: Ids,
    form: TokenForm,
    proof: Result<Proof, Fault>,
) -> Result<TokenReply, Fault> {
    let token = form.refresh_token.ok_or_else(|| Fault::of_fields(vec![missing("refresh_token", "this is needed")]))?;
    let (digest, now) = (keys::digest(&token), gateway.clock.now());
    let known = gateway.store.read(move |connection| by_refresh_token(connection, &digest)).await?;
    let unknown = || Fault::new(FaultCode::SignInNeeded, "the refresh token is not known");
    let (session, _) = match known {
        Some(known) => known,
        None => {
            gateway.limits.admit_stranger(peer, now)?;
            return Err(unknown());
        }
    };
    let proof = match proof {
        Ok(proof) if session.proof_key == Some(proof.key) => {
            gateway.limits.take(&session.uuid, CALL, now).map_err(|seconds| {
                Fault::new(FaultCode::TooManyRequests, "too many calls at once by this person").retry_after(seconds)
            })?;
            proof
        }
        not_theirs => {
            gateway.limits.admit_stranger(peer, now)?;
            not_theirs?
        }
    };
    gateway
        .store
        .write(move |connection| {
            let Some((session, is_superseded)) = by_refresh_token(connection, &digest)? else { return Err(unknown()) };
            check_open(&session, now)?;
            if !store::use_proof(connection, &proof, now)? {
                return Err(used_before());
            }
            let is_theirs = session.proof_key == Some(proof.key);
            if is_superseded || (!is_theirs && store::was_used(connection, &digest)?) {
                store::end_session(connection, &session.id, EndReason::EndedElsewhere, now)?;
                let what = if is_theirs { "refresh token shown again" } else { "refresh token shown by another key" };
                store::append_audit(connection, &actor_of(&session, ids).act(now, "sign out", None, what))?;
                // Answered without an error, which would undo the end.
                return Ok(Err(Fault::session_ended(EndReason::EndedElsewhere)));
            }
            if !is_theirs {
                return Err(Fault::new(FaultCode::ProofRefused, "the proof is of another key than the session's"));
            }
            store::open_session(connection, &session.id, now)?;
            let generation = store::use_refresh_token(connection, &digest, now)?;
            Ok(Ok(new_tokens(connection, &session, generation + 1, now)?))
        })
        .await?
}

/// The session of a refresh token, and whether the token's successor was used.
fn by_refresh_token(connection: &Connection, digest: &[u8]) -> Result<Option<(StoredSession, bool)>, StoreError> {
    for (kind, is_superseded) in [(TokenKind::Refresh, false), (TokenKind::Superseded, true)] {
        if let Some((session, _)) = store::session_by_token(connection, digest, kind)? {
            return Ok(Some((session, is_superseded)));
        }
    }
    Ok(None)
}

fn used_before() -> Fault {
    Fault::new(FaultCode::ProofRefused, "the proof was used before (jti)")
}

/// Ends the session of a token. A token that is not known is answered the same: it opens nothing either way.
#[utoipa::path(post, path = "/oauth2/revoke", tag = "session",
    request_body(content = RevokeForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The session has ended"), (status = "default", body = OperationOutcome)))]
pub(crate) async fn revoke(
    State(gateway): State<Arc<Gateway>>,
    Extension(ids): Extension<Ids>,
    Form(form): Form<RevokeForm>,
) -> Result<StatusCode, Fault> {
    let reason = match form.reason.as_deref() {
        Some("idle") => EndReason::Idle,
        _ => EndReason::SignedOut,
    };
    let (digest, now) = (keys::digest(&form.token), gateway.clock.now());
    gateway
        .store
        .write(move |connection| {
            for kind in [TokenKind::Access, TokenKind::Refresh] {
                if let Some((session, _)) = store::session_by_token(connection, &digest, kind)?
                    && store::end_session(connection, &session.id, reason, now)?
                {
                    let act = actor_of(&session, ids).act(now, "sign out", None, super::fault::word_of(reason));
                    store::append_audit(connection, &act)?;
                }
            }
            Ok::<_, StoreError>(())
        })
        .await?;
    Ok(StatusCode::OK)
}

/// The issuer says that somebody's sign-in is over (OpenID Connect Back-Channel Logout). Nobody is counted here: what
/// the issuer has not signed costs one look at its keys, and nobody is to keep a logout from arriving.
#[utoipa::path(post, path = "/backchannel-logout", tag = "session",
    request_body(content = LogoutForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The sessions have ended"), (status = "default", body = OperationOutcome)))]
pub(crate) async fn backchannel_logout(
    State(gateway): State<Arc<Gateway>>,
    Extension(ids): Extension<Ids>,
    Form(form): Form<LogoutForm>,
) -> Result<impl IntoResponse, Fault> {
    let refused = |error: SignInError| match error.code {
        // Nothing is wrong with the token: the issuer is to send it again.
        FaultCode::IssuerUnavailable => Fault::from(error),
        _ => Fault::new(FaultCode::InvalidRequest, "the logout token is not accepted"),
    };
    let token = gateway.issuer.check_logout_token(&form.logout_token).await.map_err(refused)?;
    let now = gateway.clock.now();
    let made = Timestamp::from_second(token.iat.saturating_add(LEEWAY)).unwrap_or(now);
    let logout = Logout {
        began_until: made,
        jti: token.jti,
        sid: token.sid,
        sub: token.sub,
        expires_at: now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now),
    };
    let ended = gateway
        .store
        .write(move |connection| {
            let ended = store::end_sessions_of_issuer(connection, &logout, now)?;
            for session in ended.iter().flatten() {
                let act = actor_of(session, ids).act(now, "sign out", None, "ended_elsewhere");
                store::append_audit(connection, &act)?;
            }
            Ok::<_, StoreError>(ended)
        })
        .await?;
    match ended {
        Some(_) => Ok(StatusCode::OK),
        None => Err(Fault::new(FaultCode::InvalidRequest, "the logout token was used before")),
    }
}

fn new_tokens(
    connection: &Connection,
    session: &StoredSession,
    generation: i64,
    now: Timestamp,
) -> Result<TokenReply, StoreError> {
    let (access_token, refresh_token) = (random::token(), random::token());
    let access_ends = now.saturating_add(ACCESS_LIFE).unwrap_or(now).min(session.ends_at);
    for (token, kind, ends) in
        [(&access_token, TokenKind::Access, access_ends), (&refresh_token, TokenKind::Refresh, session.ends_at)]
    {
        store::insert_token(connection, &keys::digest(token), &session.id, kind, generation, ends)?;
    }
    let seconds_to = |end: Timestamp| u32::try_from(end.duration_since(now).as_secs()).unwrap_or(0);
    Ok(TokenReply {
        access_token,
        token_type: "Bearer".into(),
        expires_in: seconds_to(access_ends),
        refresh_token,
        refresh_expires_in: seconds_to(session.ends_at),
        id_token: None,
    })
}

fn actor_of(session: &StoredSession, ids: Ids) -> Actor {
    let held = session.roles.iter().find(|held| Some(&held.role.id) == session.role.as_ref());
    Actor {
        uuid: session.uuid.clone(),
        name: session.name.clone(),
        role: session.role.clone(),
        organisation: held.map(|held| held.role.organisation.clone()),
        may_register: false,
        is_manager: false,
        request: ids.request,
    }
}

fn missing(field: &str, message: &str) -> FieldError {
    FieldError { field: field.into(), code: "missing".into(), message: message.into() }
}
