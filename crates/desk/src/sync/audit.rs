//! Lets others know how far the audit goes, so that it cannot be told anew on this computer alone.

use std::sync::Arc;

use crate::desk::Inner;
use crate::store::device;

/// Lets the key store remember where the audit ends by now.
///
/// Not at every row: a key store takes longer than the disk, and some ask their user each time. What lies between is
/// found by the gateway, or not at all: after a power cut the file is ahead, which is no fault.
pub(crate) async fn remember(desk: &Arc<Inner>) {
    let what = match desk.store.to_remember(desk.parts.clock.now()).await {
        Ok(Some(what)) => what,
        Ok(None) => return,
        Err(error) => return tracing::warn!(%error, "the key store could not be told how far the audit goes"),
    };
    let keys = desk.parts.keys.clone();
    let told = tokio::task::spawn_blocking(move || device::remember(&*keys, &what)).await;
    if !matches!(told, Ok(Ok(()))) {
        tracing::warn!("the key store does not remember how far the audit goes");
    }
}
