//! Until when somebody may record here without a connection. Pure: every function is told what time it is.
//!
//! A grant ends by the highest time ever seen on this computer, so that a clock that is set back lengthens none. One that
//! was set forward and back again ends it early; until the gateway, which knows the time, gives another.

use std::time::Duration;

use contract::{DeviceId, OfflineTerms, RoleProfileId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Moment;

/// How far the computer's clock may be from the gateway's when a grant is given.
const APART: SignedDuration = SignedDuration::from_mins(5);

/// The highest time that was seen on this computer, since the gateway last said what time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Highest {
    /// When the gateway said so, by its clock.
    pub(crate) since: Timestamp,
    /// The highest time.
    pub(crate) at: Timestamp,
}

impl Highest {
    /// None was seen.
    pub(crate) const NONE: Self = Self { since: Timestamp::UNIX_EPOCH, at: Timestamp::UNIX_EPOCH };

    /// Which of two holds, of the file's and the key store's: the one since the gateway's later word, of the same the
    /// higher.
    pub(crate) fn higher(self, other: Self) -> Self {
        if (other.since, other.at) > (self.since, self.at) { other } else { self }
    }

    /// The gateway said what time it is: what was seen before that was the clock's fault.
    pub(crate) fn anew(said: Timestamp, now: Timestamp) -> Self {
        Self { since: said, at: now.max(said) }
    }
}

/// The highest time, as it goes on while RA Desk runs: also where the clock stands still or goes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticking {
    highest: Highest,
    steady: Duration,
}

impl Ticking {
    /// Goes on from what was seen before.
    pub(crate) fn from(highest: Highest, moment: Moment) -> Self {
        let at = highest.at.max(moment.wall);
        Self { highest: Highest { at, ..highest }, steady: moment.steady }
    }

    /// The highest time by now.
    pub(crate) fn now(&mut self, moment: Moment) -> Highest {
        let passed = moment.steady.saturating_sub(self.steady);
        let at = self.highest.at.checked_add(passed).unwrap_or(Timestamp::MAX);
        self.highest.at = at.max(moment.wall);
        self.steady = moment.steady;
        self.highest
    }
}

/// Why a grant permits nothing, though the gateway signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotNow {
    /// It has ended.
    #[error("it has ended")]
    Over,
    /// It would not have ended by the clock as it is now, but the clock was ahead.
    #[error("it has ended, for the clock was ahead")]
    ClockWasAhead,
    /// The clock is behind what was seen here: what is recorded now would be told as recorded then.
    #[error("the clock was set back")]
    ClockIsBehind,
    /// It is another computer's.
    #[error("it is another computer's")]
    OtherComputer,
    /// It is for another role.
    #[error("it is for another role")]
    OtherRole,
}

/// Whether a grant permits recording here now, in a role where one is asked for.
pub(crate) fn permits(
    terms: &OfflineTerms,
    device: &DeviceId,
    role: Option<&RoleProfileId>,
    (highest, wall): (Timestamp, Timestamp),
) -> Result<(), NotNow> {
    if terms.device != *device {
        return Err(NotNow::OtherComputer);
    }
    if role.is_some_and(|role| *role != terms.role.id) {
        return Err(NotNow::OtherRole);
    }
    if wall >= terms.until {
        return Err(NotNow::Over);
    }
    if highest >= terms.until {
        return Err(NotNow::ClockWasAhead);
    }
    if is_right(highest, wall) { Ok(()) } else { Err(NotNow::ClockIsBehind) }
}

/// Whether the computer's clock is right enough, by what the gateway said or by the highest time that was seen here.
pub(crate) fn is_right(said: Timestamp, now: Timestamp) -> bool {
    now.duration_since(said).abs() <= APART
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, terms};

    fn after(hours: u64) -> Timestamp {
        NOW + Duration::from_secs(hours * 3600)
    }

    fn moment(wall: Timestamp, steady_hours: u64) -> Moment {
        Moment { wall, steady: Duration::from_secs(steady_hours * 3600) }
    }

    #[test]
    fn a_clock_that_is_set_back_lengthens_no_grant() {
        let terms = terms(NOW);
        let judged = |highest, wall| permits(&terms, &terms.device, Some(&terms.role.id), (highest, wall));
        assert_eq!(judged(after(71), after(71)), Ok(()));
        assert_eq!(judged(after(72), after(72)), Err(NotNow::Over));
        assert_eq!(judged(after(72), after(2)), Err(NotNow::ClockWasAhead));
        assert_eq!(judged(after(50), after(50) - SignedDuration::from_mins(5)), Ok(()));
        assert_eq!(judged(after(50), after(50) - SignedDuration::from_mins(6)), Err(NotNow::ClockIsBehind));
        // While RA Desk runs it ends on time, wherever the clock is.
        let mut ticking = Ticking::from(Highest::anew(NOW, NOW), moment(NOW, 0));
        assert_eq!(ticking.now(moment(after(1), 1)).at, after(1));
        assert_eq!(ticking.now(moment(NOW, 71)).at, after(71), "set back, and seventy hours later");
        assert_eq!(judged(ticking.now(moment(NOW, 72)).at, NOW), Err(NotNow::ClockWasAhead));
        // Asleep, the steady clock may stand still.
        assert_eq!(ticking.now(moment(after(90), 72)).at, after(90));
        // Begun again with the clock set back: from where it was.
        let again = Ticking::from(Highest { since: NOW, at: after(90) }, moment(NOW, 0)).now(moment(after(1), 1));
        assert_eq!(again.at, after(91));
    }

    #[test]
    fn an_older_file_forgets_nothing_and_the_gateways_word_puts_right() {
        let seen = Highest { since: NOW, at: after(50) };
        let older = Highest { since: NOW, at: after(3) };
        assert_eq!((seen.higher(older), older.higher(seen)), (seen, seen));
        assert_eq!(Highest::NONE.higher(older), older);
        // Somebody set the clock a year ahead and back; then the gateway says what time it is.
        let wrong = Highest { since: NOW, at: after(9_000) };
        let right = Highest::anew(after(60), after(60));
        assert_eq!((wrong.higher(right), right.higher(wrong)), (right, right));
        assert_eq!(Highest::anew(after(60), after(59)).at, after(60), "never before what the gateway said");
    }

    #[test]
    fn a_grant_is_for_one_computer_and_one_role() {
        let terms = terms(NOW);
        let other = DeviceId::from_guid(uuid::Uuid::from_u128(9));
        assert_eq!(permits(&terms, &other, None, (NOW, NOW)), Err(NotNow::OtherComputer));
        let role = "555254240999".parse().unwrap();
        assert_eq!(permits(&terms, &terms.device, Some(&role), (NOW, NOW)), Err(NotNow::OtherRole));
        assert_eq!(permits(&terms, &terms.device, None, (NOW, NOW)), Ok(()));
    }

    #[test]
    fn no_grant_is_taken_while_the_clock_is_wrong() {
        let minutes = |n| NOW + SignedDuration::from_mins(n);
        assert!(is_right(NOW, minutes(5)) && is_right(NOW, minutes(-5)));
        assert!(!is_right(NOW, minutes(6)) && !is_right(NOW, minutes(-6)));
    }
}
