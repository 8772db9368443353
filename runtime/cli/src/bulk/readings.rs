//! Readings of many payloads as they are written: a JSON object on each line, or CSV.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use champollion_delivery::formats::{Layout, marked_json, marked_text};
use champollion_sandbox::{Data, Measurement, Reading};
use serde::Serialize;

use super::{row_error::RowError, rows::Cells};
use crate::output;

/// The columns of CSV.
const COLUMNS: [&str; 12] = [
    "row",
    "line",
    "device",
    "receivedAt",
    "fCnt",
    "fPort",
    "payload",
    "decoder",
    "data",
    "measurements",
    "warnings",
    "error",
];

/// The format of the readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Ndjson,
    Csv(Layout),
}

/// A row of NDJSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonRow<'of> {
    row: u64,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'of str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<&'of str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    f_cnt: Option<&'of str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    f_port: Option<&'of str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'of str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decoder: Option<&'of str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'of Data>,
    #[serde(skip_serializing_if = "Option::is_none")]
    measurements: Option<&'of [Measurement]>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'of [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JsonError<'of>>,
}

#[derive(Serialize)]
struct JsonError<'of> {
    code: &'static str,
    message: &'of str,
}

/// A row that was decoded, or the reason why it was not.
pub(super) struct DecodedRow<'of> {
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) cells: Cells<'of>,
    pub(super) result: Result<Reading, RowError>,
}

/// Rows that are being written down, one after another.
pub(super) enum Lines {
    Ndjson(Vec<u8>),
    Csv(Layout, Box<csv::Writer<Vec<u8>>>),
}

/// Begins to write rows of CSV in a layout behind what is in memory.
fn csv_writer(layout: Layout, memory: Vec<u8>) -> csv::Writer<Vec<u8>> {
    // A separator is a sign of ASCII.
    let separator = u8::try_from(layout.separator()).unwrap_or(b',');
    csv::WriterBuilder::new().delimiter(separator).from_writer(memory)
}

impl Lines {
    /// Begins to write rows into memory, which is used again.
    pub(super) fn begin(written: Written, mut memory: Vec<u8>) -> Self {
        memory.clear();
        match written {
            Written::Ndjson => Self::Ndjson(memory),
            Written::Csv(layout) => Self::Csv(layout, Box::new(csv_writer(layout, memory))),
        }
    }

    /// Writes a row down, and returns the bytes of all so far.
    pub(super) fn write(&mut self, row: &DecodedRow<'_>) -> io::Result<usize> {
        match self {
            Self::Ndjson(bytes) => {
                put_json(bytes, &json(row));
                bytes.push(b'\n');
                Ok(bytes.len())
            }
            Self::Csv(layout, writer) => {
                writer.write_record(texts(row, *layout).iter().map(|text| text.as_bytes()))?;
                writer.flush()?;
                Ok(writer.get_ref().len())
            }
        }
    }

    /// Returns the bytes of all rows.
    pub(super) fn end(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Ndjson(bytes) => Ok(bytes),
            Self::Csv(_, writer) => writer.into_inner().map_err(csv::IntoInnerError::into_error),
        }
    }
}

fn json<'of>(row: &'of DecodedRow<'_>) -> JsonRow<'of> {
    let DecodedRow { number, line, cells, result } = row;
    let (reading, error) = (result.as_ref().ok(), result.as_ref().err());
    JsonRow {
        row: *number,
        line: *line,
        device: cells.device,
        received_at: cells.time,
        f_cnt: cells.f_cnt,
        f_port: cells.f_port,
        payload: cells.payload,
        decoder: cells.decoder,
        data: reading.map(|reading| &reading.data),
        measurements: reading.map(|reading| reading.measurements.as_slice()),
        warnings: reading.map(|reading| reading.warnings.as_slice()).unwrap_or_default(),
        error: error.map(|error| JsonError { code: error.code, message: &error.message }),
    }
}

/// The cells of a row. What devices, people and decoders say in them is marked, so that no spreadsheet takes it for a
/// formula.
fn texts<'of>(row: &'of DecodedRow<'_>, layout: Layout) -> [Cow<'of, str>; COLUMNS.len()] {
    let Cells { payload, f_port, device, f_cnt, time, decoder } = row.cells;
    let text = |cell: Option<&'of str>| marked(cell.unwrap_or_default().into(), layout);
    let none = Cow::Borrowed("");
    let [data, measurements, warnings, error] = match &row.result {
        Ok(reading) => [
            json_cell(&reading.data, layout),
            json_cell(&reading.measurements, layout),
            marked(reading.warnings.join("; ").into(), layout),
            none,
        ],
        Err(error) => {
            let said = format!("{}: {}", error.code, error.message);
            [none.clone(), none.clone(), none, marked(said.into(), layout)]
        }
    };
    [
        row.number.to_string().into(),
        row.line.to_string().into(),
        text(device),
        text(time),
        text(f_cnt),
        text(f_port),
        text(payload),
        text(decoder),
        data,
        measurements,
        warnings,
        error,
    ]
}

fn marked(text: Cow<'_, str>, layout: Layout) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => marked_text(text, layout),
        Cow::Owned(text) => marked_text(&text, layout).into_owned().into(),
    }
}

fn json_cell(value: &impl Serialize, layout: Layout) -> Cow<'static, str> {
    marked_json(&as_json(value), layout).into_owned().into()
}

fn as_json(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    put_json(&mut bytes, value);
    // It is JSON, which is text.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Adds a value as JSON on one line, which commands no terminal. What a decoder returned was JSON, and is written without
/// fail.
fn put_json(bytes: &mut Vec<u8>, value: &impl Serialize) {
    let begin = bytes.len();
    if serde_json::to_writer(&mut *bytes, value).is_err() {
        bytes.truncate(begin);
    }
    if !may_command(&bytes[begin..]) {
        return;
    }
    let text = String::from_utf8_lossy(&bytes[begin..]);
    if text.chars().any(char::is_control) {
        let escaped = output::escaped(&text).replace('\n', " ");
        bytes.truncate(begin);
        bytes.extend_from_slice(escaped.as_bytes());
    }
}

/// Whether a text may have control characters: ASCII's, or those that begin with the byte C2 in UTF-8. Many bytes are
/// looked at at once.
fn may_command(text: &[u8]) -> bool {
    const RUN: usize = 64;
    let may = |byte: &u8| *byte < b' ' || *byte == 0x7F || *byte == 0xC2;
    text.chunks(RUN).any(|run| run.iter().fold(false, |found, byte| found | may(byte)))
}

/// A file of readings that is being written.
pub(super) struct Readings(Box<dyn Write>);

impl Readings {
    pub(super) fn begin(written: Written, mut sink: Box<dyn Write>) -> io::Result<Self> {
        if let Written::Csv(layout) = written {
            let mut header = csv_writer(layout, layout.beginning().into());
            header.write_record(COLUMNS)?;
            sink.write_all(&header.into_inner().map_err(csv::IntoInnerError::into_error)?)?;
        }
        Ok(Self(sink))
    }

    /// Writes rows that were written down.
    pub(super) fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.0.write_all(lines)
    }

    pub(super) fn end(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(text: &str) -> String {
        as_json(&text)
    }

    #[test]
    fn no_text_commands_a_terminal() {
        for plain in ["", "é", "Â£", "a \"b\"", &"x".repeat(200)] {
            assert_eq!(put(plain), serde_json::to_string(plain).unwrap());
        }
        assert_eq!(put("a\u{7f}b"), r#""a\u007fb""#);
        assert_eq!(put("a\u{9b}b"), r#""a\u009bb""#);
        // Wherever it stands.
        for before in [0, 1, 63, 64, 65, 127, 200] {
            let text = format!("{}\u{7f}", "x".repeat(before));
            assert!(put(&text).ends_with("\\u007f\""), "{before}");
        }
    }

    #[test]
    fn nothing_that_is_said_becomes_a_formula() {
        let data = serde_json::json!({ "state": "=1+1", "note": "a;=2", "level": -3 });
        let cell = json_cell(&data, Layout::International);
        // Where a cell would begin that is separated by `;`; behind a quote none does.
        assert!(cell.contains(r#""state":"=1+1""#) && cell.contains(r#""a;\u003d2""#), "{cell}");
        assert!(cell.contains(r#""level":-3"#), "numbers stay as they are: {cell}");
        let read: serde_json::Value = serde_json::from_str(&cell).unwrap();
        assert_eq!(read, data, "it stays the same JSON");
        let warnings = ["low", "=cmd|' /C calc'!A0"].join("; ");
        assert_eq!(marked(warnings.into(), Layout::International), "low; '=cmd|' /C calc'!A0");
        let error = RowError { code: "broken-row", message: "it is\n=1".to_owned() };
        let cells = Cells { device: Some("@SUM(A1)"), payload: Some("00A1"), ..Cells::default() };
        let row = DecodedRow { number: 1, line: 1, cells, result: Err(error) };
        let line = |row: &DecodedRow<'_>, layout| {
            let mut lines = Lines::begin(Written::Csv(layout), Vec::new());
            lines.write(row).unwrap();
            String::from_utf8(lines.end().unwrap()).unwrap()
        };
        assert_eq!(
            line(&row, Layout::International),
            "1,1,'@SUM(A1),,,,00A1,,,,,\"broken-row: it is\n'=1\"\n"
        );
        // In the French layout a cell could begin behind a comma as well.
        let error = RowError { code: "broken-row", message: "a,=1".to_owned() };
        let row = DecodedRow { number: 1, line: 1, cells: Cells::default(), result: Err(error) };
        assert_eq!(line(&row, Layout::French), "1;1;;;;;;;;;;broken-row: a,'=1\n");
        assert_eq!(line(&row, Layout::International), "1,1,,,,,,,,,,\"broken-row: a,=1\"\n");
    }

    #[test]
    fn a_layout_is_that_of_the_header_as_well() {
        let beginning = |layout| {
            let file = tempfile::NamedTempFile::new().unwrap();
            let sink = Box::new(file.reopen().unwrap());
            Readings::begin(Written::Csv(layout), sink).unwrap().end().unwrap();
            std::fs::read_to_string(file.path()).unwrap()
        };
        assert!(beginning(Layout::French).starts_with("\u{feff}row;line;device;"));
        assert!(beginning(Layout::International).starts_with("row,line,device,"));
    }

    #[test]
    fn memory_is_used_again() {
        let cells = Cells { payload: Some("00,1"), ..Cells::default() };
        let error = RowError { code: "broken-row", message: "it is".to_owned() };
        let row = DecodedRow { number: 7, line: 9, cells, result: Err(error) };
        let mut before: Vec<(Vec<u8>, Vec<usize>)> = Vec::new();
        for written in [Written::Ndjson, Written::Csv(Layout::International)] {
            let mut memory = b"of another batch".to_vec();
            for _ in 0..2 {
                let mut lines = Lines::begin(written, memory);
                let ends: Vec<usize> = (0..3).map(|_| lines.write(&row).unwrap()).collect();
                memory = lines.end().unwrap();
                before.push((memory.clone(), ends));
            }
        }
        assert_eq!(before[0], before[1]);
        assert_eq!(before[2], before[3]);
        let (csv, ends) = &before[2];
        let line = "7,9,,,,,\"00,1\",,,,,broken-row: it is\n";
        assert_eq!(String::from_utf8_lossy(csv), line.repeat(3));
        assert_eq!(*ends, [1, 2, 3].map(|lines| lines * line.len()));
        let (ndjson, _) = &before[0];
        let line = "{\"row\":7,\"line\":9,\"payload\":\"00,1\",\"error\":{\"code\":\"broken-row\",\"message\":\"it is\"}}\n";
        assert_eq!(String::from_utf8_lossy(ndjson), line.repeat(3));
    }
}
