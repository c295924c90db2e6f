//! Registrations, from the act to the user's own sign-in and to removal.

use contract::{
    AuthenticatorId, CareIdentityUuid, NhsNetAddress, RegistrationId, RegistrationState, RequestId, RoleProfileId,
    SubmissionKey, WarningCode,
};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, named_params, params};

use super::StoreError;
use super::rows::{from_json, parsed, time, time_or_none, to_json};

/// A registration as it is now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredRegistration {
    pub(crate) id: RegistrationId,
    pub(crate) key: SubmissionKey,
    pub(crate) uuid: CareIdentityUuid,
    pub(crate) address: NhsNetAddress,
    pub(crate) author: CareIdentityUuid,
    pub(crate) author_name: String,
    pub(crate) warnings: Vec<WarningCode>,
    pub(crate) registered_at: Timestamp,
    pub(crate) state: RegistrationState,
    pub(crate) link_serial: u32,
    pub(crate) link_expires_at: Timestamp,
    pub(crate) opened_at: Option<Timestamp>,
    pub(crate) signed_in_at: Option<Timestamp>,
    pub(crate) wrong_account: u32,
    pub(crate) linked_at: Option<Timestamp>,
    pub(crate) changed: i64,
}

/// A registration that is about to be made.
pub(crate) struct NewRegistration<'a> {
    pub(crate) id: RegistrationId,
    pub(crate) authenticator: AuthenticatorId,
    pub(crate) key: SubmissionKey,
    pub(crate) uuid: &'a CareIdentityUuid,
    pub(crate) address: &'a NhsNetAddress,
    pub(crate) author: &'a CareIdentityUuid,
    pub(crate) author_name: &'a str,
    pub(crate) author_role: &'a RoleProfileId,
    /// The frozen body, kept as evidence of what was said.
    pub(crate) body: &'a str,
    pub(crate) warnings: &'a [WarningCode],
    pub(crate) at: Timestamp,
    pub(crate) link_digest: [u8; 32],
    pub(crate) link_expires_at: Timestamp,
}

/// Whether a registration was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Created {
    Yes,
    /// The account became active somewhere after it was looked for: the unique index says so.
    AddressTaken,
}

const COLUMNS: &str = "id, key, uuid, address, author, author_name, warnings, registered_at, link_serial, \
     link_expires_at, opened_at, signed_in_at, wrong_account, linked_at, changed, \
     CASE WHEN state = 'waiting' AND link_expires_at <= :now THEN 'expired' ELSE state END AS state";

/// Makes a registration and its authenticator.
pub(crate) fn create_registration(connection: &Connection, new: &NewRegistration<'_>) -> Result<Created, StoreError> {
    let added = connection
        .prepare_cached(
            "INSERT INTO authenticators (id, uuid, kind, address, added_at, added_by, source, state) \
             VALUES (?, ?, 'nhs_net_connect', ?, ?, ?, 'ra_desk', 'waiting_for_them')",
        )?
        .execute(params![
            new.authenticator.to_string(),
            new.uuid.as_str(),
            new.address.as_str(),
            new.at.as_millisecond(),
            new.author_name
        ]);
    match added {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            return Ok(Created::AddressTaken);
        }
        other => other?,
    };
    let changed = next_change(connection, new.author)?;
    connection
        .prepare_cached(
            "INSERT INTO registrations (id, key, uuid, address, authenticator, author, author_name, author_role, \
               body, warnings, registered_at, state, link_serial, link_digest, link_expires_at, wrong_account, \
               expiry_told, changed) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 1, ?, ?, 0, 0, ?)",
        )?
        .execute(params![
            new.id.to_string(),
            new.key.to_string(),
            new.uuid.as_str(),
            new.address.as_str(),
            new.authenticator.to_string(),
            new.author.as_str(),
            new.author_name,
            new.author_role.as_str(),
            new.body,
            to_json(&new.warnings)?,
            new.at.as_millisecond(),
            new.link_digest,
            new.link_expires_at.as_millisecond(),
            changed
        ])?;
    Ok(Created::Yes)
}

/// A registration by its name.
pub(crate) fn registration(
    connection: &Connection,
    id: &RegistrationId,
    now: Timestamp,
) -> Result<Option<StoredRegistration>, StoreError> {
    one(connection, "id = :value", &id.to_string(), now)
}

/// The registration a user's link belongs to.
pub(crate) fn registration_by_link(
    connection: &Connection,
    link_digest: &[u8; 32],
    now: Timestamp,
) -> Result<Option<StoredRegistration>, StoreError> {
    one(connection, "link_digest = :value", link_digest, now)
}

/// Where an account is active, and the registration that put it there, unless the directory did.
pub(crate) struct ActiveAddress {
    pub(crate) uuid: CareIdentityUuid,
    pub(crate) registration: Option<RegistrationId>,
}

/// Where an account is active.
pub(crate) fn active_address(
    connection: &Connection,
    address: &NhsNetAddress,
) -> Result<Option<ActiveAddress>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT a.uuid, r.id AS registration FROM authenticators a \
             LEFT JOIN registrations r ON r.authenticator = a.id WHERE a.address = ? AND a.removed_at IS NULL",
        )?
        .query_row([address.as_str()], |row| {
            Ok(ActiveAddress {
                uuid: parsed(row, "uuid")?,
                registration: super::rows::parsed_or_none(row, "registration")?,
            })
        })
        .optional()?)
}

/// The profile an account opens: linked, and the profile not closed.
pub(crate) struct LinkedTo {
    pub(crate) uuid: CareIdentityUuid,
    pub(crate) name: String,
}

/// The profile an account opens.
pub(crate) fn linked_to(connection: &Connection, address: &NhsNetAddress) -> Result<Option<LinkedTo>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT p.uuid, p.given, p.family FROM authenticators a JOIN profiles p ON p.uuid = a.uuid \
             WHERE a.address = ? AND a.removed_at IS NULL AND a.state = 'linked' AND p.status <> 'closed'",
        )?
        .query_row([address.as_str()], |row| {
            let (given, family): (String, String) = (row.get("given")?, row.get("family")?);
            Ok(LinkedTo { uuid: parsed(row, "uuid")?, name: format!("{given} {family}") })
        })
        .optional()?)
}

/// Registrations of an RA user that changed after a mark, oldest change first.
pub(crate) fn changed_since(
    connection: &Connection,
    author: &CareIdentityUuid,
    after: i64,
    most: u32,
    now: Timestamp,
) -> Result<Vec<StoredRegistration>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM registrations WHERE author = :author AND changed > :after ORDER BY changed LIMIT :most"
    ))?;
    let found = statement
        .query_map(
            named_params! { ":author": author.as_str(), ":after": after, ":most": most, ":now": now.as_millisecond() },
            read,
        )?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

/// Whether links of this RA user have expired of which the desk was not told yet. Expiry is no act, so it is not a
/// change until somebody looks.
pub(crate) fn has_untold_expiries(
    connection: &Connection,
    author: &CareIdentityUuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM registrations WHERE author = ? AND state = 'waiting' \
             AND link_expires_at <= ? AND expiry_told = 0)",
        )?
        .query_row(params![author.as_str(), now.as_millisecond()], |row| row.get(0))?)
}

/// Makes expiries into changes.
pub(crate) fn tell_expiries(
    connection: &Connection,
    author: &CareIdentityUuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ids: Vec<String> = connection
        .prepare_cached(
            "SELECT id FROM registrations WHERE author = ? AND state = 'waiting' AND link_expires_at <= ? \
             AND expiry_told = 0 ORDER BY link_expires_at",
        )?
        .query_map(params![author.as_str(), now.as_millisecond()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in ids {
        connection
            .prepare_cached("UPDATE registrations SET expiry_told = 1, changed = ? WHERE id = ?")?
            .execute(params![next_change(connection, author)?, id])?;
    }
    Ok(())
}

/// Gives a registration a fresh link; the one before it is dead, and so is what was done with it.
pub(crate) fn new_link(
    connection: &Connection,
    registration: &StoredRegistration,
    link_digest: &[u8; 32],
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE registrations SET link_serial = link_serial + 1, link_digest = ?, link_expires_at = ?, \
               opened_at = NULL, signed_in_at = NULL, wrong_account = 0, expiry_told = 0, changed = ? WHERE id = ?",
        )?
        .execute(params![
            link_digest,
            expires_at.as_millisecond(),
            next_change(connection, &registration.author)?,
            registration.id.to_string()
        ])?;
    Ok(())
}

/// The page of a link was opened, for the first time.
pub(crate) fn link_is_opened(
    connection: &Connection,
    registration: &StoredRegistration,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE registrations SET opened_at = ?, changed = ? WHERE id = ? AND opened_at IS NULL")?
        .execute(params![
            now.as_millisecond(),
            next_change(connection, &registration.author)?,
            registration.id.to_string()
        ])?;
    Ok(())
}

/// Another account than the registered one signed in. `ends` ends the link.
pub(crate) fn link_went_wrong(
    connection: &Connection,
    registration: &StoredRegistration,
    ends: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE registrations SET wrong_account = wrong_account + 1, signed_in_at = ?1, changed = ?2, \
               link_expires_at = CASE WHEN ?3 THEN min(link_expires_at, ?1) ELSE link_expires_at END, \
               expiry_told = ?3 WHERE id = ?4",
        )?
        .execute(params![
            now.as_millisecond(),
            next_change(connection, &registration.author)?,
            ends,
            registration.id.to_string()
        ])?;
    Ok(())
}

/// The registered account signed in: from now on it opens the profile.
pub(crate) fn link_is_finished(
    connection: &Connection,
    registration: &StoredRegistration,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = registration.id.to_string();
    connection
        .prepare_cached(
            "UPDATE registrations SET state = 'linked', linked_at = ?1, signed_in_at = ?1, changed = ?2 WHERE id = ?3",
        )?
        .execute(params![now.as_millisecond(), next_change(connection, &registration.author)?, id])?;
    connection
        .prepare_cached(
            "UPDATE authenticators SET state = 'linked' \
             WHERE id = (SELECT authenticator FROM registrations WHERE id = ?)",
        )?
        .execute([&id])?;
    Ok(())
}

/// A removal that was done before.
pub(crate) struct Removal {
    pub(crate) uuid: CareIdentityUuid,
    pub(crate) authenticator: AuthenticatorId,
    pub(crate) author: CareIdentityUuid,
}

/// The removal of a request, if it was done.
pub(crate) fn removal(connection: &Connection, request: &RequestId) -> Result<Option<Removal>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT uuid, authenticator, author FROM removals WHERE request = ?")?
        .query_row([request.to_string()], |row| {
            Ok(Removal {
                uuid: parsed(row, "uuid")?,
                authenticator: parsed(row, "authenticator")?,
                author: parsed(row, "author")?,
            })
        })
        .optional()?)
}

/// Takes an authenticator off a profile, with the registration that put it there.
pub(crate) fn remove_authenticator(
    connection: &Connection,
    request: &RequestId,
    removal: &Removal,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id, at) = (removal.authenticator.to_string(), now.as_millisecond());
    connection
        .prepare_cached("UPDATE authenticators SET removed_at = ? WHERE id = ? AND removed_at IS NULL")?
        .execute(params![at, id])?;
    let author: Option<CareIdentityUuid> = connection
        .prepare_cached("SELECT author FROM registrations WHERE authenticator = ?")?
        .query_row([&id], |row| parsed(row, "author"))
        .optional()?;
    if let Some(author) = author {
        connection
            .prepare_cached("UPDATE registrations SET state = 'removed', changed = ? WHERE authenticator = ?")?
            .execute(params![next_change(connection, &author)?, id])?;
    }
    connection
        .prepare_cached(
            "INSERT INTO removals (request, uuid, authenticator, author, removed_at) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![request.to_string(), removal.uuid.as_str(), id, removal.author.as_str(), at])?;
    Ok(())
}

fn one(
    connection: &Connection,
    condition: &str,
    value: &dyn rusqlite::ToSql,
    now: Timestamp,
) -> Result<Option<StoredRegistration>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM registrations WHERE {condition}"))?
        .query_row(named_params! { ":value": value, ":now": now.as_millisecond() }, read)
        .optional()?)
}

/// Each change of an RA user's registrations has a number of its own, so that none is missed between two looks.
fn next_change(connection: &Connection, author: &CareIdentityUuid) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(changed), 0) + 1 FROM registrations WHERE author = ?")?
        .query_row([author.as_str()], |row| row.get(0))?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredRegistration> {
    Ok(StoredRegistration {
        id: parsed(row, "id")?,
        key: parsed(row, "key")?,
        uuid: parsed(row, "uuid")?,
        address: parsed(row, "address")?,
        author: parsed(row, "author")?,
        author_name: row.get("author_name")?,
        warnings: from_json(row, "warnings")?,
        registered_at: time(row, "registered_at")?,
        state: match row.get_ref("state")?.as_str()? {
            "linked" => RegistrationState::Linked,
            "removed" => RegistrationState::Removed,
            "expired" => RegistrationState::LinkExpired,
            _ => RegistrationState::WaitingForThem,
        },
        link_serial: row.get("link_serial")?,
        link_expires_at: time(row, "link_expires_at")?,
        opened_at: time_or_none(row, "opened_at")?,
        signed_in_at: time_or_none(row, "signed_in_at")?,
        wrong_account: row.get("wrong_account")?,
        linked_at: time_or_none(row, "linked_at")?,
        changed: row.get("changed")?,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::migrate;

    #[test]
    fn the_unique_index_is_the_last_line() {
        let folder = tempfile::tempdir().unwrap();
        let connection = migrate::open(&folder.path().join("a.sqlite3")).unwrap();
        let people: [CareIdentityUuid; 2] = ["555000000001".parse().unwrap(), "555000000002".parse().unwrap()];
        for uuid in &people {
            connection
                .execute(
                    "INSERT INTO profiles (uuid, given, family, birth_date, status, nino_held, managed_in_esr) \
                     VALUES (?, 'Sam', 'Taylor', '1985-03-27', 'active', 0, 0)",
                    [uuid.as_str()],
                )
                .unwrap();
        }
        let (address, role) = ("sam.taylor@nhs.net".parse().unwrap(), "1".parse().unwrap());
        let at = Timestamp::from_second(1_000).unwrap();
        let register = |n: u128, uuid: &CareIdentityUuid| {
            let new = NewRegistration {
                id: RegistrationId::from_guid(Uuid::from_u128(n)),
                authenticator: AuthenticatorId::from_guid(Uuid::from_u128(n)),
                key: SubmissionKey::from_guid(Uuid::from_u128(n)),
                uuid,
                address: &address,
                author: &people[0],
                author_name: "Robin Agent",
                author_role: &role,
                body: "{}",
                warnings: &[],
                at,
                link_digest: [u8::try_from(n).unwrap(); 32],
                link_expires_at: at,
            };
            create_registration(&connection, &new).unwrap()
        };
        assert_eq!(register(1, &people[0]), Created::Yes);
        assert_eq!(register(2, &people[0]), Created::AddressTaken);
        assert_eq!(register(3, &people[1]), Created::AddressTaken);
        let rows: i64 = connection.query_row("SELECT count(*) FROM registrations", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1, "what was not made has left nothing");
    }
}
