//! What a registration must say before it can be recorded. Pure.
//!
//! The gateway checks all of it again, and more; what is checked here can be told while the person is still at the
//! desk, also without a network.

use contract::{
    Declaration, DeclarationAcceptedBy, DocumentKind, FieldErrors, IdentityCheckMethod, NhsNetAddress, OdsCode, Policy,
    Profile, ProfileStatus, RaRole, Reason, RegistrationBody, Role, WarningCode,
};
use jiff::Timestamp;

use crate::session::SignedIn;
use crate::store::drafts::StoredDraft;
use crate::{AddressForm, IdentityForm};

/// The address on a profile, when it could be registered: a proposal.
pub(crate) fn suggested_address(profile: &Profile) -> Option<NhsNetAddress> {
    profile.email.as_deref()?.parse().ok()
}

/// What is worth a second look about an address. Not empty means that a reason is asked.
pub(crate) fn address_warnings(profile: &Profile, address: &NhsNetAddress) -> Vec<WarningCode> {
    let on_profile = profile.email.as_deref().is_some_and(|email| email.trim().eq_ignore_ascii_case(address.as_str()));
    let like_name = names::mailbox_fits(address.mailbox(), profile.name.given.as_str(), profile.name.family.as_str());
    let mut warnings = Vec::new();
    if !on_profile {
        warnings.push(WarningCode::AddressNotOnProfile);
    }
    if !like_name {
        warnings.push(WarningCode::AddressUnlikeName);
    }
    warnings
}

/// The address page: an address that may be registered, and a reason where one is asked.
pub(crate) fn check_address(
    profile: &Profile,
    policy: &Policy,
    form: &AddressForm,
) -> Result<(NhsNetAddress, Option<Reason>), FieldErrors> {
    let mut errors = FieldErrors::default();
    let address: Option<NhsNetAddress> = errors.parse("address", &form.address);
    let Some(address) = address else { return Err(errors) };
    check_domain(&address, policy, &mut errors);
    // A reason is asked where there is something to explain, and only then kept.
    let reason = if errors.0.is_empty() && !address_warnings(profile, &address).is_empty() {
        errors.parse("reason", &form.reason)
    } else {
        None
    };
    errors.into_result()?;
    Ok((address, reason))
}

fn check_domain(address: &NhsNetAddress, policy: &Policy, errors: &mut FieldErrors) {
    if !policy.mail_domains.iter().any(|domain| domain.eq_ignore_ascii_case(address.domain())) {
        errors.push(
            "address",
            "address_not_allowed",
            format!("Only addresses at these domains can be registered here: {}.", policy.mail_domains.join(", ")),
        );
    }
}

/// How a person was checked, as the identity page says it.
pub(crate) struct IdentityCheck {
    /// How.
    pub(crate) method: IdentityCheckMethod,
    /// What was seen, each kind once.
    pub(crate) documents: Vec<DocumentKind>,
    /// Who accepted the declaration.
    pub(crate) accepted_by: DeclarationAcceptedBy,
}

/// The identity page.
pub(crate) fn check_identity(profile: &Profile, form: &IdentityForm) -> Result<IdentityCheck, FieldErrors> {
    let mut errors = FieldErrors::default();
    match form.method {
        None => errors.push("method", "method_missing", "Select how you checked who they are."),
        Some(IdentityCheckMethod::Video) if profile.status != ProfileStatus::Active => errors.push(
            "method",
            "video_not_allowed",
            "A check by video is only for people whose identity was verified before. Check them face to face.",
        ),
        Some(_) => {}
    }
    let mut documents = form.documents.clone();
    documents.sort_unstable();
    documents.dedup();
    if documents.is_empty() {
        errors.push("documents", "documents_missing", "Select at least one kind of document that you have seen.");
    }
    if form.accepted_by.is_none() {
        errors.push("accepted_by", "declaration_not_accepted", "Say who accepted the declaration.");
    }
    match (form.method, form.accepted_by) {
        (Some(method), Some(accepted_by)) if errors.0.is_empty() => {
            Ok(IdentityCheck { method, documents, accepted_by })
        }
        _ => Err(errors),
    }
}

/// What is frozen and sent, or everything that is still missing from a draft.
pub(crate) fn registration_body(
    draft: &StoredDraft,
    who: &SignedIn,
    now: Timestamp,
) -> Result<RegistrationBody, FieldErrors> {
    let mut errors = FieldErrors::default();
    let address = match &draft.address {
        Some(address) => {
            check_domain(address, &who.policy, &mut errors);
            if !address_warnings(&draft.profile, address).is_empty() && draft.address_reason.is_none() {
                errors.push("reason", "reason_missing", "Enter a reason.");
            }
            Some(address.clone())
        }
        None => errors.parse("address", ""),
    };
    let form =
        IdentityForm { method: draft.method, documents: draft.documents.clone(), accepted_by: draft.accepted_by };
    let identity = check_identity(&draft.profile, &form).map_err(|more| errors.0.extend(more.0)).ok();
    let role = who.role_id();
    match (address, identity, role) {
        (Some(address), Some(identity), Some(role)) if errors.0.is_empty() => Ok(RegistrationBody {
            address,
            profile_seen: draft.profile.seen(),
            method: identity.method,
            documents: identity.documents,
            checked_by: draft.checked_by.clone().unwrap_or_else(|| who.user.uuid.clone()),
            checked_at: draft.checked_at.unwrap_or(now),
            recorded_by: who.user.uuid.clone(),
            recorded_role: role.clone(),
            recorded_at: now,
            clock_ahead_seconds: who.clock_ahead_seconds,
            clinic: None,
            declaration: Declaration {
                id: who.policy.declaration.id.clone(),
                version: who.policy.declaration.version.clone(),
                accepted_by: identity.accepted_by,
            },
            address_reason: draft.address_reason.clone(),
            replaces: draft.corrects,
            taken_over: draft.taken_over.clone(),
        }),
        _ => Err(errors),
    }
}

/// A role as it is told on a list: *RA Agent, B81603*.
pub(crate) fn role_text(role: &Role) -> String {
    role_at(role_name(role.ra_role).unwrap_or(&role.name), &role.organisation.code)
}

/// The same of a role that is called so, at an organisation.
pub(crate) fn role_at(name: &str, organisation: &OdsCode) -> String {
    format!("{name}, {organisation}")
}

/// What RA Desk calls a role; none where it has no name of its own for it.
pub(crate) const fn role_name(role: RaRole) -> Option<&'static str> {
    match role {
        RaRole::RaManager => Some("RA Manager"),
        RaRole::RaAgentAdvanced => Some("RA Agent (Advanced)"),
        RaRole::RaAgent => Some("RA Agent"),
        RaRole::Sponsor => Some("Sponsor"),
        RaRole::IdChecker => Some("RA Agent ID Checker"),
        RaRole::LocalSmartcardAdministrator => Some("Local Smartcard Administrator"),
        RaRole::Other => None,
    }
}

/// The organisation of a role that [`role_text`] told.
pub(crate) fn organisation_of(role_text: &str) -> Option<OdsCode> {
    role_text.rsplit(", ").next()?.parse().ok()
}

#[cfg(test)]
mod tests;
