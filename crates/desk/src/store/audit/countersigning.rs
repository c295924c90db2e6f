//! Which key of the gateway's receipts are believed of.
//!
//! The first one that is heard of, and whatever takes its place as [`contract::Countersigning`] shows, or as policy
//! says. What was given with a key before stays as it was given: each key before counts up to the last receipt that was
//! kept while it was the one in use, and for nothing new.
//!
//! The key store remembers the last one too: where the file is gone, or does not say, the one there is not forgotten, and
//! nobody is heard as the first one again.

use contract::{Countersigning, PublicKey};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::receipts;
use crate::store::{StoreError, meta, rows};

/// The keys that are believed of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Believed {
    /// Of what is new.
    key: PublicKey,
    /// Those before it, each with the number of the last row it counts for.
    before: Vec<(PublicKey, i64)>,
}

/// What the file says of the keys that are believed.
pub(super) enum Listed {
    /// Nothing: none was heard of yet, it is of an earlier version, or somebody took it out.
    Nothing,
    /// Something that cannot be read. RA Desk never writes that, so somebody else did.
    Unreadable,
    /// These.
    Keys(Believed),
}

impl Believed {
    fn of(key: PublicKey) -> Self {
        Self { key, before: Vec::new() }
    }

    fn knows(&self, key: &PublicKey) -> bool {
        self.key == *key || self.before.iter().any(|(before, _)| before == key)
    }

    /// Whether a receipt for a row counts if it was given with that key.
    pub(super) fn covers(&self, key: &PublicKey, number: i64) -> bool {
        self.key == *key || self.before.iter().any(|(before, until)| before == key && number <= *until)
    }
}

/// What the file says of the keys that are believed.
pub(super) fn listed(conn: &Connection) -> Result<Listed, StoreError> {
    let Some(text) = meta::bytes(conn, meta::COUNTERSIGNING_KEYS)? else { return Ok(Listed::Nothing) };
    Ok(serde_json::from_slice(&text).map_or(Listed::Unreadable, Listed::Keys))
}

/// The key that is believed of what is new. Where the file does not say, it is the one the key store remembers; where that
/// remembers none, the one there are receipts of, as in a store of an earlier version.
pub(crate) fn pinned(conn: &Connection, remembered: Option<PublicKey>) -> Result<Option<PublicKey>, StoreError> {
    if let Listed::Keys(believed) = listed(conn)? {
        return Ok(Some(believed.key));
    }
    Ok(remembered.or(receipts::last(conn)?.map(|receipt| receipt.gateway)))
}

/// Writes down the key the key store remembers where the file says nothing of any.
pub(crate) fn pin(conn: &Connection, remembered: Option<PublicKey>) -> Result<(), StoreError> {
    match (listed(conn)?, remembered) {
        (Listed::Nothing, Some(key)) => follow(conn, key),
        _ => Ok(()),
    }
}

/// Believes this key from now on, of what is new. What cannot be read stays as it is until another audit begins: it is
/// told, and is the evidence.
pub(crate) fn follow(conn: &Connection, key: PublicKey) -> Result<(), StoreError> {
    let last = receipts::last(conn)?;
    let until = last.as_ref().map_or(0, |receipt| receipt.head.head.number);
    let (now, mut before) = match listed(conn)? {
        Listed::Keys(known) if known.key == key => return Ok(()),
        Listed::Keys(known) => (Some(known.key), known.before),
        Listed::Nothing => (last.map(|receipt| receipt.gateway), Vec::new()),
        Listed::Unreadable => return Ok(()),
    };
    before.extend(now.filter(|now| *now != key && until > 0).map(|now| (now, until)));
    meta::set(conn, meta::COUNTERSIGNING_KEYS, &rows::to_json(&Believed { key, before })?)
}

/// The key that is believed when another audit begins. Of a file that never heard of the one the key store remembers,
/// the latter: somebody else than the gateway wrote the other.
pub(super) fn of_the_next(conn: &Connection, remembered: Option<PublicKey>) -> Result<Option<PublicKey>, StoreError> {
    match (listed(conn)?, remembered) {
        (Listed::Keys(believed), Some(remembered)) if !believed.knows(&remembered) => Ok(Some(remembered)),
        _ => pinned(conn, remembered),
    }
}

/// Another audit begins, and its rows have the numbers of this one's: keys before count for none of them.
pub(super) fn begin_anew(conn: &Connection, key: Option<PublicKey>) -> Result<(), StoreError> {
    match key {
        Some(key) => meta::set(conn, meta::COUNTERSIGNING_KEYS, &rows::to_json(&Believed::of(key))?),
        None => meta::remove(conn, meta::COUNTERSIGNING_KEYS),
    }
}

/// What the gateway names with is not what is known here, and nothing shows that it follows that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyNotKnown;

/// The key to believe: as policy says, else as was known first and whatever follows that. None: none was heard of yet.
pub(crate) fn choose(
    policy: Option<PublicKey>,
    pinned: Option<PublicKey>,
    offered: Option<&Countersigning>,
) -> Result<Option<PublicKey>, KeyNotKnown> {
    match (policy, pinned, offered) {
        (Some(policy), _, offered) if offered.is_none_or(|offered| offered.key == policy) => Ok(Some(policy)),
        (Some(_), ..) => Err(KeyNotKnown),
        (None, Some(pinned), Some(offered)) if offered.leads_from(&pinned) => Ok(Some(offered.key)),
        (None, Some(_), Some(_)) => Err(KeyNotKnown),
        (None, pinned, offered) => Ok(pinned.or(offered.map(|offered| offered.key))),
    }
}

#[cfg(test)]
mod tests {
    use contract::{AuditHash, AuditHead, AuditReceipt, DeviceId, KeySuccession};
    use ed25519_dalek::SigningKey;

    use super::*;
    use crate::store::Store;
    use crate::testing::{Keys, NOW};
    use crate::{Random, SystemRandom};

    fn secret(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn key(seed: u8) -> PublicKey {
        PublicKey::of(&secret(seed))
    }

    fn offer(seed: u8, follows: &[(u8, u8)]) -> Countersigning {
        let step = |(before, to): &(u8, u8)| KeySuccession::sign(&secret(*before), key(*to));
        Countersigning { key: key(seed), follows: follows.iter().map(step).collect() }
    }

    #[test]
    fn the_first_key_is_kept_and_another_only_where_the_one_before_says_so() {
        assert_eq!(choose(None, None, None), Ok(None));
        assert_eq!(choose(None, None, Some(&offer(1, &[]))), Ok(Some(key(1))), "the first one that is heard of");
        assert_eq!(choose(None, Some(key(1)), None), Ok(Some(key(1))), "a gateway that names none");
        assert_eq!(choose(None, Some(key(1)), Some(&offer(1, &[]))), Ok(Some(key(1))));
        assert_eq!(choose(None, Some(key(1)), Some(&offer(2, &[]))), Err(KeyNotKnown));
        assert_eq!(choose(None, Some(key(1)), Some(&offer(2, &[(1, 2)]))), Ok(Some(key(2))));
        assert_eq!(choose(None, Some(key(1)), Some(&offer(3, &[(2, 3)]))), Err(KeyNotKnown));
        let policy = Some(key(5));
        assert_eq!(choose(policy, Some(key(1)), Some(&offer(5, &[]))), Ok(Some(key(5))), "policy decides");
        assert_eq!(choose(policy, Some(key(1)), Some(&offer(1, &[]))), Err(KeyNotKnown));
        assert_eq!(choose(policy, Some(key(1)), Some(&offer(2, &[(1, 2)]))), Err(KeyNotKnown));
        assert_eq!(choose(policy, None, None), Ok(policy));
    }

    fn keys(conn: &Connection) -> Believed {
        let Listed::Keys(believed) = listed(conn).unwrap() else { panic!("it names no keys") };
        believed
    }

    fn receipt(number: i64, seed: u8) -> AuditReceipt {
        let device = DeviceId::from_guid((&SystemRandom::default() as &dyn Random).guid());
        let head = AuditHead { device, number, hash: AuditHash::NONE, at: 0 }.sign(&secret(9));
        AuditReceipt::countersign(head, NOW, &secret(seed))
    }

    #[tokio::test]
    async fn a_key_before_counts_for_what_it_was_given_with_and_for_nothing_new() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &Keys::new(), &SystemRandom::default(), NOW).unwrap();
        store
            .write(|conn| {
                assert_eq!((pinned(conn, None)?, pinned(conn, Some(key(6)))?), (None, Some(key(6))));
                // A store of an earlier version: it has receipts and wrote no key down.
                receipts::keep(conn, &receipt(4, 1))?;
                assert!(matches!(listed(conn)?, Listed::Nothing));
                assert_eq!(pinned(conn, None)?, Some(key(1)));
                assert_eq!(pinned(conn, Some(key(6)))?, Some(key(6)), "the key store's comes first");
                follow(conn, key(2))?;
                receipts::keep(conn, &receipt(7, 2))?;
                follow(conn, key(3))?;
                follow(conn, key(3))?;
                pin(conn, Some(key(6)))?;
                assert_eq!(pinned(conn, Some(key(6)))?, Some(key(3)), "the file's own comes before all");
                let now = keys(conn);
                for (seed, number, covers) in [
                    (1, 4, true),
                    (1, 5, false),
                    (2, 7, true),
                    (2, 8, false),
                    (3, 4, true),
                    (3, 99, true),
                    (8, 1, false),
                ] {
                    assert_eq!(now.covers(&key(seed), number), covers, "key {seed}, row {number}");
                }
                assert_eq!(of_the_next(conn, Some(key(2)))?, Some(key(3)), "one that this one follows");
                assert_eq!(of_the_next(conn, Some(key(6)))?, Some(key(6)), "one that the file never heard of");
                let next = of_the_next(conn, None)?;
                begin_anew(conn, next)?;
                let anew = keys(conn);
                assert!(anew.covers(&key(3), 1) && !anew.covers(&key(1), 1) && !anew.covers(&key(2), 1));
                // What cannot be read is not nothing: no key is written in its place until another audit begins.
                meta::set(conn, meta::COUNTERSIGNING_KEYS, "spoilt")?;
                pin(conn, Some(key(6)))?;
                follow(conn, key(8))?;
                assert!(matches!(listed(conn)?, Listed::Unreadable));
                assert_eq!(pinned(conn, Some(key(6)))?, Some(key(6)));
                let next = of_the_next(conn, Some(key(6)))?;
                begin_anew(conn, next)?;
                assert_eq!(pinned(conn, None)?, Some(key(6)));
                Ok(())
            })
            .await
            .unwrap();
    }
}
