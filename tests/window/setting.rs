//! What a window test stands on: one practice world for all of them, a desktop and a data folder for each.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use sandbox::world::ra_users::SpecialRaUser;
use tests::desktop::Desktop;
use tests::form_browser::FormBrowser;
use tests::window::Window;
use tests::world::World;
use tests::{Outcome, practice, programs};

/// One practice world for all tests of this program; each restores what it changes.
fn world() -> MutexGuard<'static, World> {
    static WORLD: OnceLock<(tempfile::TempDir, Mutex<World>)> = OnceLock::new();
    let (_, world) = WORLD.get_or_init(|| {
        let folder = tempfile::Builder::new().prefix("ra-desk-window-").tempdir().expect("a temporary folder");
        let world = World::start(folder.path(), 200).expect("the practice world starts");
        (folder, Mutex::new(world))
    });
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A computer with RA Desk on it.
pub struct Setting {
    pub world: MutexGuard<'static, World>,
    pub desktop: Desktop,
    pub folder: tempfile::TempDir,
}

impl Setting {
    /// An ordinary computer: message bus, unlocked key store.
    pub fn new() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("ra-desk-home-").tempdir()?;
        Ok(Self { world: world(), desktop: Desktop::start(folder.path())?, folder })
    }

    /// A computer without a key store.
    pub fn without_key_store() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("ra-desk-home-").tempdir()?;
        Ok(Self { world: world(), desktop: Desktop::without_key_store(folder.path())?, folder })
    }

    /// Where RA Desk keeps its data.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Opens RA Desk.
    pub async fn open(&self) -> Outcome<Window> {
        self.open_with(&self.world.desk_settings()).await
    }

    /// Opens RA Desk with other settings.
    pub async fn open_with(&self, settings: &Path) -> Outcome<Window> {
        self.open_as(settings, &[], &[]).await
    }

    /// Opens RA Desk as a kiosk.
    pub async fn open_kiosk(&self) -> Outcome<Window> {
        self.open_as(&self.world.desk_settings(), &["--kiosk"], &[]).await
    }

    /// Opens RA Desk with other settings, with words on its command line and with more in its environment.
    pub async fn open_as(&self, settings: &Path, words: &[&str], besides: &[(&str, &str)]) -> Outcome<Window> {
        self.open_program(&programs::desk()?, settings, words, besides).await
    }

    /// The same, of a copy of RA Desk.
    pub async fn open_program(
        &self,
        program: &Path,
        settings: &Path,
        words: &[&str],
        besides: &[(&str, &str)],
    ) -> Outcome<Window> {
        let log = self.folder.path().join("desk.log");
        let (data, browser) = (self.data_dir(), self.browser_file());
        Window::desk_with(&self.desktop, program, words, &log, |command| {
            command
                .env("RA_DESK_SETTINGS", settings)
                .env("RA_DESK_DATA_DIR", data)
                .env("RA_DESK_BROWSER_FILE", browser)
                .envs(besides.iter().copied());
        })
        .await
    }

    /// What RA Desk logged, a line each.
    pub fn logged(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.data_dir().join("logs").join("ra-desk.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// How often an event was logged.
    pub fn events(&self, id: u64) -> usize {
        self.logged().iter().filter(|line| line["fields"]["event_id"] == id).count()
    }

    /// Signs somebody in and says that it is them.
    pub async fn sign_in(&self, window: &Window, who: &SpecialRaUser, role: Option<&str>) -> Outcome {
        window.see("[data-page=sign-in]").await?;
        let seen = self.pages_asked_for().len();
        window.click("#primary").await?;
        let page = self.next_page(seen).await?;
        practice::sign_in(&mut FormBrowser::default(), &page, who.uuid().as_str(), role).await?;
        window.see("[data-page=confirm-identity]").await?;
        window.click("#primary").await
    }

    /// The page that RA Desk asks the browser to open after the first `seen`.
    pub async fn next_page(&self, seen: usize) -> Outcome<String> {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(page) = self.pages_asked_for().get(seen) {
                return Ok(page.clone());
            }
            if Instant::now() > deadline {
                return Err("RA Desk did not open the browser".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn pages_asked_for(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.browser_file()).unwrap_or_default();
        // Those at which somebody signs in; others are where the issuer ends a session.
        text.lines().filter(|page| page.contains("response_type=")).map(str::to_owned).collect()
    }

    /// What RA Desk asked the browser to open.
    pub fn browser_file(&self) -> PathBuf {
        self.folder.path().join("browser-pages")
    }
}

/// Fails unless axe finds nothing wrong with the page that is shown.
pub async fn accessible(window: &Window, page: &str) -> Outcome {
    window.see(&format!("[data-page={page}]")).await?;
    let wrong = window.axe().await?;
    if wrong.is_empty() { Ok(()) } else { Err(format!("{page}:\n{}", wrong.join("\n")).into()) }
}
