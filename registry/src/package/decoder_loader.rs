//! Loads what a package runs.

use champollion_sandbox::{
    CallLimits, Decoder, DerivedFault, Digest, LoadError, MappingError, Sandbox, Script,
};

use super::{
    error::PackageError, manifest::Manifest, mapping::Mapping, sections::Code, wasm_file::Package,
};

/// Why what a package runs cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableError {
    /// The file is no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// Its manifest maps a field to a quantity that it cannot be.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The expressions of its manifest cannot be evaluated; all that is wrong with them.
    #[error("{}", in_words(.0))]
    Derived(Vec<DerivedFault>),
    /// The sandbox does not take it.
    #[error(transparent)]
    Sandbox(#[from] LoadError),
}

impl Package {
    /// Compiles the decoder, or loads the script into its engine. Takes up to a second of the
    /// processor: it belongs on a thread that may block.
    pub fn load(&self, sandbox: &Sandbox) -> Result<Decoder, UnusableError> {
        let manifest = (self.manifest(), None);
        load(self.code(), manifest, self.digest(), sandbox, &CallLimits::default())
    }
}

/// The same for a file of which the manifest is known already, with the mapping in force, within limits that may
/// be lower.
pub(crate) fn load_file(
    file: &[u8],
    manifest: (&Manifest, Option<&Mapping>),
    digest: Digest,
    sandbox: &Sandbox,
    lower: &CallLimits,
) -> Result<Decoder, UnusableError> {
    load(Code::of(file)?, manifest, digest, sandbox, lower)
}

fn load(
    code: Code<'_>,
    (manifest, mapping): (&Manifest, Option<&Mapping>),
    digest: Digest,
    sandbox: &Sandbox,
    lower: &CallLimits,
) -> Result<Decoder, UnusableError> {
    if let Some(formulas) = manifest.formulas(digest).map_err(UnusableError::Derived)? {
        return Ok(formulas.into());
    }
    match code {
        Code::Component(file) => Ok(sandbox.load_within(file, lower)?),
        Code::Script(source) => {
            Ok(sandbox.load_script_within(&script(source, manifest, mapping)?, digest, lower)?)
        }
    }
}

fn in_words(faults: &[DerivedFault]) -> String {
    let problems: Vec<&str> = faults.iter().map(|fault| fault.problem.as_str()).collect();
    problems.join("; ")
}

fn script(
    source: &str,
    manifest: &Manifest,
    mapping: Option<&Mapping>,
) -> Result<Script, MappingError> {
    let declared = manifest.script.clone().unwrap_or_default();
    Ok(Script {
        source: source.to_owned(),
        // One codec may name its functions by several dialects, so one that was only recognized
        // binds none of them.
        dialect: declared.dialect.filter(|_| !declared.recognized),
        fields: match mapping {
            Some(mapping) => mapping.mappings(manifest),
            None => manifest.mappings().collect::<Result<_, _>>()?,
        },
        downlink_port: declared.downlink_port,
        whole_input: declared.whole_input,
    })
}
