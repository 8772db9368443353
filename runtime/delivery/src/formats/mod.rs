//! Formats: how records are written into a file, or into an answer.
//!
//! What is in a record is in each of them, as far as the format can say it; a record that was not decoded
//! is there too. JSON and NDJSON hold records as they are stored. The tables and SenML are made of a
//! [`View`](view::View) of them. A table has columns, and rows of cells, and is written as CSV in a layout, as a
//! workbook or as Parquet; its columns keep their names and their order between releases.

mod cell;
mod cells;
mod columns;
mod error;
mod fields;
mod format;
mod layout;
mod options;
mod parquet_sheet;
mod plain_table;
mod row;
mod rows;
mod seen_row;
mod senml;
mod sheet;
mod table;
mod templates;
#[cfg(test)]
mod tests;
mod view;
mod workbook;

pub use cells::{marked_json, marked_text};
pub use error::FormatError;
pub use format::{Format, UnknownFormat};
pub use layout::{Layout, UnknownLayout};
pub use options::{
    Detail, KnownQuantity, TableContent, TableContentError, TableOptions, UnknownDetail,
    UnknownQuantity,
};
pub use plain_table::{PlainTable, csv_of_texts};
pub use templates::{Templates, TemplatesError};
