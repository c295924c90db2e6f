//! What waits on which computer, whose roles are known, which computers are shut out, and what came from sealed copies.

use contract::{CareIdentityUuid, ComputerName, DeviceId, DeviceWaiting, OdsCode, RoleProfileId, SubmissionKey};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::rows::{from_json, parsed, parsed_or_none, time, time_or_none};
use super::sessions::HeldRole;

/// How long ago the oldest can have been recorded: keys are not kept for longer either.
const LONGEST_AGO: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Remembers what a computer tells, in place of what it told before. Only of RA users who are known to have held that
/// role: nobody else can have recorded anything, and whoever is signed in tells this of everybody. What is left out for
/// that is remembered as *more*.
pub(crate) fn keep_waiting(
    connection: &Connection,
    device: &DeviceId,
    waiting: &DeviceWaiting,
    now: Timestamp,
) -> Result<(), StoreError> {
    let device = device.to_string();
    connection.prepare_cached("DELETE FROM device_waiting WHERE device = ?")?.execute([&device])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO device_waiting (device, author, role, unsent, attention, oldest) SELECT ?1, ?2, ?3, ?4, ?5, ?6 \
         WHERE EXISTS (SELECT 1 FROM held_roles WHERE uuid = ?2 AND role = ?3)",
    )?;
    let earliest = now.saturating_sub(LONGEST_AGO).unwrap_or(Timestamp::MIN);
    let mut more = waiting.more;
    for group in waiting.groups.iter().filter(|group| group.unsent > 0 || group.attention > 0) {
        let is_believed = insert.execute(params![
            device,
            group.author.as_str(),
            group.role.as_str(),
            group.unsent,
            group.attention,
            group.oldest.map(|oldest| oldest.clamp(earliest, now).as_millisecond())
        ])? > 0;
        more |= !is_believed;
    }
    connection
        .prepare_cached("UPDATE devices SET name = ?, heard_at = ?, waiting_more = ? WHERE id = ?")?
        .execute(params![waiting.name.as_ref().map(ComputerName::as_str), now.as_millisecond(), more, device])?;
    Ok(())
}

/// What waits on a computer of one RA user in one role.
pub(crate) struct Waiting {
    pub(crate) device: DeviceId,
    pub(crate) name: Option<ComputerName>,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) heard_at: Timestamp,
    /// Whether more waits there than it told.
    pub(crate) more: bool,
    pub(crate) author: CareIdentityUuid,
    pub(crate) author_name: Option<String>,
    pub(crate) role: RoleProfileId,
    pub(crate) held: Option<HeldRole>,
    pub(crate) unsent: u32,
    pub(crate) attention: u32,
    pub(crate) oldest: Option<Timestamp>,
    pub(crate) imported: u32,
    pub(crate) imported_at: Option<Timestamp>,
}

/// What waits of one RA user on any computer, and of everybody at an organisation where one is named. What was taken
/// in from sealed copies since then stands there too, also when nothing waits any more.
pub(crate) fn waiting(
    connection: &Connection,
    author: &CareIdentityUuid,
    organisation: Option<&OdsCode>,
    imported_since: Timestamp,
    limit: u32,
) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT d.id AS device, d.name, d.revoked_at, coalesce(d.heard_at, d.first_seen) AS heard_at, \
                d.waiting_more AS more, g.author, g.role, r.name AS author_name, coalesce(r.held, 'null') AS held, \
                coalesce(w.unsent, 0) AS unsent, coalesce(w.attention, 0) AS attention, w.oldest, \
                count(i.key) AS imported, max(i.imported_at) AS imported_at \
         FROM (SELECT device, author, role FROM device_waiting \
               UNION SELECT device, author, role FROM sealed_imports \
                     WHERE outcome = 'registered' AND imported_at >= ?3) g \
         JOIN devices d ON d.id = g.device \
         LEFT JOIN device_waiting w ON w.device = g.device AND w.author = g.author AND w.role = g.role \
         LEFT JOIN held_roles r ON r.uuid = g.author AND r.role = g.role \
         LEFT JOIN sealed_imports i ON i.device = g.device AND i.author = g.author AND i.role = g.role \
                                   AND i.outcome = 'registered' \
         WHERE g.author = ?1 OR r.ods = ?2 \
         GROUP BY g.device, g.author, g.role \
         ORDER BY g.author <> ?1, w.oldest IS NULL, w.oldest, g.device LIMIT ?4",
    )?;
    let organisation = organisation.map(OdsCode::as_str);
    let rows =
        statement.query_map(params![author.as_str(), organisation, imported_since.as_millisecond(), limit], |row| {
            Ok(Waiting {
                device: parsed(row, "device")?,
                name: parsed_or_none(row, "name")?,
                revoked_at: time_or_none(row, "revoked_at")?,
                heard_at: time(row, "heard_at")?,
                more: row.get("more")?,
                author: parsed(row, "author")?,
                author_name: row.get("author_name")?,
                role: parsed(row, "role")?,
                held: from_json(row, "held")?,
                unsent: row.get("unsent")?,
                attention: row.get("attention")?,
                oldest: time_or_none(row, "oldest")?,
                imported: row.get("imported")?,
                imported_at: time_or_none(row, "imported_at")?,
            })
        })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a computer is shut out. One that is not known is not.
pub(crate) fn is_revoked(connection: &Connection, device: &DeviceId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT revoked_at IS NOT NULL FROM devices WHERE id = ?")?
        .query_row([device.to_string()], |row| row.get(0))
        .optional()?
        .unwrap_or(false))
}

/// Shuts a computer out, or lets it in again. Says whether that changed anything; none where it is not known.
pub(crate) fn set_revoked(
    connection: &Connection,
    device: &DeviceId,
    revoked_at: Option<Timestamp>,
) -> Result<Option<bool>, StoreError> {
    let device = device.to_string();
    let known = connection.prepare_cached("SELECT 1 FROM devices WHERE id = ?")?.exists([&device])?;
    let changed = connection
        .prepare_cached("UPDATE devices SET revoked_at = ?2 WHERE id = ?1 AND (revoked_at IS NULL) <> (?2 IS NULL)")?
        .execute(params![device, revoked_at.map(Timestamp::as_millisecond)])?;
    Ok(known.then_some(changed > 0))
}

/// A computer as an operator sees it: no RA user is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSeen {
    /// Its number.
    pub device: DeviceId,
    /// What its organisation calls it, if it said so.
    pub name: Option<ComputerName>,
    /// When it last told what waits on it; none where it never did.
    pub heard_at: Option<Timestamp>,
    /// When it was shut out, if it is.
    pub revoked_at: Option<Timestamp>,
    /// How many were recorded there and not answered for, when it last told.
    pub unsent: u32,
    /// When the oldest of them was recorded, by the computer's clock.
    pub oldest: Option<Timestamp>,
    /// Which name it had before, if its audit says that it had one.
    pub follows: Option<DeviceId>,
}

/// Every computer that is known, those heard of longest ago first.
pub(crate) fn devices(connection: &Connection) -> Result<Vec<DeviceSeen>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT d.id, d.name, d.heard_at, d.revoked_at, coalesce(sum(w.unsent), 0) AS unsent, min(w.oldest) AS oldest, \
                l.before \
         FROM devices d LEFT JOIN device_waiting w ON w.device = d.id LEFT JOIN audit_links l ON l.device = d.id \
         GROUP BY d.id \
         ORDER BY coalesce(d.heard_at, d.first_seen), d.id",
    )?;
    let rows = statement.query_map([], |row| {
        Ok(DeviceSeen {
            device: parsed(row, "id")?,
            name: parsed_or_none(row, "name")?,
            heard_at: time_or_none(row, "heard_at")?,
            revoked_at: time_or_none(row, "revoked_at")?,
            unsent: row.get("unsent")?,
            oldest: time_or_none(row, "oldest")?,
            follows: parsed_or_none(row, "before")?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The other names of a computer, as the audits that begin anew on it say, each after the one it follows; and whether
/// each is shut out. Names that are not known here are left out.
pub(crate) fn other_names(
    connection: &Connection,
    device: &DeviceId,
    which: OtherNames,
) -> Result<Vec<(DeviceId, bool)>, StoreError> {
    // A name that says of itself that it follows itself, in however many steps, is found once.
    let step = match which {
        OtherNames::Later => "SELECT l.device, c.depth + 1 FROM audit_links l JOIN chain c ON l.before = c.name",
        OtherNames::Earlier => "SELECT l.before, c.depth + 1 FROM audit_links l JOIN chain c ON l.device = c.name",
    };
    let mut statement = connection.prepare(&format!(
        "WITH RECURSIVE chain (name, depth) AS (VALUES (?1, 0) UNION {step} WHERE c.depth < {MOST_NAMES}) \
         SELECT d.id, d.revoked_at IS NOT NULL AS revoked FROM devices d \
         JOIN (SELECT name, min(depth) AS depth FROM chain GROUP BY name) n ON n.name = d.id \
         WHERE d.id <> ?1 ORDER BY n.depth, d.id"
    ))?;
    let rows = statement.query_map([device.to_string()], |row| Ok((parsed(row, "id")?, row.get("revoked")?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Which of a computer's other names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OtherNames {
    /// Those it was given after this one.
    Later,
    /// Those it had before.
    Earlier,
}

/// The longest chain of names that is followed.
const MOST_NAMES: u32 = 1000;

/// Something that was taken in from a sealed copy.
pub(crate) struct SealedImport<'a> {
    pub(crate) key: SubmissionKey,
    pub(crate) device: &'a DeviceId,
    pub(crate) author: &'a CareIdentityUuid,
    pub(crate) role: &'a RoleProfileId,
    pub(crate) outcome: &'a str,
    pub(crate) operator: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) at: Timestamp,
}

/// Remembers that something was taken in from a sealed copy. The first time counts.
pub(crate) fn keep_import(connection: &Connection, import: &SealedImport<'_>) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO sealed_imports (key, device, author, role, outcome, operator, reason, imported_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            import.key.to_string(),
            import.device.to_string(),
            import.author.as_str(),
            import.role.as_str(),
            import.outcome,
            import.operator,
            import.reason,
            import.at.as_millisecond()
        ])?;
    Ok(())
}
