//! Telling people what was done to their profile: who is told what, once, and what happens when that does not work.

use std::path::PathBuf;
use std::time::Duration;

use gateway::{Clock, Config, Notices, Smtp, SmtpSecurity, SystemClock};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use crate::binary;
use crate::link::{User, result};
use crate::mail::{MailServer, Temper};
use crate::removal::{CASEY, ask};
use crate::world::{AGENT, Answer, SAM, SAM_ADDRESS, World};

const OUTBOX: &str = "outbox";

fn by_folder() -> Notices {
    Notices { from: "RA Desk <ra-desk@trust.nhs.uk>".into(), folder: Some(OUTBOX.into()), smtp: None }
}

fn by_mail(server: &MailServer) -> Notices {
    let smtp = Smtp {
        host: server.addr.ip().to_string(),
        port: server.addr.port(),
        security: SmtpSecurity::None,
        username: None,
        password_file: None,
    };
    Notices { from: "ra-desk@trust.nhs.uk".into(), folder: None, smtp: Some(smtp) }
}

fn tell_by(notices: Notices) -> impl FnOnce(&mut Config) {
    move |config| config.policy.notices = Some(notices)
}

fn outbox(world: &World) -> Vec<PathBuf> {
    let files = std::fs::read_dir(world.folder.path().join(OUTBOX)).map(|files| files.map(|file| file.unwrap().path()));
    let mut files: Vec<PathBuf> = files.into_iter().flatten().collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "eml"));
    files
}

/// Waits until something is so. The sender looks once a second.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not come to this: {what}");
}

/// Lets the sender look at least once more.
async fn another_look() {
    tokio::time::sleep(Duration::from_millis(1_500)).await;
}

fn attempts(world: &World) -> i64 {
    world.count("SELECT coalesce(sum(attempts), 0) FROM notices")
}

fn in_state(world: &World, state: &str) -> i64 {
    world.count(&format!("SELECT count(*) FROM notices WHERE state = '{state}'"))
}

async fn metric(world: &World, name: &str) -> String {
    let text = Answer::of(world.client.get(world.url("/metrics"))).await.text;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("gateway_notices_{name} ")));
    line.expect("it is counted").to_owned()
}

/// Header and text of a mail, with the text's encoding undone as far as these mails need it.
fn read(mail: &str) -> (String, String) {
    let (head, body) = mail.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Transfer-Encoding: quoted-printable"), "{head}");
    (head.to_owned(), body.replace("=\r\n", "").replace("=E2=80=A6", "…"))
}

#[tokio::test]
async fn the_contact_is_told_of_a_registration_a_link_and_a_removal() {
    let world = World::start_with(tell_by(by_folder())).await;
    let session = world.sign_in(AGENT).await;
    let item = world.item(&session, SAM, SAM_ADDRESS).await;
    let registration = session.send(&item).await["registration"].clone();
    assert_eq!(session.send(&item).await["replay"], true, "which tells nobody again");
    assert_eq!(result(&User::of(&world, &registration).sign_in(SAM_ADDRESS).await), "linked");
    let (path, body) = ask(&session, SAM).await;
    assert_eq!(session.post(&path, &body).await.status, StatusCode::OK);
    assert_eq!(session.post(&path, &body).await.status, StatusCode::OK, "which tells nobody again");
    // Somebody without a contact, and a registration that is refused.
    let other = world.item(&session, "555000000002", "siobhan.smith@nhs.net").await;
    assert_eq!(session.send(&other).await["outcome"], "registered");
    let refused = world.item(&session, SAM, "long.leave@nhs.net").await;
    assert_eq!(session.send(&refused).await["outcome"], "refused");
    until("three files", || outbox(&world).len() == 3 && in_state(&world, "sent") == 3).await;
    assert_eq!(world.count("SELECT count(*) FROM notices"), 3);
    let mut news = Vec::new();
    for file in outbox(&world) {
        let (head, body) = read(&std::fs::read_to_string(&file).unwrap());
        let id = file.file_stem().unwrap().to_str().unwrap();
        for line in [
            "From: \"RA Desk\" <ra-desk@trust.nhs.uk>",
            &format!("To: {SAM_ADDRESS}"),
            &format!("Message-ID: <{id}@trust.nhs.uk>"),
            "Auto-Submitted: auto-generated",
            "Date: Thu, 15 Jan 2026 09:00:00 +0000",
        ] {
            assert!(head.lines().any(|has| has == line), "{line} in {head}");
        }
        let token = registration["link"]["url"].as_str().unwrap().rsplit('/').next().unwrap();
        for secret in [token, "http", SAM, SAM_ADDRESS, "Robin", "Taylor", AGENT] {
            assert!(!body.contains(secret), "{secret} in {body}");
        }
        assert!(body.contains("If you did not expect this, tell your Registration Authority."), "{body}");
        news.push(body.lines().next().unwrap().to_owned());
    }
    news.sort();
    let account = "the NHS.net Connect account sa…@nhs.net";
    let profile = "your Care Identity profile on 15 January 2026 at 09:00 UTC.";
    assert_eq!(
        news,
        [
            format!(
                "Somebody signed in with {account} and so linked it to {profile} From now on it opens your profile."
            ),
            format!("Your Registration Authority at A practice registered {account} on {profile}"),
            format!("Your Registration Authority at A practice removed {account} from {profile}"),
        ]
    );
    // It is counted after it is written down.
    for _ in 0..500 {
        if metric(&world, "sent_total").await == "3" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((metric(&world, "sent_total").await, metric(&world, "waiting").await), ("3".into(), "0".into()));
}

#[tokio::test]
async fn an_act_and_its_notice_stand_or_fall_together() {
    let world = World::start().await;
    let session = world.sign_in(AGENT).await;
    let registration = world.register_sam(&session).await;
    world.change(
        "UPDATE profiles SET email = 'somebody@example.org';
         CREATE TRIGGER no_notices BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'on purpose'); END;",
    );
    let user = User::of(&world, &registration);
    assert_eq!(user.sign_in(SAM_ADDRESS).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let other = world.item(&session, "555000000002", "siobhan.smith@nhs.net").await;
    assert_eq!(session.send(&other).await["outcome"], "in_flight");
    let (path, body) = ask(&session, CASEY).await;
    assert_eq!(session.post(&path, &body).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.count("SELECT count(*) FROM registrations WHERE state = 'linked'"), 0);
    assert_eq!(world.count("SELECT count(*) FROM registrations"), 1);
    assert_eq!(world.count("SELECT count(*) FROM removals"), 0);
    world.change("DROP TRIGGER no_notices");
    assert_eq!(result(&user.sign_in(SAM_ADDRESS).await), "linked");
    assert_eq!(session.send(&other).await["replay"], false);
    assert_eq!(session.post(&path, &body).await.status, StatusCode::OK);
    assert_eq!(world.count("SELECT count(*) FROM notices"), 4);
    let smartcard = "SELECT count(*) FROM notices WHERE kind = 'removed' AND news LIKE '%removed a smartcard from%'";
    assert_eq!(world.count(smartcard), 1);
}

#[tokio::test]
async fn without_a_way_out_notices_wait_and_are_counted_and_leave_once_there_is_one() {
    let mut world = World::start().await;
    let session = world.sign_in(AGENT).await;
    world.register_sam(&session).await;
    another_look().await;
    assert_eq!((metric(&world, "waiting").await, attempts(&world)), ("1".into(), 0));
    world.clock.pass(SignedDuration::from_hours(24 * 30));
    world.config.policy.notices = Some(by_folder());
    world.restart().await;
    until("one file", || outbox(&world).len() == 1 && in_state(&world, "sent") == 1).await;
    assert_eq!((metric(&world, "waiting").await, metric(&world, "given_up").await), ("0".into(), "0".into()));
}

#[tokio::test]
async fn a_mail_server_that_refuses_is_asked_again_later_and_what_it_took_is_not_sent_again() {
    let server = MailServer::start(Temper::Refuses).await;
    let mut notices = by_mail(&server);
    let smtp = notices.smtp.as_mut().unwrap();
    (smtp.username, smtp.password_file) = (Some("ra-desk".into()), Some("password".into()));
    let mut world = World::start().await;
    std::fs::write(world.folder.path().join("password"), "let me in\n").unwrap();
    world.config.policy.notices = Some(notices);
    world.restart().await;
    let session = world.sign_in(AGENT).await;
    world.register_sam(&session).await;
    // An attempt is written down before it is made: only what the server said tells that it is over.
    until("an attempt", || server.refused() == 1).await;
    another_look().await;
    assert_eq!((attempts(&world), in_state(&world, "waiting")), (1, 1), "not again at once");
    server.becomes(Temper::Takes);
    world.restart().await;
    another_look().await;
    assert_eq!(attempts(&world), 1, "nor because of a restart");
    server.becomes(Temper::Refuses);
    world.clock.pass(SignedDuration::from_mins(1));
    until("a second attempt", || server.refused() == 2).await;
    server.becomes(Temper::Takes);
    world.clock.pass(SignedDuration::from_mins(1));
    another_look().await;
    assert_eq!(attempts(&world), 2, "the pause has doubled");
    world.clock.pass(SignedDuration::from_mins(1));
    until("it is sent", || in_state(&world, "sent") == 1).await;
    world.clock.pass(SignedDuration::from_hours(2));
    world.restart().await;
    another_look().await;
    assert_eq!((server.mails().len(), attempts(&world)), (1, 3), "once");
    let lines = server.lines();
    let (from, to) = ("MAIL FROM:<ra-desk@trust.nhs.uk>", format!("RCPT TO:<{SAM_ADDRESS}>"));
    // "\0ra-desk\0let me in"
    for line in ["EHLO localhost", "AUTH PLAIN AHJhLWRlc2sAbGV0IG1lIGlu", from, &to] {
        assert!(lines.iter().any(|said| said.starts_with(line)), "{line} in {lines:?}");
    }
}

#[tokio::test]
async fn a_copy_of_what_was_perhaps_taken_is_known_as_one() {
    let server = MailServer::start(Temper::IsGone).await;
    let world = World::start_with(tell_by(by_mail(&server))).await;
    let session = world.sign_in(AGENT).await;
    world.register_sam(&session).await;
    until("an attempt", || server.mails().len() == 1).await;
    another_look().await;
    assert_eq!((in_state(&world, "waiting"), server.mails().len()), (1, 1), "it was not said that it was taken");
    server.becomes(Temper::Takes);
    world.clock.pass(SignedDuration::from_mins(1));
    until("it is sent", || in_state(&world, "sent") == 1).await;
    let mails = server.mails();
    assert_eq!((mails.len(), &mails[0]), (2, &mails[1]));
    assert!(mails[0].contains("\r\nMessage-ID: <"));
}

#[tokio::test]
async fn after_five_days_a_notice_is_given_up_and_counted() {
    let server = MailServer::start(Temper::Refuses).await;
    let mut world = World::start_with(tell_by(by_mail(&server))).await;
    let session = world.sign_in(AGENT).await;
    world.register_sam(&session).await;
    until("an attempt", || server.refused() == 1).await;
    world.clock.pass(SignedDuration::from_hours(5 * 24 - 1));
    until("an attempt shortly before", || server.refused() == 2).await;
    another_look().await;
    assert_eq!(in_state(&world, "waiting"), 1);
    world.clock.pass(SignedDuration::from_hours(1));
    until("it is given up", || in_state(&world, "given_up") == 1).await;
    server.becomes(Temper::Takes);
    world.clock.pass(SignedDuration::from_hours(24));
    world.restart().await;
    another_look().await;
    assert_eq!((metric(&world, "given_up").await, metric(&world, "waiting").await), ("1".into(), "0".into()));
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn nothing_is_said_to_a_mail_server_without_the_tls_it_should_have() {
    for security in [SmtpSecurity::Starttls, SmtpSecurity::Tls] {
        let server = MailServer::start(Temper::Takes).await;
        let mut notices = by_mail(&server);
        notices.smtp.as_mut().unwrap().security = security;
        let world = World::start_with(tell_by(notices)).await;
        let session = world.sign_in(AGENT).await;
        world.register_sam(&session).await;
        until("an attempt", || attempts(&world) == 1).await;
        another_look().await;
        assert_eq!((in_state(&world, "waiting"), server.mails().len()), (1, 0), "{security:?}");
        let said = server.lines().join("\n");
        assert!(!said.contains("MAIL") && !said.contains("RCPT"), "{said}");
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_said_at_the_start() {
    let mut world = World::start().await;
    world.stop().await;
    let mut notices = by_mail(&MailServer::start(Temper::Takes).await);
    let smtp = notices.smtp.as_mut().unwrap();
    (smtp.username, smtp.password_file) = (Some("ra-desk".into()), Some("no-such-file".into()));
    let mut folder = by_folder();
    folder.folder = Some("people.jsonl".into());
    for (notices, said) in [(notices, "no-such-file"), (folder, "people.jsonl")] {
        world.config.policy.notices = Some(notices);
        let error = world.run().await.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("notices cannot be sent") && error.contains(said), "{error}");
    }
}

#[tokio::test]
async fn nothing_personal_is_written_down_when_a_mail_server_refuses() {
    let server = MailServer::start(Temper::Refuses).await;
    let mut world = World::start_with(tell_by(by_mail(&server))).await;
    world.stop().await;
    world.clock.pass(SystemClock.now().duration_since(world.clock_now()));
    let child = binary::spawn(&mut world);
    let session = world.sign_in(AGENT).await;
    world.register_sam(&session).await;
    session.post("/v1/care-identities/search", &json!({ "by": "address", "address": SAM_ADDRESS })).await;
    until("it was refused", || server.lines().iter().any(|line| line.contains(SAM_ADDRESS))).await;
    another_look().await;
    let ended = binary::stop(child);
    assert!(ended.status.success());
    let written = String::from_utf8(ended.stderr).unwrap();
    assert!(written.contains("a notice was not sent") && written.contains("answered 550"), "{written}");
    for personal in ["Taylor", "Sam", "sa…", SAM, AGENT, SAM_ADDRESS, "nobody here", "trust.nhs.uk"] {
        assert!(!written.contains(personal), "{personal} in {written}");
    }
}
