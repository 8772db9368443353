//! Loads what a package runs.

use champollion_sandbox::{
    CallLimits, Decoder, Digest, FieldMapping, MappingError, Sandbox, Script,
};

use crate::{Code, Manifest, Package, UnusableError};

impl Package {
    /// Compiles the decoder, or loads the script into its engine. Takes up to a second of the
    /// processor: it belongs on a thread that may block.
    pub fn load(&self, sandbox: &Sandbox) -> Result<Decoder, UnusableError> {
        load(self.code(), self.manifest(), self.digest(), sandbox, &CallLimits::default())
    }
}

/// The same for a file of which the manifest is known already, within limits that may be lower.
pub(crate) fn load_file(
    file: &[u8],
    manifest: &Manifest,
    digest: Digest,
    sandbox: &Sandbox,
    lower: &CallLimits,
) -> Result<Decoder, UnusableError> {
    load(Code::of(file)?, manifest, digest, sandbox, lower)
}

fn load(
    code: Code<'_>,
    manifest: &Manifest,
    digest: Digest,
    sandbox: &Sandbox,
    lower: &CallLimits,
) -> Result<Decoder, UnusableError> {
    match code {
        Code::Component(file) => Ok(sandbox.load_within(file, lower)?),
        Code::Script(source) => {
            Ok(sandbox.load_script_within(&script(source, manifest)?, digest, lower)?)
        }
    }
}

fn script(source: &str, manifest: &Manifest) -> Result<Script, MappingError> {
    let declared = manifest.script.clone().unwrap_or_default();
    Ok(Script {
        source: source.to_owned(),
        // One codec may name its functions by several dialects, so one that was only recognized
        // binds none of them.
        dialect: declared.dialect.filter(|_| !declared.recognized),
        fields: mappings(manifest).collect::<Result<_, _>>()?,
        downlink_port: declared.downlink_port,
        whole_input: declared.whole_input,
    })
}

/// The fields that a script measures because its manifest says so. Of a field that was inferred the
/// quantity is known because the script measures it by itself.
pub(crate) fn mappings(
    manifest: &Manifest,
) -> impl Iterator<Item = Result<FieldMapping, MappingError>> {
    let declared = manifest.fields.iter().filter(|field| !field.inferred);
    declared.filter_map(|field| {
        let quantity = field.quantity.as_deref()?;
        Some(FieldMapping::new(&field.name, quantity, field.data_unit.as_deref()))
    })
}
