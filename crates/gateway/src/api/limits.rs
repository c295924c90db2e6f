//! How often one RA user may ask: a token bucket a person, so that nobody reads the directory out. And how often
//! those may whom nobody knows yet: one bucket for them all, so that a flood of sign-ins does not become work.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use contract::{CareIdentityUuid, FaultCode};
use http::request::Parts;
use jiff::Timestamp;

use super::Fault;
use crate::gateway::Gateway;

/// What one RA user may ask.
const PERSON: Measure = Measure { capacity: 300.0, refill: 30.0 };
/// What all those may ask together who have not signed in.
const STRANGERS: Measure = Measure { capacity: 200.0, refill: 50.0 };
/// How many people are remembered before those with full buckets are forgotten.
const REMEMBERED: usize = 4096;

/// What any call costs.
pub(crate) const CALL: f64 = 1.0;
/// What a call costs more that shows people.
pub(crate) const SHOWS_PEOPLE: f64 = 4.0;

/// The buckets of all RA users, and the one of those who have not signed in.
#[derive(Default)]
pub(crate) struct Limits {
    people: Mutex<HashMap<CareIdentityUuid, Bucket>>,
    strangers: Mutex<Option<Bucket>>,
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

/// A call of somebody who has not signed in, let in as often as there is room for all of them.
pub(crate) struct Stranger;

impl FromRequestParts<Arc<Gateway>> for Stranger {
    type Rejection = Fault;

    async fn from_request_parts(_parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Fault> {
        gateway.limits.take_as_stranger(gateway.clock.now()).map(|()| Self).map_err(|seconds| {
            Fault::new(FaultCode::TooManyRequests, "too many calls at once by everybody together").retry_after(seconds)
        })
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

    /// Takes one call from the bucket of all strangers, or says in how many seconds there is room for one.
    pub(crate) fn take_as_stranger(&self, now: Timestamp) -> Result<(), u64> {
        let mut bucket = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.get_or_insert_with(|| Bucket::full(&STRANGERS, now)).take(&STRANGERS, CALL, now)
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
    fn strangers_share_one_bucket_that_people_do_not_empty() {
        let (limits, one) = (Limits::default(), "555086689106".parse().unwrap());
        let now = Timestamp::from_second(1_000).unwrap();
        limits.take(&one, 300.0, now).unwrap();
        for _ in 0..200 {
            limits.take_as_stranger(now).unwrap();
        }
        assert_eq!(limits.take_as_stranger(now), Err(1));
        let later = Timestamp::from_second(1_001).unwrap();
        for _ in 0..50 {
            limits.take_as_stranger(later).unwrap();
        }
        assert_eq!(limits.take_as_stranger(later), Err(1));
    }
}
