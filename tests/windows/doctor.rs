//! The installed program without a window: what it says of itself, and of the settings it was given.

use serde_json::Value;

use crate::computer::Computer;
use crate::{Error, Table};

const PROGRAM: &str = r"C:\Program Files\RA Desk\ra-desk.exe";

/// A setting as it must be found: name, value, layer.
const FOUND: &[(&str, &str, &str)] = &[
    // The installer was told another, and policy outranks it.
    ("organisation", "Set by policy", "policy"),
    ("idle_minutes", "10", "policy"),
    ("gateway_url", "https://gateway.example.org", "installer"),
    ("client_id", "ra-desk", "installer"),
    ("kiosk", "true", "installer"),
    // The policy says `loud`, which is no level.
    ("log_level", "info", "built in"),
    ("zoom_percent", "100", "built in"),
];

/// Asks for the version, and for what the doctor finds.
pub fn ask(computer: &Computer, version: &str, table: &mut Table) -> Result<(), Error> {
    let ended = computer.run(PROGRAM, &["--version"])?;
    let said = ended.printed.trim();
    let wrong = (!ended.status.success() || !said.contains(version)).then(|| format!("{}: {said}", ended.status));
    table.line("ra-desk.exe --version", said, &wrong.into_iter().collect::<Vec<_>>());

    let ended = computer.run(PROGRAM, &["doctor", "--json"])?;
    let report: Value = serde_json::from_str(&ended.printed).unwrap_or_default();
    // Wine has no web view, so all is not well here, and the doctor must say so.
    let wrong = (ended.status.code() != Some(1) || report["verdict"] != "does_not_work")
        .then(|| format!("{}: {}", ended.status, ended.printed));
    table.line("ra-desk.exe doctor misses the web view", "exit code 1", &wrong.into_iter().collect::<Vec<_>>());
    for (name, state) in [("web_view", "bad"), ("key_store", "good"), ("data_folder", "good")] {
        let check = find(&report["checks"], "check", name);
        let wrong = (check["state"] != state).then(|| check.to_string());
        table.line(&format!("doctor: {name}"), state, &wrong.into_iter().collect::<Vec<_>>());
    }
    for (name, value, layer) in FOUND {
        let setting = find(&report["settings"], "name", name);
        let same = setting["value"].as_str().is_some_and(|found| found.trim_end_matches('/') == *value);
        let wrong = (!same || setting["from"] != *layer).then(|| setting.to_string());
        table.line(&format!("doctor: {name} from {layer}"), value, &wrong.into_iter().collect::<Vec<_>>());
    }
    Ok(())
}

/// The entry of a list that has a name.
fn find(list: &Value, key: &str, name: &str) -> Value {
    let entries = list.as_array().map(Vec::as_slice).unwrap_or_default();
    entries.iter().find(|entry| entry[key] == name).cloned().unwrap_or_default()
}
