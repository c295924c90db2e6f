//! What people are to be told of their own profile: what waits, what was sent, what was given up.
//!
//! No row is deleted: it says whom the gateway told of what, and when.

use contract::CareIdentityUuid;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

use super::StoreError;
use super::rows::{parsed, time, time_or_none};

/// A notice that is about to be written.
pub(crate) struct NewNotice<'a> {
    pub(crate) id: Uuid,
    pub(crate) uuid: &'a CareIdentityUuid,
    pub(crate) kind: &'static str,
    pub(crate) recipient: &'a str,
    pub(crate) news: &'a str,
    pub(crate) at: Timestamp,
}

/// A notice that waits.
#[derive(Clone)]
pub(crate) struct Notice {
    pub(crate) id: Uuid,
    pub(crate) recipient: String,
    pub(crate) news: String,
    pub(crate) written_at: Timestamp,
    /// How often it was tried.
    pub(crate) attempts: u32,
    pub(crate) tried_since: Option<Timestamp>,
}

/// How many notices there are of those that somebody may have to look after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoticeCounts {
    pub(crate) waiting: u32,
    pub(crate) given_up: u32,
}

/// Writes a notice, in the transaction of the act it tells of.
pub(crate) fn write_notice(connection: &Connection, new: &NewNotice<'_>) -> Result<(), StoreError> {
    let at = new.at.as_millisecond();
    connection
        .prepare_cached(
            "INSERT INTO notices (id, uuid, kind, recipient, news, written_at, state, attempts, next_at) \
             VALUES (?, ?, ?, ?, ?, ?6, 'waiting', 0, ?6)",
        )?
        .execute(params![new.id.to_string(), new.uuid.as_str(), new.kind, new.recipient, new.news, at])?;
    Ok(())
}

/// Notices whose time has come, the longest due first.
pub(crate) fn due_notices(connection: &Connection, now: Timestamp, most: u32) -> Result<Vec<Notice>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, recipient, news, written_at, attempts, tried_since FROM notices \
         WHERE state = 'waiting' AND next_at <= ? ORDER BY next_at LIMIT ?",
    )?;
    let due = statement
        .query_map(params![now.as_millisecond(), most], |row| {
            Ok(Notice {
                id: parsed(row, "id")?,
                recipient: row.get("recipient")?,
                news: row.get("news")?,
                written_at: time(row, "written_at")?,
                attempts: row.get("attempts")?,
                tried_since: time_or_none(row, "tried_since")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(due)
}

/// A notice is about to be tried, and not again before `next_at`.
pub(crate) fn notice_is_tried(
    connection: &Connection,
    id: &Uuid,
    now: Timestamp,
    next_at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE notices SET attempts = attempts + 1, tried_since = coalesce(tried_since, ?), next_at = ? \
             WHERE id = ? AND state = 'waiting'",
        )?
        .execute(params![now.as_millisecond(), next_at.as_millisecond(), id.to_string()])?;
    Ok(())
}

/// A notice was taken by the mail server or the folder.
pub(crate) fn notice_is_sent(connection: &Connection, id: &Uuid, now: Timestamp) -> Result<(), StoreError> {
    settle(connection, id, "sent", now)
}

/// A notice is not tried any more.
pub(crate) fn notice_is_given_up(connection: &Connection, id: &Uuid, now: Timestamp) -> Result<(), StoreError> {
    settle(connection, id, "given_up", now)
}

/// Counts the notices that wait and those that were given up.
pub(crate) fn count_notices(connection: &Connection) -> Result<NoticeCounts, StoreError> {
    let count = |sql| connection.prepare_cached(sql)?.query_row([], |row| row.get(0));
    Ok(NoticeCounts {
        waiting: count("SELECT count(*) FROM notices WHERE state = 'waiting'")?,
        given_up: count("SELECT count(*) FROM notices WHERE state = 'given_up'")?,
    })
}

fn settle(connection: &Connection, id: &Uuid, state: &str, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE notices SET state = ?, settled_at = ? WHERE id = ? AND state = 'waiting'")?
        .execute(params![state, now.as_millisecond(), id.to_string()])?;
    Ok(())
}
