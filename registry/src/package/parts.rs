//! The size of a package by its parts.

use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload};

use super::sections::{MANIFEST, PLAIN_MANIFEST, PLAIN_VECTORS, SCRIPT, VECTORS};

/// The section of a module that holds the names of its functions.
const NAMES: &str = "name";

/// The bytes of a package's file by its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackageParts {
    /// The instructions of its functions.
    pub code: usize,
    /// The constants and tables that the code reads.
    pub data: usize,
    /// The names of functions, which `champollion build` keeps in a file beside the package.
    pub names: usize,
    /// The source text of a script.
    pub script: usize,
    /// The manifest, `decoder.toml`, packed.
    pub manifest: usize,
    /// The vectors, `vectors.json`, packed.
    pub vectors: usize,
    /// Types, headers, and sections of other tools.
    pub other: usize,
}

impl PackageParts {
    pub(super) fn of(file: &[u8]) -> Self {
        let mut parts = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(file) {
            // A package that was read can be read to its end.
            let Ok(payload) = payload else { break };
            match &payload {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CustomSection(section) => {
                    if let Some(part) = parts.custom(section.name(), depth) {
                        *part += section.data().len();
                    }
                }
                // Its entries follow one by one, within the same bytes.
                Payload::CodeSectionStart { range, .. } => parts.code += range.len(),
                Payload::DataSection(section) => parts.data += section.range().len(),
                _ => {}
            }
        }
        let told: usize = parts.named().iter().map(|(_, bytes)| bytes).sum();
        Self { other: file.len().saturating_sub(told), ..parts }
    }

    /// All parts with their names for people; they are the whole file.
    #[must_use]
    pub fn named(&self) -> [(&'static str, usize); 7] {
        [
            ("code", self.code),
            ("data", self.data),
            ("names of functions", self.names),
            ("codec.js", self.script),
            ("decoder.toml, packed", self.manifest),
            ("vectors.json, packed", self.vectors),
            ("everything else", self.other),
        ]
    }

    /// The part that a custom section belongs to. Those of nested modules are none of the package's own.
    fn custom(&mut self, name: &str, depth: usize) -> Option<&mut usize> {
        match name {
            NAMES => Some(&mut self.names),
            MANIFEST | PLAIN_MANIFEST if depth == 0 => Some(&mut self.manifest),
            VECTORS | PLAIN_VECTORS if depth == 0 => Some(&mut self.vectors),
            SCRIPT if depth == 0 => Some(&mut self.script),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Package;

    #[test]
    fn the_parts_are_the_whole() {
        let toml = include_str!("../../../examples/decoder/decoder.toml");
        let vectors = include_str!("../../../examples/decoder/vectors.json");
        let source = include_str!("../../../examples/decoder/codec.js");
        let package = Package::assemble_script(source, toml, vectors).unwrap();
        let parts = package.parts();
        assert_eq!(parts.script, source.len());
        assert!(parts.manifest > 0 && parts.manifest < toml.len(), "{parts:?}");
        assert!(parts.vectors > 0 && parts.vectors < vectors.len(), "{parts:?}");
        assert_eq!((parts.code, parts.data, parts.names), (0, 0, 0));
        let sum: usize = parts.named().iter().map(|(_, bytes)| bytes).sum();
        assert_eq!(sum, package.file().len());
        assert_eq!(package.vectors_json(), vectors);
    }

    #[test]
    fn code_data_and_names_of_modules_inside_are_told() {
        let file = wat::parse_str(
            r#"(component (core module
                (memory 1) (func $named (export "run") (result i32) i32.const 7)
                (data (i32.const 0) "four")))"#,
        );
        let file = file.unwrap();
        let parts = PackageParts::of(&file);
        assert!(parts.code > 0 && parts.data > 4 && parts.names > 0, "{parts:?}");
        assert!(parts.other > 0, "{parts:?}");
    }
}
