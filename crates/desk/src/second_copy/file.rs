//! The file of the second copy: where it stands, that it is the one that is meant, and bringing records onto its disk.
//!
//! The folder is never made. While a stick is away its place may be an empty folder on the first disk, and a copy there
//! would be none; so a folder on the store's own disk is refused too. Nothing that was written is ever cut off or
//! written over; a file is removed only when all of it is settled.

use std::cmp::Ordering;
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

/// How a file stands in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// There is none of that name.
    Not,
    /// Another is in its place, or it was cut off.
    Spoilt,
    /// It is the one, and as long as is known.
    AsKnown,
    /// It is the one, and longer than is known.
    Longer,
}

/// How the file stands there, compared with what is known of it.
pub(super) fn stands(folder: &Path, file: &CopyFile) -> Result<Stands, NoSecondCopy> {
    let mut found = match File::open(path(folder, file)) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Stands::Not),
        Err(error) => return Err(of_error(&error)),
    };
    let length = found.metadata().map_err(|error| of_error(&error))?.len();
    if length < file.length.max(SEALED_HEAD as u64) {
        return Ok(Stands::Spoilt);
    }
    let mut head = [0; SEALED_HEAD];
    found.read_exact(&mut head).map_err(|error| of_error(&error))?;
    Ok(match length.cmp(&file.length) {
        _ if Some(head) != head_of(file) => Stands::Spoilt,
        Ordering::Greater => Stands::Longer,
        _ => Stands::AsKnown,
    })
}

/// Removes a file if it is just as it was when it was last written. Says how it stood.
pub(super) fn remove(folder: &Path, file: &CopyFile) -> Result<Stands, NoSecondCopy> {
    let stood = stands(folder, file)?;
    if stood == Stands::AsKnown {
        let removed = std::fs::remove_file(path(folder, file)).and_then(|()| sync(folder));
        removed.map_err(|error| of_error(&error))?;
    }
    Ok(stood)
}

fn sync(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Begins a file that is not there yet.
pub(super) fn begin(folder: &Path, file: &CopyFile) -> Result<(), NoSecondCopy> {
    let head = head_of(file).ok_or(NoSecondCopy::NotWritable)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut made = options.open(path(folder, file)).map_err(|error| of_error(&error))?;
    let written = made.write_all(&head).and_then(|()| made.sync_all()).and_then(|()| sync(folder));
    written.map_err(|error| {
        // Nothing stands in it yet, and its name is to be taken again.
        drop(made);
        _ = std::fs::remove_file(path(folder, file));
        of_error(&error)
    })
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
        // Of the last: begun before and not to be removed.
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::AlreadyExists => {
            NoSecondCopy::NotWritable
        }
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
        CopyFile::new("0123456789abcdef0123456789abcdef".into())
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
        assert_eq!(stands(folder.path(), &copy()), Ok(Stands::Not));
        begin(folder.path(), &copy()).unwrap();
        assert!(begin(folder.path(), &copy()).is_err(), "what is there is never begun anew");
        let length = append(folder.path(), &copy(), &[vec![1; 10], vec![2; 5]]).unwrap();
        assert_eq!(length, 47);
        assert_eq!(stands(folder.path(), &CopyFile { length, ..copy() }), Ok(Stands::AsKnown));
        assert_eq!(stands(folder.path(), &copy()), Ok(Stands::Longer));
        assert_eq!(stands(folder.path(), &CopyFile { length: 48, ..copy() }), Ok(Stands::Spoilt), "it was cut off");
        let other = CopyFile { name: "f".repeat(32), ..copy() };
        std::fs::rename(path(folder.path(), &copy()), path(folder.path(), &other)).unwrap();
        let other = CopyFile { length, ..other };
        assert_eq!(stands(folder.path(), &other), Ok(Stands::Spoilt), "another one was put in its place");
        assert_eq!(remove(folder.path(), &other), Ok(Stands::Spoilt));
        std::fs::rename(path(folder.path(), &other), path(folder.path(), &copy())).unwrap();
        assert_eq!(remove(folder.path(), &copy()), Ok(Stands::Longer), "somebody wrote on in it");
        assert!(path(folder.path(), &copy()).exists(), "nothing is removed but what is as it was left");
        assert_eq!(remove(folder.path(), &CopyFile { length, ..copy() }), Ok(Stands::AsKnown));
        assert_eq!(remove(folder.path(), &CopyFile { length, ..copy() }), Ok(Stands::Not));
    }
}
