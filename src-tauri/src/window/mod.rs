//! The RA user's window.

pub mod guards;

use settings::WindowSettings;
use tauri::webview::NewWindowResponse;
use tauri::{AppHandle, Manager, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use url::Url;

/// The window's name, which its capability is bound to.
pub const AGENT: &str = "agent";

/// Opens the window. It shows RA Desk's own page, and no other can be shown in it.
///
/// A kiosk's fills the screen but keeps its decorations: without them screen readers do not read it by the mouse.
pub fn open(app: &AppHandle, wanted: &WindowSettings) -> tauri::Result<WebviewWindow> {
    let window = WebviewWindowBuilder::new(app, AGENT, WebviewUrl::default())
        .title("RA Desk")
        .inner_size(1180.0, 820.0)
        .min_inner_size(320.0, 480.0)
        .fullscreen(wanted.kiosk)
        .minimizable(!wanted.kiosk)
        .zoom_hotkeys_enabled(true)
        .devtools(cfg!(debug_assertions) && !wanted.kiosk)
        .general_autofill_enabled(false)
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .build()?;
    if wanted.kiosk {
        guards::put_on(&window)?;
    }
    if wanted.zoom_percent != 100 {
        window.set_zoom(f64::from(wanted.zoom_percent) / 100.0)?;
    }
    Ok(window)
}

/// Brings the window to the front, for somebody who started RA Desk again.
pub fn raise(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(AGENT) {
        // Each may fail where the window manager will not; nothing is lost by that.
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

fn is_own_page(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => true,
        // How Windows spells the same.
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_page_is_shown() {
        for (url, own) in [
            ("tauri://localhost/index.html", true),
            ("http://tauri.localhost/", true),
            ("https://tauri.localhost.example/", false),
            ("https://www.example.org/", false),
            ("file:///etc/passwd", false),
            ("data:text/html,x", false),
            ("about:blank", false),
        ] {
            assert_eq!(is_own_page(&url.parse().unwrap()), own, "{url}");
        }
    }
}
