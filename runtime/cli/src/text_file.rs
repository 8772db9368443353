//! Files of text that are read from their beginning to their end: pipes too, in which nothing can be sought.

use std::{
    fs::File,
    io::{self, Cursor, Read},
    path::Path,
};

use super::failure::file_error;

/// The bytes of a file by which is told how it is written.
const HEAD_BYTES: usize = 64 << 10;

/// The beginning of an archive, such as a spreadsheet is.
const ARCHIVE: &[u8] = b"PK\x03\x04";

const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A file of UTF-8 whose beginning was looked at, and is read all the same. A byte order mark is passed over.
pub(super) struct TextFile {
    head: Cursor<Vec<u8>>,
    rest: Box<dyn Read>,
    bytes: u64,
}

impl TextFile {
    /// Opens a file; `-` is standard input. The error says why it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        if path == Path::new("-") {
            return Self::of(Box::new(io::stdin()), 0);
        }
        if path.is_dir() {
            return Err("it is a folder: name a file in it".to_owned());
        }
        let file = File::open(path).map_err(|error| file_error(&error))?;
        let bytes = file.metadata().map_err(|error| file_error(&error))?.len();
        Self::of(Box::new(file), bytes)
    }

    /// Begins to read a source of so many bytes, or of 0 where nobody knows how many there are.
    pub(super) fn of(mut source: Box<dyn Read>, bytes: u64) -> Result<Self, String> {
        let mut head = Vec::new();
        let beginning = source.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head);
        beginning.map_err(|error| error.to_string())?;
        if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
            return Err("it is UTF-16: save it as UTF-8".to_owned());
        }
        if head.starts_with(ARCHIVE) {
            return Err("it is a spreadsheet or another archive: save its sheet as CSV".to_owned());
        }
        if head.starts_with(UTF_8_MARK) {
            head.drain(..UTF_8_MARK.len());
        }
        Ok(Self { head: Cursor::new(head), rest: source, bytes })
    }

    /// The beginning of the file, which is not yet read.
    pub(super) fn head(&self) -> &[u8] {
        self.head.get_ref()
    }

    /// The bytes of the file; 0 where nobody knows how many there are.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Read for TextFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.head.read(buffer)? {
            0 => self.rest.read(buffer),
            bytes => Ok(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<Vec<u8>, String> {
        let mut file = TextFile::of(Box::new(Cursor::new(content.to_vec())), 0)?;
        let mut read = Vec::new();
        file.read_to_end(&mut read).map_err(|error| error.to_string())?;
        Ok(read)
    }

    #[test]
    fn what_was_looked_at_is_read_all_the_same() {
        let long = vec![b'a'; HEAD_BYTES * 2 + 1];
        assert_eq!(read(&long), Ok(long.clone()));
        assert_eq!(read(b"\xEF\xBB\xBFa,b"), Ok(b"a,b".to_vec()));
        assert_eq!(read(b""), Ok(Vec::new()));
        assert!(read(b"\xFE\xFF\0a").unwrap_err().contains("UTF-16"));
        assert!(read(b"PK\x03\x04\x14").unwrap_err().contains("save its sheet as CSV"));
        assert!(TextFile::open(Path::new("/")).err().is_some_and(|said| said.contains("a folder")));
    }
}
