//! The keys that the registry knows, and its own, with which it signs where its index ends.

use champollion_store::{Batch, Store};
use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLockReadGuard;
use serde::{Deserialize, Serialize};

use crate::{
    Actor, AuditEntry, DamagedIndex, Head, IndexEvent, PublicKey, PublisherKey, Publishers,
    Registry, RegistryError, SecretKey, Signature, journal::is_behind, registry::whole_table,
};

/// The table of publishers' keys.
const KEYS: &str = "registry.keys";

/// The table of the registry's own secret key.
const OWN: &str = "registry.own-key";

/// The one line of that table.
const CURRENT: &str = "current";

/// How long a signed head is good: whoever is shown an older one is kept from seeing what came since.
const HEAD_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Where the index ends, signed by the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedHead {
    /// Where it ends.
    pub head: Head,
    /// When that was.
    pub signed_at: Timestamp,
    /// Until when it may be shown.
    pub expires_at: Timestamp,
    /// The registry's key.
    pub key: PublicKey,
    /// Its signature.
    pub signature: Signature,
}

/// Why a signed head is not to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeadError {
    /// It is signed by somebody else.
    #[error("the head is signed by {0}, which is not the registry's key")]
    OtherKey(PublicKey),
    /// The signature is wrong.
    #[error("the signature of the head is wrong")]
    WrongSignature,
    /// It is too old.
    #[error("the head expired at {0}")]
    Expired(Timestamp),
}

impl SignedHead {
    /// Whether the registry of this key says now that its index ends there.
    pub fn check(&self, key: Option<&PublicKey>, now: Timestamp) -> Result<(), HeadError> {
        if key != Some(&self.key) {
            return Err(HeadError::OtherKey(self.key));
        }
        let message = head_message(&self.head, self.signed_at, self.expires_at);
        if !self.key.verifies(&message, &self.signature) {
            return Err(HeadError::WrongSignature);
        }
        if self.expires_at < now { Err(HeadError::Expired(self.expires_at)) } else { Ok(()) }
    }
}

fn head_message(head: &Head, signed_at: Timestamp, expires_at: Timestamp) -> String {
    let Head { sequence, hash } = head;
    format!("champollion head v1\n{sequence} {hash}\n{signed_at} {expires_at}\n")
}

/// What a registry's old key says of its new one.
pub(crate) fn rotation_message(new: &PublicKey) -> String {
    format!("champollion registry key v1\n{new}\n")
}

/// Why the keys were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no such key.
    #[error("the key {0} is not known here")]
    Unknown(PublicKey),
    /// It was revoked, which nothing takes back.
    #[error("the key {0} was revoked, for ever")]
    Revoked(PublicKey),
    /// A key of no namespace could sign nothing.
    #[error(
        "a key needs the namespace of at least one vendor, in small letters, digits and hyphens"
    )]
    Namespaces,
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
    /// It could not be kept.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Registry {
    /// The keys of publishers.
    #[must_use]
    pub fn publishers(&self) -> Publishers {
        self.known_publishers().clone()
    }

    pub(crate) fn known_publishers(&self) -> RwLockReadGuard<'_, Publishers> {
        self.publishers.read()
    }

    /// Lets a key sign decoders of some vendors; of a key that is known already, of these.
    pub async fn add_key(
        &self,
        key: PublicKey,
        known: PublisherKey,
        by: &Actor,
        at: Timestamp,
    ) -> Result<(), KeyError> {
        let is_namespace = |name: &String| crate::DecoderId::new(name, "any").is_ok();
        if known.namespaces.is_empty() || !known.namespaces.iter().all(is_namespace) {
            return Err(KeyError::Namespaces);
        }
        if self.known_publishers().get(&key).is_some_and(|known| known.revoked.is_some()) {
            return Err(KeyError::Revoked(key));
        }
        let known = PublisherKey { revoked: None, ..known };
        self.change_keys(&IndexEvent::AddKey { key, known }, by, at).await
    }

    /// Lets a key sign nothing any more. What it has signed stays.
    pub async fn revoke_key(
        &self,
        key: PublicKey,
        reason: &str,
        by: &Actor,
        at: Timestamp,
    ) -> Result<(), KeyError> {
        match self.known_publishers().get(&key) {
            None => return Err(KeyError::Unknown(key)),
            Some(known) if known.revoked.is_some() => return Err(KeyError::Revoked(key)),
            Some(_) => {}
        }
        let reason = reason.to_owned();
        self.change_keys(&IndexEvent::RevokeKey { key, reason }, by, at).await
    }

    async fn change_keys(
        &self,
        event: &IndexEvent,
        by: &Actor,
        at: Timestamp,
    ) -> Result<(), KeyError> {
        let mut turn = self.journal.turn().await;
        for try_again in [true, false] {
            let mut publishers = self.publishers();
            let (IndexEvent::AddKey { key, .. } | IndexEvent::RevokeKey { key, .. }) = event else {
                unreachable!("only these two change keys");
            };
            event.apply_to_keys(&mut publishers);
            let value = publishers.get(key).map(serde_json::to_vec).transpose();
            let value = value.map_err(|error| damaged(key, &error))?.unwrap_or_default();
            let mut batch = Batch::new();
            batch.put(KEYS, key.to_string(), value);
            match turn.commit(batch, at, Some(event), AuditEntry::of(event, by)).await {
                Err(error) if try_again && is_behind(&error) => self.catch_up().await?,
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    *self.publishers.write() = publishers;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Where the index ends, signed.
    pub async fn signed_head(&self, now: Timestamp) -> Result<SignedHead, RegistryError> {
        let key = read_own(&*self.store).await?.ok_or_else(|| DamagedIndex {
            key: OWN.to_owned(),
            reason: "the registry has no key".to_owned(),
        })?;
        let head = self.journal.index_head().await;
        let expires_at = now.saturating_add(HEAD_LIFETIME).unwrap_or(now);
        let signature = key.sign(&head_message(&head, now, expires_at));
        Ok(SignedHead { head, signed_at: now, expires_at, key: key.public(), signature })
    }

    /// Gives the registry a new key, which the old one vouches for; at first one at all.
    pub async fn rotate_own_key(&self, by: &Actor, at: Timestamp) -> Result<PublicKey, KeyError> {
        let mut turn = self.journal.turn().await;
        let old = read_own(&*self.store).await?;
        let new = SecretKey::generate()?;
        let key = new.public();
        let signature = old.map(|old| old.sign(&rotation_message(&key)));
        let event = IndexEvent::RegistryKey { key, signature };
        let mut batch = Batch::new();
        batch.put(OWN, CURRENT, new.reveal());
        for try_again in [true, false] {
            let audit = AuditEntry::of(&event, by);
            match turn.commit(batch.clone(), at, Some(&event), audit).await {
                Err(error) if try_again && is_behind(&error) => self.catch_up().await?,
                Err(error) => return Err(error.into()),
                Ok(()) => break,
            }
        }
        Ok(key)
    }

    /// Whether the registry has a key of its own.
    pub(crate) async fn has_own_key(&self) -> Result<bool, RegistryError> {
        Ok(read_own(&*self.store).await?.is_some())
    }
}

async fn read_own(store: &dyn Store) -> Result<Option<SecretKey>, RegistryError> {
    let Some(value) = store.get(OWN, CURRENT.as_bytes()).await? else { return Ok(None) };
    let key = String::from_utf8_lossy(&value).parse();
    let key = key.map_err(|error: crate::UnreadableKey| DamagedIndex {
        key: OWN.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Some(key))
}

pub(crate) async fn read_publishers(store: &dyn Store) -> Result<Publishers, RegistryError> {
    let mut publishers = Publishers::default();
    for (key, value) in whole_table(store, KEYS).await? {
        let key = String::from_utf8_lossy(&key).into_owned();
        let reason = |reason: String| DamagedIndex { key: key.clone(), reason };
        let public: PublicKey = key.parse().map_err(|error| reason(format!("{error}")))?;
        let known = serde_json::from_slice(&value).map_err(|error| reason(error.to_string()))?;
        publishers.put(public, known);
    }
    Ok(publishers)
}

fn damaged(key: &PublicKey, error: &serde_json::Error) -> RegistryError {
    DamagedIndex { key: key.to_string(), reason: error.to_string() }.into()
}
