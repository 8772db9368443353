//! The figures of the packages that were made: size, vectors and fuel of each, and of all.

use std::{fs, time::Duration};

use anyhow::{Context, Result};
use serde_json::Value as Json;

use crate::shell::say;

/// Ticks of a second in the files of `/proc`: Linux counts in hundredths there on every machine.
const TICKS_PER_SECOND: f64 = 100.0;

/// The places in `/proc/self/stat`, counted after the name of the program, of the ticks that children which have ended
/// were in user mode and in the kernel.
const CHILDREN_TICKS: [usize; 2] = [13, 14];

/// A package that was made.
pub(crate) struct Packed {
    id: String,
    bytes: u64,
    vectors: u64,
    /// The fuel of its dearest vector.
    fuel: u64,
}

/// The figures of all packages that were made.
pub(crate) struct Figures {
    pub(crate) packed: Vec<Packed>,
    /// The processor time of compiling them, where the system tells it.
    pub(crate) compiling: Option<Duration>,
}

impl Packed {
    /// Reads what `champollion build --json` prints.
    pub(crate) fn read(report: &str) -> Result<Self> {
        let report: Json = serde_json::from_str(report).context("`champollion build --json`")?;
        let number = |value: &Json, name: &str| {
            let number = value[name].as_u64();
            number.with_context(|| format!("`champollion build --json` tells no {name}: {report}"))
        };
        Ok(Self {
            id: report["id"].as_str().unwrap_or_default().to_owned(),
            bytes: number(&report, "bytes")?,
            vectors: number(&report, "vectors")?,
            fuel: number(&report["fuel"], "most")?,
        })
    }
}

impl Figures {
    /// Says the figures: a line of each package, and one of all.
    pub(crate) fn tell(&self) {
        let width = self.packed.iter().map(|packed| packed.id.len()).max().unwrap_or_default();
        for Packed { id, bytes, vectors, fuel } in &self.packed {
            say(format_args!(
                "{id:width$}  {bytes:>7} bytes  {vectors:>3} vectors  {fuel:>9} fuel at most"
            ));
        }
        let sum = |figure: fn(&Packed) -> u64| self.packed.iter().map(figure).sum::<u64>();
        let (bytes, vectors) = (sum(|packed| packed.bytes), sum(|packed| packed.vectors));
        let fuel = self.packed.iter().map(|packed| packed.fuel).max().unwrap_or_default();
        let compiling = self
            .compiling
            .map(|time| format!(", compiled in {:.0} s of processor time", time.as_secs_f64()));
        say(format_args!(
            "{} decoders: {bytes} bytes, {vectors} vectors, {fuel} fuel at most{}",
            self.packed.len(),
            compiling.unwrap_or_default()
        ));
    }
}

/// The processor time of all programs that this one has started and that have ended, and of theirs; nothing where the
/// system has no `/proc`.
pub(crate) fn processor_time_of_children() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name may hold blanks and brackets; nothing after its last bracket does.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = CHILDREN_TICKS.map(|place| fields.get(place)?.parse::<u32>().ok());
    let ticks: u32 = ticks.into_iter().sum::<Option<u32>>()?;
    Some(Duration::from_secs_f64(f64::from(ticks) / TICKS_PER_SECOND))
}
