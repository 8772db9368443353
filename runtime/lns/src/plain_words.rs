//! Errors of serde in plain words: what it says that it expects names types of this program, which nobody outside
//! knows.

use std::borrow::Cow;

/// Starts the expectation at the end of an error of serde.
const EXPECTED: &str = ", expected ";

/// The error of a type that may be written in several forms.
const NO_VARIANT: &str = "data did not match any variant of untagged enum ";

/// The beginning of an error about a list that stands in the place of an object.
const WRONG_LENGTH: &str = "invalid length ";

/// Expectations of serde, and the same in plain words. Those that end in a blank are followed by a name.
const WORDS: [(&str, &str); 30] = [
    ("struct variant ", "an object"),
    ("tuple variant ", "a list"),
    ("newtype variant ", "a value with its kind as the name"),
    ("unit variant ", "a word alone"),
    ("newtype variant", "an object whose only member is the kind"),
    ("struct variant", "an object whose only member is the kind"),
    ("tuple variant", "an object whose only member is the kind"),
    ("unit variant", "a word alone"),
    ("variant of enum ", "one of the kinds that there are"),
    ("variant identifier", "the name of a kind"),
    ("field identifier", "the name of a member"),
    ("internally tagged enum ", "an object that says its kind"),
    ("adjacently tagged enum ", "an object that says its kind"),
    ("enum ", "a word, or an object whose only member is the kind"),
    ("tuple struct ", "a list"),
    ("unit struct ", "null"),
    ("newtype struct ", "a value"),
    ("struct ", "an object"),
    ("u8", "a whole number from 0 to 255"),
    ("u16", "a whole number from 0 to 65535"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number from 0 on"),
    ("usize", "a whole number from 0 on"),
    ("i8", "a whole number from -128 to 127"),
    ("i16", "a whole number from -32768 to 32767"),
    ("i32", "a whole number from -2147483648 to 2147483647"),
    ("i64", "a whole number"),
    ("isize", "a whole number"),
    ("f32", "a number"),
    ("f64", "a number"),
];

/// Returns a text in which errors of serde name no type of this program.
#[must_use]
pub fn in_plain_words(text: &str) -> Cow<'_, str> {
    if !text.contains(EXPECTED) && !text.contains(NO_VARIANT) {
        return Cow::Borrowed(text);
    }
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(EXPECTED) {
        let (before, after) = rest.split_at(at);
        let after = &after[EXPECTED.len()..];
        let is_nonzero = after.starts_with("a nonzero ");
        let expectation = if is_nonzero { &after["a nonzero ".len()..] } else { after };
        let Some((words, behind)) = plain(expectation) else {
            said.extend([before, EXPECTED]);
            rest = after;
            continue;
        };
        said.push_str(&of_an_object(before, words));
        said.extend([EXPECTED, words, if is_nonzero { ", and not 0" } else { "" }]);
        rest = behind;
    }
    said.push_str(rest);
    if let Some((before, name)) = said.split_once(NO_VARIANT) {
        let behind = without_name(name);
        said = format!("{before}it has none of the forms that it may have{behind}");
    }
    Cow::Owned(said)
}

/// An expectation in plain words, and the text behind it; nothing where it is said plainly already.
fn plain(expectation: &str) -> Option<(&'static str, &str)> {
    WORDS.iter().find_map(|(expected, words)| {
        let behind = expectation.strip_prefix(expected)?;
        if expected.ends_with(' ') {
            return Some((*words, without_count(without_name(behind))));
        }
        let ends = !behind.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        ends.then_some((*words, behind))
    })
}

/// The text behind the name of a type, or of a variant of one.
fn without_name(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '<' | '>'))
}

/// The text behind ` with 3 elements`.
fn without_count(text: &str) -> &str {
    let counted = || {
        let count = text.strip_prefix(" with ")?;
        let behind =
            count.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(" element")?;
        Some(behind.strip_prefix('s').unwrap_or(behind))
    };
    counted().unwrap_or(text)
}

/// The text before an expectation; where an object is expected, serde tells of a list its length, since it may stand for
/// one.
fn of_an_object<'said>(before: &'said str, words: &str) -> Cow<'said, str> {
    let met = before.rfind(WRONG_LENGTH).filter(|_| words == "an object");
    match met {
        Some(at) => Cow::Owned(format!("{}invalid type: sequence", &before[..at])),
        None => Cow::Borrowed(before),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, de::DeserializeOwned};

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "what is read does not matter")]
    struct Inner {
        small: u8,
        real: f32,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "what is read does not matter")]
    enum Kind {
        Plain,
        Tuple(u8, u8),
        Struct { a: u16 },
    }

    #[derive(Debug, Deserialize)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "what is read does not matter")]
    enum Tagged {
        One { a: u64 },
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "what is read does not matter")]
    enum Untagged {
        Number(i32),
        Inner(Inner),
    }

    #[track_caller]
    fn said<T: DeserializeOwned>(json: &str) -> String {
        let Err(error) = serde_json::from_str::<T>(json) else { panic!("{json} is read") };
        let said = in_plain_words(&error.to_string()).into_owned();
        for name in ["struct", "Inner", "Kind", "Tagged", "tagged", "enum ", "u8", "u16", "f32"] {
            assert!(!said.contains(name), "{json}: {said}");
        }
        said
    }

    #[test]
    fn no_type_of_this_program_is_named() {
        let object = "invalid type: string \"a\", expected an object at line 1 column 3";
        assert_eq!(said::<Inner>("\"a\""), object);
        let list = "invalid type: sequence, expected an object at line 1 column 2";
        assert_eq!(said::<Inner>("[]"), list);
        assert!(said::<Inner>("[1]").starts_with("invalid type: sequence, expected an object at "));
        assert!(
            said::<Inner>(r#"{"small":300}"#)
                .contains("`300`, expected a whole number from 0 to 255 at")
        );
        assert!(said::<Inner>(r#"{"real":"x"}"#).contains("expected a number at"));
        assert!(said::<Untagged>("{}").starts_with("it has none of the forms that it may have"));
        assert!(said::<Tagged>("7").contains("expected an object that says its kind"));
        for json in [
            "7",
            "[]",
            "null",
            r#"{"Tuple":7}"#,
            r#"{"Tuple":[1]}"#,
            r#"{"Struct":[]}"#,
            r#"{"Plain":7}"#,
        ] {
            said::<Kind>(json);
        }
        assert!(
            said::<std::num::NonZeroU32>("0")
                .contains("a whole number from 0 to 4294967295, and not 0")
        );
    }

    #[test]
    fn the_rest_stays() {
        for text in [
            "missing field `a` at line 1 column 2",
            "invalid type: map, expected a string",
            "the codec says: struct Foo, u8",
            "invalid type: map, expected u8x",
            ", expected ",
            "",
        ] {
            assert_eq!(in_plain_words(text), text);
        }
        let two = "a: invalid type: map, expected u8; b: invalid type: map, expected struct B";
        let plain = "a: invalid type: map, expected a whole number from 0 to 255; b: invalid type: map, expected an object";
        assert_eq!(in_plain_words(two), plain);
    }
}
