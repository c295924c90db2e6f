//! What the doctor found, and what it means.

use desk::{EndpointReport, StoreHolds};
use serde::Serialize;

/// All that was found. Holds numbers, settings and the words of certificates; nothing about people.
#[derive(Debug, Serialize)]
pub struct Report {
    /// RA Desk's version.
    pub version: &'static str,
    /// Whether this is the build for practice, which no organisation installs.
    pub practice: bool,
    /// When it was made, in UTC.
    pub made_at: String,
    /// The operating system and its kind of processor.
    pub system: String,
    /// What all of it comes to.
    pub verdict: Verdict,
    /// What was looked at, one by one.
    pub checks: Vec<Check>,
    /// Every setting, its value, and where it came from.
    pub settings: Vec<SettingFound>,
    /// The way to the gateway and to the issuer. Empty where the settings do not name them.
    pub network: Vec<EndpointReport>,
    /// What waits on this computer in this account. None where there is no store, or it could not be looked into.
    pub queue: Option<StoreHolds>,
}

/// What all of it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All well.
    Works,
    /// It works, and somebody should look at something.
    WorksWithWarnings,
    /// Something keeps RA Desk from working.
    DoesNotWork,
}

impl Verdict {
    /// The process's exit code.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Works => 0,
            Self::DoesNotWork => 1,
            Self::WorksWithWarnings => 3,
        }
    }

    /// What the checks come to.
    pub fn of(checks: &[Check]) -> Self {
        if checks.iter().any(|check| check.state == State::Bad) {
            Self::DoesNotWork
        } else if checks.iter().any(|check| check.state == State::Warning) {
            Self::WorksWithWarnings
        } else {
            Self::Works
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct Check {
    /// Its name, which stays the same from version to version.
    pub check: &'static str,
    /// How it is.
    pub state: State,
    /// What was found, in words.
    pub found: String,
    /// What to do about it, where something is to be done.
    pub next: Option<String>,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// It works, and somebody should look at it.
    Warning,
    /// It keeps RA Desk from working.
    Bad,
    /// It could not be looked at.
    NotChecked,
}

/// One setting as it was found.
#[derive(Debug, Serialize)]
pub struct SettingFound {
    /// Its name.
    pub name: &'static str,
    /// Its value. None: nobody set it.
    pub value: Option<String>,
    /// The layer it came from.
    pub from: &'static str,
    /// The file or registry key it came from.
    pub place: String,
}

impl Check {
    /// Something is as it should be.
    pub fn good(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Good, found: found.into(), next: None }
    }

    /// Something could not be looked at.
    pub fn not_checked(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::NotChecked, found: found.into(), next: None }
    }

    /// Somebody should look at something.
    pub fn warning(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, state: State::Warning, found: found.into(), next: Some(next.into()) }
    }

    /// Something keeps RA Desk from working.
    pub fn bad(check: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self { check, state: State::Bad, found: found.into(), next: Some(next.into()) }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "RA Desk {} on {}, {}", self.version, self.system, self.made_at)?;
        if self.practice {
            writeln!(f, "This is the build for practice.")?;
        }
        writeln!(f)?;
        for check in &self.checks {
            let mark = match check.state {
                State::Good => "ok      ",
                State::Warning => "WARNING ",
                State::Bad => "PROBLEM ",
                State::NotChecked => "-       ",
            };
            writeln!(f, "{mark}{:<14}{}", check.check, check.found)?;
            if let Some(next) = &check.next {
                writeln!(f, "{:22}→ {next}", "")?;
            }
        }
        writeln!(f, "\nSettings")?;
        for setting in &self.settings {
            let Some(value) = &setting.value else {
                writeln!(f, "  {:<20}not set", setting.name)?;
                continue;
            };
            write!(f, "  {:<20}{value}  ({}", setting.name, setting.from)?;
            if !setting.place.is_empty() {
                write!(f, ", {}", setting.place)?;
            }
            writeln!(f, ")")?;
        }
        let verdict = match self.verdict {
            Verdict::Works => "All well.",
            Verdict::WorksWithWarnings => "RA Desk works on this computer. Somebody should look at the warnings.",
            Verdict::DoesNotWork => "RA Desk does not work on this computer until the problems are solved.",
        };
        writeln!(f, "\n{verdict}")
    }
}
