//! A decoder of this machine: a package, a codec in JavaScript, or sources.

use std::path::Path;

use champollion_import::SourceText;
use champollion_registry::package::Package;
use champollion_sandbox::{Decoder, Digest, Script};
use semver::Version;
use serde::Serialize;

use super::{
    Failure, output, sandbox,
    sources::{Loaded, Sources},
};

/// A decoder from a file or a folder, ready to be called.
pub(super) struct Tool {
    pub(super) decoder: Decoder,
    pub(super) name: Name,
}

impl Tool {
    /// Loads the package or the codec in a file, or the sources in a folder.
    pub(super) fn load(place: &Path) -> Result<Self, Failure> {
        if place.is_dir() {
            let Loaded { package, decoder, .. } = Sources::read_without_vectors(place)?.load()?;
            return Ok(Self { decoder, name: Name::of(&package) });
        }
        let task = format!("{} cannot be used", place.display());
        let file = std::fs::read(place).map_err(Failure::of_file(&task))?;
        if is_script(place, &file) {
            let (decoder, name) = script(place, &file).map_err(Failure::quoting(&task))?;
            return Ok(Self { decoder, name });
        }
        let package = package(file, &task)?;
        let sandbox = sandbox::of(&package).map_err(Failure::of(&task))?;
        let decoder = package.load(&sandbox).map_err(Failure::quoting(&task))?;
        Ok(Self { decoder, name: Name::of(&package) })
    }
}

/// The name of a decoder that was called.
#[derive(Clone, Serialize)]
pub(super) struct Name {
    /// The decoder's, or the name of the file of a codec that is in no package.
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<Version>,
    pub(super) digest: Digest,
}

impl Name {
    fn of(package: &Package) -> Self {
        let manifest = package.manifest();
        Self {
            id: manifest.id.to_string(),
            version: Some(manifest.version.clone()),
            digest: package.digest(),
        }
    }
}

/// Of a file that is no component at all the sandbox knows best what it is.
fn package(file: Vec<u8>, task: &str) -> Result<Package, Failure> {
    let read = Package::read(file.clone());
    if read.is_err() {
        let sandbox = sandbox::of_components().map_err(Failure::of(task))?;
        sandbox.load(&file).map_err(Failure::quoting(task))?;
    }
    read.map_err(Failure::quoting(task))
}

/// Whether a file is a codec in JavaScript that is in no package: any file that is no WebAssembly, and that
/// nobody has named so.
fn is_script(file: &Path, content: &[u8]) -> bool {
    let is_named_package = file.extension().is_some_and(|extension| extension == "wasm");
    !SourceText::is_webassembly(content) && !is_named_package
}

fn script(file: &Path, source: &[u8]) -> Result<(Decoder, Name), String> {
    let digest = Digest::of(source);
    let SourceText { text: source, warning } = SourceText::of(source);
    if let Some(warning) = warning {
        output::note(format_args!("warning: {}: {warning}", file.display()));
    }
    let sandbox = sandbox::of_scripts().map_err(|error| error.to_string())?;
    let script = Script { source, ..Script::default() };
    let decoder = sandbox.load_script(&script, digest).map_err(|error| error.to_string())?;
    let id = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((decoder, Name { id, version: None, digest }))
}
