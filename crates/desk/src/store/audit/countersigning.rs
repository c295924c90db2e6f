//! Which key of the gateway's receipts are believed of.
//!
//! The first one that is heard of, and whatever takes its place as [`contract::Countersigning`] shows, or as policy
//! says. What was given with a key before stays as it was given: each key before counts up to the last receipt that was
//! kept while it was the one in use, and for nothing new.

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

impl Believed {
    /// Whether a receipt for a row counts if it was given with that key.
    pub(super) fn covers(&self, key: &PublicKey, number: i64) -> bool {
        self.key == *key || self.before.iter().any(|(before, until)| before == key && number <= *until)
    }
}

/// The keys that are believed. None: none was heard of yet, or what is written down of it cannot be read.
pub(super) fn believed(conn: &Connection) -> Result<Option<Believed>, StoreError> {
    Ok(meta::bytes(conn, meta::COUNTERSIGNING_KEYS)?.and_then(|text| serde_json::from_slice(&text).ok()))
}

/// The key that is believed of what is new. A store of an earlier version wrote none down: there it is the key it has
/// receipts of.
pub(crate) fn pinned(conn: &Connection) -> Result<Option<PublicKey>, StoreError> {
    if let Some(believed) = believed(conn)? {
        return Ok(Some(believed.key));
    }
    Ok(receipts::last(conn)?.map(|receipt| receipt.gateway))
}

/// Believes this key from now on, of what is new.
pub(crate) fn follow(conn: &Connection, key: PublicKey) -> Result<(), StoreError> {
    let last = receipts::last(conn)?;
    let until = last.as_ref().map_or(0, |receipt| receipt.head.head.number);
    let known = believed(conn)?;
    if known.as_ref().is_some_and(|known| known.key == key) {
        return Ok(());
    }
    let (now, mut before) = match known {
        Some(known) => (Some(known.key), known.before),
        None => (last.map(|receipt| receipt.gateway), Vec::new()),
    };
    before.extend(now.filter(|now| *now != key && until > 0).map(|now| (now, until)));
    meta::set(conn, meta::COUNTERSIGNING_KEYS, &rows::to_json(&Believed { key, before })?)
}

/// Another audit begins, and its rows have the numbers of this one's: keys before count for none of them.
pub(super) fn begin_anew(conn: &Connection) -> Result<(), StoreError> {
    match believed(conn)? {
        Some(believed) => {
            meta::set(conn, meta::COUNTERSIGNING_KEYS, &rows::to_json(&Believed { before: Vec::new(), ..believed })?)
        }
        None => Ok(()),
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
                assert_eq!(pinned(conn)?, None);
                // A store of an earlier version: it has receipts and wrote no key down.
                receipts::keep(conn, &receipt(4, 1))?;
                assert_eq!((believed(conn)?, pinned(conn)?), (None, Some(key(1))));
                follow(conn, key(2))?;
                receipts::keep(conn, &receipt(7, 2))?;
                follow(conn, key(3))?;
                follow(conn, key(3))?;
                assert_eq!(pinned(conn)?, Some(key(3)));
                let now = believed(conn)?.unwrap();
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
                begin_anew(conn)?;
                let anew = believed(conn)?.unwrap();
                assert!(anew.covers(&key(3), 1) && !anew.covers(&key(1), 1) && !anew.covers(&key(2), 1));
                Ok(())
            })
            .await
            .unwrap();
    }
}
