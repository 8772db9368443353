//! The keys of publishers, and the namespaces that belong to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::signing::PublicKey;

/// A key of a publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublisherKey {
    /// The name of the key's owner, for people.
    pub name: String,
    /// The vendors whose decoders it may sign.
    pub namespaces: Vec<String>,
    /// Why it may sign nothing any more; what it signed before stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<String>,
}

impl PublisherKey {
    /// The same with the vendors of what was known of the key before, which stand first.
    pub(crate) fn with_namespaces_of(&self, before: &Self) -> Self {
        let added = self.namespaces.iter().filter(|name| !before.namespaces.contains(name));
        let namespaces = before.namespaces.iter().chain(added).cloned().collect();
        Self { name: self.name.clone(), namespaces, revoked: None }
    }
}

/// All keys of publishers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publishers(BTreeMap<PublicKey, PublisherKey>);

impl Publishers {
    /// All keys, the revoked ones too.
    pub fn keys(&self) -> impl Iterator<Item = (&PublicKey, &PublisherKey)> {
        self.0.iter()
    }

    /// Returns the record of a key.
    #[must_use]
    pub fn get(&self, key: &PublicKey) -> Option<&PublisherKey> {
        self.0.get(key)
    }

    pub(crate) fn put(&mut self, key: PublicKey, known: PublisherKey) {
        self.0.insert(key, known);
    }

    pub(crate) fn revoke(&mut self, key: &PublicKey, reason: &str) {
        if let Some(known) = self.0.get_mut(key) {
            known.revoked = Some(reason.to_owned());
        }
    }

    /// Whether a namespace belongs to keys. It still does when they are all revoked: otherwise whoever
    /// lost a key would lose the name to anybody.
    pub(crate) fn owns(&self, namespace: &str) -> bool {
        self.0.values().any(|known| known.namespaces.iter().any(|own| own == namespace))
    }
}
