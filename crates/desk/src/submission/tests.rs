//! Every state against every event, as one table.

use contract::RegistrationState as State;

use super::*;

const STATUSES: [Status; 8] = [
    Status::ReadyToSend,
    Status::Sending,
    Status::WaitingForThem,
    Status::LinkExpired,
    Status::Linked,
    Status::NeedsAttention,
    Status::Withdrawn,
    Status::Removed,
];

const EVENTS: [Event; 12] = [
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
];

/// The states a life can be in, each with its letters: `u` unsettled, `w` withdrawal requested.
const LIVES: [(Status, &str); 11] = [
    (Status::ReadyToSend, ""),
    (Status::ReadyToSend, "u"),
    (Status::ReadyToSend, "uw"),
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
    Life { status, unsettled: letters.contains('u'), withdrawal_requested: letters.contains('w') }
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
    format!("{status}{unsettled}{requested}")
}

/// Rows are [`LIVES`], columns are [`EVENTS`]; `-` is out of place.
const TABLE: &str = "
    sending+u   ready     ready     ready     waiting expired linked removed attention withdrawn withdrawn -
    sending+u   ready+u   ready+u   ready+u   waiting expired linked removed attention withdrawn ready+u+w -
    -           ready+u+w ready+u+w ready+u+w waiting expired linked removed withdrawn withdrawn ready+u+w -
    -           ready+u   ready+u   ready+u   waiting expired linked removed attention withdrawn sending+u+w -
    -           ready+u+w ready+u+w ready+u+w waiting expired linked removed withdrawn withdrawn sending+u+w -
    -           waiting   waiting   waiting   waiting expired linked removed -         -         -         -
    -           expired   expired   expired   waiting expired linked removed -         -         -         -
    -           linked    linked    linked    linked  linked  linked removed -         -         -         -
    -           attention attention attention waiting expired linked removed attention -         withdrawn withdrawn
    -           withdrawn withdrawn withdrawn waiting expired linked removed withdrawn withdrawn -         withdrawn
    -           removed   removed   removed   removed removed removed removed -        -         -         -
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
                    matches!(event, Event::Told(_) | Event::Refused(_) | Event::SettledWithdrawn),
                    "{start:?} was settled by {event:?}"
                );
            }
            // Nobody may call it withdrawn while it may be registered.
            if next.status == Status::Withdrawn {
                assert!(!next.unsettled && !next.withdrawal_requested);
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
