//! What a desk's closed store holds, seen from outside: its own file, opened with the key of the test's key store.
//!
//! Deliberately absent: a way to change anything, and the product's own reading of it. The audit is the one thing that
//! is asked of the product ([`desk::audit_report`]), after every fault there is (I7); that it finds every damage is
//! tested where it is made. What is sealed is opened with the gateway's key ([`crate::sealed`]).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use desk::{AuditBreak, AuditFault, audit_report};
use rusqlite::Connection;
use tests::Outcome;
use tests::practice::FileKeys;

use crate::sealed::GatewayKey;
use crate::table::Tally;

/// What stands in a store.
pub struct Cold {
    /// Each submission's status by its key.
    pub submissions: BTreeMap<String, String>,
    /// The drafts in which every question is answered.
    pub drafts: BTreeSet<String>,
    /// Where the audit is not as it was written, as the product says.
    pub audit: Option<AuditBreak>,
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
    FileKeys(key.to_owned()).open_store(folder)
}

/// Looks a closed store through: every page's seal, every table, and what must fit together in it.
pub fn look(folder: &Path, key: &Path) -> Outcome<Cold> {
    look_beside(folder, key, key)
}

/// The same of a desk that stands elsewhere than its practice world, of which this is a place in it.
pub fn look_beside(folder: &Path, key: &Path, world: &Path) -> Outcome<Cold> {
    let report = audit_report(folder, &FileKeys(key.to_owned()))?.ok_or("there is no audit")?;
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
    // Whatever it was, the product found it first and made the best of it.
    broken("damage that was recovered from", "SELECT name FROM meta WHERE name LIKE 'recovery %'", &[])?;
    broken("a table", "PRAGMA integrity_check", &["ok"])?;
    // A submission and its audit row are one act.
    broken(
        "a submission and not once recorded in the audit",
        "WITH said AS (SELECT key, count(*) AS times FROM audit WHERE act = 'recorded' GROUP BY key)
         SELECT key FROM submission LEFT JOIN said USING (key) WHERE coalesce(times, 0) <> 1",
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
        "WITH said AS (SELECT key, count(*) AS times FROM audit WHERE act = 'sent' GROUP BY key)
         SELECT key FROM submission LEFT JOIN said USING (key) WHERE coalesce(times, 0) <> attempts",
        &[],
    )?;
    broken(
        "registered and without its registration",
        "SELECT key FROM submission WHERE (status IN ('waiting_for_them', 'link_expired', 'linked'))
           <> (registration_read_at IS NOT NULL) AND status NOT IN ('removed')",
        &[],
    )?;
    // Every RA user here signs in at a gateway that gives shares.
    broken("a draft in the clear", "SELECT id FROM draft WHERE sealed IS NULL OR profile <> ''", &[])?;
    broken(
        "a submission in the clear",
        "SELECT key FROM submission WHERE sealed IS NULL OR profile || address || body <> ''
           OR registration IS NOT NULL OR attention_detail IS NOT NULL",
        &[],
    )?;
    broken(
        "a sealed draft without its vault",
        "SELECT id FROM draft WHERE author NOT IN (SELECT author FROM vault)",
        &[],
    )?;
    let vaults = GatewayKey::of_world_around(world)?;
    faults.extend(sealed_submissions(&conn, &vaults)?);
    let submissions = conn
        .prepare("SELECT key, status FROM submission ORDER BY key")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut drafts = BTreeSet::new();
    let mut all = conn.prepare("SELECT id, author, sealed FROM draft WHERE sealed IS NOT NULL")?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let (id, author, sealed): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        match vaults.open(&author, "draft", &id, &sealed) {
            Some(draft) if draft["profile"].is_object() => {
                if ["address", "method", "accepted_by"].iter().all(|answer| !draft[answer].is_null()) {
                    drafts.insert(id);
                }
            }
            _ => faults.push(format!("a draft that does not open: {id}")),
        }
    }
    Ok(Cold { submissions, drafts, audit: report.broken, faults })
}

/// Which submissions do not open, or are not what their columns say.
fn sealed_submissions(conn: &Connection, vaults: &GatewayKey) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    let mut all = conn.prepare(
        "SELECT key, role, care_identity, author, sealed, registration_sealed, attention_sealed FROM submission
         WHERE sealed IS NOT NULL",
    )?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get::<_, String>(column);
        let (key, role, person, author) = (text(0)?, text(1)?, text(2)?, text(3)?);
        let sealed: Vec<u8> = row.get(4)?;
        let opened = vaults.open(&author, "submission", &format!("{key} {role} {person}"), &sealed);
        let body = opened.as_ref().and_then(|opened| opened["body"].as_str());
        let body: Option<serde_json::Value> = body.and_then(|body| serde_json::from_str(body).ok());
        let is_its_own = body
            .is_some_and(|body| body["recorded_by"] == author.as_str() && body["recorded_role"] == role.as_str())
            && opened.is_some_and(|opened| opened["profile"]["uuid"] == person.as_str());
        if !is_its_own {
            faults.push(format!("a body that is not its own: {key}"));
        }
        for (column, what) in [(5, "registration"), (6, "attention")] {
            let sealed: Option<Vec<u8>> = row.get(column)?;
            if sealed.is_some_and(|sealed| vaults.open(&author, what, &key, &sealed).is_none()) {
                faults.push(format!("a sealed {what} that does not open: {key}"));
            }
        }
    }
    Ok(faults)
}

/// Looks a store through and counts what is lost or damaged. Gives what it holds where it can be read.
pub fn count(tally: &mut Tally, folder: &Path, key: &Path, acked: &BTreeSet<String>) -> Option<Cold> {
    let cold = count_but_the_audit(tally, folder, key, acked)?;
    if let Some(AuditBreak { row, why }) = cold.audit {
        tally.damaged(&format!("the audit, row {row}: {why}"));
    }
    Some(cold)
}

/// The same of two copies of one computer that both went on: what each of them signed since is another story, which
/// must be told of at least one of them, and as that.
pub fn count_forked(tally: &mut Tally, folders: [&Path; 2], key: &Path, acked: &BTreeSet<String>) {
    let mut told = 0;
    for folder in folders {
        let Some(cold) = count_but_the_audit(tally, folder, key, acked) else { return };
        match cold.audit {
            None => {}
            Some(AuditBreak { why: AuditFault::RolledBack | AuditFault::Rewritten, .. }) => told += 1,
            Some(AuditBreak { row, why }) => tally.damaged(&format!("the audit of a copy, row {row}: {why}")),
        }
    }
    if told == 0 {
        tally.damaged("two audits of one computer, and neither is told of");
    }
}

/// Each draft that was left half done, and was said to be written down, is there with its answers.
pub fn count_drafts(tally: &mut Tally, cold: &Cold, said: &BTreeSet<String>) {
    let gone = said.difference(&cold.drafts).count();
    tally.lost(gone, &format!("of {} drafts that were left half done", said.len()));
}

fn count_but_the_audit(tally: &mut Tally, folder: &Path, key: &Path, acked: &BTreeSet<String>) -> Option<Cold> {
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
