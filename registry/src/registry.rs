//! Keeps packages: published once, never changed, found by name and version.

use std::{collections::BTreeMap, sync::Arc};

use champollion_sandbox::{CallLimits, Digest, Sandbox};
use champollion_store::{Blobs, Store};
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use semver::Version;

use crate::{
    channels::{Channels, QuarantineRule},
    decoder_cache::LoadedDecoders,
    error::RegistryError,
    keys::Publishers,
    ledger::{
        AuditLimits, Entry, Index, Journal, Listed, PackageFiles, ResolveError,
        key_tables::read_publishers, no_version, not_given, read_index,
    },
    package::{DecoderId, DecoderRef},
    requests::SponsoredShadows,
};

/// The configuration of a registry.
#[derive(Clone, Debug)]
pub struct RegistryConfig {
    /// Decoders whose calls may use and return less than others'.
    pub lower_limits: BTreeMap<DecoderId, CallLimits>,
    /// Bytes of code that are kept in memory.
    pub loaded_bytes: u64,
    /// When a decoder is set aside.
    pub quarantine: QuarantineRule,
    /// The bounds of the audit.
    pub audit: AuditLimits,
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
            audit: AuditLimits::default(),
        }
    }
}

/// All published versions. Every method may be called from any thread.
pub struct Registry {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) config: RegistryConfig,
    pub(crate) loaded: LoadedDecoders,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) files: PackageFiles,
    pub(crate) journal: Arc<Journal>,
    /// The folder that archives of the audit are put into.
    pub(crate) archives: Option<Arc<dyn Blobs>>,
    /// The keys of publishers. The lock is held as that of the index is.
    pub(crate) publishers: RwLock<Publishers>,
    /// The lock is held for a look-up or an insertion, never across an await.
    pub(crate) index: RwLock<Index>,
    /// The candidates that run beside for those who have asked for them.
    pub(crate) sponsored: SponsoredShadows,
}

impl Registry {
    /// The sandbox that decoders of this registry run in.
    #[must_use]
    pub fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// The keys of publishers.
    #[must_use]
    pub fn publishers(&self) -> Publishers {
        self.publishers.read().clone()
    }

    /// Reads again what another node has changed, and what it has set aside or lets be called again.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn follow(&self) -> Result<(), RegistryError> {
        // Not between the commit of a change of this node and its end in memory.
        let _turn = self.journal.turn().await;
        self.catch_up().await?;
        self.follow_quarantine().await
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
                    *entry = known.with_mapping(entry.mapping.clone());
                }
            }
        }
        *index = read;
        Ok(())
    }

    /// The version that somebody gets who asks so.
    pub fn resolve(&self, wanted: &DecoderRef) -> Result<(Version, Digest), ResolveError> {
        self.find(wanted).map(|(version, entry)| (version, entry.line.digest))
    }

    /// The version that somebody would get who asks so, if the channels were others.
    pub(crate) fn resolve_with(&self, wanted: &DecoderRef, channels: &Channels) -> Option<Version> {
        let index = self.index();
        let versions = index.get(&wanted.id)?.versions.clone();
        let listed = Listed { versions, channels: channels.clone(), ..Listed::default() };
        listed.choose(&wanted.requirement).map(|(version, _)| version.clone())
    }

    /// Returns the channels of a decoder.
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
