//! The backend that keeps everything: the data folder, or a database that many nodes share.

use std::{path::PathBuf, sync::Arc};

use champollion_fleet::vault::{OpenedVault, Vault};
use champollion_store::{
    BackupSource, Blobs, FileBlobs, Leases, OwnLeases, PostgresBlobs, PostgresStore, SledOptions,
    Store, StoreError,
};

use crate::{backups::BLOB_KINDS, config::Config, service::StartError};

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
    Database(PostgresStore),
}

impl Backend {
    /// Opens what the settings name.
    pub(crate) async fn open(config: &Config) -> Result<Self, StartError> {
        let data_dir = &config.data_dir;
        let (opened, leases, places) = match config.store.database()? {
            None => {
                let leases: Arc<dyn Leases> = Arc::new(OwnLeases);
                let options = SledOptions::new(data_dir.join(STORE));
                let opened = Vault::open(&options, data_dir, &config.vault).await?;
                (opened, leases, Places::Folder(data_dir.clone()))
            }
            Some(options) => {
                let store = PostgresStore::open(&options).await?;
                tracing::info!(server = store.server(), "a database keeps everything");
                let leases: Arc<dyn Leases> = Arc::new(store.clone());
                let shared = Arc::new(store.clone());
                let opened = Vault::open_shared(shared, data_dir, &config.vault).await?;
                (opened, leases, Places::Database(store))
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

    /// The database that keeps everything, where one does.
    pub(crate) fn database(&self) -> Option<&PostgresStore> {
        match &self.places {
            Places::Folder(_) => None,
            Places::Database(store) => Some(store),
        }
    }

    /// Opens the blobs of one kind, such as packages.
    pub(crate) fn blobs(&self, kind: &str) -> Result<Arc<dyn Blobs>, StoreError> {
        match &self.places {
            Places::Folder(folder) => Ok(Arc::new(FileBlobs::open(folder.join(kind))?)),
            Places::Database(store) => {
                let blobs: PostgresBlobs = store.blobs(kind);
                Ok(Arc::new(blobs))
            }
        }
    }
}
