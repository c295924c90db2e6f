//! This computer, for whoever looks after it.

use tauri::State;

use super::{Answer, Opened};
use crate::clipboard::Clipboard;
use crate::ipc::{AuditCopyView, AuditView, ComputerView, Fault, RecoveryView};
use crate::shell::Shell;
use crate::{audit, doctor, machine};

/// Every setting of this computer, and where it came from.
#[tauri::command]
#[specta::specta]
pub fn this_computer() -> Answer<ComputerView> {
    Ok((&machine::settings()).into())
}

/// Looks at this computer and its network as `ra-desk diagnostics` does, and copies what it found.
#[tauri::command]
#[specta::specta]
pub async fn copy_diagnostics(clipboard: State<'_, Clipboard>) -> Result<(), Fault> {
    clipboard.put(&doctor::diagnostics_text().await)
}

/// What became of a store that was found damaged, until whoever is there has read it.
#[tauri::command]
#[specta::specta]
pub async fn recovery(opened: State<'_, Opened>) -> Answer<Option<RecoveryView>> {
    Ok(opened.desk()?.recovery().await?.map(RecoveryView::from))
}

/// What became of it each time, the last time last.
#[tauri::command]
#[specta::specta]
pub async fn recoveries(opened: State<'_, Opened>) -> Answer<Vec<RecoveryView>> {
    Ok(opened.desk()?.recoveries().await?.into_iter().map(RecoveryView::from).collect())
}

/// Whoever it was shown to has read it.
#[tauri::command]
#[specta::specta]
pub async fn acknowledge_recovery(opened: State<'_, Opened>) -> Answer<()> {
    Ok(opened.desk()?.acknowledge_recovery().await?)
}

/// Walks the whole audit of this computer.
#[tauri::command]
#[specta::specta]
pub async fn check_audit(opened: State<'_, Opened>) -> Answer<AuditView> {
    Ok(opened.desk()?.check_audit().await?.into())
}

/// Saves a copy of it in the account's folder for documents. Not in a kiosk.
#[tauri::command]
#[specta::specta]
pub async fn save_audit(opened: State<'_, Opened>, shell: State<'_, Shell>) -> Answer<AuditCopyView> {
    Ok(opened.desk()?.save_audit(audit::folder_for_copies(shell.kiosk)?).await?.into())
}

/// Has the next start begin a new audit that names this one.
#[tauri::command]
#[specta::specta]
pub async fn begin_new_audit(opened: State<'_, Opened>) -> Answer<()> {
    Ok(opened.desk()?.begin_new_audit().await?)
}
