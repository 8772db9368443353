//! Rows and logs of all databases, in one order.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use super::places::Places;
use super::rules::{Owner, Rules};
use crate::error::StoreError;
use crate::port::{KeyValue, Store};

/// The rows of a table in all databases that start with `prefix` and come after `after`, in byte order, at most `limit`.
pub(super) async fn scan(
    (places, rules): (&Places, &Rules),
    (table, prefix): (&str, &[u8]),
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<KeyValue>, StoreError> {
    let mut found: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let mut cursor = after.map(<[u8]>::to_vec);
    loop {
        let databases = places.databases().iter();
        let pages = databases.map(|one| one.store.scan(table, prefix, cursor.as_deref(), limit));
        let pages = try_join_all(pages).await?;
        // Beyond the end of a page that is full there may be more.
        let ends = pages.iter().filter(|page| page.len() == limit).filter_map(|page| page.last());
        let bound = ends.map(|last| last.key.clone()).min();
        for (at, page) in pages.into_iter().enumerate() {
            let rows = page.into_iter().filter(|row| {
                bound.as_ref().is_none_or(|bound| row.key <= *bound)
                    && lies_in(places, (rules.of_row)(table, &row.key), at)
            });
            found.extend(rows.map(|row| (row.key, row.value)));
        }
        if found.len() >= limit || bound.is_none() {
            let rows = found.into_iter().take(limit);
            return Ok(rows.map(|(key, value)| KeyValue { key, value }).collect());
        }
        cursor = bound;
    }
}

/// Whether a row lies where its owner does. A frame that came too late for a device that was removed may leave a row
/// behind that is nobody's, and so may a group that was moved, where that was cut.
fn lies_in(places: &Places, owner: Owner<'_>, at: usize) -> bool {
    let place = match owner {
        Owner::Device(device) => places.known_device(device),
        Owner::Group(group) => places.known_group(group),
        Owner::Territory | Owner::Holder => None,
    };
    place.is_none_or(|place| place == at)
}

/// The names of logs in all databases that start with `prefix` and come after `after`, in byte order, at most `limit`.
pub(super) async fn logs(
    places: &Places,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let databases = places.databases().iter();
    let pages = try_join_all(databases.map(|one| one.store.logs(prefix, after, limit))).await?;
    let names: BTreeSet<String> = pages.into_iter().flatten().collect();
    Ok(names.into_iter().take(limit).collect())
}
