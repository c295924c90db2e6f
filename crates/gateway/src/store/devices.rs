//! Computers with RA Desk: their keys, their audits, the receipts given for them, and what did not fit.

use contract::{AuditHash, AuditReceipt, AuditRow, CareIdentityUuid, DeviceId, PublicKey, SignedHead};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::audit_intake::DAY;
use super::rows::{from_json, to_json};

/// The key a computer signs with; none where it is not known.
pub(crate) fn device_key(connection: &Connection, device: &DeviceId) -> Result<Option<PublicKey>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT public_key FROM devices WHERE id = ?")?
        .query_row([device.to_string()], |row| row.get(0).map(PublicKey::from_bytes))
        .optional()?)
}

/// Takes in a computer that is not known yet.
pub(crate) fn insert_device(
    connection: &Connection,
    device: &DeviceId,
    key: &PublicKey,
    user: &CareIdentityUuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO devices (id, public_key, first_user, first_seen) VALUES (?, ?, ?, ?)")?
        .execute(params![device.to_string(), key.bytes(), user.as_str(), now.as_millisecond()])?;
    Ok(())
}

/// How many computers were first heard of since midnight (UTC) in an RA user's session.
pub(crate) fn new_devices_today(
    connection: &Connection,
    user: &CareIdentityUuid,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let midnight = now.as_second().div_euclid(DAY) * DAY * 1000;
    Ok(connection
        .prepare_cached("SELECT count(*) FROM devices WHERE first_user = ? AND first_seen >= ?")?
        .query_row(params![user.as_str(), midnight], |row| row.get(0))?)
}

/// The number of the last row that is held of a computer's audit; 0 where none is.
pub(crate) fn last_device_row(connection: &Connection, device: &DeviceId) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(number), 0) FROM device_audit WHERE device = ?")?
        .query_row([device.to_string()], |row| row.get(0))?)
}

/// The hash of a row that is held.
pub(crate) fn audit_row_hash_of(
    connection: &Connection,
    device: &DeviceId,
    number: i64,
) -> Result<Option<AuditHash>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT hash FROM device_audit WHERE device = ? AND number = ?")?
        .query_row(params![device.to_string(), number], |row| row.get(0).map(AuditHash::from_bytes))
        .optional()?)
}

/// Takes in a row that follows the last one.
pub(crate) fn insert_device_row(
    connection: &Connection,
    device: &DeviceId,
    row: &AuditRow,
    hash: &AuditHash,
) -> Result<(), StoreError> {
    let texts = row.texts();
    connection
        .prepare_cached(
            "INSERT INTO device_audit (device, number, at, act, actor, role, session, subject, key, detail, hash) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            device.to_string(),
            row.number,
            row.at,
            texts[0],
            texts[1],
            texts[2],
            texts[3],
            texts[4],
            texts[5],
            texts[6],
            hash.bytes()
        ])?;
    Ok(())
}

/// The receipt that was given for a head.
pub(crate) fn audit_receipt(
    connection: &Connection,
    device: &DeviceId,
    number: i64,
) -> Result<Option<AuditReceipt>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT receipt FROM audit_receipts WHERE device = ? AND number = ?")?
        .query_row(params![device.to_string(), number], |row| from_json(row, "receipt"))
        .optional()?)
}

/// The receipt that goes furthest.
pub(crate) fn last_audit_receipt(
    connection: &Connection,
    device: &DeviceId,
) -> Result<Option<AuditReceipt>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT receipt FROM audit_receipts WHERE device = ? ORDER BY number DESC LIMIT 1")?
        .query_row([device.to_string()], |row| from_json(row, "receipt"))
        .optional()?)
}

/// Keeps a receipt that is given for a head for the first time.
pub(crate) fn keep_audit_receipt(connection: &Connection, receipt: &AuditReceipt) -> Result<(), StoreError> {
    let head = receipt.head.head;
    connection
        .prepare_cached("INSERT INTO audit_receipts (device, number, receipt) VALUES (?, ?, ?)")?
        .execute(params![head.device.to_string(), head.number, to_json(receipt)?])?;
    Ok(())
}

/// A row that is another than the one that is held.
pub(crate) struct Fork<'a> {
    pub(crate) number: i64,
    pub(crate) held: AuditHash,
    pub(crate) given: AuditHash,
    pub(crate) head: &'a SignedHead,
    /// The row as it was given. None: it was not, and its hash alone is known.
    pub(crate) row: Option<&'a AuditRow>,
    pub(crate) sent_by: &'a CareIdentityUuid,
}

/// Keeps the evidence of a fork, the same once. Says whether it is new.
pub(crate) fn keep_fork(connection: &Connection, fork: &Fork<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let kept = connection
        .prepare_cached(
            "INSERT INTO audit_forks (device, number, held, given, head, row, sent_by, found_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            fork.head.head.device.to_string(),
            fork.number,
            fork.held.bytes(),
            fork.given.bytes(),
            to_json(fork.head)?,
            to_json(&fork.row)?,
            fork.sent_by.as_str(),
            now.as_millisecond()
        ])?;
    Ok(kept > 0)
}
