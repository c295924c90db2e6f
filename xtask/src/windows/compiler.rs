//! Debian's own Rust compiler, unpacked beside the system and given a standard library for Windows.
//!
//! Debian packages a compiler for its browsers (`rustc-web`) with the sources of the standard library, but no library
//! for Windows. Installing it would put a second `rustc` on the path and is refused beside `rustc` or `rustup`; so its
//! packages are unpacked into the cache, where nothing finds them by chance, and the library is built there once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{LINKER, TARGET, folder, windows_target_dir};
use crate::machine::cargo_home;
use crate::stage::program;
use crate::{Failure, Outcome, failed};

/// The compiler, its cargo, the libraries both load, and the sources of the standard library.
const PACKAGES: &[&str] = &["cargo-web", "rustc-web", "libstd-rust-web-dev", "rust-web-src"];

/// Raised when the standard library is built differently: what was built with another one does not fit it.
const RECIPE: &str = "2: bitcode, no paths\n";

/// An unpacked compiler.
pub(super) struct Compiler {
    root: PathBuf,
}

impl Compiler {
    /// The compiler in the cache; built now if there is none, or if what there is no longer compiles.
    pub(super) fn prepare() -> Outcome<Self> {
        let ready = Self { root: folder().join("rust") };
        let mark = ready.root.join("ready");
        if std::fs::read_to_string(&mark).is_ok_and(|mark| mark == ready.mark()) && ready.check().is_ok() {
            return Ok(ready);
        }
        let new = Self { root: folder().join("rust.new") };
        remove(&new.root)?;
        std::fs::create_dir_all(&new.root)?;
        unpack(&new.root)?;
        new.build_std()?;
        remove(&windows_target_dir().join(TARGET))?;
        remove(&ready.root)?;
        std::fs::rename(&new.root, &ready.root)?;
        ready.check()?;
        std::fs::write(mark, ready.mark())?;
        Ok(ready)
    }

    /// Its cargo, which finds its compiler.
    pub(super) fn cargo(&self) -> Command {
        let mut command = self.tool("cargo");
        command.env("RUSTC", self.root.join("usr/bin/rustc")).env_remove("RUSTUP_TOOLCHAIN");
        command
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.root.join("usr/bin").join(name));
        command.env("LD_LIBRARY_PATH", self.root.join("usr/lib/x86_64-linux-gnu"));
        command
    }

    /// How it was built, and what it says of itself; without that when it does not run.
    fn mark(&self) -> String {
        let output = self.tool("rustc").arg("-vV").output();
        let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        format!("{RECIPE}{version}")
    }

    fn build_std(&self) -> Outcome {
        println!("building the standard library for {TARGET} (two minutes, once)");
        let seed = self.root.join("seed");
        std::fs::create_dir_all(seed.join("src"))?;
        std::fs::write(seed.join("src/lib.rs"), "")?;
        // A workspace of its own: the cache may lie below somebody else's.
        let manifest = "[package]\nname = \"seed\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
        std::fs::write(seed.join("Cargo.toml"), manifest)?;
        let mut command = self.cargo();
        command.current_dir(&seed).args(["build", "--quiet", "--release", "--target", TARGET]);
        command.arg("-Zbuild-std=std,test,panic_abort,panic_unwind,proc_macro").arg("--target-dir").arg("target");
        // The sources fit the compiler exactly, so what is unstable here is only the way to ask.
        command.env("RUSTC_BOOTSTRAP", "1");
        // With bitcode, for the release build optimises across crates; and without the paths of whoever built it, under
        // which the crates lie that it needs.
        let mut flags = format!("-Cembed-bitcode=yes --remap-path-prefix={}=/rust", self.root.display());
        if let Some(cargo_home) = cargo_home() {
            flags.push_str(&format!(" --remap-path-prefix={}=/cargo", cargo_home.display()));
        }
        command.env("RUSTFLAGS", flags);
        program(command, Duration::from_secs(30 * 60))?;
        let library = self.root.join("usr/lib/rustlib").join(TARGET).join("lib");
        std::fs::create_dir_all(&library)?;
        for file in std::fs::read_dir(seed.join("target").join(TARGET).join("release/deps"))? {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".rlib") && !name.starts_with("libseed") {
                std::fs::copy(&path, library.join(name))?;
            }
        }
        remove(&seed)
    }

    /// Compiles and links a program, and looks whether it is one for Windows.
    fn check(&self) -> Outcome {
        let source = self.root.join("check.rs");
        let program = self.root.join("check.exe");
        std::fs::write(&source, "fn main() { println!(\"{}\", std::process::id()) }")?;
        let mut command = self.tool("rustc");
        command.args(["--target", TARGET, "-C", &format!("linker={LINKER}"), "-o"]).arg(&program).arg(&source);
        let built = command.output()?;
        if built.status.success() && std::fs::read(&program)?.starts_with(b"MZ") {
            return Ok(());
        }
        failed(format!("the compiler for Windows does not compile:\n{}", String::from_utf8_lossy(&built.stderr)))
    }
}

/// Fetches the packages, and those they need that the machine lacks, and unpacks them into a folder.
fn unpack(root: &Path) -> Outcome {
    let needed = needed_packages()?;
    println!("fetching and unpacking Debian's compiler: {}", needed.iter().cloned().collect::<Vec<_>>().join(", "));
    let downloads = root.join("packages");
    std::fs::create_dir_all(&downloads)?;
    let mut download = Command::new("apt-get");
    // As the caller: apt's own account may not write into somebody's cache.
    download.current_dir(&downloads).args(["-q", "-o", "APT::Sandbox::User=root", "download"]).args(&needed);
    program(download, Duration::from_secs(20 * 60))?;
    for file in std::fs::read_dir(&downloads)? {
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("--extract").arg(file?.path()).arg(root);
        program(unpack, Duration::from_secs(300))?;
    }
    remove(&downloads)
}

/// The compiler's packages and what of their needs is not installed, by asking apt to pretend.
fn needed_packages() -> Outcome<BTreeSet<String>> {
    let pretended = Command::new("apt-get")
        .args(["install", "--simulate", "--reinstall", "--no-install-recommends"])
        .args(PACKAGES)
        .env("LC_ALL", "C")
        .stderr(Stdio::null())
        .output();
    let Ok(output) = pretended else {
        return Err(Failure::Skipped("this is neither Debian nor Ubuntu: there is no apt-get".to_owned()));
    };
    let mut needed: BTreeSet<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next().map(str::to_owned))
        .collect();
    if !output.status.success() || !PACKAGES.iter().all(|package| needed.contains(*package)) {
        return Err(Failure::Skipped(format!(
            "this system has no {}, and no rustup that compiles for {TARGET} (`rustup target add {TARGET}`)",
            PACKAGES.join(", ")
        )));
    }
    // The library's own package carries a version in its name; a reinstall of the others does not name it again.
    let of_library = Command::new("apt-cache")
        .args(["depends", "--important", "libstd-rust-web-dev"])
        .env("LC_ALL", "C")
        .output()?;
    needed.extend(
        String::from_utf8_lossy(&of_library.stdout)
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Depends: "))
            .filter(|package| package.starts_with("libstd-rust-web-"))
            .map(str::to_owned),
    );
    Ok(needed)
}

fn remove(folder: &Path) -> Outcome {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}
