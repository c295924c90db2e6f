//! The desk from outside: through its one door, over real TLS, on real files.
//!
//! The gateway and the issuer in here are a fake that answers as it is told; the journeys against the real ones
//! are the workspace's own tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod audit_copy;
mod corrections;
mod countersigning;
mod crash;
mod elsewhere;
mod faults;
mod journey;
mod keeping;
mod locked;
mod offline;
mod recovery;
mod second_copy;
mod session_key;
mod sign_in;
mod support;
mod taking_over;
mod vaults;
