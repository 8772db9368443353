//! Mistakes that a message shows beyond the field that cannot be read: another network server's message, another
//! encoding, an envelope around it. An error that names the mistake and its remedy helps more than one that
//! names a field.
//!
//! There is one rule for all network servers, over HTTP and MQTT: it is applied where reading has failed, so
//! it costs nothing where messages are good, and refuses nothing that can be read.

pub(crate) mod encoding;
mod envelope;
mod stranger;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value as Json;

use crate::{Fault, Incoming, Kind, Unreadable, repair, unread::Unread};

pub use envelope::Whose;
pub use stranger::Stranger;

/// A mistake in what is handed over, or in where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mistake {
    /// The body is empty.
    #[error("the body is empty, and JSON is read here")]
    Empty,
    /// The body is XML.
    #[error(
        "this is XML, and JSON is read here: only that of ThingPark is understood, at \
         /v1/ingest/actility"
    )]
    Xml,
    /// The body is a form.
    #[error(
        "this is a form, and JSON is read here: set the body of the webhook to JSON and its content type \
         to application/json"
    )]
    Form,
    /// The body is text in UTF-16.
    #[error(
        "this is text in UTF-16, and UTF-8 is read here: let the network server, or the program in between, \
         write UTF-8 (in XML: encoding=\"UTF-8\")"
    )]
    Utf16,
    /// The body is a SOAP envelope.
    #[error(
        "this is a SOAP envelope, and reports of ThingPark are read without one: hand over the element within \
         its Body alone, such as DevEUI_uplink, as ThingPark does over HTTP"
    )]
    Soap,
    /// The body is no text.
    #[error(
        "these are bytes and no text, such as protobuf or what is compressed: JSON in UTF-8 is \
         read here, so set the encoding to JSON"
    )]
    Bytes,
    /// The message is one of a program that is not served.
    #[error("this is a message of {}: {}", .0.product(), .0.remedy())]
    OfStranger(&'static Stranger),
    /// A message stands within something else.
    #[error("{whose} stands within it, {place}: {remedy}")]
    Within {
        /// The program that the message is of.
        whose: Whose,
        /// The place of the message in the body.
        place: String,
        /// The advice on how to hand it over.
        remedy: String,
    },
}

impl Mistake {
    /// A word for machines.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Empty | Self::Xml | Self::Form | Self::Utf16 | Self::Bytes => "malformed-json",
            Self::Soap | Self::OfStranger(_) | Self::Within { .. } => "other-format",
        }
    }
}

/// The doors that there are, for people who took the wrong one.
#[derive(Clone, Copy, Debug)]
pub struct Doors;

impl fmt::Display for Doors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, kind) in Kind::all().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(formatter, "{comma}{}", kind.path())?;
        }
        formatter.write_str(" (docs/network-servers.md)")
    }
}

/// The error of a message that a kind of network server cannot read, with the mistake named where one shows.
pub(crate) fn explained(kind: Kind, incoming: &Incoming<'_>, error: Unreadable) -> Unreadable {
    let body = encoding::without_mark(incoming.body);
    if body.is_empty() {
        return Unreadable::new("", Fault::Mistaken(Mistake::Empty));
    }
    let Ok(json) = repair::read(body, &Unread::default()) else {
        return of_another_encoding(kind, body, error);
    };
    // Whose the messages are that the settings describe, nobody knows.
    if kind.needs_description() {
        return error;
    }
    of_another(kind, &json).unwrap_or_else(|| {
        if json.is_object() && !kind.recognizes(&json) { error.unlike_all() } else { error }
    })
}

/// The error of a body that is no JSON. An adapter may read other encodings too, and knows their faults best.
fn of_another_encoding(kind: Kind, body: &[u8], error: Unreadable) -> Unreadable {
    let mistaken = |mistake| Unreadable::new("", Fault::Mistaken(mistake));
    if let Some(got) = encoding::owner(body).filter(|&got| got != kind) {
        return Unreadable::new("", Fault::OtherFormat { expected: kind, got });
    }
    let is_read_as_json = matches!(error.fault(), Fault::NotJson(_));
    let is_read_as_protobuf = matches!(error.fault(), Fault::NotProtobuf(_));
    // Much that is no event can be read as protobuf that has none of its members.
    if !is_read_as_json && let Some(stranger) = stranger::of_protobuf(body) {
        return mistaken(Mistake::OfStranger(stranger));
    }
    if error.is_mistaken() {
        return error;
    }
    match encoding::mistake(body) {
        Some(Mistake::Bytes) if !is_read_as_json => error,
        Some(Mistake::Xml) if !is_read_as_json && !is_read_as_protobuf => error,
        Some(mistake) => mistaken(mistake),
        None => error,
    }
}

/// The error of JSON that is another's message, or holds one.
fn of_another(kind: Kind, json: &Json) -> Option<Unreadable> {
    let mistaken = |mistake| Unreadable::new("", Fault::Mistaken(mistake));
    if let Some(stranger) = stranger::certain(json) {
        return Some(mistaken(Mistake::OfStranger(stranger)));
    }
    if kind.recognizes(json) {
        return None;
    }
    if let Some(got) = Kind::recognize(json) {
        return Some(Unreadable::new("", Fault::OtherFormat { expected: kind, got }));
    }
    if let Some(stranger) = stranger::likely(json) {
        return Some(mistaken(Mistake::OfStranger(stranger)));
    }
    envelope::opened(json).map(mistaken)
}
