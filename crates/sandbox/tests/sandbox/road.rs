//! The whole road with the real gateway: registered by an RA user, linked by the person, signed in with.

use contract::{
    BatchItem, BatchReply, BatchRequest, Declaration, DeclarationAcceptedBy, DocumentKind, FrozenBody,
    HEADER_REQUEST_ID, HEADER_SESSION_URID, IdentityCheckMethod, ItemOutcome, ProfileReply, RegistrationBody,
    SessionReply, TokenReply,
};
use reqwest::{Method, RequestBuilder, StatusCode};
use sandbox::world::people::{self, SpecialPerson};
use sandbox::world::ra_users::{self, SpecialRaUser};

use crate::browser::{Browser, Page};
use crate::practice::{Practice, VERIFIER};

/// An RA user at a desk.
struct Desk<'a> {
    practice: &'a Practice,
    http: reqwest::Client,
    user: &'a SpecialRaUser,
    role: String,
    token: String,
    requests: u32,
}

impl<'a> Desk<'a> {
    async fn sign_in(practice: &'a Practice, user: &'a SpecialRaUser) -> Result<Self, StatusCode> {
        let mut browser = practice.browser();
        let page = browser.page(&practice.authorize(&[])).await;
        let answer = browser.press(&page, "user", Some(user.uuid().as_str()), &[]).await.answer();
        let http = practice.desk_client();
        let redirect_uri = practice.redirect_uri();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &answer["code"]),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
            ("client_id", sandbox::DESK_CLIENT),
            ("nonce", "the-nonce"),
        ];
        let url = format!("{}/oauth2/token", practice.layout.gateway_url);
        let now = gateway::Clock::now(&practice.clock).as_second();
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let proof = contract::prove(&key, user.uuid().as_str(), "POST", &url, now);
        let response = http.post(url).header(contract::HEADER_PROOF, proof).form(&form).send().await.unwrap();
        if !response.status().is_success() {
            return Err(response.status());
        }
        let tokens: TokenReply = response.json().await.unwrap();
        let role = user.user.roles[0].person_roleid.clone();
        Ok(Self { practice, http, user, role, token: tokens.access_token, requests: 0 })
    }

    fn call(&mut self, method: Method, path: &str) -> RequestBuilder {
        self.requests += 1;
        let url = format!("{}{path}", self.practice.layout.gateway_url);
        let request_id = format!("00000000-0000-4000-8000-{:012}", self.requests);
        let request = self.http.request(method, url).bearer_auth(&self.token);
        request.header(HEADER_SESSION_URID, &self.role).header(HEADER_REQUEST_ID, request_id)
    }

    /// Registers somebody's account and gives the link.
    async fn register(&mut self, person: &SpecialPerson) -> String {
        let path = format!("/v1/care-identities/{}", person.uuid());
        let reply: ProfileReply = self.call(Method::GET, &path).send().await.unwrap().json().await.unwrap();
        assert_eq!(reply.profile, person.person.profile, "the gateway has the sandbox's people");
        assert_eq!(reply.refusal, None);
        let session: SessionReply = self.call(Method::GET, "/v1/session").send().await.unwrap().json().await.unwrap();
        assert!(session.may.register);
        let now = gateway::Clock::now(&self.practice.clock);
        let body = RegistrationBody {
            address: person.address.clone(),
            profile_seen: reply.profile_seen,
            method: IdentityCheckMethod::InPerson,
            documents: vec![DocumentKind::Passport],
            checked_by: self.user.uuid().clone(),
            checked_at: now,
            recorded_by: self.user.uuid().clone(),
            recorded_role: self.role.parse().unwrap(),
            recorded_at: now,
            clock_ahead_seconds: 0,
            clinic: None,
            declaration: Declaration {
                id: session.policy.declaration.id,
                version: session.policy.declaration.version,
                accepted_by: DeclarationAcceptedBy::User,
            },
            address_reason: None,
            replaces: None,
            taken_over: None,
        };
        let item = BatchItem {
            key: "019d0000-0000-7000-8000-000000000001".parse().unwrap(),
            care_identity: person.uuid().clone(),
            body: FrozenBody::freeze(&body).unwrap(),
        };
        let sent = self.call(Method::POST, "/v1/registrations/batch").json(&BatchRequest { items: vec![item] });
        let response = sent.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        let reply: BatchReply = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {error}: {text}"));
        match &reply.results[0].outcome {
            ItemOutcome::Registered { registration, .. } => registration.link.as_ref().unwrap().url.clone(),
            other => panic!("not registered: {other:?}"),
        }
    }
}

/// Signs in at the stand-in for NHS.net Connect, wherever that leads.
async fn nhs_net(browser: &mut Browser, page: &Page, address: &str) -> Page {
    assert_eq!(page.name(), "nhs-net-sign-in");
    let typed = [("address", address), ("password", "practice")];
    let page = browser.press(page, "sign-in", None, &typed).await.page();
    browser.press(&page, "approve", None, &[]).await.page()
}

async fn try_signing_in(browser: &mut Browser, address: &str) -> Page {
    let page = browser.page("/try").await;
    let page = browser.press(&page, "try", None, &[]).await.page();
    let page = browser.press(&page, "with", Some("nhs_net_connect"), &[]).await.page();
    nhs_net(browser, &page, address).await
}

#[tokio::test]
async fn somebody_registered_links_their_account_and_signs_in_with_it() {
    let practice = Practice::start().await;
    let gateway = practice.start_real_gateway().await;
    let (owen, sam) = (ra_users::owen_pritchard(), people::sam_taylor());
    let mut phone = practice.browser().and_at(&practice.layout.link_url);
    let before = try_signing_in(&mut phone, sam.address.as_str()).await;
    assert_eq!(before.name(), "not-registered");

    let mut desk = Desk::sign_in(&practice, &owen).await.unwrap();
    let link = desk.register(&sam).await;
    let registered = try_signing_in(&mut phone, sam.address.as_str()).await;
    assert_eq!(registered.name(), "not-registered", "registered is not linked");

    let page = phone.page(&link).await;
    let page = phone.press(&page, "continue", None, &[]).await.page();
    let page = nhs_net(&mut phone, &page, people::siobhan_o_connor().address.as_str()).await;
    assert!(page.has("data-result=\"wrong_account\""), "{}", page.html);
    let page = phone.page(&link).await;
    let page = phone.press(&page, "continue", None, &[]).await.page();
    let page = nhs_net(&mut phone, &page, sam.address.as_str()).await;
    assert!(page.has("data-result=\"linked\""), "{}", page.html);

    let page = try_signing_in(&mut phone, sam.address.as_str()).await;
    assert_eq!(page.name(), "try-signed-in");
    assert!(page.has("data-uuid=\"999000000101\"") && page.has("data-level=\"2\""));
    let other = try_signing_in(&mut phone, people::siobhan_o_connor().address.as_str()).await;
    assert_eq!(other.name(), "not-registered");

    // Linked elsewhere, as the directory has it.
    let page = try_signing_in(&mut phone, "owen.pritchard@nhs.net").await;
    assert!(page.has("Owen Pritchard") && page.has("data-level=\"2\""));
    gateway.stop().await;
}

#[tokio::test]
async fn a_session_ended_at_the_issuer_is_ended_at_the_gateway() {
    let practice = Practice::start().await;
    let gateway = practice.start_real_gateway().await;
    let owen = ra_users::owen_pritchard();
    let mut desk = Desk::sign_in(&practice, &owen).await.unwrap();
    assert_eq!(desk.call(Method::GET, "/v1/session").send().await.unwrap().status(), 200);

    let mut elsewhere = practice.browser();
    let page = elsewhere.page("/cis2/sessions").await;
    let sid = page.html.split("name=\"end\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = elsewhere.press(&page, "end", Some(&sid), &[]).await.page();
    assert!(page.has("The gateway was told"), "{}", page.html);
    assert_eq!(desk.call(Method::GET, "/v1/session").send().await.unwrap().status(), 401);
    gateway.stop().await;
}

#[tokio::test]
async fn an_identity_level_below_three_is_no_sign_in_for_the_gateway() {
    let practice = Practice::start().await;
    let gateway = practice.start_real_gateway().await;
    let refused = Desk::sign_in(&practice, &ra_users::kenji_harcourt()).await.err();
    assert!(refused.is_some_and(|status| status.is_client_error()), "{refused:?}");
    gateway.stop().await;
}
