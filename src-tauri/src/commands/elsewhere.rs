//! What waits on other computers.

use tauri::State;

use super::{Answer, Opened};
use crate::ipc::WaitingOnView;

/// What waits on other computers, as each last told.
#[tauri::command]
#[specta::specta]
pub async fn waiting_elsewhere(opened: State<'_, Opened>) -> Answer<Vec<WaitingOnView>> {
    Ok(opened.desk()?.waiting_elsewhere().await?.into_iter().map(WaitingOnView::from).collect())
}
