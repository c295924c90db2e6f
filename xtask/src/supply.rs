//! What others have found in what RA Desk is made of: advisories about crates and about the page's packages.
//!
//! Both stand on servers that not every machine reaches. Where they cannot be had the stage is skipped, and says so: an
//! answer that nobody gave is not a good one.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::machine::{cache_dir, cargo, npm};
use crate::stage::{Tests, program};
use crate::{Failure, Outcome, failed, root};

/// The version of cargo-deny that is used.
const CARGO_DENY: &str = "0.20.2";

/// cargo-deny, installed where it is not yet.
pub(crate) fn cargo_deny(limit: Duration) -> Outcome<PathBuf> {
    let tools = cache_dir().join("tools");
    let installed = tools.join("bin").join(if cfg!(windows) { "cargo-deny.exe" } else { "cargo-deny" });
    let current = Command::new(&installed)
        .arg("--version")
        .output()
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim().ends_with(CARGO_DENY));
    if !current {
        let mut install = cargo();
        install.args(["install", "cargo-deny", "--locked", "--version", CARGO_DENY, "--root"]).arg(&tools);
        program(install, limit)?;
    }
    Ok(installed)
}

/// Known faults of the crates in `Cargo.lock` (RustSec).
pub(crate) fn crates(limit: Duration) -> Outcome<Tests> {
    let tool = cargo_deny(limit)?;
    let fetched = Command::new(&tool).current_dir(root()).args(["fetch", "db"]).stdin(Stdio::null()).output()?;
    if !fetched.status.success() {
        return Err(Failure::Skipped(
            "the advisories of RustSec cannot be fetched from here; before a release somebody must run `cargo deny check \
             advisories` where they can"
                .to_owned(),
        ));
    }
    let mut check = Command::new(tool);
    check.current_dir(root()).args(["check", "--disable-fetch", "advisories"]);
    program(check, limit)
}

/// Known faults of the page's packages in `ui/package-lock.json`, of a high severity or worse.
pub(crate) fn packages() -> Outcome<Tests> {
    let audit =
        npm(&root().join("ui")).args(["audit", "--json", "--audit-level=high"]).stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&audit.stdout);
    // Only an answer has this: a registry that does not know, or that is not there, leaves an error in its place.
    if !said.contains("\"auditReportVersion\"") {
        return Err(Failure::Skipped(
            "no registry answers `npm audit` from here; before a release somebody must run it in `ui` where one does"
                .to_owned(),
        ));
    }
    if audit.status.success() {
        return Ok(Tests::default());
    }
    println!("{said}");
    failed("packages of the page have known faults; the report is above")
}
