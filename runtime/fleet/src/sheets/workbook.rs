//! Workbooks of Office Open XML (XLSX).

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};

use super::{cell::Cell, error::SheetError, grid::Grid, limits::SheetLimits};

/// Most columns of a sheet that are looked at: a device has no more fields and tags.
const COLUMNS: u32 = 500;

/// A workbook that is read sheet by sheet.
pub(super) struct Workbook<'bytes> {
    book: Xlsx<Cursor<&'bytes [u8]>>,
}

impl<'bytes> Workbook<'bytes> {
    /// Opens a workbook, which must be known to unpack to what memory holds.
    pub(super) fn open(bytes: &'bytes [u8]) -> Result<Self, SheetError> {
        let book = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
        Ok(Self { book })
    }

    /// Returns the names of its sheets, in their order.
    pub(super) fn names(&self) -> Vec<String> {
        self.book.sheet_names()
    }

    /// Reads a sheet by its name.
    pub(super) fn sheet(&mut self, name: &str, limits: &SheetLimits) -> Result<Grid, SheetError> {
        let mut cells = match self.book.worksheet_cells_reader(name) {
            Ok(cells) => cells,
            // A sheet of a chart has no cells.
            Err(XlsxError::NotAWorksheet(_)) => return Ok(Grid::default()),
            Err(error) => return Err(damaged(&error)),
        };
        let mut grid = Grid::default();
        let (mut number, mut row) = (0, Vec::new());
        // A row whose cells have said nothing so far.
        let mut silent: Option<u32> = None;
        while let Some(cell) =
            cells.next_cell_with_formula_metadata().map_err(|error| damaged(&error))?
        {
            let (at, column) = cell.pos;
            let value = match cell.formula {
                Some(_) => Cell::Formula,
                None => of_data(&cell.value),
            };
            if silent.is_some_and(|silent| silent != at) {
                grid.pass_over(limits)?;
                silent = None;
            }
            if value.is_empty() || column >= COLUMNS {
                if at != number || row.is_empty() {
                    silent = Some(at);
                }
                continue;
            }
            silent = None;
            if at < number {
                let reason = "its rows are not in their order".to_owned();
                return Err(SheetError::Damaged { reason });
            }
            if at > number {
                if !row.is_empty() {
                    grid.add(number + 1, std::mem::take(&mut row), limits)?;
                }
                number = at;
            }
            let column = column as usize;
            if row.len() <= column {
                row.resize(column + 1, Cell::Empty);
            }
            row[column] = value;
        }
        grid.add(number.saturating_add(1), row, limits)?;
        Ok(grid)
    }
}

fn of_data(data: &DataRef<'_>) -> Cell {
    match data {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(*text),
        // Whole numbers beyond 2^53 do not come out of a spreadsheet.
        #[expect(clippy::cast_precision_loss, reason = "spreadsheets keep fifteen digits")]
        DataRef::Int(number) => Cell::Number(*number as f64),
        DataRef::Float(number) => Cell::Number(*number),
        DataRef::Bool(truth) => Cell::Truth(*truth),
        DataRef::DateTime(moment) => date(moment),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::Date(text.clone()),
        DataRef::Error(error) => Cell::Error(error.to_string()),
    }
}

/// A date, or a number of days that is shown as a duration.
fn date(moment: &ExcelDateTime) -> Cell {
    if moment.is_duration() {
        return Cell::Date(format!("{} days", moment.as_f64()));
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        return Cell::Date(format!("{year:04}-{month:02}-{day:02}"));
    }
    Cell::Date(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
}

fn damaged(error: &XlsxError) -> SheetError {
    if matches!(error, XlsxError::Password) {
        return SheetError::Password;
    }
    SheetError::Damaged { reason: error.to_string() }
}
