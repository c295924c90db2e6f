//! Checked values.

use url::Url;

use crate::{Key, Kind, RawValue, address};

/// A value that its key takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text of any kind.
    Text(String),
    /// True or false.
    YesNo(bool),
    /// A whole number.
    Whole(u32),
    /// Ports.
    Ports(Vec<u16>),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::YesNo(yes) => write!(f, "{yes}"),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Ports(ports) => f.write_str(&ports.iter().map(u16::to_string).collect::<Vec<_>>().join(" ")),
        }
    }
}

impl RawValue {
    /// The value as a person would write it, cut to what fits in a message.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => {
                let text = without_sign_in(text);
                let mut shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
                if text.chars().count() > 60 {
                    shown.push('…');
                }
                shown
            }
            Self::Number(number) => number.to_string(),
            Self::YesNo(yes) => yes.to_string(),
            Self::Other => "something that is neither text, number nor true or false".into(),
        }
    }
}

impl Key {
    /// Checks a value. None: the key does not take it.
    pub fn check(&self, raw: &RawValue) -> Option<Value> {
        match (self.kind, raw) {
            (Kind::YesNo, RawValue::YesNo(yes)) => Some(Value::YesNo(*yes)),
            (Kind::YesNo, RawValue::Number(number @ (0 | 1))) => Some(Value::YesNo(*number == 1)),
            (Kind::Whole { least, most, .. }, RawValue::Number(number)) => {
                let number = u32::try_from(*number).ok()?;
                (least..=most).contains(&number).then_some(Value::Whole(number))
            }
            // A registry value of the wrong type still says what is meant.
            (Kind::YesNo, RawValue::Text(text)) => match text.as_str() {
                "1" | "true" => Some(Value::YesNo(true)),
                "0" | "false" => Some(Value::YesNo(false)),
                _ => None,
            },
            (Kind::Whole { .. }, RawValue::Text(text)) => self.check(&RawValue::Number(text.parse().ok()?)),
            (kind, RawValue::Text(text)) => check_text(kind, text),
            _ => None,
        }
    }

    /// What counts when nobody set it.
    pub fn built_in_value(&self) -> Option<Value> {
        let text = self.built_in?;
        let raw = match self.kind {
            Kind::YesNo => RawValue::YesNo(text == "true"),
            Kind::Whole { .. } => RawValue::Number(text.parse().ok()?),
            _ => RawValue::Text(text.to_owned()),
        };
        self.check(&raw)
    }
}

fn is_plain_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// An address without the user name and password that somebody may have put into it: a message is shown and logged.
fn without_sign_in(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    match rest.rfind('@') {
        Some(at) => format!("{scheme}://…{}", &rest[at..]),
        None => text.to_owned(),
    }
}

fn check_text(kind: Kind, text: &str) -> Option<Value> {
    if text.trim().is_empty() || text.trim() != text || text.chars().any(char::is_control) {
        return None;
    }
    let words = || text.split(' ');
    let good = match kind {
        Kind::Address => address("address", text).is_ok(),
        Kind::Text { most } => text.chars().count() <= most,
        // A relative one would depend on the folder RA Desk was started in, which a user chooses.
        Kind::File | Kind::Folder => text.len() <= 1000 && std::path::Path::new(text).is_absolute(),
        Kind::PublicKey => text.parse::<contract::SealingKey>().is_ok(),
        Kind::ComputerName => text.parse::<contract::ComputerName>().is_ok(),
        Kind::PlainAddress => text.len() <= 500 && is_plain_address(text),
        Kind::OneOf(choices) => choices.iter().any(|choice| choice.word == text),
        Kind::AuthenticationContexts => words().all(|word| contract::cis2::level_of_acr(word).is_some()),
        Kind::Scopes => text.len() <= 500 && words().any(|word| word == "openid"),
        Kind::Ports => {
            let ports: Vec<u16> = words().map(str::parse).collect::<Result<_, _>>().ok()?;
            let fine = ports.len() <= 16 && ports.iter().all(|port| *port >= 1024);
            return fine.then_some(Value::Ports(ports));
        }
        Kind::YesNo | Kind::Whole { .. } => false,
    };
    good.then(|| Value::Text(text.to_owned()))
}
