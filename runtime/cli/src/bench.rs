//! `champollion bench`: fuel, time and memory of each vector, and the size of a package by its parts.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use champollion_registry::{
    gate::{VectorDiffers, run_vectors},
    package::{Package, PackageParts, run},
};
use champollion_sandbox::Decoder;
use clap::Args;
use serde::Serialize;

use super::{
    Failure, output, sandbox,
    sources::{Loaded, Sources},
    vector_report,
};

/// Measures a decoder: fuel, time and memory of each vector, and the size of its package by parts.
#[derive(Args)]
pub(super) struct Bench {
    /// Folder of the sources, or the file of a package
    #[arg(default_value = ".", value_name = "DIR|FILE")]
    decoder: PathBuf,
    /// Calls of each vector, of which the middle one is shown
    #[arg(long, value_name = "N", default_value_t = 51, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: u32,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

/// The figures that `--json` prints.
#[derive(Serialize)]
struct Figures {
    id: String,
    version: String,
    bytes: usize,
    parts: PackageParts,
    vectors: Vec<Measured>,
}

/// The cost of one vector.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Measured {
    name: String,
    fuel: u64,
    /// Microseconds of the middle call.
    microseconds: f64,
    memory_bytes: usize,
}

impl Bench {
    pub(super) fn run(self) -> Result<(), Failure> {
        let (package, decoder) = self.load()?;
        let vectors: Vec<Measured> = package
            .vectors()
            .iter()
            .map(|vector| {
                let first = run(&decoder, &vector.input);
                let mut times: Vec<Duration> = (0..self.runs)
                    .map(|_| {
                        let begin = Instant::now();
                        drop(run(&decoder, &vector.input));
                        begin.elapsed()
                    })
                    .collect();
                times.sort_unstable();
                Measured {
                    name: vector.name.clone(),
                    fuel: first.fuel,
                    microseconds: times[times.len() / 2].as_secs_f64() * 1e6,
                    memory_bytes: first.memory_bytes,
                }
            })
            .collect();
        let figures = Figures {
            id: package.manifest().id.to_string(),
            version: package.manifest().version.to_string(),
            bytes: package.file().len(),
            parts: package.parts(),
            vectors,
        };
        if self.json {
            output::json(&figures)?
        } else {
            show(&figures)?
        }
        let differing: Vec<VectorDiffers> =
            run_vectors(&package, &decoder).filter_map(|run| run.differs).collect();
        // What a failure costs is no figure of what was to be measured.
        vector_report::not_answered(&package, &differing)
    }

    fn load(&self) -> Result<(Package, Decoder), Failure> {
        if self.decoder.is_dir() {
            let Loaded { package, decoder, .. } = Sources::read(&self.decoder, None)?.load()?;
            return Ok((package, decoder));
        }
        let task = format!("{} cannot be measured", self.decoder.display());
        let file = fs::read(&self.decoder).map_err(Failure::of_file(&task))?;
        let package = Package::read(file).map_err(Failure::quoting(&task))?;
        let sandbox = sandbox::of(&package).map_err(Failure::of(&task))?;
        let decoder = package.load(&sandbox).map_err(Failure::quoting(&task))?;
        Ok((package, decoder))
    }
}

fn show(figures: &Figures) -> Result<(), Failure> {
    let Figures { id, version, bytes, parts, vectors } = figures;
    output::line(format_args!("{id} {version}"));
    let rows = vectors.iter().map(|vector| {
        [
            output::quoted(&vector.name),
            vector.fuel.to_string(),
            format!("{:.1} µs", vector.microseconds),
            vector.memory_bytes.to_string(),
        ]
    });
    output::table(["vector", "fuel", "time", "memory bytes"], rows);
    output::line("");
    let share = |part: usize| format!("{:.1} %", 100.0 * part as f64 / (*bytes).max(1) as f64);
    let told = parts.named().into_iter().filter(|(_, bytes)| *bytes > 0);
    let mut rows: Vec<[String; 3]> =
        told.map(|(name, part)| [name.to_owned(), part.to_string(), share(part)]).collect();
    rows.push(["the whole package".to_owned(), bytes.to_string(), share(*bytes)]);
    output::table(["part", "bytes", "share"], rows);
    Ok(())
}
