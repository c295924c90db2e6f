//! What the practice CIS2 says of a person: ID token, userinfo, and the documents that describe itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::cis2::{NrbacRole, UserOrg};
use jsonwebtoken::jwk::JwkSet;
use serde_json::{Map, Value, json};

use super::assurance::{self, amr};
use super::session::SignedIn;
use crate::provider::{Granted, TokenRefusal, at_hash};
use crate::random;
use crate::serve::Practice;
use crate::world::organisations::name_of;

/// How long an ID token is good, in seconds.
const ID_TOKEN_LIFE: i64 = 3_600;

/// `GET /cis2/.well-known/openid-configuration`.
pub(super) async fn discovery(State(practice): State<Arc<Practice>>) -> Json<Value> {
    let provider = &practice.cis2.provider;
    Json(provider.discovery(json!({
        "end_session_endpoint": format!("{}/connect/endSession", provider.issuer()),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "acr_values_supported": assurance::SUPPORTED,
        "scopes_supported": [
            "openid", "profile", "email", "nhsperson", "nationalrbacaccess", "associatedorgs",
            "organisationalmemberships", "selectedrole", "changedrole",
        ],
        "claims_supported": [
            "sub", "name", "given_name", "family_name", "uid", "email", "nhsid_useruid", "idassurancelevel",
            "nhsid_nrbac_roles", "nhsid_user_orgs", "nhsid_org_memberships", "selected_roleid",
            "id_assurance_level", "authentication_assurance_level",
        ],
    })))
}

/// `GET /cis2/connect/jwk_uri`.
pub(super) async fn keys(State(practice): State<Arc<Practice>>) -> Json<JwkSet> {
    Json(practice.cis2.provider.key.public_set())
}

/// `POST /cis2/access_token`.
pub(super) async fn token(
    State(practice): State<Arc<Practice>>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response, TokenRefusal> {
    let provider = &practice.cis2.provider;
    let redeemed = provider.redeem(&form, practice.now())?;
    let claims = id_token(&practice, &redeemed.granted, &redeemed.access_token);
    provider.tokens(&redeemed, &claims)
}

/// `GET` or `POST /cis2/userinfo`.
pub(super) async fn userinfo(State(practice): State<Arc<Practice>>, headers: HeaderMap) -> Response {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer "));
    let granted = token.and_then(|token| practice.cis2.provider.access(token, practice.now()));
    match granted.and_then(|granted| user_claims(&practice, &granted)) {
        Some(claims) => Json(claims).into_response(),
        None => {
            let challenge = [(header::WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#)];
            (StatusCode::UNAUTHORIZED, challenge).into_response()
        }
    }
}

fn id_token(practice: &Practice, granted: &Granted<SignedIn>, access_token: &str) -> Value {
    let Granted { request, who } = granted;
    let now = practice.now().as_second();
    // Nobody signs in who is not in the world; if they did, nobody vouches for them.
    let level = practice.world.person(&who.uuid).map_or(0, |person| practice.world.id_assurance_level(person));
    let mut claims = json!({
        "iss": practice.cis2.provider.issuer(),
        "sub": who.uuid,
        "aud": request.client_id,
        "azp": request.client_id,
        "at_hash": at_hash(access_token),
        "acr": who.acr,
        "amr": [amr(who.kind)],
        "auth_time": who.auth_time.as_second(),
        "iat": now,
        "exp": now + ID_TOKEN_LIFE,
        "sid": who.sid,
        "realm": "/NHSIdentity/Healthcare",
        "tokenName": "id_token",
        "tokenType": "JWTToken",
        "auditTrackingId": random::guid(),
        // Text, as CIS2 mostly has it.
        "id_assurance_level": level.to_string(),
        "authentication_assurance_level": who.kind.assurance_level().to_string(),
    });
    if let Some(nonce) = &request.nonce {
        claims["nonce"] = json!(nonce);
    }
    let role_asked = request.asks("selectedrole") || request.asks("changedrole");
    if let Some(role) = who.role.as_ref().filter(|_| role_asked) {
        claims["selected_roleid"] = json!(role);
    }
    claims
}

/// Claims by scope. An array that would be empty is absent, as at CIS2.
fn user_claims(practice: &Practice, granted: &Granted<SignedIn>) -> Option<Value> {
    let Granted { request, who } = granted;
    let person = practice.world.person(&who.uuid)?;
    let profile = &person.profile;
    let name = &profile.name;
    let roles = practice.world.roles(person);
    let mut claims = Map::new();
    let mut say = |key: &str, value: Value| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        if !empty {
            claims.insert(key.to_owned(), value);
        }
    };
    say("sub", json!(who.uuid));
    if request.asks("profile") {
        say("name", json!(name.short()));
        say("given_name", json!(name.given));
        say("family_name", json!(name.family));
        say("uid", json!(who.uuid));
    }
    if request.asks("email") {
        say("email", json!(profile.email));
    }
    if request.asks("nhsperson") {
        let level = practice.world.id_assurance_level(person);
        say("nhsid_useruid", json!(who.uuid));
        say("title", json!(name.title));
        say("middle_names", json!(name.middle));
        say("display_name", json!(name.short()));
        say("idassurancelevel", json!(level.to_string()));
    }
    if request.asks("nationalrbacaccess") {
        say("nhsid_useruid", json!(who.uuid));
        say("nhsid_nrbac_roles", Value::Array(roles.iter().map(nrbac_role).collect()));
    }
    if request.asks("associatedorgs") {
        let codes: BTreeSet<&str> = roles.iter().map(|role| role.org_code.as_str()).collect();
        let org = |code: &&str| UserOrg { org_code: (*code).to_owned(), org_name: name_of(code).to_owned() };
        say("nhsid_user_orgs", json!(codes.iter().map(org).collect::<Vec<_>>()));
    }
    if request.asks("organisationalmemberships") {
        let membership = |role: &NrbacRole| {
            json!({
                "person_orgid": role.person_orgid,
                "org_code": role.org_code,
                "org_name": name_of(&role.org_code),
            })
        };
        say("nhsid_org_memberships", Value::Array(roles.iter().map(membership).collect()));
    }
    Some(Value::Object(claims))
}

fn nrbac_role(role: &NrbacRole) -> Value {
    let mut role = json!(role);
    if let Some(role) = role.as_object_mut() {
        role.retain(|_, value| !value.as_array().is_some_and(Vec::is_empty));
    }
    role
}
