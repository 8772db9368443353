//! Keys and values in a compressed file, one after another.
//!
//! A pair is the length of its key and that of its value, four bytes each, big-endian, the key and the value. A removed
//! key has a length that no value has, and no value.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use zstd::stream::{read::Decoder, write::Encoder};

use super::file_sum::{FileSum, Summed};
use crate::disk::create_private_file;
use crate::error::StoreError;
use crate::limits::{MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_VALUE_BYTES};

/// The level of compression, the fastest: chunks of records are compressed already.
const LEVEL: i32 = 1;

/// The length of the value of a removed key.
const REMOVED: u32 = u32::MAX;

/// Longest key: a name, and what tells kinds of keys apart beside it.
const MAX_STORED_KEY_BYTES: usize = MAX_KEY_BYTES + MAX_NAME_BYTES + 64;

/// Longest value: a chunk of records says in some bytes more how it is packed.
const MAX_STORED_VALUE_BYTES: usize = 2 * MAX_VALUE_BYTES;

/// A file of pairs that is being written.
pub(super) struct PairsWriter {
    path: PathBuf,
    name: &'static str,
    encoder: Encoder<'static, Summed<BufWriter<File>>>,
    pub(super) pairs: u64,
    /// Bytes of keys and values.
    pub(super) bytes: u64,
}

impl PairsWriter {
    pub(super) fn create(folder: &Path, name: &'static str) -> Result<Self, StoreError> {
        let path = folder.join(name);
        let encoder = create_private_file(&path)
            .and_then(|file| Encoder::new(Summed::of(BufWriter::new(file)), LEVEL))
            .map_err(StoreError::io("write", &path))?;
        Ok(Self { path, name, encoder, pairs: 0, bytes: 0 })
    }

    /// Writes a pair; without a value, a key that was removed.
    pub(super) fn write(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), StoreError> {
        // Keys have at most a kilobyte, values 64.
        let length = value.map_or(REMOVED, |value| value.len() as u32);
        let value = value.unwrap_or_default();
        self.pairs += 1;
        self.bytes += (key.len() + value.len()) as u64;
        let lengths = [(key.len() as u32).to_be_bytes(), length.to_be_bytes()];
        [lengths.as_flattened(), key, value]
            .into_iter()
            .try_for_each(|piece| self.encoder.write_all(piece))
            .map_err(StoreError::io("write", &self.path))
    }

    /// Makes the file durable.
    pub(super) fn finish(self) -> Result<FileSum, StoreError> {
        let Self { path, name, encoder, .. } = self;
        let finished = encoder.finish().and_then(|summed| {
            let (mut file, sum) = summed.finish(name);
            file.flush()?;
            file.get_ref().sync_all()?;
            Ok(sum)
        });
        finished.map_err(StoreError::io("write", &path))
    }
}

/// A key and its value; no value where the key was removed.
type Pair = (Vec<u8>, Option<Vec<u8>>);

/// A file of pairs that is being read.
pub(super) struct PairsReader(Decoder<'static, BufReader<File>>);

impl PairsReader {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(Decoder::new(File::open(path)?)?))
    }

    /// Returns the next key and its value; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Pair>> {
        let mut first = [0];
        if self.0.read(&mut first)? == 0 {
            return Ok(None);
        }
        let mut rest = [0; 7];
        self.0.read_exact(&mut rest)?;
        let [b, c, d, value @ ..] = rest;
        let (key, value) = (u32::from_be_bytes([first[0], b, c, d]), u32::from_be_bytes(value));
        let key = self.piece(key, MAX_STORED_KEY_BYTES)?;
        let value = match value {
            REMOVED => None,
            length => Some(self.piece(length, MAX_STORED_VALUE_BYTES)?),
        };
        Ok(Some((key, value)))
    }

    fn piece(&mut self, length: u32, most: usize) -> io::Result<Vec<u8>> {
        let length = length as usize;
        if length > most {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut piece = vec![0; length];
        self.0.read_exact(&mut piece)?;
        Ok(piece)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A key, and its value if it has one.
    type Pair = (Vec<u8>, Option<Vec<u8>>);

    fn read_all(path: &Path) -> io::Result<Vec<Pair>> {
        let mut reader = PairsReader::open(path)?;
        std::iter::from_fn(|| reader.next().transpose()).collect()
    }

    proptest! {
        #[test]
        fn pairs_are_read_as_they_were_written(
            pairs in prop::collection::vec(
                (prop::collection::vec(any::<u8>(), 0..40), any::<Option<Vec<u8>>>()), 0..40),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut writer = PairsWriter::create(folder.path(), "pairs.zst").unwrap();
            for (key, value) in &pairs {
                writer.write(key, value.as_deref()).unwrap();
            }
            let sum = writer.finish().unwrap();
            let path = folder.path().join("pairs.zst");
            prop_assert_eq!(sum, FileSum::of_file("pairs.zst", &path).unwrap());
            prop_assert_eq!(read_all(&path).unwrap(), pairs);
        }
    }

    #[test]
    fn a_file_that_is_cut_off_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = PairsWriter::create(folder.path(), "pairs.zst").unwrap();
        writer.write(b"key", Some(&[7; 1_000])).unwrap();
        writer.finish().unwrap();
        let path = folder.path().join("pairs.zst");
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 4]).unwrap();
        assert!(read_all(&path).is_err());
    }
}
