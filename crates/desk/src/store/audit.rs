//! The audit: what was done, by whom, to whom. A chain of hashes that is only ever added to.
//!
//! Each row is written in the transaction of the act it tells of. Rows hold UUIDs and codes, no names.

use contract::{CareIdentityUuid, RoleProfileId, SubmissionKey};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{StoreError, meta};

/// What an RA user, or RA Desk for them, did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Said *yes, this is me*.
    SignedIn,
    /// The session ended; the detail says why.
    SessionEnded,
    /// Looked for people; the detail says how many were found.
    Searched,
    /// Opened a profile.
    ProfileRead,
    /// Removed an authenticator; the detail is its id.
    AuthenticatorRemoved,
    /// Recorded a registration.
    Recorded,
    /// Said *I recorded these* of it.
    Confirmed,
    /// Sent it.
    Sent,
    /// The gateway told what it became; the detail is the status or the refusal.
    Outcome,
    /// Asked to take it back.
    WithdrawalRequested,
    /// It is taken back.
    Withdrawn,
    /// Took the user's link out to show or copy it.
    LinkShown,
    /// Had the gateway make a fresh link.
    FreshLink,
}

impl Act {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SessionEnded => "session_ended",
            Self::Searched => "searched",
            Self::ProfileRead => "profile_read",
            Self::AuthenticatorRemoved => "authenticator_removed",
            Self::Recorded => "recorded",
            Self::Confirmed => "confirmed",
            Self::Sent => "sent",
            Self::Outcome => "outcome",
            Self::WithdrawalRequested => "withdrawal_requested",
            Self::Withdrawn => "withdrawn",
            Self::LinkShown => "link_shown",
            Self::FreshLink => "fresh_link",
        }
    }
}

/// In whose session something is done.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// Who.
    pub(crate) uuid: CareIdentityUuid,
    /// In which role, if they have one.
    pub(crate) role: Option<RoleProfileId>,
    /// In which session on this computer.
    pub(crate) session: uuid::Uuid,
}

/// What an act was done to.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// Whose profile.
    pub(crate) subject: Option<CareIdentityUuid>,
    /// Which submission.
    pub(crate) key: Option<SubmissionKey>,
    /// A code or a count.
    pub(crate) detail: String,
}

/// Adds a row. To be called within the transaction of the act.
pub(crate) fn append(
    conn: &Connection,
    now: Timestamp,
    act: Act,
    actor: &Actor,
    about: &About,
) -> Result<(), StoreError> {
    let before = head(conn)?;
    let row = Row {
        number: before.as_ref().map_or(1, |(number, _)| number + 1),
        at: now.as_microsecond(),
        act: act.as_str().into(),
        actor: actor.uuid.to_string(),
        role: actor.role.as_ref().map(ToString::to_string).unwrap_or_default(),
        session: actor.session.to_string(),
        subject: about.subject.as_ref().map(ToString::to_string).unwrap_or_default(),
        key: about.key.map(|key| key.to_string()).unwrap_or_default(),
        detail: about.detail.clone(),
    };
    let hash = row.hash(before.as_ref().map(|(_, hash)| hash.as_slice()));
    conn.prepare_cached(
        "INSERT INTO audit (number, at, act, actor, role, session, subject, key, detail, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        row.number,
        row.at,
        row.act,
        row.actor,
        row.role,
        row.session,
        row.subject,
        row.key,
        row.detail,
        hash
    ])?;
    meta::set(conn, meta::AUDIT_HEAD, &head_text(row.number, &hash))
}

/// Whether the chain is whole: no row changed, missing, swapped or cut off at the end.
pub(super) fn is_whole(conn: &Connection) -> Result<bool, StoreError> {
    let mut statement = conn.prepare(
        "SELECT number, at, act, actor, role, session, subject, key, detail, hash FROM audit ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let mut before: Option<(i64, Vec<u8>)> = None;
    while let Some(found) = rows.next()? {
        let row = Row {
            number: found.get(0)?,
            at: found.get(1)?,
            act: found.get(2)?,
            actor: found.get(3)?,
            role: found.get(4)?,
            session: found.get(5)?,
            subject: found.get(6)?,
            key: found.get(7)?,
            detail: found.get(8)?,
        };
        let hash: Vec<u8> = found.get(9)?;
        let next = before.as_ref().map_or(1, |(number, _)| number + 1);
        if row.number != next || row.hash(before.as_ref().map(|(_, hash)| hash.as_slice())) != hash {
            return Ok(false);
        }
        before = Some((row.number, hash));
    }
    let head = meta::get(conn, meta::AUDIT_HEAD)?;
    Ok(head == before.map(|(number, hash)| head_text(number, &hash)))
}

fn head(conn: &Connection) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

fn head_text(number: i64, hash: &[u8]) -> String {
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{number} {hash}")
}

struct Row {
    number: i64,
    at: i64,
    act: String,
    actor: String,
    role: String,
    session: String,
    subject: String,
    key: String,
    detail: String,
}

impl Row {
    fn hash(&self, before: Option<&[u8]>) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(b"ra-desk audit 1\0");
        hash.update(before.unwrap_or(&[0; 32]));
        hash.update(self.number.to_be_bytes());
        hash.update(self.at.to_be_bytes());
        let texts = [&self.act, &self.actor, &self.role, &self.session, &self.subject, &self.key, &self.detail];
        for text in texts {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.finalize().to_vec()
    }
}
