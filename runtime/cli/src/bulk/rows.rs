//! Rows of a file of payloads: CSV with a header, or a JSON object on each line.

use std::{
    collections::VecDeque,
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
};

use clap::ValueEnum;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use indexmap::IndexMap;
use serde_json::Value as Json;

use super::columns::{Columns, Role};

/// Delimiters of CSV; the header has most of the one that it is written with.
const DELIMITERS: &[u8] = b",;\t|";

/// Lines of JSON in which the names of columns are looked for.
const LINES_FOR_NAMES: usize = 1_000;

/// Objects in a line of JSON whose members are columns too, as in records and in events of network servers.
const NESTED: [&str; 3] = ["uplink", "device", "deviceInfo"];

/// The way payloads are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Encoding {
    /// Hexadecimal digits, with blanks or without
    Hex,
    /// Base64, as network servers write payloads
    Base64,
}

impl Encoding {
    /// Reads a payload, or says why it is none.
    pub(super) fn decode(self, text: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::Hex => {
                let text = text.trim();
                let digits = text.strip_prefix("0x").or(text.strip_prefix("0X")).unwrap_or(text);
                let digits: String =
                    digits.chars().filter(|letter| !matches!(letter, ' ' | ':' | '-')).collect();
                HEXLOWER_PERMISSIVE
                    .decode(digits.as_bytes())
                    .map_err(|_| format!("the payload {text:?} is not hexadecimal"))
            }
            Self::Base64 => BASE64
                .decode(text.trim().as_bytes())
                .map_err(|_| format!("the payload {text:?} is no base64")),
        }
    }

    /// Recognizes the encoding of payloads; digits that are both are hexadecimal.
    fn of<'text>(payloads: impl Iterator<Item = &'text str> + Clone) -> Self {
        let are =
            |encoding: Self| payloads.clone().filter(|text| encoding.decode(text).is_ok()).count();
        if are(Self::Base64) > are(Self::Hex) { Self::Base64 } else { Self::Hex }
    }
}

/// A row with the texts of its columns.
pub(super) struct Row {
    /// From 1, the header not counted.
    pub(super) number: u64,
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
    fn of(columns: &Columns, cell: impl Fn(usize) -> Option<String>) -> Self {
        let of = |role| {
            let text = cell(columns.place(role)?)?;
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        Self {
            // A payload may be empty: the device has sent nothing but its port.
            payload: columns.place(Role::Payload).and_then(&cell),
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
    header: Vec<String>,
    lines: Lines,
    encoding: Option<Encoding>,
    number: u64,
}

enum Lines {
    Csv(Box<csv::Reader<File>>),
    Json { file: BufReader<File>, ahead: VecDeque<Vec<u8>>, position: u64 },
}

impl Rows {
    /// Begins to read a file. The error says what is wrong with the whole of it.
    pub(super) fn read(mut file: File, encoding: Option<Encoding>) -> Result<Self, String> {
        let mut head = vec![0; 64 << 10];
        let length = fill(&mut file, &mut head)?;
        let head = &head[..length];
        if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
            return Err("it is UTF-16: save it as UTF-8".to_owned());
        }
        let mark = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        file.seek(SeekFrom::Start(mark as u64)).map_err(|error| error.to_string())?;
        let head = &head[mark..];
        match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
            None => Err("it is empty".to_owned()),
            Some(b'{') => Self::json(file, encoding),
            Some(b'[') => {
                Err("it is a JSON list: put one object on each line, as `jq -c '.[]'` does"
                    .to_owned())
            }
            Some(_) => Self::csv(file, head, encoding),
        }
    }

    fn csv(file: File, head: &[u8], encoding: Option<Encoding>) -> Result<Self, String> {
        let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: &u8| first.iter().filter(|byte| *byte == delimiter).count();
        // Of several with equally many the first in the list.
        let delimiter = DELIMITERS.iter().rev().max_by_key(|delimiter| count(delimiter));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter.copied().unwrap_or(b','))
            .flexible(true)
            .from_reader(file);
        let header = reader.byte_headers().map_err(|error| error.to_string())?;
        let header = header.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        Ok(Self { header, lines: Lines::Csv(Box::new(reader)), encoding, number: 0 })
    }

    fn json(file: File, encoding: Option<Encoding>) -> Result<Self, String> {
        let mut lines =
            Lines::Json { file: BufReader::new(file), ahead: VecDeque::new(), position: 0 };
        let mut names: IndexMap<String, ()> = IndexMap::new();
        let mut read = VecDeque::new();
        while read.len() < LINES_FOR_NAMES {
            let Some(line) = lines.line()? else { break };
            for (name, _) in members(&line).unwrap_or_default() {
                names.insert(name, ());
            }
            read.push_back(line);
        }
        if let Lines::Json { ahead, .. } = &mut lines {
            *ahead = read;
        }
        Ok(Self { header: names.into_keys().collect(), lines, encoding, number: 0 })
    }

    /// Returns the names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Returns the bytes that were read so far.
    pub(super) fn position(&self) -> u64 {
        match &self.lines {
            Lines::Csv(reader) => reader.position().byte(),
            Lines::Json { position, .. } => *position,
        }
    }

    /// Reads the next rows; none at the end. Only a file that cannot be read any more is an error.
    pub(super) fn next(&mut self, most: usize, columns: &Columns) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        while rows.len() < most {
            let Some((cells, broken)) = self.row(columns)? else { break };
            self.number += 1;
            let encoding = self.encoding.unwrap_or(Encoding::Hex);
            rows.push(Row { number: self.number, cells, encoding, broken });
        }
        if self.encoding.is_none() && !rows.is_empty() {
            let payloads = rows.iter().filter_map(|row| row.cells.payload.as_deref());
            let encoding = Encoding::of(payloads);
            self.encoding = Some(encoding);
            rows.iter_mut().for_each(|row| row.encoding = encoding);
        }
        Ok(rows)
    }

    fn row(&mut self, columns: &Columns) -> Result<Option<(Cells, Option<String>)>, String> {
        match &mut self.lines {
            Lines::Csv(reader) => {
                let mut record = csv::ByteRecord::new();
                if !reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
                    return Ok(None);
                }
                let cell = |place: usize| {
                    record.get(place).map(|text| String::from_utf8_lossy(text).into_owned())
                };
                let broken = (record.len() != self.header.len()).then(|| {
                    format!(
                        "the row has {} cells, and the header {}",
                        record.len(),
                        self.header.len()
                    )
                });
                Ok(Some((Cells::of(columns, cell), broken)))
            }
            Lines::Json { .. } => {
                let Some(line) = self.lines.line()? else { return Ok(None) };
                Ok(Some(match members(&line) {
                    Ok(members) => {
                        let cell = |place: usize| members.get(self.header.get(place)?).cloned();
                        (Cells::of(columns, cell), None)
                    }
                    Err(problem) => (Cells::default(), Some(problem)),
                }))
            }
        }
    }
}

impl Lines {
    /// The next line of JSON that is not blank.
    fn line(&mut self) -> Result<Option<Vec<u8>>, String> {
        let Self::Json { file, ahead, position } = self else { return Ok(None) };
        if let Some(line) = ahead.pop_front() {
            return Ok(Some(line));
        }
        loop {
            let mut line = Vec::new();
            let bytes = file.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
            *position += bytes as u64;
            match bytes {
                0 => return Ok(None),
                _ if line.iter().all(u8::is_ascii_whitespace) => {}
                _ => return Ok(Some(line)),
            }
        }
    }
}

/// The members of a line of JSON as texts, with those of objects that belong to it.
fn members(line: &[u8]) -> Result<IndexMap<String, String>, String> {
    let line: serde_json::Map<String, Json> = serde_json::from_slice(line)
        .map_err(|error| format!("the line is no JSON object: {error}"))?;
    let mut members = IndexMap::new();
    let nested = NESTED.iter().filter_map(|name| line.get(*name)?.as_object());
    for (name, value) in line.iter().chain(nested.flatten()) {
        let text = match value {
            Json::String(text) => text.clone(),
            Json::Number(_) | Json::Bool(_) => value.to_string(),
            // A record names its decoder so.
            Json::Object(decoder) if name == "decoder" => {
                let text = |key: &str| decoder.get(key)?.as_str();
                let Some(id) = text("id") else { continue };
                text("version").map_or(id.to_owned(), |version| format!("{id}@{version}"))
            }
            _ => continue,
        };
        members.entry(name.clone()).or_insert(text);
    }
    Ok(members)
}

fn fill(file: &mut File, buffer: &mut [u8]) -> Result<usize, String> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(bytes) => length += bytes,
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(content: &[u8]) -> Result<(Vec<String>, Vec<Row>), String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let mut rows = Rows::read(File::open(file.path()).unwrap(), None)?;
        let columns = Columns::of(rows.header(), &[])?;
        let read = rows.next(100, &columns)?;
        Ok((rows.header().to_vec(), read))
    }

    #[test]
    fn csv_of_any_delimiter_is_read_and_a_broken_row_is_told() {
        for text in [
            "payload,port\n00D7,2\nzz\n",
            "payload;port\n00D7;2\nzz\n",
            "payload\tport\n00D7\t2\nzz",
        ] {
            let (header, rows) = rows(text.as_bytes()).unwrap();
            assert_eq!(header, ["payload", "port"], "{text}");
            assert_eq!(rows[0].cells.payload.as_deref(), Some("00D7"));
            assert_eq!((rows[0].number, rows[0].broken.as_deref()), (1, None));
            let broken = rows[1].broken.as_deref();
            assert_eq!(broken, Some("the row has 1 cells, and the header 2"));
        }
    }

    #[test]
    fn lines_of_json_are_read_with_what_belongs_to_them() {
        let text = br#"{"time": "2026-01-01T00:00:00Z", "deviceInfo": {"devEui": "70b3d5499a000001"}, "fPort": 5, "data": "AQD8"}

{"uplink": {"fPort": 2, "payload": "00"}, "decoder": {"id": "acme/a", "version": "1.0.0"}}
{"fPort":"#;
        let (_, rows) = rows(text).unwrap();
        assert_eq!(rows.len(), 3);
        let first = &rows[0].cells;
        assert_eq!(first.device.as_deref(), Some("70b3d5499a000001"));
        assert_eq!(first.f_port.as_deref(), Some("5"));
        assert_eq!(rows[1].cells.decoder.as_deref(), Some("acme/a@1.0.0"));
        assert!(rows[2].broken.as_ref().is_some_and(|problem| problem.contains("no JSON object")));
    }

    #[test]
    fn the_encoding_is_recognized() {
        let (_, hex) = rows(b"payload,port\n00D7 28,2\n0x00:D7,2\n").unwrap();
        assert_eq!(hex[0].encoding.decode("00D7 28"), Ok(vec![0x00, 0xD7, 0x28]));
        assert_eq!(hex[1].encoding.decode("0x00:D7"), Ok(vec![0x00, 0xD7]));
        let (_, base64) = rows(b"payload,port\nAQD8AiU=,2\n").unwrap();
        assert_eq!(base64[0].encoding, Encoding::Base64);
        assert!(Encoding::Hex.decode("0").is_err());
    }

    #[test]
    fn a_file_that_is_none_is_refused_as_a_whole() {
        assert_eq!(rows(b" \n").err().as_deref(), Some("it is empty"));
        assert!(
            rows(b"[{}]").err().is_some_and(|problem| problem.contains("one object on each line"))
        );
        assert!(rows(b"\xFF\xFEp\0").err().is_some_and(|problem| problem.contains("UTF-16")));
    }
}
