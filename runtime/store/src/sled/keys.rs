//! Keys of the one ordered tree of bytes that tables and logs share.
//!
//! One tree, because one `sled::Batch` is atomic over one tree. A key starts with a byte that says
//! what it is; then comes a name ended by NUL (names contain none, so no name's keys begin with
//! another's, and names keep their order); then the rest. Sequences are big-endian, so byte order
//! is their order.
//!
//! A value starts with one byte of the backend's own (see [`wrap`]).

use sled::IVec;

use crate::error::StoreError;
use crate::port::LogExtent;
use crate::sequence::Sequence;

/// Keys of the backend itself.
const META: u8 = 0;
/// `TABLE name NUL key` → value
const TABLE: u8 = 1;
/// `EXTENT name NUL` → what was truncated, what was given out
const EXTENT: u8 = 2;
/// `ENTRY name NUL last first` → a chunk: the entries of these sequences. The last comes first, so that the
/// chunk that holds a sequence is the first key from it on.
/// `ENTRY name NUL sequence` → the value of one entry, as stores of format 2 and before wrote it.
const ENTRY: u8 = 3;

const SEQUENCE_BYTES: usize = size_of::<u64>();

const NAME_END: u8 = 0;

/// The format of the folder, big-endian.
pub(crate) const FORMAT_KEY: &[u8] = &[META, b'f'];

/// The key of the number of bytes that all keys and values had at the last compaction, big-endian.
pub(crate) const COMPACTED_KEY: &[u8] = &[META, b'c'];

/// The key of the number of bytes that all keys and values have now, big-endian.
pub(crate) const LIVE_KEY: &[u8] = &[META, b'l'];

fn named(kind: u8, name: &str, extra: usize) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 2 + extra);
    key.push(kind);
    key.extend_from_slice(name.as_bytes());
    key.push(NAME_END);
    key
}

pub(crate) fn table(name: &str, key: &[u8]) -> Vec<u8> {
    let mut encoded = named(TABLE, name, key.len());
    encoded.extend_from_slice(key);
    encoded
}

/// Whether a key is one of the backend itself.
pub(crate) fn is_of_backend(key: &[u8]) -> bool {
    key.first() == Some(&META)
}

/// The table and the caller's own key of an encoded table key; `None` where the key is of another kind.
pub(crate) fn row_of_table(key: &[u8]) -> Option<(&str, &[u8])> {
    let named = key.strip_prefix(&[TABLE])?;
    let end = named.iter().position(|byte| *byte == NAME_END)?;
    let name = std::str::from_utf8(named.get(..end)?).ok()?;
    Some((name, named.get(end + 1..)?))
}

/// Returns the number of bytes that come before the caller's own in an encoded table key.
pub(crate) fn table_prefix_length(name: &str) -> usize {
    name.len() + 2
}

pub(crate) fn extent(log: &str) -> Vec<u8> {
    named(EXTENT, log, 0)
}

/// The extents of the logs whose names start with `prefix`.
pub(crate) fn extents(prefix: &str) -> Vec<u8> {
    let mut key = named(EXTENT, prefix, 0);
    key.pop();
    key
}

/// The log that an extent's key names.
pub(crate) fn log_of_extent(key: &[u8]) -> Result<String, StoreError> {
    let name = key.get(1..key.len().saturating_sub(1)).unwrap_or_default();
    String::from_utf8(name.to_vec()).map_err(|_| damaged("the name of a log", key))
}

/// Sequences of the entries that one key of a log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: Sequence,
    pub(crate) last: Sequence,
}

impl Span {
    /// Returns the number of its entries that come after a sequence.
    pub(crate) fn entries_after(self, after: Sequence) -> usize {
        let before = self.first.get().saturating_sub(1).max(after.get());
        usize::try_from(self.last.get().saturating_sub(before)).unwrap_or(usize::MAX)
    }
}

/// The key of a chunk.
pub(crate) fn chunk(log: &str, span: Span) -> Vec<u8> {
    let mut key = entries_from(log, span.last);
    key.extend_from_slice(&span.first.get().to_be_bytes());
    key
}

/// The first key of a log's entries from a sequence on. It is also the key of a single entry in older stores.
pub(crate) fn entries_from(log: &str, sequence: Sequence) -> Vec<u8> {
    let mut key = named(ENTRY, log, 2 * SEQUENCE_BYTES);
    key.extend_from_slice(&sequence.get().to_be_bytes());
    key
}

/// A key behind those whose entries end with `sequence` or before, and before all others.
pub(crate) fn entries_through(log: &str, sequence: Sequence) -> Vec<u8> {
    let mut key = entries_from(log, sequence);
    key.extend_from_slice(&[u8::MAX; SEQUENCE_BYTES]);
    key
}

/// The sequences that a key of a log's entries names; with one alone, it is an entry of an older store.
pub(crate) fn span_of_entries(log: &str, key: &[u8]) -> Result<(Span, IsChunk), StoreError> {
    let sequences = key.get(log.len() + 2..).unwrap_or_default();
    let sequence = |bytes: &[u8; SEQUENCE_BYTES]| Sequence::new(u64::from_be_bytes(*bytes));
    match sequences.as_chunks() {
        ([last, first], []) if first <= last => {
            Ok((Span { first: sequence(first), last: sequence(last) }, IsChunk(true)))
        }
        ([only], []) => Ok((Span { first: sequence(only), last: sequence(only) }, IsChunk(false))),
        _ => Err(damaged("the sequences of entries", key)),
    }
}

/// Whether a key of entries is that of a chunk, and not of a single entry of an older store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IsChunk(pub(crate) bool);

/// The first key after all those that start with `prefix`; `None` when there is no such key.
pub(crate) fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

/// The stored form of a value: a generation, then the value. The generation means nothing to a
/// reader. Compaction flips it to have sled write the value anew: sled ignores a write that changes
/// nothing.
pub(crate) fn wrap(value: &[u8]) -> IVec {
    let mut stored = Vec::with_capacity(value.len() + 1);
    stored.push(0);
    stored.extend_from_slice(value);
    IVec::from(stored)
}

/// The same value in the other generation.
pub(crate) fn flip(stored: &[u8]) -> IVec {
    let mut flipped = stored.to_vec();
    if let Some(generation) = flipped.first_mut() {
        *generation ^= 1;
    }
    IVec::from(flipped)
}

pub(crate) fn unwrap<'stored>(
    key: &[u8],
    stored: &'stored [u8],
) -> Result<&'stored [u8], StoreError> {
    stored.get(1..).ok_or_else(|| damaged("a value", key))
}

pub(crate) fn encode_extent(extent: LogExtent) -> [u8; 16] {
    (u128::from(extent.truncated.get()) << 64 | u128::from(extent.last.get())).to_be_bytes()
}

/// `value` as [`unwrap`] gives it; no value is a log that nobody appended to.
pub(crate) fn decode_extent(key: &[u8], value: Option<&[u8]>) -> Result<LogExtent, StoreError> {
    let Some(value) = value else { return Ok(LogExtent::default()) };
    let (Some(truncated), Some(last), 16) = (value.first_chunk(), value.last_chunk(), value.len())
    else {
        return Err(damaged("the extent of a log", key));
    };
    Ok(LogExtent {
        truncated: Sequence::new(u64::from_be_bytes(*truncated)),
        last: Sequence::new(u64::from_be_bytes(*last)),
    })
}

pub(crate) fn damaged(what: &str, key: &[u8]) -> StoreError {
    StoreError::Corrupt { detail: format!("{what}, at key \"{}\"", key.escape_ascii()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_table_sees_the_keys_of_another(a in "[a-c/]{1,4}", b in "[a-c/]{1,4}", key: Vec<u8>) {
            let inside = table(&a, &key).starts_with(&table(&b, b""));
            prop_assert_eq!(inside, a == b);
        }

        #[test]
        fn a_row_is_found_again_in_its_encoded_key(name in "[a-c/]{1,4}", key: Vec<u8>) {
            let encoded = table(&name, &key);
            prop_assert_eq!(row_of_table(&encoded), Some((name.as_str(), &key[..])));
            prop_assert!(!is_of_backend(&encoded));
            let other = extent(&name);
            prop_assert_eq!(row_of_table(&other), None);
        }

        #[test]
        fn keys_keep_the_order_of_names_and_sequences(
            a in ("[a-c/é]{1,4}", any::<u64>()),
            b in ("[a-c/é]{1,4}", any::<u64>()),
        ) {
            let key = |(log, number): &(String, u64)| entries_from(log, Sequence::new(*number));
            prop_assert_eq!(a.cmp(&b), key(&a).cmp(&key(&b)));
        }

        #[test]
        fn a_chunk_is_found_by_any_of_its_sequences(
            log in "[a-c/é]{1,4}",
            numbers in prop::array::uniform3(1..u64::MAX),
        ) {
            let mut sequences = numbers.map(Sequence::new);
            sequences.sort_unstable();
            let [first, middle, last] = sequences;
            let key = chunk(&log, Span { first, last });
            let found = span_of_entries(&log, &key).unwrap();
            prop_assert_eq!(found, (Span { first, last }, IsChunk(true)));
            prop_assert!(key >= entries_from(&log, middle));
            prop_assert!(key < entries_from(&log, Sequence::new(last.get() + 1)));
            prop_assert_eq!(key <= entries_through(&log, middle), middle == last);
            prop_assert_eq!(
                found.0.entries_after(middle) as u64,
                last.get() - middle.get()
            );
            // An entry of an older store lies before the chunks that follow it.
            let old = entries_from(&log, Sequence::new(first.get() - 1));
            prop_assert!(old < key);
            let (span, is_chunk) = span_of_entries(&log, &old).unwrap();
            prop_assert_eq!((span.first, is_chunk), (span.last, IsChunk(false)));
        }

        #[test]
        fn a_prefix_ends_right_after_its_last_key(prefix: Vec<u8>, key: Vec<u8>) {
            let inside = key >= prefix && end_of_prefix(&prefix).is_none_or(|end| key < end);
            prop_assert_eq!(inside, key.starts_with(&prefix));
        }

        #[test]
        fn extents_survive_encoding(truncated: u64, last: u64) {
            let (truncated, last) = (Sequence::new(truncated), Sequence::new(last));
            let extent = LogExtent { truncated, last };
            let decoded = decode_extent(b"", Some(&encode_extent(extent))).unwrap();
            prop_assert_eq!(decoded, extent);
        }
    }
}
