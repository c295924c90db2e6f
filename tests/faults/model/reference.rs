//! What the desk must show and the gateway must hold: no time, no disk, no network.

use std::collections::{BTreeMap, BTreeSet};

use contract::SubmissionKey;
use desk::Status;

/// What the reference knows of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Whom it is about.
    pub whom: usize,
    /// How far it is.
    pub status: Status,
    /// It was sent, and nothing was answered.
    pub unsettled: bool,
    /// It is to be taken back.
    pub withdrawal_requested: bool,
}

/// What the gateway settled a key as.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Somebody is registered with it.
    Registered,
    /// They were registered already.
    Refused,
    /// It was taken back.
    Withdrawn,
}

/// The reference.
#[derive(Default)]
pub struct Reference {
    /// What the desk must show.
    pub submissions: BTreeMap<SubmissionKey, Known>,
    settled: BTreeMap<SubmissionKey, Settled>,
    /// Who is registered.
    pub registered: BTreeSet<usize>,
}

impl Reference {
    /// Recorded: nobody has heard of it.
    pub fn record(&mut self, key: SubmissionKey, whom: usize) {
        let known = Known { whom, status: Status::ReadyToSend, unsettled: false, withdrawal_requested: false };
        self.submissions.insert(key, known);
    }

    /// One that was recorded, counted round and round.
    pub fn one(&self, number: usize) -> Option<SubmissionKey> {
        self.submissions.keys().nth(number.checked_rem(self.submissions.len())?).copied()
    }

    /// How many wait to be sent or settled.
    pub fn waiting(&self) -> usize {
        self.submissions.values().filter(|known| known.status == Status::ReadyToSend).count()
    }

    /// The gateway gets everything that may be sent, in order. What it says arrives, or does not.
    pub fn send(&mut self, arrives: bool) {
        for (key, known) in &mut self.submissions {
            if known.status != Status::ReadyToSend || known.withdrawal_requested {
                continue;
            }
            let registered = &mut self.registered;
            let settled = *self
                .settled
                .entry(*key)
                .or_insert_with(|| if registered.insert(known.whom) { Settled::Registered } else { Settled::Refused });
            known.unsettled = true;
            if arrives {
                known.take(settled);
            }
        }
    }

    /// It is tried, and the gateway gets nothing.
    pub fn try_in_vain(&mut self) {
        for known in self.submissions.values_mut() {
            known.unsettled |= known.status == Status::ReadyToSend && !known.withdrawal_requested;
        }
    }

    /// The gateway settles what is to be taken back.
    pub fn settle(&mut self) {
        for (key, known) in &mut self.submissions {
            if known.status == Status::ReadyToSend && known.withdrawal_requested {
                let settled = *self.settled.entry(*key).or_insert(Settled::Withdrawn);
                known.take(settled);
            }
        }
    }

    /// The RA user takes it back.
    pub fn withdraw(&mut self, key: SubmissionKey) {
        let Some(known) = self.submissions.get_mut(&key) else { return };
        match known.status {
            Status::ReadyToSend if known.unsettled => known.withdrawal_requested = true,
            Status::ReadyToSend | Status::NeedsAttention => known.status = Status::Withdrawn,
            _ => {}
        }
    }

    /// Whether anything may be sent.
    pub fn ready(&self) -> bool {
        self.submissions.values().any(|known| known.status == Status::ReadyToSend && !known.withdrawal_requested)
    }
}

impl Known {
    /// What the gateway settled arrives.
    fn take(&mut self, settled: Settled) {
        self.status = match settled {
            Settled::Registered => Status::WaitingForThem,
            Settled::Refused if !self.withdrawal_requested => Status::NeedsAttention,
            Settled::Refused | Settled::Withdrawn => Status::Withdrawn,
        };
        (self.unsettled, self.withdrawal_requested) = (false, false);
    }
}
