//! The copy empties itself, and whatever happens meanwhile, nothing that waits is without one.

use std::path::PathBuf;

use super::*;

/// A desk whose stick is known and holds so many that wait.
async fn holding(how_many: usize) -> (Arc<Inner>, TempDir) {
    let (desk, folder) = with_stick();
    is_known(&desk, desk.store.device.as_ref().unwrap().id()).await;
    record(&desk, how_many).await;
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    (desk, folder)
}

/// The gateway answered for everything.
async fn settle(desk: &Arc<Inner>) {
    desk.store.write(spoilt::settle_all).await.unwrap();
}

fn files(folder: &TempDir) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder.path().join("stick")).unwrap();
    let mut files: Vec<_> = found.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn path(folder: &TempDir, file: &CopyFile) -> PathBuf {
    folder.path().join("stick").join(format!("ra-desk-{}.copy", file.name))
}

async fn in_use(desk: &Arc<Inner>) -> CopyFile {
    desk.store.read(stored::file).await.unwrap().unwrap()
}

#[tokio::test]
async fn once_all_is_settled_a_new_file_takes_the_place_of_the_old_one() {
    let (desk, folder) = holding(3).await;
    let stranger = folder.path().join("stick").join(format!("ra-desk-{}.copy", "a".repeat(32)));
    std::fs::write(&stranger, contract::sealed_head(&[0xaa; 16])).unwrap();
    let old = in_use(&desk).await;
    emptying::empty_now(&desk).await;
    assert_eq!(in_use(&desk).await, old, "they wait");
    settle(&desk).await;
    emptying::empty_now(&desk).await;
    let new = in_use(&desk).await;
    assert!(new.name != old.name && new.records == 0);
    let mut expected = vec![path(&folder, &new), stranger];
    expected.sort();
    assert_eq!(files(&folder), expected, "the old one is gone, what is not this store's is not");
    assert_eq!(desk.store.read(stored::done).await.unwrap(), []);
    // Nothing is begun for nothing.
    emptying::empty_now(&desk).await;
    assert_eq!(in_use(&desk).await, new);
    record(&desk, 1).await;
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    assert_eq!((in_use(&desk).await.name, in_use(&desk).await.records), (new.name, 1), "it is gone on with");
}

#[tokio::test]
async fn what_the_gateway_has_not_heard_of_keeps_the_file() {
    let (desk, _folder) = holding(2).await;
    let old = in_use(&desk).await;
    settle(&desk).await;
    // Taken back before it was sent, and not told to the gateway yet: the file says so, and another does not.
    desk.store.write(|conn| spoilt::withdrawn_unheard(conn, true)).await.unwrap();
    emptying::empty_now(&desk).await;
    assert_eq!(in_use(&desk).await, old);
    desk.store.write(|conn| spoilt::withdrawn_unheard(conn, false)).await.unwrap();
    // One that stands in the file is not in the store any more, as after it was damaged.
    desk.store.write(spoilt::lose_a_copy).await.unwrap();
    emptying::empty_now(&desk).await;
    assert_eq!(in_use(&desk).await, old, "what may be lost here is in the copy");
}

#[tokio::test]
async fn a_file_that_holds_more_than_is_known_here_is_never_removed() {
    let (desk, folder) = holding(1).await;
    let old = in_use(&desk).await;
    // As after a crash between disk and store, or in an older copy of this store.
    let whole = std::fs::read(path(&folder, &old)).unwrap();
    std::fs::write(path(&folder, &old), [&whole[..], &whole[contract::SEALED_HEAD..]].concat()).unwrap();
    settle(&desk).await;
    emptying::empty_now(&desk).await;
    assert_eq!(in_use(&desk).await, old);
    // It goes on in it, and remembers.
    record(&desk, 1).await;
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    assert!(in_use(&desk).await.holds_more);
    emptying::empty_now(&desk).await;
    assert_eq!(in_use(&desk).await.name, old.name, "one waits");
    // Once nothing waits it is left lying, and another is begun that is emptied as any is.
    settle(&desk).await;
    for _ in 0..2 {
        for _ in 0..2 {
            emptying::empty_now(&desk).await;
            assert_eq!(copied(&desk).await, SecondCopy::Whole);
        }
        let new = in_use(&desk).await;
        assert!(new.name != old.name && new.records == 0 && !new.holds_more);
        let mut expected = vec![path(&folder, &new), path(&folder, &old)];
        expected.sort();
        assert_eq!(files(&folder), expected);
        record(&desk, 1).await;
        assert_eq!(copied(&desk).await, SecondCopy::Whole);
        settle(&desk).await;
    }
}

/// What was withdrawn, replaced or taken over stands in the store for ever.
#[tokio::test]
async fn what_was_taken_back_has_the_copy_emptied_once_and_not_for_ever() {
    let (desk, folder) = holding(0).await;
    for _ in 0..3 {
        record(&desk, 4).await;
        assert_eq!(copied(&desk).await, SecondCopy::Whole);
        desk.store.write(spoilt::take_back).await.unwrap();
        assert_eq!(copied(&desk).await, SecondCopy::Whole);
        let old = in_use(&desk).await;
        assert_eq!(old.records, 6, "and of two that they were taken back");
        settle(&desk).await;
        assert_eq!(copied(&desk).await, SecondCopy::Whole);
        emptying::empty_now(&desk).await;
        let new = in_use(&desk).await;
        assert!(new.name != old.name && new.records == 0);
        for _ in 0..3 {
            assert_eq!(copied(&desk).await, SecondCopy::Whole);
            emptying::empty_now(&desk).await;
            assert_eq!(in_use(&desk).await, new, "nothing is to be said of what is settled");
        }
        assert_eq!(files(&folder), [path(&folder, &new)]);
    }
}

#[tokio::test]
async fn of_two_sticks_in_turn_each_is_emptied_when_it_is_back() {
    let (desk, folder) = holding(2).await;
    let (stick, first, second) =
        (folder.path().join("stick"), folder.path().join("first"), folder.path().join("second"));
    let on_first = in_use(&desk).await;
    std::fs::rename(&stick, &first).unwrap();
    std::fs::create_dir(&stick).unwrap();
    desk.store.write(spoilt::take_back).await.unwrap();
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    let on_second = in_use(&desk).await;
    assert_ne!(on_second.name, on_first.name);
    // The first is back while something waits: its file stays.
    std::fs::rename(&stick, &second).unwrap();
    std::fs::rename(&first, &stick).unwrap();
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    emptying::empty_now(&desk).await;
    assert_eq!(desk.store.read(stored::away).await.unwrap(), [on_first.clone(), on_second.clone()]);
    assert!(path(&folder, &on_first).exists());
    settle(&desk).await;
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    emptying::empty_now(&desk).await;
    assert_eq!(files(&folder), [path(&folder, &in_use(&desk).await)]);
    assert_eq!(desk.store.read(stored::done).await.unwrap(), std::slice::from_ref(&on_second));
    // And the second.
    std::fs::rename(&stick, &first).unwrap();
    std::fs::rename(&second, &stick).unwrap();
    assert!(path(&folder, &on_second).exists());
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    emptying::empty_now(&desk).await;
    assert_eq!(files(&folder), [path(&folder, &in_use(&desk).await)]);
}

#[tokio::test]
async fn a_file_on_another_stick_that_holds_more_than_is_known_here_is_left_there() {
    let (desk, folder) = holding(2).await;
    desk.store.write(spoilt::lose_a_copy).await.unwrap();
    let (stick, pocket) = (folder.path().join("stick"), folder.path().join("pocket"));
    std::fs::rename(&stick, pocket).unwrap();
    std::fs::create_dir(&stick).unwrap();
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    assert_eq!(desk.store.read(stored::away).await.unwrap(), []);
}

/// A write-protected or full stick, as far as a test can have one: the name that is to be taken cannot be.
#[tokio::test]
async fn where_no_file_can_be_begun_that_is_told_once_and_one_name_is_tried() {
    let (desk, folder) = holding(1).await;
    settle(&desk).await;
    let (old, new) = (in_use(&desk).await, new_file(&desk));
    let intended = new.clone();
    desk.store.write(move |conn| stored::intend(conn, &intended)).await.unwrap();
    std::fs::create_dir(path(&folder, &new)).unwrap();
    let mut told = desk.happened.subscribe();
    let mut happened = move || std::iter::from_fn(|| told.try_recv().ok()).collect::<Vec<_>>();
    let mut expected = vec![Happened::SecondCopyMissing { count: Some(0), why: NoSecondCopy::NotWritable }];
    for _ in 0..3 {
        emptying::empty_now(&desk).await;
        assert_eq!(copied(&desk).await, missing(0, NoSecondCopy::NotWritable));
        assert_eq!(happened(), std::mem::take(&mut expected));
        assert_eq!(
            (in_use(&desk).await, desk.store.read(stored::done).await.unwrap()),
            (old.clone(), vec![new.clone()])
        );
    }
    std::fs::remove_dir(path(&folder, &new)).unwrap();
    emptying::empty_now(&desk).await;
    assert_eq!(desk.state().second_copy, SecondCopy::Whole);
    assert_eq!(happened(), [Happened::SecondCopyWhole]);
    assert_eq!((in_use(&desk).await, files(&folder)), (new.clone(), vec![path(&folder, &new)]));
}

#[tokio::test]
async fn a_stick_that_is_away_keeps_the_old_file_until_it_is_back() {
    let (desk, folder) = holding(1).await;
    let old = in_use(&desk).await;
    settle(&desk).await;
    // The moment between taking the new file and removing the old one.
    let new = new_file(&desk);
    file::begin(&folder.path().join("stick"), &new).unwrap();
    let (was, is) = (old.clone(), new.clone());
    assert!(desk.store.write(move |conn| stored::take_turns(conn, &was, &is)).await.unwrap());
    let (stick, pocket) = (folder.path().join("stick"), folder.path().join("pocket"));
    std::fs::rename(&stick, &pocket).unwrap();
    emptying::empty_now(&desk).await;
    assert_eq!(desk.store.read(stored::done).await.unwrap(), std::slice::from_ref(&old));
    // Another stick in its place.
    std::fs::create_dir(&stick).unwrap();
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    emptying::empty_now(&desk).await;
    assert_eq!(desk.store.read(stored::done).await.unwrap(), [old.clone(), new.clone()]);
    // Which does not come back.
    let gone = in_use(&desk).await;
    std::fs::remove_dir_all(&stick).unwrap();
    std::fs::rename(&pocket, &stick).unwrap();
    assert!(path(&folder, &old).exists());
    copied(&desk).await;
    emptying::empty_now(&desk).await;
    assert_eq!(files(&folder), [path(&folder, &in_use(&desk).await)]);
    assert_eq!(desk.store.read(stored::done).await.unwrap(), [gone]);
}

/// Ended at each of its steps, and gone on with: what is recorded meanwhile has a copy, and one file is left.
#[tokio::test]
async fn ended_at_any_step_nothing_that_waits_is_without_a_copy_and_no_file_is_left() {
    for steps in 0..=4 {
        let (desk, folder) = holding(2).await;
        let (stick, old, new) = (folder.path().join("stick"), in_use(&desk).await, new_file(&desk));
        settle(&desk).await;
        if steps >= 1 {
            let new = new.clone();
            desk.store.write(move |conn| stored::intend(conn, &new)).await.unwrap();
        }
        if steps >= 2 {
            file::begin(&stick, &new).unwrap();
        }
        if steps >= 3 {
            let (old, new) = (old.clone(), new.clone());
            assert!(desk.store.write(move |conn| stored::take_turns(conn, &old, &new)).await.unwrap());
        }
        if steps >= 4 {
            assert_eq!(file::remove(&stick, &old), Ok(Stands::AsKnown));
        }
        // RA Desk starts again, and somebody records before anything is tidied up.
        record(&desk, 1).await;
        assert_eq!(copied(&desk).await, SecondCopy::Whole, "{steps}");
        emptying::empty_now(&desk).await;
        let now = in_use(&desk).await;
        assert!(path(&folder, &now).exists() && file::stands(&stick, &now) == Ok(Stands::AsKnown), "{steps}");
        assert_eq!(now.records, if steps >= 3 { 1 } else { 3 }, "{steps}: what waits stands in it");
        settle(&desk).await;
        emptying::empty_now(&desk).await;
        assert_eq!(files(&folder), [path(&folder, &in_use(&desk).await)], "{steps}: one file is left");
        assert_eq!(in_use(&desk).await.records, 0, "{steps}");
    }
}

/// What waits by the time the old file would go.
#[tokio::test]
async fn what_is_recorded_while_it_is_emptied_keeps_the_old_file() {
    let (desk, _folder) = holding(1).await;
    let (old, new) = (in_use(&desk).await, new_file(&desk));
    settle(&desk).await;
    record(&desk, 1).await;
    let was = old.clone();
    assert!(!desk.store.write(move |conn| stored::take_turns(conn, &was, &new)).await.unwrap());
    assert_eq!(in_use(&desk).await, old);
}

#[tokio::test]
async fn a_file_that_is_sealed_to_the_key_before_goes_too_once_all_is_settled() {
    let (desk, folder) = holding(1).await;
    let old = in_use(&desk).await;
    desk.store.write(|conn| stored::pin(conn, &key(8))).await.unwrap();
    assert_eq!(copied(&desk).await, SecondCopy::Whole);
    emptying::empty_now(&desk).await;
    let mut expected = vec![path(&folder, &in_use(&desk).await), path(&folder, &old)];
    expected.sort();
    assert_eq!(files(&folder), expected, "one waits");
    settle(&desk).await;
    emptying::empty_now(&desk).await;
    assert_eq!(files(&folder), [path(&folder, &in_use(&desk).await)]);
}
