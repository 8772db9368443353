//! Lines of a file, counted, of which some can be put back and read again.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

/// The lines of a file, one after another, each with its end.
pub(super) struct Lines<R> {
    file: R,
    ahead: VecDeque<Vec<u8>>,
    number: u64,
    position: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn of(file: R) -> Self {
        Self { file, ahead: VecDeque::new(), number: 0, position: 0 }
    }

    /// Returns the number of the line that was read last, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the bytes that were taken from the file so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Returns the next line.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        Ok(self.read(&mut line)?.then_some(line))
    }

    /// Returns the next line that is not blank.
    pub(super) fn next_filled(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        Ok(self.read_filled(&mut line)?.then_some(line))
    }

    /// Reads the next line that is not blank into memory that is used again; there is none at the end.
    pub(super) fn read_filled(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            if !self.read(line)? {
                return Ok(false);
            }
            if !line.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    fn read(&mut self, line: &mut Vec<u8>) -> io::Result<bool> {
        if let Some(ahead) = self.ahead.pop_front() {
            *line = ahead;
            self.number += 1;
            return Ok(true);
        }
        line.clear();
        let bytes = self.file.read_until(b'\n', line)?;
        self.position += bytes as u64;
        self.number += u64::from(bytes > 0);
        Ok(bytes > 0)
    }

    /// Puts back the lines that were read last, so that they are read again.
    pub(super) fn put_back(&mut self, lines: Vec<Vec<u8>>) {
        self.number -= lines.len() as u64;
        for line in lines.into_iter().rev() {
            self.ahead.push_front(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_and_read_again() {
        let mut lines = Lines::of(&b"a\n\r\nb"[..]);
        assert_eq!(lines.next().unwrap(), Some(b"a\n".to_vec()));
        let last = lines.next_filled().unwrap().unwrap();
        assert_eq!((lines.number(), lines.position()), (3, 5));
        lines.put_back(vec![b"\r\n".to_vec(), last]);
        assert_eq!(lines.number(), 1);
        assert_eq!(lines.next_filled().unwrap(), Some(b"b".to_vec()));
        assert_eq!((lines.number(), lines.next().unwrap()), (3, None));
    }
}
