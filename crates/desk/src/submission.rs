//! The life of a submission: what it becomes when something happens to it, and what follows from that. Pure.
//!
//! ```text
//! Ready ─▶ Sending ─▶ Waiting ⇄ LinkExpired ─▶ Linked ─▶ Removed
//!   ▲  │      │  └─▶ NeedsAttention ─▶ Withdrawn (taken back, or replaced by a corrected one)
//!   │  └─▶ Withdrawn
//!   └─────────┘ (no answer, or still being worked on: same key, same bytes)
//! ```
//!
//! What an RA Manager takes over stays where it is, and is not sent, until the gateway has decided the manager's own
//! submission of it ([`for_original`]).
//!
//! Deliberately absent: rows, requests, and who may do what. Whoever holds a submission's [`Life`] passes what
//! happened to [`Life::after`] and stores what comes back, in one transaction.

use contract::{RefusalCode, RegistrationState};

use crate::{NextStep, Status};

/// Where a submission is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Life {
    /// How far it is.
    pub(crate) status: Status,
    /// It was sent at least once, and the gateway's answer for its key is not known.
    pub(crate) unsettled: bool,
    /// The RA user asked to take it back, and the gateway has to settle that.
    pub(crate) withdrawal_requested: bool,
    /// An RA Manager took it over on this computer, and the gateway has not decided theirs yet.
    pub(crate) taken_over: bool,
}

/// What happens to a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    /// It is about to be sent.
    SendStarted,
    /// The request came to nothing: no answer, or one for the whole queue.
    NoAnswer,
    /// RA Desk started anew, after a crash perhaps.
    Restarted,
    /// The gateway is working on the same key at this moment.
    InFlight,
    /// The gateway told how far its registration is.
    Told(RegistrationState),
    /// The gateway refused it, for good.
    Refused(RefusalCode),
    /// The gateway says that the key was withdrawn and nothing is registered under it.
    SettledWithdrawn,
    /// The RA user takes it back.
    WithdrawAsked,
    /// A corrected one was recorded in its place.
    Replaced,
    /// An RA Manager takes it over.
    TakenOver,
    /// The gateway decided what the manager sent in its place: this one is over.
    TakeOverDecided,
    /// The manager's is not sent, or not taken: it is its author's again.
    GivenBack,
}

/// What follows, besides the new state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Effect {
    /// One more attempt is counted.
    CountAttempt,
    /// The gateway is asked to settle the key.
    AskToSettle,
    /// The audit tells that it was sent.
    TellSent,
    /// The audit tells what it became.
    TellOutcome,
    /// The audit tells that it was taken back.
    TellWithdrawn,
    /// The audit tells that taking back was asked for.
    TellWithdrawalRequested,
    /// The audit tells that it was taken over.
    TellTakenOver,
    /// The audit tells that it is its author's again.
    TellGivenBack,
}

/// The event has no meaning in that state; nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfPlace;

impl Life {
    /// As it is recorded.
    pub(crate) const RECORDED: Self =
        Self { status: Status::ReadyToSend, unsettled: false, withdrawal_requested: false, taken_over: false };

    /// What becomes of it, and what follows.
    ///
    /// What the gateway says is true even when it comes late or twice, so its answers are taken in every state
    /// that they do not contradict.
    pub(crate) fn after(self, event: Event) -> Result<(Self, Vec<Effect>), OutOfPlace> {
        use Status::{Linked, NeedsAttention, ReadyToSend, Removed, Sending, Withdrawn};
        let unsent = matches!(self.status, ReadyToSend | Sending);
        match event {
            Event::SendStarted if self.may_be_sent() => {
                Ok((Self { status: Sending, unsettled: true, ..self }, vec![Effect::CountAttempt, Effect::TellSent]))
            }
            Event::NoAnswer | Event::Restarted | Event::InFlight if self.status == Sending => {
                Ok((Self { status: ReadyToSend, ..self }, vec![]))
            }
            // Nothing is on its way: a restart or a late *no answer* changes nothing.
            Event::NoAnswer | Event::Restarted | Event::InFlight => Ok((self, vec![])),
            Event::Told(state) => {
                let told = status_of(state);
                // Answers may overtake each other; a link once used stays used, a removal stays a removal.
                let stale = matches!((self.status, told), (Removed, t) if t != Removed)
                    || matches!((self.status, told), (Linked, t) if !matches!(t, Linked | Removed));
                if stale {
                    return Ok((self, vec![]));
                }
                let effects = if told == self.status { vec![] } else { vec![Effect::TellOutcome] };
                Ok((Self::settled(told), effects))
            }
            // Taking back was asked for and a refusal means that nothing is registered: both are content.
            // Nor is it its author's any more to mend, once it was taken over: the manager is told the same.
            Event::Refused(_) if unsent && (self.withdrawal_requested || self.taken_over) => {
                Ok((WITHDRAWN, vec![Effect::TellWithdrawn]))
            }
            Event::Refused(_) if unsent => Ok((Self::settled(NeedsAttention), vec![Effect::TellOutcome])),
            Event::SettledWithdrawn | Event::TakeOverDecided if unsent && self.taken_over => {
                Ok((WITHDRAWN, vec![Effect::TellWithdrawn]))
            }
            Event::SettledWithdrawn if unsent => Ok((WITHDRAWN, vec![Effect::TellWithdrawn])),
            // The same answer once more.
            Event::Refused(_) if matches!(self.status, NeedsAttention | Withdrawn) => Ok((self, vec![])),
            Event::SettledWithdrawn if self.status == Withdrawn => Ok((self, vec![])),
            Event::TakenOver if self.may_be_sent() => {
                Ok((Self { taken_over: true, ..self }, vec![Effect::TellTakenOver]))
            }
            Event::GivenBack if unsent && self.taken_over => {
                Ok((Self { taken_over: false, ..self }, vec![Effect::TellGivenBack]))
            }
            // What was said of the manager's comes after what was said of this one: it is settled as it is.
            Event::TakeOverDecided | Event::GivenBack => Ok((self, vec![])),
            Event::WithdrawAsked if self.taken_over => Err(OutOfPlace),
            Event::WithdrawAsked if self.withdrawal_requested => Ok((self, vec![Effect::AskToSettle])),
            Event::WithdrawAsked if unsent && !self.unsettled => Ok((WITHDRAWN, vec![Effect::TellWithdrawn])),
            Event::WithdrawAsked if unsent => Ok((
                Self { withdrawal_requested: true, ..self },
                vec![Effect::TellWithdrawalRequested, Effect::AskToSettle],
            )),
            // A refusal is final for its key, so nothing needs settling.
            Event::WithdrawAsked | Event::Replaced if self.status == NeedsAttention => {
                Ok((WITHDRAWN, vec![Effect::TellWithdrawn]))
            }
            // It was taken back first, then recorded anew.
            Event::Replaced if self.status == Withdrawn => Ok((self, vec![])),
            Event::SendStarted
            | Event::Refused(_)
            | Event::SettledWithdrawn
            | Event::WithdrawAsked
            | Event::Replaced
            | Event::TakenOver => Err(OutOfPlace),
        }
    }

    /// Whether a second copy of it says what was recorded, and not that it was taken back.
    pub(crate) fn may_be_copied(self) -> bool {
        matches!(self.status, Status::ReadyToSend | Status::Sending) && !self.withdrawal_requested
    }

    /// Whether it may be sent now.
    pub(crate) fn may_be_sent(self) -> bool {
        self.status == Status::ReadyToSend && !self.withdrawal_requested && !self.taken_over
    }

    /// The gateway has spoken, and nothing else is asked for.
    const fn settled(status: Status) -> Self {
        Self { status, unsettled: false, withdrawal_requested: false, taken_over: false }
    }
}

const WITHDRAWN: Life = Life::settled(Status::Withdrawn);

/// What it means for a submission that was taken over that something happened to the manager's. Each may be told
/// again; only what the gateway has decided for good closes the original.
pub(crate) const fn for_original(event: Event, now: Status) -> Option<Event> {
    match (event, now) {
        (Event::Told(_), _) => Some(Event::TakeOverDecided),
        // Who may take over, and whether it can be read, is judged before the original is touched.
        (
            Event::Refused(
                RefusalCode::NotPermitted
                | RefusalCode::NotYourSubmission
                | RefusalCode::KeyReused
                | RefusalCode::InvalidBody,
            ),
            _,
        ) => Some(Event::GivenBack),
        (Event::Refused(_), _) => Some(Event::TakeOverDecided),
        (_, Status::Withdrawn) => Some(Event::GivenBack),
        _ => None,
    }
}

/// The status of a submission whose registration is in this state.
pub(crate) const fn status_of(state: RegistrationState) -> Status {
    match state {
        RegistrationState::WaitingForThem => Status::WaitingForThem,
        RegistrationState::LinkExpired => Status::LinkExpired,
        RegistrationState::Linked => Status::Linked,
        RegistrationState::Removed => Status::Removed,
    }
}

/// What an RA user can do about a refusal.
pub(crate) const fn next_step(code: RefusalCode) -> NextStep {
    match code {
        RefusalCode::UnknownProfile
        | RefusalCode::ProfileClosed
        | RefusalCode::ProfileUnverified
        | RefusalCode::ProfileRestricted => NextStep::DoInCareIdentityManagement,
        RefusalCode::OwnProfile | RefusalCode::NotPermitted | RefusalCode::NotYourSubmission => {
            NextStep::AnotherPersonOrRole
        }
        RefusalCode::AlreadyRegistered => NextStep::AlreadyDone,
        RefusalCode::AddressInUse
        | RefusalCode::AddressNotAllowed
        | RefusalCode::AddressUnknown
        | RefusalCode::AddressInactive
        | RefusalCode::AddressSharedMailbox => NextStep::CorrectAddress,
        RefusalCode::ProfileChanged => NextStep::ReviewProfile,
        RefusalCode::TooOld | RefusalCode::KeyReused | RefusalCode::InvalidBody => NextStep::RecordAnew,
    }
}

#[cfg(test)]
pub(crate) mod tests;
