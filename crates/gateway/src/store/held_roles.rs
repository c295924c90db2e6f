//! Who holds which role at which organisation, and who held it, as of their last sign-in here.
//!
//! A role that is lost is kept for as long as something that was recorded in it may come: its author's RA Manager is
//! still told of it, and may take it over.

use contract::{CareIdentityUuid, OdsCode, RoleProfileId};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::rows::{from_json, to_json};
use super::sessions::{HeldRole, StoredSession};

/// For how long it is known who held a role: as long as keys are kept at least.
const LONGEST_HELD: SignedDuration = SignedDuration::from_hours(367 * 24);

/// Remembers which roles somebody holds, as they have just signed in; their others they no longer hold.
pub(super) fn remember(connection: &Connection, session: &StoredSession) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE held_roles SET is_held = 0 WHERE uuid = ?")?.execute([session.uuid.as_str()])?;
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO held_roles (uuid, role, ods, name, held, is_held, seen_at) VALUES (?, ?, ?, ?, ?, 1, ?)",
    )?;
    for held in &session.roles {
        insert.execute(params![
            session.uuid.as_str(),
            held.role.id.as_str(),
            held.role.organisation.code.as_str(),
            session.name,
            to_json(held)?,
            session.signed_in_at.as_millisecond()
        ])?;
    }
    Ok(())
}

/// Forgets roles that nothing can come from any more.
pub(super) fn forget_old(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let before = now.saturating_sub(LONGEST_HELD).unwrap_or(Timestamp::MIN);
    connection.execute("DELETE FROM held_roles WHERE seen_at < ?", [before.as_millisecond()])?;
    Ok(())
}

/// A role of somebody's, and their name, as of their last sign-in. None: they did not hold it then.
pub(crate) fn known_role(
    connection: &Connection,
    uuid: &CareIdentityUuid,
    role: &RoleProfileId,
) -> Result<Option<(String, HeldRole)>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT name, held FROM held_roles WHERE uuid = ? AND role = ? AND is_held = 1")?
        .query_row([uuid.as_str(), role.as_str()], |row| Ok((row.get("name")?, from_json(row, "held")?)))
        .optional()?)
}

/// Whether somebody held that role at that organisation when they last signed in with it.
pub(crate) fn held_at(
    connection: &Connection,
    uuid: &CareIdentityUuid,
    role: &RoleProfileId,
    ods: &OdsCode,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM held_roles WHERE uuid = ? AND role = ? AND ods = ?)")?
        .query_row([uuid.as_str(), role.as_str(), ods.as_str()], |row| row.get(0))?)
}

/// Whether somebody held any role at that organisation.
pub(crate) fn has_worked_at(
    connection: &Connection,
    uuid: &CareIdentityUuid,
    ods: &OdsCode,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM held_roles WHERE uuid = ? AND ods = ?)")?
        .query_row([uuid.as_str(), ods.as_str()], |row| row.get(0))?)
}
