//! The audit as CSV for a spreadsheet, where no cell is ever taken for a formula.

use std::io::Write;

use contract::AuditHash;
use csv::{QuoteStyle, Terminator, WriterBuilder};
use jiff::Timestamp;
use rusqlite::Connection;

use super::succession;
use crate::store::{StoreError, device};
use crate::{AuditCopyError, OpenError};

/// What stands in the first line.
const HEAD: [&str; 11] =
    ["number", "at", "act", "actor", "role", "session", "subject", "key", "detail", "hash", "device"];
const COLUMNS: &str = "number, at, act, actor, role, session, subject, key, detail, hash";

/// Writes all rows as they stand, those of earlier audits first, and says how many there are and when the last one was
/// written, as far as that is a time.
pub(crate) fn as_csv(conn: &Connection, to: &mut dyn Write) -> Result<(u64, Option<Timestamp>), AuditCopyError> {
    let damaged = |error: rusqlite::Error| OpenError::Damaged(StoreError::from(error).to_string());
    // As RFC 4180 has it, every cell in quotes.
    let mut to = WriterBuilder::new().quote_style(QuoteStyle::Always).terminator(Terminator::CRLF).from_writer(to);
    to.write_record(HEAD).map_err(unwritten)?;
    let own = device::known(conn).unwrap_or_default().map(|known| known.id.to_string()).unwrap_or_default();
    let mut sql = format!("SELECT {COLUMNS}, ?1 FROM audit ORDER BY number");
    let earlier = succession::kept_of_earlier(conn).map_err(|error| OpenError::Damaged(error.to_string()))?;
    if earlier > 0 {
        sql = format!(
            "SELECT * FROM (SELECT {COLUMNS}, device FROM audit_before ORDER BY device, number)
             UNION ALL SELECT * FROM ({sql})"
        );
    }
    let mut statement = conn.prepare(&sql).map_err(damaged)?;
    let mut rows = statement.query([own]).map_err(damaged)?;
    let (mut count, mut last_at) = (0, None);
    while let Some(row) = rows.next().map_err(damaged)? {
        let at: i64 = row.get(1).map_err(damaged)?;
        let hash: Result<[u8; 32], _> = row.get(9);
        let mut cells: [String; 11] = Default::default();
        cells[0] = row.get::<_, i64>(0).map_err(damaged)?.to_string();
        last_at = Timestamp::from_microsecond(at).ok();
        // A time nobody can have had is given as the number it is.
        cells[1] = last_at.map_or_else(|| at.to_string(), |at| at.to_string());
        for column in [2, 3, 4, 5, 6, 7, 8, 10] {
            let bytes = row.get_ref(column).map_err(damaged)?;
            cells[column] = String::from_utf8_lossy(bytes.as_bytes().unwrap_or_default()).into_owned();
        }
        cells[9] = hash.map(|hash| AuditHash::from_bytes(hash).to_string()).unwrap_or_default();
        to.write_record(cells.map(harmless)).map_err(unwritten)?;
        count += 1;
    }
    to.flush()?;
    Ok((count, last_at))
}

/// The writer fails of what it writes to, or of nothing.
fn unwritten(error: csv::Error) -> AuditCopyError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        _ => std::io::Error::from(std::io::ErrorKind::InvalidData).into(),
    }
}

/// A cell that a spreadsheet shows and does not compute.
pub(crate) fn harmless(cell: String) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{cell}"),
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("+44", "'+44"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("recorded", "recorded"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell.to_owned()), shown);
        }
    }

    #[test]
    fn a_cell_cannot_leave_its_quotes() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::store::migrations::migrate(&mut conn).unwrap();
        let about = ["", "", "a\",=1\n"];
        crate::store::audit::append_row(&conn, crate::testing::NOW, "=searched", ["+1", "", ""], about).unwrap();
        let mut written = Vec::new();
        assert_eq!(as_csv(&conn, &mut written).unwrap(), (1, Some(crate::testing::NOW)));
        let written = String::from_utf8(written).unwrap();
        let (head, row) = written.split_once("\r\n").unwrap();
        assert_eq!(head, HEAD.map(|name| format!("\"{name}\"")).join(","));
        assert!(row.starts_with("\"1\",\"2026-01-01T09:00:00Z\",\"'=searched\",\"'+1\","), "{row}");
        assert!(row.contains(",\"a\"\",=1\n\","), "{row}");
        assert!(row.ends_with("\"\r\n"), "{row}");
    }
}
