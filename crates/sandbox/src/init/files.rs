//! Files that are written whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use super::InitError;

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// Only the person who runs the sandbox: mode 0600.
    Private,
    /// Whoever the folder lets in.
    Public,
}
pub(super) use Readers::{Private, Public};

/// Writes a file unless it is there. What is there is whole, because it only gets its name once it is on disk.
pub(super) fn write_missing(
    dir: &Path,
    name: &str,
    readers: Readers,
    text: impl FnOnce() -> Result<String, InitError>,
) -> Result<(), InitError> {
    let path = dir.join(name);
    if path.exists() {
        return Ok(());
    }
    let text = text()?;
    let part = dir.join(format!(".{name}.part"));
    write_whole(&part, &path, readers, text.as_bytes()).map_err(|source| InitError::File { path, source })
}

fn write_whole(part: &Path, path: &Path, readers: Readers, bytes: &[u8]) -> io::Result<()> {
    // Of an earlier attempt that was cut short.
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if readers == Private {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    // Elsewhere the folder's own rights decide.
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = options.open(part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(part, path)
}

/// Reads a text file.
pub(crate) fn read_text(path: &Path) -> Result<String, InitError> {
    fs::read_to_string(path).map_err(|source| InitError::File { path: path.to_owned(), source })
}
