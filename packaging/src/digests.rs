//! Digests of files and texts in hexadecimal digits.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use sha2::Sha256;

/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// Returns the SHA-256 of a file.
///
/// # Errors
/// The file cannot be read.
pub fn sha256(file: &Path) -> Result<String> {
    let file = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    digest::<Sha256>(file)
}

/// The SHA-256 of bytes that are at hand.
pub(crate) fn sha256_of(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The MD5 of something, by which dpkg finds files that were damaged.
pub(crate) fn md5(content: impl Read) -> Result<String> {
    digest::<Md5>(content)
}

fn digest<D: Digest>(mut content: impl Read) -> Result<String> {
    let (mut digest, mut piece) = (D::new(), vec![0; PIECE]);
    loop {
        match content.read(&mut piece)? {
            0 => return Ok(HEXLOWER.encode(&digest.finalize())),
            read => digest.update(&piece[..read]),
        }
    }
}

/// A writer that takes the digest of what passes through it.
pub(crate) struct Digesting<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Digesting<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, digest: Sha256::new() }
    }

    /// Gives the writer back, and the digest of all that passed.
    pub(crate) fn finish(self) -> (W, String) {
        (self.out, HEXLOWER.encode(&self.digest.finalize()))
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}
