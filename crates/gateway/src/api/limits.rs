//! How often one RA user may ask: a token bucket a person. It slows down whoever reads the directory out, and does
//! not prevent it: after a burst of 60, six searches or profiles a second go on for as long as somebody likes. Each
//! person shown is in the audit, which is where that is to be noticed.
//!
//! And how often those may ask whom nobody knows yet: a bucket for each address they come from, so that one of them
//! stops no others, and a large one for them all, so that a flood does not become work. Whoever shows a refresh token
//! that is known is no stranger. Those behind one address (a site, a proxy) share its bucket.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use contract::{CareIdentityUuid, FaultCode};
use jiff::Timestamp;

use super::Fault;

/// What one RA user may ask.
const PERSON: Measure = Measure { capacity: 300.0, refill: 30.0 };
/// What those may ask who have not signed in and come from one address.
const PEER: Measure = Measure { capacity: 200.0, refill: 20.0 };
/// What all those may ask together who have not signed in.
const STRANGERS: Measure = Measure { capacity: 4000.0, refill: 400.0 };
/// How many people, and how many addresses, are remembered before those with full buckets are forgotten.
const REMEMBERED: usize = 4096;

/// What any call costs.
pub(crate) const CALL: f64 = 1.0;
/// What a call costs more that shows people.
pub(crate) const SHOWS_PEOPLE: f64 = 4.0;

/// The buckets of all RA users, and those of whoever has not signed in.
#[derive(Default)]
pub(crate) struct Limits {
    people: Mutex<HashMap<CareIdentityUuid, Bucket>>,
    strangers: Mutex<Strangers>,
}

#[derive(Default)]
struct Strangers {
    peers: HashMap<IpAddr, Bucket>,
    together: Option<Bucket>,
}

/// How large a bucket is, and how much comes back each second.
struct Measure {
    capacity: f64,
    refill: f64,
}

struct Bucket {
    level: f64,
    at: Timestamp,
}

impl Bucket {
    const fn full(measure: &Measure, now: Timestamp) -> Self {
        Self { level: measure.capacity, at: now }
    }

    fn fill(&mut self, measure: &Measure, now: Timestamp) {
        // A clock that goes back fills nothing.
        let passed = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.level = (self.level + passed * measure.refill).min(measure.capacity);
        self.at = now;
    }

    /// Takes from the bucket, or says in how many seconds there is enough in it.
    fn take(&mut self, measure: &Measure, cost: f64, now: Timestamp) -> Result<(), u64> {
        self.fill(measure, now);
        if self.level >= cost {
            self.level -= cost;
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
        Err(((cost - self.level) / measure.refill).ceil() as u64)
    }
}

impl Limits {
    /// Takes from a person's bucket, or says in how many seconds there is enough in it.
    pub(crate) fn take(&self, who: &CareIdentityUuid, cost: f64, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(who) {
            buckets.retain(|_, bucket| {
                bucket.fill(&PERSON, now);
                bucket.level < PERSON.capacity
            });
        }
        buckets.entry(who.clone()).or_insert(Bucket::full(&PERSON, now)).take(&PERSON, cost, now)
    }

    /// Lets a stranger's call in, or says why not.
    pub(crate) fn admit_stranger(&self, peer: IpAddr, now: Timestamp) -> Result<(), Fault> {
        self.take_as_stranger(peer, now).map_err(|seconds| {
            Fault::new(FaultCode::TooManyRequests, "too many calls at once by those who have not signed in")
                .retry_after(seconds)
        })
    }

    /// Takes one call from the bucket of a stranger's address and from that of all strangers, or says in how many
    /// seconds there is room for one. What the address has no room for takes nothing from the others.
    pub(crate) fn take_as_stranger(&self, peer: IpAddr, now: Timestamp) -> Result<(), u64> {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        let (peers, peer) = (&mut strangers.peers, counted_as(peer));
        if peers.len() >= REMEMBERED && !peers.contains_key(&peer) {
            peers.retain(|_, bucket| {
                bucket.fill(&PEER, now);
                bucket.level < PEER.capacity
            });
        }
        // With more addresses at once than are remembered, only the bucket of them all is left.
        if peers.len() < REMEMBERED || peers.contains_key(&peer) {
            peers.entry(peer).or_insert(Bucket::full(&PEER, now)).take(&PEER, CALL, now)?;
        }
        strangers.together.get_or_insert_with(|| Bucket::full(&STRANGERS, now)).take(&STRANGERS, CALL, now)
    }
}

/// The address a peer is counted under. Of IPv6 the first half: the other is each computer's to choose.
const fn counted_as(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(peer) => IpAddr::V4(peer),
        IpAddr::V6(peer) => IpAddr::V6(Ipv6Addr::from_bits(peer.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let limits = Limits::default();
        let (one, other) = ("555086689106".parse().unwrap(), "555086689107".parse().unwrap());
        let now = Timestamp::from_second(1_000).unwrap();
        for _ in 0..300 {
            limits.take(&one, 1.0, now).unwrap();
        }
        assert_eq!(limits.take(&one, 1.0, now), Err(1));
        assert_eq!(limits.take(&one, 60.0, now), Err(2));
        assert_eq!(limits.take(&other, 1.0, now), Ok(()), "each person has a bucket");
        let later = Timestamp::from_second(1_001).unwrap();
        for _ in 0..30 {
            limits.take(&one, 1.0, later).unwrap();
        }
        assert_eq!(limits.take(&one, 1.0, later), Err(1));
        assert_eq!(limits.take(&one, 1.0, now), Err(1), "a clock that goes back gives nothing");
    }

    #[test]
    fn a_stranger_empties_the_bucket_of_their_own_address() {
        let (limits, one) = (Limits::default(), "555086689106".parse().unwrap());
        let (now, later) = (Timestamp::from_second(1_000).unwrap(), Timestamp::from_second(1_001).unwrap());
        let take = |peer: &str, now| limits.take_as_stranger(peer.parse().unwrap(), now);
        limits.take(&one, 300.0, now).unwrap();
        for (peer, same, other) in
            [("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")]
        {
            for _ in 0..200 {
                take(peer, now).unwrap();
            }
            assert_eq!((take(peer, now), take(same, now)), (Err(1), Err(1)));
            assert_eq!(take(other, now), Ok(()), "each address has a bucket");
            for _ in 0..20 {
                take(peer, later).unwrap();
            }
            assert_eq!(take(peer, later), Err(1));
        }
    }

    #[test]
    fn all_strangers_share_one_more_bucket_and_no_more_memory_than_there_is() {
        let limits = Limits::default();
        let now = Timestamp::from_second(1_000).unwrap();
        let peer = |n: u32| IpAddr::V4(n.into());
        let admitted = (0..10_000).filter(|n| limits.take_as_stranger(peer(*n), now).is_ok()).count();
        assert_eq!(admitted, 4_000);
        assert_eq!(limits.strangers.lock().unwrap().peers.len(), REMEMBERED);
        let later = Timestamp::from_second(1_010).unwrap();
        assert_eq!(limits.take_as_stranger(peer(20_000), later), Ok(()));
        assert_eq!(limits.strangers.lock().unwrap().peers.len(), 1, "whose buckets are full are forgotten");
    }
}
