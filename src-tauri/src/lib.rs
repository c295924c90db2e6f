//! RA Desk's window, key store and machine settings.
//!
//! A thin coat around [`desk`]: it opens the desk with the computer's own parts, shows the page, and passes calls.
//! Deliberately absent: anything that decides about registrations, sessions or what may be shown to whom.

mod audit;
mod browser;
mod clipboard;
mod command_line;
mod commands;
mod console;
mod doctor;
pub mod event_log;
#[cfg(feature = "fuzz")]
pub mod fuzzing;
pub mod ipc;
mod issuer_window;
mod key_store;
mod kiosk;
pub mod logs;
mod machine;
pub mod profile;
mod proxy;
mod shell;
mod start;
mod window;

pub use commands::builder;
pub use key_store::SystemKeyStore;
pub use proxy::SystemProxies;
pub use start::Start;

use std::sync::Arc;

use command_line::Asked;
use commands::Opened;
use desk::{Browser, Clock, Desk, OpenError, Parts, Recovery, StoreHolds, SystemClock, SystemRandom};
use event_log::SecurityEvent;
use ipc::DeskChanged;
use settings::Resolution;
use shell::Shell;
use tauri::{AppHandle, Manager, RunEvent, WindowEvent};
use tokio::sync::broadcast::error::RecvError;

/// Does what the words behind the program's name ask for. Gives the process's exit code.
pub fn main(words: impl IntoIterator<Item = String>) -> u8 {
    match Asked::read(words) {
        Some(Asked::Window(start)) => {
            logs::start();
            u8::try_from(run(start)).unwrap_or(1)
        }
        Some(Asked::Help) => told(command_line::HELP),
        Some(Asked::Version) => told(concat!("ra-desk ", env!("CARGO_PKG_VERSION"), "\n")),
        Some(Asked::Doctor { json }) => doctor::tell(json),
        Some(Asked::Diagnostics) => doctor::tell_diagnostics(),
        Some(Asked::AuditVerify { json }) => audit::tell(json),
        Some(Asked::AuditExport { csv }) => audit::export(csv.as_ref()),
        None => {
            console::say(command_line::HELP);
            2
        }
    }
}

fn told(text: &str) -> u8 {
    console::say(text);
    0
}

/// Runs RA Desk until its window is closed. Gives the process's exit code.
fn run(start: Start) -> i32 {
    let page = commands::builder();
    let app = tauri::Builder::default()
        // First of all: a second start raises the first one's window and ends.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::raise(app)))
        .invoke_handler(page.invoke_handler())
        .manage(clipboard::Clipboard::default())
        .setup(move |app| {
            page.mount_events(app);
            set_up(app.handle(), start)?;
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
    app.run_return(|app, event| match event {
        RunEvent::WindowEvent { label, event, .. } => on_window_event(app, &label, &event),
        RunEvent::Exit => {
            if let Some(Ok(desk)) = app.try_state::<Opened>().map(|opened| opened.inner().0.clone()) {
                tauri::async_runtime::block_on(desk.close());
            }
            event_log::tell(&SecurityEvent::Stopped);
        }
        _ => {}
    })
}

/// Opens the desk and the window, and starts what tells of changes.
fn set_up(app: &AppHandle, start: Start) -> tauri::Result<()> {
    let resolution = machine::settings();
    let mut wanted = resolution.window();
    wanted.kiosk |= start.kiosk;
    let opened = Opened(tauri::async_runtime::block_on(open(app, &resolution, wanted.kiosk)));
    if wanted.kiosk {
        event_log::tell(&SecurityEvent::KioskStarted);
    }
    match &opened.0 {
        Ok(desk) => tell_of_start(app, desk),
        Err(error) => event_log::tell(&SecurityEvent::of_open_error(error)),
    }
    app.manage(Shell::new(&wanted, &opened));
    app.manage(opened);
    window::open(app, &wanted)?;
    tauri::async_runtime::spawn(shell::watch_for_updates(app.clone()));
    Ok(())
}

/// Opens the desk with this computer's parts.
async fn open(app: &AppHandle, resolution: &Resolution, kiosk: bool) -> Result<Desk, OpenError> {
    let refused = |error: String| OpenError::FolderNotWritable(error);
    let folder = machine::data_dir().ok_or_else(|| refused("this account has no home folder".into()))?;
    let closed = profile::close_to_others(&folder).map_err(refused)?;
    logs::keep(&folder, &resolution.logs());
    event_log::tell(&SecurityEvent::Started);
    if closed == profile::Closed::Mended {
        event_log::tell(&SecurityEvent::FolderMended);
    }
    let settings = resolution.desk()?;
    let browser: Arc<dyn Browser> = if kiosk {
        Arc::new(issuer_window::IssuerWindow::new(app.clone(), resolution.window().issuer_hosts))
    } else {
        Arc::new(browser::SystemBrowser)
    };
    let parts = Parts {
        keys: Arc::new(SystemKeyStore::for_folder(&folder)),
        browser,
        clock: Arc::new(SystemClock::start()),
        random: Arc::new(SystemRandom::default()),
        proxies: Arc::new(SystemProxies),
        persistence: profile::persistence(&folder),
    };
    Desk::open(settings, folder, parts).await
}

/// Tells the logs what was found, and from now on the page and the logs of what changes.
fn tell_of_start(app: &AppHandle, desk: &Desk) {
    if !desk.audit_is_whole() {
        event_log::tell(&SecurityEvent::AuditBroken);
    }
    let recovery = tauri::async_runtime::block_on(desk.recovery());
    // Of a file that is gone the audit tells.
    if let Ok(Some(Recovery { set_aside: Some(_), recovered, lost, lost_is_all, .. })) = recovery {
        event_log::tell(&SecurityEvent::StoreRecovered { recovered, lost, lost_is_all });
    }
    if let Some(why) = desk.not_kept() {
        event_log::tell(&SecurityEvent::NotKept(why.to_string()));
    }
    if let Ok(StoreHolds { unsent, oldest_unsent: Some(oldest), .. }) = tauri::async_runtime::block_on(desk.holds()) {
        let oldest_days = SystemClock::start().now().duration_since(oldest).as_hours() / 24;
        event_log::tell(&SecurityEvent::WorkWaits { unsent, oldest_days });
    }
    tauri::async_runtime::spawn(tell_the_page(app.clone(), desk.clone()));
    tauri::async_runtime::spawn(tell_the_log(desk.clone()));
}

fn on_window_event(app: &AppHandle, label: &str, event: &WindowEvent) {
    match (label, event) {
        // Whoever closes the issuer's window gives the sign-in up.
        (issuer_window::ISSUER, WindowEvent::CloseRequested { .. }) => {
            if let Some(Ok(desk)) = app.try_state::<Opened>().map(|opened| opened.inner().0.clone()) {
                desk.cancel_sign_in();
            }
        }
        (window::AGENT, WindowEvent::Destroyed) => issuer_window::forget(app),
        (window::AGENT, event) => {
            let kiosk = app.try_state::<Shell>().is_some_and(|shell| shell.kiosk);
            if let Some(window) = app.get_webview_window(window::AGENT).filter(|_| kiosk) {
                kiosk::on_window_event(&window, event);
            }
        }
        _ => {}
    }
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
            DeskChanged { what: what.into() }.tell(&app);
        }
    }
}

/// Tells the logs of each thing that happened.
async fn tell_the_log(desk: Desk) {
    let mut happened = desk.happened();
    loop {
        match happened.recv().await {
            Ok(what) => event_log::tell(&what.into()),
            Err(RecvError::Lagged(missed)) => tracing::warn!(missed, "some events were not logged"),
            Err(RecvError::Closed) => return,
        }
    }
}
