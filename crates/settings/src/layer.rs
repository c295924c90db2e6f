//! The layers that values come from.

use std::collections::BTreeMap;
use std::path::Path;

/// The most bytes that are read of a settings file.
const LARGEST_FILE: u64 = 64 * 1024;

/// Where a value comes from. What stands first outranks what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Group Policy, Intune, or `/etc/ra-desk/policy.toml`.
    Policy,
    /// What the installer was told.
    Installer,
    /// The user's own settings.
    User,
    /// Nobody set it.
    BuiltIn,
}

impl Layer {
    /// The layer in a word for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Installer => "installer",
            Self::User => "user",
            Self::BuiltIn => "built in",
        }
    }
}

/// One layer as it was found, before anything in it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLayer {
    /// Which.
    pub layer: Layer,
    /// Where it was found: a file's path or a registry key.
    pub place: String,
    /// Values by the names of keys, as in [`crate::Key::name`]. May hold names that no key has.
    pub values: BTreeMap<String, RawValue>,
}

/// A value as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawValue {
    /// Text.
    Text(String),
    /// A number.
    Number(i64),
    /// True or false.
    YesNo(bool),
    /// Anything else; no key takes it.
    Other,
}

/// A layer that is there and cannot be read. What it would have said is unknown, so RA Desk does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct UnreadableLayer {
    /// Which.
    pub layer: Layer,
    /// Where.
    pub place: String,
    /// Why, without quoting what stands there.
    pub why: String,
}

impl RawLayer {
    /// A layer in which nothing is set.
    pub fn empty(layer: Layer, place: impl Into<String>) -> Self {
        Self { layer, place: place.into(), values: BTreeMap::new() }
    }

    /// Reads a layer from a file. A file that is not there sets nothing. A relative path in it is meant relative to
    /// its folder.
    pub fn from_file(layer: Layer, path: &Path) -> Result<Self, UnreadableLayer> {
        let place = path.display().to_string();
        let unreadable = |why: String| UnreadableLayer { layer, place: place.clone(), why };
        let cannot = |error: std::io::Error| unreadable(format!("cannot be read: {}", error.kind()));
        let size = match std::fs::metadata(path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::empty(layer, place)),
            Err(error) => return Err(cannot(error)),
        };
        if size > LARGEST_FILE {
            return Err(unreadable(format!("is larger than {} kB", LARGEST_FILE / 1024)));
        }
        let text = std::fs::read_to_string(path).map_err(cannot)?;
        let mut found = Self::from_toml(layer, place.clone(), &text)?;
        let base = path.parent().unwrap_or(Path::new("."));
        for key in crate::KEYS.iter().filter(|key| key.kind == crate::Kind::File) {
            if let Some(RawValue::Text(file)) = found.values.get_mut(key.name)
                && !file.is_empty()
            {
                *file = base.join(&*file).display().to_string();
            }
        }
        Ok(found)
    }

    /// Reads a layer from the text of a file.
    pub fn from_toml(layer: Layer, place: impl Into<String>, text: &str) -> Result<Self, UnreadableLayer> {
        let place = place.into();
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| UnreadableLayer {
            layer,
            place: place.clone(),
            why: format!("is not TOML: {}", error.message()),
        })?;
        let values = table.into_iter().map(|(name, value)| (name, raw(&value))).collect();
        Ok(Self { layer, place, values })
    }
}

fn raw(value: &toml::Value) -> RawValue {
    match value {
        toml::Value::String(text) => RawValue::Text(text.clone()),
        toml::Value::Integer(number) => RawValue::Number(*number),
        toml::Value::Boolean(yes) => RawValue::YesNo(*yes),
        _ => RawValue::Other,
    }
}
