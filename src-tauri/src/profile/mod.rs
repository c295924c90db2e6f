//! Whether what is written into the data folder is still there tomorrow, and whether it is this account's alone.
//!
//! Shared computers have profiles that are thrown away at sign-out, disks that forget at a restart, and homes that lie
//! on a server. There nothing may be recorded to be sent later; `desk` refuses it with the reason found here.

mod folder;
#[cfg(unix)]
mod mounts;
#[cfg(windows)]
mod windows;

use std::path::Path;

use desk::Persistence;

pub use folder::{Closed, close_to_others};

/// What becomes of what is written into the data folder.
pub fn persistence(data_dir: &Path) -> Persistence {
    #[cfg(feature = "practice")]
    return practice(data_dir);
    #[cfg(not(feature = "practice"))]
    found(data_dir)
}

/// In practice a folder in memory or in a container is as good as any: only what is asked for is volatile.
#[cfg(feature = "practice")]
fn practice(data_dir: &Path) -> Persistence {
    use desk::NotKept;
    let wanted = std::env::var("RA_DESK_PROFILE").unwrap_or_default();
    Persistence::NotKept(match wanted.as_str() {
        "found" => return found(data_dir),
        "temporary" => NotKept::TemporaryProfile,
        "mandatory" => NotKept::MandatoryProfile,
        "roaming" => NotKept::RoamingCopyDeleted,
        "filtered" => NotKept::WriteFilter,
        "volatile" => NotKept::MemoryDisk,
        "network" => NotKept::NetworkFolder,
        _ => return Persistence::Kept,
    })
}

#[cfg(unix)]
fn found(data_dir: &Path) -> Persistence {
    // Where mounts cannot be read, nothing speaks against the disk.
    std::fs::read_to_string("/proc/self/mountinfo")
        .map_or(Persistence::Kept, |mounts| mounts::persistence(&mounts, &existing(data_dir)))
}

#[cfg(windows)]
fn found(data_dir: &Path) -> Persistence {
    windows::persistence(data_dir)
}

/// The folder, or the nearest one above it that is there, as it really lies.
#[cfg(unix)]
fn existing(folder: &Path) -> std::path::PathBuf {
    folder.ancestors().find_map(|folder| folder.canonicalize().ok()).unwrap_or_else(|| "/".into())
}
