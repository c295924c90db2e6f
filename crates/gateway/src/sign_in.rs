//! Who has signed in as an RA user: the checks that NHS CIS2 Authentication asks for beyond OpenID Connect's own.

use contract::cis2::{UserInfo, level_of_acr};
use contract::{CareIdentityUuid, RoleProfileId};
use jiff::Timestamp;

use crate::openid::{IdToken, SignInError, at_hash_fits, is_recent};
use crate::roles::held_roles;
use crate::store::HeldRole;

/// Somebody whose sign-in was checked.
pub(crate) struct SignedIn {
    pub(crate) uuid: CareIdentityUuid,
    pub(crate) name: String,
    pub(crate) role: Option<RoleProfileId>,
    pub(crate) roles: Vec<HeldRole>,
    pub(crate) sub: String,
    pub(crate) sid: Option<String>,
}

/// The identity assurance level an RA user must have (GPG45 high, NHS CIS2 onboarding).
const IDENTITY_LEVEL: u8 = 3;

/// How long ago somebody may have signed in, in seconds (NHS CIS2 onboarding).
const OLDEST: i64 = 300;

/// Judges what the ID token says of a sign-in, once it is checked to be the issuer's. Userinfo is asked for only then.
pub(crate) fn check_claims(
    id: &IdToken,
    access_token: &str,
    acr_asked: &str,
    now: Timestamp,
) -> Result<(), SignInError> {
    let refused = |reason| Err(SignInError::refused(reason));
    if !id.at_hash.as_deref().is_some_and(|at_hash| at_hash_fits(at_hash, access_token)) {
        return refused("at_hash does not belong to the access token");
    }
    // Five minutes by the issuer's own clock, and about that by this one.
    let is_recent = |auth_time: &i64| id.iat.saturating_sub(*auth_time) <= OLDEST && is_recent(*auth_time, now);
    if !id.auth_time.as_ref().is_some_and(is_recent) {
        return refused("the sign-in was not in the last five minutes");
    }
    let asked = level_of_acr(acr_asked).unwrap_or(3);
    if id.acr.as_deref().and_then(level_of_acr).is_none_or(|level| level < asked) {
        return refused("acr is lower than was asked for");
    }
    if id.cis2.authentication_assurance_level.is_none_or(|level| level < asked) {
        return refused("authentication_assurance_level is lower than was asked for");
    }
    if id.cis2.id_assurance_level.is_none_or(|level| level < IDENTITY_LEVEL) {
        return refused("id_assurance_level is lower than 3");
    }
    Ok(())
}

/// Judges who has signed in, by an ID token that is checked.
pub(crate) fn judge(id: &IdToken, info: UserInfo) -> Result<SignedIn, SignInError> {
    let refused = |reason| Err(SignInError::refused(reason));
    if info.sub != id.sub {
        return refused("userinfo is about somebody else than the ID token");
    }
    if info.nhsid_useruid.as_ref().is_some_and(|uuid| *uuid != info.sub) {
        return refused("userinfo has another Care Identity UUID than its subject");
    }
    let uuid = info.sub.parse();
    let Ok(uuid) = uuid else { return refused("there is no Care Identity UUID in the claims") };
    let roles = held_roles(&info.nhsid_nrbac_roles, &info.nhsid_user_orgs);
    let role = match &id.cis2.selected_roleid {
        None => None,
        Some(selected) => match roles.iter().find(|held| held.role.id.as_str() == selected) {
            Some(held) => Some(held.role.id.clone()),
            None => return refused("the role that was selected is not one of the person's roles"),
        },
    };
    Ok(SignedIn { uuid, name: name_of(&info), role, roles, sub: info.sub, sid: id.cis2.sid.clone() })
}

fn name_of(info: &UserInfo) -> String {
    match (&info.given_name, &info.family_name) {
        (Some(given), Some(family)) => format!("{given} {family}"),
        _ => info.name.clone(),
    }
}
