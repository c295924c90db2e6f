//! What this computer says: where its settings are, and where RA Desk may keep its data.

use std::path::PathBuf;

use desk::{Settings, SettingsError};

/// Where the settings of a managed computer lie.
#[cfg(not(windows))]
const SETTINGS: &str = "/etc/ra-desk/policy.toml";
/// Where the settings of a managed computer lie.
#[cfg(windows)]
const SETTINGS: &str = r"C:\ProgramData\RA Desk\policy.toml";

/// The settings of this computer.
pub fn settings() -> Result<Settings, SettingsError> {
    Settings::read(&over("RA_DESK_SETTINGS").unwrap_or_else(|| PathBuf::from(SETTINGS)))
}

/// Where RA Desk keeps its data: on this computer, never roaming with a person.
pub fn data_dir(app: &tauri::AppHandle) -> Result<PathBuf, tauri::Error> {
    use tauri::Manager;
    over("RA_DESK_DATA_DIR").map_or_else(|| app.path().app_local_data_dir(), Ok)
}

/// A path that practice may put in place of the computer's own.
#[cfg(feature = "practice")]
fn over(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

/// A shipped RA Desk does as the computer's settings say, whatever its environment says.
#[cfg(not(feature = "practice"))]
fn over(_variable: &str) -> Option<PathBuf> {
    None
}
