//! A package: one `.wasm` file that holds the decoder, its manifest and its vectors.
//!
//! Manifest and vectors are custom sections of the component, packed. Tools that know nothing of Champollion pass them by. A script has a component of its own around it that
//! is empty but for these sections and one more with its source: the engine, which all scripts share,
//! is not in the package.

use std::{borrow::Cow, collections::BTreeSet};

use champollion_sandbox::Digest;
use champollion_sdk::vectors::{self, Vector};
use wasm_encoder::{Component, ComponentSection, CustomSection};

use super::{
    error::PackageError,
    limits::{self, MANIFEST_BYTES},
    manifest::Manifest,
    packed::pack,
    parts::PackageParts,
    sections::{Code, MANIFEST, SCRIPT, Sections, VECTORS},
};

/// A package that was read: what it says of itself is well-formed; whether it is true, a
/// [`Rehearsal`](crate::gate::Rehearsal) finds out.
#[derive(Clone, Debug)]
pub struct Package {
    file: Vec<u8>,
    digest: Digest,
    manifest_toml: String,
    manifest: Manifest,
    vectors_json: String,
    vectors: Vec<Vector>,
    /// The source, where it is a script.
    script: Option<Box<str>>,
}

impl Package {
    /// Most vectors of a package.
    pub const VECTORS: usize = limits::VECTORS;

    /// Reads a package from its file.
    pub fn read(file: Vec<u8>) -> Result<Self, PackageError> {
        let (package, errors) = Self::examine(file);
        match (package, errors.into_iter().next()) {
            (_, Some(error)) => Err(error),
            (Some(package), None) => Ok(package),
            (None, None) => unreachable!("what is not read has an error"),
        }
    }

    /// Reads what can be read of a package, and tells all that is wrong with it. Where the whole cannot
    /// be made out there is none.
    pub(crate) fn examine(file: Vec<u8>) -> (Option<Self>, Vec<PackageError>) {
        let mut errors = Vec::new();
        let parts = match Parts::of(&file, &mut errors) {
            Ok(parts) => parts,
            Err(error) => {
                errors.push(error);
                return (None, errors);
            }
        };
        let Parts { manifest_toml, manifest, vectors_json, vectors, script, has_code } = parts;
        let (Some(manifest), Some(vectors)) = (manifest, vectors) else { return (None, errors) };
        if manifest.script.is_some() && script.is_none() {
            errors.push(PackageError::NoScript);
        }
        if manifest.derived.is_some() && has_code {
            errors.push(PackageError::DerivedWithCode);
        }
        if vectors.is_empty() && !manifest.may_have_no_vector() {
            errors.push(PackageError::NoVectors);
        }
        let digest = Digest::of(&file);
        let package = Self { digest, file, manifest_toml, manifest, vectors_json, vectors, script };
        (Some(package), errors)
    }

    /// Makes a package of a component and the two files of its sources.
    pub fn assemble(
        component: &[u8],
        decoder_toml: &str,
        vectors_json: &str,
    ) -> Result<Self, PackageError> {
        let texts = packed(decoder_toml, vectors_json)?;
        Self::read(with_sections(component.to_vec(), &texts))
    }

    /// Makes a package of a script and the two files beside it.
    pub fn assemble_script(
        source: &str,
        decoder_toml: &str,
        vectors_json: &str,
    ) -> Result<Self, PackageError> {
        let texts = packed(decoder_toml, vectors_json)?;
        let script = with_sections(Component::new().finish(), &[(SCRIPT, source.into())]);
        Self::read(with_sections(script, &texts))
    }

    /// Makes a package of a derived decoder, whose expressions stand in its manifest: the component around is empty.
    pub fn assemble_derived(decoder_toml: &str, vectors_json: &str) -> Result<Self, PackageError> {
        let texts = packed(decoder_toml, vectors_json)?;
        Self::read(with_sections(Component::new().finish(), &texts))
    }

    /// Returns the code that the package runs; of a derived decoder an empty component.
    #[must_use]
    pub fn code(&self) -> Code<'_> {
        match &self.script {
            Some(source) => Code::Script(source),
            None => Code::Component(&self.file),
        }
    }

    /// Returns the bytes of the whole file.
    #[must_use]
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// The SHA-256 of the whole file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the manifest of the package.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The same as it stands in the sources.
    #[must_use]
    pub fn manifest_toml(&self) -> &str {
        &self.manifest_toml
    }

    /// Returns the bytes of the file by its parts.
    #[must_use]
    pub fn parts(&self) -> PackageParts {
        PackageParts::of(&self.file)
    }

    /// Returns the vectors as they stand in the sources.
    #[must_use]
    pub fn vectors_json(&self) -> &str {
        &self.vectors_json
    }

    /// Returns the vectors that the package must answer.
    #[must_use]
    pub fn vectors(&self) -> &[Vector] {
        &self.vectors
    }
}

/// The parts of a file that could be read.
struct Parts {
    manifest_toml: String,
    manifest: Option<Manifest>,
    vectors_json: String,
    vectors: Option<Vec<Vector>>,
    script: Option<Box<str>>,
    /// Whether there is anything that could run.
    has_code: bool,
}

impl Parts {
    /// Fails where no part can be told from the others; what is wrong with a part alone is added to the
    /// errors.
    fn of(file: &[u8], errors: &mut Vec<PackageError>) -> Result<Self, PackageError> {
        let sections = Sections::of(file)?;
        let script = match sections.code(file)? {
            Code::Component(_) => None,
            Code::Script(source) => Some(source.into()),
        };
        let mut read = |result: Result<Manifest, PackageError>| {
            result.map_err(|error| errors.push(error)).ok()
        };
        let manifest_toml = sections.manifest().map(Cow::into_owned);
        let toml = manifest_toml.as_deref().unwrap_or_default().to_owned();
        let manifest = read(manifest_toml.and_then(|toml| {
            if toml.len() > MANIFEST_BYTES {
                return Err(PackageError::ManifestTooLarge { bytes: toml.len() });
            }
            Ok(Manifest::parse(&toml)?)
        }));
        let vectors = sections.vectors().and_then(|json| Ok((parse_vectors(&json)?, json)));
        let vectors = vectors.map_err(|error| errors.push(error)).ok();
        let (vectors, vectors_json) = vectors
            .map_or_else(Default::default, |(vectors, json)| (Some(vectors), json.into_owned()));
        let has_code = sections.has_component() || script.is_some();
        Ok(Self { manifest_toml: toml, manifest, vectors_json, vectors, script, has_code })
    }
}

/// The sections of the two files of the sources. What is too long is told by the length that it has.
fn packed(
    decoder_toml: &str,
    vectors_json: &str,
) -> Result<[(&'static str, Vec<u8>); 2], PackageError> {
    match decoder_toml.len() {
        bytes if bytes > MANIFEST_BYTES => Err(PackageError::ManifestTooLarge { bytes }),
        _ => Ok([(MANIFEST, pack(decoder_toml)), (VECTORS, pack(vectors_json))]),
    }
}

fn with_sections(mut file: Vec<u8>, sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    for (name, content) in sections {
        CustomSection { name: (*name).into(), data: content.into() }.append_to_component(&mut file);
    }
    file
}

fn parse_vectors(json: &str) -> Result<Vec<Vector>, PackageError> {
    let vectors = vectors::parse(json)?;
    if vectors.len() > Package::VECTORS {
        return Err(PackageError::TooManyVectors { count: vectors.len() });
    }
    let mut names = BTreeSet::new();
    match vectors.iter().find(|vector| !names.insert(&vector.name)) {
        Some(vector) => Err(PackageError::SameName(vector.name.clone())),
        None => Ok(vectors),
    }
}
