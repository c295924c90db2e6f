//! A file that is another when it is read the second time.

use ed25519_dalek::SigningKey;

use super::*;

fn sealed(keys: &Keys, key: &str) -> Vec<u8> {
    let record = SealedRecord {
        device: "018f0000-0000-7000-8000-0000000c0002".parse().unwrap(),
        number: 1,
        author: "656005750104".parse().unwrap(),
        role: "555254240100".parse().unwrap(),
        key: key.parse().unwrap(),
        registration: None,
    };
    record.seal(&keys.sealing().key, &SigningKey::from_bytes(&[7; 32])).unwrap()
}

#[test]
fn what_stands_where_a_record_stood_is_taken_for_it_only_under_its_key() {
    const KEY: &str = "018f0000-0000-7000-8000-0000000c0001";
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::open(&folder.path().join("secrets")).unwrap();
    let (record, another) = (sealed(&keys, KEY), sealed(&keys, "018f0000-0000-7000-8000-0000000c0003"));
    let (path, head) = (folder.path().join("copy"), record.len() - 12);
    let waits = Waits { place: 0, file: 0, at: 12, length: head, key: KEY.parse().unwrap(), turn: (false, Reverse(0)) };
    let again = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Copies(vec![File::open(&path).unwrap()]).open(&keys, &waits).map(|opened| opened.record.key)
    };
    assert_eq!(again(&record), Some(waits.key));
    assert_eq!(again(&another), None, "another record, as long as this one");
    assert_eq!(again(&record[..record.len() - 1]), None);
}
