//! Single facts the store remembers.

use contract::CareIdentityUuid;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;

/// The number and hash of the last row of the audit.
pub(super) const AUDIT_HEAD: &str = "audit_head";

/// This store's name and public key: whose audit this is.
pub(super) const DEVICE: &str = "device";

/// What a recovery of this store is remembered under, followed by when it was.
pub(super) const RECOVERY: &str = "recovery ";

/// A key that was taken back before it was sent and that the gateway has not heard of, behind its author.
pub(super) const WITHDRAWN: &str = "withdrawn ";

/// Whose audit was here before this one was begun, up to where it is known, and why another was begun.
pub(super) const AUDIT_BEFORE: &str = "audit_before";

/// Which computer the gateway has taken the key of.
pub(super) const DEVICE_TOLD: &str = "device_told";

/// The file of the second copy (JSON).
pub(super) const SECOND_COPY: &str = "second_copy";

/// Which keys of the gateway's are believed of receipts (JSON).
pub(super) const COUNTERSIGNING_KEYS: &str = "countersigning_keys";

/// Files of the second copy of which everything is settled, until they are removed (JSON).
pub(super) const SECOND_COPY_DONE: &str = "second_copy_done";

/// Files of the second copy on sticks that were away when another was begun, until all in them is settled (JSON).
pub(super) const SECOND_COPY_AWAY: &str = "second_copy_away";

/// The name of the file of the second copy that is to be begun next.
pub(super) const SECOND_COPY_NEXT: &str = "second_copy_next";

/// There while it was told that the second copy is missing, and not yet that it is whole again.
pub(super) const SECOND_COPY_MISSING: &str = "second_copy_missing";

/// The gateway's key that the second copy is sealed to.
pub(super) const SEALING_KEY: &str = "sealing_key";

/// An RA user's PIN (JSON), behind whose it is.
pub(super) const PIN: &str = "pin ";

/// An RA user's leave to work without a connection (JSON), behind whose it is.
pub(super) const OFFLINE_GRANT: &str = "offline_grant ";

/// The highest time that was seen on this computer (JSON).
pub(super) const HIGHEST_TIME: &str = "highest_time";

/// Up to where an RA user's registrations were read.
pub(super) fn cursor_name(author: &CareIdentityUuid) -> String {
    format!("changed_since {author}")
}

pub(super) fn get(conn: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(conn.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()?)
}

/// The value of a name as the bytes it is: one that somebody spoilt is told, and is no fault of the store's.
pub(super) fn bytes(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT value FROM meta WHERE name = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok(row.get_ref(0)?.as_bytes().unwrap_or_default().to_vec());
    Ok(conn.prepare_cached(sql)?.query_row([name], read).optional()?)
}

/// All values whose names begin so, in the order of their names.
pub(super) fn beginning(conn: &Connection, name: &str) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT name, value FROM meta WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets a name.
pub(super) fn remove(conn: &Connection, name: &str) -> Result<(), StoreError> {
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
