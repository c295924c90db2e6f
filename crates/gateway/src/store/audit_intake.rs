//! How many rows of computers' audits were taken today, and which audit follows which.

use contract::{AuditHash, AuditRow, CareIdentityUuid, DeviceId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, audit_row_hash_of};

/// Seconds of a day.
pub(super) const DAY: i64 = 24 * 60 * 60;

/// How many rows were taken since midnight (UTC) of a computer or from an RA user.
pub(crate) fn audit_rows_today(connection: &Connection, whom: &str, now: Timestamp) -> Result<u32, StoreError> {
    let rows = connection
        .prepare_cached("SELECT rows FROM audit_intake WHERE day = ? AND whom = ?")?
        .query_row(params![now.as_second().div_euclid(DAY), whom], |row| row.get(0))
        .optional()?;
    Ok(rows.unwrap_or(0))
}

/// Counts rows that were taken. What was counted on other days is forgotten.
pub(crate) fn count_audit_rows(
    connection: &Connection,
    whom: &str,
    rows: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let day = now.as_second().div_euclid(DAY);
    // A clock that was set back must not forget today.
    connection.prepare_cached("DELETE FROM audit_intake WHERE day < ?")?.execute([day - 1])?;
    connection
        .prepare_cached(
            "INSERT INTO audit_intake (day, whom, rows) VALUES (?, ?, ?) \
             ON CONFLICT (day, whom) DO UPDATE SET rows = rows + excluded.rows",
        )?
        .execute(params![day, whom, rows])?;
    Ok(())
}

/// Seconds until the next midnight (UTC), when counting begins anew.
pub(crate) fn until_tomorrow(now: Timestamp) -> u64 {
    u64::try_from(DAY - now.as_second().rem_euclid(DAY)).unwrap_or(1)
}

/// What the first row of an audit says of the one before it.
pub(crate) struct AuditLink {
    pub(crate) before: DeviceId,
    pub(crate) number: i64,
    pub(crate) hash: AuditHash,
    pub(crate) why: &'static str,
    /// Whether that is what is held of it; none where nothing of that number is.
    pub(crate) fits: Option<bool>,
}

/// What a row says of an audit before its own; none where it says nothing of one.
pub(crate) fn audit_link_of(connection: &Connection, row: &AuditRow) -> Result<Option<AuditLink>, StoreError> {
    const WHY: [&str; 6] = ["damaged", "vanished", "restored", "forked", "broken", "key_lost"];
    let said = row.act.strip_prefix("begun_").and_then(|word| WHY.into_iter().find(|why| *why == word));
    let named = said.filter(|_| row.number == 1).and_then(|why| {
        let (number, hash) = row.detail.split_once(' ')?;
        Some((why, row.key.parse().ok()?, number.parse().ok()?, hash.parse().ok()?))
    });
    let Some((why, before, number, hash)) = named else { return Ok(None) };
    let fits = audit_row_hash_of(connection, &before, number)?.map(|held| held == hash);
    Ok(Some(AuditLink { before, number, hash, why, fits }))
}

/// Keeps that one audit follows another.
pub(crate) fn keep_audit_link(
    connection: &Connection,
    device: &DeviceId,
    link: &AuditLink,
    sent_by: &CareIdentityUuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO audit_links (device, before, number, hash, why, fits, sent_by, found_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            device.to_string(),
            link.before.to_string(),
            link.number,
            link.hash.to_string(),
            link.why,
            link.fits,
            sent_by.as_str(),
            now.as_millisecond()
        ])?;
    Ok(())
}
