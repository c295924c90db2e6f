//! Killed while one audit ends and another begins: the key that is kept is always that of the audit that is there.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A key store at which the process is killed, before or after it takes the entry of that number. The disk is written
/// between two of them, so these are the two sides of each write too.
struct Kills<'a> {
    keys: &'a Keys,
    at: usize,
    after: bool,
    saves: AtomicUsize,
}

/// What the test ends the process with.
struct Kill;

impl KeyStore for Kills<'_> {
    fn load(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        self.keys.load(name)
    }

    fn save(&self, name: &str, bytes: &[u8]) -> Result<(), KeyStoreError> {
        let is_now = self.saves.fetch_add(1, Ordering::Relaxed) == self.at;
        if is_now && !self.after {
            resume_unwind(Box::new(Kill));
        }
        self.keys.save(name, bytes)?;
        if is_now {
            resume_unwind(Box::new(Kill));
        }
        Ok(())
    }
}

/// A copy of a computer as it is, with its key store.
fn another(computer: &Computer) -> Computer {
    let made = Computer::new();
    copy(&computer.data(), &made.data());
    *made.keys.entries.lock().unwrap() = computer.keys.entries.lock().unwrap().clone();
    made
}

/// Starts copies of a computer, each killed at another point. Gives them, and ends with one that was not killed.
fn killed_at_each(computer: &Computer) -> Vec<Computer> {
    let mut left = Vec::new();
    for at in 0.. {
        for after in [false, true] {
            let computer = another(computer);
            let keys = Kills { keys: &computer.keys, at, after, saves: AtomicUsize::new(0) };
            let open = || drop(Store::open(&computer.data(), &keys, &SystemRandom::default(), NOW).unwrap());
            let was_killed = catch_unwind(AssertUnwindSafe(open)).is_err();
            left.push(computer);
            if !was_killed {
                return left;
            }
        }
    }
    left
}

/// The device of the file.
fn of_file(store: &Store) -> Known {
    let device = store.device.as_ref().expect("there is a key for the audit that is here");
    device.known()
}

#[tokio::test]
async fn an_audit_that_was_asked_for_is_begun_once_and_signed_by_its_own_key() {
    let computer = Computer::new();
    computer.work(3).await;
    let old = of_file(&computer.open());
    let store = computer.open();
    let who = actor("656005750104");
    store.write(move |conn| succession::ask(conn, NOW, &who, AuditEnded::Forked)).await.unwrap();
    drop(store);
    let all = killed_at_each(&computer);
    assert_eq!(all.len(), 5, "two entries, before and after each");
    for (point, killed) in all.iter().enumerate() {
        let store = killed.open();
        let known = of_file(&store);
        assert!(store.audit.is_intact(), "{point}: {:?}", store.audit);
        let before = store.audit.before.unwrap();
        assert_eq!((before.device, before.rows, before.why), (old.id, 4, AuditEnded::Forked), "{point}");
        assert_ne!(known, old, "{point}");
        drop(store);
        assert_eq!(of_file(&killed.open()), known, "{point}: begun once");
        assert!(killed.report().unwrap().is_intact(), "{point}");
        assert_eq!(killed.entry(DEVICE_NAME), killed.entry(NEXT_NAME), "{point}: it has taken its place");
    }
}

#[tokio::test]
async fn a_store_that_was_away_for_a_start_that_came_to_nothing_still_has_its_key() {
    let computer = Computer::new();
    computer.work(3).await;
    let old = of_file(&computer.open());
    let aside = computer.folder.path().join("aside");
    std::fs::rename(computer.data(), &aside).unwrap();
    std::fs::create_dir(computer.data()).unwrap();
    let (mut came_back, mut made) = (0, 0);
    for (point, killed) in killed_at_each(&computer).iter().enumerate() {
        if killed.data().join("store.db").exists() {
            made += 1;
            assert_ne!(of_file(&killed.open()), old, "{point}");
        } else {
            // No other audit was begun, so the one that comes back goes on.
            came_back += 1;
            copy(&aside, &killed.data());
            assert_eq!(of_file(&killed.open()), old, "{point}");
        }
        assert!(killed.work(1).await.is_intact(), "{point}");
        assert!(killed.report().unwrap().is_intact(), "{point}");
    }
    // A key for the store's pages is there already.
    assert_eq!((came_back, made), (2, 3));
}

#[tokio::test]
async fn an_audit_that_was_damaged_is_followed_by_one_that_names_it() {
    let computer = Computer::new();
    computer.work(3).await;
    let old = of_file(&computer.open());
    // The page that says whose audit it is, and everything on it.
    let file = computer.data().join("store.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let from = bytes.len() / 2;
    bytes[from..].iter_mut().for_each(|byte| *byte ^= 1);
    std::fs::write(&file, bytes).unwrap();
    for (point, killed) in killed_at_each(&computer).iter().enumerate() {
        let store = killed.open();
        assert_ne!(of_file(&store), old, "{point}");
        let before = store.audit.before.unwrap();
        assert_eq!((before.device, before.why), (old.id, AuditEnded::Damaged), "{point}: never one that did not exist");
        assert!(store.audit.is_intact(), "{point}");
        drop(store);
        assert!(killed.report().unwrap().is_intact(), "{point}");
    }
}

#[tokio::test]
async fn a_key_that_could_not_take_its_place_is_not_written_over() {
    let computer = Computer::new();
    computer.work(3).await;
    let store = computer.open();
    let who = actor("656005750104");
    let ask = move |conn: &Connection| succession::ask(conn, NOW, &who, AuditEnded::Forked);
    store.write(ask).await.unwrap();
    drop(store);
    let old = computer.entry(DEVICE_NAME).unwrap();
    let known = of_file(&computer.open());
    // As if the key store had not taken it then.
    computer.keys.entries.lock().unwrap().insert(DEVICE_NAME.into(), old);
    let device = Device::make(&computer.keys, &SystemRandom::default(), Some(known)).unwrap();
    assert_ne!(device.known(), known);
    assert_eq!(of_file(&computer.open()), known, "the file is of it, whatever else was made");
}
