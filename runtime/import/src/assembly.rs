//! Packages put together of a script, a manifest and vectors.

use champollion_registry::package::{Manifest, Package, PackageError};
use champollion_sdk::vectors::Vector;

/// Puts a package together.
pub(super) fn assemble(
    source: &str,
    manifest: &Manifest,
    vectors: &[Vector],
) -> Result<Package, PackageError> {
    let toml = manifest.to_toml().map_err(PackageError::ManifestNotWritten)?;
    Package::assemble_script(source, &toml, &serde_json::to_string(vectors)?)
}
