//! The second copy: what is recorded stands on another disk too, sealed, and whatever happens to that disk is told and
//! made good.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::{OpenedRecord, Piece, SealingKey, SealingSecret, sealed_pieces};
use desk::{NoSecondCopy, Persistence, SecondCopy, Status, Submission};
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_AES_256 as SUITE;
use rustls::crypto::hpke::Hpke;
use serde_json::{Value, json};

use crate::support::gateway::Instead;
use crate::support::{Bench, PERSON, RA_USER, ROLE, fill};
use crate::taking_over::{MANAGER, author, hang_up, manager, take_over};

const ANOTHER: &str = "555086689107";

fn secret() -> SealingSecret {
    let (public, secret) = SUITE.generate_key_pair().unwrap();
    SealingSecret::new(secret.secret_bytes().try_into().unwrap(), SealingKey::from_bytes(public.0.try_into().unwrap()))
}

/// What the gateway says of its key at a sign-in.
fn names_key(bench: &Bench, key: &SealingSecret, before: Option<&SealingSecret>) {
    let before = before.map_or(Value::Null, |before| json!(before.public()));
    bench.fake.world().session = vec![("sealing", json!({ "key": key.public(), "before": before }))];
}

/// A desk at work with a stick; the gateway is away when this gives it back.
async fn with_stick(key: &SealingSecret) -> Bench {
    let bench = Bench::set(Persistence::Kept, |settings, folder| {
        std::fs::create_dir(folder.join("stick")).unwrap();
        settings.second_copy_folder = Some(folder.join("stick"));
    })
    .await;
    names_key(&bench, key, None);
    bench.sign_in().await;
    until(&bench, SecondCopy::Whole).await;
    for person in [PERSON, ANOTHER] {
        bench.desk.profile(person.parse().unwrap()).await.unwrap();
    }
    bench.fake.set_up(false);
    bench
}

fn stick(bench: &Bench) -> PathBuf {
    bench.folder.path().join("stick")
}

fn files(stick: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(stick).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Everything on the stick that opens, file by file.
fn opened(stick: &Path, key: &SealingSecret) -> Vec<OpenedRecord> {
    let bytes = files(stick).into_iter().map(|file| std::fs::read(file).unwrap());
    bytes
        .flat_map(|bytes| {
            let pieces = sealed_pieces(&bytes).unwrap();
            let records = pieces.into_iter().filter_map(|piece| match piece {
                Piece::Record(sealed) => key.open(sealed),
                _ => None,
            });
            records.collect::<Vec<_>>()
        })
        .collect()
}

async fn record(bench: &Bench, person: &str) -> Submission {
    let draft = fill(&bench.desk, person).await;
    bench.desk.record(draft.id).await.unwrap()
}

async fn now(bench: &Bench) -> SecondCopy {
    bench.desk.snapshot().await.unwrap().second_copy
}

async fn until(bench: &Bench, wanted: SecondCopy) {
    for _ in 0..300 {
        if now(bench).await == wanted {
            return;
        }
        bench.desk.send_now();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it is {:?}, not {wanted:?}", now(bench).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_and_what_is_taken_back_stands_there_sealed() {
    let key = secret();
    let bench = with_stick(&key).await;
    let submission = record(&bench, PERSON).await;
    assert_eq!(now(&bench).await, SecondCopy::Whole, "told with the recording itself");
    let found = opened(&stick(&bench), &key);
    assert_eq!(found.len(), 1);
    let (first, registration) = (&found[0].record, found[0].record.registration.as_ref().unwrap());
    assert_eq!((first.number, first.key), (1, submission.key));
    assert_eq!((first.author.as_str(), first.role.as_str()), (RA_USER, ROLE));
    assert_eq!(registration.care_identity.as_str(), PERSON);
    assert_eq!(registration.body.body().unwrap().recorded_by.as_str(), RA_USER);

    bench.desk.withdraw(submission.key).await.unwrap();
    let found = opened(&stick(&bench), &key);
    assert_eq!((found.len(), found[1].record.number, found[1].record.key), (2, 2, submission.key));
    assert!(found[1].record.registration.is_none(), "it was taken back");

    // A finder reads nothing, and not whose it is.
    let [file] = &files(&stick(&bench))[..] else { panic!("one file") };
    let bytes = std::fs::read(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let (device, key) = (first.device.to_string(), submission.key.to_string());
    for text in [PERSON, RA_USER, ROLE, submission.address.as_str(), &device, &key, "passport", "B81603", "localhost"] {
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{text} in the file");
        assert!(!name.contains(text), "{text} in its name");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stick_that_is_away_is_told_at_once_and_made_good_when_it_is_back() {
    let key = secret();
    let bench = with_stick(&key).await;
    record(&bench, PERSON).await;
    let pocket = bench.folder.path().join("pocket");
    std::fs::rename(stick(&bench), &pocket).unwrap();
    let submission = record(&bench, ANOTHER).await;
    assert_eq!(submission.status, Status::ReadyToSend, "it is saved all the same");
    assert_eq!(now(&bench).await, SecondCopy::Missing { count: Some(1), why: NoSecondCopy::Away });
    assert!(!stick(&bench).exists(), "nothing was made in its place");
    std::fs::rename(&pocket, stick(&bench)).unwrap();
    until(&bench, SecondCopy::Whole).await;
    let found = opened(&stick(&bench), &key);
    assert_eq!(found.iter().map(|found| found.record.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(files(&stick(&bench)).len(), 1, "the same file goes on");

    // Another stick in its place, or the file gone or cut off: all that waits is written anew, beside what is there.
    let file = files(&stick(&bench)).remove(0);
    let length = std::fs::metadata(&file).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(length - 10).unwrap();
    for _ in 0..300 {
        bench.desk.send_now();
        tokio::time::sleep(Duration::from_millis(20)).await;
        if opened(&stick(&bench), &key).len() == 3 {
            break;
        }
    }
    assert_eq!((files(&stick(&bench)).len(), opened(&stick(&bench), &key).len()), (2, 3), "one was cut, two are new");
    assert_eq!(std::fs::metadata(&file).unwrap().len(), length - 10, "what is there is left as it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_behind_hides_nothing_that_follows() {
    let key = secret();
    let bench = with_stick(&key).await;
    record(&bench, PERSON).await;
    let file = files(&stick(&bench)).remove(0);
    let whole = std::fs::read(&file).unwrap();
    // The stick was pulled out while a record was written.
    let torn = [&whole[..], &whole[contract::SEALED_HEAD..contract::SEALED_HEAD + 700]].concat();
    std::fs::write(&file, torn).unwrap();
    let bench = bench.restart().await;
    bench.fake.set_up(true);
    bench.sign_in().await;
    bench.desk.profile(ANOTHER.parse().unwrap()).await.unwrap();
    bench.fake.set_up(false);
    let second = record(&bench, ANOTHER).await;
    until(&bench, SecondCopy::Whole).await;
    let found = opened(&stick(&bench), &key);
    assert_eq!(found.last().map(|found| (found.record.number, found.record.key)), Some((2, second.key)));
    assert_eq!(files(&stick(&bench)).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_over_has_a_copy_as_soon_as_it_is_said_to_be() {
    let key = secret();
    let bench = with_stick(&key).await;
    record(&bench, PERSON).await;
    bench.fake.set_up(true);
    hang_up(&bench);
    manager(&bench).await;
    take_over(&bench).await;
    let found = opened(&stick(&bench), &key);
    let authors: Vec<_> = found.iter().map(|found| found.record.author.as_str()).collect();
    assert_eq!(authors, [RA_USER, MANAGER]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_until_its_author_comes_is_said_to_have_no_copy_until_then() {
    let key = secret();
    let bench = with_stick(&key).await;
    let pocket = bench.folder.path().join("pocket");
    std::fs::rename(stick(&bench), &pocket).unwrap();
    record(&bench, PERSON).await;
    bench.fake.set_up(true);
    hang_up(&bench);
    manager(&bench).await;
    std::fs::rename(&pocket, stick(&bench)).unwrap();
    until(&bench, SecondCopy::Missing { count: Some(1), why: NoSecondCopy::Sealed }).await;
    author(&bench).await;
    until(&bench, SecondCopy::Whole).await;
    assert_eq!(opened(&stick(&bench), &key).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_is_taken_only_if_it_follows_the_one_that_is_known() {
    let (first, second, stranger) = (secret(), secret(), secret());
    let bench = with_stick(&first).await;
    bench.fake.set_up(true);
    // The gateway never comes to an end with it, so it goes on waiting.
    (0..1000).for_each(|_| bench.fake.instead("/v1/registrations/batch", Instead::InFlight));
    names_key(&bench, &stranger, None);
    bench.sign_in().await;
    until(&bench, SecondCopy::Missing { count: Some(0), why: NoSecondCopy::KeyChanged }).await;
    bench.record(PERSON).await;
    assert_eq!(now(&bench).await, SecondCopy::Missing { count: Some(1), why: NoSecondCopy::KeyChanged });
    assert!(opened(&stick(&bench), &stranger).is_empty(), "nothing was sealed to a key nobody vouched for");
    names_key(&bench, &second, Some(&first));
    bench.desk.sign_in().await.unwrap();
    until(&bench, SecondCopy::Whole).await;
    assert_eq!(opened(&stick(&bench), &second).len(), 1);
    assert_eq!(files(&stick(&bench)).len(), 2, "in a file of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_there_is_none_and_without_a_key_none_is_said_to_be() {
    let bench = Bench::signed_in().await;
    bench.record(PERSON).await;
    assert_eq!(now(&bench).await, SecondCopy::Off);
    let bench = Bench::set(Persistence::Kept, |settings, folder| {
        settings.second_copy_folder = Some(folder.to_owned());
    })
    .await;
    bench.sign_in().await;
    bench.desk.profile(PERSON.parse().unwrap()).await.unwrap();
    bench.fake.set_up(false);
    record(&bench, PERSON).await;
    assert_eq!(now(&bench).await, SecondCopy::Missing { count: Some(1), why: NoSecondCopy::NoKey });
}
