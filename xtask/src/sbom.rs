//! What is in each package, for those who must know: bills of materials in CycloneDX.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::machine::{cache_dir, cargo, npm};
use crate::stage::program;
use crate::{Outcome, failed, root};

/// The version of cargo-cyclonedx that is used.
const CARGO_CYCLONEDX: &str = "0.5.9";
/// Under which name the tool is to write.
const WRITTEN: &str = "radesk-bill";

/// A program whose bill is wanted, as it is built.
pub(crate) struct Built<'a> {
    /// Its package's folder.
    pub(crate) package: &'a str,
    /// What it is built for; none means this machine.
    pub(crate) target: Option<&'a str>,
    /// Its features in place of the default ones; none means the default ones.
    pub(crate) features: Option<&'a str>,
}

/// Writes the bill of a program's crates.
pub(crate) fn of_crates(built: &Built<'_>, to: &Path) -> Outcome {
    let tool = tool()?;
    // It writes beside the manifest of each package of the workspace; only the program's is wanted.
    let mut bill = Command::new(&tool);
    bill.current_dir(root()).args(["cyclonedx", "--quiet", "--format", "json"]);
    bill.arg("--manifest-path").arg(Path::new(built.package).join("Cargo.toml"));
    bill.args(["--override-filename", WRITTEN]);
    if let Some(target) = built.target {
        bill.args(["--target", target]);
    }
    if let Some(features) = built.features {
        bill.args(["--no-default-features", "--features", features]);
    }
    program(bill, Duration::from_secs(300))?;
    let mut kept = false;
    for written in written()? {
        if written.parent() == Some(&root().join(built.package)) {
            // It names our own crates by where they lie on this machine.
            let bill = std::fs::read_to_string(&written)?;
            std::fs::write(to, bill.replace(&*root().to_string_lossy(), "/ra-desk"))?;
            kept = true;
        }
        std::fs::remove_file(written)?;
    }
    if kept { Ok(()) } else { failed(format!("cargo cyclonedx wrote no bill for {}", built.package)) }
}

/// Writes the bill of the page's packages.
pub(crate) fn of_the_page(to: &Path) -> Outcome {
    let page = npm(&root().join("ui"))
        .args(["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev"])
        .stderr(Stdio::inherit())
        .output()?;
    if !page.status.success() {
        return failed("npm sbom failed in ui/");
    }
    Ok(std::fs::write(to, page.stdout)?)
}

fn tool() -> Outcome<PathBuf> {
    let tools = cache_dir().join("tools");
    let tool = tools.join("bin/cargo-cyclonedx");
    let current = Command::new(&tool).args(["cyclonedx", "--version"]).output();
    if !current.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(CARGO_CYCLONEDX)) {
        println!("cargo install cargo-cyclonedx (once)");
        let mut install = cargo();
        install.args(["install", "cargo-cyclonedx", "--locked", "--version", CARGO_CYCLONEDX, "--root"]).arg(&tools);
        program(install, Duration::from_secs(30 * 60))?;
    }
    Ok(tool)
}

/// What the tool wrote, beside the workspace's manifests.
fn written() -> Outcome<Vec<PathBuf>> {
    let mut folders: Vec<_> = ["src-tauri", "tests", "tests/fuzz", "tests/windows", "benches", "xtask"]
        .map(|folder| root().join(folder))
        .into();
    for member in std::fs::read_dir(root().join("crates"))? {
        folders.push(member?.path());
    }
    let bills = folders.into_iter().map(|folder| folder.join(WRITTEN).with_extension("json"));
    Ok(bills.filter(|bill| bill.exists()).collect())
}
