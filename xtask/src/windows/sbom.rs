//! What is in the package, for those who must know: a bill of materials in CycloneDX.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::TARGET;
use crate::machine::{cache_dir, cargo, npm};
use crate::stage::program;
use crate::{Outcome, failed, root};

/// The version of cargo-cyclonedx that is used.
const CARGO_CYCLONEDX: &str = "0.5.9";

/// Writes the bills of the Rust crates and of the page's packages into a folder.
pub(super) fn write(folder: &Path, version: &str) -> Outcome {
    let tools = cache_dir().join("tools");
    let tool = tools.join("bin/cargo-cyclonedx");
    let current = Command::new(&tool).args(["cyclonedx", "--version"]).output();
    if !current.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(CARGO_CYCLONEDX)) {
        println!("cargo install cargo-cyclonedx (once)");
        let mut install = cargo();
        install.args(["install", "cargo-cyclonedx", "--locked", "--version", CARGO_CYCLONEDX, "--root"]).arg(&tools);
        program(install, Duration::from_secs(30 * 60))?;
    }
    // It writes beside the manifest of each package of the workspace; only the program's is wanted.
    let mut bill = Command::new(&tool);
    bill.current_dir(root()).args(["cyclonedx", "--quiet", "--format", "json", "--target", TARGET]);
    bill.args(["--manifest-path", "src-tauri/Cargo.toml", "--no-default-features"]);
    bill.args(["--features", "vendored-openssl,custom-protocol", "--override-filename", "radesk-bill"]);
    program(bill, Duration::from_secs(300))?;
    let to = folder.join(format!("RADesk-{version}-crates.cdx.json"));
    for written in find("radesk-bill.json")? {
        if written.starts_with(root().join("src-tauri")) {
            // It names our own crates by where they lie on this machine.
            let bill = std::fs::read_to_string(&written)?;
            std::fs::write(&to, bill.replace(&*root().to_string_lossy(), "/ra-desk"))?;
        }
        std::fs::remove_file(written)?;
    }
    let page = npm(&root().join("ui"))
        .args(["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev"])
        .stderr(Stdio::inherit())
        .output()?;
    if !page.status.success() {
        return failed("npm sbom failed in ui/");
    }
    std::fs::write(folder.join(format!("RADesk-{version}-page.cdx.json")), page.stdout)?;
    Ok(())
}

/// Files of a name beside the workspace's manifests.
fn find(name: &str) -> Outcome<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    let mut folders: Vec<_> =
        ["src-tauri", "tests", "tests/windows", "xtask"].iter().map(|folder| root().join(folder)).collect();
    for member in std::fs::read_dir(root().join("crates"))? {
        folders.push(member?.path());
    }
    for folder in folders {
        let file = folder.join(name);
        if file.exists() {
            found.push(file);
        }
    }
    Ok(found)
}
