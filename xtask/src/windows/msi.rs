//! `cargo xtask msi`: the installer and what an IT desk wants beside it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::installer::{Profile, Signer, build, megabytes, pack};
use super::toolchain::Toolchain;
use crate::machine::{Need, prepare};
use crate::stage::program;
use crate::{Failure, Outcome, failed, root, sbom};

const HELP: &str = "\
cargo xtask msi [--yes] [--version X.Y.Z] [--sign-cert PEM --sign-key PEM [--timestamp-url URL]]

Builds ra-desk.exe as it is shipped and the installer around it, on Debian 12, into target/msi:

  RADesk-<version>-x64.msi      per machine, silent, remembers what it was told (docs/deployment.md)
  group-policy/                 the policy templates for the central store
  kiosk/                        Assigned Access and Shell Launcher, with scripts that set them
  RADesk-<version>-*.cdx.json   what is in it (CycloneDX): Rust crates, and the page's packages
  SHA256SUMS                    sums of all these

The first build takes half an hour; what it makes is kept in the cache.

  --yes             install missing system packages without asking
  --version X.Y.Z   another version than Cargo.toml's, for the package
  --sign-cert PEM   sign program and package: the certificate and those above it
  --sign-key PEM    its key
  --timestamp-url URL   an RFC 3161 service that says when it was signed
";

/// What was asked for.
pub(crate) struct Options {
    yes: bool,
    version: Option<String>,
    signer: Signer,
}

impl Options {
    /// Reads the words behind `msi`.
    pub(crate) fn read(words: &[String]) -> Outcome<Self> {
        let mut options = Self { yes: false, version: None, signer: Signer::default() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value =
                || words.next().cloned().ok_or_else(|| Failure::Words(format!("{word} takes a value\n\n{HELP}")));
            match word.as_str() {
                "--yes" => options.yes = true,
                "--version" => options.version = Some(value()?),
                "--sign-cert" => options.signer.certificate = Some(readable(&value()?)?),
                "--sign-key" => options.signer.key = Some(readable(&value()?)?),
                "--timestamp-url" => options.signer.timestamps = Some(value()?),
                "--help" | "-h" => return Err(Failure::Help(HELP)),
                other => return Err(Failure::Words(format!("msi does not know '{other}'\n\n{HELP}"))),
            }
        }
        if options.signer.certificate.is_some() != options.signer.key.is_some() {
            return Err(Failure::Words("--sign-cert and --sign-key go together".to_owned()));
        }
        Ok(options)
    }
}

/// Looked for before a build of half an hour.
fn readable(file: &str) -> Outcome<PathBuf> {
    if std::fs::File::open(file).is_err() {
        return Err(Failure::Words(format!("{file} cannot be read")));
    }
    Ok(std::path::absolute(file)?)
}

/// Builds the installer and what goes with it.
pub(crate) fn msi(options: &Options) -> Outcome {
    prepare(Need::Build, options.yes)?;
    let toolchain = Toolchain::prepare(options.yes)?;
    let mut built = build(&toolchain, Profile::Shipped, Duration::from_secs(90 * 60))?;
    let version = match &options.version {
        Some(version) => version.clone(),
        None => workspace_version()?,
    };
    let folder = root().join("target").join("msi");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    // Cargo's own copy is left as cargo made it.
    let unsigned = std::mem::replace(&mut built.program, folder.join("ra-desk.exe"));
    std::fs::copy(unsigned, &built.program)?;
    options.signer.sign(&built.program)?;
    let package = folder.join(format!("RADesk-{version}-x64.msi"));
    pack(&built, &version, &package, options.yes)?;
    options.signer.sign(&package)?;
    std::fs::remove_file(&built.program)?;
    let sources = root().join("packaging/windows");
    copy_folder(&sources.join("admx"), &folder.join("group-policy"))?;
    copy_folder(&sources.join("kiosk"), &folder.join("kiosk"))?;
    let bill = sbom::Built {
        package: "src-tauri",
        target: Some(super::TARGET),
        features: Some("vendored-openssl,custom-protocol"),
    };
    sbom::of_crates(&bill, &folder.join(format!("RADesk-{version}-crates.cdx.json")))?;
    sbom::of_the_page(&folder.join(format!("RADesk-{version}-page.cdx.json")))?;
    let mut sums = Command::new("sh");
    sums.current_dir(&folder).args(["-c", "find . -type f ! -name SHA256SUMS | sort | xargs sha256sum > SHA256SUMS"]);
    program(sums, Duration::from_secs(60))?;
    println!("\ntarget/msi/RADesk-{version}-x64.msi: {:.1} MB", megabytes(&package)?);
    if options.signer.certificate.is_none() {
        println!("It is not signed: Windows will say that its publisher is unknown (--sign-cert, --sign-key).");
    }
    Ok(())
}

/// The version that the workspace's crates have.
pub(crate) fn workspace_version() -> Outcome<String> {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml"))?;
    let package = manifest.split("[workspace.package]").nth(1).unwrap_or_default();
    let line = package.lines().find(|line| line.starts_with("version"));
    match line.and_then(|line| line.split('"').nth(1)) {
        Some(version) => Ok(version.to_owned()),
        None => failed("Cargo.toml says no version"),
    }
}

fn copy_folder(from: &Path, to: &Path) -> Outcome {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
