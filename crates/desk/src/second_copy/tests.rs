use tempfile::TempDir;

use super::*;
use crate::store::{spoilt, submissions};
use crate::testing::{actor, inner, recorded};

mod emptied;

const PERSON: &str = "555086689106";
const RA_USER: &str = "656005750104";

fn key(byte: u8) -> SealingKey {
    SealingKey::from_bytes([byte; 32])
}

/// A desk with a stick of which the gateway has not heard. Nothing is copied by itself.
fn with_stick() -> (Arc<Inner>, TempDir) {
    let (mut desk, folder) = inner();
    let stick = folder.path().join("stick");
    std::fs::create_dir(&stick).unwrap();
    let settings = &mut Arc::get_mut(&mut desk).unwrap().settings;
    (settings.second_copy_folder, settings.second_copy_key) = (Some(stick), Some(key(9)));
    (desk, folder)
}

async fn record(desk: &Arc<Inner>, how_many: usize) {
    let author = actor(RA_USER);
    for _ in 0..how_many {
        let (submission, uuid) = (recorded(&author, PERSON), author.uuid.clone());
        desk.store.write(move |conn| submissions::insert(conn, &uuid, &submission)).await.unwrap();
    }
}

async fn copied(desk: &Arc<Inner>) -> SecondCopy {
    copy_now(desk).await;
    desk.state().second_copy
}

async fn is_woken(desk: &Arc<Inner>) -> bool {
    tokio::time::timeout(Duration::from_millis(50), desk.copy_wake.notified()).await.is_ok()
}

const fn missing(count: u32, why: NoSecondCopy) -> SecondCopy {
    SecondCopy::Missing { count: Some(count), why }
}

#[test]
fn a_key_is_followed_only_by_one_that_names_it() {
    let offer = |new, before: Option<u8>| Some(Sealing { key: key(new), before: before.map(key) });
    assert_eq!(choose(None, None, None), Err(NoSecondCopy::NoKey));
    assert_eq!(choose(None, None, offer(1, None)), Ok(key(1)));
    assert_eq!(choose(None, Some(key(1)), None), Ok(key(1)), "also without a gateway");
    assert_eq!(choose(None, Some(key(1)), offer(1, Some(9))), Ok(key(1)));
    assert_eq!(choose(None, Some(key(1)), offer(2, Some(1))), Ok(key(2)));
    assert_eq!(choose(None, Some(key(1)), offer(2, None)), Err(NoSecondCopy::KeyChanged));
    assert_eq!(choose(None, Some(key(1)), offer(3, Some(2))), Err(NoSecondCopy::KeyChanged));
    assert_eq!(choose(Some(key(5)), Some(key(1)), offer(2, None)), Ok(key(5)), "policy decides");
}

/// After a recovery, or with a new audit, a computer signs with a key that is new.
#[tokio::test]
async fn there_is_no_copy_before_the_gateway_can_check_one() {
    let (desk, folder) = with_stick();
    record(&desk, 1).await;
    assert_eq!(copied(&desk).await, missing(1, NoSecondCopy::NotKnown));
    let another = DeviceId::from_guid(uuid::Uuid::from_u128(7));
    is_known(&desk, another).await;
    assert!(is_woken(&desk).await);
    assert_eq!(copied(&desk).await, missing(1, NoSecondCopy::NotKnown), "it has heard of another");
    assert_eq!(std::fs::read_dir(folder.path().join("stick")).unwrap().count(), 0);
    let this = desk.store.device.as_ref().unwrap().id();
    is_known(&desk, this).await;
    assert!(is_woken(&desk).await, "the copy is made at once");
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    is_known(&desk, this).await;
    assert!(!is_woken(&desk).await, "the same again is no news");
}

#[tokio::test]
async fn what_cannot_be_read_holds_up_nothing_and_is_not_said_to_have_a_copy() {
    let (desk, _folder) = with_stick();
    is_known(&desk, desk.store.device.as_ref().unwrap().id()).await;
    // More of them than are brought onto the disk together, before and behind what can be read.
    record(&desk, 250).await;
    desk.store.write(|conn| spoilt::spoil(conn, 120, 5)).await.unwrap();
    assert_eq!(copied(&desk).await, missing(125, NoSecondCopy::Unreadable));
    let file = desk.store.read(stored::file).await.unwrap().unwrap();
    assert_eq!(file.records, 125, "all that can be read");
    assert_eq!(copied(&desk).await, missing(125, NoSecondCopy::Unreadable));
    assert_eq!(desk.store.read(stored::file).await.unwrap().unwrap(), file, "nothing is written twice");
    desk.store.write(spoilt::mend).await.unwrap();
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    assert_eq!(desk.store.read(stored::file).await.unwrap().unwrap().records, 250);
}

#[tokio::test]
async fn a_disk_is_slow_only_while_it_is_waited_for() {
    let (desk, _folder) = with_stick();
    let late = missing(1, NoSecondCopy::Slow);
    let working = desk.copying.clone().lock_owned().await;
    slow(&desk, late).await;
    assert_eq!(desk.state().second_copy, late);
    assert!(!is_woken(&desk).await);
    drop(working);
    desk.state().second_copy = SecondCopy::Whole;
    slow(&desk, late).await;
    assert_eq!(desk.state().second_copy, SecondCopy::Whole, "it answered while that was found out");
    assert!(is_woken(&desk).await, "and is looked at again");
}

#[tokio::test]
async fn that_it_is_missing_and_that_it_is_whole_again_is_told_once_each() {
    let (desk, folder) = with_stick();
    is_known(&desk, desk.store.device.as_ref().unwrap().id()).await;
    let mut told = desk.happened.subscribe();
    let mut happened = move || std::iter::from_fn(|| told.try_recv().ok()).collect::<Vec<_>>();
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    assert_eq!(happened(), [], "nothing was missing");
    let (stick, pocket) = (folder.path().join("stick"), folder.path().join("pocket"));
    for _ in 0..2 {
        std::fs::rename(&stick, &pocket).unwrap();
        assert_eq!(copied(&desk).await, missing(0, NoSecondCopy::Away));
        assert_eq!(happened(), [Happened::SecondCopyMissing { count: Some(0), why: NoSecondCopy::Away }]);
        // Tried again and again, more without one, and another reason: it is missing all the same.
        record(&desk, 1).await;
        for _ in 0..3 {
            assert_eq!(copied(&desk).await, missing(1, NoSecondCopy::Away));
        }
        std::fs::write(&stick, "no folder").unwrap();
        copied(&desk).await;
        let working = desk.copying.clone().lock_owned().await;
        slow(&desk, missing(1, NoSecondCopy::Slow)).await;
        drop(working);
        assert_eq!(happened(), []);
        std::fs::remove_file(&stick).unwrap();
        std::fs::rename(&pocket, &stick).unwrap();
        for _ in 0..2 {
            assert_eq!(copied(&desk).await, SecondCopy::Whole);
        }
        assert_eq!(happened(), [Happened::SecondCopyWhole]);
    }
}

#[tokio::test]
async fn that_it_is_whole_again_is_told_across_a_restart() {
    let (desk, folder) = with_stick();
    is_known(&desk, desk.store.device.as_ref().unwrap().id()).await;
    let mut told = desk.happened.subscribe();
    let mut happened = move || std::iter::from_fn(|| told.try_recv().ok()).collect::<Vec<_>>();
    let (stick, pocket) = (folder.path().join("stick"), folder.path().join("pocket"));
    std::fs::rename(&stick, &pocket).unwrap();
    for _ in 0..2 {
        desk.state().second_copy = SecondCopy::Off;
        assert_eq!(copied(&desk).await, missing(0, NoSecondCopy::Away));
        assert_eq!(happened(), [Happened::SecondCopyMissing { count: Some(0), why: NoSecondCopy::Away }]);
    }
    std::fs::rename(&pocket, &stick).unwrap();
    for expected in [&[Happened::SecondCopyWhole][..], &[]] {
        desk.state().second_copy = SecondCopy::Off;
        assert_eq!(copied(&desk).await, SecondCopy::Whole);
        assert_eq!(happened(), expected, "once");
    }
}

#[tokio::test]
async fn only_what_waits_is_counted() {
    let (desk, folder) = with_stick();
    is_known(&desk, desk.store.device.as_ref().unwrap().id()).await;
    record(&desk, 4).await;
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    desk.store.write(spoilt::take_back).await.unwrap();
    std::fs::rename(folder.path().join("stick"), folder.path().join("pocket")).unwrap();
    // The copy does not say yet that they were taken back; but what waits stands in it.
    assert_eq!(copied(&desk).await, missing(0, NoSecondCopy::Away));
    record(&desk, 1).await;
    assert_eq!(copied(&desk).await, missing(1, NoSecondCopy::Away));
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_none() {
    let (desk, _folder) = with_stick();
    record(&desk, 2).await;
    assert_eq!(told(&desk, Err(NoSecondCopy::Away)).await, missing(2, NoSecondCopy::Away));
    desk.store.write(spoilt::take_away).await.unwrap();
    let unknown = SecondCopy::Missing { count: None, why: NoSecondCopy::Store };
    assert_eq!(told(&desk, Err(NoSecondCopy::Store)).await, unknown);
}
