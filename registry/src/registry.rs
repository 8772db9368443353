//! Keeps packages: published once, never changed, found by name and version.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use champollion_sandbox::{Decoder, Digest, Sandbox};
use champollion_store::{Batch, Blobs, Store, StoreError};
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::{
    CatalogueEntry, DamagedIndex, DecoderId, DecoderRef, Manifest, PublishError, RegistryError,
    Rehearsal, ResolveError,
    index::{Entry, Index, IndexLine, catalogue_entry, no_version, shown},
    load::load_file,
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
                let entry = Entry::read(&line.key, &line.value)?;
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
        let key = format!("{}/{}", published.id, published.version);
        let line = IndexLine::of(&package, published_by, published_at);
        let value = line
            .above(package.manifest_toml())
            .map_err(|error| DamagedIndex { key: key.clone(), reason: error.to_string() })?;
        self.blobs.put(&blob_name(published.digest), package.file()).await?;
        let mut batch = Batch::new();
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
        self.enter(Entry { manifest, line, decoder: OnceLock::from(Arc::new(loaded)) });
        Ok(published)
    }

    /// The version exists: the same file once more is what the publisher wants to hear is there.
    async fn published_before(
        &self,
        again: Published,
        key: &str,
    ) -> Result<Published, PublishError> {
        let value = self.store.get(VERSIONS, key.as_bytes()).await?.unwrap_or_default();
        let entry = Entry::read(key.as_bytes(), &value)?;
        let digest = entry.line.digest;
        // Whoever published it may have gone away after the commit and before it stood here.
        self.enter(entry);
        if digest == again.digest {
            return Ok(again);
        }
        // A digest covers name and version, so no version can ever refer to this file.
        if let Err(error) = self.blobs.remove(&blob_name(again.digest)).await {
            // It takes room and does no harm.
            tracing::warn!(digest = %again.digest, %error, "a refused package stays in the store");
        }
        let Published { id, version, .. } = again;
        Err(PublishError::VersionExists { id, version, published: digest })
    }

    /// Makes a version known that is in the store.
    fn enter(&self, entry: Entry) {
        self.index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(entry.manifest.id.clone())
            .or_default()
            .entry(entry.manifest.version.clone())
            .or_insert_with(|| Arc::new(entry));
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
        let (manifest, digest) = (entry.manifest.clone(), entry.line.digest);
        let (decoder, manifest) = tokio::task::spawn_blocking(move || {
            (load_file(&file, &manifest, digest, &sandbox), manifest)
        })
        .await
        .map_err(|error| unusable(error.to_string()))?;
        let decoder = decoder.map_err(|error| unusable(error.to_string()))?;
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

    /// All decoders, each by its highest release, or by its highest pre-release where there is no
    /// release.
    #[must_use]
    pub fn catalogue(&self) -> Vec<CatalogueEntry> {
        self.index()
            .values()
            .filter_map(|versions| catalogue_entry(versions, shown(versions)?))
            .collect()
    }

    /// One decoder, by the version that [`catalogue`](Self::catalogue) shows.
    pub fn catalogue_entry(&self, id: &DecoderId) -> Result<CatalogueEntry, ResolveError> {
        self.index()
            .get(id)
            .and_then(|versions| catalogue_entry(versions, shown(versions)?))
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

fn blob_name(digest: Digest) -> String {
    format!("{}.wasm", digest.hex())
}
