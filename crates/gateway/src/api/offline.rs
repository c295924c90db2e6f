//! Leave to record on one computer without a connection, for a while.
//!
//! It is given to somebody who could record now, in the role they are in, on a computer that is known and not shut out.
//! Nothing of it is kept but the row in the audit: whoever holds one can send nothing with it, and each new one is
//! judged as if it were the first.

use std::sync::Arc;

use axum::extract::State;
use contract::{FaultCode, OfflineGrantReply, OfflineGrantRequest, OfflineTerms, OperationOutcome, RaUser, Receipt};
use jiff::SignedDuration;

use super::caller::{Caller, refuse_revoked};
use super::json::Json;
use super::{BODY_LIMIT, Fault};
use crate::gateway::Gateway;
use crate::store;

/// Gives a grant. The same asked again is given anew, and then lasts longer.
#[utoipa::path(post, path = "/v1/offline-grants", tag = "session", request_body = OfflineGrantRequest,
    responses((status = 200, body = OfflineGrantReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn grant(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Json(request): Json<OfflineGrantRequest, BODY_LIMIT>,
) -> Result<axum::Json<OfflineGrantReply>, Fault> {
    let hours = gateway.rules.config.policy.offline_grant_hours;
    let refused = |why| Fault::new(FaultCode::NotPermitted, why);
    if hours == 0 {
        return Err(refused("this gateway lets nobody work without a connection"));
    }
    let role = caller.held_role().map(|held| held.role.clone());
    let Some(role) = role.filter(|_| caller.may(&gateway).register) else {
        return Err(refused("this role records nothing, so it gets no grant to"));
    };
    let (now, actor, rules) = (gateway.clock.now(), caller.actor(&gateway), Arc::clone(&gateway.rules));
    let terms = OfflineTerms {
        device: request.device,
        user: RaUser { uuid: actor.uuid.clone(), name: actor.name.clone() },
        role,
        policy: rules.policy(),
        clinic: request.clinic,
        issued_at: now,
        until: now.saturating_add(SignedDuration::from_hours(i64::from(hours))).unwrap_or(now),
    };
    let (grant, countersigning) = gateway
        .store
        .write(move |connection| {
            let device = &terms.device;
            if store::device_key(connection, device)?.is_none() {
                return Err(Fault::new(FaultCode::DeviceUnknown, "this computer is not known"));
            }
            refuse_revoked(connection, device)?;
            let grant =
                rules.keys.grant(&terms).map_err(|_| Fault::new(FaultCode::Internal, "no grant can be made"))?;
            let result = format!("{device} until {}", terms.until);
            store::append_audit(connection, &actor.act(now, "offline grant", None, result))?;
            Ok((grant, store::countersigning(connection, rules.keys.audit_key())?))
        })
        .await?;
    let receipt = Receipt { request_id: caller.ids.request, at: now };
    Ok(axum::Json(OfflineGrantReply { receipt, grant, countersigning }))
}
