//! Tables of texts that are no records, such as a list of rights: with the same guard against formulas.

use std::borrow::Cow;

use super::{
    cell::Cell,
    error::FormatError,
    layout::Layout,
    sheet::{ColumnType, CsvSheet, Heading, Sheet},
};

/// A table of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainTable {
    /// The names of the columns.
    pub titles: Vec<String>,
    /// The rows, each with a text for every column.
    pub rows: Vec<Vec<String>>,
}

impl PlainTable {
    /// The table as CSV in a layout.
    ///
    /// # Errors
    /// [`FormatError`] where it cannot be written.
    pub fn csv(&self, layout: Layout) -> Result<Vec<u8>, FormatError> {
        csv_of_texts(layout, &self.titles, &self.rows)
    }
}

/// Writes texts below their titles as CSV in a layout. The rows are taken one after another, so that a long table does not
/// lie in memory twice.
///
/// # Errors
/// [`FormatError`] where it cannot be written.
pub fn csv_of_texts<Row: AsRef<[String]>>(
    layout: Layout,
    titles: &[String],
    rows: impl IntoIterator<Item = Row>,
) -> Result<Vec<u8>, FormatError> {
    let heading = |title: &String| Heading { title: title.clone(), kind: ColumnType::Text };
    let mut sheet = CsvSheet::new(layout);
    sheet.begin(&titles.iter().map(heading).collect::<Vec<_>>())?;
    for row in rows {
        let cells: Vec<Cell<'_>> = row.as_ref().iter().map(|text| cell(text)).collect();
        sheet.row(&cells)?;
    }
    Ok(sheet.finish())
}

/// A text as a cell. One that reads as a number is a number, which a spreadsheet can count with.
fn cell(text: &str) -> Cell<'_> {
    if is_number(text) { Cell::Number(Cow::Borrowed(text)) } else { Cell::text(text) }
}

/// Whether a text is a plain number: digits, with a sign or with decimals, and nothing that a spreadsheet could take for
/// more than that.
fn is_number(text: &str) -> bool {
    let are_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|sign| sign.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = match unsigned.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (unsigned, None),
    };
    are_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && decimals.is_none_or(are_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_formula() {
        let row = ["=1+1", "a;=2", "", "plain"].map(str::to_owned).to_vec();
        let titles = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let table = PlainTable { titles, rows: vec![row] };
        let csv = String::from_utf8(table.csv(Layout::International).unwrap()).unwrap();
        assert!(csv.contains("\"'=1+1\"") && csv.contains("\"a;'=2\""), "{csv}");
        assert!(csv.contains(",,\"plain\"\r\n"), "{csv}");
    }

    #[test]
    fn numbers_stay_numbers() {
        for number in ["0", "-3.5", "12", "0.25", "-0"] {
            assert!(is_number(number), "{number}");
        }
        for text in ["", "-", "+1", "1e5", "inf", "007", "1.", ".5", "1,5", "-=1", "1.2.3", "--1"] {
            assert!(!is_number(text), "{text}");
        }
        let titles = ["a", "b"].map(str::to_owned).to_vec();
        let rows = vec![["-3.5", "-a"].map(str::to_owned).to_vec()];
        let table = PlainTable { titles, rows };
        assert_eq!(table.csv(Layout::International).unwrap(), b"a,b\r\n-3.5,\"'-a\"\r\n");
        assert_eq!(
            table.csv(Layout::French).unwrap(),
            "\u{feff}a;b\r\n-3,5;\"'-a\"\r\n".as_bytes()
        );
    }
}
