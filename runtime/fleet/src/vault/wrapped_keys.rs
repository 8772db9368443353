//! The data keys as the store keeps them, each wrapped by a master key.

use std::collections::BTreeMap;

use champollion_store::{Batch, KeyValue, Seen, Store, Table, TableName, tables};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::data_key::DataKey;
use super::error::VaultError;
use super::key_name::KeyName;
use super::master_key::MasterKey;

const VAULT: Table<String, WrappedKey> = Table::new(tables::VAULT);

/// The line that the store keeps of a data key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrappedKey {
    /// The name of the master key that has wrapped it.
    pub(super) master_key: KeyName,
    /// The wrapped key in base64.
    wrapped: String,
}

/// The lines of all data keys, by the tables whose values they seal.
pub(super) type WrappedKeys = BTreeMap<String, WrappedKey>;

/// The data keys of all tables.
pub(super) type DataKeys = BTreeMap<String, DataKey>;

/// Reads the lines of all data keys.
pub(super) async fn read(store: &dyn Store) -> Result<WrappedKeys, VaultError> {
    Ok(VAULT.pages(store).all().await?.into_iter().collect())
}

/// Returns a line as a row of the store, for a folder that is written anew.
pub(super) fn row(table: &str, wrapped: &WrappedKey) -> Result<(TableName, KeyValue), VaultError> {
    let value = VAULT.encode(&table.to_owned(), wrapped)?;
    Ok((VAULT.name(), KeyValue { key: table.as_bytes().to_vec(), value }))
}

/// Puts a line into a batch that is refused where the table has a data key already.
pub(super) fn insert(
    batch: &mut Batch,
    table: &str,
    wrapped: &WrappedKey,
) -> Result<(), VaultError> {
    Ok(VAULT.insert(batch, &table.to_owned(), wrapped)?)
}

/// Wraps all data keys anew in a batch, which is refused where another process does it meanwhile.
pub(super) async fn wrap_anew(
    store: &dyn Store,
    keys: &DataKeys,
    master: &MasterKey,
) -> Result<Batch, VaultError> {
    let mut batch = Batch::new();
    for (table, key) in keys {
        let (_, seen): (_, Seen) = VAULT.get_seen(store, table).await?;
        VAULT.replace(&mut batch, &seen, &WrappedKey::of(table, key, master)?)?;
    }
    Ok(batch)
}

impl WrappedKey {
    /// Wraps the data key of a table.
    pub(super) fn of(table: &str, key: &DataKey, master: &MasterKey) -> Result<Self, VaultError> {
        let wrapped = BASE64.encode(&master.wrap(table, key)?);
        Ok(Self { master_key: master.name(), wrapped })
    }

    /// Unwraps the data key of a table; `None` where the line is damaged.
    pub(super) fn unwrap(&self, table: &str, master: &MasterKey) -> Option<DataKey> {
        let wrapped = BASE64.decode(self.wrapped.as_bytes()).ok()?;
        master.unwrap(table, &wrapped)
    }
}
