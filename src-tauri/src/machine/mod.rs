//! What this computer says: its settings, layer by layer, and where RA Desk may keep its data.

#[cfg(windows)]
mod registry;

use std::path::PathBuf;

use settings::{Layer, RawLayer, Resolution};

/// RA Desk's name among the folders of a person, as in `tauri.conf.json`.
const IDENTIFIER: &str = "uk.ra-desk.desktop";

/// The settings of this computer, from all their layers.
pub fn settings() -> Resolution {
    #[cfg(feature = "practice")]
    if let Some(file) = std::env::var_os("RA_DESK_SETTINGS") {
        return practice_settings(&PathBuf::from(file));
    }
    Resolution::of_machine(managed_layers().into_iter().chain(user_layer()))
}

/// Practice names its own file, in place of the computer's policy.
#[cfg(feature = "practice")]
fn practice_settings(file: &std::path::Path) -> Resolution {
    Resolution::of_machine([RawLayer::from_file(Layer::Policy, file)])
}

#[cfg(windows)]
fn managed_layers() -> [Result<RawLayer, settings::UnreadableLayer>; 2] {
    [
        registry::layer(Layer::Policy, settings::publish::POLICY_KEY),
        registry::layer(Layer::Installer, settings::publish::INSTALLER_KEY),
    ]
}

#[cfg(not(windows))]
fn managed_layers() -> [Result<RawLayer, settings::UnreadableLayer>; 2] {
    let folder = std::path::Path::new("/etc/ra-desk");
    [
        RawLayer::from_file(Layer::Policy, &folder.join("policy.toml")),
        RawLayer::from_file(Layer::Installer, &folder.join("installer.toml")),
    ]
}

fn user_layer() -> Option<Result<RawLayer, settings::UnreadableLayer>> {
    Some(RawLayer::from_file(Layer::User, &dirs::config_dir()?.join(IDENTIFIER).join("settings.toml")))
}

/// Where RA Desk keeps its data: on this computer, never roaming with a person. None: the person has no home.
pub fn data_dir() -> Option<PathBuf> {
    #[cfg(feature = "practice")]
    if let Some(folder) = std::env::var_os("RA_DESK_DATA_DIR") {
        return Some(PathBuf::from(folder));
    }
    Some(dirs::data_local_dir()?.join(IDENTIFIER))
}

#[cfg(test)]
mod tests {
    #[test]
    fn folders_are_named_as_the_app_is() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        assert_eq!(config["identifier"], super::IDENTIFIER);
    }
}
