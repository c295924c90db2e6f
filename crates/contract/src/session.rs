//! Who is signed in, in which role, and what they may do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{CareIdentityUuid, Organisation, RoleCode, RoleProfileId, SealingKey};

/// What a role is called in Registration Authority work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum RaRole {
    /// RA Manager, `R5080`.
    RaManager,
    /// RA Agent (Advanced), `R5090` with `B0272`.
    RaAgentAdvanced,
    /// RA Agent, `R5090`.
    RaAgent,
    /// Sponsor, `B1300`: may look.
    Sponsor,
    /// RA Agent ID Checker, `B0267`: may look.
    IdChecker,
    /// Local Smartcard Administrator, `B0274`: may look.
    LocalSmartcardAdministrator,
    /// Any other role: not an RA user.
    Other,
}

/// One role of the person signed in, at one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Role {
    /// Its role profile (URID).
    pub id: RoleProfileId,
    /// Its national code.
    pub code: RoleCode,
    /// The last part of its national name, `Registration Authority Agent` for instance.
    pub name: String,
    /// What RA Desk calls it.
    pub ra_role: RaRole,
    /// Where it is held.
    pub organisation: Organisation,
}

/// Whether a role opens RA Desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "access", rename_all = "snake_case")]
pub enum Access {
    /// It may find, register and remove.
    Register,
    /// It may find and look, not register.
    LookOnly,
    /// It may not use RA Desk.
    None {
        /// Why.
        reason: NoAccessReason,
    },
}

/// Why a role does not open RA Desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum NoAccessReason {
    /// It is not a Registration Authority role.
    NotAnRaRole,
    /// The organisation is not one this gateway serves.
    OrganisationNotServed,
}

/// A role together with what it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleAccess {
    /// The role.
    pub role: Role,
    /// What it opens.
    #[serde(flatten)]
    pub access: Access,
}

/// The person signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RaUser {
    /// Their own Care Identity UUID.
    pub uuid: CareIdentityUuid,
    /// Their name as the issuer gives it.
    pub name: String,
}

impl std::fmt::Debug for RaUser {
    /// Without what names a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RaUser").field("uuid", &self.uuid).finish_non_exhaustive()
    }
}

/// What the session may do, decided by the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permissions {
    /// Find people and open profiles.
    pub find: bool,
    /// Register an NHS.net Connect account.
    pub register: bool,
    /// Remove an authenticator.
    pub remove: bool,
}

/// Rules of this gateway that the desk tells its user of beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Policy {
    /// Mail domains that may be registered, `nhs.net` for instance.
    pub mail_domains: Vec<String>,
    /// How long a user's link lives, in minutes.
    pub link_lifetime_minutes: u32,
    /// Whether the user must finish in the RA user's presence.
    pub presence_required: bool,
    /// How old a recorded registration may be when it arrives, in days.
    pub queue_age_days: u32,
    /// The most failed attempts at a link before it ends.
    pub link_attempts: u32,
    /// The declaration the user accepts.
    pub declaration: DeclarationText,
}

/// The declaration a user accepts before their account is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeclarationText {
    /// Which declaration.
    pub id: String,
    /// Which wording of it.
    pub version: String,
    /// Its sentences, each a thing the user says.
    pub sentences: Vec<String>,
}

/// The gateway's public key for second copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sealing {
    /// The key.
    pub key: SealingKey,
    /// The one before it, which the gateway still opens. Without it no desk that knows another key takes this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<SealingKey>,
}

/// Reply to `GET /v1/session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionReply {
    /// Who is signed in.
    pub user: RaUser,
    /// The role the session acts in; none where the issuer gave none or the person has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleAccess>,
    /// All roles of the person, with what each opens.
    pub roles: Vec<RoleAccess>,
    /// What the session may do.
    pub may: Permissions,
    /// Rules to tell the user of.
    pub policy: Policy,
    /// What second copies are sealed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealing: Option<Sealing>,
    /// The gateway's clock.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub server_time: Timestamp,
    /// When the session ends at the latest, at most 12 hours after sign-in.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub ends_at: Timestamp,
}

/// Reply to `POST /oauth2/token`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenReply {
    /// Opaque token for the gateway's calls.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds the access token lives, at most 600.
    pub expires_in: u32,
    /// Opaque token to get the next access token with.
    pub refresh_token: String,
    /// Seconds the session still lives, at most 43200.
    pub refresh_expires_in: u32,
    /// The issuer's ID token, untouched; given with the first token of a session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl std::fmt::Debug for TokenReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenReply").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}

/// Who or what ended a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "typescript", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The RA user signed out.
    SignedOut,
    /// Nobody did anything for as long as a session may idle (15 minutes at most).
    Idle,
    /// Twelve hours are over.
    TwelveHours,
    /// The issuer ended it: signed out elsewhere, or the account was stopped.
    EndedElsewhere,
}
