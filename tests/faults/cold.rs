//! What a desk's closed store holds, seen from outside: its own file, opened with the key of the test's key store.
//!
//! Deliberately absent: a way to change anything, and the product's own reading of it. The chain of the audit is the
//! one thing that is asked of the product ([`desk::Desk::audit_is_whole`]); that it finds every damage is tested where
//! it is made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use tests::Outcome;
use tests::practice::FileKeys;

use crate::table::Tally;

/// What stands in a store.
pub struct Cold {
    /// Each submission's status by its key.
    pub submissions: BTreeMap<String, String>,
    /// What is not as it must be, in words. Empty in a store that is well.
    pub faults: Vec<String>,
}

impl Cold {
    /// Of these keys, those that are not there.
    pub fn missing<'a>(&self, keys: impl IntoIterator<Item = &'a String>) -> Vec<&'a String> {
        keys.into_iter().filter(|key| !self.submissions.contains_key(*key)).collect()
    }
}

/// Opens a closed store as it lies there, with the key that this key store holds.
pub fn open(folder: &Path, key: &Path) -> Outcome<Connection> {
    let (path, key) = (folder.join("store.db"), FileKeys(key.to_owned()).store_key()?);
    // The cipher's salt is the file's head.
    let salt = std::fs::read(&path)?.get(..16).ok_or("the store has no head")?.to_vec();
    let hex: String = key.iter().chain(&salt).map(|byte| format!("{byte:02x}")).collect();
    let conn = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.execute_batch(&format!("PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{hex}'\"; PRAGMA temp_store = 2;"))?;
    Ok(conn)
}

/// Looks a closed store through: every page's seal, every table, and what must fit together in it.
pub fn look(folder: &Path, key: &Path) -> Outcome<Cold> {
    let conn = open(folder, key)?;
    let mut faults = Vec::new();
    let mut broken = |what: &str, sql: &str, well: &[&str]| -> Outcome {
        let mut statement = conn.prepare(sql)?;
        let found: Vec<String> =
            statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<_>>()?;
        if found != well {
            faults.push(format!("{what}: {found:?}"));
        }
        Ok(())
    };
    broken("a page's seal", "PRAGMA cipher_integrity_check", &[])?;
    broken("a table", "PRAGMA integrity_check", &["ok"])?;
    // A submission and its audit row are one act.
    broken(
        "a submission and not once recorded in the audit",
        "SELECT key FROM submission WHERE (SELECT count(*) FROM audit WHERE act = 'recorded' AND key = submission.key) <> 1",
        &[],
    )?;
    broken(
        "recorded in the audit and not there",
        "SELECT key FROM audit WHERE act = 'recorded' AND key NOT IN (SELECT key FROM submission)",
        &[],
    )?;
    // An attempt is told in the audit in the transaction in which it is counted.
    broken(
        "sent as often as the audit does not say",
        "SELECT key FROM submission WHERE attempts <>
           (SELECT count(*) FROM audit WHERE act = 'sent' AND key = submission.key)",
        &[],
    )?;
    broken(
        "registered and without its registration",
        "SELECT key FROM submission WHERE (status IN ('waiting_for_them', 'link_expired', 'linked'))
           <> (registration IS NOT NULL) AND status NOT IN ('removed')",
        &[],
    )?;
    broken("a body that is not its own", "SELECT key FROM submission WHERE json_valid(body) = 0", &[])?;
    let submissions = conn
        .prepare("SELECT key, status FROM submission ORDER BY key")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Cold { submissions, faults })
}

/// Looks a store through and counts what is lost or damaged. Gives what it holds where it can be read.
pub fn count(tally: &mut Tally, folder: &Path, key: &Path, acked: &BTreeSet<String>) -> Option<Cold> {
    match look(folder, key) {
        Ok(cold) => {
            let missing = cold.missing(acked);
            tally.lost(missing.len(), &format!("of {} recorded: {missing:?}", acked.len()));
            for fault in &cold.faults {
                tally.damaged(fault);
            }
            Some(cold)
        }
        Err(error) => {
            tally.lost(acked.len(), "the store cannot be read");
            tally.damaged(&format!("the store cannot be read: {error}"));
            None
        }
    }
}
