//! Tells the gateway how many wait on this computer, so that those who miss them at another one can be told where.
//!
//! A loop of its own, woken after each round of sending: at a sign-in, when the numbers have changed, and now and then
//! so that it is known when this computer was last heard of. Numbers and RA users, nobody who is registered.

use std::sync::Arc;
use std::time::Duration;

use contract::{DeviceWaiting, MAX_WAITING_GROUPS};

use crate::desk::{AtWork, Inner};
use crate::store::device::Device;
use crate::store::{StoreError, queue};
use crate::{Network, second_copy};

/// The least time between two reports.
const QUIET: Duration = Duration::from_secs(20);
/// The longest time nothing is told while somebody is at work.
const STILL_HERE: Duration = Duration::from_secs(10 * 60);

/// What the loop remembers from turn to turn.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// The session the rest is about.
    session: Option<uuid::Uuid>,
    /// What was told last.
    told: Option<DeviceWaiting>,
    /// When it was last tried, by the steady clock.
    tried: Option<Duration>,
}

/// Runs until the desk closes.
pub(crate) async fn run(desk: Arc<Inner>) {
    let mut progress = Progress::default();
    loop {
        desk.report_wake.notified().await;
        turn(&desk, &mut progress).await;
    }
}

/// Tells what there is to tell now.
pub(crate) async fn turn(desk: &Arc<Inner>, progress: &mut Progress) {
    let (Some(at_work), Some(device)) = (desk.at_work(), &desk.store.device) else { return };
    if progress.session != Some(at_work.who.id) {
        *progress = Progress { session: Some(at_work.who.id), ..Progress::default() };
    }
    let (network, now) = (desk.state().network, desk.parts.clock.monotonic());
    let since = progress.tried.map(|tried| now.saturating_sub(tried));
    if network != Network::Online || since.is_some_and(|since| since < QUIET) {
        return;
    }
    let waiting = match waiting(desk).await {
        Ok(waiting) => waiting,
        Err(error) => return tracing::error!(%error, "what waits could not be counted"),
    };
    let is_due = since.is_none_or(|since| since >= STILL_HERE);
    if !is_due && progress.told.as_ref() == Some(&waiting) {
        return;
    }
    progress.tried = Some(now);
    progress.told = tell(desk, &at_work, device, waiting).await;
}

async fn waiting(desk: &Arc<Inner>) -> Result<DeviceWaiting, StoreError> {
    let (groups, more) = desk.store.read(|conn| queue::waiting_groups(conn, MAX_WAITING_GROUPS)).await?;
    Ok(DeviceWaiting { name: desk.settings.computer_name.clone(), groups, more })
}

/// Tells it once; what was told, if it was.
async fn tell(desk: &Arc<Inner>, at_work: &AtWork, device: &Device, waiting: DeviceWaiting) -> Option<DeviceWaiting> {
    let request = device.request_with(waiting.clone());
    let answer = tokio::select! {
        () = at_work.ended.cancelled() => return None,
        answer = desk.client.device(&at_work.gateway, device.id(), &request) => answer,
    };
    // The loop that sends registrations meets the same gateway, and says what is wrong.
    answer.inspect_err(|error| tracing::info!(?error, "the gateway was not told how many wait here")).ok()?;
    second_copy::is_known(desk, device.id()).await;
    Some(waiting)
}
