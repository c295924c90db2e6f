//! What a round does about submissions that a damaged page took with it, and about withdrawals the gateway has to hear of.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use contract::{OperationOutcome, RegistrationState, TakenOverBy};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::Status;
use crate::store::submissions::{StoredSubmission, TakenFrom};
use crate::store::tests::lose;
use crate::testing::{NOW, actor, arrived, inner_of, recorded};

const AUTHOR: &str = "656005750104";
const MANAGER: &str = "656005750203";
const PERSON: &str = "555086689106";
const OTHER: &str = "555086600001";

/// A gateway that answers everything in one way, and says which request it was.
fn gateway(status: u16, answer: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut request, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                let Some((name, value)) = line.trim().split_once(": ") else {
                    if line.trim().is_empty() { break } else { continue }
                };
                match name.to_ascii_lowercase().as_str() {
                    "x-request-id" => request = value.to_owned(),
                    "content-length" => length = value.parse().unwrap(),
                    _ => {}
                }
            }
            stream.read_exact(&mut vec![0; length]).unwrap();
            let mut answer = answer.clone();
            if let Some(receipt) = answer.get_mut("receipt") {
                receipt["request_id"] = json!(request);
            }
            let answer = answer.to_string();
            let head = format!("HTTP/1.1 {status} Answer\r\nContent-Type: application/json\r\nConnection: close");
            write!(stream.get_mut(), "{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).unwrap();
        }
    });
    url
}

fn withdrawn() -> Value {
    json!({ "receipt": { "request_id": "", "at": NOW }, "outcome": "withdrawn" })
}

fn refusal(code: FaultCode) -> Value {
    serde_json::to_value(OperationOutcome::of(code, "")).unwrap()
}

/// The author at work, who took back what was never sent. Its row is lost, if so, and the note of it is not.
async fn took_back(url: &str, is_lost: bool) -> (Arc<Inner>, AtWork, SubmissionKey, TempDir) {
    let (desk, folder) = inner_of(url);
    desk.arrive(arrived(), &CancellationToken::new()).unwrap();
    assert!(desk.state().session.confirm(desk.parts.clock.moment()));
    let at_work = desk.at_work().unwrap();
    let (who, submission) = (at_work.actor(), recorded(&at_work.actor(), PERSON));
    let key = submission.key;
    desk.store
        .write(move |conn| {
            submissions::insert(conn, &who.uuid, &submission)?;
            happen(conn, NOW, &who, key, Event::WithdrawAsked, News::None)?;
            if is_lost { lose(conn, key) } else { Ok(()) }
        })
        .await
        .unwrap();
    assert_eq!(noted(&desk).await, [key]);
    (desk, at_work, key, folder)
}

async fn noted(desk: &Arc<Inner>) -> Vec<SubmissionKey> {
    let author = actor(AUTHOR).uuid;
    desk.store.read(move |conn| queue::to_tell_withdrawn(conn, &author)).await.unwrap()
}

#[tokio::test]
async fn a_managers_is_settled_though_what_they_took_over_is_lost() {
    let (desk, _folder) = inner_of("http://127.0.0.1:1");
    let (author, manager) = (actor(AUTHOR), actor(MANAGER));
    let original = recorded(&author, PERSON);
    let theirs = StoredSubmission { takes_over: Some(TakenFrom::of(&original)), ..recorded(&manager, PERSON) };
    let other = recorded(&manager, OTHER);
    let keys = [theirs.key, other.key];
    let results = keys.map(|key| {
        let registration = json!({
            "id": key, "key": key, "care_identity": PERSON, "address": theirs.address.as_str(),
            "state": "waiting_for_them", "registered_by": "Made Up", "registered_at": NOW,
            "progress": { "wrong_account": 0, "attempts_left": 5 },
        });
        json!({ "key": key, "outcome": "registered", "registration": registration, "replay": false })
    });
    let reply = json!({ "receipt": { "request_id": uuid::Uuid::nil(), "at": NOW }, "results": results });
    let reply: BatchReply = serde_json::from_value(reply).unwrap();
    let by = TakenOverBy { by: "Made Up Manager".into(), at: NOW, reason: "On leave until March".parse().unwrap() };
    let statuses = desk
        .store
        .write(move |conn| {
            submissions::insert(conn, &author.uuid, &original)?;
            queue::take_over(conn, NOW, &manager, original.key, &theirs, &by)?;
            submissions::insert(conn, &manager.uuid, &other)?;
            assert_eq!(queue::start_sending(conn, NOW, &manager, 10, None)?.len(), 2);
            lose(conn, original.key)?;
            apply(conn, NOW, &manager, &keys, Some(&reply))?;
            // Whatever else is told of it is no error of the store's either.
            happen(conn, NOW, &manager, keys[0], Event::Told(RegistrationState::WaitingForThem), News::None)?;
            keys.iter()
                .map(|key| Ok(submissions::get(conn, &manager.uuid, *key)?.life.status))
                .collect::<Result<Vec<_>, StoreError>>()
        })
        .await
        .unwrap();
    assert_eq!(statuses, [Status::WaitingForThem; 2]);
}

#[tokio::test]
async fn an_answer_about_what_is_lost_undoes_no_other() {
    let (desk, _folder) = inner_of("http://127.0.0.1:1");
    let author = actor(AUTHOR);
    let (lost, kept) = (recorded(&author, PERSON), recorded(&author, OTHER));
    let keys = [lost.key, kept.key];
    let status = desk
        .store
        .write(move |conn| {
            submissions::insert(conn, &author.uuid, &lost)?;
            submissions::insert(conn, &author.uuid, &kept)?;
            queue::start_sending(conn, NOW, &author, 10, None)?;
            lose(conn, lost.key)?;
            apply(conn, NOW, &author, &keys, None)?;
            Ok(submissions::get(conn, &author.uuid, kept.key)?.life.status)
        })
        .await
        .unwrap();
    assert_eq!(status, Status::ReadyToSend);
}

#[tokio::test]
async fn a_withdrawal_whose_row_is_lost_is_told_and_then_forgotten() {
    let (desk, at_work, _, _folder) = took_back(&gateway(200, withdrawn()), true).await;
    tell_withdrawn(&desk, &at_work).await.unwrap();
    assert!(noted(&desk).await.is_empty());
}

#[tokio::test]
async fn a_withdrawal_is_told_again_until_the_gateway_has_noted_it() {
    let told = [
        (200, withdrawn(), false, false),
        (403, refusal(FaultCode::NotPermitted), false, false),
        (500, refusal(FaultCode::Internal), true, false),
        (403, refusal(FaultCode::WrongRole), true, false),
        (404, refusal(FaultCode::NotFound), true, false),
        (403, refusal(FaultCode::DeviceRevoked), true, true),
    ];
    for (status, answer, stays, ends) in told {
        let (desk, at_work, key, _folder) = took_back(&gateway(status, answer.clone()), false).await;
        let round = tell_withdrawn(&desk, &at_work).await;
        assert_eq!(round.is_err(), ends, "{answer}: the round goes on unless this computer is shut out");
        assert_eq!(noted(&desk).await, if stays { vec![key] } else { vec![] }, "{answer}");
    }
}

#[tokio::test]
async fn what_cannot_be_written_down_while_its_vault_is_closed_holds_nothing_up() {
    let registration = json!({
        "id": uuid::Uuid::nil(), "key": uuid::Uuid::nil(), "care_identity": PERSON, "address": "made.up@nhs.net",
        "state": "waiting_for_them", "registered_by": "Made Up", "registered_at": NOW,
        "progress": { "wrong_account": 0, "attempts_left": 5 },
    });
    let receipt = json!({ "request_id": "", "at": NOW });
    let answer = json!({ "receipt": receipt, "outcome": "registered", "registration": registration });
    let (desk, folder) = inner_of(&gateway(200, answer));
    desk.arrive(arrived(), &CancellationToken::new()).unwrap();
    assert!(desk.state().session.confirm(desk.parts.clock.moment()));
    desk.note_network(Network::Online);
    let at_work = desk.at_work().unwrap();
    let who = at_work.actor();
    let to_settle = async || {
        let author = who.uuid.clone();
        desk.store.read(move |conn| queue::to_settle(conn, &author)).await.unwrap().len()
    };
    let actor = who.clone();
    desk.store
        .write(move |conn| {
            for person in [PERSON, OTHER] {
                submissions::insert(conn, &actor.uuid, &recorded(&actor, person))?;
            }
            for item in queue::start_sending(conn, NOW, &actor, 10, None)? {
                happen(conn, NOW, &actor, item.key, Event::NoAnswer, News::None)?;
                happen(conn, NOW, &actor, item.key, Event::WithdrawAsked, News::None)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(to_settle().await, 2);
    desk.store.vaults.close(&who.uuid);
    assert!(round(&desk, &at_work, &mut Progress::default()).await.is_ok());
    assert_eq!(to_settle().await, 2, "they stay asked for");
    drop(folder);
}
