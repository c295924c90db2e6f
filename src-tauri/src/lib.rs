//! RA Desk's window, key store and machine settings.
//!
//! A thin coat around [`desk`]: it opens the desk with the computer's own parts, shows the page, and passes calls.
//! Deliberately absent: anything that decides about registrations, sessions or what may be shown to whom.

mod browser;
mod clipboard;
mod commands;
pub mod ipc;
mod key_store;
mod machine;
mod start;
mod window;

pub use commands::builder;
pub use key_store::SystemKeyStore;
pub use start::Start;

use std::sync::Arc;

use commands::Opened;
use desk::{Desk, OpenError, Parts, SystemClock, SystemRandom};
use ipc::DeskChanged;
use tauri::{AppHandle, Manager, RunEvent};
use tauri_specta::Event;
use tokio::sync::broadcast::error::RecvError;

/// Runs RA Desk until its window is closed. Gives the process's exit code.
pub fn run(start: Start) -> i32 {
    let page = commands::builder();
    let app = tauri::Builder::default()
        // First of all: a second start raises the first one's window and ends.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::raise(app)))
        .invoke_handler(page.invoke_handler())
        .manage(clipboard::Clipboard::default())
        .setup(move |app| {
            page.mount_events(app);
            let opened = tauri::async_runtime::block_on(open(app.handle()));
            if let Err(error) = &opened {
                tracing::error!(%error, "RA Desk cannot start");
            }
            if let Ok(desk) = &opened {
                tauri::async_runtime::spawn(tell_the_page(app.handle().clone(), desk.clone()));
            }
            app.manage(Opened(opened));
            window::open(app.handle(), start)?;
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match app {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(%error, "the window system cannot be used");
            return 1;
        }
    };
    app.run_return(|app, event| {
        if let RunEvent::Exit = event
            && let Some(Ok(desk)) = app.try_state::<Opened>().map(|opened| opened.inner().0.clone())
        {
            tauri::async_runtime::block_on(desk.close());
        }
    })
}

/// Opens the desk with this computer's parts.
async fn open(app: &AppHandle) -> Result<Desk, OpenError> {
    let settings = machine::settings()?;
    let folder = machine::data_dir(app).map_err(|error| OpenError::FolderNotWritable(error.to_string()))?;
    let parts = Parts {
        keys: Arc::new(SystemKeyStore::for_folder(&folder)),
        browser: Arc::new(browser::SystemBrowser),
        clock: Arc::new(SystemClock::start()),
        random: Arc::new(SystemRandom::default()),
    };
    Desk::open(settings, folder, parts).await
}

/// Tells the page of each change. It asks for the new state itself.
async fn tell_the_page(app: AppHandle, desk: Desk) {
    let mut changes = desk.changes();
    loop {
        let all: &[desk::Changed] = &[desk::Changed::Session, desk::Changed::Network, desk::Changed::Outbox];
        let changed = match changes.recv().await {
            Ok(changed) => vec![changed],
            // Some were missed, so anything may have changed.
            Err(RecvError::Lagged(_)) => all.to_vec(),
            Err(RecvError::Closed) => return,
        };
        for what in changed {
            if let Err(error) = (DeskChanged { what: what.into() }).emit(&app) {
                tracing::warn!(%error, "the page could not be told of a change");
            }
        }
    }
}
