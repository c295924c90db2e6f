//! Rows on one page, as SQLite's file format has them (<https://www.sqlite.org/fileformat2.html>).
//!
//! Only pages with rows and with entries of an index are read, not the pages above them: what is above may be damaged.

use rusqlite::types::Value;

use crate::store::key::USABLE;

/// The most bytes a row is believed to have.
const MOST: usize = 1 << 20;

/// What stands on a page.
pub(super) enum Page {
    /// Rows of a table.
    Rows(Vec<Cell>),
    /// Entries of an index.
    Entries(Vec<Cell>),
    /// Anything else.
    Other,
}

/// A row or an entry, as far as it stands on its own page.
pub(super) struct Cell {
    /// The row's number; 0 for an entry of an index.
    pub(super) row: i64,
    /// How many bytes it has in all.
    pub(super) size: usize,
    /// Those that stand here.
    pub(super) here: Vec<u8>,
    /// The page on which it goes on; 0 where it does not.
    pub(super) more: u32,
}

/// Reads a page. What does not fit is left out.
pub(super) fn read(page: &[u8]) -> Page {
    let (rows, above) = match page.first() {
        Some(0x0d) => (true, false),
        Some(0x0a) => (false, false),
        Some(0x02) => (false, true),
        _ => return Page::Other,
    };
    let pointers = if above { 12 } else { 8 };
    let count = usize::from(short(page, 3).unwrap_or(0));
    let cells = (0..count).filter_map(|index| cell(page, short(page, pointers + 2 * index)?.into(), rows, above));
    let cells = cells.collect();
    if rows { Page::Rows(cells) } else { Page::Entries(cells) }
}

fn cell(page: &[u8], at: usize, rows: bool, above: bool) -> Option<Cell> {
    let mut rest = page.get(if above { at + 4 } else { at }..)?;
    let size = usize::try_from(varint(&mut rest)?).ok().filter(|size| *size <= MOST)?;
    let row = if rows { varint(&mut rest)? } else { 0 };
    let most = if rows { USABLE - 35 } else { (USABLE - 12) * 64 / 255 - 23 };
    if size <= most {
        return Some(Cell { row, size, here: rest.get(..size)?.to_vec(), more: 0 });
    }
    let least = (USABLE - 12) * 32 / 255 - 23;
    let here = Some(least + (size - least) % (USABLE - 4)).filter(|here| *here <= most).unwrap_or(least);
    let more = u32::from_be_bytes(rest.get(here..here + 4)?.try_into().ok()?);
    Some(Cell { row, size, here: rest.get(..here)?.to_vec(), more })
}

/// The values of a row.
pub(super) fn values(record: &[u8]) -> Option<Vec<Value>> {
    let mut head = record;
    let length = usize::try_from(varint(&mut head)?).ok()?;
    let mut body = record.get(length..)?;
    let mut head = record.get(record.len() - head.len()..length)?;
    let mut values = Vec::new();
    while !head.is_empty() {
        let kind = varint(&mut head)?;
        values.push(match kind {
            0 => Value::Null,
            1..=6 => Value::Integer(integer(take(&mut body, [1, 2, 3, 4, 6, 8][usize::try_from(kind).ok()? - 1])?)),
            7 => Value::Real(f64::from_bits(integer(take(&mut body, 8)?).cast_unsigned())),
            8 | 9 => Value::Integer(kind - 8),
            10 | 11 => return None,
            _ => {
                let bytes = take(&mut body, usize::try_from((kind - 12) / 2).ok()?)?.to_vec();
                if kind % 2 == 0 { Value::Blob(bytes) } else { Value::Text(String::from_utf8(bytes).ok()?) }
            }
        });
    }
    body.is_empty().then_some(values)
}

fn take<'a>(body: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = body.split_at_checked(length)?;
    *body = rest;
    Some(taken)
}

/// A whole number with its sign, of up to 8 bytes.
fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for index in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if index == 8 {
            number = number << 8 | u64::from(*byte);
            break;
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number.cast_signed())
}

fn short(page: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(page.get(at..at + 2)?.try_into().ok()?))
}
