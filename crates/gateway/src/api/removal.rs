//! Taking an authenticator off a profile.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use contract::{
    AuthenticatorId, CareIdentityUuid, FaultCode, OperationOutcome, Receipt, RemovalReason, RemovalReply,
    RemovalRequest,
};
use jiff::Timestamp;
use rusqlite::Connection;

use super::caller::Caller;
use super::json::Json;
use super::metrics::count;
use super::{BODY_LIMIT, Fault};
use crate::gateway::{Actor, Gateway};
use crate::notices::{self, News};
use crate::policy;
use crate::store::{self, Removal};

/// Removes an authenticator. The same request again removes nothing more and is answered the same.
#[utoipa::path(post, path = "/v1/care-identities/{uuid}/authenticators/{id}/removal", tag = "people",
    params(("uuid" = CareIdentityUuid, Path, description = "Care Identity UUID"),
           ("id" = AuthenticatorId, Path, description = "The authenticator")),
    request_body = RemovalRequest,
    responses((status = 200, body = RemovalReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn remove(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
    Json(request): Json<RemovalRequest, BODY_LIMIT>,
) -> Result<axum::Json<RemovalReply>, Fault> {
    if !caller.may(&gateway).remove {
        return Err(Fault::new(FaultCode::NotPermitted, "this role does not remove authenticators"));
    }
    let (uuid, authenticator): (CareIdentityUuid, AuthenticatorId) = path
        .ok()
        .and_then(|Path((uuid, id))| Some((uuid.parse().ok()?, id.parse().ok()?)))
        .ok_or_else(|| Fault::no_such("authenticator"))?;
    if uuid == caller.session.uuid {
        return Err(Fault::new(FaultCode::NotPermitted, "nobody removes an authenticator from their own profile"));
    }
    let (now, actor) = (gateway.clock.now(), caller.actor(&gateway));
    let removal = Removal { uuid, authenticator, author: actor.uuid.clone() };
    let reply = gateway.store.write(move |connection| remove_once(connection, &actor, &removal, &request, now)).await?;
    count(&gateway.metrics.removed);
    Ok(axum::Json(reply))
}

fn remove_once(
    connection: &Connection,
    actor: &Actor,
    wanted: &Removal,
    request: &RemovalRequest,
    now: Timestamp,
) -> Result<RemovalReply, Fault> {
    let profile = store::profile(connection, &wanted.uuid, now)?.ok_or_else(|| Fault::no_such("profile"))?;
    let before = store::removal(connection, &request.request)?;
    let profile = match before {
        Some(done)
            if done.uuid == wanted.uuid
                && done.authenticator == wanted.authenticator
                && done.author == wanted.author =>
        {
            profile
        }
        Some(_) => return Err(Fault::new(FaultCode::InvalidRequest, "this request removed something else before")),
        None => {
            let authenticator = profile
                .authenticators
                .iter()
                .find(|listed| listed.id == wanted.authenticator)
                .ok_or_else(|| Fault::no_such("authenticator"))?;
            if profile.seen() != request.profile_seen {
                return Err(Fault::new(FaultCode::ProfileChanged, "the profile is no longer as it was seen"));
            }
            store::remove_authenticator(connection, &request.request, wanted, now)?;
            let act = actor.act(now, "remove authenticator", Some(&wanted.uuid), reason_word(request.reason));
            store::append_audit(connection, &act)?;
            let news = News::Removed { at: actor.organisation.as_ref(), authenticator };
            notices::tell(connection, &profile, &news, now)?;
            store::profile(connection, &wanted.uuid, now)?.ok_or_else(|| Fault::no_such("profile"))?
        }
    };
    Ok(RemovalReply {
        receipt: Receipt { request_id: actor.request, at: now },
        profile: policy::profile_reply(profile, actor.may_register, &actor.uuid),
    })
}

const fn reason_word(reason: RemovalReason) -> &'static str {
    match reason {
        RemovalReason::Leaver => "leaver",
        RemovalReason::LostOrStolenDevice => "lost or stolen device",
        RemovalReason::Replacement => "replacement",
        RemovalReason::SecurityConcern => "security concern",
        RemovalReason::UserRequest => "user request",
    }
}
