//! The second copy: what is recorded is also appended, sealed to the gateway's key, to a file on another disk.
//!
//! It comes after the store's commit and never before: saved is what the store holds. What the second disk lacks is
//! known from the store, so whatever goes wrong there is told at once, tried again, and made good when the disk is back.
//! A disk that does not answer holds nothing up.
//!
//! Deliberately absent: what a record is made of ([`contract::SealedRecord`]), and reading one: nothing on this computer
//! opens it.

mod emptying;
mod file;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contract::{DeviceId, Sealing, SealingKey, SubmissionKey};

use crate::desk::{Inner, State};
use crate::store::device::Device;
use crate::store::second_copy::{self as stored, CopyFile};
use crate::{Changed, Happened};
use file::Stands;

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
        /// How many of what waits have none. None: they could not be counted.
        count: Option<u32>,
        /// Why.
        why: NoSecondCopy,
    },
}

/// Why there is no second copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSecondCopy {
    /// The folder is not there: the disk or stick is away.
    #[error("its folder is not there")]
    Away,
    /// The disk does not answer.
    #[error("the disk does not answer")]
    Slow,
    /// The folder is on the same disk as everything else.
    #[error("its folder is on the same disk as everything else")]
    SameDisk,
    /// The folder cannot be written.
    #[error("its folder cannot be written")]
    NotWritable,
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The gateway's key is not known yet: somebody has to sign in once.
    #[error("the gateway's key is not known until somebody signs in")]
    NoKey,
    /// The gateway names another key than before, and does not say that it follows that one.
    #[error("the gateway names another key than before")]
    KeyChanged,
    /// This computer has no key to sign with.
    #[error("this computer has no key to sign with")]
    NotSigned,
    /// The gateway has not heard of the key this computer signs with, and so would believe no copy: somebody has to
    /// sign in once.
    #[error("the gateway has not heard of this computer until somebody signs in")]
    NotKnown,
    /// Some of what waits is sealed until who recorded it signs in. All else has a copy.
    #[error("some of what waits is sealed until who recorded it signs in")]
    Sealed,
    /// Some of what waits cannot be read. All that can be has a copy.
    #[error("some of what waits cannot be read")]
    Unreadable,
    /// The store could not be read or written.
    #[error("the store could not be read or written")]
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
        emptying::empty_now(&desk).await;
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
            let found = copy(&working, folder).await;
            let not_begun = working.state().copy_not_begun;
            let now = told(&working, found.and_then(|()| not_begun.map_or(Ok(()), Err))).await;
            let missed = working.store.read(stored::is_told_missing).await.unwrap_or_default();
            let news = {
                let mut state = working.state();
                // Together with what came of it: nobody finds the copy still being made and its end told.
                drop(one_at_a_time);
                put(&mut state, now, missed)
            };
            tell(&working, now, news).await;
        });
        _ = copying.await;
    };
    if tokio::time::timeout(PATIENCE, copied).await.is_err() {
        let now = told(desk, Err(NoSecondCopy::Slow)).await;
        slow(desk, now).await;
    }
}

/// The gateway has this computer's key, so that it can check the copies made from now on.
pub(crate) async fn is_known(desk: &Arc<Inner>, device: DeviceId) {
    match desk.store.write(move |conn| stored::told(conn, device)).await {
        Ok(true) => desk.copy_wake.notify_one(),
        Ok(false) => {}
        // It is heard again at the next sign-in.
        Err(error) => tracing::error!(%error, "that the gateway knows this computer is not written down"),
    }
}

/// Says that the disk does not answer, unless it did while that was found out.
async fn slow(desk: &Arc<Inner>, now: SecondCopy) {
    let news = {
        let mut state = desk.state();
        desk.copying.try_lock().is_err().then(|| put(&mut state, now, false))
    };
    if let Some(news) = news {
        tell(desk, now, news).await;
    } else {
        // What this one waited for may have come too early to hold what it was to bring.
        desk.copy_wake.notify_one();
    }
}

/// What there is to tell, with how many have no copy.
async fn told(desk: &Arc<Inner>, found: Result<(), NoSecondCopy>) -> SecondCopy {
    let Err(why) = found else { return SecondCopy::Whole };
    let count = desk.store.read(|conn| {
        let file = stored::file(conn)?;
        stored::count_without(conn, file.as_ref().map(|file| file.name.as_str()))
    });
    SecondCopy::Missing { count: count.await.ok(), why }
}

/// What of it is news.
struct News {
    is_new: bool,
    /// Told once when the copy goes missing, and once when it is whole again: not when another reason takes the place of
    /// the first, nor when more have none.
    happened: Option<Happened>,
}

/// Says what is so now. `missed`: it was told that the copy is missing, and not yet that it is whole again.
fn put(state: &mut State, now: SecondCopy, missed: bool) -> News {
    let before = std::mem::replace(&mut state.second_copy, now);
    let happened = match (before, now) {
        (SecondCopy::Missing { .. }, SecondCopy::Whole) => Some(Happened::SecondCopyWhole),
        // It was missing before RA Desk was started.
        (SecondCopy::Off, SecondCopy::Whole) if missed => Some(Happened::SecondCopyWhole),
        (SecondCopy::Whole | SecondCopy::Off, SecondCopy::Missing { count, why }) => {
            Some(Happened::SecondCopyMissing { count, why })
        }
        _ => None,
    };
    News { is_new: before != now, happened }
}

async fn tell(desk: &Arc<Inner>, now: SecondCopy, news: News) {
    if let Some(happened) = news.happened {
        let is_missing = happened != Happened::SecondCopyWhole;
        desk.note_happened(happened);
        // Else it is not told after the next start that the copy is whole again.
        if let Err(error) = desk.store.write(move |conn| stored::told_missing(conn, is_missing)).await {
            tracing::warn!(%error, "what was told of the second copy is not written down");
        }
    }
    if !news.is_new {
        return;
    }
    match now {
        SecondCopy::Missing { count, why } => tracing::warn!(count, ?why, "there is no second copy"),
        SecondCopy::Whole | SecondCopy::Off => tracing::info!("the second copy is whole"),
    }
    desk.changes.tell(Changed::Network);
}

/// Appends what the copy lacks, until it lacks nothing.
async fn copy(desk: &Arc<Inner>, folder: PathBuf) -> Result<(), NoSecondCopy> {
    let device = desk.store.device.as_ref().ok_or(NoSecondCopy::NotSigned)?;
    let key = key(desk).await?;
    let id = device.id();
    if !desk.store.read(move |conn| stored::is_told(conn, id)).await.map_err(|_| NoSecondCopy::Store)? {
        return Err(NoSecondCopy::NotKnown);
    }
    let data = desk.store.folder.clone();
    let known = desk.store.read(stored::file).await.map_err(|_| NoSecondCopy::Store)?;
    let new = new_file(desk);
    let (place, before) = (folder.clone(), known.clone());
    let (mut file, stood) = on_disk(move || {
        file::check_folder(&place, &data)?;
        let stood = known.as_ref().map_or(Ok(Stands::Not), |known| file::stands(&place, known))?;
        let file = match (known, stood) {
            (Some(known), Stands::AsKnown) => known,
            (Some(known), Stands::Longer) => CopyFile { holds_more: true, ..known },
            // Gone, cut off, or never begun: all that waits is written into another.
            _ => file::begin(&place, &new).map(|()| new)?,
        };
        Ok((file, stood))
    })
    .await?;
    match before {
        // On another stick perhaps, which comes back.
        Some(old) if stood == Stands::Not => {
            let new = file.clone();
            let begun = desk.store.write(move |conn| stored::begin_elsewhere(conn, &old, &new)).await;
            begun.map_err(|_| NoSecondCopy::Store)?;
        }
        before if before.as_ref() != Some(&file) => remember(desk, &file, Vec::new()).await?,
        _ => {}
    }
    // From the first to the last, until nothing is lacking; or nothing but what cannot be read.
    let (mut behind, mut copied_any, mut any_closed) = (None::<String>, false, false);
    loop {
        let (at, from) = (file.clone(), behind.clone());
        let found = desk.store.read(move |conn| stored::lacking(conn, id, &at, from.as_deref(), TOGETHER)).await;
        let stored::Lacking { records, last, closed } = found.map_err(|_| NoSecondCopy::Store)?;
        any_closed |= closed;
        match (last, behind) {
            (None, None) => return Ok(()),
            (None, Some(_)) if copied_any => (behind, copied_any) = (None, false),
            (None, Some(_)) => {
                let name = file.name.clone();
                let without = desk.store.read(move |conn| stored::count_without(conn, Some(&name))).await;
                // What was taken back and cannot be read waits for nothing.
                return match without {
                    Ok(0) => Ok(()),
                    _ if any_closed => Err(NoSecondCopy::Sealed),
                    _ => Err(NoSecondCopy::Unreadable),
                };
            }
            (last, _) => behind = last,
        }
        let Some(last) = records.last() else { continue };
        (file.records, copied_any) = (last.number, true);
        let keys: Vec<_> = records.iter().map(|record| (record.key, record.registration.is_none())).collect();
        let sealed = seal(device, &key, records)?;
        let (place, at) = (folder.clone(), file.clone());
        file.length = on_disk(move || file::append(&place, &at, &sealed)).await?;
        desk.state().copy_not_begun = None;
        remember(desk, &file, keys).await?;
    }
}

/// A file of a random name, in which nothing stands yet.
fn new_file(desk: &Inner) -> CopyFile {
    CopyFile::new(format!("{:032x}", desk.parts.random.guid().as_u128()))
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
mod tests;
