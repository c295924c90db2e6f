//! Registering: every answer a submission can get, and the promise that none counts twice.

use contract::{FaultCode, RefusalCode};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::issuer::uuid_text;
use crate::world::{AGENT, AGENT_ROLE, COLLEAGUE, SAM, SAM_ADDRESS, World, agent_role, sponsor_role};

const REGISTRATIONS: &str = "SELECT count(*) FROM registrations";

#[tokio::test]
async fn a_registration_is_made_and_its_link_given() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    assert_eq!(registration["state"], "waiting_for_them");
    assert_eq!(registration["registered_by"], "Robin Agent");
    assert_eq!(registration["progress"]["attempts_left"], 5);
    let url = registration["link"]["url"].as_str().unwrap();
    assert!(url.starts_with("https://localhost:9443/link/") && url.len() > 60, "{url}");
    let profile = session.get(&format!("/v1/care-identities/{SAM}")).await;
    assert_eq!(profile.body["profile"]["authenticators"][0]["state"], "waiting_for_them");
    assert_eq!(profile.body["profile"]["authenticators"][0]["added_by"], "Robin Agent");
    let token = url.rsplit('/').next().unwrap();
    let database = std::fs::read(world.database()).unwrap();
    let journal = std::fs::read(world.folder.path().join("gateway.sqlite3-wal")).unwrap();
    for bytes in [database, journal] {
        assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()), "only a digest is stored");
    }
}

/// Makes each refusal happen, for real.
#[tokio::test]
async fn every_refusal_is_reached_and_kept_or_not_as_it_should_be() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let sponsor = world.sign_in_as(COLLEAGUE, sponsor_role("555254240103")).await;
    let day = SignedDuration::from_hours(24);
    let mut seen = Vec::new();
    let mut expect = async |session: &crate::world::Session, item: &Value, code: RefusalCode, kept: bool| {
        let result = session.send(item).await;
        assert_eq!(result["outcome"], "refused", "{code}: {result}");
        assert_eq!(result["code"], code.as_str(), "{result}");
        let key = item["key"].as_str().unwrap();
        let rows =
            world.count(&format!("SELECT count(*) FROM submissions WHERE key = '{key}' AND outcome = 'refused'"));
        assert_eq!(rows, i64::from(kept), "{code} is kept under its key");
        if kept {
            assert_eq!(session.send(item).await, result, "{code} is answered the same again");
        }
        seen.push(code);
    };
    let item = async |whom: &str, address: &str| world.item(&session, whom, address).await;

    expect(&session, &item("555999999999", SAM_ADDRESS).await, RefusalCode::UnknownProfile, true).await;
    expect(&session, &item("555000000003", SAM_ADDRESS).await, RefusalCode::ProfileClosed, true).await;
    expect(&session, &item("555000000004", SAM_ADDRESS).await, RefusalCode::ProfileUnverified, true).await;
    let mut by_video = item("555000000004", SAM_ADDRESS).await;
    by_video["body"]["method"] = "video".into();
    expect(&session, &by_video, RefusalCode::ProfileUnverified, true).await;
    expect(&session, &item("555000000005", SAM_ADDRESS).await, RefusalCode::ProfileRestricted, true).await;
    expect(&session, &item(AGENT, "robin.agent@nhs.net").await, RefusalCode::OwnProfile, true).await;
    expect(&session, &item("555000000007", "drew.linked@nhs.net").await, RefusalCode::AlreadyRegistered, true).await;
    expect(&session, &item(SAM, "drew.linked@nhs.net").await, RefusalCode::AddressInUse, true).await;
    expect(&session, &item(SAM, "sam@trust.nhs.net").await, RefusalCode::AddressNotAllowed, true).await;
    expect(&session, &item(SAM, "nobody.knows@nhs.net").await, RefusalCode::AddressUnknown, true).await;
    expect(&session, &item(SAM, "quite.still@nhs.net").await, RefusalCode::AddressInactive, true).await;
    expect(&session, &item(SAM, "long.leave@nhs.net").await, RefusalCode::AddressInactive, true).await;
    expect(&session, &item(SAM, "ward7@nhs.net").await, RefusalCode::AddressSharedMailbox, true).await;
    let mut unlike = item(SAM, SAM_ADDRESS).await;
    unlike["body"]["profile_seen"] = "0".repeat(64).into();
    expect(&session, &unlike, RefusalCode::ProfileChanged, true).await;
    let mut old = item(SAM, SAM_ADDRESS).await;
    old["body"]["recorded_at"] = json!(world.clock_now() - day * 14 - SignedDuration::from_secs(1));
    expect(&session, &old, RefusalCode::TooOld, true).await;
    let mut twice = item(SAM, SAM_ADDRESS).await;
    twice["body"]["documents"] = json!(["passport", "passport"]);
    expect(&session, &twice, RefusalCode::InvalidBody, true).await;
    let mut odd = item(SAM, SAM_ADDRESS).await;
    odd["body"]["colour"] = "red".into();
    expect(&session, &odd, RefusalCode::InvalidBody, true).await;
    let mut no_reason = item("555000000002", "siobhan.smith@nhs.net").await;
    no_reason["body"].as_object_mut().unwrap().remove("address_reason");
    expect(&session, &no_reason, RefusalCode::InvalidBody, true).await;
    let mut tomorrow = item(SAM, SAM_ADDRESS).await;
    tomorrow["body"]["checked_at"] = json!(world.clock_now() + day);
    expect(&session, &tomorrow, RefusalCode::InvalidBody, true).await;
    let mut no_uuid = item(SAM, SAM_ADDRESS).await;
    no_uuid["care_identity"] = "12".into();
    expect(&session, &no_uuid, RefusalCode::InvalidBody, false).await;

    expect(&sponsor, &world.item(&sponsor, SAM, SAM_ADDRESS).await, RefusalCode::NotPermitted, false).await;
    let colleagues = world.item(&sponsor, SAM, SAM_ADDRESS).await;
    expect(&session, &colleagues, RefusalCode::NotYourSubmission, false).await;
    let good = item(SAM, SAM_ADDRESS).await;
    assert_eq!(session.send(&good).await["outcome"], "registered");
    let mut reused = good.clone();
    reused["body"]["documents"] = json!([]);
    expect(&session, &reused, RefusalCode::KeyReused, false).await;

    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, RefusalCode::ALL, "every refusal of the list");
    assert_eq!(world.count(REGISTRATIONS), 1);
}

#[tokio::test]
async fn a_refusal_tells_what_more_there_is_to_know() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let colleague = world.sign_in_as(COLLEAGUE, agent_role("555254240104")).await;
    let mut changed = world.item(&session, SAM, SAM_ADDRESS).await;
    changed["body"]["profile_seen"] = "0".repeat(64).into();
    let result = session.send(&changed).await;
    assert_eq!(result["detail"]["profile"]["profile"]["uuid"], SAM);
    world.register_sam(&session).await;
    let own = session.send(&world.item(&session, SAM, SAM_ADDRESS).await).await;
    assert_eq!(own["code"], "ALREADY_REGISTERED");
    assert!(own["detail"]["registration"]["link"]["url"].is_string(), "its author is given the link");
    let item = world.item(&colleague, SAM, SAM_ADDRESS).await;
    for result in [colleague.send(&item).await, colleague.send(&item).await] {
        let registration = &result["detail"]["registration"];
        assert_eq!(registration["registered_by"], "Robin Agent", "already done by, and when");
        assert!(registration["registered_at"].is_string() && registration.get("link").is_none());
    }
    let mut odd = world.item(&session, "555000000002", "siobhan.smith@nhs.net").await;
    odd["body"]["declaration"]["id"] = "another".into();
    odd["body"]["documents"] = json!(["passport", "passport"]);
    let result = session.send(&odd).await;
    let fields: Vec<&str> =
        result["detail"]["fields"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["documents", "declaration.id"]);
}

#[tokio::test]
async fn warnings_stop_nothing_and_are_kept() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let result = session.send(&world.item(&session, "555000000006", "siobhan.smith@nhs.net").await).await;
    let expected = ["HAS_AUTHENTICATOR", "ADDRESS_NOT_ON_PROFILE", "ADDRESS_UNLIKE_NAME", "NINO_MISSING"];
    assert_eq!(result["registration"]["warnings"], json!(expected), "{result}");
}

#[tokio::test]
async fn the_same_again_is_answered_the_same_and_counts_once() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let first = session.send(&item).await;
    assert_eq!(first["replay"], false);
    // Whatever has changed since must not change the answer to a submission that was accepted.
    world.change(&format!("UPDATE profiles SET status = 'closed' WHERE uuid = '{SAM}'"));
    world.clock.pass(SignedDuration::from_secs(60));
    for _ in 0..3 {
        let again = session.send(&item).await;
        assert_eq!(again["replay"], true);
        assert_eq!(again["registration"], first["registration"], "with the same link, made again");
    }
    assert_eq!(world.count(REGISTRATIONS), 1);
    // Even when the author's role registers no more.
    let sponsor = world.sign_in_as(AGENT, sponsor_role(AGENT_ROLE)).await;
    assert_eq!(sponsor.send(&item).await["replay"], true);
    // In another person's session it is not theirs, and nothing of it is told.
    let colleague = world.sign_in_as(COLLEAGUE, agent_role(AGENT_ROLE)).await;
    let result = colleague.send(&item).await;
    assert_eq!((&result["code"], &result["detail"]), (&json!("NOT_YOUR_SUBMISSION"), &json!({})));
    // Nor in the same person's other role.
    let other_role = world.sign_in_as(AGENT, agent_role("555254240177")).await;
    assert_eq!(other_role.send(&item).await["code"], "NOT_YOUR_SUBMISSION");
}

#[tokio::test]
async fn what_was_not_theirs_can_still_be_sent_by_whose_it_is() {
    let world = World::start().await;
    let (author, colleague) = (world.sign_in(AGENT).await, world.sign_in(COLLEAGUE).await);
    let item = world.item(&author, SAM, SAM_ADDRESS).await;
    assert_eq!(colleague.send(&item).await["code"], "NOT_YOUR_SUBMISSION");
    assert_eq!(author.send(&item).await["outcome"], "registered");
    let sponsor = world.sign_in_as(AGENT, sponsor_role(AGENT_ROLE)).await;
    let item = world.item(&author, "555000000002", "siobhan.smith@nhs.net").await;
    assert_eq!(sponsor.send(&item).await["code"], "NOT_PERMITTED");
    assert_eq!(author.send(&item).await["outcome"], "registered", "once their role registers again");
}

#[tokio::test]
async fn many_at_once_make_one_registration() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let results = futures_join((0..12).map(|_| session.send(&item)).collect()).await;
    let registered = results.iter().filter(|result| result["outcome"] == "registered").count();
    let in_flight = results.iter().filter(|result| result["outcome"] == "in_flight").count();
    assert_eq!(registered + in_flight, 12, "{results:?}");
    assert_eq!(results.iter().filter(|result| result["replay"] == false).count(), 1);
    assert_eq!(world.count(REGISTRATIONS), 1);
    assert_eq!(session.send(&item).await["replay"], true);
    // Different keys for the same account: the unique index is the last line.
    let mut others = Vec::new();
    for _ in 0..8 {
        others.push(world.item(&session, "555000000002", "siobhan.smith@nhs.net").await);
    }
    let results = futures_join(others.iter().map(|item| session.send(item)).collect()).await;
    assert_eq!(results.iter().filter(|result| result["outcome"] == "registered").count(), 1);
    assert_eq!(results.iter().filter(|result| result["code"] == "ALREADY_REGISTERED").count(), 7);
}

#[tokio::test]
async fn a_key_that_is_being_worked_on_is_in_flight() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let (item, other) = (
        world.item(&session, SAM, SAM_ADDRESS).await,
        world.item(&session, "555000000002", "siobhan.smith@nhs.net").await,
    );
    // Somebody else has the file for a moment, so that the first batch is still on its way when the second comes.
    let connection = rusqlite::Connection::open(world.database()).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let send = |items: &[&Value]| {
        let request = session.request(http::Method::POST, "/v1/registrations/batch").json(&json!({ "items": items }));
        tokio::spawn(async move { request.send().await.unwrap().json::<Value>().await.unwrap() })
    };
    let first = send(&[&item]);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let second = send(&[&item, &other]);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    connection.execute_batch("COMMIT").unwrap();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(first["results"][0]["outcome"], "registered");
    assert_eq!(second["results"][0]["outcome"], "in_flight");
    assert_eq!(second["results"][1]["outcome"], "registered", "which holds up nobody else");
    assert_eq!(session.send(&item).await["replay"], true, "asked again, it is answered");
}

#[tokio::test]
async fn withdrawn_stays_withdrawn_and_registered_stays_registered() {
    let world = World::start().await;
    let (session, colleague) = (world.sign_in(AGENT).await, world.sign_in(COLLEAGUE).await);
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    for _ in 0..2 {
        let answer = session.cancel(&item["key"]).await;
        assert_eq!((answer.status, &answer.body["outcome"]), (StatusCode::OK, &json!("withdrawn")), "{}", answer.text);
        serde_json::from_value::<contract::CancelReply>(answer.body).unwrap();
    }
    assert_eq!(session.send(&item).await["outcome"], "withdrawn");
    let mut other_body = item.clone();
    other_body["body"]["documents"] = json!([]);
    assert_eq!(session.send(&other_body).await["outcome"], "withdrawn");
    assert_eq!(world.count(REGISTRATIONS), 0);

    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    assert_eq!(session.send(&item).await["outcome"], "registered");
    let answer = session.cancel(&item["key"]).await;
    assert_eq!(answer.body["outcome"], "registered");
    assert!(answer.body["registration"]["link"]["url"].is_string());
    assert_eq!(colleague.cancel(&item["key"]).await.fault(), FaultCode::NotPermitted);

    let item = world.item(&session, "555000000003", SAM_ADDRESS).await;
    session.send(&item).await;
    let answer = session.cancel(&item["key"]).await;
    assert_eq!((&answer.body["outcome"], &answer.body["code"]), (&json!("refused"), &json!("PROFILE_CLOSED")));
    assert_eq!(session.cancel(&json!("no-key")).await.fault(), FaultCode::NotFound);
}

#[tokio::test]
async fn one_bad_item_spoils_no_other() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let good = world.item(&session, SAM, SAM_ADDRESS).await;
    let mut other_body = good.clone();
    other_body["body"]["documents"] = json!([]);
    let huge = json!({ "key": uuid_text(), "care_identity": SAM, "body": { "address": "x".repeat(20_000) } });
    let items = [
        json!({ "key": uuid_text() }),
        json!({ "key": uuid_text(), "care_identity": "x", "body": {} }),
        json!({ "key": uuid_text(), "care_identity": SAM, "body": [1, 2] }),
        huge,
        good.clone(),
        good.clone(),
        other_body,
        world.item(&session, "555000000002", "siobhan.smith@nhs.net").await,
    ];
    let answer = session.batch(&items).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let results = answer.body["results"].as_array().unwrap();
    let said: Vec<&str> =
        results.iter().map(|result| result["code"].as_str().or(result["outcome"].as_str()).unwrap()).collect();
    assert_eq!(
        said,
        [
            "INVALID_BODY",
            "INVALID_BODY",
            "INVALID_BODY",
            "INVALID_BODY",
            "registered",
            "registered",
            "KEY_REUSED",
            "registered"
        ]
    );
    assert_eq!((&results[4]["replay"], &results[5]["replay"]), (&json!(false), &json!(true)));
    for (item, result) in items.iter().zip(results) {
        assert_eq!(item["key"], result["key"], "in the order of the items");
    }
    assert_eq!(world.count(REGISTRATIONS), 2);
}

#[tokio::test]
async fn a_whole_batch_is_taken_and_more_is_not() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let seen = session.get("/v1/care-identities/555000100000").await.body["profile_seen"].clone();
    let mut items = Vec::new();
    for n in 0..200 {
        let address = format!("person{}@nhs.net", n % 60);
        let whom = format!("5550001000{:02}", n % 60);
        let body = world.body(&session, &address, seen.as_str().unwrap());
        items.push(json!({ "key": uuid_text(), "care_identity": whom, "body": body }));
    }
    let answer = session.batch(&items).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let results = answer.body["results"].as_array().unwrap();
    assert_eq!(results.len(), 200);
    // Each profile has its own digest, so all but the first have changed since somebody else's was seen.
    assert_eq!(results.iter().filter(|result| result["outcome"] == "registered").count(), 1);
    assert_eq!(results.iter().filter(|result| result["code"] == "PROFILE_CHANGED").count(), 196);
    items.push(items[0].clone());
    assert_eq!(session.batch(&items).await.fault(), FaultCode::InvalidRequest);
    assert_eq!(session.batch(&[]).await.fault(), FaultCode::InvalidRequest);
}

#[tokio::test]
async fn a_wrong_clock_is_allowed_for() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    // Recorded 15 days ago by a clock that was two days behind: 13 days.
    let mut item = world.item(&session, SAM, SAM_ADDRESS).await;
    item["body"]["recorded_at"] = json!(world.clock_now() - SignedDuration::from_hours(24 * 15));
    item["body"]["checked_at"] = item["body"]["recorded_at"].clone();
    item["body"]["clock_ahead_seconds"] = json!(-2 * 24 * 3600);
    assert_eq!(session.send(&item).await["outcome"], "registered");
    // Recorded yesterday by a clock that was a month ahead.
    let mut item = world.item(&session, "555000000002", "siobhan.smith@nhs.net").await;
    item["body"]["recorded_at"] = json!(world.clock_now() - SignedDuration::from_hours(24));
    item["body"]["clock_ahead_seconds"] = json!(30 * 24 * 3600);
    assert_eq!(session.send(&item).await["code"], "TOO_OLD");
}

#[tokio::test]
async fn a_batch_nobody_can_answer_is_a_fault_of_the_call() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    for wrong in [json!({ "items": [{ "care_identity": SAM }] }), json!({ "items": 3 }), json!([]), json!({ "x": [] })]
    {
        let answer = session.post("/v1/registrations/batch", &wrong).await;
        assert_eq!((answer.status, answer.fault()), (StatusCode::BAD_REQUEST, FaultCode::InvalidRequest), "{wrong}");
    }
}

async fn futures_join<F: Future<Output = Value>>(futures: Vec<F>) -> Vec<Value> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut results = vec![None; futures.len()];
    std::future::poll_fn(|context| {
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *result = Some(value);
            }
        }
        if results.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    results.into_iter().map(Option::unwrap).collect()
}
