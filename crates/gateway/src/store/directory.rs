//! Filling the directory from its file.

use std::collections::HashSet;
use std::io::{self, BufRead};

use contract::{Authenticator, CareIdentityUuid, Profile};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::rows::to_json;
use crate::directory_file::DirectoryRecord;
use crate::keys::Keys;

/// The longest line of a directory file, in bytes.
const MAX_LINE: usize = 1024 * 1024;

/// Why the directory's file was not taken in. What was there before stays.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The file cannot be read.
    #[error("the directory file cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// A line is not a record.
    #[error("line {line} of the directory file is not a record ({category})")]
    NotARecord {
        /// Which line, counted from 1.
        line: usize,
        /// What kind of fault, without what stands there.
        category: &'static str,
    },
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for DirectoryError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// How much a directory file held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ImportCounts {
    pub(crate) profiles: u64,
    pub(crate) accounts: u64,
    /// Accounts that stand on another profile already; the one that was there stays.
    pub(crate) taken: u64,
    /// Whether the file was the one taken in last, so that nothing was to be done.
    pub(crate) unchanged: bool,
}

/// Takes a directory file in, all of it or nothing. `digest` is the file's, which tells whether it is a new one.
///
/// Profiles that stand no longer in the file stay: closing one is a status, not an absence. Authenticators that
/// RA Desk registered stay too, and those that were removed here do not come back.
pub(crate) fn import(
    connection: &Connection,
    mut lines: impl BufRead,
    digest: &[u8],
    keys: &Keys,
    now: Timestamp,
) -> Result<ImportCounts, DirectoryError> {
    let mut counts = ImportCounts::default();
    if meta(connection, "directory_digest")?.as_deref() == Some(digest) {
        counts.unchanged = true;
        return Ok(counts);
    }
    let (mut text, mut number) = (String::new(), 0);
    let mut not_yet = Vec::new();
    loop {
        text.clear();
        number += 1;
        let not_a_record = |category| DirectoryError::NotARecord { line: number, category };
        // One byte more than is allowed, so that a line that is too long is told from one that just fits.
        let read = io::Read::take(&mut lines, MAX_LINE as u64 + 1).read_line(&mut text)?;
        if read == 0 {
            break;
        }
        if read > MAX_LINE {
            return Err(not_a_record("longer than 1 MiB"));
        }
        if text.trim().is_empty() {
            continue;
        }
        let record: DirectoryRecord = serde_json::from_str(&text).map_err(|error| {
            not_a_record(match error.classify() {
                serde_json::error::Category::Data => "a value is not allowed",
                _ => "not JSON",
            })
        })?;
        match record {
            DirectoryRecord::Profile { profile, nino } => {
                let nino = nino.map(|nino| keys.nino_digest(&nino));
                let uuid = profile.uuid.clone();
                let held_up = put_profile(connection, &profile, nino, now)?;
                not_yet.extend(held_up.into_iter().map(|authenticator| (uuid.clone(), authenticator)));
                counts.profiles += 1;
            }
            DirectoryRecord::Account { address, state, shared_mailbox } => {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO accounts (address, state, shared) VALUES (?, ?, ?)")?
                    .execute(params![address.as_str(), word_of(&state)?, shared_mailbox])?;
                counts.accounts += 1;
            }
        }
    }
    // Only now is everything gone that the file does not name any more, whichever line came first.
    for (uuid, authenticator) in not_yet {
        counts.taken += u64::from(!put_authenticator(connection, &uuid, &authenticator)?);
    }
    set_meta(connection, "directory_digest", digest)?;
    Ok(counts)
}

/// A value the gateway remembers of itself.
pub(crate) fn meta(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(connection.query_row("SELECT value FROM meta WHERE name = ?", [name], |row| row.get(0)).optional()?)
}

/// Remembers a value.
pub(crate) fn set_meta(connection: &Connection, name: &str, value: &[u8]) -> Result<(), StoreError> {
    connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", params![name, value])?;
    Ok(())
}

/// Writes a profile; answers those of its authenticators whose account stands elsewhere at this moment.
fn put_profile(
    connection: &Connection,
    profile: &Profile,
    nino: Option<Vec<u8>>,
    now: Timestamp,
) -> Result<Vec<Authenticator>, StoreError> {
    let (uuid, name, birth_date) = (profile.uuid.as_str(), &profile.name, profile.birth_date.to_string());
    let email = profile.email.as_deref().map(str::to_lowercase);
    connection
        .prepare_cached(
            "INSERT INTO profiles (uuid, title, given, middle, family, birth_date, status, email, nino_held, \
                                   nino_digest, managed_in_esr) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
             ON CONFLICT (uuid) DO UPDATE SET title = ?2, given = ?3, middle = ?4, family = ?5, birth_date = ?6, \
               status = ?7, email = ?8, nino_held = ?9, nino_digest = ?10, managed_in_esr = ?11",
        )?
        .execute(params![
            uuid,
            name.title,
            name.given.as_str(),
            name.middle.as_ref().map(|middle| middle.as_str()),
            name.family.as_str(),
            birth_date,
            profile.status.as_str(),
            email,
            profile.nino_held,
            nino,
            profile.managed_in_esr
        ])?;
    connection.prepare_cached("DELETE FROM positions WHERE uuid = ?")?.execute([uuid])?;
    for (rank, position) in (0_i64..).zip(&profile.positions) {
        connection
            .prepare_cached("INSERT INTO positions (uuid, rank, ods, name) VALUES (?, ?, ?, ?)")?
            .execute(params![uuid, rank, position.code.as_str(), position.name])?;
    }
    connection.prepare_cached("DELETE FROM family_keys WHERE uuid = ?")?.execute([uuid])?;
    let given = names::fold(name.given.as_str());
    for key in names::search_keys(name.family.as_str()) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO family_keys (key, uuid, given, birth_date) VALUES (?, ?, ?, ?)")?
            .execute(params![key, uuid, given, birth_date])?;
    }
    put_authenticators(connection, &profile.uuid, &profile.authenticators, now)
}

fn put_authenticators(
    connection: &Connection,
    uuid: &CareIdentityUuid,
    authenticators: &[Authenticator],
    now: Timestamp,
) -> Result<Vec<Authenticator>, StoreError> {
    let listed: HashSet<String> = authenticators.iter().map(|authenticator| authenticator.id.to_string()).collect();
    let gone: Vec<String> = connection
        .prepare_cached("SELECT id FROM authenticators WHERE uuid = ? AND source = 'directory' AND removed_at IS NULL")?
        .query_map([uuid.as_str()], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?
        .into_iter()
        .filter(|id| !listed.contains(id))
        .collect();
    for id in gone {
        connection
            .prepare_cached("UPDATE authenticators SET removed_at = ? WHERE id = ?")?
            .execute(params![now.as_millisecond(), id])?;
    }
    let mut held_up = Vec::new();
    for authenticator in authenticators {
        if !put_authenticator(connection, uuid, authenticator)? {
            held_up.push(authenticator.clone());
        }
    }
    Ok(held_up)
}

/// Writes an authenticator; answers whether it is there, and not its account on another profile.
fn put_authenticator(
    connection: &Connection,
    uuid: &CareIdentityUuid,
    authenticator: &Authenticator,
) -> Result<bool, StoreError> {
    // OR IGNORE: it is here already (perhaps removed here, which stands), or its account is active elsewhere.
    let added = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO authenticators (id, uuid, kind, address, added_at, added_by, source, state) \
             VALUES (?, ?, ?, ?, ?, ?, 'directory', ?)",
        )?
        .execute(params![
            authenticator.id.to_string(),
            uuid.as_str(),
            authenticator.kind.as_str(),
            authenticator.address.as_ref().map(|address| address.as_str()),
            authenticator.added_at.as_millisecond(),
            authenticator.added_by,
            authenticator.state.as_str()
        ])?;
    Ok(added > 0 || is_known(connection, authenticator)?)
}

fn is_known(connection: &Connection, authenticator: &Authenticator) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM authenticators WHERE id = ?)")?
        .query_row([authenticator.id.to_string()], |row| row.get(0))?)
}

/// A plain enum's word on the wire.
fn word_of<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    Ok(to_json(value)?.trim_matches('"').to_owned())
}
