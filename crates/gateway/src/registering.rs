//! One submission, judged and settled: the heart of the gateway. Runs inside one transaction and cannot wait.
//!
//! The order is the promise: who sends it, then its key, then the policy, then the unique index as the last line.

use contract::{
    AuthenticatorId, CancelOutcome, CareIdentityUuid, FieldError, FrozenBody, ItemOutcome, RefusalCode, RefusalDetail,
    RegistrationBody, RegistrationId, SubmissionKey,
};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::gateway::{Actor, Rules};
use crate::idempotency::{Decision, decide};
use crate::notices::{self, News};
use crate::policy::{self, Facts};
use crate::store::{self, Created, NewRegistration, Settled, StoreError, StoredRegistration, Taken, TookOver};
use crate::{keys, random, taking_over};

/// A submission as far as it could be read.
pub(crate) struct Submission {
    pub(crate) key: SubmissionKey,
    /// Whom it is for and what it says, or what is wrong with the item around the body.
    pub(crate) content: Result<(CareIdentityUuid, FrozenBody), Vec<FieldError>>,
}

/// Judges and settles one submission, and writes it into the audit.
pub(crate) fn register(
    connection: &Connection,
    rules: &Rules,
    actor: &Actor,
    submission: &Submission,
    now: Timestamp,
) -> Result<ItemOutcome, StoreError> {
    let outcome = match &submission.content {
        Ok((whom, body)) => judge(connection, rules, actor, submission.key, whom, body, now)?,
        // Without a profile there are no bytes to compare, so nothing can be kept under the key. The same item is
        // answered the same each time all the same.
        Err(fields) => match store::submission(connection, &submission.key)? {
            Some(row) if row.settled == Settled::Withdrawn => withdrawn(None),
            Some(_) => refused(RefusalCode::KeyReused),
            None => invalid_body(fields.clone()),
        },
    };
    let result = match &outcome {
        ItemOutcome::Registered { replay: false, .. } => "registered",
        ItemOutcome::Registered { replay: true, .. } => "registered before",
        ItemOutcome::Refused { code, .. } => code.as_str(),
        ItemOutcome::InFlight => "in flight",
        ItemOutcome::Withdrawn { taken_over: None, .. } => "withdrawn before",
        ItemOutcome::Withdrawn { taken_over: Some(_), .. } => "taken over before",
    };
    let whom = submission.content.as_ref().ok().map(|(whom, _)| whom);
    store::append_audit(connection, &actor.act(now, "register", whom, result))?;
    Ok(outcome)
}

fn judge(
    connection: &Connection,
    rules: &Rules,
    actor: &Actor,
    key: SubmissionKey,
    whom: &CareIdentityUuid,
    frozen: &FrozenBody,
    now: Timestamp,
) -> Result<ItemOutcome, StoreError> {
    let body = frozen.body();
    if let Ok(body) = &body
        && (body.recorded_by != actor.uuid || actor.role.as_ref() != Some(&body.recorded_role))
    {
        return Ok(refused(RefusalCode::NotYourSubmission));
    }
    let fingerprint = frozen.fingerprint(whom);
    let known = store::submission(connection, &key)?;
    match decide(known.as_ref(), &fingerprint) {
        Decision::Fresh => {}
        Decision::Replay(settled) => return replay(connection, rules, actor, settled, now),
        Decision::Withdrawn => return Ok(withdrawn(None)),
        Decision::TakenOver(taken) => return Ok(withdrawn(Some(taken))),
        Decision::Reused => return Ok(refused(RefusalCode::KeyReused)),
    }
    let taken_from = body.as_ref().ok().and_then(|body| body.taken_over.as_ref()).map(|from| from.key);
    let (outcome, settled) = match body {
        Err(invalid) => keepable(invalid_body(vec![invalid.at("body")]), None),
        Ok(body) => match policy::check_body(&body, now) {
            Err(errors) => keepable(invalid_body(errors.0), None),
            Ok(()) => {
                let item = Item { key, whom, body: &body, frozen };
                match &body.taken_over {
                    None => decide_by_policy(connection, rules, actor, &item, now)?,
                    Some(from) => taking_over::decide(connection, rules, actor, &item, from, now)?,
                }
            }
        },
    };
    if let Some(settled) = settled {
        let took_over = taken_from.map(|key| TookOver { key, whom: whom.clone() });
        store::settle(connection, &key, &fingerprint, &actor.uuid, &settled, took_over.as_ref(), now)?;
    }
    Ok(outcome)
}

/// A submission of which every part was read.
pub(crate) struct Item<'a> {
    pub(crate) key: SubmissionKey,
    pub(crate) whom: &'a CareIdentityUuid,
    pub(crate) body: &'a RegistrationBody,
    pub(crate) frozen: &'a FrozenBody,
}

/// Decides a new registration: what is answered, and what of that is kept under its key.
pub(crate) fn decide_by_policy(
    connection: &Connection,
    rules: &Rules,
    actor: &Actor,
    item: &Item<'_>,
    now: Timestamp,
) -> Result<(ItemOutcome, Option<Settled>), StoreError> {
    let Item { key, whom, body, frozen } = *item;
    let profile = store::profile(connection, whom, now)?;
    let active = store::active_address(connection, &body.address)?;
    let facts = Facts {
        body,
        policy: &rules.config.policy,
        may_register: actor.may_register,
        caller: &actor.uuid,
        profile: profile.as_ref(),
        account: store::account(connection, &body.address)?,
        address_on: active.as_ref().map(|active| &active.uuid),
        now,
    };
    let refusal = policy::refusal(&facts);
    let (Some(profile), None) = (&profile, refusal) else {
        let code = refusal.unwrap_or(RefusalCode::UnknownProfile);
        let existing = match (code, active.and_then(|active| active.registration)) {
            (RefusalCode::AlreadyRegistered, Some(id)) => store::registration(connection, &id, now)?,
            _ => None,
        };
        let mut detail = RefusalDetail::default();
        if let (true, Some(profile)) = (policy::shows_profile(code), profile) {
            detail.profile = Some(Box::new(policy::profile_reply(profile, actor.may_register, &actor.uuid)));
        }
        let id = existing.as_ref().map(|existing| existing.id);
        let outcome = with_existing(rules, actor, code, detail, existing);
        return Ok(keepable(outcome, id));
    };
    let warnings = policy::warnings(profile, Some(&body.address));
    if let Err(errors) = policy::check_reason(body, &warnings) {
        return Ok(keepable(invalid_body(errors.0), None));
    }
    let (id, link_expires_at) = (RegistrationId::from_guid(random::guid()), rules.link_end(now));
    let new = NewRegistration {
        id,
        authenticator: AuthenticatorId::from_guid(random::guid()),
        key,
        uuid: whom,
        address: &body.address,
        author: &actor.uuid,
        author_name: &actor.name,
        author_role: &body.recorded_role,
        body: frozen.as_str(),
        warnings: &warnings,
        at: now,
        link_digest: keys::digest(&rules.keys.link_token(&id, 1)),
        link_expires_at,
    };
    if store::create_registration(connection, &new)? == Created::AddressTaken {
        return Ok(keepable(refused(RefusalCode::AddressInUse), None));
    }
    notices::tell(
        connection,
        profile,
        &News::Registered { at: actor.organisation.as_ref(), address: &body.address },
        now,
    )?;
    let registration =
        store::registration(connection, &id, now)?.ok_or(StoreError::NotUnderstood { table: "registrations" })?;
    let registration = Box::new(rules.show(registration, &actor.uuid));
    Ok((ItemOutcome::Registered { registration, replay: false }, Some(Settled::Registered(id))))
}

/// The answer that was given before. What a registration has become since is part of it, and so is its link.
pub(crate) fn replay(
    connection: &Connection,
    rules: &Rules,
    actor: &Actor,
    settled: &Settled,
    now: Timestamp,
) -> Result<ItemOutcome, StoreError> {
    match settled {
        Settled::Registered(id) => {
            let registration = store::registration(connection, id, now)?
                .ok_or(StoreError::NotUnderstood { table: "registrations" })?;
            Ok(ItemOutcome::Registered { registration: Box::new(rules.show(registration, &actor.uuid)), replay: true })
        }
        Settled::Refused { code, registration, detail } => {
            let existing = match registration {
                Some(id) => store::registration(connection, id, now)?,
                None => None,
            };
            Ok(with_existing(rules, actor, *code, (**detail).clone(), existing))
        }
        Settled::Withdrawn => Ok(withdrawn(None)),
        Settled::TakenOver(taken) => Ok(withdrawn(Some(taken))),
    }
}

/// Settles a doubt about a key: what became of it, or a tombstone. None where the key is somebody else's.
pub(crate) fn cancel(
    connection: &Connection,
    rules: &Rules,
    actor: &Actor,
    key: SubmissionKey,
    now: Timestamp,
) -> Result<Option<CancelOutcome>, StoreError> {
    let (outcome, whom) = match store::submission(connection, &key)? {
        None => {
            store::withdraw(connection, &key, &actor.uuid, now)?;
            (CancelOutcome::Withdrawn { taken_over: None }, None)
        }
        Some(row) if row.author != actor.uuid => return Ok(None),
        Some(row) => match row.settled {
            Settled::Withdrawn => (CancelOutcome::Withdrawn { taken_over: None }, None),
            Settled::TakenOver(taken) => (CancelOutcome::Withdrawn { taken_over: Some(taken.told) }, None),
            Settled::Refused { code, .. } => (CancelOutcome::Refused { code }, None),
            Settled::Registered(id) => {
                let registration = store::registration(connection, &id, now)?
                    .ok_or(StoreError::NotUnderstood { table: "registrations" })?;
                let whom = registration.uuid.clone();
                let registration = Box::new(rules.show(registration, &actor.uuid));
                (CancelOutcome::Registered { registration }, Some(whom))
            }
        },
    };
    let result = match &outcome {
        CancelOutcome::Withdrawn { taken_over: None } => "withdrawn",
        CancelOutcome::Withdrawn { taken_over: Some(_) } => "taken over before",
        CancelOutcome::Registered { .. } => "registered before",
        CancelOutcome::Refused { .. } => "refused before",
    };
    store::append_audit(connection, &actor.act(now, "cancel", whom.as_ref(), result))?;
    Ok(Some(outcome))
}

pub(crate) fn with_existing(
    rules: &Rules,
    actor: &Actor,
    code: RefusalCode,
    mut detail: RefusalDetail,
    existing: Option<StoredRegistration>,
) -> ItemOutcome {
    detail.registration = existing.map(|existing| Box::new(rules.show(existing, &actor.uuid)));
    ItemOutcome::Refused { code, detail }
}

/// An answer, with what is kept of it under its key. A registration in it is kept by name only.
pub(crate) fn keepable(outcome: ItemOutcome, registration: Option<RegistrationId>) -> (ItemOutcome, Option<Settled>) {
    let settled = match &outcome {
        ItemOutcome::Refused { code, detail } if policy::is_final(*code) => {
            let detail = Box::new(RefusalDetail { registration: None, ..detail.clone() });
            Some(Settled::Refused { code: *code, registration, detail })
        }
        _ => None,
    };
    (outcome, settled)
}

/// That nothing is, or ever will be, registered under a key; and who took it over, if that is why.
pub(crate) fn withdrawn(taken: Option<&Taken>) -> ItemOutcome {
    ItemOutcome::Withdrawn { taken_over: taken.map(|taken| taken.told.clone()), original: None }
}

pub(crate) fn refused(code: RefusalCode) -> ItemOutcome {
    ItemOutcome::Refused { code, detail: RefusalDetail::default() }
}

fn invalid_body(fields: Vec<FieldError>) -> ItemOutcome {
    ItemOutcome::Refused {
        code: RefusalCode::InvalidBody,
        detail: RefusalDetail { fields, ..RefusalDetail::default() },
    }
}
