//! Changes the keys that the registry knows, and its own, with which it signs where its index ends.

use champollion_store::Batch;
use jiff::Timestamp;

use crate::{
    error::RegistryError,
    keys::{PublicKey, PublisherKey, SecretKey},
    ledger::{
        Actor, AuditEntry, DamagedIndex, IndexEvent, Rivals, SignedHead,
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

/// A change of one key, which becomes a line of the index by what is known of the key before.
enum KeyChange<'request> {
    /// The key may sign for these vendors too.
    Add(&'request PublisherKey),
    /// The key may sign for these vendors alone.
    Limit(&'request PublisherKey),
    /// The key may sign nothing any more, for a reason.
    Revoke(&'request str),
}

impl KeyChange<'_> {
    fn event(&self, key: PublicKey, before: Option<&PublisherKey>) -> Result<IndexEvent, KeyError> {
        if before.is_some_and(|before| before.revoked.is_some()) {
            return Err(KeyError::Revoked(key));
        }
        match (self, before) {
            (Self::Revoke(_), None) => Err(KeyError::Unknown(key)),
            (Self::Revoke(reason), Some(_)) => {
                Ok(IndexEvent::RevokeKey { key, reason: (*reason).to_owned() })
            }
            (Self::Add(known), Some(before)) => {
                Ok(IndexEvent::AddKey { key, known: known.with_namespaces_of(before) })
            }
            (Self::Add(known) | Self::Limit(known), _) => {
                // A key is revoked by a change of its own.
                let known = PublisherKey { revoked: None, ..(*known).clone() };
                Ok(IndexEvent::AddKey { key, known })
            }
        }
    }
}

impl Registry {
    /// Lets a key sign decoders of some vendors; a key that is known already, of these beside those that it has.
    /// Returns what is known of the key then.
    pub async fn add_key(
        &self,
        key: PublicKey,
        known: &PublisherKey,
        by: &Actor,
        at: Timestamp,
    ) -> Result<PublisherKey, KeyError> {
        check_namespaces(known)?;
        self.change_key(key, KeyChange::Add(known), by, at).await
    }

    /// Lets a key sign decoders of some vendors, and of no others that it had.
    pub async fn limit_key(
        &self,
        key: PublicKey,
        known: &PublisherKey,
        by: &Actor,
        at: Timestamp,
    ) -> Result<PublisherKey, KeyError> {
        check_namespaces(known)?;
        self.change_key(key, KeyChange::Limit(known), by, at).await
    }

    /// Lets a key sign nothing any more. What it has signed stays.
    pub async fn revoke_key(
        &self,
        key: PublicKey,
        reason: &str,
        by: &Actor,
        at: Timestamp,
    ) -> Result<(), KeyError> {
        self.change_key(key, KeyChange::Revoke(reason), by, at).await.map(drop)
    }

    async fn change_key(
        &self,
        key: PublicKey,
        change: KeyChange<'_>,
        by: &Actor,
        at: Timestamp,
    ) -> Result<PublisherKey, KeyError> {
        let mut turn = self.journal.turn().await;
        let mut rivals = Rivals::default();
        loop {
            let mut publishers = self.publishers();
            let event = change.event(key, publishers.get(&key))?;
            event.apply_to_keys(&mut publishers);
            let known = publishers.get(&key).cloned().ok_or(KeyError::Unknown(key))?;
            let mut batch = Batch::new();
            KEYS.put(&mut batch, &key, &known).map_err(RegistryError::from)?;
            let audit = AuditEntry::of(&event, by);
            let written = turn.commit(batch, at, Some(&event), audit).await;
            match written.map_err(RegistryError::from) {
                Err(error) if rivals.let_try_again(error.is_behind()) => self.catch_up().await?,
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    *self.publishers.write() = publishers;
                    return Ok(known);
                }
            }
        }
    }

    /// Where the index ends, signed.
    pub async fn signed_head(&self, now: Timestamp) -> Result<SignedHead, RegistryError> {
        let key = self.own_key().await?;
        Ok(SignedHead::of(self.journal.index_head().await?, &key, now))
    }

    /// Where the audit ends, signed.
    pub async fn signed_audit_head(&self, now: Timestamp) -> Result<SignedHead, RegistryError> {
        let key = self.own_key().await?;
        Ok(SignedHead::of_audit(self.journal.audit_head().await?, &key, now))
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
        let new = SecretKey::generate()?;
        let (key, mut rivals) = (new.public(), Rivals::default());
        loop {
            // Another node may have rotated it since the last try: the present one vouches.
            let old = read_own(&*self.store).await.map_err(RegistryError::from)?;
            let signature = old.map(|old| old.vouch_for(&key));
            let event = IndexEvent::RegistryKey { key, signature };
            let mut batch = Batch::new();
            OWN.put(&mut batch, &CURRENT.to_owned(), &new).map_err(RegistryError::from)?;
            let audit = AuditEntry::of(&event, by);
            let written = turn.commit(batch, at, Some(&event), audit).await;
            match written.map_err(RegistryError::from) {
                Err(error) if rivals.let_try_again(error.is_behind()) => self.catch_up().await?,
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(key),
            }
        }
    }
}

fn check_namespaces(known: &PublisherKey) -> Result<(), KeyError> {
    let is_namespace = |name: &String| DecoderId::new(name, "any").is_ok();
    let are_namespaces = !known.namespaces.is_empty() && known.namespaces.iter().all(is_namespace);
    are_namespaces.then_some(()).ok_or(KeyError::Namespaces)
}
