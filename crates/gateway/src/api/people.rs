//! Finding people and opening a profile.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use contract::{
    BirthDate, CareIdentityUuid, FamilyPattern, FaultCode, FieldErrors, GivenName, Invalid, NationalInsuranceNumber,
    NhsNetAddress, OdsCode, OperationOutcome, ProfileReply, SearchReply, SearchRequest,
};
use http::header;
use serde::Deserialize;
use serde_json::Value;

use super::caller::Caller;
use super::json::Json;
use super::metrics::count;
use super::{BODY_LIMIT, Fault};
use crate::gateway::{Gateway, Rules};
use crate::policy;
use crate::store::{self, Found, StoreError, Wanted};

/// Finds people. Every person shown is a row of the audit, written before the answer.
#[utoipa::path(post, path = "/v1/care-identities/search", tag = "people", request_body = SearchRequest,
    responses((status = 200, body = SearchReply), (status = "default", body = OperationOutcome)))]
pub(crate) async fn search(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    Json(request): Json<Value, BODY_LIMIT>,
) -> Result<axum::Json<SearchReply>, Fault> {
    caller.may_find(&gateway)?;
    let request = SearchRequest::deserialize(&request).map_err(|_| not_understood(&request))?;
    let wanted = wanted(&gateway.rules, request)?;
    let (now, actor) = (gateway.clock.now(), caller.actor(&gateway));
    let found = gateway.store.read(move |connection| store::search(connection, &wanted, now)).await?;
    count(&gateway.metrics.searches);
    let found = gateway
        .store
        .write(move |connection| {
            match &found {
                Found::TooMany => store::append_audit(connection, &actor.act(now, "search", None, "too many"))?,
                Found::Matches(matches) if matches.is_empty() => {
                    store::append_audit(connection, &actor.act(now, "search", None, "none"))?;
                }
                Found::Matches(matches) => {
                    for person in matches {
                        store::append_audit(connection, &actor.act(now, "search", Some(&person.uuid), "matched"))?;
                    }
                }
            }
            Ok::<_, StoreError>(found)
        })
        .await?;
    match found {
        Found::Matches(matches) => Ok(axum::Json(SearchReply { matches })),
        Found::TooMany => Err(Fault::new(FaultCode::TooManyMatches, "more than 50 people match")),
    }
}

/// What is wrong with a search, field by field. Repeats nothing of it.
fn not_understood(request: &Value) -> Fault {
    let mut errors = FieldErrors::default();
    let needed = match request["by"].as_str() {
        Some("uuid") => "uuid",
        Some("address") => "address",
        Some("national_insurance") => "nino",
        Some("details") => "family",
        _ => {
            errors.push("by", "no_such_search", "A search is by uuid, address, national_insurance or details.");
            ""
        }
    };
    check::<CareIdentityUuid>(&mut errors, request, "uuid", needed);
    check::<NhsNetAddress>(&mut errors, request, "address", needed);
    check::<NationalInsuranceNumber>(&mut errors, request, "nino", needed);
    check::<FamilyPattern>(&mut errors, request, "family", needed);
    check::<GivenName>(&mut errors, request, "given", needed);
    check::<BirthDate>(&mut errors, request, "birth_date", needed);
    check::<OdsCode>(&mut errors, request, "organisation", needed);
    if errors.0.is_empty() {
        return Fault::new(FaultCode::InvalidRequest, "the search has a field that does not belong to its kind");
    }
    Fault::of_fields(errors.0)
}

/// Whether a body is a search. One that is none is told what is wrong with it.
#[cfg(feature = "fuzz")]
pub(super) fn understood(bytes: &[u8]) -> usize {
    let Ok(request) = super::json::parse::<Value>(bytes) else { return 0 };
    let search = SearchRequest::deserialize(&request);
    if search.is_err() {
        not_understood(&request);
    }
    usize::from(search.is_ok())
}

/// Checks one field of a search. What is needed and missing is judged as an empty text.
fn check<T: FromStr<Err = Invalid>>(errors: &mut FieldErrors, request: &Value, field: &str, needed: &str) {
    match &request[field] {
        Value::String(text) => {
            errors.parse::<T>(field, text);
        }
        Value::Null if field != needed => {}
        Value::Null => {
            errors.parse::<T>(field, "");
        }
        _ => errors.push(field, "not_a_text", "This is written as a text."),
    }
}

/// What is looked for. A National Insurance number ends here: from now on there is only its digest.
fn wanted(rules: &Rules, request: SearchRequest) -> Result<Wanted, Fault> {
    Ok(match request {
        SearchRequest::Uuid { uuid } => Wanted::Uuid(uuid),
        SearchRequest::Address { address } => Wanted::Address(address),
        SearchRequest::NationalInsurance { nino } => Wanted::NinoDigest(rules.keys.nino_digest(&nino)),
        SearchRequest::Details { family, given, birth_date, organisation } => {
            if given.is_none() && birth_date.is_none() && organisation.is_none() {
                return Err(Fault::new(
                    FaultCode::SearchTooBroad,
                    "a family name needs a given name, a birth date or an organisation beside it",
                ));
            }
            Wanted::Details { family, given, birth_date, organisation }
        }
    })
}

/// Opens a profile.
#[utoipa::path(get, path = "/v1/care-identities/{uuid}", tag = "people",
    params(("uuid" = CareIdentityUuid, Path, description = "Care Identity UUID")),
    responses((status = 200, body = ProfileReply, headers(("ETag", description = "The digest of what is seen"))),
              (status = "default", body = OperationOutcome)))]
pub(crate) async fn profile(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    path: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, Fault> {
    caller.may_find(&gateway)?;
    let uuid: CareIdentityUuid =
        path.ok().and_then(|Path(text)| text.parse().ok()).ok_or_else(|| Fault::no_such("profile"))?;
    let (now, actor) = (gateway.clock.now(), caller.actor(&gateway));
    let reply = gateway
        .store
        .write(move |connection| {
            let Some(profile) = store::profile(connection, &uuid, now)? else {
                return Err(Fault::no_such("profile"));
            };
            store::append_audit(connection, &actor.act(now, "open profile", Some(&uuid), "shown"))?;
            Ok(policy::profile_reply(profile, actor.may_register, &actor.uuid))
        })
        .await?;
    let etag = format!("\"{}\"", reply.profile_seen);
    Ok(([(header::ETAG, etag)], axum::Json(reply)))
}
