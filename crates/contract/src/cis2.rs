//! Claims as NHS CIS2 Authentication gives them, read leniently where CIS2 itself varies.
//!
//! Levels arrive as text or number; arrays may be absent; `org_name` stands only in `nhsid_user_orgs`.

use serde::{Deserialize, Deserializer, Serialize};

/// One role in `nhsid_nrbac_roles`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NrbacRole {
    /// Role profile (URID).
    pub person_roleid: String,
    /// Membership of the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_orgid: Option<String>,
    /// ODS code.
    pub org_code: String,
    /// Three quoted parts joined by colons.
    #[serde(default)]
    pub role_name: String,
    /// Full role code.
    pub role_code: String,
    /// Business functions.
    #[serde(default)]
    pub activity_codes: Vec<String>,
}

impl NrbacRole {
    /// The last part of the role's name, without quotation marks: `Registration Authority Agent`.
    pub fn short_name(&self) -> &str {
        self.role_name.rsplit(':').next().unwrap_or_default().trim_matches('"')
    }
}

/// One organisation in `nhsid_user_orgs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserOrg {
    /// ODS code.
    pub org_code: String,
    /// Name.
    #[serde(default)]
    pub org_name: String,
}

/// Claims of the ID token beyond those of OpenID Connect itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdClaims {
    /// Identity assurance level, `3` for an RA user.
    #[serde(default, deserialize_with = "level")]
    pub id_assurance_level: Option<u8>,
    /// Authenticator assurance level of this sign-in.
    #[serde(default, deserialize_with = "level")]
    pub authentication_assurance_level: Option<u8>,
    /// The role chosen at the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_roleid: Option<String>,
    /// The issuer's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// Reply of the userinfo endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserInfo {
    /// Subject; must equal the ID token's.
    pub sub: String,
    /// Full name.
    #[serde(default)]
    pub name: String,
    /// Given name.
    #[serde(default)]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(default)]
    pub family_name: Option<String>,
    /// Care Identity UUID.
    #[serde(default)]
    pub nhsid_useruid: Option<String>,
    /// Roles; absent where there are none.
    #[serde(default)]
    pub nhsid_nrbac_roles: Vec<NrbacRole>,
    /// Organisations; absent where there are none.
    #[serde(default)]
    pub nhsid_user_orgs: Vec<UserOrg>,
}

impl std::fmt::Debug for UserInfo {
    /// Without what names a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserInfo").field("roles", &self.nhsid_nrbac_roles).finish_non_exhaustive()
    }
}

/// Reads a level that is text or a number; anything else counts as absent, which no check accepts.
fn level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Level {
        Number(u8),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Option::<Level>::deserialize(deserializer)? {
        Some(Level::Number(n)) => Some(n),
        Some(Level::Text(text)) => text.parse().ok(),
        Some(Level::Other(_)) | None => None,
    })
}

/// The level an `acr` value promises, `AAL3_ANY` for instance. The lower one where two are named.
pub fn level_of_acr(acr: &str) -> Option<u8> {
    let digit = acr.strip_prefix("AAL")?.chars().next()?;
    digit.to_digit(10).and_then(|d| u8::try_from(d).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_text_or_numbers() {
        let claims: IdClaims =
            serde_json::from_str(r#"{"id_assurance_level":"3","authentication_assurance_level":3}"#).unwrap();
        assert_eq!((claims.id_assurance_level, claims.authentication_assurance_level), (Some(3), Some(3)));
        for odd in [
            r#"{}"#,
            r#"{"id_assurance_level":null}"#,
            r#"{"id_assurance_level":[3]}"#,
            r#"{"id_assurance_level":"three"}"#,
            r#"{"id_assurance_level":300}"#,
        ] {
            let claims: IdClaims = serde_json::from_str(odd).unwrap();
            assert_eq!(claims.id_assurance_level, None, "{odd}");
        }
    }

    #[test]
    fn arrays_may_be_absent() {
        let info: UserInfo = serde_json::from_str(r#"{"sub":"656005750104"}"#).unwrap();
        assert!(info.nhsid_nrbac_roles.is_empty());
        let role = NrbacRole {
            person_roleid: "1".into(),
            person_orgid: None,
            org_code: "X09".into(),
            role_name: r#""Admin & Clerical":"Admin":"Registration Authority Agent""#.into(),
            role_code: "S0080:G0440:R5090".into(),
            activity_codes: vec![],
        };
        assert_eq!(role.short_name(), "Registration Authority Agent");
        assert_eq!(level_of_acr("AAL3_ANY"), Some(3));
        assert_eq!(level_of_acr("AAL2_OR_AAL3_ANY"), Some(2));
        assert_eq!(level_of_acr("urn:x"), None);
    }
}
