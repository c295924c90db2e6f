//! What waits is told to the gateway as numbers, and shown where its RA user is; a computer that is shut out says so.

use std::time::Duration;

use contract::{DeviceRequest, DeviceWaiting};
use desk::{Cause, PauseReason, SignInError, Status, SyncNow};
use serde_json::json;

use crate::support::gateway::{Instead, outcome};
use crate::support::{Bench, PERSON, RA_USER, ROLE};

/// Everything that was told of what waits, in order.
fn told(bench: &Bench) -> Vec<DeviceWaiting> {
    let world = bench.fake.world();
    let devices = world.log.iter().filter(|(method, path, _)| method == "PUT" && path.starts_with("/v1/devices/"));
    devices.filter_map(|(_, _, body)| serde_json::from_str::<DeviceRequest>(body).unwrap().waiting).collect()
}

async fn until_told(bench: &Bench, is: impl Fn(&DeviceWaiting) -> bool) -> DeviceWaiting {
    for _ in 0..500 {
        if let Some(last) = told(bench).pop().filter(|last| is(last)) {
            return last;
        }
        bench.desk.send_now();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("told: {:?}", told(bench));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_wait_is_told_at_sign_in_and_when_it_changes_and_not_more_often() {
    let bench = Bench::signed_in().await;
    until_told(&bench, |told| told.groups.is_empty()).await;
    bench.fake.instead("/v1/registrations/batch", Instead::Refuse("PROFILE_CLOSED", json!({})));
    let submission = bench.record(PERSON).await;
    bench.until(&submission, |now| now.status == Status::NeedsAttention).await;
    for _ in 0..20 {
        bench.desk.send_now();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(told(&bench).len(), 1, "not again within twenty seconds");
    bench.clock.advance(Duration::from_secs(21));
    let last = until_told(&bench, |told| !told.groups.is_empty()).await;
    let group = &last.groups[0];
    assert_eq!((group.author.as_str(), group.role.as_str()), (RA_USER, ROLE));
    assert_eq!((group.unsent, group.attention, group.oldest), (0, 1, None));
    let text = serde_json::to_string(&last).unwrap();
    assert!(!text.contains(PERSON), "nobody who is registered is named: {text}");
    // Nothing changed: it is not told again until it is time to say that this computer is still here.
    bench.clock.advance(Duration::from_secs(60));
    bench.desk.send_now();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(told(&bench).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_elsewhere_is_shown_as_that_computer_last_told() {
    let bench = Bench::signed_in().await;
    until_told(&bench, |_| true).await;
    let this = {
        let world = bench.fake.world();
        let (_, path, _) = world.log.iter().find(|(_, path, _)| path.starts_with("/v1/devices/")).unwrap();
        path.trim_start_matches("/v1/devices/").to_owned()
    };
    let row = |device: &str, own: bool, unsent: u32| {
        json!({
            "device": device, "revoked": false, "heard_at": "2026-01-01T00:00:00Z", "own": own, "role": ROLE,
            "author_name": "Made Up", "ra_role": "ra_agent", "organisation": "B81603", "unsent": unsent, "attention": 0,
        })
    };
    let other = "018f0000-0000-7000-8000-0000000c0002";
    bench.fake.world().waiting = vec![row(&this, true, 1), row(&this, false, 2), row(other, true, 3)];
    let elsewhere = bench.desk.waiting_elsewhere().await.unwrap();
    assert!(!elsewhere.more);
    let shown: Vec<_> =
        elsewhere.waiting.iter().map(|on| (on.here, on.unsent, on.computer.as_str(), on.role.as_deref())).collect();
    let role = Some("RA Agent, B81603");
    let here = format!("Computer {}", &this[..8]);
    let expected = [(true, 2, here.as_str(), role), (false, 3, "Computer 018f0000", role)];
    assert_eq!(shown, expected, "one's own here is in the outbox");
    bench.fake.world().waiting_more = true;
    assert!(bench.desk.waiting_elsewhere().await.unwrap().more);
    bench.fake.set_up(false);
    assert!(matches!(bench.desk.waiting_elsewhere().await.unwrap_err().cause, Cause::Network(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_computer_that_is_shut_out_says_so_and_keeps_what_it_has() {
    let bench = Bench::signed_in().await;
    bench.fake.instead("/v1/registrations/batch", Instead::Answer(outcome(403, "DEVICE_REVOKED")));
    let submission = bench.record(PERSON).await;
    let revoked = |sync| matches!(sync, SyncNow::Paused { why: PauseReason::DeviceRevoked, until: Some(_) });
    while !revoked(bench.desk.snapshot().await.unwrap().sync) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let kept = bench.desk.submission(submission.key).await.unwrap();
    assert_eq!((kept.status, kept.unsettled), (Status::ReadyToSend, true));
    bench.fake.instead("/v1/devices/waiting", Instead::Answer(outcome(403, "DEVICE_REVOKED")));
    assert_eq!(bench.desk.waiting_elsewhere().await.unwrap_err().cause, Cause::DeviceRevoked);
    bench.desk.sign_out().await.unwrap();
    bench.fake.instead("/v1/session", Instead::Answer(outcome(403, "DEVICE_REVOKED")));
    assert_eq!(bench.desk.sign_in().await.unwrap_err().cause, Cause::SignIn(SignInError::DeviceRevoked));
    // Let in again, it goes on where it was.
    bench.sign_in().await;
    bench.desk.confirm_recorded().await.unwrap();
    bench.until(&submission, |now| now.status == Status::WaitingForThem).await;
}
