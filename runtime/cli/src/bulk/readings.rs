//! Readings of many payloads as they are written: a JSON object on each line, or CSV.

use std::io::{self, Write};

use champollion_sandbox::{Measurement, Reading};
use serde::Serialize;

use super::{
    decoding::RowError,
    rows::{Cells, Row},
};
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
    Csv,
}

/// A row as it is written.
pub(super) enum Line {
    Json(String),
    Cells(Box<[String; COLUMNS.len()]>),
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
    #[serde(flatten)]
    reading: Option<JsonReading<'of>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JsonError<'of>>,
}

#[derive(Serialize)]
struct JsonReading<'of> {
    data: &'of champollion_sandbox::Data,
    measurements: &'of [Measurement],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'of [String],
}

#[derive(Serialize)]
struct JsonError<'of> {
    code: &'static str,
    message: &'of str,
}

impl Written {
    /// Writes a row down.
    pub(super) fn line(self, row: &Row, result: Result<Reading, RowError>) -> Line {
        match self {
            Self::Ndjson => Line::Json(json(row, &result)),
            Self::Csv => Line::Cells(Box::new(texts(row, &result))),
        }
    }
}

fn json(row: &Row, result: &Result<Reading, RowError>) -> String {
    let cells = &row.cells;
    let row = JsonRow {
        row: row.number,
        line: row.line,
        device: cells.device.as_deref(),
        received_at: cells.time.as_deref(),
        f_cnt: cells.f_cnt.as_deref(),
        f_port: cells.f_port.as_deref(),
        payload: cells.payload.as_deref(),
        decoder: cells.decoder.as_deref(),
        reading: result.as_ref().ok().map(|reading| JsonReading {
            data: &reading.data,
            measurements: &reading.measurements,
            warnings: &reading.warnings,
        }),
        error: result
            .as_ref()
            .err()
            .map(|error| JsonError { code: error.code, message: &error.message }),
    };
    as_json(&row)
}

fn texts(row: &Row, result: &Result<Reading, RowError>) -> [String; COLUMNS.len()] {
    let Cells { payload, f_port, device, f_cnt, time, decoder } = &row.cells;
    let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
    let [data, measurements, warnings, error] = match result {
        Ok(reading) => {
            let warnings = reading.warnings.join("; ");
            [as_json(&reading.data), as_json(&reading.measurements), warnings, String::new()]
        }
        Err(error) => {
            let said = format!("{}: {}", error.code, error.message);
            [String::new(), String::new(), String::new(), said]
        }
    };
    [
        row.number.to_string(),
        row.line.to_string(),
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

/// A value as JSON on one line, which commands no terminal. What a decoder returned was JSON, and is written without
/// fail.
fn as_json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    if text.chars().any(char::is_control) {
        return output::escaped(&text).replace('\n', " ");
    }
    text
}

/// A file of readings that is being written.
pub(super) enum Readings {
    Ndjson(Box<dyn Write>),
    Csv(Box<csv::Writer<Box<dyn Write>>>),
}

impl Readings {
    pub(super) fn begin(written: Written, sink: Box<dyn Write>) -> io::Result<Self> {
        Ok(match written {
            Written::Ndjson => Self::Ndjson(sink),
            Written::Csv => {
                let mut writer = csv::Writer::from_writer(sink);
                writer.write_record(COLUMNS)?;
                Self::Csv(Box::new(writer))
            }
        })
    }

    pub(super) fn write(&mut self, line: &Line) -> io::Result<()> {
        match (self, line) {
            (Self::Ndjson(sink), Line::Json(text)) => writeln!(sink, "{text}"),
            (Self::Csv(writer), Line::Cells(cells)) => Ok(writer.write_record(&**cells)?),
            // Rows are written down in the format of their file.
            _ => Ok(()),
        }
    }

    pub(super) fn end(self) -> io::Result<()> {
        match self {
            Self::Ndjson(mut sink) => sink.flush(),
            Self::Csv(mut writer) => writer.flush(),
        }
    }
}
