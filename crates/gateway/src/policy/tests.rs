//! The refusal policy as a table, and what must hold for every registration.

use contract::{Authenticator, IdentityCheckMethod};
use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-01-15T09:00:00Z".parse().unwrap()
}

fn profile() -> Profile {
    serde_json::from_value(serde_json::json!({
        "uuid": "555000000001", "name": { "given": "Sam", "family": "Taylor" }, "birth_date": "1985-03-27",
        "status": "active", "email": "sam.taylor@nhs.net", "nino_held": true, "managed_in_esr": false,
        "positions": [{ "code": "B81603", "name": "A practice" }], "authenticators": [],
    }))
    .unwrap()
}

fn body() -> RegistrationBody {
    serde_json::from_value(serde_json::json!({
        "address": "sam.taylor@nhs.net", "profile_seen": profile().seen(), "method": "in_person",
        "documents": ["passport", "proof_of_address"], "checked_by": "555100000001", "checked_at": now(),
        "recorded_by": "555100000001", "recorded_role": "555254240100", "recorded_at": now(),
        "clock_ahead_seconds": 0,
        "declaration": { "id": "nhs-net-connect-user", "version": "1", "accepted_by": "user" },
    }))
    .unwrap()
}

/// The facts of a registration that is made, each of which a case can change.
struct Case {
    body: RegistrationBody,
    may_register: bool,
    caller: &'static str,
    profile: Option<Profile>,
    account: Option<(AccountState, bool)>,
    address_on: Option<&'static str>,
}

impl Case {
    fn good() -> Self {
        Self {
            body: body(),
            may_register: true,
            caller: "555100000001",
            profile: Some(profile()),
            account: Some((AccountState::Active, false)),
            address_on: None,
        }
    }

    fn refusal(&self) -> Option<RefusalCode> {
        let uuid = |text: &str| text.parse::<CareIdentityUuid>().unwrap();
        let (caller, address_on) = (uuid(self.caller), self.address_on.map(uuid));
        refusal(&Facts {
            body: &self.body,
            policy: &PolicyConfig::default(),
            may_register: self.may_register,
            caller: &caller,
            profile: self.profile.as_ref(),
            account: self.account,
            address_on: address_on.as_ref(),
            now: now(),
        })
    }
}

type Change = fn(&mut Case);

/// One change a line, from the first reason that is looked at to the last.
const REASONS: [(RefusalCode, Change); 15] = [
    (RefusalCode::NotPermitted, |case| case.may_register = false),
    (RefusalCode::TooOld, |case| case.body.recorded_at = "2026-01-01T08:59:59Z".parse().unwrap()),
    (RefusalCode::UnknownProfile, |case| case.profile = None),
    (RefusalCode::OwnProfile, |case| case.caller = "555000000001"),
    (RefusalCode::ProfileClosed, |case| set_status(case, ProfileStatus::Closed)),
    (RefusalCode::ProfileRestricted, |case| set_status(case, ProfileStatus::Restricted)),
    (RefusalCode::ProfileUnverified, |case| set_status(case, ProfileStatus::Unverified)),
    (RefusalCode::AddressNotAllowed, |case| case.body.address = "sam@trust.nhs.net".parse().unwrap()),
    (RefusalCode::AlreadyRegistered, |case| case.address_on = Some("555000000001")),
    (RefusalCode::AddressInUse, |case| case.address_on = Some("555000000002")),
    (RefusalCode::AddressUnknown, |case| case.account = None),
    (RefusalCode::AddressSharedMailbox, |case| case.account = Some((AccountState::Inactive, true))),
    (RefusalCode::AddressInactive, |case| case.account = Some((AccountState::Inactive, false))),
    (RefusalCode::AddressInactive, |case| case.account = Some((AccountState::Disabled, false))),
    (RefusalCode::ProfileChanged, |case| case.body.profile_seen = "0".repeat(64).parse().unwrap()),
];

fn set_status(case: &mut Case, status: ProfileStatus) {
    if let Some(profile) = &mut case.profile {
        profile.status = status;
        case.body.profile_seen = profile.seen();
    }
}

#[test]
fn each_reason_refuses_alone() {
    assert_eq!(Case::good().refusal(), None);
    for (code, change) in REASONS {
        let mut case = Case::good();
        change(&mut case);
        assert_eq!(case.refusal(), Some(code));
    }
}

#[test]
fn the_limit_of_age_is_inclusive_and_corrected() {
    for (recorded_at, ahead, refused) in [
        ("2026-01-01T09:00:00Z", 0, false),
        ("2026-01-01T08:59:59Z", 0, true),
        ("2026-01-01T08:59:59Z", -1, false),
        ("2026-01-01T09:00:00Z", 1, true),
        ("2026-02-01T09:00:00Z", 0, false),
        ("0001-01-01T00:00:00Z", i32::MAX, true),
        ("9999-01-01T00:00:00Z", i32::MIN, false),
    ] {
        let mut case = Case::good();
        case.body.recorded_at = recorded_at.parse().unwrap();
        case.body.clock_ahead_seconds = ahead;
        assert_eq!(case.refusal() == Some(RefusalCode::TooOld), refused, "{recorded_at} {ahead}");
    }
}

#[test]
fn what_has_not_happened_yet_is_refused() {
    for (at, ahead, refused) in [
        ("2026-01-15T09:05:00Z", 0, false),
        ("2026-01-15T09:05:01Z", 0, true),
        ("2026-01-15T09:05:01Z", 1, false),
        ("2026-01-15T09:05:00Z", -1, true),
        ("9999-01-01T00:00:00Z", 0, true),
    ] {
        let (mut checked, mut recorded) = (body(), body());
        (checked.checked_at, recorded.recorded_at) = (at.parse().unwrap(), at.parse().unwrap());
        for (field, mut body) in [("checked_at", checked), ("recorded_at", recorded)] {
            body.clock_ahead_seconds = ahead;
            let fields = check_body(&body, now()).err().map(|errors| errors.0[0].field.clone());
            assert_eq!(fields.as_deref(), refused.then_some(field), "{at} {ahead}");
        }
    }
}

#[test]
fn an_address_that_was_warned_of_needs_a_reason() {
    let mut body = body();
    for (warnings, refused) in [
        (&[][..], false),
        (&[WarningCode::NinoMissing], false),
        (&[WarningCode::NinoMissing, WarningCode::AddressNotOnProfile], true),
        (&[WarningCode::AddressUnlikeName], true),
    ] {
        body.address_reason = None;
        let fields = check_reason(&body, warnings).err().map(|errors| errors.0[0].field.clone());
        assert_eq!(fields.as_deref(), refused.then_some("address_reason"), "{warnings:?}");
        body.address_reason = Some("it was shown on their own phone".parse().unwrap());
        assert!(check_reason(&body, warnings).is_ok());
    }
}

#[test]
fn an_unverified_profile_is_refused_by_whatever_method() {
    for method in [IdentityCheckMethod::InPerson, IdentityCheckMethod::Video, IdentityCheckMethod::KeyedFromPaper] {
        let mut case = Case::good();
        case.body.method = method;
        assert_eq!(case.refusal(), None, "{method:?}");
        set_status(&mut case, ProfileStatus::Unverified);
        assert_eq!(case.refusal(), Some(RefusalCode::ProfileUnverified), "{method:?}");
    }
}

#[test]
fn only_what_depends_on_who_asks_is_not_final() {
    let not_final: Vec<RefusalCode> = RefusalCode::ALL.iter().copied().filter(|code| !is_final(*code)).collect();
    // KEY_REUSED is about a key that is settled already: there is nothing to keep it under.
    assert_eq!(not_final, [RefusalCode::NotPermitted, RefusalCode::NotYourSubmission, RefusalCode::KeyReused]);
}

#[test]
fn each_warning_has_its_cause() {
    let address: NhsNetAddress = "sam.taylor@nhs.net".parse().unwrap();
    let with = |kind, state, address: Option<&str>| Authenticator {
        id: "0d5c0e43-8bd5-4f9c-8a3b-1f51a1c0b001".parse().unwrap(),
        kind,
        state,
        address: address.map(|address| address.parse().unwrap()),
        added_at: now(),
        added_by: None,
    };
    assert_eq!(warnings(&profile(), Some(&address)), []);
    type Change = Box<dyn Fn(&mut Profile)>;
    let cases: [(WarningCode, Change); 8] = [
        (
            WarningCode::HasAuthenticator,
            Box::new(move |p| {
                p.authenticators.push(with(AuthenticatorKind::Smartcard, AuthenticatorState::Linked, None));
            }),
        ),
        (
            WarningCode::HasNhsNetConnect,
            Box::new(move |p| {
                let state = AuthenticatorState::WaitingForThem;
                p.authenticators.push(with(AuthenticatorKind::NhsNetConnect, state, Some("other@nhs.net")));
            }),
        ),
        (WarningCode::AddressNotOnProfile, Box::new(|p| p.email = Some("sam@example.org".into()))),
        (WarningCode::AddressUnlikeName, Box::new(|p| p.name.family = "Jones".parse().unwrap())),
        (WarningCode::NoPosition, Box::new(|p| p.positions.clear())),
        (WarningCode::ManagedInEsr, Box::new(|p| p.managed_in_esr = true)),
        (WarningCode::BirthDateNotKnown, Box::new(|p| p.birth_date = contract::BirthDate::PLACEHOLDER)),
        (WarningCode::NinoMissing, Box::new(|p| p.nino_held = false)),
    ];
    for (code, change) in cases {
        let mut profile = profile();
        change(&mut profile);
        assert_eq!(warnings(&profile, Some(&address)), [code]);
        if profile.authenticators.len() == 1 {
            assert!(warnings(&profile, None).contains(&WarningCode::LastAuthenticator));
        }
    }
}

proptest! {
    /// Whatever is wrong, the first reason in the order above is the one that is said.
    #[test]
    fn the_first_reason_wins(picked in proptest::collection::vec(any::<bool>(), REASONS.len())) {
        let mut case = Case::good();
        // From the last to the first, so that an earlier change of the same fact stands.
        for ((_, change), _) in REASONS.iter().zip(&picked).rev().filter(|(_, picked)| **picked) {
            change(&mut case);
        }
        let first = REASONS.iter().zip(&picked).find(|(_, picked)| **picked).map(|((code, _), _)| *code);
        prop_assert_eq!(case.refusal(), first);
    }
}
