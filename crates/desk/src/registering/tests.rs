use contract::{DeclarationText, PersonName};

use super::*;

fn profile(email: Option<&str>, status: ProfileStatus) -> Profile {
    Profile {
        uuid: "555086689106".parse().unwrap(),
        name: PersonName {
            title: None,
            given: "Sam".parse().unwrap(),
            middle: None,
            family: "Taylor".parse().unwrap(),
        },
        birth_date: "1985-03-27".parse().unwrap(),
        status,
        email: email.map(str::to_owned),
        nino_held: true,
        managed_in_esr: false,
        positions: vec![],
        authenticators: vec![],
    }
}

fn policy() -> Policy {
    Policy {
        mail_domains: vec!["nhs.net".into()],
        link_lifetime_minutes: 60,
        presence_required: false,
        queue_age_days: 14,
        link_attempts: 5,
        declaration: DeclarationText { id: "d".into(), version: "1".into(), sentences: vec![] },
    }
}

fn codes(errors: FieldErrors) -> Vec<String> {
    errors.0.into_iter().map(|error| error.code).collect()
}

#[test]
fn a_reason_is_asked_where_there_is_something_to_explain() {
    let table = [
        (Some("sam.taylor@nhs.net"), "sam.taylor@nhs.net", "", Ok(false)),
        (Some("SAM.Taylor@NHS.net"), "sam.taylor@nhs.net", "kept quiet", Ok(false)),
        (Some("sam.taylor@nhs.net"), "sam.taylor3@nhs.net", "", Err(vec!["reason_missing"])),
        (Some("sam.taylor@nhs.net"), "sam.taylor3@nhs.net", "made today", Ok(true)),
        (None, "sam.taylor@nhs.net", "", Err(vec!["reason_missing"])),
        (Some("jo.bloggs@nhs.net"), "jo.bloggs@nhs.net", "ab", Err(vec!["reason_too_short"])),
        (None, "sam.taylor@trust.nhs.net", "x", Err(vec!["address_not_allowed"])),
        (None, "sam.taylor@example.org", "x", Err(vec!["address_not_nhs_net"])),
    ];
    for (email, address, reason, expected) in table {
        let form = AddressForm { address: address.into(), reason: reason.into() };
        let found = check_address(&profile(email, ProfileStatus::Active), &policy(), &form)
            .map(|(_, reason)| reason.is_some())
            .map_err(codes);
        assert_eq!(found, expected.map_err(|codes| codes.into_iter().map(str::to_owned).collect()), "{address}");
    }
}

#[test]
fn an_identity_check_says_everything_that_is_missing() {
    let nothing = IdentityForm { method: None, documents: vec![], accepted_by: None };
    let Err(errors) = check_identity(&profile(None, ProfileStatus::Active), &nothing) else { panic!("accepted") };
    assert_eq!(codes(errors), ["method_missing", "documents_missing", "declaration_not_accepted"]);
}

#[test]
fn video_is_for_verified_profiles() {
    let form = IdentityForm {
        method: Some(IdentityCheckMethod::Video),
        documents: vec![DocumentKind::Passport, DocumentKind::Passport],
        accepted_by: Some(DeclarationAcceptedBy::User),
    };
    let checked = check_identity(&profile(None, ProfileStatus::Active), &form).ok().unwrap();
    assert_eq!(checked.documents, [DocumentKind::Passport], "each kind once");
    let Err(errors) = check_identity(&profile(None, ProfileStatus::Unverified), &form) else { panic!("accepted") };
    assert_eq!(codes(errors), ["video_not_allowed"]);
}
