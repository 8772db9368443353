//! Tables of texts that are no records, such as a list of rights: with the same guard against formulas.

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
        let mut sheet = CsvSheet::new(layout);
        self.write(&mut sheet)?;
        Ok(sheet.finish())
    }

    fn write(&self, sheet: &mut impl Sheet) -> Result<(), FormatError> {
        let heading = |title: &String| Heading { title: title.clone(), kind: ColumnType::Text };
        sheet.begin(&self.titles.iter().map(heading).collect::<Vec<_>>())?;
        for row in &self.rows {
            let cells: Vec<Cell<'_>> = row.iter().map(|text| Cell::text(text)).collect();
            sheet.row(&cells)?;
        }
        Ok(())
    }
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
}
