//! Finding a person's profile.

use serde::{Deserialize, Serialize};

use crate::{
    AuthenticatorKind, BirthDate, CareIdentityUuid, FamilyName, GivenName, NationalInsuranceNumber, NhsNetAddress,
    OdsCode, Organisation, PersonName, ProfileStatus,
};

/// The most people one search shows; more is `TOO_MANY_MATCHES` (the national convention for personal data).
pub const MAX_MATCHES: usize = 50;

/// What is looked for. A search is a POST, so that no personal data stands in a URL or its logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum SearchRequest {
    /// The profile with this UUID.
    Uuid {
        /// Its key.
        uuid: CareIdentityUuid,
    },
    /// Profiles with this e-mail address, or with this NHS.net Connect account registered.
    Address {
        /// The address.
        address: NhsNetAddress,
    },
    /// The profile that holds this National Insurance number.
    NationalInsurance {
        /// The number; it is compared and forgotten.
        nino: NationalInsuranceNumber,
    },
    /// People of this family name; at least one of the other three is needed too.
    Details {
        /// Family name, or its beginning followed by `*` after at least two letters.
        family: FamilyPattern,
        /// Given name or its beginning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        given: Option<GivenName>,
        /// Birth date.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        birth_date: Option<BirthDate>,
        /// Where they have a position.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organisation: Option<OdsCode>,
    },
}

pub use pattern::FamilyPattern;

mod pattern {
    use super::FamilyName;
    use crate::Invalid;

    text_newtype!(
        /// A family name to look for: whole (`O'Connor`), or its beginning and a star (`O'Con*`).
        FamilyPattern, private, "O'Con*", parse_pattern
    );

    fn parse_pattern(text: &str) -> Result<String, Invalid> {
        let text = text.trim();
        let (stem, star) = text.strip_suffix('*').map_or((text, ""), |stem| (stem, "*"));
        if stem.contains('*') {
            return Err(Invalid::new("star_inside", "A * may only stand at the end of a family name."));
        }
        let name: FamilyName = stem.parse()?;
        if !star.is_empty() && name.as_str().chars().filter(|c| c.is_alphabetic()).count() < 2 {
            return Err(Invalid::new(
                "stem_too_short",
                "Enter at least the first 2 letters of the family name before the *.",
            ));
        }
        Ok(format!("{name}{star}"))
    }

    impl FamilyPattern {
        /// The name, or its beginning, without the star.
        pub fn stem(&self) -> &str {
            self.as_str().trim_end_matches('*')
        }

        /// Whether only the beginning is given.
        pub fn is_prefix(&self) -> bool {
            self.as_str().ends_with('*')
        }
    }
}

/// Enough of a profile to tell two people apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileSummary {
    /// Its key.
    pub uuid: CareIdentityUuid,
    /// What the person is called.
    pub name: PersonName,
    /// Birth date; 1 January 1900 means that none is known.
    pub birth_date: BirthDate,
    /// Whether the profile can be worked with.
    pub status: ProfileStatus,
    /// Where the person has a position.
    pub positions: Vec<Organisation>,
    /// Kinds of ways to sign in, each once.
    pub authenticators: Vec<AuthenticatorKind>,
    /// How it was found.
    pub matched_by: MatchedBy,
}

/// How a profile was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// Everything that was asked for is so.
    Exact,
    /// A name begins like that.
    Prefix,
}

/// Reply to `POST /v1/care-identities/search`: best match first, at most [`MAX_MATCHES`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchReply {
    /// Who was found.
    pub matches: Vec<ProfileSummary>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns() {
        let whole: FamilyPattern = "O'Connor".parse().unwrap();
        assert!(!whole.is_prefix());
        let start: FamilyPattern = " O'Con* ".parse().unwrap();
        assert_eq!((start.stem(), start.is_prefix()), ("O'Con", true));
        for (typed, code) in [
            ("O*", "stem_too_short"),
            ("*", "family_name_missing"),
            ("a*b*", "star_inside"),
            ("'*", "family_name_has_other_characters"),
        ] {
            assert_eq!(typed.parse::<FamilyPattern>().unwrap_err().code, code, "{typed}");
        }
    }

    #[test]
    fn a_search_has_one_shape() {
        let text = r#"{"by":"details","family":"Ta*","given":"Sam","colour":"red"}"#;
        assert!(serde_json::from_str::<SearchRequest>(text).is_err());
        let text = r#"{"by":"uuid","uuid":"123"}"#;
        assert!(serde_json::from_str::<SearchRequest>(text).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            if let Ok(pattern) = text.parse::<FamilyPattern>() {
                prop_assert_eq!(pattern.as_str().parse::<FamilyPattern>().unwrap(), pattern);
            }
        }
    }
}
