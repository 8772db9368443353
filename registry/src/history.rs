//! The index as it is written: a line for each thing that ever happened to a decoder, in order. All
//! that the registry holds follows from it.

use std::collections::BTreeMap;

use champollion_sandbox::Digest;
use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    BrokenChain, CanaryRule, DecoderId, Head, Link, PackageSignature, Provenance, PublicKey,
    PublisherKey, Publishers, Signature,
    channels::{Channel, Channels, Deprecation},
    keyring::rotation_message,
};

/// The name of the chain.
pub(crate) const INDEX: &str = "index";

/// What happened to a decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IndexEvent {
    /// A version was published.
    Publish(PublishedVersion),
    /// A version became stable.
    Promote(VersionName),
    /// Versions are stable no longer.
    #[serde(rename_all = "camelCase")]
    Rollback {
        /// Of which decoder.
        id: DecoderId,
        /// Which ones, the one promoted last first.
        withdrawn: Vec<Version>,
        /// The version that was promoted last before them.
        to: Version,
    },
    /// A candidate decodes live frames beside the stable version.
    Shadow(VersionName),
    /// It does no longer.
    EndShadow {
        /// Of which decoder.
        id: DecoderId,
    },
    /// A share of the devices gets a candidate.
    Canary {
        /// Of which decoder.
        id: DecoderId,
        /// Which one, and who gets it.
        #[serde(flatten)]
        rule: CanaryRule,
    },
    /// None does any more.
    EndCanary {
        /// Of which decoder.
        id: DecoderId,
        /// Why.
        reason: String,
    },
    /// A version is chosen no longer.
    Yank {
        /// Which one.
        #[serde(flatten)]
        name: VersionName,
        /// Why.
        reason: String,
    },
    /// A version may be chosen again.
    Unyank(VersionName),
    /// A publisher's key may sign decoders of some vendors.
    AddKey {
        /// Which key.
        key: PublicKey,
        /// Whose it is, and which vendors.
        #[serde(flatten)]
        known: PublisherKey,
    },
    /// A publisher's key may sign nothing any more.
    RevokeKey {
        /// Which key.
        key: PublicKey,
        /// Why.
        reason: String,
    },
    /// The registry has a new key of its own, for which the one before vouches.
    RegistryKey {
        /// The new key.
        key: PublicKey,
        /// The old one's signature; the first has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<Signature>,
    },
    /// A decoder should not be used any more.
    Deprecate {
        /// Which one.
        id: DecoderId,
        /// What to do.
        #[serde(flatten)]
        deprecation: Deprecation,
    },
}

/// A version of a decoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionName {
    /// Which decoder.
    pub id: DecoderId,
    /// Which version.
    pub version: Version,
}

/// What the index says of a version that was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedVersion {
    /// Which decoder.
    pub id: DecoderId,
    /// Which version.
    pub version: Version,
    /// The SHA-256 of its package.
    pub digest: Digest,
    /// The size of its package in bytes.
    pub bytes: usize,
    /// How many vectors it answered.
    pub vectors: usize,
    /// Where it was put at first.
    pub channel: Channel,
    /// Who vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<PackageSignature>,
}

impl IndexEvent {
    /// Which decoder it is about, if it is about one.
    #[must_use]
    pub fn id(&self) -> Option<&DecoderId> {
        match self {
            Self::Publish(published) => Some(&published.id),
            Self::Promote(name)
            | Self::Shadow(name)
            | Self::Unyank(name)
            | Self::Yank { name, .. } => Some(&name.id),
            Self::EndShadow { id } | Self::Canary { id, .. } | Self::EndCanary { id, .. } => {
                Some(id)
            }
            Self::Rollback { id, .. } | Self::Deprecate { id, .. } => Some(id),
            Self::AddKey { .. } | Self::RevokeKey { .. } | Self::RegistryKey { .. } => None,
        }
    }

    /// Does to the keys of publishers what the event says.
    pub(crate) fn apply_to_keys(&self, publishers: &mut Publishers) {
        match self {
            Self::AddKey { key, known } => publishers.put(*key, known.clone()),
            Self::RevokeKey { key, reason } => publishers.revoke(key, reason),
            _ => {}
        }
    }

    /// Does to the channels of the decoder what the event says.
    pub(crate) fn apply(&self, channels: &mut Channels) {
        match self {
            Self::Publish(published) => {
                if published.channel == Channel::Stable {
                    channels.promote(&published.version);
                }
            }
            Self::Promote(name) => channels.promote(&name.version),
            Self::Rollback { withdrawn, .. } => channels.withdraw(withdrawn),
            Self::Yank { name, reason } => channels.yank(&name.version, reason),
            Self::Unyank(name) => channels.unyank(&name.version),
            Self::Shadow(name) => channels.set_shadow(Some(&name.version)),
            Self::EndShadow { .. } => channels.set_shadow(None),
            Self::Canary { rule, .. } => channels.set_canary(Some(rule)),
            Self::EndCanary { .. } => channels.set_canary(None),
            Self::Deprecate { deprecation, .. } => channels.deprecate(deprecation),
            Self::AddKey { .. } | Self::RevokeKey { .. } | Self::RegistryKey { .. } => {}
        }
    }
}

/// The index, read from its first line on. Whoever reads it need not trust who keeps it.
#[derive(Clone, Debug)]
pub struct History {
    head: Head,
    versions: BTreeMap<(DecoderId, Version), Noted>,
    channels: BTreeMap<DecoderId, Channels>,
    publishers: Publishers,
    registry_key: Option<PublicKey>,
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
            (Some(old), Some(signature)) => old.verifies(&rotation_message(key), signature),
            _ => false,
        };
        if !vouched {
            return Err(format!("the key before does not vouch for {key}"));
        }
        self.registry_key = Some(*key);
        Ok(())
    }

    /// The key that the registry signs its heads with.
    #[must_use]
    pub fn registry_key(&self) -> Option<&PublicKey> {
        self.registry_key.as_ref()
    }

    /// The keys of publishers.
    #[must_use]
    pub fn publishers(&self) -> &Publishers {
        &self.publishers
    }

    /// Where it ends.
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

    /// What became of the versions of a decoder.
    #[must_use]
    pub fn channels(&self, id: &DecoderId) -> Channels {
        self.channels.get(id).cloned().unwrap_or_default()
    }
}
