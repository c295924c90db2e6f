//! Every check of a sign-in, each made to fail for itself.

use std::time::Duration;

use desk::{Cause, Check, SessionNow, SignInError};
use serde_json::json;

use crate::support::gateway::{Instead, jiff_now, outcome};
use crate::support::{Bench, InTheBrowser, visit};

#[tokio::test]
async fn each_check_is_made() {
    let now = jiff_now();
    let table: [(&str, serde_json::Value, Check); 17] = [
        ("iss", json!("https://elsewhere.example"), Check::Issuer),
        ("aud", json!("somebody-else"), Check::Audience),
        ("aud", json!(["ra-desk.practice", "somebody-else"]), Check::Audience),
        ("azp", json!("somebody-else"), Check::Audience),
        ("exp", json!(now - 120), Check::Expired),
        ("iat", json!(now + 600), Check::IssuedAt),
        ("iat", json!(now - 3600), Check::IssuedAt),
        ("nonce", json!("another"), Check::Nonce),
        ("nonce", json!(null), Check::Nonce),
        ("auth_time", json!(now - 600), Check::AuthTime),
        ("auth_time", json!(now - 60), Check::AuthTime),
        ("auth_time", json!(null), Check::AuthTime),
        ("acr", json!("AAL2_ANY"), Check::Acr),
        ("acr", json!(null), Check::Acr),
        ("authentication_assurance_level", json!(2), Check::AuthenticatorLevel),
        ("id_assurance_level", json!("2"), Check::IdentityLevel),
        ("sub", json!("555057896106"), Check::Subject),
    ];
    let bench = Bench::new().await;
    for (claim, value, check) in table {
        bench.fake.world().claims = vec![(claim, value.clone())];
        let cause = bench.desk.sign_in().await.unwrap_err().cause;
        assert_eq!(cause, Cause::SignIn(SignInError::Rejected(check)), "{claim} {value}");
        let session = bench.desk.snapshot().await.unwrap().session;
        assert_eq!(session, SessionNow::SignedOut { why: None });
        bench.desk.until_gateway_is_told(Duration::from_secs(5)).await;
    }
    assert_eq!(bench.fake.count("/oauth2/revoke"), 17, "no session is left behind at the gateway");
    bench.fake.world().claims = vec![("authentication_assurance_level", json!(3)), ("id_assurance_level", json!(3))];
    assert!(bench.desk.sign_in().await.is_ok(), "levels may be numbers");
}

/// What the issuer was asked for last, by name.
fn asked(bench: &Bench) -> std::collections::HashMap<String, String> {
    bench.browser.opened.lock().unwrap().last().unwrap().query_pairs().into_owned().collect()
}

#[tokio::test]
async fn nhs_cia_ses_req_002_pressing_the_button_forces_a_sign_in() {
    let bench = Bench::signed_in().await;
    let SessionNow::SignedIn { person, .. } = bench.desk.snapshot().await.unwrap().session else { panic!("not in") };
    let forced = |asked: std::collections::HashMap<String, String>| {
        (asked["prompt"].as_str(), asked["max_age"].as_str()) == ("login", "300")
    };
    assert!(forced(asked(&bench)));
    bench.desk.change_role(person.roles[0].role.id.clone()).await.unwrap();
    assert!(forced(asked(&bench)), "a change of role too");
}

#[tokio::test]
async fn nhs_cia_sc_req_003_no_scope_is_asked_for_that_is_not_used() {
    let bench = Bench::signed_in().await;
    let scopes = asked(&bench)["scope"].clone();
    // Who, their roles, where those are held, and which one was chosen.
    assert_eq!(scopes, "openid profile nationalrbacaccess associatedorgs selectedrole");
}

#[tokio::test]
async fn nhs_cia_ses_req_003_a_sign_in_older_than_five_minutes_is_none_though_it_took_that_long() {
    for (seconds, good) in [(290, true), (301, false)] {
        let bench = Bench::new().await;
        let first = jiff_now();
        // Somebody signs in at once and then takes minutes to choose a role.
        let (clock, browser) = (bench.clock.clone(), bench.browser.clone());
        *browser.does.lock().unwrap() = InTheBrowser::GoesAway;
        let desk = bench.desk.clone();
        let waiting = tokio::spawn(async move { desk.sign_in().await });
        while browser.opened.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        clock.advance(Duration::from_secs(seconds));
        let now = first + i64::try_from(seconds).unwrap();
        bench.fake.world().claims = vec![("auth_time", json!(first)), ("iat", json!(now)), ("exp", json!(now + 600))];
        let there = asked(&bench);
        let answer = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("state", &there["state"])
            .append_pair("iss", &bench.fake.issuer())
            .append_pair("code", "a-code")
            .finish();
        tokio::task::spawn_blocking(move || visit(&there["redirect_uri"], &format!("/callback?{answer}")))
            .await
            .unwrap();
        let signed_in = waiting.await.unwrap();
        match signed_in {
            Ok(_) => assert!(good, "{seconds}"),
            Err(failure) => {
                assert_eq!(failure.cause, Cause::SignIn(SignInError::Rejected(Check::AuthTime)), "{seconds}");
                assert!(!good, "{seconds}");
            }
        }
    }
}

/// Somebody signs in at the issuer, which goes on answering with their session, though it was asked to ask.
#[tokio::test]
async fn shared_computer_whoever_signed_in_before_is_not_signed_in_again_as_they_were() {
    let bench = Bench::new().await;
    let first = jiff_now();
    let stale =
        |seconds| vec![("auth_time", json!(first)), ("iat", json!(first + seconds)), ("exp", json!(first + 900))];
    bench.fake.world().claims = stale(0);
    bench.sign_in().await;
    bench.desk.sign_out().await.unwrap();
    // Two minutes later, well within the five that CIS2 allows, the next person presses the button.
    bench.clock.advance(Duration::from_secs(120));
    bench.fake.world().claims = stale(120);
    let cause = bench.desk.sign_in().await.unwrap_err().cause;
    assert_eq!(cause, Cause::SignIn(SignInError::Rejected(Check::AuthTime)));
    // When they are asked, they may take their time.
    let taken = vec![("auth_time", json!(first + 120)), ("iat", json!(first + 130)), ("exp", json!(first + 900))];
    bench.fake.world().claims = taken;
    let SessionNow::Confirming { .. } = bench.desk.sign_in().await.unwrap().session else { panic!("not asked") };
}

#[tokio::test]
async fn a_token_is_believed_only_with_the_issuers_signature() {
    let bench = Bench::new().await;
    bench.fake.world().forged = true;
    let rejected = |check| Cause::SignIn(SignInError::Rejected(check));
    assert_eq!(bench.desk.sign_in().await.unwrap_err().cause, rejected(Check::Signature));
    bench.fake.world().forged = false;
    for algorithm in ["none", "HS256", "RS512", "PS256"] {
        bench.fake.world().algorithm = Some(algorithm);
        let Cause::SignIn(SignInError::Rejected(check)) = bench.desk.sign_in().await.unwrap_err().cause else {
            panic!("{algorithm} was accepted")
        };
        assert!(matches!(check, Check::Signature | Check::IdToken), "{algorithm}: {check:?}");
    }
}

#[tokio::test]
async fn the_issuers_document_names_the_issuer_letter_by_letter() {
    let bench = Bench::new().await;
    let rejected = |check| Cause::SignIn(SignInError::Rejected(check));
    for (name, value, check) in [
        ("issuer", json!(format!("{}/", bench.fake.issuer())), Check::IssuerDocument),
        ("authorization_endpoint", json!("http://elsewhere.example/authorize"), Check::IssuerDocumentShape),
        ("jwks_uri", json!("file:///etc/passwd"), Check::IssuerDocumentShape),
        ("jwks_uri", json!(null), Check::IssuerDocumentShape),
    ] {
        bench.fake.world().document = vec![(name, value)];
        assert_eq!(bench.desk.sign_in().await.unwrap_err().cause, rejected(check), "{name}");
    }
}

#[tokio::test]
async fn the_browser_may_come_back_with_other_things() {
    let bench = Bench::new().await;
    for (does, expected) in [
        (InTheBrowser::Cancels, SignInError::Denied("access_denied".into())),
        (InTheBrowser::ComesFromElsewhere, SignInError::Rejected(Check::ResponseIssuer)),
        (InTheBrowser::CannotBeOpened, SignInError::BrowserNotOpened),
    ] {
        *bench.browser.does.lock().unwrap() = does;
        assert_eq!(bench.desk.sign_in().await.unwrap_err().cause, Cause::SignIn(expected));
    }
}

#[tokio::test]
async fn a_sign_in_can_be_cancelled_and_begun_again() {
    let bench = Bench::new().await;
    *bench.browser.does.lock().unwrap() = InTheBrowser::GoesAway;
    let desk = bench.desk.clone();
    let waiting = tokio::spawn(async move { desk.sign_in().await });
    while bench.browser.opened.lock().unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(bench.desk.snapshot().await.unwrap().session, SessionNow::SigningIn);
    assert_eq!(bench.desk.sign_in().await.unwrap_err().cause, Cause::WrongState, "one at a time");
    bench.desk.cancel_sign_in();
    assert_eq!(waiting.await.unwrap().unwrap_err().cause, Cause::SignIn(SignInError::Cancelled));
    assert_eq!(bench.desk.snapshot().await.unwrap().session, SessionNow::SignedOut { why: None });
    *bench.browser.does.lock().unwrap() = InTheBrowser::SignsIn;
    assert!(bench.desk.sign_in().await.is_ok(), "the port is free again");
}

#[tokio::test]
async fn a_sign_in_that_fails_late_leaves_no_session_at_the_gateway() {
    let bench = Bench::new().await;
    let told = async |bench: &Bench, times| {
        bench.desk.until_gateway_is_told(Duration::from_secs(5)).await;
        assert_eq!(bench.fake.count("/oauth2/revoke"), times);
        let world = bench.fake.world();
        let (_, _, last) = world.log.iter().rfind(|(_, path, _)| path == "/oauth2/revoke").unwrap();
        assert_eq!(last, "token=refresh-0&reason=signed_out", "by the token of that sign-in");
    };
    bench.fake.world().forged = true;
    bench.desk.sign_in().await.unwrap_err();
    told(&bench, 1).await;
    bench.fake.world().forged = false;
    // The gateway's answer to *who is that?* is lost, or says no.
    for instead in [Instead::LoseAnswer, Instead::Answer(outcome(500, "INTERNAL"))] {
        bench.fake.instead("/v1/session", instead);
        bench.desk.sign_in().await.unwrap_err();
    }
    told(&bench, 3).await;
    // It is cancelled while that is asked.
    bench.fake.instead("/v1/session", Instead::Slow(Duration::from_secs(2)));
    let desk = bench.desk.clone();
    let waiting = tokio::spawn(async move { desk.sign_in().await });
    while bench.fake.count("/v1/session") < 3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bench.desk.cancel_sign_in();
    assert_eq!(waiting.await.unwrap().unwrap_err().cause, Cause::SignIn(SignInError::Cancelled));
    told(&bench, 4).await;
    bench.sign_in().await;
    told(&bench, 4).await;
}

#[tokio::test]
async fn signing_out_sends_the_browser_to_the_issuer_to_end_its_session_too() {
    let bench = Bench::new().await;
    let pages = async |bench: &Bench| {
        bench.desk.until_gateway_is_told(Duration::from_secs(5)).await;
        std::mem::take(&mut *bench.browser.signed_out.lock().unwrap())
    };
    // An issuer that has no such page, or one that is not safe to open, keeps nobody from signing in or out.
    for endpoint in [json!(null), json!("http://elsewhere.example/end"), json!("nonsense")] {
        bench.fake.world().document = vec![("end_session_endpoint", endpoint)];
        bench.sign_in().await;
        bench.desk.sign_out().await.unwrap();
        assert!(pages(&bench).await.is_empty());
    }
    let endpoint = format!("{}/end", bench.fake.issuer());
    bench.fake.world().document = vec![("end_session_endpoint", json!(endpoint))];
    // Also of somebody who says that it is not them.
    for confirms in [true, false] {
        bench.desk.sign_in().await.unwrap();
        if confirms {
            bench.desk.confirm_identity().await.unwrap();
        }
        let ended = bench.desk.sign_out().await.unwrap().session;
        assert_eq!(ended, SessionNow::SignedOut { why: Some(contract::EndReason::SignedOut) });
        let pages = pages(&bench).await;
        assert_eq!(pages.len(), 1);
        assert!(pages[0].as_str().starts_with(&format!("{endpoint}?")), "{}", pages[0].path());
        let asked: std::collections::HashMap<_, _> = pages[0].query_pairs().into_owned().collect();
        assert_eq!(asked["client_id"], "ra-desk.practice");
        assert_eq!(asked["id_token_hint"].split('.').count(), 3);
    }
    // A session that time ends, or that is ended elsewhere, opens no browser in front of nobody.
    bench.sign_in().await;
    bench.clock.advance(Duration::from_secs(16 * 60));
    let ended = bench.desk.snapshot().await.unwrap().session;
    assert_eq!(ended, SessionNow::SignedOut { why: Some(contract::EndReason::Idle) });
    assert!(pages(&bench).await.is_empty());
    bench.desk.sign_out().await.unwrap();
    assert!(pages(&bench).await.is_empty(), "nobody is signed out twice");
}

#[tokio::test]
async fn an_address_that_is_too_long_to_open_goes_without_the_token() {
    let bench = Bench::new().await;
    let endpoint = format!("{}/end", bench.fake.issuer());
    bench.fake.world().document = vec![("end_session_endpoint", json!(endpoint))];
    bench.fake.world().claims = vec![("auditTrackingId", json!("x".repeat(2_000)))];
    bench.sign_in().await;
    bench.desk.sign_out().await.unwrap();
    bench.desk.until_gateway_is_told(Duration::from_secs(5)).await;
    let pages = bench.browser.signed_out.lock().unwrap().clone();
    assert_eq!(pages[0].as_str(), format!("{endpoint}?client_id=ra-desk.practice"));
}

#[tokio::test]
async fn a_port_in_use_is_told() {
    let bench = Bench::new().await;
    bench.desk.sign_in().await.unwrap();
    let redirect = bench.browser.opened.lock().unwrap()[0]
        .query_pairs()
        .find_map(|(name, value)| (name == "redirect_uri").then(|| url::Url::parse(&value).unwrap()))
        .unwrap();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", redirect.port().unwrap())).unwrap();
    assert_eq!(bench.desk.sign_in().await.unwrap_err().cause, Cause::SignIn(SignInError::NoFreePort));
}

#[tokio::test]
async fn a_change_of_role_asks_for_it_and_given_up_leaves_everything() {
    let bench = Bench::signed_in().await;
    let SessionNow::SignedIn { person, .. } = bench.desk.snapshot().await.unwrap().session else { panic!("not in") };
    let role = person.roles[0].role.id.clone();
    *bench.browser.does.lock().unwrap() = InTheBrowser::Cancels;
    assert!(bench.desk.change_role(role.clone()).await.is_err());
    assert!(matches!(bench.desk.snapshot().await.unwrap().session, SessionNow::SignedIn { .. }));
    *bench.browser.does.lock().unwrap() = InTheBrowser::SignsIn;
    assert!(matches!(bench.desk.change_role(role).await.unwrap().session, SessionNow::Confirming { .. }));
    let last = bench.browser.opened.lock().unwrap().last().unwrap().clone();
    let scope = last.query_pairs().find(|(name, _)| name == "scope").unwrap().1.into_owned();
    assert!(scope.ends_with("changedrole") && !scope.contains("selectedrole"));
    assert_eq!(bench.desk.change_role("1".parse().unwrap()).await.unwrap_err().cause, Cause::SignInNeeded);
}
