//! Who signs in, and in which role.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::{AuthenticatorKind, CareIdentityUuid};
use serde::Deserialize;

use super::assurance::Asked;
use super::session::SignedIn;
use super::{pages as own_pages, with_nhs_net};
use crate::provider::AuthorizationRequest;
use crate::serve::Practice;
use crate::world::Person;
use crate::{pages, random};

/// A sign-in under way.
#[derive(Clone)]
pub(super) struct Interaction {
    pub(super) request: AuthorizationRequest,
    pub(super) asked: Asked,
    pub(super) stage: Stage,
}

/// What is asked next.
#[derive(Clone)]
pub(super) enum Stage {
    /// Who are you?
    Who,
    /// In which role?
    Role(SignedIn),
}

/// What was pressed. One of these at a time.
#[derive(Deserialize, Default)]
pub(super) struct Pressed {
    user: Option<String>,
    role: Option<String>,
    with: Option<String>,
    filter: Option<String>,
    cancel: Option<String>,
}

/// Begins to ask, or asks the next thing of the same sign-in.
pub(super) fn ask(practice: &Practice, interaction: Interaction) -> Response {
    let name = practice.cis2.interactions.put(interaction, practice.now());
    pages::go(&path(&name))
}

/// Where the pages of a sign-in are.
pub(super) fn path(interaction: &str) -> String {
    format!("/cis2/sign-in/{interaction}")
}

/// `GET /cis2/sign-in/…`.
pub(super) async fn show(State(practice): State<Arc<Practice>>, Path(name): Path<String>) -> Response {
    match practice.cis2.interactions.look(&name, practice.now()) {
        Some(interaction) => page(&practice, &name, &interaction, None),
        None => over(),
    }
}

/// `POST /cis2/sign-in/…`.
pub(super) async fn answer(
    State(practice): State<Arc<Practice>>,
    Path(name): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    let now = practice.now();
    let Some(interaction) = practice.cis2.interactions.look(&name, now) else { return over() };
    if pressed.cancel.is_some() {
        return refuse(&practice, &name, &interaction, "The person chose not to sign in");
    }
    if let Some(filter) = pressed.filter {
        return page(&practice, &name, &interaction, Some(&filter));
    }
    match (&interaction.stage, pressed) {
        (Stage::Who, Pressed { with: Some(with), .. }) if with == AuthenticatorKind::NhsNetConnect.as_str() => {
            // Asked for by hand, since the button is not shown where it would not do.
            if !interaction.asked.accepts(AuthenticatorKind::NhsNetConnect) {
                return not_enough();
            }
            with_nhs_net::go_there(&practice, &name)
        }
        (Stage::Who, Pressed { user: Some(uuid), .. }) => {
            let person = uuid.parse::<CareIdentityUuid>().ok().and_then(|uuid| practice.world.person(&uuid));
            let Some(person) = person else { return over() };
            let Some(kind) = interaction.asked.choose(&person.profile) else { return not_enough() };
            if practice.world.ra_user(&person.profile.uuid).is_some_and(|user| user.refused_at_sign_in) {
                return refuse(&practice, &name, &interaction, "The smartcard was cancelled");
            }
            signed_in(&practice, &name, interaction, person, kind)
        }
        (Stage::Role(who), Pressed { role: Some(role), .. }) => {
            let theirs = practice.world.person(&who.uuid).map(|person| practice.world.roles(person));
            if !theirs.is_some_and(|roles| roles.iter().any(|known| known.person_roleid == role)) {
                return over();
            }
            let who = SignedIn { role: Some(role), ..who.clone() };
            match practice.cis2.interactions.take(&name, now) {
                Some(interaction) => finish(&practice, interaction.request, who),
                None => over(),
            }
        }
        // A page of an earlier step, opened again with the back button.
        _ => pages::go(&path(&name)),
    }
}

/// Somebody showed who they are. Asks for a role if there is one to choose, and otherwise is done.
pub(super) fn signed_in(
    practice: &Practice,
    name: &str,
    interaction: Interaction,
    person: &Person,
    kind: AuthenticatorKind,
) -> Response {
    let now = practice.now();
    if practice.cis2.interactions.take(name, now).is_none() {
        return over();
    }
    let Interaction { request, asked, .. } = interaction;
    let uuid = person.profile.uuid.clone();
    let who = SignedIn { uuid, sid: random::guid(), auth_time: now, kind, acr: asked.acr(), role: None };
    if must_choose(practice, &request, &who) {
        return ask(practice, Interaction { request, asked, stage: Stage::Role(who) });
    }
    finish(practice, request, who)
}

/// Whether a role is to be chosen: when one is asked for, none is chosen yet (or another is wanted), and there are
/// several. One role is chosen without asking.
pub(super) fn must_choose(practice: &Practice, request: &AuthorizationRequest, who: &SignedIn) -> bool {
    let wanted = request.asks("changedrole") || (request.asks("selectedrole") && who.role.is_none());
    wanted && practice.world.person(&who.uuid).is_some_and(|person| practice.world.roles(person).len() > 1)
}

/// Sends the person back to the client, with a code.
pub(super) fn finish(practice: &Practice, request: AuthorizationRequest, mut who: SignedIn) -> Response {
    let role_asked = request.asks("selectedrole") || request.asks("changedrole");
    if role_asked && who.role.is_none() {
        let roles = practice.world.person(&who.uuid).map(|person| practice.world.roles(person)).unwrap_or_default();
        who.role = roles.into_iter().next().map(|role| role.person_roleid);
    }
    let cookie = practice.cis2.sessions.keep(who.clone(), &request.client_id);
    let provider = &practice.cis2.provider;
    let code = provider.grant(request.clone(), who, practice.now());
    let mut response = pages::go(request.with_code(provider.issuer(), &code).as_str());
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

fn page(practice: &Practice, name: &str, interaction: &Interaction, filter: Option<&str>) -> Response {
    let back = path(name);
    match &interaction.stage {
        Stage::Who => own_pages::who(&practice.world, &back, interaction.asked, filter).into_response(),
        Stage::Role(who) => match practice.world.person(&who.uuid) {
            Some(person) => own_pages::role(&back, &person.profile.name.short(), &practice.world.roles(person), filter)
                .into_response(),
            None => over(),
        },
    }
}

fn refuse(practice: &Practice, name: &str, interaction: &Interaction, why: &'static str) -> Response {
    practice.cis2.interactions.take(name, practice.now());
    let answer = interaction.request.refused("access_denied", why);
    pages::go(answer.url(practice.cis2.provider.issuer()).as_str())
}

fn not_enough() -> Response {
    let why = "This way to sign in is not strong enough for the program that asked. Go back and choose another.";
    (StatusCode::FORBIDDEN, pages::problem("Not strong enough", why)).into_response()
}

/// The page of a sign-in that is finished, or was left too long.
pub(super) fn over() -> Response {
    let why = "It is finished already, or it was left for more than 10 minutes. Begin again in the program you came \
               from.";
    (StatusCode::GONE, pages::problem("This sign-in is over", why)).into_response()
}
