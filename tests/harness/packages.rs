//! The packages of the first-party decoders, and others made of them.

use std::fs;

use champollion_registry::package::{Manifest, Package};
use champollion_sdk::vectors::{self, Input, UplinkInput, Vector};
use serde_json::Value as Json;
use wasm_encoder::{ComponentSection, CustomSection};

use crate::{target, workspace};

/// The decoder of a water meter.
pub const AXIOMA: &str = "axioma-qalcosonic-w1";

/// The decoder of a room sensor.
pub const ELSYS: &str = "elsys-ers-co2";

/// The decoder of a street light.
pub const LUMINAIRE: &str = "nas-ul20xx";

/// The folders of the decoders.
pub const DECODERS: [&str; 3] = [AXIOMA, ELSYS, LUMINAIRE];

/// The section of a package that holds `decoder.toml`, packed.
const MANIFEST: &str = "champollion:manifest@2";

/// The section of packages from before manifests were packed.
const PLAIN_MANIFEST: &str = "champollion:manifest@1";

/// The section of a package that holds `vectors.json`, packed.
const VECTORS: &str = "champollion:vectors@2";

/// The section of packages from before vectors were packed.
const PLAIN_VECTORS: &str = "champollion:vectors@1";

/// Bytes before the first section of a component: magic number, version, layer.
const PREAMBLE: usize = 8;

/// The sources of a package, to be changed and put together again.
#[derive(Clone)]
pub struct Sources {
    /// The component, without the two sections.
    pub component: Vec<u8>,
    /// The text of `decoder.toml`.
    pub manifest: String,
    /// The text of `vectors.json`.
    pub vectors: String,
}

impl Sources {
    /// Returns the sources of a first-party decoder's package.
    #[must_use]
    pub fn of(decoder: &str) -> Self {
        Self::take_apart(&fs::read(Self::file(decoder)).expect("the package can be read"))
    }

    /// The path of the package of a first-party decoder.
    #[must_use]
    pub fn file(decoder: &str) -> String {
        let manifest = workspace().join("decoders").join(decoder).join("decoder.toml");
        let toml = fs::read_to_string(&manifest).expect("the decoder has a manifest");
        let manifest = Manifest::parse(&toml).expect("the manifest can be used");
        let path = target().join("decoders").join(manifest.id.file_name(&manifest.version));
        assert!(path.is_file(), "{} is missing: run `cargo xtask guests` first", path.display());
        path.to_str().expect("the path is text").to_owned()
    }

    /// Returns the package as bytes.
    #[must_use]
    pub fn package(&self) -> Package {
        Package::assemble(&self.component, &self.manifest, &self.vectors)
            .unwrap_or_else(|error| panic!("this makes no package: {error}"))
    }

    /// The same as another version.
    #[must_use]
    pub fn version(&self, version: &str) -> Self {
        let own = format!("version = \"{}\"", self.manifest().version);
        self.manifest_with(&own, &format!("version = \"{version}\""))
    }

    /// The same with another text at one place of the manifest.
    #[must_use]
    pub fn manifest_with(&self, from: &str, to: &str) -> Self {
        assert!(self.manifest.contains(from), "the manifest has no {from:?}");
        Self { manifest: self.manifest.replacen(from, to, 1), ..self.clone() }
    }

    /// The manifest as it is read.
    #[must_use]
    pub fn manifest(&self) -> Manifest {
        Manifest::parse(&self.manifest).expect("the manifest can be used")
    }

    /// Where the package is published.
    #[must_use]
    pub fn path(&self) -> String {
        let manifest = self.manifest();
        format!("/v1/registry/{}/{}", manifest.id, manifest.version)
    }

    /// The vectors of uplinks that are read, without settings and a past.
    #[must_use]
    pub fn readings(&self) -> Vec<(UplinkInput, Json)> {
        let plain = |vector: Vector| match vector.input {
            Input::Uplink(uplink)
                if uplink.variables.is_empty()
                    && uplink.state.is_empty()
                    && vector.expect.get("reading").is_some() =>
            {
                Some((uplink, vector.expect))
            }
            _ => None,
        };
        let all = vectors::parse(&self.vectors).expect("the vectors can be read");
        all.into_iter().filter_map(plain).collect()
    }

    /// Takes a package apart into its sources.
    #[must_use]
    pub fn take_apart(package: &[u8]) -> Self {
        let (preamble, mut rest) = package.split_at(PREAMBLE);
        let mut component = preamble.to_vec();
        let whole = Package::read(package.to_vec()).expect("it is a package");
        while let Some((&id, after_id)) = rest.split_first() {
            let (size, body) = leb128(after_id);
            let (body, next) = body.split_at(size);
            let section = &rest[..rest.len() - next.len()];
            rest = next;
            match (id == 0).then(|| custom(body)) {
                Some(MANIFEST | PLAIN_MANIFEST | VECTORS | PLAIN_VECTORS) => {}
                _ => component.extend_from_slice(section),
            }
        }
        Self {
            component,
            manifest: whole.manifest_toml().to_owned(),
            vectors: whole.vectors_json().to_owned(),
        }
    }
}

/// A version of the thermometer that docs/registry.md publishes.
#[must_use]
pub fn thermometer(version: &str) -> Package {
    let folder = workspace().join("tests/walk").join(version);
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it is there");
    Package::assemble_script(&read("codec.js"), &read("decoder.toml"), &read("vectors.json"))
        .expect("it is a package")
}

/// A component with a manifest and vectors that may be anything, or missing, as they were before they were packed.
#[must_use]
pub fn with_sections(component: &[u8], manifest: Option<&str>, vectors: Option<&str>) -> Vec<u8> {
    let mut file = component.to_vec();
    for (name, content) in [(PLAIN_MANIFEST, manifest), (PLAIN_VECTORS, vectors)] {
        if let Some(content) = content {
            CustomSection { name: name.into(), data: content.as_bytes().into() }
                .append_to_component(&mut file);
        }
    }
    file
}

/// Name of a custom section; nothing where it is no text.
fn custom(body: &[u8]) -> &str {
    let (length, rest) = leb128(body);
    str::from_utf8(&rest[..length]).unwrap_or_default()
}

/// An unsigned number as WebAssembly writes it: seven bits a byte, the lowest first.
fn leb128(bytes: &[u8]) -> (usize, &[u8]) {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0).expect("a number ends");
    let (number, rest) = bytes.split_at(last + 1);
    let value = number.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7F));
    (value, rest)
}
