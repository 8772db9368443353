//! The ground of all tests: components, packages, and a registry in a folder of its own.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, OnceLock},
};

use champollion_registry::{
    Publication, Registry, RegistryConfig, RegistryError,
    channels::Channel,
    gate::{Admitted, Gate},
    keys::Provenance,
    ledger::Actor,
    package::{DecoderRef, Package},
};
use champollion_sandbox::{Decoder, Sandbox, SandboxConfig, Settings, Specimen};
use champollion_store::{Blobs, FileBlobs, SledOptions, SledStore, Store};
use jiff::Timestamp;
use tempfile::TempDir;
use wasm_encoder::{Component, ComponentSection, CustomSection, RawSection};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The names of the sections, spelled out: packages that were published must be read for ever.
pub(crate) const MANIFEST: &str = "champollion:manifest@1";
pub(crate) const PACKED_MANIFEST: &str = "champollion:manifest@2";
pub(crate) const VECTORS: &str = "champollion:vectors@2";
pub(crate) const PLAIN_VECTORS: &str = "champollion:vectors@1";
pub(crate) const SCRIPT: &str = "champollion:script@1";

/// The manifest of `acme/answer` 1.0.0.
pub(crate) const DECODER_TOML: &str = include_str!("decoder.toml");

/// The vectors of the decoder of [`component`], which answers every uplink alike.
pub(crate) const VECTORS_JSON: &str = r#"[{
    "name": "an answer",
    "uplink": {"fPort": 2, "payload": "00"},
    "expect": {"reading": {"data": {"answer": 42}}}
}]"#;

pub(crate) static SANDBOX: LazyLock<Arc<Sandbox>> =
    LazyLock::new(|| Arc::new(Sandbox::new(SandboxConfig::default()).unwrap()));

/// A component that answers every uplink with `{"answer":42}`, but crashes on port 13. It is small, so that it compiles in
/// an instant.
pub(crate) fn component() -> Vec<u8> {
    /// Exports the contract by its canonical ABI. At 16 lies a `result<reading, failure>`: ok, then
    /// address and length of `data`, then lists and options that are all zero, which is empty.
    const CORE: &str = r#"(module
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00" "\40\00\00\00" "\0d\00\00\00")
        (data (i32.const 64) "{\"answer\":42}")
        (func (export "champollion:decoder/codec@1.0.0#decode-uplink")
            (param $port i32) (param i32 i32 i32 i64 i32 i32 i32 i32) (result i32)
            (if (i32.eq (local.get $port) (i32.const 13)) (then unreachable))
            (i32.const 16))
        (func (export "champollion:decoder/codec@1.0.0#encode-downlink")
            (param i32 i32 i64 i32 i32) (result i32)
            (unreachable))
        (func (export "champollion:decoder/codec@1.0.0#decode-downlink")
            (param i32 i32 i32 i64 i32 i32) (result i32)
            (unreachable))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (i32.const 1024)))"#;
    const CONTRACT: &str = include_str!("../../../wit/v1/decoder.wit");

    let mut module = wat::parse_str(CORE).unwrap();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("decoder.wit", CONTRACT).unwrap();
    let world = resolve.select_world(&[package], Some("decoder")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .unwrap();
    ComponentEncoder::default().module(&module).unwrap().encode().unwrap()
}

/// The same with one more section.
pub(crate) fn with_section(mut component: Vec<u8>, name: &str, content: &[u8]) -> Vec<u8> {
    CustomSection { name: name.into(), data: content.into() }.append_to_component(&mut component);
    component
}

/// The package of `acme/answer` in a version. Packages with different descriptions have different
/// digests.
pub(crate) fn package(version: &str, description: &str) -> Package {
    let manifest = DECODER_TOML
        .replace("version = \"1.0.0\"", &format!("version = {version:?}"))
        .replace("Answers every question.", description);
    Package::assemble(&component(), &manifest, VECTORS_JSON).unwrap()
}

/// Lets a package through without random payloads, at some of which it crashes.
pub(crate) fn rehearse(package: Package) -> Admitted {
    let name = (package.manifest().id.clone(), package.manifest().version.clone());
    let gate = Gate { random_payloads: 0 };
    let admitted = gate.admit(package.file().to_vec(), (&name.0, &name.1), None, &SANDBOX);
    admitted.unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// Returns the circumstances in which the tests publish: at once for all.
pub(crate) fn by(name: &str) -> Publication {
    Publication {
        by: Actor::named(name),
        at: moment(),
        channel: Some(Channel::Stable),
        provenance: Provenance::Development,
    }
}

/// A moment that does not change with the day on which tests are run.
pub(crate) fn moment() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

pub(crate) fn wanted(reference: &str) -> DecoderRef {
    reference.parse().unwrap()
}

/// Decodes a payload with a decoder: gives its `data` as JSON text, or its error.
pub(crate) async fn try_decoder(registry: &Registry, reference: &str) -> String {
    let loaded = registry.decoder(&wanted(reference)).await.unwrap();
    let specimen = Specimen { f_port: 2, ..Specimen::default() };
    match loaded.decoder.try_uplink(&specimen, &Settings::default()).result {
        Ok(reading) => reading.data.to_string(),
        Err(error) => error.to_string(),
    }
}

/// A folder with a store and blobs, that a registry can be opened on again and again.
pub(crate) struct Home {
    folder: TempDir,
}

/// The open parts of a [`Home`].
pub(crate) struct Opened {
    pub(crate) registry: Registry,
    pub(crate) store: Arc<SledStore>,
    pub(crate) blobs: Arc<FileBlobs>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) async fn open(&self) -> Opened {
        self.try_open(&SANDBOX).await.unwrap()
    }

    pub(crate) async fn try_open(&self, sandbox: &Arc<Sandbox>) -> Result<Opened, RegistryError> {
        self.open_with(RegistryConfig::default(), sandbox).await
    }

    pub(crate) async fn open_with(
        &self,
        config: RegistryConfig,
        sandbox: &Arc<Sandbox>,
    ) -> Result<Opened, RegistryError> {
        let (store, blobs) = (self.store(), self.blobs());
        let registry = Registry::open(
            config,
            Arc::clone(sandbox),
            Arc::clone(&store) as Arc<dyn Store>,
            Arc::clone(&blobs) as Arc<dyn Blobs>,
        )
        .await?;
        Ok(Opened { registry, store, blobs })
    }

    /// The folder of all that is kept.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn store(&self) -> Arc<SledStore> {
        Arc::new(SledStore::open(&SledOptions::new(self.folder.path().join("store"))).unwrap())
    }

    pub(crate) fn blobs(&self) -> Arc<FileBlobs> {
        Arc::new(FileBlobs::open(self.folder.path().join("blobs")).unwrap())
    }

    /// The file on the disk that a package is kept in.
    pub(crate) fn file_of(&self, package: &Package) -> PathBuf {
        self.folder.path().join("blobs").join(format!("{}.wasm", package.digest().hex()))
    }
}

impl Opened {
    /// Ends as a process does that is stopped in an orderly way.
    pub(crate) async fn close(self) {
        self.store.close().await.unwrap();
    }

    pub(crate) async fn publish(&self, package: &Package) {
        self.registry.publish(rehearse(package.clone()), &by("ann")).await.unwrap();
    }
}

/// A first-party package, taken apart.
pub(crate) struct Parts {
    pub(crate) file: Vec<u8>,
    pub(crate) component: Vec<u8>,
    pub(crate) manifest: String,
    pub(crate) vectors: String,
}

/// The folder of the first-party packages, which `cargo xtask guests` fills.
fn library() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR");
    workspace.join(target.unwrap_or_else(|| "target".into())).join("decoders")
}

/// A first-party package with its decoder.
pub(crate) struct Loaded {
    pub(crate) package: Package,
    pub(crate) decoder: Decoder,
}

/// The first-party packages, loaded once for all tests.
pub(crate) fn all() -> &'static [Loaded] {
    static LOADED: OnceLock<(Sandbox, Vec<Loaded>)> = OnceLock::new();
    &LOADED.get_or_init(load).1
}

/// Loads the first-party packages into a sandbox of their own.
pub(crate) fn load() -> (Sandbox, Vec<Loaded>) {
    let missing = "there are no packages in target/decoders: run `cargo xtask guests` first";
    let mut files: Vec<_> = fs::read_dir(library())
        .unwrap_or_else(|_| panic!("{missing}"))
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    assert!(!files.is_empty(), "{missing}");
    files.sort();
    let sandbox = Sandbox::new(SandboxConfig::default()).unwrap();
    let loaded = files
        .iter()
        .map(|path| {
            let package = Package::read(fs::read(path).unwrap()).unwrap();
            let decoder = package.load(&sandbox).unwrap();
            Loaded { package, decoder }
        })
        .collect();
    (sandbox, loaded)
}

/// Takes a first-party package apart, such as `elsys-ers-co2-1.0.0`.
pub(crate) fn first_party(name: &str) -> Parts {
    let path = library().join(format!("{name}.wasm"));
    let file = fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; run `cargo xtask guests` first", path.display())
    });
    let package = Package::read(file.clone()).unwrap();
    let mut component = Component::new();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(&file) {
        let payload = payload.unwrap();
        match &payload {
            Payload::CustomSection(section)
                if depth == 0 && [PACKED_MANIFEST, VECTORS].contains(&section.name()) => {}
            other if depth == 0 => {
                if let Some((id, range)) = other.as_section() {
                    component.section(&RawSection { id, data: &file[range] });
                }
            }
            _ => {}
        }
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            _ => {}
        }
    }
    let (manifest, vectors) = (package.manifest_toml(), package.vectors_json());
    let (manifest, vectors) = (manifest.to_owned(), vectors.to_owned());
    Parts { component: component.finish(), manifest, vectors, file }
}
