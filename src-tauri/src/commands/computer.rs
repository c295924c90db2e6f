//! This computer, for whoever looks after it.

use tauri::State;

use super::Answer;
use crate::clipboard::Clipboard;
use crate::doctor;
use crate::ipc::{ComputerView, Fault};
use crate::machine;

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
