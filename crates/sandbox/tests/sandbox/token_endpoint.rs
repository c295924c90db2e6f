//! The token endpoint refuses whatever is not exactly right.

use jsonwebtoken::Algorithm;
use sandbox::world::ra_users;
use serde_json::json;

use crate::practice::Practice;

async fn code(practice: &Practice) -> String {
    let mut browser = practice.browser();
    let page = browser.page(&practice.authorize(&[])).await;
    let owen = ra_users::owen_pritchard();
    browser.press(&page, "user", Some(owen.uuid().as_str()), &[]).await.answer()["code"].clone()
}

async fn refusal(practice: &Practice, code: &str, otherwise: &[(&str, &str)]) -> (u16, String) {
    let (status, body) = practice.redeem(code, otherwise).await;
    (status.as_u16(), body["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_code_is_good_once_for_a_minute_and_for_whom_it_was_given() {
    let practice = Practice::start().await;
    let invalid = (400, "invalid_grant".to_owned());
    let good = code(&practice).await;
    practice.clock.forward(59);
    assert_eq!(practice.redeem(&good, &[]).await.0, 200);
    assert_eq!(refusal(&practice, &good, &[]).await, invalid, "used");

    let late = code(&practice).await;
    practice.clock.forward(60);
    assert_eq!(refusal(&practice, &late, &[]).await, invalid, "too late");
    assert_eq!(refusal(&practice, "guessed", &[]).await, invalid);

    for wrong in [
        ("code_verifier", "another-verifier-that-is-long-enough-to-be-one-01"),
        ("code_verifier", ""),
        ("redirect_uri", "http://127.0.0.1:1/callback"),
        ("redirect_uri", ""),
    ] {
        assert_eq!(refusal(&practice, &code(&practice).await, &[wrong]).await, invalid, "{wrong:?}");
    }

    // Without a challenge there is nothing for a verifier to fit.
    let mut browser = practice.browser();
    let plain = practice.authorize(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let page = browser.page(&plain).await;
    let answer = browser.press(&page, "user", Some("999000000001"), &[]).await.answer();
    assert_eq!(refusal(&practice, &answer["code"], &[]).await, invalid);

    let unsupported = (400, "unsupported_grant_type".to_owned());
    assert_eq!(refusal(&practice, &good, &[("grant_type", "password")]).await, unsupported);
    assert_eq!(refusal(&practice, "", &[]).await, (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn a_client_must_prove_who_it_is_each_time_anew() {
    let practice = Practice::start().await;
    let now = gateway::Clock::now(&practice.clock).as_second();
    let issuer = practice.issuer();
    let wrong = [
        ("aud is the issuer", practice.assertion(json!({ "aud": issuer }))),
        ("aud has more", practice.assertion(json!({ "aud": [format!("{issuer}/access_token"), issuer] }))),
        ("exp is past", practice.assertion(json!({ "exp": now }))),
        ("exp is too far", practice.assertion(json!({ "exp": now + 301 }))),
        ("sub is another", practice.assertion(json!({ "sub": "another" }))),
        ("iss is another", practice.assertion(json!({ "iss": "another", "sub": "another" }))),
        (
            "iss is one whose key this is not",
            practice.assertion(json!({ "iss": "try.practice", "sub": "try.practice" })),
        ),
        ("jti is empty", practice.assertion(json!({ "jti": "" }))),
        ("jti is absent", practice.assertion(json!({ "jti": null }))),
        ("key is unknown", practice.assertion_with(Algorithm::RS512, Some("gateway-2"), json!({}))),
        ("key is not named", practice.assertion_with(Algorithm::RS512, None, json!({}))),
        ("algorithm is another", practice.assertion_with(Algorithm::RS256, Some("gateway-1"), json!({}))),
        ("is no token", "x.y.z".to_owned()),
        ("is absent", String::new()),
    ];
    let invalid = (401, "invalid_client".to_owned());
    let unused = code(&practice).await;
    for (why, assertion) in wrong {
        let told = refusal(&practice, &unused, &[("client_assertion", &assertion)]).await;
        assert_eq!(told, invalid, "{why}");
    }
    // The signature of one assertion under the claims of another.
    let (one, other) = (practice.assertion(json!({})), practice.assertion(json!({ "jti": "other" })));
    let (head, _) = one.rsplit_once('.').unwrap();
    let forged = format!("{head}.{}", other.rsplit_once('.').unwrap().1);
    assert_eq!(refusal(&practice, &unused, &[("client_assertion", &forged)]).await, invalid);
    assert_eq!(refusal(&practice, &unused, &[("client_id", "another")]).await, invalid);
    assert_eq!(refusal(&practice, &unused, &[("client_assertion_type", "")]).await, invalid);

    // None of that has used up the code.
    let assertion = practice.assertion(json!({}));
    assert_eq!(practice.redeem(&unused, &[("client_assertion", &assertion)]).await.0, 200);
    let replayed = refusal(&practice, &code(&practice).await, &[("client_assertion", &assertion)]).await;
    assert_eq!(replayed, invalid, "an assertion is shown once");
}
