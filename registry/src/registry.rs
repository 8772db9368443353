//! Keeps packages: published once, never changed, found by name and version.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use champollion_sandbox::{CallError, CallLimits, Digest, Sandbox};
use champollion_store::{Batch, Blobs, Store, StoreError};
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::{
    CatalogueEntry, DamagedIndex, DecoderId, DecoderRef, PublishError, QuarantineRule, Quarantined,
    RegistryError, Rehearsal, ResolveError,
    index::{Entry, Index, IndexLine, catalogue_entry, no_version, shown},
    load::load_file,
    loaded::{LoadedDecoder, LoadedDecoders},
};

/// The table of published versions, by `vendor/model/version`.
const VERSIONS: &str = "registry.versions";

/// The table of versions that were set aside, by the same keys.
const QUARANTINE: &str = "registry.quarantine";

/// How many versions are read from the store at once when the registry opens.
const SCAN: usize = 1_000;

/// How a registry treats its decoders.
#[derive(Clone, Debug)]
pub struct RegistryConfig {
    /// Decoders whose calls may use and return less than others'.
    pub lower_limits: BTreeMap<DecoderId, CallLimits>,
    /// Bytes of code that are kept in memory.
    pub loaded_bytes: u64,
    /// When a decoder is set aside.
    pub quarantine: QuarantineRule,
}

impl RegistryConfig {
    /// 256 MiB: about a thousand decoders. A territory has some dozens of models.
    pub const LOADED_BYTES: u64 = 256 << 20;
}

impl Default for RegistryConfig {
    fn default() -> Self {
        Self {
            lower_limits: BTreeMap::new(),
            loaded_bytes: Self::LOADED_BYTES,
            quarantine: QuarantineRule::default(),
        }
    }
}

/// All published versions. Every method may be called from any thread.
pub struct Registry {
    sandbox: Arc<Sandbox>,
    config: RegistryConfig,
    loaded: LoadedDecoders,
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

impl Registry {
    /// Reads the index. Packages are read and compiled when they are first used.
    pub async fn open(
        config: RegistryConfig,
        sandbox: Arc<Sandbox>,
        store: Arc<dyn Store>,
        blobs: Arc<dyn Blobs>,
    ) -> Result<Self, RegistryError> {
        let mut index = Index::new();
        for (key, value) in whole_table(&*store, VERSIONS).await? {
            let entry = Entry::read(&key, &value)?;
            index
                .entry(entry.manifest.id.clone())
                .or_default()
                .insert(entry.manifest.version.clone(), Arc::new(entry));
        }
        let loaded = LoadedDecoders::within(config.loaded_bytes);
        let registry = Self { sandbox, config, loaded, store, blobs, index: RwLock::new(index) };
        registry.restore_quarantine().await?;
        Ok(registry)
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
        let manifest = package.manifest();
        let published = Published {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            digest: package.digest(),
            vectors: package.vectors().len(),
        };
        let key = version_key(&published.id, &published.version);
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
        let entry = self.enter(Entry::new(manifest.clone(), line));
        // The vectors were run within the limits of all; what is kept is what frames will call.
        if !self.config.lower_limits.contains_key(&published.id) {
            let (manifest, health) = (Arc::clone(&entry.manifest), Arc::clone(&entry.health));
            let loaded = LoadedDecoder::new(manifest, decoder, health);
            self.loaded.keep(published.digest, Arc::new(loaded));
        }
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
    fn enter(&self, entry: Entry) -> Arc<Entry> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let versions = index.entry(entry.manifest.id.clone()).or_default();
        let entered = versions.entry(entry.manifest.version.clone());
        Arc::clone(entered.or_insert_with(|| Arc::new(entry)))
    }

    /// The highest published version that satisfies a requirement.
    pub fn resolve(&self, wanted: &DecoderRef) -> Result<(Version, Digest), ResolveError> {
        self.find(wanted).map(|(version, entry)| (version, entry.line.digest))
    }

    /// The decoder that a device asks for, loaded when it is not in memory.
    pub async fn decoder(&self, wanted: &DecoderRef) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let (version, entry) = self.find(wanted)?;
        self.loaded(&wanted.id, version, &entry).await
    }

    /// The same for a frame: a decoder that was set aside is not given.
    pub async fn healthy_decoder(
        &self,
        wanted: &DecoderRef,
    ) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let (version, entry) = self.find(wanted)?;
        match entry.health.quarantined() {
            Some(quarantined) => Err(RegistryError::Quarantined(Box::new(quarantined))),
            None => self.loaded(&wanted.id, version, &entry).await,
        }
    }

    /// The decoder of a version that was found.
    async fn loaded(
        &self,
        id: &DecoderId,
        version: Version,
        entry: &Entry,
    ) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let digest = entry.line.digest;
        if let Some(loaded) = self.loaded.get(digest) {
            return Ok(loaded);
        }
        self.loaded.get_or_load(digest, self.load(id, version, entry)).await
    }

    async fn load(
        &self,
        id: &DecoderId,
        version: Version,
        entry: &Entry,
    ) -> Result<Arc<LoadedDecoder>, RegistryError> {
        let file = self.file_of(id, &version, entry).await?;
        let sandbox = Arc::clone(&self.sandbox);
        let lower = self.config.lower_limits.get(id).cloned().unwrap_or_default();
        let unusable = |reason: String| RegistryError::Unusable {
            id: id.clone(),
            version: version.clone(),
            reason,
        };
        let (manifest, digest) = (Arc::clone(&entry.manifest), entry.line.digest);
        let (decoder, manifest) = tokio::task::spawn_blocking(move || {
            (load_file(&file, &manifest, digest, &sandbox, &lower), manifest)
        })
        .await
        .map_err(|error| unusable(error.to_string()))?;
        let decoder = decoder.map_err(|error| unusable(error.to_string()))?;
        let health = Arc::clone(&entry.health);
        Ok(Arc::new(LoadedDecoder::new(manifest, decoder, health)))
    }

    /// Is told of every call that misbehaved; sets the version aside when it was one too many.
    pub async fn report(
        &self,
        decoder: &LoadedDecoder,
        error: &CallError,
        now: Timestamp,
    ) -> Result<Option<Quarantined>, RegistryError> {
        let name = (&decoder.id, &decoder.version);
        let rule = &self.config.quarantine;
        let Some(quarantined) = decoder.health.report(name, error, rule, now) else {
            return Ok(None);
        };
        let key = version_key(&decoder.id, &decoder.version);
        let value = serde_json::to_vec(&quarantined)
            .map_err(|error| DamagedIndex { key: key.clone(), reason: error.to_string() })?;
        let mut batch = Batch::new();
        batch.put(QUARANTINE, key.into_bytes(), value);
        self.store.commit(batch).await?;
        Ok(Some(quarantined))
    }

    /// The versions that are set aside, in the order of their names.
    #[must_use]
    pub fn quarantined(&self) -> Vec<Quarantined> {
        let index = self.index();
        let entries = index.values().flat_map(BTreeMap::values);
        entries.filter_map(|entry| entry.health.quarantined()).collect()
    }

    /// Lets a version decode again that was set aside; tells whether it was.
    pub async fn lift_quarantine(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<bool, RegistryError> {
        let entry = self.entry(id, version)?;
        let was_set_aside = entry.health.quarantined().is_some();
        let mut batch = Batch::new();
        batch.delete(QUARANTINE, version_key(id, version).into_bytes());
        self.store.commit(batch).await?;
        entry.health.lift();
        Ok(was_set_aside)
    }

    async fn restore_quarantine(&self) -> Result<(), RegistryError> {
        for (key, value) in whole_table(&*self.store, QUARANTINE).await? {
            let quarantined: Quarantined = serde_json::from_slice(&value).map_err(|error| {
                let key = String::from_utf8_lossy(&key).into_owned();
                DamagedIndex { key, reason: error.to_string() }
            })?;
            if let Ok(entry) = self.entry(&quarantined.id, &quarantined.version) {
                entry.health.restore(quarantined);
            }
        }
        Ok(())
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

fn version_key(id: &DecoderId, version: &Version) -> String {
    format!("{id}/{version}")
}

async fn whole_table(
    store: &dyn Store,
    table: &str,
) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
    let mut lines: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    loop {
        let after = lines.last().map(|(key, _)| key.clone());
        let page = store.scan(table, b"", after.as_deref(), SCAN).await?;
        if page.is_empty() {
            return Ok(lines);
        }
        lines.extend(page.into_iter().map(|line| (line.key, line.value)));
    }
}
