//! `champollion build`: sources in, package out.

use std::{
    fs,
    path::{Path, PathBuf},
};

use champollion_registry::package::Package;
use clap::Args;

use super::{
    Failure, output,
    sources::{Loaded, Sources},
    vector_report::all_answered,
};

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
}

impl Build {
    pub(super) fn run(self) -> Result<(), Failure> {
        let sources = Sources::read(&self.sources, self.module.as_deref())?;
        let Loaded { package, decoder } = sources.load()?;
        all_answered(&package, &decoder)?;
        let path = write(&package, &self.out)?;
        output::line(format_args!(
            "{} {}: {} vectors passed, {} bytes in {}",
            package.manifest().id,
            package.manifest().version,
            package.vectors().len(),
            package.file().len(),
            path.display()
        ));
        Ok(())
    }
}

/// Writes the file of a package into a folder.
pub(super) fn write(package: &Package, folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join(package.manifest().id.file_name(&package.manifest().version));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, package.file()))
        .map_err(Failure::of(format!("{} cannot be written", path.display())))?;
    Ok(path)
}
