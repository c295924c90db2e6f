//! Journeys: the real desk against the real gateway over TLS, and the practice world's issuer.
//!
//! A desk here has no window and its key store is a file; everything else is what ships.

mod at_rest;
mod audit;
mod dead_laptop;
mod doctor;
mod network;
mod network_faults;
mod network_sign_in;
mod offline;
mod people_and_roles;
mod refusals;
mod registering;
mod shared_computer;
mod signing_in;
mod taking_over;
mod vaults;

use tests::journey;
