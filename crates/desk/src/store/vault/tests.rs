use super::*;
use crate::store::Store;
use crate::store::drafts::{StoredDraft, get, list, put};
use crate::testing::{Keys, NOW, profile};
use crate::{DraftId, SystemRandom};

const ME: &str = "656005750104";
const COLLEAGUE: &str = "555100000002";
/// What stands in a made-up person's profile, and nowhere else.
const PERSON: &str = "Featherstonehaugh";

fn whose(uuid: &str) -> CareIdentityUuid {
    uuid.parse().unwrap()
}

/// The vault that a share opens.
pub(crate) fn vault(uuid: &str, vault: u128, share: u8) -> Arc<OpenVault> {
    let key = VaultKey::of_share(&VaultShare::from_bytes([share; 32]));
    let id = VaultId::from_guid(uuid::Uuid::from_u128(vault));
    Arc::new(OpenVault::new(whose(uuid), id, key, Arc::new(SystemRandom::default())).unwrap())
}

fn draft(n: u128) -> StoredDraft {
    StoredDraft {
        id: DraftId(uuid::Uuid::from_u128(n)),
        profile: profile("555086689106"),
        read_at: NOW,
        address: Some("quintessa.featherstonehaugh@nhs.net".parse().unwrap()),
        address_reason: Some("They married in March".parse().unwrap()),
        method: Some(contract::IdentityCheckMethod::InPerson),
        documents: vec![contract::DocumentKind::Passport],
        accepted_by: Some(contract::DeclarationAcceptedBy::User),
        checked_at: Some(NOW),
        corrects: None,
        checked_by: Some(whose(COLLEAGUE)),
        taken_over: None,
        updated_at: NOW,
    }
}

fn open(folder: &std::path::Path, keys: &Keys) -> Store {
    Store::open(folder, keys, &SystemRandom::default(), NOW).unwrap()
}

/// Somebody arrives: their vault is theirs, and open.
async fn arrives(store: &Store, vault: &Arc<OpenVault>) -> bool {
    let found = vault.clone();
    let theirs = store.write(move |conn| is_theirs(conn, &found, NOW)).await.unwrap();
    if theirs {
        store.vaults.open(vault);
    }
    theirs
}

/// All that stands in a table, as somebody reads it who has the file and the store's key.
fn plain(conn: &Connection, table: &str) -> Result<String, StoreError> {
    let mut statement = conn.prepare(&format!("SELECT * FROM {table}"))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut all = String::new();
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            match row.get_ref(column)? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => all.push_str(&String::from_utf8_lossy(bytes)),
                _ => {}
            }
            all.push('|');
        }
    }
    Ok(all)
}

#[tokio::test]
async fn a_draft_is_its_authors_alone_and_nobody_reads_it_from_the_file() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = open(folder.path(), &keys);
    let mine = vault(ME, 1, 1);
    assert!(arrives(&store, &mine).await);
    let written = draft(1);
    let (put_down, me) = (written.clone(), whose(ME));
    store.write(move |conn| put(conn, &me, &put_down)).await.unwrap();
    let read = |store: &Store| store.read(|conn| get(conn, &whose(ME), DraftId(uuid::Uuid::from_u128(1))));
    assert!(read(&store).await.unwrap() == written, "as it was written");

    let seen = store.read(|conn| plain(conn, "draft")).await.unwrap();
    for personal in [PERSON, "nhs.net", "March", "passport", "in_person", "1985"] {
        assert!(!seen.contains(personal), "{personal} stands in the clear");
    }
    // Their session ends, and a colleague's begins.
    drop(mine);
    assert!(arrives(&store, &vault(COLLEAGUE, 2, 2)).await);
    assert_eq!(read(&store).await.err(), Some(StoreError::Sealed));
    let listed = store.read(|conn| list(conn, &whose(ME), 10)).await;
    assert_eq!(listed.err(), Some(StoreError::Sealed), "not as nothing");
    let (put_down, me) = (written.clone(), whose(ME));
    let changed = store.write(move |conn| put(conn, &me, &put_down)).await;
    assert_eq!(changed, Err(StoreError::Sealed), "nothing is written in the clear beside it");
    drop(store);

    // After a start nobody's is open, and their own share opens it again.
    let store = open(folder.path(), &keys);
    assert_eq!(read(&store).await.err(), Some(StoreError::Sealed));
    assert!(!arrives(&store, &vault(ME, 1, 9)).await, "another share is not theirs");
    assert!(!arrives(&store, &vault(ME, 3, 1)).await, "nor another vault");
    assert_eq!(read(&store).await.err(), Some(StoreError::Sealed));
    let mine = vault(ME, 1, 1);
    assert!(arrives(&store, &mine).await);
    assert!(read(&store).await.unwrap() == written);
}

#[tokio::test]
async fn a_value_that_was_moved_or_changed_does_not_open() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = open(folder.path(), &keys);
    let (mine, theirs) = (vault(ME, 1, 1), vault(COLLEAGUE, 1, 1));
    assert!(arrives(&store, &mine).await && arrives(&store, &theirs).await);
    store
        .write(|conn| {
            for n in 1..=4 {
                put(conn, &whose(ME), &draft(n))?;
            }
            let of = |n: u128| uuid::Uuid::from_u128(n).to_string();
            let sealed = |n| conn.query_row("SELECT sealed FROM draft WHERE id = ?1", [of(n)], |row| row.get(0));
            let value: Vec<u8> = sealed(1)?;
            for at in 0..value.len() {
                let mut changed = value.clone();
                changed[at] ^= 1;
                assert!(theirs_of(ME, &changed).is_none(), "byte {at}");
            }
            assert!(theirs_of(ME, &value).is_some() && theirs_of(COLLEAGUE, &value).is_none());
            assert!(theirs_of(ME, &value[..20]).is_none() && theirs_of(ME, &[]).is_none());
            // To another row, and to another author.
            conn.execute("UPDATE draft SET sealed = ?1 WHERE id = ?2", params![value, of(2)])?;
            conn.execute("UPDATE draft SET author = ?1 WHERE id = ?2", params![COLLEAGUE, of(3)])?;
            Ok(())
        })
        .await
        .unwrap();
    let read = |author: &'static str| store.read(move |conn| list(conn, &whose(author), 10));
    assert_eq!(read(ME).await.unwrap().len(), 2, "the others are there all the same");
    assert!(read(COLLEAGUE).await.unwrap().is_empty());
}

/// What a value says in the first draft of an author.
fn theirs_of(author: &str, sealed: &[u8]) -> Option<String> {
    vault(author, 1, 1).open(drafts::SEALED, &uuid::Uuid::from_u128(1).to_string(), sealed)
}

#[tokio::test]
async fn what_was_written_before_there_were_vaults_is_sealed_and_leaves_no_trace() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = open(folder.path(), &keys);
    store.write(|conn| put(conn, &whose(ME), &draft(1))).await.unwrap();
    store.write(|conn| put(conn, &whose(COLLEAGUE), &draft(2))).await.unwrap();
    assert!(store.read(|conn| plain(conn, "draft")).await.unwrap().contains(PERSON));
    let mine = vault(ME, 1, 1);
    assert!(arrives(&store, &mine).await);
    assert!(store.write(|conn| seal_rest(conn, &whose(ME))).await.unwrap());
    store.checkpoint().await;
    assert!(!store.write(|conn| seal_rest(conn, &whose(ME))).await.unwrap(), "once");
    let own = |conn: &Connection| plain(conn, "(SELECT * FROM draft WHERE author = '656005750104')");
    assert!(!store.read(own).await.unwrap().contains(PERSON));
    let read = store.read(|conn| get(conn, &whose(ME), DraftId(uuid::Uuid::from_u128(1)))).await.unwrap();
    assert!(read == draft(1));
    // A colleague's waits for them, and can be read as it always could.
    assert_eq!(store.read(|conn| list(conn, &whose(COLLEAGUE), 10)).await.unwrap().len(), 1);
    store.write(|conn| Ok(conn.execute("DELETE FROM draft WHERE author = ?1", [COLLEAGUE])?)).await.unwrap();
    store.checkpoint().await;
    drop(store);
    // Neither on a page that is free now, nor in the journal.
    let key = crate::store::key::existing(&keys).unwrap().pages();
    let mut pages = 0;
    for (number, page) in (1..).zip(std::fs::read(folder.path().join("store.db")).unwrap().chunks(4096)) {
        let text = key.open(number, page).unwrap();
        assert!(!text.windows(PERSON.len()).any(|found| found == PERSON.as_bytes()), "page {number}");
        pages += 1;
    }
    assert!(pages > 4);
    assert!(!folder.path().join("store.db-wal").exists());
}

#[tokio::test]
async fn a_vault_whose_row_is_lost_is_known_from_what_is_sealed() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = open(folder.path(), &keys);
    let mine = vault(ME, 7, 1);
    assert!(arrives(&store, &mine).await);
    store.write(|conn| put(conn, &whose(ME), &draft(1))).await.unwrap();
    store
        .write(|conn| {
            conn.execute("DELETE FROM vault", [])?;
            Ok(after_recovery(conn)?)
        })
        .await
        .unwrap();
    drop(mine);
    assert_eq!(store.read(|conn| known(conn, &whose(ME))).await.unwrap(), Some(vault(ME, 7, 1).id));
    assert!(!arrives(&store, &vault(ME, 7, 2)).await, "a key that opens nothing of it is not its key");
    assert!(arrives(&store, &vault(ME, 7, 1)).await);
    let again = vault(ME, 7, 2);
    assert!(!arrives(&store, &again).await, "and it is known again which is");
}

#[tokio::test]
async fn a_manager_who_lets_a_vault_go_does_not_close_it_before_its_authors_session_does() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = open(folder.path(), &keys);
    let (mine, managers) = (vault(ME, 1, 1), vault(ME, 1, 1));
    assert!(arrives(&store, &mine).await && arrives(&store, &managers).await);
    drop(managers);
    store.write(|conn| put(conn, &whose(ME), &draft(1))).await.unwrap();
    drop(mine);
    assert_eq!(store.write(|conn| put(conn, &whose(ME), &draft(1))).await, Err(StoreError::Sealed));
}
