//! Deleting damaged files that were set aside, once nobody needs them any more.
//!
//! They are looked for by the names that [`super::finish`] gave them, in the folder that the recovery names, and in no
//! other. Whatever else somebody put into that folder stays, and so does the folder then.

use std::io::ErrorKind;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::Connection;

use super::{FILES, is_free_name, note, recoveries};
use crate::store::StoreError;
use crate::store::audit::{self, Act};

/// Deletes what was set aside and is no longer kept, and writes that down. Killed in between, the files are gone, and the
/// next time writes it down. What cannot be deleted is tried again the next time.
pub(crate) fn forget_set_aside(conn: &Connection, folder: &Path, now: Timestamp) -> Result<(), StoreError> {
    for mut recovery in recoveries(conn)? {
        if recovery.kept_until().is_none_or(|until| now < until) {
            continue;
        }
        // A name is a folder beside the store, and no path to anywhere else.
        let Some(aside) = recovery.set_aside.as_deref().filter(|aside| is_free_name(aside)) else { continue };
        if let Err(error) = delete(&folder.join(aside)) {
            tracing::warn!(kind = %error.kind(), "damaged files that were set aside could not be deleted");
            continue;
        }
        audit::append_row(conn, now, Act::SetAsideDeleted.as_str(), Default::default(), ["", "", aside])?;
        recovery.deleted_at = Some(now);
        note(conn, &recovery)?;
    }
    Ok(())
}

/// Deletes the files of a store from a folder, and the folder if nothing else is in it.
fn delete(aside: &Path) -> std::io::Result<()> {
    match std::fs::symlink_metadata(aside) {
        Ok(found) if found.is_dir() => {}
        // A link leads to what is not RA Desk's.
        Ok(_) => return Err(ErrorKind::NotADirectory.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    for name in FILES {
        match std::fs::remove_file(aside.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match std::fs::remove_dir(aside) {
        Err(error) if error.kind() != ErrorKind::DirectoryNotEmpty => Err(error),
        _ => Ok(()),
    }
}
