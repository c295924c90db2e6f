//! Drafts: half-done registrations, each its author's own, sealed by their vault ([`super::vault`]).

use contract::{
    CareIdentityUuid, DeclarationAcceptedBy, DocumentKind, IdentityCheckMethod, NhsNetAddress, Profile, Reason,
    SubmissionKey, TakenOver,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::rows::{self, at, json, parsed, word};
use super::{StoreError, vault};
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
                       corrects, updated_at, checked_by, taken_over, vault_opened(author, 'draft', id, sealed)";

/// What a sealed draft is bound to, beside its author.
pub(super) const SEALED: (&str, &str) = ("draft", "id");

/// What is sealed of a draft: whom it is about, and what was answered.
#[derive(Serialize, Deserialize)]
struct Said {
    profile: Profile,
    address: Option<NhsNetAddress>,
    address_reason: Option<Reason>,
    method: Option<IdentityCheckMethod>,
    documents: Vec<DocumentKind>,
    accepted_by: Option<DeclarationAcceptedBy>,
    /// In microseconds, as times are stored.
    checked_at: Option<i64>,
    checked_by: Option<CareIdentityUuid>,
    taken_over: Option<TakenOver>,
}

/// Writes a draft, new or changed.
pub(crate) fn put(conn: &Connection, author: &CareIdentityUuid, draft: &StoredDraft) -> Result<(), StoreError> {
    let id = draft.id.to_string();
    let said = Said {
        profile: draft.profile.clone(),
        address: draft.address.clone(),
        address_reason: draft.address_reason.clone(),
        method: draft.method,
        documents: draft.documents.clone(),
        accepted_by: draft.accepted_by,
        checked_at: draft.checked_at.map(Timestamp::as_microsecond),
        checked_by: draft.checked_by.clone(),
        taken_over: draft.taken_over.clone(),
    };
    let sealed = vault::seal(conn, author.as_str(), SEALED.0, &id, &said)?;
    // In the clear only where there is no vault.
    let said = sealed.is_none().then_some(said);
    let said = said.as_ref();
    conn.prepare_cached(
        "INSERT INTO draft (id, author, care_identity, profile, read_at, address, address_reason, method, documents,
                            accepted_by, checked_at, corrects, updated_at, checked_by, taken_over, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
         ON CONFLICT (id) DO UPDATE SET
            profile = excluded.profile, read_at = excluded.read_at, address = excluded.address,
            address_reason = excluded.address_reason, method = excluded.method, documents = excluded.documents,
            accepted_by = excluded.accepted_by, checked_at = excluded.checked_at, corrects = excluded.corrects,
            updated_at = excluded.updated_at, checked_by = excluded.checked_by, taken_over = excluded.taken_over,
            sealed = excluded.sealed",
    )?
    .execute(params![
        id,
        author.as_str(),
        draft.profile.uuid.as_str(),
        said.map(|said| rows::to_json(&said.profile)).transpose()?.unwrap_or_default(),
        draft.read_at.as_microsecond(),
        said.and_then(|said| said.address.as_ref()).map(NhsNetAddress::as_str),
        said.and_then(|said| said.address_reason.as_ref()).map(Reason::as_str),
        said.and_then(|said| said.method).map(|method| rows::to_word(&method)).transpose()?,
        said.map(|said| rows::to_json(&said.documents)).transpose()?.unwrap_or_default(),
        said.and_then(|said| said.accepted_by).map(|by| rows::to_word(&by)).transpose()?,
        said.and_then(|said| said.checked_at),
        draft.corrects.map(|key| key.to_string()),
        draft.updated_at.as_microsecond(),
        said.and_then(|said| said.checked_by.as_ref()).map(CareIdentityUuid::as_str),
        said.and_then(|said| said.taken_over.as_ref()).map(rows::to_json).transpose()?,
        sealed,
    ])?;
    Ok(())
}

/// Seals what the author wrote before they had a vault; says whether there was any.
pub(super) fn seal_rest(conn: &Connection, author: &CareIdentityUuid) -> Result<bool, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM draft WHERE author = ?1 AND sealed IS NULL");
    let clear = rows::readable(conn.prepare_cached(&sql)?.query_map([author.as_str()], read)?)?;
    for draft in &clear {
        put(conn, author, draft)?;
    }
    Ok(!clear.is_empty())
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
    let said = match vault::read(row, 13)? {
        Some(said) => said,
        None => Said {
            profile: json(row, 1)?,
            address: rows::parsed_or_none(row, 3)?,
            address_reason: rows::parsed_or_none(row, 4)?,
            method: word(row, 5)?,
            documents: json(row, 6)?,
            accepted_by: word(row, 7)?,
            checked_at: row.get(8)?,
            checked_by: rows::parsed_or_none(row, 11)?,
            taken_over: rows::json_or_none(row, 12)?,
        },
    };
    Ok(StoredDraft {
        id: DraftId(parsed(row, 0, uuid::Uuid::try_parse)?),
        profile: said.profile,
        read_at: at(row, 2)?,
        address: said.address,
        address_reason: said.address_reason,
        method: said.method,
        documents: said.documents,
        accepted_by: said.accepted_by,
        checked_at: said.checked_at.map(Timestamp::from_microsecond).transpose().map_err(|_| rows::unreadable(8))?,
        corrects: rows::parsed_or_none(row, 9)?,
        updated_at: at(row, 10)?,
        checked_by: said.checked_by,
        taken_over: said.taken_over,
    })
}
