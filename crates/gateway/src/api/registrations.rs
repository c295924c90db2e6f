//! Registering, settling doubts, and how far registrations are.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{OriginalUri, Path, State};
use contract::{
    BatchReply, BatchRequest, BatchResult, CancelReply, CareIdentityUuid, ChangedReply, FaultCode, FieldError,
    FrozenBody, ItemOutcome, MAX_BATCH, OperationOutcome, Receipt, Registration, RegistrationId, RegistrationState,
    SubmissionKey,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::caller::Caller;
use super::json::Json;
use super::metrics::count;
use super::{BATCH_LIMIT, Fault, Metrics};
use crate::gateway::{Actor, Gateway, Rules};
use crate::keys;
use crate::registering::{self, Submission};
use crate::store::{self, StoreError};

/// The most registrations one answer about changes has.
const MOST_CHANGES: u32 = 200;

/// A batch before its items are judged: an item that is not understood must not spoil the others.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBatch {
    items: Vec<Box<RawValue>>,
}

#[cfg(feature = "fuzz")]
impl RawBatch {
    /// How many of its items have a key.
    pub(crate) fn understood(&self) -> usize {
        self.items.iter().filter(|item| submission(item).is_ok()).count()
    }
}

/// Registers 1 to 200 people, each answered for itself. The only way to register, also for one.
#[utoipa::path(post, path = "/v1/registrations/batch", tag = "registrations", request_body = BatchRequest,
    responses((status = 200, body = BatchReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn batch(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Json(batch): Json<RawBatch, BATCH_LIMIT>,
) -> Result<axum::Json<BatchReply>, Fault> {
    if !(1..=MAX_BATCH).contains(&batch.items.len()) {
        return Err(Fault::new(FaultCode::InvalidRequest, "a batch has 1 to 200 items"));
    }
    let submissions = batch.items.iter().map(|item| submission(item)).collect::<Result<Vec<_>, Fault>>()?;
    let claim = gateway.in_flight.claim(submissions.iter().map(|submission| submission.key));
    let (now, actor, rules) = (gateway.clock.now(), caller.actor(&gateway), Arc::clone(&gateway.rules));
    let results = gateway
        .store
        .write(move |connection| {
            // The claim goes along: if whoever asked is gone, the keys are free only when the act is over.
            let results = submissions.iter().map(|submission| {
                let outcome = if claim.has(&submission.key) {
                    store::apart(connection, || registering::register(connection, &rules, &actor, submission, now))?
                } else {
                    None
                };
                // What could not be written is not settled, just as what somebody else is working on.
                Ok(BatchResult { key: submission.key, outcome: outcome.unwrap_or(ItemOutcome::InFlight) })
            });
            results.collect::<Result<Vec<_>, StoreError>>()
        })
        .await?;
    count_results(&gateway.metrics, &results);
    Ok(axum::Json(BatchReply { receipt: Receipt { request_id: caller.ids.request, at: now }, results }))
}

/// Reads one item as far as it goes. Without a key there is nothing to answer, so that is a fault of the whole call.
fn submission(item: &RawValue) -> Result<Submission, Fault> {
    #[derive(Deserialize)]
    struct Keyed {
        key: SubmissionKey,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[serde(rename = "key")]
        _key: SubmissionKey,
        care_identity: String,
        body: FrozenBody,
    }
    let keyed: Keyed = serde_json::from_str(item.get())
        .map_err(|_| Fault::new(FaultCode::InvalidRequest, "an item of the batch has no submission key"))?;
    let content = match serde_json::from_str::<Item>(item.get()) {
        Ok(item) => match item.care_identity.parse::<CareIdentityUuid>() {
            Ok(whom) => Ok((whom, item.body)),
            Err(invalid) => Err(vec![invalid.at("care_identity")]),
        },
        Err(_) => Err(vec![FieldError {
            field: "item".into(),
            code: "item_not_understood".into(),
            message: "An item has a key, a care_identity and a body, and nothing else.".into(),
        }]),
    };
    Ok(Submission { key: keyed.key, content })
}

fn count_results(metrics: &Metrics, results: &[BatchResult]) {
    for result in results {
        match result.outcome {
            ItemOutcome::Registered { replay: false, .. } => count(&metrics.registered),
            ItemOutcome::Registered { replay: true, .. } => count(&metrics.replayed),
            ItemOutcome::Refused { .. } => count(&metrics.refused),
            ItemOutcome::InFlight | ItemOutcome::Withdrawn { .. } => {}
        }
    }
}

/// Settles a doubt: from now on the key registers nothing, or here is what it became.
#[utoipa::path(put, path = "/v1/submissions/{key}/cancel", tag = "registrations",
    params(("key" = SubmissionKey, Path, description = "The submission")),
    responses((status = 200, body = CancelReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn cancel(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<axum::Json<CancelReply>, Fault> {
    let key: SubmissionKey =
        path.ok().and_then(|Path(text)| text.parse().ok()).ok_or_else(|| Fault::no_such("submission"))?;
    let (now, actor, rules) = (gateway.clock.now(), caller.actor(&gateway), Arc::clone(&gateway.rules));
    let outcome = gateway
        .store
        .write(move |connection| registering::cancel(connection, &rules, &actor, key, now))
        .await
        .map_err(|error: StoreError| Fault::from(error))?
        .ok_or_else(|| Fault::new(FaultCode::NotPermitted, "the submission is somebody else's"))?;
    Ok(axum::Json(CancelReply { receipt: Receipt { request_id: caller.ids.request, at: now }, outcome }))
}

/// How far a registration is.
#[utoipa::path(get, path = "/v1/registrations/{id}", tag = "registrations",
    params(("id" = RegistrationId, Path, description = "The registration")),
    responses((status = 200, body = Registration), (status = "default", body = OperationOutcome)))]
pub(crate) async fn state(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<axum::Json<Registration>, Fault> {
    let id = registration_id(path)?;
    let (now, may_find) = (gateway.clock.now(), caller.may(&gateway).find);
    let found = gateway.store.read(move |connection| store::registration(connection, &id, now)).await?;
    // Whoever may find people may see how far a colleague's registration is; the link is its author's alone.
    let found = found.filter(|found| may_find || found.author == caller.session.uuid);
    let found = found.ok_or_else(|| Fault::no_such("registration"))?;
    Ok(axum::Json(gateway.rules.show(found, &caller.session.uuid)))
}

/// What changed of this RA user's registrations, oldest change first. Ask with `changed-since` as `next` gave it.
#[utoipa::path(get, path = "/v1/registrations", tag = "registrations",
    params(("changed-since" = Option<String>, Query, description = "The `next` of the answer before; absent: all")),
    responses((status = 200, body = ChangedReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn changed(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
) -> Result<axum::Json<ChangedReply>, Fault> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Query {
        changed_since: Option<String>,
    }
    let not_a_mark = || Fault::new(FaultCode::InvalidRequest, "changed-since is what `next` gave");
    let query: Query = serde_urlencoded::from_str(uri.query().unwrap_or_default()).map_err(|_| not_a_mark())?;
    let mark = query.changed_since.filter(|text| !text.is_empty());
    let after = mark.map_or(Ok(0), |text| text.parse::<u32>().map(i64::from)).map_err(|_| not_a_mark())?;
    let (now, author) = (gateway.clock.now(), caller.session.uuid.clone());
    let whose = author.clone();
    if gateway.store.read(move |connection| store::has_untold_expiries(connection, &whose, now)).await? {
        let whose = author.clone();
        gateway.store.write(move |connection| store::tell_expiries(connection, &whose, now)).await?;
    }
    let mut found = gateway
        .store
        .read(move |connection| store::changed_since(connection, &author, after, MOST_CHANGES + 1, now))
        .await?;
    let more = found.len() > MOST_CHANGES as usize;
    found.truncate(MOST_CHANGES as usize);
    let next = found.last().map_or(after, |last| last.changed).to_string();
    let registrations = found.into_iter().map(|found| gateway.rules.show(found, &caller.session.uuid)).collect();
    Ok(axum::Json(ChangedReply { registrations, next, more }))
}

/// Gives a registration a fresh link; the one before it is dead.
#[utoipa::path(post, path = "/v1/registrations/{id}/link", tag = "registrations",
    params(("id" = RegistrationId, Path, description = "The registration")),
    responses((status = 200, body = Registration), (status = "default", body = OperationOutcome)))]
pub(crate) async fn fresh_link(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<axum::Json<Registration>, Fault> {
    let id = registration_id(path)?;
    let (now, actor, rules) = (gateway.clock.now(), caller.actor(&gateway), Arc::clone(&gateway.rules));
    let registration =
        gateway.store.write(move |connection| fresh_link_of(connection, &rules, &actor, id, now)).await?;
    Ok(axum::Json(registration))
}

fn fresh_link_of(
    connection: &rusqlite::Connection,
    rules: &Rules,
    actor: &Actor,
    id: RegistrationId,
    now: jiff::Timestamp,
) -> Result<Registration, Fault> {
    let missing = || Fault::no_such("registration");
    let found = store::registration(connection, &id, now)?.ok_or_else(missing)?;
    if found.author != actor.uuid {
        return Err(Fault::new(FaultCode::NotPermitted, "only who registered it gives out its link"));
    }
    if !actor.may_register {
        return Err(Fault::new(FaultCode::NotPermitted, "this role does not register"));
    }
    if !matches!(found.state, RegistrationState::WaitingForThem | RegistrationState::LinkExpired) {
        return Err(Fault::new(FaultCode::WrongState, "it needs no link: it is linked or removed"));
    }
    let digest = keys::digest(&rules.keys.link_token(&id, found.link_serial + 1));
    store::new_link(connection, &found, &digest, rules.link_end(now))?;
    store::append_audit(connection, &actor.act(now, "fresh link", Some(&found.uuid), "given"))?;
    let found = store::registration(connection, &id, now)?.ok_or_else(missing)?;
    Ok(rules.show(found, &actor.uuid))
}

fn registration_id(path: Result<Path<String>, PathRejection>) -> Result<RegistrationId, Fault> {
    path.ok().and_then(|Path(text)| text.parse().ok()).ok_or_else(|| Fault::no_such("registration"))
}
