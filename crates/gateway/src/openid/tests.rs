use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use super::*;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

#[tokio::test]
async fn many_who_ask_share_one_request_and_its_failure() {
    let (clock, learnt, asked) = (Hand(AtomicI64::new(1_000)), Learnt::<u32>::nothing(), AtomicU32::new(0));
    let get = async |answer: Result<u32, SignInError>| {
        let ask = async {
            asked.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            answer
        };
        learnt.get(&clock, 60, ask).await
    };
    let down = || Err(SignInError::unavailable("down"));
    let failed = tokio::join!(get(down()), get(down()), get(Ok(1)));
    assert_eq!((failed.0, failed.1, failed.2), (down(), down(), down()));
    assert_eq!(get(Ok(1)).await, down(), "not asked again at once");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    clock.0.fetch_add(FAILURE_GAP, Ordering::SeqCst);
    assert_eq!(tokio::join!(get(Ok(2)), get(Ok(3))), (Ok(2), Ok(2)));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    clock.0.fetch_add(60, Ordering::SeqCst);
    assert_eq!(get(down()).await, down());
}

#[tokio::test]
async fn what_is_known_is_given_while_somebody_asks_for_something_younger() {
    let (clock, learnt) = (Hand(AtomicI64::new(1_000)), Learnt::<u32>::nothing());
    learnt.get(&clock, 60, async { Ok(1) }).await.unwrap();
    clock.0.fetch_add(10, Ordering::SeqCst);
    let never = learnt.get(&clock, 5, std::future::pending());
    let known = async {
        tokio::task::yield_now().await;
        learnt.get(&clock, 60, async { Ok(2) }).await
    };
    tokio::select! {
        biased;
        _ = never => unreachable!("nobody answers"),
        known = known => assert_eq!(known, Ok(1)),
    }
}
