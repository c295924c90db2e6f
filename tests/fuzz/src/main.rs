//! libFuzzer around one target: `RA_DESK_FUZZ=NAME fuzz FOLDER ...`. Built with coverage by `xtask/src/fuzz.rs`, and of
//! no use without.

#![no_main]
#![allow(unsafe_code, missing_docs, reason = "what libFuzzer calls is a function of C, which a macro writes")]

use std::sync::LazyLock;

use fuzz::{TARGETS, Target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let asked = std::env::var("RA_DESK_FUZZ").unwrap_or_default();
    match TARGETS.iter().find(|(name, _)| *name == asked) {
        Some((_, target)) => *target,
        None => panic!("RA_DESK_FUZZ names no target"),
    }
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    TARGET(bytes);
});
