use super::*;

fn reply() -> SessionReply {
    serde_json::from_value(serde_json::json!({
        "user": { "uuid": "555086689106", "name": "Made Up" },
        "role": { "access": "register", "role": {
            "id": "555254240100", "code": "S0080:G0440:R5090", "name": "Registration Authority Agent",
            "ra_role": "ra_agent", "organisation": { "code": "B81603", "name": "A practice" }
        } },
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

fn terms() -> OfflineTerms {
    let role = serde_json::json!({
        "id": "555254240100", "code": "S0080:G0440:R5090", "name": "Registration Authority Agent",
        "ra_role": "ra_agent", "organisation": { "code": "B81603", "name": "A practice" }
    });
    let reply = reply();
    OfflineTerms {
        device: contract::DeviceId::from_guid(uuid::Uuid::from_u128(7)),
        user: reply.user,
        role: serde_json::from_value(role).unwrap(),
        policy: reply.policy,
        clinic: None,
        issued_at: at(0).wall,
        until: at(72 * 3600).wall,
    }
}

fn offline() -> SignedIn {
    SignedIn::offline(uuid::Uuid::from_u128(3), terms(), LONGEST_IDLE, at(0))
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
        Session::SigningIn { before } if matches!(**before, Session::Locked { .. }) => "away-signing-in",
        Session::SigningIn { .. } => "signing-in",
        Session::Confirming { .. } => "confirming",
        Session::SignedIn { .. } => "in",
        Session::Locked { .. } => "locked",
        Session::Offline { .. } => "offline",
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
            "locked" | "away-signing-in" => {
                session = signed_in();
                session.lock();
                assert!(wanted == "locked" || session.begin());
            }
            "offline" => assert!(session.begin_offline(offline(), terms().until, at(0))),
            _ => session = signed_in(),
        }
        session
    };
    let (signing_in, away, signing_in_from_offline) = ("signing-in", "away-signing-in", "signing-in");
    let table = [
        // state: begin, give up, arrive, confirm, touch, end, lock, unlock, begin by PIN
        ("out", ["signing-in", "out", "confirming", "out", "out", "ended", "out", "out", "offline"]),
        ("ended", ["signing-in", "ended", "confirming", "ended", "ended", "ended", "ended", "ended", "offline"]),
        (
            "signing-in",
            [signing_in, "out", "confirming", signing_in, signing_in, signing_in, signing_in, signing_in, signing_in],
        ),
        (
            "changing",
            ["changing", "in", "confirming", "changing", "changing", signing_in, away, "changing", "changing"],
        ),
        (
            "confirming",
            [
                signing_in,
                "confirming",
                "confirming",
                "in",
                "confirming",
                "ended",
                "confirming",
                "confirming",
                "confirming",
            ],
        ),
        ("in", ["changing", "in", "confirming", "in", "in", "ended", "locked", "in", "in"]),
        ("locked", [away, "locked", "confirming", "locked", "locked", "ended", "locked", "offline", "locked"]),
        (away, [away, "locked", "confirming", away, away, signing_in, away, away, away]),
        (
            "offline",
            [
                signing_in_from_offline,
                "offline",
                "confirming",
                "offline",
                "offline",
                "ended",
                "locked",
                "offline",
                "offline",
            ],
        ),
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
                5 => session.end(EndReason::SignedOut),
                6 => session.lock(),
                7 => _ = session.unlock(terms(), at(1)),
                _ => _ = session.begin_offline(offline(), terms().until, at(1)),
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

#[test]
fn who_is_away_comes_back_with_their_own_pin_in_their_own_role_and_holds_no_token() {
    let mut session = signed_in();
    session.lock();
    assert!(session.at_work().is_none() && session.recording().is_none() && session.present().is_some());
    let somebody = OfflineTerms { user: RaUser { uuid: "656005750104".parse().unwrap(), ..terms().user }, ..terms() };
    assert!(!session.unlock(somebody, at(1)), "another person's grant");
    let mut other = terms();
    other.role.id = "555254240999".parse().unwrap();
    assert!(!session.unlock(other, at(1)), "a grant for another role");
    assert!(session.unlock(terms(), at(1)));
    let who = session.recording().unwrap();
    assert_eq!((who.id, who.may.register, who.may.find, who.may.remove), (uuid::Uuid::nil(), true, false, false));
    assert!(session.at_work().is_none(), "nothing is sent in their name");
}

#[test]
fn nhs_cia_ses_req_005_and_007_hold_without_a_connection_too() {
    let mut session = Session::NEW;
    assert!(session.begin_offline(offline(), terms().until, at(0)));
    assert_eq!((session.ended_by_time(at(899)), session.ended_by_time(at(900))), (None, Some(EndReason::Idle)));
    session.touch(at(43_195));
    assert_eq!(session.ended_by_time(at(43_200)), Some(EndReason::TwelveHours));
    // Away and back again does not begin another twelve hours.
    let mut session = signed_in();
    session.lock();
    assert_eq!(session.ended_by_time(at(43_199)), None, "who is away is not idle");
    assert_eq!(session.ended_by_time(at(43_200)), Some(EndReason::TwelveHours));
    assert!(session.unlock(terms(), at(43_000)));
    assert_eq!(session.ended_by_time(at(43_200)), Some(EndReason::TwelveHours));
}
