//! Tables read page by page.

use super::{
    Table, TableError,
    codec::{KeyCodec, ValueCodec},
};
use crate::Store;

/// Lines that are read at once. Other readers and writers get their turn between two pages, and no more lines
/// than these are in memory as bytes.
pub(super) const LINES: usize = 1_000;

/// The lines of a table, page by page in the order of their written keys. Lines that are added or
/// removed meanwhile are seen where the reading has not come by yet.
pub struct Pages<'store, K, V, KC, VC> {
    table: Table<K, V, KC, VC>,
    store: &'store dyn Store,
    prefix: Vec<u8>,
    after: Option<Vec<u8>>,
}

impl<'store, K, V, KC: KeyCodec<K>, VC: ValueCodec<V>> Pages<'store, K, V, KC, VC> {
    pub(super) fn new(
        table: Table<K, V, KC, VC>,
        store: &'store dyn Store,
        prefix: Vec<u8>,
    ) -> Self {
        Self { table, store, prefix, after: None }
    }

    /// Returns the next page; `None` after the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<(K, V)>>, TableError> {
        let name = self.table.name.as_str();
        let lines = self.store.scan(name, &self.prefix, self.after.as_deref(), LINES).await?;
        let Some(last) = lines.last() else { return Ok(None) };
        self.after = Some(last.key.clone());
        self.table.decode_all(lines).map(Some)
    }

    /// Returns the lines of all pages that are left.
    pub async fn all(mut self) -> Result<Vec<(K, V)>, TableError> {
        let mut all = Vec::new();
        while let Some(page) = self.next().await? {
            all.extend(page);
        }
        Ok(all)
    }
}
