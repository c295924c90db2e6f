//! The real gateway over TLS on a free port, with a real database file and an OpenID provider of the test's own.

mod issuer;
mod world;

mod batch;
mod file;
mod framing;
mod link;
mod people;
mod removal;
mod sign_in;
