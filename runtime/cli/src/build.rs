//! `champollion build`: sources in, package out.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use champollion_import::SourceText;
use champollion_registry::{
    gate::Rehearsal,
    package::{Package, with_recognized_dialect},
};
use clap::Args;
use serde::Deserialize;

use super::{Failure, componentize::componentize, output, sandbox};

/// Settings of cargo that make a fresh instance cheap: a small stack, nothing that is not needed, no
/// unwinding.
const CARGO_SETTINGS: [&str; 5] = [
    "target.wasm32-unknown-unknown.rustflags=[\"-Clink-arg=-zstack-size=16384\"]",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.panic=\"abort\"",
    "profile.release.strip=\"debuginfo\"",
];

const TARGET: &str = "wasm32-unknown-unknown";

/// The file of the sources that holds the script of a decoder in JavaScript.
const SCRIPT: &str = "codec.js";

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
        let manifest = read(&self.sources, "decoder.toml")?;
        let vectors = read(&self.sources, "vectors.json")?;
        let task = format!("{} makes no package", self.sources.display());
        let script = match self.module {
            None if self.sources.join(SCRIPT).exists() => Some(read(&self.sources, SCRIPT)?),
            _ => None,
        };
        let package = match &script {
            Some(source) => Package::assemble_script(source, &manifest, &vectors),
            None => Package::assemble(&self.component()?, &manifest, &vectors),
        }
        .map_err(Failure::of(&task))?;
        let sandbox = sandbox::of(&package).map_err(Failure::of(&task))?;
        let mut rehearsal = Rehearsal::of(package, &sandbox).map_err(Failure::of(&task))?;
        if let (Some(source), Some(dialect)) = (&script, rehearsal.decoder().dialect()) {
            let manifest =
                with_recognized_dialect(&manifest, dialect).map_err(Failure::of(&task))?;
            let package = Package::assemble_script(source, &manifest, &vectors);
            let package = package.map_err(Failure::of(&task))?;
            rehearsal = Rehearsal::of(package, &sandbox).map_err(Failure::of(&task))?;
        }
        let package = rehearsal.package();
        let path = self.out.join(package.manifest().id.file_name(&package.manifest().version));
        fs::create_dir_all(&self.out)
            .and_then(|()| fs::write(&path, package.file()))
            .map_err(Failure::of(format!("{} cannot be written", path.display())))?;
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

    fn component(&self) -> Result<Vec<u8>, Failure> {
        let module = match &self.module {
            Some(module) => module.clone(),
            None => compile(&self.sources)?,
        };
        let task = format!("{} makes no component", module.display());
        fs::read(&module)
            .map_err(|error| error.to_string())
            .and_then(|module| componentize(&module))
            .map_err(Failure::of(task))
    }
}

fn read(sources: &Path, name: &str) -> Result<String, Failure> {
    let path = sources.join(name);
    let file =
        fs::read(&path).map_err(Failure::of(format!("{} cannot be read", path.display())))?;
    let SourceText { text, warning } = SourceText::of(&file);
    if let Some(warning) = warning {
        output::note(format_args!("warning: {}: {warning}", path.display()));
    }
    Ok(text)
}

/// A message of cargo's about something that it built.
#[derive(Deserialize)]
struct CargoMessage {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

fn compile(sources: &Path) -> Result<PathBuf, Failure> {
    let task = format!("{} cannot be compiled", sources.display());
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(sources).args(["build", "--release", "--target", TARGET]);
    cargo.arg("--message-format=json-render-diagnostics");
    cargo.args(CARGO_SETTINGS.iter().flat_map(|setting| ["--config", setting]));
    let run = cargo
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(Failure::of(format!("{task}: cargo cannot be started")))?;
    if !run.status.success() {
        return Err(Failure::new(
            task,
            format!("cargo says why above; `rustup target add {TARGET}` adds a missing target"),
        ));
    }
    let manifest = sources.join("Cargo.toml").canonicalize().map_err(Failure::of(&task))?;
    String::from_utf8_lossy(&run.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<CargoMessage>(line).ok())
        .filter(|message| {
            message.reason == "compiler-artifact" && message.manifest_path == manifest
        })
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .ok_or_else(|| {
            Failure::new(task, "it has no library of the crate-type cdylib: add it to Cargo.toml")
        })
}
