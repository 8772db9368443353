//! Rows of a file of payloads: CSV with a header, or a JSON object on each line.

use std::io::BufReader;

use super::{
    columns::{Columns, Role},
    csv_rows::{CsvRow, CsvRows},
    encoding::Encoding,
    json_rows::{JsonRow, JsonRows},
};
use crate::{lines::Lines, text_file::TextFile};

/// A row with the texts of its columns.
pub(super) struct Row {
    /// From 1, the header not counted.
    pub(super) number: u64,
    /// The line of the file in which it begins, from 1.
    pub(super) line: u64,
    /// The cells by their roles; none where the cell is empty.
    pub(super) cells: Cells,
    pub(super) encoding: Encoding,
    /// Why the row cannot be read at all.
    pub(super) broken: Option<String>,
}

/// The cells of a row that mean something.
#[derive(Default)]
pub(super) struct Cells {
    pub(super) payload: Option<String>,
    pub(super) f_port: Option<String>,
    pub(super) device: Option<String>,
    pub(super) f_cnt: Option<String>,
    pub(super) time: Option<String>,
    pub(super) decoder: Option<String>,
}

impl Cells {
    fn of<'text>(columns: &Columns, cell: impl Fn(usize) -> Option<&'text String>) -> Self {
        let of = |role| {
            let text = cell(columns.place(role)?)?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            // A payload may be empty: the device has sent nothing but its port.
            payload: columns.place(Role::Payload).and_then(&cell).cloned(),
            f_port: of(Role::FPort),
            device: of(Role::Device),
            f_cnt: of(Role::FCnt),
            time: of(Role::Time),
            decoder: of(Role::Decoder),
        }
    }
}

/// The rows of a file, one after another.
pub(super) struct Rows {
    source: Source,
    encoding: Option<Encoding>,
    /// Whether the encoding was recognized, and not given.
    is_recognized: bool,
    /// Payloads that are written in the other way.
    others: u64,
    number: u64,
}

enum Source {
    Csv(CsvRows<BufReader<TextFile>>),
    Json(JsonRows<BufReader<TextFile>>),
}

impl Rows {
    /// Begins to read a file. The error says what is wrong with the whole of it.
    pub(super) fn read(file: TextFile, encoding: Option<Encoding>) -> Result<Self, String> {
        let first = file.head().iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        let lines = || Lines::of(BufReader::new(file));
        let source = match first {
            None => return Err("it is empty".to_owned()),
            Some(b'{') => Source::Json(JsonRows::of(lines())?),
            Some(b'[') => {
                return Err(
                    "it is a JSON list: put one object on each line, as `jq -c '.[]'` does"
                        .to_owned(),
                );
            }
            Some(_) => Source::Csv(CsvRows::of(lines())?),
        };
        Ok(Self { source, encoding, is_recognized: encoding.is_none(), others: 0, number: 0 })
    }

    /// Returns the names of the columns.
    pub(super) fn header(&self) -> &[String] {
        match &self.source {
            Source::Csv(rows) => rows.header(),
            Source::Json(rows) => rows.names(),
        }
    }

    /// Returns the bytes that were read so far.
    pub(super) fn position(&self) -> u64 {
        match &self.source {
            Source::Csv(rows) => rows.position(),
            Source::Json(rows) => rows.position(),
        }
    }

    /// Returns the encoding of the payloads, where it was recognized and not given.
    pub(super) fn recognized(&self) -> Option<Encoding> {
        self.encoding.filter(|_| self.is_recognized)
    }

    /// Returns the number of payloads that are written in the other way.
    pub(super) fn others(&self) -> u64 {
        self.others
    }

    /// Reads the next rows; none at the end. Only a file that cannot be read any more is an error.
    pub(super) fn next(&mut self, most: usize, columns: &Columns) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        while rows.len() < most {
            let Some(row) = self.row(columns)? else { break };
            rows.push(row);
        }
        let payloads = rows.iter().filter_map(|row| row.cells.payload.as_deref());
        let encoding = match self.encoding {
            Some(encoding) => encoding,
            None => Encoding::of(payloads.clone(), columns.tell_base64()),
        };
        self.others += payloads.filter(|payload| encoding.is_other(payload)).count() as u64;
        if !rows.is_empty() {
            self.encoding = Some(encoding);
        }
        rows.iter_mut().for_each(|row| row.encoding = encoding);
        Ok(rows)
    }

    fn row(&mut self, columns: &Columns) -> Result<Option<Row>, String> {
        let read = match &mut self.source {
            Source::Csv(rows) => {
                let read = rows.next().map_err(|error| error.to_string())?;
                read.map(|CsvRow { line, cells, broken }| {
                    (line, Cells::of(columns, |place| cells.get(place)), broken)
                })
            }
            Source::Json(rows) => {
                let read = rows.next().map_err(|error| error.to_string())?;
                read.map(|JsonRow { line, members }| match members {
                    Ok(members) => {
                        let columns = rows.columns_of(&members, columns);
                        let cell = |place| members.get_index(place).map(|(_, text)| text);
                        (line, Cells::of(columns, cell), None)
                    }
                    Err(problem) => (line, Cells::default(), Some(problem)),
                })
            }
        };
        Ok(read.map(|(line, cells, broken)| {
            self.number += 1;
            let encoding = self.encoding.unwrap_or(Encoding::Hex);
            Row { number: self.number, line, cells, encoding, broken }
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn open(content: &[u8]) -> Result<Rows, String> {
        let file = TextFile::of(Box::new(Cursor::new(content.to_vec())), 0)?;
        Rows::read(file, None)
    }

    fn read(content: &[u8]) -> Result<Vec<Row>, String> {
        let mut rows = open(content)?;
        let columns = Columns::of(rows.header(), &[])?;
        rows.next(10_000, &columns)
    }

    #[test]
    fn rows_are_told_by_the_line_of_the_file() {
        let rows = read(b"\xEF\xBB\xBFsep=;\r\npayload;port\r\n00D7;2\r\n\r\n00D8;2\r\n").unwrap();
        assert_eq!((rows[0].number, rows[0].line), (1, 3));
        assert_eq!((rows[1].number, rows[1].line), (2, 5));
        assert_eq!(rows[1].cells.payload.as_deref(), Some("00D8"));
    }

    #[test]
    fn lines_of_json_are_read_with_what_belongs_to_them() {
        let text = br#"{"time": "2026-01-01T00:00:00Z", "deviceInfo": {"devEui": "70b3d5499a000001"}, "fPort": 5, "data": "AQD8"}

{"uplink": {"fPort": 2, "payload": "00"}, "decoder": {"id": "acme/a", "version": "1.0.0"}}
{"fPort":"#;
        let rows = read(text).unwrap();
        assert_eq!(rows.len(), 3);
        let first = &rows[0].cells;
        assert_eq!(first.device.as_deref(), Some("70b3d5499a000001"));
        assert_eq!(first.f_port.as_deref(), Some("5"));
        assert_eq!(rows[1].cells.decoder.as_deref(), Some("acme/a@1.0.0"));
        assert_eq!(rows[1].cells.payload.as_deref(), Some("00"));
        assert!(rows[2].broken.as_ref().is_some_and(|problem| problem.contains("no JSON object")));
        assert_eq!(rows[2].line, 4);
    }

    #[test]
    fn events_of_the_things_stack_are_read() {
        let event = br#"{"end_device_ids": {"device_id": "meter", "dev_eui": "70B3D5499A000001"}, "received_at": "2026-01-01T00:00:00Z",
            "uplink_message": {"f_port": 2, "f_cnt": 7, "frm_payload": "ABCD", "decoded_payload": {"payload": "x", "port": 9}}}"#;
        let line: Vec<u8> = event.iter().copied().filter(|byte| *byte != b'\n').collect();
        for wrapped in [line.clone(), [&b"{\"result\":"[..], &line, b"}"].concat()] {
            let rows = read(&wrapped).unwrap();
            let Row { cells, encoding, .. } = &rows[0];
            assert_eq!(cells.device.as_deref(), Some("70B3D5499A000001"));
            assert_eq!((cells.f_port.as_deref(), cells.f_cnt.as_deref()), (Some("2"), Some("7")));
            assert_eq!(cells.time.as_deref(), Some("2026-01-01T00:00:00Z"));
            assert_eq!(cells.payload.as_deref(), Some("ABCD"));
            assert_eq!(*encoding, Encoding::Base64, "it is always");
        }
    }

    #[test]
    fn each_line_of_json_has_names_of_its_own() {
        let mut text = "{\"port\": 2, \"payload\": \"00D7\"}\n".repeat(1_200);
        text.push_str("{\"fPort\": 3, \"rawPayload\": \"00D8\"}\n");
        let rows = read(text.as_bytes()).unwrap();
        let last = &rows[1_200].cells;
        assert_eq!(last.payload.as_deref(), Some("00D8"));
        assert_eq!(last.f_port.as_deref(), Some("3"));
    }

    #[test]
    fn payloads_of_both_kinds_are_counted() {
        let mut rows = open(b"payload,port\nAQD8AiU=,2\nAQD8AiU=,2\n00D728,2\n").unwrap();
        let columns = Columns::of(rows.header(), &[]).unwrap();
        assert_eq!(rows.next(10, &columns).unwrap()[0].encoding, Encoding::Base64);
        assert_eq!((rows.recognized(), rows.others()), (Some(Encoding::Base64), 1));
    }

    #[test]
    fn a_file_that_is_none_is_refused_as_a_whole() {
        assert_eq!(read(b" \n").err().as_deref(), Some("it is empty"));
        assert!(
            read(b"[{}]").err().is_some_and(|problem| problem.contains("one object on each line"))
        );
        assert!(read(b"\xFF\xFEp\0").err().is_some_and(|problem| problem.contains("UTF-16")));
    }
}
