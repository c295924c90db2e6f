//! What support asks for: the doctor's report and the end of the log.

use std::path::Path;

use serde::Serialize;

use super::Report;
use crate::{logs, machine};

/// The most that is given of the log.
const LINES: usize = 500;

/// The report and the end of the log.
#[derive(Serialize)]
pub struct Diagnostics {
    /// The doctor's report.
    report: Report,
    /// The last lines of the newest log file, oldest first. Empty where there is none.
    log: Vec<serde_json::Value>,
}

/// Gathers what support asks for.
pub async fn diagnostics() -> Diagnostics {
    let report = super::report().await;
    let log = machine::data_dir().map(|folder| end_of_log(&folder.join(logs::FOLDER))).unwrap_or_default();
    Diagnostics { report, log }
}

/// The last lines of the file that was written last. Lines that are not RA Desk's own form are left out.
fn end_of_log(folder: &Path) -> Vec<serde_json::Value> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let newest = files
        .flatten()
        .filter(|file| file.file_name().to_string_lossy().starts_with("ra-desk"))
        .filter_map(|file| Some((file.metadata().ok()?.modified().ok()?, file.path())))
        .max()
        .map(|(_, path)| path);
    let text = newest.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let mut lines: Vec<_> = text.lines().rev().filter_map(line_of_ours).take(LINES).collect();
    lines.reverse();
    lines
}

fn line_of_ours(line: &str) -> Option<serde_json::Value> {
    serde_json::from_str(line).ok().filter(|line: &serde_json::Value| line.get("timestamp").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_newest_log_is_given_and_no_foreign_line() {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = (0..600).map(|n| format!("{{\"timestamp\":\"\",\"n\":{n}}}\n")).collect();
        std::fs::write(folder.path().join("ra-desk.jsonl"), format!("{lines}not ours\n123\n")).unwrap();
        let log = end_of_log(folder.path());
        assert_eq!(log.len(), LINES);
        assert_eq!(log[LINES - 1]["n"], 599);
        assert!(end_of_log(&folder.path().join("none")).is_empty());
    }
}
