//! What is looked at on this computer.

use std::path::Path;

use desk::{KeyStore, KeyStoreError, NoSecondCopy, NotKept, OpenError, Persistence, Recovery, StoreHolds};
use jiff::Timestamp;
use settings::{Effect, Layer, Resolution};

use super::report::Check;
use crate::event_log::OLD_DAYS;

/// Too little to go on for long: warn.
const LITTLE_SPACE: u64 = 500 * 1024 * 1024;
/// Too little to go on: nothing could be recorded soon.
const NO_SPACE: u64 = 20 * 1024 * 1024;

/// The web view that shows the pages.
pub fn web_view() -> Check {
    let (name, next) = if cfg!(windows) {
        ("WebView2", "Install the WebView2 Evergreen Runtime (see docs/deployment.md).")
    } else {
        ("WebKitGTK", "Install the package libwebkit2gtk-4.1-0.")
    };
    match tauri::webview_version() {
        Ok(version) => Check::good("web_view", format!("{name} {version}")),
        Err(_) => Check::bad("web_view", format!("{name} is not on this computer"), next),
    }
}

/// The folder of the second copy, where there is to be one.
pub fn second_copy(folder: &Path, data_dir: &Path) -> Check {
    second_disk(desk::second_copy_folder(folder, data_dir))
}

fn second_disk(found: Result<(), NoSecondCopy>) -> Check {
    let name = "second_copy";
    match found {
        Ok(()) => Check::good(name, "its folder is there"),
        Err(NoSecondCopy::SameDisk) => Check::warning(
            name,
            "its folder is on the same disk as the store, so there is no second copy",
            "Set second_copy_folder to a folder on another disk.",
        ),
        Err(NoSecondCopy::Away) => Check::warning(
            name,
            "its folder is not there, so what is recorded has no second copy",
            "Put the USB stick or disk in, and make the folder on it if it has none.",
        ),
        Err(NoSecondCopy::NotWritable) => Check::warning(
            name,
            "its folder cannot be opened, so what is recorded has no second copy",
            "Let the people who use RA Desk read and write that folder.",
        ),
        // Only looking for a folder finds nothing else; whatever it is, it is no copy.
        Err(_) => Check::warning(
            name,
            "its folder cannot be used, so what is recorded has no second copy",
            "Look at the disk that second_copy_folder is on, or set another.",
        ),
    }
}

/// What is set, and what is set wrongly.
pub fn settings(resolution: &Resolution) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for layer in resolution.unreadable() {
        let next = "Mend the file or the registry key.";
        checks.push(match layer.layer {
            // RA Desk starts without what a user wrote.
            Layer::User => Check::warning("settings", layer.to_string(), next),
            _ => Check::bad("settings", layer.to_string(), next),
        });
    }
    for fault in resolution.faults() {
        let next = "Correct the value where it is set.";
        checks.push(match fault.effect {
            Effect::Refused => Check::bad("settings", fault.message(), next),
            _ => Check::warning("settings", fault.message(), next),
        });
    }
    let missing: Vec<_> = resolution.missing().map(|key| key.name).collect();
    if !missing.is_empty() {
        let found = format!("not set: {}", missing.join(", "));
        checks.push(Check::bad("settings", found, "Set these by policy or by the installer."));
    }
    match resolution.desk() {
        Ok(_) if checks.is_empty() => checks.push(Check::good("settings", "complete and in range")),
        // What no key by itself shows: trust without its file, for instance.
        Err(error) if !checks.iter().any(|check| check.found.contains(error.key)) => {
            checks.push(Check::bad("settings", error.to_string(), "Set it by policy or by the installer."));
        }
        _ => {}
    }
    checks
}

/// The operating system's key store.
pub fn key_store(keys: &dyn KeyStore) -> Check {
    match desk::store_key_is_there(keys) {
        Ok(true) => Check::good("key_store", "opens, and holds the key of this account's store"),
        Ok(false) => Check::good("key_store", "opens; it gets a key when RA Desk first starts in this account"),
        Err(error) => {
            let next = match error {
                KeyStoreError::Locked => "Unlock it, or sign out of this computer and in again.",
                _ if cfg!(windows) => "Start the service Credential Manager (VaultSvc), and allow storing credentials.",
                _ => "Start a Secret Service, for instance gnome-keyring, in the user's session.",
            };
            Check::bad("key_store", error.to_string(), next)
        }
    }
}

/// Where data is kept.
pub fn data_folder(folder: Option<&Path>, shown: &str) -> Check {
    let Some(folder) = folder else {
        return Check::bad("data_folder", "this account has no home folder", "Give the account a local profile.");
    };
    let nearest = folder.ancestors().find(|folder| folder.is_dir());
    let writable = nearest.is_some_and(|folder| tempfile::tempfile_in(folder).is_ok());
    if writable {
        Check::good("data_folder", shown)
    } else {
        Check::bad("data_folder", format!("{shown} cannot be written"), "Let this account write there.")
    }
}

/// Whether data stays there.
pub fn profile(persistence: Persistence) -> Check {
    match persistence {
        Persistence::Kept => Check::good("profile", "nothing says that what is recorded here is thrown away"),
        Persistence::NotKept(why) => {
            let next = match why {
                NotKept::BySetting => "Nothing is recorded here without a network, as it is set.",
                _ => {
                    "RA Desk registers here only while the gateway answers. Give the account a local, lasting profile to record offline."
                }
            };
            Check::warning("profile", why.to_string(), next)
        }
    }
}

/// Room on the disk.
pub fn disk_space(folder: &Path) -> Check {
    let Some(nearest) = folder.ancestors().find(|folder| folder.is_dir()) else {
        return Check::not_checked("disk_space", "the data folder's disk is not there");
    };
    let Ok(free) = fs4::available_space(nearest) else {
        return Check::not_checked("disk_space", "the disk does not say how much is free");
    };
    let found = format!("{} MB free", free / (1024 * 1024));
    if free < NO_SPACE {
        Check::bad("disk_space", found, "Free some space: nothing can be recorded on a full disk.")
    } else if free < LITTLE_SPACE {
        Check::warning("disk_space", found, "Free some space.")
    } else {
        Check::good("disk_space", found)
    }
}

/// What waits in the store.
pub fn store(held: &Result<Option<StoreHolds>, OpenError>, now: Timestamp) -> Check {
    match held {
        Ok(None) => Check::good("store", "there is none yet in this account"),
        Ok(Some(held)) => {
            let found = format!(
                "{} to be sent, {} need attention, {} wait for their user, {} drafts",
                held.unsent, held.attention, held.waiting, held.drafts
            );
            match held.oldest_unsent {
                Some(oldest) if now.duration_since(oldest).as_hours() > OLD_DAYS * 24 => Check::warning(
                    "store",
                    format!("{found}; the oldest was recorded on {}", oldest.strftime("%-d %B %Y")),
                    "Ask the RA user who recorded them to sign in here and send them.",
                ),
                _ => Check::good("store", found),
            }
        }
        Err(OpenError::InUse) => Check::not_checked("store", "RA Desk is running and has it open"),
        Err(error) => Check::bad(
            "store",
            error.to_string(),
            "Delete nothing: what waits may still be recovered. See 'When the store does not open' in docs/deployment.md.",
        ),
    }
}

/// Each time the store was found damaged or gone.
pub fn recoveries(recoveries: &[Recovery]) -> Vec<Check> {
    let told = recoveries.iter().map(|recovery| {
        let day = recovery.found_at.strftime("%-d %B %Y");
        let Some(set_aside) = &recovery.set_aside else {
            let found = format!("the store was gone on {day}, and a new one was begun; what was in it is not known");
            let next = "Find out who or what removed it. Have the RA users compare with their notes.";
            return Check::warning("store_recovered", found, next);
        };
        let at_least = if recovery.lost_is_all { "" } else { "at least " };
        let found = format!(
            "the store was damaged on {day}: {} registrations were recovered, {at_least}{} could not be read; the damaged file {} in {set_aside}",
            recovery.recovered,
            recovery.lost,
            if recovery.deleted_at.is_some() { "is deleted; it was" } else { "is" }
        );
        let next = if recovery.deleted_at.is_some() {
            "Look at the disk, if nobody has."
        } else {
            "Keep that folder, look at the disk, and have the RA users compare with their notes."
        };
        Check::warning("store_recovered", found, next)
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::report::State;
    use settings::RawLayer;

    fn resolution(text: &str) -> Resolution {
        Resolution::of_machine([RawLayer::from_toml(Layer::Policy, "policy", text)])
    }

    fn states(text: &str) -> Vec<State> {
        settings(&resolution(text)).iter().map(|check| check.state).collect()
    }

    const WHOLE: &str = "gateway_url = \"https://a.example\"\nissuer_url = \"https://b.example\"\nclient_id = \"c\"\n";

    #[test]
    fn settings_are_judged_by_what_follows_from_them() {
        assert_eq!(states(WHOLE), [State::Good]);
        assert_eq!(states(&format!("{WHOLE}idle_minutes = 99")), [State::Warning]);
        assert_eq!(states(&format!("{WHOLE}trust = \"nobody\"")), [State::Bad]);
        assert_eq!(states(&format!("{WHOLE}trust = \"only\"")), [State::Bad], "its file is missing");
        let nothing = settings(&resolution(""));
        assert_eq!(nothing.len(), 1, "all that is missing in one line: {nothing:?}");
        assert!(["gateway_url", "issuer_url", "client_id"].iter().all(|key| nothing[0].found.contains(key)));
        assert!(states("gateway_url = ").contains(&State::Bad), "a file that cannot be read");
        let user = RawLayer::from_toml(Layer::User, "user", "zoom_percent = ");
        let both = Resolution::of_machine([RawLayer::from_toml(Layer::Policy, "policy", WHOLE), user]);
        let states: Vec<State> = settings(&both).iter().map(|check| check.state).collect();
        assert_eq!(states, [State::Warning], "what a user wrote stops nothing");
    }

    #[test]
    fn only_a_disk_that_is_away_is_to_be_put_in() {
        let put_in = |found| second_disk(found).next.is_some_and(|next| next.starts_with("Put the USB stick"));
        assert!(put_in(Err(NoSecondCopy::Away)));
        for why in [NoSecondCopy::SameDisk, NoSecondCopy::NotWritable, NoSecondCopy::Full, NoSecondCopy::Slow] {
            let check = second_disk(Err(why));
            assert_eq!((check.state, put_in(Err(why))), (State::Warning, false), "{why:?}");
            assert!(!check.found.contains("not there"), "{why:?}");
        }
        assert_eq!(second_disk(Ok(())).state, State::Good);
    }

    #[test]
    fn what_waits_for_long_is_told() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let held = |oldest: Option<&str>| {
            let oldest_unsent = oldest.map(|at| at.parse().unwrap());
            Ok(Some(StoreHolds { unsent: 1, attention: 0, waiting: 0, drafts: 0, oldest_unsent }))
        };
        assert_eq!(store(&Ok(None), now).state, State::Good);
        assert_eq!(store(&held(None), now).state, State::Good);
        assert_eq!(store(&held(Some("2026-11-20T12:00:00Z")), now).state, State::Good);
        assert_eq!(store(&held(Some("2026-11-10T12:00:00Z")), now).state, State::Warning);
        assert_eq!(store(&Err(OpenError::InUse), now).state, State::NotChecked);
        assert_eq!(store(&Err(OpenError::WrongKey), now).state, State::Bad);
    }

    #[test]
    fn a_store_that_was_damaged_is_told_in_numbers() {
        let recovery = Recovery {
            found_at: "2026-11-20T12:00:00Z".parse().unwrap(),
            set_aside: Some("set-aside-2026-11-20T120000Z".into()),
            recovered: 48,
            to_send: 3,
            lost: 2,
            lost_is_all: false,
            drafts: 1,
            audit_rows: 9,
            audit_goes_on: false,
            acknowledged_at: None,
            read_by: Vec::new(),
            concerns: Vec::new(),
            deleted_at: None,
        };
        let gone = Recovery { set_aside: None, ..recovery.clone() };
        let later = Recovery { deleted_at: Some(recovery.found_at), ..recovery.clone() };
        let later = &recoveries(&[later])[0];
        assert!(later.found.contains("is deleted") && !later.next.as_ref().unwrap().contains("folder"), "{later:?}");
        let told = recoveries(&[recovery, gone]);
        assert_eq!((told.len(), told[0].state, told[1].state), (2, State::Warning, State::Warning));
        assert!(
            told[1].found.contains("gone on 20 November 2026") && !told[1].found.contains("48"),
            "{}",
            told[1].found
        );
        for word in ["20 November 2026", "48 registrations", "at least 2", "set-aside-2026-11-20T120000Z"] {
            assert!(told[0].found.contains(word), "{word}: {}", told[0].found);
        }
        assert!(recoveries(&[]).is_empty());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(data_folder(Some(&folder.path().join("new")), "x").state, State::Good);
        assert_eq!(data_folder(None, "").state, State::Bad);
        assert_eq!(profile(Persistence::NotKept(NotKept::MemoryDisk)).state, State::Warning);
        assert_ne!(disk_space(folder.path()).state, State::NotChecked);
    }
}
