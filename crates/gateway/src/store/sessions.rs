//! Sessions of RA users and the tokens that open them, of which only digests are kept.

use contract::{CareIdentityUuid, EndReason, Proof, Role, RoleProfileId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::rows::{from_json, parsed, parsed_or_none, time, to_json, word};
use super::{StoreError, held_roles};
use crate::proof;

/// A role as the issuer gave it. What it opens is decided at each call, by the policy of that moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldRole {
    pub(crate) role: Role,
    pub(crate) activities: Vec<String>,
}

/// A session.
#[derive(Debug, Clone)]
pub(crate) struct StoredSession {
    pub(crate) id: String,
    pub(crate) uuid: CareIdentityUuid,
    pub(crate) name: String,
    pub(crate) role: Option<RoleProfileId>,
    pub(crate) roles: Vec<HeldRole>,
    pub(crate) signed_in_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    pub(crate) end_reason: Option<EndReason>,
    /// Thumbprint of the key its refresh tokens are bound to. None: it began before there were such keys.
    pub(crate) proof_key: Option<[u8; 32]>,
    /// Whether it was ever used.
    pub(crate) is_opened: bool,
}

/// A session that is about to begin.
pub(crate) struct NewSession {
    pub(crate) session: StoredSession,
    pub(crate) issuer_sub: String,
    pub(crate) issuer_sid: Option<String>,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Access,
    Refresh,
    /// A refresh token that is dead because one made after it, or its twin, was used. Kept to be known again.
    Superseded,
}

impl TokenKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Superseded => "superseded",
        }
    }
}

/// Begins a session.
pub(crate) fn insert_session(connection: &Connection, new: &NewSession) -> Result<(), StoreError> {
    let session = &new.session;
    connection.execute(
        "INSERT INTO sessions (id, uuid, name, issuer_sub, issuer_sid, role, roles, signed_in_at, ends_at, \
                               proof_key) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            session.id,
            session.uuid.as_str(),
            session.name,
            new.issuer_sub,
            new.issuer_sid,
            session.role.as_ref().map(RoleProfileId::as_str),
            to_json(&session.roles)?,
            session.signed_in_at.as_millisecond(),
            session.ends_at.as_millisecond(),
            session.proof_key
        ],
    )?;
    held_roles::remember(connection, session)?;
    Ok(())
}

/// Remembers a token's digest.
pub(crate) fn insert_token(
    connection: &Connection,
    digest: &[u8],
    session: &str,
    kind: TokenKind,
    generation: i64,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO tokens (digest, session, kind, generation, expires_at) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![digest, session, kind.as_str(), generation, expires_at.as_millisecond()])?;
    Ok(())
}

/// The session a token belongs to, with the time the token ends.
pub(crate) fn session_by_token(
    connection: &Connection,
    digest: &[u8],
    kind: TokenKind,
) -> Result<Option<(StoredSession, Timestamp)>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT s.id, s.uuid, s.name, s.role, s.roles, s.signed_in_at, s.ends_at, s.end_reason, \
                    s.proof_key, s.opened_at, t.expires_at \
             FROM tokens t JOIN sessions s ON s.id = t.session WHERE t.digest = ? AND t.kind = ?",
        )?
        .query_row(params![digest, kind.as_str()], |row| Ok((read_session(row)?, time(row, "expires_at")?)))
        .optional()?)
}

/// Marks a proof as used. Answers false, and changes nothing, where it was used before.
pub(crate) fn use_proof(connection: &Connection, proof: &Proof, now: Timestamp) -> Result<bool, StoreError> {
    let until = now.as_millisecond() + 1000 * (2 * proof::WINDOW + 1);
    connection.prepare_cached("DELETE FROM proofs WHERE expires_at < ?")?.execute([now.as_millisecond()])?;
    let fresh = connection
        .prepare_cached("INSERT OR IGNORE INTO proofs (digest, expires_at) VALUES (?, ?)")?
        .execute(params![digest_of(proof), until])?;
    Ok(fresh > 0)
}

/// Whether a proof was used.
pub(crate) fn is_used(connection: &Connection, proof: &Proof) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM proofs WHERE digest = ?)")?
        .query_row([digest_of(proof)], |row| row.get(0))?)
}

fn digest_of(proof: &Proof) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(proof.key);
    hash.update(proof.jti.as_bytes());
    hash.finalize().into()
}

/// Whether a refresh token was used: its successor is known to somebody.
pub(crate) fn was_used(connection: &Connection, digest: &[u8]) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM tokens WHERE digest = ? AND used_at IS NOT NULL)")?
        .query_row([digest], |row| row.get(0))?)
}

/// Marks a refresh token as used: those before it, and its twins, are dead from now on. It stays itself, until one
/// that was made with it is used, because the answer to this use may be lost. Answers its generation.
pub(crate) fn use_refresh_token(connection: &Connection, digest: &[u8], now: Timestamp) -> Result<i64, StoreError> {
    connection
        .prepare_cached("UPDATE tokens SET used_at = ? WHERE digest = ? AND used_at IS NULL")?
        .execute(params![now.as_millisecond(), digest])?;
    let (session, generation): (String, i64) = connection
        .prepare_cached("SELECT session, generation FROM tokens WHERE digest = ?")?
        .query_row([digest], |row| Ok((row.get(0)?, row.get(1)?)))?;
    connection
        .prepare_cached(
            "UPDATE tokens SET kind = 'superseded' \
             WHERE session = ?1 AND kind = 'refresh' AND generation <= ?2 AND digest <> ?3",
        )?
        .execute(params![session, generation, digest])?;
    Ok(generation)
}

/// Ends a session. Answers whether it was still open.
pub(crate) fn end_session(
    connection: &Connection,
    session: &str,
    reason: EndReason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let ended = connection
        .prepare_cached("UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at IS NULL")?
        .execute(params![now.as_millisecond(), word_of(reason)?, session])?;
    Ok(ended > 0)
}

/// Marks a session as used.
pub(crate) fn open_session(connection: &Connection, session: &str, now: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE sessions SET opened_at = ? WHERE id = ? AND opened_at IS NULL")?
        .execute(params![now.as_millisecond(), session])?;
    Ok(())
}

/// Ends the sessions that began before then and were never used. Answers whose they were.
pub(crate) fn end_unopened_sessions(
    connection: &Connection,
    before: Timestamp,
    now: Timestamp,
) -> Result<Vec<StoredSession>, StoreError> {
    let sessions: Vec<StoredSession> = connection
        .prepare_cached(
            "SELECT id, uuid, name, role, roles, signed_in_at, ends_at, end_reason, proof_key, opened_at \
             FROM sessions WHERE opened_at IS NULL AND ended_at IS NULL AND signed_in_at < ?",
        )?
        .query_map([before.as_millisecond()], read_session)?
        .collect::<Result<_, _>>()?;
    for session in &sessions {
        end_session(connection, &session.id, EndReason::EndedElsewhere, now)?;
    }
    Ok(sessions)
}

/// Ends the sessions a logout token names: those of one session at the issuer, or else all of a person. Of those that
/// do not know their session at the issuer, and where none is named, those that had begun when the token was made: one
/// that arrives late ends no sign-in after it.
///
/// Answers whose they were; nothing is ended when the logout token was used before.
pub(crate) fn end_sessions_of_issuer(
    connection: &Connection,
    logout: &Logout,
    now: Timestamp,
) -> Result<Option<Vec<StoredSession>>, StoreError> {
    let fresh = connection.execute(
        "INSERT OR IGNORE INTO logout_tokens (jti, expires_at, sid) VALUES (?, ?, ?)",
        params![logout.jti, logout.expires_at.as_millisecond(), logout.sid],
    )?;
    if fresh == 0 {
        return Ok(None);
    }
    let sessions: Vec<StoredSession> = connection
        .prepare(
            "SELECT id, uuid, name, role, roles, signed_in_at, ends_at, end_reason, proof_key, opened_at \
             FROM sessions \
             WHERE ended_at IS NULL AND ( \
                 (issuer_sid = ?1 AND (?2 IS NULL OR issuer_sub = ?2)) \
                 OR (issuer_sub = ?2 AND (?1 IS NULL OR issuer_sid IS NULL) AND signed_in_at <= ?3))",
        )?
        .query_map(params![logout.sid, logout.sub, logout.began_until.as_millisecond()], read_session)?
        .collect::<Result<_, _>>()?;
    for session in &sessions {
        end_session(connection, &session.id, EndReason::EndedElsewhere, now)?;
    }
    Ok(Some(sessions))
}

/// Whether a session at the issuer was ended by a logout token.
pub(crate) fn was_logged_out(connection: &Connection, sid: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM logout_tokens WHERE sid = ?)")?
        .query_row([sid], |row| row.get(0))?)
}

/// What a checked logout token says.
pub(crate) struct Logout {
    pub(crate) jti: String,
    pub(crate) sid: Option<String>,
    pub(crate) sub: Option<String>,
    /// Sessions that began later are not meant, where no session of the issuer's tells.
    pub(crate) began_until: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Forgets sessions a day after their end: until then a desk is told who ended them.
pub(crate) fn forget_old_sessions(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    let before = now.as_millisecond() - 24 * 60 * 60 * 1000;
    connection.execute("DELETE FROM tokens WHERE session IN (SELECT id FROM sessions WHERE ends_at < ?)", [before])?;
    connection.execute("DELETE FROM sessions WHERE ends_at < ?", [before])?;
    connection.execute("DELETE FROM tokens WHERE kind = 'access' AND expires_at < ?", [before])?;
    connection.execute("DELETE FROM logout_tokens WHERE expires_at < ?", [before])?;
    held_roles::forget_old(connection, now)
}

fn read_session(row: &Row<'_>) -> rusqlite::Result<StoredSession> {
    Ok(StoredSession {
        id: row.get("id")?,
        uuid: parsed(row, "uuid")?,
        name: row.get("name")?,
        role: parsed_or_none(row, "role")?,
        roles: from_json(row, "roles")?,
        signed_in_at: time(row, "signed_in_at")?,
        ends_at: time(row, "ends_at")?,
        end_reason: row.get_ref("end_reason")?.as_str_or_null()?.map(word).transpose()?,
        proof_key: row.get("proof_key")?,
        is_opened: row.get::<_, Option<i64>>("opened_at")?.is_some(),
    })
}

fn word_of(reason: EndReason) -> rusqlite::Result<String> {
    Ok(to_json(&reason)?.trim_matches('"').to_owned())
}
