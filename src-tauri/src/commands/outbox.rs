//! Drafts, submissions and the user's link.

use tauri::State;

use super::{Answer, Opened, named};
use crate::clipboard::Clipboard;
use crate::ipc::{AddressForm, DraftView, IdentityForm, OutboxPage, OutboxTab, Snapshot, SubmissionView};

/// Begins a registration on a profile that was read in this session, or gives back the one half done.
#[tauri::command]
#[specta::specta]
pub async fn start_draft(opened: State<'_, Opened>, uuid: String) -> Answer<DraftView> {
    Ok(opened.desk()?.start_draft(named(&uuid)?).await?.into())
}

/// A draft of this RA user.
#[tauri::command]
#[specta::specta]
pub async fn draft(opened: State<'_, Opened>, id: String) -> Answer<DraftView> {
    Ok(opened.desk()?.draft(named(&id)?).await?.into())
}

/// Enters the address.
#[tauri::command]
#[specta::specta]
pub async fn set_draft_address(opened: State<'_, Opened>, id: String, form: AddressForm) -> Answer<DraftView> {
    Ok(opened.desk()?.set_draft_address(named(&id)?, form.into()).await?.into())
}

/// Enters the identity check.
#[tauri::command]
#[specta::specta]
pub async fn set_draft_identity(opened: State<'_, Opened>, id: String, form: IdentityForm) -> Answer<DraftView> {
    Ok(opened.desk()?.set_draft_identity(named(&id)?, form.into()).await?.into())
}

/// Throws a draft away; it can be restored in the same session.
#[tauri::command]
#[specta::specta]
pub async fn discard_draft(opened: State<'_, Opened>, id: String) -> Answer<()> {
    Ok(opened.desk()?.discard_draft(named(&id)?).await?)
}

/// Takes back that a draft was thrown away.
#[tauri::command]
#[specta::specta]
pub async fn restore_draft(opened: State<'_, Opened>, id: String) -> Answer<DraftView> {
    Ok(opened.desk()?.restore_draft(named(&id)?).await?.into())
}

/// Records a registration. When this resolves, it is on disk.
#[tauri::command]
#[specta::specta]
pub async fn record(opened: State<'_, Opened>, id: String) -> Answer<SubmissionView> {
    Ok(opened.desk()?.record(named(&id)?).await?.into())
}

/// One tab of the outbox.
#[tauri::command]
#[specta::specta]
pub async fn outbox(opened: State<'_, Opened>, tab: OutboxTab) -> Answer<OutboxPage> {
    Ok(opened.desk()?.outbox(tab.into()).await?.into())
}

/// One submission.
#[tauri::command]
#[specta::specta]
pub async fn submission(opened: State<'_, Opened>, key: String) -> Answer<SubmissionView> {
    Ok(opened.desk()?.submission(named(&key)?).await?.into())
}

/// Takes a submission back.
#[tauri::command]
#[specta::specta]
pub async fn withdraw(opened: State<'_, Opened>, key: String) -> Answer<SubmissionView> {
    Ok(opened.desk()?.withdraw(named(&key)?).await?.into())
}

/// Takes over all that one colleague recorded in one role and did not send. Says how many.
#[tauri::command]
#[specta::specta]
pub async fn take_over(opened: State<'_, Opened>, role: String, reason: String) -> Answer<u32> {
    Ok(opened.desk()?.take_over(named(&role)?, &reason).await?)
}

/// A new draft that replaces a submission.
#[tauri::command]
#[specta::specta]
pub async fn correct(opened: State<'_, Opened>, key: String) -> Answer<DraftView> {
    Ok(opened.desk()?.correct(named(&key)?).await?.into())
}

/// *I recorded these.*
#[tauri::command]
#[specta::specta]
pub async fn confirm_recorded(opened: State<'_, Opened>) -> Answer<Snapshot> {
    Ok(opened.desk()?.confirm_recorded().await?.into())
}

/// What `confirm_recorded` would confirm.
#[tauri::command]
#[specta::specta]
pub async fn to_confirm(opened: State<'_, Opened>) -> Answer<Vec<SubmissionView>> {
    Ok(opened.desk()?.to_confirm().await?.into_iter().map(SubmissionView::from).collect())
}

/// Tries to send now.
#[tauri::command]
#[specta::specta]
pub async fn send_now(opened: State<'_, Opened>) -> Answer<()> {
    opened.desk()?.send_now();
    Ok(())
}

/// The user's link as a QR code (SVG).
#[tauri::command]
#[specta::specta]
pub async fn link_qr(opened: State<'_, Opened>, key: String) -> Answer<String> {
    Ok(opened.desk()?.link_qr(named(&key)?).await?)
}

/// Puts the user's link on the clipboard. The page never holds it.
#[tauri::command]
#[specta::specta]
pub async fn copy_link(opened: State<'_, Opened>, clipboard: State<'_, Clipboard>, key: String) -> Answer<()> {
    let link = opened.desk()?.link_for_clipboard(named(&key)?).await?;
    clipboard.put(link.reveal())
}

/// Asks the gateway for a fresh link.
#[tauri::command]
#[specta::specta]
pub async fn fresh_link(opened: State<'_, Opened>, key: String) -> Answer<SubmissionView> {
    Ok(opened.desk()?.fresh_link(named(&key)?).await?.into())
}

/// Names the submission that is shown live, or none.
#[tauri::command]
#[specta::specta]
pub async fn watch_registration(opened: State<'_, Opened>, key: Option<String>) -> Answer<()> {
    let key = key.as_deref().map(named).transpose()?;
    opened.desk()?.watch_registration(key);
    Ok(())
}

impl From<AddressForm> for desk::AddressForm {
    fn from(form: AddressForm) -> Self {
        Self { address: form.address, reason: form.reason }
    }
}

impl From<IdentityForm> for desk::IdentityForm {
    fn from(form: IdentityForm) -> Self {
        Self { method: form.method, documents: form.documents, accepted_by: form.accepted_by }
    }
}

impl From<OutboxTab> for desk::OutboxTab {
    fn from(tab: OutboxTab) -> Self {
        match tab {
            OutboxTab::Drafts => Self::Drafts,
            OutboxTab::Ready => Self::Ready,
            OutboxTab::Waiting => Self::Waiting,
            OutboxTab::Attention => Self::Attention,
            OutboxTab::Done => Self::Done,
        }
    }
}
