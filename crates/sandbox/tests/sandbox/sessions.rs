//! The end of a session at the issuer reaches the gateway.

use sandbox::world::ra_users;
use serde_json::json;

use crate::practice::{Practice, get_json, verified};

#[tokio::test]
async fn ending_a_session_elsewhere_tells_the_gateway_and_closes_userinfo() {
    let practice = Practice::start().await;
    practice.start_gateway().await;
    let mut browser = practice.browser();
    let owen = ra_users::owen_pritchard();
    let page = browser.page(&practice.authorize(&[])).await;
    let answer = browser.press(&page, "user", Some(owen.uuid().as_str()), &[]).await.answer();
    let (_, tokens) = practice.redeem(&answer["code"], &[]).await;
    let claims = verified(tokens["id_token"].as_str().unwrap(), practice.issuer()).await;
    let sid = claims["sid"].as_str().unwrap();

    let mut elsewhere = practice.browser();
    let page = elsewhere.page("/cis2/sessions").await;
    assert!(page.has("Owen Pritchard"));
    let page = elsewhere.press(&page, "end", Some(sid), &[]).await.page();
    assert!(page.has("The gateway was told") && page.has("Nobody is signed in"));

    let logouts = practice.gateway.logouts.lock().unwrap().clone();
    assert_eq!(logouts.len(), 1);
    let logout = verified(&logouts[0], practice.issuer()).await;
    assert_eq!(logout["iss"], practice.issuer());
    assert_eq!(logout["aud"], sandbox::DESK_CLIENT);
    assert_eq!((&logout["sid"], &logout["sub"]), (&claims["sid"], &claims["sub"]));
    assert_eq!(logout["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(logout.get("nonce").is_none() && logout["jti"].is_string() && logout["exp"].is_i64());

    let access_token = tokens["access_token"].as_str();
    assert_eq!(get_json(&format!("{}/userinfo", practice.issuer()), access_token).await.0, 401);
    let silent = practice.authorize(&[("prompt", "none"), ("max_age", "")]);
    assert_eq!(browser.open(&silent).await.answer()["error"], "login_required");
}

#[tokio::test]
async fn signing_out_needs_the_id_token_or_a_button() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let owen = ra_users::owen_pritchard();
    for by_button in [true, false] {
        let page = browser.page(&practice.authorize(&[])).await;
        let answer = browser.press(&page, "user", Some(owen.uuid().as_str()), &[]).await.answer();
        let (_, tokens) = practice.redeem(&answer["code"], &[]).await;
        let page = browser.page("/cis2/connect/endSession").await;
        assert_eq!(page.name(), "sign-out", "no page elsewhere signs anybody out by a link alone");
        let forged = format!("/cis2/connect/endSession?id_token_hint={}x", tokens["id_token"].as_str().unwrap());
        assert_eq!(browser.page(&forged).await.name(), "sign-out");
        assert!(browser.page("/cis2/sessions").await.has("Owen Pritchard"));
        let page = if by_button {
            browser.press(&page, "sign-out", None, &[]).await.page()
        } else {
            browser.page(forged.trim_end_matches('x')).await
        };
        assert_eq!(page.name(), "signed-out");
        assert!(page.has("did not answer as it must"), "nobody listens where the gateway should be, and it says so");
        assert!(!browser.page("/cis2/sessions").await.has("Owen Pritchard"));
    }
}

#[tokio::test]
async fn two_people_and_one_cookie_jar() {
    let practice = Practice::start().await;
    let (owen, priya) = (ra_users::owen_pritchard(), ra_users::priya_raman());
    let mut browser = practice.browser();
    let claims = async |answer: &std::collections::BTreeMap<String, String>| {
        let (_, tokens) = practice.redeem(&answer["code"], &[]).await;
        verified(tokens["id_token"].as_str().unwrap(), practice.issuer()).await
    };
    let page = browser.page(&practice.authorize(&[])).await;
    let first = claims(&browser.press(&page, "user", Some(owen.uuid().as_str()), &[]).await.answer()).await;
    practice.clock.forward(60);
    // The jar keeps the first one's session: whoever does not ask for a sign-in is answered with that, as it was.
    let unasked = browser.open(&practice.authorize(&[("prompt", ""), ("max_age", "")])).await.answer();
    let unasked = claims(&unasked).await;
    assert_eq!(
        (&unasked["sub"], &unasked["auth_time"], &unasked["sid"]),
        (&first["sub"], &first["auth_time"], &first["sid"])
    );
    assert_eq!(unasked["iat"].as_i64().unwrap() - unasked["auth_time"].as_i64().unwrap(), 60, "and says how old it is");
    // Whoever asks for one is asked.
    let page = browser.page(&practice.authorize(&[])).await;
    assert_eq!(page.name(), "sign-in");
    let second = claims(&browser.press(&page, "user", Some(priya.uuid().as_str()), &[]).await.answer()).await;
    assert_eq!(second["sub"], priya.uuid().as_str());
    assert_ne!(second["sid"], first["sid"]);
    let now = claims(&browser.open(&practice.authorize(&[("prompt", ""), ("max_age", "")])).await.answer()).await;
    assert_eq!(now["sub"], second["sub"], "the jar is the second one's now");
}
