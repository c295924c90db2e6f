//! Finding people and opening a profile.

use contract::{FaultCode, ProfileReply, SearchReply};
use http::StatusCode;
use serde_json::{Value, json};

use crate::world::{AGENT, SAM, SAM_ADDRESS, World, sponsor_role};

const SEARCH: &str = "/v1/care-identities/search";

#[tokio::test]
async fn people_are_found_by_each_way_of_asking() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let cases = [
        (json!({ "by": "uuid", "uuid": SAM }), vec![SAM]),
        (json!({ "by": "uuid", "uuid": "555999999999" }), vec![]),
        (json!({ "by": "address", "address": "SAM.Taylor@nhs.net" }), vec![SAM]),
        (json!({ "by": "address", "address": "drew.linked@nhs.net" }), vec!["555000000007"]),
        (json!({ "by": "national_insurance", "nino": "AB 12 34 56 C" }), vec![SAM]),
        (json!({ "by": "national_insurance", "nino": "AB123456D" }), vec![]),
        (json!({ "by": "details", "family": "taylor", "given": "sam" }), vec![SAM]),
        (json!({ "by": "details", "family": "Tay*", "given": "S" }), vec![SAM]),
        (json!({ "by": "details", "family": "Tay", "given": "Sam" }), vec![]),
        (json!({ "by": "details", "family": "oconnor smith", "birth_date": "1990-12-01" }), vec!["555000000002"]),
        (json!({ "by": "details", "family": "Smith", "given": "siobhan" }), vec!["555000000002"]),
        (json!({ "by": "details", "family": "O'Con*", "given": "Siobhán" }), vec!["555000000002"]),
        (json!({ "by": "details", "family": "Taylor", "birth_date": "1985-03-28" }), vec![]),
        (json!({ "by": "details", "family": "Taylor", "organisation": "B81603" }), vec![SAM]),
        (json!({ "by": "details", "family": "Taylor", "organisation": "RBA" }), vec![]),
    ];
    for (question, expected) in cases {
        let answer = session.post(SEARCH, &question).await;
        assert_eq!(answer.status, StatusCode::OK, "{question}: {}", answer.text);
        let reply: SearchReply = serde_json::from_value(answer.body).unwrap();
        let found: Vec<&str> = reply.matches.iter().map(|found| found.uuid.as_str()).collect();
        assert_eq!(found, expected, "{question}");
    }
    assert_eq!(world.count("SELECT count(*) FROM profiles WHERE nino_digest IS NOT NULL"), 1);
}

#[tokio::test]
async fn a_search_that_is_not_understood_names_its_fields() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let cases: [(Value, &[&str]); 10] = [
        (json!({ "by": "uuid", "uuid": "5550" }), &["uuid"]),
        (json!({ "by": "uuid" }), &["uuid"]),
        (json!({ "by": "address", "address": "sam@elsewhere.example" }), &["address"]),
        (json!({ "by": "national_insurance", "nino": "QQ123456A" }), &["nino"]),
        (json!({ "by": "details", "family": "T*", "given": 1 }), &["family", "given"]),
        (
            json!({ "by": "details", "birth_date": "27/03/1985", "organisation": "B81603-1" }),
            &["family", "birth_date", "organisation"],
        ),
        (json!({ "by": "details", "family": "Taylor", "given": "S4m<" }), &["given"]),
        (json!({ "by": "colour", "uuid": SAM }), &["by"]),
        (json!([1]), &["by"]),
        (json!({ "by": "uuid", "uuid": SAM, "colour": "red" }), &[]),
    ];
    for (question, expected) in cases {
        let answer = session.post(SEARCH, &question).await;
        assert_eq!((answer.status, answer.fault()), (StatusCode::BAD_REQUEST, FaultCode::InvalidRequest), "{question}");
        let outcome: contract::OperationOutcome = serde_json::from_value(answer.body).unwrap();
        let fields: Vec<String> = outcome.fields().into_iter().map(|error| error.field).collect();
        assert_eq!(fields, expected, "{question}");
    }
}

#[tokio::test]
async fn the_best_match_comes_first_and_too_many_are_none() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let answer = session.post(SEARCH, &json!({ "by": "details", "family": "Manyson", "given": "Alex" })).await;
    assert_eq!((answer.status, answer.fault()), (StatusCode::UNPROCESSABLE_ENTITY, FaultCode::TooManyMatches));
    world.change("UPDATE family_keys SET given = 'sasha' WHERE uuid >= '555000100040' AND uuid < '555000100060'");
    let answer = session.post(SEARCH, &json!({ "by": "details", "family": "Manyson", "given": "Alex" })).await;
    let reply: SearchReply = serde_json::from_value(answer.body).unwrap();
    assert_eq!(reply.matches.len(), 40);
    let exact = reply.matches.iter().take_while(|found| found.name.given.as_str() == "Alex").count();
    assert_eq!(exact, 20, "those who are called exactly that come first");
    for broad in [json!({ "by": "details", "family": "Manyson" }), json!({ "by": "details", "family": "Ma*" })] {
        assert_eq!(session.post(SEARCH, &broad).await.fault(), FaultCode::SearchTooBroad);
    }
}

#[tokio::test]
async fn every_person_shown_is_in_the_audit() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let rows = |what: &str| world.count(&format!("SELECT count(*) FROM audit WHERE action = 'search' AND {what}"));
    session.post(SEARCH, &json!({ "by": "address", "address": SAM_ADDRESS })).await;
    assert_eq!(rows(&format!("whom = '{SAM}' AND result = 'matched' AND who = '{AGENT}' AND ods = 'B81603'")), 1);
    session.post(SEARCH, &json!({ "by": "uuid", "uuid": "555999999999" })).await;
    assert_eq!(rows("whom = '' AND result = 'none'"), 1);
    session.post(SEARCH, &json!({ "by": "details", "family": "Manyson", "given": "Al" })).await;
    assert_eq!(rows("whom = '' AND result = 'too many'"), 1);
    session.get(&format!("/v1/care-identities/{SAM}")).await;
    assert_eq!(world.count("SELECT count(*) FROM audit WHERE action = 'open profile'"), 1);
    let with_names = "SELECT count(*) FROM audit WHERE result LIKE '%Taylor%' OR result LIKE '%nhs.net%'";
    assert_eq!(world.count(with_names), 0);
}

#[tokio::test]
async fn a_profile_says_what_to_know_of_it() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let cases: [(&str, Value, &[&str]); 7] = [
        (SAM, Value::Null, &[]),
        (AGENT, "OWN_PROFILE".into(), &["HAS_AUTHENTICATOR", "NINO_MISSING", "LAST_AUTHENTICATOR"]),
        ("555000000003", "PROFILE_CLOSED".into(), &["NINO_MISSING"]),
        ("555000000004", "PROFILE_UNVERIFIED".into(), &["NINO_MISSING"]),
        ("555000000005", "PROFILE_RESTRICTED".into(), &["NINO_MISSING"]),
        ("555000000006", Value::Null, &["HAS_AUTHENTICATOR", "NINO_MISSING", "LAST_AUTHENTICATOR"]),
        (
            "555000000007",
            Value::Null,
            &["HAS_AUTHENTICATOR", "HAS_NHS_NET_CONNECT", "NINO_MISSING", "LAST_AUTHENTICATOR"],
        ),
    ];
    for (uuid, refusal, warnings) in cases {
        let answer = session.get(&format!("/v1/care-identities/{uuid}")).await;
        assert_eq!(answer.body["refusal"], refusal, "{uuid}");
        assert_eq!(answer.body["warnings"], json!(warnings), "{uuid}");
        let etag = answer.headers["etag"].to_str().unwrap().to_owned();
        let reply: ProfileReply = serde_json::from_value(answer.body).unwrap();
        assert_eq!(reply.profile_seen, reply.profile.seen());
        assert_eq!(etag, format!("\"{}\"", reply.profile_seen));
    }
    for nobody in ["555999999999", "12", "%ff"] {
        let answer = session.get(&format!("/v1/care-identities/{nobody}")).await;
        assert_eq!((answer.status, answer.fault()), (StatusCode::NOT_FOUND, FaultCode::NotFound), "{nobody}");
    }
    let sponsor = world.sign_in_as("555100000003", sponsor_role("555254240103")).await;
    let answer = sponsor.get(&format!("/v1/care-identities/{SAM}")).await;
    assert_eq!(answer.body["refusal"], "NOT_PERMITTED");
}

#[tokio::test]
async fn whoever_reads_the_directory_out_is_slowed_down() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let mut answered = 0;
    let last = loop {
        let answer = session.post(SEARCH, &json!({ "by": "uuid", "uuid": SAM })).await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        answered += 1;
        assert!(answered < 100, "a limit comes");
    };
    assert_eq!((last.status, last.fault()), (StatusCode::TOO_MANY_REQUESTS, FaultCode::TooManyRequests));
    assert_eq!(last.headers["retry-after"], "1");
    world.clock.pass(jiff::SignedDuration::from_secs(1));
    assert_eq!(session.post(SEARCH, &json!({ "by": "uuid", "uuid": SAM })).await.status, StatusCode::OK);
}
