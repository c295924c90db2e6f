//! This computer's settings, for whoever looks after it.

use serde::Serialize;
use settings::{Layer, Resolution};
use specta::Type;

/// Every setting, in the order of their definitions, and what is wrong with them.
#[derive(Debug, Serialize, Type)]
pub struct ComputerView {
    /// Every setting.
    pub settings: Vec<SettingView>,
    /// What is set wrongly, a sentence each.
    pub faults: Vec<String>,
}

/// One setting.
#[derive(Debug, Serialize, Type)]
pub struct SettingView {
    /// Its name, as it stands in a file.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// Its value; none where nobody set it.
    pub value: Option<String>,
    /// Who set it.
    pub from: SettingFrom,
    /// The file or registry key it came from; empty for what is built in.
    pub place: String,
}

/// Who set a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SettingFrom {
    /// The organisation's policy.
    Policy,
    /// Whoever installed RA Desk.
    Installer,
    /// The user.
    User,
    /// Nobody.
    BuiltIn,
}

impl From<&Resolution> for ComputerView {
    fn from(resolution: &Resolution) -> Self {
        let settings = resolution.settings().iter().map(|setting| SettingView {
            name: setting.key.name.to_owned(),
            title: setting.key.title.to_owned(),
            value: setting.value.as_ref().map(ToString::to_string),
            from: match setting.layer {
                Layer::Policy => SettingFrom::Policy,
                Layer::Installer => SettingFrom::Installer,
                Layer::User => SettingFrom::User,
                Layer::BuiltIn => SettingFrom::BuiltIn,
            },
            place: setting.place.clone(),
        });
        let unreadable = resolution.unreadable().iter().map(ToString::to_string);
        let faults = resolution.faults().iter().map(settings::Fault::message);
        Self { settings: settings.collect(), faults: unreadable.chain(faults).collect() }
    }
}
