//! Sheets as text: CSV with commas, semicolons or tabs, in any encoding that spreadsheets write.

use std::borrow::Cow;

use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{Encoding, WINDOWS_1252};

use super::{
    cell::{Cell, is_error, trimmed},
    error::SheetError,
    file_kind::FileKind,
    grid::Grid,
    headings::LOOKED_AT,
    headings::Mapping,
    limits::SheetLimits,
    marks::unmarked,
};

/// The separators of cells, the first of which is taken where all do equally well.
const SEPARATORS: [u8; 3] = [b';', b'\t', b','];

/// Begins the first line by which a spreadsheet tells another one the separator.
const SEPARATOR_LINE: &str = "sep=";

/// Reads a text as a grid; tells its separator.
pub(super) fn read(
    bytes: &[u8],
    mapping: &Mapping,
    limits: &SheetLimits,
) -> Result<(Grid, FileKind), SheetError> {
    let text = decoded(bytes);
    if text.contains('\0') {
        return Err(SheetError::NoSheet);
    }
    let (told, first_line) = told_separator(&text);
    let text = if told.is_some() { after_first_line(&text) } else { &text };
    let separator = told.unwrap_or_else(|| best_separator(text, mapping));
    if let Some(line) = unclosed_quote(text, separator, first_line) {
        return Err(SheetError::UnclosedQuote { line });
    }
    let grid = rows(text, separator, first_line, usize::MAX, limits)?;
    Ok((grid, FileKind::Csv { separator }))
}

/// A text in the encoding that its first bytes tell, in UTF-8, or else as Windows in the West writes it.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// The separator that the first line tells, and the number of the line of the first row.
fn told_separator(text: &str) -> (Option<u8>, u32) {
    let line = text.lines().next().unwrap_or_default().trim_matches('"').trim_end();
    let told = line
        .get(..SEPARATOR_LINE.len())
        .filter(|beginning| beginning.eq_ignore_ascii_case(SEPARATOR_LINE));
    match told.map(|_| &line.as_bytes()[SEPARATOR_LINE.len()..]) {
        Some([separator]) => (Some(*separator), 2),
        // The blank at the end was a tab.
        Some([]) => (Some(b'\t'), 2),
        _ => (None, 1),
    }
}

fn after_first_line(text: &str) -> &str {
    text.find('\n').map_or("", |end| &text[end + 1..])
}

/// The separator by which the most headings are known; where none are, the one that separates the most.
fn best_separator(text: &str, mapping: &Mapping) -> u8 {
    let limits = SheetLimits::default();
    let score = |separator: u8| {
        let grid = rows(text, separator, 1, LOOKED_AT, &limits).unwrap_or_default();
        (mapping.known(&grid), grid.width())
    };
    let mut best = (SEPARATORS[0], score(SEPARATORS[0]));
    for separator in SEPARATORS.into_iter().skip(1) {
        let other = score(separator);
        if other > best.1 {
            best = (separator, other);
        }
    }
    best.0
}

fn rows(
    text: &str,
    separator: u8,
    first_line: u32,
    most: usize,
    limits: &SheetLimits,
) -> Result<Grid, SheetError> {
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut grid = Grid::default();
    let mut record = ByteRecord::new();
    let mut lines = Lines { bytes: text.as_bytes(), counted: 0, line: first_line };
    for _ in 0..most {
        let is_there = reader.read_byte_record(&mut record);
        if !is_there.map_err(|error| SheetError::Damaged { reason: error.to_string() })? {
            break;
        }
        let number = lines.of(record.position().map_or(0, csv::Position::byte));
        let cells = record.iter().map(|text| cell(&String::from_utf8_lossy(text))).collect();
        grid.add(number, cells, limits)?;
    }
    Ok(grid)
}

/// The places within a text, as far as quotation marks go.
enum Within {
    /// Before the first sign of a cell.
    Begin,
    /// In a cell without quotation marks.
    Bare,
    /// In a cell whose quotation mark was opened in a line.
    Quoted(u32),
    /// After a quotation mark that closes, unless a second one follows.
    Closed(u32),
}

/// The line of a quotation mark that opens a cell and is never closed. The reader takes the rest of the text for that
/// cell.
fn unclosed_quote(text: &str, separator: u8, first_line: u32) -> Option<u32> {
    let (mut line, mut within) = (first_line, Within::Begin);
    for byte in text.bytes() {
        within = match (within, byte) {
            (Within::Begin, b'"') => Within::Quoted(line),
            (Within::Quoted(opened), b'"') => Within::Closed(opened),
            (Within::Closed(opened), b'"') => Within::Quoted(opened),
            (Within::Quoted(opened), _) => Within::Quoted(opened),
            (_, b'\r' | b'\n') => Within::Begin,
            (_, other) if other == separator => Within::Begin,
            _ => Within::Bare,
        };
        line = line.saturating_add(u32::from(byte == b'\n'));
    }
    match within {
        Within::Quoted(opened) => Some(opened),
        Within::Begin | Within::Bare | Within::Closed(_) => None,
    }
}

/// A cell of a text. `="0018"` is how texts are kept from becoming numbers, and marks keep them from being taken for
/// formulas: neither is part of them.
fn cell(text: &str) -> Cell {
    let said = trimmed(text);
    if let Some(inside) = said.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return Cell::text(inside);
    }
    if said.starts_with('=') {
        return Cell::Formula;
    }
    if is_error(said) {
        return Cell::Error(said.to_owned());
    }
    Cell::text(unmarked(text))
}

/// Counts the lines of a text, as far as it is read.
struct Lines<'text> {
    bytes: &'text [u8],
    counted: usize,
    line: u32,
}

impl Lines<'_> {
    /// Returns the line of a row that the reader has begun at a byte: it counts the end of the line before, and lines
    /// without cells, to the row that follows.
    fn of(&mut self, byte: u64) -> u32 {
        let mut begin = usize::try_from(byte).unwrap_or(usize::MAX).max(self.counted);
        while self.bytes.get(begin).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            begin += 1;
        }
        let passed = self.bytes.get(self.counted..begin).unwrap_or_default();
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.counted = begin;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read_all(bytes: &[u8]) -> (Vec<(u32, Vec<String>)>, FileKind) {
        let mapping = Mapping::new(&BTreeMap::new()).unwrap();
        let (grid, kind) = read(bytes, &mapping, &SheetLimits::default()).unwrap();
        let cells = |cells: &[Cell]| cells.iter().map(|cell| cell.heading().to_owned()).collect();
        (grid.rows.iter().map(|row| (row.number, cells(&row.cells))).collect(), kind)
    }

    #[test]
    fn separators_are_found_by_the_headings() {
        for (text, separator) in [
            ("DevEUI;Name\n1;a", b';'),
            ("DevEUI\tName\n1\ta", b'\t'),
            ("DevEUI,Name\n1,a", b','),
            ("DevEUI;Latitude\n1;48,5", b';'),
            ("List of meters, 2026, all of them, of the north\nDevEUI;Name\n1;a", b';'),
            ("DevEUI,Name\n1,\"a;b;c;d\"", b','),
            ("sep=;\nDevEUI;Name\n1;a", b';'),
            ("\"sep=,\"\r\nDevEUI,Name\r\n1,a", b','),
            ("DevEUI\n1", b';'),
        ] {
            let (rows, kind) = read_all(text.as_bytes());
            assert_eq!(kind, FileKind::Csv { separator }, "{text:?}");
            let (number, last) = rows.last().unwrap();
            assert_eq!(*number as usize, text.lines().count(), "{text:?}");
            assert_eq!(last[0], "1", "{text:?}");
        }
    }

    #[test]
    fn encodings_of_spreadsheets_are_read() {
        let text = "DevEUI;Numéro de série\n1;É";
        let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let windows: Vec<u8> = text.chars().map(|character| character as u8).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [&b"\xEF\xBB\xBF"[..], text.as_bytes()].concat(),
            [b"\xFF\xFE".to_vec(), utf_16].concat(),
            windows,
        ] {
            let (rows, _) = read_all(&bytes);
            assert_eq!(rows[0].1, ["DevEUI", "Numéro de série"]);
            assert_eq!(rows[1].1, ["1", "É"]);
        }
    }

    #[test]
    fn empty_rows_are_passed_over_and_lines_are_counted() {
        let (rows, _) = read_all(b"DevEUI;Name\r\n;\r\n\r\n1;\"a\r\nb\"\r\n;;;\r\n2;c\r\n");
        let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 4, 7]);
    }

    #[test]
    fn what_is_no_text_is_no_sheet() {
        let mapping = Mapping::new(&BTreeMap::new()).unwrap();
        let refused = read(b"\x7fELF\0\0\0", &mapping, &SheetLimits::default());
        assert!(matches!(refused, Err(SheetError::NoSheet)));
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_named_with_its_line() {
        let mapping = Mapping::new(&BTreeMap::new()).unwrap();
        let line = |text: &str| match read(text.as_bytes(), &mapping, &SheetLimits::default()) {
            Err(SheetError::UnclosedQuote { line }) => Some(line),
            _ => None,
        };
        assert_eq!(line("DevEUI;Name\n1;\"a\nb\"\n2;\"b\n3;c\n"), Some(4));
        assert_eq!(line("sep=;\nDevEUI;Name\n1;\"a\n"), Some(3));
        assert_eq!(line("DevEUI,Name\r\n1,\"a \"\"b\r\n"), Some(2));
        for closed in [
            "DevEUI;Name\n1;5\" pipe\n",
            "DevEUI;Name\n1;\"5\"\" pipe\"\n",
            "DevEUI;Name\n1;\"\"\n2;\"a\"",
            "DevEUI;Name\n1;\"a\" b \"c\n",
        ] {
            assert_eq!(line(closed), None, "{closed:?}");
        }
    }

    #[test]
    fn empty_rows_count_against_the_limit_of_rows() {
        let mapping = Mapping::new(&BTreeMap::new()).unwrap();
        let limits = SheetLimits { rows: 3, ..SheetLimits::default() };
        let read = |text: &str| read(text.as_bytes(), &mapping, &limits).map(drop);
        assert_eq!(read("DevEUI;Name\n;\n;\n1;a\n"), Ok(()));
        let refused = Err(SheetError::TooManyRows { limit: 3 });
        assert_eq!(read("DevEUI;Name\n;\n;\n;\n1;a\n"), refused);
        assert_eq!(read("DevEUI;Name\n1;a\n;\n;\n;\n"), refused);
    }

    #[test]
    fn rows_and_cells_are_bounded() {
        let mapping = Mapping::new(&BTreeMap::new()).unwrap();
        let text = "DevEUI;Name\n1;a\n2;b\n3;c\n";
        let limits = SheetLimits { rows: 2, ..SheetLimits::default() };
        let refused = read(text.as_bytes(), &mapping, &limits).unwrap_err();
        assert_eq!(refused, SheetError::TooManyRows { limit: 2 });
        let limits = SheetLimits { cells: 5, ..SheetLimits::default() };
        let refused = read(text.as_bytes(), &mapping, &limits).unwrap_err();
        assert_eq!(refused, SheetError::TooManyCells { limit: 5 });
    }
}
