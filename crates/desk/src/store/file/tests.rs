//! Real files, real cipher.

use std::fs;

use rusqlite::params_from_iter;
use rusqlite::types::Value;
use tempfile::TempDir;

use super::*;
use crate::SystemRandom;
use crate::store::audit::Actor;
use crate::store::submissions::StoredSubmission;
use crate::store::{Store, drafts, submissions};
use crate::testing::{Keys, Mood, NOW, actor, recorded};

const PERSON: &str = "555086689106";
const RA_USER: &str = "656005750104";

fn open(folder: &TempDir, keys: &Keys) -> Result<Store, OpenError> {
    Store::open(&folder.path().join("data"), keys, &SystemRandom::default(), NOW)
}

/// A store with one submission in it, closed again.
async fn filled(folder: &TempDir, keys: &Keys) {
    let store = open(folder, keys).unwrap();
    let actor = actor(RA_USER);
    store.write(move |conn| submissions::insert(conn, &actor.uuid, &recorded(&actor, PERSON))).await.unwrap();
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("data/store.db")
}

/// All bytes in the folder, to see that nothing was changed.
fn bytes(folder: &TempDir) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder.path().join("data"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    filled(&folder, &keys).await;
    let store = open(&folder, &keys).unwrap();
    let author = actor(RA_USER);
    let counts = store.read(move |conn| crate::store::queue::counts(conn, Some(&author))).await.unwrap();
    assert_eq!(counts.ready, 1);
}

#[tokio::test]
async fn nothing_that_was_entered_can_be_read_in_any_file() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    let store = open(&folder, &keys).unwrap();
    let author = actor(RA_USER);
    store.write(move |conn| submissions::insert(conn, &author.uuid, &recorded(&author, PERSON))).await.unwrap();
    // While it is open too: the write-ahead log and its index count.
    let files = bytes(&folder);
    assert!(
        files.iter().any(|(name, _)| name == "store.db-wal"),
        "{:?}",
        files.iter().map(|f| &f.0).collect::<Vec<_>>()
    );
    for secret in
        ["Quintessa", "Featherstonehaugh", "nhs.net", PERSON, RA_USER, "B81603", "CREATE TABLE", "SQLite format"]
    {
        for (name, bytes) in &files {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {name}");
        }
    }
}

#[test]
#[cfg(unix)]
fn only_this_account_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    let _store = open(&folder, &keys).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.path().join("data")), 0o700);
    for entry in fs::read_dir(folder.path().join("data")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn each_fault_is_told_apart_and_changes_nothing() {
    /// Makes a mess of a store, or of its key.
    type Mess = fn(&TempDir, &Keys);
    type Expected = fn(&OpenError) -> bool;
    let table: [(&str, Mess, Expected); 5] = [
        ("key gone", |_, keys| keys.entries.lock().unwrap().clear(), |error| *error == OpenError::KeyMissing),
        ("key store locked", |_, keys| keys.set(Mood::Locked), |error| *error == OpenError::KeyMissing),
        ("no key store", |_, keys| keys.set(Mood::Missing), |error| matches!(error, OpenError::KeyStoreMissing(_))),
        (
            "another key",
            |_, keys| keys.entries.lock().unwrap().values_mut().for_each(|key| key[0] ^= 1),
            |error| *error == OpenError::WrongKey,
        ),
        (
            "key cut short",
            |_, keys| keys.entries.lock().unwrap().values_mut().for_each(|key| key.truncate(16)),
            |error| *error == OpenError::WrongKey,
        ),
    ];
    for (name, mess, expected) in table {
        let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
        filled(&folder, &keys).await;
        mess(&folder, &keys);
        let before = bytes(&folder);
        let error = open(&folder, &keys).err().unwrap_or_else(|| panic!("{name}: opened"));
        assert!(expected(&error), "{name}: {error:?}");
        let after = bytes(&folder);
        let store_of = |files: &[(String, Vec<u8>)]| files.iter().find(|(name, _)| name == "store.db").cloned();
        assert!(store_of(&before) == store_of(&after), "{name}: the store was changed");
    }
}

#[test]
fn only_what_says_that_the_file_is_another_is_taken_for_damage() {
    use rusqlite::{Error, ffi};
    let of = |code| fault(&Error::SqliteFailure(ffi::Error::new(code), None));
    for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
        assert!(matches!(of(code), OpenError::Damaged(_)), "{code}");
    }
    assert!(matches!(fault(&Error::QueryReturnedNoRows), OpenError::Damaged(_)));
    let damage = [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB];
    for code in (ffi::SQLITE_ERROR..=ffi::SQLITE_NOTADB).filter(|code| !damage.contains(code)) {
        assert!(!matches!(of(code), OpenError::Damaged(_)), "{code} may pass");
    }
    assert!(!matches!(fault(&Error::InvalidQuery), OpenError::Damaged(_)));
}

#[test]
fn without_a_key_store_nothing_is_set_up() {
    let moods = [
        (Mood::Missing, OpenError::KeyStoreMissing("this computer has no key store".into())),
        (Mood::Locked, OpenError::KeyStoreLocked),
        (Mood::Forgetful, OpenError::KeyStoreMissing("it did not keep the key it was given".into())),
    ];
    for (mood, expected) in moods {
        let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
        keys.set(mood);
        assert_eq!(open(&folder, &keys).err(), Some(expected));
        let files: Vec<String> = bytes(&folder).into_iter().map(|(name, _)| name).collect();
        assert_eq!(files, ["store.lock"]);
    }
}

#[tokio::test]
async fn a_store_moved_away_leaves_its_key_to_the_next() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    filled(&folder, &keys).await;
    let names: Vec<String> = bytes(&folder).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["store.db", "store.lock"], "closed, it is one file");
    let key = keys.entries.lock().unwrap().get(KEY_NAME).cloned();
    fs::rename(path(&folder), folder.path().join("kept.db")).unwrap();
    drop(open(&folder, &keys).unwrap());
    assert_eq!(keys.entries.lock().unwrap().get(KEY_NAME).cloned(), key);
    fs::remove_file(path(&folder)).unwrap();
    fs::rename(folder.path().join("kept.db"), path(&folder)).unwrap();
    assert!(open(&folder, &keys).is_ok(), "the one set aside can still be read");
}

#[test]
fn a_journal_without_its_store_is_left_alone() {
    for left in ["store.db-wal", "store.db-shm"] {
        let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("data").join(left), b"what was not yet in the store").unwrap();
        assert!(matches!(open(&folder, &keys).err(), Some(OpenError::Damaged(_))), "{left}");
        let names: Vec<String> = bytes(&folder).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [left, "store.lock"]);
        assert_eq!(fs::read(folder.path().join("data").join(left)).unwrap(), b"what was not yet in the store");
        assert!(keys.entries.lock().unwrap().is_empty(), "nor is a key made for it");
    }
}

#[test]
fn a_half_made_store_is_made_again() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/store.new"), b"half").unwrap();
    assert!(open(&folder, &keys).is_ok());
    assert!(!folder.path().join("data/store.new").exists());
}

#[test]
fn what_is_brought_to_the_disk_is_open_for_writing() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("store.new");
    fs::write(&file, b"whole").unwrap();
    // Windows refuses to flush a handle that may only read; elsewhere that shows in what else it refuses.
    open_to_sync(&file).unwrap().set_len(5).unwrap();
}

#[test]
fn a_second_desk_is_refused() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    let first = open(&folder, &keys).unwrap();
    assert_eq!(open(&folder, &keys).err(), Some(OpenError::InUse));
    drop(first);
    assert!(open(&folder, &keys).is_ok());
}

#[tokio::test]
async fn a_newer_store_is_refused() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    filled(&folder, &keys).await;
    let key = key::existing(&keys).unwrap();
    connect(&path(&folder), &key).unwrap().pragma_update(None, "user_version", migrations::LATEST + 1).unwrap();
    let newer = OpenError::Newer { found: migrations::LATEST + 1, known: migrations::LATEST };
    assert_eq!(open(&folder, &keys).err(), Some(newer));
}

/// The first version that keeps the author's name.
const WITH_NAMES: u32 = 4;

/// Writes a submission into a store of an older version: what that version had a column for.
fn insert_as_then(old: &Connection, author: &Actor, submission: &StoredSubmission) {
    let mut new = Connection::open_in_memory().unwrap();
    migrations::migrate(&mut new).unwrap();
    vault::register(&new, &Arc::default()).unwrap();
    submissions::insert(&new, &author.uuid, submission).unwrap();
    let columns: Vec<String> = old
        .prepare("SELECT name FROM pragma_table_info('submission')")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let (names, places) = (columns.join(", "), vec!["?"; columns.len()].join(", "));
    let values: Vec<Value> = new
        .query_row(&format!("SELECT {names} FROM submission"), [], |row| {
            (0..columns.len()).map(|column| row.get(column)).collect()
        })
        .unwrap();
    old.execute(&format!("INSERT INTO submission ({names}) VALUES ({places})"), params_from_iter(values)).unwrap();
}

#[tokio::test]
async fn every_version_that_ever_was_is_brought_up_with_its_rows() {
    for version in 1..=migrations::LATEST {
        let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
        let data = folder.path().join("data");
        make_folder(&data).unwrap();
        let key = key::for_a_new_store(&keys, &SystemRandom::default()).unwrap();
        fs::write(path(&folder), b"").unwrap();
        let mut conn = connect(&path(&folder), &key).unwrap();
        migrations::migrate_to(&mut conn, version).unwrap();
        conn.execute("INSERT INTO meta (name, value) VALUES ('canary', ?1)", [CANARY]).unwrap();
        let author = actor(RA_USER);
        let mut unsent = recorded(&author, PERSON);
        let unsent_key = unsent.key;
        insert_as_then(&conn, &author, &unsent);
        if version < WITH_NAMES {
            unsent.author_name = String::new();
        }
        drop(conn);
        let store = open(&folder, &keys).unwrap();
        let kept = store.read(move |conn| submissions::get(conn, &author.uuid, unsent_key)).await.unwrap();
        assert_eq!(kept, unsent, "from version {version}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    fs::write(folder.path().join("data"), b"a file where the folder should be").unwrap();
    assert!(matches!(open(&folder, &keys).err(), Some(OpenError::FolderNotWritable(_))));
}

#[tokio::test]
async fn drafts_are_kept_and_are_their_authors_own() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    let store = open(&folder, &keys).unwrap();
    let author = actor(RA_USER).uuid;
    let draft = drafts::StoredDraft {
        id: crate::DraftId(uuid::Uuid::from_u128(7)),
        profile: crate::testing::profile(PERSON),
        read_at: crate::testing::NOW,
        address: Some("quintessa.featherstonehaugh@nhs.net".parse().unwrap()),
        address_reason: Some("made today".parse().unwrap()),
        method: Some(contract::IdentityCheckMethod::Video),
        documents: vec![contract::DocumentKind::Passport],
        accepted_by: Some(contract::DeclarationAcceptedBy::RaUserForThem),
        checked_at: Some(crate::testing::NOW),
        corrects: None,
        checked_by: Some("555057896106".parse().unwrap()),
        taken_over: None,
        updated_at: crate::testing::NOW,
    };
    let (kept, whose) = (draft.clone(), author.clone());
    store.write(move |conn| drafts::put(conn, &whose, &kept)).await.unwrap();
    let id = draft.id;
    let whose = author.clone();
    assert_eq!(store.read(move |conn| drafts::get(conn, &whose, id)).await.unwrap(), draft);
    let somebody_else = actor("555057896106").uuid;
    let seen = store.read(move |conn| drafts::get(conn, &somebody_else, id)).await;
    assert_eq!(seen, Err(crate::store::StoreError::NotFound));
}

#[tokio::test]
async fn a_closed_store_can_be_looked_into_and_stays_as_it_is() {
    let (folder, keys) = (TempDir::new().unwrap(), Keys::new());
    let data = folder.path().join("data");
    assert_eq!(crate::store_holds(&data, &keys), Ok(None));
    assert!(!data.exists(), "looking makes nothing");
    filled(&folder, &keys).await;
    let before = fs::read(path(&folder)).unwrap();
    let held = crate::store_holds(&data, &keys).unwrap().expect("there is a store");
    assert_eq!((held.unsent, held.attention, held.waiting, held.drafts), (1, 0, 0, 0));
    assert!(held.oldest_unsent.is_some());
    assert!(fs::read(path(&folder)).unwrap() == before, "the file is as it was");
    let open = open(&folder, &keys).unwrap();
    assert_eq!(crate::store_holds(&data, &keys), Err(OpenError::InUse));
    drop(open);
    assert_eq!(crate::store_holds(&data, &Keys::new()), Err(OpenError::KeyMissing));
}
