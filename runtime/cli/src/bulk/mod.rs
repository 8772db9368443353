//! `champollion decode --in`: the payloads of a file are decoded on every core, without a server. Rows come out in
//! their order; what cannot be read or decoded is told in a column of its own, and keeps nothing else from it.

mod columns;
mod decoding;
mod moments;
mod readings;
mod rows;

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::Timestamp;

use super::{
    Failure,
    decode::{InputArguments, Tool},
    output, progress,
    sources::MANIFEST,
};
use columns::{Columns, NamedColumn};
use decoding::{Crew, Given};
use readings::{Readings, Written};
use rows::{Encoding, Rows};

/// Rows that are read, decoded and written at a time.
const ROWS_AT_ONCE: usize = 8_192;

/// The decoding of the payloads of a file.
#[derive(Args)]
pub(super) struct Bulk {
    /// File of payloads to decode: CSV with a header, or a JSON object on each line
    #[arg(long = "in", value_name = "FILE", conflicts_with_all = ["hex", "command", "downlink"])]
    from: Option<PathBuf>,
    /// File for the readings: NDJSON, or CSV where its name ends in .csv; without it they are printed as NDJSON
    #[arg(long, value_name = "FILE", requires = "from")]
    out: Option<PathBuf>,
    /// Column of a role, where its name does not tell: payload=raw; the roles are payload, fport, device, fcnt, time
    /// and decoder; may stand several times
    #[arg(long, value_name = "ROLE=NAME", requires = "from")]
    column: Vec<NamedColumn>,
    /// Encoding of the payloads; recognized where it is left out
    #[arg(long, value_enum, requires = "from")]
    encoding: Option<Encoding>,
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
        let tools = tools(places, &task)?;
        let file = File::open(from).map_err(Failure::of(&task))?;
        let bytes = file.metadata().map_err(Failure::of(&task))?.len();
        let mut rows = Rows::read(file, self.encoding).map_err(Failure::of(&task))?;
        let columns = Columns::of(rows.header(), &self.column)
            .and_then(|columns| columns.complete(input.fport.is_some(), tools.len()))
            .map_err(|reason| Failure::new(&task, reason))?;
        let given = Given {
            f_port: input.fport,
            at: input.at.unwrap_or_else(Timestamp::now),
            variables: input.variables(),
        };
        let mut readings =
            Readings::begin(self.written(), self.sink(&task)?).map_err(Failure::of(&task))?;
        let mut crew = Crew::new(&tools, &given, self.written());
        let progress = progress::bytes(bytes, json || self.out.is_none());
        let mut counts = Counts::default();
        loop {
            let batch = rows.next(ROWS_AT_ONCE, &columns).map_err(Failure::of(&task))?;
            if batch.is_empty() {
                break;
            }
            for decoded in crew.decode(batch) {
                counts.rows += 1;
                counts.failed += usize::from(decoded.is_failed);
                readings.write(&decoded.line).map_err(Failure::of(&task))?;
            }
            progress.set_position(rows.position());
        }
        readings.end().map_err(Failure::of(&task))?;
        progress.finish_and_clear();
        counts.tell(&task, self.out.as_deref())
    }

    fn written(&self) -> Written {
        let is_csv = |out: &PathBuf| {
            out.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
        };
        if self.out.as_ref().is_some_and(is_csv) { Written::Csv } else { Written::Ndjson }
    }

    fn sink(&self, task: &str) -> Result<Box<dyn Write>, Failure> {
        match &self.out {
            Some(out) => {
                let file = File::create(out)
                    .map_err(Failure::of(format!("{task}: {} cannot be written", out.display())))?;
                Ok(Box::new(BufWriter::new(file)))
            }
            None => Ok(Box::new(BufWriter::new(io::stdout().lock()))),
        }
    }
}

/// The rows that were read, and those of them that were not decoded.
#[derive(Default)]
struct Counts {
    rows: usize,
    failed: usize,
}

impl Counts {
    fn tell(&self, task: &str, out: Option<&Path>) -> Result<(), Failure> {
        let Self { rows, failed } = self;
        let place = out.map(|out| format!(" into {}", out.display())).unwrap_or_default();
        let decoded = rows - failed;
        if decoded == 0 && *rows > 0 {
            let reason = format!("none of its {rows} rows can be; the column error says why");
            return Err(Failure::new(task, reason));
        }
        output::note(format_args!("{decoded} of {rows} payloads decoded{place}"));
        if *failed > 0 {
            output::note(format_args!("{failed} were not: the column error says why"));
        }
        Ok(())
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
