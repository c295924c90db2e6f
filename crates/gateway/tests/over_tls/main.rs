//! The real gateway over TLS on a free port, with a real database file and an OpenID provider of the test's own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to end")]

mod issuer;
mod mail;
mod world;

mod audit;
mod batch;
mod binary;
mod client_auth;
mod conformance;
mod devices;
mod file;
mod framing;
mod link;
mod logout;
mod notices;
mod offline;
mod people;
mod proofs;
mod removal;
mod sealed;
mod sign_in;
mod taking_over;
mod vaults;
