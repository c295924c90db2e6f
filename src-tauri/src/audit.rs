//! `ra-desk audit`: whether the audit on this computer is as it was written, and a copy of it for the RA manager; and where
//! the page's own copy goes.
//!
//! The command needs no window, no network and nobody signed in, and changes nothing. The rows hold Care Identity UUIDs and codes;
//! no name is in them, and none is added here.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use desk::{AuditBefore, AuditBreak, AuditCopyError, AuditReport, Cause, Failure, OpenError};
use serde::Serialize;

use crate::console::{to_json, waited_for};
use crate::key_store::SystemKeyStore;
use crate::{console, machine};

/// All rows are as they were written, or the copy is.
const WELL: u8 = 0;
/// A row is not as it was written.
const BROKEN: u8 = 1;
/// Nothing is known: it could not be looked at, or the copy could not be written.
const NOT_DONE: u8 = 3;

/// What was found, for programs.
#[derive(Serialize)]
struct Told {
    /// RA Desk's version.
    version: &'static str,
    /// `intact`, `broken`, `none` or `not_looked_at`.
    result: &'static str,
    /// What was found, where it was looked at.
    report: Option<AuditReport>,
    /// Why it could not be looked at.
    error: Option<String>,
}

/// Says on standard output whether the audit is as it was written. Gives the process's exit code.
pub fn tell(json: bool) -> u8 {
    let found = in_the_background(|folder, keys| desk::audit_report(folder, keys));
    let (told, code) = judge(found);
    console::say(&if json { to_json(&told) } else { in_words(&told) });
    code
}

/// Writes the audit into a file that is not there yet. Gives the process's exit code.
pub fn export(file: &Path) -> u8 {
    let path = file.to_owned();
    let written = in_the_background(move |folder, keys| {
        let mut to = BufWriter::new(new_file(&path)?);
        let written = desk::audit_as_csv(folder, keys, &mut to);
        drop(to);
        if !matches!(written, Ok(Some(_))) {
            // A copy that is not whole would be taken for one that is.
            _ = std::fs::remove_file(&path);
        }
        written
    });
    let (text, code) = match written {
        Ok(Some(rows)) => (format!("Rows of the audit that were written: {rows}\n"), WELL),
        Ok(None) => ("There is no audit on this computer in this account. Nothing was written.\n".to_owned(), NOT_DONE),
        Err(error) => (format!("The audit was not written: {error}\n"), NOT_DONE),
    };
    console::say(&text);
    code
}

/// Where a copy that the page asks for is saved: the account's own folder for documents. A kiosk has nobody's, and what
/// is left there is for whoever comes next.
pub fn folder_for_copies(kiosk: bool) -> Result<PathBuf, Failure> {
    if kiosk {
        return Err(Cause::NotPermitted.into());
    }
    machine::documents().ok_or_else(|| Cause::FolderNotWritable(ErrorKind::NotFound).into())
}

/// The key store and the disk wait, which is not for the runtime's own threads.
fn in_the_background<T, E>(work: impl FnOnce(&Path, &SystemKeyStore) -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<OpenError> + Send + 'static,
{
    let failed = |why: &str| E::from(OpenError::FolderNotWritable(why.to_owned()));
    let work = move || {
        let folder = machine::data_dir().ok_or_else(|| failed("this account has no home folder"))?;
        work(&folder, &SystemKeyStore::for_folder(&folder))
    };
    let done = waited_for(async move { tokio::task::spawn_blocking(work).await });
    done.and_then(Result::ok).unwrap_or_else(|| Err(failed("it ended half way")))
}

/// Nobody else on the computer reads it, and nothing that is there is written over.
fn new_file(path: &Path) -> Result<File, AuditCopyError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?)
}

fn judge(found: Result<Option<AuditReport>, OpenError>) -> (Told, u8) {
    let told = |result, report, error| Told { version: env!("CARGO_PKG_VERSION"), result, report, error };
    match found {
        Ok(Some(report)) if report.is_intact() => (told("intact", Some(report), None), WELL),
        Ok(Some(report)) => (told("broken", Some(report), None), BROKEN),
        Ok(None) => (told("none", None, None), WELL),
        Err(error) => (told("not_looked_at", None, Some(error.to_string())), NOT_DONE),
    }
}

fn in_words(told: &Told) -> String {
    let Some(report) = &told.report else {
        return match &told.error {
            Some(error) => format!("The audit could not be looked at: {error}\n"),
            None => "There is no audit on this computer in this account.\n".to_owned(),
        };
    };
    let up_to = |row: Option<i64>| row.map_or_else(|| "none yet".to_owned(), |row| format!("up to row {row}"));
    let verdict = match report.broken {
        None => "The audit is intact.".to_owned(),
        Some(AuditBreak { row, why }) => format!(
            "The audit is NOT as it was written.\nFirst bad row:     {row}: {why}\n\
             Keep the data folder as it is, and tell whoever looks into incidents."
        ),
    };
    format!(
        "{verdict}\nRows that fit:     {}\nCountersigned:     {}\nIn the key store:  {}\n{}",
        report.rows,
        up_to(report.countersigned),
        up_to(report.remembered),
        report.before.as_ref().map(before_in_words).unwrap_or_default()
    )
}

fn before_in_words(before: &AuditBefore) -> String {
    format!(
        "It follows another: that of device {}, up to row {} ({}), because {}.\n",
        before.device, before.rows, before.hash, before.why
    )
}

#[cfg(test)]
mod tests {
    use desk::AuditFault;

    use super::*;

    fn report(broken: Option<AuditBreak>) -> AuditReport {
        AuditReport { rows: 16, countersigned: Some(12), remembered: None, broken, before: None, kept_of_earlier: 0 }
    }

    #[test]
    fn each_finding_has_its_code_and_words() {
        let (told, code) = judge(Ok(Some(report(None))));
        assert_eq!((told.result, code), ("intact", 0));
        assert!(in_words(&told).contains("intact") && in_words(&told).contains("up to row 12"), "{}", in_words(&told));

        let (told, code) = judge(Ok(Some(report(Some(AuditBreak { row: 17, why: AuditFault::Missing })))));
        assert_eq!((told.result, code), ("broken", 1));
        assert!(in_words(&told).contains("First bad row:     17: it is missing"), "{}", in_words(&told));
        let json: serde_json::Value = serde_json::from_str(&to_json(&told)).unwrap();
        assert_eq!(json["report"]["broken"], serde_json::json!({ "row": 17, "why": "missing" }));

        let before = serde_json::from_value(serde_json::json!({
            "device": "0d1f2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b", "rows": 41, "hash": "ab".repeat(32), "why": "vanished"
        }));
        let after = AuditReport { before: Some(before.unwrap()), ..report(None) };
        let words = in_words(&judge(Ok(Some(after))).0);
        assert!(words.contains("0d1f2a3b-4c5d-4e6f-8a7b-9c0d1e2f3a4b, up to row 41"), "{words}");
        assert!(words.contains("because its store was gone"), "{words}");

        let (told, code) = judge(Ok(None));
        assert_eq!((told.result, code), ("none", 0));
        let (told, code) = judge(Err(OpenError::InUse));
        assert_eq!((told.result, code), ("not_looked_at", 3));
        assert!(in_words(&told).contains("has the store open"), "{}", in_words(&told));
    }

    #[test]
    fn a_kiosk_has_no_folder_for_copies() {
        assert_eq!(folder_for_copies(true).unwrap_err().cause, Cause::NotPermitted);
        assert!(folder_for_copies(false).unwrap().is_absolute());
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        drop(new_file(&path).unwrap());
        assert!(matches!(new_file(&path), Err(AuditCopyError::Write(_))));
    }
}
