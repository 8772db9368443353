//! Makes packages of components, so that an attack gets as far as a published decoder would.

use champollion_registry::package::Package;

/// The manifest that all attacks share.
pub(crate) const MANIFEST: &str = r#"
id = "test/attack"
version = "1.0.0"
name = "Attack"
description = "Does what no decoder may do."
licence = "MIT OR Apache-2.0"
maintainer = "Champollion"

[[devices]]
vendor = "Test"
model = "Attack"

[[ports]]
port = 1
direction = "up"
meaning = "Anything"

[[fields]]
name = "volume"
type = "number"
quantity = "water.volume"
unit = "m3"
meaning = "Volume"
"#;

/// A package has at least one vector. It is run when a package is published, which no attack is.
pub(crate) const VECTORS: &str = r#"[{
    "name": "anything",
    "uplink": {"fPort": 1, "payload": "00"},
    "expect": {"reading": {"data": {}}}
}]"#;

/// The package of a component with a manifest and vectors that are in order. A file that cannot even
/// be read as WebAssembly stays as it is.
#[must_use]
pub fn package(component: Vec<u8>) -> Vec<u8> {
    match Package::assemble(&component, MANIFEST, VECTORS) {
        Ok(package) => package.file().to_vec(),
        Err(_) => component,
    }
}
