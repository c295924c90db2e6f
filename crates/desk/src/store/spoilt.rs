//! Submissions that cannot be read, and can again: for tests of what must go on beside them.

use rusqlite::{Connection, params};

use super::StoreError;

/// Spoils so many of the oldest and so many of the newest.
pub(crate) fn spoil(conn: &Connection, oldest: u32, newest: u32) -> Result<(), StoreError> {
    conn.execute(
        "CREATE TABLE spoilt AS SELECT key, profile FROM submission
             WHERE key IN (SELECT key FROM submission ORDER BY key LIMIT ?1)
                OR key IN (SELECT key FROM submission ORDER BY key DESC LIMIT ?2)",
        params![oldest, newest],
    )?;
    conn.execute("UPDATE submission SET profile = '{}' WHERE key IN (SELECT key FROM spoilt)", [])?;
    Ok(())
}

/// Makes them readable again.
pub(crate) fn mend(conn: &Connection) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE submission SET profile = (SELECT profile FROM spoilt WHERE spoilt.key = submission.key)
             WHERE key IN (SELECT key FROM spoilt)",
        [],
    )?;
    Ok(())
}

/// Takes the table itself away, so that nothing can be asked of it.
pub(crate) fn take_away(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.execute_batch("ALTER TABLE submission RENAME TO another")?)
}
