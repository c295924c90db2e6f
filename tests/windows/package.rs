//! The package's own tables, with `msiinfo`.

use std::path::Path;
use std::process::Command;

use crate::{Error, Table};

/// For ever: what tells Windows that two packages are the same product.
const UPGRADE_CODE: &str = "{DB9A4DD5-A6E7-4CE1-84AA-5B24AB304A2E}";

/// Looks into a package. Only the program as it is `shipped` has to be small.
pub fn look(package: &Path, shipped: bool, table: &mut Table) -> Result<(), Error> {
    let properties = export(package, "Property")?;
    let property = |name: &str| properties.iter().find(|row| row[0] == name).map(|row| row[1].clone());
    let mut expect = |name: &str, is: Option<String>, should: &str| {
        let wrong = (is.as_deref() != Some(should)).then(|| format!("{is:?}, not {should}"));
        table.line(name, should, &wrong.into_iter().collect::<Vec<_>>());
    };
    expect("the package is per machine", property("ALLUSERS"), "1");
    expect("the package has the upgrade code", property("UpgradeCode"), UPGRADE_CODE);
    let tauri = include_str!("../../src-tauri/tauri.conf.json").to_uppercase();
    let same = tauri.contains(UPGRADE_CODE.trim_matches(['{', '}'])).then(|| UPGRADE_CODE.to_owned());
    expect("Tauri's bundler has the same", same, UPGRADE_CODE);
    let files = export(package, "File")?;
    for name in ["ra-desk.exe", "WebView2Loader.dll"] {
        let version = files.iter().find(|row| row[2].ends_with(name)).map(|row| row[4].clone()).unwrap_or_default();
        let wrong = (version.split('.').filter(|part| part.parse::<u16>().is_ok()).count() != 4)
            .then(|| format!("its version is '{version}'"));
        table.line(&format!("{name} has a file version"), &version, &wrong.into_iter().collect::<Vec<_>>());
    }
    if !shipped {
        return Ok(());
    }
    let size = std::fs::metadata(package)?.len();
    let wrong = (size > 12_000_000).then(|| format!("{size} bytes"));
    table.line("the package weighs at most 12 MB", &format!("{size} bytes"), &wrong.into_iter().collect::<Vec<_>>());
    Ok(())
}

/// The rows of a table.
fn export(package: &Path, name: &str) -> Result<Vec<Vec<String>>, Error> {
    let output = Command::new("msiinfo").arg("export").arg(package).arg(name).output()?;
    let text = String::from_utf8(output.stdout)?.replace('\r', "");
    Ok(text.lines().skip(3).map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}
