//! A table as CSV: rows that end with CRLF (RFC 4180), in a layout.

use super::{cell::Cell, cells, error::FormatError, layout::Layout};

/// The head of a column.
pub(super) struct Heading {
    /// The name of the column.
    pub(super) title: String,
    /// The type of its cells.
    pub(super) kind: ColumnType,
}

/// The type of all cells of a column, for files that have one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnType {
    Text,
    /// A whole number of 64 bits with a sign.
    Whole,
    Number,
    Truth,
    Moment,
}

/// A table that is being written, in whichever form.
pub(super) trait Sheet {
    /// Begins with the heads of the columns.
    fn begin(&mut self, headings: &[Heading]) -> Result<(), FormatError>;

    /// Writes a row of cells.
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FormatError>;
}

/// A table of CSV that is being written.
pub(super) struct CsvSheet {
    layout: Layout,
    text: String,
}

impl CsvSheet {
    pub(super) fn new(layout: Layout) -> Self {
        Self { layout, text: layout.beginning().to_owned() }
    }

    /// Returns the bytes of the table.
    pub(super) fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    fn line(&mut self, cells: impl Iterator<Item = String>) {
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                self.text.push(self.layout.separator());
            }
            self.text.push_str(&cell);
        }
        self.text.push_str("\r\n");
    }
}

impl Sheet for CsvSheet {
    fn begin(&mut self, headings: &[Heading]) -> Result<(), FormatError> {
        let layout = self.layout;
        self.line(headings.iter().map(|heading| cells::title(&heading.title, layout)));
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FormatError> {
        let layout = self.layout;
        self.line(cells.iter().map(|cell| match cell {
            Cell::Empty => String::new(),
            Cell::Text(text) => cells::text(text, layout),
            Cell::Json(json) => cells::json(json, layout),
            Cell::Number(number) => cells::number(number, layout),
            Cell::Truth(is_true) => layout.truth(*is_true).to_owned(),
            Cell::Moment(moment) => layout.moment(moment),
        }));
        Ok(())
    }
}
