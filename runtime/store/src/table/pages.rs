//! Tables read page by page.

use super::{
    Table, TableError,
    codec::{KeyCodec, ValueCodec},
    wipe,
};
use crate::{KeyValue, Store};

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

/// Lines as they are stored, for another task to read: where reading them is much work, the next page is fetched
/// meanwhile. What is secret in them is overwritten once they were read, or are dropped.
pub struct UnreadPage<K, V, KC, VC> {
    table: Table<K, V, KC, VC>,
    lines: Vec<KeyValue>,
}

impl<K, V, KC: KeyCodec<K>, VC: ValueCodec<V>> UnreadPage<K, V, KC, VC> {
    pub(super) fn new(table: Table<K, V, KC, VC>, lines: Vec<KeyValue>) -> Self {
        Self { table, lines }
    }

    /// Reads the keys of the page alone.
    pub fn keys(&self) -> Result<Vec<K>, TableError> {
        self.lines.iter().map(|line| self.table.decode_key(&line.key)).collect()
    }

    /// Reads the lines of the page.
    pub fn read(self) -> Result<Vec<(K, V)>, TableError> {
        // Room for all of them at once: a page of large values would be moved whenever it grows.
        let mut read = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            read.push(self.table.decode(line)?);
        }
        Ok(read)
    }
}

impl<K, V, KC, VC> Drop for UnreadPage<K, V, KC, VC> {
    fn drop(&mut self) {
        self.lines.iter_mut().for_each(|line| wipe(self.table.name, &mut line.value));
    }
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
        let page = self.next_unread().await?;
        page.map(UnreadPage::read).transpose()
    }

    /// Returns the next page as it is stored; `None` after the last one.
    pub async fn next_unread(&mut self) -> Result<Option<UnreadPage<K, V, KC, VC>>, TableError> {
        let name = self.table.name.as_str();
        let lines = self.store.scan(name, &self.prefix, self.after.as_deref(), LINES).await?;
        let Some(last) = lines.last() else { return Ok(None) };
        self.after = Some(last.key.clone());
        Ok(Some(UnreadPage::new(Table::new(self.table.name), lines)))
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
