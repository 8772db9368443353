//! Keeps packages: published once, never changed, found by name and version.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard},
};

use champollion_sandbox::{Decoder, Digest, LoadError, Sandbox};
use champollion_store::{Batch, Blobs, Store, StoreError};
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    CatalogueEntry, CatalogueVersion, DecoderId, DecoderRef, Manifest, PackageError, Rehearsal,
    VectorDiffers,
};

/// The table of published versions, by `vendor/model/version`.
const VERSIONS: &str = "registry.versions";

/// How many versions are read from the store at once when the registry opens.
const SCAN: usize = 1_000;

/// All published versions. Every method may be called from any thread.
pub struct Registry {
    sandbox: Arc<Sandbox>,
    store: Arc<dyn Store>,
    blobs: Arc<dyn Blobs>,
    /// A std lock: it is held for a look-up or an insertion, never across an await.
    index: RwLock<Index>,
}

type Index = BTreeMap<DecoderId, BTreeMap<Version, Arc<Entry>>>;

/// A published version.
struct Entry {
    manifest: Manifest,
    line: IndexLine,
    /// Compiled on first use.
    decoder: OnceLock<Arc<LoadedDecoder>>,
}

/// What the store keeps of a published version; the file is a blob named by its digest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexLine {
    digest: Digest,
    bytes: usize,
    vectors: usize,
    published_at: Timestamp,
    published_by: String,
    /// `decoder.toml` as it stands in the package.
    manifest: String,
}

/// A version that was published.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// Its name.
    pub id: DecoderId,
    /// Its version.
    pub version: Version,
    /// The SHA-256 of its file.
    pub digest: Digest,
    /// How many vectors were run.
    pub vectors: usize,
}

/// A decoder with the name under which records quote it.
pub struct LoadedDecoder {
    /// Its name.
    pub id: DecoderId,
    /// Its version.
    pub version: Version,
    /// What it says of itself.
    pub manifest: Manifest,
    /// The decoder.
    pub decoder: Decoder,
}

/// Why a package was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The file is no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// The sandbox does not take it.
    #[error(transparent)]
    Unusable(LoadError),
    /// A vector was not answered as it expects.
    #[error(transparent)]
    Vector(#[from] VectorDiffers),
    /// The name or version in the manifest is not the one it was to be published under.
    #[error("the package is {actual}, and it was sent to {expected}")]
    OtherName {
        /// Where it was sent.
        expected: String,
        /// What its manifest says.
        actual: String,
    },
    /// The version exists.
    #[error(
        "{id} {version} is published already, with the digest {published}; a version never \
         changes, so publish this package under a new one"
    )]
    VersionExists {
        /// Its name.
        id: DecoderId,
        /// Its version.
        version: Version,
        /// The digest that was published.
        published: Digest,
    },
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a decoder was not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No version of this name was ever published.
    #[error("no decoder of the name {0} is published")]
    UnknownDecoder(DecoderId),
    /// There are versions, but none that will do.
    #[error("no version of {id} satisfies {wanted}; published are {published}")]
    NoVersion {
        /// The name.
        id: DecoderId,
        /// The version or requirement that was asked for.
        wanted: String,
        /// The versions that there are, separated by commas.
        published: String,
    },
}

/// Why the registry cannot give what it should have.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// There is no such decoder.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line of the index cannot be read.
    #[error("the index of the registry is damaged at {key}: {reason}")]
    DamagedIndex {
        /// Which line.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file of a version is missing or has another digest.
    #[error("the package {digest} of {id} {version} is {problem} in the store")]
    DamagedPackage {
        /// Its name.
        id: DecoderId,
        /// Its version.
        version: Version,
        /// The digest that it must have.
        digest: Digest,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A version that was published cannot be loaded any more.
    #[error("{id} {version} cannot be loaded: {reason}")]
    Unusable {
        /// Its name.
        id: DecoderId,
        /// Its version.
        version: Version,
        /// Why.
        reason: String,
    },
}

impl Registry {
    /// Reads the index. Packages are read and compiled when they are first used.
    pub async fn open(
        sandbox: Arc<Sandbox>,
        store: Arc<dyn Store>,
        blobs: Arc<dyn Blobs>,
    ) -> Result<Self, RegistryError> {
        let mut index = Index::new();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let page = store.scan(VERSIONS, b"", after.as_deref(), SCAN).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.key.clone());
            for line in &page {
                let entry = Entry::read(&line.value).map_err(|reason| {
                    let key = String::from_utf8_lossy(&line.key).into_owned();
                    RegistryError::DamagedIndex { key, reason }
                })?;
                index
                    .entry(entry.manifest.id.clone())
                    .or_default()
                    .insert(entry.manifest.version.clone(), Arc::new(entry));
            }
        }
        Ok(Self { sandbox, store, blobs, index: RwLock::new(index) })
    }

    /// The sandbox that decoders of this registry run in.
    #[must_use]
    pub fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// Publishes a package that was rehearsed, under the name that its manifest gives.
    ///
    /// Of two publishers racing for one version one wins, and the other is told. Publishing the
    /// very same file again is no error, so that a publisher whose connection broke can repeat.
    pub async fn publish(
        &self,
        rehearsal: Rehearsal,
        published_by: &str,
        published_at: Timestamp,
    ) -> Result<Published, PublishError> {
        let (package, decoder) = rehearsal.into_parts();
        let manifest = package.manifest().clone();
        let published = Published {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            digest: package.digest(),
            vectors: package.vectors().len(),
        };
        let line = IndexLine {
            digest: package.digest(),
            bytes: package.file().len(),
            vectors: package.vectors().len(),
            published_at,
            published_by: published_by.to_owned(),
            manifest: package.manifest_toml().to_owned(),
        };
        self.blobs.put(&blob_name(package.digest()), package.file()).await?;
        let mut batch = Batch::new();
        let key = format!("{}/{}", published.id, published.version);
        let value = serde_json::to_vec(&line).map_err(PackageError::Vectors)?;
        batch.expect_absent(VERSIONS, key.as_bytes()).put(VERSIONS, key.as_bytes(), value);
        match self.store.commit(batch).await {
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => {
                return self.published_before(published, &key).await;
            }
            Err(error) => return Err(error.into()),
        }
        let loaded = LoadedDecoder {
            id: published.id.clone(),
            version: published.version.clone(),
            manifest: manifest.clone(),
            decoder,
        };
        let entry = Entry { manifest, line, decoder: OnceLock::from(Arc::new(loaded)) };
        self.index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(published.id.clone())
            .or_default()
            .insert(published.version.clone(), Arc::new(entry));
        Ok(published)
    }

    /// The version exists: the same file once more is what the publisher wants to hear is there.
    async fn published_before(
        &self,
        again: Published,
        key: &str,
    ) -> Result<Published, PublishError> {
        let line = self.store.get(VERSIONS, key.as_bytes()).await?.unwrap_or_default();
        let line: IndexLine = serde_json::from_slice(&line).map_err(PackageError::Vectors)?;
        if line.digest == again.digest {
            return Ok(again);
        }
        let Published { id, version, .. } = again;
        Err(PublishError::VersionExists { id, version, published: line.digest })
    }

    /// The highest published version that satisfies a requirement.
    pub fn resolve(&self, wanted: &DecoderRef) -> Result<(Version, Digest), ResolveError> {
        self.find(wanted).map(|(version, entry)| (version, entry.line.digest))
    }

    /// The decoder that a device asks for, compiled on first use.
    pub async fn decoder(&self, wanted: &DecoderRef) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let (version, entry) = self.find(wanted)?;
        if let Some(loaded) = entry.decoder.get() {
            return Ok(Arc::clone(loaded));
        }
        self.load(&wanted.id, version, &entry).await
    }

    async fn load(
        &self,
        id: &DecoderId,
        version: Version,
        entry: &Entry,
    ) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let file = self.file_of(id, &version, entry).await?;
        let sandbox = Arc::clone(&self.sandbox);
        let unusable = |reason: String| RegistryError::Unusable {
            id: id.clone(),
            version: version.clone(),
            reason,
        };
        let decoder = tokio::task::spawn_blocking(move || sandbox.load(&file))
            .await
            .map_err(|error| unusable(error.to_string()))?
            .map_err(|error| unusable(error.to_string()))?;
        let manifest = entry.manifest.clone();
        let loaded = LoadedDecoder { id: id.clone(), version, manifest, decoder };
        Ok(Arc::clone(entry.decoder.get_or_init(|| Arc::new(loaded))))
    }

    /// The file of a version, its digest checked.
    pub async fn file(&self, id: &DecoderId, version: &Version) -> Result<Vec<u8>, RegistryError> {
        let entry = self.entry(id, version)?;
        self.file_of(id, version, &entry).await
    }

    async fn file_of(
        &self,
        id: &DecoderId,
        version: &Version,
        entry: &Entry,
    ) -> Result<Vec<u8>, RegistryError> {
        let digest = entry.line.digest;
        let damaged = |problem| RegistryError::DamagedPackage {
            id: id.clone(),
            version: version.clone(),
            digest,
            problem,
        };
        let file = self.blobs.get(&blob_name(digest)).await?.ok_or_else(|| damaged("missing"))?;
        if Digest::of(&file) == digest { Ok(file) } else { Err(damaged("damaged")) }
    }

    /// All decoders, each by its highest version.
    #[must_use]
    pub fn catalogue(&self) -> Vec<CatalogueEntry> {
        self.index()
            .values()
            .filter_map(|versions| catalogue_entry(versions, versions.keys().next_back()?))
            .collect()
    }

    /// One decoder, by its highest version.
    pub fn catalogue_entry(&self, id: &DecoderId) -> Result<CatalogueEntry, ResolveError> {
        self.index()
            .get(id)
            .and_then(|versions| catalogue_entry(versions, versions.keys().next_back()?))
            .ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))
    }

    /// One decoder, by a version.
    pub fn catalogue_version(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<CatalogueEntry, ResolveError> {
        let index = self.index();
        let versions = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        catalogue_entry(versions, version).ok_or_else(|| no_version(id, version, versions))
    }

    fn entry(&self, id: &DecoderId, version: &Version) -> Result<Arc<Entry>, ResolveError> {
        let index = self.index();
        let versions = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        versions.get(version).cloned().ok_or_else(|| no_version(id, version, versions))
    }

    fn find(&self, wanted: &DecoderRef) -> Result<(Version, Arc<Entry>), ResolveError> {
        let index = self.index();
        let versions =
            index.get(&wanted.id).ok_or_else(|| ResolveError::UnknownDecoder(wanted.id.clone()))?;
        versions
            .iter()
            .rev()
            .find(|(version, _)| wanted.requirement.matches(version))
            .map(|(version, entry)| (version.clone(), Arc::clone(entry)))
            .ok_or_else(|| no_version(&wanted.id, &wanted.requirement, versions))
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        // A panic while the lock was held cannot have left the map half changed: it is changed by
        // single insertions.
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn read(json: &[u8]) -> Result<Self, String> {
        let line: IndexLine = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let manifest = Manifest::parse(&line.manifest).map_err(|error| error.to_string())?;
        Ok(Self { manifest, line, decoder: OnceLock::new() })
    }
}

fn catalogue_entry(
    versions: &BTreeMap<Version, Arc<Entry>>,
    shown: &Version,
) -> Option<CatalogueEntry> {
    let manifest = versions.get(shown)?.manifest.clone();
    let versions = versions
        .iter()
        .rev()
        .map(|(version, entry)| CatalogueVersion {
            version: version.clone(),
            digest: entry.line.digest,
            bytes: entry.line.bytes,
            vectors: entry.line.vectors,
            published_at: entry.line.published_at,
        })
        .collect();
    Some(CatalogueEntry { manifest, versions })
}

fn blob_name(digest: Digest) -> String {
    format!("{}.wasm", digest.hex())
}

fn no_version(
    id: &DecoderId,
    wanted: &impl ToString,
    versions: &BTreeMap<Version, Arc<Entry>>,
) -> ResolveError {
    let published: Vec<String> = versions.keys().map(Version::to_string).collect();
    ResolveError::NoVersion {
        id: id.clone(),
        wanted: wanted.to_string(),
        published: published.join(", "),
    }
}
