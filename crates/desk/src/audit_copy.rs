//! A copy of the audit as a file, for whoever it is to be shown to.
//!
//! Deliberately absent: choosing the folder, which only the program around the desk knows.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::store::sync_folder;

/// How many copies of one second have a name of their own.
const MOST_NAMES: u32 = 100;

/// A copy that is whole and on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCopy {
    /// The file.
    pub path: PathBuf,
    /// How many rows are in it, those of earlier audits included.
    pub rows: u64,
    /// When the last of them was written; none where there is none, or where its time cannot be read.
    pub last_at: Option<Timestamp>,
}

/// Writes a copy into a folder that is there, under a name that nothing has yet. Where it fails nothing new is left
/// behind. Killed in between, what has the name of a copy is empty or whole; what this gives is there after a power cut
/// too. Waits for the disk.
pub(crate) fn write(folder: &Path, now: Timestamp, text: &[u8]) -> std::io::Result<PathBuf> {
    write_and_sync(folder, now, text, sync_folder)
}

fn write_and_sync(
    folder: &Path,
    now: Timestamp,
    text: &[u8],
    sync: impl Fn(&Path) -> std::io::Result<()>,
) -> std::io::Result<PathBuf> {
    let stamp = now.strftime("%Y-%m-%dT%H%M%SZ");
    for count in 1..=MOST_NAMES {
        let more = if count == 1 { String::new() } else { format!("-{count}") };
        let path = folder.join(format!("ra-desk-audit-{stamp}{more}.csv"));
        match new_file(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            taken => drop(taken?),
        }
        let unfinished = path.with_extension("csv.part");
        let written = new_file(&unfinished).and_then(|mut file| {
            let written = file.write_all(text).and_then(|()| file.sync_all());
            drop(file);
            let moved = written.and_then(|()| std::fs::rename(&unfinished, &path));
            if moved.is_err() {
                _ = std::fs::remove_file(&unfinished);
            }
            moved
        });
        return match written.and_then(|()| lasting(sync(folder))) {
            Ok(()) => Ok(path),
            Err(error) => {
                _ = std::fs::remove_file(&path);
                Err(error)
            }
        };
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Folders of other computers cannot be synced, and their files are whole when they are closed.
fn lasting(synced: std::io::Result<()>) -> std::io::Result<()> {
    synced.or_else(|error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::Unsupported => Ok(()),
        _ => Err(error),
    })
}

/// Nobody else on the computer reads it, and nothing that is there is written over.
fn new_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOW;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_written_over_and_nothing_is_left_of_what_failed() {
        let folder = tempfile::tempdir().unwrap();
        let first = write(folder.path(), NOW, b"first").unwrap();
        let second = write(folder.path(), NOW, b"second").unwrap();
        assert_eq!(
            names(folder.path()),
            ["ra-desk-audit-2026-01-01T090000Z-2.csv", "ra-desk-audit-2026-01-01T090000Z.csv"]
        );
        assert_eq!(
            (std::fs::read(first).unwrap(), std::fs::read(second).unwrap()),
            (b"first".into(), b"second".into())
        );
        // Something of somebody else's has the name it is written under.
        std::fs::create_dir(folder.path().join("ra-desk-audit-2026-01-01T090000Z-3.csv.part")).unwrap();
        let before = names(folder.path());
        write(folder.path(), NOW, b"third").unwrap_err();
        assert_eq!(names(folder.path()), before);
        let missing = write(&folder.path().join("not there"), NOW, b"fourth").unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_copy_is_given_once_its_folder_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let seen = std::cell::RefCell::new(Vec::new());
        let see = |synced: &Path| {
            let name = "ra-desk-audit-2026-01-01T090000Z.csv";
            seen.borrow_mut().push((synced.to_owned(), names(synced), std::fs::read(synced.join(name)).unwrap()));
            Ok(())
        };
        let path = write_and_sync(folder.path(), NOW, b"whole", see).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(*seen.borrow(), [(folder.path().to_owned(), vec![name], b"whole".to_vec())]);
        // Where that fails there is no copy; where a folder has no such thing there is.
        let failed = write_and_sync(folder.path(), NOW, b"lost", |_| Err(ErrorKind::StorageFull.into())).unwrap_err();
        assert_eq!((failed.kind(), names(folder.path()).len()), (ErrorKind::StorageFull, 1));
        write_and_sync(folder.path(), NOW, b"elsewhere", |_| Err(ErrorKind::InvalidInput.into())).unwrap();
        assert_eq!(names(folder.path()).len(), 2);
    }
}
