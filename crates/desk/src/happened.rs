//! What happened that whoever looks after the computer may have to know. Holds no personal data.

use contract::EndReason;

use crate::{NoSecondCopy, SignInError};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// Somebody signed in and said that it is them.
    SignedIn,
    /// A sign-in did not come to its end, and not because it was given up.
    SignInRefused(SignInError),
    /// A session ended.
    SessionEnded(EndReason),
    /// Something was to be recorded without a network on a computer where that is not done.
    OfflineRecordingRefused,
    /// The gateway holds another audit of this computer than the one that is here.
    AuditBroken,
    /// There is no second copy of what waits any more, or the next would have none.
    SecondCopyMissing {
        /// How many of what waits have none. None: they could not be counted.
        count: Option<u32>,
        /// Why.
        why: NoSecondCopy,
    },
    /// All that waits has a second copy again.
    SecondCopyWhole,
    /// Whoever answers in the gateway's place countersigns the audit with a key that is not known here.
    CountersigningKeyNotKnown,
}
