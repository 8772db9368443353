//! The backend that keeps everything: the data folder, or a database that many nodes share.

use std::{path::PathBuf, sync::Arc};

use champollion_fleet::{
    names::GroupId,
    vault::{OpenedVault, Vault},
};
use champollion_store::{
    BackupSource, Blobs, FileBlobs, Leases, OwnLeases, PlacedStore, PostgresStore, SledOptions,
    Store, StoreError,
};

use crate::{
    backups::BLOB_KINDS,
    config::Config,
    start_error::StartError,
    store_settings::{Databases, StoreSettings},
};

/// The folder of the store within the data folder.
const STORE: &str = "store";

/// An open store with its vault, and the places of blobs beside it.
pub(crate) struct Backend {
    /// The store, whose secret values are sealed.
    pub(crate) store: Arc<dyn Store>,
    /// The vault of the store.
    pub(crate) vault: Arc<Vault>,
    /// The leases of the nodes that share the store; of a folder, which one process has, all are its own.
    pub(crate) leases: Arc<dyn Leases>,
    places: Places,
}

/// The place of blobs.
enum Places {
    Folder(PathBuf),
    Database(SharedStore),
}

/// A store that nodes share.
#[derive(Clone)]
pub(crate) enum SharedStore {
    /// One database, which has everything.
    One(PostgresStore),
    /// Several, among which groups are placed.
    Several(PlacedStore),
}

impl SharedStore {
    /// Opens the databases that the settings name; `None` where the data folder keeps everything.
    pub(crate) async fn open(settings: &StoreSettings) -> Result<Option<Self>, StoreError> {
        let store = match settings.databases()? {
            None => return Ok(None),
            Some(Databases::One(options)) => {
                let store = PostgresStore::open(&options).await?;
                store.check_alone().await?;
                tracing::info!(server = store.server(), "a database keeps everything");
                Self::One(store)
            }
            Some(Databases::Several(options)) => {
                let store = PlacedStore::open(&options).await?;
                for database in store.view() {
                    let (name, server) = (database.name.as_str(), database.server.as_str());
                    let (groups, devices) = (database.groups, database.devices);
                    tracing::info!(name, server, groups, devices, "a database keeps its groups");
                }
                Self::Several(store)
            }
        };
        Ok(Some(store))
    }

    /// The store for what lies in tables and logs.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::One(store) => Arc::new(store.clone()),
            Self::Several(store) => Arc::new(store.clone()),
        }
    }

    fn leases(&self) -> Arc<dyn Leases> {
        match self {
            Self::One(store) => Arc::new(store.clone()),
            Self::Several(store) => Arc::new(store.clone()),
        }
    }

    /// Keeps groups of devices at home that have no place among several databases.
    pub(crate) async fn keep_at_home(&self, groups: &[GroupId]) -> Result<(), StoreError> {
        let Self::Several(store) = self else { return Ok(()) };
        let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
        store.keep_at_home(&groups).await
    }

    /// The database that has the blobs.
    fn home(&self) -> &PostgresStore {
        match self {
            Self::One(store) => store,
            Self::Several(store) => store.home(),
        }
    }
}

impl Backend {
    /// Opens what the settings name.
    pub(crate) async fn open(config: &Config) -> Result<Self, StartError> {
        let data_dir = &config.data_dir;
        let (opened, leases, places) = match SharedStore::open(&config.store).await? {
            None => {
                let leases: Arc<dyn Leases> = Arc::new(OwnLeases);
                let options = SledOptions::new(data_dir.join(STORE));
                let opened = Vault::open(&options, data_dir, &config.vault).await?;
                (opened, leases, Places::Folder(data_dir.clone()))
            }
            Some(shared) => {
                let (store, leases) = (shared.store(), shared.leases());
                let opened = Vault::open_shared(store, data_dir, &config.vault).await?;
                (opened, leases, Places::Database(shared))
            }
        };
        let OpenedVault { store, vault } = opened;
        Ok(Self { store, vault, leases, places })
    }

    /// Returns what is backed up: of a database, nothing.
    pub(crate) fn backup_source(&self) -> Result<Option<BackupSource>, StoreError> {
        let Some(store) = self.vault.embedded() else { return Ok(None) };
        let mut blobs = Vec::new();
        for kind in BLOB_KINDS {
            blobs.push((kind, self.blobs(kind)?));
        }
        Ok(Some(BackupSource { store: Arc::clone(store), blobs }))
    }

    /// The databases that keep everything, where they do.
    pub(crate) const fn databases(&self) -> Option<&SharedStore> {
        match &self.places {
            Places::Folder(_) => None,
            Places::Database(store) => Some(store),
        }
    }

    /// Opens the blobs of one kind, such as packages.
    pub(crate) fn blobs(&self, kind: &str) -> Result<Arc<dyn Blobs>, StoreError> {
        match &self.places {
            Places::Folder(folder) => Ok(Arc::new(FileBlobs::open(folder.join(kind))?)),
            Places::Database(store) => Ok(Arc::new(store.home().blobs(kind))),
        }
    }
}
