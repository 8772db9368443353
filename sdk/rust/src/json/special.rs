//! Looks for bytes that do not stand in a string of JSON as they are.

/// One in each byte of eight.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The highest bit of each byte of eight.
const HIGHEST: u64 = ONES << 7;

/// The index of the first byte that is a quote, a backslash or a control. Eight bytes are looked at in one step.
pub(super) fn special_byte(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        if let Some(place) = special_in(u64::from_le_bytes(*word)) {
            return Some(index * 8 + place);
        }
    }
    // What is left is filled up with spaces.
    let last = rest.iter().rev().fold(ONES * 0x20, |word, byte| word << 8 | u64::from(*byte));
    special_in(last).map(|place| words.len() * 8 + place)
}

/// A subtraction borrows from the highest bit of a byte that is smaller: of the lowest such byte this is exact.
fn special_in(word: u64) -> Option<usize> {
    let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let found = (below(word, 0x20) | equal(b'"') | equal(b'\\')) & HIGHEST;
    (found != 0).then(|| found.trailing_zeros() as usize / 8)
}

#[cfg(test)]
mod tests {
    use super::special_byte;

    proptest::proptest! {
        #[test]
        fn the_first_special_byte_is_found(bytes in proptest::collection::vec(0x1E_u8..0x60, 0..40)) {
            let expected = bytes.iter().position(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'));
            assert_eq!(special_byte(&bytes), expected);
        }

        #[test]
        fn bytes_of_other_scripts_are_none(bytes in proptest::collection::vec(0x1F_u8.., 0..40)) {
            let expected = bytes.iter().position(|byte| matches!(byte, 0..0x20 | b'"' | b'\\'));
            assert_eq!(special_byte(&bytes), expected);
        }
    }
}
