//! Somebody else sits down at every point at which a round of sending waits, and RA Desk is ended at every one.
//!
//! A future can be left only where it waits, so each of these points is tried in turn: the first run is interrupted
//! before the round begins, the next where it waits for the first time, and so on until a run comes to its end
//! without being interrupted. The gateway here keeps no rule but one: it notes whatever comes in another's name.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use contract::{BatchRequest, EndReason};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::pass;
use super::round::Progress;
use crate::desk::Inner;
use crate::store::{self, queue, submissions};
use crate::testing::{arrived_as, inner_of, new_key, recorded};

const AUTHOR: &str = "656005750104";
const COLLEAGUE: &str = "656005750203";
const ROLE: &str = "555254240100";
const OTHER_ROLE: &str = "555254240101";
/// More than one batch carries.
const MANY: u32 = 201;
const A_FEW: u32 = 2;

/// What came to the gateway.
#[derive(Default)]
struct Came {
    /// What was sent in a session, or a role, that is not the one it was recorded in.
    in_anothers_name: Vec<String>,
    /// By key: for whom, and by whom it was registered.
    registered: HashMap<String, (String, String)>,
    /// Batches of the author's session.
    of_the_author: usize,
}

#[derive(Clone, Default)]
struct Gateway(Arc<Mutex<Came>>);

impl Gateway {
    fn start() -> (Self, String) {
        let gateway = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let served = gateway.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, gateway) = (stream.unwrap(), served.clone());
                std::thread::spawn(move || gateway.serve(stream));
            }
        });
        (gateway, url)
    }

    /// Answers one request. One that nobody waits for any more is taken in all the same.
    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let path = line.split_whitespace().nth(1)?.to_owned();
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim().split_once(':') else { break };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let mut body = vec![0; headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)];
        stream.read_exact(&mut body).ok()?;
        let answer = match path.split('?').next()? {
            "/v1/registrations/batch" => self.batch(&headers, &body),
            "/v1/registrations" => json!({ "registrations": [], "next": "1", "more": false }),
            "/v1/session" => session(),
            _ => json!({}),
        };
        let answer = answer.to_string();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length:";
        write!(stream.get_mut(), "{head} {}\r\n\r\n{answer}", answer.len()).ok()
    }

    fn batch(&self, headers: &HashMap<String, String>, body: &[u8]) -> Value {
        let who = headers["authorization"].trim_start_matches("Bearer ").to_owned();
        let asked: BatchRequest = serde_json::from_slice(body).unwrap();
        let mut came = self.0.lock().unwrap();
        came.of_the_author += usize::from(who == AUTHOR && headers["nhsd-session-urid"] == ROLE);
        let mut results = Vec::new();
        for item in &asked.items {
            let (key, body) = (item.key.to_string(), item.body.body().unwrap());
            if body.recorded_by.as_str() != who || body.recorded_role.as_str() != headers["nhsd-session-urid"] {
                came.in_anothers_name.push(key.clone());
            }
            came.registered.entry(key.clone()).or_insert_with(|| (item.care_identity.to_string(), who.clone()));
            results.push(json!({ "key": key, "outcome": "registered", "replay": false, "registration": {
                "id": key, "key": key, "care_identity": item.care_identity, "address": body.address,
                "state": "waiting_for_them", "registered_by": "Made Up", "registered_at": "2026-01-01T00:00:00Z",
                "progress": { "wrong_account": 0, "attempts_left": 5 },
            }}));
        }
        json!({ "receipt": { "request_id": headers["x-request-id"], "at": "2026-01-01T00:00:00Z" }, "results": results })
    }
}

fn session() -> Value {
    serde_json::to_value(arrived_as(AUTHOR, ROLE).session).unwrap()
}

/// What interrupts a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// The author signs out and a colleague signs in.
    AfterSigningOut,
    /// A colleague signs in, and nobody had signed out.
    InTheirPlace,
    /// The author goes on in another role of theirs.
    InAnotherRole,
}

fn at_work(desk: &Arc<Inner>, uuid: &str, role: &str) {
    desk.arrive(arrived_as(uuid, role), &CancellationToken::new()).unwrap();
    assert!(desk.state().session.confirm(desk.parts.clock.moment()));
}

impl Who {
    fn sits_down(self, desk: &Arc<Inner>) {
        let present = desk.state().session.present_id();
        match self {
            Self::AfterSigningOut => {
                desk.end_session(present, EndReason::SignedOut);
                at_work(desk, COLLEAGUE, OTHER_ROLE);
            }
            Self::InTheirPlace => at_work(desk, COLLEAGUE, OTHER_ROLE),
            Self::InAnotherRole => at_work(desk, AUTHOR, OTHER_ROLE),
        }
    }
}

/// A future, and what happens just before it is polled for the `at`th time.
struct Interrupted<'a, F> {
    round: Pin<Box<F>>,
    polls: u32,
    at: u32,
    act: Box<dyn FnMut() + 'a>,
}

impl<F: Future> Future for Interrupted<'_, F> {
    /// What came of it, and whether it was interrupted.
    type Output = (F::Output, bool);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.polls += 1;
        if self.polls == self.at {
            (self.act)();
        }
        let reached = self.polls >= self.at;
        self.round.as_mut().poll(context).map(|output| (output, reached))
    }
}

/// Records so many people in the session at work.
async fn record(desk: &Arc<Inner>, first: u32, count: u32) {
    let actor = desk.at_work().unwrap().actor();
    let people = first..first + count;
    desk.store
        .write(move |conn| {
            for person in people {
                let mut submission = recorded(&actor, &format!("5550{person:08}"));
                submission.key = new_key(crate::testing::NOW);
                submissions::insert(conn, &actor.uuid, &submission)?;
            }
            Ok(())
        })
        .await
        .unwrap();
}

/// Lets whoever is at work send all that is theirs, and says how many then wait for their users.
async fn all_sent(desk: &Arc<Inner>) -> u32 {
    let actor = desk.at_work().unwrap().actor();
    let who = actor.clone();
    desk.store.write(move |conn| queue::confirm_recorded(conn, crate::testing::NOW, &who)).await.unwrap();
    let mut progress = Progress::default();
    for _ in 0..100 {
        pass(desk, &mut progress).await;
        let who = actor.clone();
        if desk.store.read(move |conn| queue::sendable(conn, &who)).await.unwrap() == 0 {
            break;
        }
    }
    desk.store.read(move |conn| queue::counts(conn, Some(&actor))).await.unwrap().waiting
}

#[tokio::test]
async fn nothing_is_sent_in_anothers_name_whoever_sits_down_and_whenever() {
    for who in [Who::AfterSigningOut, Who::InTheirPlace, Who::InAnotherRole] {
        let mut tried = 0;
        for at in 1.. {
            let (gateway, url) = Gateway::start();
            let (desk, _folder) = inner_of(&url);
            at_work(&desk, AUTHOR, ROLE);
            record(&desk, 0, MANY).await;
            let (mut progress, sent_before) = (Progress::default(), Mutex::new(0));
            let (_, reached) = Interrupted {
                round: Box::pin(pass(&desk, &mut progress)),
                polls: 0,
                at,
                act: Box::new(|| {
                    *sent_before.lock().unwrap() = gateway.0.lock().unwrap().of_the_author;
                    who.sits_down(&desk);
                }),
            }
            .await;
            if !reached {
                break;
            }
            tried = at;
            let what = format!("{who:?} at {at}");
            // The loop goes on with whoever is there.
            pass(&desk, &mut progress).await;
            let after = gateway.0.lock().unwrap().of_the_author - *sent_before.lock().unwrap();
            assert!(after <= 1, "{what}: {after} batches began after they had left");
            record(&desk, 1_000, A_FEW).await;
            assert_eq!(all_sent(&desk).await, A_FEW + left_to(&desk, who).await, "{what}: what is theirs is sent");
            at_work(&desk, AUTHOR, ROLE);
            all_sent(&desk).await;

            let came = gateway.0.lock().unwrap();
            assert!(came.in_anothers_name.is_empty(), "{what}: {} in another's name", came.in_anothers_name.len());
            let mut people: Vec<&String> = came.registered.values().map(|(person, _)| person).collect();
            people.sort_unstable();
            assert_eq!(people.len(), (MANY + A_FEW) as usize, "{what}: some are lost, or there twice");
            people.dedup();
            assert_eq!(people.len(), (MANY + A_FEW) as usize, "{what}: some are there twice and some are lost");
        }
        // Reading, the heartbeat, two batches and their answers, and what changed: fewer would be no test.
        assert!(tried >= 8, "{who:?}: only {tried} points were tried");
    }
}

/// How many of the same person's were sent by then: in another role their own count too.
async fn left_to(desk: &Arc<Inner>, who: Who) -> u32 {
    if who != Who::InAnotherRole {
        return 0;
    }
    let author = desk.at_work().unwrap().actor().uuid;
    let sent = desk.store.read(move |conn| queue::tab(conn, &author, crate::OutboxTab::Waiting, 1_000)).await.unwrap();
    u32::try_from(sent.iter().filter(|submission| submission.role.as_str() == ROLE).count()).unwrap()
}

#[tokio::test]
async fn nothing_is_lost_or_sent_twice_whenever_it_is_ended() {
    let mut tried = 0;
    for at in 1.. {
        let (gateway, url) = Gateway::start();
        let (desk, _folder) = inner_of(&url);
        at_work(&desk, AUTHOR, ROLE);
        record(&desk, 0, MANY).await;
        let mut progress = Progress::default();
        let mut round = Box::pin(pass(&desk, &mut progress));
        let mut polls = 0;
        let came_to_its_end = std::future::poll_fn(|context| {
            polls += 1;
            if polls == at { Poll::Ready(false) } else { round.as_mut().poll(context).map(|_| true) }
        })
        .await;
        drop(round);
        if came_to_its_end {
            break;
        }
        tried = at;
        // As at the next start.
        desk.store.write(store::restart).await.unwrap();
        assert_eq!(all_sent(&desk).await, MANY, "ended at {at}");
        assert_eq!(gateway.0.lock().unwrap().registered.len(), MANY as usize, "ended at {at}: each key once");
    }
    assert!(tried >= 8, "only {tried} points were tried");
}
