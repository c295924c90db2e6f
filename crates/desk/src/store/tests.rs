//! The audit's chain, whose submissions are whose, and writes that share a transaction.

use contract::{RefusalCode, RefusalDetail};
use tempfile::TempDir;

use super::*;
use crate::submission::Event;
use crate::testing::{Keys, NOW, actor, recorded};
use crate::{OutboxTab, Status, SystemRandom};

const PERSON: &str = "555086689106";
const RA_USER: &str = "656005750104";
const ANOTHER: &str = "555057896106";

struct Opened {
    store: Store,
    _folder: TempDir,
}

fn open() -> Opened {
    let folder = TempDir::new().unwrap();
    let store = Store::open(&folder.path().join("data"), &Keys::new(), &SystemRandom::default(), NOW).unwrap();
    Opened { store, _folder: folder }
}

fn is_whole(conn: &Connection) -> Result<bool, StoreError> {
    audit::verify(conn, &Against::default()).map(|report| report.is_intact())
}

async fn insert(store: &Store, actor: &Actor) -> StoredSubmission {
    let submission = recorded(actor, PERSON);
    let (written, author) = (submission.clone(), actor.uuid.clone());
    store.write(move |conn| submissions::insert(conn, &author, &written)).await.unwrap();
    submission
}

async fn happen(store: &Store, actor: &Actor, of: &StoredSubmission, event: Event) -> Result<(), StoreError> {
    let (actor, key) = (actor.clone(), of.key);
    store.write(move |conn| submissions::happen(conn, NOW, &actor, key, event, News::None).map(drop)).await
}

#[tokio::test]
async fn the_audit_shows_a_change_a_gap_a_swap_and_a_cut() {
    let tampering = [
        "UPDATE audit SET detail = 'other' WHERE number = 2",
        "UPDATE audit SET at = at + 1 WHERE number = 1",
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit WHERE number = 4",
        "DELETE FROM audit",
        "UPDATE audit SET number = CASE number WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE number IN (2, 3);
         UPDATE audit SET number = -number WHERE number < 0",
    ];
    for tampered in tampering {
        let Opened { store, _folder } = open();
        for act in [Act::SignedIn, Act::Searched, Act::ProfileRead, Act::SessionEnded] {
            let who = actor(RA_USER);
            store.write(move |conn| audit::append(conn, NOW, act, &who, &About::default())).await.unwrap();
        }
        assert!(store.read(is_whole).await.unwrap());
        let refused = store.write(move |conn| Ok(conn.execute_batch(tampered)?)).await;
        assert!(refused.is_err(), "the file itself refuses: {tampered}");
        store
            .write(move |conn| {
                conn.execute_batch("DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened;")?;
                Ok(conn.execute_batch(tampered)?)
            })
            .await
            .unwrap();
        assert!(!store.read(is_whole).await.unwrap(), "{tampered}");
    }
}

#[tokio::test]
async fn a_row_of_another_chain_does_not_fit_into_this_one() {
    let (one, other) = (open(), open());
    for (opened, detail) in [(&one, "1"), (&other, "2")] {
        for act in [Act::SignedIn, Act::Searched, Act::ProfileRead] {
            let about = About { detail: detail.into(), ..About::default() };
            let who = actor(RA_USER);
            opened.store.write(move |conn| audit::append(conn, NOW, act, &who, &about)).await.unwrap();
        }
    }
    // The first row is whole in itself, its own hash included; only the next one knows that it is another.
    let foreign: Vec<u8> = other
        .store
        .read(|conn| Ok(conn.query_row("SELECT hash FROM audit WHERE number = 1", [], |row| row.get(0))?))
        .await
        .unwrap();
    one.store
        .write(move |conn| {
            conn.execute_batch("DROP TRIGGER audit_is_never_changed")?;
            conn.execute("UPDATE audit SET detail = '2', hash = ?1 WHERE number = 1", [foreign])?;
            Ok(())
        })
        .await
        .unwrap();
    assert!(!one.store.read(is_whole).await.unwrap());
}

#[tokio::test]
async fn the_audit_tells_of_each_act_in_its_transaction_and_names_nobody() {
    let Opened { store, _folder } = open();
    let who = actor(RA_USER);
    let submission = insert(&store, &who).await;
    for event in [Event::SendStarted, Event::NoAnswer, Event::SendStarted, Event::SettledWithdrawn] {
        happen(&store, &who, &submission, event).await.unwrap();
    }
    assert_eq!(happen(&store, &who, &submission, Event::SendStarted).await, Err(StoreError::WrongState));
    let rows: Vec<(String, String)> = store
        .read(|conn| {
            let mut statement =
                conn.prepare("SELECT act, subject || actor || key || detail FROM audit ORDER BY number")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
        .unwrap();
    let acts: Vec<&str> = rows.iter().map(|(act, _)| act.as_str()).collect();
    assert_eq!(acts, ["sent", "sent", "withdrawn"]);
    assert!(rows.iter().all(|(_, text)| !text.contains("Quintessa") && !text.contains('@')));
}

#[tokio::test]
async fn a_submission_is_within_reach_of_its_author_alone() {
    let Opened { store, _folder } = open();
    let (author, other) = (actor(RA_USER), actor(ANOTHER));
    let submission = insert(&store, &author).await;
    assert_eq!(happen(&store, &other, &submission, Event::WithdrawAsked).await, Err(StoreError::NotFound));
    let (who, key) = (other.clone(), submission.key);
    let seen = store.read(move |conn| submissions::get(conn, &who.uuid, key)).await;
    assert_eq!(seen, Err(StoreError::NotFound));
    let sent = store.write(move |conn| queue::start_sending(conn, NOW, &other, 200, None)).await.unwrap();
    assert!(sent.is_empty());
}

#[tokio::test]
async fn only_this_role_and_session_send_unless_it_is_confirmed() {
    let Opened { store, _folder } = open();
    let author = actor(RA_USER);
    let submission = insert(&store, &author).await;
    let other_role = Actor { role: Some("1".parse().unwrap()), ..author.clone() };
    let later = Actor { session: uuid::Uuid::from_u128(2), ..author.clone() };
    for who in [other_role.clone(), later.clone(), Actor { role: None, ..author.clone() }] {
        let sendable = store
            .write(move |conn| {
                Ok((queue::sendable(conn, &who)?, queue::start_sending(conn, NOW, &who, 200, None)?.len()))
            })
            .await
            .unwrap();
        assert_eq!(sendable, (0, 0));
    }
    let counts = store.read(move |conn| queue::counts(conn, Some(&other_role))).await.unwrap();
    assert_eq!((counts.ready, counts.other_roles), (1, 1));
    let who = later.clone();
    assert_eq!(store.write(move |conn| queue::confirm_recorded(conn, NOW, &who)).await.unwrap(), 1);
    let sent = store.write(move |conn| queue::start_sending(conn, NOW, &later, 200, None)).await.unwrap();
    assert_eq!(sent[0].key, submission.key);
    assert_eq!(sent[0].body, submission.body, "the bytes that were frozen");
}

#[tokio::test]
async fn what_waits_is_counted_as_it_is_listed_and_without_reading_rows() {
    let Opened { store, _folder } = open();
    let author = actor(RA_USER);
    let session = |number| Actor { session: uuid::Uuid::from_u128(number), ..actor(RA_USER) };
    for who in [session(1), session(1), session(2), session(3), session(3), session(3)] {
        insert(&store, &who).await;
    }
    let withdrawn = insert(&store, &session(3)).await;
    happen(&store, &author, &withdrawn, Event::WithdrawAsked).await.unwrap();
    // Those of the sessions before and after this one; then all of them but its own are confirmed.
    for (number, expected) in [(1, (4, 2)), (2, (5, 1)), (3, (3, 3)), (4, (6, 0))] {
        let who = session(number);
        let counted = store.read(move |conn| {
            let listed = queue::to_confirm(conn, &who)?.len();
            assert_eq!(queue::count_to_confirm(conn, &who)? as usize, listed);
            Ok((listed, queue::sendable(conn, &who)?))
        });
        assert_eq!(counted.await.unwrap(), expected, "session {number}");
    }
    let who = session(2);
    let counted = store.write(move |conn| {
        queue::confirm_recorded(conn, NOW, &who)?;
        Ok((queue::count_to_confirm(conn, &who)?, queue::sendable(conn, &who)?))
    });
    assert_eq!(counted.await.unwrap(), (0, 6));
    for asked in [queue::COUNT_TO_CONFIRM.as_str(), queue::COUNTS.as_str(), queue::UNFINISHED_OF_PERSON] {
        let plan = store.read(move |conn| {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {asked}"))?;
            let nothing = vec![""; statement.parameter_count()];
            let lines = statement.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3))?;
            Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?)
        });
        let plan = plan.await.unwrap().join("\n");
        assert!(plan.contains("COVERING INDEX submission_of_author"), "{plan}");
    }
}

#[tokio::test]
async fn what_a_refusal_told_is_kept() {
    let Opened { store, _folder } = open();
    let author = actor(RA_USER);
    let submission = insert(&store, &author).await;
    happen(&store, &author, &submission, Event::SendStarted).await.unwrap();
    let (who, key) = (author.clone(), submission.key);
    let code = RefusalCode::AddressInUse;
    store
        .write(move |conn| {
            let detail = RefusalDetail::default();
            submissions::happen(conn, NOW, &who, key, Event::Refused(code), News::Refusal(code, &detail))
        })
        .await
        .unwrap();
    let rows = store.read(move |conn| queue::tab(conn, &author.uuid, OutboxTab::Attention, 10)).await.unwrap();
    assert_eq!(rows[0].attention, Some((code, RefusalDetail::default())));
    assert_eq!(rows[0].life.status, Status::NeedsAttention);
    assert_eq!(rows[0].attempts, 1);
}

#[tokio::test]
async fn a_late_answer_takes_nothing_back() {
    let Opened { store, _folder } = open();
    let author = actor(RA_USER);
    let submission = insert(&store, &author).await;
    happen(&store, &author, &submission, Event::SendStarted).await.unwrap();
    for state in ["waiting_for_them", "linked", "waiting_for_them"] {
        let registration: contract::Registration = serde_json::from_value(serde_json::json!({
            "id": uuid::Uuid::from_u128(1), "key": submission.key, "care_identity": PERSON,
            "address": submission.address, "state": state, "registered_by": "Made Up", "registered_at": NOW,
            "progress": { "wrong_account": 0, "attempts_left": 5 },
        }))
        .unwrap();
        let who = author.clone();
        store
            .write(move |conn| {
                let told = Event::Told(registration.state);
                submissions::happen(conn, NOW, &who, registration.key, told, News::Registration(&registration))
            })
            .await
            .unwrap();
    }
    let now = store.read(move |conn| submissions::get(conn, &author.uuid, submission.key)).await.unwrap();
    assert_eq!(now.life.status, Status::Linked);
    assert_eq!(now.registration.unwrap().0.state, contract::RegistrationState::Linked);
}

#[tokio::test]
async fn a_write_that_fails_undoes_itself_and_nothing_beside_it() {
    let Opened { store, _folder } = open();
    let author = actor(RA_USER);
    let mut writes = Vec::new();
    for number in 0..50 {
        let (who, submission) = (author.clone(), recorded(&author, PERSON));
        writes.push(store.write(move |conn| {
            submissions::insert(conn, &who.uuid, &submission)?;
            if number % 2 == 0 { Ok(()) } else { Err(StoreError::WrongState) }
        }));
    }
    let mut done = 0;
    for (number, write) in writes.into_iter().enumerate() {
        let answer = write.await;
        assert_eq!(answer.is_ok(), number % 2 == 0);
        done += u32::from(answer.is_ok());
    }
    let counts = store.read(move |conn| queue::counts(conn, Some(&author))).await.unwrap();
    assert_eq!(counts.ready, done);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_hides_no_other_and_stays() {
    let Opened { store, _folder } = open();
    let author = actor(RA_USER);
    let broken = insert(&store, &author).await;
    insert(&store, &author).await;
    store
        .write(move |conn| {
            conn.execute("UPDATE submission SET profile = 'not JSON' WHERE key = ?1", [broken.key.to_string()])?;
            Ok(())
        })
        .await
        .unwrap();
    let who = author.clone();
    let rows = store.read(move |conn| queue::tab(conn, &who.uuid, OutboxTab::Ready, 10)).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(store.read(move |conn| queue::counts(conn, Some(&author))).await.unwrap().ready, 2);
}

#[tokio::test]
async fn a_full_disk_says_so_and_keeps_what_was_there() {
    let Opened { store, _folder } = open();
    let author = actor(RA_USER);
    insert(&store, &author).await;
    // As large as it may get: what SQLite says then is what it says of a full disk.
    store.write(|conn| Ok(conn.execute_batch("PRAGMA max_page_count = 1;")?)).await.unwrap();
    let mut refused = None;
    for _ in 0..100 {
        let (who, submission) = (author.clone(), recorded(&author, PERSON));
        if let Err(error) = store.write(move |conn| submissions::insert(conn, &who.uuid, &submission)).await {
            refused = Some(error);
            break;
        }
    }
    assert_eq!(refused, Some(StoreError::DiskFull));
    let who = author.clone();
    let kept = store.read(move |conn| queue::counts(conn, Some(&who))).await.unwrap().ready;
    assert!(kept >= 1);
    store.write(|conn| Ok(conn.execute_batch("PRAGMA max_page_count = 1000000;")?)).await.unwrap();
    insert(&store, &author).await;
    let now = store.read(move |conn| queue::counts(conn, Some(&author))).await.unwrap().ready;
    assert_eq!(now, kept + 1, "when there is room again, it goes on");
}

#[tokio::test]
async fn what_waits_is_told_in_as_many_groups_as_there_is_room_for_and_that_there_are_more() {
    let Opened { store, _folder } = open();
    let told = |limit| {
        let told = store.read(move |conn| queue::waiting_groups(conn, limit));
        async move { told.await.map(|(groups, more)| (groups.len(), more)).unwrap() }
    };
    assert_eq!(told(2).await, (0, false));
    for who in [RA_USER, ANOTHER, ANOTHER] {
        insert(&store, &actor(who)).await;
    }
    assert_eq!(told(2).await, (2, false));
    assert_eq!(told(1).await, (1, true));
    let spoil = format!("UPDATE submission SET role = '?' WHERE author = '{RA_USER}'");
    store.write(move |conn| Ok(conn.execute_batch(&spoil)?)).await.unwrap();
    assert_eq!(told(2).await, (1, true), "one cannot be read");
}

/// Loses one, as a damaged page does.
#[cfg(feature = "practice")]
pub(crate) fn lose(conn: &Connection, key: contract::SubmissionKey) -> Result<(), StoreError> {
    conn.execute("DELETE FROM submission WHERE key = ?1", [key.to_string()])?;
    Ok(())
}
