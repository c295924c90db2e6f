//! Signing in at the practice CIS2.

use sandbox::world::organisations::LEAD_PRACTICE;
use sandbox::world::{people, ra_users};
use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::practice::{Practice, get_json, verified};

#[tokio::test]
async fn one_role_is_chosen_without_asking_and_the_claims_are_those_of_cis2() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let owen = ra_users::owen_pritchard();
    let page = browser.page(&practice.authorize(&[])).await;
    assert_eq!(page.name(), "sign-in");
    let answer = browser.press(&page, "user", Some(owen.uuid().as_str()), &[]).await.answer();
    assert_eq!(answer["state"], "the-state");
    assert_eq!(answer["iss"], practice.issuer());

    practice.clock.forward(5);
    let (status, tokens) = practice.redeem(&answer["code"], &[]).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(tokens["token_type"], "Bearer");
    let access_token = tokens["access_token"].as_str().unwrap();
    let claims = verified(tokens["id_token"].as_str().unwrap(), practice.issuer()).await;
    let now = gateway::Clock::now(&practice.clock).as_second();
    for (claim, expected) in [
        ("iss", json!(practice.issuer())),
        ("sub", json!(owen.uuid())),
        ("aud", json!(sandbox::DESK_CLIENT)),
        ("azp", json!(sandbox::DESK_CLIENT)),
        ("nonce", json!("the-nonce")),
        ("acr", json!("AAL3_ANY")),
        ("amr", json!(["N3_SMARTCARD"])),
        ("auth_time", json!(now - 5)),
        ("iat", json!(now)),
        ("id_assurance_level", json!("3")),
        ("authentication_assurance_level", json!("3")),
        ("selected_roleid", json!(owen.role_at("RZ9"))),
    ] {
        assert_eq!(claims[claim], expected, "{claim}");
    }
    assert!(claims["exp"].as_i64().unwrap() > now && claims["sid"].as_str().is_some_and(|sid| !sid.is_empty()));
    assert_eq!(claims["at_hash"].as_str().unwrap().len(), 22);

    let (status, person) = get_json(&format!("{}/userinfo", practice.issuer()), Some(access_token)).await;
    assert_eq!(status, 200);
    let info: contract::cis2::UserInfo = serde_json::from_value(person.clone()).unwrap();
    assert_eq!((info.sub.as_str(), info.name.as_str()), (owen.uuid().as_str(), "Owen Pritchard"));
    assert_eq!(info.nhsid_nrbac_roles[0].role_code, "S0080:G0440:R5090");
    assert_eq!(info.nhsid_nrbac_roles[0].short_name(), "Registration Authority Agent");
    assert_eq!(info.nhsid_user_orgs[0].org_name, "Harbourside University Hospitals");
    assert_eq!(person["nhsid_nrbac_roles"][0].get("activity_codes"), None, "an empty array is absent");
    assert_eq!(person.get("email"), None, "only what was asked for");
    let (status, _) = get_json(&format!("{}/userinfo", practice.issuer()), Some("guessed")).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn of_several_roles_one_is_chosen_and_can_be_changed() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let grace = ra_users::grace_adeyemi();
    let page = browser.page(&practice.authorize(&[])).await;
    let page = browser.press(&page, "user", Some(grace.uuid().as_str()), &[]).await.page();
    assert_eq!(page.name(), "choose-role");
    assert_eq!(page.html.matches("name=\"role\"").count(), 8);
    let found = search(&mut browser, &page, "mill lane").await;
    assert_eq!(found.html.matches("name=\"role\"").count(), 1);
    let manager = grace.role_at(LEAD_PRACTICE).unwrap();
    assert_eq!(browser.forge(&page, &[("role", "999999999999")]).await.page().status, 410, "not one of hers");
    let answer = browser.press(&found, "role", Some(manager), &[]).await.answer();
    let (first, _) = tokens(&practice, &answer["code"]).await;
    assert_eq!(first["selected_roleid"], manager);

    // Chosen already: not asked again, unless a change is asked for.
    let again = [("prompt", ""), ("max_age", "")];
    let answer = browser.open(&practice.authorize(&again)).await.answer();
    assert_eq!(tokens(&practice, &answer["code"]).await.0["selected_roleid"], manager);
    let scope = ("scope", "openid profile nationalrbacaccess associatedorgs changedrole");
    let page = browser.page(&practice.authorize(&[again[0], again[1], scope])).await;
    assert_eq!(page.name(), "choose-role");
    let agent = grace.role_at("B81993").unwrap();
    let answer = browser.press(&page, "role", Some(agent), &[]).await.answer();
    let (changed, _) = tokens(&practice, &answer["code"]).await;
    assert_eq!(changed["selected_roleid"], agent);
    assert_eq!(changed["sid"], first["sid"], "still the same session");

    // Two roles: a list without a search.
    let mut browser = practice.browser();
    let page = browser.page(&practice.authorize(&[])).await;
    let hannah = ra_users::hannah_whitlock();
    let page = browser.press(&page, "user", Some(hannah.uuid().as_str()), &[]).await.page();
    assert_eq!(page.html.matches("name=\"role\"").count(), 2);
    assert!(!page.has("name=\"filter\""));
}

#[tokio::test]
async fn people_without_roles_or_with_a_low_level_are_told_as_they_are() {
    let practice = Practice::start().await;
    let sian = ra_users::sian_probert();
    let (claims, info) = sign_in(&practice, sian.uuid().as_str()).await;
    assert_eq!(claims.get("selected_roleid"), None);
    assert_eq!(info.get("nhsid_nrbac_roles"), None, "absent, not empty");
    assert_eq!(info.get("nhsid_user_orgs"), None);
    let (claims, _) = sign_in(&practice, ra_users::kenji_harcourt().uuid().as_str()).await;
    assert_eq!(claims["id_assurance_level"], "2");
    let (_, info) = sign_in(&practice, ra_users::margaret_osei().uuid().as_str()).await;
    assert_eq!(info["nhsid_nrbac_roles"][0]["activity_codes"], json!(["B1300"]));
    let (_, info) = sign_in(&practice, ra_users::edward_lascelles().uuid().as_str()).await;
    assert_eq!(info["nhsid_nrbac_roles"][0]["role_code"], "S8000:G8000:R8000");
}

#[tokio::test]
async fn who_cancels_or_is_refused_comes_back_with_access_denied() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let page = browser.page(&practice.authorize(&[])).await;
    let beatriz = ra_users::beatriz_almeida();
    let answer = browser.press(&page, "user", Some(beatriz.uuid().as_str()), &[]).await.answer();
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("access_denied", "the-state"));
    assert_eq!(answer["iss"], practice.issuer());
    assert!(!answer.contains_key("code"));
    assert_eq!(browser.page(page.url.as_str()).await.status, 410, "that sign-in is over");

    let page = browser.page(&practice.authorize(&[])).await;
    let answer = browser.press(&page, "cancel", None, &[]).await.answer();
    assert_eq!(answer["error"], "access_denied");
}

#[tokio::test]
async fn a_sign_in_is_as_strong_as_was_asked() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let sam = people::sam_taylor();
    let page = browser.page(&practice.authorize(&[("acr_values", "AAL3_ANY")])).await;
    assert!(!page.has("nhs_net_connect"), "AAL2 is not offered where AAL3 is asked for");
    assert_eq!(browser.forge(&page, &[("with", "nhs_net_connect")]).await.page().status, 403);
    assert_eq!(browser.forge(&page, &[("user", sam.uuid().as_str())]).await.page().status, 403, "no authenticator");
    let page = browser.page(&practice.authorize(&[("acr_values", "AAL2_OR_AAL3_ANY")])).await;
    assert!(page.has("<button class=\"primary\" name=\"with\" value=\"nhs_net_connect\">"));
    let answer = browser.open(&practice.authorize(&[("acr_values", "AAL1_USERPASS")])).await.answer();
    assert_eq!(answer["error"], "unmet_authentication_requirements");
}

#[tokio::test]
async fn a_session_saves_asking_only_where_that_is_allowed() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let never = [("prompt", "none"), ("max_age", "")];
    assert_eq!(browser.open(&practice.authorize(&never)).await.answer()["error"], "login_required");
    let page = browser.page(&practice.authorize(&[])).await;
    browser.press(&page, "user", Some(ra_users::owen_pritchard().uuid().as_str()), &[]).await.answer();

    assert!(browser.open(&practice.authorize(&never)).await.answer().contains_key("code"));
    assert_eq!(browser.page(&practice.authorize(&[("max_age", "")])).await.name(), "sign-in", "prompt=login asks");
    practice.clock.forward(300);
    let as_needed = [("prompt", "")];
    assert!(browser.open(&practice.authorize(&as_needed)).await.answer().contains_key("code"));
    practice.clock.forward(1);
    assert_eq!(browser.page(&practice.authorize(&as_needed)).await.name(), "sign-in", "older than max_age");
    practice.clock.forward(12 * 3_600);
    assert_eq!(browser.open(&practice.authorize(&never)).await.answer()["error"], "login_required", "12 hours");
}

#[tokio::test]
async fn a_request_that_cannot_be_trusted_goes_nowhere_and_a_wrong_one_goes_back() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let other_port = practice.redirect_uri().replace("/callback", "/callback/");
    for untrusted in [
        practice.authorize(&[("client_id", "unheard-of")]),
        practice.authorize(&[("client_id", "")]),
        practice.authorize(&[("redirect_uri", "http://127.0.0.1:1/callback")]),
        practice.authorize(&[("redirect_uri", &other_port)]),
        practice.authorize(&[("redirect_uri", "")]),
        format!("{}&state=another", practice.authorize(&[])),
    ] {
        let page = browser.page(&untrusted).await;
        assert_eq!((page.status.as_u16(), page.name()), (400, "problem"));
    }
    for (wrong, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_mode", "form_post"), "invalid_request"),
        (("scope", "profile"), "invalid_scope"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("prompt", "none login"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
    ] {
        let answer = browser.open(&practice.authorize(&[wrong])).await.answer();
        assert_eq!(answer["error"], error, "{wrong:?}");
        assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("the-state", practice.issuer()), "{wrong:?}");
    }
}

#[tokio::test]
async fn anybody_is_found_and_nothing_typed_becomes_markup() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let page = browser.page(&practice.authorize(&[])).await;
    let found = search(&mut browser, &page, "llewellyn").await;
    assert!(found.has("Angharad Llewellyn") && found.has("value=\"999000000105\""));
    let found = search(&mut browser, &page, "9990 0000 0101").await;
    assert!(found.has("Sam Taylor") && !found.has("value=\"999000000101\""), "shown, but cannot sign in");
    let found = search(&mut browser, &page, "\"><script>alert(1)</script>").await;
    assert!(!found.has("<script"));
    assert!(found.has("&lt;script&gt;"));
    assert!(!found.url.as_str().contains("script"), "what is typed stands in no address");
}

/// Signs in and gives the ID token's claims and userinfo.
async fn sign_in(practice: &Practice, uuid: &str) -> (Value, Value) {
    let mut browser = practice.browser();
    let page = browser.page(&practice.authorize(&[])).await;
    let answer = browser.press(&page, "user", Some(uuid), &[]).await.answer();
    tokens(practice, &answer["code"]).await
}

/// Types into the search field of a page and presses its button.
async fn search(browser: &mut Browser, page: &Page, text: &str) -> Page {
    browser.fill(page, "filter", text).await.page()
}

async fn tokens(practice: &Practice, code: &str) -> (Value, Value) {
    let (status, tokens) = practice.redeem(code, &[]).await;
    assert_eq!(status, 200, "{tokens}");
    let claims = verified(tokens["id_token"].as_str().unwrap(), practice.issuer()).await;
    let access_token = tokens["access_token"].as_str();
    let (_, info) = get_json(&format!("{}/userinfo", practice.issuer()), access_token).await;
    (claims, info)
}
