//! A table as it is written: cells that are ready, rows that end with CRLF (RFC 4180).

use super::layout::Layout;

/// A table that is being written.
pub(super) struct Sheet {
    layout: Layout,
    text: String,
}

impl Sheet {
    pub(super) fn new(layout: Layout) -> Self {
        Self { layout, text: layout.beginning().to_owned() }
    }

    /// Writes a row of cells.
    pub(super) fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                self.text.push(self.layout.separator());
            }
            self.text.push_str(cell.as_ref());
        }
        self.text.push_str("\r\n");
    }

    /// Returns the bytes of the table.
    pub(super) fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}
