//! The audit as CSV for a spreadsheet, where no cell is ever taken for a formula.

use std::io::Write;

use contract::AuditHash;
use jiff::Timestamp;
use rusqlite::Connection;

use crate::store::StoreError;
use crate::{AuditCopyError, OpenError};

/// What stands in the first line.
const HEAD: [&str; 10] = ["number", "at", "act", "actor", "role", "session", "subject", "key", "detail", "hash"];

/// Writes all rows as they stand, and says how many there are.
pub(crate) fn as_csv(conn: &Connection, to: &mut dyn Write) -> Result<u64, AuditCopyError> {
    let damaged = |error: rusqlite::Error| OpenError::Damaged(StoreError::from(error).to_string());
    let mut statement = conn
        .prepare("SELECT number, at, act, actor, role, session, subject, key, detail, hash FROM audit ORDER BY number")
        .map_err(damaged)?;
    let mut rows = statement.query([]).map_err(damaged)?;
    line(to, HEAD.map(str::to_owned))?;
    let mut count = 0;
    while let Some(row) = rows.next().map_err(damaged)? {
        let at: i64 = row.get(1).map_err(damaged)?;
        let hash: Result<[u8; 32], _> = row.get(9);
        let mut cells: [String; 10] = Default::default();
        cells[0] = row.get::<_, i64>(0).map_err(damaged)?.to_string();
        // A time nobody can have had is given as the number it is.
        cells[1] = Timestamp::from_microsecond(at).map_or_else(|_| at.to_string(), |at| at.to_string());
        for (column, cell) in (2..9).zip(&mut cells[2..9]) {
            let bytes = row.get_ref(column).map_err(damaged)?;
            *cell = String::from_utf8_lossy(bytes.as_bytes().unwrap_or_default()).into_owned();
        }
        cells[9] = hash.map(|hash| AuditHash::from_bytes(hash).to_string()).unwrap_or_default();
        line(to, cells)?;
        count += 1;
    }
    to.flush()?;
    Ok(count)
}

/// One line as RFC 4180 has it, every cell in quotes.
fn line(to: &mut dyn Write, cells: [String; 10]) -> std::io::Result<()> {
    let cells = cells.map(|cell| format!("\"{}\"", harmless(&cell).replace('"', "\"\"")));
    to.write_all(cells.join(",").as_bytes())?;
    to.write_all(b"\r\n")
}

/// A cell that a spreadsheet shows and does not compute.
fn harmless(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{cell}"),
        _ => cell.to_owned(),
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
            assert_eq!(harmless(cell), shown);
        }
    }

    #[test]
    fn a_cell_cannot_leave_its_quotes() {
        let mut written = Vec::new();
        let mut cells: [String; 10] = Default::default();
        cells[2] = "a\",=1\n".into();
        line(&mut written, cells).unwrap();
        assert_eq!(written, b"\"\",\"\",\"a\"\",=1\n\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"\r\n");
    }
}
