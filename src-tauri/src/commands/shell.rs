//! The program around the pages: what it is, and leaving it.

use tauri::{AppHandle, State};

use super::{Answer, Opened};
use crate::ipc::ShellView;
use crate::kiosk;
use crate::shell::Shell;

/// What the pages have to know of the program around them.
#[tauri::command]
#[specta::specta]
pub fn shell(shell: State<'_, Shell>) -> Answer<ShellView> {
    Ok(shell.inner().into())
}

/// Signs the RA user out and ends RA Desk, in kiosk mode.
#[tauri::command]
#[specta::specta]
pub async fn leave_kiosk(app: AppHandle, opened: State<'_, Opened>) -> Answer<()> {
    Ok(kiosk::leave(&app, opened.desk()?).await?)
}
