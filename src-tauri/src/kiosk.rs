//! Kiosk mode: a window that stays open until a signed-in RA user leaves it.
//!
//! What is refused is a person's wish to close the window. The system's own is not: at a shutdown or a sign-out of
//! Windows, RA Desk ends at once (`WM_QUERYENDSESSION` is left to Windows, and `WM_ENDSESSION` ends the event loop),
//! and what was said to be saved is on the disk. Where the disk forgets, the pages say so for as long as something
//! is unsent, and ask before they leave.

use std::time::Duration;

use desk::{Cause, Desk, Failure, SessionNow};
use tauri::{AppHandle, Manager, WebviewWindow, WindowEvent};

use crate::event_log::{self, SecurityEvent};
use crate::ipc::{Changed, DeskChanged};
use crate::shell::Shell;

/// What the process ends with when an RA user leaves kiosk mode. Shell Launcher can be told what it means.
pub const LEFT: i32 = 20;

/// How long leaving waits for the gateway to hear that the session is over.
const FAREWELL: Duration = Duration::from_secs(3);

/// Leaves kiosk mode, which ends RA Desk: somebody who may work here is signed in, and is signed out by it.
pub async fn leave(app: &AppHandle, desk: &Desk) -> Result<(), Failure> {
    match desk.snapshot().await?.session {
        SessionNow::SignedIn { person, .. } if person.may.find => {}
        // Who came in by PIN may record here, and no more is asked of who leaves.
        SessionNow::Offline { .. } => {}
        SessionNow::SignedIn { .. } => return Err(Cause::NotPermitted.into()),
        _ => return Err(Cause::SignInNeeded.into()),
    }
    desk.sign_out().await?;
    event_log::tell(&SecurityEvent::KioskLeft);
    // Ending the program would drop the call that tells the gateway.
    desk.until_gateway_is_told(FAREWELL).await;
    app.exit(LEFT);
    Ok(())
}

/// What happens to the RA user's window of a kiosk.
pub fn on_window_event(window: &WebviewWindow, event: &WindowEvent) {
    let app = window.app_handle();
    match event {
        WindowEvent::CloseRequested { api, .. } if app.state::<Shell>().stays_open() => {
            api.prevent_close();
            event_log::tell(&SecurityEvent::KioskCloseRefused);
            DeskChanged { what: Changed::CloseAsked }.tell(app);
        }
        // Whoever made it smaller by the window manager's keys finds it as it was.
        WindowEvent::Resized(_) | WindowEvent::Focused(true) if !fills_the_screen(window) => {
            let _ = window.set_fullscreen(true);
        }
        _ => {}
    }
}

/// Asked of the sizes: what the window was told to be is not what the window manager made of it.
fn fills_the_screen(window: &WebviewWindow) -> bool {
    let screen = window.current_monitor().ok().flatten();
    match (window.inner_size(), screen) {
        (Ok(size), Some(screen)) => size.width >= screen.size().width && size.height >= screen.size().height,
        // Nothing is known, so nothing is done.
        _ => true,
    }
}
