//! What this computer says: where its settings are, and where RA Desk may keep its data.

use std::path::PathBuf;

use desk::SettingsError;
use settings::{Layer, RawLayer, Resolution};
use tauri::{AppHandle, Manager};

/// Where the settings of a managed computer lie.
#[cfg(not(windows))]
const SETTINGS: &str = "/etc/ra-desk/policy.toml";
/// Where the settings of a managed computer lie.
#[cfg(windows)]
const SETTINGS: &str = r"C:\ProgramData\RA Desk\policy.toml";

/// The settings of this computer.
pub fn resolution() -> Result<Resolution, SettingsError> {
    Ok(Resolution::of(&[RawLayer::from_file(Layer::Policy, &settings_file())?]))
}

/// Where RA Desk keeps its data: on this computer, never roaming with a person.
pub fn data_dir(app: &AppHandle) -> Result<PathBuf, tauri::Error> {
    #[cfg(feature = "practice")]
    if let Some(folder) = std::env::var_os("RA_DESK_DATA_DIR") {
        return Ok(PathBuf::from(folder));
    }
    app.path().app_local_data_dir()
}

/// Practice names its own file. A shipped RA Desk reads the computer's, whatever its environment says.
fn settings_file() -> PathBuf {
    #[cfg(feature = "practice")]
    if let Some(file) = std::env::var_os("RA_DESK_SETTINGS") {
        return PathBuf::from(file);
    }
    PathBuf::from(SETTINGS)
}
