//! The sandbox from outside: over real HTTP, against a stand-in for the gateway over real TLS.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod browser;
mod cis2;
mod init;
mod nhs_net;
mod practice;
mod road;
mod sessions;
mod token_endpoint;
mod try_page;
mod world;
