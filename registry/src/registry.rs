//! Keeps packages: published once, never changed, found by name and version.

use std::{collections::BTreeMap, sync::Arc};

use champollion_sandbox::{CallLimits, Sandbox};
use champollion_store::{Blobs, Store, StoreError};
use jiff::Timestamp;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use semver::Version;

use crate::{
    Actor, CatalogueEntry, Channels, DamagedIndex, DecoderId, DecoderRef, KeyError, Publishers,
    QuarantineRule, RegistryError, ResolveError,
    index::{Entry, Index, Listed, catalogue_entry, no_version, not_given},
    journal::Journal,
    keyring::read_publishers,
    loaded::LoadedDecoders,
    mending::Mending,
};

/// The table of published versions, by `vendor/model/version`.
pub(crate) const VERSIONS: &str = "registry.versions";

/// The table of the channels of each decoder, by `vendor/model`.
pub(crate) const CHANNELS: &str = "registry.channels";

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
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) config: RegistryConfig,
    pub(crate) loaded: LoadedDecoders,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) blobs: Arc<dyn Blobs>,
    pub(crate) journal: Journal,
    pub(crate) mending: Mending,
    /// The keys of publishers. The lock is held as that of the index is.
    pub(crate) publishers: RwLock<Publishers>,
    /// The lock is held for a look-up or an insertion, never across an await.
    index: RwLock<Index>,
}

impl Registry {
    /// Reads the index. Packages are read and compiled when they are first used.
    pub async fn open(
        config: RegistryConfig,
        sandbox: Arc<Sandbox>,
        store: Arc<dyn Store>,
        blobs: Arc<dyn Blobs>,
    ) -> Result<Self, RegistryError> {
        let index = RwLock::new(read_index(&*store).await?);
        let journal = Journal::open(Arc::clone(&store)).await?;
        let loaded = LoadedDecoders::within(config.loaded_bytes);
        let publishers = RwLock::new(read_publishers(&*store).await?);
        let mending = Mending::default();
        let registry =
            Self { sandbox, config, loaded, store, blobs, journal, mending, publishers, index };
        registry.restore_quarantine().await?;
        if !registry.has_own_key().await? {
            let by = Actor::named("the registry");
            let made = registry.rotate_own_key(&by, Timestamp::now()).await;
            made.map_err(|error| match error {
                KeyError::Registry(error) => error,
                other => DamagedIndex { key: "own-key".into(), reason: other.to_string() }.into(),
            })?;
        }
        registry.adopt().await?;
        Ok(registry)
    }

    /// The sandbox that decoders of this registry run in.
    #[must_use]
    pub fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// Reads again what another writer has changed.
    pub(crate) async fn catch_up(&self) -> Result<(), RegistryError> {
        let mut read = read_index(&*self.store).await?;
        let publishers = read_publishers(&*self.store).await?;
        *self.publishers.write() = publishers;
        let mut index = self.index_mut();
        for (id, listed) in &mut read {
            let Some(known) = index.get(id) else { continue };
            if let Some(shadow) = &known.shadow
                && listed.channels.shadow() == Some(shadow.version())
            {
                listed.shadow = Some(Arc::clone(shadow));
            }
            if let Some(canary) = &known.canary
                && listed.channels.canary() == Some(canary.rule())
            {
                listed.canary = Some(Arc::clone(canary));
            }
            for (version, entry) in &mut listed.versions {
                if let Some(known) = known.versions.get(version) {
                    *entry = Arc::clone(known);
                }
            }
        }
        *index = read;
        Ok(())
    }

    /// The version that somebody gets who asks so.
    pub fn resolve(
        &self,
        wanted: &DecoderRef,
    ) -> Result<(Version, champollion_sandbox::Digest), ResolveError> {
        self.find(wanted).map(|(version, entry)| (version, entry.line.digest))
    }

    /// The version that somebody would get who asks so, if the channels were others.
    pub(crate) fn resolve_with(&self, wanted: &DecoderRef, channels: &Channels) -> Option<Version> {
        let index = self.index();
        let versions = index.get(&wanted.id)?.versions.clone();
        let listed = Listed { versions, channels: channels.clone(), ..Listed::default() };
        listed.choose(&wanted.requirement).map(|(version, _)| version.clone())
    }

    /// All decoders, each by the version that a device without a requirement gets, or else by its
    /// highest release, or its highest pre-release where there is no release.
    #[must_use]
    pub fn catalogue(&self) -> Vec<CatalogueEntry> {
        self.index()
            .values()
            .filter_map(|listed| catalogue_entry(listed, listed.shown()?))
            .collect()
    }

    /// One decoder, by the version that [`catalogue`](Self::catalogue) shows.
    pub fn catalogue_entry(&self, id: &DecoderId) -> Result<CatalogueEntry, ResolveError> {
        self.index()
            .get(id)
            .and_then(|listed| catalogue_entry(listed, listed.shown()?))
            .ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))
    }

    /// One decoder, by a version.
    pub fn catalogue_version(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<CatalogueEntry, ResolveError> {
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        catalogue_entry(listed, version).ok_or_else(|| no_version(id, version, &listed.versions))
    }

    /// What became of the versions of a decoder since they were published.
    pub fn channels(&self, id: &DecoderId) -> Result<Channels, ResolveError> {
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        Ok(listed.channels.clone())
    }

    /// A version, whatever its channel.
    pub(crate) fn entry(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<Arc<Entry>, ResolveError> {
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        let entry = listed.versions.get(version).cloned();
        entry.ok_or_else(|| no_version(id, version, &listed.versions))
    }

    pub(crate) fn find(&self, wanted: &DecoderRef) -> Result<(Version, Arc<Entry>), ResolveError> {
        let DecoderRef { id, requirement } = wanted;
        let index = self.index();
        let listed = index.get(id).ok_or_else(|| ResolveError::UnknownDecoder(id.clone()))?;
        listed
            .choose(requirement)
            .map(|(version, entry)| (version.clone(), Arc::clone(entry)))
            .ok_or_else(|| not_given(id, requirement, listed))
    }

    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read()
    }

    pub(crate) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write()
    }
}

async fn read_index(store: &dyn Store) -> Result<Index, RegistryError> {
    let mut index = Index::new();
    for (key, value) in whole_table(store, VERSIONS).await? {
        let entry = Entry::read(&key, &value)?;
        let listed = index.entry(entry.manifest.id.clone()).or_default();
        listed.versions.insert(entry.manifest.version.clone(), Arc::new(entry));
    }
    for (key, value) in whole_table(store, CHANNELS).await? {
        let key = String::from_utf8_lossy(&key).into_owned();
        let damaged = |reason: String| DamagedIndex { key: key.clone(), reason };
        let id: DecoderId = key.parse().map_err(|error| damaged(format!("{error}")))?;
        let channels = Channels::read(&value).map_err(|error| damaged(error.to_string()))?;
        index.entry(id).or_default().set_channels(channels);
    }
    Ok(index)
}

pub(crate) fn version_key(id: &DecoderId, version: &Version) -> String {
    format!("{id}/{version}")
}

pub(crate) async fn whole_table(
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
