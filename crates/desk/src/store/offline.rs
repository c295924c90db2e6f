//! What is kept so that somebody can work here without a connection: PINs, grants, and the highest time ever seen.
//!
//! In the file stand a PIN's wrapped key, its count of attempts and the gateway's grant; in the key store, under an entry
//! of its own for each RA user, the secret without which the PIN opens nothing, and the count again ([`kept`]). Of two
//! counts the higher holds. None of it is saved from a damaged store: its RA users sign in once, and nothing is lost.
//!
//! Deliberately absent: what follows from it ([`crate::offline`], [`crate::pin`]), and the PIN.

pub(crate) mod kept;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contract::{CareIdentityUuid, OfflineGrant};
use jiff::Timestamp;
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{StoreError, meta, rows};
use crate::offline::Highest;
use crate::pin::Wrapped;
use crate::pin::attempts::Attempts;

/// A PIN as the file knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredPin {
    /// Its name: each PIN that is set has another.
    pub(crate) id: uuid::Uuid,
    /// What it opens.
    pub(crate) wrapped: Wrapped,
    /// How often it was tried since it was last right.
    pub(crate) attempts: Attempts,
}

#[derive(Serialize, Deserialize)]
struct PinRow {
    id: uuid::Uuid,
    salt: String,
    sealed: String,
    made: u8,
    next_at: Timestamp,
}

fn pin_name(author: &CareIdentityUuid) -> String {
    format!("{}{author}", meta::PIN)
}

fn grant_name(author: &CareIdentityUuid) -> String {
    format!("{}{author}", meta::OFFLINE_GRANT)
}

/// Somebody's PIN, if they have one. One that cannot be read is none: they sign in and set another.
pub(crate) fn pin(conn: &Connection, author: &CareIdentityUuid) -> Result<Option<StoredPin>, StoreError> {
    let Some(row) = read::<PinRow>(conn, &pin_name(author))? else { return Ok(None) };
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let salt = bytes(&row.salt).and_then(|salt| salt.try_into().ok());
    Ok(salt.zip(bytes(&row.sealed)).map(|(salt, sealed)| StoredPin {
        id: row.id,
        wrapped: Wrapped { salt, sealed },
        attempts: Attempts { made: row.made, next_at: row.next_at },
    }))
}

/// Keeps somebody's PIN in place of the one before.
pub(crate) fn keep_pin(conn: &Connection, author: &CareIdentityUuid, pin: &StoredPin) -> Result<(), StoreError> {
    let row = PinRow {
        id: pin.id,
        salt: URL_SAFE_NO_PAD.encode(pin.wrapped.salt),
        sealed: URL_SAFE_NO_PAD.encode(&pin.wrapped.sealed),
        made: pin.attempts.made,
        next_at: pin.attempts.next_at,
    };
    meta::set(conn, &pin_name(author), &rows::to_json(&row)?)
}

/// Writes down how often a PIN was tried, if it is still that one.
pub(crate) fn keep_attempts(
    conn: &Connection,
    author: &CareIdentityUuid,
    id: uuid::Uuid,
    attempts: Attempts,
) -> Result<(), StoreError> {
    match pin(conn, author)? {
        Some(known) if known.id == id => keep_pin(conn, author, &StoredPin { attempts, ..known }),
        _ => Err(StoreError::NotFound),
    }
}

/// Forgets somebody's PIN and grant: the one is of no use without the other.
pub(crate) fn forget(conn: &Connection, author: &CareIdentityUuid) -> Result<(), StoreError> {
    meta::remove(conn, &pin_name(author))?;
    meta::remove(conn, &grant_name(author))
}

/// Somebody's grant, as it was given.
pub(crate) fn grant(conn: &Connection, author: &CareIdentityUuid) -> Result<Option<OfflineGrant>, StoreError> {
    read(conn, &grant_name(author))
}

/// Keeps somebody's grant in place of the one before.
pub(crate) fn keep_grant(conn: &Connection, author: &CareIdentityUuid, grant: &OfflineGrant) -> Result<(), StoreError> {
    meta::set(conn, &grant_name(author), &rows::to_json(grant)?)
}

/// Everybody who has a PIN here, whether or not they have a grant.
pub(crate) fn people(conn: &Connection) -> Result<Vec<CareIdentityUuid>, StoreError> {
    let named = meta::beginning(conn, meta::PIN)?;
    Ok(named.into_iter().filter_map(|(name, _)| name.strip_prefix(meta::PIN)?.parse().ok()).collect())
}

/// The highest time the file has seen.
pub(super) fn highest(conn: &Connection) -> Result<Highest, StoreError> {
    Ok(read(conn, meta::HIGHEST_TIME)?.unwrap_or(Highest::NONE))
}

/// Writes down the highest time that was seen. What is there and higher stays.
pub(crate) fn keep_highest(conn: &Connection, seen: Highest) -> Result<(), StoreError> {
    let known = highest(conn)?;
    let seen = known.higher(seen);
    if seen == known { Ok(()) } else { meta::set(conn, meta::HIGHEST_TIME, &rows::to_json(&seen)?) }
}

/// What stands under a name. What cannot be read is told of, and is nothing: it is all of a kind that is made anew.
fn read<T: DeserializeOwned>(conn: &Connection, name: &str) -> Result<Option<T>, StoreError> {
    let Some(text) = meta::bytes(conn, name)? else { return Ok(None) };
    Ok(serde_json::from_slice(&text)
        .inspect_err(|_| tracing::error!("a fact about work without a connection cannot be read"))
        .ok())
}

#[cfg(test)]
mod tests;
