//! What waits on other computers.

use tauri::State;

use super::{Answer, Opened};
use crate::ipc::WaitingElsewhereView;

/// What waits on other computers, as each last told.
#[tauri::command]
#[specta::specta]
pub async fn waiting_elsewhere(opened: State<'_, Opened>) -> Answer<WaitingElsewhereView> {
    Ok(opened.desk()?.waiting_elsewhere().await?.into())
}
