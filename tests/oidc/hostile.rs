//! An OpenID provider that does as its test says: real HTTP over TLS, keys of its own, and every way of being wrong.
//!
//! It is shaped like NHS CIS2 Authentication and is honest until it is told otherwise. Whoever calls it is written
//! down, so that a test can say which call was *not* made. Deliberately absent: pages. Whoever comes to the
//! authorization endpoint is signed in at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum_server::tls_rustls::RustlsConfig;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};
use tests::Outcome;
use url::Url;

use crate::serving::{Serving, Taken};
use crate::signing::{ISSUERS, NEXT, Signer, challenge, fresh, left_half, look_into};

/// Who signs in, unless a test says somebody else.
pub const PERSON: &str = "555100000001";
/// In which role.
pub const ROLE: &str = "555254240100";
/// As which client.
pub const CLIENT: &str = "ra-desk.test";
/// The name of the key it signs with.
pub const KID: &str = "one";

type Bend = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// How it misbehaves. Each is applied to what an honest provider would say.
#[derive(Clone)]
pub struct Manners {
    /// The claims of the ID token.
    pub claims: Bend,
    /// The header of the ID token.
    pub header: Bend,
    /// Who signs it.
    pub signer: Signer,
    /// What userinfo answers.
    pub info: Bend,
    /// What it says of itself.
    pub document: Bend,
    /// Its published keys.
    pub keys: Bend,
    /// Who is shown those keys, where not everybody is.
    pub keys_for: Option<Who>,
    /// The parameters with which it sends a browser back; null takes one away.
    pub answer: Bend,
    /// What the token endpoint answers.
    pub reply: Bend,
    /// What the token endpoint answers instead, word for word: its content type and its body.
    pub instead: Option<(&'static str, Arc<Vec<u8>>)>,
    /// Whether a code needs the verifier of its challenge.
    pub checks_pkce: bool,
    /// Whether it is ahead of everybody else, in seconds.
    pub clock: i64,
}

impl Default for Manners {
    fn default() -> Self {
        let honest: Bend = Arc::new(|_| {});
        Self {
            claims: honest.clone(),
            header: honest.clone(),
            signer: Signer::Issuer,
            info: honest.clone(),
            document: honest.clone(),
            keys: honest.clone(),
            keys_for: None,
            answer: honest.clone(),
            reply: honest,
            instead: None,
            checks_pkce: true,
            clock: 0,
        }
    }
}

/// Says something else in one place; null takes it away.
pub fn say(name: &'static str, value: impl Into<Value>) -> Bend {
    let value = value.into();
    Arc::new(move |all| {
        if value.is_null() {
            if let Some(all) = all.as_object_mut() {
                all.remove(name);
            }
        } else {
            all[name] = value.clone();
        }
    })
}

/// Who called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The gateway.
    Gateway,
    /// RA Desk.
    Desk,
    /// Somebody's browser, or somebody who means no good.
    Other,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// By whom.
    pub who: Who,
    /// The path behind the issuer's name.
    pub path: String,
    /// What stands behind the path.
    pub query: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// What was sent.
    pub form: HashMap<String, String>,
}

/// A sign-in whose code is not yet changed, or was.
#[derive(Clone)]
struct Grant {
    asked: HashMap<String, String>,
    auth_time: i64,
    sid: String,
}

#[derive(Default)]
struct Book {
    manners: Manners,
    grants: HashMap<String, Grant>,
    access: HashMap<String, Grant>,
    last: Option<(Grant, String)>,
    calls: Vec<Call>,
    secrets: Vec<String>,
}

struct Inner {
    url: String,
    book: Mutex<Book>,
}

/// A running provider. It ends when it is dropped.
pub struct Hostile {
    inner: Arc<Inner>,
    _serving: Serving,
}

impl Hostile {
    /// Starts one that is honest.
    pub fn start(tls: RustlsConfig) -> Outcome<Self> {
        let port = Taken::free()?;
        let inner = Arc::new(Inner { url: port.url("/op"), book: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(inner.clone());
        Ok(Self { inner, _serving: port.serve(tls, router)? })
    }

    /// Its name.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// From now on it misbehaves like this.
    pub fn behave(&self, manners: Manners) {
        self.book().manners = manners;
    }

    /// Every call so far to a path.
    pub fn calls(&self, path: &str) -> Vec<Call> {
        self.book().calls.iter().filter(|call| call.path == path).cloned().collect()
    }

    /// How often one of them called a path.
    pub fn count(&self, who: Who, path: &str) -> usize {
        self.calls(path).iter().filter(|call| call.who == who).count()
    }

    /// Every call so far.
    pub fn all_calls(&self) -> Vec<Call> {
        self.book().calls.clone()
    }

    /// Who can make other ID tokens for the last sign-in.
    pub fn again(&self) -> Again {
        Again(self.inner.clone())
    }

    /// The issuer's access token of the last sign-in.
    pub fn last_access_token(&self) -> Outcome<String> {
        Ok(self.book().last.clone().ok_or("nobody has signed in")?.1)
    }

    /// Every code and token it gave: none of them may ever be found where it does not belong.
    pub fn secrets(&self) -> Vec<String> {
        self.book().secrets.clone()
    }

    /// A logout token for the last sign-in, changed by a test.
    pub fn logout_token(&self, signer: Signer, change: impl FnOnce(&mut Value)) -> Outcome<String> {
        self.logout_token_of_type(signer, "logout+jwt", change)
    }

    /// The same, of another type by the word of its head.
    pub fn logout_token_of_type(&self, signer: Signer, kind: &str, change: impl FnOnce(&mut Value)) -> Outcome<String> {
        let (grant, _) = self.book().last.clone().ok_or("nobody has signed in")?;
        let now = now();
        let mut claims = json!({
            "iss": self.url(), "aud": CLIENT, "iat": now, "exp": now + 120, "jti": fresh("jti"), "sub": PERSON,
            "sid": grant.sid, "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        change(&mut claims);
        signer.sign(KID, &claims, |header| header["typ"] = kind.into())
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.inner.book()
    }
}

/// Makes other ID tokens for the last sign-in.
pub struct Again(Arc<Inner>);

impl Again {
    /// One as it would be with these manners.
    pub fn id_token(&self, manners: &Manners) -> Outcome<String> {
        let (grant, access) = self.0.book().last.clone().ok_or("nobody has signed in")?;
        id_token(&self.0, manners, &grant, &access)
    }
}

impl Inner {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What time it is, in seconds.
pub fn now() -> i64 {
    gateway::Clock::now(&gateway::SystemClock).as_second()
}

async fn answer(
    State(inner): State<Arc<Inner>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let who = match text(header::USER_AGENT) {
        Some(agent) if agent.starts_with("ra-gateway/") => Who::Gateway,
        Some(agent) if agent.starts_with("ra-desk/") => Who::Desk,
        _ => Who::Other,
    };
    let path = uri.path().strip_prefix("/op").unwrap_or(uri.path()).to_owned();
    let query = uri.query().unwrap_or_default().to_owned();
    let asked = if method == Method::POST { &body[..] } else { query.as_bytes() };
    let form: HashMap<String, String> = url::form_urlencoded::parse(asked).into_owned().collect();
    let authorization = text(header::AUTHORIZATION).map(str::to_owned);
    let call = Call { who, path: path.clone(), query, authorization: authorization.clone(), form: form.clone() };
    let manners = {
        let mut book = inner.book();
        book.calls.push(call);
        book.manners.clone()
    };
    match path.as_str() {
        "/.well-known/openid-configuration" => json_of(bent(document(&inner.url), &manners.document)),
        "/keys" => {
            let mut keys = json!({ "keys": [ISSUERS.jwk(KID)] });
            if manners.keys_for.is_none_or(|shown| shown == who) {
                (manners.keys)(&mut keys);
            }
            json_of(keys)
        }
        path if path.ends_with("/authorize") => authorize(&inner, &manners, form),
        "/token" => token(&inner, &manners, &form).unwrap_or_else(|error| refuse(&error.to_string())),
        "/userinfo" => userinfo(&inner, &manners, authorization.as_deref()),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn bent(mut value: Value, bend: &Bend) -> Value {
    bend(&mut value);
    value
}

fn json_of(value: Value) -> Response {
    axum::Json(value).into_response()
}

fn refuse(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": error }))).into_response()
}

fn document(url: &str) -> Value {
    json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    })
}

/// Signs somebody in and sends their browser back.
fn authorize(inner: &Inner, manners: &Manners, asked: HashMap<String, String>) -> Response {
    let Some(mut back) = asked.get("redirect_uri").and_then(|uri| Url::parse(uri).ok()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let code = fresh("code");
    let mut parameters = json!({ "code": code, "state": asked.get("state"), "iss": inner.url });
    (manners.answer)(&mut parameters);
    for (name, value) in parameters.as_object().into_iter().flatten() {
        if let Some(value) = value.as_str() {
            back.query_pairs_mut().append_pair(name, value);
        }
    }
    let grant = Grant { asked, auth_time: now() + manners.clock, sid: fresh("sid") };
    let mut book = inner.book();
    book.secrets.push(code.clone());
    book.grants.insert(code, grant);
    drop(book);
    (StatusCode::FOUND, [(header::LOCATION, back.to_string())]).into_response()
}

fn token(inner: &Inner, manners: &Manners, form: &HashMap<String, String>) -> Outcome<Response> {
    if let Some((kind, body)) = &manners.instead {
        return Ok(([(header::CONTENT_TYPE, *kind)], body.to_vec()).into_response());
    }
    let said = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    if !is_the_gateway(form, &format!("{}/token", inner.url)) {
        return Ok(refuse("invalid_client"));
    }
    let grant = inner.book().grants.remove(said("code"));
    let fits = |grant: &Grant| {
        let asked = |name: &str| grant.asked.get(name).map(String::as_str).unwrap_or_default();
        asked("redirect_uri") == said("redirect_uri")
            && (!manners.checks_pkce || asked("code_challenge") == challenge(said("code_verifier")))
    };
    let Some(grant) = grant.filter(fits) else { return Ok(refuse("invalid_grant")) };
    let (access, refresh) = (fresh("access"), fresh("refresh"));
    let id_token = id_token(inner, manners, &grant, &access)?;
    inner.book().secrets.extend([access.clone(), refresh.clone(), id_token.clone()]);
    let mut reply = json!({
        "access_token": access, "token_type": "Bearer", "expires_in": 3599, "id_token": id_token,
        // Nobody asked for one.
        "refresh_token": refresh,
    });
    (manners.reply)(&mut reply);
    let mut book = inner.book();
    book.access.insert(access.clone(), grant.clone());
    book.last = Some((grant, access));
    drop(book);
    Ok(json_of(reply))
}

/// Whether the assertion is one that CIS2 would take: RS512, named key, at most five minutes, for this endpoint alone.
fn is_the_gateway(form: &HashMap<String, String>, endpoint: &str) -> bool {
    let Some((header, claims)) = form.get("client_assertion").and_then(|assertion| look_into(assertion).ok()) else {
        return false;
    };
    let (now, client) = (now(), form.get("client_id").map(String::as_str));
    let exp = claims["exp"].as_i64().unwrap_or_default();
    header["alg"] == "RS512"
        && header["kid"].is_string()
        && client == Some(CLIENT)
        && claims["iss"].as_str() == client
        && claims["sub"].as_str() == client
        && claims["aud"] == endpoint
        && claims["jti"].as_str().is_some_and(|jti| jti.len() > 20)
        && (now..=now + 300).contains(&exp)
}

fn id_token(inner: &Inner, manners: &Manners, grant: &Grant, access: &str) -> Outcome<String> {
    let now = now() + manners.clock;
    let mut claims = json!({
        "iss": inner.url, "sub": PERSON, "aud": CLIENT, "azp": CLIENT, "at_hash": left_half(access),
        "acr": "AAL3_ANY", "amr": ["N3_SMARTCARD"], "auth_time": grant.auth_time, "iat": now, "exp": now + 3600,
        "sid": grant.sid, "nonce": grant.asked.get("nonce"), "id_assurance_level": "3",
        "authentication_assurance_level": "3", "selected_roleid": ROLE,
    });
    (manners.claims)(&mut claims);
    manners.signer.sign(KID, &claims, |header| (manners.header)(header))
}

fn userinfo(inner: &Inner, manners: &Manners, authorization: Option<&str>) -> Response {
    let token = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !inner.book().access.contains_key(token) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"")])
            .into_response();
    }
    let mut info = json!({
        "sub": PERSON, "nhsid_useruid": PERSON, "name": "AGENT ROBIN", "given_name": "Robin", "family_name": "Agent",
        "nhsid_nrbac_roles": [role(ROLE, "B81603")],
        "nhsid_user_orgs": [{ "org_code": "B81603", "org_name": "A practice" }],
    });
    (manners.info)(&mut info);
    json_of(info)
}

/// A role as CIS2 tells of it: that of an RA Agent.
pub fn role(id: &str, org: &str) -> Value {
    json!({
        "person_roleid": id, "person_orgid": "555254240199", "org_code": org, "role_code": "S0080:G0440:R5090",
        "role_name": "\"Admin & Clerical\":\"Admin\":\"Registration Authority Agent\"",
    })
}

/// The keys after the issuer has changed them.
pub fn next_keys() -> Value {
    json!([NEXT.jwk("two")])
}
