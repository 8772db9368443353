//! Chunks: the entries of one log that one transaction adds, in one row. Entries that share a row share what a row
//! costs, and PostgreSQL compresses it.
//!
//! An entry is its length in four bytes, big-endian, and its bytes.

use crate::error::StoreError;

/// Most entries of a chunk: what reading one of them unpacks.
pub(super) const MAX_CHUNK_ENTRIES: usize = 1_024;

/// Bytes after which a chunk is full.
const FULL_BYTES: usize = 256 * 1024;

/// A chunk, and the sequences of its ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) bytes: Vec<u8>,
}

/// Packs entries of which the first has this sequence.
pub(super) fn pack(first: i64, entries: &[&[u8]]) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for (entry, sequence) in entries.iter().zip(first..) {
        match chunks.last_mut() {
            Some(chunk) if chunk.has_room() => chunk.push(entry),
            _ => {
                let mut chunk = Chunk { first: sequence, last: sequence - 1, bytes: Vec::new() };
                chunk.push(entry);
                chunks.push(chunk);
            }
        }
    }
    chunks
}

/// Returns the entries of a chunk.
pub(super) fn unpack(bytes: &[u8]) -> Result<Vec<&[u8]>, StoreError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (entry, others) = after.split_at_checked(length).ok_or_else(damaged)?;
        entries.push(entry);
        rest = others;
    }
    if rest.is_empty() { Ok(entries) } else { Err(damaged()) }
}

fn damaged() -> StoreError {
    StoreError::Corrupt { detail: "a chunk of entries is cut short".to_owned() }
}

impl Chunk {
    fn has_room(&self) -> bool {
        let entries = usize::try_from(self.last - self.first + 1).unwrap_or(usize::MAX);
        entries < MAX_CHUNK_ENTRIES && self.bytes.len() < FULL_BYTES
    }

    fn push(&mut self, entry: &[u8]) {
        // An entry has at most 64 KiB.
        self.bytes.extend((entry.len() as u32).to_be_bytes());
        self.bytes.extend(entry);
        self.last += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_as_they_went_in_and_chunks_are_bounded() {
        let entries: Vec<Vec<u8>> =
            (0..2_500_u16).map(|number| number.to_be_bytes().repeat(number as usize % 3)).collect();
        let borrowed: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let chunks = pack(5, &borrowed);
        let ends: Vec<_> = chunks.iter().map(|chunk| (chunk.first, chunk.last)).collect();
        assert_eq!(ends, [(5, 1_028), (1_029, 2_052), (2_053, 2_504)]);
        let found: Vec<&[u8]> =
            chunks.iter().flat_map(|chunk| unpack(&chunk.bytes).unwrap()).collect();
        assert_eq!(found, borrowed);
        let large = vec![7; 200 * 1024];
        assert_eq!(pack(1, &[&large, &large, &large]).len(), 2);
        assert!(pack(1, &[]).is_empty());
    }

    #[test]
    fn a_chunk_that_is_cut_short_is_damaged() {
        let chunk = &pack(1, &[b"abc", b"de"])[0];
        assert_eq!(unpack(&chunk.bytes).unwrap().len(), 2);
        for end in [1, 3, 5, chunk.bytes.len() - 1] {
            assert!(unpack(&chunk.bytes[..end]).is_err(), "{end}");
        }
    }
}
