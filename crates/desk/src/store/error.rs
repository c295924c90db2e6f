//! Why the store did not do what it was asked.

use rusqlite::{ErrorCode, ffi};

use super::vault;

/// Why the store did not do what it was asked. Nothing was changed by the act that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// There is no such row.
    #[error("there is nothing of that name")]
    NotFound,
    /// The row is not in a state in which that can be done.
    #[error("it is not in a state in which that can be done")]
    WrongState,
    /// It is sealed by a vault that is closed. It is kept as it is.
    #[error("it is sealed by a vault that is closed")]
    Sealed,
    /// SQLite failed; the text is its result code and holds no values.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match &error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            error if is_full(error) => Self::DiskFull,
            error if vault::is_closed(error) => Self::Sealed,
            // The message may quote a value, the code cannot.
            rusqlite::Error::SqliteFailure(failure, _) => {
                Self::Failed(format!("SQLite {:?} ({})", failure.code, failure.extended_code))
            }
            rusqlite::Error::FromSqlConversionFailure(column, ..) | rusqlite::Error::InvalidColumnType(column, ..) => {
                Self::Failed(format!("column {column} cannot be read"))
            }
            _ => Self::Failed("SQLite was used wrongly".into()),
        }
    }
}

/// Whether there is no more room on the disk. SQLite calls it a failure of the disk where it is the journal's index
/// that does not fit.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|failure| {
        failure.code == ErrorCode::DiskFull || failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_as_one() {
        let of = |code| StoreError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        assert_eq!(of(ffi::SQLITE_FULL), StoreError::DiskFull);
        assert_eq!(of(ffi::SQLITE_IOERR_SHMSIZE), StoreError::DiskFull);
        assert!(matches!(of(ffi::SQLITE_IOERR_WRITE), StoreError::Failed(_)));
    }
}
