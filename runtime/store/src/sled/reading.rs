//! Reading a log: of chunks, and of single entries where an older version wrote them.

use std::ops::Bound;

use super::chunk::Unpacker;
use super::keys::{self, IsChunk};
use super::view::{Pair, View};
use crate::error::StoreError;
use crate::port::Entry;
use crate::sequence::Sequence;

/// The entries of a log after a cursor, in order, at most `limit`.
pub(crate) fn read(
    view: &View,
    log: &str,
    after: Sequence,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let (after, pairs) = stored(view, log, after, limit)?;
    let mut unpacker = None;
    let mut entries = Vec::new();
    for (key, stored) in pairs {
        let value = keys::unwrap(&key, &stored)?;
        let (span, is_chunk) = keys::span_of_entries(log, &key)?;
        let mut sequences = span.first.get()..=span.last.get();
        let mut take = |value: &[u8]| {
            let sequence = sequences.next().map(Sequence::new);
            if let Some(sequence) = sequence.filter(|sequence| *sequence > after)
                && entries.len() < limit
            {
                entries.push(Entry { sequence, value: value.to_vec() });
            }
        };
        if is_chunk == IsChunk(false) {
            take(value);
            continue;
        }
        let unpacker = match &mut unpacker {
            Some(unpacker) => unpacker,
            none => none.insert(Unpacker::new()?),
        };
        unpacker.unpack(&key, value, span.entries_after(Sequence::BEGINNING), take)?;
    }
    Ok(entries)
}

/// The pairs that hold the entries, in one state of the store, and the cursor where nothing is truncated. They are
/// unpacked later, since the committer waits for whoever looks at a state.
fn stored(
    view: &View,
    log: &str,
    after: Sequence,
    limit: usize,
) -> Result<(Sequence, Vec<Pair>), StoreError> {
    let state = view.read();
    let extent_key = keys::extent(log);
    let extent = keys::decode_extent(&extent_key, state.get(&extent_key)?.as_deref())?;
    let after = after.max(extent.truncated);
    let first = Sequence::new(after.get().saturating_add(1));
    let start = Bound::Included(keys::entries_from(log, first));
    let end = Bound::Included(keys::entries_through(log, extent.last));
    let entries = |key: &[u8]| Ok(keys::span_of_entries(log, key)?.0.entries_after(after));
    Ok((after, state.range(start, end, limit, entries)?))
}
