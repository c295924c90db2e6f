//! Submissions that cannot be read, and can again, that are settled, or that are known no more: for tests of what must go
//! on beside them.

use rusqlite::{Connection, params};

use super::{StoreError, meta};

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

/// The gateway answered for all of them: those that were taken back or taken over are withdrawn.
pub(crate) fn settle_all(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.execute_batch(
        "UPDATE submission SET withdrawal_requested = 0, is_taken_over = 0, status = CASE
             WHEN status = 'withdrawn' OR withdrawal_requested = 1 OR is_taken_over = 1 THEN 'withdrawn'
             ELSE 'waiting_for_them' END",
    )?)
}

/// Of what waits, the oldest is taken back, the next is asked to be, and the next is taken over.
pub(crate) fn take_back(conn: &Connection) -> Result<(), StoreError> {
    for what in ["status = 'withdrawn'", "withdrawal_requested = 1", "is_taken_over = 1"] {
        conn.execute_batch(&format!(
            "UPDATE submission SET {what} WHERE key = (SELECT min(key) FROM submission
                 WHERE status = 'ready_to_send' AND withdrawal_requested = 0 AND is_taken_over = 0)"
        ))?;
    }
    Ok(())
}

/// One of those in the second copy is not known to stand there.
pub(crate) fn lose_a_copy(conn: &Connection) -> Result<(), StoreError> {
    let sql = "UPDATE submission SET copied_in = NULL WHERE key = (SELECT min(key) FROM submission)";
    Ok(conn.execute_batch(sql)?)
}

/// The gateway has not heard of one that was taken back, or has.
pub(crate) fn withdrawn_unheard(conn: &Connection, is_unheard: bool) -> Result<(), StoreError> {
    let name = format!("{}656005750104 a-key", meta::WITHDRAWN);
    if is_unheard { meta::set(conn, &name, "") } else { meta::remove(conn, &name) }
}
