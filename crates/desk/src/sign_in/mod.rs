//! Signing in.

mod error;

pub use error::{Check, SignInError};
