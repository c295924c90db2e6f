//! The file of the second copy: where it stands, that it is the one that is meant, and bringing records onto its disk.
//!
//! The folder is never made. While a stick is away its place may be an empty folder on the first disk, and a copy there
//! would be none; so a folder on the store's own disk is refused too. Nothing that was written is ever cut off or
//! written over.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use contract::{SEALED_HEAD, sealed_head};

use super::NoSecondCopy;
use crate::store::second_copy::CopyFile;

/// Where a file of that name stands.
fn path(folder: &Path, file: &CopyFile) -> PathBuf {
    folder.join(format!("ra-desk-{}.copy", file.name))
}

/// Whether the folder is there and on another disk than the store.
pub(super) fn check_folder(folder: &Path, data: &Path) -> Result<(), NoSecondCopy> {
    match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => {}
        Ok(_) => return Err(NoSecondCopy::Away),
        Err(error) => return Err(of_error(&error)),
    }
    // In practice and in tests there is one disk.
    if !cfg!(any(test, feature = "practice")) && is_same_disk(folder, data) {
        return Err(NoSecondCopy::SameDisk);
    }
    Ok(())
}

/// Whether the file is there as far as it is known: the same one, and no shorter.
pub(super) fn is_there(folder: &Path, file: &CopyFile) -> Result<bool, NoSecondCopy> {
    let mut found = match File::open(path(folder, file)) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(of_error(&error)),
    };
    if found.metadata().map_err(|error| of_error(&error))?.len() < file.length {
        return Ok(false);
    }
    let mut head = [0; SEALED_HEAD];
    match found.read_exact(&mut head) {
        Ok(()) => Ok(Some(head) == head_of(file)),
        Err(error) => Err(of_error(&error)),
    }
}

/// Begins a file that is not there yet.
pub(super) fn begin(folder: &Path, file: &CopyFile) -> Result<(), NoSecondCopy> {
    let head = head_of(file).ok_or(NoSecondCopy::NotWritable)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = options.open(path(folder, file)).and_then(|mut made| {
        made.write_all(&head)?;
        made.sync_all()?;
        if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
    });
    made.map_err(|error| of_error(&error))
}

/// Appends records. When this is answered they are on the disk. Gives the length of the file then.
pub(super) fn append(folder: &Path, file: &CopyFile, records: &[Vec<u8>]) -> Result<u64, NoSecondCopy> {
    let appended = (|| {
        let mut open = OpenOptions::new().append(true).open(path(folder, file))?;
        open.write_all(&records.concat())?;
        open.sync_all()?;
        Ok(open.metadata()?.len())
    })();
    appended.map_err(|error: std::io::Error| of_error(&error))
}

fn head_of(file: &CopyFile) -> Option<[u8; SEALED_HEAD]> {
    let name = u128::from_str_radix(&file.name, 16).ok().filter(|_| file.name.len() == 32)?;
    Some(sealed_head(&name.to_be_bytes()))
}

fn of_error(error: &std::io::Error) -> NoSecondCopy {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => NoSecondCopy::Full,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => NoSecondCopy::NotWritable,
        // A stick that is pulled out answers in many ways.
        _ => NoSecondCopy::Away,
    }
}

#[cfg(unix)]
fn is_same_disk(folder: &Path, data: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let disk = |path: &Path| std::fs::metadata(path).ok().map(|found| found.dev());
    disk(folder) == disk(data)
}

#[cfg(windows)]
fn is_same_disk(folder: &Path, data: &Path) -> bool {
    use std::path::Component;
    let disk = |path: &Path| {
        let full = std::fs::canonicalize(path).ok()?;
        match full.components().next() {
            Some(Component::Prefix(prefix)) => Some(prefix.as_os_str().to_ascii_lowercase()),
            _ => None,
        }
    };
    disk(folder) == disk(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy() -> CopyFile {
        CopyFile { name: "0123456789abcdef0123456789abcdef".into(), length: 0, records: 0 }
    }

    #[test]
    fn a_folder_that_is_away_is_never_made_and_one_disk_is_no_second_one() {
        let folder = tempfile::tempdir().unwrap();
        let away = folder.path().join("stick");
        assert_eq!(check_folder(&away, folder.path()), Err(NoSecondCopy::Away));
        assert!(!away.exists());
        std::fs::write(&away, "no folder").unwrap();
        assert_eq!(check_folder(&away, folder.path()), Err(NoSecondCopy::Away));
        assert!(is_same_disk(folder.path(), folder.path()));
        #[cfg(target_os = "linux")]
        assert!(!is_same_disk(Path::new("/proc"), folder.path()));
    }

    #[test]
    fn only_the_file_that_is_meant_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(is_there(folder.path(), &copy()), Ok(false));
        begin(folder.path(), &copy()).unwrap();
        assert!(begin(folder.path(), &copy()).is_err(), "what is there is never begun anew");
        let length = append(folder.path(), &copy(), &[vec![1; 10], vec![2; 5]]).unwrap();
        assert_eq!(length, 47);
        assert_eq!(is_there(folder.path(), &CopyFile { length, ..copy() }), Ok(true));
        assert_eq!(is_there(folder.path(), &CopyFile { length: 48, ..copy() }), Ok(false), "it was cut off");
        let other = CopyFile { name: "f".repeat(32), ..copy() };
        std::fs::rename(path(folder.path(), &copy()), path(folder.path(), &other)).unwrap();
        assert_eq!(is_there(folder.path(), &other), Ok(false), "another one was put in its place");
    }
}
