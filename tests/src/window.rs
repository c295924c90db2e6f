//! Drives a real window, and a browser beside it, through WebKit's own driver.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;
use thirtyfour::prelude::*;
use thirtyfour::{Capabilities, TimeoutConfiguration};

use crate::Outcome;
use crate::desktop::Desktop;
use crate::programs::Service;

/// How long a page may take to show what is waited for. A loaded machine is slow, not wrong.
const PATIENCE: Duration = Duration::from_secs(30);

/// A driven window: RA Desk's own, or a browser.
pub struct Window {
    driver: WebDriver,
    service: Service,
}

impl Window {
    /// Opens RA Desk in a desktop session. `vary` sets what its environment has besides.
    pub async fn desk(desktop: &Desktop, app: &Path, log: &Path, vary: impl FnOnce(&mut Command)) -> Outcome<Self> {
        Self::desk_with(desktop, app, &[], log, vary).await
    }

    /// Opens RA Desk with words on its command line.
    pub async fn desk_with(
        desktop: &Desktop,
        app: &Path,
        words: &[&str],
        log: &Path,
        vary: impl FnOnce(&mut Command),
    ) -> Outcome<Self> {
        let options = json!({ "binary": app, "args": words });
        Self::open(desktop, Some(options), log, vary).await
    }

    /// Opens a browser in a desktop session.
    pub async fn browser(desktop: &Desktop, log: &Path) -> Outcome<Self> {
        Self::open(desktop, None, log, |_| ()).await
    }

    async fn open(
        desktop: &Desktop,
        options: Option<serde_json::Value>,
        log: &Path,
        vary: impl FnOnce(&mut Command),
    ) -> Outcome<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = desktop.command(Path::new("WebKitWebDriver"));
        command.arg(format!("--port={port}")).env("TAURI_WEBVIEW_AUTOMATION", "true");
        vary(&mut command);
        let service = Service::start("WebKitWebDriver", command, log)?;
        wait_for_port(port).await?;
        let mut capabilities = serde_json::Map::new();
        if let Some(options) = options {
            capabilities.insert("webkitgtk:browserOptions".to_owned(), options);
        }
        let url = format!("http://127.0.0.1:{port}");
        // Another window that holds the application's name makes this wait for ever: never without a limit.
        let driver =
            tokio::time::timeout(Duration::from_secs(60), WebDriver::new(url, Capabilities::from(capabilities)))
                .await
                .map_err(|_| "the window did not open within 60 seconds")??;
        let waits = TimeoutConfiguration::new(Some(PATIENCE), Some(PATIENCE), Some(Duration::ZERO));
        driver.update_timeouts(waits).await?;
        Ok(Self { driver, service })
    }

    /// The driver itself.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Waits until something is on the page.
    pub async fn see(&self, css: &str) -> Outcome<WebElement> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Ok(element) = self.driver.find(By::Css(css)).await
                && element.is_displayed().await.unwrap_or(false)
            {
                return Ok(element);
            }
            if Instant::now() > deadline {
                let heading = self.text("h1").await.unwrap_or_default();
                return Err(format!("{css} did not appear within {PATIENCE:?}; the page says '{heading}'").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until something on the page holds a text.
    pub async fn see_text(&self, css: &str, text: &str) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.text(css).await.unwrap_or_default();
            if shown.contains(text) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{css} does not hold the text within {PATIENCE:?}; it says '{shown}'").into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether something is on the page now.
    pub async fn shows(&self, css: &str) -> bool {
        match self.driver.find(By::Css(css)).await {
            Ok(element) => element.is_displayed().await.unwrap_or(false),
            Err(_) => false,
        }
    }

    /// Waits for something and clicks it. A page that is replaced between the two is looked at again.
    pub async fn click(&self, css: &str) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let element = self.see(css).await?;
            let ready = element.is_enabled().await.unwrap_or(false);
            // The driver does not always bring what is below the fold into view by itself.
            let _ = element.scroll_into_view().await;
            match if ready { element.click().await } else { Ok(()) } {
                Ok(()) if ready => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(format!("{css}: {error}").into()),
                _ if Instant::now() > deadline => return Err(format!("{css} stays disabled").into()),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Chooses a radio or ticks a box, as a person does: by its label. The box itself is drawn by the label.
    pub async fn choose(&self, id: &str) -> Outcome {
        self.click(&format!("label[for='{id}']")).await
    }

    /// Waits for a field and types into it, in place of what stands there.
    pub async fn enter(&self, css: &str, text: &str) -> Outcome {
        let field = self.see(css).await?;
        // As a person does it: the driver's own clearing tells the page nothing.
        field.send_keys(Key::Control + "a").await?;
        field.send_keys(Key::Backspace + text).await?;
        Ok(())
    }

    /// The text of something on the page.
    pub async fn text(&self, css: &str) -> Outcome<String> {
        Ok(self.driver.find(By::Css(css)).await?.text().await?)
    }

    /// Goes to an address, for a browser.
    pub async fn goto(&self, url: &str) -> Outcome {
        Ok(self.driver.goto(url).await?)
    }

    /// Makes a picture of the page.
    pub async fn picture(&self, file: &Path) -> Outcome {
        Ok(self.driver.screenshot(file).await?)
    }

    /// What axe finds wrong with the page (WCAG 2.0 to 2.2, A and AA), a line each.
    pub async fn axe(&self) -> Outcome<Vec<String>> {
        let axe = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/node_modules/axe-core/axe.min.js"));
        self.driver.execute(std::fs::read_to_string(axe)?, vec![]).await?;
        let script = "const done = arguments[arguments.length - 1];
            axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
               .then(r => done({ passes: r.passes.length, violations: r.violations.map(v =>
                   v.id + ': ' + v.help + ' @ ' + v.nodes.map(n => n.target.join(' ')).join(' | ')) }),
                   e => done({ passes: 0, violations: [String(e)] }));";
        let found = self.driver.execute_async(script, vec![]).await?;
        let found = found.json();
        if found["passes"].as_u64().unwrap_or(0) == 0 {
            return Ok(vec!["axe checked nothing".to_owned()]);
        }
        let violations = found["violations"].as_array().cloned().unwrap_or_default();
        Ok(violations.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
    }

    /// Kills the window's program at once, as a flat battery would, and its driver with it.
    pub fn kill(self, app: &Path) -> Outcome {
        let Self { driver, service } = self;
        let pid = child_running(service.pid(), app).ok_or("the window's process was not found")?;
        crate::programs::signal("-KILL", &pid.to_string());
        // The driver would ask its session to close; there is none any more.
        driver.leak()?;
        drop(service);
        Ok(())
    }

    /// Forgets a window whose program has ended by itself.
    pub fn forget(self) -> Outcome {
        let Self { driver, service } = self;
        // The driver would ask its session to close; there is none any more.
        driver.leak()?;
        drop(service);
        Ok(())
    }

    /// Closes the window.
    pub async fn close(self) -> Outcome {
        let Self { driver, service } = self;
        let closed = tokio::time::timeout(Duration::from_secs(20), driver.quit()).await;
        drop(service);
        closed.map_err(|_| "the window did not close within 20 seconds")??;
        Ok(())
    }
}

async fn wait_for_port(port: u16) -> Outcome {
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > deadline {
            return Err("WebKitWebDriver did not listen within 10 seconds".into());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// The process under `parent` that runs `program`.
fn child_running(parent: u32, program: &Path) -> Option<u32> {
    let program = program.canonicalize().ok()?;
    let processes = std::fs::read_dir("/proc").ok()?;
    processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok()).find(|pid| {
        let runs = std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program);
        runs && ancestors(*pid).contains(&parent)
    })
}

fn ancestors(mut pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    while pid > 1 && found.len() < 32 {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { break };
        // The second field is the program's name in brackets and may hold spaces.
        let Some(parent) = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok()) else {
            break;
        };
        found.push(parent);
        pid = parent;
    }
    found
}
