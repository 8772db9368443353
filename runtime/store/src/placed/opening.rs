//! The databases of a territory, recognized when they are opened.
//!
//! Each has a row that says which one it is, and of which territory. So an address under another name, an address given
//! twice, a database of another territory, and one that is missing are refused before anything is written.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::options::DatabaseName;
use super::places::{Database, Places};
use super::rules::{device, device_key};
use crate::batch::Batch;
use crate::error::StoreError;
use crate::port::Store;
use crate::postgres::PostgresStore;
use crate::tables::{self, ALL_TABLES};

const DATABASES: &str = tables::DATABASES.as_str();

/// The key of the row that says which database this is.
const OWN: &[u8] = b"own";

/// The beginning of the keys of rows in the home database that name the further ones.
const OF: &str = "of/";

/// The key of the row in the home database that says that all that was there before has its place.
const ADOPTED: &[u8] = b"adopted";

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// A database as its row says which one it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Identity {
    name: String,
    territory: Uuid,
    is_home: bool,
}

impl PostgresStore {
    /// Makes sure that this is the only database of its territory.
    ///
    /// # Errors
    /// [`StoreError::WrongDatabase`] where it is one of several, and was opened as the only one.
    pub async fn check_alone(&self) -> Result<(), StoreError> {
        let Some(own) = identity(self).await? else { return Ok(()) };
        let place = if own.is_home { "the home database" } else { "a further database" };
        Err(StoreError::WrongDatabase {
            server: self.server().to_owned(),
            name: own.name.clone(),
            reason: format!(
                "it is {place} of a territory that has several, and cannot be used alone: name all of them"
            ),
        })
    }
}

async fn identity(store: &PostgresStore) -> Result<Option<Identity>, StoreError> {
    let Some(row) = store.get(DATABASES, OWN).await? else { return Ok(None) };
    serde_json::from_slice(&row).map(Some).map_err(|error| StoreError::Corrupt {
        detail: format!("the row that names {} cannot be read: {error}", store.server()),
    })
}

/// Recognizes the databases, the first of which is home; what is new is given its name. Returns the territory.
pub(super) async fn recognize(databases: &[Database]) -> Result<Uuid, StoreError> {
    let Some((home, further)) = databases.split_first() else {
        return Err(StoreError::BadAddress { reason: "no database is named".to_owned() });
    };
    let own = Identity { name: home.name.to_string(), territory: Uuid::now_v7(), is_home: true };
    let territory = name(home, &own).await?.territory;
    for database in further {
        let most = database.store.most_prepared().await?;
        if most < 1 {
            let reason = "its server keeps no prepared transactions: set max_prepared_transactions to sixteen \
                          for each node, and restart it";
            return Err(wrong(database, reason.to_owned()));
        }
        let is_known = home.store.get(DATABASES, of(&database.name).as_bytes()).await?.is_some();
        if identity(&database.store).await?.is_none() {
            if is_known {
                let reason = "it is empty, and the home database knows it: restore it, or name the right address";
                return Err(wrong(database, reason.to_owned()));
            }
            // Another node may have named it meanwhile, and have begun to fill it.
            if let Err(error) = check_empty(database).await
                && identity(&database.store).await?.is_none()
            {
                return Err(error);
            }
        }
        let identity = Identity { name: database.name.to_string(), territory, is_home: false };
        name(database, &identity).await?;
        if !is_known {
            let mut batch = Batch::new();
            batch.put(DATABASES, of(&database.name), database.store.server());
            home.store.commit(batch).await?;
        }
    }
    check_all_named(home, further).await?;
    Ok(territory)
}

/// Gives a database its name, unless it has one, which must be the same.
async fn name(database: &Database, wanted: &Identity) -> Result<Identity, StoreError> {
    loop {
        if let Some(own) = identity(&database.store).await? {
            let is_right = own.name == wanted.name
                && own.is_home == wanted.is_home
                && (own.territory == wanted.territory || wanted.is_home);
            return if is_right { Ok(own) } else { Err(wrong(database, mistaken(&own, wanted))) };
        }
        let value = serde_json::to_vec(wanted).unwrap_or_default();
        let mut batch = Batch::new();
        batch.expect_absent(DATABASES, OWN).put(DATABASES, OWN, value);
        match database.store.commit(batch).await {
            // Another node was faster: what it wrote counts.
            Err(StoreError::Conflict { .. }) => {}
            outcome => drop(outcome?),
        }
    }
}

fn mistaken(own: &Identity, wanted: &Identity) -> String {
    let Identity { name, is_home, .. } = own;
    match (is_home, wanted.is_home) {
        (true, true) => format!("it is named {name:?}: a name never changes"),
        (true, false) => format!("it is the home database {name:?} already: name another address"),
        (false, true) => {
            format!(
                "it is the further database {name:?}: the first one that is named is the home database"
            )
        }
        (false, false) if *name == wanted.name => "it is of another territory".to_owned(),
        (false, false) => format!("it is the database {name:?}: a name never changes"),
    }
}

/// Nothing of another installation is taken over.
async fn check_empty(database: &Database) -> Result<(), StoreError> {
    let is_filled = |found: &str| {
        Err(wrong(database, format!("it is not empty: it has {found}. Name an empty one")))
    };
    // Another node may be giving it its name.
    for table in ALL_TABLES.iter().filter(|table| **table != tables::DATABASES) {
        if !database.store.scan(table.as_str(), b"", None, 1).await?.is_empty() {
            return is_filled(&format!("lines in the table {table}"));
        }
    }
    match database.store.logs("", None, 1).await?.first() {
        Some(log) => is_filled(&format!("the log {log}")),
        None => Ok(()),
    }
}

/// All databases that the home database knows must be named: groups may lie in them.
async fn check_all_named(home: &Database, further: &[Database]) -> Result<(), StoreError> {
    for row in home.store.scan(DATABASES, OF.as_bytes(), None, usize::MAX).await? {
        let key = String::from_utf8_lossy(&row.key);
        let name = key.strip_prefix(OF).unwrap_or_default();
        if further.iter().all(|database| database.name.as_str() != name) {
            let server = String::from_utf8_lossy(&row.value);
            let held = format!("what was placed at {server}");
            return Err(StoreError::UnknownDatabase { name: name.to_owned(), held });
        }
    }
    Ok(())
}

fn of(name: &DatabaseName) -> String {
    format!("{OF}{name}")
}

fn wrong(database: &Database, reason: String) -> StoreError {
    let (server, name) = (database.store.server().to_owned(), database.name.to_string());
    StoreError::WrongDatabase { server, name, reason }
}

/// Gives all groups and devices that were there before further databases their place at home.
pub(super) async fn adopt(places: &Places, devices: &str) -> Result<(), StoreError> {
    let home = places.home();
    if home.get(DATABASES, ADOPTED).await?.is_some() {
        return Ok(());
    }
    let mut groups = BTreeSet::new();
    for table in [
        tables::GROUP_OWNERS,
        tables::ROUTES,
        tables::POINTS,
        tables::ALERT_RULES,
        tables::DERIVED_OF_GROUPS,
        tables::INBOXES,
        tables::QUALITY_PLACES,
    ] {
        for key in keys(home, table.as_str()).await? {
            groups
                .extend(key.split('/').next().filter(|group| !group.is_empty()).map(str::to_owned));
        }
    }
    for prefix in [tables::RECORDS, tables::EVENTS] {
        let logs = home.logs(prefix.as_str(), None, usize::MAX).await?;
        groups.extend(logs.iter().filter_map(|log| prefix.owner_of(log)).map(str::to_owned));
    }
    let groups: Vec<String> = groups.into_iter().collect();
    place_at_home(places, tables::GROUP_PLACES.as_str(), &groups).await?;
    let devices = keys(home, devices).await?;
    let devices: Vec<String> =
        devices.iter().filter_map(|key| device(key)).map(device_key).collect();
    place_at_home(places, tables::DEVICE_PLACES.as_str(), &devices).await?;
    let mut batch = Batch::new();
    batch.put(DATABASES, ADOPTED, "");
    home.commit(batch).await.map(drop)
}

async fn keys(home: &PostgresStore, table: &str) -> Result<Vec<String>, StoreError> {
    let (mut keys, mut after): (Vec<String>, Option<Vec<u8>>) = (Vec::new(), None);
    loop {
        let rows = home.scan(table, b"", after.as_deref(), PAGE).await?;
        let Some(last) = rows.last() else { return Ok(keys) };
        after = Some(last.key.clone());
        keys.extend(rows.into_iter().filter_map(|row| String::from_utf8(row.key).ok()));
    }
}

/// Writes places at home, but of what has one.
pub(super) async fn place_at_home(
    places: &Places,
    table: &str,
    keys: &[String],
) -> Result<(), StoreError> {
    let (home, name) = (places.home(), places.name(0).as_str());
    for page in keys.chunks(PAGE) {
        let mut together = Batch::new();
        for key in page {
            together.expect_absent(table, key.as_str()).put(table, key.as_str(), name);
        }
        match home.commit(together).await {
            Ok(_) => continue,
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        for key in page {
            let mut alone = Batch::new();
            alone.expect_absent(table, key.as_str()).put(table, key.as_str(), name);
            match home.commit(alone).await {
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}
