//! The tables of keys: those of publishers, and the one of the registry.

use champollion_store::Store;

use super::tables::{DamagedIndex, LedgerError, whole_table};
use crate::keys::{PublicKey, Publishers, SecretKey, UnreadableKey};

/// The table of publishers' keys.
pub(crate) const KEYS: &str = "registry.keys";

/// The table of the registry's own secret key.
pub(crate) const OWN: &str = "registry.own-key";

/// The one line of that table.
pub(crate) const CURRENT: &str = "current";

/// Reads the secret key of the registry.
pub(crate) async fn read_own(store: &dyn Store) -> Result<Option<SecretKey>, LedgerError> {
    let Some(value) = store.get(OWN, CURRENT.as_bytes()).await? else { return Ok(None) };
    let key = String::from_utf8_lossy(&value).parse();
    let key = key.map_err(|error: UnreadableKey| DamagedIndex {
        key: OWN.to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Some(key))
}

/// Reads the keys of publishers.
pub(crate) async fn read_publishers(store: &dyn Store) -> Result<Publishers, LedgerError> {
    let mut publishers = Publishers::default();
    for (key, value) in whole_table(store, KEYS).await? {
        let key = String::from_utf8_lossy(&key).into_owned();
        let reason = |reason: String| DamagedIndex { key: key.clone(), reason };
        let public: PublicKey = key.parse().map_err(|error| reason(format!("{error}")))?;
        let known = serde_json::from_slice(&value).map_err(|error| reason(error.to_string()))?;
        publishers.put(public, known);
    }
    Ok(publishers)
}
