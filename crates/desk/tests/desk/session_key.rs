//! The key that a session's refresh token is bound to.

use std::time::Duration;

use desk::{Cause, SessionNow, SignInError};

use crate::support::gateway::{Instead, jiff_now, outcome};
use crate::support::{Bench, PERSON};

/// An access token lives ten minutes and is renewed in its last.
const NEARLY_OVER: Duration = Duration::from_secs(9 * 60 + 1);

async fn read(bench: &Bench) -> bool {
    bench.desk.profile(PERSON.parse().unwrap()).await.is_ok()
}

#[tokio::test]
async fn every_sign_in_makes_a_key_and_every_refresh_proves_that_it_is_held() {
    let bench = Bench::signed_in().await;
    bench.sign_in().await;
    for _ in 0..2 {
        bench.clock.advance(NEARLY_OVER);
        bench.desk.touch().await.unwrap();
        assert!(read(&bench).await);
    }
    // The fake takes a proof once, for its own address, and of a session's own key alone.
    let proofs = bench.fake.world().proofs.clone();
    let shown: Vec<&str> = proofs.iter().map(|(shown, _)| shown.as_str()).collect();
    assert_eq!(shown, ["authorization_code", "authorization_code", "refresh-0", "refresh-0"]);
    assert!(proofs[0].1.key != proofs[1].1.key, "a key for each sign-in");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_token_the_same_key_and_another_proof() {
    let bench = Bench::signed_in().await;
    bench.clock.advance(NEARLY_OVER);
    // Also those of whatever runs by itself beside this.
    for _ in 0..30 {
        bench.fake.instead("/oauth2/token", Instead::LoseAnswer);
    }
    for _ in 0..3 {
        assert!(read(&bench).await, "the old token is still good");
    }
    // When it is not any more, the call fails and the session stays.
    bench.clock.advance(Duration::from_secs(60));
    assert!(!read(&bench).await);
    let session = bench.desk.snapshot().await.unwrap().session;
    assert!(matches!(session, SessionNow::SignedIn { .. }), "{session:?}");
    bench.fake.world().instead.clear();
    assert!(read(&bench).await);
    let proofs = bench.fake.world().proofs.clone();
    assert!(proofs.len() >= 6, "{proofs:?}");
    assert!(proofs[1..].iter().all(|(shown, proof)| shown == "refresh-0" && proof.key == proofs[0].1.key));
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_put_right_by_the_gateways_answer() {
    for wrong in [-3_000, 3_000] {
        let bench = Bench::new().await;
        bench.fake.world().judges_by = Some(jiff_now() + wrong);
        bench.sign_in().await;
        assert_eq!(bench.fake.count("/oauth2/token"), 2, "told the time once, and proven by it");
        let (_, proof) = bench.fake.world().proofs[0].clone();
        assert!((proof.iat - jiff_now() - wrong).abs() <= 5, "{} {wrong}", proof.iat - jiff_now());
    }
}

#[tokio::test]
async fn a_gateway_that_never_takes_the_time_is_not_asked_on_and_on() {
    let bench = Bench::new().await;
    for _ in 0..2 {
        bench.fake.instead("/oauth2/token", Instead::Answer(outcome(400, "PROOF_OUT_OF_TIME")));
    }
    let denied = |word: &str| Cause::SignIn(SignInError::Denied(word.into()));
    assert_eq!(bench.desk.sign_in().await.unwrap_err().cause, denied("PROOF_OUT_OF_TIME"));
    assert_eq!(bench.fake.count("/oauth2/token"), 1, "it said no time to go by");
    bench.fake.world().instead.clear();
    bench.fake.instead("/oauth2/token", Instead::Answer(outcome(400, "PROOF_REFUSED")));
    assert_eq!(bench.desk.sign_in().await.unwrap_err().cause, denied("PROOF_REFUSED"));
    assert!(matches!(bench.desk.snapshot().await.unwrap().session, SessionNow::SignedOut { .. }));
}
