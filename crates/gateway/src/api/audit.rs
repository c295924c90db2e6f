//! The audits of computers: whose they are, their rows, and the gateway's word that it holds them.
//!
//! Any session may send them: whoever is signed in sends what everybody did on that computer. Deliberately absent:
//! reading them here, which is for whoever runs the gateway.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use contract::{
    AuditHash, AuditReceipt, AuditReply, AuditRequest, CareIdentityUuid, Countersigning, DeviceId, DeviceReply,
    DeviceRequest, FaultCode, MAX_AUDIT_ROWS, MAX_AUDIT_TEXT, OperationOutcome, Receipt,
};
use jiff::Timestamp;
use rusqlite::Connection;

use super::caller::{Caller, refuse_revoked};
use super::json::Json;
use super::metrics::count;
use super::waiting::check_shape as check_waiting;
use super::{BATCH_LIMIT, BODY_LIMIT, Fault};
use crate::gateway::{Actor, Gateway, Rules};
use crate::store::{self, Fork};

/// The most computers an RA user makes known in a day (UTC). Somebody who prepares many for others is within it.
const MOST_NEW_DEVICES: u32 = 50;

/// Takes in a computer's public key, and says up to where its audit is held. The same again changes nothing; another
/// key under a name that is known is refused.
#[utoipa::path(put, path = "/v1/devices/{id}", tag = "audit",
    params(("id" = DeviceId, Path, description = "The computer")), request_body = DeviceRequest,
    responses((status = 200, body = DeviceReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn device(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
    Json(request): Json<DeviceRequest, BODY_LIMIT>,
) -> Result<axum::Json<DeviceReply>, Fault> {
    let id: DeviceId = path.ok().and_then(|Path(text)| text.parse().ok()).ok_or_else(|| Fault::no_such("device"))?;
    if !request.is_signed(&id) {
        return Err(Fault::new(FaultCode::SignatureWrong, "whoever sends this key does not have it"));
    }
    if let Some(waiting) = &request.waiting {
        check_waiting(waiting)?;
    }
    let (now, actor, rules) = (gateway.clock.now(), caller.actor(&gateway), Arc::clone(&gateway.rules));
    let (held, countersigning) = gateway
        .store
        .write(move |connection| {
            match store::device_key(connection, &id)? {
                Some(known) if known == request.key => {}
                Some(_) => {
                    return Err(Fault::new(FaultCode::DeviceKeyDiffers, "this computer is known with another key"));
                }
                None => {
                    if store::new_devices_today(connection, &actor.uuid, now)? >= MOST_NEW_DEVICES {
                        let text = "no more computers are taken in today from this RA user";
                        return Err(
                            Fault::new(FaultCode::TooManyRequests, text).retry_after(store::until_tomorrow(now))
                        );
                    }
                    store::insert_device(connection, &id, &request.key, &actor.uuid, now)?;
                    store::append_audit(connection, &actor.act(now, "new device", None, id.to_string()))?;
                }
            }
            refuse_revoked(connection, &id)?;
            if let Some(waiting) = &request.waiting {
                store::keep_waiting(connection, &id, waiting, now)?;
            }
            let countersigning = store::countersigning(connection, rules.keys.audit_key())?;
            let held = store::last_audit_receipt(connection, &id)?;
            Ok((held.map(|held| with_todays_key(held, &rules, &countersigning)), countersigning))
        })
        .await
        .inspect_err(
            |fault| tracing::warn!(device = %id, code = fault.code().as_str(), "a computer is not taken in"),
        )?;
    let receipt = Receipt { request_id: caller.ids.request, at: now };
    Ok(axum::Json(DeviceReply { receipt, held, countersigning: Some(countersigning) }))
}

/// The gateway's word for a head, as the key in use gives it: a computer that changed to that key believes no other for
/// what is new to it. What the key before gave stays as it was given, here and there.
fn with_todays_key(given: AuditReceipt, rules: &Rules, countersigning: &Countersigning) -> AuditReceipt {
    if given.gateway == countersigning.key || !given.is_countersigned() || !countersigning.leads_from(&given.gateway) {
        return given;
    }
    let received_at = Timestamp::from_millisecond(given.received_at);
    received_at.map_or(given, |received_at| rules.keys.countersign(given.head, received_at))
}

/// Takes in rows of a computer's audit and countersigns its head. The same again is answered the same. Rows that
/// differ from those that are held are refused, and kept as evidence.
#[utoipa::path(post, path = "/v1/audit", tag = "audit", request_body = AuditRequest,
    responses((status = 200, body = AuditReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn rows(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Json(request): Json<AuditRequest, BATCH_LIMIT>,
) -> Result<axum::Json<AuditReply>, Fault> {
    check_shape(&request)?;
    let device = request.head.head.device;
    let (now, actor, rules) = (gateway.clock.now(), caller.actor(&gateway), Arc::clone(&gateway.rules));
    let taken: Taken =
        gateway.store.write(move |connection| take_in(connection, &rules, &actor, &request, now)).await?;
    match taken {
        Taken::In { audit, new } => {
            for _ in 0..new {
                count(&gateway.metrics.audit_rows);
            }
            let receipt = Receipt { request_id: caller.ids.request, at: now };
            Ok(axum::Json(AuditReply { receipt, audit: *audit }))
        }
        Taken::Forked { number } => {
            count(&gateway.metrics.audit_forks);
            tracing::error!(%device, number, "a computer tells its audit anew: the evidence is kept");
            let text = format!("row {number} is another than the one that is held");
            Err(Fault::new(FaultCode::AuditForked, text))
        }
    }
}

/// What became of rows. A fork is no fault to the store: what it did not fit with is written down.
enum Taken {
    In { audit: Box<AuditReceipt>, new: u32 },
    Forked { number: i64 },
}

fn check_shape(request: &AuditRequest) -> Result<(), Fault> {
    let wrong = |why: &str| Err(Fault::new(FaultCode::InvalidRequest, why));
    let rows = &request.rows;
    if !(1..=MAX_AUDIT_ROWS).contains(&rows.len()) {
        return wrong("a call has 1 to 500 rows");
    }
    let first = rows[0].number;
    let in_line = rows.iter().zip(first..).all(|(row, number)| row.number == number);
    if first < 1 || !in_line || rows.last().map(|row| row.number) != Some(request.head.head.number) {
        return wrong("rows follow each other, and the head is behind the last");
    }
    if rows.iter().any(|row| row.texts().iter().any(|text| text.len() > MAX_AUDIT_TEXT)) {
        return wrong("a text of a row is too long");
    }
    Ok(())
}

fn take_in(
    connection: &Connection,
    rules: &Rules,
    actor: &Actor,
    request: &AuditRequest,
    now: Timestamp,
) -> Result<Taken, Fault> {
    let head = &request.head;
    let device = head.head.device;
    let key = store::device_key(connection, &device)?
        .ok_or_else(|| Fault::new(FaultCode::DeviceUnknown, "this computer is not known"))?;
    refuse_revoked(connection, &device)?;
    let wrong = |why: &str| Fault::new(FaultCode::SignatureWrong, why);
    if !head.is_signed_with(&key) {
        return Err(wrong("the head is not signed with this computer's key"));
    }
    let hashes = chain(request);
    if hashes.last() != Some(&head.head.hash) {
        return Err(wrong("the rows do not lead to the head that is signed"));
    }
    if let Some(fork) = fork_of(connection, request, &hashes, &actor.uuid)? {
        if store::keep_fork(connection, &fork, now)? {
            let result = format!("{device} row {}", fork.number);
            store::append_audit(connection, &actor.act(now, "audit forked", None, result))?;
        }
        return Ok(Taken::Forked { number: fork.number });
    }
    let held_to = store::last_device_row(connection, &device)?;
    let fresh = || request.rows.iter().zip(&hashes).filter(|(row, _)| row.number > held_to);
    let new = u32::try_from(fresh().count()).unwrap_or(u32::MAX);
    within_budget(connection, rules, (&device, actor), new, now)?;
    for (row, hash) in fresh() {
        store::insert_device_row(connection, &device, row, hash)?;
        if let Some(link) = store::audit_link_of(connection, row)? {
            store::keep_audit_link(connection, &device, &link, &actor.uuid, now)?;
            let result = format!("{device} after {} row {}: {}", link.before, link.number, link.why);
            store::append_audit(connection, &actor.act(now, "audit continued", None, result))?;
            tracing::warn!(%device, before = %link.before, why = link.why, fits = ?link.fits, "a new audit follows another");
            stay_shut_out(connection, actor, &device, &link.before, now)?;
        }
    }
    let audit = match store::audit_receipt(connection, &device, head.head.number)? {
        Some(before) => with_todays_key(before, rules, &store::countersigning(connection, rules.keys.audit_key())?),
        None => {
            let receipt = rules.keys.countersign(*head, now);
            store::keep_audit_receipt(connection, &receipt)?;
            receipt
        }
    };
    Ok(Taken::In { audit: Box::new(audit), new })
}

/// Shuts a computer out that says it is one that is shut out, under a new name.
///
/// Whether the row it names fits is not asked: of one that is shut out no rows are taken, so what it did since is not
/// held here. Its own key has signed this, so it can say it of itself alone.
fn stay_shut_out(
    connection: &Connection,
    actor: &Actor,
    device: &DeviceId,
    before: &DeviceId,
    now: Timestamp,
) -> Result<(), Fault> {
    if store::is_revoked(connection, before)? && store::set_revoked(connection, device, Some(now))? == Some(true) {
        let result = format!("{device}: it follows {before}, which is shut out");
        store::append_audit(connection, &actor.act(now, "revoke device", None, result))?;
        tracing::warn!(%device, %before, "a computer that is shut out came back under a new name and is shut out again");
    }
    Ok(())
}

/// Counts what is new against what a computer and an RA user may send in a day. What is more is not taken now: it
/// stays on the computer, which sends it again.
fn within_budget(
    connection: &Connection,
    rules: &Rules,
    (device, actor): (&DeviceId, &Actor),
    new: u32,
    now: Timestamp,
) -> Result<(), Fault> {
    let policy = &rules.config.policy;
    let budgets = [
        (device.to_string(), policy.audit_rows_a_day_per_device, "of this computer"),
        (actor.uuid.to_string(), policy.audit_rows_a_day_per_user, "from this RA user"),
    ];
    for (whom, most, words) in &budgets {
        if new > 0 && store::audit_rows_today(connection, whom, now)?.saturating_add(new) > *most {
            let text = format!("no more rows of audits are taken today {words}: they are kept there and sent again");
            return Err(Fault::new(FaultCode::TooManyRequests, text).retry_after(store::until_tomorrow(now)));
        }
    }
    for (whom, ..) in &budgets {
        store::count_audit_rows(connection, whom, new, now)?;
    }
    Ok(())
}

/// The hash of each row, as the computer has them.
fn chain(request: &AuditRequest) -> Vec<AuditHash> {
    let mut before = request.before;
    let hashes = request.rows.iter().map(|row| {
        before = row.hash(&before);
        before
    });
    hashes.collect()
}

/// The first row that is another than the one that is held: of those before these rows, or among them.
fn fork_of<'a>(
    connection: &Connection,
    request: &'a AuditRequest,
    hashes: &[AuditHash],
    sent_by: &'a CareIdentityUuid,
) -> Result<Option<Fork<'a>>, Fault> {
    let (head, first) = (&request.head, request.rows[0].number);
    let device = &head.head.device;
    let held = match first {
        1 => AuditHash::NONE,
        _ => store::audit_row_hash_of(connection, device, first - 1)?.ok_or_else(|| {
            Fault::new(FaultCode::AuditGap, "the rows begin later than where those end that are held")
        })?,
    };
    if held != request.before {
        return Ok(Some(Fork { number: first - 1, held, given: request.before, head, row: None, sent_by }));
    }
    for (row, given) in request.rows.iter().zip(hashes) {
        let Some(held) = store::audit_row_hash_of(connection, device, row.number)? else { break };
        if held != *given {
            return Ok(Some(Fork { number: row.number, held, given: *given, head, row: Some(row), sent_by }));
        }
    }
    Ok(None)
}
