//! An RA Manager takes over what a colleague recorded and did not send. Runs inside one transaction and cannot wait.
//!
//! The colleague's key is looked up, decided and closed in the same transaction in which the manager's is, so that at
//! no moment both could register, and none is closed before the other is settled: whatever is cut off in between, the
//! person who was recorded is registered once (ADR 17).

use contract::{
    CareIdentityUuid, ItemOutcome, RefusalCode, RefusalDetail, RegistrationBody, SubmissionKey, TakenOver, TakenOverBy,
};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::gateway::{Actor, Rules};
use crate::registering::{Item, decide_by_policy, keepable, refused, replay, with_existing, withdrawn};
use crate::store::{self, Settled, StoreError, Taken, TookOver};

/// Decides a submission that was taken over: what is answered, and what of that is kept under its key.
pub(crate) fn decide(
    connection: &Connection,
    rules: &Rules,
    actor: &Actor,
    item: &Item<'_>,
    from: &TakenOver,
    now: Timestamp,
) -> Result<(ItemOutcome, Option<Settled>), StoreError> {
    let mut originals = Vec::with_capacity(1 + from.before.len());
    for (key, author, _) in from.originals() {
        let found = store::submission(connection, &key)?;
        if key == item.key || found.as_ref().is_some_and(|found| found.author != *author) {
            return Ok((refused(RefusalCode::NotPermitted), None));
        }
        originals.push((key, author, found.map(|found| found.settled)));
    }
    if !may_take_over(connection, actor, item.body, from)? {
        return Ok((refused(RefusalCode::NotPermitted), None));
    }
    let is_correction = is_correction(connection, actor, item, from)?;
    let registered = originals.iter().find_map(|(_, _, settled)| match settled {
        Some(Settled::Registered(id)) => Some(*id),
        _ => None,
    });
    if let Some(id) = registered {
        let existing = store::registration(connection, &id, now)?;
        let detail = RefusalDetail::default();
        let outcome = with_existing(rules, actor, RefusalCode::AlreadyRegistered, detail, existing);
        return Ok(keepable(outcome, Some(id)));
    }
    // Closed by the manager's own; or by that of a manager before, which was refused as this one was.
    let is_ours = |taken: &Taken| {
        let refused = |(_, author, settled): &(SubmissionKey, &CareIdentityUuid, Option<Settled>)| {
            **author == taken.by && matches!(settled, Some(Settled::Refused { .. }))
        };
        taken.by == actor.uuid || originals.iter().any(refused)
    };
    for (key, _, settled) in &originals {
        match settled {
            // Nothing is kept: that key is closed for good, so the answer stays the same; and a tombstone on the
            // manager's own goes on saying that the manager took it back, and nobody else.
            Some(Settled::Withdrawn) => {
                return Ok((ItemOutcome::Withdrawn { taken_over: None, original: Some(*key) }, None));
            }
            Some(Settled::TakenOver(taken)) if !(is_correction && is_ours(taken)) => {
                return Ok((withdrawn(Some(taken)), Some(Settled::TakenOver(taken.clone()))));
            }
            Some(settled @ Settled::Refused { .. }) if !is_correction => {
                return Ok((replay(connection, rules, actor, settled, now)?, Some(settled.clone())));
            }
            Some(Settled::Registered(_) | Settled::TakenOver(_) | Settled::Refused { .. }) | None => {}
        }
    }
    let (outcome, settled) = decide_by_policy(connection, rules, actor, item, now)?;
    // What could not be understood was not taken over: it goes back to its author.
    let is_decided =
        settled.is_some() && !matches!(outcome, ItemOutcome::Refused { code: RefusalCode::InvalidBody, .. });
    for (key, author, _) in originals.iter().filter(|(_, _, settled)| is_decided && settled.is_none()) {
        let told = TakenOverBy { by: actor.name.clone(), at: now, reason: from.reason.clone() };
        let taken = Taken { by: actor.uuid.clone(), told };
        store::take_over(connection, key, author, taken, now)?;
        let act = actor.act(now, "take over", Some(item.whom), key.to_string());
        store::append_audit(connection, &act)?;
    }
    Ok((outcome, settled))
}

/// Whether it corrects what the same manager took over under the same key for the same person, and was refused: the
/// colleague's key was closed when that was decided.
fn is_correction(
    connection: &Connection,
    actor: &Actor,
    item: &Item<'_>,
    from: &TakenOver,
) -> Result<bool, StoreError> {
    let Some(replaced) = &item.body.replaces else { return Ok(false) };
    Ok(store::submission(connection, replaced)?.is_some_and(|replaced| {
        let took_over = TookOver { key: from.key, whom: item.whom.clone() };
        replaced.author == actor.uuid
            && matches!(replaced.settled, Settled::Refused { .. })
            && replaced.took_over == Some(took_over)
    }))
}

/// Whether who sends it is an RA Manager where the author was at work, and neither of them checked themself.
fn may_take_over(
    connection: &Connection,
    actor: &Actor,
    body: &RegistrationBody,
    from: &TakenOver,
) -> Result<bool, StoreError> {
    let Some(organisation) = actor.organisation.as_ref().filter(|_| actor.is_manager && actor.may_register) else {
        return Ok(false);
    };
    let by_another = from.recorded_by != actor.uuid && body.checked_by != actor.uuid;
    // What is taken over a second time was checked by somebody before its last author.
    let checked_here =
        body.checked_by == from.recorded_by || store::has_worked_at(connection, &body.checked_by, &organisation.code)?;
    for (_, author, role) in from.originals() {
        if !store::held_at(connection, author, role, &organisation.code)? {
            return Ok(false);
        }
    }
    Ok(by_another && checked_here)
}
