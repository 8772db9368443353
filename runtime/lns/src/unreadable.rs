//! Errors in messages of network servers.

use std::fmt;

use crate::{Doors, Kind, Mistake};

/// The path of an error that is about the whole message.
const ROOT: &str = ".";

/// A message that cannot be read: which field, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    path: String,
    fault: Fault,
    /// Whether the message looks like one of no network server that is known.
    is_unlike_all: bool,
}

/// A fault of a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The message is no JSON.
    #[error("it cannot be read as JSON: {0}")]
    NotJson(String),
    /// The message is no XML.
    #[error("it cannot be read as XML: {0}")]
    NotXml(String),
    /// The message is no protobuf.
    #[error("it cannot be read as protobuf: {0}")]
    NotProtobuf(String),
    /// It is not there, and nothing can stand in its place.
    #[error("it is missing")]
    Missing,
    /// It is something else.
    #[error("it must be {expected}, and is {got}")]
    WrongType {
        /// The type that the field must have.
        expected: &'static str,
        /// The type that the field has.
        got: &'static str,
    },
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is of the right type, and means nothing.
    #[error("{0}")]
    Invalid(String),
    /// There is more of it than a frame can have.
    #[error("it has {got} {unit}, and {limit} are the limit")]
    TooLarge {
        /// The size of the field.
        got: usize,
        /// The largest size that the field may have.
        limit: usize,
        /// The unit of both sizes.
        unit: &'static str,
    },
    /// The field that a setting points to is absent, or is not as it should be.
    #[error("{fault}: {}", pointed_to(setting, fault))]
    PointedTo {
        /// The setting that points to the field.
        setting: &'static str,
        /// The fault of the field.
        fault: Box<Fault>,
    },
    /// The message is another network server's.
    #[error("it is no message of {}: it looks like one of {}, which belongs to /v1/ingest/{}", expected.product(), got.product(), got.name())]
    OtherFormat {
        /// The network server whose message it should be.
        expected: Kind,
        /// The network server whose message it looks like.
        got: Kind,
    },
    /// The message shows a mistake that is not one of a field.
    #[error("{0}")]
    Mistaken(Mistake),
}

impl Unreadable {
    /// A field, by its path from the message's beginning, and what is wrong with it. An empty path is
    /// the whole message.
    pub(crate) fn new(path: &str, fault: Fault) -> Self {
        let path = if path.is_empty() { ROOT } else { path };
        Self { path: path.to_owned(), fault, is_unlike_all: false }
    }

    /// The same of a field that a setting of the network server's description points to.
    pub(crate) fn pointed_to_by(self, setting: &'static str) -> Self {
        let fault = Fault::PointedTo { setting, fault: Box::new(self.fault) };
        Self { fault, ..self }
    }

    /// The same of a message that looks like one of no network server: the error lists the doors.
    pub(crate) fn unlike_all(self) -> Self {
        Self { is_unlike_all: true, ..self }
    }

    /// The same of a message that stands at a path of a larger one.
    pub(crate) fn within(self, place: &str) -> Self {
        let path = match self.path.as_str() {
            ROOT => place.to_owned(),
            path => format!("{place}.{path}"),
        };
        Self { path, ..self }
    }

    /// The path of the field: `rxInfo[0].rssi`; `.` for the whole message.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path without the numbers of elements, as in `rxInfo[].rssi`: the same for all messages of a kind.
    #[must_use]
    pub fn member(&self) -> String {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let parts = self.path.split_inclusive(['[', ']', '.', '/']);
        let (mut member, mut last) = (String::new(), ' ');
        for part in parts {
            let name = part.trim_end_matches(['[', ']', '.', '/']);
            let is_index = is_number(name) && matches!(last, '[' | '/');
            member.push_str(if is_index { &part[name.len()..] } else { part });
            last = part.chars().next_back().unwrap_or(' ');
        }
        member
    }

    /// The fault of the field.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Whether the error names a mistake beyond a field: nothing more can be said of the message.
    #[must_use]
    pub fn is_mistaken(&self) -> bool {
        matches!(self.fault, Fault::OtherFormat { .. } | Fault::Mistaken(_))
    }

    /// The advice to take another door, where the message looks like one of no network server.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        self.is_unlike_all
            .then(|| format!("it looks like no message that is known; the doors are {Doors}"))
    }

    /// A word for machines. It does not change between releases.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &self.fault {
            Fault::NotJson(_) => "malformed-json",
            Fault::NotProtobuf(_) => "malformed-protobuf",
            Fault::NotXml(_) => "malformed-xml",
            Fault::OtherFormat { .. } => "other-format",
            Fault::Mistaken(mistake) => mistake.code(),
            _ => "invalid-body",
        }
    }
}

/// Returns the advice about a field that a setting points to.
fn pointed_to(setting: &str, fault: &Fault) -> String {
    let points = format!("json.{setting} of the network server in the settings points there");
    if *fault == Fault::Missing {
        format!(
            "{points}; correct it, or let json.messages say which messages are uplinks and which are not"
        )
    } else {
        format!("{points}; correct it where that is something else")
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path == ROOT {
            write!(formatter, "the message: {}", self.fault)?;
        } else {
            write!(formatter, "{}: {}", self.path, self.fault)?;
        }
        match self.advice() {
            Some(advice) => write!(formatter, "; {advice}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Unreadable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_has_no_numbers_of_elements() {
        for (path, member) in [
            ("rxInfo[12].rssi", "rxInfo[].rssi"),
            ("a.b", "a.b"),
            ("/radio/gateways/3", "/radio/gateways/"),
            ("f.5", "f.5"),
            ("", "."),
        ] {
            assert_eq!(Unreadable::new(path, Fault::Missing).member(), member);
        }
    }
}
