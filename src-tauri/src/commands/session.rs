//! Starting, signing in and out.

use tauri::State;
use zeroize::Zeroizing;

use super::{Answer, Opened, named};
use crate::ipc::{Fault, Snapshot};

/// Whether RA Desk could start, and if not, why.
#[tauri::command]
#[specta::specta]
pub fn startup(opened: State<'_, Opened>) -> Answer<()> {
    opened.0.as_ref().map(|_| ()).map_err(Fault::from)
}

/// All that the frame around every page shows.
#[tauri::command]
#[specta::specta]
pub async fn snapshot(opened: State<'_, Opened>) -> Answer<Snapshot> {
    Ok(opened.desk()?.snapshot().await?.into())
}

/// Signs somebody in by the browser; resolves when the browser came back.
#[tauri::command]
#[specta::specta]
pub async fn sign_in(opened: State<'_, Opened>) -> Answer<Snapshot> {
    Ok(opened.desk()?.sign_in().await?.into())
}

/// Gives up the sign-in that is under way.
#[tauri::command]
#[specta::specta]
pub async fn cancel_sign_in(opened: State<'_, Opened>) -> Answer<()> {
    opened.desk()?.cancel_sign_in();
    Ok(())
}

/// *Yes, this is me.*
#[tauri::command]
#[specta::specta]
pub async fn confirm_identity(opened: State<'_, Opened>) -> Answer<Snapshot> {
    Ok(opened.desk()?.confirm_identity().await?.into())
}

/// Chooses another role at the issuer; resolves like `sign_in`.
#[tauri::command]
#[specta::specta]
pub async fn change_role(opened: State<'_, Opened>, role: String) -> Answer<Snapshot> {
    Ok(opened.desk()?.change_role(named(&role)?).await?.into())
}

/// Ends the session.
#[tauri::command]
#[specta::specta]
pub async fn sign_out(opened: State<'_, Opened>) -> Answer<Snapshot> {
    Ok(opened.desk()?.sign_out().await?.into())
}

/// Signs in to the proxy that asked, and tries whether it lets RA Desk through.
#[tauri::command]
#[specta::specta]
pub async fn proxy_sign_in(opened: State<'_, Opened>, name: String, password: String) -> Answer<Snapshot> {
    Ok(opened.desk()?.proxy_sign_in(&name, Zeroizing::new(password)).await?.into())
}

/// The RA user did something.
#[tauri::command]
#[specta::specta]
pub async fn touch(opened: State<'_, Opened>) -> Answer<Snapshot> {
    Ok(opened.desk()?.touch().await?.into())
}
