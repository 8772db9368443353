//! Lines of answers that come in pieces.

/// The lines of a text that comes in pieces.
#[derive(Default)]
pub(crate) struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    /// The lines that a piece brings to their end.
    pub(crate) fn of(&mut self, piece: &[u8]) -> Vec<String> {
        self.begun.extend_from_slice(piece);
        let Some(end) = self.begun.iter().rposition(|&byte| byte == b'\n') else {
            return Vec::new();
        };
        let whole: Vec<u8> = self.begun.drain(..=end).collect();
        split(&whole)
    }
}

/// The lines of a text that is whole.
pub(crate) fn split(text: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(text).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_whole_wherever_it_is_cut() {
        let text = "one\ntwö\r\n\nthree".as_bytes();
        for place in 0..text.len() {
            let mut lines = Lines::default();
            let mut all = lines.of(&text[..place]);
            all.extend(lines.of(&text[place..]));
            assert_eq!(all, ["one", "twö", ""], "cut at {place}");
            assert_eq!(lines.of(b"\n"), ["three"]);
        }
    }
}
