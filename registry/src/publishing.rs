//! Publishes packages that the gate let through.

use std::sync::Arc;

use champollion_sandbox::Digest;
use champollion_store::{Batch, StoreError};
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use crate::{
    channels::Channel,
    error::RegistryError,
    gate::{Admitted, Finding, in_words, incompatibilities},
    keys::{Provenance, UntrustedError},
    ledger::{
        Actor, AuditEntry, CHANNELS, Entry, IndexEvent, IndexLine, Listed, PublishedVersion,
        Rivals, StoredVersion, Turn, VERSIONS,
    },
    loaded_decoder::LoadedDecoder,
    package::{DecoderId, Manifest},
    registry::Registry,
};

/// The circumstances of a publication.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The author of the publication.
    pub by: Actor,
    /// The moment of the publication.
    pub at: Timestamp,
    /// Where it is put; without, the first release of a decoder is stable, and all others are
    /// candidates.
    pub channel: Option<Channel>,
    /// The provenance of the package.
    pub provenance: Provenance,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The name of the decoder.
    pub id: DecoderId,
    /// The version of the decoder.
    pub version: Version,
    /// The SHA-256 of its file.
    pub digest: Digest,
    /// The number of vectors that were run.
    pub vectors: usize,
    /// The channel that the version is in.
    pub channel: Channel,
}

/// Why a package was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The gate found something wrong with it.
    #[error("{}", in_words(.0))]
    Refused(Vec<Finding>),
    /// It is not known where it comes from.
    #[error(transparent)]
    Untrusted(UntrustedError),
    /// The version was published before, with another digest.
    #[error(
        "{id} {version} is published already, with the digest {published}; a version never \
         changes: raise `version` in decoder.toml, and build it again"
    )]
    VersionExists {
        /// The name of the decoder.
        id: DecoderId,
        /// The version of the decoder.
        version: Version,
        /// The digest that was published.
        published: Digest,
    },
    /// The registry could not keep it.
    #[error(transparent)]
    Registry(Box<RegistryError>),
}

impl From<RegistryError> for PublishError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}

impl Registry {
    /// Publishes a package that the gate let through, under the name that its manifest gives.
    ///
    /// Of two publishers racing for one version one wins, and the other is told. Publishing the
    /// very same file again is no error, so that a publisher whose connection broke can repeat.
    pub async fn publish(
        &self,
        admitted: Admitted,
        publication: &Publication,
    ) -> Result<Published, PublishError> {
        let (package, decoder, report) = admitted.into_parts();
        let manifest = package.manifest();
        let line = IndexLine::of(&package, report, &publication.by.name, publication.at);
        let manifest_toml = package.manifest_toml().to_owned();
        let stored = StoredVersion { line: line.clone(), manifest_toml };
        // Before the turn: while one file is written, another version becomes durable.
        self.files.put(line.digest, package.file()).await.map_err(RegistryError::from)?;
        let entry = Arc::new(Entry::new(manifest.clone(), line));
        let published = self.enter(&entry, &stored, publication).await?;
        // The vectors were run within the limits of all; what is kept is what frames will call.
        if !self.config.lower_limits.contains_key(&published.id) {
            let entry = self.entry(&published.id, &published.version);
            let entry = entry.map_err(RegistryError::from)?;
            let (manifest, health) = (Arc::clone(&entry.manifest), Arc::clone(&entry.health));
            // What was tried is measured by the package alone.
            if entry.mapping.is_none() {
                let loaded = LoadedDecoder::new(manifest, decoder, health, None);
                self.loaded.keep((published.digest, None), Arc::new(loaded));
            }
        }
        Ok(published)
    }

    /// The manifest of the version that a new one is compared with, if there is one.
    #[must_use]
    pub fn previous(&self, id: &DecoderId, version: &Version) -> Option<Arc<Manifest>> {
        let index = self.index();
        index.get(id)?.before(version).map(|entry| Arc::clone(&entry.manifest))
    }

    /// Whether a version can be published no more, since it was with another file.
    pub fn is_free(
        &self,
        id: &DecoderId,
        version: &Version,
        digest: Digest,
    ) -> Result<(), PublishError> {
        match self.entry(id, version) {
            Ok(entry) if entry.line.digest != digest => {
                let (id, version) = (id.clone(), version.clone());
                Err(PublishError::VersionExists { id, version, published: entry.line.digest })
            }
            _ => Ok(()),
        }
    }

    /// Returns the bytes of all packages of a vendor.
    #[must_use]
    pub fn bytes_of_vendor(&self, vendor: &str) -> u64 {
        let index = self.index();
        let own = index.iter().filter(|(id, _)| id.vendor() == vendor);
        own.flat_map(|(_, listed)| listed.versions.values())
            .map(|entry| entry.line.bytes as u64)
            .sum()
    }

    /// Makes a version durable whose file is kept, and known.
    async fn enter(
        &self,
        entry: &Arc<Entry>,
        stored: &StoredVersion,
        publication: &Publication,
    ) -> Result<Published, PublishError> {
        let mut turn = self.journal.turn().await;
        // What was checked before may be otherwise since: a key revoked, a version in between.
        let (id, version) = (&entry.manifest.id, &entry.manifest.version);
        self.publishers
            .read()
            .check(&publication.provenance, (id, version), entry.line.digest)
            .map_err(PublishError::Untrusted)?;
        if let Some(previous) = self.previous(id, version) {
            let findings = incompatibilities(&previous, &entry.manifest);
            if !findings.is_empty() {
                return Err(PublishError::Refused(findings));
            }
        }
        let mut rivals = Rivals::default();
        let written = loop {
            match self.write(&mut turn, entry, stored, publication).await {
                Err(error) if rivals.let_try_again(error.is_behind()) => self.catch_up().await?,
                other => break other,
            }
        };
        match written {
            Ok(published) => Ok(published),
            Err(RegistryError::Store(StoreError::Conflict { table, .. }))
                if table == VERSIONS.name().as_str() =>
            {
                // Whoever published it may have gone away after the commit and before it was known.
                self.catch_up().await?;
                self.published_before(entry).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn write(
        &self,
        turn: &mut Turn<'_>,
        entry: &Arc<Entry>,
        stored: &StoredVersion,
        publication: &Publication,
    ) -> Result<Published, RegistryError> {
        let (id, version) = (entry.manifest.id.clone(), entry.manifest.version.clone());
        let (channel, mut channels) = {
            let index = self.index();
            let listed = index.get(&id);
            let usual = listed.map_or_else(
                || Listed::default().channel_of_new(&version),
                |listed| listed.channel_of_new(&version),
            );
            let channels = listed.map(|listed| listed.channels.clone()).unwrap_or_default();
            (publication.channel.unwrap_or(usual), channels)
        };
        let line = &entry.line;
        let event = IndexEvent::Publish(PublishedVersion {
            id: id.clone(),
            version: version.clone(),
            digest: line.digest,
            bytes: line.bytes,
            vectors: line.vectors,
            channel,
            signature: match &publication.provenance {
                Provenance::Signed(signature) => Some(signature.clone()),
                _ => None,
            },
        });
        event.apply(&mut channels);
        let mut batch = Batch::new();
        VERSIONS.insert(&mut batch, &(id.clone(), version.clone()), stored)?;
        CHANNELS.put(&mut batch, &id, &channels)?;
        let audit = AuditEntry::of(&event, &publication.by);
        turn.commit(batch, publication.at, Some(&event), audit).await?;

        let mut index = self.index_mut();
        let listed = index.entry(id.clone()).or_default();
        listed.insert(version.clone(), entry);
        listed.set_channels(channels);
        Ok(Published { id, version, digest: line.digest, vectors: line.vectors, channel })
    }

    /// The version exists: the same file once more is what the publisher wants to hear is there.
    async fn published_before(&self, again: &Entry) -> Result<Published, PublishError> {
        let (id, version) = (again.manifest.id.clone(), again.manifest.version.clone());
        let entry = self.entry(&id, &version).map_err(RegistryError::from)?;
        let channels = self.channels(&id).map_err(RegistryError::from)?;
        let (digest, vectors) = (entry.line.digest, entry.line.vectors);
        if digest == again.line.digest {
            let channel = channels.channel(&version);
            return Ok(Published { id, version, digest, vectors, channel });
        }
        // A digest covers name and version, so no version can ever refer to this file.
        if let Err(error) = self.files.remove(again.line.digest).await {
            // It takes room and does no harm.
            let digest = again.line.digest;
            tracing::warn!(%digest, %error, "a refused package stays in the store");
        }
        Err(PublishError::VersionExists { id, version, published: digest })
    }
}
