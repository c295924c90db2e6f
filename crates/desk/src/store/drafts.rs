//! Drafts: half-done registrations, each its author's own.

use contract::{
    CareIdentityUuid, DeclarationAcceptedBy, DocumentKind, IdentityCheckMethod, NhsNetAddress, Profile, Reason,
    SubmissionKey, TakenOver,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::StoreError;
use super::rows::{self, at, json, parsed, word};
use crate::DraftId;

/// A draft as it is stored.
#[derive(Clone, PartialEq)]
pub(crate) struct StoredDraft {
    pub(crate) id: DraftId,
    pub(crate) profile: Profile,
    pub(crate) read_at: Timestamp,
    pub(crate) address: Option<NhsNetAddress>,
    pub(crate) address_reason: Option<Reason>,
    pub(crate) method: Option<IdentityCheckMethod>,
    pub(crate) documents: Vec<DocumentKind>,
    pub(crate) accepted_by: Option<DeclarationAcceptedBy>,
    pub(crate) checked_at: Option<Timestamp>,
    pub(crate) corrects: Option<SubmissionKey>,
    /// Who checked the person, where that was not the author.
    pub(crate) checked_by: Option<CareIdentityUuid>,
    /// What was taken over, where this corrects it.
    pub(crate) taken_over: Option<TakenOver>,
    pub(crate) updated_at: Timestamp,
}

impl std::fmt::Debug for StoredDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoredDraft").field("id", &self.id).finish_non_exhaustive()
    }
}

const COLUMNS: &str = "id, profile, read_at, address, address_reason, method, documents, accepted_by, checked_at, \
                       corrects, updated_at, checked_by, taken_over";

/// Writes a draft, new or changed.
pub(crate) fn put(conn: &Connection, author: &CareIdentityUuid, draft: &StoredDraft) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO draft (id, author, care_identity, profile, read_at, address, address_reason, method, documents,
                            accepted_by, checked_at, corrects, updated_at, checked_by, taken_over)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT (id) DO UPDATE SET
            profile = excluded.profile, read_at = excluded.read_at, address = excluded.address,
            address_reason = excluded.address_reason, method = excluded.method, documents = excluded.documents,
            accepted_by = excluded.accepted_by, checked_at = excluded.checked_at, corrects = excluded.corrects,
            updated_at = excluded.updated_at, checked_by = excluded.checked_by, taken_over = excluded.taken_over",
    )?
    .execute(params![
        draft.id.to_string(),
        author.as_str(),
        draft.profile.uuid.as_str(),
        rows::to_json(&draft.profile)?,
        draft.read_at.as_microsecond(),
        draft.address.as_ref().map(NhsNetAddress::as_str),
        draft.address_reason.as_ref().map(Reason::as_str),
        draft.method.map(|method| rows::to_word(&method)).transpose()?,
        rows::to_json(&draft.documents)?,
        draft.accepted_by.map(|by| rows::to_word(&by)).transpose()?,
        draft.checked_at.map(Timestamp::as_microsecond),
        draft.corrects.map(|key| key.to_string()),
        draft.updated_at.as_microsecond(),
        draft.checked_by.as_ref().map(CareIdentityUuid::as_str),
        draft.taken_over.as_ref().map(rows::to_json).transpose()?,
    ])?;
    Ok(())
}

/// A draft that was not thrown away.
pub(crate) fn get(conn: &Connection, author: &CareIdentityUuid, id: DraftId) -> Result<StoredDraft, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM draft WHERE id = ?1 AND author = ?2 AND discarded_in IS NULL");
    Ok(conn.prepare_cached(&sql)?.query_row(params![id.to_string(), author.as_str()], read)?)
}

/// The author's draft of a person, if there is one.
pub(crate) fn of_person(
    conn: &Connection,
    author: &CareIdentityUuid,
    person: &CareIdentityUuid,
) -> Result<Option<StoredDraft>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM draft WHERE author = ?1 AND care_identity = ?2 AND discarded_in IS NULL
         ORDER BY updated_at DESC LIMIT 1"
    );
    Ok(conn.prepare_cached(&sql)?.query_row(params![author.as_str(), person.as_str()], read).optional()?)
}

/// The author's draft that corrects a submission, if there is one.
pub(crate) fn correcting(
    conn: &Connection,
    author: &CareIdentityUuid,
    key: SubmissionKey,
) -> Result<Option<StoredDraft>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM draft WHERE author = ?1 AND corrects = ?2 AND discarded_in IS NULL");
    Ok(conn.prepare_cached(&sql)?.query_row(params![author.as_str(), key.to_string()], read).optional()?)
}

/// The author's drafts, the one changed last first.
pub(crate) fn list(conn: &Connection, author: &CareIdentityUuid, limit: u32) -> Result<Vec<StoredDraft>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM draft WHERE author = ?1 AND discarded_in IS NULL ORDER BY updated_at DESC LIMIT ?2"
    );
    rows::readable(conn.prepare_cached(&sql)?.query_map(params![author.as_str(), limit], read)?)
}

/// How many drafts the author has.
pub(crate) fn count(conn: &Connection, author: &CareIdentityUuid) -> Result<u32, StoreError> {
    Ok(conn
        .prepare_cached("SELECT count(*) FROM draft WHERE author = ?1 AND discarded_in IS NULL")?
        .query_row([author.as_str()], |row| row.get(0))?)
}

/// Throws a draft away in a session; [`restore`] takes that back.
pub(crate) fn discard(
    conn: &Connection,
    author: &CareIdentityUuid,
    id: DraftId,
    session: uuid::Uuid,
) -> Result<(), StoreError> {
    let changed = conn
        .prepare_cached("UPDATE draft SET discarded_in = ?3 WHERE id = ?1 AND author = ?2 AND discarded_in IS NULL")?
        .execute(params![id.to_string(), author.as_str(), session.to_string()])?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}

/// Takes back that a draft was thrown away in this session.
pub(crate) fn restore(
    conn: &Connection,
    author: &CareIdentityUuid,
    id: DraftId,
    session: uuid::Uuid,
) -> Result<(), StoreError> {
    let changed = conn
        .prepare_cached("UPDATE draft SET discarded_in = NULL WHERE id = ?1 AND author = ?2 AND discarded_in = ?3")?
        .execute(params![id.to_string(), author.as_str(), session.to_string()])?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}

/// Removes a draft that became a submission. It must be there and not thrown away: pressed twice, one is recorded.
pub(crate) fn remove(conn: &Connection, author: &CareIdentityUuid, id: DraftId) -> Result<(), StoreError> {
    let removed = conn
        .prepare_cached("DELETE FROM draft WHERE id = ?1 AND author = ?2 AND discarded_in IS NULL")?
        .execute(params![id.to_string(), author.as_str()])?;
    if removed == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}

/// Forgets drafts that were thrown away in sessions that are over.
pub(crate) fn forget_discarded(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("DELETE FROM draft WHERE discarded_in IS NOT NULL", [])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredDraft> {
    Ok(StoredDraft {
        id: DraftId(parsed(row, 0, uuid::Uuid::try_parse)?),
        profile: json(row, 1)?,
        read_at: at(row, 2)?,
        address: rows::parsed_or_none(row, 3)?,
        address_reason: rows::parsed_or_none(row, 4)?,
        method: word(row, 5)?,
        documents: json(row, 6)?,
        accepted_by: word(row, 7)?,
        checked_at: rows::at_or_none(row, 8)?,
        corrects: rows::parsed_or_none(row, 9)?,
        updated_at: at(row, 10)?,
        checked_by: rows::parsed_or_none(row, 11)?,
        taken_over: rows::json_or_none(row, 12)?,
    })
}
