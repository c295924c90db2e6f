//! The computer's own clock: the one place where time is asked for.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::Clock;

/// The computer's own clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Takes this moment as the start of its steady time.
    #[expect(clippy::disallowed_methods, reason = "the seam through which time enters")]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the seam through which time enters")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}
