//! A package: one `.wasm` file that holds the component, its manifest and its vectors.
//!
//! Manifest and vectors are custom sections of the component, as they stand in the sources. Tools
//! that know nothing of Champollion pass them by.

use std::collections::BTreeSet;

use champollion_sandbox::Digest;
use champollion_sdk::vectors::{self, Vector};
use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::{Parser, Payload};

use crate::{Manifest, ManifestError};

/// The section that holds `decoder.toml`.
const MANIFEST_SECTION: &str = "champollion:manifest@1";

/// The section that holds `vectors.json`.
const VECTORS_SECTION: &str = "champollion:vectors@1";

/// Most bytes of a manifest: the index of the registry keeps it in one value of 64 KiB at most. The
/// largest of ours, with 200 fields and 30 commands, has 35 KB.
const MANIFEST_BYTES: usize = 48 << 10;

/// Most vectors of a package: they are run before it is published, and each may burn a whole call's
/// fuel. The richest of ours has 122.
const VECTORS: usize = 1_000;

/// A package that was read: what it says of itself is well-formed; whether it is true, a
/// [`Rehearsal`](crate::Rehearsal) finds out.
#[derive(Clone, Debug)]
pub struct Package {
    file: Vec<u8>,
    digest: Digest,
    manifest_toml: String,
    manifest: Manifest,
    vectors: Vec<Vector>,
}

/// Why a file is no package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// It is no WebAssembly, or damaged.
    #[error("this is no WebAssembly component: {0}")]
    NotWebAssembly(String),
    /// It is WebAssembly, but a core module.
    #[error(
        "this is a WebAssembly core module, not a component: build it with `champollion build`, \
         which makes a component of it"
    )]
    CoreModule,
    /// It is a component without manifest or vectors.
    #[error(
        "the component has no {what} inside: build it with `champollion build`, which puts \
         {file} into it"
    )]
    Missing {
        /// What is missing.
        what: &'static str,
        /// The file of the sources that it comes from.
        file: &'static str,
    },
    /// It has two manifests or two lists of vectors.
    #[error("the component has two sections of the name {0}")]
    Twice(&'static str),
    /// A section is no text.
    #[error("the {0} inside the component must be UTF-8 text")]
    NotText(&'static str),
    /// The manifest is too long to be kept in an index.
    #[error("the manifest has {bytes} bytes, and {MANIFEST_BYTES} are the limit")]
    ManifestTooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The vectors cannot be used.
    #[error("the vectors cannot be read: {0}")]
    Vectors(#[from] serde_json::Error),
    /// There is nothing to try the decoder on.
    #[error("the package has no vector: at least one payload with its expected reading is needed")]
    NoVectors,
    /// There are more vectors than are run.
    #[error("the package has {count} vectors, and {VECTORS} are the limit")]
    TooManyVectors {
        /// How many there are.
        count: usize,
    },
    /// Two vectors of one name could not be told apart in a report.
    #[error("two vectors have the name {0:?}")]
    SameName(String),
}

impl Package {
    /// Reads a package.
    pub fn read(file: Vec<u8>) -> Result<Self, PackageError> {
        let (manifest, vectors) = sections(&file)?;
        if manifest.len() > MANIFEST_BYTES {
            return Err(PackageError::ManifestTooLarge { bytes: manifest.len() });
        }
        let manifest_toml = manifest.to_owned();
        let manifest = Manifest::parse(&manifest_toml)?;
        let vectors = parse_vectors(vectors)?;
        Ok(Self { digest: Digest::of(&file), file, manifest_toml, manifest, vectors })
    }

    /// Makes a package of a component and the two files of its sources.
    pub fn assemble(
        component: &[u8],
        decoder_toml: &str,
        vectors_json: &str,
    ) -> Result<Self, PackageError> {
        let mut file = component.to_vec();
        for (name, content) in [(MANIFEST_SECTION, decoder_toml), (VECTORS_SECTION, vectors_json)] {
            CustomSection { name: name.into(), data: content.as_bytes().into() }
                .append_to_component(&mut file);
        }
        Self::read(file)
    }

    /// The whole file.
    #[must_use]
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// The SHA-256 of the whole file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it says of itself.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The same as it stands in the sources.
    #[must_use]
    pub fn manifest_toml(&self) -> &str {
        &self.manifest_toml
    }

    /// What it must answer.
    #[must_use]
    pub fn vectors(&self) -> &[Vector] {
        &self.vectors
    }
}

fn sections(file: &[u8]) -> Result<(&str, &str), PackageError> {
    let (mut manifest, mut vectors) = (None, None);
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(file) {
        let damaged =
            |error: wasmparser::BinaryReaderError| PackageError::NotWebAssembly(error.to_string());
        match payload.map_err(damaged)? {
            Payload::Version { encoding: wasmparser::Encoding::Module, .. } if depth == 0 => {
                return Err(PackageError::CoreModule);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            // Sections of nested modules and components are none of the package's.
            Payload::CustomSection(section) if depth == 0 => {
                let (found, name) = match section.name() {
                    MANIFEST_SECTION => (&mut manifest, MANIFEST_SECTION),
                    VECTORS_SECTION => (&mut vectors, VECTORS_SECTION),
                    _ => continue,
                };
                if found.replace(section.data()).is_some() {
                    return Err(PackageError::Twice(name));
                }
            }
            _ => {}
        }
    }
    Ok((text(manifest, "manifest", "decoder.toml")?, text(vectors, "vectors", "vectors.json")?))
}

fn text<'file>(
    section: Option<&'file [u8]>,
    what: &'static str,
    file: &'static str,
) -> Result<&'file str, PackageError> {
    let bytes = section.ok_or(PackageError::Missing { what, file })?;
    std::str::from_utf8(bytes).map_err(|_| PackageError::NotText(what))
}

fn parse_vectors(json: &str) -> Result<Vec<Vector>, PackageError> {
    let vectors = vectors::parse(json)?;
    if vectors.is_empty() {
        return Err(PackageError::NoVectors);
    }
    if vectors.len() > VECTORS {
        return Err(PackageError::TooManyVectors { count: vectors.len() });
    }
    let mut names = BTreeSet::new();
    match vectors.iter().find(|vector| !names.insert(&vector.name)) {
        Some(vector) => Err(PackageError::SameName(vector.name.clone())),
        None => Ok(vectors),
    }
}
