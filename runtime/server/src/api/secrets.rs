//! Texts of errors without the values of secrets: what was sent in the wrong place is not sent back.

use std::{borrow::Cow, ops::RangeInclusive};

use champollion_registry::ledger::without_queries;

/// The words in the place of what is not shown.
const HIDDEN: &str = "(hidden)";

/// Hexadecimal digits of what may be a key, also one with some digits lost or doubled. A run of so many is hidden
/// wherever it stands; digests are longer, and names of devices shorter.
const KEY_DIGITS: RangeInclusive<usize> = 24..=63;

/// Longest value of a body with secrets that is shown.
const SHOWN_LENGTH: usize = 24;

/// Length from which on a value is a secret where it reads like one.
const SECRET_LENGTH: usize = 16;

/// The beginning of a token, and the length from which on it is more than that.
const TOKEN: (&str, usize) = ("chmp_", 24);

/// Parts of the names of members whose values are never shown.
const SECRET_NAMES: [&str; 8] =
    ["key", "secret", "password", "token", "header", "auth", "certificate", "sign"];

/// A text in which everything is hidden that reads like a key or a token, and the queries of addresses.
pub(super) fn without_keys(text: String) -> String {
    let (prefix, length) = TOKEN;
    let is_key = |word: &str| {
        KEY_DIGITS.contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
            || word.starts_with(prefix) && word.len() > length
    };
    let text = match without_queries(&text) {
        Cow::Owned(shown) => shown,
        Cow::Borrowed(_) => text,
    };
    if !words(&text).any(is_key) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.as_str();
    for word in words(&text).filter(|word| is_key(word)) {
        let Some((before, after)) = rest.split_once(word) else { continue };
        shown.extend([before, HIDDEN]);
        rest = after;
    }
    shown + rest
}

/// The runs of letters that keys and tokens are made of.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.split(move |letter: char| !is_part(letter))
}

/// The error of a body that holds secrets, without the values that may be secrets: those of members that are
/// secret, texts where no text belongs, and all that is long or reads like a key. A word that a person has
/// misspelt is shown.
pub(super) fn without_values(path: &str, message: &str) -> String {
    let path = path.to_ascii_lowercase();
    let is_secret_member = SECRET_NAMES.iter().any(|name| path.contains(name));
    let mut shown = String::with_capacity(message.len());
    let mut rest = message;
    // serde quotes what it met in double quotes or backticks; after `expected` stand only our own words.
    while let Some(at) = rest.find(['"', '`']) {
        let (before, quoted) = rest.split_at(at);
        shown.push_str(before);
        if before.contains("expected ") {
            return shown + quoted;
        }
        let (value, after) = quoted.split_at(length_of_quoted(quoted));
        let inner = value.trim_matches(['"', '`']);
        let is_name = before.ends_with("field ");
        let is_hidden = is_secret_member && !is_name || before.ends_with("invalid type: string ");
        let is_shown = !is_hidden && is_harmless(inner);
        shown.push_str(if is_shown { value } else { HIDDEN });
        rest = after;
    }
    shown + rest
}

/// The bytes of a quoted text with both quotes; an escaped quote does not end it, and one without an end goes
/// on to the end of all.
fn length_of_quoted(text: &str) -> usize {
    let mut letters = text.char_indices();
    let Some((_, quote)) = letters.next() else { return 0 };
    let mut is_escaped = false;
    for (at, letter) in letters {
        match letter {
            '\\' if quote == '"' && !is_escaped => is_escaped = true,
            _ if letter == quote && !is_escaped => return at + letter.len_utf8(),
            _ => is_escaped = false,
        }
    }
    text.len()
}

/// The path of a member without names that may be secrets.
pub(super) fn without_odd_names(path: &str) -> Cow<'_, str> {
    let is_shown = |segment: &str| is_harmless(segment.split('[').next().unwrap_or_default());
    if path.split('.').all(is_shown) {
        return Cow::Borrowed(path);
    }
    let shown: Vec<&str> =
        path.split('.').map(|segment| if is_shown(segment) { segment } else { HIDDEN }).collect();
    Cow::Owned(shown.join("."))
}

/// Whether a text is short and does not read like a key: neither many hexadecimal digits, nor letters and digits
/// or both cases mixed without the form of a name.
fn is_harmless(text: &str) -> bool {
    if text.len() > SHOWN_LENGTH {
        return false;
    }
    let bare: String = text.chars().filter(|letter| !matches!(letter, ':' | '-' | ' ')).collect();
    if bare.len() < SECRET_LENGTH {
        return true;
    }
    let all = |is: fn(char) -> bool| text.chars().all(is);
    let any = |is: fn(char) -> bool| text.chars().any(is);
    let is_digits = bare.chars().all(|letter| letter.is_ascii_hexdigit());
    let is_plain_word = all(|letter| letter.is_ascii_alphabetic() || letter == '_');
    let is_name = any(|letter| matches!(letter, '-' | '/' | '.' | ' '))
        && !any(|letter| letter.is_ascii_uppercase());
    !is_digits && (is_plain_word || is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899AABBCCDDEEFF";

    #[test]
    fn a_key_is_not_repeated_wherever_it_stands() {
        for text in [
            format!("\"{KEY}\" is no DevEUI: it has 32 digits"),
            format!("{KEY} and {KEY}"),
            format!("chmp_admin_{KEY}"),
        ] {
            let shown = without_keys(text);
            assert!(!shown.contains(KEY) && shown.contains(HIDDEN), "{shown}");
        }
        let digest = format!("sha256:{KEY}{KEY} of 02C4A3FFFE100001, chmp_lns_");
        assert_eq!(without_keys(digest.clone()), digest);
    }

    #[test]
    fn an_error_of_serde_names_no_secret() {
        for (path, message, shown) in [
            (
                "to.http.url",
                "invalid type: string \"Bearer \\\" `x`, expected more\", expected a map at line 1",
                "invalid type: string (hidden), expected a map at line 1",
            ),
            (
                "to.http.headers.a",
                "invalid type: integer `17`, expected a string",
                "invalid type: integer (hidden), expected a string",
            ),
            (
                "a",
                "invalid type: integer `17`, expected `b`",
                "invalid type: integer `17`, expected `b`",
            ),
            (
                "a",
                "unknown field `apKey`, expected `appKey`",
                "unknown field `apKey`, expected `appKey`",
            ),
            ("a", "unknown field `ZmFsc2Ugc2VjcmV0IQ0`", "unknown field (hidden)"),
            (
                "a",
                "unknown variant `ota`, expected `otaa`",
                "unknown variant `ota`, expected `otaa`",
            ),
            ("a.appKey", "missing field `group` at line 1", "missing field `group` at line 1"),
            (
                "a.appKey",
                "\"abc\" is no key: it has 3 digits",
                "(hidden) is no key: it has 3 digits",
            ),
            ("a.devAddr", "\"00112233 44556677\" is none", "(hidden) is none"),
            ("decoder", "\"axioma/qalcosonic-w1\" is none", "\"axioma/qalcosonic-w1\" is none"),
        ] {
            assert_eq!(without_values(path, message), shown);
        }
    }

    #[test]
    fn a_path_names_no_odd_member() {
        assert_eq!(without_odd_names("to.headers[0].name"), "to.headers[0].name");
        assert_eq!(without_odd_names(&format!("keys.{KEY}")), "keys.(hidden)");
    }
}
