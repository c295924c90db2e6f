use super::*;
use crate::store::Store;
use crate::store::audit::Actor;
use crate::store::drafts::{StoredDraft, get, list, put};
use crate::store::queue;
use crate::store::submissions::{self, News, StoredSubmission, TakenFrom};
use crate::submission::Event;
use crate::testing::{Keys, NOW, actor, profile, recorded};
use crate::{DraftId, OutboxTab, SystemRandom};

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
    vault(author, 1, 1).open(drafts::SEALED.0, &uuid::Uuid::from_u128(1).to_string(), sealed)
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
async fn a_submission_is_its_authors_alone_and_is_sent_byte_for_byte_as_it_was_recorded() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = open(folder.path(), &keys);
    let mine = vault(ME, 1, 1);
    assert!(arrives(&store, &mine).await);
    let me = actor(ME);
    let one = recorded(&me, "555086689106");
    let (key, body) = (one.key, one.body.as_str().to_owned());
    let write = |who: Actor, one: StoredSubmission| store.write(move |conn| submissions::insert(conn, &who.uuid, &one));
    write(me.clone(), one.clone()).await.unwrap();
    // Neither its role nor whom it is about can be changed beside what is sealed.
    for (n, change) in ["role = '555254240999'", "care_identity = '555086689205'", "sealed = x'01'"].iter().enumerate()
    {
        let other = StoredSubmission { key: crate::testing::new_key(NOW), ..recorded(&me, "555086689106") };
        let text = other.key.to_string();
        write(me.clone(), other).await.unwrap();
        let sql = format!("UPDATE submission SET {change} WHERE key = ?1");
        assert_eq!(store.write(move |conn| Ok(conn.execute(&sql, [text])?)).await.unwrap(), 1, "{n}");
    }
    let (registration, who) = (registration(&one), me.clone());
    store
        .write(move |conn| {
            let news = News::Registration(&registration);
            let told = Event::Told(registration.state);
            submissions::happen(conn, NOW, &who, key, Event::SendStarted, News::None)?;
            submissions::happen(conn, NOW, &who, key, told, news).map(drop)
        })
        .await
        .unwrap();
    let tab = |store: &Store, tab| {
        let me = actor(ME);
        store.read(move |conn| queue::tab(conn, &me.uuid, tab, 10))
    };
    let found = tab(&store, OutboxTab::Waiting).await.unwrap();
    assert_eq!(found[0].body.as_str(), body);
    assert!(found[0].profile == one.profile && found[0].registration.as_ref().unwrap().0.link.is_some());
    let who = me.clone();
    let taken = store.write(move |conn| queue::start_sending(conn, NOW, &who, 10, None)).await.unwrap();
    assert!(taken.is_empty(), "what was changed is not sent, and stays");
    assert!(tab(&store, OutboxTab::Ready).await.unwrap().is_empty());

    let seen = store.read(|conn| plain(conn, "submission")).await.unwrap();
    for personal in [PERSON, "nhs.net", "passport", "in_person", "1985", "secret-token"] {
        assert!(!seen.contains(personal), "{personal} stands in the clear");
    }
    drop(mine);
    assert_eq!(tab(&store, OutboxTab::Waiting).await.err(), Some(StoreError::Sealed));
    let (who, other) = (me.clone(), recorded(&me, "555086689106"));
    assert_eq!(write(who, other).await, Err(StoreError::Sealed));
    // What waits is counted all the same.
    let counts = store.read(|conn| queue::counts(conn, Some(&actor(ME)))).await.unwrap();
    assert_eq!((counts.waiting, counts.ready), (1, 3));
    assert_eq!(store.read(|conn| Ok(queue::waiting(conn)?.len())).await.unwrap(), 2, "in each role");
}

fn registration(of: &StoredSubmission) -> contract::Registration {
    serde_json::from_value(serde_json::json!({
        "id": "00000000-0000-4000-8000-000000000001", "key": of.key, "care_identity": of.profile.uuid,
        "address": of.address, "state": "waiting_for_them", "registered_by": "Made Up",
        "registered_at": NOW, "warnings": [],
        "link": { "url": "https://link.example/link/secret-token", "expires_at": NOW },
        "progress": { "wrong_account": 0, "attempts_left": 5 },
    }))
    .unwrap()
}

#[tokio::test]
async fn what_was_recorded_before_is_sealed_with_all_that_became_of_it() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = open(folder.path(), &keys);
    let me = actor(ME);
    let (registered, refused) = (recorded(&me, "555086689106"), recorded(&me, "555086689106"));
    let news = registration(&registered);
    let (who, both) = (me.clone(), [registered.clone(), refused.clone()]);
    let before = store
        .write(move |conn| {
            for one in &both {
                submissions::insert(conn, &who.uuid, one)?;
                submissions::happen(conn, NOW, &who, one.key, Event::SendStarted, News::None)?;
            }
            let detail = contract::RefusalDetail { registration: Some(Box::new(news.clone())), ..Default::default() };
            let code = contract::RefusalCode::AlreadyRegistered;
            submissions::happen(conn, NOW, &who, both[0].key, Event::Told(news.state), News::Registration(&news))?;
            submissions::happen(conn, NOW, &who, both[1].key, Event::Refused(code), News::Refusal(code, &detail))?;
            both.iter().map(|one| submissions::get(conn, &who.uuid, one.key)).collect::<Result<Vec<_>, _>>()
        })
        .await
        .unwrap();
    assert!(before[0].registration.is_some() && before[1].attention.is_some());
    let mine = vault(ME, 1, 1);
    assert!(arrives(&store, &mine).await);
    assert!(store.write(|conn| seal_rest(conn, &whose(ME))).await.unwrap());
    let after = store
        .read(move |conn| before.iter().map(|one| Ok(submissions::get(conn, &whose(ME), one.key)? == *one)).collect())
        .await;
    assert_eq!(after, Ok(vec![true, true]));
    let seen = store.read(|conn| plain(conn, "submission")).await.unwrap();
    assert!(!seen.contains(PERSON) && !seen.contains("secret-token") && !seen.contains("nhs.net"));
}

#[tokio::test]
async fn what_a_manager_hears_of_a_colleagues_registration_is_asked_for_anew_in_the_colleagues_session() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = open(folder.path(), &keys);
    let (mine, theirs) = (vault(ME, 1, 1), vault(COLLEAGUE, 2, 2));
    assert!(arrives(&store, &mine).await && arrives(&store, &theirs).await);
    let (author, manager) = (actor(ME), actor(COLLEAGUE));
    let original = recorded(&author, "555086689106");
    let (key, known) = (original.key, registration(&original));
    let taker = StoredSubmission { takes_over: Some(TakenFrom::of(&original)), ..recorded(&manager, "555086689106") };
    let by = contract::TakenOverBy { by: "A Manager".into(), at: NOW, reason: "On leave".parse().unwrap() };
    let me = author.clone();
    let (taken, news) = (taker.key, known.clone());
    store
        .write(move |conn| {
            submissions::insert(conn, &me.uuid, &original)?;
            super::super::set_cursor(conn, &me.uuid, "7")?;
            queue::take_over(conn, NOW, &manager, key, &taker, &by)
        })
        .await
        .unwrap();
    drop(mine);
    let manager = actor(COLLEAGUE);
    store
        .write(move |conn| {
            let code = contract::RefusalCode::AlreadyRegistered;
            let detail = contract::RefusalDetail { registration: Some(Box::new(news)), ..Default::default() };
            submissions::happen(conn, NOW, &manager, taken, Event::SendStarted, News::None)?;
            submissions::happen(conn, NOW, &manager, taken, Event::Refused(code), News::Refusal(code, &detail))
        })
        .await
        .unwrap();
    let seen =
        store.read(|conn| plain(conn, "(SELECT * FROM submission WHERE author = '656005750104')")).await.unwrap();
    assert!(seen.contains("waiting_for_them") && !seen.contains("secret-token"), "its state is known");
    assert_eq!(store.read(|conn| super::super::cursor(conn, &whose(ME))).await.unwrap(), None, "all is asked for anew");
    let mine = vault(ME, 1, 1);
    assert!(arrives(&store, &mine).await);
    let read = || store.read(move |conn| submissions::get(conn, &whose(ME), key));
    assert!(read().await.unwrap().registration.is_none());
    store
        .write(move |conn| {
            submissions::happen(conn, NOW, &author, key, Event::Told(known.state), News::Registration(&known))
        })
        .await
        .unwrap();
    assert!(read().await.unwrap().registration.unwrap().0.link.is_some());
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
