//! Who calls: the session behind a bearer token, in its one role.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use contract::{Access, DeviceId, EndReason, FaultCode, HEADER_DEVICE, HEADER_SESSION_URID, Permissions, RaRole};
use http::request::Parts;
use http::{HeaderMap, header};

use super::limits::{CALL, SHOWS_PEOPLE};
use super::{Fault, Ids};
use crate::gateway::{Actor, Gateway};
use crate::keys;
use crate::roles;
use crate::store::{self, HeldRole, StoredSession, TokenKind};

/// A call of an open session. Looked up at each call, so that a session that was ended anywhere is ended here.
pub(crate) struct Caller {
    pub(crate) session: StoredSession,
    pub(crate) ids: Ids,
}

impl Caller {
    /// The role the session acts in.
    pub(crate) fn held_role(&self) -> Option<&HeldRole> {
        let id = self.session.role.as_ref()?;
        self.session.roles.iter().find(|held| held.role.id == *id)
    }

    /// What that role opens.
    pub(crate) fn access(&self, gateway: &Gateway) -> Option<Access> {
        self.held_role().map(|held| roles::access(held, &gateway.rules.config.policy))
    }

    /// What the session may do.
    pub(crate) fn may(&self, gateway: &Gateway) -> Permissions {
        roles::permissions(self.access(gateway))
    }

    /// Who acts, for the acts themselves and their audit.
    pub(crate) fn actor(&self, gateway: &Gateway) -> Actor {
        Actor {
            uuid: self.session.uuid.clone(),
            name: self.session.name.clone(),
            role: self.session.role.clone(),
            organisation: self.held_role().map(|held| held.role.organisation.clone()),
            may_register: self.may(gateway).register,
            is_manager: self.held_role().is_some_and(|held| held.role.ra_role == RaRole::RaManager),
            request: self.ids.request,
        }
    }

    /// Lets only those go on who may find people, as often as anybody may.
    pub(crate) fn may_find(&self, gateway: &Gateway) -> Result<(), Fault> {
        if !self.may(gateway).find {
            return Err(Fault::new(FaultCode::NotPermitted, "this role does not find people"));
        }
        self.pay(gateway, SHOWS_PEOPLE)
    }

    fn pay(&self, gateway: &Gateway, cost: f64) -> Result<(), Fault> {
        gateway.limits.take(&self.session.uuid, cost, gateway.clock.now()).map_err(|seconds| {
            Fault::new(FaultCode::TooManyRequests, "too many calls at once by this person").retry_after(seconds)
        })
    }
}

impl FromRequestParts<Arc<Gateway>> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Fault> {
        let ids = *parts
            .extensions
            .get::<Ids>()
            .ok_or_else(|| Fault::new(FaultCode::Internal, "the call has no request id"))?;
        let token = bearer(&parts.headers)
            .ok_or_else(|| Fault::new(FaultCode::SignInNeeded, "the call has no bearer token"))?;
        let digest = keys::digest(token);
        let device = device(&parts.headers)?;
        let found = gateway
            .store
            .read(move |connection| {
                if let Some(device) = &device {
                    refuse_revoked(connection, device)?;
                }
                Ok::<_, Fault>(store::session_by_token(connection, &digest, TokenKind::Access)?)
            })
            .await?;
        let Some((session, token_ends)) = found else {
            return Err(Fault::new(FaultCode::SignInNeeded, "the token is not known"));
        };
        let now = gateway.clock.now();
        check_open(&session, now)?;
        if token_ends <= now {
            return Err(Fault::new(FaultCode::SignInNeeded, "the token has expired; refresh it"));
        }
        check_role(&session, &parts.headers, parts.uri.path())?;
        if !session.is_opened {
            let id = session.id.clone();
            gateway.store.write(move |connection| store::open_session(connection, &id, now)).await?;
        }
        let caller = Self { session, ids };
        caller.pay(gateway, CALL)?;
        Ok(caller)
    }
}

/// Which computer calls, if it says so.
fn device(headers: &HeaderMap) -> Result<Option<DeviceId>, Fault> {
    let Some(value) = headers.get(HEADER_DEVICE) else { return Ok(None) };
    let device = value.to_str().ok().and_then(|text| text.parse().ok());
    device.map(Some).ok_or_else(|| Fault::new(FaultCode::InvalidRequest, "RA-Desk-Device is a GUID"))
}

/// Lets no computer go on that is shut out.
pub(crate) fn refuse_revoked(connection: &rusqlite::Connection, device: &DeviceId) -> Result<(), Fault> {
    if store::is_revoked(connection, device)? {
        return Err(Fault::new(FaultCode::DeviceRevoked, "this computer is shut out; what is on it stays there"));
    }
    Ok(())
}

/// Whether a session is still open, or who ended it.
pub(crate) fn check_open(session: &StoredSession, now: jiff::Timestamp) -> Result<(), Fault> {
    if let Some(reason) = session.end_reason {
        return Err(Fault::session_ended(reason));
    }
    if session.ends_at <= now {
        return Err(Fault::session_ended(EndReason::TwelveHours));
    }
    Ok(())
}

/// Whether the call says the role the session has. `GET /v1/session` tells it, so it need not be said there.
fn check_role(session: &StoredSession, headers: &HeaderMap, path: &str) -> Result<(), Fault> {
    let said = headers.get(HEADER_SESSION_URID).map(|value| value.to_str().unwrap_or_default());
    let held = session.role.as_ref().map(|role| role.as_str());
    if said == held || (said.is_none() && path == "/v1/session") {
        return Ok(());
    }
    Err(Fault::new(FaultCode::WrongRole, "NHSD-Session-URID is not the role of this session"))
}

/// The token of an `Authorization` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
