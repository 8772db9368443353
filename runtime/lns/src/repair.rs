//! JSON that is nearly JSON. Some programs write numbers that are none as bare words, names in the encoding of
//! their machine, or line breaks into texts: no uplink is lost by what stands in its decoration.

use serde_json::Value as Json;

use crate::{Fault, Unreadable, unread::Unread};

/// Words that stand for numbers that are none. They become texts, which no number is read from.
const WORDS: [&str; 4] = ["-Infinity", "Infinity", "-NaN", "NaN"];

/// Reads JSON; where it is nearly JSON, reads it all the same, and notes what is wrong with it.
pub(super) fn read(body: &[u8], unread: &Unread) -> Result<Json, Unreadable> {
    let error = match serde_json::from_slice(body) {
        Ok(json) => return Ok(json),
        Err(error) => Unreadable::new("", Fault::NotJson(error.to_string())),
    };
    match serde_json::from_str(&repaired(&String::from_utf8_lossy(body))) {
        Ok(json) => {
            unread.note(error);
            Ok(json)
        }
        Err(_) => Err(error),
    }
}

/// The text with words in quotes, and with blanks in the place of control characters within texts.
fn repaired(text: &str) -> String {
    let mut repaired = String::with_capacity(text.len());
    let mut rest = text.trim_start_matches('\u{FEFF}');
    let (mut is_in_text, mut is_escaped) = (false, false);
    while let Some(character) = rest.chars().next() {
        let word = WORDS.into_iter().find(|word| !is_in_text && rest.starts_with(word));
        if let Some(word) = word {
            repaired.extend(["\"", word, "\""]);
            rest = &rest[word.len()..];
            continue;
        }
        let is_control = is_in_text && character.is_control();
        repaired.push(if is_control { ' ' } else { character });
        is_in_text ^= character == '"' && !is_escaped;
        is_escaped = is_in_text && character == '\\' && !is_escaped;
        rest = &rest[character.len_utf8()..];
    }
    repaired
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_noted(body: &[u8]) -> (Result<Json, String>, usize) {
        let unread = Unread::default();
        let read = read(body, &unread).map_err(|error| error.to_string());
        (read, unread.into_members().len())
    }

    #[test]
    fn what_is_nearly_json_is_read_and_noted() {
        let good = br#"{"a": "NaN \" NaN", "b": 1}"#;
        assert_eq!(read_noted(good), (Ok(json!({ "a": "NaN \" NaN", "b": 1 })), 0));
        for (nearly, expected) in [
            (&br#"{"snr": NaN, "a": "x\" NaN"}"#[..], json!({ "snr": "NaN", "a": "x\" NaN" })),
            (&br#"[-Infinity, Infinity,-NaN]"#[..], json!(["-Infinity", "Infinity", "-NaN"])),
            (&b"{\"name\": \"Z\xE4hler\"}"[..], json!({ "name": "Z\u{FFFD}hler" })),
            (&b"\xEF\xBB\xBF{}"[..], json!({})),
            (&b"{\"name\": \"a\nb\tc\\\\\"}"[..], json!({ "name": "a b c\\" })),
        ] {
            assert_eq!(read_noted(nearly), (Ok(expected), 1));
        }
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for none in [&b""[..], b"{", b"nonsense", b"{\"a\": NaN", b"[1,]", b"\x00"] {
            let (read, noted) = read_noted(none);
            assert!(read.unwrap_err().contains("JSON"));
            assert_eq!(noted, 0);
        }
    }
}
