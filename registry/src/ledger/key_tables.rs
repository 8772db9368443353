//! The tables of keys: those of publishers, and the one of the registry.

use champollion_store::{
    Store, Table, TableError,
    codec::{Text, ValueCodec},
    tables,
};

use super::error::{DamagedIndex, LedgerError};
use crate::keys::{PublicKey, PublisherKey, Publishers, SecretKey, UnreadableKey};

/// The table of publishers' keys.
pub(crate) const KEYS: Table<PublicKey, PublisherKey> = Table::new(tables::REGISTRY_KEYS);

/// The table of the registry's own secret key.
pub(crate) const OWN: Table<String, SecretKey, Text, Revealed> =
    Table::new(tables::REGISTRY_OWN_KEY);

/// The one line of that table.
pub(crate) const CURRENT: &str = "current";

/// The codec of secret keys: the text that reveals the key.
pub(crate) enum Revealed {}

impl ValueCodec<SecretKey> for Revealed {
    fn encode(key: &SecretKey) -> Result<Vec<u8>, String> {
        Ok(key.reveal().into_bytes())
    }

    fn decode(bytes: &[u8]) -> Result<SecretKey, String> {
        let key: Result<SecretKey, UnreadableKey> = String::from_utf8_lossy(bytes).parse();
        key.map_err(|error| error.to_string())
    }
}

/// Reads the secret key of the registry.
pub(crate) async fn read_own(store: &dyn Store) -> Result<Option<SecretKey>, LedgerError> {
    OWN.get(store, &CURRENT.to_owned()).await.map_err(|error| match error {
        // Its one line is called by the name of the table.
        TableError::Damaged { table, reason, .. } => {
            LedgerError::Damaged(DamagedIndex { key: table.to_string(), reason })
        }
        TableError::Store(error) => LedgerError::Store(error),
    })
}

/// Reads the keys of publishers.
pub(crate) async fn read_publishers(store: &dyn Store) -> Result<Publishers, LedgerError> {
    let mut publishers = Publishers::default();
    for (key, known) in KEYS.pages(store).all().await? {
        publishers.put(key, known);
    }
    Ok(publishers)
}
