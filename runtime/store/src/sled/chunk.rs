//! Chunks: entries of one log that become durable together, packed into one value.
//!
//! A key and a place in sled's pages cost more than a record of 200 bytes does, and records are much alike. So the
//! entries that a group appends to a log lie side by side in few values, compressed. The dictionary holds what
//! records have in common, for a record that comes alone; any other bytes can be packed with it as well.
//!
//! A chunk begins with a byte that says how it is packed. Then come the lengths of its entries but for the last one,
//! four bytes each, big-endian, and the entries.

use std::io;
use std::sync::LazyLock;

use sled::IVec;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use super::keys;
use crate::error::StoreError;
use crate::limits::MAX_VALUE_BYTES;

/// Most bytes of a chunk before it is packed. An entry is never divided, so the largest one must fit; a page of sled
/// holds a score of chunks and must stay in its log (see `sync.rs`).
const MAX_CHUNK_BYTES: usize = 64 * 1024;

const _: () = assert!(MAX_VALUE_BYTES <= MAX_CHUNK_BYTES);

/// The bytes of an entry's length.
const LENGTH_BYTES: usize = size_of::<u32>();

/// A chunk that packing would not make smaller.
const PLAIN: u8 = 0;

/// A frame of zstd with the dictionary below. Another dictionary gets another number, and this one stays.
const ZSTD: u8 = 1;

/// The level of compression: the next ones take twice the time for a tenth.
const LEVEL: i32 = 1;

/// The text that records have in common, learnt from the vectors of the first-party decoders (`benches/store/packing.rs`).
const DICTIONARY: &[u8] = include_bytes!("records.dictionary");

static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));

static DECODER: LazyLock<DecoderDictionary<'static>> =
    LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

/// Divides entries into those of each chunk, in order.
pub(crate) fn divide(entries: &[Vec<u8>]) -> impl Iterator<Item = &[Vec<u8>]> {
    let mut bytes = 0;
    entries.chunk_by(move |entry, next| {
        bytes += entry.len() + LENGTH_BYTES;
        let fits = bytes + next.len() <= MAX_CHUNK_BYTES;
        if !fits {
            bytes = 0;
        }
        fits
    })
}

/// Packs chunks, one after another.
pub(crate) struct Packer {
    compressor: Compressor<'static>,
    /// Memory that is used again: the entries, and the value as it is stored.
    plain: Vec<u8>,
    stored: Vec<u8>,
}

impl Packer {
    pub(crate) fn new() -> Result<Self, StoreError> {
        let compressor = Compressor::with_prepared_dictionary(&ENCODER)
            .and_then(without_what_is_known)
            .map_err(|error| StoreError::Failed { reason: error.to_string() })?;
        Ok(Self { compressor, plain: Vec::new(), stored: Vec::new() })
    }

    /// Packs entries into the stored form of a value.
    pub(crate) fn pack(&mut self, entries: &[Vec<u8>]) -> IVec {
        self.plain.clear();
        let lengths = entries.iter().take(entries.len().saturating_sub(1));
        // Entries have at most 64 KiB.
        self.plain.extend(lengths.flat_map(|entry| (entry.len() as u32).to_be_bytes()));
        entries.iter().for_each(|entry| self.plain.extend_from_slice(entry));
        match self.compress() {
            Ok(packed) => packed,
            Err(_) => keys::wrap(&[&[PLAIN], self.plain.as_slice()].concat()),
        }
    }

    /// The error says that the entries are not smaller when they are packed.
    fn compress(&mut self) -> io::Result<IVec> {
        self.stored.resize(2 + self.plain.len(), 0);
        let Some(([generation, packing], frame)) = self.stored.split_first_chunk_mut() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        (*generation, *packing) = (0, ZSTD);
        let length = self.compressor.compress_to_buffer(&self.plain, frame)?;
        Ok(IVec::from(&self.stored[..2 + length]))
    }
}

/// Leaves out of each frame what is known without it: its dictionary, and that it is whole, of which sled keeps a sum.
fn without_what_is_known(mut compressor: Compressor<'static>) -> io::Result<Compressor<'static>> {
    compressor.include_dictid(false)?;
    compressor.include_checksum(false)?;
    Ok(compressor)
}

/// Unpacks chunks, one after another.
pub(crate) struct Unpacker {
    decompressor: Decompressor<'static>,
    /// Memory that is used again: the entries of a chunk.
    plain: Vec<u8>,
}

impl Unpacker {
    pub(crate) fn new() -> Result<Self, StoreError> {
        let decompressor = Decompressor::with_prepared_dictionary(&DECODER);
        let failed = |error: io::Error| StoreError::Failed { reason: error.to_string() };
        Ok(Self { decompressor: decompressor.map_err(failed)?, plain: Vec::new() })
    }

    /// Hands the `count` entries of a chunk to `each`, in order. `key` is for the error.
    pub(crate) fn unpack(
        &mut self,
        key: &[u8],
        chunk: &[u8],
        count: usize,
        each: impl FnMut(&[u8]),
    ) -> Result<(), StoreError> {
        let damaged = || keys::damaged("a chunk", key);
        let plain = match chunk.split_first() {
            Some((&PLAIN, plain)) => plain,
            Some((&ZSTD, frame)) => {
                self.plain.clear();
                self.plain.reserve_exact(MAX_CHUNK_BYTES);
                let unpacked = self.decompressor.decompress_to_buffer(frame, &mut self.plain);
                unpacked.map_err(|_| damaged())?;
                &self.plain
            }
            _ => return Err(damaged()),
        };
        entries(plain, count).ok_or_else(damaged)?.into_iter().for_each(each);
        Ok(())
    }
}

/// The entries of an unpacked chunk; `None` where it is damaged.
fn entries(plain: &[u8], count: usize) -> Option<Vec<&[u8]>> {
    let lengths_end = count.checked_sub(1)?.checked_mul(LENGTH_BYTES)?;
    let (lengths, mut rest) = plain.split_at_checked(lengths_end)?;
    let (lengths, _) = lengths.as_chunks();
    let mut entries = Vec::with_capacity(count);
    for length in lengths {
        let length = u32::from_be_bytes(*length) as usize;
        let (entry, after) = rest.split_at_checked(length)?;
        entries.push(entry);
        rest = after;
    }
    entries.push(rest);
    Some(entries)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unpacked(stored: &[u8], count: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut found = Vec::new();
        let chunk = keys::unwrap(b"", stored).unwrap();
        Unpacker::new().unwrap().unpack(b"", chunk, count, |entry| found.push(entry.to_vec()))?;
        Ok(found)
    }

    proptest! {
        #[test]
        fn entries_are_unpacked_as_they_were(
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..20),
        ) {
            let packed = Packer::new().unwrap().pack(&entries);
            prop_assert_eq!(unpacked(&packed, entries.len()).unwrap(), entries);
        }

        #[test]
        fn a_damaged_chunk_is_an_error_or_other_entries(
            chunk in prop::collection::vec(any::<u8>(), 0..300),
            packing in 0..3_u8,
            count in 0..9_usize,
        ) {
            let stored = [&[0, packing], chunk.as_slice()].concat();
            if let Ok(found) = unpacked(&stored, count) {
                prop_assert_eq!(found.len(), count);
            }
        }

        #[test]
        fn entries_are_divided_in_order_into_chunks_that_fit(
            lengths in prop::collection::vec(0..MAX_VALUE_BYTES, 0..20),
        ) {
            let entries: Vec<Vec<u8>> = lengths.iter().map(|length| vec![0; *length]).collect();
            let chunks: Vec<&[Vec<u8>]> = divide(&entries).collect();
            for chunk in &chunks {
                let lengths = (chunk.len() - 1) * LENGTH_BYTES;
                let bytes: usize = chunk.iter().map(Vec::len).sum();
                prop_assert!(lengths + bytes <= MAX_CHUNK_BYTES);
            }
            for (one, next) in chunks.iter().zip(chunks.iter().skip(1)) {
                let bytes: usize = one.iter().map(|entry| entry.len() + LENGTH_BYTES).sum();
                prop_assert!(bytes + next[0].len() > MAX_CHUNK_BYTES, "they fit into one");
            }
            prop_assert_eq!(chunks.concat(), entries);
        }
    }

    #[test]
    fn the_largest_entry_fills_a_chunk_whether_it_can_be_compressed_or_not() {
        let mut state = 0x5EED_u64;
        let mut random = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        let noise: Vec<u8> = (0..MAX_VALUE_BYTES).map(|_| random()).collect();
        let mut packer = Packer::new().unwrap();
        for (entry, most) in [(noise, MAX_CHUNK_BYTES + 2), (vec![1; MAX_VALUE_BYTES], 100)] {
            let entries = [entry];
            let packed = packer.pack(&entries);
            assert!(packed.len() <= most, "{} bytes", packed.len());
            assert_eq!(unpacked(&packed, 1).unwrap(), entries);
        }
    }

    #[test]
    fn a_record_that_comes_alone_is_small() {
        let entries = [RECORD.to_vec()];
        let packed = Packer::new().unwrap().pack(&entries);
        assert!(packed.len() * 2 < entries[0].len(), "{} of {}", packed.len(), entries[0].len());
    }

    #[test]
    fn what_was_packed_by_the_first_dictionary_is_read_for_ever() {
        let stored = [0, ZSTD].into_iter().chain(FIRST_FRAME.iter().copied()).collect::<Vec<u8>>();
        assert_eq!(
            unpacked(&stored, 2).unwrap(),
            [br#"{"type":"record"}"#, br#"{"type":"record"}"#]
        );
    }

    const FIRST_FRAME: &[u8] = &[
        0x28, 0xb5, 0x2f, 0xfd, 0x23, 0xac, 0x0b, 0x97, 0x30, 0x26, 0x7d, 0x00, 0x00, 0x28, 0x00,
        0x00, 0x00, 0x11, 0x7d, 0x02, 0xfc, 0x94, 0xad, 0x10, 0x52, 0xc3, 0x64, 0x6f,
    ];

    const RECORD: &[u8] = br#"{"type":"record","formatVersion":"1.3","id":"02C4A3FFFE100001-00000007-22E5E2A3","group":"water","device":{"devEui":"02C4A3FFFE100001","name":"Meter 1"},"receivedAt":"2019-07-22T11:37:52Z","verifiedBy":"mic","networkServer":"city","uplink":{"devAddr":"02001001","fCnt":7,"fPort":100,"confirmed":false,"payload":"0EA0355D302935000054C0345DE7290000"},"radio":{"rssiDbm":-97.5,"snrDb":5.5,"frequencyHz":868100000,"spreadingFactor":9,"bandwidthHz":125000}}"#;
}
