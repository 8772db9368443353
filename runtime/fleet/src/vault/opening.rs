//! Opening a store with its vault, and sealing what is not sealed yet.

use std::path::Path;
use std::sync::Arc;

use champollion_store::{
    Batch, KeyValue, SledOptions, SledStore, Store, StoreError, TableName, tables,
};
use tokio::sync::Mutex;

use super::data_key::DataKey;
use super::error::VaultError;
use super::key_name::KeyName;
use super::key_place::KeyPlace;
use super::master_keys::MasterKeys;
use super::sealed_store::{SealedStore, damaged};
use super::settings::VaultSettings;
use super::wrapped_keys::{self, DataKeys, WrappedKey, WrappedKeys};

/// The vault of a store that is open.
pub struct Vault {
    /// The store under the sealed one.
    pub(super) store: Arc<dyn Store>,
    /// The same, where it lies in a folder.
    embedded: Option<Arc<SledStore>>,
    pub(super) keys: Arc<DataKeys>,
    pub(super) place: KeyPlace,
    is_key_made: bool,
    /// The name of the master key in force; held while it is rotated.
    pub(super) master_key: Mutex<KeyName>,
}

/// A store and its vault.
pub struct OpenedVault {
    /// The store, whose secret values are sealed on the disk.
    pub store: Arc<dyn Store>,
    /// The vault of the store.
    pub vault: Arc<Vault>,
}

impl Vault {
    /// Opens the store of a data folder. A new one gets data keys, and where there is none a master key. One
    /// that was written without a vault is written anew, with what is secret sealed. Blocks on the disk.
    ///
    /// # Errors
    /// The store is as it was before, or as it shall be.
    pub async fn open(
        options: &SledOptions,
        data_dir: &Path,
        settings: &VaultSettings,
    ) -> Result<OpenedVault, VaultError> {
        let place = settings.place(data_dir)?;
        let is_new = !options.folder.exists();
        let mut store = SledStore::open(options)?;
        let wrapped = wrapped_keys::read(&store).await?;
        let needed = wrapped.values().next().map(|key| &key.master_key);
        let masters = place.keys(needed)?;
        let mut keys = unwrap(&wrapped, &masters, &place)?;
        let missing = Missing::of(&keys, &masters)?;
        if !missing.keys.is_empty() {
            if is_new {
                missing.put(&store).await?;
            } else {
                store.close().await?;
                drop(store);
                missing.seal(options)?;
                store = SledStore::open(options)?;
            }
            keys.extend(missing.keys);
        }
        let secrets = Secrets { place, wrapped, masters, keys };
        let store = Arc::new(store);
        Self::of(Arc::clone(&store) as Arc<dyn Store>, Some(store), secrets).await
    }

    /// Opens the vault of a store that other nodes may have open too. All of them have the same master key: the first
    /// one that comes makes the data keys.
    ///
    /// # Errors
    /// The store is as it was before, or as it shall be.
    pub async fn open_shared(
        store: Arc<dyn Store>,
        data_dir: &Path,
        settings: &VaultSettings,
    ) -> Result<OpenedVault, VaultError> {
        let place = settings.place(data_dir)?;
        loop {
            let wrapped = wrapped_keys::read(&*store).await?;
            let needed = wrapped.values().next().map(|key| &key.master_key);
            let masters = place.keys(needed)?;
            let mut keys = unwrap(&wrapped, &masters, &place)?;
            let missing = Missing::of(&keys, &masters)?;
            match missing.put(&*store).await {
                // Another node was faster: its keys count.
                Err(VaultError::Store(StoreError::Conflict { .. })) => continue,
                outcome => outcome?,
            }
            keys.extend(missing.keys);
            return Self::of(store, None, Secrets { place, wrapped, masters, keys }).await;
        }
    }

    /// The vault of a store that has all its data keys.
    async fn of(
        store: Arc<dyn Store>,
        embedded: Option<Arc<SledStore>>,
        secrets: Secrets,
    ) -> Result<OpenedVault, VaultError> {
        let Secrets { place, wrapped, masters, keys } = secrets;
        let current = masters.current.name();
        if wrapped.values().any(|key| key.master_key != current) {
            let batch = wrapped_keys::wrap_anew(&*store, &keys, &masters.current).await?;
            store.commit(batch).await?;
            tracing::info!(master_key = %current, "the data keys are wrapped by another master key");
        }
        if !masters.earlier.is_empty() {
            place.keep_only(&masters.current);
        }
        let keys = Arc::new(keys);
        let sealed = SealedStore::new(Arc::clone(&store), Arc::clone(&keys));
        let (master_key, is_key_made) = (Mutex::new(current), masters.is_made);
        let vault = Self { store, embedded, keys, place, is_key_made, master_key };
        Ok(OpenedVault { store: Arc::new(sealed), vault: Arc::new(vault) })
    }

    /// Returns the store under the vault where it lies in a folder: what is secret in it is sealed, so that it can be
    /// backed up as it is.
    #[must_use]
    pub fn embedded(&self) -> Option<&Arc<SledStore>> {
        self.embedded.as_ref()
    }

    /// Returns the place of the master key where the key was made when the vault was opened: somebody must
    /// hear of it and keep a copy.
    #[must_use]
    pub fn made_key(&self) -> Option<&KeyPlace> {
        self.is_key_made.then_some(&self.place)
    }
}

/// The keys of a store that is being opened.
struct Secrets {
    place: KeyPlace,
    wrapped: WrappedKeys,
    masters: MasterKeys,
    keys: DataKeys,
}

/// Unwraps all data keys, each with the master key that has wrapped it.
fn unwrap(
    wrapped: &WrappedKeys,
    masters: &MasterKeys,
    place: &KeyPlace,
) -> Result<DataKeys, VaultError> {
    let one = |(table, line): (&String, &WrappedKey)| {
        let master = masters.all().find(|master| master.name() == line.master_key);
        let master = master.ok_or_else(|| VaultError::Wrong {
            place: place.clone(),
            found: masters.names(),
            needed: line.master_key.clone(),
        })?;
        let damaged = || VaultError::DamagedDataKey { table: table.clone() };
        Ok((table.clone(), line.unwrap(table, master).ok_or_else(damaged)?))
    };
    wrapped.iter().map(one).collect()
}

/// Data keys of secret tables that had none, and their lines.
struct Missing {
    keys: DataKeys,
    lines: WrappedKeys,
}

impl Missing {
    fn of(keys: &DataKeys, masters: &MasterKeys) -> Result<Self, VaultError> {
        let mut missing = Self { keys: DataKeys::new(), lines: WrappedKeys::new() };
        let secret = tables::ALL_TABLES.iter().filter(|table| table.is_secret());
        for table in secret.map(|table| table.as_str()).filter(|table| !keys.contains_key(*table)) {
            let key = DataKey::generate()?;
            let line = WrappedKey::of(table, &key, &masters.current)?;
            missing.lines.insert(table.to_owned(), line);
            missing.keys.insert(table.to_owned(), key);
        }
        Ok(missing)
    }

    /// Keeps the data keys of tables that hold nothing yet.
    async fn put(&self, store: &dyn Store) -> Result<(), VaultError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for (table, line) in &self.lines {
            wrapped_keys::insert(&mut batch, table, line)?;
        }
        store.commit(batch).await?;
        Ok(())
    }

    /// Writes the folder anew, with the values of these tables sealed and their data keys beside them.
    fn seal(&self, options: &SledOptions) -> Result<(), VaultError> {
        tracing::info!("what is secret in the store is sealed: its folder is written anew");
        let lines: Vec<(TableName, KeyValue)> = self
            .lines
            .iter()
            .map(|(table, line)| wrapped_keys::row(table, line))
            .collect::<Result<_, _>>()?;
        let mut sealed = 0_u64;
        SledStore::rewrite(options, &lines, |table, row, value| {
            let Some(key) = self.keys.get(table) else { return Ok::<_, VaultError>(()) };
            key.seal(table, row, value).map_err(damaged(table, row))?;
            sealed += 1;
            Ok(())
        })?;
        tracing::info!(sealed, "what is secret in the store is sealed");
        Ok(())
    }
}
