//! How what is stored is shown.

use contract::{RefusalCode, RefusalDetail};

use super::still_registers;
use crate::registering::{address_warnings, suggested_address};
use crate::session::SignedIn;
use crate::store::drafts::StoredDraft;
use crate::store::submissions::StoredSubmission;
use crate::submission::{Event, for_original, next_step};
use crate::{Attention, Draft, PersonSignedIn, ProfileRead, RegistrationSeen, Status, Submission, TakenOverFrom};

pub(super) fn person(who: &SignedIn) -> PersonSignedIn {
    PersonSignedIn {
        uuid: who.user.uuid.clone(),
        name: who.user.name.clone(),
        role: who.role.clone(),
        roles: who.roles.clone(),
        may: who.may,
    }
}

pub(super) fn draft(stored: StoredDraft) -> Draft {
    let address_warnings =
        stored.address.as_ref().map(|address| address_warnings(&stored.profile, address)).unwrap_or_default();
    Draft {
        id: stored.id,
        suggested_address: suggested_address(&stored.profile),
        profile: stored.profile,
        read_at: stored.read_at,
        address: stored.address,
        address_warnings,
        address_reason: stored.address_reason,
        method: stored.method,
        documents: stored.documents,
        accepted_by: stored.accepted_by,
        checked_at: stored.checked_at,
        corrects: stored.corrects,
        updated_at: stored.updated_at,
    }
}

pub(super) fn submission(stored: StoredSubmission, who: &SignedIn) -> Submission {
    let in_this_role = who.role_id() == Some(&stored.role);
    let attention = stored
        .attention
        .clone()
        .filter(|_| stored.life.status == Status::NeedsAttention)
        .map(|(code, detail)| attention(&stored, code, detail, who));
    let taken_from = stored.takes_over.as_ref().and_then(|from| {
        let taken = stored.body.body().ok()?.taken_over?;
        let name = Some(from.name.clone()).filter(|name| !name.is_empty());
        let given_back = is_given_back(&stored);
        // Over, and nobody else took it over.
        let is_taken_back = stored.life.status == Status::Withdrawn && from.is_over && stored.taken_over.is_none();
        let by = name.clone().filter(|_| from.taken_back == Some(from.key)).unwrap_or_default();
        let taken_back = is_taken_back.then_some(by);
        Some(TakenOverFrom {
            name,
            role: from.role.clone(),
            at: taken.at,
            reason: taken.reason,
            given_back,
            taken_back,
        })
    });
    let role_lost = !still_registers(who, &stored.role);
    Submission {
        key: stored.key,
        status: stored.life.status,
        uuid: stored.profile.uuid,
        name: stored.profile.name,
        address: stored.address,
        recorded_at: stored.recorded_at,
        recorded_role: stored.role_text,
        in_this_role,
        attempts: stored.attempts,
        unsettled: stored.life.unsettled,
        withdrawal_requested: stored.life.withdrawal_requested,
        needs_confirmation: stored.life.may_be_sent()
            && in_this_role
            // By PIN nothing is sent, also of what was recorded in this very session.
            && (who.by_pin || stored.recorded_in != who.id)
            && stored.confirmed_in.is_none(),
        attention,
        registration: stored.registration.map(|(registration, read_at)| RegistrationSeen { registration, read_at }),
        replaces: stored.replaces,
        replaced_by: stored.replaced_by,
        role_lost,
        taken_over: stored.taken_over,
        taken_from,
    }
}

/// Whether what was taken over is its author's again. What the gateway decided for good stays the manager's.
fn is_given_back(stored: &StoredSubmission) -> bool {
    let refused = stored.attention.as_ref().map(|(code, _)| Event::Refused(*code));
    match (stored.life.status, refused) {
        (Status::NeedsAttention | Status::Withdrawn, Some(refused)) => {
            for_original(refused, Status::NeedsAttention) == Some(Event::GivenBack)
        }
        (Status::Withdrawn, None) => {
            stored.taken_over.is_none() && stored.takes_over.as_ref().is_some_and(|from| !from.is_over)
        }
        _ => false,
    }
}

fn attention(stored: &StoredSubmission, code: RefusalCode, detail: RefusalDetail, who: &SignedIn) -> Attention {
    let profile_now = detail.profile.map(|reply| ProfileRead::new(*reply, who.may.register, stored.updated_at));
    let profile_then = profile_now.is_some().then(|| ProfileRead {
        profile: stored.profile.clone(),
        warnings: Vec::new(),
        refusal: None,
        may_register: who.may.register,
        read_at: stored.profile_read_at,
        draft: None,
        submission: None,
    });
    Attention {
        code,
        next: next_step(code),
        done_by: detail.registration.as_ref().map(|done| done.registered_by.clone()),
        done_at: detail.registration.as_ref().map(|done| done.registered_at),
        profile_now,
        profile_then,
        fields: detail.fields,
    }
}
