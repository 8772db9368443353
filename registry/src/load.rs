//! Loads what a package runs.

use champollion_sandbox::{Decoder, Digest, LoadError, Sandbox};

use crate::{Code, Manifest, Package};

impl Package {
    /// Compiles the decoder, or loads the script into its engine. Takes up to a second of the
    /// processor: it belongs on a thread that may block.
    pub fn load(&self, sandbox: &Sandbox) -> Result<Decoder, LoadError> {
        load(self.code(), self.manifest(), self.digest(), sandbox)
    }
}

/// The same for a file of which the manifest is known already.
pub(crate) fn load_file(
    file: &[u8],
    manifest: &Manifest,
    digest: Digest,
    sandbox: &Sandbox,
) -> Result<Decoder, String> {
    let code = Code::of(file).map_err(|error| error.to_string())?;
    load(code, manifest, digest, sandbox).map_err(|error| error.to_string())
}

fn load(
    code: Code<'_>,
    _manifest: &Manifest,
    _digest: Digest,
    sandbox: &Sandbox,
) -> Result<Decoder, LoadError> {
    match code {
        Code::Component(file) => sandbox.load(file),
        Code::Script(_) => {
            Err(LoadError::NotADecoder { reason: "there is no script engine".to_owned() })
        }
    }
}
