//! Whatever is done to a log is found, at the row where it begins.

use contract::{AuditHead, AuditReceipt, DeviceId, PublicKey, SignedHead};
use ed25519_dalek::SigningKey;
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use rusqlite::types::{ToSqlOutput, ValueRef};
use sha2::{Digest, Sha256};

use super::*;
use crate::Clock;
use crate::audit::{AuditBreak, AuditFault};
use crate::store::device::{Known, Remembered};
use crate::store::migrations;
use crate::testing::{NOW, actor};

const LARGE: i64 = 10_000;

/// A log in memory: what is looked at is the rows, not the cipher.
fn log(rows: i64) -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    migrations::migrate(&mut conn).unwrap();
    let who = actor("656005750104");
    conn.execute_batch("BEGIN").unwrap();
    for number in 1..=rows {
        let act = if number % 3 == 0 { Act::Recorded } else { Act::Searched };
        let about = About {
            subject: Some("555086689106".parse().unwrap()),
            key: (number % 3 == 0)
                .then(|| SubmissionKey::from_guid(uuid::Uuid::from_u128(number.unsigned_abs().into()))),
            detail: number.to_string(),
        };
        append(&conn, NOW, act, &who, &about).unwrap();
    }
    conn.execute_batch("COMMIT; DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened").unwrap();
    conn.execute_batch("DROP TRIGGER audit_receipt_is_never_changed").unwrap();
    conn
}

fn broken(conn: &Connection, against: &Against) -> Option<AuditBreak> {
    verify(conn, against).unwrap().broken
}

fn at(row: i64, why: AuditFault) -> Option<AuditBreak> {
    Some(AuditBreak { row, why })
}

/// Does something to a log, looks what is found, and takes it back.
fn spoilt(conn: &Connection, against: &Against, spoil: impl FnOnce(&Connection)) -> Option<AuditBreak> {
    conn.execute_batch("SAVEPOINT spoil").unwrap();
    spoil(conn);
    let found = broken(conn, against);
    conn.execute_batch("ROLLBACK TO spoil; RELEASE spoil").unwrap();
    found
}

fn run<P: rusqlite::Params>(conn: &Connection, sql: &str, params: P) {
    conn.execute(sql, params).unwrap();
}

const TEXTS: [&str; 7] = ["act", "actor", "role", "session", "subject", "key", "detail"];

/// Changes one byte of one column. Gives the row at which that must be found; none where there is no such byte.
fn flip(conn: &Connection, row: i64, column: usize, byte: usize, mask: u8) -> Option<i64> {
    let shifted = || i64::from(mask) << (8 * u32::try_from(byte).unwrap());
    match column {
        0 => {
            (byte < 8).then_some(())?;
            let other = row ^ shifted();
            run(conn, "UPDATE OR REPLACE audit SET number = ?2 WHERE number = ?1", [row, other]);
            Some(row.min(other))
        }
        1 => {
            (byte < 8).then_some(())?;
            run(conn, "UPDATE audit SET at = (at | ?2) - (at & ?2) WHERE number = ?1", [row, shifted()]);
            Some(row)
        }
        _ => {
            let (name, kind) = TEXTS.get(column - 2).map_or(("hash", "BLOB"), |name| (*name, "TEXT"));
            let sql = format!("SELECT CAST({name} AS BLOB) FROM audit WHERE number = ?1");
            let mut bytes: Vec<u8> = conn.query_row(&sql, [row], |row| row.get(0)).unwrap();
            *bytes.get_mut(byte)? ^= mask;
            let sql = format!("UPDATE audit SET {name} = CAST(?2 AS {kind}) WHERE number = ?1");
            run(conn, &sql, params![row, bytes]);
            Some(row)
        }
    }
}

fn random() -> TestRng {
    let seed = std::env::var("RA_DESK_SEED").unwrap_or_else(|_| "ra-desk".into());
    println!("seed: RA_DESK_SEED={seed}");
    TestRng::from_seed(RngAlgorithm::ChaCha, &<[u8; 32]>::from(Sha256::digest(seed)))
}

fn below(random: &mut TestRng, end: i64) -> i64 {
    i64::try_from(random.next_u64() % end.unsigned_abs()).unwrap()
}

#[test]
fn a_head_that_cannot_be_read_is_a_broken_audit_and_no_fault_of_the_stores() {
    let conn = log(3);
    let spoilt = spoilt(&conn, &Against::default(), |conn| {
        run(conn, "UPDATE meta SET value = CAST(x'ff31' AS TEXT) WHERE name = 'audit_head'", []);
    });
    assert_eq!(spoilt, at(1, AuditFault::Changed));
}

#[test]
fn every_bit_of_every_byte_of_a_small_log_counts() {
    const ROWS: i64 = 12;
    let conn = log(ROWS);
    assert_eq!(broken(&conn, &Against::default()), None);
    let mut flips = 0;
    for row in 1..=ROWS {
        for column in 0..10 {
            for byte in 0.. {
                let mut there = true;
                for bit in 0..8 {
                    let mut wanted = None;
                    let found =
                        spoilt(&conn, &Against::default(), |conn| wanted = flip(conn, row, column, byte, 1 << bit));
                    let Some(wanted) = wanted else {
                        there = false;
                        break;
                    };
                    assert_eq!(found.map(|found| found.row), Some(wanted), "row {row}, column {column}, {byte}.{bit}");
                    flips += 1;
                }
                if !there {
                    break;
                }
            }
        }
    }
    println!("{flips} single bits flipped");
    assert!(flips > 12_000, "every column has bytes: {flips}");
}

#[test]
fn a_changed_byte_anywhere_in_a_large_log_is_found() {
    let (conn, mut random) = (log(LARGE), random());
    assert_eq!(broken(&conn, &Against::default()), None);
    let mut flips = 0;
    while flips < 60 {
        let (row, column) = (1 + below(&mut random, LARGE), usize::try_from(below(&mut random, 10)).unwrap());
        let (byte, mask) = (usize::try_from(below(&mut random, 40)).unwrap(), 1 << below(&mut random, 8));
        let mut wanted = None;
        let found = spoilt(&conn, &Against::default(), |conn| wanted = flip(conn, row, column, byte, mask));
        if wanted.is_some() {
            assert_eq!(found.map(|found| found.row), wanted, "row {row}, column {column}, byte {byte}, mask {mask}");
            flips += 1;
        }
    }
}

/// Walking the chain stops at the first row that does not fit; so each row is given to what it asks of one, with each of
/// its bytes changed in turn.
#[test]
fn no_byte_of_a_large_log_can_be_changed_and_its_row_still_fits() {
    let conn = log(LARGE);
    let mut rows = conn.prepare(verify::ROWS).unwrap();
    let mut rows = rows.query([]).unwrap();
    let mut changed = conn.prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10").unwrap();
    let mut fits = |values: &[Value], number, before: &AuditHash| {
        let values = values.iter().map(|value| match value {
            Value::Integer(number) => ToSqlOutput::from(*number),
            // Bytes as they are: what a flip leaves need not be UTF-8.
            Value::Text(bytes) => ToSqlOutput::Borrowed(ValueRef::Text(bytes)),
            Value::Blob(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        });
        let row = rusqlite::params_from_iter(values);
        changed.query_row(row, |row| Ok(verify::hash_if_it_fits(row, number, before))).unwrap()
    };
    let (mut number, mut before, mut flips) = (0, AuditHash::NONE, 0);
    while let Some(row) = rows.next().unwrap() {
        number += 1;
        let mut values: Vec<Value> = (0..10)
            .map(|column| match row.get_ref(column).unwrap() {
                ValueRef::Integer(number) => Value::Integer(number),
                ValueRef::Text(bytes) => Value::Text(bytes.to_vec()),
                ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
                other => panic!("row {number}, column {column}: {other:?}"),
            })
            .collect();
        let hash = fits(&values, number, &before).expect("as it was written it fits");
        for column in 0..values.len() {
            for byte in 0..values[column].length() {
                let mask = 1 << ((flips + byte) % 8);
                values[column].flip(byte, mask);
                assert_eq!(fits(&values, number, &before), None, "row {number}, column {column}, byte {byte}, {mask}");
                values[column].flip(byte, mask);
                flips += 1;
            }
        }
        before = hash;
    }
    println!("{flips} bytes changed in {number} rows");
    assert_eq!(number, LARGE);
    assert!(flips > 1_000_000, "every column has bytes: {flips}");
}

/// A column's value, of which single bytes are changed.
enum Value {
    Integer(i64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl Value {
    fn length(&self) -> usize {
        match self {
            Self::Integer(_) => 8,
            Self::Text(bytes) | Self::Blob(bytes) => bytes.len(),
        }
    }

    fn flip(&mut self, byte: usize, mask: u8) {
        match self {
            Self::Integer(number) => *number ^= i64::from(mask) << (8 * byte),
            Self::Text(bytes) | Self::Blob(bytes) => bytes[byte] ^= mask,
        }
    }
}

#[test]
fn rows_that_are_gone_moved_or_cut_off_are_told_apart() {
    let (conn, mut random) = (log(LARGE), random());
    let nothing = Against::default();
    let mut rows: Vec<i64> = (0..20).map(|_| 1 + below(&mut random, LARGE - 200)).collect();
    rows.push(1);
    for row in rows {
        let found = spoilt(&conn, &nothing, |conn| run(conn, "DELETE FROM audit WHERE number = ?1", [row]));
        assert_eq!(found, at(row, AuditFault::Missing));
        // Renumbered, so that there is no gap.
        let found = spoilt(&conn, &nothing, |conn| {
            run(conn, "DELETE FROM audit WHERE number = ?1", [row]);
            run(conn, "UPDATE audit SET number = -number WHERE number > ?1", [row]);
            run(conn, "UPDATE audit SET number = -number - 1 WHERE number < 0", []);
        });
        assert_eq!(found, at(row, AuditFault::Changed));
        let other = row + 1 + below(&mut random, 100);
        let found = spoilt(&conn, &nothing, |conn| {
            let sql = "UPDATE audit SET number = CASE number WHEN ?1 THEN -?2 ELSE -?1 END WHERE number IN (?1, ?2)";
            run(conn, sql, [row, other]);
            run(conn, "UPDATE audit SET number = -number WHERE number < 0", []);
        });
        assert_eq!(found, at(row, AuditFault::OutOfOrder), "swapped with {other}");
        let found = spoilt(&conn, &nothing, |conn| {
            run(
                conn,
                "UPDATE audit SET number = number - ?1 - ?2 - 1000000 WHERE number BETWEEN ?1 AND ?2",
                [row, other],
            );
            run(conn, "UPDATE audit SET number = -number - 1000000 WHERE number < 0", []);
        });
        assert_eq!(found, at(row, AuditFault::OutOfOrder), "turned round up to {other}");
        let found = spoilt(&conn, &nothing, |conn| run(conn, "DELETE FROM audit WHERE number > ?1", [row]));
        assert_eq!(found, at(row + 1, AuditFault::CutOff));
    }
    let found = spoilt(&conn, &nothing, |conn| run(conn, "DELETE FROM audit", []));
    assert_eq!(found, at(1, AuditFault::CutOff));
    let found = spoilt(&conn, &nothing, |conn| {
        let (number, before) = head(conn).unwrap().unwrap();
        let mut row = rows_after(conn, number - 1, 1).unwrap().remove(0);
        row.number += 1;
        write(conn, &row, &row.hash(&before));
    });
    assert_eq!(found, at(LARGE + 1, AuditFault::Changed), "a row that fits and that RA Desk did not write");
}

fn write(conn: &Connection, row: &AuditRow, hash: &AuditHash) {
    let texts = row.texts();
    run(
        conn,
        "INSERT OR REPLACE INTO audit (number, at, act, actor, role, session, subject, key, detail, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![row.number, row.at, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], hash.bytes()],
    );
}

/// Cuts a log off, and lets the file's own head say so too: what somebody does who knows how it is made.
fn cut_skilfully(conn: &Connection, row: i64) {
    run(conn, "DELETE FROM audit WHERE number > ?1", [row]);
    let hash = hash_of(conn, row).unwrap().unwrap();
    meta::set(conn, meta::AUDIT_HEAD, &head_text(row, &hash)).unwrap();
}

/// Tells another story from one row on, with hashes that fit.
fn fork(conn: &Connection, from: i64) {
    let mut before = hash_of(conn, from - 1).unwrap().unwrap_or(AuditHash::NONE);
    for mut row in rows_after(conn, from - 1, usize::MAX).unwrap() {
        if row.number == from {
            row.subject = "555057896106".into();
        }
        before = row.hash(&before);
        write(conn, &row, &before);
        meta::set(conn, meta::AUDIT_HEAD, &head_text(row.number, &before)).unwrap();
    }
}

struct Signers {
    device: DeviceId,
    desk: SigningKey,
    gateway: SigningKey,
}

fn signers() -> Signers {
    let device = DeviceId::from_guid(uuid::Uuid::from_u128(7));
    Signers { device, desk: SigningKey::from_bytes(&[1; 32]), gateway: SigningKey::from_bytes(&[2; 32]) }
}

impl Signers {
    fn against(&self) -> Against {
        let device = Some(Known { id: self.device, key: PublicKey::of(&self.desk) });
        Against { device, every_receipt: true, ..Against::default() }
    }

    fn head(&self, conn: &Connection, number: i64) -> SignedHead {
        let hash = hash_of(conn, number).unwrap().unwrap();
        AuditHead { device: self.device, number, hash, at: NOW.as_microsecond() }.sign(&self.desk)
    }

    fn receipt(&self, conn: &Connection, number: i64) -> AuditReceipt {
        AuditReceipt::countersign(self.head(conn, number), NOW, &self.gateway)
    }
}

#[test]
fn whoever_can_rewrite_the_file_is_shown_by_the_gateways_receipts() {
    let (conn, by) = (log(LARGE), signers());
    for number in [2_000, 6_000, 9_000] {
        keep_receipt(&conn, &by.receipt(&conn, number)).unwrap();
    }
    let against = by.against();
    assert_eq!(broken(&conn, &against), None);
    assert_eq!(verify(&conn, &against).unwrap().countersigned, Some(9_000));
    let alone = spoilt(&conn, &Against::default(), |conn| {
        run(conn, "DROP TRIGGER audit_receipt_is_never_shortened; ", []);
        run(conn, "DELETE FROM audit_receipt", []);
        fork(conn, 2_001);
    });
    assert_eq!(alone, None, "the chain by itself does not show it");
    assert_eq!(spoilt(&conn, &against, |conn| fork(conn, 2_001)), at(6_000, AuditFault::Rewritten));
    assert_eq!(spoilt(&conn, &against, |conn| fork(conn, 9_000)), at(9_000, AuditFault::Rewritten));
    assert_eq!(spoilt(&conn, &against, |conn| fork(conn, 1)), at(2_000, AuditFault::Rewritten));
    assert_eq!(spoilt(&conn, &against, |conn| cut_skilfully(conn, 8_999)), at(9_000, AuditFault::CutOff));
    assert_eq!(spoilt(&conn, &against, |conn| cut_skilfully(conn, 9_000)), None, "nobody else knew of those rows");
}

#[test]
fn whoever_can_rewrite_the_file_is_shown_by_the_head_in_the_key_store() {
    let (conn, by) = (log(LARGE), signers());
    let remembered = Remembered { head: by.head(&conn, 9_500), receipt: Some(by.receipt(&conn, 9_000)), key: None };
    let against = Against { remembered: Some(remembered), ..by.against() };
    assert_eq!(broken(&conn, &against), None, "the file may be further than what is remembered");
    assert_eq!(spoilt(&conn, &against, |conn| cut_skilfully(conn, 9_499)), at(9_500, AuditFault::RolledBack));
    assert_eq!(spoilt(&conn, &against, |conn| fork(conn, 9_100)), at(9_500, AuditFault::Rewritten));
    assert_eq!(spoilt(&conn, &against, |conn| fork(conn, 100)), at(9_000, AuditFault::Rewritten));
    // An older copy that was gone on with: as long as before, and another.
    let regrown = |conn: &Connection| {
        cut_skilfully(conn, 9_400);
        for _ in 0..200 {
            append(conn, NOW, Act::SignedIn, &actor("656005750104"), &About::default()).unwrap();
        }
    };
    assert_eq!(spoilt(&conn, &against, regrown), at(9_500, AuditFault::Rewritten));
}

#[test]
fn a_receipt_of_a_key_that_is_not_believed_is_none() {
    let (conn, by) = (log(9), signers());
    keep_receipt(&conn, &by.receipt(&conn, 3)).unwrap();
    let report = verify(&conn, &by.against()).unwrap();
    assert_eq!((report.broken, report.countersigned), (None, Some(3)), "no key was written down yet");
    countersigning::follow(&conn, by.receipt(&conn, 3).gateway).unwrap();
    assert_eq!(verify(&conn, &by.against()).unwrap().broken, None);
    let stranger = SigningKey::from_bytes(&[77; 32]);
    // Whoever writes another key into the file does not write it into the key store.
    let remembered = Remembered { head: by.head(&conn, 5), receipt: Some(by.receipt(&conn, 3)), key: None };
    let against = Against { remembered: Some(remembered), ..by.against() };
    assert_eq!(broken(&conn, &against), None);
    let rewritten = |conn: &Connection| {
        run(conn, "DROP TRIGGER audit_receipt_is_never_shortened", []);
        run(conn, "DELETE FROM audit_receipt", []);
        run(conn, "DELETE FROM meta WHERE name = 'countersigning_keys'", []);
        keep_receipt(conn, &AuditReceipt::countersign(by.head(conn, 3), NOW, &stranger)).unwrap();
        countersigning::follow(conn, PublicKey::of(&stranger)).unwrap();
    };
    assert_eq!(spoilt(&conn, &against, rewritten), at(3, AuditFault::ReceiptChanged));
    // Nor does it help to leave the file without any, or with what nobody can read.
    let unlisted = |conn: &Connection, receipt: bool| {
        run(conn, "DELETE FROM meta WHERE name = 'countersigning_keys'", []);
        if receipt {
            keep_receipt(conn, &AuditReceipt::countersign(by.head(conn, 7), NOW, &stranger)).unwrap();
        }
    };
    assert_eq!(spoilt(&conn, &against, |conn| unlisted(conn, false)), None, "the key store knows the key");
    assert_eq!(spoilt(&conn, &against, |conn| unlisted(conn, true)), at(7, AuditFault::ReceiptChanged));
    let unread = |conn: &Connection| run(conn, "UPDATE meta SET value = '?' WHERE name = 'countersigning_keys'", []);
    assert_eq!(spoilt(&conn, &against, unread), at(3, AuditFault::ReceiptChanged));
    assert_eq!(spoilt(&conn, &by.against(), unread), at(3, AuditFault::ReceiptChanged));
    let head = by.head(&conn, 9);
    keep_receipt(&conn, &AuditReceipt::countersign(head, NOW, &stranger)).unwrap();
    let report = verify(&conn, &by.against()).unwrap();
    assert_eq!(report.broken, Some(AuditBreak { row: 9, why: AuditFault::ReceiptChanged }));
    assert_eq!(report.countersigned, Some(3));
}

#[test]
fn every_byte_of_a_receipt_counts() {
    let (conn, by) = (log(5), signers());
    keep_receipt(&conn, &by.receipt(&conn, 3)).unwrap();
    let against = by.against();
    assert_eq!(broken(&conn, &against), None);
    let text: String = conn.query_row("SELECT receipt FROM audit_receipt", [], |row| row.get(0)).unwrap();
    for byte in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[byte] ^= 1;
        let found = spoilt(&conn, &against, |conn| {
            run(conn, "UPDATE audit_receipt SET receipt = CAST(?1 AS TEXT)", [bytes]);
        });
        assert_eq!(found, at(3, AuditFault::ReceiptChanged), "byte {byte}");
    }
    let found = spoilt(&conn, &against, |conn| run(conn, "UPDATE audit_receipt SET number = 4", []));
    assert_eq!(found, at(4, AuditFault::ReceiptChanged), "a receipt for another row");
    let other = Signers { desk: SigningKey::from_bytes(&[3; 32]), ..signers() };
    let found = spoilt(&conn, &other.against(), |_| {});
    assert_eq!(found, at(3, AuditFault::ReceiptChanged), "a receipt for another computer");
}

/// The figures of design §6 and performance.md §6f. Run it with optimisations:
/// `cargo test -p desk --release -- --ignored --nocapture rows_verified`.
#[test]
#[ignore = "measures; needs a release build"]
fn rows_verified_a_second() {
    const ROWS: i64 = 200_000;
    let folder = tempfile::TempDir::new().unwrap();
    let keys = crate::testing::Keys::new();
    let path = folder.path().join("data");
    let opened = crate::store::file::open(&path, &keys, &crate::SystemRandom::default(), NOW).unwrap();
    let who = actor("656005750104");
    opened.writer.execute_batch("BEGIN").unwrap();
    for number in 0..ROWS {
        let about = About {
            subject: Some("555086689106".parse().unwrap()),
            key: Some(SubmissionKey::from_guid(uuid::Uuid::from_u128(number.unsigned_abs().into()))),
            detail: String::new(),
        };
        append(&opened.writer, NOW, Act::Recorded, &who, &about).unwrap();
    }
    opened.writer.execute_batch("COMMIT").unwrap();
    let rows = rows_after(&opened.reader, 0, usize::MAX).unwrap();
    let mut plain = Vec::new();
    for row in &rows {
        plain
            .push([&b"ra-desk audit 1\0"[..], &[0; 32][..], &row.number.to_be_bytes(), &row.at.to_be_bytes()].concat());
        let last = plain.last_mut().unwrap();
        last.extend(
            row.texts().iter().flat_map(|text| [&(text.len() as u64).to_be_bytes()[..], text.as_bytes()].concat()),
        );
    }
    let clock = crate::SystemClock::start();
    let rate = |seconds: f64| ROWS as f64 / seconds;
    for _ in 0..3 {
        let start = clock.monotonic();
        assert_eq!(broken(&opened.reader, &Against::default()), None);
        let ours = rate((clock.monotonic() - start).as_secs_f64());
        let start = clock.monotonic();
        for bytes in &plain {
            std::hint::black_box(Sha256::digest(bytes));
        }
        let sha = rate((clock.monotonic() - start).as_secs_f64());
        println!(
            "verified {ours:.0} rows/s from the encrypted file; plain SHA-256 {sha:.0} rows/s; ratio {:.2}",
            ours / sha
        );
        assert!(ours >= 100_000.0);
    }
}
