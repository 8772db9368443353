//! Sheets of anything but devices, read as the texts of their rows.

use std::collections::BTreeMap;

use super::{
    archive, csv_text,
    error::SheetError,
    file_kind::{self, FileKind},
    headings::Mapping,
    limits::SheetLimits,
    open_document,
    workbook::Workbook,
    writing::shown,
};

/// A row of a sheet as texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainRow {
    /// The number of the row as spreadsheets show it, and the line of a text.
    pub number: u32,
    /// The texts of its cells; those at the end that are empty are missing.
    pub texts: Vec<String>,
}

/// Reads the rows of a file that say something; of a workbook those of the first sheet.
///
/// # Errors
/// The file is no sheet, or it is beyond the limits.
pub fn read_plain_rows(bytes: &[u8], limits: &SheetLimits) -> Result<Vec<PlainRow>, SheetError> {
    if bytes.len() > limits.file_bytes {
        let (bytes, limit) = (bytes.len(), limits.file_bytes);
        return Err(SheetError::TooLarge { bytes, limit });
    }
    let kind =
        if file_kind::is_archive(bytes)? { Some(archive::check(bytes, limits)?) } else { None };
    let grid = match kind {
        Some(FileKind::Workbook) => {
            let mut book = Workbook::open(bytes)?;
            let first = book.names().into_iter().next().ok_or(SheetError::NoRows)?;
            book.sheet(&first, limits)?
        }
        Some(FileKind::OpenDocument) => {
            let first = open_document::read(bytes, limits)?.into_iter().next();
            first.map(|(_, grid)| grid).ok_or(SheetError::NoRows)?
        }
        Some(FileKind::Csv { .. }) | None => {
            csv_text::read(bytes, &Mapping::new(&BTreeMap::new())?, limits)?.0
        }
    };
    let rows = grid.rows.into_iter().map(|row| PlainRow {
        number: row.number,
        texts: row.cells.iter().map(|cell| shown(cell).trim().to_owned()).collect(),
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::{
        super::writing::{Choices, write_list},
        *,
    };

    #[test]
    fn rows_are_texts_whatever_the_file_is() {
        let row = |number: u32, texts: &[&str]| PlainRow {
            number,
            texts: texts.iter().map(ToString::to_string).collect(),
        };
        let read = |bytes: &[u8]| read_plain_rows(bytes, &SheetLimits::default()).unwrap();
        let expected = [row(1, &["a", "decision"]), row(2, &["=1+1"]), row(3, &["", "keep"])];
        let headings = ["a", "decision"].map(str::to_owned);
        let rows = [["=1+1", ""], ["", "keep"]].map(|row| row.map(str::to_owned).to_vec());
        let choices = Choices { column: 1, words: &["keep", "end"] };
        let workbook = write_list("rights", &headings, &rows, &choices).unwrap();
        assert_eq!(read(&workbook), expected);
        assert_eq!(read("\u{feff}a;decision\r\n'=1+1;\r\n; keep \r\n".as_bytes()), expected);
        assert!(matches!(
            read_plain_rows(b"\x7fELF\0", &SheetLimits::default()),
            Err(SheetError::NoSheet)
        ));
    }
}
