//! How often a PIN may be tried, and how long one waits in between. Pure.
//!
//! An attempt is counted before it is made, so that whoever ends RA Desk in the middle of one has made it. The count
//! stands in the file and in the key store, and the higher one holds: putting back an older file gives no attempt back.

use std::time::Duration;

use jiff::Timestamp;

/// How many wrong ones in a row end a PIN.
pub(crate) const MOST_WRONG: u8 = 10;

/// Attempts since the PIN was last right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// How many, one that is being made included.
    pub(crate) made: u8,
    /// When the next may be made.
    pub(crate) next_at: Timestamp,
}

/// Why no attempt may be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotNow {
    /// Not before then.
    Wait(Timestamp),
    /// There were too many: it works no more.
    TooMany,
}

impl Attempts {
    /// None was made.
    pub(crate) const NONE: Self = Self { made: 0, next_at: Timestamp::UNIX_EPOCH };

    /// How many are left before the PIN works no more.
    pub(crate) fn left(self) -> u8 {
        MOST_WRONG.saturating_sub(self.made)
    }

    /// The higher of both, of the file's and the key store's.
    pub(crate) fn higher(self, other: Self) -> Self {
        Self { made: self.made.max(other.made), next_at: self.next_at.max(other.next_at) }
    }

    /// Until when one waits, where one does.
    pub(crate) fn waits_until(self, now: Timestamp) -> Option<Timestamp> {
        (self.next_at > now).then_some(self.next_at)
    }

    /// Counts an attempt that is about to be made, or says why none may be. The time is the highest ever seen here: a
    /// clock that was set back shortens no wait.
    pub(crate) fn count(self, now: Timestamp) -> Result<Self, NotNow> {
        if self.left() == 0 {
            return Err(NotNow::TooMany);
        }
        if let Some(until) = self.waits_until(now) {
            return Err(NotNow::Wait(until));
        }
        let made = self.made + 1;
        Ok(Self { made, next_at: now.checked_add(wait_after(made)).unwrap_or(Timestamp::MAX) })
    }
}

/// How long one waits after so many.
const fn wait_after(made: u8) -> Duration {
    Duration::from_secs(match made {
        0..=2 => 0,
        3 => 30,
        4 => 60,
        5 => 5 * 60,
        6 => 15 * 60,
        _ => 60 * 60,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOW;

    #[test]
    fn three_at_once_then_longer_and_longer_and_after_ten_none() {
        let (mut attempts, mut now, mut waits) = (Attempts::NONE, NOW, Vec::new());
        while let Ok(counted) = attempts.count(now) {
            attempts = counted;
            let wait = attempts.next_at.duration_since(now).as_secs();
            waits.push(wait);
            if wait > 0 {
                let early = now + Duration::from_secs(u64::try_from(wait).unwrap() - 1);
                let expected = if attempts.left() == 0 { NotNow::TooMany } else { NotNow::Wait(attempts.next_at) };
                assert_eq!(attempts.count(early), Err(expected));
            }
            now = attempts.next_at;
        }
        assert_eq!(waits, [0, 0, 30, 60, 300, 900, 3600, 3600, 3600, 3600]);
        assert_eq!((attempts.count(Timestamp::MAX), attempts.left()), (Err(NotNow::TooMany), 0));
    }

    #[test]
    fn the_higher_count_and_the_later_time_hold() {
        let older = Attempts { made: 2, next_at: NOW + Duration::from_secs(60) };
        let newer = Attempts { made: 7, next_at: NOW };
        let both = Attempts { made: 7, next_at: NOW + Duration::from_secs(60) };
        assert_eq!((older.higher(newer), newer.higher(older)), (both, both));
        assert_eq!(both.waits_until(NOW), Some(both.next_at));
        assert_eq!(both.waits_until(both.next_at), None);
    }
}
