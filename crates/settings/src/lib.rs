//! What can be set on a computer with RA Desk, and where each value comes from.
//!
//! [`KEYS`] defines each key once: name, kind, range, meaning, who may set it. The parser ([`Resolution`]), the
//! Group Policy template, the example policy file and the table in `docs/deployment.md` ([`publish`]) are all made
//! from that list. Layers outrank each other: policy, then what the installer was told, then the user, then what is
//! built in.
//!
//! Deliberately absent: reading the registry, and knowing where files lie. A machine hands its layers in.

mod connection;
mod definition;
mod layer;
pub mod publish;
mod resolve;
mod value;

pub use connection::{ProxyChoice, Settings, SettingsError, Trust, address, is_loopback};
pub use definition::{Choice, IfWrong, KEYS, Key, Kind, Who, key};
pub use layer::{Layer, RawLayer, RawValue, UnreadableLayer};
pub use resolve::{Effect, Fault, LogSettings, Resolution, Resolved, WindowSettings};
pub use value::Value;
