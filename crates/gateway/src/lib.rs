//! The backend RA Desk talks to.

mod clock;
mod config;
pub mod directory_file;

pub use clock::{Clock, SystemClock};
pub use config::{
    Config, ConfigError, Directory, Issuer, LinkPage, NhsNet, PolicyConfig, Secret, Tls,
};
