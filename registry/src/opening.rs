//! Opens a registry: what the store keeps is read, and what must be there from the first day on is made.

use std::sync::Arc;

use champollion_sandbox::Sandbox;
use champollion_store::{Batch, Blobs, Store};
use jiff::Timestamp;
use parking_lot::RwLock;

use crate::{
    channels::{Channel, QUARANTINE},
    decoder_cache::LoadedDecoders,
    error::RegistryError,
    key_changes::KeyError,
    ledger::{
        Actor, AuditEntry, CHANNELS, DamagedIndex, Entry, IndexEvent, Journal, PackageFiles,
        PublishedVersion,
        key_tables::{read_own, read_publishers},
        read_index,
    },
    registry::{Registry, RegistryConfig},
    requests::SponsoredShadows,
};

impl Registry {
    /// Reads the index. Packages are read and compiled when they are first used.
    pub async fn open(
        config: RegistryConfig,
        sandbox: Arc<Sandbox>,
        store: Arc<dyn Store>,
        blobs: Arc<dyn Blobs>,
    ) -> Result<Self, RegistryError> {
        let index = RwLock::new(read_index(&*store).await?);
        let journal = Arc::new(Journal::open(Arc::clone(&store), config.audit).await?);
        let loaded = LoadedDecoders::within(config.loaded_bytes);
        let publishers = RwLock::new(read_publishers(&*store).await?);
        let files = PackageFiles::new(blobs, Arc::clone(&journal));
        let registry = Self {
            sandbox,
            config,
            loaded,
            store,
            files,
            journal,
            archives: None,
            publishers,
            index,
            sponsored: SponsoredShadows::default(),
        };
        registry.restore_quarantine().await?;
        if read_own(&*registry.store).await?.is_none() {
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

    async fn restore_quarantine(&self) -> Result<(), RegistryError> {
        for (_, quarantined) in QUARANTINE.pages(&*self.store).all().await? {
            if let Ok(entry) = self.entry(&quarantined.id, &quarantined.version) {
                entry.health.set_aside(quarantined, &self.config.quarantine, Timestamp::now());
            }
        }
        Ok(())
    }

    /// Writes the history of versions that were published before there was one, in the order in which
    /// they were. All of them were given to whoever they would do for.
    async fn adopt(&self) -> Result<(), RegistryError> {
        let mut turn = self.journal.turn().await;
        // The first line is of the registry's own key.
        if turn.next_index() > 2 {
            return Ok(());
        }
        let mut entries: Vec<Arc<Entry>> = {
            let index = self.index();
            index.values().flat_map(|listed| listed.versions.values().cloned()).collect()
        };
        entries.sort_by_key(|entry| entry.line.published_at);
        for entry in entries {
            let (id, line) = (entry.manifest.id.clone(), &entry.line);
            let event = IndexEvent::Publish(PublishedVersion {
                id: id.clone(),
                version: entry.manifest.version.clone(),
                digest: line.digest,
                bytes: line.bytes,
                vectors: line.vectors,
                channel: Channel::Stable,
                signature: None,
            });
            let mut channels = self.channels(&id)?;
            event.apply(&mut channels);
            let mut batch = Batch::new();
            CHANNELS.put(&mut batch, &id, &channels)?;
            let audit = AuditEntry::of(&event, &Actor::named(&line.published_by));
            turn.commit(batch, line.published_at, Some(&event), audit).await?;
            self.index_mut().entry(id).or_default().set_channels(channels);
        }
        Ok(())
    }
}
