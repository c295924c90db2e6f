//! After a recovery: what of the rows that were saved can be believed.

use contract::FrozenBody;
use rusqlite::{Connection, params};

use super::TakenFrom;
use super::row::{COLUMNS, life, read};
use crate::store::rows::{self, parsed};
use crate::store::vault;

/// Puts what the audit here and those before it tell of submissions where [`is_believable`] finds it by their keys: in a
/// table of this connection alone.
pub(in crate::store) fn gather_told(conn: &Connection) -> rusqlite::Result<()> {
    const TOLD: &str = "act IN ('recorded', 'withdrawal_requested', 'withdrawn')";
    conn.execute_batch(&format!(
        "CREATE TEMP TABLE told AS
         SELECT key, act, actor, role, subject FROM audit WHERE {TOLD}
         UNION ALL SELECT key, act, actor, role, subject FROM audit_before WHERE {TOLD};
         CREATE INDEX temp.told_of ON told (key);"
    ))
}

/// Whether a row can be sent as what it says it is: it can be read, and its columns, its body and what was told of it
/// ([`gather_told`]) say the same. What is sealed is bound to those columns, and does not open with others: that shows
/// when its author's vault is open.
pub(in crate::store) fn is_believable(conn: &Connection, key: &rusqlite::types::Value) -> rusqlite::Result<bool> {
    let sql = format!(
        "SELECT {COLUMNS}, author, care_identity, (SELECT count(*) FROM told WHERE told.key = submission.key
            AND act = 'recorded' AND (actor <> author OR told.role <> submission.role OR subject <> care_identity)) AS otherwise
         FROM submission WHERE key = ?1"
    );
    conn.prepare_cached(&sql)?.query_row([key], |row| {
        let told_the_same = row.get::<_, i64>("otherwise")? == 0;
        let submission = match read(row) {
            Ok(submission) => submission,
            Err(error) => return Ok(vault::is_closed(&error) && told_the_same && life(row, 10).is_ok()),
        };
        let said = |column: &str, text: &str| row.get_ref(column).is_ok_and(|value| value.as_str() == Ok(text));
        let said_by_its_body = submission.body.body().is_ok_and(|body| {
            said("author", body.recorded_by.as_str())
                && said("care_identity", submission.profile.uuid.as_str())
                && body.recorded_role == submission.role
                && body.address == submission.address
        });
        Ok(said_by_its_body && told_the_same)
    })
}

/// What was saved from before there were vaults does not name, beside what it was taken over from, what
/// that one had been; its body does.
pub(in crate::store) fn name_those_before(conn: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT key, takes_over, body FROM submission WHERE takes_over IS NOT NULL AND sealed IS NULL";
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (Ok(Some(mut from)), Ok(body)) =
            (rows::json_or_none::<TakenFrom>(row, 1), parsed(row, 2, |text| FrozenBody::from_text(text.to_owned())))
        else {
            continue;
        };
        let before = body.body().ok().and_then(|body| body.taken_over).map(|from| from.before).unwrap_or_default();
        if before.is_empty() || !from.before.is_empty() {
            continue;
        }
        from.before = before.iter().map(|before| before.key).collect();
        let Ok(text) = rows::to_json(&from) else { continue };
        conn.execute("UPDATE submission SET takes_over = ?2 WHERE key = ?1", params![row.get::<_, String>(0)?, text])?;
    }
    Ok(())
}
