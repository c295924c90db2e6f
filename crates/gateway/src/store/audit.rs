//! Who did what, on whom, when: an append-only chain of rows. Holds no names.

use contract::{CareIdentityUuid, RequestId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::StoreError;

/// One act, as it stands in the audit.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// When.
    pub(crate) at: Timestamp,
    /// Who did it.
    pub(crate) who: CareIdentityUuid,
    /// In which role profile; empty where the person acts for themselves.
    pub(crate) role: String,
    /// At which organisation.
    pub(crate) ods: String,
    /// What was done, one word.
    pub(crate) action: &'static str,
    /// On whom.
    pub(crate) whom: Option<CareIdentityUuid>,
    /// The request it was done with.
    pub(crate) request: RequestId,
    /// What came of it, a word or a code.
    pub(crate) result: String,
}

/// Adds a row, in the transaction of the act it tells of.
pub(crate) fn append(connection: &Connection, act: &Act) -> Result<(), StoreError> {
    let whom = act.whom.as_ref().map_or("", |uuid| uuid.as_str());
    let request = act.request.to_string();
    let texts = [act.who.as_str(), &act.role, &act.ods, act.action, whom, &request, &act.result];
    append_texts(connection, act.at, texts)
}

/// Adds a row for an act of somebody at the gateway's own host, who has no Care Identity UUID here.
pub(crate) fn append_of_operator(
    connection: &Connection,
    at: Timestamp,
    operator: &str,
    action: &'static str,
    request: RequestId,
    result: &str,
) -> Result<(), StoreError> {
    let (who, request) = (format!("operator {operator}"), request.to_string());
    append_texts(connection, at, [&who, "", "", action, "", &request, result])
}

fn append_texts(connection: &Connection, at: Timestamp, texts: [&str; 7]) -> Result<(), StoreError> {
    let (seq, before) = connection
        .prepare_cached("SELECT seq, digest FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .optional()?
        .unwrap_or_default();
    let (seq, at) = (seq + 1, at.as_millisecond());
    let digest = row_digest(&before, seq, at, texts);
    connection
        .prepare_cached(
            "INSERT INTO audit (seq, at, who, role, ods, action, whom, request, result, digest) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![seq, at, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], &digest[..]])?;
    Ok(())
}

/// Walks the whole chain. Answers how many rows it has, or at which row it no longer fits.
pub(crate) fn verify(connection: &Connection) -> Result<Result<u64, i64>, StoreError> {
    let mut rows = connection
        .prepare("SELECT seq, at, who, role, ods, action, whom, request, result, digest FROM audit ORDER BY seq")?;
    let mut rows = rows.query([])?;
    let (mut before, mut count) = (Vec::new(), 0_u64);
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        let texts: Vec<String> = (2..9).map(|column| row.get(column)).collect::<Result<_, _>>()?;
        let texts: [&str; 7] = std::array::from_fn(|i| texts[i].as_str());
        let digest: Vec<u8> = row.get(9)?;
        count += 1;
        if i64::try_from(count) != Ok(seq) || digest != row_digest(&before, seq, row.get(1)?, texts) {
            return Ok(Err(seq));
        }
        before = digest;
    }
    Ok(Ok(count))
}

fn row_digest(before: &[u8], seq: i64, at: i64, texts: [&str; 7]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"ra-desk audit 1\0");
    hash.update(before);
    hash.update(seq.to_be_bytes());
    hash.update(at.to_be_bytes());
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate;

    fn chain(folder: &std::path::Path) -> Connection {
        let connection = migrate::open(&folder.join("a.sqlite3")).unwrap();
        for n in 0..5 {
            let act = Act {
                at: Timestamp::from_second(n).unwrap(),
                who: "555086689106".parse().unwrap(),
                role: "555254240100".into(),
                ods: "B81603".into(),
                action: "search",
                whom: None,
                request: RequestId::from_guid(uuid::Uuid::from_u128(1)),
                result: format!("matched {n}"),
            };
            append(&connection, &act).unwrap();
        }
        connection
    }

    #[test]
    fn an_untouched_chain_fits() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(verify(&chain(folder.path())).unwrap(), Ok(5));
    }

    #[test]
    fn rows_are_neither_changed_nor_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let connection = chain(folder.path());
        assert!(connection.execute("UPDATE audit SET result = 'x' WHERE seq = 2", []).is_err());
        assert!(connection.execute("DELETE FROM audit WHERE seq = 2", []).is_err());
    }

    #[test]
    fn whoever_gets_past_that_is_found() {
        for spoil in [
            "UPDATE audit SET result = 'nothing' WHERE seq = 2",
            "UPDATE audit SET who = '555086689107' WHERE seq = 5",
            "DELETE FROM audit WHERE seq = 3",
            "UPDATE audit SET at = at + 1 WHERE seq = 1",
            "DELETE FROM audit WHERE seq = 1",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let connection = chain(folder.path());
            connection.execute_batch("DROP TRIGGER audit_rows_stay; DROP TRIGGER audit_rows_stand").unwrap();
            connection.execute(spoil, []).unwrap();
            assert!(verify(&connection).unwrap().is_err(), "{spoil}");
        }
    }
}
