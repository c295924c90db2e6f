//! The user's own page: what it shows, and that only the registered account finishes.

use http::{StatusCode, header};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use crate::issuer::{Grant, SIGNING, header as jwt_header, sign};
use crate::world::{AGENT, Answer, COLLEAGUE, LOOKUP, SAM, SAM_ADDRESS, Session, World};

/// A user with a browser of their own.
pub struct User<'a> {
    world: &'a World,
    path: String,
}

/// A sign-in at NHS.net Connect that has been started.
struct Started {
    query: std::collections::HashMap<String, String>,
    cookie: String,
    set_cookie: String,
}

impl<'a> User<'a> {
    pub fn of(world: &'a World, registration: &Value) -> Self {
        let url = Url::parse(registration["link"]["url"].as_str().unwrap()).unwrap();
        Self { world, path: url.path().to_owned() }
    }

    async fn open(&self) -> Answer {
        Answer::of(self.world.client.get(self.world.url(&self.path))).await
    }

    async fn start(&self) -> Started {
        let request = self.world.client.post(self.world.url(&self.path)).form(&[("continue", "yes")]);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let url = Url::parse(answer.headers[header::LOCATION].to_str().unwrap()).unwrap();
        let set_cookie = answer.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
        Started {
            query: url.query_pairs().into_owned().collect(),
            cookie: set_cookie.split(';').next().unwrap().to_owned(),
            set_cookie,
        }
    }

    async fn come_back(&self, started: &Started, extra: &[(&str, &str)]) -> Answer {
        let mut query = vec![("state", started.query["state"].as_str())];
        query.extend_from_slice(extra);
        let url = Url::parse_with_params(&self.world.url("/link/callback"), query).unwrap();
        Answer::of(self.world.client.get(url).header("cookie", format!("other=1; {}", started.cookie))).await
    }

    /// Signs in with an account and comes back.
    pub async fn sign_in(&self, account: &str) -> Answer {
        let started = self.start().await;
        let code = self.world.issuer.grant(grant(self.world, &started, account));
        self.come_back(&started, &[("code", &code)]).await
    }
}

fn grant(world: &World, started: &Started, account: &str) -> Grant {
    let now = world.issuer.now();
    let id = json!({
        "iss": world.issuer.url("nhsnet"), "sub": account, "aud": "ra-gateway.test", "exp": now + 600, "iat": now,
        "nonce": started.query["nonce"], "email": account, "email_verified": true,
    });
    let challenge = started.query["code_challenge"].clone();
    Grant { id, info: Value::Null, challenge, key: &SIGNING, header: jwt_header(), at_hash: false }
}

pub fn result(answer: &Answer) -> &str {
    answer.text.split("data-result=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("none")
}

async fn state(session: &Session, registration: &Value) -> Value {
    session.get(&format!("/v1/registrations/{}", registration["id"].as_str().unwrap())).await.body
}

async fn asked_by_issuer(world: &World, secret: &str, address: &str) -> Answer {
    let request = world.client.post(world.url("/v1/issuer/authenticator")).bearer_auth(secret);
    Answer::of(request.json(&json!({ "address": address }))).await
}

#[tokio::test]
async fn the_registered_account_finishes_and_opens_the_profile() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    assert_eq!(asked_by_issuer(&world, LOOKUP, SAM_ADDRESS).await.status, StatusCode::NOT_FOUND, "not linked yet");
    let page = user.open().await;
    assert_eq!((page.status, result(&page)), (StatusCode::OK, "open"));
    assert!(page.text.contains("sa…@nhs.net") && !page.text.contains(SAM_ADDRESS) && !page.text.contains("Taylor"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["cache-control"], "no-store");
    let started = user.start().await;
    assert_eq!(started.query["prompt"], "select_account");
    assert_eq!(started.query["code_challenge_method"], "S256");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/link", "Max-Age=600", "Secure"] {
        assert!(started.set_cookie.contains(part), "{part} in {}", started.set_cookie);
    }
    let page = user.sign_in("SAM.Taylor@nhs.net").await;
    assert_eq!((page.status, result(&page)), (StatusCode::OK, "linked"), "{}", page.text);
    let now = state(&session, &registration).await;
    assert_eq!(now["state"], "linked");
    assert!(now.get("link").is_none() && now["progress"]["linked_at"].is_string());
    let answer = asked_by_issuer(&world, LOOKUP, SAM_ADDRESS).await;
    assert_eq!(answer.body, json!({ "care_identity": SAM, "name": "Sam Taylor" }));
    assert_eq!(asked_by_issuer(&world, "another-secret", SAM_ADDRESS).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(asked_by_issuer(&world, "", SAM_ADDRESS).await.status, StatusCode::UNAUTHORIZED);
    let again = user.open().await;
    assert_eq!(result(&again), "already_linked", "a link that was used has a page of its own");
    assert_eq!(world.count(&format!("SELECT count(*) FROM audit WHERE action = 'link' AND whom = '{SAM}'")), 1);
    world.change(&format!("UPDATE profiles SET status = 'closed' WHERE uuid = '{SAM}'"));
    assert_eq!(asked_by_issuer(&world, LOOKUP, SAM_ADDRESS).await.status, StatusCode::NOT_FOUND, "a closed profile");
}

#[tokio::test]
async fn opening_is_remembered_and_uses_nothing_up() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    let head = world.client.head(world.url(&user.path));
    Answer::of(head).await;
    assert!(state(&session, &registration).await["progress"].get("opened_at").is_none());
    let first = world.clock_now();
    for _ in 0..20 {
        assert_eq!(result(&user.open().await), "open");
        world.clock.pass(SignedDuration::from_secs(1));
    }
    let now = state(&session, &registration).await;
    assert_eq!(now["progress"]["opened_at"], json!(first));
    assert_eq!(now["progress"]["attempts_left"], 5);
    assert_eq!(result(&user.sign_in(SAM_ADDRESS).await), "linked");
}

#[tokio::test]
async fn a_wrong_account_links_nothing_and_the_right_one_still_does() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    let page = user.sign_in("drew.linked@nhs.net").await;
    assert_eq!((page.status, result(&page)), (StatusCode::FORBIDDEN, "wrong_account"));
    assert!(page.text.contains("4 more times"));
    // They have left the link's own page to sign in: it leads back there.
    let (_, token) = user.path.rsplit_once('/').unwrap();
    assert!(page.text.contains(&format!("href=\"{token}\"")));
    let now = state(&session, &registration).await;
    assert_eq!((&now["state"], &now["progress"]["wrong_account"]), (&json!("waiting_for_them"), &json!(1)));
    assert!(now["progress"]["signed_in_at"].is_string());
    assert_eq!(asked_by_issuer(&world, LOOKUP, SAM_ADDRESS).await.status, StatusCode::NOT_FOUND);
    assert_eq!(result(&user.sign_in(SAM_ADDRESS).await), "linked");
}

#[tokio::test]
async fn five_wrong_accounts_end_a_link_and_a_fresh_one_works() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    for wrong in ["drew.linked@nhs.net", "sam@example.org", "ward7@nhs.net", "casey.holder@nhs.net"] {
        assert_eq!(result(&user.sign_in(wrong).await), "wrong_account", "{wrong}");
    }
    let late = user.start().await;
    assert_eq!(result(&user.sign_in("drew.linked@nhs.net").await), "ended");
    assert_eq!(result(&user.open().await), "ended");
    let code = world.issuer.grant(grant(&world, &late, SAM_ADDRESS));
    assert_eq!(result(&user.come_back(&late, &[("code", &code)]).await), "ended", "also for the right one");
    let now = state(&session, &registration).await;
    assert_eq!((&now["state"], &now["progress"]["attempts_left"]), (&json!("link_expired"), &json!(0)));
    let path = format!("/v1/registrations/{}/link", registration["id"].as_str().unwrap());
    let colleague = world.sign_in(COLLEAGUE).await;
    assert_eq!(colleague.post(&path, &json!({})).await.status, StatusCode::FORBIDDEN);
    let fresh = session.post(&path, &json!({})).await;
    assert_eq!(
        (&fresh.body["state"], &fresh.body["progress"]["attempts_left"]),
        (&json!("waiting_for_them"), &json!(5))
    );
    assert_ne!(fresh.body["link"]["url"], registration["link"]["url"]);
    assert_eq!(result(&user.open().await), "unknown", "the one before is dead");
    assert_eq!(result(&User::of(&world, &fresh.body).sign_in(SAM_ADDRESS).await), "linked");
    assert_eq!(session.post(&path, &json!({})).await.fault(), contract::FaultCode::WrongState);
}

#[tokio::test]
async fn a_sign_in_of_a_link_that_was_replaced_links_nothing() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    let started = user.start().await;
    let path = format!("/v1/registrations/{}/link", registration["id"].as_str().unwrap());
    assert_eq!(session.post(&path, &json!({})).await.status, StatusCode::OK);
    let code = world.issuer.grant(grant(&world, &started, SAM_ADDRESS));
    assert_eq!(result(&user.come_back(&started, &[("code", &code)]).await), "unknown");
    assert_eq!(state(&session, &registration).await["state"], "waiting_for_them");
}

#[tokio::test]
async fn a_link_expires_and_the_desk_is_told() {
    let world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    let late = user.start().await;
    let code = world.issuer.grant(grant(&world, &late, SAM_ADDRESS));
    let changed = session.get("/v1/registrations").await;
    let mark = changed.body["next"].as_str().unwrap().to_owned();
    assert_eq!(changed.body["registrations"].as_array().unwrap().len(), 1);
    world.clock.pass(SignedDuration::from_mins(10_080));
    let page = user.open().await;
    assert_eq!((page.status, result(&page)), (StatusCode::GONE, "expired"));
    assert_eq!(result(&user.come_back(&late, &[("code", &code)]).await), "failed", "the sign-in took too long");
    session = world.sign_in(AGENT).await;
    for _ in 0..2 {
        let changed = session.get(&format!("/v1/registrations?changed-since={mark}")).await;
        assert_eq!(changed.body["registrations"][0]["state"], "link_expired", "{}", changed.text);
        assert!(changed.body["registrations"][0].get("link").is_none());
    }
    let changed = session.get(&format!("/v1/registrations?changed-since={mark}")).await;
    let mark = changed.body["next"].as_str().unwrap();
    let changed = session.get(&format!("/v1/registrations?changed-since={mark}")).await;
    assert_eq!(changed.body, json!({ "registrations": [], "next": mark, "more": false }), "told once");
    let colleague = world.sign_in(COLLEAGUE).await;
    assert_eq!(colleague.get("/v1/registrations").await.body["registrations"], json!([]), "each sees their own");
    for odd in ["x", "-1", "1&y=2"] {
        let answer = session.get(&format!("/v1/registrations?changed-since={odd}")).await;
        assert_eq!(answer.fault(), contract::FaultCode::InvalidRequest, "{odd}");
    }
    let profile = session.get(&format!("/v1/care-identities/{SAM}")).await;
    assert_eq!(profile.body["profile"]["authenticators"][0]["state"], "link_expired");
}

#[tokio::test]
async fn only_the_browser_that_started_finishes_and_only_once() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    let mut started = user.start().await;
    let code = world.issuer.grant(grant(&world, &started, SAM_ADDRESS));
    let own = std::mem::replace(&mut started.cookie, "ra-link=guessed".into());
    assert_eq!(result(&user.come_back(&started, &[("code", &code)]).await), "failed", "another browser");
    let bare = Url::parse_with_params(&world.url("/link/callback"), [("state", &started.query["state"])]).unwrap();
    assert_eq!(result(&Answer::of(world.client.get(bare)).await), "failed", "no cookie");
    started.cookie = own;
    let state_before = std::mem::take(started.query.get_mut("state").unwrap());
    assert_eq!(result(&user.come_back(&started, &[("code", &code)]).await), "failed", "no state");
    started.query.insert("state".into(), state_before);
    assert_eq!(result(&user.come_back(&started, &[("code", &code), ("iss", "https://another")]).await), "failed");
    assert_eq!(result(&user.come_back(&started, &[("code", &code)]).await), "failed", "a sign-in comes back once");
    let now = state(&session, &registration).await;
    assert_eq!(now["progress"]["attempts_left"], 5, "none of these was a wrong account");
    assert_eq!(result(&user.sign_in(SAM_ADDRESS).await), "linked");
}

#[tokio::test]
async fn a_token_that_is_not_for_this_sign_in_links_nothing() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    type Change = fn(&mut Grant);
    let cases: [(&str, Change, &str); 7] = [
        ("nonce", |grant| grant.id["nonce"] = "another".into(), "failed"),
        ("audience", |grant| grant.id["aud"] = "ra-desk.test".into(), "failed"),
        ("issuer", |grant| grant.id["iss"] = "https://another".into(), "failed"),
        ("verifier", |grant| grant.challenge = "another".into(), "failed"),
        ("unverified address", |grant| grant.id["email_verified"] = false.into(), "wrong_account"),
        ("not said to be verified", |grant| grant.id["email_verified"] = Value::Null, "wrong_account"),
        ("no address", |grant| grant.id["email"] = Value::Null, "wrong_account"),
    ];
    for (what, change, expected) in cases {
        let started = user.start().await;
        let mut grant = grant(&world, &started, SAM_ADDRESS);
        change(&mut grant);
        let code = world.issuer.grant(grant);
        assert_eq!(result(&user.come_back(&started, &[("code", &code)]).await), expected, "{what}");
    }
    assert_eq!(state(&session, &registration).await["state"], "waiting_for_them");
    let started = user.start().await;
    assert_eq!(result(&user.come_back(&started, &[("error", "access_denied")]).await), "cancelled");
    world.issuer.go_down(true);
    let started_page = Answer::of(world.client.post(world.url(&user.path))).await;
    // What the provider says of itself is still known, so the sign-in starts; it cannot come back.
    assert!(matches!(started_page.status, StatusCode::SEE_OTHER | StatusCode::SERVICE_UNAVAILABLE));
}

#[tokio::test]
async fn a_guessed_link_is_not_known() {
    let world = World::start().await;
    for guessed in ["/link/x", "/link/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "/link/%ff"] {
        let page = Answer::of(world.client.get(world.url(guessed))).await;
        assert_eq!((page.status, result(&page)), (StatusCode::NOT_FOUND, "unknown"), "{guessed}");
        let page = Answer::of(world.client.post(world.url(guessed))).await;
        assert_eq!((page.status, result(&page)), (StatusCode::NOT_FOUND, "unknown"), "{guessed}");
    }
    // A token the gateway has signed with another key is as guessed as any.
    let odd = sign(&jwt_header(), &SIGNING, &json!({}));
    assert_eq!(Answer::of(world.client.get(world.url(&format!("/link/{odd}")))).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_may_have_a_listener_of_its_own() {
    let world = World::start_with(|config| config.link.listen = Some("127.0.0.1:0".parse().unwrap())).await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    let user = User::of(&world, &registration);
    let on_api = user.open().await;
    assert_eq!((on_api.status, on_api.fault()), (StatusCode::NOT_FOUND, contract::FaultCode::NotFound));
    let addr = world.link_addr();
    let page = Answer::of(world.client.get(format!("http://{addr}{}", user.path))).await;
    assert_eq!((page.status, result(&page)), (StatusCode::OK, "open"));
    let other = Answer::of(world.client.get(format!("http://{addr}/v1/session"))).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "nothing else is served there");
}
