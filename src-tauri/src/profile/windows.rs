//! Which kind of profile Windows signed the person in with, and what kind of disk the data folder lies on.

use std::path::{Component, Path, Prefix};

use desk::{NotKept, Persistence};
use windows::Win32::Storage::FileSystem::GetDriveTypeW;
use windows::Win32::System::Registry::{HKEY, HKEY_LOCAL_MACHINE, RRF_RT_REG_DWORD, RegGetValueW};
use windows::Win32::UI::Shell::GetProfileType;
use windows::core::HSTRING;

/// Flags of `userenv.h`.
const PT_TEMPORARY: u32 = 1;
const PT_ROAMING: u32 = 2;
const PT_MANDATORY: u32 = 4;
/// `DRIVE_REMOTE` and `DRIVE_RAMDISK` of `fileapi.h`.
const DRIVE_REMOTE: u32 = 4;
const DRIVE_RAMDISK: u32 = 6;
/// What Windows does with the copies of roaming profiles: 1 deletes them at sign-out.
const DELETE_ROAMING: (&str, &str) = (r"SOFTWARE\Policies\Microsoft\Windows\System", "DeleteRoamingCache");
/// The driver of the Unified Write Filter. It starts with the computer (0) where the filter is installed.
const WRITE_FILTER: (&str, &str) = (r"SYSTEM\CurrentControlSet\Services\uwfvol", "Start");

/// What becomes of what is written into a folder.
pub fn persistence(folder: &Path) -> Persistence {
    let deletes_roaming = || number(HKEY_LOCAL_MACHINE, DELETE_ROAMING) == Some(1);
    let found = of_profile(profile_type(), deletes_roaming).or_else(|| of_folder(folder)).or_else(of_filter);
    found.map_or(Persistence::Kept, Persistence::NotKept)
}

/// By the flags of the profile.
fn of_profile(flags: u32, deletes_roaming: impl FnOnce() -> bool) -> Option<NotKept> {
    if flags & PT_TEMPORARY != 0 {
        return Some(NotKept::TemporaryProfile);
    }
    if flags & PT_MANDATORY != 0 {
        return Some(NotKept::MandatoryProfile);
    }
    // `%LOCALAPPDATA%` does not roam; but it goes with the copy where that is deleted.
    (flags & PT_ROAMING != 0 && deletes_roaming()).then_some(NotKept::RoamingCopyDeleted)
}

fn of_folder(folder: &Path) -> Option<NotKept> {
    let Some(Component::Prefix(prefix)) = folder.components().next() else { return None };
    match prefix.kind() {
        Prefix::UNC(..) | Prefix::VerbatimUNC(..) => Some(NotKept::NetworkFolder),
        Prefix::Disk(letter) | Prefix::VerbatimDisk(letter) => {
            let root = HSTRING::from(format!("{}:\\", char::from(letter)));
            // SAFETY: the text lives until the call has returned.
            #[expect(unsafe_code, reason = "Windows tells by its own functions")]
            let kind = unsafe { GetDriveTypeW(&root) };
            match kind {
                DRIVE_REMOTE => Some(NotKept::NetworkFolder),
                DRIVE_RAMDISK => Some(NotKept::MemoryDisk),
                _ => None,
            }
        }
        _ => None,
    }
}

/// By the write filter. Whether it is on in this session only its WMI classes tell, which ask for an administrator. So
/// where it is installed it is taken to be on: a registration that is refused is made again, one that is forgotten is
/// not.
fn of_filter() -> Option<NotKept> {
    (number(HKEY_LOCAL_MACHINE, WRITE_FILTER) == Some(0)).then_some(NotKept::WriteFilter)
}

fn profile_type() -> u32 {
    let mut flags = 0;
    // SAFETY: Windows writes one number to a place that lives until the call has returned.
    #[expect(unsafe_code, reason = "Windows tells by its own functions")]
    let told = unsafe { GetProfileType(&mut flags) };
    if told.is_ok() { flags } else { 0 }
}

/// A number in the registry.
fn number(hive: HKEY, (key, value): (&str, &str)) -> Option<u32> {
    let (key, value) = (HSTRING::from(key), HSTRING::from(value));
    let (mut found, mut length) = (0_u32, 4_u32);
    // SAFETY: Windows writes at most four bytes to a place of four, which lives until the call has returned.
    #[expect(unsafe_code, reason = "Windows tells by its own functions")]
    let told = unsafe {
        RegGetValueW(
            hive,
            &key,
            &value,
            RRF_RT_REG_DWORD,
            None,
            Some(std::ptr::from_mut(&mut found).cast()),
            Some(&mut length),
        )
    };
    told.is_ok().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flags_of_a_profile_are_told_apart() {
        let (keeps, deletes) = (|| false, || true);
        assert_eq!(of_profile(0, deletes), None);
        assert_eq!(of_profile(PT_TEMPORARY, keeps), Some(NotKept::TemporaryProfile));
        assert_eq!(of_profile(PT_MANDATORY | PT_ROAMING, keeps), Some(NotKept::MandatoryProfile));
        assert_eq!(of_profile(PT_ROAMING, keeps), None);
        assert_eq!(of_profile(PT_ROAMING, deletes), Some(NotKept::RoamingCopyDeleted));
        assert_eq!(of_folder(Path::new(r"\\server\homes\a")), Some(NotKept::NetworkFolder));
        assert_eq!(of_folder(Path::new(r"C:\Users\a")), None);
    }
}
