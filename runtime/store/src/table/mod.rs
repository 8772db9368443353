//! Tables with types: which key has which value, and how both are written.
//!
//! A [`Table`] is a constant, made of a name in [`tables`](crate::tables) and independent of the store
//! that it is read from:
//!
//! ```
//! use champollion_store::{Table, tables};
//!
//! const TOKENS: Table<String, u32> = Table::new(tables::TOKENS);
//! ```
//!
//! A line that cannot be read is the one error [`TableError::Damaged`], which names table and key.

pub mod codec;
mod error;
mod pages;
mod seen;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use zeroize::Zeroize;

use crate::{Batch, KeyValue, Store, TableName};
use codec::{Bytes, Json, KeyCodec, Text, ValueCodec};

pub use error::TableError;
pub use pages::{Pages, UnreadPage};
pub use seen::Seen;

/// A table of keys `K` and values `V`, written by the codecs `KC` and `VC`.
pub struct Table<K, V, KC = Text, VC = Json> {
    name: TableName,
    types: PhantomData<fn() -> (K, V)>,
    codecs: PhantomData<fn() -> (KC, VC)>,
}

impl<K, V, KC, VC> Table<K, V, KC, VC> {
    /// The table of this name.
    #[must_use]
    pub const fn new(name: TableName) -> Self {
        Self { name, types: PhantomData, codecs: PhantomData }
    }

    /// The name of the table.
    #[must_use]
    pub const fn name(&self) -> TableName {
        self.name
    }

    /// The same table with its values as they are stored, read or not.
    #[must_use]
    pub const fn raw(&self) -> Table<K, Vec<u8>, KC, Bytes> {
        Table::new(self.name)
    }
}

impl<K, V, KC: KeyCodec<K>, VC: ValueCodec<V>> Table<K, V, KC, VC> {
    /// Returns the value of a key.
    pub async fn get(&self, store: &dyn Store, key: &K) -> Result<Option<V>, TableError> {
        let key = KC::encode(key);
        let Some(mut value) = store.get(self.name.as_str(), &key).await? else { return Ok(None) };
        let decoded = self.decode_value(&key, &value);
        wipe(self.name, &mut value);
        decoded.map(Some)
    }

    /// Returns the key that is written so, as where a batch is looked at.
    pub fn key_of(&self, written: &[u8]) -> Result<K, TableError> {
        KC::decode(written).map_err(TableError::damaged(self.name, written))
    }

    /// Returns the value of a key, and the line as it was seen, so that a later change can require that
    /// it is still so.
    pub async fn get_seen(
        &self,
        store: &dyn Store,
        key: &K,
    ) -> Result<(Option<V>, Seen), TableError> {
        let key = KC::encode(key);
        let stored = store.get(self.name.as_str(), &key).await?;
        let value = stored.as_deref().map(|value| self.decode_value(&key, value)).transpose()?;
        Ok((value, Seen::new(self.name, key, stored)))
    }

    /// Returns the lines whose keys start with `prefix` and come after `after`, in the order of the
    /// written keys, at most `limit`.
    pub async fn page(
        &self,
        store: &dyn Store,
        prefix: &[u8],
        after: Option<&K>,
        limit: usize,
    ) -> Result<Vec<(K, V)>, TableError> {
        let after = after.map(KC::encode);
        let lines = store.scan(self.name.as_str(), prefix, after.as_deref(), limit).await?;
        self.decode_all(lines)
    }

    /// All lines, page by page.
    pub fn pages<'store>(&self, store: &'store dyn Store) -> Pages<'store, K, V, KC, VC> {
        self.pages_under(store, Vec::new())
    }

    /// The lines whose keys start with `prefix`, page by page.
    pub fn pages_under<'store>(
        &self,
        store: &'store dyn Store,
        prefix: impl Into<Vec<u8>>,
    ) -> Pages<'store, K, V, KC, VC> {
        Pages::new(Self::new(self.name), store, prefix.into())
    }

    /// Returns the line as it is once this value was put: for a change that is based on what the caller
    /// itself has stored, and need not read again.
    pub fn written(&self, key: &K, value: &V) -> Result<Seen, TableError> {
        let value = self.encode(key, value)?;
        Ok(Seen::new(self.name, KC::encode(key), Some(value)))
    }

    /// Returns the line as it is where the key has no value: for a change that is based on what the caller knows, and need
    /// not read again.
    #[must_use]
    pub fn absent(&self, key: &K) -> Seen {
        Seen::new(self.name, KC::encode(key), None)
    }

    /// Sets the value of a key in a batch.
    pub fn put(&self, batch: &mut Batch, key: &K, value: &V) -> Result<(), TableError> {
        let value = self.encode(key, value)?;
        batch.put(self.name.as_str(), KC::encode(key), value);
        Ok(())
    }

    /// Sets the value of a key in a batch that is refused where the key has a value: a name is taken
    /// once.
    pub fn insert(&self, batch: &mut Batch, key: &K, value: &V) -> Result<(), TableError> {
        self.put(batch, key, value)?;
        batch.expect_absent(self.name.as_str(), KC::encode(key));
        Ok(())
    }

    /// Sets the value of a line in a batch that is refused where the line is not any more as it was
    /// seen. Returns the line as it is once the batch is committed.
    pub fn replace(&self, batch: &mut Batch, seen: &Seen, value: &V) -> Result<Seen, TableError> {
        let key = seen.key().to_vec();
        let value = VC::encode(value).map_err(TableError::damaged(self.name, &key))?;
        seen.expect_unchanged(batch);
        batch.put(self.name.as_str(), key.clone(), value.clone());
        Ok(Seen::new(self.name, key, Some(value)))
    }

    /// Removes a line in a batch that is refused where the line is not any more as it was seen. Returns the line as it is
    /// once the batch is committed.
    pub fn remove(&self, batch: &mut Batch, seen: &Seen) -> Seen {
        let key = seen.key().to_vec();
        seen.expect_unchanged(batch);
        batch.delete(self.name.as_str(), key.clone());
        Seen::new(self.name, key, None)
    }

    /// Removes a key in a batch; removing an absent key changes nothing.
    pub fn delete(&self, batch: &mut Batch, key: &K) {
        batch.delete(self.name.as_str(), KC::encode(key));
    }

    /// Writes a value as the table keeps it.
    pub fn encode(&self, key: &K, value: &V) -> Result<Vec<u8>, TableError> {
        VC::encode(value).map_err(|reason| self.damaged(key, reason))
    }

    /// The error of a line whose value can be read and makes no sense.
    #[must_use]
    pub fn damaged(&self, key: &K, reason: impl Into<String>) -> TableError {
        TableError::damaged(self.name, &KC::encode(key))(reason.into())
    }

    fn decode(&self, line: &KeyValue) -> Result<(K, V), TableError> {
        Ok((self.decode_key(&line.key)?, self.decode_value(&line.key, &line.value)?))
    }

    fn decode_key(&self, key: &[u8]) -> Result<K, TableError> {
        KC::decode(key).map_err(TableError::damaged(self.name, key))
    }

    fn decode_all(&self, lines: Vec<KeyValue>) -> Result<Vec<(K, V)>, TableError> {
        UnreadPage::new(Self::new(self.name), lines).read()
    }

    fn decode_value(&self, key: &[u8], value: &[u8]) -> Result<V, TableError> {
        VC::decode(value).map_err(TableError::damaged(self.name, key))
    }
}

/// Overwrites a value in memory where its table is secret, so that what is freed holds no key.
fn wipe(table: TableName, value: &mut Vec<u8>) {
    if table.is_secret() {
        value.zeroize();
    }
}

impl<K, KC: KeyCodec<K>> Table<K, Vec<u8>, KC, Bytes> {
    /// Sets the bytes of a key in a batch.
    pub fn put_bytes(&self, batch: &mut Batch, key: &K, bytes: impl Into<Vec<u8>>) {
        batch.put(self.name.as_str(), KC::encode(key), bytes);
    }
}
