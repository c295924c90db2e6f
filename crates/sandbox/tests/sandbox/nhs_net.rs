//! Signing in to the stand-in for NHS.net Connect, as the gateway's link page asks for it.

use std::collections::BTreeMap;

use sandbox::world::people;
use serde_json::json;

use crate::browser::{Browser, Landed, Page};
use crate::practice::{Practice, Url, VERIFIER, challenge, get_json, post_form, verified};

fn issuer(practice: &Practice) -> String {
    format!("{}/nhsnet", practice.layout.sandbox_url)
}

fn authorize(practice: &Practice) -> String {
    let redirect_uri = format!("{}/link/callback", practice.layout.link_url);
    let challenge = challenge();
    let parameters = [
        ("response_type", "code"),
        ("client_id", sandbox::GATEWAY_CLIENT),
        ("redirect_uri", &redirect_uri),
        ("scope", "openid email"),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("prompt", "select_account"),
    ];
    Url::parse_with_params(&format!("{}/authorize", issuer(practice)), parameters).unwrap().into()
}

async fn type_in(browser: &mut Browser, page: &Page, address: &str, password: &str) -> Landed {
    browser.press(page, "sign-in", None, &[("address", address), ("password", password)]).await
}

#[tokio::test]
async fn an_account_is_signed_in_to_and_its_address_is_told() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let page = browser.page(&authorize(&practice)).await;
    assert_eq!(page.name(), "nhs-net-sign-in");
    let siobhan = people::siobhan_o_connor();
    let page = type_in(&mut browser, &page, " Siobhan.O'Connor@NHS.net ", "practice").await.page();
    assert_eq!(page.name(), "nhs-net-approve");
    let answer = browser.press(&page, "approve", None, &[]).await.answer();
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("s", issuer(&practice).as_str()));
    assert_eq!(browser.press(&page, "approve", None, &[]).await.page().status, 410, "one code for one sign-in");

    let assertion = practice.assertion(json!({
        "iss": sandbox::GATEWAY_CLIENT,
        "sub": sandbox::GATEWAY_CLIENT,
        "aud": format!("{}/access_token", issuer(&practice)),
    }));
    let redirect_uri = format!("{}/link/callback", practice.layout.link_url);
    let form = BTreeMap::from([
        ("grant_type", "authorization_code"),
        ("code", answer["code"].as_str()),
        ("code_verifier", VERIFIER),
        ("redirect_uri", &redirect_uri),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", &assertion),
    ]);
    let (status, tokens) = post_form(&format!("{}/access_token", issuer(&practice)), &form).await;
    assert_eq!(status, 200, "{tokens}");
    let claims = verified(tokens["id_token"].as_str().unwrap(), &issuer(&practice)).await;
    assert_eq!(claims["email"], siobhan.address.as_str());
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["nonce"], "n");
    assert_eq!(claims["aud"], sandbox::GATEWAY_CLIENT);
    assert!(!claims["sub"].as_str().unwrap().contains('@'), "the subject is not the address");
    let access_token = tokens["access_token"].as_str();
    let (_, info) = get_json(&format!("{}/userinfo", issuer(&practice)), access_token).await;
    assert_eq!((&info["sub"], &info["email"]), (&claims["sub"], &claims["email"]));

    let page = browser.page(&authorize(&practice)).await;
    assert_eq!(page.name(), "nhs-net-sign-in", "it asks each time");
}

#[tokio::test]
async fn accounts_that_are_nobodys_to_use_do_not_open() {
    let practice = Practice::start().await;
    let mut browser = practice.browser();
    let page = browser.page(&authorize(&practice)).await;
    for (address, password, told) in [
        (people::bethan_parry().address.as_str(), "x", "inactive"),
        (people::rhys_cadwallader().address.as_str(), "x", "disabled"),
        (people::colin_ramsbottom().address.as_str(), "x", "shared mailbox"),
        (people::jan_van_der_meer().address.as_str(), "x", "no account"),
        ("sam.taylor@gmail.com", "x", "ends in @nhs.net"),
        ("", "x", "Enter the NHS.net Connect address"),
        ("sam.taylor@nhs.net", "", "Enter a password"),
    ] {
        let page = type_in(&mut browser, &page, address, password).await.page();
        assert_eq!(page.name(), "nhs-net-sign-in", "{address}");
        assert!(page.has("There is a problem") && page.has(told), "{address}: {told}");
        assert!(page.has("<title>Error: "), "{address}");
    }
    assert_eq!(browser.page(page.url.as_str()).await.name(), "nhs-net-sign-in", "nothing was passed by");
    let approved = browser.forge(&page, &[("approve", "yes")]).await.page();
    assert_eq!(approved.name(), "nhs-net-sign-in", "there is nothing to approve yet");
    let answer = browser.press(&page, "cancel", None, &[]).await.answer();
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("access_denied", "s"));
}
