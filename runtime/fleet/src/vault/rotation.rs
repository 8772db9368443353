//! Rotation of the master key while the store is in use.

use champollion_store::Batch;

use super::error::VaultError;
use super::key_name::KeyName;
use super::key_place::KeyPlace;
use super::master_key::MasterKey;
use super::opening::Vault;
use super::wrapped_keys;

/// A rotation that is done, or about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The name of the master key in force.
    pub master_key: KeyName,
    /// The name of the master key before.
    pub before: KeyName,
    /// The place of the master key.
    pub place: KeyPlace,
}

/// The reason why the master key was not rotated. That of before is in force.
#[derive(Debug, thiserror::Error)]
pub enum RotationError<E> {
    /// The server cannot write the place of the key, and finds no new one there.
    #[error(
        "the master key comes from {0}, which the server does not write: put the new key before the old one there, \
         and start the server again; it wraps the data keys anew"
    )]
    Elsewhere(KeyPlace),
    /// The keys cannot be read, made or written.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The change was not committed.
    #[error("the change of the master key was not committed")]
    NotCommitted(#[source] E),
}

impl Vault {
    /// Rotates the master key: wraps all data keys by a new one. That is the first of the key's place where an
    /// operator has put another one there, else one that is made, in a file. `commit` makes the batch durable.
    ///
    /// From before the batch until after it the place has both keys, so a kill loses none.
    ///
    /// # Errors
    /// The master key of before is in force.
    pub async fn rotate<E, F>(
        &self,
        commit: impl FnOnce(Batch, Rotated) -> F,
    ) -> Result<Rotated, RotationError<E>>
    where
        F: Future<Output = Result<(), E>>,
    {
        let mut in_force = self.master_key.lock().await;
        let mut masters = self.place.keys(Some(&in_force))?;
        if masters.all().all(|master| master.name() != *in_force) {
            let (place, found, needed) = (self.place.clone(), masters.names(), in_force.clone());
            return Err(VaultError::Wrong { place, found, needed }.into());
        }
        if masters.current.name() == *in_force {
            let new = MasterKey::generate().map_err(VaultError::from)?;
            if !self.place.write(&[&new, &masters.current])? {
                return Err(RotationError::Elsewhere(self.place.clone()));
            }
            masters.earlier.insert(0, std::mem::replace(&mut masters.current, new));
        }
        let batch = wrapped_keys::wrap_anew(&*self.store, &self.keys, &masters.current).await?;
        let (master_key, before) = (masters.current.name(), in_force.clone());
        let rotated = Rotated { master_key, before, place: self.place.clone() };
        commit(batch, rotated.clone()).await.map_err(RotationError::NotCommitted)?;
        in_force.clone_from(&rotated.master_key);
        self.place.keep_only(&masters.current);
        Ok(rotated)
    }
}
