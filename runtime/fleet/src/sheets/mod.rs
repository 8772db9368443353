//! Sheets: files of spreadsheets with a device in a row.
//!
//! [`Sheet::read`] takes the bytes of a file, of whichever kind they are (`file_kind.rs`), within bounds
//! ([`SheetLimits`]): a workbook (`workbook.rs`, behind `archive.rs`), a sheet of OpenDocument (`open_document.rs`), or text
//! (`csv_text.rs`). All become one grid of cells. The row of headings is looked for (`headings.rs`), each heading is a
//! [`Field`], a tag, a variable, or nothing, and each row below it is read into an [`ObjectRow`]: its values, and what
//! cannot be read of it, cell by cell. Whether such a row creates a device or changes one is judged above.
//!
//! `writing.rs` writes sheets: an empty one, one of devices, and one that was read with a column of verdicts more,
//! and lists of other things, which `plain_rows.rs` reads back.
//! Keys are read and never written.

mod archive;
mod cell;
mod cell_fault;
mod csv_text;
mod degrees;
mod digits;
mod error;
mod field;
mod file_kind;
mod grid;
mod headings;
mod limits;
mod marks;
mod note;
mod open_document;
mod plain_rows;
mod row;
mod sheet;
#[cfg(test)]
mod tests;
mod workbook;
mod writing;

pub use cell::{Cell, cell_name};
pub use cell_fault::CellFault;
pub use error::SheetError;
pub use field::{Field, Language};
pub use headings::Column;
pub use limits::SheetLimits;
pub use note::SheetNote;
pub use plain_rows::{PlainRow, read_plain_rows};
pub use row::{ActivationWord, ObjectRow, Refusal, RowValues, Said};
pub use sheet::{ReadOptions, Sheet};
pub use writing::{Choices, FileForm, WriteError, template, write_list, write_sheet};
