//! What the pages have to know of the program around them: whether it is a kiosk, whether this computer keeps what is
//! recorded, and whether a newer RA Desk waits for the next start.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use desk::{Desk, NotKept};
use settings::WindowSettings;
use tauri::{AppHandle, Manager};

use crate::commands::Opened;
use crate::ipc::{Changed, DeskChanged};

/// How often it is looked whether RA Desk's own file was replaced.
const LOOK: Duration = Duration::from_secs(60);

/// The program around the pages.
pub struct Shell {
    /// Whether this is a kiosk.
    pub kiosk: bool,
    /// Whose computer this is, if they said so.
    pub organisation: Option<String>,
    /// Why nothing is recorded here to be sent later, if so.
    pub not_kept: Option<NotKept>,
    /// Whether the desk is open. A kiosk that could not start may be closed: nobody could sign in to leave it.
    open: bool,
    update_installed: AtomicBool,
}

impl Shell {
    /// Of a program that was started.
    pub fn new(window: &WindowSettings, opened: &Opened) -> Self {
        let desk = opened.0.as_ref().ok();
        Self {
            kiosk: window.kiosk,
            organisation: window.organisation.clone(),
            not_kept: desk.and_then(Desk::not_kept),
            open: desk.is_some(),
            update_installed: AtomicBool::new(false),
        }
    }

    /// Whether the window may not be closed by hand.
    pub fn stays_open(&self) -> bool {
        self.kiosk && self.open
    }

    /// Whether a newer RA Desk was installed since this one was started.
    pub fn update_installed(&self) -> bool {
        self.update_installed.load(Ordering::Relaxed)
    }
}

/// What tells one installed file from the one that takes its place.
#[derive(Debug, PartialEq, Eq)]
struct Installed {
    file: PathBuf,
    length: u64,
    changed: Option<SystemTime>,
}

impl Installed {
    fn of(file: PathBuf) -> Option<Self> {
        let meta = std::fs::metadata(&file).ok()?;
        Some(Self { file, length: meta.len(), changed: meta.modified().ok() })
    }

    /// Whether another file stands in its place. None, in the middle of an installation, is not yet another.
    fn is_replaced(&self) -> bool {
        Self::of(self.file.clone()).is_some_and(|now| now != *self)
    }
}

/// Looks from time to time whether a newer RA Desk was installed, and tells the page once.
///
/// Closing is safe at any time; until then this one goes on as it was started.
pub async fn watch_for_updates(app: AppHandle) {
    let Some(started) = std::env::current_exe().ok().and_then(Installed::of) else { return };
    while !started.is_replaced() {
        tokio::time::sleep(look_every()).await;
    }
    tracing::info!("a newer RA Desk is installed; it takes effect at the next start");
    app.state::<Shell>().update_installed.store(true, Ordering::Relaxed);
    DeskChanged { what: Changed::Shell }.tell(&app);
}

/// A test does not wait a minute.
fn look_every() -> Duration {
    #[cfg(feature = "practice")]
    if std::env::var_os("RA_DESK_LOOK_OFTEN").is_some() {
        return Duration::from_millis(200);
    }
    LOOK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_place_of_another_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ra-desk");
        std::fs::write(&file, "one").unwrap();
        let started = Installed::of(file.clone()).unwrap();
        assert!(!started.is_replaced());
        std::fs::remove_file(&file).unwrap();
        assert!(!started.is_replaced(), "an installation that is half done");
        std::fs::write(&file, "three").unwrap();
        assert!(started.is_replaced());
    }
}
