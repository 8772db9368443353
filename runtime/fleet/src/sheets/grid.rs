//! A grid of cells, as any kind of file gives it.

use super::{cell::Cell, error::SheetError, limits::SheetLimits};

/// The rows of a sheet that say something.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    pub(super) rows: Vec<GridRow>,
    /// Rows that say nothing: they are passed over, and take time all the same.
    empty_rows: usize,
    cells: usize,
}

/// A row of a sheet.
#[derive(Clone, Debug)]
pub(super) struct GridRow {
    /// The row's number as spreadsheets show it, and the line of a text.
    pub(super) number: u32,
    pub(super) cells: Vec<Cell>,
}

impl GridRow {
    /// Returns the cell of a column; an empty one beyond the last.
    pub(super) fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }
}

impl Grid {
    /// Adds a row, unless it says nothing.
    ///
    /// # Errors
    /// There are too many.
    pub(super) fn add(
        &mut self,
        number: u32,
        mut cells: Vec<Cell>,
        limits: &SheetLimits,
    ) -> Result<(), SheetError> {
        while cells.last().is_some_and(Cell::is_empty) {
            cells.pop();
        }
        if cells.is_empty() {
            return self.pass_over(limits);
        }
        self.cells += cells.len();
        if self.cells > limits.cells {
            return Err(SheetError::TooManyCells { limit: limits.cells });
        }
        self.check_rows(limits)?;
        self.rows.push(GridRow { number, cells });
        Ok(())
    }

    /// Counts a row that says nothing.
    ///
    /// # Errors
    /// There are too many rows.
    pub(super) fn pass_over(&mut self, limits: &SheetLimits) -> Result<(), SheetError> {
        self.check_rows(limits)?;
        self.empty_rows += 1;
        Ok(())
    }

    fn check_rows(&self, limits: &SheetLimits) -> Result<(), SheetError> {
        // One more, of headings.
        if self.rows.len() + self.empty_rows > limits.rows {
            return Err(SheetError::TooManyRows { limit: limits.rows });
        }
        Ok(())
    }

    /// The number of columns of the widest row.
    pub(super) fn width(&self) -> usize {
        self.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default()
    }
}
