//! An OpenID provider as small as it can be: codes are handed out by the test, the rest is as a provider does it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use axum::extract::{Form, Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gateway::Clock;
use http::{HeaderMap, StatusCode};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// RSA keys are slow to make, so they are made once a process.
pub static SIGNING: LazyLock<String> = LazyLock::new(new_rsa_key);
pub static OTHER: LazyLock<String> = LazyLock::new(new_rsa_key);
pub static CLIENT: LazyLock<String> = LazyLock::new(new_rsa_key);

fn new_rsa_key() -> String {
    use aws_lc_rs::encoding::AsDer;
    let key = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&key).unwrap();
    let text = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}

/// One sign-in that waits for its code to be changed.
#[derive(Clone)]
pub struct Grant {
    pub id: Value,
    pub info: Value,
    pub challenge: String,
    pub key: &'static LazyLock<String>,
    pub header: Header,
    /// Put into the ID token unless it says another.
    pub at_hash: bool,
}

struct Inner {
    url: Mutex<String>,
    grants: Mutex<HashMap<String, Grant>>,
    infos: Mutex<HashMap<String, Value>>,
    clock: Arc<dyn Clock>,
    down: Mutex<bool>,
    shown_by: Mutex<ShownBy>,
    /// Tokens that were given back, each with what it was said to be.
    revoked: Mutex<Vec<(String, String)>>,
    takes_back: Mutex<bool>,
    /// The names of the keys that tokens were asked for with.
    signed_with: Mutex<Vec<String>>,
}

/// How a client shows who it is.
enum ShownBy {
    Keys(JwkSet),
    Secret(String),
}

#[derive(Clone)]
pub struct Issuer(Arc<Inner>);

impl Issuer {
    pub async fn start(clock: Arc<dyn Clock>) -> Self {
        let issuer = Self(Arc::new(Inner {
            url: Mutex::default(),
            grants: Mutex::default(),
            infos: Mutex::default(),
            clock,
            down: Mutex::default(),
            shown_by: Mutex::new(ShownBy::Keys(client_keys())),
            revoked: Mutex::default(),
            takes_back: Mutex::new(true),
            signed_with: Mutex::default(),
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        *issuer.0.url.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/{realm}/.well-known/openid-configuration", get(discovery))
            .route("/{realm}/keys", get(keys))
            .route("/{realm}/token", post(token))
            .route("/{realm}/userinfo", get(userinfo))
            .route("/{realm}/revoke", post(revoke))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        issuer
    }

    pub fn url(&self, realm: &str) -> String {
        format!("{}/{realm}", self.0.url.lock().unwrap())
    }

    pub fn go_down(&self, down: bool) {
        *self.0.down.lock().unwrap() = down;
    }

    /// Takes what these keys have signed, as it would read them from where they are published.
    pub fn knows(&self, keys: JwkSet) {
        *self.0.shown_by.lock().unwrap() = ShownBy::Keys(keys);
    }

    /// Takes this secret, and no signature.
    pub fn takes_secret(&self, secret: &str) {
        *self.0.shown_by.lock().unwrap() = ShownBy::Secret(secret.to_owned());
    }

    /// Has a place for tokens to be given back, or none.
    pub fn takes_back(&self, takes: bool) {
        *self.0.takes_back.lock().unwrap() = takes;
    }

    /// What was given back.
    pub fn revoked(&self) -> Vec<(String, String)> {
        self.0.revoked.lock().unwrap().clone()
    }

    /// Which access tokens open userinfo.
    pub fn opens_userinfo(&self) -> usize {
        self.0.infos.lock().unwrap().len()
    }

    /// The name of the key that a token was asked for with last.
    pub fn signed_with(&self) -> Option<String> {
        self.0.signed_with.lock().unwrap().last().cloned()
    }

    /// Remembers a sign-in and gives its code.
    pub fn grant(&self, grant: Grant) -> String {
        let code = uuid_text();
        self.0.grants.lock().unwrap().insert(code.clone(), grant);
        code
    }

    pub fn now(&self) -> i64 {
        self.0.clock.now().as_second()
    }
}

pub fn uuid_text() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

pub fn header() -> Header {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some("one".into());
    header
}

pub fn sign(header: &Header, key: &str, claims: &Value) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_rsa_pem(key.as_bytes()).unwrap()).unwrap()
}

async fn discovery(State(issuer): State<Issuer>, Path(realm): Path<String>) -> Result<Json<Value>, StatusCode> {
    if *issuer.0.down.lock().unwrap() {
        return Err(StatusCode::BAD_GATEWAY);
    }
    let url = issuer.url(&realm);
    let revocation = issuer.0.takes_back.lock().unwrap().then(|| format!("{url}/revoke"));
    Ok(Json(json!({
        "revocation_endpoint": revocation,
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/keys"),
    })))
}

async fn keys() -> Json<JwkSet> {
    let key = EncodingKey::from_rsa_pem(SIGNING.as_bytes()).unwrap();
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS256).unwrap();
    jwk.common.key_id = Some("one".into());
    Json(JwkSet { keys: vec![jwk] })
}

async fn token(
    State(issuer): State<Issuer>,
    Path(realm): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let refuse = |error: &str| Err((StatusCode::BAD_REQUEST, Json(json!({ "error": error }))));
    if *issuer.0.down.lock().unwrap() {
        return Err((StatusCode::BAD_GATEWAY, Json(Value::Null)));
    }
    if !is_shown(&issuer, &form, &format!("{}/token", issuer.url(&realm))) {
        return refuse("invalid_client");
    }
    let grant = issuer.0.grants.lock().unwrap().remove(&form["code"]);
    let Some(mut grant) = grant.filter(|grant| challenge(&form["code_verifier"]) == grant.challenge) else {
        return refuse("invalid_grant");
    };
    let access_token = uuid_text();
    if grant.at_hash {
        grant.id["at_hash"] = URL_SAFE_NO_PAD.encode(&Sha256::digest(&access_token)[..16]).into();
    }
    issuer.0.infos.lock().unwrap().insert(access_token.clone(), grant.info);
    let id_token = sign(&grant.header, grant.key, &grant.id);
    let refresh_token = format!("refresh-{access_token}");
    Ok(Json(json!({
        "access_token": access_token, "id_token": id_token, "token_type": "Bearer", "refresh_token": refresh_token,
    })))
}

async fn revoke(
    State(issuer): State<Issuer>,
    Path(realm): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> StatusCode {
    if !is_shown(&issuer, &form, &format!("{}/token", issuer.url(&realm))) {
        return StatusCode::UNAUTHORIZED;
    }
    issuer.0.infos.lock().unwrap().remove(&form["token"]);
    issuer.0.revoked.lock().unwrap().push((form["token_type_hint"].clone(), form["token"].clone()));
    StatusCode::OK
}

/// The client's key as most tests have it.
fn client_keys() -> JwkSet {
    let key = EncodingKey::from_rsa_pem(CLIENT.as_bytes()).unwrap();
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::RS512).unwrap();
    jwk.common.key_id = Some("gateway-1".into());
    JwkSet { keys: vec![jwk] }
}

fn is_shown(issuer: &Issuer, form: &HashMap<String, String>, audience: &str) -> bool {
    match &*issuer.0.shown_by.lock().unwrap() {
        ShownBy::Keys(keys) => {
            let name = assertion_fits(form, keys, audience, issuer.now());
            issuer.0.signed_with.lock().unwrap().extend(name.clone());
            name.is_some() && !form.contains_key("client_secret")
        }
        ShownBy::Secret(secret) => {
            form.get("client_secret") == Some(secret)
                && form["client_id"] == "ra-desk.test"
                && !form.contains_key("client_assertion")
        }
    }
}

/// Whether the gateway showed itself as RFC 7523 and CIS2 ask for, and with which key.
fn assertion_fits(form: &HashMap<String, String>, keys: &JwkSet, audience: &str, now: i64) -> Option<String> {
    let assertion = form.get("client_assertion")?;
    let name = jsonwebtoken::decode_header(assertion).ok()?.kid?;
    let mut validation = Validation::new(Algorithm::RS512);
    validation.validate_exp = false;
    validation.set_audience(&[audience]);
    let key = DecodingKey::from_jwk(keys.find(&name)?).unwrap();
    let claims = jsonwebtoken::decode::<Value>(assertion, &key, &validation).ok()?.claims;
    let exp = claims["exp"].as_i64().unwrap();
    let fits = claims["iss"] == form["client_id"].as_str()
        && claims["sub"] == form["client_id"].as_str()
        && exp > now
        && exp <= now + 300
        && claims["jti"].as_str().is_some_and(|jti| jti.len() > 20);
    fits.then_some(name)
}

async fn userinfo(State(issuer): State<Issuer>, headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let token = headers["authorization"].to_str().unwrap().trim_start_matches("Bearer ").to_owned();
    issuer.0.infos.lock().unwrap().get(&token).cloned().map(Json).ok_or(StatusCode::UNAUTHORIZED)
}
