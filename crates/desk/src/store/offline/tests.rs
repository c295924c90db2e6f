use super::*;
use crate::pin::{Pin, Secret, Whose};
use crate::store::Store;
use crate::testing::{Keys, Mood, NOW, terms};
use crate::{KeyStore, KeyStoreError, SystemRandom};

fn author() -> CareIdentityUuid {
    "656005750104".parse().unwrap()
}

fn stored(id: u128) -> StoredPin {
    let (author, id) = (author(), uuid::Uuid::from_u128(id));
    let pin = Pin::typed("19283746").unwrap();
    let whose = Whose { author: &author, id };
    let random = SystemRandom::default();
    let wrapped = Wrapped::new(&Secret::new([7; 32]), &pin, &Secret::new([9; 32]), whose, &random).unwrap();
    StoredPin { id, wrapped, attempts: Attempts { made: 3, next_at: NOW } }
}

#[tokio::test]
async fn a_pin_and_a_grant_come_and_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &Keys::new(), &SystemRandom::default(), NOW).unwrap();
    let (first, grant_key) = (stored(1), ed25519_dalek::SigningKey::from_bytes(&[5; 32]));
    let given = OfflineGrant::sign(&terms(NOW), &grant_key).unwrap();
    let (pin_kept, grant_kept) = (first.clone(), given.clone());
    store
        .write(move |conn| {
            let author = author();
            assert_eq!((pin(conn, &author)?, grant(conn, &author)?, people(conn)?), (None, None, vec![]));
            keep_pin(conn, &author, &pin_kept)?;
            keep_grant(conn, &author, &grant_kept)?;
            assert_eq!(pin(conn, &author)?, Some(pin_kept.clone()));
            assert_eq!((grant(conn, &author)?, people(conn)?), (Some(grant_kept), vec![author.clone()]));
            let counted = Attempts { made: 4, next_at: NOW };
            keep_attempts(conn, &author, pin_kept.id, counted)?;
            assert_eq!(pin(conn, &author)?.map(|pin| pin.attempts), Some(counted));
            let another = uuid::Uuid::from_u128(2);
            assert_eq!(keep_attempts(conn, &author, another, Attempts::NONE), Err(StoreError::NotFound));
            assert_eq!(pin(conn, &"555086689106".parse().unwrap())?, None, "nobody else's");
            // What somebody spoilt is none, and does not hold up anybody.
            meta::set(conn, &grant_name(&author), "spoilt")?;
            assert_eq!(grant(conn, &author)?, None);
            forget(conn, &author)?;
            assert_eq!((pin(conn, &author)?, people(conn)?), (None, vec![]));
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn the_highest_time_is_kept_twice_and_never_goes_down() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Keys::new());
    let store = Store::open(folder.path(), &keys, &SystemRandom::default(), NOW).unwrap();
    let later = Highest { since: NOW, at: NOW + jiff::SignedDuration::from_hours(5) };
    let earlier = Highest { since: NOW, at: NOW };
    store
        .write(move |conn| {
            keep_highest(conn, later)?;
            keep_highest(conn, earlier)?;
            assert_eq!(highest(conn)?, later);
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(kept::highest(&keys), Ok(Highest::NONE));
    kept::keep_highest(&keys, later).unwrap();
    kept::keep_highest(&keys, earlier).unwrap();
    assert_eq!(kept::highest(&keys), Ok(later));
}

#[test]
fn what_was_wiped_from_the_key_store_opens_nothing_again() {
    let (keys, author) = (Keys::new(), author());
    kept::wipe_pin(&keys, &author).unwrap();
    assert!(keys.entries.lock().unwrap().is_empty(), "nothing to wipe, nothing made");
    let attempts = Attempts { made: 9, next_at: NOW };
    let secret = kept::PinSecret { id: uuid::Uuid::from_u128(1), secret: Secret::new([9; 32]), attempts };
    kept::keep_pin(&keys, &author, &secret).unwrap();
    let read = kept::pin(&keys, &author).unwrap().unwrap();
    assert_eq!((read.id, *read.secret, read.attempts), (secret.id, [9; 32], attempts));
    assert!(kept::pin(&keys, &"555086689106".parse().unwrap()).unwrap().is_none());
    kept::wipe_pin(&keys, &author).unwrap();
    assert!(kept::pin(&keys, &author).unwrap().is_none());
    let entries: Vec<Vec<u8>> = keys.entries.lock().unwrap().values().cloned().collect();
    assert!(entries.iter().all(|entry| !entry.windows(8).any(|bytes| bytes == [9; 8])));
}

#[test]
fn a_key_store_that_forgets_has_not_kept_it() {
    let keys = Keys::new();
    keys.set(Mood::Forgetful);
    let secret = kept::PinSecret { id: uuid::Uuid::from_u128(1), secret: Secret::default(), attempts: Attempts::NONE };
    let kept = kept::keep_pin(&keys, &author(), &secret);
    assert!(matches!(kept, Err(KeyStoreError::Failed(_))), "{kept:?}");
    assert!(keys.load("pin-1-656005750104").unwrap().is_none());
}
