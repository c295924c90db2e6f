//! How often one RA user may ask: a token bucket a person, so that nobody reads the directory out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use contract::CareIdentityUuid;
use jiff::Timestamp;

/// How much may be asked at once.
const CAPACITY: f64 = 300.0;
/// How much comes back each second.
const REFILL: f64 = 30.0;
/// How many people are remembered before those with full buckets are forgotten.
const REMEMBERED: usize = 4096;

/// What any call costs.
pub(crate) const CALL: f64 = 1.0;
/// What a call costs more that shows people.
pub(crate) const SHOWS_PEOPLE: f64 = 4.0;

/// The buckets of all RA users.
#[derive(Default)]
pub(crate) struct Limits(Mutex<HashMap<CareIdentityUuid, Bucket>>);

struct Bucket {
    level: f64,
    at: Timestamp,
}

impl Bucket {
    fn fill(&mut self, now: Timestamp) {
        // A clock that goes back fills nothing.
        let passed = now.duration_since(self.at).as_secs_f64().max(0.0);
        self.level = (self.level + passed * REFILL).min(CAPACITY);
        self.at = now;
    }
}

impl Limits {
    /// Takes from a person's bucket, or says in how many seconds there is enough in it.
    pub(crate) fn take(&self, who: &CareIdentityUuid, cost: f64, now: Timestamp) -> Result<(), u64> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(who) {
            buckets.retain(|_, bucket| {
                bucket.fill(now);
                bucket.level < CAPACITY
            });
        }
        let bucket = buckets.entry(who.clone()).or_insert(Bucket { level: CAPACITY, at: now });
        bucket.fill(now);
        if bucket.level >= cost {
            bucket.level -= cost;
            return Ok(());
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
        Err(((cost - bucket.level) / REFILL).ceil() as u64)
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
}
