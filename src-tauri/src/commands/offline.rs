//! Working without a connection, by PIN. A PIN is wiped as soon as it was used.

use tauri::State;
use zeroize::Zeroizing;

use super::{Answer, Opened, named};
use crate::ipc::{OfflinePersonView, OfflineView, Snapshot};

/// Whether whoever is at work may go on here without a connection.
#[tauri::command]
#[specta::specta]
pub async fn offline(opened: State<'_, Opened>) -> Answer<OfflineView> {
    Ok(opened.desk()?.offline().await?.into())
}

/// Sets or changes their PIN, and asks the gateway for leave to work without a connection.
#[tauri::command]
#[specta::specta]
pub async fn set_pin(opened: State<'_, Opened>, pin: String, again: String) -> Answer<OfflineView> {
    Ok(opened.desk()?.set_pin(Zeroizing::new(pin), Zeroizing::new(again)).await?.into())
}

/// Takes their PIN away.
#[tauri::command]
#[specta::specta]
pub async fn remove_pin(opened: State<'_, Opened>) -> Answer<OfflineView> {
    Ok(opened.desk()?.remove_pin().await?.into())
}

/// Everybody who has a PIN on this computer.
#[tauri::command]
#[specta::specta]
pub async fn offline_people(opened: State<'_, Opened>) -> Answer<Vec<OfflinePersonView>> {
    Ok(opened.desk()?.offline_people().await?.into_iter().map(Into::into).collect())
}

/// Begins to work without a connection, as one of them.
#[tauri::command]
#[specta::specta]
pub async fn work_offline(opened: State<'_, Opened>, who: String, pin: String) -> Answer<Snapshot> {
    let pin = Zeroizing::new(pin);
    Ok(opened.desk()?.work_offline(named(&who)?, pin).await?.into())
}

/// Locks the session, to come back to it by PIN.
#[tauri::command]
#[specta::specta]
pub async fn lock(opened: State<'_, Opened>) -> Answer<Snapshot> {
    Ok(opened.desk()?.lock().await?.into())
}

/// Comes back to what was locked.
#[tauri::command]
#[specta::specta]
pub async fn unlock(opened: State<'_, Opened>, pin: String) -> Answer<Snapshot> {
    Ok(opened.desk()?.unlock(Zeroizing::new(pin)).await?.into())
}
