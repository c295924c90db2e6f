//! Real files that were damaged, page by page.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::store::file::connect;
use crate::store::key::PAGE;
use crate::store::submissions::{self, StoredSubmission};
use crate::store::{Store, audit::About, drafts, queue};
use crate::testing::{Keys, NOW, actor, profile, recorded};
use crate::{SystemRandom, audit_report};

mod journal;
mod kept;

const RA_USER: &str = "656005750104";
const MANY: u32 = 50;

/// A store of 50 submissions with their audit, and what was said to be saved.
struct Saved {
    _folder: TempDir,
    data: PathBuf,
    keys: Keys,
    said: BTreeMap<String, String>,
}

fn draft(number: u128) -> drafts::StoredDraft {
    drafts::StoredDraft {
        id: crate::DraftId(uuid::Uuid::from_u128(number)),
        profile: profile("555086689106"),
        read_at: NOW,
        address: None,
        address_reason: None,
        method: None,
        documents: Vec::new(),
        accepted_by: None,
        checked_at: None,
        corrects: None,
        updated_at: NOW,
        checked_by: None,
        taken_over: None,
    }
}

fn record(conn: &Connection, submission: &StoredSubmission) -> Result<(), StoreError> {
    let who = actor(RA_USER);
    submissions::insert(conn, &who.uuid, submission)?;
    let about =
        About { subject: Some(submission.profile.uuid.clone()), key: Some(submission.key), detail: String::new() };
    audit::append(conn, NOW, audit::Act::Recorded, &who, &about)
}

impl Saved {
    /// Closed, or as it stands while RA Desk has it open: with its journal.
    async fn new(open: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let (data, keys) = (folder.path().join("data"), Keys::new());
        let store = Store::open(&data, &keys, &SystemRandom::default(), NOW).unwrap();
        let mut said = BTreeMap::new();
        for number in 0..MANY {
            let mut submission = recorded(&actor(RA_USER), &format!("5550866{number:05}"));
            // Some go on on pages of their own.
            if number % 7 == 3 {
                submission.role_text = "R".repeat(9_000);
            }
            said.insert(submission.key.to_string(), submission.body.as_str().to_owned());
            store.write(move |conn| record(conn, &submission)).await.unwrap();
        }
        let author = actor(RA_USER).uuid;
        store.write(move |conn| (0..5).try_for_each(|n| drafts::put(conn, &author, &draft(n)))).await.unwrap();
        if open {
            let copy = folder.path().join("copy");
            copy_folder(&data, &copy);
            drop(store);
            return Self { _folder: folder, data: copy, keys, said };
        }
        drop(store);
        Self { _folder: folder, data, keys, said }
    }

    fn len(&self, file: &str) -> usize {
        usize::try_from(std::fs::metadata(self.data.join(file)).unwrap().len()).unwrap()
    }

    /// A copy of it, with a file changed, on a computer of its own.
    fn spoilt(&self, file: &str, spoil: impl FnOnce(&mut Vec<u8>)) -> Spoilt {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        copy_folder(&self.data, &data);
        let mut bytes = std::fs::read(data.join(file)).unwrap();
        spoil(&mut bytes);
        std::fs::write(data.join(file), &bytes).unwrap();
        let keys = Keys::new();
        keys.entries.lock().unwrap().clone_from(&self.keys.entries.lock().unwrap());
        Spoilt { _folder: folder, data, keys, file: file.to_owned(), bytes }
    }
}

/// A damaged copy.
struct Spoilt {
    _folder: TempDir,
    data: PathBuf,
    keys: Keys,
    file: String,
    bytes: Vec<u8>,
}

/// What a start found.
struct Start {
    here: BTreeMap<String, String>,
    told: Option<Recovery>,
    drafts: u32,
}

impl Spoilt {
    fn open(&self) -> Result<Store, OpenError> {
        Store::open(&self.data, &self.keys, &SystemRandom::default(), NOW)
    }

    /// Its file without the desk.
    fn connect(&self) -> Connection {
        connect(&self.data.join("store.db"), &key::existing(&self.keys).unwrap()).unwrap()
    }

    /// Starts, and holds what is there against what was said to be saved.
    async fn start(&self, saved: &Saved) -> Start {
        let store = self.open().unwrap();
        let author = actor(RA_USER);
        let (here, told, counts) = store
            .read(move |conn| {
                let tab = queue::tab(conn, &author.uuid, crate::OutboxTab::Ready, 1000)?;
                Ok((tab, recoveries(conn)?, queue::counts(conn, Some(&author))?))
            })
            .await
            .unwrap();
        let here: BTreeMap<_, _> =
            here.into_iter().map(|one| (one.key.to_string(), one.body.as_str().to_owned())).collect();
        for (key, body) in &here {
            assert_eq!(saved.said.get(key), Some(body), "what is here is as it was recorded");
        }
        let told = told.into_iter().next();
        if let Some(told) = &told {
            assert_eq!(told.recovered as usize, here.len());
            let kept = std::fs::read(self.data.join(told.set_aside.as_deref().unwrap()).join(&self.file)).unwrap();
            assert!(kept == self.bytes, "what is put aside is as it was");
            assert!(store.audit.is_intact(), "{:?}", store.audit);
        }
        Start { here, told, drafts: counts.drafts }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn of_a_damaged_page_nothing_else_is_lost() {
    let saved = Saved::new(false).await;
    let pages = saved.len("store.db") / PAGE;
    let (mut worst, mut lost, mut told, mut drafts_lost) = (0, 0, 0, 0);
    for page in 0..pages {
        // A different byte of each page: of its rows, of its start value, of its seal; the salt too.
        let at = page * PAGE + (page * 997) % PAGE;
        let start = saved.spoilt("store.db", |bytes| bytes[at] ^= 0x10).start(&saved).await;
        let gone = saved.said.len() - start.here.len();
        match &start.told {
            Some(recovery) => {
                assert_eq!(recovery.lost as usize, gone, "page {}: the number is true: {recovery:?}", page + 1);
                told += 1;
            }
            None => assert_eq!(gone, 0, "page {}: nothing is missing untold", page + 1),
        }
        (worst, lost) = (worst.max(gone), lost + gone);
        drafts_lost += 5 - start.drafts;
    }
    // A page has at most four of them; of what stands above or beside them none depends.
    assert!(worst <= 4, "{worst} lost by one page");
    assert!(lost >= 20 && lost <= saved.said.len() + 20, "{lost} lost in {pages} turns");
    assert!(told >= pages - 2, "{told} of {pages} told");
    assert!(drafts_lost <= 5, "{drafts_lost}");
    println!("{pages} pages, {told} told, {lost} lost in all, {worst} at most by one page");
}

#[tokio::test]
async fn the_first_page_and_a_page_of_zeros() {
    let saved = Saved::new(false).await;
    for at in [0, 15, 16, 60, 100, PAGE - 1] {
        let start = saved.spoilt("store.db", |bytes| bytes[at] ^= 1).start(&saved).await;
        assert_eq!((start.here.len(), start.told.is_some()), (saved.said.len(), true), "byte {at}");
    }
    for page in 0..saved.len("store.db") / PAGE {
        let start = saved.spoilt("store.db", |bytes| bytes[page * PAGE..][..PAGE].fill(0)).start(&saved).await;
        let gone = saved.said.len() - start.here.len();
        assert!(gone <= 4, "page {}: {gone}", page + 1);
        assert_eq!(start.told.map_or(0, |told| told.lost as usize), gone, "page {}", page + 1);
    }
}

#[tokio::test]
async fn a_file_that_was_cut_off_keeps_what_stands_before() {
    let saved = Saved::new(false).await;
    let length = saved.len("store.db");
    let mut before = saved.said.len();
    for part in (0..20).rev() {
        let cut = length * part / 20 + 13 * usize::from(part % 2 == 0 && part > 0);
        let start = saved.spoilt("store.db", |bytes| bytes.truncate(cut)).start(&saved).await;
        let told = start.told.unwrap_or_else(|| panic!("cut at {cut}: told"));
        let gone = saved.said.len() - start.here.len();
        assert!(told.lost as usize == gone || !told.lost_is_all && told.lost as usize <= gone, "{told:?} {gone}");
        assert!(start.here.len() <= before, "the less there is, the less is saved");
        before = start.here.len();
    }
    assert_eq!(before, 0, "of nothing there is nothing");
}

#[tokio::test]
async fn a_journal_whose_store_is_gone_is_read() {
    let saved = Saved::new(true).await;
    let spoilt = saved.spoilt("store.db-wal", |_| {});
    std::fs::remove_file(spoilt.data.join("store.db")).unwrap();
    let start = spoilt.start(&saved).await;
    assert!(start.told.is_some() && !start.here.is_empty());
}

#[tokio::test]
async fn what_is_recovered_is_confirmed_anew_and_counts_as_unsettled() {
    let saved = Saved::new(false).await;
    let spoilt = saved.spoilt("store.db", |bytes| bytes[3 * PAGE] ^= 1);
    let store = spoilt.open().unwrap();
    let count = |sql: &'static str| store.read(move |conn| Ok(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?));
    let all = count("SELECT count(*) FROM submission").await.unwrap();
    let so =
        "SELECT count(*) FROM submission WHERE unsettled = 1 AND confirmed_in IS NULL AND status = 'ready_to_send'";
    assert_eq!(count(so).await.unwrap(), all);
    let who = crate::store::audit::Actor { session: uuid::Uuid::from_u128(2), ..actor(RA_USER) };
    let sent = store.write(move |conn| queue::start_sending(conn, NOW, &who, 200, None)).await.unwrap();
    assert!(sent.is_empty(), "nothing is sent before its author says so");
}

#[tokio::test]
async fn an_audit_that_is_whole_goes_on_and_another_is_named_by_a_new_one() {
    let saved = Saved::new(false).await;
    let (mut went_on, mut begun) = (0, 0);
    for page in 0..saved.len("store.db") / PAGE {
        let spoilt = saved.spoilt("store.db", |bytes| bytes[page * PAGE + 50] ^= 1);
        let Some(told) = spoilt.start(&saved).await.told else { continue };
        let report = audit_report(&spoilt.data, &spoilt.keys).unwrap().unwrap();
        assert!(report.is_intact(), "{report:?}");
        if told.audit_goes_on {
            went_on += 1;
            assert_eq!((report.before, report.rows, told.lost_is_all), (None, i64::from(MANY) + 1, true));
        } else {
            begun += 1;
            assert_eq!(report.rows, 2, "that it was begun, and what was recovered");
            let before = report.before.unwrap();
            let whose = device::Device::kept(&saved.keys, None).unwrap().unwrap().id();
            assert_eq!((before.why, before.device), (AuditEnded::Damaged, whose), "the one it follows is named");
            assert!(before.rows <= told.audit_rows && told.audit_rows == report.kept_of_earlier);
        }
    }
    assert!(went_on > 20 && begun >= 3, "{went_on} {begun}");
}

#[tokio::test]
async fn a_recovery_that_was_interrupted_comes_to_its_end() {
    let saved = Saved::new(true).await;
    let at = 32 + 10 * (24 + PAGE) + 500;
    type Step = fn(&Path, &Path);
    let steps: [(&str, Step); 6] = [
        ("marked", |_, _| {}),
        ("folder", |_, aside| std::fs::create_dir(aside).unwrap()),
        ("index", |data, aside| std::fs::rename(data.join(FILES[0]), aside.join(FILES[0])).unwrap()),
        ("journal", |data, aside| std::fs::rename(data.join(FILES[1]), aside.join(FILES[1])).unwrap()),
        ("store", |data, aside| std::fs::rename(data.join(FILES[2]), aside.join(FILES[2])).unwrap()),
        ("in place", |data, _| std::fs::rename(data.join(RECOVERED), data.join("store.db")).unwrap()),
    ];
    for count in 1..=steps.len() {
        let spoilt = saved.spoilt("store.db-wal", |bytes| bytes[at] ^= 2);
        save(&spoilt.data, &spoilt.keys, &SystemRandom::default(), NOW).unwrap();
        let aside = spoilt.data.join(std::fs::read_to_string(spoilt.data.join(MARKER)).unwrap());
        for (_, step) in &steps[..count] {
            step(&spoilt.data, &aside);
        }
        let name = steps[count - 1].0;
        let looked = audit_report(&spoilt.data, &spoilt.keys);
        assert!(matches!(looked, Err(OpenError::Damaged(_))), "{name}: whoever looks is told: {looked:?}");
        for _ in 0..2 {
            let start = spoilt.start(&saved).await;
            let told = start.told.unwrap_or_else(|| panic!("{name}: told"));
            assert!(saved.said.len() - start.here.len() <= 4 && !start.here.is_empty(), "{name}");
            assert_eq!(std::fs::read_dir(spoilt.data.join(told.set_aside.unwrap())).unwrap().count(), 3, "{name}");
        }
        assert!(!spoilt.data.join(MARKER).exists() && !spoilt.data.join(RECOVERED).exists(), "{name}");
    }
    // Killed before it was complete: it begins anew.
    let spoilt = saved.spoilt("store.db-wal", |bytes| bytes[at] ^= 2);
    save(&spoilt.data, &spoilt.keys, &SystemRandom::default(), NOW).unwrap();
    std::fs::remove_file(spoilt.data.join(MARKER)).unwrap();
    let half = std::fs::read(spoilt.data.join(RECOVERED)).unwrap();
    std::fs::write(spoilt.data.join(RECOVERED), &half[..half.len() / 2]).unwrap();
    assert!(spoilt.start(&saved).await.told.is_some());
    // What was saved is gone, and the damaged store is put aside: there is no store, and none is made in silence.
    let spoilt = saved.spoilt("store.db-wal", |bytes| bytes[at] ^= 2);
    save(&spoilt.data, &spoilt.keys, &SystemRandom::default(), NOW).unwrap();
    std::fs::remove_file(spoilt.data.join(RECOVERED)).unwrap();
    std::fs::remove_file(spoilt.data.join("store.db")).unwrap();
    assert!(matches!(spoilt.open().err(), Some(OpenError::Damaged(_))));
}

#[tokio::test]
async fn a_marker_that_leads_anywhere_else_is_refused_and_changes_nothing() {
    let saved = Saved::new(false).await;
    let spoilt = saved.spoilt("store.db", |bytes| bytes[3 * PAGE] ^= 1);
    save(&spoilt.data, &spoilt.keys, &SystemRandom::default(), NOW).unwrap();
    let marker = std::fs::read_to_string(spoilt.data.join(MARKER)).unwrap();
    let outside = spoilt.data.parent().unwrap().join("set-aside-elsewhere");
    let outside = outside.to_str().unwrap();
    let led =
        ["", ".", "..", "set-aside-", "elsewhere", "../set-aside-elsewhere", outside, "set-aside-1/../../set-aside-2"];
    for led in led.into_iter().chain(["set-aside-1/2", "set-aside-1\\2", "set-aside-1:2", "set-aside-1\n"]) {
        std::fs::write(spoilt.data.join(MARKER), led).unwrap();
        let names = || {
            let both = [spoilt.data.clone(), spoilt.data.parent().unwrap().to_owned()];
            let entries = both.into_iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
            entries
                .map(|entry| entry.unwrap().path())
                .filter(|path| !path.ends_with("store.lock"))
                .collect::<std::collections::BTreeSet<_>>()
        };
        let before = names();
        assert!(matches!(spoilt.open().err(), Some(OpenError::Damaged(_))), "{led:?}");
        assert_eq!(names(), before, "{led:?}");
        assert!(std::fs::read(spoilt.data.join("store.db")).unwrap() == spoilt.bytes, "{led:?}");
    }
    std::fs::write(spoilt.data.join(MARKER), marker).unwrap();
    assert!(spoilt.start(&saved).await.told.is_some(), "with its own it goes on");
}

#[tokio::test]
async fn a_store_of_another_key_or_a_newer_desk_is_left_alone() {
    let saved = Saved::new(false).await;
    let spoilt = saved.spoilt("store.db", |bytes| bytes[5 * PAGE] ^= 1);
    spoilt.keys.entries.lock().unwrap().get_mut(key::KEY_NAME).unwrap()[0] ^= 1;
    assert_eq!(spoilt.open().err(), Some(OpenError::WrongKey));
    spoilt.keys.entries.lock().unwrap().remove(key::KEY_NAME);
    assert_eq!(spoilt.open().err(), Some(OpenError::KeyMissing));
    let spoilt = saved.spoilt("store.db", |_| {});
    let conn = spoilt.connect();
    conn.pragma_update(None, "user_version", migrations::LATEST + 1).unwrap();
    drop(conn);
    let path = spoilt.data.join("store.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[5 * PAGE] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(spoilt.open().err(), Some(OpenError::Newer { .. })));
    assert!(std::fs::read(&path).unwrap() == bytes);
}

#[test]
fn every_table_is_saved() {
    let mut conn = Connection::open_in_memory().unwrap();
    migrations::migrate(&mut conn).unwrap();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = conn.prepare(sql).unwrap();
    let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut saved: Vec<&str> = copy::tables().collect();
    saved.sort_unstable();
    assert_eq!(names, saved, "a table that is not named in `copy` is lost with a damaged page elsewhere");
}

#[tokio::test]
async fn what_cannot_be_believed_is_not_taken() {
    let saved = Saved::new(false).await;
    let spoilt = saved.spoilt("store.db", |_| {});
    let path = spoilt.data.join("store.db");
    let conn = spoilt.connect();
    let nth = |n: u32| format!("key = (SELECT key FROM submission ORDER BY key LIMIT 1 OFFSET {n})");
    // Another author, role, profile and address than its body or the audit says, and a body that says nothing.
    for (n, change) in (5..).zip([
        "author = '555057896106'",
        "role = '555254240199'",
        "care_identity = '555086689106'",
        "address = 'somebody.else@nhs.net'",
        "body = '{}'",
    ]) {
        conn.execute(&format!("UPDATE submission SET {change} WHERE {}", nth(n)), []).unwrap();
    }
    // All of it into the file itself: a first page in the journal would stand in for the one that is damaged.
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(conn);
    let mut bytes = std::fs::read(&path).unwrap();
    // Of the first page nothing is needed but that it shows the damage.
    bytes[200] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let spoilt = Spoilt { bytes, ..spoilt };
    let start = spoilt.start(&saved).await;
    let told = start.told.unwrap();
    assert_eq!((start.here.len(), told.recovered, told.lost), (45, 45, 5), "{told:?}");
}

#[tokio::test]
async fn what_was_taken_back_or_over_is_not_counted_as_to_be_sent() {
    let saved = Saved::new(false).await;
    let spoilt = saved.spoilt("store.db", |_| {});
    let path = spoilt.data.join("store.db");
    let conn = spoilt.connect();
    let nth = |n: u32| format!("(SELECT key FROM submission ORDER BY key LIMIT 1 OFFSET {n})");
    let taker = format!("takes_over = json_object('key', {}, 'name', '', 'role', '')", nth(2));
    // One whose taking back was asked for, one that is taken over, by whom it says, and one by nobody who is here.
    for (n, change) in
        [(0, "withdrawal_requested = 1"), (2, "is_taken_over = 1"), (3, &*taker), (4, "is_taken_over = 1")]
    {
        conn.execute(&format!("UPDATE submission SET {change} WHERE key = {}", nth(n)), []).unwrap();
    }
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(conn);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let store = spoilt.open().unwrap();
    let (told, taken) = store
        .read(|conn| {
            let taken = "SELECT count(*) FROM submission WHERE is_taken_over = 1";
            Ok((recoveries(conn)?, conn.query_row(taken, [], |row| row.get::<_, u32>(0))?))
        })
        .await
        .unwrap();
    assert_eq!((told[0].recovered, told[0].to_send, taken), (50, 48, 1), "{told:?}");
}
