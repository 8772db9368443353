//! Events of decoders and keys, as the index has them.

use champollion_sandbox::Digest;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{
    channels::{CanaryRule, Channel, Channels, Deprecation},
    keys::{PackageSignature, PublicKey, PublisherKey, Publishers, Signature},
    package::DecoderId,
};

/// The name of the chain.
pub(crate) const INDEX: &str = "index";

/// An event of a decoder or a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum IndexEvent {
    /// A version was published.
    Publish(PublishedVersion),
    /// A version became stable.
    Promote(VersionName),
    /// Versions are stable no longer.
    #[serde(rename_all = "camelCase")]
    Rollback {
        /// The decoder that was rolled back.
        id: DecoderId,
        /// The versions that were withdrawn, the one promoted last first.
        #[schema(value_type = Vec<String>)]
        withdrawn: Vec<Version>,
        /// The version that was promoted last before them.
        #[schema(value_type = String)]
        to: Version,
    },
    /// A candidate decodes live frames beside the stable version.
    Shadow(VersionName),
    /// It does no longer.
    EndShadow {
        /// The decoder that was rolled back.
        id: DecoderId,
    },
    /// A share of the devices gets a candidate.
    Canary {
        /// The decoder that was rolled back.
        id: DecoderId,
        /// The candidate, and the devices that get it.
        #[serde(flatten)]
        rule: CanaryRule,
    },
    /// None does any more.
    EndCanary {
        /// The decoder that was rolled back.
        id: DecoderId,
        /// The reason of the act.
        reason: String,
    },
    /// A version is chosen no longer.
    Yank {
        /// The version in question.
        #[serde(flatten)]
        name: VersionName,
        /// The reason of the act.
        reason: String,
    },
    /// A version may be chosen again.
    Unyank(VersionName),
    /// A publisher's key may sign decoders of some vendors.
    AddKey {
        /// The key in question.
        key: PublicKey,
        /// The owner of the key, and the vendors it may sign for.
        #[serde(flatten)]
        known: PublisherKey,
    },
    /// A publisher's key may sign nothing any more.
    RevokeKey {
        /// The key in question.
        key: PublicKey,
        /// The reason of the act.
        reason: String,
    },
    /// The registry has a new key of its own, for which the one before vouches.
    RegistryKey {
        /// The key that replaces the old one.
        key: PublicKey,
        /// The old one's signature; the first has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<Signature>,
    },
    /// A decoder should not be used any more.
    Deprecate {
        /// The decoder in question.
        id: DecoderId,
        /// The advice to users of the decoder.
        #[serde(flatten)]
        deprecation: Deprecation,
    },
}

/// A version of a decoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VersionName {
    /// The name of the decoder.
    pub id: DecoderId,
    /// The version of the decoder.
    #[schema(value_type = String)]
    pub version: Version,
}

/// The index's entry of a version that was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublishedVersion {
    /// The name of the decoder.
    pub id: DecoderId,
    /// The version of the decoder.
    #[schema(value_type = String)]
    pub version: Version,
    /// The SHA-256 of its package.
    pub digest: Digest,
    /// The size of its package in bytes.
    pub bytes: usize,
    /// The number of vectors that the version answered.
    pub vectors: usize,
    /// Where it was put at first.
    pub channel: Channel,
    /// The signature that vouches for the package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<PackageSignature>,
}

impl IndexEvent {
    /// Returns the decoder that the event is about, if it is about one.
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

    /// Returns the version that devices are to get by the event, or that is tried with their frames.
    pub(crate) fn offered(&self) -> Option<&Version> {
        match self {
            Self::Promote(name) | Self::Shadow(name) => Some(&name.version),
            Self::Canary { rule, .. } => Some(&rule.version),
            _ => None,
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
