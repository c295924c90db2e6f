//! `ra-desk.exe` and the package around it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::toolchain::Toolchain;
use super::{TARGET, windows_target_dir};
use crate::machine::have_packages;
use crate::run::build_page;
use crate::stage::program;
use crate::{Outcome, failed, root};

/// The most that a package may weigh.
const MOST: u64 = 12 * 1_000_000;
/// To make a package and look into it.
const TO_PACK: &[&str] = &["wixl", "msitools", "osslsigncode", "python3"];

/// What goes into a package.
pub(super) struct Built {
    profile: Profile,
    /// `ra-desk.exe`.
    pub(super) program: PathBuf,
    /// What it needs to find the web view: it lies beside it.
    pub(super) loader: PathBuf,
}

/// How thoroughly the program is compiled. What it can do is the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Profile {
    /// As it is shipped: small, quick, and minutes to build.
    Shipped,
    /// Unoptimised, sharing what the crates' tests are built from.
    Quick,
}

impl Profile {
    /// The features of the shipped program, in this profile.
    pub(super) fn words(self) -> Vec<&'static str> {
        let mut words = vec!["--package", "ra-desk", "--no-default-features"];
        words.extend(["--features", "vendored-openssl,custom-protocol"]);
        words.extend((self == Self::Shipped).then_some("--release"));
        words
    }

    /// Where its builds end up.
    pub(super) fn folder(self) -> PathBuf {
        windows_target_dir().join(TARGET).join(if self == Self::Shipped { "release" } else { "debug" })
    }
}

/// Builds the page and the program.
pub(super) fn build(toolchain: &Toolchain, profile: Profile, limit: Duration) -> Outcome<Built> {
    build_page()?;
    let how = if profile == Profile::Shipped { "as it is shipped" } else { "unoptimised" };
    println!("cargo build (ra-desk.exe, {how})");
    let mut command = toolchain.cargo("build");
    command.args(profile.words());
    program(command, limit)?;
    let folder = profile.folder();
    let built = Built { profile, program: folder.join("ra-desk.exe"), loader: folder.join("WebView2Loader.dll") };
    if profile == Profile::Shipped {
        names_no_place(&built.program)?;
    }
    println!("ra-desk.exe: {:.1} MB", megabytes(&built.program)?);
    Ok(built)
}

/// The path of whoever built it holds an account's name, and is nobody's business.
fn names_no_place(program: &Path) -> Outcome {
    let bytes = std::fs::read(program)?;
    let home = std::env::var("HOME").unwrap_or_default();
    let places = [root().to_string_lossy().into_owned(), format!("{home}/.")];
    for place in places.iter().filter(|place| place.len() > 3) {
        if let Some(at) = bytes.windows(place.len()).position(|window| window == place.as_bytes()) {
            let found = String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 120)]).into_owned();
            return failed(format!("ra-desk.exe names where it was built: {found}"));
        }
    }
    Ok(())
}

/// Puts a program into a package of a version.
pub(super) fn pack(built: &Built, version: &str, package: &Path, yes: bool) -> Outcome {
    have_packages(TO_PACK, yes)?;
    let mut command = Command::new("python3");
    command.arg(root().join("packaging/windows/build_msi.py")).args(["--version", version]);
    command.arg("--program").arg(&built.program).arg("--loader").arg(&built.loader);
    command.arg("--icon").arg(root().join("icons/icon.ico")).arg("--out").arg(package);
    program(command, Duration::from_secs(600))?;
    let size = std::fs::metadata(package)?.len();
    if built.profile == Profile::Shipped && size > MOST {
        return failed(format!("the package weighs {:.1} MB and may weigh 12", megabytes(package)?));
    }
    Ok(())
}

/// A file's size.
pub(super) fn megabytes(file: &Path) -> Outcome<f64> {
    let bytes = std::fs::metadata(file)?.len();
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    Ok(bytes as f64 / 1e6)
}

/// Who signs, as the words behind `msi` say.
#[derive(Default)]
pub(super) struct Signer {
    /// A PEM with the certificate and those above it.
    pub(super) certificate: Option<PathBuf>,
    /// A PEM with its key.
    pub(super) key: Option<PathBuf>,
    /// An RFC 3161 service, so that the signature outlives the certificate.
    pub(super) timestamps: Option<String>,
}

impl Signer {
    /// Signs a program or a package in its place. Nothing without a certificate.
    pub(super) fn sign(&self, file: &Path) -> Outcome {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else { return Ok(()) };
        let signed = file.with_extension("signed");
        let mut command = Command::new("osslsigncode");
        command.arg("sign").arg("-certs").arg(certificate).arg("-key").arg(key).args(["-h", "sha256", "-n", "RA Desk"]);
        if let Some(url) = &self.timestamps {
            command.args(["-ts", url]);
        }
        command.arg("-in").arg(file).arg("-out").arg(&signed);
        program(command, Duration::from_secs(600))?;
        std::fs::rename(signed, file)?;
        Ok(())
    }
}
