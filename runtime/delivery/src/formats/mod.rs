//! Formats: how records are written into a file, or into an answer.
//!
//! What is in a record is in each of them, as far as the format can say it; a record that was not decoded
//! is there too. JSON and NDJSON hold records as they are stored. The tables and SenML are made of a
//! [`View`](view::View) of them, and their columns and names do not change between releases.

mod cells;
mod columns;
mod error;
mod fields;
mod format;
mod layout;
mod rows;
mod senml;
mod sheet;
#[cfg(test)]
mod tests;
mod view;

pub use error::FormatError;
pub use format::{Format, UnknownFormat};
pub use layout::{Layout, UnknownLayout};
