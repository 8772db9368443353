//! Keys among words: a text that readers see and records carry must hold none.

use std::ops::RangeInclusive;

/// Hexadecimal digits of a key.
const KEY_DIGITS: usize = 32;

/// Hexadecimal digits of a word that may be a key, also one with some digits lost or doubled: more than the ids of
/// databases have, and fewer than digests.
const DIGITS_OF_A_WORD: RangeInclusive<usize> = 25..=63;

/// Digits from which on equal parts may be a key of which one part is damaged; two addresses of network cards have fewer.
const DIGITS_OF_PARTS: usize = 28;

/// Longest of the equal parts that people write a key in.
const LONGEST_PART: usize = 8;

/// The digits of the parts of a UUID, which no key is written in.
const UUID: [usize; 5] = [8, 4, 4, 4, 12];

/// Whether a text holds something that may be a key: alone or among words, in one piece or in parts, whole or damaged.
#[must_use]
pub fn may_hold_key(text: &str) -> bool {
    let words = text.split(|character: char| !character.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| may_be_key(word)) {
        return true;
    }
    let digits: Vec<&str> = words.into_iter().map(without_prefix).collect();
    let mut runs = digits.chunk_by(|one, other| is_hexadecimal(one) == is_hexadecimal(other));
    runs.any(|run| is_hexadecimal(run[0]) && are_parts_of_a_key(run))
}

/// Whether a word alone may be a key, perhaps with a name before it.
fn may_be_key(word: &str) -> bool {
    let others = |character: char| !character.is_ascii_hexdigit();
    let longest = word.split(others).map(str::len).max().unwrap_or_default();
    let digits = word.chars().filter(char::is_ascii_hexdigit).count();
    let is_mostly_digits = digits * 4 >= word.chars().count() * 3;
    DIGITS_OF_A_WORD.contains(&longest) || is_mostly_digits && DIGITS_OF_A_WORD.contains(&digits)
}

/// The digits of a byte as programs write it, `0x2B`.
fn without_prefix(word: &str) -> &str {
    let bare = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
    bare.filter(|bare| !bare.is_empty()).unwrap_or(word)
}

fn is_hexadecimal(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether hexadecimal words that follow each other are a key, or several of them are.
fn are_parts_of_a_key(run: &[&str]) -> bool {
    let lengths: Vec<usize> = run.iter().map(|part| part.len()).collect();
    if lengths == UUID {
        return false;
    }
    let is_key_from = |first: usize| {
        let sums = lengths[first..].iter().scan(0_usize, |sum, length| {
            *sum += length;
            Some(*sum)
        });
        sums.take_while(|sum| *sum <= KEY_DIGITS).any(|sum| sum == KEY_DIGITS)
    };
    let are_equal =
        lengths[0] <= LONGEST_PART && lengths.iter().all(|length| *length == lengths[0]);
    let has_letters = run.iter().any(|part| part.bytes().any(|byte| byte.is_ascii_alphabetic()));
    let digits: usize = lengths.iter().sum();
    are_equal && has_letters && digits >= DIGITS_OF_PARTS || (0..lengths.len()).any(is_key_from)
}

#[cfg(test)]
mod tests {
    use super::may_hold_key;

    const KEY: &str = "2B7E151628AED2A6ABF7158809CF4F3C";

    /// The key in parts of so many digits.
    fn parts(digits: usize, between: &str) -> String {
        let parts: Vec<String> = KEY
            .as_bytes()
            .chunks(digits)
            .map(|part| String::from_utf8_lossy(part).into())
            .collect();
        parts.join(between)
    }

    #[test]
    fn keys_are_found_among_words_in_parts_and_damaged() {
        for text in [
            KEY.to_owned(),
            KEY.to_lowercase(),
            format!("AppKey={KEY}"),
            format!("AppKey{KEY}"),
            format!("la clef est {KEY}, posée le 12/03/2024"),
            format!("0x{KEY}"),
            parts(2, " "),
            parts(2, "-"),
            parts(4, ":"),
            parts(8, " "),
            parts(16, " "),
            format!("clef {} (posée)", parts(2, ", 0x")),
            "2B7E1516 28AED2A6ABF71588 09CF4F3C, note".to_owned(),
            "00000000000000000000000000000000".to_owned(),
            KEY[..30].to_owned(),
            format!("{}Z", &KEY[..31]),
            format!("{}4F3Z", &parts(4, " ")[..35]),
        ] {
            assert!(may_hold_key(&text), "{text:?}");
        }
    }

    #[test]
    fn what_people_write_about_devices_is_no_key() {
        for text in [
            "",
            "Haute",
            "12, rue de la Paix, façade de la cabine, bâtiment B, accès par le café d'en face",
            "posé le 2024-03-12 à 10:30:00, remplace 70B3D5499A000001",
            "70B3D5499A000001",
            "AA:BB:CC:DD:EE:FF, 00:11:22:33:44:55",
            "06 12 34 56 78 ou 06 98 76 54 32",
            "550e8400-e29b-41d4-a716-446655440000",
            "507f1f77bcf86cd799439011",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        ] {
            assert!(!may_hold_key(text), "{text:?}");
        }
    }
}
