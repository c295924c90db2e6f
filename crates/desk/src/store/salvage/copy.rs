//! From the pages of a damaged store into the tables of a new one: every row that is whole and can be believed.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OptionalExtension, params_from_iter};

use super::image::{Image, Place};
use super::records::{self, Cell, Page};
use crate::OpenError;
use crate::store::audit::succession;
use crate::store::file::{fault, folder_fault};
use crate::store::{meta, submissions, vault};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The keys of all submissions that are known to have been there.
    known: HashSet<String>,
    /// How many there were at the least, by the numbers of their rows.
    rows: i64,
    /// The hashes and receipts of earlier audits.
    earlier: HashSet<Vec<u8>>,
    /// Whether this audit was begun after another one.
    is_second: bool,
    /// How many are in the new store.
    pub(super) recovered: u32,
    /// How many of those wait to be sent.
    pub(super) to_send: u32,
    /// How many drafts are.
    pub(super) drafts: u32,
}

impl Found {
    /// How many submissions are known to have been there and are not in the new store.
    pub(super) fn lost(&self) -> u32 {
        let known = i64::try_from(self.known.len()).unwrap_or(i64::MAX);
        u32::try_from(known.max(self.rows) - i64::from(self.recovered)).unwrap_or(0)
    }
}

/// A table whose rows are saved, in the order it is looked for.
struct Table {
    name: &'static str,
    /// How many columns it had in its first version; the newest has at least as many.
    first: usize,
    /// Whether a row's number is its first column.
    numbered: bool,
    /// Whether the first column tells its rows from those of every other table.
    is: fn(&[Value]) -> bool,
}

const TABLES: [Table; 8] = [
    Table { name: "vault", first: 5, numbered: false, is: |row| is_guid(&row[1]) && is_blob(&row[2]) },
    Table { name: "submission", first: 23, numbered: false, is: |row| is_guid(&row[0]) && is_text(&row[12]) },
    Table { name: "draft", first: 14, numbered: false, is: |row| is_guid(&row[0]) && is_text(&row[4]) },
    Table { name: "audit_before", first: 11, numbered: false, is: |row| is_text(&row[0]) && is_blob(&row[10]) },
    Table { name: "audit", first: 10, numbered: true, is: |row| row[0] == Value::Null && is_blob(&row[9]) },
    Table { name: "audit_receipt_before", first: 3, numbered: false, is: |row| is_text(&row[0]) && is_text(&row[2]) },
    Table { name: "audit_receipt", first: 2, numbered: true, is: |row| row[0] == Value::Null && is_text(&row[1]) },
    Table { name: "meta", first: 2, numbered: false, is: |row| is_text(&row[0]) && is_text(&row[1]) },
];

/// A walk over all pages. What a submission is held against comes before it, and what tells a row of an earlier audit
/// from one of this audit before that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walk {
    First,
    ThisAudit,
    Submissions,
}

impl Table {
    fn walk(&self) -> Walk {
        match self.name {
            "audit" | "audit_receipt" => Walk::ThisAudit,
            "submission" => Walk::Submissions,
            _ => Walk::First,
        }
    }
}

/// The tables whose rows are saved.
#[cfg(test)]
pub(super) fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.name)
}

/// The table whose rows look like that.
#[cfg(feature = "fuzz")]
pub(super) fn table_of(values: &[Value]) -> Option<&'static str> {
    TABLES.iter().find(|table| values.len() >= table.first && (table.is)(values)).map(|table| table.name)
}

/// Copies what is whole. To be called within a transaction on the new store.
pub(super) fn copy(image: &Image, new: &Connection) -> Result<Found, OpenError> {
    let mut found = Found::default();
    let columns = TABLES.iter().map(|table| columns(new, table.name)).collect::<Result<Vec<_>, _>>()?;
    for walk in [Walk::First, Walk::ThisAudit, Walk::Submissions] {
        match walk {
            Walk::First => {}
            Walk::ThisAudit => found.is_second = succession::before(new).ok().flatten().is_some(),
            Walk::Submissions => submissions::gather_told(new).map_err(|error| fault(&error))?,
        }
        for place in image.places().map_err(|error| folder_fault(&error))? {
            let Some(page) = image.open(place).map_err(|error| folder_fault(&error))? else { continue };
            let (cells, rows) = match records::read(&page) {
                Page::Rows(cells) => (cells, true),
                Page::Entries(cells) => (cells, false),
                Page::Other => continue,
            };
            for cell in cells {
                let row = cell.row;
                let Some(values) = whole(image, place, cell)?.as_deref().and_then(records::values) else { continue };
                if !rows {
                    found.take_entry(&values);
                    continue;
                }
                let fits = |(table, columns): &(&Table, &Vec<String>)| {
                    (table.first..=columns.len()).contains(&values.len()) && (table.is)(&values)
                };
                let Some((table, columns)) = TABLES.iter().zip(&columns).find(fits) else { continue };
                if table.walk() == walk {
                    found.take_row(new, (table, columns), place, row, values)?;
                }
            }
        }
    }
    found.settle(new)?;
    Ok(found)
}

/// All bytes of a row; none where a page it goes on is not whole.
fn whole(image: &Image, place: Place, cell: Cell) -> Result<Option<Vec<u8>>, OpenError> {
    let Cell { size, here: mut bytes, mut more, .. } = cell;
    while bytes.len() < size {
        let page = if more > 0 { image.beside(place, more) } else { Ok(None) };
        let Some(page) = page.map_err(|error| folder_fault(&error))? else { return Ok(None) };
        let (next, rest) = page.split_at(4);
        more = next.try_into().map_or(0, u32::from_be_bytes);
        bytes.extend_from_slice(&rest[..rest.len().min(size - bytes.len())]);
    }
    Ok(Some(bytes))
}

impl Found {
    fn take_row(
        &mut self,
        new: &Connection,
        (table, columns): (&Table, &[String]),
        place: Place,
        row: i64,
        mut values: Vec<Value>,
    ) -> Result<(), OpenError> {
        if table.numbered {
            values[0] = Value::Integer(row);
        }
        match table.name {
            "submission" => {
                self.rows = self.rows.max(row);
                self.known.extend(text(&values[0]).map(str::to_owned));
                if is_older(new, "SELECT updated_at FROM submission WHERE key = ?1", &values[0], &values[22])? {
                    return Ok(());
                }
            }
            // It may have been changed since.
            "vault" if !place.newest && is_there(new, &values[0])? => return Ok(()),
            // Unlike the others it may have been taken away since.
            "draft" if !place.newest => return Ok(()),
            "meta" if !is_carried(&values[0]) => return Ok(()),
            "audit" if matches!(&values[9], Value::Blob(hash) if self.earlier.contains(hash)) => return Ok(()),
            "audit_receipt" if text(&values[1]).is_some_and(|receipt| self.earlier.contains(receipt.as_bytes())) => {
                return Ok(());
            }
            // Where another was begun since, the rows of the one before stand in pages as they were before.
            "audit_receipt" if self.is_second && !place.newest => return Ok(()),
            "audit_receipt_before" => self.earlier.extend(text(&values[2]).map(|receipt| receipt.as_bytes().to_vec())),
            "audit" | "audit_before" => {
                if let Some(Value::Blob(hash)) = values.get(10) {
                    self.earlier.insert(hash.clone());
                }
                let (act, key) = if table.numbered { (&values[2], &values[7]) } else { (&values[3], &values[8]) };
                if text(act) == Some("recorded") {
                    self.known.extend(text(key).map(str::to_owned));
                }
                if table.numbered && self.is_second && !place.newest {
                    return Ok(());
                }
            }
            _ => {}
        }
        // Rows of an audit and receipts are never changed, so of one audit the first that is read is as good as any.
        let how = if table.name.starts_with("audit") { "IGNORE" } else { "REPLACE" };
        let names = columns[..values.len()].join(", ");
        let places = vec!["?"; values.len()].join(", ");
        let sql = format!("INSERT OR {how} INTO {} ({names}) VALUES ({places})", table.name);
        let key = (table.name == "submission").then(|| values[0].clone());
        let taken = (|| {
            new.execute_batch("SAVEPOINT row")?;
            new.prepare_cached(&sql)?.execute(params_from_iter(values))?;
            // What cannot be believed is not taken, whatever else was taken of it.
            key.as_ref().map_or(Ok(true), |key| submissions::is_believable(new, key))
        })();
        let undo = match taken {
            Ok(true) => "RELEASE row",
            Ok(false) => "ROLLBACK TO row; RELEASE row",
            // It is not what it looked like.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                "ROLLBACK TO row; RELEASE row"
            }
            Err(error) => return Err(fault(&error)),
        };
        new.execute_batch(undo).map_err(|error| fault(&error))
    }

    /// An entry of the index that begins with author, status, role and key knows a submission, also where its row is lost:
    /// of any version of it.
    fn take_entry(&mut self, values: &[Value]) {
        if let [Value::Text(_), Value::Text(status), Value::Text(_), key @ Value::Text(_), .., Value::Integer(row)] =
            values
            && submissions::is_status(status)
            && is_guid(key)
        {
            self.known.extend(text(key).map(str::to_owned));
            self.rows = self.rows.max(*row);
        }
    }

    /// Makes sure that nothing is believed to be further than is known.
    fn settle(&mut self, new: &Connection) -> Result<(), OpenError> {
        let settled = (|| {
            // Whether it was sent since is not known, so the gateway is asked before it is taken back; and whether it
            // is still wanted its author says anew. What a colleague took over waits for theirs only if that is here
            // and still to be decided: what was decided the gateway tells again.
            new.execute_batch(
                "UPDATE submission SET status = 'ready_to_send', unsettled = 1, confirmed_in = NULL
                 WHERE status IN ('ready_to_send', 'sending');
                 UPDATE submission SET is_taken_over = 0, taken_over = NULL
                 WHERE is_taken_over = 1 AND key NOT IN (SELECT ifnull(taker.takes_over ->> '$.key', '')
                     FROM submission AS taker WHERE taker.status = 'ready_to_send');
                 UPDATE submission SET withdrawal_requested = 1
                 WHERE status = 'ready_to_send' AND EXISTS (SELECT 1 FROM told
                     WHERE told.key = submission.key AND act IN ('withdrawal_requested', 'withdrawn'));
                 DROP TABLE told;",
            )?;
            submissions::name_those_before(new)?;
            vault::after_recovery(new)?;
            let count = |sql| new.query_row(sql, [], |row| row.get(0));
            self.recovered = count("SELECT count(*) FROM submission")?;
            // What was taken back is not sent, and what was taken over is sent once, as its manager's.
            self.to_send = count(
                "SELECT count(*) FROM submission
                 WHERE status = 'ready_to_send' AND withdrawal_requested = 0 AND is_taken_over = 0",
            )?;
            self.drafts = count("SELECT count(*) FROM draft WHERE discarded_in IS NULL")?;
            Ok(())
        })();
        settled.map_err(|error: rusqlite::Error| fault(&error))
    }
}

/// Whether the new store has a later version of a row already.
fn is_older(new: &Connection, sql: &str, key: &Value, updated: &Value) -> Result<bool, OpenError> {
    let kept: Option<i64> = new
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([key], |row| row.get(0)).optional())
        .map_err(|error| fault(&error))?;
    Ok(matches!((kept, updated), (Some(kept), Value::Integer(updated)) if kept > *updated))
}

/// Whether the new store has this RA user's vault already.
fn is_there(new: &Connection, author: &Value) -> Result<bool, OpenError> {
    let found =
        new.prepare_cached("SELECT 1 FROM vault WHERE author = ?1").and_then(|mut found| found.exists([author]));
    found.map_err(|error| fault(&error))
}

/// Up to where registrations were read is not carried over: what was read may be lost.
fn is_carried(name: &Value) -> bool {
    let kept = |name: &str| {
        [meta::AUDIT_HEAD, meta::DEVICE, meta::AUDIT_BEFORE, meta::SEALING_KEY, meta::COUNTERSIGNING_KEYS]
            .contains(&name)
    };
    text(name).is_some_and(|name| kept(name) || name.starts_with(meta::RECOVERY) || name.starts_with(meta::WITHDRAWN))
}

fn columns(new: &Connection, table: &str) -> Result<Vec<String>, OpenError> {
    let names = new
        .prepare("SELECT name FROM pragma_table_info(?1)")
        .and_then(|mut sql| sql.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>());
    names.map_err(|error| fault(&error))
}

fn is_guid(value: &Value) -> bool {
    text(value).is_some_and(|text| uuid::Uuid::try_parse(text).is_ok())
}

fn is_text(value: &Value) -> bool {
    text(value).is_some()
}

fn is_blob(value: &Value) -> bool {
    matches!(value, Value::Blob(_))
}

fn text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}
