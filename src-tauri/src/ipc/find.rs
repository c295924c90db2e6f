//! Finding people and looking at a profile.

use contract::{AuthenticatorKind, AuthenticatorState, MatchedBy, ProfileStatus, RefusalCode, WarningCode};
use serde::{Deserialize, Serialize};
use specta::Type;

/// By what somebody is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum FindBy {
    /// Care Identity UUID.
    Uuid,
    /// NHS.net Connect address.
    Address,
    /// National Insurance number.
    NationalInsurance,
    /// Name and something else.
    Details,
}

/// The find page's form as it was typed. Fields that do not belong to `by` are ignored.
#[derive(Clone, Deserialize, Type)]
pub struct FindForm {
    /// By what.
    pub by: FindBy,
    /// Care Identity UUID.
    pub uuid: String,
    /// Address.
    pub address: String,
    /// National Insurance number.
    pub nino: String,
    /// Family name, or its beginning and a star.
    pub family: String,
    /// Given name or its beginning.
    pub given: String,
    /// Day of birth.
    pub birth_day: String,
    /// Month of birth.
    pub birth_month: String,
    /// Year of birth.
    pub birth_year: String,
    /// ODS code.
    pub organisation: String,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum FoundView {
    /// Somebody, best match first.
    People {
        /// Who.
        people: Vec<PersonRow>,
    },
    /// Nobody.
    Nobody,
    /// More than are shown.
    TooMany {
        /// The most that are shown.
        most: u32,
    },
}

/// Enough of a person to tell them from another.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct PersonRow {
    /// Care Identity UUID, 12 digits.
    pub uuid: String,
    /// Full name with title and middle names.
    pub name: String,
    /// Birth date `YYYY-MM-DD`; none where it is not known.
    pub birth_date: Option<String>,
    /// Whether the profile can be worked with.
    pub status: ProfileStatus,
    /// Where they have a position.
    pub positions: Vec<OrganisationView>,
    /// Ways to sign in.
    pub authenticators: Vec<AuthenticatorKind>,
    /// How they were found.
    pub matched_by: MatchedBy,
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct OrganisationView {
    /// ODS code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// A profile as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ProfileView {
    /// Care Identity UUID, 12 digits.
    pub uuid: String,
    /// Full name with title and middle names.
    pub name: String,
    /// Given and family name.
    pub short_name: String,
    /// Birth date `YYYY-MM-DD`; none where it is not known.
    pub birth_date: Option<String>,
    /// Whether the profile can be worked with.
    pub status: ProfileStatus,
    /// E-mail address on the profile.
    pub email: Option<String>,
    /// Whether a National Insurance number is held.
    pub nino_held: bool,
    /// Where they have a position.
    pub positions: Vec<OrganisationView>,
    /// Ways to sign in, oldest first.
    pub authenticators: Vec<AuthenticatorView>,
    /// What the RA user should know before going on.
    pub warnings: Vec<WarningCode>,
    /// Why nothing can be registered here, if so.
    pub refusal: Option<RefusalCode>,
    /// Whether the session's role may register and remove.
    pub may_register: bool,
    /// When this was read from the gateway, RFC 3339.
    pub read_at: String,
    /// The RA user's half-done registration of this person, if there is one.
    pub draft: Option<String>,
    /// The RA user's submission for this person that is not finished, if there is one.
    pub submission: Option<String>,
}

/// One way to sign in.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct AuthenticatorView {
    /// Its name at the gateway.
    pub id: String,
    /// What it is.
    pub kind: AuthenticatorKind,
    /// Authenticator assurance level, 2 or 3.
    pub level: u8,
    /// How far it is.
    pub state: AuthenticatorState,
    /// Address, for NHS.net Connect.
    pub address: Option<String>,
    /// When it was put on the profile, RFC 3339.
    pub added_at: String,
    /// By whom, where known.
    pub added_by: Option<String>,
    /// Whether it is the only one left.
    pub last: bool,
}
