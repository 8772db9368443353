//! The sections of a package's file.

use std::borrow::Cow;

use champollion_sandbox::Script;
use wasmparser::{Parser, Payload};

use super::{
    error::PackageError,
    limits::{MANIFEST_BYTES, VECTORS_BYTES},
    packed::{NotUnpacked, TextSection},
};

/// The section that holds `decoder.toml`, packed.
pub(crate) const MANIFEST: &str = "champollion:manifest@2";

/// The section that holds `decoder.toml` as it is. Packages that were published with it are read for ever.
pub(crate) const PLAIN_MANIFEST: &str = "champollion:manifest@1";

/// The section that holds `vectors.json`, packed.
pub(crate) const VECTORS: &str = "champollion:vectors@2";

/// The section that holds `vectors.json` as it is. Packages that were published with it are read for ever.
pub(crate) const PLAIN_VECTORS: &str = "champollion:vectors@1";

/// The section that holds the source text of a script, UTF-8.
pub(crate) const SCRIPT: &str = "champollion:script@1";

/// The first bytes of all WebAssembly.
const MAGIC: &[u8] = b"\0asm";

/// The code that a package runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code<'file> {
    /// A WebAssembly component: the file itself.
    Component(&'file [u8]),
    /// The source text of a script, which the script engine runs.
    Script(&'file str),
}

impl<'file> Code<'file> {
    /// Tells what a file runs. Of the manifest and the vectors in it nothing is looked at.
    pub fn of(file: &'file [u8]) -> Result<Self, PackageError> {
        Sections::of(file)?.code(file)
    }
}

/// The package's own sections, as they lie in the file.
#[derive(Default)]
pub(crate) struct Sections<'file> {
    manifest: Option<TextSection<'file>>,
    vectors: Option<TextSection<'file>>,
    script: Option<&'file [u8]>,
    /// Whether there is anything that could run beside a script.
    is_component: bool,
}

impl<'file> Sections<'file> {
    pub(crate) fn of(file: &'file [u8]) -> Result<Self, PackageError> {
        if !file.starts_with(MAGIC) {
            let reason = "the file does not start with the bytes \"\\0asm\"";
            return Err(PackageError::NotWebAssembly(reason.to_owned()));
        }
        let mut sections = Self::default();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(file) {
            let damaged = |error: wasmparser::BinaryReaderError| {
                PackageError::NotWebAssembly(error.to_string())
            };
            match payload.map_err(damaged)? {
                Payload::Version { encoding: wasmparser::Encoding::Module, .. } if depth == 0 => {
                    return Err(PackageError::CoreModule);
                }
                Payload::Version { .. } => {}
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                    sections.is_component = true;
                    depth += 1;
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                // Sections of nested modules and components are none of the package's.
                Payload::CustomSection(section) if depth == 0 => {
                    sections.put(section.name(), section.data())?;
                }
                Payload::CustomSection(_) => {}
                _ => sections.is_component = true,
            }
        }
        Ok(sections)
    }

    fn put(&mut self, name: &str, data: &'file [u8]) -> Result<(), PackageError> {
        let (name, was_there) = match name {
            MANIFEST => (MANIFEST, self.manifest.replace(TextSection::Packed(data)).is_some()),
            PLAIN_MANIFEST => {
                (PLAIN_MANIFEST, self.manifest.replace(TextSection::Plain(data)).is_some())
            }
            VECTORS => (VECTORS, self.vectors.replace(TextSection::Packed(data)).is_some()),
            PLAIN_VECTORS => {
                (PLAIN_VECTORS, self.vectors.replace(TextSection::Plain(data)).is_some())
            }
            SCRIPT => (SCRIPT, self.script.replace(data).is_some()),
            _ => return Ok(()),
        };
        if was_there { Err(PackageError::Twice(name)) } else { Ok(()) }
    }

    pub(crate) fn manifest(&self) -> Result<Cow<'file, str>, PackageError> {
        let missing = PackageError::Missing { what: "manifest", file: "decoder.toml" };
        let bytes = self.manifest.ok_or(missing)?.bytes(MANIFEST_BYTES);
        let bytes = bytes.map_err(|fault| match fault {
            NotUnpacked::Damaged => PackageError::ManifestDamaged,
            NotUnpacked::TooLarge => PackageError::ManifestUnpacksTooLarge,
        });
        text_of(bytes?, "manifest")
    }

    pub(crate) fn vectors(&self) -> Result<Cow<'file, str>, PackageError> {
        let missing = PackageError::Missing { what: "vectors", file: "vectors.json" };
        let bytes = self.vectors.ok_or(missing)?.bytes(VECTORS_BYTES);
        let bytes = bytes.map_err(|fault| match fault {
            NotUnpacked::Damaged => PackageError::VectorsDamaged,
            NotUnpacked::TooLarge => PackageError::VectorsTooLarge,
        });
        text_of(bytes?, "vectors")
    }

    /// Whether there is anything that could run beside a script.
    pub(crate) fn has_component(&self) -> bool {
        self.is_component
    }

    pub(crate) fn code(&self, file: &'file [u8]) -> Result<Code<'file>, PackageError> {
        match self.script {
            None => Ok(Code::Component(file)),
            Some(_) if self.is_component => Err(PackageError::ScriptInComponent),
            Some(script) if script.len() > Script::SOURCE_BYTES => {
                Err(PackageError::ScriptTooLarge { bytes: script.len() })
            }
            Some(script) => Ok(Code::Script(text(script, "script")?)),
        }
    }
}

fn text_of<'file>(
    bytes: Cow<'file, [u8]>,
    what: &'static str,
) -> Result<Cow<'file, str>, PackageError> {
    match bytes {
        Cow::Borrowed(bytes) => text(bytes, what).map(Cow::Borrowed),
        Cow::Owned(bytes) => {
            let text = String::from_utf8(bytes);
            text.map(Cow::Owned).map_err(|_| PackageError::NotText(what))
        }
    }
}

fn text<'file>(bytes: &'file [u8], what: &'static str) -> Result<&'file str, PackageError> {
    std::str::from_utf8(bytes).map_err(|_| PackageError::NotText(what))
}
