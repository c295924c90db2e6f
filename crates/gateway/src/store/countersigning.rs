//! How the key that audits are countersigned with came to be the one it is.

use contract::{Countersigning, KeySuccession, PublicKey};
use rusqlite::Connection;

use super::{StoreError, meta, set_meta};

/// The key in use, and every change to it there was (JSON).
const KEY: &str = "audit_key";
const FOLLOWS: &str = "audit_key_follows";

/// Whether this is the key the database was made with. One made by an earlier version learns of it. Another takes its
/// place where the one before says so itself, and that is kept for good: a computer may have been off meanwhile.
pub(crate) fn check_countersigning(
    connection: &Connection,
    key: &PublicKey,
    follows: Option<KeySuccession>,
) -> Result<(), StoreError> {
    let known = meta(connection, KEY)?;
    if known.as_deref() == Some(key.bytes()) {
        return Ok(());
    }
    if let Some(known) = known {
        let step = follows.filter(|step| step.before.bytes()[..] == known && step.key == *key && step.is_signed());
        let step = step.ok_or(StoreError::OtherKeys)?;
        let mut steps = steps(connection)?;
        steps.push(step);
        let text = serde_json::to_vec(&steps).map_err(|_| StoreError::OtherKeys)?;
        set_meta(connection, FOLLOWS, &text)?;
        tracing::warn!(before = %step.before, key = %step.key, "audits are countersigned with another key from now on");
    }
    set_meta(connection, KEY, key.bytes())
}

/// What computers are told of a key that is in use.
pub(crate) fn countersigning(connection: &Connection, key: PublicKey) -> Result<Countersigning, StoreError> {
    Ok(Countersigning { key, follows: steps(connection)? })
}

/// None that can be read is none: a computer that knows another key then says so.
fn steps(connection: &Connection) -> Result<Vec<KeySuccession>, StoreError> {
    let kept = meta(connection, FOLLOWS)?;
    Ok(kept.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default())
}
