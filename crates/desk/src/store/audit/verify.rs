//! Whether the audit is as it was written, and if not, at which row it begins to be something else.
//!
//! The chain shows a row that was changed, taken out, moved, or cut off by somebody who cannot rewrite it. Whoever can
//! rewrite it whole is shown by what others keep of it: the gateway's receipts, and the head in the key store.

use contract::{AuditHash, PublicKey, audit_row_hash};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::countersigning::{self, Listed};
use super::{receipts, succession};
use crate::audit::{AuditBreak, AuditFault, AuditReport};
use crate::store::device::{Known, Remembered};
use crate::store::{StoreError, meta, migrations};

/// How many receipts are looked at when the store is opened: their signatures take longer than the rows.
const RECEIPTS_AT_START: u32 = 64;

/// What the audit is held against, besides itself.
#[derive(Default, Clone)]
pub(crate) struct Against {
    /// Whose audit it is, as the store says.
    pub(crate) device: Option<Known>,
    /// What the key store remembers of this computer's audit.
    pub(crate) remembered: Option<Remembered>,
    /// Whether the key store knows another store on this computer that is newer than this one.
    pub(crate) superseded: bool,
    /// Whether the signature of every receipt is looked at, or that of the last ones alone.
    pub(crate) every_receipt: bool,
}

/// What the chain must pass through.
struct Point {
    number: i64,
    hash: AuditHash,
    /// What it means when the chain ends before it.
    beyond: AuditFault,
}

/// Walks the whole chain.
pub(crate) fn verify(conn: &Connection, against: &Against) -> Result<AuditReport, StoreError> {
    let found = receipts_of(conn, against)?;
    let points = points(conn, &found, against)?;
    let mut report = AuditReport {
        rows: 0,
        countersigned: found.iter().rev().find(|receipt| receipt.holds).map(|receipt| receipt.number),
        remembered: against.remembered.as_ref().map(|remembered| remembered.head.head.number),
        broken: None,
        before: succession::before(conn)?,
        kept_of_earlier: succession::kept_of_earlier(conn)?,
    };
    let mut points = points.iter().peekable();
    let (mut number, mut before) = (0, AuditHash::NONE);
    let mut statement = conn.prepare(ROWS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let next = number + 1;
        let Some(hash) = hash_if_it_fits(row, next, &before) else {
            let given = integer(row, 0).unwrap_or(next);
            return Ok(report.with(given.min(next), reason(conn, next, &before, given)?));
        };
        (number, before) = (next, hash);
        report.rows = number;
        while let Some(point) = points.next_if(|point| point.number <= number) {
            if point.hash != before {
                return Ok(report.with(number, AuditFault::Rewritten));
            }
        }
    }
    // What the file itself says of its length comes before what others say of it.
    let rest: Vec<&Point> = points.collect();
    let own = rest.iter().find(|point| point.beyond == AuditFault::CutOff);
    if let Some(point) = own.or(rest.first()) {
        return Ok(report.with(number + 1, point.beyond));
    }
    match head_in_the_file(conn)? {
        None if number == 0 => {}
        Some(head) if head == number => {}
        // Every way to add a row sets the head with it.
        head => return Ok(report.with(head.unwrap_or(0) + 1, AuditFault::Changed)),
    }
    if let Some(spoilt) = found.iter().find(|receipt| !receipt.holds) {
        return Ok(report.with(spoilt.number, AuditFault::ReceiptChanged));
    }
    if let Some(number) = not_believed(conn, against)? {
        return Ok(report.with(number, AuditFault::ReceiptChanged));
    }
    if against.superseded {
        return Ok(report.with(number + 1, AuditFault::RolledBack));
    }
    Ok(report)
}

impl AuditReport {
    fn with(mut self, row: i64, why: AuditFault) -> Self {
        self.broken = Some(AuditBreak { row, why });
        self
    }
}

pub(super) const ROWS: &str =
    "SELECT number, at, act, actor, role, session, subject, key, detail, hash FROM audit ORDER BY number";

/// The row's hash, if it is what stands behind the one before.
pub(super) fn hash_if_it_fits(row: &Row<'_>, number: i64, before: &AuditHash) -> Option<AuditHash> {
    (integer(row, 0)? == number).then(|| hash_as(row, number, before))?
}

/// The row's hash, if it would fit with that number behind that row.
fn hash_as(row: &Row<'_>, number: i64, before: &AuditHash) -> Option<AuditHash> {
    // As the bytes they are: a text somebody spoilt is a row that does not fit, and no fault of the store's.
    let mut texts: [&[u8]; 7] = [&[]; 7];
    for (column, text) in (2..).zip(&mut texts) {
        let Ok(ValueRef::Text(bytes)) = row.get_ref(column) else { return None };
        *text = bytes;
    }
    let hash = audit_row_hash(before, number, integer(row, 1)?, texts);
    matches!(row.get_ref(9), Ok(ValueRef::Blob(stored)) if stored == hash.bytes()).then_some(hash)
}

fn integer(row: &Row<'_>, column: usize) -> Option<i64> {
    match row.get_ref(column) {
        Ok(ValueRef::Integer(number)) => Some(number),
        _ => None,
    }
}

/// Why there is nothing that fits where it must: it stands elsewhere, is gone, or is another by now.
fn reason(conn: &Connection, number: i64, before: &AuditHash, given: i64) -> Result<AuditFault, StoreError> {
    let mut statement = conn.prepare(ROWS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if hash_as(row, number, before).is_some() {
            return Ok(AuditFault::OutOfOrder);
        }
    }
    Ok(if given > number { AuditFault::Missing } else { AuditFault::Changed })
}

/// All the chain must pass through, the first ones first.
fn points(conn: &Connection, found: &[Found], against: &Against) -> Result<Vec<Point>, StoreError> {
    let mut points = Vec::new();
    if let Some((number, hash)) = meta::bytes(conn, meta::AUDIT_HEAD)?.as_deref().and_then(read_head) {
        points.push(Point { number, hash, beyond: AuditFault::CutOff });
    }
    for receipt in found.iter().filter(|receipt| receipt.holds) {
        points.extend(receipt.hash.map(|hash| Point { number: receipt.number, hash, beyond: AuditFault::CutOff }));
    }
    if let Some(remembered) = &against.remembered {
        let heads = [Some(remembered.head.head), remembered.receipt.map(|receipt| receipt.head.head)];
        points.extend(heads.into_iter().flatten().filter(|head| head.number > 0).map(|head| Point {
            number: head.number,
            hash: head.hash,
            beyond: AuditFault::RolledBack,
        }));
    }
    points.sort_by_key(|point| point.number);
    Ok(points)
}

/// A receipt in the file.
struct Found {
    number: i64,
    hash: Option<AuditHash>,
    /// Whether it is what the gateway signed for this computer.
    holds: bool,
}

fn receipts_of(conn: &Connection, against: &Against) -> Result<Vec<Found>, StoreError> {
    // A store that is only looked at may be of an older version.
    if migrations::version(conn)? < migrations::WITH_RECEIPTS {
        return Ok(Vec::new());
    }
    let at_most = (!against.every_receipt).then_some(RECEIPTS_AT_START);
    let all = receipts::all(conn, at_most)?;
    let listed = countersigning::listed(conn)?;
    let found = all.into_iter().map(|(number, receipt)| {
        let Some(receipt) = receipt else { return Found { number, hash: None, holds: false } };
        let head = receipt.head.head;
        let ours = against
            .device
            .is_some_and(|Known { id, key }: Known| head.device == id && receipt.head.is_signed_with(&key));
        let is_believed = is_believed(&listed, against, &receipt.gateway, number);
        let holds = ours && head.number == number && is_believed && receipt.is_countersigned();
        Found { number, hash: Some(head.hash), holds }
    });
    Ok(found.collect())
}

/// Whether the file believes a receipt for a row that was given with that key. Where it does not say, the key store's last
/// receipt does: whoever takes the keys out of the file must not have every key believed.
fn is_believed(listed: &Listed, against: &Against, key: &PublicKey, number: i64) -> bool {
    match listed {
        Listed::Keys(believed) => believed.covers(key, number),
        Listed::Unreadable => false,
        Listed::Nothing => {
            against.remembered.and_then(|remembered| remembered.receipt).is_none_or(|receipt| receipt.gateway == *key)
        }
    }
}

/// The row for which the key store remembers a receipt of a key that the file does not believe: the file was told so by
/// somebody else than the gateway. Keys that cannot be read were spoilt, whether there is a receipt or none.
fn not_believed(conn: &Connection, against: &Against) -> Result<Option<i64>, StoreError> {
    let receipt = against.remembered.and_then(|remembered| remembered.receipt);
    let number = receipt.map_or(1, |receipt| receipt.head.head.number);
    Ok(match countersigning::listed(conn)? {
        Listed::Keys(believed) => receipt.filter(|receipt| !believed.covers(&receipt.gateway, number)).map(|_| number),
        Listed::Unreadable => Some(number),
        Listed::Nothing => None,
    })
}

/// The number of the last row, as it was written down with it.
fn head_in_the_file(conn: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(meta::bytes(conn, meta::AUDIT_HEAD)?.as_deref().and_then(read_head).map(|(number, _)| number))
}

/// One that somebody spoilt is none: then the audit is not as it was written, and that is told.
fn read_head(bytes: &[u8]) -> Option<(i64, AuditHash)> {
    let (number, hash) = str::from_utf8(bytes).ok()?.split_once(' ')?;
    Some((number.parse().ok()?, hash.parse().ok()?))
}
