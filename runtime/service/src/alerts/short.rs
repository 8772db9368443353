//! Texts that are short enough to be told.

/// Most bytes, as JSON has them, of a text that comes from a sheet or a decoder: the alerts of all rules that watch a
/// device, with their mails, must fit into the batch of its frame.
const BYTES: usize = 240;

/// Cuts a text, and a value that is one.
pub(super) fn short(text: &str) -> String {
    let mut left = BYTES;
    let fits = |letter: &char| match left.checked_sub(bytes_of(*letter)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    };
    text.chars().take_while(fits).collect()
}

/// The bytes of a letter within a text of JSON.
fn bytes_of(letter: char) -> usize {
    match letter {
        '"' | '\\' => 2,
        letter if letter < ' ' => 6,
        letter => letter.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_two_letters() {
        assert_eq!(short("école"), "école");
        let cut = short(&format!("x{}", "é".repeat(BYTES)));
        assert!(cut.len() == BYTES - 1 && cut.ends_with('é'), "{cut}");
        for letter in ['"', '\\', '\u{1}', 'é', 'a'] {
            let cut = short(&letter.to_string().repeat(BYTES));
            let written = serde_json::to_string(&cut).unwrap().len() - "\"\"".len();
            assert!(written <= BYTES && written > BYTES - 6, "{letter:?}: {written}");
        }
    }
}
