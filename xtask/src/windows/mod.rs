//! RA Desk for Windows, made and tried on Linux: a compiler, a package, and Wine to run both in.
//!
//! The folders of the cache: `windows/rust` (compiler and its standard library), `windows/wine` (the tests' Windows).
//! Deliberately absent: anything that pretends. Where a part cannot be had, the answer is `Failure::Skipped`.

mod compiler;
mod installer;
mod msi;
mod stage;
mod toolchain;
mod wine;

pub(crate) use msi::{Options as MsiOptions, msi, workspace_version};
pub(crate) use stage::windows;

use std::path::PathBuf;

use crate::machine::{cache_dir, target_dir};

/// What is built for Windows: Debian's cross compiler and libraries are of this kind.
const TARGET: &str = "x86_64-pc-windows-gnu";
/// The linker of that kind.
const LINKER: &str = "x86_64-w64-mingw32-gcc";

fn folder() -> PathBuf {
    cache_dir().join("windows")
}

/// Where builds for Windows go. Apart from the others: with another compiler nothing can be shared, only waited for.
fn windows_target_dir() -> PathBuf {
    target_dir().join("windows")
}
