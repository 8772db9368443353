//! Finds the note that a panic has left in a decoder's memory, as the SDK for Rust writes it: a decoder has no other
//! way to say its last words. Where there is none the decoder was written without that SDK, or ended itself in
//! another way.

/// The bytes that begin a note.
const MARK: &[u8; 16] = b"champollion:pan\0";

/// Most bytes of the words.
const TEXT_BYTES: usize = 500;

/// Bytes of the memory in which a note is looked for. Decoders of the SDK begin with a few pages; a memory that was
/// filled on purpose is not searched to its end.
const SEARCHED_BYTES: usize = 1 << 20;

/// Returns the words of a panic, with the place in the sources.
pub(crate) fn panic_note(memory: &[u8]) -> Option<String> {
    let searched = &memory[..memory.len().min(SEARCHED_BYTES)];
    let mut rest = searched;
    while let Some(at) = rest.windows(MARK.len()).position(|bytes| bytes == MARK) {
        rest = &rest[at + MARK.len()..];
        if let Some(words) = words(rest) {
            return Some(words);
        }
    }
    None
}

/// Reads what stands behind a mark: the length, its bits turned over, and the words.
fn words(note: &[u8]) -> Option<String> {
    let (length, note) = number(note)?;
    let (turned, note) = number(note)?;
    let length = (length == !turned).then_some(usize::try_from(length).ok()?)?;
    let text = note.get(..length).filter(|_| (1..=TEXT_BYTES).contains(&length))?;
    str::from_utf8(text).ok().map(str::to_owned)
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (first, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*first), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(length: u32, text: &str) -> Vec<u8> {
        let lengths = [length.to_le_bytes(), (!length).to_le_bytes()].concat();
        [MARK.as_slice(), &lengths, text.as_bytes()].concat()
    }

    #[test]
    fn a_note_is_found_wherever_it_lies() {
        let memory = [vec![7; 1_000], note(4, "oh no")].concat();
        assert_eq!(panic_note(&memory).as_deref(), Some("oh n"));
        assert_eq!(panic_note(&vec![0; 1_000]), None);
    }

    #[test]
    fn what_only_looks_like_a_note_is_passed_over() {
        let mut wrong = note(4, "oh no");
        wrong[MARK.len()] = 5;
        let before = [wrong.clone(), note(2, "ah"), vec![0; 9]].concat();
        assert_eq!(panic_note(&before).as_deref(), Some("ah"));
        assert_eq!(panic_note(&wrong), None);
        assert_eq!(panic_note(&note(4_000, &"x".repeat(4_000))), None, "longer than the SDK says");
        assert_eq!(panic_note(&note(400, "cut off")), None);
        assert_eq!(panic_note(&note(0, "")), None);
        assert_eq!(panic_note(MARK), None);
    }
}
