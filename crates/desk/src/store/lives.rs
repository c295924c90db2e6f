//! What SQL asks of a submission's life, held against what is said of that life in Rust, for every life there can be.

use contract::DeviceId;
use rusqlite::params;

use super::queue::{READY_HERE, TO_TAKE_OVER};
use super::second_copy::{CopyFile, LACKING, lacking};
use super::{Connection, StoreError, submissions};
use crate::Status;
use crate::submission::Life;
use crate::submission::tests::STATUSES;
use crate::testing::{actor, inner, recorded};

fn lives() -> impl Iterator<Item = Life> {
    let both = [false, true];
    STATUSES.into_iter().flat_map(move |status| {
        (0..8).map(move |bits: usize| Life {
            status,
            unsettled: both[bits & 1],
            withdrawal_requested: both[bits >> 1 & 1],
            taken_over: both[bits >> 2],
        })
    })
}

fn holds(conn: &Connection, condition: &str, with: &[&str]) -> Result<bool, StoreError> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM submission WHERE {condition})");
    Ok(conn.query_row(&sql, rusqlite::params_from_iter(with), |row| row.get(0))?)
}

#[tokio::test]
async fn sql_and_rust_say_the_same_of_every_life() {
    let (desk, _folder) = inner();
    let author = actor("656005750104");
    let role = author.role.clone().unwrap();
    let submission = recorded(&author, "555086689106");
    let uuid = author.uuid.clone();
    let seen = desk
        .store
        .write(move |conn| {
            submissions::insert(conn, &uuid, &submission)?;
            let mut seen = 0;
            for life in lives() {
                conn.execute(
                    "UPDATE submission SET status = ?1, unsettled = ?2, withdrawal_requested = ?3, is_taken_over = ?4",
                    params![
                        submissions::status_word(life.status),
                        life.unsettled,
                        life.withdrawal_requested,
                        life.taken_over
                    ],
                )?;
                let here = [uuid.as_str(), role.as_str()];
                assert_eq!(holds(conn, TO_TAKE_OVER, &[])?, life.may_be_sent(), "to take over: {life:?}");
                assert_eq!(holds(conn, READY_HERE, &here)?, life.may_be_sent(), "ready here: {life:?}");
                let file = CopyFile::new("f".into());
                let device = DeviceId::from_guid(uuid::Uuid::from_u128(1));
                for copied_in in [None, Some("e"), Some("f")] {
                    conn.execute("UPDATE submission SET copied_in = ?1", [copied_in])?;
                    let is_lacking = holds(conn, LACKING, &["f"])?;
                    if life.may_be_copied() {
                        assert_eq!(is_lacking, copied_in != Some("f"), "a copy: {life:?} in {copied_in:?}");
                    } else {
                        let taken_back = life.status == Status::Withdrawn
                            || life.withdrawal_requested
                                && matches!(life.status, Status::ReadyToSend | Status::Sending);
                        let wanted = taken_back && copied_in.is_some();
                        assert_eq!(is_lacking, wanted, "that it was taken back: {life:?} in {copied_in:?}");
                    }
                    let records = lacking(conn, device, &file, None, 10)?.records;
                    assert_eq!(records.len(), usize::from(is_lacking));
                    for record in records {
                        assert_eq!(record.registration.is_some(), life.may_be_copied(), "{life:?}");
                    }
                }
                seen += 1;
            }
            Ok(seen)
        })
        .await
        .unwrap();
    assert_eq!(seen, 64);
}
