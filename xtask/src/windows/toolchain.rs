//! What compiles RA Desk for Windows on this machine.

use std::process::Command;

use super::compiler::Compiler;
use super::{LINKER, TARGET, windows_target_dir};
use crate::machine::{cache_dir, cargo, cargo_home, has_program, have_packages, target_dir};
use crate::{Failure, Outcome};

/// To compile and link C and Rust for Windows. The variant with Windows' own threads needs no library beside the program.
const TO_COMPILE: &[&str] = &["gcc-mingw-w64-x86-64-win32", "g++-mingw-w64-x86-64-win32", "make", "perl"];

/// Which compiler serves.
pub(super) enum Toolchain {
    /// The one whose cargo runs this command: it has the target (`rustup target add`).
    Own,
    /// Debian's, unpacked in the cache.
    Debian(Compiler),
}

impl Toolchain {
    /// Finds or makes one.
    pub(super) fn prepare(yes: bool) -> Outcome<Self> {
        if cfg!(windows) {
            return Err(Failure::Skipped(
                "on Windows the installer is built by Tauri's bundler (.github/workflows/windows.yml)".to_owned(),
            ));
        }
        if !has_program("dpkg-query") && !has_program(LINKER) {
            return Err(Failure::Skipped(format!("this is neither Debian nor Ubuntu, and there is no {LINKER}")));
        }
        have_packages(TO_COMPILE, yes)?;
        if own_has_target() {
            return Ok(Self::Own);
        }
        Compiler::prepare().map(Self::Debian)
    }

    /// A cargo that builds for Windows, where all checkouts build. `build`, `test` and the like take `--target` from it.
    pub(super) fn cargo(&self, verb: &str) -> Command {
        let mut command = match self {
            Self::Own => cargo(),
            Self::Debian(compiler) => compiler.cargo(),
        };
        command.current_dir(crate::root()).env("CARGO_TARGET_DIR", windows_target_dir());
        command.args([verb, "--locked", "--target", TARGET]);
        command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER);
        // What is shipped shall not say where it was built: paths hold an account's name. The checkout's own path is not
        // among them (cargo names its files from there), so that no checkout builds the others' dependencies anew.
        let target = Some(target_dir()).filter(|target| !target.starts_with(cache_dir()));
        let places = [(Some(cache_dir()), "/cache"), (target, "/target"), (cargo_home(), "/cargo")];
        let maps: Vec<String> =
            places.into_iter().filter_map(|(from, to)| Some(format!("{}={to}", from?.display()))).collect();
        let flags = |flag: &str| maps.iter().map(|map| format!("{flag}{map}")).collect::<Vec<_>>().join(" ");
        command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS", flags("--remap-path-prefix="));
        command.env("CFLAGS_x86_64_pc_windows_gnu", flags("-ffile-prefix-map="));
        command.env("CXXFLAGS_x86_64_pc_windows_gnu", flags("-ffile-prefix-map="));
        command.env("MAKEFILES", crate::root().join("packaging/windows/openssl.mk"));
        command
    }
}

/// Whether the compiler on the path has a standard library for Windows.
fn own_has_target() -> bool {
    let Ok(output) = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output() else {
        return false;
    };
    let library = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    std::fs::read_dir(library)
        .is_ok_and(|files| files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
}
