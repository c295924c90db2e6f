//! What the walk needs around it: a practice world, a desktop session, RA Desk's window and a browser.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::crossing::{self, Secrets};
use tests::desktop::Desktop;
use tests::window::Window;
use tests::world::World;
use tests::{Outcome, programs};

use crate::report::Report;

/// Everything the walk plays on.
pub struct Stage {
    /// The practice world.
    pub world: World,
    /// RA Desk's window, while it is open.
    pub desk: Option<Window>,
    /// The browser in which the RA user signs in and the user links.
    pub browser: Window,
    app: PathBuf,
    desktop: Desktop,
    folder: tempfile::TempDir,
    pages_read: usize,
    /// All that crossed to the pages of windows that are closed.
    crossed: Vec<Value>,
    /// The codes with which the browser came back.
    codes: Vec<String>,
}

impl Stage {
    /// Starts everything and opens RA Desk.
    pub async fn set(people: u32) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("ra-desk-walk-").tempdir()?;
        let home = folder.path().join("home");
        std::fs::create_dir_all(&home)?;
        let world = World::start(&folder.path().join("world"), people)?;
        let desktop = Desktop::start(&home)?;
        let browser = Window::browser(&desktop, &folder.path().join("browser.log")).await?;
        let mut stage = Self {
            world,
            desk: None,
            browser,
            app: programs::desk()?,
            desktop,
            folder,
            pages_read: 0,
            crossed: Vec::new(),
            codes: Vec::new(),
        };
        stage.open_desk().await?;
        Ok(stage)
    }

    /// Opens RA Desk's window.
    pub async fn open_desk(&mut self) -> Outcome {
        let log = self.folder.path().join("desk.log");
        let (settings, data, browser) = (self.world.desk_settings(), self.data_dir(), self.browser_file());
        let window = Window::desk(&self.desktop, &self.app, &log, |command| {
            command
                .env("RA_DESK_SETTINGS", settings)
                .env("RA_DESK_DATA_DIR", data)
                .env("RA_DESK_BROWSER_FILE", browser);
        })
        .await?;
        window.see("[data-page]").await?;
        crossing::listen(&window).await?;
        self.desk = Some(window);
        Ok(())
    }

    /// Keeps what crossed to the page of the window that is open, which is going to be closed.
    async fn keep_what_crossed(&mut self) -> Outcome {
        let crossed = crossing::crossed(self.desk()?).await?;
        self.crossed.extend(crossed);
        Ok(())
    }

    /// Remembers the code with which the browser came back, which nobody but the gateway is told.
    pub async fn remember_the_code(&mut self) -> Outcome {
        let page = self.browser.driver().current_url().await?;
        let code = page.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
        self.codes.push(code.ok_or("the browser did not come back with a code")?);
        Ok(())
    }

    /// Whether any of all that crossed to RA Desk's pages is a secret.
    pub async fn nothing_secret_crossed(&mut self, report: &mut Report) -> Outcome {
        self.keep_what_crossed().await?;
        let mut secrets = Secrets::of(&self.world, &self.data_dir(), &self.browser_file())?;
        secrets.texts.extend(self.codes.iter().map(|code| ("a sign-in's code", code.clone())));
        let found = secrets.among(&self.crossed);
        report.checked(
            "no token, key, code or link crossed to a page",
            found.is_empty() && !self.codes.is_empty(),
            || format!("of {} answers and events: {found:?}", self.crossed.len()),
        )
    }

    /// RA Desk's window.
    pub fn desk(&self) -> Outcome<&Window> {
        self.desk.as_ref().ok_or_else(|| "RA Desk's window is not open".into())
    }

    /// Kills RA Desk at once.
    pub async fn kill_desk(&mut self) -> Outcome {
        self.keep_what_crossed().await?;
        let window = self.desk.take().ok_or("RA Desk's window is not open")?;
        window.kill(&self.app)
    }

    /// Where RA Desk keeps its data.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn browser_file(&self) -> PathBuf {
        self.folder.path().join("browser-pages")
    }

    /// Shows in the browser the page that RA Desk asked the system's browser to open.
    pub async fn follow_to_browser(&mut self) -> Outcome {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let pages = std::fs::read_to_string(self.browser_file()).unwrap_or_default();
            // It is also asked to open the page at which the issuer ends a session.
            if let Some(page) = pages.lines().filter(|page| page.contains("response_type=")).nth(self.pages_read) {
                self.pages_read += 1;
                return self.browser.goto(page).await;
            }
            if Instant::now() > deadline {
                return Err("RA Desk did not open the browser".into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A picture of where the walk broke off.
    pub async fn last_look(&self, report: &Report) {
        let folder = report.folder();
        if let Some(desk) = &self.desk {
            let _ = desk.picture(&folder.join("broke-off-desk.png")).await;
        }
        let _ = self.browser.picture(&folder.join("broke-off-browser.png")).await;
    }

    /// Closes everything. The programs' logs stay beside the pictures.
    pub async fn strike(self, out: &Path) {
        for (log, name) in
            [("desk.log", "desk.log"), ("world/gateway.log", "gateway.log"), ("world/sandbox.log", "sandbox.log")]
        {
            let _ = std::fs::copy(self.folder.path().join(log), out.join(name));
        }
        if let Some(desk) = self.desk {
            let _ = desk.close().await;
        }
        let _ = self.browser.close().await;
    }
}
