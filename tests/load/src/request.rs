//! Requests of HTTP as recipients read them.

use std::io::{self, BufRead};

/// Most lines of the head of a request.
const HEAD_LINES: usize = 100;

/// Reads the head of a request, and says how long its body is.
pub(crate) fn read_head(reader: &mut impl BufRead) -> io::Result<usize> {
    let mut length = 0;
    for _ in 0..HEAD_LINES {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim();
        if line.is_empty() {
            return Ok(length);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    Err(io::Error::other("the head does not end"))
}
