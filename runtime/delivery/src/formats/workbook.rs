//! A table as a workbook of spreadsheets (Office Open XML, ISO/IEC 29500), with numbers, dates and truth
//! values as such.

use jiff::{Zoned, civil};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{
    cell::Cell,
    error::FormatError,
    sheet::{ColumnType, Heading, Sheet},
};

/// Most characters of a cell; spreadsheets take no more.
const CHARACTERS: usize = 32_767;

/// Most rows of a sheet, with that of the names; spreadsheets take no more.
const ROWS: u32 = 1_048_576;

/// Largest whole number that a cell holds to the last digit.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The width of a column that shows a moment, in characters.
const MOMENT_WIDTH: f64 = 19.0;

/// Milliseconds of a day.
const DAY: f64 = 86_400_000.0;

/// A workbook of one sheet that is being written. Its rows go through a temporary file: held in memory, a table would
/// be many times as large as the records that it is made of.
pub(super) struct WorkbookSheet {
    workbook: Workbook,
    title: Format,
    moment: Format,
    next: u32,
}

impl WorkbookSheet {
    pub(super) fn new(name: &str) -> Result<Self, FormatError> {
        let mut workbook = Workbook::new();
        // The same records always give the same bytes.
        let begin = ExcelDateTime::from_timestamp(0)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&begin));
        workbook.add_worksheet_with_constant_memory()?.set_name(name)?;
        Ok(Self {
            workbook,
            title: Format::new().set_bold(),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            next: 0,
        })
    }

    /// Returns the bytes of the workbook.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, FormatError> {
        Ok(self.workbook.save_to_buffer()?)
    }

    fn next_row(&mut self) -> Result<u32, FormatError> {
        let row = self.next;
        if row >= ROWS {
            return Err(FormatError::TooManyRows { most: ROWS });
        }
        self.next += 1;
        Ok(row)
    }
}

impl Sheet for WorkbookSheet {
    fn begin(&mut self, headings: &[Heading]) -> Result<(), FormatError> {
        let row = self.next_row()?;
        let sheet = self.workbook.worksheet_from_index(0)?;
        sheet.set_freeze_panes(row + 1, 0)?;
        for (heading, column) in headings.iter().zip(0_u16..) {
            if heading.kind == ColumnType::Moment {
                sheet.set_column_width(column, MOMENT_WIDTH)?;
            }
            sheet.write_string_with_format(row, column, &heading.title, &self.title)?;
        }
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), FormatError> {
        let row = self.next_row()?;
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (cell, column) in cells.iter().zip(0_u16..) {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) | Cell::Json(text) => write_text(sheet, row, column, text)?,
                Cell::Number(number) => write_number(sheet, row, column, number)?,
                Cell::Truth(is_true) => {
                    sheet.write_boolean(row, column, *is_true)?;
                }
                Cell::Moment(moment) => match serial(moment) {
                    Some(serial) => {
                        sheet.write_number_with_format(row, column, serial, &self.moment)?;
                    }
                    None => write_text(sheet, row, column, &moment.timestamp().to_string())?,
                },
            }
        }
        Ok(())
    }
}

/// Writes a text, as far as a cell can hold it. A text in a cell of a text is never a formula.
fn write_text(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    let fitting: String = text.chars().take(CHARACTERS).collect();
    sheet.write_string(row, column, fitting)?;
    Ok(())
}

/// Writes a number; one that a cell cannot hold to the last digit as a text.
fn write_number(sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    let is_whole = !text.contains(['.', 'e', 'E']);
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && !(is_whole && number.abs() > EXACT) => {
            sheet.write_number(row, column, number)?;
            Ok(())
        }
        _ => write_text(sheet, row, column, text),
    }
}

/// The number by which spreadsheets name a moment: days since the end of 1899. They know none before 1900.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds up to the year 9999 are less than 2^53"
)]
fn serial(moment: &Zoned) -> Option<f64> {
    let begin = civil::date(1899, 12, 30).at(0, 0, 0, 0);
    let since = moment.datetime().duration_since(begin).as_millis();
    let days = i64::try_from(since).ok()? as f64 / DAY;
    (days >= 61.0).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_the_number_that_spreadsheets_give_it() {
        let serial = |text: &str| serial(&text.parse::<Zoned>().unwrap());
        assert_eq!(serial("2026-11-25T09:00:00+01:00[Europe/Paris]"), Some(46_351.375));
        assert_eq!(serial("1970-01-01T00:00:00+00:00[UTC]"), Some(25_569.0));
        assert_eq!(serial("1899-12-31T00:00:00+00:00[UTC]"), None);
    }
}
