//! The backend RA Desk talks to: search, registration, sessions, audit, and the page a user opens on their phone.
//!
//! [`start`] runs a whole gateway from a [`Config`]; the binary `ra-gateway` is no more than that. Reading order:
//! `registering` is what all the rest is for; `policy`, `idempotency` and `roles` are its pure rules; `store` is the
//! only place with SQL; `openid` and `sign_in` say who somebody is; `api` and `link` are what is called;
//! `notices` tells people what was done to their profile.
//!
//! Deliberately absent: anything a desk decides, and PostgreSQL.

mod importing;
mod registering;

mod idempotency;
mod policy;
mod roles;

mod gateway;
mod store;
mod taking_over;

mod client_auth;
mod openid;
mod outgoing;
mod proof;
mod sign_in;

mod api;
mod link;
mod notices;

mod clock;
mod config;
mod directory;
pub mod directory_file;
#[cfg(feature = "fuzz")]
pub mod fuzzing;
mod keys;
mod operating;
mod random;
mod running;

pub use clock::{Clock, SystemClock};
pub use config::{
    Config, ConfigError, Directory, Issuer, LinkPage, NhsNet, Notices, PolicyConfig, Secret, Smtp, SmtpSecurity, Tls,
};
pub use importing::{Found, Import, ImportReport, NotAnOperator, Operator, Taken, UnreadableCopy};
pub use keys::KeysError;
pub use operating::{Changed, OperatingError, Standing, import_sealed, list_devices, set_standing};
pub use running::{Running, StartError, check, start};
pub use store::{DeviceSeen, DirectoryError, StoreError};
