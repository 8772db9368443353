//! Rows of a day of a group: written whole, so that a crash leaves the old ones or the new ones.

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use champollion_store::{Batch, Store, TableError};
use jiff::civil::Date;

use crate::quality::{
    packed::{Part, unpack},
    tables::{DAYS, PartKey},
    tally::Tally,
};

/// The number of the first part of every second writing of a day: the parts of two writings have different keys.
const SECOND: usize = 5_000;

/// Parts that become durable at once, within what a batch may have.
const AT_ONCE: usize = 60;

/// Returns the tallies of a day of a group, and the number of the last journal entry in them.
///
/// # Errors
/// [`TableError`] where the store does not answer, or a row is damaged.
pub(in crate::quality) async fn day_of_group(
    store: &dyn Store,
    group: &GroupId,
    day: Date,
) -> Result<(u64, Vec<(DevEui, Tally)>), TableError> {
    let mut parts: Vec<Part> = Vec::new();
    for (key, value) in keys(store, group, day).await? {
        parts.push(unpack(&value).map_err(|reason| DAYS.damaged(&key, reason))?);
    }
    // The batch that ends a writing removes the one before: where both are there, the older is whole.
    let through = parts.iter().map(|part| part.through).min().unwrap_or_default();
    let whole = parts.into_iter().filter(|part| part.through == through);
    Ok((through, whole.flat_map(|part| part.tallies).collect()))
}

async fn keys(
    store: &dyn Store,
    group: &GroupId,
    day: Date,
) -> Result<Vec<(PartKey, Vec<u8>)>, TableError> {
    let (mut all, mut pages) = (Vec::new(), DAYS.pages_under(store, PartKey::prefix(group, day)));
    while let Some(page) = pages.next().await? {
        all.extend(page);
    }
    Ok(all)
}

/// Writes a day of a group anew.
///
/// # Errors
/// [`TableError`] where the store does not keep it: the day is as it was before.
pub(super) async fn write_day(
    store: &dyn Store,
    group: &GroupId,
    day: Date,
    parts: Vec<Vec<u8>>,
) -> Result<(), TableError> {
    let old: Vec<PartKey> =
        keys(store, group, day).await?.into_iter().map(|(key, _)| key).collect();
    let (of_first, of_second): (Vec<_>, Vec<_>) = old.iter().partition(|key| key.number < SECOND);
    // Of a writing that was broken off some parts are there beside those of the whole one, which stay until the end.
    let (base, whole, stale) = match is_whole_first(store, &of_first, &of_second).await? {
        true => (SECOND, of_first, of_second),
        false => (0, of_second, of_first),
    };
    let mut batch = Batch::new();
    stale.iter().for_each(|key| DAYS.delete(&mut batch, key));
    let count = parts.len();
    for (number, part) in parts.into_iter().enumerate() {
        let key = PartKey { group: group.clone(), day, number: base + number };
        DAYS.put_bytes(&mut batch, &key, part);
        if (number + 1) % AT_ONCE == 0 && number + 1 < count {
            store.commit(std::mem::take(&mut batch)).await?;
        }
    }
    whole.iter().for_each(|key| DAYS.delete(&mut batch, key));
    store.commit(batch).await?;
    Ok(())
}

/// Whether the parts of the first numbers are those of the whole writing.
async fn is_whole_first(
    store: &dyn Store,
    first: &[&PartKey],
    second: &[&PartKey],
) -> Result<bool, TableError> {
    let (Some(of_first), Some(of_second)) = (first.first(), second.first()) else {
        return Ok(!first.is_empty());
    };
    Ok(through(store, of_first).await? < through(store, of_second).await?)
}

async fn through(store: &dyn Store, key: &PartKey) -> Result<u64, TableError> {
    let part = DAYS.get(store, key).await?.unwrap_or_default();
    Ok(unpack(&part).map_err(|reason| DAYS.damaged(key, reason))?.through)
}
