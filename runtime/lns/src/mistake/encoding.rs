//! Bodies that are no JSON: what they look like. What a header declares is not looked at, since many clients
//! declare a form whatever they send.

use serde_json::Value as Json;

use crate::Kind;

use super::Mistake;

/// The mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Returns the body without the mark of UTF-8 and the blanks around.
#[must_use]
pub fn without_mark(body: &[u8]) -> &[u8] {
    let body = body.trim_ascii();
    body.strip_prefix(MARK).unwrap_or(body).trim_ascii()
}

/// Whether a body is text in UTF-16: by its mark, or by the zero beside its first letter.
fn is_utf_16(body: &[u8]) -> bool {
    let is_first = |byte: u8| matches!(byte, b'<' | b'{' | b'[' | b'"');
    match *body {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        [first, 0, ..] | [0, first, ..] => is_first(first),
        _ => false,
    }
}

/// Whether XML is a SOAP envelope, as the name of its root says.
pub(crate) fn is_soap(json: &Json) -> bool {
    json.get("Envelope").is_some()
}

/// The kind of network server that a body belongs to which is no JSON.
pub(super) fn owner(body: &[u8]) -> Option<Kind> {
    let text = std::str::from_utf8(body).ok()?;
    Kind::all().find(|kind| kind.recognizes_text(text))
}

/// The encoding that was taken by mistake.
pub(super) fn mistake(body: &[u8]) -> Option<Mistake> {
    let is_no_text =
        |text: &str| text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'));
    if is_utf_16(body) {
        return Some(Mistake::Utf16);
    }
    match std::str::from_utf8(body) {
        Err(_) => Some(Mistake::Bytes),
        Ok(text) if is_no_text(text) => Some(Mistake::Bytes),
        Ok(text) if text.starts_with('<') => Some(Mistake::Xml),
        Ok(text) if is_form(text) => Some(Mistake::Form),
        Ok(_) => None,
    }
}

/// Whether a text is a form: its parts between boundaries, or names and values.
fn is_form(text: &str) -> bool {
    if text.starts_with("--") {
        return text.to_ascii_lowercase().contains("content-disposition");
    }
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || "_-.+%[]".contains(c);
    text.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_of_a_name))
}
