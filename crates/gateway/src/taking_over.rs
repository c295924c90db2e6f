//! An RA Manager takes over what a colleague recorded and did not send. Runs inside one transaction and cannot wait.
//!
//! The colleague's key is looked up, decided and closed in the same transaction in which the manager's is, so that at
//! no moment both could register, and none is closed before the other is settled: whatever is cut off in between, the
//! person who was recorded is registered once (ADR 17).

use contract::{ItemOutcome, RefusalCode, RefusalDetail, RegistrationBody, TakenOver, TakenOverBy};
use jiff::Timestamp;
use rusqlite::Connection;

use crate::gateway::{Actor, Rules};
use crate::registering::{Item, decide_by_policy, keepable, refused, replay, with_existing, withdrawn};
use crate::store::{self, Settled, StoreError, Taken};

/// Decides a submission that was taken over: what is answered, and what of that is kept under its key.
pub(crate) fn decide(
    connection: &Connection,
    rules: &Rules,
    actor: &Actor,
    item: &Item<'_>,
    from: &TakenOver,
    now: Timestamp,
) -> Result<(ItemOutcome, Option<Settled>), StoreError> {
    let original = store::submission(connection, &from.key)?;
    let is_theirs = original.as_ref().is_none_or(|original| original.author == from.recorded_by);
    if !is_theirs || from.key == item.key || !may_take_over(connection, actor, item.body, from)? {
        return Ok((refused(RefusalCode::NotPermitted), None));
    }
    // A correction of what was taken over: the colleague's key was closed when the first was decided.
    let is_correction = match &item.body.replaces {
        Some(replaced) => {
            store::submission(connection, replaced)?.is_some_and(|replaced| replaced.author == actor.uuid)
        }
        None => false,
    };
    let is_open = original.is_none();
    match original.map(|original| original.settled) {
        Some(Settled::Registered(id)) => {
            let existing = store::registration(connection, &id, now)?;
            let detail = RefusalDetail::default();
            let outcome = with_existing(rules, actor, RefusalCode::AlreadyRegistered, detail, existing);
            return Ok(keepable(outcome, Some(id)));
        }
        Some(Settled::Withdrawn) => return Ok((withdrawn(None), Some(Settled::Withdrawn))),
        Some(Settled::TakenOver(taken)) if !(is_correction && taken.by == actor.uuid) => {
            return Ok((withdrawn(Some(&taken)), Some(Settled::TakenOver(taken))));
        }
        Some(settled @ Settled::Refused { .. }) if !is_correction => {
            return Ok((replay(connection, rules, actor, &settled, now)?, Some(settled)));
        }
        Some(Settled::TakenOver(_) | Settled::Refused { .. }) | None => {}
    }
    let (outcome, settled) = decide_by_policy(connection, rules, actor, item, now)?;
    // What could not be understood was not taken over: it goes back to its author.
    let is_decided =
        settled.is_some() && !matches!(outcome, ItemOutcome::Refused { code: RefusalCode::InvalidBody, .. });
    if is_open && is_decided {
        let told = TakenOverBy { by: actor.name.clone(), at: now, reason: from.reason.clone() };
        let taken = Taken { by: actor.uuid.clone(), told };
        store::take_over(connection, &from.key, &from.recorded_by, taken, now)?;
        let act = actor.act(now, "take over", Some(item.whom), from.key.to_string());
        store::append_audit(connection, &act)?;
    }
    Ok((outcome, settled))
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
    let recorded_here = store::held_at(connection, &from.recorded_by, &from.recorded_role, &organisation.code)?;
    Ok(by_another && checked_here && recorded_here)
}
