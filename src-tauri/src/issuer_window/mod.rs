//! The issuer's window: where the RA user of a kiosk signs in, because there is no other browser.
//!
//! It belongs to another party, so it is given nothing: no capability names it, which leaves it no command and no
//! event; it is incognito and made anew each time, so nothing outlives a sign-in; it opens no window and downloads
//! nothing. It stands in front of the RA user's window and leaves the upper part of that visible, where *Cancel
//! signing in* is.
//!
//! It shows the pages of [`Sites`]: on Linux in frames too, and the web view itself refuses to choose a file. On
//! Windows WebView2 asks about the page alone: a frame of an allowed page may hold another's, an address of another
//! program (`mailto:`) is left to WebView2 and the system, and files are kept from by the page's script, which a
//! hostile page could get around. Nothing of the Windows side has been run.

mod sites;

use desk::{Browser, BrowserError};
use tauri::webview::{NewWindowResponse, WebviewWindowBuilder};
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow};
use url::Url;

pub use sites::Sites;

use crate::event_log::{self, SecurityEvent};
use crate::window::{AGENT, guards};

/// The window's name. No capability may ever hold it; a test of the house looks.
pub const ISSUER: &str = "issuer";
/// How much of the RA user's window stays visible above it, in logical pixels.
const VISIBLE_ABOVE: f64 = 300.0;
/// It is never lower than this: a screen that is too small shows less of the RA user's window.
const LEAST_HEIGHT: f64 = 360.0;

/// Shows the issuer's pages in a window of RA Desk's own.
pub struct IssuerWindow {
    app: AppHandle,
    /// Hosts that the organisation names besides the issuer's.
    others: Vec<String>,
}

impl IssuerWindow {
    /// For a kiosk.
    pub fn new(app: AppHandle, others: Vec<String>) -> Self {
        Self { app, others }
    }

    /// A window that was told to close keeps its name until the event loop has seen it go. This is not the event
    /// loop's own thread, so it may wait.
    fn wait_until_gone(&self) {
        for _ in 0..200 {
            if self.app.get_webview_window(ISSUER).is_none() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    fn show(&self, page: Url) -> tauri::Result<WebviewWindow> {
        forget(&self.app);
        self.wait_until_gone();
        let agent = self.app.get_webview_window(AGENT).ok_or(tauri::Error::WindowNotFound)?;
        let sites = Sites::of(&page, &self.others);
        let (left, top, width, height) = place(&agent)?;
        let window = WebviewWindowBuilder::new(&self.app, ISSUER, WebviewUrl::External(page))
            .title("Sign in – RA Desk")
            .parent(&agent)?
            .position(left, top)
            .inner_size(width, height)
            .minimizable(false)
            .maximizable(false)
            .incognito(true)
            .devtools(false)
            .general_autofill_enabled(false)
            .zoom_hotkeys_enabled(true)
            .initialization_script_for_all_frames(guards::SCRIPT)
            .on_navigation(move |url| {
                let allowed = sites.allow(url);
                if !allowed {
                    // The host alone: a sign-in's addresses hold its secrets.
                    tracing::warn!(site = url.host_str().unwrap_or(url.scheme()), "a page was not shown");
                    event_log::tell(&SecurityEvent::SignInPageRefused);
                }
                allowed
            })
            .on_new_window(|_, _| NewWindowResponse::Deny)
            .on_download(|_, _| false)
            .build()?;
        guards::put_on(&window)?;
        window.set_focus()?;
        Ok(window)
    }
}

impl Browser for IssuerWindow {
    fn open(&self, url: &str) -> Result<(), BrowserError> {
        let page = Url::parse(url).map_err(|_| BrowserError)?;
        match self.show(page) {
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::error!(%error, "the issuer's window could not be opened");
                forget(&self.app);
                Err(BrowserError)
            }
        }
    }

    /// It is wiped after each sign-in, so it holds no session of the issuer's; a window that came up to say so would
    /// stand in front of whoever comes next.
    fn sign_out(&self, _: &str) -> Result<(), BrowserError> {
        Ok(())
    }

    fn close(&self) {
        forget(&self.app);
        if let Some(agent) = self.app.get_webview_window(AGENT) {
            // Nothing is lost where the window manager will not.
            let _ = agent.set_focus();
        }
    }
}

/// Wipes and closes the window, if it is there.
pub fn forget(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(ISSUER) {
        // It is incognito: this is for what the web view might still hold in memory.
        if let Err(error) = window.clear_all_browsing_data() {
            tracing::error!(%error, "the issuer's window could not be wiped");
        }
        // Whether or not it was wiped: one that stays would be in the way of everything.
        if let Err(error) = window.destroy() {
            tracing::error!(%error, "the issuer's window could not be closed");
        }
    }
}

/// Left, top, width and height of the window in logical pixels: the lower part of the RA user's window.
fn place(agent: &WebviewWindow) -> tauri::Result<(f64, f64, f64, f64)> {
    let scale = agent.scale_factor()?;
    let corner = agent.inner_position()?.to_logical::<f64>(scale);
    let size = agent.inner_size()?.to_logical::<f64>(scale);
    // Room for its own title bar and borders.
    let decorations = 48.0;
    let above = VISIBLE_ABOVE.min((size.height - LEAST_HEIGHT).max(0.0));
    let height = (size.height - above - decorations).max(LEAST_HEIGHT.min(size.height));
    let margin = (size.width * 0.04).min(48.0);
    Ok((corner.x + margin, corner.y + above, size.width - 2.0 * margin, height))
}
