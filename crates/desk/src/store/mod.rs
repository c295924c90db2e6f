//! The one encrypted file on this computer.

mod error;

pub use error::StoreError;
