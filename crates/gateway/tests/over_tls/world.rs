//! A whole gateway with its folder, its clock and its issuer, and people to try it with.

use std::path::Path;
use std::sync::{Arc, Mutex};

use contract::{AuthenticatorKind, AuthenticatorState, FaultCode, OperationOutcome, Profile};
use ed25519_dalek::SigningKey;
use gateway::directory_file::{AccountState, DirectoryRecord};
use gateway::{Clock, Config, Running};
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::issuer::{CLIENT, Grant, Issuer, SIGNING, challenge, header, uuid_text};

pub const VERIFIER: &str = "a-verifier-of-the-test-that-is-long-enough-for-rfc-7636";
pub const REDIRECT: &str = "http://127.0.0.1:9411/callback";
/// Where the proofs of its keys say that tokens are given, and what they are given with.
pub const TOKENS: &str = "https://localhost:9443/oauth2/token";
pub const LOOKUP: &str = "the-secret-of-the-issuer";

/// The RA Agent most tests sign in as, and their role.
pub const AGENT: &str = "555100000001";
pub const AGENT_ROLE: &str = "555254240100";
/// A colleague.
pub const COLLEAGUE: &str = "555100000002";
/// Made-up people. Sam has no authenticator and an address of their own.
pub const SAM: &str = "555000000001";
pub const SAM_ADDRESS: &str = "sam.taylor@nhs.net";

pub struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl TestClock {
    pub fn pass(&self, duration: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now = now.saturating_add(duration).unwrap();
    }
}

pub struct World {
    pub folder: TempDir,
    pub clock: Arc<TestClock>,
    pub issuer: Issuer,
    pub config: Config,
    pub client: reqwest::Client,
    /// What proofs are made with unless the test says otherwise.
    pub key: SigningKey,
    running: Option<Running>,
    elsewhere: Option<String>,
}

impl World {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(Mutex::new("2026-01-15T09:00:00Z".parse().unwrap())));
        let issuer = Issuer::start(clock.clone()).await;
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("cert.pem", &certified.cert.pem());
        write("key.pem", &certified.signing_key.serialize_pem());
        write("client.pem", &CLIENT);
        write("people.jsonl", &people());
        let mut config = config(&issuer);
        change(&mut config);
        #[expect(clippy::disallowed_methods, reason = "the test is the gateway's client")]
        let client = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(certified.cert.pem().as_bytes()).unwrap()])
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let mut world = Self { folder, clock, issuer, config, client, key: new_key(), running: None, elsewhere: None };
        world.running = Some(world.run().await.unwrap());
        world
    }

    pub async fn run(&self) -> Result<Running, gateway::StartError> {
        gateway::start(self.config.clone(), self.folder.path(), self.clock.clone()).await
    }

    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    pub async fn start_again(&mut self) {
        self.running = Some(self.run().await.unwrap());
    }

    /// Goes on with a gateway that runs in a process of its own.
    pub fn is_elsewhere(&mut self, url: String) {
        self.elsewhere = Some(url);
    }

    pub fn url(&self, path: &str) -> String {
        if let Some(url) = &self.elsewhere {
            return format!("{url}{path}");
        }
        format!("https://localhost:{}{path}", self.running.as_ref().unwrap().api_addr().port())
    }

    pub fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("gateway.sqlite3")
    }

    pub fn link_addr(&self) -> std::net::SocketAddr {
        self.running.as_ref().unwrap().link_addr().unwrap()
    }

    /// A look at what really stands in the database.
    pub fn count(&self, sql: &str) -> i64 {
        let connection = rusqlite::Connection::open(self.database()).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Changes what stands in the database, as another office would.
    pub fn change(&self, sql: &str) {
        rusqlite::Connection::open(self.database()).unwrap().execute_batch(sql).unwrap();
    }

    /// A sign-in as CIS2 gives it, to be changed by the test.
    pub fn grant(&self, uuid: &str, role: Option<&str>, roles: &Value) -> Grant {
        let now = self.issuer.now();
        let mut id = json!({
            "iss": self.issuer.url("cis2"), "sub": uuid, "aud": "ra-desk.test", "azp": "ra-desk.test",
            "exp": now + 3600, "iat": now, "auth_time": now, "nonce": "the-nonce", "acr": "AAL3_ANY",
            "id_assurance_level": "3", "authentication_assurance_level": 3, "sid": format!("sid-{uuid}"),
        });
        if let Some(role) = role {
            id["selected_roleid"] = role.into();
        }
        let info = json!({
            "sub": uuid, "nhsid_useruid": uuid, "name": "USER RA", "given_name": "Robin", "family_name": "Agent",
            "nhsid_nrbac_roles": roles, "nhsid_user_orgs": [{ "org_code": "B81603", "org_name": "A practice" }],
        });
        Grant { id, info, challenge: challenge(VERIFIER), key: &SIGNING, header: header(), at_hash: true }
    }

    pub async fn token(&self, grant: Grant) -> Answer {
        let code = self.issuer.grant(grant);
        self.token_form(&[
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("client_id", "ra-desk.test"),
            ("nonce", "the-nonce"),
        ])
        .await
    }

    pub async fn token_form(&self, form: &[(&str, &str)]) -> Answer {
        self.token_form_with(form, &[&self.proof(&self.key)]).await
    }

    /// With other proofs than the one that is right.
    pub async fn token_form_with(&self, form: &[(&str, &str)], proofs: &[&str]) -> Answer {
        let request = self.client.post(self.url("/oauth2/token")).form(form);
        Answer::of(proofs.iter().fold(request, |request, proof| request.header("DPoP", *proof))).await
    }

    /// A proof of this key, for the token endpoint, made now and never used.
    pub fn proof(&self, key: &SigningKey) -> String {
        contract::prove(key, &uuid_text(), "POST", TOKENS, self.issuer.now())
    }

    pub async fn sign_in(&self, uuid: &str) -> Session {
        self.sign_in_as(uuid, agent_role(AGENT_ROLE)).await
    }

    pub async fn sign_in_as(&self, uuid: &str, role: Value) -> Session {
        let id = role["person_roleid"].as_str().unwrap().to_owned();
        let answer = self.token(self.grant(uuid, Some(&id), &json!([role]))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        Session {
            url: self.url(""),
            client: self.client.clone(),
            access: answer.body["access_token"].as_str().unwrap().to_owned(),
            refresh: answer.body["refresh_token"].as_str().unwrap().to_owned(),
            uuid: uuid.to_owned(),
            role: Some(id),
        }
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What an RA user records of somebody, as a batch item.
    pub async fn item(&self, session: &Session, whom: &str, address: &str) -> Value {
        let profile = session.get(&format!("/v1/care-identities/{whom}")).await;
        let seen = profile.body["profile_seen"].as_str().map_or_else(|| "0".repeat(64), str::to_owned);
        json!({ "key": uuid_text(), "care_identity": whom, "body": self.body(session, address, &seen) })
    }

    pub fn body(&self, session: &Session, address: &str, seen: &str) -> Value {
        let now = self.clock.now();
        json!({
            "address": address, "profile_seen": seen, "method": "in_person", "documents": ["passport"],
            "checked_by": session.uuid, "checked_at": now, "recorded_by": session.uuid,
            "recorded_role": session.role.clone().unwrap_or_else(|| AGENT_ROLE.into()), "recorded_at": now,
            "clock_ahead_seconds": 0, "address_reason": "It was shown on their own phone.",
            "declaration": { "id": "nhs-net-connect-user", "version": "1", "accepted_by": "user" },
        })
    }

    /// Registers Sam and gives the registration.
    pub async fn register_sam(&self, session: &Session) -> Value {
        let item = self.item(session, SAM, SAM_ADDRESS).await;
        let result = session.send(&item).await;
        assert_eq!(result["outcome"], "registered", "{result}");
        result["registration"].clone()
    }
}

/// A key of a session.
pub fn new_key() -> SigningKey {
    let mut seed = [0; 32];
    aws_lc_rs::rand::fill(&mut seed).unwrap();
    SigningKey::from_bytes(&seed)
}

pub struct Session {
    url: String,
    pub client: reqwest::Client,
    pub access: String,
    pub refresh: String,
    pub uuid: String,
    pub role: Option<String>,
}

impl Session {
    /// Goes on with a gateway that was started again elsewhere.
    pub fn move_to(&mut self, url: String) {
        self.url = url;
    }

    pub fn request(&self, method: http::Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.access);
        if let Some(role) = &self.role {
            request = request.header("NHSD-Session-URID", role);
        }
        request
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(http::Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &impl serde::Serialize) -> Answer {
        Answer::of(self.request(http::Method::POST, path).json(body)).await
    }

    pub async fn put_json(&self, path: &str, body: &impl serde::Serialize) -> Answer {
        Answer::of(self.request(http::Method::PUT, path).json(body)).await
    }

    pub async fn put(&self, path: &str) -> Answer {
        Answer::of(self.request(http::Method::PUT, path)).await
    }

    pub async fn batch(&self, items: &[Value]) -> Answer {
        self.post("/v1/registrations/batch", &json!({ "items": items })).await
    }

    /// Sends one submission and gives its result.
    pub async fn send(&self, item: &Value) -> Value {
        let answer = self.batch(std::slice::from_ref(item)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_value::<contract::BatchReply>(answer.body.clone()).expect("the contract's reply");
        answer.body["results"][0].clone()
    }

    pub async fn cancel(&self, key: &Value) -> Answer {
        self.put(&format!("/v1/submissions/{}/cancel", key.as_str().unwrap())).await
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, body }
    }

    /// The code of an error, which must be a whole `OperationOutcome`.
    #[track_caller]
    pub fn fault(&self) -> FaultCode {
        assert_eq!(self.headers["content-type"], "application/fhir+json", "{}", self.text);
        serde_json::from_str::<OperationOutcome>(&self.text).unwrap().fault().unwrap()
    }

    pub fn diagnostics(&self) -> &str {
        self.body["issue"][0]["diagnostics"].as_str().unwrap_or_default()
    }
}

pub fn role(id: &str, code: &str, activities: &[&str], org: &str) -> Value {
    json!({
        "person_roleid": id, "person_orgid": "555254240199", "org_code": org, "role_code": code,
        "role_name": "\"Admin & Clerical\":\"Admin\":\"Registration Authority Agent\"",
        "activity_codes": activities,
    })
}

pub fn agent_role(id: &str) -> Value {
    role(id, "S0080:G0440:R5090", &[], "B81603")
}

pub fn sponsor_role(id: &str) -> Value {
    role(id, "S8001:G8002:R8008", &["B1300"], "B81603")
}

fn config(issuer: &Issuer) -> Config {
    let text = format!(
        r#"
listen = "127.0.0.1:0"
public_url = "https://localhost:9443"
database = "gateway.sqlite3"
secrets = "secrets"
[tls]
certificate = "cert.pem"
key = "key.pem"
[issuer]
url = "{}"
client_id = "ra-desk.test"
client_key = "client.pem"
client_key_id = "gateway-1"
redirect_uris = ["{REDIRECT}"]
acr_values = "AAL3_ANY"
lookup_secret = "{LOOKUP}"
[nhs_net]
url = "{}"
client_id = "ra-gateway.test"
client_key = "client.pem"
client_key_id = "gateway-1"
[link]
public_url = "https://localhost:9443"
[directory]
file = "people.jsonl"
"#,
        issuer.url("cis2"),
        issuer.url("nhsnet")
    );
    toml::from_str(&text).unwrap()
}

/// One profile as a directory record; `change` makes it what the test needs.
pub fn person(
    uuid: &str,
    given: &str,
    family: &str,
    nino: Option<&str>,
    change: impl FnOnce(&mut Profile),
) -> DirectoryRecord {
    let mut profile: Profile = serde_json::from_value(json!({
        "uuid": uuid, "name": { "given": given, "family": family }, "birth_date": "1985-03-27", "status": "active",
        "nino_held": nino.is_some(), "managed_in_esr": false,
        "positions": [{ "code": "B81603", "name": "A practice" }], "authenticators": [],
    }))
    .unwrap();
    change(&mut profile);
    DirectoryRecord::Profile { profile: Box::new(profile), nino: nino.map(|nino| nino.parse().unwrap()) }
}

pub fn with(kind: AuthenticatorKind, address: Option<&str>) -> impl FnOnce(&mut Profile) {
    let address = address.map(|address| address.parse().unwrap());
    move |profile| {
        profile.authenticators.push(contract::Authenticator {
            id: uuid_text().parse().unwrap(),
            kind,
            state: AuthenticatorState::Linked,
            address,
            added_at: "2024-05-01T10:00:00Z".parse().unwrap(),
            added_by: None,
        });
    }
}

pub fn account(address: &str, state: AccountState, shared_mailbox: bool) -> DirectoryRecord {
    DirectoryRecord::Account { address: address.parse().unwrap(), state, shared_mailbox }
}

pub fn write_people(folder: &Path, records: &[DirectoryRecord]) {
    let lines: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap()).collect();
    std::fs::write(folder.join("people.jsonl"), lines.join("\n")).unwrap();
}

fn people() -> String {
    use contract::ProfileStatus::{Closed, Restricted, Unverified};
    let status = |status| move |profile: &mut Profile| profile.status = status;
    let mut records = vec![
        person(SAM, "Sam", "Taylor", Some("AB123456C"), |profile| profile.email = Some(SAM_ADDRESS.into())),
        person("555000000002", "Siobhán", "O'Connor-Smith", None, |profile| {
            profile.birth_date = "1990-12-01".parse().unwrap();
        }),
        person("555000000003", "Chris", "Closed", None, status(Closed)),
        person("555000000004", "Una", "Verified", None, status(Unverified)),
        person("555000000005", "Rae", "Restricted", None, status(Restricted)),
        person("555000000006", "Casey", "Holder", None, with(AuthenticatorKind::Smartcard, None)),
        person(
            "555000000007",
            "Drew",
            "Linked",
            None,
            with(AuthenticatorKind::NhsNetConnect, Some("drew.linked@nhs.net")),
        ),
        person(AGENT, "Robin", "Agent", None, with(AuthenticatorKind::Smartcard, None)),
        account(SAM_ADDRESS, AccountState::Active, false),
        account("siobhan.smith@nhs.net", AccountState::Active, false),
        account("casey.holder@nhs.net", AccountState::Active, false),
        account("drew.linked@nhs.net", AccountState::Active, false),
        account("robin.agent@nhs.net", AccountState::Active, false),
        account("long.leave@nhs.net", AccountState::Disabled, false),
        account("quite.still@nhs.net", AccountState::Inactive, false),
        account("ward7@nhs.net", AccountState::Active, true),
        account("sam@trust.nhs.net", AccountState::Active, false),
    ];
    for n in 0..60 {
        let uuid = format!("5550001000{n:02}");
        let given = if n % 2 == 0 { "Alex" } else { "Alexandra" };
        records.push(person(&uuid, given, "Manyson", None, |_| {}));
        records.push(account(&format!("person{n}@nhs.net"), AccountState::Active, false));
    }
    records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect()
}
