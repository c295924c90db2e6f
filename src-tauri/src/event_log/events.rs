//! The list of events, with their numbers and words.

use desk::{Happened, OpenError};

/// The gateway refuses what is older than 14 days; a week before that somebody should know.
pub const OLD_DAYS: i64 = 7;

/// An event that the system's log is told of. Its number never changes its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityEvent {
    /// RA Desk was started.
    Started,
    /// RA Desk was stopped in an orderly way.
    Stopped,
    /// The settings are missing or wrong, so that RA Desk cannot be used.
    SettingsWrong(String),
    /// The key store cannot be used.
    KeyStoreRefused(String),
    /// The store cannot be opened.
    StoreRefused(String),
    /// The audit is not as it was written, as the store itself shows or the gateway.
    AuditBroken,
    /// Whoever answers in the gateway's place countersigns the audit with a key that is not known here.
    CountersigningKeyNotKnown,
    /// Somebody signed in.
    SignedIn,
    /// A session ended.
    SessionEnded(String),
    /// A sign-in was refused.
    SignInRefused(String),
    /// The kiosk's sign-in window was to show a page that it may not.
    SignInPageRefused,
    /// RA Desk was started as a kiosk.
    KioskStarted,
    /// An RA user left kiosk mode.
    KioskLeft,
    /// Somebody tried to close a kiosk.
    KioskCloseRefused,
    /// This computer forgets what is written: offline recording is refused.
    NotKept(String),
    /// Something was to be recorded without a connection, and was refused.
    OfflineRecordingRefused,
    /// Recorded registrations wait on this computer to be sent.
    WorkWaits {
        /// How many.
        unsent: u32,
        /// For how many whole days the oldest has waited.
        oldest_days: i64,
    },
    /// There is no second copy of what waits any more, or the next would have none.
    SecondCopyMissing {
        /// How many of what waits have none, or that it is not known.
        without: String,
        /// Why.
        why: String,
    },
    /// All that waits has a second copy again.
    SecondCopyWhole,
    /// The data folder was open to other accounts.
    FolderMended,
    /// The store was damaged: what could be read was saved into a new one.
    StoreRecovered {
        /// Registrations that are here again.
        recovered: u32,
        /// Registrations that could not be read.
        lost: u32,
        /// Whether that is all of them.
        lost_is_all: bool,
    },
}

/// How grave an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// As it should be.
    Information,
    /// Somebody should look at it.
    Warning,
    /// RA Desk cannot be used, or what it kept cannot be believed.
    Error,
}

impl SecurityEvent {
    /// Its number. Windows shows texts for 1 to 1000 without a library of our own.
    pub fn id(&self) -> u16 {
        match self {
            Self::Started => 100,
            Self::Stopped => 101,
            Self::SettingsWrong(_) => 110,
            Self::KeyStoreRefused(_) => 111,
            Self::StoreRefused(_) => 112,
            Self::FolderMended => 113,
            Self::SignedIn => 120,
            Self::SessionEnded(_) => 121,
            Self::SignInRefused(_) => 122,
            Self::SignInPageRefused => 123,
            Self::KioskStarted => 130,
            Self::KioskLeft => 131,
            Self::KioskCloseRefused => 132,
            Self::StoreRecovered { .. } => 114,
            Self::AuditBroken => 140,
            Self::CountersigningKeyNotKnown => 141,
            Self::NotKept(_) => 150,
            Self::OfflineRecordingRefused => 151,
            Self::WorkWaits { .. } => 160,
            Self::SecondCopyMissing { .. } => 170,
            Self::SecondCopyWhole => 171,
        }
    }

    /// How grave it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::WorkWaits { oldest_days, .. } if *oldest_days > OLD_DAYS => Severity::Warning,
            Self::Started
            | Self::Stopped
            | Self::WorkWaits { .. }
            | Self::SecondCopyWhole
            | Self::SignedIn
            | Self::SessionEnded(_)
            | Self::KioskStarted
            | Self::KioskLeft => Severity::Information,
            Self::SignInRefused(_)
            | Self::SignInPageRefused
            | Self::KioskCloseRefused
            | Self::NotKept(_)
            | Self::SecondCopyMissing { .. }
            | Self::OfflineRecordingRefused
            | Self::StoreRecovered { lost: 0, lost_is_all: true, .. }
            | Self::FolderMended => Severity::Warning,
            Self::SettingsWrong(_)
            | Self::KeyStoreRefused(_)
            | Self::StoreRefused(_)
            | Self::StoreRecovered { .. }
            | Self::CountersigningKeyNotKnown
            | Self::AuditBroken => Severity::Error,
        }
    }

    /// What is said.
    pub fn text(&self) -> String {
        match self {
            Self::Started => "RA Desk started.".into(),
            Self::Stopped => "RA Desk stopped.".into(),
            Self::SettingsWrong(why) => format!("RA Desk cannot be used: {why}."),
            Self::KeyStoreRefused(why) => format!("RA Desk cannot be used, and set nothing up: {why}."),
            Self::StoreRefused(why) => format!("RA Desk cannot be used, and changed nothing: {why}."),
            Self::FolderMended => {
                "RA Desk's data folder was open to other accounts. It is closed to them again.".into()
            }
            Self::StoreRecovered { recovered, lost, lost_is_all } => format!(
                "RA Desk's encrypted file was damaged. It was set aside, and what could be read was recovered: {recovered} registrations; {}{lost} could not be read. Do not delete the folder it was set aside in.",
                if *lost_is_all { "" } else { "at least " }
            ),
            Self::SignedIn => "An RA user signed in.".into(),
            Self::SessionEnded(how) => format!("An RA user's session ended: {how}."),
            Self::SignInRefused(why) => format!("A sign-in was refused: {why}."),
            Self::SignInPageRefused => {
                "The kiosk's sign-in window did not show a page of a site that is not allowed. The log files name the site."
                    .into()
            }
            Self::KioskStarted => "RA Desk started in kiosk mode.".into(),
            Self::KioskLeft => "An RA user left kiosk mode.".into(),
            Self::KioskCloseRefused => "Somebody tried to close RA Desk in kiosk mode. It stays open.".into(),
            Self::AuditBroken => {
                "RA Desk's audit on this computer is not as it was written. If RA Desk's file is an older copy or was gone, registrations recorded since may be missing here, and some that were sent may show as not sent. Keep the data folder as it is."
                    .into()
            }
            Self::CountersigningKeyNotKnown => {
                "The gateway countersigns RA Desk's audit with a key that is not known here, and does not show that it follows the one that is. Its word is not believed, and it is sent no more of the audit. If the key was not changed, somebody may be in the gateway's place."
                    .into()
            }
            Self::WorkWaits { unsent, oldest_days } => format!(
                "Registrations that wait on this computer to be sent: {unsent}. Days since the oldest was recorded: {oldest_days}."
            ),
            Self::SecondCopyMissing { without, why } => format!(
                "There is no second copy on this computer: {why}. Registrations that wait without one: {without}."
            ),
            Self::SecondCopyWhole => "The second copy on this computer is whole again.".into(),
            Self::NotKept(why) => format!("Registrations cannot be recorded offline on this computer: {why}."),
            Self::OfflineRecordingRefused => {
                "A registration was to be recorded without a connection. It was refused, and nothing was saved.".into()
            }
        }
    }

    /// When it is told.
    fn when(&self) -> &'static str {
        match self {
            Self::Started => "at each start",
            Self::Stopped => "at each orderly end; a start without one before it was a crash, a kill or a power cut",
            Self::SettingsWrong(_) => "at a start, with the setting's name",
            Self::KeyStoreRefused(_) => "at a start, when Credential Manager or the Secret Service cannot be used",
            Self::StoreRefused(_) => "at a start, when the encrypted file cannot be opened",
            Self::FolderMended => "at a start (Linux)",
            Self::StoreRecovered { .. } => {
                "at each start after it until somebody has read it; a warning where nothing was lost"
            }
            Self::SignedIn => "when somebody came back from the sign-in and said that it is them",
            Self::SessionEnded(_) => "with how: signed out, idle, 12 hours, or from elsewhere",
            Self::SignInRefused(_) => "when a check failed, the issuer said no, or a server did not answer",
            Self::SignInPageRefused => "in kiosk mode",
            Self::KioskStarted => "after 100, in kiosk mode",
            Self::KioskLeft => "before 101, with exit code 20",
            Self::KioskCloseRefused => "when Alt+F4 or the close button was used",
            Self::AuditBroken => "at a start, or when the gateway holds another",
            Self::CountersigningKeyNotKnown => {
                "once after a start, when the gateway is first asked or first gives its word"
            }
            Self::NotKept(_) => "at a start, with the reason",
            Self::WorkWaits { .. } => "at a start where there are any; a warning from the eighth day on",
            Self::SecondCopyMissing { .. } => "once, when the second copy goes missing or is not there at a start",
            Self::SecondCopyWhole => "once, after 170",
            Self::OfflineRecordingRefused => "where 150 was told at the start",
        }
    }

    /// One of each.
    fn all() -> Vec<Self> {
        let of = |text: &str| format!("*{text}*");
        vec![
            Self::Started,
            Self::Stopped,
            Self::SettingsWrong(of("setting and reason")),
            Self::KeyStoreRefused(of("reason")),
            Self::StoreRefused(of("reason")),
            Self::FolderMended,
            Self::StoreRecovered { recovered: 48, lost: 2, lost_is_all: false },
            Self::SignedIn,
            Self::SessionEnded(of("how")),
            Self::SignInRefused(of("reason")),
            Self::SignInPageRefused,
            Self::KioskStarted,
            Self::KioskLeft,
            Self::KioskCloseRefused,
            Self::AuditBroken,
            Self::CountersigningKeyNotKnown,
            Self::NotKept(of("reason")),
            Self::OfflineRecordingRefused,
            Self::WorkWaits { unsent: 3, oldest_days: 2 },
            Self::SecondCopyMissing { without: "2".into(), why: of("reason") },
            Self::SecondCopyWhole,
        ]
    }

    /// The event of a desk that could not be opened, if it is one of these.
    pub fn of_open_error(error: &OpenError) -> Self {
        let why = error.to_string();
        match error {
            OpenError::Settings(_) => Self::SettingsWrong(why),
            OpenError::KeyStoreMissing(_) | OpenError::KeyStoreLocked => Self::KeyStoreRefused(why),
            OpenError::KeyMissing
            | OpenError::WrongKey
            | OpenError::Damaged(_)
            | OpenError::Newer { .. }
            | OpenError::InUse
            | OpenError::FolderNotWritable(_)
            | OpenError::DiskFull => Self::StoreRefused(why),
        }
    }
}

impl From<Happened> for SecurityEvent {
    fn from(happened: Happened) -> Self {
        use contract::EndReason;
        match happened {
            Happened::SignedIn => Self::SignedIn,
            Happened::SignInRefused(error) => Self::SignInRefused(error.to_string()),
            Happened::SessionEnded(why) => Self::SessionEnded(
                match why {
                    EndReason::SignedOut => "signed out",
                    EndReason::Idle => "nothing was done for too long",
                    EndReason::TwelveHours => "it lasted 12 hours",
                    EndReason::EndedElsewhere => "it was ended from elsewhere",
                }
                .to_owned(),
            ),
            Happened::OfflineRecordingRefused => Self::OfflineRecordingRefused,
            Happened::AuditBroken => Self::AuditBroken,
            Happened::SecondCopyMissing { count, why } => Self::SecondCopyMissing {
                without: count.map_or_else(|| "not known".into(), |count| count.to_string()),
                why: why.to_string(),
            },
            Happened::SecondCopyWhole => Self::SecondCopyWhole,
            Happened::CountersigningKeyNotKnown => Self::CountersigningKeyNotKnown,
        }
    }
}

/// The events as a table for the IT desk, in Markdown.
pub fn table() -> String {
    let mut table = "| id | level | text | when |\n| --- | --- | --- | --- |\n".to_owned();
    let mut events = SecurityEvent::all();
    events.sort_by_key(SecurityEvent::id);
    for event in events {
        let level = match event.severity() {
            Severity::Information => "information",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        table.push_str(&format!("| {} | {level} | {} | {} |\n", event.id(), event.text(), event.when()));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_a_number_of_its_own_that_windows_can_show() {
        let mut ids: Vec<u16> = SecurityEvent::all().iter().map(SecurityEvent::id).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "two events have one number");
        assert!(ids.iter().all(|id| (1..=1000).contains(id)));
    }

    #[test]
    fn the_page_for_it_desks_is_fresh() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events.md");
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        let (before, after) = ("<!-- events -->\n", "<!-- /events -->");
        let parts = kept.split_once(before).and_then(|(head, rest)| Some((head, rest.split_once(after)?)));
        let (head, (shown, tail)) = parts.expect("docs/events.md has a place for the table");
        if std::env::var_os("RA_DESK_WRITE_TYPES").is_some() && shown != table() {
            std::fs::write(file, format!("{head}{before}{}{after}{tail}", table())).unwrap();
            return;
        }
        assert!(shown == table(), "docs/events.md is stale: run `cargo xtask types`");
    }
}
