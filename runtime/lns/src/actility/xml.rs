//! XML of ThingPark as the JSON that it would be.
//!
//! The tunnel interface hands reports over as XML where an application asks for it, as those of Objenious and
//! other networks on ThingPark do: an element for each member, and one after another of the same name for a
//! list. An element without content tells nothing. Attributes, namespaces, comments and document types are
//! passed over; no entity is ever looked up.

use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesRef, Event},
};
use serde_json::{Map, Value as Json};

use crate::{Fault, Unreadable, unread::Unread};

/// Most elements within each other: reports have four.
const DEPTH: usize = 16;

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// An element that is open.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    members: Map<String, Json>,
}

/// Whether a body is XML, as its first letter says.
pub(super) fn is_xml(body: &[u8]) -> bool {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'<')
}

/// Reads XML into an object whose only member is the root element.
pub(super) fn read(body: &[u8], unread: &Unread) -> Result<Json, Unreadable> {
    let text = String::from_utf8_lossy(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body));
    if matches!(text, std::borrow::Cow::Owned(_)) {
        // A name in the encoding of some machine.
        unread.note(not_xml("it is no UTF-8"));
    }
    let mut reader = Reader::from_str(&text);
    let (mut open, mut read) = (Vec::<Element>::new(), Map::new());
    loop {
        match reader.read_event().map_err(not_xml)? {
            Event::Start(start) => {
                if open.len() == DEPTH {
                    return Err(not_xml("its elements are nested too deeply"));
                }
                let name = start.local_name().as_ref().to_owned();
                open.push(Element { name, ..Element::default() });
            }
            Event::Empty(start) => {
                let members = open.last_mut().map_or(&mut read, |parent| &mut parent.members);
                add(members, start.local_name().as_ref().to_owned(), Json::Null);
            }
            Event::End(_) => {
                let Some(closed) = open.pop() else { continue };
                let members = open.last_mut().map_or(&mut read, |parent| &mut parent.members);
                let (name, value) = closed.into_member();
                add(members, name, value);
            }
            Event::Text(text) => push(&mut open, &text),
            Event::CData(text) => push(&mut open, &text),
            Event::GeneralRef(reference) => push(&mut open, &resolved(&reference)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof => break,
        }
    }
    if let Some(Element { name, .. }) = open.pop() {
        return Err(not_xml(format_args!("the element {name} does not end")));
    }
    if read.len() != 1 {
        return Err(not_xml("it has no root element, or several"));
    }
    Ok(Json::Object(read))
}

impl Element {
    /// The name and value of an element that ends: an object where it has elements, else a text.
    fn into_member(self) -> (String, Json) {
        let text = self.text.trim();
        let value = match (self.members.is_empty(), text.is_empty()) {
            (false, _) => Json::Object(self.members),
            (true, false) => Json::String(text.to_owned()),
            (true, true) => Json::Null,
        };
        (self.name, value)
    }
}

/// Adds a member, to those of the same name where there are any.
fn add(members: &mut Map<String, Json>, name: String, value: Json) {
    match members.get_mut(&name) {
        None => drop(members.insert(name, value)),
        Some(Json::Array(list)) => list.push(value),
        Some(first) => {
            let taken = first.take();
            *first = Json::Array(vec![taken, value]);
        }
    }
}

/// Adds text to the element that is open. Outside of the root element are line breaks alone.
fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The character that a reference stands for; as it stands there, where it stands for none.
fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    match resolve_predefined_entity(reference) {
        Some(text) => text.to_owned(),
        None => format!("&{};", &**reference),
    }
}

fn not_xml(why: impl std::fmt::Display) -> Unreadable {
    Unreadable::new("", Fault::NotXml(why.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(text: &str) -> Result<Json, String> {
        let unread = Unread::default();
        read(text.as_bytes(), &unread).map_err(|error| error.to_string())
    }

    #[test]
    fn elements_become_members() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
            <!-- a report -->
            <l:R xmlns:l="http://uri.actility.com/lora" a="b">
              <A> 1 </A> // as the documentation shows it
              <B/><C></C>
              <D>x &amp; &#233; &unknown;</D><E><![CDATA[{"a": 1}]]></E>
              <L><K>1</K><K>2</K><K/></L>
            </l:R>"#;
        let expected = json!({ "R": {
            "A": "1", "B": null, "C": null, "D": "x & é &unknown;", "E": "{\"a\": 1}",
            "L": { "K": ["1", "2", null] },
        }});
        assert_eq!(said(text), Ok(expected));
        assert_eq!(said("\u{FEFF}<R/>"), Ok(json!({ "R": null })));
    }

    #[test]
    fn what_is_no_xml_is_called_that() {
        let deep = format!("{}1{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
        for text in ["<", "<a", "<a>", "<a></b>", "<a><b></a>", "<!-- -->", "<a/><b/>", &deep] {
            let error = said(text).unwrap_err();
            assert!(
                error.starts_with("the message: it cannot be read as XML: "),
                "{text}: {error}"
            );
            assert!(error.len() < 200, "{error}");
        }
    }

    /// No entity is expanded, so none can grow.
    #[test]
    fn entities_of_the_document_stand_for_nothing() {
        let text = "<!DOCTYPE a [<!ENTITY e \"x\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>\
                    <a>&e;&f;</a>";
        assert_eq!(said(text), Ok(json!({ "a": "&e;&f;" })));
    }

    #[test]
    fn a_name_in_another_encoding_is_noted() {
        let unread = Unread::default();
        let read = read(b"<a>Z\xE4hler</a>", &unread).unwrap();
        assert_eq!(read, json!({ "a": "Z\u{FFFD}hler" }));
        assert_eq!(unread.into_members().len(), 1);
    }
}
