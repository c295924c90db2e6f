//! What RA Desk is asked for when it is started.

use crate::Start;

/// What `--help` says.
pub const HELP: &str = "\
RA Desk

  ra-desk                 opens RA Desk
  ra-desk --kiosk         opens it full screen, left only by a signed-in RA user
  ra-desk doctor          says what on this computer or in its network keeps RA Desk from working
  ra-desk doctor --json   the same, for programs
  ra-desk diagnostics     what support asks for: the doctor's report and the end of the log, as JSON
  ra-desk audit verify            says whether the audit on this computer is as it was written
  ra-desk audit verify --json     the same, for programs
  ra-desk audit export --csv FILE writes the audit into a new file, for a spreadsheet
  ra-desk --version       says which version this is

None of these but the first two needs a window, and none changes anything. What doctor and diagnostics say holds nothing
about people; the audit holds Care Identity UUIDs and no names. RA Desk must be closed while its audit is looked at.
Exit codes of doctor: 0 all well, 1 something keeps RA Desk from working, 2 wrong words, 3 it works, with warnings.
Exit codes of audit: 0 intact, or written; 1 not as it was written; 2 wrong words; 3 it could not be looked at or written.
";

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The window.
    Window(Start),
    /// `--help`.
    Help,
    /// `--version`.
    Version,
    /// `doctor`.
    Doctor {
        /// For programs.
        json: bool,
    },
    /// `diagnostics`.
    Diagnostics,
    /// `audit verify`.
    AuditVerify {
        /// For programs.
        json: bool,
    },
    /// `audit export`.
    AuditExport {
        /// The file to write.
        csv: String,
    },
}

impl Asked {
    /// Reads the words behind the program's name. None: they make no sense.
    pub fn read(words: impl IntoIterator<Item = String>) -> Option<Self> {
        let words: Vec<String> = words.into_iter().collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => Some(Self::Window(Start { kiosk: false })),
            ["--kiosk"] => Some(Self::Window(Start { kiosk: true })),
            ["--help" | "-h"] => Some(Self::Help),
            ["--version" | "-V"] => Some(Self::Version),
            ["doctor"] => Some(Self::Doctor { json: false }),
            ["doctor", "--json"] => Some(Self::Doctor { json: true }),
            ["diagnostics"] => Some(Self::Diagnostics),
            ["audit", "verify"] => Some(Self::AuditVerify { json: false }),
            ["audit", "verify", "--json"] => Some(Self::AuditVerify { json: true }),
            ["audit", "export", "--csv", file] if !file.is_empty() => Some(Self::AuditExport { csv: (*file).into() }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_understood_or_refused() {
        let read = |line: &str| Asked::read(line.split_whitespace().map(str::to_owned));
        assert_eq!(read(""), Some(Asked::Window(Start { kiosk: false })));
        assert_eq!(read("--kiosk"), Some(Asked::Window(Start { kiosk: true })));
        assert_eq!(read("doctor --json"), Some(Asked::Doctor { json: true }));
        assert_eq!(read("audit verify"), Some(Asked::AuditVerify { json: false }));
        assert_eq!(read("audit verify --json"), Some(Asked::AuditVerify { json: true }));
        assert_eq!(read("audit export --csv a.csv"), Some(Asked::AuditExport { csv: "a.csv".into() }));
        for wrong in ["audit", "audit export", "audit export --csv", "audit export a.csv", "audit verify all"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        for wrong in ["--kios", "doctor --jsn", "doctor doctor", "--kiosk --kiosk", "https://example.org"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
