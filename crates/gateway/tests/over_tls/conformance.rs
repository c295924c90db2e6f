//! The rules of NHS CIS2 Authentication that the gateway is to hold, each by its number in the technical conformance
//! questions. What the desk holds of them is tested there.

use contract::FaultCode;
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::issuer::Grant;
use crate::world::{AGENT, AGENT_ROLE, Answer, COLLEAGUE, World, agent_role, role};

/// What the gateway says to a sign-in that is good but for one change.
async fn changed(world: &World, change: impl FnOnce(&mut Grant)) -> Answer {
    let mut grant = world.grant(AGENT, Some(AGENT_ROLE), &json!([agent_role(AGENT_ROLE)]));
    change(&mut grant);
    world.token(grant).await
}

#[track_caller]
fn refused(world: &World, answer: &Answer, why: &str) {
    assert_eq!(answer.fault(), FaultCode::SignInRefused, "{}", answer.text);
    assert!(answer.diagnostics().contains(why), "{}", answer.diagnostics());
    assert_eq!(world.count("SELECT count(*) FROM sessions"), 0, "no session");
    assert_eq!(world.count("SELECT count(*) FROM tokens"), 0, "no token");
}

#[tokio::test]
async fn nhs_cia_ui_req_001_the_subject_of_userinfo_is_that_of_the_id_token() {
    let world = World::start().await;
    let answer = changed(&world, |grant| grant.info["sub"] = COLLEAGUE.into()).await;
    refused(&world, &answer, "somebody else than the ID token");
    let answer = changed(&world, |grant| grant.info["nhsid_useruid"] = COLLEAGUE.into()).await;
    refused(&world, &answer, "another Care Identity UUID");
    let answer = changed(&world, |grant| grant.id["sub"] = COLLEAGUE.into()).await;
    refused(&world, &answer, "somebody else than the ID token");
    assert_eq!(changed(&world, |_| {}).await.status, StatusCode::OK);
}

#[tokio::test]
async fn nhs_cia_sc_req_002_the_identity_is_assured_at_level_3_as_text_or_as_a_number() {
    let world = World::start().await;
    for level in [json!("2"), json!(2), json!("0"), json!("three"), json!(""), json!([3]), json!(null)] {
        let answer = changed(&world, |grant| grant.id["id_assurance_level"] = level.clone()).await;
        refused(&world, &answer, "id_assurance_level");
    }
    for level in [json!("3"), json!(3), json!("4")] {
        let answer = changed(&world, |grant| grant.id["id_assurance_level"] = level.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{level}: {}", answer.text);
    }
}

#[tokio::test]
async fn nhs_cia_acr_req_001_the_sign_in_is_as_strong_as_was_asked() {
    for (asked, level, acr, good) in [
        ("AAL3_ANY", json!("3"), "AAL3_ANY", true),
        ("AAL3_ANY", json!(3), "AAL3_FIDO2", true),
        ("AAL3_ANY", json!("2"), "AAL3_ANY", false),
        ("AAL3_ANY", json!("3"), "AAL2_ANY", false),
        ("AAL3_ANY", json!(null), "AAL3_ANY", false),
        ("AAL2_OR_AAL3_ANY", json!("2"), "AAL2_OR_AAL3_ANY", true),
        ("AAL2_OR_AAL3_ANY", json!("3"), "AAL2_OR_AAL3_ANY", true),
        ("AAL2_OR_AAL3_ANY", json!("1"), "AAL2_OR_AAL3_ANY", false),
        ("AAL2_ANY", json!("2"), "AAL1_USERPASS", false),
    ] {
        let world = World::start_with(|config| config.issuer.acr_values = asked.into()).await;
        let answer = changed(&world, |grant| {
            grant.id["authentication_assurance_level"] = level.clone();
            grant.id["acr"] = acr.into();
        })
        .await;
        if good {
            assert_eq!(answer.status, StatusCode::OK, "{asked} {level} {acr}: {}", answer.text);
        } else {
            refused(&world, &answer, "lower than was asked");
        }
    }
}

#[tokio::test]
async fn nhs_cia_ses_req_003_a_sign_in_older_than_five_minutes_is_none() {
    let world = World::start().await;
    let now = world.issuer.now();
    for auth_time in [json!(now - 301), json!(now + 61), json!(0), json!(i64::MIN), json!(null)] {
        let answer = changed(&world, |grant| grant.id["auth_time"] = auth_time.clone()).await;
        refused(&world, &answer, "five minutes");
    }
    let answer = changed(&world, |grant| grant.id["auth_time"] = json!(now - 300)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn nhs_cia_ses_req_007_a_session_lasts_twelve_hours_however_busy_it_is() {
    let world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    let refresh = async |token: &str| {
        let answer = world.token_form(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
        (answer.status == StatusCode::OK).then_some(answer.body)
    };
    for quarter in 1..=47 {
        world.clock.pass(SignedDuration::from_mins(15));
        let tokens = refresh(&session.refresh).await.unwrap();
        let left = 12 * 3600 - quarter * 15 * 60;
        assert_eq!(tokens["refresh_expires_in"], left, "it ends when it did");
        session.access = tokens["access_token"].as_str().unwrap().to_owned();
        session.refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
        assert_eq!(session.get("/v1/session").await.status, StatusCode::OK);
    }
    world.clock.pass(SignedDuration::from_mins(10));
    let last = refresh(&session.refresh).await.unwrap();
    assert_eq!(last["expires_in"], 5 * 60, "no access token outlives the session");
    session.access = last["access_token"].as_str().unwrap().to_owned();
    session.refresh = last["refresh_token"].as_str().unwrap().to_owned();
    world.clock.pass(SignedDuration::from_secs(5 * 60 - 1));
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK);
    world.clock.pass(SignedDuration::from_secs(1));
    assert_eq!(session.get("/v1/session").await.diagnostics(), "twelve_hours");
    assert!(refresh(&session.refresh).await.is_none());
}

#[tokio::test]
async fn nhs_cia_sec_req_003_nothing_older_than_tls_1_2_is_spoken() {
    let world = World::start().await;
    let port = url::Url::parse(&world.url("")).unwrap().port().unwrap();
    for (version, spoken) in [([3, 3], true), ([3, 2], false), ([3, 1], false), ([3, 0], false)] {
        // One hello, of which the version alone differs.
        let mut hello = version.to_vec();
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0]);
        let groups = [0, 10, 0, 6, 0, 4, 0, 29, 0, 23];
        let signatures = [0, 13, 0, 6, 0, 4, 4, 3, 8, 4];
        let points = [0, 11, 0, 2, 1, 0];
        hello.extend([0, 26]);
        hello.extend(groups.into_iter().chain(signatures).chain(points));
        let length = |bytes: usize| u16::try_from(bytes).unwrap().to_be_bytes();
        let mut record = vec![22, 3, 1];
        record.extend(length(hello.len() + 4));
        record.extend([1, 0]);
        record.extend(length(hello.len()));
        record.extend(hello);
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(&record).await.unwrap();
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).await.unwrap();
        // A handshake, or a fatal alert.
        assert_eq!((answer[0] == 22, answer[0] == 21 && answer[5] == 2), (spoken, !spoken), "{version:?} {answer:?}");
    }
}

#[tokio::test]
async fn cis2_4_6_none_one_several_and_many_roles_are_all_somebody() {
    let world = World::start().await;
    let roles = |count: usize| -> Vec<Value> {
        (0..count).map(|n| role(&format!("55525424{n:04}"), "S0080:G0440:R5090", &[], "B81603")).collect()
    };
    for count in [0, 1, 2, 5, 6, 40] {
        let held = roles(count);
        let selected = held.last().and_then(|role| role["person_roleid"].as_str());
        let answer = world.token(world.grant(AGENT, selected, &json!(held))).await;
        assert_eq!(answer.status, StatusCode::OK, "{count}: {}", answer.text);
        let bearer = answer.body["access_token"].as_str().unwrap();
        let answer = Answer::of(world.client.get(world.url("/v1/session")).bearer_auth(bearer)).await;
        assert_eq!(answer.body["roles"].as_array().unwrap().len(), count, "{}", answer.text);
        assert_eq!(answer.body["role"]["role"]["id"].as_str(), selected);
        assert_eq!(answer.body["may"]["register"], count > 0);
    }
    let answer = changed(&world, |grant| grant.id["selected_roleid"] = json!("555254249999")).await;
    assert_eq!(answer.fault(), FaultCode::SignInRefused, "a role that is not theirs is nobody's");
}

#[tokio::test]
async fn cis2_4_5_arrays_that_are_optional_may_be_absent() {
    let world = World::start().await;
    let answer = changed(&world, |grant| {
        grant.info["nhsid_nrbac_roles"][0].as_object_mut().unwrap().remove("activity_codes");
        grant.info.as_object_mut().unwrap().remove("nhsid_user_orgs");
    })
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let answer = changed(&world, |grant| {
        grant.info.as_object_mut().unwrap().remove("nhsid_nrbac_roles");
        grant.id.as_object_mut().unwrap().remove("selected_roleid");
    })
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}
