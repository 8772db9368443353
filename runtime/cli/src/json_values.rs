//! Values of JSON in a file: one on each line, or set over many. One that cannot be read hides none that follow it.

use std::io::{self, BufRead};

use serde_json::Value as Json;

use super::lines::Lines;

/// A value, or why there is none.
type Read = Result<Json, String>;

/// The values of a file, one after another.
pub(super) struct JsonValues<R> {
    lines: Lines<R>,
    /// Whether each line is a value of its own: so it is once one was.
    is_lined: bool,
}

impl<R: BufRead> JsonValues<R> {
    pub(super) fn of(file: R) -> Self {
        Self { lines: Lines::of(file), is_lined: false }
    }

    /// Returns the bytes that were read so far.
    pub(super) fn position(&self) -> u64 {
        self.lines.position()
    }

    /// Returns the next value with the line in which it begins. Only a file that cannot be read any more is an error.
    pub(super) fn next(&mut self) -> io::Result<Option<(u64, Read)>> {
        let Some(text) = self.lines.next_filled()? else { return Ok(None) };
        let begin = self.lines.number();
        // An end of the line is no place at which something is missing.
        let read = match serde_json::from_slice::<Json>(text.trim_ascii_end()) {
            Ok(value) => {
                self.is_lined |= value.is_object();
                Ok(value)
            }
            Err(error) if error.is_eof() && !self.is_lined => self.over_lines(text)?,
            Err(error) => Err(said(&error, begin)),
        };
        Ok(Some((begin, read)))
    }

    /// Reads a value that begins with a line, and goes on in those after it. Where it has no end the line is torn, and
    /// the others may be values of their own.
    fn over_lines(&mut self, first: Vec<u8>) -> io::Result<Read> {
        let begin = self.lines.number();
        let mut depth = depth(&first);
        let mut text = first;
        let mut ends = vec![text.len()];
        while depth > 0 {
            let Some(line) = self.lines.next()? else { break };
            depth += self::depth(&line);
            text.extend_from_slice(&line);
            ends.push(text.len());
        }
        let error = match serde_json::from_slice(&text) {
            Ok(value) => return Ok(Ok(value)),
            Err(error) => error,
        };
        let rest: Vec<Vec<u8>> =
            ends.windows(2).map(|pair| text[pair[0]..pair[1]].to_vec()).collect();
        if rest.iter().any(|line| is_object(line)) {
            self.is_lined = true;
            self.lines.put_back(rest);
            let torn = serde_json::from_slice::<Json>(text[..ends[0]].trim_ascii_end());
            return Ok(torn.map_err(|error| said(&error, begin)));
        }
        Ok(Err(said(&error, begin)))
    }
}

fn is_object(line: &[u8]) -> bool {
    serde_json::from_slice::<Json>(line).is_ok_and(|value| value.is_object())
}

/// Says why a value cannot be read that begins in some line of the file.
fn said(error: &serde_json::Error, begin: u64) -> String {
    let line = begin + (error.line() as u64).saturating_sub(1);
    let text = error.to_string();
    let own = format!(" at line {} column {}", error.line(), error.column());
    let problem = text.strip_suffix(&own).unwrap_or(&text);
    format!("no JSON, at line {line}, column {}: {problem}", error.column())
}

/// The brackets that a line of JSON opens and does not close. No string goes over the end of a line.
fn depth(line: &[u8]) -> i64 {
    let (mut depth, mut in_string, mut is_escaped) = (0, false, false);
    for byte in line {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of values, and of those that cannot be read.
    fn read(text: &str) -> (Vec<u64>, Vec<(u64, String)>) {
        let mut values = JsonValues::of(text.as_bytes());
        let (mut read, mut unreadable) = (Vec::new(), Vec::new());
        while let Some((line, value)) = values.next().unwrap() {
            match value {
                Ok(_) => read.push(line),
                Err(reason) => unreadable.push((line, reason)),
            }
        }
        (read, unreadable)
    }

    #[test]
    fn a_torn_line_hides_no_other() {
        for (text, whole, torn) in [
            ("{\"a\":1}\n\n{\"a\":\n{\"a\":3}\n", &[1, 4][..], 3),
            ("{\"a\": [1\n{\"a\":2}\r\n{\"a\":3}", &[2, 3], 1),
            ("{\"a\":1}\nnothing\n{\"a\":3}", &[1, 3], 2),
            ("{\"a\":1}\n{\"a\":2}\n{\"a", &[1, 2], 3),
        ] {
            let (read, unreadable) = read(text);
            assert_eq!(read, whole, "{text}");
            assert_eq!(unreadable.len(), 1, "{text}: {unreadable:?}");
            assert_eq!(unreadable[0].0, torn, "{text}");
            assert!(unreadable[0].1.contains(&format!("line {torn},")), "{unreadable:?}");
        }
    }

    #[test]
    fn a_value_over_many_lines_is_one() {
        let page = "{\n  \"records\": [\n    { \"a\": \"}\\\"[\" },\n    { \"a\": 2 }\n  ]\n}\n";
        assert_eq!(read(page), (vec![1], Vec::new()));
        assert_eq!(read(&format!("\n{page}{page}")), (vec![2, 8], Vec::new()));
        assert_eq!(read("[\n{\"a\":1},\n{\"a\":2}\n]"), (vec![1], Vec::new()));
    }

    #[test]
    fn a_page_that_is_cut_off_is_told_once() {
        let (read, unreadable) = read("{\n  \"records\": [\n    { \"a\": 1 },\n    { \"a\":\n");
        assert_eq!(read, [0_u64; 0]);
        assert_eq!(unreadable.len(), 1, "{unreadable:?}");
    }
}
