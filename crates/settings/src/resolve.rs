//! From layers to values: which one counts, where it came from, and what was wrong.

use crate::{IfWrong, KEYS, Key, Layer, RawLayer, UnreadableLayer, Value, Who};

/// Every key with what counts for it, and all that was wrong on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    settings: Vec<Resolved>,
    faults: Vec<Fault>,
    unreadable: Vec<UnreadableLayer>,
}

/// What counts for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Which.
    pub key: &'static Key,
    /// Its value; none where nobody set it and nothing is built in.
    pub value: Option<Value>,
    /// The layer it came from.
    pub layer: Layer,
    /// The file or registry key it came from; empty for what is built in.
    pub place: String,
}

/// Something that is set and does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    key: Option<&'static Key>,
    name: String,
    value: String,
    /// Where it was set.
    pub layer: Layer,
    /// The file or registry key.
    pub place: String,
    /// What follows from it.
    pub effect: Effect,
}

/// What follows from a setting that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// RA Desk does not start.
    Refused,
    /// What is built in applies.
    BuiltInApplies,
    /// There is no key of that name; it is not looked at.
    Unknown,
    /// A user may not set it; it is not looked at.
    NotForUsers,
}

impl Fault {
    /// The key's name; `unknown` for a name that no key has.
    pub fn key(&self) -> &'static str {
        self.key.map_or("unknown", |key| key.name)
    }

    /// What is wrong: key, layer, value, range and what follows.
    pub fn message(&self) -> String {
        let name = self.name.as_str();
        let layer = self.layer.as_str();
        let place = if self.place.is_empty() { String::new() } else { format!(" ({})", self.place) };
        let value = &self.value;
        let range = self.key.map(Key::range).unwrap_or_default();
        match self.effect {
            Effect::Refused => {
                format!(
                    "{name} in the {layer}{place} is '{value}', but must be {range}. RA Desk does not start until it is"
                )
            }
            Effect::BuiltInApplies => {
                let built_in = self.key.and_then(|key| key.built_in).unwrap_or("no value");
                format!("{name} in the {layer}{place} is '{value}', but must be {range}. '{built_in}' applies instead")
            }
            Effect::Unknown => format!("{name} in the {layer}{place} is no setting of RA Desk and is not looked at"),
            Effect::NotForUsers => {
                format!("{name} in the {layer}{place} can be set by policy or the installer only and is not looked at")
            }
        }
    }
}

/// How RA Desk writes its log files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// `error`, `warn`, `info` or `debug`.
    pub level: String,
    /// The size at which a new file is begun.
    pub megabytes: u32,
    /// How many files are kept.
    pub files: u32,
}

/// How RA Desk's window opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowSettings {
    /// Full screen, with the sign-in in a window of its own.
    pub kiosk: bool,
    /// Hosts whose pages that window may show besides the issuer's.
    pub issuer_hosts: Vec<String>,
    /// The size of text and controls, per cent.
    pub zoom_percent: u32,
    /// Whose computer this is, if they said so.
    pub organisation: Option<String>,
}

impl Resolution {
    /// Judges layers. Their order does not matter: policy outranks the installer, the installer the user.
    ///
    /// A wrong value never lets a lower layer through: what was meant to be controlled stays controlled.
    pub fn of(layers: &[RawLayer]) -> Self {
        let mut layers: Vec<&RawLayer> = layers.iter().collect();
        layers.sort_by_key(|layer| layer.layer);
        let mut faults = Vec::new();
        let settings = KEYS.iter().map(|key| resolve(key, &layers, &mut faults)).collect();
        for layer in layers {
            for (name, value) in &layer.values {
                if crate::key(name).is_none() {
                    faults.push(Fault::new(None, name, &value.shown(), layer, Effect::Unknown));
                }
            }
        }
        Self { settings, faults, unreadable: Vec::new() }
    }

    /// Judges layers of which some may not be readable.
    pub fn of_machine(layers: impl IntoIterator<Item = Result<RawLayer, UnreadableLayer>>) -> Self {
        let mut readable = Vec::new();
        let mut unreadable = Vec::new();
        for layer in layers {
            match layer {
                Ok(layer) => readable.push(layer),
                Err(layer) => unreadable.push(layer),
            }
        }
        Self { unreadable, ..Self::of(&readable) }
    }

    /// Layers that are there and cannot be read.
    pub fn unreadable(&self) -> &[UnreadableLayer] {
        &self.unreadable
    }

    /// Every key, in the order of [`KEYS`].
    pub fn settings(&self) -> &[Resolved] {
        &self.settings
    }

    /// All that is set and does not count.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// What keeps RA Desk from starting.
    pub fn refusals(&self) -> impl Iterator<Item = &Fault> {
        self.faults.iter().filter(|fault| fault.effect == Effect::Refused)
    }

    /// Keys without which RA Desk cannot start and that nobody set.
    pub fn missing(&self) -> impl Iterator<Item = &'static Key> {
        let needed = ["gateway_url", "issuer_url", "client_id"];
        let unset = move |setting: &&Resolved| setting.value.is_none() && needed.contains(&setting.key.name);
        let refused: Vec<_> = self.refusals().map(Fault::key).collect();
        self.settings.iter().filter(unset).map(|setting| setting.key).filter(move |key| !refused.contains(&key.name))
    }

    /// How to log. Never fails: RA Desk has to say somewhere that a setting is wrong.
    pub fn logs(&self) -> LogSettings {
        LogSettings {
            level: self.text("log_level").unwrap_or("info").to_owned(),
            megabytes: self.whole("log_megabytes"),
            files: self.whole("log_files"),
        }
    }

    /// How to open the window. Never fails: the page has to say that a setting is wrong.
    pub fn window(&self) -> WindowSettings {
        WindowSettings {
            kiosk: self.yes("kiosk"),
            issuer_hosts: self
                .text("issuer_hosts")
                .unwrap_or_default()
                .split(',')
                .map(|h| h.trim().to_owned())
                .filter(|h| !h.is_empty())
                .collect(),
            zoom_percent: self.whole("zoom_percent"),
            organisation: self.text("organisation").map(str::to_owned),
        }
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.settings.iter().find(|setting| setting.key.name == name)?.value.as_ref()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.value(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A number. Every number has a built-in value, as a test makes sure.
    pub(crate) fn whole(&self, name: &str) -> u32 {
        match self.value(name) {
            Some(Value::Whole(number)) => *number,
            _ => 0,
        }
    }

    pub(crate) fn yes(&self, name: &str) -> bool {
        matches!(self.value(name), Some(Value::YesNo(true)))
    }
}

impl Fault {
    fn new(key: Option<&'static Key>, name: &str, value: &str, layer: &RawLayer, effect: Effect) -> Self {
        let name = name.chars().filter(|c| !c.is_control()).take(60).collect();
        Self { key, name, value: value.to_owned(), layer: layer.layer, place: layer.place.clone(), effect }
    }
}

fn resolve(key: &'static Key, layers: &[&RawLayer], faults: &mut Vec<Fault>) -> Resolved {
    let mut found: Option<Resolved> = None;
    for layer in layers {
        let Some(raw) = layer.values.get(key.name) else { continue };
        let mut fault = |effect| faults.push(Fault::new(Some(key), key.name, &raw.shown(), layer, effect));
        if layer.layer == Layer::User && key.who == Who::Managed {
            fault(Effect::NotForUsers);
            continue;
        }
        // What is outranked does not count, right or wrong.
        if found.is_some() {
            continue;
        }
        let value = key.check(raw);
        if value.is_some() {
            found = Some(Resolved { key, value, layer: layer.layer, place: layer.place.clone() });
        } else {
            fault(match key.if_wrong {
                IfWrong::Refuse => Effect::Refused,
                IfWrong::UseBuiltIn => Effect::BuiltInApplies,
            });
            found = Some(built_in(key));
        }
    }
    found.unwrap_or_else(|| built_in(key))
}

fn built_in(key: &'static Key) -> Resolved {
    Resolved { key, value: key.built_in_value(), layer: Layer::BuiltIn, place: String::new() }
}
