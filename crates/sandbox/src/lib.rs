//! The practice world: an OpenID provider shaped like NHS CIS2 Authentication, a stand-in for NHS.net Connect
//! sign-in, and a seeded generator of made-up people with every awkward case an RA user meets.
//!
//! Never in an installer, and never reachable from another computer: it listens on loopback only.
//! Deliberately absent: registrations. Those are the gateway's, which is the real one also in practice; the issuer
//! asks it which profile an NHS.net Connect account opens.

mod cis2;
pub mod fault_proxy;
mod init;
mod keys;
mod nhs_net;
mod pages;
mod provider;
mod random;
mod serve;
mod settings;
mod try_page;
pub mod world;

pub use init::{DESK_CLIENT, GATEWAY_CLIENT, InitError, Layout, Options, Ports, init};
pub use keys::KeyError;
pub use serve::{Running, StartError, start};
pub use settings::{ClientSettings, DeskSettings, MadeWith, SandboxSettings};
