//! The data folder is this account's alone.
//!
//! On Windows a folder under `%LOCALAPPDATA%` inherits that nobody but the person, the system and administrators may
//! open it, and RA Desk adds nothing to that. On Linux a folder is made for its owner alone; one that is open to
//! others is closed again, and one that belongs to somebody else is refused.

use std::path::Path;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is this account's alone, or is not there yet.
    AsItShould,
    /// It was open to others and is closed now. What lies in it was made for its owner alone.
    Mended,
}

/// Closes the data folder to other accounts. The error says why it cannot be used.
#[cfg(unix)]
pub fn close_to_others(folder: &Path) -> Result<Closed, String> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let meta = match std::fs::symlink_metadata(folder) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Closed::AsItShould),
        Err(error) => return Err(error.kind().to_string()),
    };
    if !meta.is_dir() {
        return Err("it is not a folder".into());
    }
    // What this process makes belongs to it: so the folder's owner is compared without asking the system who it is.
    let own = std::fs::metadata("/proc/self").map(|process| process.uid());
    if own.is_ok_and(|own| own != meta.uid()) {
        return Err("it belongs to another account".into());
    }
    if meta.permissions().mode() & 0o077 == 0 {
        return Ok(Closed::AsItShould);
    }
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
        .map_err(|error| error.kind().to_string())?;
    // Only writing could have changed what is in it.
    Ok(if meta.permissions().mode() & 0o022 == 0 { Closed::AsItShould } else { Closed::Mended })
}

/// Sees that the data folder is inside the person's own profile, where it inherits that others may not open it.
#[cfg(not(unix))]
pub fn close_to_others(folder: &Path) -> Result<Closed, String> {
    let profile = std::env::var_os("USERPROFILE").map(std::path::PathBuf::from);
    // In practice a test says where it lies.
    if cfg!(feature = "practice") || profile.is_some_and(|profile| folder.starts_with(profile)) {
        return Ok(Closed::AsItShould);
    }
    // A redirected folder: whoever redirected it says who may open it.
    tracing::warn!("the data folder is not in the profile of the person who is signed in");
    Ok(Closed::AsItShould)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_open_to_others_is_closed() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("data");
        assert_eq!(close_to_others(&folder), Ok(Closed::AsItShould), "it is not there yet");
        std::fs::create_dir(&folder).unwrap();
        for (mode, found) in [(0o700, Closed::AsItShould), (0o755, Closed::AsItShould), (0o777, Closed::Mended)] {
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(close_to_others(&folder), Ok(found), "{mode:o}");
            assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700, "{mode:o}");
        }
        let file = above.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(close_to_others(&file).is_err());
        let link = above.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(close_to_others(&link).is_err(), "a link leads where somebody else wants");
    }
}
