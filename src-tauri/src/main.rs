//! Starts RA Desk.
#![cfg_attr(windows, windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(not(feature = "practice"))]
    refuse_automation();
    ExitCode::from(ra_desk_app::main(std::env::args().skip(1)))
}

/// Lets nobody drive the window by setting a variable before RA Desk starts.
#[cfg(not(feature = "practice"))]
fn refuse_automation() {
    // The web view's own switches, and what would load other code into it.
    for variable in [
        "TAURI_WEBVIEW_AUTOMATION",
        "TAURI_AUTOMATION",
        "WEBVIEW2_ADDITIONAL_BROWSER_ARGUMENTS",
        "WEBKIT_INSPECTOR_SERVER",
        "WEBKIT_INSPECTOR_HTTP_SERVER",
        "WEBKIT_INJECTED_BUNDLE_PATH",
    ] {
        // SAFETY: the first statement of `main`: no other thread runs yet.
        #[expect(unsafe_code, reason = "removing a variable is unsafe while other threads run; none do")]
        unsafe {
            std::env::remove_var(variable);
        }
    }
}
