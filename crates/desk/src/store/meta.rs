//! Single facts the store remembers.

use contract::CareIdentityUuid;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;

/// The number and hash of the last row of the audit.
pub(super) const AUDIT_HEAD: &str = "audit_head";

/// This store's name and public key: whose audit this is.
pub(super) const DEVICE: &str = "device";

/// The head of the audit of a store that was on this computer before this one was made.
pub(super) const AUDIT_BEFORE: &str = "audit_before";

/// The file of the second copy (JSON).
pub(super) const SECOND_COPY: &str = "second_copy";

/// The gateway's key that the second copy is sealed to.
pub(super) const SEALING_KEY: &str = "sealing_key";

/// Up to where an RA user's registrations were read.
pub(super) fn cursor_name(author: &CareIdentityUuid) -> String {
    format!("changed_since {author}")
}

pub(super) fn get(conn: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(conn.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn forget(conn: &Connection, name: &str) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM meta WHERE name = ?1")?.execute([name])?;
    Ok(())
}

pub(super) fn set(conn: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute(params![name, value])?;
    Ok(())
}
