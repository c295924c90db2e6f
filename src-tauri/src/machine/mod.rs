//! What this computer says: its settings, layer by layer, and where RA Desk may keep its data.

#[cfg(windows)]
mod registry;

use std::path::{Path, PathBuf};

use settings::{Layer, RawLayer, Resolution, UnreadableLayer};

/// RA Desk's name among the folders of a person, as in `tauri.conf.json`.
const IDENTIFIER: &str = "uk.ra-desk.desktop";

/// The settings of this computer, from all their layers.
pub fn settings() -> Resolution {
    #[cfg(feature = "practice")]
    if let Some(file) = std::env::var_os("RA_DESK_SETTINGS") {
        return practice_settings(&PathBuf::from(file));
    }
    Resolution::of_machine(managed_layers().into_iter().chain(user_layer()).map(nameless))
}

/// A layer whose place does not name the account: it is told in reports and in the system's log.
fn nameless(layer: Result<RawLayer, UnreadableLayer>) -> Result<RawLayer, UnreadableLayer> {
    let of = |place: &str| shown(Some(Path::new(place)));
    layer
        .map(|layer| RawLayer { place: of(&layer.place), ..layer })
        .map_err(|layer| UnreadableLayer { place: of(&layer.place), ..layer })
}

/// Practice names its own file, in place of the computer's policy.
#[cfg(feature = "practice")]
fn practice_settings(file: &Path) -> Resolution {
    Resolution::of_machine([RawLayer::from_file(Layer::Policy, file)].into_iter().chain(user_layer()).map(nameless))
}

#[cfg(windows)]
fn managed_layers() -> [Result<RawLayer, UnreadableLayer>; 2] {
    [
        registry::layer(Layer::Policy, settings::publish::POLICY_KEY),
        registry::layer(Layer::Installer, settings::publish::INSTALLER_KEY),
    ]
}

#[cfg(not(windows))]
fn managed_layers() -> [Result<RawLayer, UnreadableLayer>; 2] {
    let folder = Path::new("/etc/ra-desk");
    [
        RawLayer::from_file(Layer::Policy, &folder.join("policy.toml")),
        RawLayer::from_file(Layer::Installer, &folder.join("installer.toml")),
    ]
}

fn user_layer() -> Option<Result<RawLayer, UnreadableLayer>> {
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

/// The account's folder for documents; where it has none, its home folder. None: the person has no home.
pub fn documents() -> Option<PathBuf> {
    dirs::document_dir().or_else(dirs::home_dir)
}

/// A path without the account's name in it.
pub fn shown(path: Option<&Path>) -> String {
    let Some(path) = path else { return String::new() };
    let home = dirs::home_dir().filter(|home| home.parent().is_some());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => Path::new(if cfg!(windows) { "%USERPROFILE%" } else { "~" }).join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn folders_are_named_as_the_app_is() {
        let config: serde_json::Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
        assert_eq!(config["identifier"], super::IDENTIFIER);
    }
}
