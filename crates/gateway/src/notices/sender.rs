//! Sends the notices that wait, in the background, for as long as the gateway runs.
//!
//! An attempt is written down before it is made, with when the next one would be. So a gateway that is killed, or
//! whose disk is full, does not send the same notice over and over: at worst there is one copy more, after a while.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Post;
use crate::api::count;
use crate::gateway::Gateway;
use crate::store::{self, Notice, StoreError};

/// How often it is looked whether a notice is due.
const LOOK: Duration = Duration::from_secs(1);
/// How many notices one look takes.
const MOST: u32 = 50;
/// How long a notice that cannot be sent is tried.
const PATIENCE: SignedDuration = SignedDuration::from_hours(5 * 24);
/// The time between the first two attempts; it doubles each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The longest time between two attempts.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The sender at work. Dropped, it ends after the notice it is about.
pub(crate) struct Sender {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Sender {
    /// Starts sending.
    pub(crate) fn start(gateway: Arc<Gateway>, post: Post) -> Self {
        let (stop, stopped) = watch::channel(());
        Self { stop, task: tokio::spawn(work(gateway, post, stopped)) }
    }

    /// Ends, after the notice it is about if that takes no longer than `farewell`. One that was cut off is tried
    /// again after the next start.
    pub(crate) async fn stop(mut self, farewell: Duration) {
        drop(self.stop);
        if tokio::time::timeout(farewell, &mut self.task).await.is_err() {
            self.task.abort();
            // Only when it is over is its hold on the store gone.
            let _ = self.task.await;
        }
    }
}

async fn work(gateway: Arc<Gateway>, post: Post, mut stopped: watch::Receiver<()>) {
    loop {
        if let Err(error) = send_due(&gateway, &post, &stopped).await {
            tracing::error!(%error, "the store did not answer about notices");
        }
        tokio::select! {
            _ = stopped.changed() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn send_due(gateway: &Gateway, post: &Post, stopped: &watch::Receiver<()>) -> Result<(), StoreError> {
    let now = gateway.clock.now();
    let due = gateway.store.read(move |connection| store::due_notices(connection, now, MOST)).await?;
    for notice in due {
        if stopped.has_changed().is_err() || !send(gateway, post, &notice).await? {
            break;
        }
    }
    Ok(())
}

/// Tries one notice. Answers whether it makes sense to go on with others.
async fn send(gateway: &Gateway, post: &Post, notice: &Notice) -> Result<bool, StoreError> {
    let (id, now) = (notice.id, gateway.clock.now());
    let next_at = now.saturating_add(pause(notice.attempts)).unwrap_or(Timestamp::MAX);
    gateway.store.write(move |connection| store::notice_is_tried(connection, &id, now, next_at)).await?;
    let sent = post.send(notice).await;
    let now = gateway.clock.now();
    let Err(error) = sent else {
        gateway.store.write(move |connection| store::notice_is_sent(connection, &id, now)).await?;
        count(&gateway.metrics.notices_sent);
        return Ok(true);
    };
    let gives_up = notice.tried_since.is_some_and(|since| now.duration_since(since) >= PATIENCE);
    tracing::warn!(reason = %error, attempts = notice.attempts + 1, gives_up, "a notice was not sent");
    if gives_up {
        gateway.store.write(move |connection| store::notice_is_given_up(connection, &id, now)).await?;
    }
    Ok(!error.is_of_all())
}

/// How long to wait after an attempt, by how many there were before it.
fn pause(attempts: u32) -> SignedDuration {
    FIRST_PAUSE.checked_mul(1 << attempts.min(16)).map_or(LONGEST_PAUSE, |pause| pause.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let minutes: Vec<i64> = (0..9).map(|attempts| pause(attempts).as_mins()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }
}
