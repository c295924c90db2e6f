//! What others may send RA Desk or its gateway, as any bytes at all.
//!
//! Each target throws bytes at what reads them, and looks whether what was taken may have been taken: a target that
//! only saw whether anything panics would let a check be taken away. `corpus/NAME/` holds inputs of each, which an
//! ordinary test replays in seconds; `src/main.rs` puts libFuzzer around them (`cargo xtask test fuzz --full`), and
//! what it finds is mended and kept there. Everybody in the corpus is made up.

#![expect(clippy::expect_used, reason = "a target says by a panic that something is wrong")]

mod forms;
#[cfg(feature = "page")]
mod ipc;
pub use stored::SEALED_TO;
mod stored;
mod tokens;
mod wire;

use std::path::PathBuf;

/// A target: whether the bytes were taken for what is read there. Panics where they should not have been.
pub type Target = fn(&[u8]) -> bool;

/// Every target by its name, which is its folder's too.
pub const TARGETS: &[(&str, Target)] = &[
    ("answer", wire::answer),
    ("body", wire::body),
    ("callback", forms::callback),
    ("configuration", forms::configuration),
    ("directory", stored::directory),
    ("id_token", tokens::id_token),
    #[cfg(feature = "page")]
    ("ipc", ipc::asked),
    ("logout_token", tokens::logout_token),
    ("page", stored::page),
    ("proof", tokens::proof),
    ("retry_after", forms::retry_after),
    ("sealed", stored::sealed),
    ("settings", forms::settings),
    ("spreadsheet", stored::spreadsheet),
];

/// Where a target's corpus stands.
pub fn corpus(target: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).join(target)
}

/// Whether that is the name of a body that is read, written and read again.
pub fn is_a_body(name: &str) -> bool {
    wire::BODIES.contains(&name)
}
