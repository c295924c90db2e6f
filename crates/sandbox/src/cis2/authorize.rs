//! The authorization endpoint: whether somebody is to be asked, and what.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::assurance::Asked;
use super::session::SignedIn;
use super::sign_in::{self, Interaction, Stage};
use crate::pages;
use crate::provider::{AuthorizationRequest, Prompt, Rejected};
use crate::serve::Practice;

/// `GET /cis2/authorize`.
pub(super) async fn begin(
    State(practice): State<Arc<Practice>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let provider = &practice.cis2.provider;
    let request = match AuthorizationRequest::parse(query.as_deref().unwrap_or(""), &provider.clients) {
        Ok(request) => request,
        Err(Rejected::Here(why)) => {
            return (StatusCode::BAD_REQUEST, pages::problem("This sign-in cannot begin", why)).into_response();
        }
        Err(Rejected::There(answer)) => return pages::go(answer.url(provider.issuer()).as_str()),
    };
    let refuse = |error, description| pages::go(request.refused(error, description).url(provider.issuer()).as_str());
    let Some(asked) = Asked::of(&request.acr_values) else {
        return refuse("unmet_authentication_requirements", "None of the acr_values can be met");
    };

    let now = practice.now();
    let session = practice.cis2.sessions.of(&headers, now).filter(|session| {
        let age = now.duration_since(session.who.auth_time).as_secs();
        request.prompt != Prompt::Ask
            && request.max_age.is_none_or(|oldest| age <= oldest)
            && asked.accepts(session.who.kind)
    });
    let Some(session) = session else {
        if request.prompt == Prompt::Never {
            return refuse("login_required", "Nobody is signed in who would do");
        }
        return sign_in::ask(&practice, Interaction { request, asked, stage: Stage::Who });
    };
    let who = SignedIn { acr: asked.acr(), ..session.who };
    if sign_in::must_choose(&practice, &request, &who) {
        if request.prompt == Prompt::Never {
            return refuse("interaction_required", "A role is to be chosen");
        }
        return sign_in::ask(&practice, Interaction { request, asked, stage: Stage::Role(who) });
    }
    sign_in::finish(&practice, request, who)
}
