//! Which registration is refused and what an RA user is warned of. Pure: facts in, codes out.
//!
//! Two refusals depend on who asks and not on what is asked: `NOT_PERMITTED` and `NOT_YOUR_SUBMISSION`. They are
//! never kept under a key, so that the rightful author can still send it. All others are final for their key.

use contract::{
    AuthenticatorKind, AuthenticatorState, CareIdentityUuid, DeclarationText, FieldErrors, MAX_TAKEN_OVER_BEFORE,
    NhsNetAddress, Profile, ProfileReply, ProfileStatus, RefusalCode, RegistrationBody, TakenOver, WarningCode,
};
use jiff::{SignedDuration, Timestamp};

use crate::config::PolicyConfig;
use crate::directory_file::AccountState;

/// Whether a refusal is final for its key.
pub(crate) const fn is_final(code: RefusalCode) -> bool {
    !matches!(code, RefusalCode::NotPermitted | RefusalCode::NotYourSubmission | RefusalCode::KeyReused)
}

/// Whether a refusal is understood only beside the profile as it is now.
pub(crate) const fn shows_profile(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::ProfileChanged
            | RefusalCode::ProfileClosed
            | RefusalCode::ProfileUnverified
            | RefusalCode::ProfileRestricted
    )
}

/// The declaration a user accepts before their account is registered.
pub(crate) fn declaration() -> DeclarationText {
    DeclarationText {
        id: "nhs-net-connect-user".into(),
        version: "1".into(),
        sentences: [
            "I am the person this Care Identity profile belongs to.",
            "The NHS.net Connect account is mine, and nobody else signs in with it.",
            "I will keep it private, lock my device when I leave it, and tell my Registration Authority at once if \
             somebody else may be using it.",
            "I accept the terms and conditions of the Care Identity Service.",
        ]
        .map(str::to_owned)
        .into(),
    }
}

/// How far in the future a registration may have been checked or recorded: two clocks are never quite the same.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Whether each submission it was taken over from is named once, and no more of them than a queue hands on.
fn each_once(taken: &TakenOver) -> bool {
    let mut keys: Vec<_> = taken.originals().map(|(key, ..)| key).collect();
    keys.sort_unstable();
    keys.dedup();
    taken.before.len() <= MAX_TAKEN_OVER_BEFORE && keys.len() == taken.before.len() + 1
}

/// What is wrong with a body beyond its shape.
pub(crate) fn check_body(body: &RegistrationBody, now: Timestamp) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    for (field, at) in [("checked_at", body.checked_at), ("recorded_at", body.recorded_at)] {
        if by_our_clock(at, body).duration_since(now) > AHEAD {
            errors.push(field, "in_the_future", "This time has not come yet. Is the computer's clock right?");
        }
    }
    match &body.taken_over {
        Some(taken) if !each_once(taken) => {
            let message = "What was taken over before is named once, and not more than seven times.";
            errors.push("taken_over.before", "taken_over_before", message);
        }
        Some(taken) if by_our_clock(taken.at, body).duration_since(now) > AHEAD => {
            errors.push("taken_over.at", "in_the_future", "This time has not come yet. Is the computer's clock right?");
        }
        None if body.checked_by != body.recorded_by => {
            let message = "Only who takes a registration over records what somebody else checked.";
            errors.push("checked_by", "checked_by_another", message);
        }
        Some(_) | None => {}
    }
    let mut documents = body.documents.clone();
    documents.sort_unstable();
    documents.dedup();
    if documents.len() != body.documents.len() {
        errors.push("documents", "document_twice", "Each kind of document is named once.");
    }
    if body.declaration.id != declaration().id {
        errors.push("declaration.id", "declaration_unknown", "This declaration is not one that is in use.");
    }
    if body.declaration.version.is_empty() || body.declaration.version.len() > 32 {
        errors.push("declaration.version", "declaration_version", "A declaration's version is 1 to 32 characters.");
    }
    errors.into_result()
}

/// Whether a reason is missing for an address that was warned of.
pub(crate) fn check_reason(body: &RegistrationBody, warnings: &[WarningCode]) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    let asks = |code: &WarningCode| matches!(code, WarningCode::AddressNotOnProfile | WarningCode::AddressUnlikeName);
    if body.address_reason.is_none() && warnings.iter().any(asks) {
        let message = "An address that is not on the profile or unlike the name needs a reason.";
        errors.push("address_reason", "missing", message);
    }
    errors.into_result()
}

/// Everything a decision about a new registration rests on.
pub(crate) struct Facts<'a> {
    pub(crate) body: &'a RegistrationBody,
    pub(crate) policy: &'a PolicyConfig,
    pub(crate) may_register: bool,
    /// Who sends it.
    pub(crate) caller: &'a CareIdentityUuid,
    pub(crate) profile: Option<&'a Profile>,
    pub(crate) account: Option<(AccountState, bool)>,
    /// The profile the account is active on, if any.
    pub(crate) address_on: Option<&'a CareIdentityUuid>,
    pub(crate) now: Timestamp,
}

/// Why a new registration is refused, if it is. The first reason that holds, from who asks to what is asked.
pub(crate) fn refusal(facts: &Facts<'_>) -> Option<RefusalCode> {
    if !facts.may_register {
        return Some(RefusalCode::NotPermitted);
    }
    if is_too_old(facts.body, facts.policy, facts.now) {
        return Some(RefusalCode::TooOld);
    }
    let Some(profile) = facts.profile else { return Some(RefusalCode::UnknownProfile) };
    if let Some(code) = profile_refusal(profile, facts.caller) {
        return Some(code);
    }
    // Nor by way of a colleague who takes it over.
    if profile.uuid == facts.body.checked_by {
        return Some(RefusalCode::OwnProfile);
    }
    let address = &facts.body.address;
    if !facts.policy.mail_domains.iter().any(|domain| domain.eq_ignore_ascii_case(address.domain())) {
        return Some(RefusalCode::AddressNotAllowed);
    }
    if let Some(holder) = facts.address_on {
        let same = *holder == profile.uuid;
        return Some(if same { RefusalCode::AlreadyRegistered } else { RefusalCode::AddressInUse });
    }
    match facts.account {
        None => return Some(RefusalCode::AddressUnknown),
        Some((_, true)) => return Some(RefusalCode::AddressSharedMailbox),
        Some((AccountState::Inactive | AccountState::Disabled, false)) => return Some(RefusalCode::AddressInactive),
        Some((AccountState::Active, false)) => {}
    }
    (profile.seen() != facts.body.profile_seen).then_some(RefusalCode::ProfileChanged)
}

/// Why nothing can be registered on a profile by this caller, whatever the address.
fn profile_refusal(profile: &Profile, caller: &CareIdentityUuid) -> Option<RefusalCode> {
    if profile.uuid == *caller {
        return Some(RefusalCode::OwnProfile);
    }
    match profile.status {
        ProfileStatus::Closed => Some(RefusalCode::ProfileClosed),
        ProfileStatus::Restricted => Some(RefusalCode::ProfileRestricted),
        // Whatever the method: a check by video needs a verified profile, and one in person is for Care Identity
        // Management to record first.
        ProfileStatus::Unverified => Some(RefusalCode::ProfileUnverified),
        ProfileStatus::Active => None,
    }
}

/// Whether a registration was recorded longer ago than is accepted, by the gateway's clock.
fn is_too_old(body: &RegistrationBody, policy: &PolicyConfig, now: Timestamp) -> bool {
    let age = now.duration_since(by_our_clock(body.recorded_at, body));
    age > SignedDuration::from_hours(24 * i64::from(policy.queue_age_days))
}

/// A time of a body's as the gateway's clock would have told it.
fn by_our_clock(at: Timestamp, body: &RegistrationBody) -> Timestamp {
    let ahead = SignedDuration::from_secs(i64::from(body.clock_ahead_seconds));
    at.saturating_sub(ahead).unwrap_or(Timestamp::MIN)
}

/// A profile as one caller sees it.
pub(crate) fn profile_reply(profile: Profile, may_register: bool, caller: &CareIdentityUuid) -> ProfileReply {
    let refusal = profile_refusal(&profile, caller).or_else(|| (!may_register).then_some(RefusalCode::NotPermitted));
    ProfileReply { profile_seen: profile.seen(), warnings: warnings(&profile, None), refusal, profile }
}

/// What an RA user should know: of a profile, and of an address on it where one is named.
pub(crate) fn warnings(profile: &Profile, address: Option<&NhsNetAddress>) -> Vec<WarningCode> {
    let mut warnings = Vec::new();
    let mut warn = |code, when: bool| {
        if when {
            warnings.push(code);
        }
    };
    let authenticators = &profile.authenticators;
    warn(
        WarningCode::HasAuthenticator,
        authenticators.iter().any(|authenticator| authenticator.state == AuthenticatorState::Linked),
    );
    warn(
        WarningCode::HasNhsNetConnect,
        authenticators.iter().any(|authenticator| {
            authenticator.kind == AuthenticatorKind::NhsNetConnect
                && address.is_none_or(|address| authenticator.address.as_ref() != Some(address))
        }),
    );
    if let Some(address) = address {
        let on_profile = profile.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(address.as_str()));
        warn(WarningCode::AddressNotOnProfile, !on_profile);
        let fits = names::mailbox_fits(address.mailbox(), profile.name.given.as_str(), profile.name.family.as_str());
        warn(WarningCode::AddressUnlikeName, !fits);
    }
    warn(WarningCode::NoPosition, profile.positions.is_empty());
    warn(WarningCode::ManagedInEsr, profile.managed_in_esr);
    warn(WarningCode::BirthDateNotKnown, !profile.birth_date.is_known());
    warn(WarningCode::NinoMissing, !profile.nino_held);
    warn(WarningCode::LastAuthenticator, address.is_none() && authenticators.len() == 1);
    warnings
}

#[cfg(test)]
mod tests;
