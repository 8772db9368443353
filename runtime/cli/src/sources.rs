//! The sources of a decoder: a folder with its manifest, its vectors and its code.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use champollion_import::SourceText;
use champollion_registry::package::{Manifest, ManifestError, Package, with_recognized_dialect};
use champollion_sandbox::Decoder;

use super::{
    Failure, compile,
    componentize::{Componentized, componentize},
    output, sandbox,
    vector_faults::vector_faults,
};

/// The file that says what a decoder is.
pub(super) const MANIFEST: &str = "decoder.toml";

/// The file of payloads and results.
pub(super) const VECTORS: &str = "vectors.json";

/// The file of the sources that holds the script of a decoder in JavaScript.
pub(super) const SCRIPT: &str = "codec.js";

/// A package has a vector. What is only tried needs none, so it gets one that nobody runs.
const NO_VECTORS: &str = r#"[{"name":"none","uplink":{"fPort":1,"payload":""},"expect":{"failure":{"kind":"unsupported"}}}]"#;

/// The sources of a decoder, read and found well-formed.
pub(super) struct Sources {
    pub(super) folder: PathBuf,
    manifest: String,
    vectors: String,
    code: Code,
}

enum Code {
    /// The text of a script.
    Script(String),
    /// The crate in the folder.
    Crate,
    /// A core module that was compiled before.
    Module(PathBuf),
    /// The expressions of a derived decoder, which stand in the manifest.
    Derived,
}

/// The package of sources, and the decoder in it.
pub(super) struct Loaded {
    pub(super) package: Package,
    pub(super) decoder: Decoder,
    /// The module in the package with the names of its functions; a script has none.
    pub(super) named_module: Option<Vec<u8>>,
}

impl Sources {
    /// Reads the sources in a folder. Nothing is compiled; all that is wrong with the files is told at once.
    pub(super) fn read(folder: &Path, module: Option<&Path>) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let manifest = read_manifest(folder, &mut faults);
        // What is only tried need not be filled in yet.
        let blanks = manifest.as_deref().map(|text| (text, Manifest::parse(text)));
        if let Some((text, Ok(manifest))) = blanks {
            faults.extend(of_manifest(manifest.unpublishable(Some(text))));
        }
        let vectors = read_vectors(folder, &mut faults);
        Self::of(folder, module, manifest, vectors, faults)
    }

    /// Reads the sources for a try of their code: the vectors may be missing, or anything.
    pub(super) fn read_without_vectors(folder: &Path) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let manifest = read_manifest(folder, &mut faults);
        Self::of(folder, None, manifest, Some(NO_VECTORS.to_owned()), faults)
    }

    fn of(
        folder: &Path,
        module: Option<&Path>,
        manifest: Option<String>,
        vectors: Option<String>,
        mut faults: Vec<String>,
    ) -> Result<Self, Failure> {
        let code = match module {
            _ if is_derived(folder) => {
                if module.is_some()
                    || [SCRIPT, compile::CRATE].iter().any(|code| folder.join(code).exists())
                {
                    faults.push(format!(
                        "{MANIFEST} has [derived], and there is code too: a derived decoder is its expressions alone"
                    ));
                }
                Some(Code::Derived)
            }
            Some(module) => Some(Code::Module(module.to_owned())),
            None if folder.join(SCRIPT).exists() => {
                if folder.join(compile::CRATE).exists() {
                    output::note(format_args!(
                        "note: {SCRIPT} is taken, and not the crate of {} beside it: one of both is too many",
                        compile::CRATE
                    ));
                }
                read(folder, SCRIPT, &mut faults).map(Code::Script)
            }
            None if folder.is_dir() && !folder.join(compile::CRATE).exists() => {
                faults.push(format!(
                    "{} has neither {SCRIPT} nor {}, and {MANIFEST} no [derived]: `champollion new` lays out each",
                    folder.display(),
                    compile::CRATE
                ));
                None
            }
            None => Some(Code::Crate),
        };
        match (manifest, vectors, code) {
            (Some(manifest), Some(vectors), Some(code)) if faults.is_empty() => {
                Ok(Self { folder: folder.to_owned(), manifest, vectors, code })
            }
            _ => Err(Failure::listing(format!("{} makes no package", folder.display()), &faults)),
        }
    }

    /// Whether the code is a crate, which has unit tests of its own.
    pub(super) fn is_crate(&self) -> bool {
        matches!(self.code, Code::Crate)
    }

    /// Compiles what is to be compiled, and loads the decoder into a sandbox. Of a script the dialect is noted that
    /// it was recognized by.
    pub(super) fn load(&self) -> Result<Loaded, Failure> {
        let task = format!("{} makes no package", self.folder.display());
        let (package, named_module) = self.package(&task, &self.manifest)?;
        let sandbox = sandbox::of(&package).map_err(Failure::of(&task))?;
        let decoder = package.load(&sandbox).map_err(Failure::quoting(&task))?;
        let Some(dialect) = decoder.dialect() else {
            return Ok(Loaded { package, decoder, named_module });
        };
        let manifest =
            with_recognized_dialect(&self.manifest, dialect).map_err(Failure::of(&task))?;
        if manifest == self.manifest {
            return Ok(Loaded { package, decoder, named_module });
        }
        let (package, named_module) = self.package(&task, &manifest)?;
        let decoder = package.load(&sandbox).map_err(Failure::quoting(&task))?;
        Ok(Loaded { package, decoder, named_module })
    }

    fn package(&self, task: &str, manifest: &str) -> Result<(Package, Option<Vec<u8>>), Failure> {
        let module = match &self.code {
            Code::Script(source) => {
                let package = Package::assemble_script(source, manifest, &self.vectors);
                return Ok((package.map_err(Failure::of(task))?, None));
            }
            Code::Derived => {
                let package = Package::assemble_derived(manifest, &self.vectors);
                return Ok((package.map_err(Failure::of(task))?, None));
            }
            Code::Crate => &compile::compile(&self.folder)?,
            Code::Module(module) => module,
        };
        let Componentized { component, named_module } = fs::read(module)
            .map_err(|error| error.to_string())
            .and_then(|module| componentize(&module))
            .map_err(Failure::of(format!("{} makes no component", module.display())))?;
        let package = Package::assemble(&component, manifest, &self.vectors);
        Ok((package.map_err(Failure::of(task))?, Some(named_module)))
    }
}

/// Whether a folder holds a derived decoder, be there faults in its manifest or not.
fn is_derived(folder: &Path) -> bool {
    let text = fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
    text.lines().any(|line| line.starts_with("[derived") || line.starts_with("[[derived."))
}

/// Reads a file of the sources as text, as editors of any system write it.
fn read(folder: &Path, name: &str, faults: &mut Vec<String>) -> Option<String> {
    let path = folder.join(name);
    let file = match fs::read(&path) {
        Ok(file) => file,
        Err(error) => {
            let advice = match (folder.is_dir(), name) {
                (false, _) => ": `champollion new` makes a folder",
                (true, MANIFEST) if error.kind() == io::ErrorKind::NotFound => {
                    ": `champollion new` lays out a folder with one"
                }
                (true, VECTORS) if error.kind() == io::ErrorKind::NotFound => {
                    ": `champollion vectors add` makes one"
                }
                (true, _) => "",
            };
            faults.push(format!("{} cannot be read ({error}){advice}", path.display()));
            return None;
        }
    };
    let SourceText { text, warning } = SourceText::of(&file);
    if let Some(warning) = warning {
        output::note(format_args!("warning: {}: {warning}", path.display()));
    }
    Some(text)
}

fn read_manifest(folder: &Path, faults: &mut Vec<String>) -> Option<String> {
    let text = read(folder, MANIFEST, faults)?;
    let found = match Manifest::parse(&text) {
        Ok(_) => return Some(text),
        Err(ManifestError::Unreadable(found) | ManifestError::Inconsistent(found)) => found,
    };
    faults.extend(of_manifest(found));
    None
}

fn of_manifest(faults: Vec<String>) -> impl Iterator<Item = String> {
    faults.into_iter().map(|fault| format!("{MANIFEST}: {fault}"))
}

fn read_vectors(folder: &Path, faults: &mut Vec<String>) -> Option<String> {
    let text = read(folder, VECTORS, faults)?;
    let found = vector_faults(&text);
    let is_right = found.is_empty();
    faults.extend(found.into_iter().map(|fault| format!("{VECTORS}: {fault}")));
    is_right.then_some(text)
}
