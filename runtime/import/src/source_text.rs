//! Text of files as their makers' editors write them: UTF-8 and UTF-16 with and without a mark, and bytes of
//! Windows code pages.
//!
//! A byte that is no UTF-8 is read as Windows-1252, which has a character for each byte, so that nothing is
//! refused for the comment that it most often stands in. The bytes around it stay UTF-8: one damaged character
//! changes no other.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of a file, and what was read in it by a guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceText {
    /// The text, without a byte order mark.
    pub text: String,
    /// The guess, with the line and the byte, and the way out where it is wrong.
    pub warning: Option<String>,
}

/// The first bytes of every WebAssembly file.
const WEBASSEMBLY: &[u8] = b"\0asm";

impl SourceText {
    /// Reads the bytes of a file as text. There is no file that cannot be read.
    #[must_use]
    pub fn of(file: &[u8]) -> Self {
        const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";
        let (marked, rest) = match file {
            [0xFF, 0xFE, rest @ ..] => (Some(UTF_16LE), rest),
            [0xFE, 0xFF, rest @ ..] => (Some(UTF_16BE), rest),
            _ => (None, file),
        };
        if let Some(encoding) = marked {
            return utf_16(encoding, rest, None);
        }
        if let Some(encoding) = utf_16_without_mark(file) {
            return utf_16(encoding, file, Some(encoding.name()));
        }
        let skipped = file.strip_prefix(UTF_8_MARK).map_or(0, |_| UTF_8_MARK.len());
        utf_8(&file[skipped..], skipped)
    }

    /// Whether a file is WebAssembly, by its first bytes: a package or a component, and no text.
    #[must_use]
    pub fn is_webassembly(file: &[u8]) -> bool {
        file.starts_with(WEBASSEMBLY)
    }
}

fn utf_16(encoding: &'static Encoding, bytes: &[u8], guessed: Option<&str>) -> SourceText {
    let (text, is_damaged) = encoding.decode_without_bom_handling(bytes);
    let damaged = || {
        let line = text.split('\u{FFFD}').next().map_or(1, lines);
        format!("line {line}: what is no {} there is read as U+FFFD", encoding.name())
    };
    let guess = |name: &str| {
        format!("it is read as {name}, though it does not begin with a byte order mark")
    };
    let warning = if is_damaged { Some(damaged()) } else { guessed.map(guess) };
    SourceText { text: text.into_owned(), warning }
}

/// The encoding of a file of two bytes for each character of which all but a few are ASCII.
fn utf_16_without_mark(file: &[u8]) -> Option<&'static Encoding> {
    /// Bytes that are looked at.
    const LOOKED_AT: usize = 512;
    let head = &file[..file.len().min(LOOKED_AT)];
    let (pairs, _) = head.as_chunks::<2>();
    if pairs.len() < 4 || !file.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |place: usize| pairs.iter().filter(|pair| pair[place] == 0).count();
    let nearly_all = |count: usize| count * 4 >= pairs.len() * 3;
    match (zeros(0), zeros(1)) {
        (0, second) if nearly_all(second) => Some(UTF_16LE),
        (first, 0) if nearly_all(first) => Some(UTF_16BE),
        _ => None,
    }
}

/// Reads bytes of which most are UTF-8. `skipped` bytes of the file lie before them.
fn utf_8(bytes: &[u8], skipped: usize) -> SourceText {
    let mut text = String::with_capacity(bytes.len());
    let mut warning = None;
    let (mut read, mut guessed) = (skipped, 0);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        read += chunk.valid().len();
        let invalid = chunk.invalid();
        let Some(first) = invalid.first() else { continue };
        let (characters, _) = WINDOWS_1252.decode_without_bom_handling(invalid);
        if warning.is_none() {
            let shown = characters.chars().next().unwrap_or_default();
            warning = Some(format!(
                "line {}, byte {} of the file: 0x{first:02X} is no UTF-8, and is read as \
                 Windows-1252: {shown:?}",
                lines(&text),
                read + 1
            ));
        }
        text.push_str(&characters);
        read += invalid.len();
        guessed += invalid.len();
    }
    let warning = warning.map(|warning| {
        let more = match guessed - 1 {
            0 => String::new(),
            1 => ", so is 1 byte more".to_owned(),
            more => format!(", so are {more} bytes more"),
        };
        format!("{warning}{more}; where that is wrong, convert the file to UTF-8 (with iconv)")
    });
    SourceText { text, warning }
}

/// The number of the line that a text ends in, from 1.
pub(super) fn lines(text: &str) -> usize {
    1 + text.bytes().filter(|&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(file: &[u8]) -> String {
        let read = SourceText::of(file);
        assert_eq!(read.warning, None, "{file:?}");
        read.text
    }

    fn utf_16_bytes(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn marks_are_understood_and_taken_away() {
        let source = "function decodeUplink() { return \"°C 🌡\"; }\r\n";
        assert_eq!(text(source.as_bytes()), source);
        assert_eq!(text(format!("\u{FEFF}{source}").as_bytes()), source);
        let marked = format!("\u{FEFF}{source}");
        assert_eq!(text(&utf_16_bytes(&marked, u16::to_le_bytes)), source);
        assert_eq!(text(&utf_16_bytes(&marked, u16::to_be_bytes)), source);
        assert_eq!(text(b""), "");
        assert_eq!(text(b"a\0b"), "a\0b");
    }

    #[test]
    fn utf_16_without_a_mark_is_read_and_said() {
        let source = "function decodeUplink() {}\n";
        for bytes in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            let read = SourceText::of(&utf_16_bytes(source, bytes));
            assert_eq!(read.text, source);
            assert!(read.warning.is_some_and(|warning| warning.contains("UTF-16")));
        }
    }

    #[test]
    fn a_byte_of_a_code_page_changes_no_other_character() {
        let file = b"// \"\xC2\xB0C\"\n// temp\xE9rature \x93x\x94\nok \xE2\x84\x83";
        let read = SourceText::of(file);
        assert_eq!(read.text, "// \"°C\"\n// température “x”\nok ℃");
        let warning = read.warning.unwrap();
        assert!(warning.starts_with("line 2, byte 17 of the file: 0xE9 is no UTF-8"), "{warning}");
        assert!(warning.contains("'é'") && warning.contains("2 bytes more"), "{warning}");
    }

    #[test]
    fn every_byte_is_read() {
        for byte in 0x80..=0xFF_u8 {
            let read = SourceText::of(&[b'a', byte, b'b']);
            assert_eq!(read.text.chars().count(), 3, "{byte:#x}");
            assert!(read.warning.is_some_and(|warning| warning.starts_with("line 1, byte 2 of")));
        }
        // GBK: two bytes that are no UTF-8 are two characters, and what follows stays what it is.
        assert!(SourceText::of(b"// \xA1\xE6\nvar x;").text.ends_with("\nvar x;"));
    }

    #[test]
    fn half_a_character_of_utf_16_is_said() {
        let read = SourceText::of(b"\xFF\xFEa\0\n\0\0\xD8b\0");
        assert_eq!(read.text, "a\n\u{FFFD}b");
        assert!(read.warning.is_some_and(|warning| warning.starts_with("line 2")));
    }
}
