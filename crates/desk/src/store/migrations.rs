//! How the store's tables came to be what they are: one numbered file a step, each in one transaction.
//!
//! A file that was shipped is never edited again, and none of them may delete a row that was not sent.

use rusqlite::Connection;

/// The steps, the first making version 1.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_outbox.sql"),
    include_str!("migrations/0002_audit.sql"),
    include_str!("migrations/0003_audit_receipts.sql"),
    include_str!("migrations/0004_taking_over.sql"),
    include_str!("migrations/0005_audit_before.sql"),
    include_str!("migrations/0006_second_copy.sql"),
    include_str!("migrations/0007_to_send.sql"),
    include_str!("migrations/0008_counted.sql"),
    include_str!("migrations/0009_vaults.sql"),
];

/// The first version that keeps the gateway's receipts.
pub(super) const WITH_RECEIPTS: u32 = 3;

/// The newest version known here.
pub(super) const LATEST: u32 = STEPS.len() as u32;

/// The version of an open file; 0 when it has no tables yet.
pub(super) fn version(conn: &Connection) -> rusqlite::Result<u32> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings a file up to the newest version. The caller has refused newer ones.
pub(super) fn migrate(conn: &mut Connection) -> rusqlite::Result<()> {
    migrate_to(conn, LATEST)
}

pub(super) fn migrate_to(conn: &mut Connection, target: u32) -> rusqlite::Result<()> {
    for step in version(conn)?..target {
        let tx = conn.transaction()?;
        tx.execute_batch(STEPS[step as usize])?;
        tx.pragma_update(None, "user_version", step + 1)?;
        tx.commit()?;
    }
    Ok(())
}
