//! What waits on which computer, shown to whom it belongs and to their RA Manager. Numbers alone.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use contract::{
    DeviceWaiting, FaultCode, MAX_WAITING_GROUPS, OperationOutcome, RaRole, Receipt, WaitingReply, WaitingRow,
};
use jiff::SignedDuration;

use super::Fault;
use super::caller::Caller;
use crate::gateway::Gateway;
use crate::store;

/// How long an import from a sealed copy is told of.
const IMPORTS_TOLD: SignedDuration = SignedDuration::from_hours(24 * 30);
/// The most rows one answer has.
const MOST_ROWS: u32 = 500;

/// What waits of the caller on any computer, as each last told; to an RA Manager also what waits of others in roles
/// at their organisation. What a computer recorded since it last told is not in it.
#[utoipa::path(get, path = "/v1/devices/waiting", tag = "devices",
    responses((status = 200, body = WaitingReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn waiting(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
) -> Result<axum::Json<WaitingReply>, Fault> {
    let (now, me) = (gateway.clock.now(), caller.session.uuid.clone());
    let role = caller.held_role().map(|held| &held.role).filter(|role| role.ra_role == RaRole::RaManager);
    // A role that this gateway does not serve opens nothing here either.
    let organisation = role.filter(|_| caller.may(&gateway).find).map(|role| role.organisation.code.clone());
    let (author, since) = (me.clone(), now.saturating_sub(IMPORTS_TOLD).unwrap_or(now));
    let mut found = gateway
        .store
        .read(move |connection| store::waiting(connection, &author, organisation.as_ref(), since, MOST_ROWS + 1))
        .await?;
    let is_cut = found.len() > MOST_ROWS as usize;
    found.truncate(MOST_ROWS as usize);
    let more = is_cut || found.iter().any(|found| found.more);
    let row = |found: store::Waiting| {
        let role = found.held.map(|held| held.role);
        WaitingRow {
            device: found.device,
            name: found.name,
            revoked: found.revoked_at.is_some(),
            heard_at: found.heard_at,
            own: found.author == me,
            author_name: found.author_name,
            role: found.role,
            ra_role: role.as_ref().map(|role| role.ra_role),
            organisation: role.map(|role| role.organisation.code),
            unsent: found.unsent,
            attention: found.attention,
            oldest: found.oldest,
            imported: found.imported,
            imported_at: found.imported_at,
        }
    };
    let waiting = found.into_iter().map(row).collect();
    Ok(axum::Json(WaitingReply { receipt: Receipt { request_id: caller.ids.request, at: now }, waiting, more }))
}

/// Whether what a computer tells is within bounds, each RA user and role once.
pub(crate) fn check_shape(waiting: &DeviceWaiting) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    let once = waiting.groups.iter().all(|group| seen.insert((&group.author, &group.role)));
    if waiting.groups.len() > MAX_WAITING_GROUPS as usize || !once {
        let text = "what waits is told in at most 200 groups, each RA user and role once";
        return Err(Fault::new(FaultCode::InvalidRequest, text));
    }
    Ok(())
}
