//! `champollion build`: sources in, package out.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use champollion_registry::{
    gate::VectorFuel,
    package::{DecoderId, Package},
};
use clap::Args;
use semver::Version;
use serde::Serialize;

use super::{
    Failure, output,
    plural::counted,
    sources::{Loaded, Sources},
    vector_report::{self, all_answered},
};

/// Ends the name of the file with the names: `acme-meter-1.0.0.names.wasm`.
const NAMES_EXTENSION: &str = "names.wasm";

/// Makes a package of a decoder's sources, and runs its vectors.
#[derive(Args)]
pub(super) struct Build {
    /// Folder with decoder.toml, vectors.json, and the Rust sources or codec.js
    #[arg(default_value = ".", value_name = "DIR")]
    sources: PathBuf,
    /// Take this core module instead of compiling the sources
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// Folder for the package
    #[arg(long, default_value = "target/decoders", value_name = "DIR")]
    out: PathBuf,
    /// Keep the names of functions, which tools that look into WebAssembly read, in a file beside the package
    #[arg(long)]
    names: bool,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

/// The report that `--json` prints.
#[derive(Serialize)]
struct Report<'of> {
    id: &'of DecoderId,
    version: &'of Version,
    /// The number of vectors, all of which passed.
    vectors: usize,
    bytes: usize,
    path: &'of Path,
    fuel: Option<VectorFuel>,
}

impl Build {
    pub(super) fn run(self) -> Result<(), Failure> {
        let sources = Sources::read(&self.sources, self.module.as_deref())?;
        let Loaded { package, decoder, named_module } = sources.load()?;
        let fuel = all_answered(&package, &decoder, |run| {
            // Beside JSON no text may stand; the error names the first vector that differs.
            if !self.json {
                vector_report::show(run, &package);
            }
        })?;
        let path = write(&package, &self.out)?;
        if let (true, Some(module)) = (self.names, named_module) {
            write_file(&path.with_extension(NAMES_EXTENSION), &module)?;
        }
        let manifest = package.manifest();
        let report = Report {
            id: &manifest.id,
            version: &manifest.version,
            vectors: package.vectors().len(),
            bytes: package.file().len(),
            path: &path,
            fuel,
        };
        if self.json {
            return output::json(&report);
        }
        let Report { id, version, vectors, bytes, path, .. } = report;
        let path = path.display();
        let passed = counted(vectors, "vector");
        output::line(format_args!("{id} {version}: {passed} passed, {bytes} bytes in {path}"));
        output::next([
            ("champollion registry keys new FILE", "makes a key to sign it with, once"),
            (&format!("champollion publish --key FILE {path}"), "publishes it on a server"),
        ]);
        Ok(())
    }
}

/// Writes the file of a package into a folder.
pub(super) fn write(package: &Package, folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join(package.manifest().id.file_name(&package.manifest().version));
    fs::create_dir_all(folder).map_err(not_written(&path))?;
    write_file(&path, package.file())?;
    Ok(path)
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    fs::write(path, content).map_err(not_written(path))
}

fn not_written(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    Failure::of_file(format!("{} cannot be written", path.display()))
}
