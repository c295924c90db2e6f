//! Real files, and a key store that does as it is told.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::audit::{AuditBreak, AuditEnded, AuditFault, AuditReport};
use crate::store::audit::{self, About, Act, countersigning, succession};
use crate::store::{Store, audit_report};
use crate::testing::{Keys, Mood, NOW, actor};
use crate::{SystemRandom, audit_as_csv};

mod killed;

struct Computer {
    folder: TempDir,
    keys: Keys,
}

impl Computer {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), keys: Keys::new() }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn open(&self) -> Store {
        Store::open(&self.data(), &self.keys, &SystemRandom::default(), NOW).unwrap()
    }

    /// Opens the store, writes some rows, and closes it as RA Desk does.
    async fn work(&self, rows: usize) -> AuditReport {
        let store = self.open();
        write(&store, rows).await;
        if let Some(what) = store.to_remember(NOW).await.unwrap() {
            remember(&self.keys, &what).unwrap();
        }
        store.audit.clone()
    }

    fn report(&self) -> Option<AuditReport> {
        audit_report(&self.data(), &self.keys).unwrap()
    }

    fn entry(&self, name: &str) -> Option<Vec<u8>> {
        self.keys.entries.lock().unwrap().get(name).cloned()
    }

    fn forget(&self, name: &str) {
        self.keys.entries.lock().unwrap().remove(name);
    }
}

async fn write(store: &Store, rows: usize) {
    for _ in 0..rows {
        // No two acts are alike: their sessions and times differ.
        let about = About { detail: (&SystemRandom::default() as &dyn Random).guid().to_string(), ..About::default() };
        let who = actor("656005750104");
        store.write(move |conn| audit::append(conn, NOW, Act::Searched, &who, &about)).await.unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn rolled_back(row: i64) -> Option<AuditBreak> {
    Some(AuditBreak { row, why: AuditFault::RolledBack })
}

#[tokio::test]
async fn an_older_copy_of_the_whole_store_is_found() {
    let computer = Computer::new();
    assert!(computer.work(3).await.is_intact());
    let aside = computer.folder.path().join("aside");
    copy(&computer.data(), &aside);
    assert!(computer.work(4).await.is_intact());
    assert_eq!(computer.report().unwrap().remembered, Some(7));
    std::fs::remove_dir_all(computer.data()).unwrap();
    copy(&aside, &computer.data());
    let remembered = computer.entry(HEAD_NAME);
    assert_eq!(computer.report().unwrap().broken, rolled_back(4));
    // Started again and again, and gone on with: it is still found, and the evidence stays.
    for _ in 0..3 {
        let report = computer.work(1).await;
        assert!(!report.is_intact(), "{report:?}");
    }
    assert_eq!(computer.entry(HEAD_NAME), remembered);
    computer.work(5).await;
    let report = computer.report().unwrap();
    assert_eq!(report.broken, Some(AuditBreak { row: 7, why: AuditFault::Rewritten }), "longer by now, and another");
}

/// A key store that fails when it is asked for one entry.
struct FailsFor<'a>(&'a Keys, &'a str);

impl KeyStore for FailsFor<'_> {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        if name == self.1 { Err(KeyStoreError::Failed("busy".into())) } else { self.0.load(name) }
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        self.0.save(name, bytes)
    }
}

#[tokio::test]
async fn what_the_key_store_did_not_say_is_not_written_over() {
    let computer = Computer::new();
    computer.work(3).await;
    let aside = computer.folder.path().join("aside");
    copy(&computer.data(), &aside);
    computer.work(4).await;
    std::fs::remove_dir_all(computer.data()).unwrap();
    copy(&aside, &computer.data());
    let keys = FailsFor(&computer.keys, HEAD_NAME);
    let store = Store::open(&computer.data(), &keys, &SystemRandom::default(), NOW).unwrap();
    assert!(store.audit.is_intact(), "nothing is known against it");
    assert_eq!(store.to_remember(NOW).await.unwrap(), None);
    drop(store);
    assert!(audit_report(&computer.data(), &keys).is_err(), "not looked at is not intact");
    assert_eq!(computer.report().unwrap().broken, rolled_back(4), "found as soon as the key store answers");
}

#[tokio::test]
async fn rows_the_key_store_has_not_heard_of_yet_are_no_fault() {
    let computer = Computer::new();
    computer.work(3).await;
    // A power cut: rows on disk, and nobody told the key store.
    write(&computer.open(), 2).await;
    let report = computer.report().unwrap();
    assert_eq!((report.rows, report.remembered, report.broken), (5, Some(3), None));
    assert!(computer.work(1).await.is_intact());
    assert_eq!(computer.report().unwrap().remembered, Some(6));
}

#[tokio::test]
async fn a_store_that_vanished_is_missed_once() {
    let computer = Computer::new();
    computer.work(3).await;
    let device = computer.entry(DEVICE_NAME);
    std::fs::remove_dir_all(computer.data()).unwrap();
    assert_eq!(computer.report().unwrap().broken, rolled_back(1), "also before a new one is made");
    assert_eq!(computer.work(1).await.broken, rolled_back(1));
    assert_ne!(computer.entry(DEVICE_NAME), device, "another store is another device");
    assert!(computer.work(1).await.is_intact(), "told once");
    let told = computer.open().read(crate::store::recoveries).await.unwrap();
    assert_eq!(told, [crate::Recovery::of_nothing(told[0].found_at)], "and to RA users until one of them has read it");
    let report = computer.report().unwrap();
    assert_eq!(report.remembered, Some(3), "two acts, and that it was begun");
    let before = report.before.unwrap();
    assert_eq!((before.rows, before.why), (3, AuditEnded::Vanished), "and it names the one before");
    assert_eq!(&before.device.guid().as_bytes()[..], &device.unwrap()[..16]);
}

#[tokio::test]
async fn the_gateways_key_is_not_forgotten_with_the_store() {
    let computer = Computer::new();
    let gateway = SigningKey::from_bytes(&[5; 32]);
    let store = computer.open();
    write(&store, 3).await;
    let hash = store.read(|conn| audit::hash_of(conn, 3)).await.unwrap().unwrap();
    let device = store.device.as_ref().unwrap();
    let head = device.sign(AuditHead { device: device.id(), number: 3, hash, at: 0 });
    let receipt = AuditReceipt::countersign(head, NOW, &gateway);
    store.write(move |conn| audit::keep_receipt(conn, &receipt)).await.unwrap();
    // As an earlier version wrote it: the key is that of the receipt.
    let what = Remembered { key: None, ..store.to_remember(NOW).await.unwrap().unwrap() };
    remember(&computer.keys, &what).unwrap();
    drop(store);
    for time in ["with its receipts", "before it had any"] {
        std::fs::remove_dir_all(computer.data()).unwrap();
        let pinned = computer.open().read(|conn| countersigning::pinned(conn, None)).await.unwrap();
        assert_eq!(pinned, Some(PublicKey::of(&gateway)), "{time}");
        assert!(computer.work(1).await.is_intact());
        let entry: Remembered = serde_json::from_slice(&computer.entry(HEAD_NAME).unwrap()).unwrap();
        assert_eq!((entry.receipt, entry.key), (None, pinned), "the new one has none yet");
    }
}

#[tokio::test]
async fn a_store_that_comes_back_after_another_was_made_is_an_older_copy() {
    let computer = Computer::new();
    computer.work(3).await;
    let aside = computer.folder.path().join("aside");
    std::fs::rename(computer.data(), &aside).unwrap();
    computer.work(1).await;
    computer.work(1).await;
    std::fs::remove_dir_all(computer.data()).unwrap();
    std::fs::rename(&aside, computer.data()).unwrap();
    assert_eq!(computer.report().unwrap().broken, rolled_back(4));
    assert!(computer.open().device.is_none(), "and signs nothing");
}

#[tokio::test]
async fn a_key_is_never_made_in_place_of_one_that_is_not_given() {
    let computer = Computer::new();
    computer.work(3).await;
    let entry = computer.entry(DEVICE_NAME).unwrap();
    [DEVICE_NAME, NEXT_NAME].into_iter().for_each(|name| computer.forget(name));
    let store = computer.open();
    assert!(store.device.is_none() && store.audit.is_intact(), "RA Desk goes on and signs nothing");
    write(&store, 1).await;
    assert_eq!(store.to_remember(NOW).await.unwrap(), None);
    drop(store);
    assert_eq!(computer.entry(DEVICE_NAME), None);
    computer.keys.entries.lock().unwrap().insert(DEVICE_NAME.into(), entry);
    assert!(computer.open().device.is_some(), "as soon as it is there again");
}

#[test]
fn a_key_the_key_store_does_not_keep_is_not_used() {
    let keys = Keys::new();
    keys.set(Mood::Forgetful);
    assert!(matches!(Device::make(&keys, &SystemRandom::default(), None), Err(KeyStoreError::Failed(_))));
    keys.set(Mood::Locked);
    assert!(matches!(Device::make(&keys, &SystemRandom::default(), None), Err(KeyStoreError::Locked)));
}

#[tokio::test]
async fn a_new_audit_that_cannot_be_begun_locks_nobody_out_and_is_begun_later() {
    let computer = Computer::new();
    computer.work(3).await;
    let ask = async |store: &Store| {
        let who = actor("656005750104");
        store.write(move |conn| succession::ask(conn, NOW, &who, AuditEnded::Forked)).await.unwrap();
    };
    ask(&computer.open()).await;
    let asked = async |store: &Store| store.read(succession::is_asked).await.unwrap();
    // The key store keeps no new key; the one it has, it gives.
    computer.keys.set(Mood::Forgetful);
    let store = computer.open();
    assert!(asked(&store).await && store.device.is_some());
    assert_eq!((store.audit.is_intact(), store.audit.before), (true, None), "the audit that was here goes on");
    write(&store, 1).await;
    drop(store);
    computer.keys.set(Mood::Well);
    let store = computer.open();
    let before = store.audit.before.unwrap();
    assert_eq!((asked(&store).await, before.why, before.rows), (false, AuditEnded::Forked, 5));
    // Nor does a fault of the store's: whatever stands in the way of ending an audit, what waits is within reach.
    ask(&store).await;
    store.write(|conn| Ok(conn.execute_batch("DROP TRIGGER audit_is_never_shortened")?)).await.unwrap();
    drop(store);
    let store = computer.open();
    assert!(asked(&store).await);
    write(&store, 1).await;
}

#[tokio::test]
async fn a_store_of_an_earlier_version_is_given_a_key_once() {
    let computer = Computer::new();
    let store = computer.open();
    write(&store, 2).await;
    store.write(|conn| Ok(conn.execute_batch("DELETE FROM meta WHERE name = 'device'")?)).await.unwrap();
    drop(store);
    computer.forget(DEVICE_NAME);
    let made = computer.open().device.unwrap().known();
    assert_eq!(computer.open().device.unwrap().known(), made);
}

#[tokio::test]
async fn the_copy_is_of_every_row() {
    let computer = Computer::new();
    let mut nowhere = Vec::new();
    assert_eq!(audit_as_csv(&computer.data(), &computer.keys, &mut nowhere).unwrap(), None);
    computer.work(3).await;
    let mut copy = Vec::new();
    assert_eq!(audit_as_csv(&computer.data(), &computer.keys, &mut copy).unwrap(), Some(3));
    let text = String::from_utf8(copy).unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[1].starts_with("\"1\",\"2026-01-01T09:00:00Z\",\"searched\",\"656005750104\","), "{}", lines[1]);
    assert!(computer.report().unwrap().is_intact(), "nothing was changed");
    let _open = computer.open();
    assert!(audit_report(&computer.data(), &computer.keys).is_err(), "not while RA Desk has it open");
}
