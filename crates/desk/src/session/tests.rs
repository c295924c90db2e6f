use super::*;

fn reply() -> SessionReply {
    serde_json::from_value(serde_json::json!({
        "user": { "uuid": "555086689106", "name": "Made Up" },
        "roles": [],
        "may": { "find": true, "register": true, "remove": true },
        "policy": {
            "mail_domains": ["nhs.net"], "link_lifetime_minutes": 60, "presence_required": false,
            "queue_age_days": 14, "link_attempts": 5,
            "declaration": { "id": "d", "version": "1", "sentences": [] }
        },
        "server_time": "2026-01-01T09:00:00Z",
        "ends_at": "2026-01-01T21:00:00Z"
    }))
    .unwrap()
}

fn at(seconds: u64) -> Moment {
    let wall = "2026-01-01T09:00:10Z".parse::<Timestamp>().unwrap();
    Moment { wall: wall + Duration::from_secs(seconds), steady: Duration::from_secs(seconds) }
}

fn signed_in() -> Session {
    let mut session = Session::NEW;
    assert!(session.begin());
    session.arrive(SignedIn::new(uuid::Uuid::nil(), reply(), LONGEST_IDLE, at(0)), at(0));
    assert!(session.confirm(at(0)));
    session
}

fn name(session: &Session) -> &'static str {
    match session {
        Session::SignedOut { why: None } => "out",
        Session::SignedOut { why: Some(_) } => "ended",
        Session::SigningIn { before } if before.at_work().is_some() => "changing",
        Session::SigningIn { .. } => "signing-in",
        Session::Confirming { .. } => "confirming",
        Session::SignedIn { .. } => "in",
    }
}

/// Each state against each event; what a refused event leaves is the state itself.
#[test]
fn every_state_meets_every_event() {
    let make = |wanted: &str| -> Session {
        let mut session = Session::NEW;
        match wanted {
            "out" => {}
            "ended" => session.end(EndReason::Idle),
            "signing-in" => assert!(session.begin()),
            "confirming" => session.arrive(SignedIn::new(uuid::Uuid::nil(), reply(), LONGEST_IDLE, at(0)), at(0)),
            "changing" => {
                session = signed_in();
                assert!(session.begin());
            }
            _ => session = signed_in(),
        }
        session
    };
    let table = [
        // state         begin         give up       arrive        confirm       touch         end
        ("out", ["signing-in", "out", "confirming", "out", "out", "ended"]),
        ("ended", ["signing-in", "ended", "confirming", "ended", "ended", "ended"]),
        ("signing-in", ["signing-in", "out", "confirming", "signing-in", "signing-in", "signing-in"]),
        ("changing", ["changing", "in", "confirming", "changing", "changing", "signing-in"]),
        ("confirming", ["signing-in", "confirming", "confirming", "in", "confirming", "ended"]),
        ("in", ["changing", "in", "confirming", "in", "in", "ended"]),
    ];
    for (start, row) in table {
        for (event, expected) in row.into_iter().enumerate() {
            let mut session = make(start);
            assert_eq!(name(&session), start);
            match event {
                0 => _ = session.begin(),
                1 => session.give_up(),
                2 => session.arrive(SignedIn::new(uuid::Uuid::nil(), reply(), LONGEST_IDLE, at(1)), at(1)),
                3 => _ = session.confirm(at(1)),
                4 => session.touch(at(1)),
                _ => session.end(EndReason::SignedOut),
            }
            assert_eq!(name(&session), expected, "{start}, event {event}");
        }
    }
}

#[test]
fn nhs_cia_ses_req_005_fifteen_minutes_without_input_end_it() {
    let mut session = signed_in();
    assert_eq!(session.ended_by_time(at(899)), None);
    assert_eq!(session.ended_by_time(at(900)), Some(EndReason::Idle));
    session.touch(at(899));
    assert_eq!(session.ended_by_time(at(900)), None);
    assert_eq!(session.ended_by_time(at(1799)), Some(EndReason::Idle));
}

#[test]
fn a_change_of_role_does_not_keep_a_session_alive() {
    let mut session = signed_in();
    assert!(session.begin());
    assert_eq!(session.ended_by_time(at(900)), Some(EndReason::Idle));
    session.end(EndReason::Idle);
    session.give_up();
    assert_eq!(session, Session::SignedOut { why: Some(EndReason::Idle) });
}

#[test]
fn nhs_cia_ses_req_007_twelve_hours_end_it_whatever_the_input() {
    let mut session = signed_in();
    session.touch(at(43_195));
    assert_eq!(session.ended_by_time(at(43_199)), None);
    assert_eq!(session.ended_by_time(at(43_200)), Some(EndReason::TwelveHours));
}

#[test]
fn the_clock_of_the_computer_may_be_wrong() {
    let who = SignedIn::new(uuid::Uuid::nil(), reply(), LONGEST_IDLE, at(0));
    assert_eq!(who.clock_ahead_seconds, 10);
    assert_eq!(who.ends_at, at(12 * 60 * 60).wall, "the gateway's end, ten seconds later by this clock");
    // Set back by an hour: the steady clock still counts. Asleep: the wall clock does.
    let session = signed_in();
    let set_back = Moment { wall: at(0).wall - Duration::from_secs(3600), steady: Duration::from_secs(900) };
    assert_eq!(session.ended_by_time(set_back), Some(EndReason::Idle));
    let asleep = Moment { wall: at(3600).wall, steady: Duration::from_secs(1) };
    assert_eq!(session.ended_by_time(asleep), Some(EndReason::Idle));
}

#[test]
fn a_change_of_role_given_up_goes_back() {
    let mut session = signed_in();
    assert!(session.begin());
    assert!(session.at_work().is_none(), "nothing is sent while the browser is open");
    assert!(session.present().is_some());
    assert!(!session.begin(), "one sign-in at a time");
    session.give_up();
    assert!(session.at_work().is_some());
}

#[test]
fn who_was_not_confirmed_is_not_gone_back_to() {
    let mut session = Session::NEW;
    session.arrive(SignedIn::new(uuid::Uuid::nil(), reply(), LONGEST_IDLE, at(0)), at(0));
    assert!(session.begin());
    session.give_up();
    assert_eq!(session, Session::NEW);
}

#[test]
fn a_computer_may_let_a_session_idle_for_less_and_never_for_more() {
    for (minutes, ends_after) in [(5, 5 * 60), (15, 15 * 60), (240, 15 * 60)] {
        let mut session = Session::NEW;
        assert!(session.begin());
        let idle = Duration::from_secs(minutes * 60);
        session.arrive(SignedIn::new(uuid::Uuid::nil(), reply(), idle, at(0)), at(0));
        assert_eq!(session.ended_by_time(at(ends_after - 1)), None, "{minutes}");
        assert_eq!(session.ended_by_time(at(ends_after)), Some(EndReason::Idle), "{minutes}");
    }
}
