//! The backend that keeps everything: the data folder, or a database that many nodes share.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use champollion_fleet::{
    names::GroupId,
    vault::{OpenedVault, Vault},
};
use champollion_store::{
    BackupSource, Blobs, FileBlobs, Leases, OwnLeases, PlacedStore, PostgresStore, SledOptions,
    Store, StoreError, tables,
};

use crate::{
    backups::BLOB_KINDS,
    cluster,
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
                check_no_node(data_dir)?;
                let leases: Arc<dyn Leases> = Arc::new(OwnLeases);
                let options = SledOptions::new(data_dir.join(STORE));
                let opened = Vault::open(&options, data_dir, &config.vault).await?;
                (opened, leases, Places::Folder(data_dir.clone()))
            }
            Some(shared) => {
                let (store, leases) = (shared.store(), shared.leases());
                check_none_left(&*store, data_dir).await?;
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

/// Refuses a folder that was a node's and has no store of its own: without the databases in the settings the server
/// would begin anew, and refuse the frames of all devices as unknown.
fn check_no_node(data_dir: &Path) -> Result<(), StartError> {
    if data_dir.join(STORE).is_dir() || !cluster::is_folder_of_node(data_dir) {
        return Ok(());
    }
    let folder = data_dir.display();
    Err(StartError::Setup {
        what: format!("the settings name no database, and {folder} is of a node"),
        reason: format!(
            "what it kept is in a database: name that one in [store] postgres. To begin anew in the folder, remove node.id \
             from it; to go on there, stop all nodes and run `champollion store copy --from postgres:… --to sled:{folder}`"
        ),
    })
}

/// Refuses a database that holds nothing where the folder holds a store, which was not copied: the server would begin
/// anew, and refuse the frames of all devices as unknown.
async fn check_none_left(store: &dyn Store, data_dir: &Path) -> Result<(), StartError> {
    let folder = data_dir.join(STORE);
    let is_filled = fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
    if !is_filled || !store.scan(tables::VAULT.as_str(), b"", None, 1).await?.is_empty() {
        return Ok(());
    }
    let data_dir = data_dir.display();
    Err(StartError::Setup {
        what: format!("the database holds nothing, and {} holds a store", folder.display()),
        reason: format!(
            "carry it over with `champollion store copy --from sled:{data_dir} --to postgres:…`. To begin anew in the \
             database, move that folder away"
        ),
    })
}

#[cfg(test)]
mod tests {
    use champollion_store::{Batch, SledStore};

    use super::*;

    #[tokio::test]
    async fn a_server_that_would_begin_anew_beside_what_it_kept_does_not_start() {
        let (database, data_dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (store, data_dir) =
            (SledStore::open(&SledOptions::new(database.path())).unwrap(), data_dir.path());
        check_none_left(&store, data_dir).await.unwrap();
        check_no_node(data_dir).unwrap();

        fs::write(data_dir.join("node.id"), "").unwrap();
        let refused = check_no_node(data_dir).unwrap_err().to_string();
        assert!(refused.contains("is of a node"), "{refused}");
        fs::create_dir(data_dir.join(STORE)).unwrap();
        check_no_node(data_dir).unwrap();
        check_none_left(&store, data_dir).await.unwrap();

        fs::write(data_dir.join(STORE).join("conf"), "").unwrap();
        let refused = check_none_left(&store, data_dir).await.unwrap_err().to_string();
        assert!(refused.contains("holds a store"), "{refused}");
        let mut batch = Batch::new();
        batch.put("vault", "devices", "wrapped");
        store.commit(batch).await.unwrap();
        check_none_left(&store, data_dir).await.unwrap();
    }
}
