//! How long to wait before the next try. Pure.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// What the first wait is drawn from.
pub const FIRST: Duration = Duration::from_secs(2);
/// What no wait is longer than, unless the gateway asked for it.
pub const LONGEST: Duration = Duration::from_secs(60);
/// The longest pause the gateway may ask for.
pub const LONGEST_ASKED: Duration = Duration::from_secs(15 * 60);

/// The wait before a try, after so many failures in a row: full jitter, so that a hundred desks do not come back
/// in the same second. `fraction` is in `0.0..1.0`.
pub fn wait(failures: u32, fraction: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1).min(16)).unwrap_or(u32::MAX));
    doubled.min(LONGEST).mul_f64(fraction.clamp(0.0, 1.0))
}

/// What `Retry-After` asks for: seconds, or a date. None where it is neither.
///
/// Bounded, so that a fault at the gateway cannot silence a desk for a day; a date that has passed is no wait.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let asked = if let Ok(seconds) = value.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let until = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
        Duration::try_from(until.duration_since(now)).unwrap_or_default()
    };
    Some(asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end_at_a_cap() {
        let most: Vec<u64> = (1..9).map(|failures| wait(failures, 1.0).as_secs()).collect();
        assert_eq!(most, [2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(wait(u32::MAX, 1.0), LONGEST);
        assert_eq!(wait(3, 0.0), Duration::ZERO);
        assert_eq!(wait(3, 0.5), Duration::from_secs(4));
    }

    #[test]
    fn retry_after_in_both_its_forms() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after(" 0 ", now), Some(Duration::ZERO));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(37)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("999999999", now), Some(LONGEST_ASKED));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-5", now), None);
    }
}
