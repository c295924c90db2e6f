//! How one audit ends and another begins that names it.
//!
//! A device's audit cannot be mended: what was signed and countersigned stands. So a new one is begun, of a new device,
//! and its first row says which one it follows, up to where that is known, and why. The rows of the old one stay in the
//! store, and what the gateway holds of it stays there.
//!
//! By itself that happens where there is nothing to decide: the store is new, or was damaged and the audit with it.
//! Where somebody may have put another story in place (an older copy, a fork, a changed row), an RA user asks for it,
//! and the row carries their name ([`ask`]).

use contract::{AuditHash, DeviceId};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{Act, Actor, append_row, countersigning};
use crate::audit::{AuditBefore, AuditEnded};
use crate::store::device::{self, Device, Remembered};
use crate::store::{StoreError, meta};
use crate::{KeyStore, Random};

/// What an RA user asked for, until the next start does it.
const ASKED: &str = "audit_asked";

/// Who asked for a new audit, and why.
#[derive(Serialize, Deserialize)]
struct Asked {
    why: AuditEnded,
    actor: String,
    role: String,
    session: String,
}

/// The audit that is here, as its successor names it: as far as the file or the key store knows it, whichever knows
/// more. `kept` is the device the key store knows, for where the file does not say whose audit it holds.
pub(crate) fn ending(
    conn: &Connection,
    fit: i64,
    kept: Option<DeviceId>,
    remembered: Option<&Remembered>,
    why: AuditEnded,
) -> Result<AuditBefore, StoreError> {
    let known = device::known(conn).unwrap_or_default().map(|known| known.id);
    let remembered = remembered.map(|remembered| remembered.head.head);
    let remembered = remembered.filter(|head| known.is_none_or(|known| known == head.device));
    if let Some(head) = remembered.filter(|head| head.number >= fit) {
        return Ok(AuditBefore { device: head.device, rows: head.number, hash: head.hash, why });
    }
    let device = known.or(kept).unwrap_or(DeviceId::from_guid(uuid::Uuid::nil()));
    Ok(AuditBefore { device, rows: fit, hash: super::hash_of(conn, fit)?.unwrap_or(AuditHash::NONE), why })
}

/// Puts what is here of an audit aside and begins another, of a device that was made for it. `who` asked for it, and
/// `remembered` is what the key store knows. To be called within a transaction.
pub(crate) fn begin(
    conn: &Connection,
    now: Timestamp,
    device: &Device,
    before: &AuditBefore,
    (who, remembered): (Option<[&str; 3]>, Option<&Remembered>),
) -> Result<(), StoreError> {
    let key = countersigning::of_the_next(conn, remembered.and_then(Remembered::gateway))?;
    let old = free_name(conn, device::known(conn).unwrap_or_default().map_or(before.device, |known| known.id))?;
    for Move { trigger, copy, delete } in MOVES {
        let sql = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?1";
        let forbids: String = conn.query_row(sql, [trigger], |row| row.get(0))?;
        conn.execute(copy, [&old])?;
        // What forbids it stands again when this is committed.
        conn.execute_batch(&format!("DROP TRIGGER {trigger}; {delete}; {forbids};"))?;
    }
    device.write_down(conn)?;
    meta::remove(conn, meta::AUDIT_HEAD)?;
    countersigning::begin_anew(conn, key)?;
    write_down(conn, now, before, who)
}

/// How rows are moved to where those of earlier audits are kept: copied first, and all of them or none.
struct Move {
    trigger: &'static str,
    copy: &'static str,
    delete: &'static str,
}

const MOVES: [Move; 2] = [
    Move {
        trigger: "audit_is_never_shortened",
        copy: "INSERT INTO audit_before (device, number, at, act, actor, role, session, subject, key, detail, hash)
               SELECT ?1, number, at, act, actor, role, session, subject, key, detail, hash FROM audit",
        delete: "DELETE FROM audit",
    },
    Move {
        trigger: "audit_receipt_is_never_shortened",
        copy: "INSERT INTO audit_receipt_before (device, number, receipt) SELECT ?1, number, receipt FROM audit_receipt",
        delete: "DELETE FROM audit_receipt",
    },
];

/// A name under which no earlier audit is kept: two of which nobody knows the device must not be mixed.
fn free_name(conn: &Connection, device: DeviceId) -> Result<String, StoreError> {
    let name = device.to_string();
    let mut free = name.clone();
    let sql = "SELECT EXISTS (SELECT 1 FROM audit_before WHERE device = ?1)
               OR EXISTS (SELECT 1 FROM audit_receipt_before WHERE device = ?1)";
    for more in 2.. {
        if !conn.query_row(sql, [&free], |row| row.get::<_, bool>(0))? {
            break;
        }
        free = format!("{name}-{more}");
    }
    Ok(free)
}

/// Lets the first row of a new audit name the one before it.
pub(crate) fn write_down(
    conn: &Connection,
    now: Timestamp,
    before: &AuditBefore,
    who: Option<[&str; 3]>,
) -> Result<(), StoreError> {
    meta::set(conn, meta::AUDIT_BEFORE, &crate::store::rows::to_json(before)?)?;
    let (device, detail) = (before.device.to_string(), format!("{} {}", before.rows, before.hash));
    append_row(conn, now, before.why.act(), who.unwrap_or_default(), ["", &device, &detail])
}

/// The audit before this one; none where this is the first, or where it cannot be read.
pub(crate) fn before(conn: &Connection) -> Result<Option<AuditBefore>, StoreError> {
    let text = meta::bytes(conn, meta::AUDIT_BEFORE)?;
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// An RA user wants a new audit in place of one that is not as it was written. The next start begins it.
pub(crate) fn ask(conn: &Connection, now: Timestamp, actor: &Actor, why: AuditEnded) -> Result<(), StoreError> {
    super::append(conn, now, Act::NewAuditAsked, actor, &super::About::default())?;
    let asked = Asked {
        why,
        actor: actor.uuid.to_string(),
        role: actor.role.as_ref().map(ToString::to_string).unwrap_or_default(),
        session: actor.session.to_string(),
    };
    meta::set(conn, ASKED, &crate::store::rows::to_json(&asked)?)
}

/// Whether a new audit begins at the next start.
pub(crate) fn is_asked(conn: &Connection) -> Result<bool, StoreError> {
    Ok(meta::bytes(conn, ASKED)?.is_some())
}

/// Begins the audit that an RA user asked for, if one did; gives the device it is of. Killed at any moment it is begun
/// at the next start, or was. Where the key store does not take a key for it, it stays asked for and there is none.
pub(crate) fn begin_asked(
    conn: &Connection,
    now: Timestamp,
    (keys, random): (&dyn KeyStore, &dyn Random),
    fit: i64,
    remembered: Option<&Remembered>,
) -> Result<Option<Device>, StoreError> {
    let Some(asked) = meta::bytes(conn, ASKED)? else { return Ok(None) };
    let asked: Option<Asked> = serde_json::from_slice(&asked).ok();
    let why = asked.as_ref().map_or(AuditEnded::Broken, |asked| asked.why);
    let before = ending(conn, fit, None, remembered, why)?;
    // Made before the file says so, and in place of the one before only afterwards.
    let device = match Device::make(keys, random, device::known(conn)?) {
        Ok(device) => device,
        Err(error) => {
            tracing::error!(%error, "a new audit was asked for, and is not begun: there is no key for it");
            return Ok(None);
        }
    };
    let tx = conn.unchecked_transaction()?;
    let who = asked.as_ref().map(|asked| [asked.actor.as_str(), asked.role.as_str(), asked.session.as_str()]);
    begin(&tx, now, &device, &before, (who, remembered))?;
    meta::remove(&tx, ASKED)?;
    tx.commit()?;
    Ok(Some(device.settle(keys)))
}

/// How many rows of earlier audits are kept.
pub(crate) fn kept_of_earlier(conn: &Connection) -> Result<i64, StoreError> {
    let there = "SELECT count(*) FROM sqlite_master WHERE name = 'audit_before'";
    // A store that is only looked at may be of an older version.
    if conn.query_row(there, params![], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(0);
    }
    Ok(conn.query_row("SELECT count(*) FROM audit_before", [], |row| row.get(0))?)
}
