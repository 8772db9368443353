//! Reading tables and logs: each read is one statement, so it sees a batch whole or not at all.

use tokio_postgres::Row;

use super::chunk::{self, MAX_CHUNK_ENTRIES};
use crate::error::StoreError;
use crate::port::{Entry, LogExtent};
use crate::sequence::Sequence;

/// The value of a key. A row that is only there to be locked has none.
pub(super) const GET: &str =
    "SELECT value FROM kv WHERE tab = $1 AND key = $2 AND value IS NOT NULL";

/// The keys of a table from a key on.
pub(super) const SCAN: &str = "SELECT key, value FROM kv WHERE tab = $1 AND key >= $2 AND value IS NOT NULL ORDER BY key LIMIT $3";

/// The keys of a table between two keys. Two statements, so that each reads only what lies between its bounds.
pub(super) const SCAN_BEFORE: &str = "SELECT key, value FROM kv
    WHERE tab = $1 AND key >= $2 AND key < $4 AND value IS NOT NULL ORDER BY key LIMIT $3";

/// The chunks that hold entries after a sequence, with the mark below which they are truncated. Sequences have no
/// gap, so the end of a page is known before it is read, and the chunk that it falls into ends at most a chunk later.
pub(super) const READ: &str =
    "SELECT l.truncated, e.first, e.chunk FROM logs l JOIN entries e ON e.log = l.id
    AND e.last > greatest($2, l.truncated) AND e.last <= greatest($2, l.truncated) + $3 + $4
    AND e.first <= greatest($2, l.truncated) + $3
    WHERE l.name = $1 ORDER BY e.last";

/// Where a log starts and ends.
pub(super) const EXTENT: &str = "SELECT truncated, last FROM logs WHERE name = $1";

/// The logs that have, or had, an entry.
pub(super) const LOGS: &str = "SELECT name FROM logs WHERE name >= $1 AND name > $2 AND last > 0
    AND left(name, char_length($1)) = $1 ORDER BY name LIMIT $3";

/// The most entries that a chunk may go on beyond the end of a page.
pub(super) const BEYOND: i64 = MAX_CHUNK_ENTRIES as i64;

/// A bound that sums of three cannot overflow.
const MOST: i64 = i64::MAX / 4;

/// A limit as the database takes it.
pub(super) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(MOST).min(MOST)
}

/// A sequence as the database takes it.
pub(super) fn cursor(sequence: Sequence) -> i64 {
    i64::try_from(sequence.get()).unwrap_or(MOST).min(MOST)
}

/// The first key of a page: the one after the cursor, or the prefix.
pub(super) fn start(prefix: &[u8], after: Option<&[u8]>) -> Vec<u8> {
    match after {
        // The next key in the order of bytes.
        Some(after) if after >= prefix => [after, &[0]].concat(),
        _ => prefix.to_vec(),
    }
}

/// The first key after all with a prefix; `None` where there is none.
pub(super) fn end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

/// The extent in a row.
pub(super) fn extent(row: &Row) -> LogExtent {
    let sequence = |index| Sequence::new(row.get::<_, i64>(index).unsigned_abs());
    LogExtent { truncated: sequence(0), last: sequence(1) }
}

/// The entries in chunks that come after a cursor, at most `limit`.
pub(super) fn entries(
    rows: &[Row],
    after: Sequence,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::new();
    for row in rows {
        let (truncated, first): (i64, i64) = (row.get(0), row.get(1));
        let after = after.get().max(truncated.unsigned_abs());
        for (value, sequence) in chunk::unpack(row.get(2))?.into_iter().zip(first.unsigned_abs()..)
        {
            if sequence > after && entries.len() < limit {
                entries.push(Entry { sequence: Sequence::new(sequence), value: value.to_vec() });
            }
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_starts_after_its_cursor_and_ends_with_its_prefix() {
        assert_eq!(start(b"ab", None), b"ab");
        assert_eq!(start(b"ab", Some(b"aa")), b"ab");
        assert_eq!(start(b"ab", Some(b"ab")), b"ab\0");
        assert_eq!(end(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(end(&[1, u8::MAX]), Some(vec![2]));
        assert_eq!(end(&[u8::MAX]), None);
        assert_eq!(end(b""), None);
    }
}
