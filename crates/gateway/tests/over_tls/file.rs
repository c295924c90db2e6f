//! The database file, the directory's file and the keys: what is kept, and what is never overwritten.

use contract::AuthenticatorKind;
use gateway::{StartError, StoreError};
use http::StatusCode;
use serde_json::json;

use crate::world::{AGENT, SAM, SAM_ADDRESS, World, account, person, with, write_people};

#[tokio::test]
async fn a_restart_keeps_everything() {
    let mut world = World::start().await;
    let mut session = world.sign_in(AGENT).await;
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let first = session.send(&item).await;
    world.restart().await;
    session.move_to(world.url(""));
    assert_eq!(session.get("/v1/session").await.status, StatusCode::OK, "the session goes on");
    let again = session.send(&item).await;
    assert_eq!((&again["replay"], &again["registration"]), (&json!(true), &first["registration"]), "with its link");
    let report = {
        world.stop().await;
        gateway::check(world.config.clone(), world.folder.path(), world.clock.clone()).await.unwrap()
    };
    assert!(report.contains("is whole"), "{report}");
    world.change("DROP TRIGGER audit_rows_stand; UPDATE audit SET result = 'x' WHERE seq = 2");
    let report = gateway::check(world.config.clone(), world.folder.path(), world.clock.clone()).await.unwrap();
    assert!(report.contains("DOES NOT FIT at row 2"), "{report}");
}

/// Stops the gateway, spoils the file, sees it refused, and that not a byte was changed.
async fn refused_after(spoil: impl FnOnce(&World)) -> StoreError {
    let mut world = World::start().await;
    let session = world.sign_in(AGENT).await;
    world.register_sam(&session).await;
    world.stop().await;
    spoil(&world);
    let before = std::fs::read(world.database()).unwrap();
    let error = match world.run().await {
        Err(StartError::Store(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it started"),
    };
    assert!(std::fs::read(world.database()).unwrap() == before, "not overwritten");
    error
}

#[tokio::test]
async fn a_newer_file_is_refused() {
    let error = refused_after(|world| world.change("PRAGMA user_version = 99")).await;
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[tokio::test]
async fn a_truncated_file_is_refused() {
    for keep in [0_u64, 50, 4096, 5000, 40_960] {
        let error = refused_after(|world| {
            let file = std::fs::OpenOptions::new().write(true).open(world.database()).unwrap();
            assert!(file.metadata().unwrap().len() > keep);
            file.set_len(keep).unwrap();
        })
        .await;
        assert!(matches!(error, StoreError::Damaged { .. }), "{keep}: {error:?}");
        assert!(error.to_string().contains("nothing was changed"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_something_else_is_refused() {
    let error = refused_after(|world| {
        std::fs::write(world.database(), "not a database at all, but a letter".repeat(99)).unwrap()
    })
    .await;
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    let error = refused_after(|world| {
        std::fs::remove_file(world.database()).unwrap();
        world.change("CREATE TABLE holidays (day TEXT)");
    })
    .await;
    assert!(error.to_string().contains("another program"), "{error}");
}

#[tokio::test]
async fn other_keys_are_refused() {
    for key in ["link.key", "nino.key", "audit.key"] {
        let gone = |world: &World| std::fs::remove_file(world.folder.path().join("secrets").join(key)).unwrap();
        let error = refused_after(gone).await;
        assert!(matches!(error, StoreError::OtherKeys), "{key}: {error:?}");
    }
}

#[tokio::test]
async fn a_new_directory_file_is_taken_in_and_our_own_acts_stand() {
    let mut world = World::start().await;
    let session = world.sign_in(AGENT).await;
    world.register_sam(&session).await;
    let smartcard = "SELECT count(*) FROM authenticators WHERE uuid = '555000000006' AND removed_at IS NULL";
    let profile = session.get("/v1/care-identities/555000000006").await.body;
    let id = profile["profile"]["authenticators"][0]["id"].as_str().unwrap().to_owned();
    let body = json!({ "request": crate::issuer::uuid_text(), "reason": "replacement", "profile_seen": profile["profile_seen"] });
    session.post(&format!("/v1/care-identities/555000000006/authenticators/{id}/removal"), &body).await;
    assert_eq!(world.count(smartcard), 0);
    world.restart().await;
    assert_eq!(world.count(smartcard), 0, "the same file is not taken in again");
    write_people(
        world.folder.path(),
        &[
            person(SAM, "Samantha", "Taylor-Jones", None, |_| {}),
            person("555000000006", "Casey", "Holder", None, |profile| {
                with(AuthenticatorKind::Smartcard, None)(profile);
                profile.authenticators[0].id = id.parse().unwrap();
            }),
            person("555000000099", "New", "Person", None, with(AuthenticatorKind::NhsNetConnect, Some(SAM_ADDRESS))),
            account("new.person@nhs.net", gateway::directory_file::AccountState::Active, false),
        ],
    );
    world.restart().await;
    let mut session = world.sign_in(AGENT).await;
    session.move_to(world.url(""));
    let sam = session.get(&format!("/v1/care-identities/{SAM}")).await.body;
    assert_eq!(sam["profile"]["name"]["family"], "Taylor-Jones");
    assert_eq!(sam["profile"]["authenticators"][0]["address"], SAM_ADDRESS, "what we registered stays");
    assert_eq!(world.count(smartcard), 0, "what was removed here does not come back");
    let found = session.post("/v1/care-identities/search", &json!({ "by": "address", "address": SAM_ADDRESS })).await;
    assert_eq!(found.body["matches"].as_array().unwrap().len(), 1, "an account stands on one profile");
    let old = session
        .post("/v1/care-identities/search", &json!({ "by": "details", "family": "Taylor", "given": "Sam" }))
        .await;
    assert_eq!(old.body["matches"], json!([]), "the old name is not found any more");
}

#[tokio::test]
async fn an_account_that_moves_is_on_its_new_profile_whichever_line_comes_first() {
    for a_first in [true, false] {
        let mut world = World::start().await;
        let on = |uuid: &str| {
            let uuid = format!("uuid = '{uuid}' AND address = 'drew.linked@nhs.net' AND removed_at IS NULL");
            world.count(&format!("SELECT count(*) FROM authenticators WHERE {uuid}"))
        };
        assert_eq!((on("555000000007"), on(SAM)), (1, 0));
        let mut people = vec![
            person("555000000007", "Drew", "Linked", None, |_| {}),
            person(SAM, "Sam", "Taylor", None, with(AuthenticatorKind::NhsNetConnect, Some("drew.linked@nhs.net"))),
        ];
        if !a_first {
            people.reverse();
        }
        write_people(world.folder.path(), &people);
        world.restart().await;
        let on = |uuid: &str| {
            let uuid = format!("uuid = '{uuid}' AND address = 'drew.linked@nhs.net' AND removed_at IS NULL");
            world.count(&format!("SELECT count(*) FROM authenticators WHERE {uuid}"))
        };
        assert_eq!((on("555000000007"), on(SAM)), (0, 1), "{a_first}");
    }
}

#[tokio::test]
async fn a_directory_file_that_is_none_changes_nothing() {
    let mut world = World::start().await;
    world.stop().await;
    let profiles = world.count("SELECT count(*) FROM profiles");
    let file = world.folder.path().join("people.jsonl");
    let one = std::fs::read_to_string(&file).unwrap().lines().next().unwrap().replace("555000000001", "555000000098");
    for (text, line) in [
        (format!("{one}\n{{\"record\":\"profile\"}}\n"), 2),
        (format!("{one}\n\n<html>\n"), 3),
        (format!("{one}\n{}\n", "x".repeat(1024 * 1024 + 1)), 2),
    ] {
        std::fs::write(&file, text).unwrap();
        let Err(StartError::Directory(error)) = world.run().await else { panic!("it started") };
        assert!(error.to_string().starts_with(&format!("line {line} ")), "{error}");
        assert!(!error.to_string().contains("Sam"), "{error}");
        assert_eq!(world.count("SELECT count(*) FROM profiles"), profiles);
    }
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(world.run().await, Err(StartError::Directory(_))));
}

#[tokio::test]
async fn the_store_is_as_durable_as_it_says() {
    let world = World::start().await;
    let connection = rusqlite::Connection::open(world.database()).unwrap();
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let indexes = world.count(
        "SELECT count(*) FROM sqlite_master WHERE name IN ('one_account_one_profile', 'one_account_once_a_profile')",
    );
    assert_eq!(indexes, 2);
    let add = |id: &str, uuid: &str| {
        connection.execute(
            "INSERT INTO authenticators (id, uuid, kind, address, added_at, source, state) \
             VALUES (?, ?, 'nhs_net_connect', 'x.y@nhs.net', 0, 'ra_desk', 'linked')",
            [id, uuid],
        )
    };
    add("a", SAM).unwrap();
    assert!(add("b", SAM).is_err() && add("c", AGENT).is_err(), "the last line holds");
}

#[tokio::test]
async fn stopping_breaks_no_promise() {
    let mut world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let mut items = Vec::new();
    for n in 0..20 {
        items.push(world.item(&session, &format!("5550001000{n:02}"), &format!("person{n}@nhs.net")).await);
    }
    let mut sending: std::collections::VecDeque<_> = items
        .iter()
        .map(|item| {
            let body = json!({ "items": [item] });
            tokio::spawn(session.request(http::Method::POST, "/v1/registrations/batch").json(&body).send())
        })
        .collect();
    // One is answered, the others are on their way.
    assert_eq!(sending.pop_front().unwrap().await.unwrap().unwrap().status(), StatusCode::OK);
    world.stop().await;
    let mut promised = 1;
    for one in sending {
        if let Ok(Ok(answer)) = one.await
            && let Ok(reply) = answer.json::<contract::BatchReply>().await
        {
            assert!(matches!(reply.results[0].outcome, contract::ItemOutcome::Registered { .. }));
            promised += 1;
        }
    }
    assert!(world.count("SELECT count(*) FROM registrations") >= promised);
}
