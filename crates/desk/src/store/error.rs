//! Why the store did not do what it was asked.

use rusqlite::ErrorCode;

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
            rusqlite::Error::SqliteFailure(failure, _) if failure.code == ErrorCode::DiskFull => Self::DiskFull,
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
