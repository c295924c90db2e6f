//! The gateway's shares of vaults: what opens an RA user's sealed work on a computer.
//!
//! A share is given to the RA user's own session, and to an RA Manager of the organisation where the work was recorded,
//! which is audited. Deliberately absent: any list of vaults. A share is made of the gateway's key, the RA user and the
//! vault's name, so there is nothing to keep and nothing to lose but that key.

use std::sync::Arc;

use axum::extract::State;
use contract::{CareIdentityUuid, FaultCode, OperationOutcome, Receipt, VaultOf, VaultReply, VaultRequest};
use jiff::Timestamp;
use rusqlite::Connection;

use super::caller::Caller;
use super::json::Json;
use super::{BODY_LIMIT, Fault};
use crate::gateway::{Actor, Gateway};
use crate::store;

/// Gives the share of the caller's own vault; or, to an RA Manager who takes over what waits in it, of a colleague's.
#[utoipa::path(post, path = "/v1/vaults/share", tag = "session", request_body = VaultRequest,
    responses((status = 200, body = VaultReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn share(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Json(request): Json<VaultRequest, BODY_LIMIT>,
) -> Result<axum::Json<VaultReply>, Fault> {
    let now = gateway.clock.now();
    let whose: CareIdentityUuid = match request.of {
        None => caller.session.uuid.clone(),
        Some(of) => {
            let (actor, vault) = (caller.actor(&gateway), request.vault.to_string());
            gateway.store.write(move |connection| of_a_colleague(connection, &actor, of, vault, now)).await?
        }
    };
    let (share, before) = gateway.rules.keys.vault_share(&whose, &request.vault);
    Ok(axum::Json(VaultReply { receipt: Receipt { request_id: caller.ids.request, at: now }, share, before }))
}

/// Whether this is an RA Manager where the colleague held that role; who may be told what they recorded is written down.
fn of_a_colleague(
    connection: &Connection,
    actor: &Actor,
    of: VaultOf,
    vault: String,
    now: Timestamp,
) -> Result<CareIdentityUuid, Fault> {
    let refused = || Fault::new(FaultCode::NotPermitted, "only an RA Manager of their organisation opens it");
    let organisation = actor.organisation.as_ref().filter(|_| actor.is_manager && actor.may_register);
    let Some(organisation) = organisation else { return Err(refused()) };
    if of.author == actor.uuid || !store::held_at(connection, &of.author, &of.role, &organisation.code)? {
        return Err(refused());
    }
    let result = format!("{vault} for role {}", of.role);
    store::append_audit(connection, &actor.act(now, "open vault", Some(&of.author), result))?;
    Ok(of.author)
}
