//! Finding people and looking at a profile.

use contract::RemovalReason;
use tauri::State;

use super::{Answer, Opened, named};
use crate::ipc::{FindBy, FindForm, FoundView, ProfileView};

/// Looks for people at the gateway.
#[tauri::command]
#[specta::specta]
pub async fn find(opened: State<'_, Opened>, form: FindForm) -> Answer<FoundView> {
    Ok(opened.desk()?.find(form.into()).await?.into())
}

/// Reads a profile from the gateway.
#[tauri::command]
#[specta::specta]
pub async fn profile(opened: State<'_, Opened>, uuid: String) -> Answer<ProfileView> {
    Ok(opened.desk()?.profile(named(&uuid)?).await?.into())
}

/// Removes an authenticator from the profile that was read last.
#[tauri::command]
#[specta::specta]
pub async fn remove_authenticator(
    opened: State<'_, Opened>,
    uuid: String,
    authenticator: String,
    reason: RemovalReason,
) -> Answer<ProfileView> {
    let (uuid, authenticator) = (named(&uuid)?, named(&authenticator)?);
    Ok(opened.desk()?.remove_authenticator(uuid, authenticator, reason).await?.into())
}

impl From<FindForm> for desk::FindForm {
    fn from(form: FindForm) -> Self {
        Self {
            by: match form.by {
                FindBy::Uuid => desk::FindBy::Uuid,
                FindBy::Address => desk::FindBy::Address,
                FindBy::NationalInsurance => desk::FindBy::NationalInsurance,
                FindBy::Details => desk::FindBy::Details,
            },
            uuid: form.uuid,
            address: form.address,
            nino: form.nino,
            family: form.family,
            given: form.given,
            birth_day: form.birth_day,
            birth_month: form.birth_month,
            birth_year: form.birth_year,
            organisation: form.organisation,
        }
    }
}
