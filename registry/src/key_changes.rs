//! Changes the keys that the registry knows, and its own, with which it signs where its index ends.

use champollion_store::Batch;
use jiff::Timestamp;

use crate::{
    error::RegistryError,
    keys::{PublicKey, PublisherKey, SecretKey},
    ledger::{
        Actor, AuditEntry, DamagedIndex, IndexEvent, SignedHead,
        key_tables::{CURRENT, KEYS, OWN, read_own},
    },
    package::DecoderId,
    registry::Registry,
};

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
    /// Lets a key sign decoders of some vendors; of a key that is known already, of these.
    pub async fn add_key(
        &self,
        key: PublicKey,
        known: PublisherKey,
        by: &Actor,
        at: Timestamp,
    ) -> Result<(), KeyError> {
        let is_namespace = |name: &String| DecoderId::new(name, "any").is_ok();
        if known.namespaces.is_empty() || !known.namespaces.iter().all(is_namespace) {
            return Err(KeyError::Namespaces);
        }
        if self.publishers.read().get(&key).is_some_and(|known| known.revoked.is_some()) {
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
        match self.publishers.read().get(&key) {
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
            let mut batch = Batch::new();
            if let Some(known) = publishers.get(key) {
                KEYS.put(&mut batch, key, known).map_err(RegistryError::from)?;
            }
            let written = turn.commit(batch, at, Some(event), AuditEntry::of(event, by)).await;
            match written.map_err(RegistryError::from) {
                Err(error) if try_again && error.is_behind() => self.catch_up().await?,
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
        let key = self.own_key().await?;
        Ok(SignedHead::of(self.journal.index_head().await, &key, now))
    }

    /// Where the audit ends, signed.
    pub async fn signed_audit_head(&self, now: Timestamp) -> Result<SignedHead, RegistryError> {
        let key = self.own_key().await?;
        Ok(SignedHead::of_audit(self.journal.audit_head().await, &key, now))
    }

    pub(crate) async fn own_key(&self) -> Result<SecretKey, RegistryError> {
        let key = read_own(&*self.store).await?.ok_or_else(|| DamagedIndex {
            key: OWN.name().to_string(),
            reason: "the registry has no key".to_owned(),
        })?;
        Ok(key)
    }

    /// Gives the registry a new key, which the old one vouches for; at first one at all.
    pub async fn rotate_own_key(&self, by: &Actor, at: Timestamp) -> Result<PublicKey, KeyError> {
        let mut turn = self.journal.turn().await;
        let old = read_own(&*self.store).await.map_err(RegistryError::from)?;
        let new = SecretKey::generate()?;
        let key = new.public();
        let signature = old.map(|old| old.vouch_for(&key));
        let event = IndexEvent::RegistryKey { key, signature };
        let mut batch = Batch::new();
        OWN.put(&mut batch, &CURRENT.to_owned(), &new).map_err(RegistryError::from)?;
        for try_again in [true, false] {
            let audit = AuditEntry::of(&event, by);
            let written = turn.commit(batch.clone(), at, Some(&event), audit).await;
            match written.map_err(RegistryError::from) {
                Err(error) if try_again && error.is_behind() => self.catch_up().await?,
                Err(error) => return Err(error.into()),
                Ok(()) => break,
            }
        }
        Ok(key)
    }
}
