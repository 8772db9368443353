//! Errors of writing records in a format.

/// Why records cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// One is not as it was written.
    #[error("a record is not as it was written: {0}")]
    Record(#[from] serde_json::Error),
}
