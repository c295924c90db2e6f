//! The queue over the submissions: what may be sent in a session, what waits and for what, and how many.

use std::sync::LazyLock;

use contract::{BatchItem, CareIdentityUuid, RoleProfileId, SubmissionKey, TakenOverBy, WaitingGroup};
use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{self, About, Act, Actor};
use super::submissions::{self, COLUMNS, News, StoredSubmission, happen, read};
use super::{StoreError, drafts, meta, rows, vault};
use crate::submission::Event;
use crate::{OutboxCounts, OutboxTab, StoreHolds};
use jiff::Timestamp;

/// Unsent: recorded, and nobody has answered for it. What was taken over waits as its manager's.
const UNSENT: &str = "(status IN ('ready_to_send', 'sending') AND is_taken_over = 0)";
/// Nothing more is to be done about it, by its author at least.
const DONE: &str = "(status IN ('linked', 'withdrawn', 'removed') OR is_taken_over = 1)";
/// Neither on its way nor to be withdrawn, nor already taken over as often as the gateway takes
/// ([`contract::MAX_TAKEN_OVER_BEFORE`]).
pub(super) const TO_TAKE_OVER: &str = "status = 'ready_to_send' AND withdrawal_requested = 0 AND is_taken_over = 0
    AND coalesce(json_array_length(takes_over, '$.before'), 0) < 7";
/// Ready, of this author (`?1`) and role (`?2`), and not to be taken back.
pub(super) const READY_HERE: &str = "author = ?1 AND role = ?2 AND status = 'ready_to_send' AND withdrawal_requested = 0 \
                          AND is_taken_over = 0";
/// Recorded in this session (`?3`), or confirmed in a later one.
const MINE: &str = "(recorded_in = ?3 OR confirmed_in IS NOT NULL)";

/// Ready, and neither of this session (`?3`) nor confirmed.
pub(super) static COUNT_TO_CONFIRM: LazyLock<String> =
    LazyLock::new(|| format!("SELECT count(*) FROM submission WHERE {READY_HERE} AND NOT {MINE}"));

/// Not at its end, of this author (`?1`) for this person (`?2`).
pub(super) const UNFINISHED_OF_PERSON: &str = "SELECT key FROM submission WHERE author = ?1 AND care_identity = ?2
    AND status IN ('ready_to_send', 'sending', 'waiting_for_them', 'link_expired', 'needs_attention')
    ORDER BY key DESC LIMIT 1";

/// Takes the oldest submissions this session may send and marks them as on their way.
///
/// They are marked before the request is made: after a crash nobody can mistake one that was sent for one that
/// was not.
pub(crate) fn start_sending(
    conn: &Connection,
    now: Timestamp,
    actor: &Actor,
    limit: u32,
    after: Option<SubmissionKey>,
) -> Result<Vec<BatchItem>, StoreError> {
    let Some(role) = &actor.role else { return Ok(Vec::new()) };
    let sql =
        format!("SELECT {COLUMNS} FROM submission WHERE {READY_HERE} AND {MINE} AND key > ?4 ORDER BY key LIMIT ?5");
    let after = after.map(|key| key.to_string()).unwrap_or_default();
    let ready = rows::readable(
        conn.prepare_cached(&sql)?
            .query_map(params![actor.uuid.as_str(), role.as_str(), actor.session.to_string(), after, limit], read)?,
    )?;
    ready
        .into_iter()
        .map(|submission| {
            happen(conn, now, actor, submission.key, Event::SendStarted, News::None)?;
            Ok(BatchItem { key: submission.key, care_identity: submission.profile.uuid, body: submission.body })
        })
        .collect()
}

/// How many this session may send now.
pub(crate) fn sendable(conn: &Connection, actor: &Actor) -> Result<u32, StoreError> {
    let Some(role) = &actor.role else { return Ok(0) };
    let sql = format!("SELECT count(*) FROM submission WHERE {READY_HERE} AND {MINE}");
    Ok(conn
        .prepare_cached(&sql)?
        .query_row(params![actor.uuid.as_str(), role.as_str(), actor.session.to_string()], |row| row.get(0))?)
}

/// Those that need *I recorded these* before this session may send them, oldest first.
pub(crate) fn to_confirm(conn: &Connection, actor: &Actor) -> Result<Vec<StoredSubmission>, StoreError> {
    let Some(role) = &actor.role else { return Ok(Vec::new()) };
    let sql = format!("SELECT {COLUMNS} FROM submission WHERE {READY_HERE} AND NOT {MINE} ORDER BY key");
    rows::readable(
        conn.prepare_cached(&sql)?
            .query_map(params![actor.uuid.as_str(), role.as_str(), actor.session.to_string()], read)?,
    )
}

/// How many those are.
pub(crate) fn count_to_confirm(conn: &Connection, actor: &Actor) -> Result<u32, StoreError> {
    let Some(role) = &actor.role else { return Ok(0) };
    Ok(conn
        .prepare_cached(&COUNT_TO_CONFIRM)?
        .query_row(params![actor.uuid.as_str(), role.as_str(), actor.session.to_string()], |row| row.get(0))?)
}

/// *I recorded these.*
pub(crate) fn confirm_recorded(conn: &Connection, now: Timestamp, actor: &Actor) -> Result<u32, StoreError> {
    let waiting = to_confirm(conn, actor)?;
    for submission in &waiting {
        conn.prepare_cached("UPDATE submission SET confirmed_in = ?2 WHERE key = ?1")?
            .execute(params![submission.key.to_string(), actor.session.to_string()])?;
        let about =
            About { subject: Some(submission.profile.uuid.clone()), key: Some(submission.key), detail: String::new() };
        audit::append(conn, now, Act::Confirmed, actor, &about)?;
    }
    Ok(u32::try_from(waiting.len()).unwrap_or(u32::MAX))
}

/// Keys whose taking back the gateway has to settle, and the role each was recorded in.
pub(crate) fn to_settle(
    conn: &Connection,
    author: &CareIdentityUuid,
) -> Result<Vec<(SubmissionKey, RoleProfileId)>, StoreError> {
    rows::readable(
        conn.prepare_cached(
            "SELECT key, role FROM submission
             WHERE author = ?1 AND status = 'ready_to_send' AND withdrawal_requested = 1 ORDER BY key",
        )?
        .query_map([author.as_str()], |row| {
            Ok((rows::parsed(row, 0, str::parse)?, rows::parsed(row, 1, str::parse)?))
        })?,
    )
}

/// Notes that the gateway is to hear of a key that was taken back before it was ever sent.
pub(crate) fn tell_withdrawn(
    conn: &Connection,
    author: &CareIdentityUuid,
    key: SubmissionKey,
) -> Result<(), StoreError> {
    meta::set(conn, &format!("{}{author} {key}", meta::WITHDRAWN), "")
}

/// Keys of this author that the gateway is to hear of.
pub(crate) fn to_tell_withdrawn(
    conn: &Connection,
    author: &CareIdentityUuid,
) -> Result<Vec<SubmissionKey>, StoreError> {
    let name = format!("{}{author} ", meta::WITHDRAWN);
    let noted = meta::beginning(conn, &name)?;
    Ok(noted.iter().filter_map(|(key, _)| key.strip_prefix(&name)?.parse().ok()).collect())
}

/// The gateway has heard of it.
pub(crate) fn told_withdrawn(
    conn: &Connection,
    author: &CareIdentityUuid,
    key: SubmissionKey,
) -> Result<(), StoreError> {
    meta::remove(conn, &format!("{}{author} {key}", meta::WITHDRAWN))
}

/// Whether any registration of this author can still change at the gateway: linked ones can be removed, but that
/// is seen when they are next looked at.
pub(crate) fn any_waiting(conn: &Connection, author: &CareIdentityUuid) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM submission WHERE author = ?1 AND status IN ('waiting_for_them', 'link_expired') LIMIT 1",
        )?
        .query_row([author.as_str()], |_| Ok(()))
        .optional()?
        .is_some())
}

/// Of these keys, those that are this author's submissions on this computer.
pub(crate) fn known(
    conn: &Connection,
    author: &CareIdentityUuid,
    keys: impl IntoIterator<Item = SubmissionKey>,
) -> Result<Vec<SubmissionKey>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT 1 FROM submission WHERE key = ?1 AND author = ?2")?;
    let mut known = Vec::new();
    for key in keys {
        if statement.exists(params![key.to_string(), author.as_str()])? {
            known.push(key);
        }
    }
    Ok(known)
}

/// The author's submission for a person that is not at its end, if there is one.
pub(crate) fn unfinished_of_person(
    conn: &Connection,
    author: &CareIdentityUuid,
    person: &CareIdentityUuid,
) -> Result<Option<SubmissionKey>, StoreError> {
    Ok(conn
        .prepare_cached(UNFINISHED_OF_PERSON)?
        .query_row(params![author.as_str(), person.as_str()], |row| rows::parsed(row, 0, str::parse))
        .optional()?)
}

/// One tab of an author's outbox, newest first.
pub(crate) fn tab(
    conn: &Connection,
    author: &CareIdentityUuid,
    tab: OutboxTab,
    limit: u32,
) -> Result<Vec<StoredSubmission>, StoreError> {
    let Some(which) = which(tab) else { return Ok(Vec::new()) };
    let sql = format!("SELECT {COLUMNS} FROM submission WHERE author = ?1 AND {which} ORDER BY key DESC LIMIT ?2");
    rows::readable(conn.prepare_cached(&sql)?.query_map(params![author.as_str(), limit], submissions::read)?)
}

const fn which(tab: OutboxTab) -> Option<&'static str> {
    match tab {
        OutboxTab::Drafts => None,
        OutboxTab::Ready => Some(UNSENT),
        OutboxTab::Waiting => Some("status IN ('waiting_for_them', 'link_expired')"),
        OutboxTab::Attention => Some("status = 'needs_attention'"),
        OutboxTab::Done => Some(DONE),
    }
}

/// Who has something waiting here, each in a role of theirs: the name and role they recorded it under, how much it is,
/// and since when.
pub(crate) struct Waiting {
    pub(crate) author: CareIdentityUuid,
    pub(crate) name: String,
    pub(crate) role: RoleProfileId,
    pub(crate) role_text: String,
    pub(crate) count: u32,
    /// How many of them could be taken over: those on their way, or to be withdrawn, could not.
    pub(crate) to_take_over: u32,
    pub(crate) oldest: Timestamp,
}

/// What waits, by person and role, the oldest first. A person's newest name counts.
pub(crate) fn waiting(conn: &Connection) -> Result<Vec<Waiting>, StoreError> {
    let sql = format!(
        "SELECT author, max(author_name), role, max(role_text), count(*),
                count(*) FILTER (WHERE {TO_TAKE_OVER}), min(recorded_at)
         FROM submission WHERE {UNSENT} GROUP BY author, role ORDER BY min(recorded_at)"
    );
    rows::readable(conn.prepare_cached(&sql)?.query_map([], |row| {
        Ok(Waiting {
            author: rows::parsed(row, 0, str::parse)?,
            name: row.get(1)?,
            role: rows::parsed(row, 2, str::parse)?,
            role_text: row.get(3)?,
            count: row.get(4)?,
            to_take_over: row.get(5)?,
            oldest: rows::at(row, 6)?,
        })
    })?)
}

/// The roles in which this author has something waiting.
pub(crate) fn roles_waiting(conn: &Connection, author: &CareIdentityUuid) -> Result<Vec<RoleProfileId>, StoreError> {
    let sql = format!("SELECT DISTINCT role FROM submission WHERE author = ?1 AND {UNSENT}");
    rows::readable(conn.prepare_cached(&sql)?.query_map([author.as_str()], |row| rows::parsed(row, 0, str::parse))?)
}

/// Whose that is: who recorded in a role what could be taken over, and the organisation it was recorded for as part of the
/// role's text.
pub(crate) fn authors_to_take_over(
    conn: &Connection,
    actor: &Actor,
    role: &RoleProfileId,
) -> Result<Vec<(CareIdentityUuid, String)>, StoreError> {
    let sql = format!(
        "SELECT DISTINCT author, role_text FROM submission
         WHERE author <> ?1 AND role = ?2 AND {TO_TAKE_OVER} ORDER BY author"
    );
    let read = |row: &rusqlite::Row<'_>| Ok((rows::parsed(row, 0, str::parse)?, row.get(1)?));
    rows::readable(conn.prepare_cached(&sql)?.query_map(params![actor.uuid.as_str(), role.as_str()], read)?)
}

/// What others recorded in a role and did not send, the oldest first.
pub(crate) fn to_take_over(
    conn: &Connection,
    actor: &Actor,
    role: &RoleProfileId,
) -> Result<Vec<StoredSubmission>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM submission WHERE author <> ?1 AND role = ?2 AND {TO_TAKE_OVER} ORDER BY key");
    let mut statement = conn.prepare_cached(&sql)?;
    let found = statement.query_map(params![actor.uuid.as_str(), role.as_str()], read)?;
    // Of whom the manager may not take over nothing was opened: it stays theirs.
    rows::readable(found.filter(|row| !row.as_ref().is_err_and(vault::is_closed)))
}

/// An RA Manager takes over what somebody else recorded: theirs is written and the original held back, in this
/// transaction. Nothing of it is sent before that is on disk.
pub(crate) fn take_over(
    conn: &Connection,
    now: Timestamp,
    actor: &Actor,
    original: SubmissionKey,
    theirs: &StoredSubmission,
    by: &TakenOverBy,
) -> Result<(), StoreError> {
    submissions::insert(conn, &actor.uuid, theirs)?;
    let about =
        |key: SubmissionKey, detail| About { subject: Some(theirs.profile.uuid.clone()), key: Some(key), detail };
    audit::append(conn, now, Act::Recorded, actor, &about(theirs.key, format!("takes over {original}")))?;
    submissions::happen_to(conn, now, actor, original, Event::TakenOver, News::TakenOver(by))?;
    submissions::hold(conn, original, theirs.key)
}

/// How much of everybody's waits on this computer.
pub(crate) fn held(conn: &Connection) -> Result<StoreHolds, StoreError> {
    let sql = format!(
        "SELECT count(*) FILTER (WHERE {UNSENT}), count(*) FILTER (WHERE status = 'needs_attention'),
                count(*) FILTER (WHERE status IN ('waiting_for_them', 'link_expired')),
                min(recorded_at) FILTER (WHERE {UNSENT}), (SELECT count(*) FROM draft)
         FROM submission"
    );
    Ok(conn.query_row(&sql, [], |row| {
        Ok(StoreHolds {
            unsent: row.get(0)?,
            attention: row.get(1)?,
            waiting: row.get(2)?,
            oldest_unsent: rows::at_or_none(row, 3)?,
            drafts: row.get(4)?,
        })
    })?)
}

/// What waits on this computer, by RA user and role: who has most first, at most `limit` of them. And whether there
/// are more of them, or any that cannot be told.
pub(crate) fn waiting_groups(conn: &Connection, limit: u32) -> Result<(Vec<WaitingGroup>, bool), StoreError> {
    let sql = format!(
        "SELECT author, role, count(*) FILTER (WHERE {UNSENT}), count(*) FILTER (WHERE status = 'needs_attention'),
                min(recorded_at) FILTER (WHERE {UNSENT})
         FROM submission WHERE {UNSENT} OR status = 'needs_attention'
         GROUP BY author, role ORDER BY count(*) DESC, author, role LIMIT ?1"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let mut found = 0;
    let groups = statement.query_map([limit.saturating_add(1)], |row| {
        found += 1;
        Ok(WaitingGroup {
            author: rows::parsed(row, 0, str::parse)?,
            role: rows::parsed(row, 1, str::parse)?,
            unsent: row.get(2)?,
            attention: row.get(3)?,
            oldest: rows::at_or_none(row, 4)?,
        })
    })?;
    let mut groups = rows::readable(groups)?;
    let all = groups.len() == found;
    let is_cut = u32::try_from(found).is_ok_and(|found| found > limit);
    groups.truncate(limit as usize);
    Ok((groups, is_cut || !all))
}

/// What [`counts`] asks: of an author (`?1`) in a role (`?2`).
pub(super) static COUNTS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT count(*) FILTER (WHERE author = ?1 AND {UNSENT}),
                count(*) FILTER (WHERE author = ?1 AND status IN ('waiting_for_them', 'link_expired')),
                count(*) FILTER (WHERE author = ?1 AND status = 'needs_attention'),
                count(*) FILTER (WHERE author = ?1 AND {DONE}),
                count(*) FILTER (WHERE author <> ?1 AND {UNSENT}),
                count(*) FILTER (WHERE author = ?1 AND role <> ?2 AND {UNSENT})
         FROM submission"
    )
});

/// How many there are of each. Of other people only how many they have not sent.
pub(crate) fn counts(conn: &Connection, actor: Option<&Actor>) -> Result<OutboxCounts, StoreError> {
    let author = actor.map_or("", |actor| actor.uuid.as_str());
    let role = actor.and_then(|actor| actor.role.as_ref()).map_or("", |role| role.as_str());
    let mut counts = conn.prepare_cached(&COUNTS)?.query_row(params![author, role], |row| {
        Ok(OutboxCounts {
            drafts: 0,
            ready: row.get(0)?,
            waiting: row.get(1)?,
            attention: row.get(2)?,
            done: row.get(3)?,
            other_people: row.get(4)?,
            other_roles: row.get(5)?,
        })
    })?;
    if let Some(actor) = actor {
        counts.drafts = drafts::count(conn, &actor.uuid)?;
    }
    Ok(counts)
}
