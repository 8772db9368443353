//! Rows of CSV, each with its line. A quote that is not closed would make all that follows one cell, so rows are parted
//! here, where the lines are known.

use std::{
    borrow::Cow,
    io::{self, BufRead},
};

use crate::lines::Lines;

/// Delimiters of CSV; the header has most of the one that it is written with.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// Most lines that one row goes over.
const LINES_OF_A_ROW: usize = 64;

/// Begins the line in which spreadsheets name their delimiter.
const DELIMITER_LINE: &str = "sep=";

/// The rows of a file of CSV.
pub(super) struct CsvRows<R> {
    lines: Lines<R>,
    delimiter: char,
    header: Vec<String>,
    /// Memory that is used again: the first line of a row, and the row's cells.
    line: Vec<u8>,
    cells: Cells,
}

/// A row of CSV, and why it is none.
pub(super) struct CsvRow<'of> {
    /// The line in which it begins.
    pub(super) line: u64,
    pub(super) cells: &'of Cells,
    pub(super) broken: Option<String>,
}

impl<R: BufRead> CsvRows<R> {
    /// Reads the header. Lines before it may name the delimiter, or be comments.
    pub(super) fn of(mut lines: Lines<R>) -> Result<Self, String> {
        let mut delimiter = None;
        let header = loop {
            let line = lines.next_filled().map_err(|error| error.to_string())?;
            let line = line.ok_or("it has comments alone, and no header")?;
            let text = text_of(&line);
            match named_delimiter(&text) {
                Some(named) => delimiter = Some(named),
                None if text.starts_with('#') => {}
                None => break text.into_owned(),
            }
        };
        let delimiter = delimiter.unwrap_or_else(|| delimiter_of(&header));
        let cells = Cells::of(&header, delimiter);
        if cells.is_open {
            return Err(unclosed(lines.number()));
        }
        let header = cells.iter().map(str::to_owned).collect();
        Ok(Self { lines, delimiter, header, line: Vec::new(), cells })
    }

    /// Returns the names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Returns the bytes that were read so far.
    pub(super) fn position(&self) -> u64 {
        self.lines.position()
    }

    /// Returns the next row.
    pub(super) fn next(&mut self) -> io::Result<Option<CsvRow<'_>>> {
        if !self.lines.read_filled(&mut self.line)? {
            return Ok(None);
        }
        let line = self.lines.number();
        let text = text_of(&self.line);
        self.cells.read(&text, self.delimiter);
        if !self.cells.is_open {
            return Ok(Some(self.row(line)));
        }
        let text = text.into_owned();
        if self.reads_over_lines(text.clone())? {
            return Ok(Some(self.row(line)));
        }
        self.cells.read(&text, self.delimiter);
        Ok(Some(CsvRow { line, cells: &self.cells, broken: Some(unclosed(line)) }))
    }

    fn row(&self, line: u64) -> CsvRow<'_> {
        let (has, header) = (self.cells.len(), self.header.len());
        let broken =
            (has != header).then(|| format!("the row has {has} cells, and the header {header}"));
        CsvRow { line, cells: &self.cells, broken }
    }

    /// Reads a row on whose first line a quote is open. Where the lines after it are rows by themselves the quote is not
    /// closed, and they are read again.
    fn reads_over_lines(&mut self, mut text: String) -> io::Result<bool> {
        let mut taken = Vec::new();
        while taken.len() < LINES_OF_A_ROW {
            let Some(line) = self.lines.next()? else { break };
            let more = text_of(&line).into_owned();
            taken.push(line);
            if self.is_whole(&Cells::of(&more, self.delimiter)) {
                break;
            }
            text.push('\n');
            text.push_str(&more);
            self.cells.read(&text, self.delimiter);
            if self.cells.is_open {
                continue;
            }
            if self.cells.len() == self.header.len() {
                return Ok(true);
            }
            break;
        }
        self.lines.put_back(taken);
        Ok(false)
    }

    fn is_whole(&self, cells: &Cells) -> bool {
        !cells.is_open && !cells.has_stray_quote && cells.len() == self.header.len()
    }
}

fn unclosed(line: u64) -> String {
    format!("the quote that opens in line {line} is not closed")
}

/// A line without its end.
fn text_of(line: &[u8]) -> Cow<'_, str> {
    // The bytes of an end are part of no other letter.
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let length = line.iter().rposition(|byte| !is_end(byte)).map_or(0, |last| last + 1);
    String::from_utf8_lossy(&line[..length])
}

/// Reads the delimiter out of `sep=;`.
fn named_delimiter(text: &str) -> Option<char> {
    let text = text.trim_matches('"');
    let (begin, named) = text.split_at_checked(DELIMITER_LINE.len())?;
    let mut letters = named.chars();
    let delimiter = letters.next()?;
    let is_named = begin.eq_ignore_ascii_case(DELIMITER_LINE) && letters.next().is_none();
    is_named.then_some(delimiter)
}

/// The delimiter that a header has most of; of several with equally many the first in the list.
fn delimiter_of(header: &str) -> char {
    let most =
        DELIMITERS.into_iter().rev().max_by_key(|delimiter| header.matches(*delimiter).count());
    most.unwrap_or(',')
}

/// The cells of a row.
#[derive(Default)]
pub(super) struct Cells {
    /// The texts of all, one after another, and where each ends.
    texts: String,
    ends: Vec<usize>,
    /// Whether a quote is not closed.
    is_open: bool,
    /// Whether a quote stands where it neither opens nor closes a cell.
    has_stray_quote: bool,
}

impl Cells {
    fn of(text: &str, delimiter: char) -> Self {
        let mut cells = Self::default();
        cells.read(text, delimiter);
        cells
    }

    /// Takes the cells of a text in the place of those before.
    fn read(&mut self, text: &str, delimiter: char) {
        self.texts.clear();
        self.ends.clear();
        (self.is_open, self.has_stray_quote) = (false, false);
        let mut rest = Some(text);
        while let Some(text) = rest {
            rest = match text.strip_prefix('"') {
                Some(quoted) => self.quoted(quoted, delimiter),
                None => self.plain(text, delimiter),
            };
            self.ends.push(self.texts.len());
        }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns the text of a cell.
    pub(super) fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)?;
        let begin = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.texts.get(begin..end)
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// Takes a cell without quotes around it, and gives what follows its delimiter.
    fn plain<'text>(&mut self, text: &'text str, delimiter: char) -> Option<&'text str> {
        let (cell, rest) = match text.split_once(delimiter) {
            Some((cell, rest)) => (cell, Some(rest)),
            None => (text, None),
        };
        self.has_stray_quote |= cell.contains('"');
        self.texts.push_str(cell);
        rest
    }

    /// Takes a cell after the quote that opens it, and gives what follows its delimiter.
    fn quoted<'text>(&mut self, text: &'text str, delimiter: char) -> Option<&'text str> {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('"') {
            self.texts.push_str(before);
            if let Some(after) = after.strip_prefix('"') {
                self.texts.push('"');
                rest = after;
                continue;
            }
            let after_blanks = after.trim_start_matches(' ');
            if after_blanks.is_empty() {
                return None;
            }
            if let Some(next) = after_blanks.strip_prefix(delimiter) {
                return Some(next);
            }
            self.has_stray_quote = true;
            self.texts.push('"');
            rest = after;
        }
        self.texts.push_str(rest);
        self.is_open = true;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that was read, apart from the memory that is used again.
    struct Read {
        line: u64,
        cells: Vec<String>,
        broken: Option<String>,
    }

    /// The header, and the line, the cells and the fault of each row.
    fn read(text: &str) -> Result<(Vec<String>, Vec<Read>), String> {
        let mut rows = CsvRows::of(Lines::of(text.as_bytes()))?;
        let mut read = Vec::new();
        while let Some(CsvRow { line, cells, broken }) = rows.next().unwrap() {
            read.push(Read { line, cells: cells.iter().map(str::to_owned).collect(), broken });
        }
        Ok((rows.header().to_vec(), read))
    }

    #[test]
    fn csv_of_any_delimiter_is_read_and_a_broken_row_is_told() {
        for text in [
            "payload,port\n00D7,2\nzz\n",
            "payload;port\r\n00D7;2\r\n\r\nzz\r\n",
            "payload\tport\n00D7\t2\nzz",
            "sep=;\npayload;port\n00D7;2\nzz",
            "\"SEP=,\"\r\n# our meters; in 2026; by hand\n\npayload,port\n\"00D7\",\"2\"\nzz",
        ] {
            let (header, rows) = read(text).unwrap();
            assert_eq!(header, ["payload", "port"], "{text}");
            assert_eq!(rows[0].cells, ["00D7", "2"], "{text}");
            assert_eq!(rows[0].broken, None);
            let broken = rows[1].broken.as_deref();
            assert_eq!(broken, Some("the row has 1 cells, and the header 2"));
            let last = text.lines().count() as u64;
            assert_eq!(rows[1].line, last, "{text}");
        }
    }

    #[test]
    fn cells_in_quotes_hold_delimiters_quotes_and_lines() {
        let text = "a,b,c\n\"1,5\",\"say \"\"so\"\"\",\"5\" pipe\"\n\"first\nsecond\",x,y\n1,2,3\n";
        let (_, rows) = read(text).unwrap();
        assert_eq!(rows[0].cells, ["1,5", "say \"so\"", "5\" pipe"]);
        assert_eq!(rows[1].cells, ["first\nsecond", "x", "y"]);
        assert_eq!((rows[2].line, rows[2].broken.as_deref()), (5, None));
    }

    #[test]
    fn a_quote_that_is_not_closed_swallows_no_row() {
        for text in [
            "a,b\n1,2\n\"3,4\n5,6\n7,8\n",
            "a,b\n1,2\n\"3,4\n5,\"6\"\n7,8\n",
            "a,b\n1,2\n\"3,4\n5,6\n\"7\",8",
        ] {
            let (_, rows) = read(text).unwrap();
            assert_eq!(rows.len(), 4, "{text}");
            let broken = rows[1].broken.as_deref();
            assert_eq!(broken, Some("the quote that opens in line 3 is not closed"), "{text}");
            assert!([0, 2, 3].iter().all(|row| rows[*row].broken.is_none()), "{text}");
            assert_eq!(rows[2].cells, ["5", "6"]);
        }
        let (_, rows) = read("a,b\n1,\"2").unwrap();
        assert_eq!(rows[0].broken.as_deref(), Some("the quote that opens in line 2 is not closed"));
        assert!(read("# nothing\n").is_err());
    }
}
