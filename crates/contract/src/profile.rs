//! Care Identity profiles and the authenticators on them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AuthenticatorId, BirthDate, CareIdentityUuid, NhsNetAddress, Organisation, PersonName, ProfileSeen, WarningCode,
};

/// Whether a profile can be worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ProfileStatus {
    /// Open and verified.
    Active,
    /// Nobody has verified the identity yet (self-created and migrated profiles).
    Unverified,
    /// Open, but only Care Identity Management can change it.
    Restricted,
    /// Closed.
    Closed,
}

impl ProfileStatus {
    /// The word on the wire and in the digest of what was seen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Unverified => "unverified",
            Self::Restricted => "restricted",
            Self::Closed => "closed",
        }
    }
}

/// A way to sign in with one's Care Identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum AuthenticatorKind {
    /// NHS.net Connect (formerly NHSmail), AAL2.
    NhsNetConnect,
    /// A smartcard, AAL3.
    Smartcard,
    /// Windows Hello for Business, AAL3.
    WindowsHello,
    /// A security key, AAL3.
    SecurityKey,
    /// The iPad app, AAL3.
    IpadApp,
    /// An authenticator app (Microsoft Authenticator), AAL2.
    AuthenticatorApp,
    /// A passkey, AAL2.
    Passkey,
}

impl AuthenticatorKind {
    /// The word on the wire and in the digest of what was seen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NhsNetConnect => "nhs_net_connect",
            Self::Smartcard => "smartcard",
            Self::WindowsHello => "windows_hello",
            Self::SecurityKey => "security_key",
            Self::IpadApp => "ipad_app",
            Self::AuthenticatorApp => "authenticator_app",
            Self::Passkey => "passkey",
        }
    }

    /// The authenticator assurance level it gives (NHS CIS2 authenticator guidance).
    pub const fn assurance_level(self) -> u8 {
        match self {
            Self::Smartcard | Self::WindowsHello | Self::SecurityKey | Self::IpadApp => 3,
            Self::NhsNetConnect | Self::AuthenticatorApp | Self::Passkey => 2,
        }
    }
}

/// How far an authenticator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum AuthenticatorState {
    /// Registered, but the user has not signed in with it yet.
    WaitingForThem,
    /// Registered, and its link has expired unused.
    LinkExpired,
    /// The user can sign in with it.
    Linked,
}

impl AuthenticatorState {
    /// The word on the wire and in the digest of what was seen.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WaitingForThem => "waiting_for_them",
            Self::LinkExpired => "link_expired",
            Self::Linked => "linked",
        }
    }
}

/// One authenticator on a profile. Removed ones are not listed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authenticator {
    /// Its name at the gateway.
    pub id: AuthenticatorId,
    /// What it is.
    pub kind: AuthenticatorKind,
    /// How far it is.
    pub state: AuthenticatorState,
    /// The address, for NHS.net Connect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<NhsNetAddress>,
    /// When it was put on the profile.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub added_at: Timestamp,
    /// Who registered it, by name, where the gateway knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_by: Option<String>,
}

impl std::fmt::Debug for Authenticator {
    /// Without what names a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// A Care Identity profile.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    /// Its key.
    pub uuid: CareIdentityUuid,
    /// What the person is called.
    pub name: PersonName,
    /// Birth date; 1 January 1900 means that none is known.
    pub birth_date: BirthDate,
    /// Whether it can be worked with.
    pub status: ProfileStatus,
    /// The e-mail address on the profile, which need not be at nhs.net.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether a National Insurance number is held. The number itself is never sent.
    pub nino_held: bool,
    /// Whether ESR is where this profile is maintained.
    pub managed_in_esr: bool,
    /// Where the person has a position.
    pub positions: Vec<Organisation>,
    /// Ways to sign in, oldest first.
    pub authenticators: Vec<Authenticator>,
}

impl std::fmt::Debug for Profile {
    /// Without what names a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("uuid", &self.uuid)
            .field("status", &self.status)
            .field("nino_held", &self.nino_held)
            .field("managed_in_esr", &self.managed_in_esr)
            .field("authenticators", &self.authenticators)
            .finish_non_exhaustive()
    }
}

impl Profile {
    /// The digest of what an RA user sees and relies on: UUID, names, birth date, status, authenticators.
    pub fn seen(&self) -> ProfileSeen {
        let birth_date = self.birth_date.to_string();
        let mut fields = vec![
            self.uuid.as_str(),
            self.name.title.as_deref().unwrap_or(""),
            self.name.given.as_str(),
            self.name.middle.as_ref().map_or("", |m| m.as_str()),
            self.name.family.as_str(),
            birth_date.as_str(),
            self.status.as_str(),
        ];
        // Order of authenticators is not something seen, so it is not something that changes the digest.
        let mut authenticators: Vec<String> = self
            .authenticators
            .iter()
            .map(|a| {
                format!(
                    "{} {} {} {}",
                    a.id,
                    a.kind.as_str(),
                    a.state.as_str(),
                    a.address.as_ref().map_or("", |a| a.as_str())
                )
            })
            .collect();
        authenticators.sort();
        fields.extend(authenticators.iter().map(String::as_str));
        ProfileSeen::of_fields(fields)
    }
}

/// Reply to `GET /v1/care-identities/{uuid}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileReply {
    /// The profile.
    pub profile: Profile,
    /// What a registration made from this reply must carry.
    pub profile_seen: ProfileSeen,
    /// What the RA user should know before going on.
    pub warnings: Vec<WarningCode>,
    /// Why this profile cannot be registered for now, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<crate::RefusalCode>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            uuid: "555086689106".parse().unwrap(),
            name: PersonName {
                title: None,
                given: "Siobhán".parse().unwrap(),
                middle: None,
                family: "O'Connor".parse().unwrap(),
            },
            birth_date: "1985-03-27".parse().unwrap(),
            status: ProfileStatus::Active,
            email: None,
            nino_held: true,
            managed_in_esr: false,
            positions: vec![],
            authenticators: vec![],
        }
    }

    #[test]
    fn debug_names_nobody() {
        let mut profile = profile();
        profile.name.title = Some("Dr".into());
        profile.email = Some("siobhan@example.org".into());
        profile.authenticators.push(Authenticator {
            id: AuthenticatorId::from_guid(uuid::Uuid::nil()),
            kind: AuthenticatorKind::NhsNetConnect,
            state: AuthenticatorState::Linked,
            address: Some("siobhan@nhs.net".parse().unwrap()),
            added_at: Timestamp::UNIX_EPOCH,
            added_by: Some("Owen Pritchard".into()),
        });
        let printed = format!("{profile:?} {:?}", profile.name);
        for secret in ["Siobh", "Connor", "siobhan", "555086689106", "1985", "Owen", "Dr"] {
            assert!(!printed.contains(secret), "{secret} in {printed}");
        }
    }

    #[test]
    fn what_was_seen_changes_with_what_is_seen_and_with_nothing_else() {
        let seen = profile().seen();
        assert_eq!(seen.as_str().len(), 64);
        let mut other = profile();
        other.positions.push(Organisation { code: "B81603".parse().unwrap(), name: "Practice".into() });
        other.email = Some("s@example.org".into());
        assert_eq!(other.seen(), seen, "positions and e-mail are not part of the digest");
        let mut other = profile();
        other.status = ProfileStatus::Closed;
        assert_ne!(other.seen(), seen);
        let mut other = profile();
        other.name.family = "O'Conno".parse().unwrap();
        other.name.middle = Some("r".parse().unwrap());
        assert_ne!(other.seen(), seen, "field borders count");
    }
}
