//! `champollion decode --in`: the payloads of a file are decoded on every core, without a server. Rows come out in
//! their order; what cannot be read or decoded is told in a column of its own, and keeps nothing else from it.

mod columns;
mod crew;
mod csv_rows;
mod decoding;
mod encoding;
mod json_rows;
mod moments;
mod readings;
mod row_error;
mod rows;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    thread,
};

use champollion_delivery::formats::Layout;
use clap::Args;
use indicatif::ProgressBar;
use jiff::Timestamp;

use super::{
    Failure,
    input_arguments::InputArguments,
    output,
    plural::{agreeing, counted},
    progress,
    sources::MANIFEST,
    table_file::{ListLayout, no_layout},
    text_file::TextFile,
    tool::Tool,
};
use columns::{Columns, NamedColumn, Role};
use crew::{Crew, Decoded};
use decoding::{Given, Work};
use encoding::Encoding;
use readings::{Readings, Written};
use rows::Rows;

/// Rows by which the encoding is recognized.
const FIRST_ROWS: usize = 8_192;

/// Rows that are decoded together after those.
const ROWS_AT_ONCE: usize = 1_024;

/// Batches that are decoded while the next one is read.
const AHEAD: usize = 2;

/// Bytes of readings that are written at once.
const WRITTEN_BYTES: usize = 256 << 10;

/// The decoding of the payloads of a file.
#[derive(Args)]
pub(super) struct Bulk {
    /// File of payloads to decode: CSV with a header, or a JSON object on each line; `-` is standard input
    #[arg(long = "in", value_name = "FILE", conflicts_with_all = ["hex", "command", "downlink", "reading"])]
    from: Option<PathBuf>,
    /// File for the readings: NDJSON, or CSV where its name ends in .csv; without it they are printed as NDJSON
    #[arg(long, value_name = "FILE", requires = "from")]
    out: Option<PathBuf>,
    /// Layout of a file of CSV
    #[arg(long, value_enum, requires = "out")]
    layout: Option<ListLayout>,
    /// Column of a role, where its name does not tell: payload=raw, or payload=uplink.raw of an inner object; the roles
    /// are payload, fport, device, fcnt, time and decoder; may stand several times
    #[arg(long, value_name = "ROLE=NAME", requires = "from")]
    column: Vec<NamedColumn>,
    /// Encoding of the payloads; recognized where it is left out
    #[arg(long, value_enum, requires = "from")]
    encoding: Option<Encoding>,
    /// Succeed though rows were not decoded, as long as some were
    #[arg(long, requires = "from")]
    lenient: bool,
}

impl Bulk {
    pub(super) fn is_asked_for(&self) -> bool {
        self.from.is_some()
    }

    pub(super) fn run(
        &self,
        places: &[PathBuf],
        input: &InputArguments,
        json: bool,
    ) -> Result<(), Failure> {
        let Some(from) = &self.from else { return Ok(()) };
        let task = format!("{} cannot be decoded", from.display());
        if self.out.as_ref().is_some_and(|out| is_same_file(out, from)) {
            return Err(Failure::new(task, "--out names the same file"));
        }
        if let Some(kind) = self.out.as_deref().and_then(not_written_as) {
            let reason = format!(
                "--out would be {kind}, which is not written: a name that ends in .csv makes CSV, which spreadsheets open, \
                 and .ndjson a JSON object on each line"
            );
            return Err(Failure::new(task, reason));
        }
        let written = self.written()?;
        let tools = tools(places, &task)?;
        let file = TextFile::open(from).map_err(Failure::of(&task))?;
        let bytes = file.bytes();
        let mut rows = Rows::read(file, self.encoding).map_err(Failure::of(&task))?;
        let columns = Columns::of(rows.header(), &self.column)
            .and_then(|columns| columns.complete(input.fport.is_some(), tools.len()))
            .map_err(|reason| Failure::new(&task, reason))?;
        let given = Given {
            f_port: input.fport,
            at: input.at.unwrap_or_else(Timestamp::now),
            variables: input.variables(),
            is_decoder_named: columns.is_named(Role::Decoder),
        };
        let mut readings =
            Readings::begin(written, self.sink(&task)?).map_err(Failure::of(&task))?;
        let work = Work::new(&tools, &given, written);
        let progress = progress::bytes(bytes, json || self.out.is_none());
        let counts =
            self.decode_all(&task, (&mut rows, &columns), &work, (&mut readings, &progress))?;
        readings.end().map_err(|error| self.not_written(&task, &error))?;
        progress.finish_and_clear();
        counts.check(&task)?;
        tell_encoding(&rows, counts.others);
        counts.tell(self.out.as_deref(), self.lenient)
    }

    /// Decodes all rows, and writes the readings.
    fn decode_all(
        &self,
        task: &str,
        (rows, columns): (&mut Rows, &Columns),
        work: &Work<'_>,
        (readings, progress): (&mut Readings, &ProgressBar),
    ) -> Result<Counts, Failure> {
        thread::scope(|scope| {
            let mut crew = Crew::start(scope, work);
            let (mut counts, mut most) = (Counts::default(), FIRST_ROWS);
            loop {
                // Where the file cannot be read any further, what was read before is written all the same.
                let (ahead, end) = match rows.next(most, columns) {
                    Ok(batch) if batch.rows().is_empty() => (0, Some(Ok(()))),
                    Ok(batch) => {
                        crew.hand_over(batch);
                        (AHEAD, None)
                    }
                    Err(reason) => (0, Some(Err(Failure::new(task, reason)))),
                };
                while crew.under_way() > ahead
                    && let Some(decoded) = crew.next().map_err(Failure::of(task))?
                {
                    counts.add(&decoded);
                    let written = decoded.write(readings);
                    written.map_err(|error| self.not_written(task, &error))?;
                    crew.take_back(decoded);
                }
                progress.set_position(rows.position());
                if let Some(end) = end {
                    return end.map(|()| counts);
                }
                most = ROWS_AT_ONCE;
            }
        })
    }

    /// The failure of a reading that cannot be written. Whoever reads standard output may have read enough.
    fn not_written(&self, task: &str, error: &io::Error) -> Failure {
        if self.out.is_none() {
            output::end_without_reader(error);
        }
        Failure::new(task, error)
    }

    fn written(&self) -> Result<Written, Failure> {
        let is_csv = |out: &&PathBuf| {
            out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
        };
        match (self.out.as_ref().filter(is_csv), &self.out, self.layout) {
            (Some(_), _, layout) => Ok(Written::Csv(layout.map(Layout::from).unwrap_or_default())),
            (None, Some(out), Some(_)) => Err(no_layout(out, "NDJSON", "say .csv")),
            (None, ..) => Ok(Written::Ndjson),
        }
    }

    fn sink(&self, task: &str) -> Result<Box<dyn Write>, Failure> {
        match &self.out {
            Some(out) => {
                let file = File::create(out).map_err(Failure::of_file(format!(
                    "{task}: {} cannot be written",
                    out.display()
                )))?;
                Ok(Box::new(BufWriter::with_capacity(WRITTEN_BYTES, file)))
            }
            None => Ok(Box::new(BufWriter::with_capacity(WRITTEN_BYTES, io::stdout().lock()))),
        }
    }
}

/// The kind of file that a name stands for, where readings are not written as one.
fn not_written_as(out: &Path) -> Option<&'static str> {
    let extension = out.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "xlsx" | "xlsm" | "xls" | "ods" => Some("a spreadsheet"),
        "parquet" => Some("a Parquet file"),
        "gz" | "zip" | "zst" => Some("a compressed file"),
        _ => None,
    }
}

/// The rows that were read, and those of them that were not decoded.
#[derive(Default)]
struct Counts {
    rows: usize,
    failed: usize,
    /// Payloads that are written in the other way.
    others: u64,
}

impl Counts {
    fn add(&mut self, decoded: &Decoded) {
        self.rows += decoded.rows();
        self.failed += decoded.failed();
        self.others += decoded.others();
    }

    /// Refuses a file of which nothing could be decoded: something is wrong with all of it.
    fn check(&self, task: &str) -> Result<(), Failure> {
        let Self { rows, failed, .. } = self;
        if *rows == 0 {
            return Err(Failure::new(
                task,
                "it has no row of payloads: under the heading each takes a line of its own",
            ));
        }
        if failed == rows {
            let reason = "no row of it can be; the column error says why";
            return Err(Failure::new(task, reason));
        }
        Ok(())
    }

    /// Tells how many rows were decoded. Those that were not are a failure, unless it is lenient.
    fn tell(&self, out: Option<&Path>, is_lenient: bool) -> Result<(), Failure> {
        let Self { rows, failed, .. } = self;
        let place = out.map(|out| format!(" into {}", out.display())).unwrap_or_default();
        output::note(format_args!(
            "{} of {} decoded{place}",
            rows - failed,
            counted(rows, "payload")
        ));
        let reason = "the column error says why";
        match (failed, is_lenient) {
            (0, _) => Ok(()),
            (_, true) => {
                output::note(format_args!(
                    "{failed} {} not: {reason}",
                    agreeing(failed, "was", "were")
                ));
                Ok(())
            }
            (_, false) => Err(Failure::new(
                format!(
                    "{failed} of {} {} not decoded",
                    counted(rows, "row"),
                    agreeing(rows, "was", "were")
                ),
                format!("{reason}; --lenient takes that"),
            )),
        }
    }
}

/// Tells by which encoding payloads are read, where nobody has said it, and that some seem to be of the other one.
fn tell_encoding(rows: &Rows, others: u64) {
    if let Some(encoding) = rows.recognized() {
        let other = encoding.other().word();
        output::note(format_args!(
            "payloads are read as {encoding}: --encoding {other} reads them otherwise"
        ));
        if others > 0 {
            output::note(format_args!(
                "warning: {} {} like {} among the others: a file holds one kind",
                counted(others, "payload"),
                agreeing(others, "looks", "look"),
                encoding.other()
            ));
        }
    }
}

/// Loads the decoders; where none is named, the one whose sources are here.
fn tools(places: &[PathBuf], task: &str) -> Result<Vec<Tool>, Failure> {
    if !places.is_empty() {
        return places.iter().map(|place| Tool::load(place)).collect();
    }
    if !Path::new(MANIFEST).exists() {
        let reason = "--decoder names a package, a codec, or the folder of a decoder's sources";
        return Err(Failure::new(task, reason));
    }
    Ok(vec![Tool::load(Path::new("."))?])
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(one).is_some() && real(one) == real(other)
}
