//! Leaves the words of a panic in memory, where the host finds them: a decoder has no other way to say them.

use std::{fmt, fmt::Write as _, hint::black_box, panic};

/// Begins a note, each bit of it turned over, so that the mark itself stands nowhere but in a note.
const TURNED_MARK: [u8; 16] = [
    0x9c, 0x97, 0x9e, 0x92, 0x8f, 0x90, 0x93, 0x93, 0x96, 0x90, 0x91, 0xc5, 0x8f, 0x9e, 0x91, 0xff,
];

/// Most bytes of the words: what is longer is cut.
const TEXT_BYTES: usize = 500;

/// Has panics of the instance leave a note. Behind the mark stand the number of bytes and its bits turned over,
/// four bytes each, least significant first, and the words in UTF-8.
pub fn note_panics() {
    panic::set_hook(Box::new(|info| {
        let mut words = Words(String::with_capacity(TEXT_BYTES));
        let said = info.payload_as_str().unwrap_or("it panicked");
        // Words that are too long are cut, which is no error.
        let _ = match info.location() {
            Some(place) => write!(words, "{}:{}: {said}", place.file(), place.line()),
            None => write!(words, "{said}"),
        };
        // The instance ends here, and its memory with it: nothing is lost by never freeing the note.
        black_box(Vec::leak(note(&words.0)));
    }));
}

fn note(words: &str) -> Vec<u8> {
    let length = u32::try_from(words.len()).unwrap_or_default();
    let mut note = Vec::with_capacity(TURNED_MARK.len() + 8 + words.len());
    note.extend(black_box(TURNED_MARK).map(|byte| !byte));
    note.extend(length.to_le_bytes());
    note.extend((!length).to_le_bytes());
    note.extend(words.as_bytes());
    note
}

/// A text that takes no more than its room.
struct Words(String);

impl fmt::Write for Words {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = TEXT_BYTES - self.0.len();
        let fits = text.floor_char_boundary(room);
        self.0.push_str(text.get(..fits).unwrap_or_default());
        if fits < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_its_length_twice() {
        let note = note("src/lib.rs:7: no");
        assert_eq!(&note[..16], b"champollion:pan\0");
        assert_eq!(note[16..24], [16, 0, 0, 0, 0xEF, 0xFF, 0xFF, 0xFF]);
        assert_eq!(&note[24..], b"src/lib.rs:7: no");
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let mut words = Words(String::new());
        assert!(write!(words, "a{}", "é".repeat(400)).is_err());
        assert_eq!(words.0.len(), TEXT_BYTES - 1);
    }
}
