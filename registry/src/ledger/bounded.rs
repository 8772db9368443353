//! Bounds of an entry of the audit: long texts become their beginning and a digest, and queries of addresses,
//! which may hold secrets, are hidden.

use std::borrow::Cow;

use champollion_sandbox::Digest;
use serde_json::{Value as Json, json};

use super::audit::AuditEntry;

/// Longest name, address or subject in bytes: a sentence.
const TEXT_BYTES: usize = 256;

/// Longest details in bytes of JSON: what a person reads of one act.
const DETAILS_BYTES: usize = 2_048;

/// Longest member of details that are too long in bytes of JSON; longer ones become their digests.
const MEMBER_BYTES: usize = 256;

/// The words in the place of what is not shown.
const HIDDEN: &str = "(hidden)";

impl AuditEntry {
    /// The entry as it is written: its line has some kilobytes at most, whatever was done.
    pub(crate) fn bounded(mut self) -> Self {
        self.by.name = cut(&self.by.name);
        self.by.from = self.by.from.map(|from| cut(&from));
        self.by.request = self.by.request.map(|request| cut(&request));
        self.by.token = self.by.token.map(|token| cut(&token));
        self.action = cut(&self.action);
        self.subject = cut(&without_queries(&self.subject));
        hide_queries(&mut self.details);
        self.details = digested(self.details);
        self
    }
}

/// A text, or its beginning with its size and digest.
fn cut(text: &str) -> String {
    if text.len() <= TEXT_BYTES {
        return text.to_owned();
    }
    let beginning = &text[..text.floor_char_boundary(TEXT_BYTES)];
    format!("{beginning}… ({} bytes, {})", text.len(), Digest::of(text.as_bytes()))
}

/// Details, or their short members with the digests of the others, or the digest of all.
fn digested(details: Json) -> Json {
    if size(&details) <= DETAILS_BYTES {
        return details;
    }
    let Json::Object(members) = details else { return digest(&details) };
    let whole = Json::Object(members.clone());
    let short = members.into_iter().map(|(name, value)| match size(&value) > MEMBER_BYTES {
        true => (cut(&name), digest(&value)),
        false => (cut(&name), value),
    });
    let short = Json::Object(short.collect());
    if size(&short) <= DETAILS_BYTES { short } else { digest(&whole) }
}

fn size(value: &Json) -> usize {
    value.to_string().len()
}

fn digest(value: &Json) -> Json {
    let text = value.to_string();
    json!({ "bytes": text.len(), "digest": Digest::of(text.as_bytes()) })
}

fn hide_queries(value: &mut Json) {
    match value {
        Json::String(text) => {
            if let Cow::Owned(hidden) = without_queries(text) {
                *text = hidden;
            }
        }
        Json::Array(items) => items.iter_mut().for_each(hide_queries),
        Json::Object(members) => members.values_mut().for_each(hide_queries),
        _ => {}
    }
}

/// A text in which the queries, fragments and passwords of all addresses are hidden.
#[must_use]
pub fn without_queries(text: &str) -> Cow<'_, str> {
    if !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, address) = rest.split_at(at + 3);
        shown.push_str(before);
        let is_end = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '<' | '>');
        let (address, after) = address.split_at(address.find(is_end).unwrap_or(address.len()));
        let (place, query) = match address.find(['?', '#']) {
            Some(at) => (&address[..at], address.len() > at + 1),
            None => (address, false),
        };
        let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
        match authority.rsplit_once('@') {
            Some((_, host)) => shown.extend([HIDDEN, "@", host]),
            None => shown.push_str(authority),
        }
        shown.push_str(path);
        if query {
            shown.extend(["?", HIDDEN]);
        }
        rest = after;
    }
    shown.push_str(rest);
    if shown == text { Cow::Borrowed(text) } else { Cow::Owned(shown) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Actor;

    #[test]
    fn a_line_is_short_whatever_was_done() {
        let long = "é".repeat(40_000);
        let by = Actor {
            name: long.clone(),
            token: Some(long.clone()),
            from: Some(long.clone()),
            request: Some(long.clone()),
        };
        let details = json!({ "group": "water", "devices": vec!["02C4A3FFFE100001"; 3_436] });
        let entry = AuditEntry::new(&by, "route-put", &long).with(details).bounded();
        assert!(serde_json::to_vec(&entry).unwrap().len() < 6_000);
        assert_eq!(entry.details["group"], "water");
        assert!(entry.details["devices"]["digest"].as_str().unwrap().starts_with("sha256:"));
        let many: serde_json::Map<String, Json> =
            (0..1_000).map(|number| (number.to_string(), json!(number))).collect();
        let entry = AuditEntry::new(&by, "x", "y").with(Json::Object(many)).bounded();
        assert!(entry.details["digest"].is_string(), "{}", entry.details);
    }

    #[test]
    fn what_is_short_stays_as_it_is() {
        let by = Actor::named("admin");
        let entry =
            AuditEntry::new(&by, "assign", "02C4A3FFFE100001").with(json!({ "a": [1, "b"] }));
        assert_eq!(entry.clone().bounded(), entry);
    }

    #[test]
    fn queries_and_passwords_of_addresses_are_hidden() {
        for (text, shown) in [
            ("https://x.example/a?token=b", "https://x.example/a?(hidden)"),
            ("https://u:p@x.example/a#b", "https://(hidden)@x.example/a?(hidden)"),
            (
                "at \"http://x/?a\" and s3://y?b c?d",
                "at \"http://x/?(hidden)\" and s3://y?(hidden) c?d",
            ),
            ("https://x.example/a?(x),token=b)", "https://x.example/a?(hidden)"),
            ("https://x.example/a", "https://x.example/a"),
            ("why? because", "why? because"),
        ] {
            assert_eq!(without_queries(text), shown);
        }
        let by = Actor::named("admin");
        let details = json!({ "destination": { "url": "https://x.example/?key=1" } });
        let entry = AuditEntry::new(&by, "route-put", "water/a").with(details).bounded();
        assert_eq!(entry.details["destination"]["url"], "https://x.example/?(hidden)");
    }
}
