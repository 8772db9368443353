//! Leaves the words of a panic in memory, where the host finds them: a decoder has no other way to say them.

use std::{fmt, fmt::Write as _, hint::black_box, panic};

/// Begins a note, each bit of it turned over, so that the mark itself stands nowhere but in a note.
const TURNED_MARK: [u8; 16] = [
    0x9c, 0x97, 0x9e, 0x92, 0x8f, 0x90, 0x93, 0x93, 0x96, 0x90, 0x91, 0xc5, 0x8f, 0x9e, 0x91, 0xff,
];

/// Most bytes of the words: what is longer is cut.
const TEXT_BYTES: usize = 500;

/// Has panics of the instance leave a note.
pub(crate) fn note_panics() {
    panic::set_hook(Box::new(|info| {
        // The instance ends here, and its memory with it: nothing is lost by never freeing the note.
        let note = Box::leak(Box::new(Note::default()));
        let said = info.payload_as_str().unwrap_or("it panicked");
        let place = info.location().map(|place| (place.file(), place.line()));
        note.say(place, said);
        black_box(note);
    }));
}

/// A note as it lies in memory, and nowhere else: the number of bytes and its bits turned over, least significant
/// byte first, and the words in UTF-8.
#[repr(C)]
struct Note {
    mark: [u8; 16],
    length: [u8; 4],
    turned_length: [u8; 4],
    words: [u8; TEXT_BYTES],
}

impl Default for Note {
    fn default() -> Self {
        Self { mark: [0; 16], length: [0; 4], turned_length: [0; 4], words: [0; TEXT_BYTES] }
    }
}

impl Note {
    fn say(&mut self, place: Option<(&str, u32)>, said: &str) {
        let mut words = Words { text: &mut self.words, length: 0 };
        // Words that are too long are cut, which is no error.
        let _ = place.map_or(Ok(()), |(file, line)| write!(words, "{file}:{line}: "));
        let _ = words.write_str(said);
        let length = words.length as u32;
        self.length = length.to_le_bytes();
        self.turned_length = (!length).to_le_bytes();
        self.mark = black_box(TURNED_MARK).map(|byte| !byte);
    }
}

/// A text that takes no more than its room.
struct Words<'note> {
    text: &'note mut [u8; TEXT_BYTES],
    length: usize,
}

impl fmt::Write for Words<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.text[self.length..];
        let fits = text.floor_char_boundary(room.len());
        room[..fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.length += fits;
        if fits < text.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_its_length_twice() {
        let mut note = Note::default();
        note.say(Some(("src/lib.rs", 7)), "no");
        assert_eq!(&note.mark, b"champollion:pan\0");
        assert_eq!((note.length, note.turned_length), ([16, 0, 0, 0], [0xEF, 0xFF, 0xFF, 0xFF]));
        assert_eq!(&note.words[..17], b"src/lib.rs:7: no\0");
        // The host takes the words from behind the lengths.
        assert_eq!(std::mem::offset_of!(Note, words), 24);
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let mut note = Note::default();
        note.say(None, &format!("a{}", "é".repeat(400)));
        assert_eq!(note.length, 499_u32.to_le_bytes());
        assert_eq!((note.words[498], note.words[499]), (0xA9, 0));
    }
}
