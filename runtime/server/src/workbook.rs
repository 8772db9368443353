//! Tables as workbooks, to be read, signed and filed: the review of rights, the objects of a statement.

use rust_xlsxwriter::{Format, Workbook, XlsxError};

/// The media type of workbooks.
pub(crate) const WORKBOOK_TYPE: &str =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The width of a column, in characters: that of a name and of a moment.
const WIDTH: f64 = 24.0;

/// Most characters of a cell; spreadsheets take no more.
const CHARACTERS: usize = 32_767;

/// Writes rows below their headings. Each cell is a text: what begins with a sign of formulas stays what it is.
///
/// # Errors
/// [`XlsxError`] where there are more rows than a sheet takes.
pub(crate) fn workbook(
    name: &str,
    headings: &[String],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let title = Format::new().set_bold();
    let sheet = workbook.add_worksheet_with_constant_memory()?.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, heading) in (0_u16..).zip(headings) {
        sheet.set_column_width(column, WIDTH)?;
        sheet.write_string_with_format(0, column, heading, &title)?;
    }
    for (row, cells) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            let cell: String = cell.chars().take(CHARACTERS).collect();
            sheet.write_string(row, column, cell)?;
        }
    }
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbook_has_its_headings_and_rows() {
        let headings = ["Person".to_owned(), "Role".to_owned()];
        let rows = [vec!["=1+1".to_owned(), "owner".to_owned()]];
        let bytes = workbook("Rights", &headings, rows).unwrap();
        assert!(bytes.starts_with(b"PK"), "it is an archive, as all workbooks are");
        let long = "x".repeat(CHARACTERS + 10);
        assert!(workbook("Rights", &headings, [vec![long]]).is_ok());
    }
}
