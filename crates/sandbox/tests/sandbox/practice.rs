//! A practice world of its own for each test, with a stand-in for the gateway.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sandbox::{Layout, Options, Ports, Running};
use serde_json::{Value, json};

use crate::browser::Browser;

pub const VERIFIER: &str = "a-verifier-that-is-long-enough-to-be-one-0123456789";

/// A clock that moves when told to.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_780_000_000)))
    }

    pub fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl gateway::Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

/// A running practice world.
pub struct Practice {
    pub layout: Layout,
    pub clock: TestClock,
    pub gateway: Arc<Gateway>,
    running: Running,
    _dir: tempfile::TempDir,
}

/// What the stand-in for the gateway knows and was told.
#[derive(Default)]
pub struct Gateway {
    secret: String,
    /// Care Identity UUIDs by linked address.
    pub linked: Mutex<HashMap<String, String>>,
    /// Logout tokens received.
    pub logouts: Mutex<Vec<String>>,
}

impl Practice {
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { people: 150, seed: 7, ports: Ports::Free, ..Options::default() };
        let layout = sandbox::init(dir.path(), options).unwrap();
        let clock = TestClock::new();
        let running = sandbox::start(dir.path(), Arc::new(clock.clone())).await.unwrap();
        let gateway = Arc::new(Gateway { secret: secret(&layout), ..Gateway::default() });
        Self { layout, clock, gateway, running, _dir: dir }
    }

    /// Starts to answer where the gateway is expected, over TLS with its certificate.
    pub async fn start_gateway(&self) {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let config = gateway::Config::read(&self.layout.gateway_config).unwrap();
        let dir = &self.layout.dir;
        let tls = axum_server::tls_rustls::RustlsConfig::from_pem_file(
            dir.join(&config.tls.certificate),
            dir.join(&config.tls.key),
        );
        let routes = Router::new()
            .route("/v1/issuer/authenticator", post(authenticator))
            .route("/backchannel-logout", post(logout))
            .with_state(self.gateway.clone());
        let addr: SocketAddr = config.listen;
        let server = axum_server::bind_rustls(addr, tls.await.unwrap());
        let handle = axum_server::Handle::new();
        tokio::spawn(server.handle(handle.clone()).serve(routes.into_make_service()));
        handle.listening().await.expect("the stand-in listens");
    }

    /// Starts the real gateway.
    pub async fn start_real_gateway(&self) -> gateway::Running {
        let config = gateway::Config::read(&self.layout.gateway_config).unwrap();
        gateway::start(config, &self.layout.dir, Arc::new(self.clock.clone())).await.unwrap()
    }

    /// A client that trusts the practice authority, as a desk does.
    pub fn desk_client(&self) -> reqwest::Client {
        let ca = reqwest::Certificate::from_pem(&std::fs::read(&self.layout.ca).unwrap()).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the one client of a test that is a desk")]
        reqwest::Client::builder().tls_certs_only([ca]).no_proxy().build().unwrap()
    }

    pub fn issuer(&self) -> &str {
        self.running.issuer_url()
    }

    pub fn browser(&self) -> Browser {
        Browser::at(&self.layout.sandbox_url)
    }

    pub fn redirect_uri(&self) -> String {
        let config = gateway::Config::read(&self.layout.gateway_config).unwrap();
        config.issuer.redirect_uris[0].clone()
    }

    /// An authorization request as the desk makes it, with some parameters otherwise (or, when empty, absent).
    pub fn authorize(&self, otherwise: &[(&str, &str)]) -> String {
        let mut parameters: BTreeMap<String, String> = [
            ("response_type", "code"),
            ("client_id", sandbox::DESK_CLIENT),
            ("redirect_uri", &self.redirect_uri()),
            ("scope", "openid profile nationalrbacaccess associatedorgs selectedrole"),
            ("state", "the-state"),
            ("nonce", "the-nonce"),
            ("code_challenge", &challenge()),
            ("code_challenge_method", "S256"),
            ("acr_values", "AAL3_ANY"),
            ("prompt", "login"),
            ("max_age", "300"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, value) in otherwise {
            parameters.insert((*name).to_owned(), (*value).to_owned());
        }
        parameters.retain(|_, value| !value.is_empty());
        Url::parse_with_params(&format!("{}/authorize", self.issuer()), parameters).unwrap().into()
    }

    /// A client assertion of the gateway's, with some claims otherwise.
    pub fn assertion(&self, otherwise: Value) -> String {
        self.assertion_with(Algorithm::RS512, Some("gateway-1"), otherwise)
    }

    pub fn assertion_with(&self, algorithm: Algorithm, key_id: Option<&str>, otherwise: Value) -> String {
        let now = gateway::Clock::now(&self.clock).as_second();
        let mut claims = json!({
            "iss": sandbox::DESK_CLIENT, "sub": sandbox::DESK_CLIENT, "aud": format!("{}/access_token", self.issuer()),
            "jti": unique(), "iat": now, "exp": now + 120,
        });
        claims.as_object_mut().unwrap().extend(otherwise.as_object().unwrap().clone());
        let pem = std::fs::read(self.layout.dir.join("gateway-client-key.pem")).unwrap();
        let mut header = Header::new(algorithm);
        header.kid = key_id.map(str::to_owned);
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_rsa_pem(&pem).unwrap()).unwrap()
    }

    /// Redeems a code as the gateway does, with some fields otherwise (or, when empty, absent).
    pub async fn redeem(&self, code: &str, otherwise: &[(&str, &str)]) -> (StatusCode, Value) {
        let assertion = self.assertion(json!({}));
        let mut form: BTreeMap<&str, &str> = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ]);
        let redirect_uri = self.redirect_uri();
        form.insert("redirect_uri", &redirect_uri);
        form.extend(otherwise.iter().copied());
        form.retain(|_, value| !value.is_empty());
        post_form(&format!("{}/access_token", self.issuer()), &form).await
    }
}

pub use url::Url;

pub fn challenge() -> String {
    use base64::Engine;
    use sha2::Digest;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(VERIFIER))
}

pub async fn post_form(url: &str, form: &BTreeMap<&str, &str>) -> (StatusCode, Value) {
    let response = client().post(url).form(form).send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

pub async fn get_json(url: &str, bearer: Option<&str>) -> (StatusCode, Value) {
    let mut request = client().get(url);
    if let Some(bearer) = bearer {
        request = request.bearer_auth(bearer);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap_or_default())
}

/// The claims of a token that the provider's published keys vouch for.
pub async fn verified(token: &str, issuer: &str) -> Value {
    let (_, keys) = get_json(&format!("{issuer}/connect/jwk_uri"), None).await;
    let keys: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys).unwrap();
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::RS256);
    let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode(token, &key, &validation).unwrap().claims
}

fn client() -> reqwest::Client {
    #[expect(clippy::disallowed_methods, reason = "the one client of a test that is not a browser")]
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn secret(layout: &Layout) -> String {
    let config = gateway::Config::read(&layout.gateway_config).unwrap();
    config.issuer.lookup_secret.unwrap().0
}

fn unique() -> String {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    format!("jti-{}", NEXT.fetch_add(1, Ordering::SeqCst))
}

async fn authenticator(State(gateway): State<Arc<Gateway>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if headers["authorization"] != format!("Bearer {}", gateway.secret).as_str() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match gateway.linked.lock().unwrap().get(body["address"].as_str().unwrap()) {
        Some(uuid) => Json(json!({ "care_identity": uuid, "name": "as the gateway has it" })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn logout(State(gateway): State<Arc<Gateway>>, Form(form): Form<HashMap<String, String>>) -> StatusCode {
    gateway.logouts.lock().unwrap().push(form["logout_token"].clone());
    StatusCode::OK
}
