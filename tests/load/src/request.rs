//! Requests of HTTP as recipients read them.

use std::io::{self, BufRead};

/// Most lines of the head of a request.
const HEAD_LINES: usize = 100;

/// Reads the head of a request, and says how long its body is.
pub(crate) fn read_head(reader: &mut impl BufRead) -> io::Result<usize> {
    read_named_head(reader).map(|head| head.length)
}

/// The head of a request, as far as recipients look at it.
#[derive(Default)]
pub(crate) struct Head {
    /// The bytes of the body.
    pub(crate) length: usize,
    /// The name of the message, by which a repeat is known; empty where there is none.
    pub(crate) id: String,
}

/// Reads the head of a request with the name of its message, as Standard Webhooks has it.
pub(crate) fn read_named_head(reader: &mut impl BufRead) -> io::Result<Head> {
    let mut head = Head::default();
    for _ in 0..HEAD_LINES {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim();
        if line.is_empty() {
            return Ok(head);
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-length") {
            head.length = value.trim().parse().map_err(io::Error::other)?;
        } else if name.eq_ignore_ascii_case("webhook-id") {
            value.trim().clone_into(&mut head.id);
        }
    }
    Err(io::Error::other("the head does not end"))
}
