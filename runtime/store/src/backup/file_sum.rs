//! The size and the SHA-256 of a file, taken while the file is written or read.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Bytes that are read at once.
const PIECE_BYTES: usize = 64 * 1024;

/// A file of a backup, as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileSum {
    /// The name within the backup, with a slash after the kind of a blob.
    pub(super) name: String,
    pub(super) bytes: u64,
    /// The digest in hexadecimal digits.
    pub(super) sha256: String,
}

impl FileSum {
    pub(super) fn of_bytes(name: String, bytes: &[u8]) -> Self {
        Self { name, bytes: bytes.len() as u64, sha256: hex(&Sha256::digest(bytes)) }
    }

    /// Reads a file to its end.
    pub(super) fn of_file(name: &str, path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut summed = Summed::of(io::sink());
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let length = file.read(&mut piece)?;
            if length == 0 {
                return Ok(summed.finish(name).1);
            }
            summed.write_all(&piece[..length])?;
        }
    }
}

/// A writer that sums up what goes through it.
pub(super) struct Summed<W> {
    inner: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Summed<W> {
    pub(super) fn of(inner: W) -> Self {
        Self { inner, digest: Sha256::new(), bytes: 0 }
    }

    /// Gives the writer back, and the sum under a name.
    pub(super) fn finish(self, name: &str) -> (W, FileSum) {
        let Self { inner, digest, bytes } = self;
        (inner, FileSum { name: name.to_owned(), bytes, sha256: hex(&digest.finalize()) })
    }
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let length = self.inner.write(piece)?;
        self.digest.update(&piece[..length]);
        self.bytes += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_sum_of_its_bytes_and_the_known_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "abc").unwrap();
        let of_file = FileSum::of_file("a", &path).unwrap();
        assert_eq!(of_file, FileSum::of_bytes("a".to_owned(), b"abc"));
        assert!(of_file.sha256.starts_with("ba7816bf8f01cfea"), "{}", of_file.sha256);
        assert_eq!(of_file.bytes, 3);
    }
}
