//! The second copy: what is recorded is also appended, sealed to the gateway's key, to a file on another disk.
//!
//! It comes after the store's commit and never before: saved is what the store holds. What the second disk lacks is
//! known from the store, so whatever goes wrong there is told at once, tried again, and made good when the disk is back.
//! A disk that does not answer holds nothing up.
//!
//! Deliberately absent: what a record is made of ([`contract::SealedRecord`]), and reading one: nothing on this computer
//! opens it.

mod file;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contract::{Sealing, SealingKey, SubmissionKey};

use crate::Changed;
use crate::desk::Inner;
use crate::store::device::Device;
use crate::store::second_copy::{self as stored, CopyFile};

/// How long a recording waits for the second disk.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked whether the disk is there.
const LOOKING: Duration = Duration::from_secs(15);
/// How many records are brought onto the disk together.
const TOGETHER: u32 = 100;

/// Whether there is a second copy of what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondCopy {
    /// None is wanted.
    Off,
    /// Of all that waits, and the disk is there.
    Whole,
    /// Not of all, or the next would have none.
    Missing {
        /// How many of what waits have none.
        count: u32,
        /// Why.
        why: NoSecondCopy,
    },
}

/// Why there is no second copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSecondCopy {
    /// The folder is not there: the disk or stick is away.
    Away,
    /// The disk does not answer.
    Slow,
    /// The folder is on the same disk as everything else.
    SameDisk,
    /// The folder cannot be written.
    NotWritable,
    /// The disk is full.
    Full,
    /// The gateway's key is not known yet: somebody has to sign in once.
    NoKey,
    /// The gateway names another key than before, and does not say that it follows that one.
    KeyChanged,
    /// This computer has no key to sign with.
    NotSigned,
    /// The store could not be read or written.
    Store,
}

/// Whether the folder of a second copy is there, and on another disk than a data folder. Changes nothing.
pub fn second_copy_folder(folder: &Path, data_dir: &Path) -> Result<(), NoSecondCopy> {
    file::check_folder(folder, data_dir)
}

/// Runs until the desk closes: looks now and then whether something is to be made good.
pub(crate) async fn run(desk: Arc<Inner>) {
    loop {
        copy_now(&desk).await;
        tokio::select! {
            () = desk.copy_wake.notified() => {}
            () = tokio::time::sleep(LOOKING) => {}
        }
    }
}

/// Brings the second copy up to date, and waits for that a moment. What came of it stands in the desk's state.
pub(crate) async fn copy_now(desk: &Arc<Inner>) {
    let Some(folder) = desk.settings.second_copy_folder.clone() else { return };
    let copied = async {
        let one_at_a_time = desk.copying.clone().lock_owned().await;
        let working = desk.clone();
        // By itself: a disk that does not answer must hold up nobody, and nothing is to be given up half way.
        let copying = tokio::spawn(async move {
            let _one_at_a_time = one_at_a_time;
            let found = copy(&working, folder).await;
            note(&working, found).await;
        });
        _ = copying.await;
    };
    if tokio::time::timeout(PATIENCE, copied).await.is_err() {
        note(desk, Err(NoSecondCopy::Slow)).await;
    }
}

async fn note(desk: &Arc<Inner>, found: Result<(), NoSecondCopy>) {
    let now = match found {
        Ok(()) => SecondCopy::Whole,
        Err(why) => {
            let count = desk.store.read(|conn| {
                let file = stored::file(conn)?;
                stored::count_lacking(conn, file.as_ref().map(|file| file.name.as_str()))
            });
            SecondCopy::Missing { count: count.await.unwrap_or_default(), why }
        }
    };
    if std::mem::replace(&mut desk.state().second_copy, now) != now {
        match now {
            SecondCopy::Missing { count, why } => tracing::warn!(count, ?why, "there is no second copy"),
            SecondCopy::Whole | SecondCopy::Off => tracing::info!("the second copy is whole"),
        }
        desk.changes.tell(Changed::Network);
    }
}

/// Appends what the copy lacks, until it lacks nothing.
async fn copy(desk: &Arc<Inner>, folder: PathBuf) -> Result<(), NoSecondCopy> {
    let device = desk.store.device.as_ref().ok_or(NoSecondCopy::NotSigned)?;
    let key = key(desk).await?;
    let data = desk.store.folder.clone();
    let known = desk.store.read(stored::file).await.map_err(|_| NoSecondCopy::Store)?;
    let name = format!("{:032x}", desk.parts.random.guid().as_u128());
    let new = CopyFile { name, length: 0, records: 0 };
    let (place, before) = (folder.clone(), known.clone());
    let mut file = on_disk(move || {
        file::check_folder(&place, &data)?;
        match known {
            Some(known) if file::is_there(&place, &known)? => Ok(known),
            // Gone, cut off, or never begun: all that waits is written into another.
            _ => file::begin(&place, &new).map(|()| new),
        }
    })
    .await?;
    if before.as_ref() != Some(&file) {
        remember(desk, &file, Vec::new()).await?;
    }
    loop {
        let (id, at) = (device.id(), file.clone());
        let records = desk.store.read(move |conn| stored::lacking(conn, id, &at, TOGETHER)).await;
        let records = records.map_err(|_| NoSecondCopy::Store)?;
        let Some(last) = records.last() else { return Ok(()) };
        file.records = last.number;
        let keys: Vec<_> = records.iter().map(|record| (record.key, record.registration.is_none())).collect();
        let sealed = seal(device, &key, records)?;
        let (place, at) = (folder.clone(), file.clone());
        file.length = on_disk(move || file::append(&place, &at, &sealed)).await?;
        remember(desk, &file, keys).await?;
    }
}

/// Writes down what is on the disk by now.
async fn remember(desk: &Arc<Inner>, file: &CopyFile, keys: Vec<(SubmissionKey, bool)>) -> Result<(), NoSecondCopy> {
    let file = file.clone();
    desk.store.write(move |conn| stored::copied(conn, &file, &keys)).await.map_err(|_| NoSecondCopy::Store)
}

fn seal(device: &Device, key: &SealingKey, records: Vec<contract::SealedRecord>) -> Result<Vec<Vec<u8>>, NoSecondCopy> {
    records.into_iter().map(|record| device.seal(record, key).map_err(|_| NoSecondCopy::NotSigned)).collect()
}

/// The key to seal to: as policy says, else as the gateway said first and whatever it says follows that.
async fn key(desk: &Arc<Inner>) -> Result<SealingKey, NoSecondCopy> {
    let pinned = desk.store.read(stored::pinned).await.map_err(|_| NoSecondCopy::Store)?;
    let key = choose(desk.settings.second_copy_key, pinned, desk.state().sealing)?;
    if pinned != Some(key) {
        desk.store.write(move |conn| stored::pin(conn, &key)).await.map_err(|_| NoSecondCopy::Store)?;
        tracing::info!("second copies are sealed to a key of the gateway's that is new here");
    }
    Ok(key)
}

fn choose(
    policy: Option<SealingKey>,
    pinned: Option<SealingKey>,
    offered: Option<Sealing>,
) -> Result<SealingKey, NoSecondCopy> {
    match (policy, pinned, offered) {
        (Some(policy), ..) => Ok(policy),
        (None, None, Some(offered)) => Ok(offered.key),
        (None, None, None) => Err(NoSecondCopy::NoKey),
        (None, Some(pinned), None) => Ok(pinned),
        (None, Some(pinned), Some(offered)) if offered.key == pinned || offered.before == Some(pinned) => {
            Ok(offered.key)
        }
        (None, Some(_), Some(_)) => Err(NoSecondCopy::KeyChanged),
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NoSecondCopy> + Send + 'static,
) -> Result<T, NoSecondCopy> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(NoSecondCopy::Away))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_followed_only_by_one_that_names_it() {
        let key = |byte| SealingKey::from_bytes([byte; 32]);
        let offer = |new, before: Option<u8>| Some(Sealing { key: key(new), before: before.map(key) });
        assert_eq!(choose(None, None, None), Err(NoSecondCopy::NoKey));
        assert_eq!(choose(None, None, offer(1, None)), Ok(key(1)));
        assert_eq!(choose(None, Some(key(1)), None), Ok(key(1)), "also without a gateway");
        assert_eq!(choose(None, Some(key(1)), offer(1, Some(9))), Ok(key(1)));
        assert_eq!(choose(None, Some(key(1)), offer(2, Some(1))), Ok(key(2)));
        assert_eq!(choose(None, Some(key(1)), offer(2, None)), Err(NoSecondCopy::KeyChanged));
        assert_eq!(choose(None, Some(key(1)), offer(3, Some(2))), Err(NoSecondCopy::KeyChanged));
        assert_eq!(choose(Some(key(5)), Some(key(1)), offer(2, None)), Ok(key(5)), "policy decides");
    }
}
