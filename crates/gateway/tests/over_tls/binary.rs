//! The binary as it is shipped: how it starts, what it writes down, and how it stops.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use gateway::{Clock, SystemClock};
use http::StatusCode;
use serde_json::json;

use crate::world::{AGENT, Answer, SAM, SAM_ADDRESS, World};

pub fn gateway(world: &World, more: &[&str]) -> Command {
    std::fs::write(world.folder.path().join("gateway.toml"), toml::to_string(&world.config).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ra-gateway"));
    command.arg("--config").arg(world.folder.path().join("gateway.toml")).args(more);
    // However finely somebody asks for logs, no personal data is in them.
    command.env("RUST_LOG", "trace").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn stop(child: Child) -> Output {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    child.wait_with_output().unwrap()
}

#[tokio::test]
async fn it_starts_writes_down_nothing_personal_and_stops() {
    let mut world = World::start().await;
    world.stop().await;
    // The binary has the computer's clock, so the issuer must have it too.
    world.clock.pass(SystemClock.now().duration_since(world.clock_now()));
    let mut child = gateway(&world, &[]).spawn().unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let port = line.trim().strip_prefix("listening on https://127.0.0.1:").expect("says where it listens").to_owned();
    world.is_elsewhere(format!("https://localhost:{port}"));
    let session = world.sign_in(AGENT).await;
    let details = json!({ "by": "details", "family": "Taylor", "given": "Sam" });
    assert_eq!(session.post("/v1/care-identities/search", &details).await.status, StatusCode::OK);
    let registration = world.register_sam(&session).await;
    let token = registration["link"]["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert_eq!(Answer::of(world.client.get(world.url(&format!("/link/{token}")))).await.status, StatusCode::OK);
    session.post("/v1/care-identities/search", &json!({ "by": "details", "family": "Taylor", "given": 1 })).await;
    let mut bad = world.grant(AGENT, None, &json!([]));
    bad.info["sub"] = "555100000099".into();
    assert_eq!(world.token(bad).await.status, StatusCode::FORBIDDEN);
    let ended = stop(child);
    assert!(ended.status.success(), "a graceful end");
    let mut written = String::from_utf8(ended.stderr).unwrap();
    output.read_to_string(&mut written).unwrap();
    assert!(written.contains("a sign-in was not accepted") && written.contains("stopping"), "{written}");
    for line in written.lines() {
        assert!(line.starts_with('{'), "each line is JSON: {line}");
    }
    for personal in ["Taylor", "Sam", "Robin", SAM, AGENT, SAM_ADDRESS, "AB123456", &token, &session.access] {
        assert!(!written.contains(personal), "{personal} in {written}");
    }
    world.is_elsewhere(String::new());
    assert_eq!(world.count("SELECT count(*) FROM registrations"), 1);
}

#[tokio::test]
async fn it_says_whether_it_could_start() {
    let mut world = World::start().await;
    world.stop().await;
    let good = gateway(&world, &["--check"]).output().unwrap();
    let said = String::from_utf8(good.stdout).unwrap();
    assert!(good.status.success() && said.contains("the configuration can be used"), "{said}");
    world.config.link.attempts = 0;
    let bad = gateway(&world, &["--check"]).output().unwrap();
    let said = String::from_utf8(bad.stderr).unwrap();
    assert!(!bad.status.success() && said.contains("link.attempts: 1 to 100"), "{said}");
    world.config.link.attempts = 5;
    std::fs::write(world.database(), "").unwrap();
    let bad = gateway(&world, &[]).output().unwrap();
    let said = String::from_utf8(bad.stderr).unwrap();
    assert!(!bad.status.success() && said.contains("nothing was changed"), "{said}");
    assert_eq!(std::fs::metadata(world.database()).unwrap().len(), 0);
}

/// Starts the binary and goes on with it.
pub fn spawn(world: &mut World) -> Child {
    let mut child = gateway(world, &[]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().rsplit(':').next().unwrap();
    world.is_elsewhere(format!("https://localhost:{port}"));
    child
}

#[tokio::test]
async fn killed_at_any_moment_it_has_kept_what_it_answered_and_registers_once() {
    let mut world = World::start().await;
    world.stop().await;
    world.clock.pass(SystemClock.now().duration_since(world.clock_now()));
    let mut child = spawn(&mut world);
    let mut session = world.sign_in(AGENT).await;
    let mut items = Vec::new();
    for n in 0..24 {
        items.push(world.item(&session, &format!("5550001000{n:02}"), &format!("person{n}@nhs.net")).await);
    }
    let mut registered = std::collections::BTreeSet::new();
    for round in 0..4_usize {
        // Each round sends all of them again, in pieces, and is killed while one is on its way.
        let mut pieces: Vec<_> = items.chunks(3).collect();
        pieces.rotate_left(round * 2);
        for (n, piece) in pieces.into_iter().enumerate() {
            let request =
                session.request(http::Method::POST, "/v1/registrations/batch").json(&json!({ "items": piece }));
            let sending = tokio::spawn(request.send());
            if n == round + 3 {
                tokio::time::sleep(std::time::Duration::from_micros(700 * round as u64)).await;
                child.kill().unwrap();
            }
            let Ok(Ok(answer)) = sending.await else { break };
            let Ok(reply) = answer.json::<contract::BatchReply>().await else { break };
            for result in reply.results {
                assert!(matches!(result.outcome, contract::ItemOutcome::Registered { .. }), "{result:?}");
                registered.insert(result.key);
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        child = spawn(&mut world);
        session.move_to(world.url(""));
    }
    assert!(registered.len() >= 9 && registered.len() <= 24, "{}", registered.len());
    for key in &registered {
        let kept = world.count(&format!("SELECT count(*) FROM registrations WHERE key = '{key}'"));
        assert_eq!(kept, 1, "what was answered is kept");
    }
    let answer = session.batch(&items).await;
    assert_eq!(answer.body["results"].as_array().unwrap().len(), 24, "{}", answer.text);
    assert_eq!(world.count("SELECT count(*) FROM registrations"), 24, "each exactly once");
    assert!(stop(child).status.success());
}
