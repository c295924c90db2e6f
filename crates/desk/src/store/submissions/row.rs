//! How a submission stands in its row: what is sealed of it, and what is in the clear.

use contract::{CareIdentityUuid, FrozenBody, NhsNetAddress, Profile, RefusalCode, Registration};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::StoredSubmission;
use crate::Status;
use crate::store::rows::{self, at, json, parsed, word};
use crate::store::{StoreError, vault};
use crate::submission::Life;

pub(in crate::store) const COLUMNS: &str = "key, profile, profile_read_at, address, body, role, role_text, recorded_in, \
    confirmed_in, recorded_at, status, unsettled, withdrawal_requested, is_taken_over, attempts, attention, attention_detail, \
    registration, registration_read_at, replaces, replaced_by, updated_at, author_name, taken_over, takes_over, \
    vault_opened(author, 'submission', key || ' ' || role || ' ' || care_identity, sealed), \
    vault_opened(author, 'registration', key, registration_sealed), \
    vault_opened(author, 'attention', key, attention_sealed)";

/// What each sealed value is bound to, beside its author: what was recorded also to the columns it is sent by.
pub(in crate::store) const SEALED: (&str, &str) = ("submission", "key || ' ' || role || ' ' || care_identity");

/// What is sealed of what was recorded. The body's bytes are those that are sent.
#[derive(Serialize)]
struct Recorded<'a> {
    profile: &'a Profile,
    address: &'a NhsNetAddress,
    body: &'a str,
}

/// The same, opened.
#[derive(Deserialize)]
struct Opened {
    profile: Profile,
    address: NhsNetAddress,
    body: String,
}

pub(super) fn seal(
    conn: &Connection,
    author: &CareIdentityUuid,
    submission: &StoredSubmission,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = format!("{} {} {}", submission.key, submission.role, submission.profile.uuid);
    let said = Recorded { profile: &submission.profile, address: &submission.address, body: submission.body.as_str() };
    vault::seal(conn, author.as_str(), SEALED.0, &row, &said)
}

/// Seals what the author recorded before they had a vault; says whether there was any.
pub(in crate::store) fn seal_rest(conn: &Connection, author: &CareIdentityUuid) -> Result<bool, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM submission WHERE author = ?1 AND sealed IS NULL");
    let clear = rows::readable(conn.prepare_cached(&sql)?.query_map([author.as_str()], read)?)?;
    for submission in &clear {
        let key = submission.key.to_string();
        let Some(sealed) = seal(conn, author, submission)? else { continue };
        conn.prepare_cached("UPDATE submission SET profile = '', address = '', body = '', sealed = ?2 WHERE key = ?1")?
            .execute(params![key, sealed])?;
        if let Some((registration, _)) = &submission.registration {
            keep(conn, author, &key, &REGISTRATION, registration)?;
        }
        if let Some((_, detail)) = &submission.attention {
            keep(conn, author, &key, &ATTENTION, detail)?;
        }
    }
    Ok(!clear.is_empty())
}

/// Something that is written down of a submission later: what it is bound to, and where it stands.
pub(super) struct Later {
    what: &'static str,
    update: &'static str,
}

/// How a registration is.
pub(super) const REGISTRATION: Later = Later {
    what: "registration",
    update: "UPDATE submission SET registration = ?2, registration_sealed = ?3 WHERE key = ?1",
};
/// What more there is to know about a refusal.
pub(super) const ATTENTION: Later = Later {
    what: "attention",
    update: "UPDATE submission SET attention_detail = ?2, attention_sealed = ?3 WHERE key = ?1",
};

/// Writes it down, sealed where there is a vault.
pub(super) fn keep(
    conn: &Connection,
    author: &CareIdentityUuid,
    key: &str,
    later: &Later,
    value: &impl Serialize,
) -> Result<(), StoreError> {
    let sealed = vault::seal(conn, author.as_str(), later.what, key, value)?;
    let clear = if sealed.is_none() { Some(rows::to_json(value)?) } else { None };
    conn.prepare_cached(later.update)?.execute(params![key, clear, sealed])?;
    Ok(())
}

/// Whether this is the word of a status.
pub(in crate::store) fn is_status(word: &str) -> bool {
    STATUS_WORDS.iter().any(|(_, listed)| *listed == word)
}

const STATUS_WORDS: [(Status, &str); 8] = [
    (Status::ReadyToSend, "ready_to_send"),
    (Status::Sending, "sending"),
    (Status::WaitingForThem, "waiting_for_them"),
    (Status::LinkExpired, "link_expired"),
    (Status::Linked, "linked"),
    (Status::NeedsAttention, "needs_attention"),
    (Status::Withdrawn, "withdrawn"),
    (Status::Removed, "removed"),
];

pub(in crate::store) fn status_word(status: Status) -> &'static str {
    STATUS_WORDS.iter().find(|(listed, _)| *listed == status).map_or("", |(_, word)| word)
}

/// Reads status, unsettled, withdrawal requested and taken over from four columns in a row.
pub(in crate::store) fn life(row: &Row<'_>, column: usize) -> rusqlite::Result<Life> {
    let word = row.get_ref(column)?.as_str()?;
    let (status, _) = STATUS_WORDS.iter().find(|(_, listed)| *listed == word).ok_or(rows::unreadable(column))?;
    Ok(Life {
        status: *status,
        unsettled: row.get(column + 1)?,
        withdrawal_requested: row.get(column + 2)?,
        taken_over: row.get(column + 3)?,
    })
}

pub(in crate::store) fn read(row: &Row<'_>) -> rusqlite::Result<StoredSubmission> {
    let recorded = match vault::read(row, 25)? {
        Some(recorded) => recorded,
        None => Opened {
            profile: json(row, 1)?,
            address: parsed(row, 3, str::parse)?,
            body: parsed(row, 4, |text| Ok::<_, std::convert::Infallible>(text.to_owned()))?,
        },
    };
    let refusal: Option<RefusalCode> = word(row, 15)?;
    let detail = match vault::read(row, 27)? {
        Some(detail) => Some(detail),
        None => rows::json_or_none(row, 16)?,
    };
    let registration: Option<Registration> = match vault::read(row, 26)? {
        Some(registration) => Some(registration),
        None => rows::json_or_none(row, 17)?,
    };
    Ok(StoredSubmission {
        key: parsed(row, 0, str::parse)?,
        profile: recorded.profile,
        profile_read_at: at(row, 2)?,
        address: recorded.address,
        body: FrozenBody::from_text(recorded.body).map_err(|_| rows::unreadable(4))?,
        role: parsed(row, 5, str::parse)?,
        role_text: row.get(6)?,
        recorded_in: parsed(row, 7, uuid::Uuid::try_parse)?,
        confirmed_in: rows::parsed_or_none(row, 8)?,
        recorded_at: at(row, 9)?,
        life: life(row, 10)?,
        attempts: row.get(14)?,
        attention: refusal.map(|code| (code, detail.unwrap_or_default())),
        registration: registration
            .map(|registration| Ok::<_, rusqlite::Error>((registration, at(row, 18)?)))
            .transpose()?,
        replaces: rows::parsed_or_none(row, 19)?,
        replaced_by: rows::parsed_or_none(row, 20)?,
        updated_at: at(row, 21)?,
        author_name: row.get(22)?,
        taken_over: rows::json_or_none(row, 23)?,
        takes_over: rows::json_or_none(row, 24)?,
    })
}
