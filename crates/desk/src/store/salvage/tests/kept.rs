//! What is made of rows that were saved: those of earlier audits, and those that a manager took over.

use std::path::Path;

use super::*;
use crate::Status;
use crate::store::submissions::{News, TakenFrom, happen};
use crate::store::vault::is_theirs;
use crate::store::vault::tests::vault;
use crate::submission::Event;

const MANAGER: &str = "656005750203";
const PERSON: &str = "555086689106";

/// A store whose audit was ended and another begun, closed.
struct Begun {
    folder: TempDir,
    keys: Keys,
}

impl Begun {
    /// `first` is written into the audit that is ended.
    async fn new(first: impl FnOnce(&Connection) -> Result<(), StoreError> + Send + 'static) -> Self {
        let begun = Self { folder: TempDir::new().unwrap(), keys: Keys::new() };
        let store = begun.open();
        store.write(first).await.unwrap();
        let who = actor(RA_USER);
        store.write(move |conn| succession::ask(conn, NOW, &who, AuditEnded::Forked)).await.unwrap();
        drop(store);
        begun
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn open(&self) -> Store {
        Store::open(&self.data(), &self.keys, &SystemRandom::default(), NOW).unwrap()
    }

    /// Another copy of the keys: what a recovery makes is not this computer's.
    fn keys(&self) -> Keys {
        let keys = Keys::new();
        keys.entries.lock().unwrap().clone_from(&self.keys.entries.lock().unwrap());
        keys
    }

    /// Opened anew, so that the audit is begun, and again after its first page was damaged.
    fn recovered(&self) -> Store {
        drop(self.open());
        let path = self.data().join("store.db");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[200] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let store = self.open();
        assert!(store.audit.is_intact());
        store
    }
}

/// Rows of all audits of a store, by the device and number each is kept under, and receipts beside them.
type Rows = BTreeMap<(String, i64), Vec<u8>>;

async fn rows_of(store: &Store) -> (String, Rows, Rows) {
    store
        .read(|conn| {
            let here = device::known(conn)?.unwrap().id.to_string();
            let rows = |sql: &str| {
                let mut statement = conn.prepare(sql)?;
                let rows = statement.query_map([&here], |row| {
                    Ok(((row.get(0)?, row.get(1)?), row.get_ref(2)?.as_bytes().unwrap_or_default().to_vec()))
                })?;
                Ok::<_, StoreError>(rows.collect::<rusqlite::Result<Rows>>()?)
            };
            let all =
                rows("SELECT device, number, hash FROM audit_before UNION ALL SELECT ?1, number, hash FROM audit")?;
            let receipts = rows(
                "SELECT device, number, receipt FROM audit_receipt_before
                 UNION ALL SELECT ?1, number, receipt FROM audit_receipt",
            )?;
            Ok((here, all, receipts))
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn rows_of_an_ended_audit_are_never_taken_for_those_of_the_one_begun_after_it() {
    let begun = Begun::new(|conn| {
        for number in 0..200 {
            record(conn, &recorded(&actor(RA_USER), &format!("5550866{number:05}")))?;
            let receipt = "INSERT INTO audit_receipt (number, receipt) VALUES (?1, ?2)";
            conn.execute(
                receipt,
                rusqlite::params![number + 1, format!("the first device's {number} {}", "-".repeat(300))],
            )?;
        }
        Ok(())
    })
    .await;
    // Begun, and gone on with, all in the journal.
    let store = begun.open();
    store
        .write(|conn| {
            for number in 0..20 {
                let receipt = "INSERT INTO audit_receipt (number, receipt) VALUES (?1, ?2)";
                conn.execute(receipt, rusqlite::params![number + 1, format!("the second device's {number}")])?;
            }
            Ok(())
        })
        .await
        .unwrap();
    for number in 0..30 {
        let submission = recorded(&actor(RA_USER), &format!("5550867{number:05}"));
        store.write(move |conn| record(conn, &submission)).await.unwrap();
    }
    let (second, rows, receipts) = rows_of(&store).await;
    let of_second = |rows: &Rows| rows.keys().filter(|(device, _)| *device == second).count();
    assert_eq!((of_second(&rows), rows.len(), receipts.len()), (31, 232, 220));
    let copy = begun.folder.path().join("copy");
    copy_folder(&begun.data(), &copy);
    let frame = 24 + PAGE;
    let frames = (std::fs::metadata(copy.join("store.db-wal")).unwrap().len() as usize - 32) / frame;
    assert!(frames > 60, "{frames}");
    let mut turns = 0;
    // Not in the last transaction, however many pages it wrote: what is damaged there may never have come to its end.
    for index in (0..frames - 24).step_by(frames / 12) {
        let data = begun.folder.path().join(format!("copy-{index}"));
        copy_folder(&copy, &data);
        let mut bytes = std::fs::read(data.join("store.db-wal")).unwrap();
        bytes[32 + index * frame + 24 + 300] ^= 2;
        std::fs::write(data.join("store.db-wal"), bytes).unwrap();
        let keys = begun.keys();
        let store = Store::open(&data, &keys, &SystemRandom::default(), NOW).unwrap();
        assert_eq!(store.read(recoveries).await.unwrap().len(), 1, "frame {index}: damaged");
        let (third, kept, kept_receipts) = rows_of(&store).await;
        for (what, saved, kept) in [("row", &rows, &kept), ("receipt", &receipts, &kept_receipts)] {
            for ((device, number), one) in kept.iter().filter(|((device, _), _)| *device != third) {
                let told = saved.get(&(device.clone(), *number));
                assert_eq!(told, Some(one), "frame {index}: {what} {number} stands under the device it was written by");
            }
            let missing = saved.iter().filter(|(_, one)| !kept.values().any(|kept| kept == *one)).count();
            assert!(missing <= 40, "frame {index}: {missing} of {what}s are lost with one page");
        }
        turns += 1;
    }
    assert!(turns > 10, "{turns}");
}

#[tokio::test]
async fn the_gateways_key_is_not_forgotten_with_the_page_it_stood_on() {
    let begun = Begun::new(|_| Ok(())).await;
    let key = contract::PublicKey::of(&ed25519_dalek::SigningKey::from_bytes(&[5; 32]));
    let store = begun.open();
    store.write(move |conn| audit::countersigning::follow(conn, key)).await.unwrap();
    let what = store.to_remember(NOW).await.unwrap().unwrap();
    device::remember(&begun.keys, &what).unwrap();
    store.write(|conn| meta::remove(conn, meta::COUNTERSIGNING_KEYS)).await.unwrap();
    drop(store);
    let store = begun.recovered();
    let told = store.read(recoveries).await.unwrap();
    assert!(told.last().unwrap().audit_goes_on, "{told:?}");
    let pinned = store.read(|conn| audit::countersigning::pinned(conn, None)).await.unwrap();
    assert_eq!(pinned, Some(key));
}

#[tokio::test]
async fn what_an_ended_audit_told_still_counts() {
    let (forged, taken_back) = (recorded(&actor(RA_USER), PERSON), recorded(&actor(RA_USER), "555086600001"));
    let (forged_key, taken_back_key) = (forged.key.to_string(), taken_back.key.to_string());
    let begun = Begun::new(move |conn| {
        let who = actor(RA_USER);
        record(conn, &forged)?;
        // It is another's by its columns and its body; the audit alone says whose it was.
        let other = recorded(&actor(MANAGER), PERSON);
        conn.execute(
            "UPDATE submission SET author = ?2, body = ?3 WHERE key = ?1",
            [&forged.key.to_string(), MANAGER, other.body.as_str()],
        )?;
        record(conn, &taken_back)?;
        happen(conn, NOW, &who, taken_back.key, Event::WithdrawAsked, News::None)?;
        // An older version of its row is what is left.
        conn.execute("UPDATE submission SET status = 'ready_to_send' WHERE key = ?1", [taken_back.key.to_string()])?;
        Ok(())
    })
    .await;
    let store = begun.recovered();
    let here = store
        .read(|conn| {
            let mut statement = conn.prepare("SELECT key, withdrawal_requested FROM submission")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<BTreeMap<_, _>>>()?)
        })
        .await
        .unwrap();
    assert_eq!(here.get(&forged_key), None, "it is not taken in another's name");
    assert_eq!(here.get(&taken_back_key), Some(&true), "the gateway is asked before it is sent again");
}

#[tokio::test]
async fn what_was_taken_over_waits_only_for_a_managers_that_is_still_to_be_decided() {
    let statuses = ["ready_to_send", "sending", "withdrawn", "needs_attention", "waiting_for_them", "linked"];
    let pairs = statuses.map(|status| {
        let original = recorded(&actor(RA_USER), PERSON);
        let takes_over = Some(TakenFrom::of(&original));
        (status, original, StoredSubmission { takes_over, ..recorded(&actor(MANAGER), PERSON) })
    });
    let keys = pairs.clone().map(|(status, original, _)| (status, original.key));
    let begun = Begun::new(move |conn| {
        let by = contract::TakenOverBy { by: "Made Up Manager".into(), at: NOW, reason: "On leave".parse().unwrap() };
        for (status, original, theirs) in &pairs {
            record(conn, original)?;
            queue::take_over(conn, NOW, &actor(MANAGER), original.key, theirs, &by)?;
            // What became of the original since was lost with its page.
            conn.execute("UPDATE submission SET status = ?2 WHERE key = ?1", [&theirs.key.to_string(), *status])?;
        }
        Ok(())
    })
    .await;
    let store = begun.recovered();
    for (status, key) in keys {
        let author = actor(RA_USER).uuid;
        let original = store.read(move |conn| submissions::get(conn, &author, key)).await.unwrap();
        assert_eq!((original.life.status, original.life.unsettled), (Status::ReadyToSend, true), "{status}");
        let is_held = matches!(status, "ready_to_send" | "sending");
        assert_eq!((original.life.taken_over, original.taken_over.is_some()), (is_held, is_held), "{status}");
    }
}

fn pages(data: &Path) -> usize {
    std::fs::metadata(data.join("store.db")).unwrap().len() as usize / PAGE
}

/// A copy of a closed store in which one page is damaged, opened; and where it lies.
fn reopened(data: &Path, keys: &Keys, page: usize) -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let (copy, kept) = (folder.path().join("data"), Keys::new());
    kept.entries.lock().unwrap().clone_from(&keys.entries.lock().unwrap());
    copy_folder(data, &copy);
    let mut bytes = std::fs::read(copy.join("store.db")).unwrap();
    bytes[page * PAGE + 300] ^= 1;
    std::fs::write(copy.join("store.db"), bytes).unwrap();
    let store = Store::open(&copy, &kept, &SystemRandom::default(), NOW).unwrap();
    (folder, store)
}

#[tokio::test]
async fn what_is_sealed_is_saved_whichever_page_is_damaged_and_opens_again() {
    const SEALED: usize = 12;
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    let data = folder.path().join("data");
    let mine = || vault(RA_USER, 5, 1);
    let open = |data: &Path, keys: &Keys| Store::open(data, keys, &SystemRandom::default(), NOW).unwrap();
    let arrives = async |store: &Store| {
        let (mine, found) = (mine(), mine());
        assert!(store.write(move |conn| is_theirs(conn, &found, NOW)).await.unwrap());
        store.vaults.open(&mine);
        mine
    };
    let mut said = BTreeMap::new();
    {
        let store = open(&data, &keys);
        let _open = arrives(&store).await;
        for number in 0..SEALED {
            let submission = recorded(&actor(RA_USER), &format!("5550866{number:05}"));
            said.insert(submission.key.to_string(), submission.body.as_str().to_owned());
            store.write(move |conn| record(conn, &submission)).await.unwrap();
        }
        store.write(|conn| drafts::put(conn, &actor(RA_USER).uuid, &draft(1))).await.unwrap();
    }
    let (mut lost, mut vaults_lost) = (0, 0);
    for page in 0..pages(&data) {
        let (_copy, store) = reopened(&data, &keys, page);
        let made = "SELECT coalesce(max(made_at), 0) FROM vault";
        let made: i64 = store.read(move |conn| Ok(conn.query_row(made, [], |row| row.get(0))?)).await.unwrap();
        vaults_lost += usize::from(made == 0);
        let author = actor(RA_USER).uuid;
        let closed = store.read(move |conn| queue::tab(conn, &author, crate::OutboxTab::Ready, 100)).await;
        assert!(closed.is_err_and(|error| error == StoreError::Sealed), "page {}", page + 1);
        let _open = arrives(&store).await;
        let author = actor(RA_USER).uuid;
        let here = store.read(move |conn| queue::tab(conn, &author, crate::OutboxTab::Ready, 100)).await.unwrap();
        for one in &here {
            assert_eq!(said.get(&one.key.to_string()).map(String::as_str), Some(one.body.as_str()));
        }
        let told = store.read(recoveries).await.unwrap().pop().unwrap();
        assert_eq!((told.recovered as usize, told.lost as usize), (here.len(), SEALED - here.len()));
        lost += SEALED - here.len();
    }
    assert!((1..=SEALED).contains(&lost), "{lost} lost in all");
    assert_eq!(vaults_lost, 1, "the page with the vault's name was one of them");
}

#[tokio::test]
async fn what_is_lost_is_known_from_the_index_where_nothing_else_tells_of_it() {
    const RECORDED: u32 = 12;
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    let data = folder.path().join("data");
    {
        let store = Store::open(&data, &keys, &SystemRandom::default(), NOW).unwrap();
        for number in 0..RECORDED {
            let submission = recorded(&actor(RA_USER), &format!("5550866{number:05}"));
            store.write(move |conn| submissions::insert(conn, &actor(RA_USER).uuid, &submission)).await.unwrap();
        }
    }
    let mut lost = 0;
    for page in 0..pages(&data) {
        let (_copy, store) = reopened(&data, &keys, page);
        let told = store.read(recoveries).await.unwrap().pop().unwrap();
        assert_eq!(told.recovered + told.lost, RECORDED, "page {}", page + 1);
        lost += told.lost;
    }
    assert!(lost > 0, "some page held rows");
}
