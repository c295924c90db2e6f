//! The audit: what was done, by whom, to whom. A chain of hashes that is only ever added to.
//!
//! Each row is written in the transaction of the act it tells of. Rows hold UUIDs and codes, no names. What a row's
//! hash is over stands in [`contract::audit_row_hash`]; whether all rows are as they were written says [`verify`].
//!
//! Deliberately absent: signing ([`super::device`]) and sending ([`crate::sync`]).

pub(crate) mod countersigning;
pub(crate) mod csv;
mod receipts;
pub(crate) mod succession;
mod verify;

use contract::{AuditHash, AuditRow, CareIdentityUuid, RoleProfileId, SubmissionKey};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{StoreError, meta};

pub(crate) use csv::as_csv;
pub(crate) use receipts::{keep as keep_receipt, last as last_receipt};
pub(crate) use verify::{Against, verify};

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
    /// Took over what a colleague had recorded; the key is the colleague's. What is sent instead is recorded before it.
    TakenOver,
    /// What was taken over is its author's again.
    GivenBack,
    /// Took the user's link out to show or copy it.
    LinkShown,
    /// Had the gateway make a fresh link.
    FreshLink,
    /// Asked for a copy of the audit. Where neither of the next two follows, RA Desk ended meanwhile, and a copy may be there.
    AuditCopyAsked,
    /// The copy is saved; the detail is how many rows it has.
    AuditSaved,
    /// There is no copy.
    AuditNotSaved,
    /// Asked for a new audit in place of this one.
    NewAuditAsked,
    /// Said that they have read what became of a damaged store.
    RecoveryRead,
    /// Set or changed a PIN.
    PinSet,
    /// Took their PIN away.
    PinRemoved,
    /// Somebody tried the PIN of this RA user, and it was not that; the detail says how often by now.
    WrongPin,
    /// Their PIN was wrong too often and works no more.
    PinWiped,
    /// Got leave to work without a connection; the detail says until when.
    Prepared,
    /// The gateway gives no such leave any more, so the one before and the PIN are gone.
    NotPrepared,
    /// Began to work without a connection, by PIN.
    OfflineBegun,
    /// Went away, or was; the work is kept.
    Locked,
    /// Came back to it by PIN.
    Unlocked,
    /// The begin or the coming back that this session told last did not come about: somebody signed in meanwhile, or
    /// its time was over.
    CameToNothing,
    /// RA Desk deleted damaged files that were set aside; the detail is their folder.
    SetAsideDeleted,
}

impl Act {
    pub(super) const fn as_str(self) -> &'static str {
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
            Self::TakenOver => "taken_over",
            Self::GivenBack => "given_back",
            Self::LinkShown => "link_shown",
            Self::FreshLink => "fresh_link",
            Self::AuditCopyAsked => "audit_copy_asked",
            Self::AuditSaved => "audit_saved",
            Self::AuditNotSaved => "audit_not_saved",
            Self::NewAuditAsked => "new_audit_asked",
            Self::RecoveryRead => "recovery_read",
            Self::PinSet => "pin_set",
            Self::PinRemoved => "pin_removed",
            Self::WrongPin => "wrong_pin",
            Self::PinWiped => "pin_wiped",
            Self::Prepared => "prepared",
            Self::NotPrepared => "not_prepared",
            Self::OfflineBegun => "offline_begun",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::CameToNothing => "came_to_nothing",
            Self::SetAsideDeleted => "set_aside_deleted",
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
    let role = actor.role.as_ref().map(ToString::to_string).unwrap_or_default();
    let subject = about.subject.as_ref().map(ToString::to_string).unwrap_or_default();
    let key = about.key.map(|key| key.to_string()).unwrap_or_default();
    let who = [actor.uuid.as_str(), &role, &actor.session.to_string()];
    append_row(conn, now, act.as_str(), who, [&subject, &key, &about.detail])
}

/// Adds a row of texts: who (actor, role, session), empty where nobody was at work, and about what (subject, key,
/// detail).
pub(super) fn append_row(
    conn: &Connection,
    now: Timestamp,
    act: &str,
    who: [&str; 3],
    about: [&str; 3],
) -> Result<(), StoreError> {
    let (number, before) = head(conn)?.unwrap_or((0, AuditHash::NONE));
    let row = AuditRow {
        number: number + 1,
        at: now.as_microsecond(),
        act: act.into(),
        actor: who[0].into(),
        role: who[1].into(),
        session: who[2].into(),
        subject: about[0].into(),
        key: about[1].into(),
        detail: about[2].into(),
    };
    let hash = row.hash(&before);
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
        hash.bytes()
    ])?;
    meta::set(conn, meta::AUDIT_HEAD, &head_text(row.number, &hash))
}

/// The number and hash of the last row. None: there is no row.
pub(crate) fn head(conn: &Connection) -> Result<Option<(i64, AuditHash)>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, read_hash(row, 1))))
        .optional()?)
}

/// A hash that somebody spoilt is none. That is found when the chain is walked, and holds up no act before.
fn read_hash(row: &rusqlite::Row<'_>, column: usize) -> AuditHash {
    row.get(column).map_or(AuditHash::NONE, AuditHash::from_bytes)
}

/// The rows behind a number, the first ones first.
pub(crate) fn rows_after(conn: &Connection, number: i64, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT number, at, act, actor, role, session, subject, key, detail FROM audit
         WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    let rows = statement.query_map(params![number, i64::try_from(limit).unwrap_or(i64::MAX)], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The hash of one row.
pub(crate) fn hash_of(conn: &Connection, number: i64) -> Result<Option<AuditHash>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT hash FROM audit WHERE number = ?1")?
        .query_row([number], |row| Ok(read_hash(row, 0)))
        .optional()?)
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        number: row.get(0)?,
        at: row.get(1)?,
        act: row.get(2)?,
        actor: row.get(3)?,
        role: row.get(4)?,
        session: row.get(5)?,
        subject: row.get(6)?,
        key: row.get(7)?,
        detail: row.get(8)?,
    })
}

fn head_text(number: i64, hash: &AuditHash) -> String {
    format!("{number} {hash}")
}

#[cfg(test)]
mod tests;
