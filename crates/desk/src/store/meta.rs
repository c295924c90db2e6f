//! Single facts the store remembers.

use contract::CareIdentityUuid;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;

/// The number and hash of the last row of the audit.
pub(super) const AUDIT_HEAD: &str = "audit_head";

/// Up to where an RA user's registrations were read.
pub(super) fn cursor_name(author: &CareIdentityUuid) -> String {
    format!("changed_since {author}")
}

pub(super) fn get(conn: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(conn.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn set(conn: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])?;
    Ok(())
}
