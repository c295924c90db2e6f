//! What the gateway gave its word for. Receipts are only ever added.

use contract::AuditReceipt;
use rusqlite::{Connection, OptionalExtension, params};

use crate::store::StoreError;

/// Keeps a receipt. The same again is kept once.
pub(crate) fn keep(conn: &Connection, receipt: &AuditReceipt) -> Result<(), StoreError> {
    let text = serde_json::to_string(receipt).map_err(|_| StoreError::Failed("a receipt is not JSON".into()))?;
    conn.prepare_cached("INSERT INTO audit_receipt (number, receipt) VALUES (?1, ?2) ON CONFLICT (number) DO NOTHING")?
        .execute(params![receipt.head.head.number, text])?;
    Ok(())
}

/// The receipt that goes furthest. One that cannot be read is none: the gateway knows what it holds.
pub(crate) fn last(conn: &Connection) -> Result<Option<AuditReceipt>, StoreError> {
    let text: Option<String> = conn
        .prepare_cached("SELECT receipt FROM audit_receipt ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

/// All receipts, or the last few of them, the first ones first: the row each is for, and the receipt as far as it can
/// be read.
pub(super) fn all(conn: &Connection, at_most: Option<u32>) -> Result<Vec<(i64, Option<AuditReceipt>)>, StoreError> {
    let limit = at_most.map_or(-1, i64::from);
    let mut statement = conn.prepare("SELECT number, receipt FROM audit_receipt ORDER BY number DESC LIMIT ?1")?;
    let rows = statement.query_map([limit], |row| {
        let text = row.get_ref(1)?.as_bytes().unwrap_or_default();
        Ok((row.get(0)?, serde_json::from_slice(text).ok()))
    })?;
    let mut all = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    all.reverse();
    Ok(all)
}
