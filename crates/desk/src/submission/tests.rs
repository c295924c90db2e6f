//! Every state against every event, as one table.

use contract::RegistrationState as State;

use super::*;

/// Every status there is.
pub(crate) const STATUSES: [Status; 8] = [
    Status::ReadyToSend,
    Status::Sending,
    Status::WaitingForThem,
    Status::LinkExpired,
    Status::Linked,
    Status::NeedsAttention,
    Status::Withdrawn,
    Status::Removed,
];

const EVENTS: [Event; 15] = [
    Event::SendStarted,
    Event::NoAnswer,
    Event::Restarted,
    Event::InFlight,
    Event::Told(State::WaitingForThem),
    Event::Told(State::LinkExpired),
    Event::Told(State::Linked),
    Event::Told(State::Removed),
    Event::Refused(RefusalCode::TooOld),
    Event::SettledWithdrawn,
    Event::WithdrawAsked,
    Event::Replaced,
    Event::TakenOver,
    Event::TakeOverDecided,
    Event::GivenBack,
];

/// The states a life can be in, each with its letters: `u` unsettled, `w` withdrawal requested, `t` taken over.
const LIVES: [(Status, &str); 13] = [
    (Status::ReadyToSend, ""),
    (Status::ReadyToSend, "u"),
    (Status::ReadyToSend, "uw"),
    (Status::ReadyToSend, "t"),
    (Status::ReadyToSend, "ut"),
    (Status::Sending, "u"),
    (Status::Sending, "uw"),
    (Status::WaitingForThem, ""),
    (Status::LinkExpired, ""),
    (Status::Linked, ""),
    (Status::NeedsAttention, ""),
    (Status::Withdrawn, ""),
    (Status::Removed, ""),
];

fn life((status, letters): (Status, &str)) -> Life {
    Life {
        status,
        unsettled: letters.contains('u'),
        withdrawal_requested: letters.contains('w'),
        taken_over: letters.contains('t'),
    }
}

fn letters(life: Life) -> String {
    let status = match life.status {
        Status::ReadyToSend => "ready",
        Status::Sending => "sending",
        Status::WaitingForThem => "waiting",
        Status::LinkExpired => "expired",
        Status::Linked => "linked",
        Status::NeedsAttention => "attention",
        Status::Withdrawn => "withdrawn",
        Status::Removed => "removed",
    };
    let unsettled = if life.unsettled { "+u" } else { "" };
    let requested = if life.withdrawal_requested { "+w" } else { "" };
    let taken = if life.taken_over { "+t" } else { "" };
    format!("{status}{unsettled}{requested}{taken}")
}

/// Rows are [`LIVES`], columns are [`EVENTS`]; `-` is out of place.
const TABLE: &str = "
    sending+u   ready     ready     ready     waiting expired linked removed attention withdrawn withdrawn -         ready+t   ready     ready
    sending+u   ready+u   ready+u   ready+u   waiting expired linked removed attention withdrawn ready+u+w -         ready+u+t ready+u   ready+u
    -           ready+u+w ready+u+w ready+u+w waiting expired linked removed withdrawn withdrawn ready+u+w -         -         ready+u+w ready+u+w
    -           ready+t   ready+t   ready+t   waiting expired linked removed withdrawn withdrawn -         -         -         withdrawn ready
    -           ready+u+t ready+u+t ready+u+t waiting expired linked removed withdrawn withdrawn -         -         -         withdrawn ready+u
    -           ready+u   ready+u   ready+u   waiting expired linked removed attention withdrawn sending+u+w -       -         sending+u sending+u
    -           ready+u+w ready+u+w ready+u+w waiting expired linked removed withdrawn withdrawn sending+u+w -       -         sending+u+w sending+u+w
    -           waiting   waiting   waiting   waiting expired linked removed -         -         -         -         -         waiting   waiting
    -           expired   expired   expired   waiting expired linked removed -         -         -         -         -         expired   expired
    -           linked    linked    linked    linked  linked  linked removed -         -         -         -         -         linked    linked
    -           attention attention attention waiting expired linked removed attention -         withdrawn withdrawn -         attention attention
    -           withdrawn withdrawn withdrawn waiting expired linked removed withdrawn withdrawn -         withdrawn -         withdrawn withdrawn
    -           removed   removed   removed   removed removed removed removed -        -         -         -         -         removed   removed
";

#[test]
fn every_state_meets_every_event() {
    let rows: Vec<&str> = TABLE.lines().map(str::trim).filter(|row| !row.is_empty()).collect();
    assert_eq!(rows.len(), LIVES.len());
    for (row, start) in rows.into_iter().zip(LIVES) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells.len(), EVENTS.len());
        for (cell, event) in cells.into_iter().zip(EVENTS) {
            let becomes = life(start).after(event).map_or_else(|OutOfPlace| "-".to_owned(), |(next, _)| letters(next));
            assert_eq!(becomes, cell, "{start:?} and {event:?}");
        }
    }
}

#[test]
fn all_statuses_are_in_the_table() {
    assert!(STATUSES.iter().all(|status| LIVES.iter().any(|(listed, _)| listed == status)));
}

#[test]
fn what_was_sent_is_unsettled_until_the_gateway_answers_for_its_key() {
    for start in LIVES.map(life) {
        for event in EVENTS {
            let Ok((next, effects)) = start.after(event) else { continue };
            assert_eq!(event == Event::SendStarted, effects.contains(&Effect::CountAttempt));
            if start.unsettled && !next.unsettled {
                assert!(
                    matches!(
                        event,
                        // Deciding what took it over, the gateway closed its key.
                        Event::Told(_) | Event::Refused(_) | Event::SettledWithdrawn | Event::TakeOverDecided
                    ),
                    "{start:?} was settled by {event:?}"
                );
            }
            assert!(!start.taken_over || event != Event::SendStarted, "only its manager sends what was taken over");
            // Nobody may call it withdrawn while it may be registered.
            if next.status == Status::Withdrawn {
                assert!(!next.unsettled && !next.withdrawal_requested && !next.taken_over);
            }
            assert!(next.status != Status::Sending || next.unsettled);
        }
    }
}

#[test]
fn every_refusal_has_a_next_step() {
    for code in RefusalCode::ALL {
        next_step(*code);
    }
    assert_eq!(next_step(RefusalCode::AddressInUse), NextStep::CorrectAddress);
}

#[test]
fn an_original_is_over_only_when_the_gateway_decided_for_good() {
    for code in RefusalCode::ALL {
        let means = for_original(Event::Refused(*code), Status::NeedsAttention);
        let judged_before = matches!(
            code,
            RefusalCode::NotPermitted
                | RefusalCode::NotYourSubmission
                | RefusalCode::KeyReused
                | RefusalCode::InvalidBody
        );
        let expected = if judged_before { Event::GivenBack } else { Event::TakeOverDecided };
        assert_eq!(means, Some(expected), "{code}");
    }
    for start in LIVES.map(life) {
        for event in EVENTS {
            let Ok((next, _)) = start.after(event) else { continue };
            let decided = matches!(event, Event::Told(_) | Event::Refused(_));
            match for_original(event, next.status) {
                Some(Event::TakeOverDecided) => assert!(decided, "{start:?} and {event:?}"),
                // Nothing of the manager's is on its way, and nothing of it will be.
                Some(Event::GivenBack) => {
                    assert!(next.status == Status::Withdrawn || decided, "{start:?} and {event:?}")
                }
                Some(other) => panic!("{other:?}"),
                None => assert!(next.status != Status::Withdrawn, "{start:?} and {event:?} leaves it held"),
            }
        }
    }
}
