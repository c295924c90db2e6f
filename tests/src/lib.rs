//! What the tests from the outside share: the built programs, a practice world, a desktop session of its own, and
//! a driver for the real window.
//!
//! Deliberately absent: anything that knows how RA Desk works inside. Tests in here see what a person sees, what
//! lies in the data folder, and what stands in the gateway's file.

#![expect(clippy::disallowed_methods, reason = "tests live in real time")]

pub mod authority;
pub mod crossing;
pub mod crowd;
pub mod desktop;
pub mod form_browser;
pub mod journey;
pub mod practice;
pub mod programs;
pub mod proxy;
pub mod scan;
pub mod window;
pub mod world;

/// Any failure of a test program, in words.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Copies a folder and all that is in it, into one that may be there.
pub fn copy_folder(from: &std::path::Path, to: &std::path::Path) -> Outcome {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &there)?;
        } else {
            std::fs::copy(entry.path(), there)?;
        }
    }
    Ok(())
}
