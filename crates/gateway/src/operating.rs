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
use crate::store::{self, DeviceSeen, OtherNames, Store, StoreError};
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

/// What is to become of a computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is shut out, and so is every name it was given after this one.
    ShutOut,
    /// It is shut out under this name alone.
    ShutOutOnlyThis,
    /// It is let in again, under this name alone.
    LetIn,
}

/// What became of a computer under its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Whether that was something else before.
    pub this: bool,
    /// Names it had before this one, the last one first, and whether each is shut out. Nothing was done to them.
    pub earlier: Vec<(DeviceId, bool)>,
    /// Names it was given after this one, the first one first, and whether each is shut out now.
    pub later: Vec<(DeviceId, bool)>,
}

/// Shuts a computer out, or lets it in again: all of its names that this is about, or none.
pub async fn set_standing(
    config: Config,
    base: &Path,
    clock: &dyn Clock,
    device: DeviceId,
    standing: Standing,
    by: &Operator,
) -> Result<Changed, OperatingError> {
    let (store, _rules) = open(config, base).await?;
    let (now, by) = (clock.now(), by.clone());
    let changed = store.write(move |connection| set(connection, &device, standing, &by, now)).await;
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

fn set(
    connection: &rusqlite::Connection,
    device: &DeviceId,
    standing: Standing,
    by: &Operator,
    now: Timestamp,
) -> Result<Changed, OperatingError> {
    let revoked = standing != Standing::LetIn;
    let request = RequestId::from_guid(random::guid());
    let set = |device: &DeviceId, because: &str| {
        let changed =
            store::set_revoked(connection, device, revoked.then_some(now))?.ok_or(OperatingError::DeviceUnknown)?;
        if changed {
            let action = if revoked { "revoke device" } else { "restore device" };
            let result = format!("{device}{because}: {}", by.reason());
            store::append_operator_audit(connection, now, by.name(), action, request, &result)?;
        }
        Ok::<_, OperatingError>(changed)
    };
    let this = set(device, "")?;
    let mut later = store::other_names(connection, device, OtherNames::Later)?;
    if standing == Standing::ShutOut {
        for (name, is_shut_out) in &mut later {
            set(name, &format!(" (it follows {device})"))?;
            *is_shut_out = true;
        }
    }
    Ok(Changed { this, earlier: store::other_names(connection, device, OtherNames::Earlier)?, later })
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
