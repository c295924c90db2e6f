//! `cargo xtask test windows`: the crates' tests and the installer on the Windows that Wine makes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::installer::{Built, Profile, Signer, build, pack};
use super::msi::workspace_version;
use super::toolchain::Toolchain;
use super::windows_target_dir;
use super::wine::Wine;
use crate::machine::cargo;
use crate::stage::{Tests, program};
use crate::{Outcome, failed};

/// Runs all of it, around the program as it is shipped or around one that is built in less time.
pub(crate) fn windows(limit: Duration, yes: bool, shipped: bool) -> Outcome<Tests> {
    let profile = if shipped { Profile::Shipped } else { Profile::Quick };
    let toolchain = Toolchain::prepare(yes)?;
    let wine = Wine::prepare(yes)?;
    let crates = test_crates(&toolchain, &wine, limit)?;
    let key_store = test_key_store(&toolchain, &wine, profile, limit)?;
    let built = build(&toolchain, profile, limit)?;
    let packages = packages(&built, yes)?;
    let life = lifecycle(&packages, &wine, profile, limit)?;
    Ok(crates.and(key_store).and(life))
}

/// The crates that must work on Windows, without those that serve on Linux.
fn test_crates(toolchain: &Toolchain, wine: &Wine, limit: Duration) -> Outcome<Tests> {
    let mut command = on_wine(toolchain, wine);
    command.args(["--package", "contract", "--package", "names", "--package", "settings", "--package", "desk"]);
    command.args(["--no-default-features", "--features", "desk/vendored-openssl,desk/practice", "--no-fail-fast"]);
    // What stands in comments is tried elsewhere, by the compiler that it is written for.
    command.arg("--tests");
    program(command, limit)
}

/// The key store against Wine's Credential Manager.
fn test_key_store(toolchain: &Toolchain, wine: &Wine, profile: Profile, limit: Duration) -> Outcome<Tests> {
    let mut command = on_wine(toolchain, wine);
    // Like the program, so that what is built here need not be built again for it.
    command.args(profile.words()).args(["--test", "key_store"]);
    // Where the web view's loader lies, which the test imports with the rest.
    command.env("WINEPATH", format!("Z:{}", profile.folder().display()));
    let tests = program(command, limit)?;
    if tests.passed == 0 { failed("no test of the key store ran") } else { Ok(tests) }
}

fn on_wine(toolchain: &Toolchain, wine: &Wine) -> Command {
    let mut command = toolchain.cargo("test");
    command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &wine.runner).env("WINEPREFIX", &wine.prefix);
    command
}

/// The same program in packages of three versions, one of them built twice and once signed.
fn packages(built: &Built, yes: bool) -> Outcome<PathBuf> {
    let folder = windows_target_dir().join("packages");
    std::fs::create_dir_all(&folder)?;
    let versions = [("1", "0.1.0"), ("2", "0.2.0"), ("3", "0.3.0"), ("3-again", "0.3.0"), ("3-signed", "0.3.0")];
    for (name, version) in versions {
        pack(built, version, &folder.join(format!("{name}.msi")), yes)?;
    }
    sign_for_a_test(&folder)?;
    Ok(folder)
}

/// With a certificate that nobody trusts: what is tried is that a signed package is whole and installs.
fn sign_for_a_test(folder: &Path) -> Outcome {
    let signer =
        Signer { certificate: Some(folder.join("cert.pem")), key: Some(folder.join("key.pem")), timestamps: None };
    let mut make = Command::new("openssl");
    make.current_dir(folder).args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
    make.args(["-subj", "/CN=RA Desk test signer", "-addext", "extendedKeyUsage=codeSigning"]);
    make.args(["-keyout", "key.pem", "-out", "cert.pem"]);
    program(make, Duration::from_secs(60))?;
    signer.sign(&folder.join("3-signed.msi"))?;
    let mut verify = Command::new("osslsigncode");
    verify.current_dir(folder).args(["verify", "-CAfile", "cert.pem", "-in", "3-signed.msi"]);
    program(verify, Duration::from_secs(60))?;
    Ok(())
}

fn lifecycle(packages: &Path, wine: &Wine, profile: Profile, limit: Duration) -> Outcome<Tests> {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "tests-windows", "--"]);
    command.arg(packages).arg(&wine.runner).arg(&wine.prefix).arg(workspace_version()?);
    command.arg(if profile == Profile::Shipped { "shipped" } else { "quick" });
    program(command, limit)
}
