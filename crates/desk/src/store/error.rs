//! Why the store did not do what it was asked.

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
    /// SQLite failed; the text is its own and holds no values.
    #[error("the store failed: {0}")]
    Failed(String),
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
}
