//! The index as it is written: a line for each thing that ever happened to a decoder, in order. All
//! that the registry holds follows from it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use semver::Version;

use super::{
    chain::{BrokenChain, Head, Link},
    event::{INDEX, IndexEvent, PublishedVersion},
};
use crate::{
    channels::Channels,
    keys::{Provenance, PublicKey, Publishers, Signature},
    package::DecoderId,
};

/// The index, read from its first line on. Whoever reads it need not trust who keeps it.
#[derive(Clone, Debug)]
pub struct History {
    head: Head,
    versions: BTreeMap<(DecoderId, Version), Noted>,
    channels: BTreeMap<DecoderId, Channels>,
    publishers: Publishers,
    registry_key: Option<PublicKey>,
    registry_keys: Vec<PublicKey>,
}

/// A version with its place in the history.
#[derive(Clone, Debug)]
struct Noted {
    place: u64,
    at: Timestamp,
    published: PublishedVersion,
}

impl Default for History {
    fn default() -> Self {
        Self {
            head: Head::empty(INDEX),
            versions: BTreeMap::new(),
            channels: BTreeMap::new(),
            publishers: Publishers::default(),
            registry_key: None,
            registry_keys: Vec::new(),
        }
    }
}

impl History {
    /// Reads the next line.
    pub fn follow(&mut self, line: &[u8]) -> Result<Link<IndexEvent>, BrokenChain> {
        let mut head = self.head.clone();
        let link: Link<IndexEvent> = head.follow(INDEX, line)?;
        let place = head.sequence;
        let broken = |reason: String| BrokenChain { chain: INDEX, place, reason };
        match &link.content {
            IndexEvent::Publish(published) => {
                let noted = Noted { place, at: link.at, published: published.clone() };
                self.publish(noted).map_err(broken)?;
            }
            IndexEvent::RegistryKey { key, signature } => {
                self.replace_key(key, signature.as_ref()).map_err(broken)?;
            }
            other => other.apply_to_keys(&mut self.publishers),
        }
        if let Some(id) = link.content.id() {
            link.content.apply(self.channels.entry(id.clone()).or_default());
        }
        self.head = head;
        Ok(link)
    }

    fn publish(&mut self, noted: Noted) -> Result<(), String> {
        let PublishedVersion { id, version, digest, signature, .. } = &noted.published;
        if let Some(signature) = signature {
            let provenance = Provenance::Signed(signature.clone());
            let trusted = self.publishers.check(&provenance, (id, version), *digest);
            trusted.map_err(|error| format!("{id} {version}: {error}"))?;
        }
        let name = (id.clone(), version.clone());
        match self.versions.insert(name, noted) {
            None => Ok(()),
            Some(Noted { published: PublishedVersion { id, version, .. }, .. }) => {
                Err(format!("{id} {version} is published a second time"))
            }
        }
    }

    /// The first key of a registry is taken as it is; who wants more has seen it before.
    fn replace_key(
        &mut self,
        key: &PublicKey,
        signature: Option<&Signature>,
    ) -> Result<(), String> {
        let vouched = match (&self.registry_key, signature) {
            (None, None) => true,
            (Some(old), Some(signature)) => old.vouches_for(key, signature),
            _ => false,
        };
        if !vouched {
            return Err(format!("the key before does not vouch for {key}"));
        }
        self.registry_key = Some(*key);
        self.registry_keys.push(*key);
        Ok(())
    }

    /// The key that the registry signs its heads with.
    #[must_use]
    pub fn registry_key(&self) -> Option<&PublicKey> {
        self.registry_key.as_ref()
    }

    /// All keys that the registry ever had, the oldest first: what an old one has signed stays signed.
    #[must_use]
    pub fn registry_keys(&self) -> &[PublicKey] {
        &self.registry_keys
    }

    /// The keys of publishers.
    #[must_use]
    pub fn publishers(&self) -> &Publishers {
        &self.publishers
    }

    /// Returns the head, the end of the chain.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// All versions that were published, in the order of their names.
    pub fn versions(&self) -> impl Iterator<Item = &PublishedVersion> {
        self.versions.values().map(|noted| &noted.published)
    }

    /// The same in the order in which they were published.
    #[must_use]
    pub fn in_order(&self) -> Vec<&PublishedVersion> {
        let mut all: Vec<&Noted> = self.versions.values().collect();
        all.sort_unstable_by_key(|noted| noted.place);
        all.into_iter().map(|noted| &noted.published).collect()
    }

    /// The version of a name.
    #[must_use]
    pub fn version(&self, id: &DecoderId, version: &Version) -> Option<&PublishedVersion> {
        self.noted(id, version).map(|noted| &noted.published)
    }

    /// When a version was published.
    #[must_use]
    pub fn published_at(&self, id: &DecoderId, version: &Version) -> Option<Timestamp> {
        self.noted(id, version).map(|noted| noted.at)
    }

    fn noted(&self, id: &DecoderId, version: &Version) -> Option<&Noted> {
        self.versions.get(&(id.clone(), version.clone()))
    }

    /// Returns the channels of a decoder.
    #[must_use]
    pub fn channels(&self, id: &DecoderId) -> Channels {
        self.channels.get(id).cloned().unwrap_or_default()
    }
}
