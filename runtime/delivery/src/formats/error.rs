//! Errors of writing records in a format.

/// Why records cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// One is not as it was written.
    #[error("a record is not as it was written: {0}")]
    Record(#[from] serde_json::Error),
    /// A workbook cannot be written, such as where there is no room for its temporary file.
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// A table cannot be written as Parquet.
    #[error("the table cannot be written as Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// An expression of a column of the recipient's own takes too much.
    #[error("the column {column:?} takes more than a cell may: shorten its expression")]
    TooExpensive {
        /// The name of the column.
        column: String,
    },
    /// Columns of the recipient's own would make the table too large.
    #[error(
        "columns of your own make more than {megabytes} MB of text: ask for fewer records at once, or for shorter texts"
    )]
    TooLarge {
        /// The largest size in megabytes.
        megabytes: usize,
    },
    /// A sheet of a workbook would have too many rows.
    #[error("a sheet has {most} rows at most: ask for fewer records at once, or for csv")]
    TooManyRows {
        /// The largest number of rows.
        most: u32,
    },
}
