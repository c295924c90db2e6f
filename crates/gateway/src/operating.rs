//! What an operator does at the gateway's own host, beside a gateway that runs or not: taking in second copies, and
//! shutting computers out.

use std::path::Path;
use std::sync::Arc;

use contract::{DeviceId, RequestId};
use jiff::Timestamp;

use crate::config::Config;
use crate::gateway::Rules;
use crate::importing::{self, Import, ImportReport, Operator, UnreadableCopy};
use crate::keys::Keys;
use crate::running::{StartError, check_keys};
use crate::store::{self, DeviceSeen, Store, StoreError};
use crate::{Clock, random};

/// Why an operator's act was not done. Nothing was changed by the part of it that failed.
#[derive(Debug, thiserror::Error)]
pub enum OperatingError {
    /// The gateway's files cannot be used.
    #[error(transparent)]
    Gateway(#[from] StartError),
    /// A file of a second copy cannot be read.
    #[error(transparent)]
    Copy(#[from] UnreadableCopy),
    /// The database could not be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No computer of that name was ever heard of here.
    #[error("no computer of that name is known")]
    DeviceUnknown,
}

/// Takes in second copies. A gateway may run beside it.
pub async fn import_sealed(
    config: Config,
    base: &Path,
    clock: &dyn Clock,
    wanted: &Import,
) -> Result<ImportReport, OperatingError> {
    let (store, rules) = open(config, base).await?;
    let report = importing::import(&store, &rules, wanted, clock.now()).await;
    close(store).await;
    Ok(report?)
}

/// Shuts a computer out, or lets it in again. Says whether that changed anything.
pub async fn set_device_revoked(
    config: Config,
    base: &Path,
    clock: &dyn Clock,
    device: DeviceId,
    revoked: bool,
    by: &Operator,
) -> Result<bool, OperatingError> {
    let (store, _rules) = open(config, base).await?;
    let (now, by) = (clock.now(), by.clone());
    let changed = store.write(move |connection| revoke(connection, &device, revoked, &by, now)).await;
    close(store).await;
    changed
}

/// Every computer that is known, those heard of longest ago first.
pub async fn list_devices(config: Config, base: &Path) -> Result<Vec<DeviceSeen>, OperatingError> {
    let (store, _rules) = open(config, base).await?;
    let devices = store.read(store::devices).await;
    close(store).await;
    Ok(devices?)
}

fn revoke(
    connection: &rusqlite::Connection,
    device: &DeviceId,
    revoked: bool,
    by: &Operator,
    now: Timestamp,
) -> Result<bool, OperatingError> {
    let changed =
        store::set_revoked(connection, device, revoked.then_some(now))?.ok_or(OperatingError::DeviceUnknown)?;
    if changed {
        let action = if revoked { "revoke device" } else { "restore device" };
        let request = RequestId::from_guid(random::guid());
        let result = format!("{device}: {}", by.reason());
        store::append_operator_audit(connection, now, by.name(), action, request, &result)?;
    }
    Ok(changed)
}

async fn open(config: Config, base: &Path) -> Result<(Store, Arc<Rules>), StartError> {
    config.check()?;
    let store = Store::open(&base.join(&config.database))?;
    let keys = Keys::open(&base.join(&config.secrets))?;
    let rules = Arc::new(Rules { keys, config });
    let checked = Arc::clone(&rules);
    store.write(move |connection| check_keys(connection, &checked.keys)).await?;
    Ok((store, rules))
}

/// Closing waits for the writer, which is not for a thread that others wait on.
async fn close(store: Store) {
    let _ = tokio::task::spawn_blocking(move || drop(store)).await;
}
