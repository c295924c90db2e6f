//! What became of each submission key.

use contract::{CareIdentityUuid, Fingerprint, RefusalCode, RefusalDetail, RegistrationId, SubmissionKey, TakenOverBy};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::rows::{from_json, parsed, parsed_or_none, to_json};

/// How a key was settled, for good.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Settled {
    Registered(RegistrationId),
    /// The registration, where one is part of the detail, is named and not stored: its state goes on.
    Refused {
        code: RefusalCode,
        registration: Option<RegistrationId>,
        detail: Box<RefusalDetail>,
    },
    Withdrawn,
    /// An RA Manager took over what stood, or was to stand, under the key.
    TakenOver(Box<Taken>),
}

/// Who took a submission over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Taken {
    pub(crate) by: CareIdentityUuid,
    /// What its author is told.
    pub(crate) told: TakenOverBy,
}

/// A settled key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SubmissionRow {
    /// What was sent under it; none where it was withdrawn first.
    pub(crate) fingerprint: Option<[u8; 32]>,
    /// Whose it is: who recorded what was sent under it.
    pub(crate) author: CareIdentityUuid,
    pub(crate) settled: Settled,
    /// Of a manager's own: what it was taken over from, and for whom it was sent.
    pub(crate) took_over: Option<TookOver>,
}

/// What a manager's own submission was taken over from, and for whom it was sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TookOver {
    pub(crate) key: SubmissionKey,
    pub(crate) whom: CareIdentityUuid,
}

/// What is known of a key.
pub(crate) fn submission(connection: &Connection, key: &SubmissionKey) -> Result<Option<SubmissionRow>, StoreError> {
    let row = connection
        .prepare_cached(
            "SELECT fingerprint, outcome, registration, refusal, detail, author, taken_over_by, taken_over, \
             took_over, took_over_for \
             FROM submissions WHERE key = ?",
        )?
        .query_row([key.to_string()], |row| {
            let registration: Option<RegistrationId> = parsed_or_none(row, "registration")?;
            let settled = match (row.get_ref("outcome")?.as_str()?, registration) {
                ("registered", Some(id)) => Some(Settled::Registered(id)),
                ("refused", registration) => Some(Settled::Refused {
                    code: parsed(row, "refusal")?,
                    registration,
                    detail: from_json(row, "detail")?,
                }),
                ("withdrawn", _) => Some(Settled::Withdrawn),
                ("taken_over", _) => Some(Settled::TakenOver(Box::new(Taken {
                    by: parsed(row, "taken_over_by")?,
                    told: from_json(row, "taken_over")?,
                }))),
                _ => None,
            };
            let took_over = match (parsed_or_none(row, "took_over")?, parsed_or_none(row, "took_over_for")?) {
                (Some(key), Some(whom)) => Some(TookOver { key, whom }),
                _ => None,
            };
            Ok((row.get("fingerprint")?, parsed(row, "author")?, settled, took_over))
        })
        .optional()?;
    let Some((fingerprint, author, settled, took_over)) = row else { return Ok(None) };
    let settled = settled.ok_or(StoreError::NotUnderstood { table: "submissions" })?;
    Ok(Some(SubmissionRow { fingerprint, author, settled, took_over }))
}

/// Settles a key that is not settled yet; and says what it was taken over from, if it was.
pub(crate) fn settle(
    connection: &Connection,
    key: &SubmissionKey,
    fingerprint: &Fingerprint,
    author: &CareIdentityUuid,
    settled: &Settled,
    took_over: Option<&TookOver>,
    now: Timestamp,
) -> Result<(), StoreError> {
    insert(connection, key, Some(fingerprint.bytes()), author, settled, now)?;
    if let Some(took_over) = took_over {
        connection
            .prepare_cached("UPDATE submissions SET took_over = ?2, took_over_for = ?3 WHERE key = ?1")?
            .execute(params![key.to_string(), took_over.key.to_string(), took_over.whom.as_str()])?;
    }
    Ok(())
}

/// Puts a tombstone on a key that is not settled yet.
pub(crate) fn withdraw(
    connection: &Connection,
    key: &SubmissionKey,
    author: &CareIdentityUuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    insert(connection, key, None, author, &Settled::Withdrawn, now)
}

/// Puts a tombstone on a key that is not settled yet: what its author recorded under it was taken over.
pub(crate) fn take_over(
    connection: &Connection,
    key: &SubmissionKey,
    author: &CareIdentityUuid,
    taken: Taken,
    now: Timestamp,
) -> Result<(), StoreError> {
    insert(connection, key, None, author, &Settled::TakenOver(Box::new(taken)), now)
}

fn insert(
    connection: &Connection,
    key: &SubmissionKey,
    fingerprint: Option<&[u8; 32]>,
    author: &CareIdentityUuid,
    settled: &Settled,
    now: Timestamp,
) -> Result<(), StoreError> {
    let taken = match settled {
        Settled::TakenOver(taken) => Some(&**taken),
        _ => None,
    };
    let (outcome, registration, refusal, detail) = match settled {
        Settled::Registered(id) => ("registered", Some(*id), None, None),
        Settled::Refused { code, registration, detail } => {
            ("refused", *registration, Some(code.as_str()), Some(to_json(detail)?))
        }
        Settled::Withdrawn => ("withdrawn", None, None, None),
        Settled::TakenOver(_) => ("taken_over", None, None, None),
    };
    connection
        .prepare_cached(
            "INSERT INTO submissions (key, fingerprint, outcome, registration, refusal, detail, author, settled_at, \
               taken_over_by, taken_over) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            key.to_string(),
            fingerprint.map(|fingerprint| &fingerprint[..]),
            outcome,
            registration.map(|id| id.to_string()),
            refusal,
            detail,
            author.as_str(),
            now.as_millisecond(),
            taken.map(|taken| taken.by.as_str()),
            taken.map(|taken| to_json(&taken.told)).transpose()?
        ])?;
    Ok(())
}
