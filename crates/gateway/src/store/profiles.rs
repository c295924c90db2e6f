//! Profiles and accounts: reading one, and finding many.

use contract::{
    Authenticator, AuthenticatorKind, AuthenticatorState, BirthDate, CareIdentityUuid, FamilyPattern, GivenName,
    MAX_MATCHES, MatchedBy, NhsNetAddress, OdsCode, Organisation, PersonName, Profile, ProfileSummary,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::StoreError;
use super::rows::{from_word, parsed, parsed_or_none, time, word};
use crate::directory_file::AccountState;

/// What a search looks for, with a National Insurance number already made into its digest.
pub(crate) enum Wanted {
    Uuid(CareIdentityUuid),
    Address(NhsNetAddress),
    NinoDigest(Vec<u8>),
    Details {
        family: FamilyPattern,
        given: Option<GivenName>,
        birth_date: Option<BirthDate>,
        organisation: Option<OdsCode>,
    },
}

/// What a search found.
#[derive(Debug)]
pub(crate) enum Found {
    /// At most [`MAX_MATCHES`], best first.
    Matches(Vec<ProfileSummary>),
    /// More than that.
    TooMany,
}

/// A whole profile, with the authenticators as they are now.
pub(crate) fn profile(
    connection: &Connection,
    uuid: &CareIdentityUuid,
    now: Timestamp,
) -> Result<Option<Profile>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT uuid, title, given, middle, family, birth_date, status, email, nino_held, managed_in_esr \
             FROM profiles WHERE uuid = ?",
        )?
        .query_row([uuid.as_str()], read_profile)
        .optional()?;
    let Some(mut profile) = found else { return Ok(None) };
    profile.positions = positions(connection, uuid)?;
    profile.authenticators = authenticators(connection, uuid, now)?;
    Ok(Some(profile))
}

/// What is known of an NHS.net Connect account: its state, and whether it is a shared mailbox.
pub(crate) fn account(
    connection: &Connection,
    address: &NhsNetAddress,
) -> Result<Option<(AccountState, bool)>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT state, shared FROM accounts WHERE address = ?")?
        .query_row([address.as_str()], |row| Ok((from_word(row, "state")?, row.get("shared")?)))
        .optional()?)
}

/// Finds people, best match first.
pub(crate) fn search(connection: &Connection, wanted: &Wanted, now: Timestamp) -> Result<Found, StoreError> {
    let uuids = match wanted {
        Wanted::Uuid(uuid) => vec![uuid.clone()],
        Wanted::Address(address) => by_address(connection, address)?,
        Wanted::NinoDigest(digest) => {
            uuids(connection, "SELECT uuid FROM profiles WHERE nino_digest = ?1 LIMIT 51", params![digest])?
        }
        Wanted::Details { family, given, birth_date, organisation } => {
            by_details(connection, family, given.as_ref(), *birth_date, organisation.as_ref())?
        }
    };
    if uuids.len() > MAX_MATCHES {
        return Ok(Found::TooMany);
    }
    let mut matches = Vec::with_capacity(uuids.len());
    for uuid in uuids {
        if let Some(profile) = profile(connection, &uuid, now)? {
            matches.push(summary(profile, wanted));
        }
    }
    matches.sort_by_cached_key(|found| {
        let fold = |text: &str| names::fold(text);
        (found.matched_by, fold(found.name.family.as_str()), fold(found.name.given.as_str()), found.uuid.clone())
    });
    Ok(Found::Matches(matches))
}

fn by_address(connection: &Connection, address: &NhsNetAddress) -> Result<Vec<CareIdentityUuid>, StoreError> {
    uuids(
        connection,
        "SELECT uuid FROM profiles WHERE email = ?1 \
         UNION SELECT uuid FROM authenticators WHERE address = ?1 AND removed_at IS NULL LIMIT 51",
        params![address.as_str()],
    )
}

fn by_details(
    connection: &Connection,
    family: &FamilyPattern,
    given: Option<&GivenName>,
    birth_date: Option<BirthDate>,
    organisation: Option<&OdsCode>,
) -> Result<Vec<CareIdentityUuid>, StoreError> {
    let stem = names::fold(family.stem());
    // An exact name is the range of just that key: no key stands between it and itself followed by U+0000.
    let end = if family.is_prefix() { names::after_prefix(&stem) } else { Some(format!("{stem}\0")) };
    let (Some(end), false) = (end, stem.is_empty()) else { return Ok(Vec::new()) };
    let given = given.map(|given| format!(" {}", names::fold(given.as_str())));
    let birth_date = birth_date.map(|date| date.to_string());
    uuids(
        connection,
        "SELECT DISTINCT k.uuid FROM family_keys k \
         WHERE k.key >= :start AND k.key < :end \
           AND (:given IS NULL OR instr(' ' || k.given, :given) > 0) \
           AND (:birth_date IS NULL OR k.birth_date = :birth_date) \
           AND (:ods IS NULL OR EXISTS (SELECT 1 FROM positions p WHERE p.uuid = k.uuid AND p.ods = :ods)) \
         LIMIT 51",
        named_params! {
            ":start": stem, ":end": end, ":given": given, ":birth_date": birth_date,
            ":ods": organisation.map(OdsCode::as_str),
        },
    )
}

fn uuids(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<CareIdentityUuid>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let uuids = statement.query_map(params, |row| parsed(row, "uuid"))?.collect::<Result<_, _>>()?;
    Ok(uuids)
}

fn summary(profile: Profile, wanted: &Wanted) -> ProfileSummary {
    let mut kinds: Vec<AuthenticatorKind> = Vec::new();
    for authenticator in &profile.authenticators {
        if !kinds.contains(&authenticator.kind) {
            kinds.push(authenticator.kind);
        }
    }
    ProfileSummary {
        matched_by: matched_by(&profile.name, wanted),
        uuid: profile.uuid,
        name: profile.name,
        birth_date: profile.birth_date,
        status: profile.status,
        positions: profile.positions,
        authenticators: kinds,
    }
}

fn matched_by(name: &PersonName, wanted: &Wanted) -> MatchedBy {
    let Wanted::Details { family, given, .. } = wanted else { return MatchedBy::Exact };
    let same = |name: &str, typed: &str| names::compare(name, typed) == Some(names::Closeness::Same);
    let exact = same(name.family.as_str(), family.stem())
        && given.as_ref().is_none_or(|given| same(name.given.as_str(), given.as_str()));
    if exact { MatchedBy::Exact } else { MatchedBy::Prefix }
}

fn read_profile(row: &Row<'_>) -> rusqlite::Result<Profile> {
    Ok(Profile {
        uuid: parsed(row, "uuid")?,
        name: PersonName {
            title: row.get("title")?,
            given: parsed(row, "given")?,
            middle: parsed_or_none(row, "middle")?,
            family: parsed(row, "family")?,
        },
        birth_date: parsed(row, "birth_date")?,
        status: from_word(row, "status")?,
        email: row.get("email")?,
        nino_held: row.get("nino_held")?,
        managed_in_esr: row.get("managed_in_esr")?,
        positions: Vec::new(),
        authenticators: Vec::new(),
    })
}

fn positions(connection: &Connection, uuid: &CareIdentityUuid) -> Result<Vec<Organisation>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT ods, name FROM positions WHERE uuid = ? ORDER BY rank")?;
    let positions = statement
        .query_map([uuid.as_str()], |row| Ok(Organisation { code: parsed(row, "ods")?, name: row.get("name")? }))?
        .collect::<Result<_, _>>()?;
    Ok(positions)
}

fn authenticators(
    connection: &Connection,
    uuid: &CareIdentityUuid,
    now: Timestamp,
) -> Result<Vec<Authenticator>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT a.id, a.kind, a.address, a.added_at, a.added_by, \
                CASE WHEN r.id IS NULL OR r.state <> 'waiting' THEN a.state \
                     WHEN r.link_expires_at <= ?2 THEN 'link_expired' ELSE 'waiting_for_them' END AS state \
         FROM authenticators a LEFT JOIN registrations r ON r.authenticator = a.id \
         WHERE a.uuid = ?1 AND a.removed_at IS NULL ORDER BY a.added_at, a.id",
    )?;
    let authenticators = statement
        .query_map(params![uuid.as_str(), now.as_millisecond()], |row| {
            Ok(Authenticator {
                id: parsed(row, "id")?,
                kind: from_word(row, "kind")?,
                state: word::<AuthenticatorState>(row.get_ref("state")?.as_str()?)?,
                address: parsed_or_none(row, "address")?,
                added_at: time(row, "added_at")?,
                added_by: row.get("added_by")?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(authenticators)
}
