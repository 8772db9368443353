//! Rows of a file of payloads: CSV with a header, or a JSON object on each line.

use std::{io::BufReader, ops::Range};

use super::{
    columns::{Columns, Role},
    csv_rows::{CsvRow, CsvRows},
    encoding::Encoding,
    json_rows::{JsonRow, JsonRows},
};
use crate::{lines::Lines, text_file::TextFile};

/// Rows that are decoded together, with the texts of all of them.
pub(super) struct Batch {
    rows: Vec<Row>,
    texts: String,
    encoding: Encoding,
}

/// A row, and where its texts are among those of its batch.
pub(super) struct Row {
    /// From 1, the header not counted.
    pub(super) number: u64,
    /// The line of the file in which it begins, from 1.
    pub(super) line: u64,
    /// Why the row cannot be read at all.
    pub(super) broken: Option<String>,
    places: [Option<Range<usize>>; Role::ALL.len()],
}

/// The cells of a row that mean something; none where the cell is empty.
#[derive(Clone, Copy, Default)]
pub(super) struct Cells<'of> {
    pub(super) payload: Option<&'of str>,
    pub(super) f_port: Option<&'of str>,
    pub(super) device: Option<&'of str>,
    pub(super) f_cnt: Option<&'of str>,
    pub(super) time: Option<&'of str>,
    pub(super) decoder: Option<&'of str>,
}

impl Batch {
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Returns the encoding of the payloads.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns the cells of one of the rows.
    pub(super) fn cells(&self, row: &Row) -> Cells<'_> {
        let of = |role: Role| self.texts.get(row.places[role as usize].clone()?);
        Cells {
            payload: of(Role::Payload),
            f_port: of(Role::FPort),
            device: of(Role::Device),
            f_cnt: of(Role::FCnt),
            time: of(Role::Time),
            decoder: of(Role::Decoder),
        }
    }

    /// Adds a row with the cells that mean something.
    fn add<'text>(
        &mut self,
        (number, line): (u64, u64),
        columns: &Columns,
        cell: impl Fn(usize) -> Option<&'text str>,
        broken: Option<String>,
    ) {
        let places = Role::ALL.map(|role| {
            let text = cell(columns.place(role)?)?;
            // A payload may be empty: the device has sent nothing but its port.
            let text = if role == Role::Payload { text } else { text.trim() };
            let begin = self.texts.len();
            self.texts.push_str(text);
            (role == Role::Payload || !text.is_empty()).then_some(begin..self.texts.len())
        });
        self.rows.push(Row { number, line, broken, places });
    }
}

/// The rows of a file, one after another.
pub(super) struct Rows {
    source: Source,
    encoding: Option<Encoding>,
    /// Whether the encoding was recognized, and not given.
    is_recognized: bool,
    number: u64,
    /// Why the file cannot be read any further, behind rows that were.
    fault: Option<String>,
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
        Ok(Self { source, encoding, is_recognized: encoding.is_none(), number: 0, fault: None })
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

    /// Reads the next rows; none at the end. Only a file that cannot be read any more is an error. The first rows are
    /// those by which the encoding is recognized.
    pub(super) fn next(&mut self, most: usize, columns: &Columns) -> Result<Batch, String> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        let encoding = self.encoding.unwrap_or(Encoding::Hex);
        let mut batch = Batch { rows: Vec::with_capacity(most), texts: String::new(), encoding };
        while batch.rows.len() < most {
            match self.read_into(&mut batch, columns) {
                Ok(true) => {}
                Ok(false) => break,
                Err(fault) if batch.rows.is_empty() => return Err(fault),
                // The rows before it are given first.
                Err(fault) => {
                    self.fault = Some(fault);
                    break;
                }
            }
        }
        if self.encoding.is_none() && !batch.rows.is_empty() {
            let payloads = batch.rows.iter().filter_map(|row| batch.cells(row).payload);
            batch.encoding = Encoding::of(payloads, columns.tell_base64());
            self.encoding = Some(batch.encoding);
        }
        Ok(batch)
    }

    /// Reads the next row into a batch; there is none at the end.
    fn read_into(&mut self, batch: &mut Batch, columns: &Columns) -> Result<bool, String> {
        let number = self.number + 1;
        match &mut self.source {
            Source::Csv(rows) => {
                let read = rows.next().map_err(|error| error.to_string())?;
                let Some(CsvRow { line, cells, broken }) = read else { return Ok(false) };
                batch.add((number, line), columns, |place| cells.get(place), broken);
            }
            Source::Json(rows) => {
                let read = rows.next().map_err(|error| error.to_string())?;
                let Some(JsonRow { line, members }) = read else { return Ok(false) };
                match members {
                    Ok(members) => {
                        let columns = rows.columns_of(&members, columns);
                        let cell = |place| Some(members.get_index(place)?.1.as_str());
                        batch.add((number, line), columns, cell, None);
                    }
                    Err(problem) => batch.add((number, line), columns, |_| None, Some(problem)),
                }
            }
        }
        self.number = number;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Cursor, Read};

    use super::*;

    /// A source that cannot be read.
    struct Gone;

    impl Read for Gone {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("it is gone"))
        }
    }

    fn open(content: &[u8]) -> Result<Rows, String> {
        let file = TextFile::of(Box::new(Cursor::new(content.to_vec())), 0)?;
        Rows::read(file, None)
    }

    fn read(content: &[u8]) -> Result<Batch, String> {
        let mut rows = open(content)?;
        let columns = Columns::of(rows.header(), &[])?;
        rows.next(10_000, &columns)
    }

    fn cells(batch: &Batch, row: usize) -> Cells<'_> {
        batch.cells(&batch.rows[row])
    }

    #[test]
    fn rows_are_told_by_the_line_of_the_file() {
        let batch = read(b"\xEF\xBB\xBFsep=;\r\npayload;port\r\n00D7;2\r\n\r\n00D8;2\r\n").unwrap();
        let rows = batch.rows();
        assert_eq!((rows[0].number, rows[0].line), (1, 3));
        assert_eq!((rows[1].number, rows[1].line), (2, 5));
        assert_eq!(cells(&batch, 1).payload, Some("00D8"));
    }

    #[test]
    fn an_empty_payload_is_one_and_other_empty_cells_are_none() {
        let batch = read(b"payload,port,device,time\n, 2 , ,\n").unwrap();
        let cells = cells(&batch, 0);
        assert_eq!((cells.payload, cells.f_port), (Some(""), Some("2")));
        assert_eq!((cells.device, cells.time, cells.decoder), (None, None, None));
    }

    #[test]
    fn lines_of_json_are_read_with_what_belongs_to_them() {
        let text = br#"{"time": "2026-01-01T00:00:00Z", "deviceInfo": {"devEui": "70b3d5499a000001"}, "fPort": 5, "data": "AQD8"}

{"uplink": {"fPort": 2, "payload": "00"}, "decoder": {"id": "acme/a", "version": "1.0.0"}}
{"fPort":"#;
        let batch = read(text).unwrap();
        let rows = batch.rows();
        assert_eq!(rows.len(), 3);
        let first = cells(&batch, 0);
        assert_eq!(first.device, Some("70b3d5499a000001"));
        assert_eq!(first.f_port, Some("5"));
        assert_eq!(cells(&batch, 1).decoder, Some("acme/a@1.0.0"));
        assert_eq!(cells(&batch, 1).payload, Some("00"));
        assert!(rows[2].broken.as_ref().is_some_and(|problem| problem.contains("no JSON object")));
        assert_eq!(rows[2].line, 4);
    }

    #[test]
    fn events_of_the_things_stack_are_read() {
        let event = br#"{"end_device_ids": {"device_id": "meter", "dev_eui": "70B3D5499A000001"}, "received_at": "2026-01-01T00:00:00Z",
            "uplink_message": {"f_port": 2, "f_cnt": 7, "frm_payload": "ABCD", "decoded_payload": {"payload": "x", "port": 9}}}"#;
        let line: Vec<u8> = event.iter().copied().filter(|byte| *byte != b'\n').collect();
        for wrapped in [line.clone(), [&b"{\"result\":"[..], &line, b"}"].concat()] {
            let batch = read(&wrapped).unwrap();
            let cells = cells(&batch, 0);
            assert_eq!(cells.device, Some("70B3D5499A000001"));
            assert_eq!((cells.f_port, cells.f_cnt), (Some("2"), Some("7")));
            assert_eq!(cells.time, Some("2026-01-01T00:00:00Z"));
            assert_eq!(cells.payload, Some("ABCD"));
            assert_eq!(batch.encoding(), Encoding::Base64, "it is always");
        }
    }

    #[test]
    fn each_line_of_json_has_names_of_its_own() {
        let mut text = "{\"port\": 2, \"payload\": \"00D7\"}\n".repeat(1_200);
        text.push_str("{\"fPort\": 3, \"rawPayload\": \"00D8\"}\n");
        let batch = read(text.as_bytes()).unwrap();
        let last = cells(&batch, 1_200);
        assert_eq!(last.payload, Some("00D8"));
        assert_eq!(last.f_port, Some("3"));
    }

    #[test]
    fn the_first_rows_tell_the_encoding_of_all() {
        let mut rows = open(b"payload,port\nAQD8AiU=,2\nAQD8AiU=,2\n00D728,2\n").unwrap();
        let columns = Columns::of(rows.header(), &[]).unwrap();
        for most in [2, 1] {
            let batch = rows.next(most, &columns).unwrap();
            assert_eq!((batch.rows().len(), batch.encoding()), (most, Encoding::Base64));
        }
        assert_eq!(rows.recognized(), Some(Encoding::Base64));
        assert!(rows.next(1, &columns).unwrap().rows().is_empty());
    }

    #[test]
    fn rows_before_a_fault_are_read() {
        let text = format!("payload,port\n{}", "00D7,2\n".repeat(20_000));
        let source = Cursor::new(text.into_bytes()).chain(Gone);
        let mut rows = Rows::read(TextFile::of(Box::new(source), 0).unwrap(), None).unwrap();
        let columns = Columns::of(rows.header(), &[]).unwrap();
        let batch = rows.next(50_000, &columns).unwrap();
        assert_eq!(batch.rows().len(), 20_000);
        assert_eq!(rows.next(50_000, &columns).err().as_deref(), Some("it is gone"));
    }

    #[test]
    fn a_file_that_is_none_is_refused_as_a_whole() {
        let read = |content: &[u8]| read(content).map(|batch| batch.rows().len());
        assert_eq!(read(b" \n").err().as_deref(), Some("it is empty"));
        assert!(
            read(b"[{}]").err().is_some_and(|problem| problem.contains("one object on each line"))
        );
        assert!(read(b"\xFF\xFEp\0").err().is_some_and(|problem| problem.contains("UTF-16")));
    }
}
