//! Names of people, roles and requests that are numbers or GUIDs.

use crate::Invalid;

text_newtype!(
    /// The 12 digits that name a Care Identity profile (UUID, "smartcard number").
    ///
    /// No check digit is published and it is not an RFC 4122 UUID.
    /// Spaces and hyphens are accepted when typed and dropped; only ASCII digits count.
    CareIdentityUuid, private, "555086689106", parse_care_identity
);

fn parse_care_identity(text: &str) -> Result<String, Invalid> {
    if text.chars().count() > 40 {
        return Err(Invalid::new("uuid_too_long", "A Care Identity UUID is 12 digits. You entered more than that."));
    }
    let mut digits = String::with_capacity(12);
    for c in text.trim().chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '\u{a0}' => {}
            _ => {
                return Err(Invalid::new(
                    "uuid_not_digits",
                    "A Care Identity UUID has only the digits 0 to 9, for example 123 456 789 012.",
                ));
            }
        }
    }
    match digits.len() {
        12 => Ok(digits),
        0 => Err(Invalid::new("uuid_missing", "Enter the Care Identity UUID, 12 digits.")),
        n if n < 12 => {
            Err(Invalid::new("uuid_too_short", "A Care Identity UUID is 12 digits. You entered fewer than that."))
        }
        _ => Err(Invalid::new("uuid_too_long", "A Care Identity UUID is 12 digits. You entered more than that.")),
    }
}

impl CareIdentityUuid {
    /// In three groups of four, as people read it aloud: `5550 8668 9106`.
    pub fn grouped(&self) -> String {
        format!("{} {} {}", &self.as_str()[0..4], &self.as_str()[4..8], &self.as_str()[8..12])
    }
}

text_newtype!(
    /// A role profile (URID): one role of one person at one organisation. Digits, as the claims carry it.
    RoleProfileId, public, "555254240100", parse_role_profile
);

fn parse_role_profile(text: &str) -> Result<String, Invalid> {
    let ok = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if ok { Ok(text.to_owned()) } else { Err(Invalid::new("not_a_role_profile", "A role profile is a number.")) }
}

guid_newtype!(
    /// The name of a submission, minted once when it is recorded and kept for every attempt.
    ///
    /// A UUIDv7, so that keys sort by the time of recording. It is the idempotency key at the gateway.
    SubmissionKey, "A submission key"
);
guid_newtype!(
    /// The gateway's name of a registration.
    RegistrationId, "A registration"
);
guid_newtype!(
    /// The name of one authenticator on one profile.
    AuthenticatorId, "An authenticator"
);
guid_newtype!(
    /// The name of a clinic.
    ClinicId, "A clinic"
);
guid_newtype!(
    /// The name of one request, sent again unchanged when the request is repeated.
    RequestId, "A request id"
);
guid_newtype!(
    /// The name of one store on one computer. Made with the store, and with it the key that signs its audit.
    DeviceId, "A device"
);
guid_newtype!(
    /// The name of one RA user's vault on one computer. Random; no secret.
    VaultId, "A vault"
);
guid_newtype!(
    /// What ties the requests of one act together.
    CorrelationId, "A correlation id"
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_uuid_may_be_typed_in_groups() {
        for typed in ["555086689106", " 555 086 689 106 ", "5550-8668-9106"] {
            assert_eq!(typed.parse::<CareIdentityUuid>().unwrap().as_str(), "555086689106", "{typed}");
        }
    }

    #[test]
    fn what_is_not_a_uuid_is_told_apart() {
        let cases = [
            ("", "uuid_missing"),
            ("55508668910", "uuid_too_short"),
            ("5550866891066", "uuid_too_long"),
            ("55508668910a", "uuid_not_digits"),
            ("５５５０８６６８９１０６", "uuid_not_digits"),
            ("555086689106\u{0}", "uuid_not_digits"),
        ];
        for (typed, code) in cases {
            assert_eq!(typed.parse::<CareIdentityUuid>().unwrap_err().code, code, "{typed:?}");
        }
        assert_eq!("1".repeat(300).parse::<CareIdentityUuid>().unwrap_err().code, "uuid_too_long");
    }

    #[test]
    fn debug_hides_the_uuid() {
        let uuid: CareIdentityUuid = "555086689106".parse().unwrap();
        assert_eq!(format!("{uuid:?}"), "CareIdentityUuid(…)");
        assert_eq!(uuid.grouped(), "5550 8668 9106");
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_what_is_accepted_is_canonical(text in any::<String>()) {
            if let Ok(uuid) = text.parse::<CareIdentityUuid>() {
                prop_assert_eq!(uuid.as_str().len(), 12);
                prop_assert!(uuid.as_str().bytes().all(|b| b.is_ascii_digit()));
                prop_assert_eq!(uuid.as_str().parse::<CareIdentityUuid>().unwrap(), uuid);
            }
            let _ = text.parse::<SubmissionKey>();
            let _ = text.parse::<RoleProfileId>();
        }

        #[test]
        fn twelve_digits_are_always_a_uuid(n in 0_u64..1_000_000_000_000, gaps in proptest::collection::vec(0_usize..13, 0..4)) {
            let digits = format!("{n:012}");
            let mut typed: Vec<char> = digits.chars().collect();
            for gap in gaps { typed.insert(gap.min(typed.len()), ' '); }
            let typed: String = typed.into_iter().collect();
            let parsed: CareIdentityUuid = typed.parse().unwrap();
            prop_assert_eq!(parsed.as_str(), digits.as_str());
        }
    }
}
