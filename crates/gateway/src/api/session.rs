//! Who is signed in, in which role, and what they may do.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use contract::{OperationOutcome, RaUser, SessionReply};

use super::caller::Caller;
use crate::gateway::Gateway;
use crate::roles;

/// Who is signed in. Answers a session without access too, so that the desk can say why there is none.
#[utoipa::path(get, path = "/v1/session", tag = "session",
    responses((status = 200, body = SessionReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn session(State(gateway): State<Arc<Gateway>>, caller: Caller) -> Json<SessionReply> {
    let policy = &gateway.rules.config.policy;
    let session = &caller.session;
    Json(SessionReply {
        user: RaUser { uuid: session.uuid.clone(), name: session.name.clone() },
        role: caller.held_role().map(|held| roles::with_access(held, policy)),
        roles: session.roles.iter().map(|held| roles::with_access(held, policy)).collect(),
        may: caller.may(&gateway),
        policy: gateway.rules.policy(),
        sealing: Some(gateway.rules.keys.sealing()),
        server_time: gateway.clock.now(),
        ends_at: session.ends_at,
    })
}
