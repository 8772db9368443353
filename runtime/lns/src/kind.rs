//! The kinds of network servers: the adapters, by their names.

use std::{fmt, ops::Deref, sync::LazyLock};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{EnumAccess, VariantAccess, Visitor},
};
use serde_json::Value as Json;

use crate::{Heard, Incoming, Unreadable, adapter::Adapter, adapters::ADAPTERS, mistake};

/// Starts the paths of all kinds.
const PATH: &str = "/v1/ingest/";

/// The names of all kinds, for errors.
static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| ADAPTERS.iter().map(|adapter| adapter.name()).collect());

/// The kind of a network server: the adapter for the program that it is.
#[derive(Clone, Copy)]
pub struct Kind(&'static dyn Adapter);

impl Kind {
    /// The kind that an adapter is for.
    #[must_use]
    pub const fn of(adapter: &'static dyn Adapter) -> Self {
        Self(adapter)
    }

    /// All kinds, in the order in which they are named to people.
    pub fn all() -> impl Iterator<Item = Self> {
        ADAPTERS.iter().copied().map(Self)
    }

    /// The kind of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name)
    }

    /// The kind that is meant by a name that is none: one of its other names, be it with something behind it, as
    /// in `loriot-io` or `ttn-v3`.
    #[must_use]
    pub fn meant_by(name: &str) -> Option<Self> {
        let name = bare(name);
        let begins = |known: &&str| name.starts_with(&bare(known));
        let known = |kind: Self| {
            let names = [kind.name(), kind.product()].into_iter();
            let names = names.chain(kind.other_names().iter().copied());
            names.filter(begins).map(|known| bare(known).len()).max().map(|length| (length, kind))
        };
        Self::all().filter_map(known).max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
    }

    /// The kind whose message a body over HTTP looks like.
    #[must_use]
    pub fn recognize(json: &Json) -> Option<Self> {
        Self::all().find(|kind| kind.recognizes(json))
    }

    /// Reads a message. Where it cannot be read, and shows another mistake than that of a field, such as that
    /// it is another network server's or XML, the error names the mistake.
    ///
    /// # Errors
    /// [`Unreadable`] names the field that is not what it should be, or the mistake.
    pub fn read(self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        self.0.read(incoming).map_err(|error| mistake::explained(self, incoming, error))
    }

    /// The path over HTTP that an operator gives to the network server.
    #[must_use]
    pub fn path(self) -> String {
        format!("{PATH}{self}")
    }

    /// All paths over HTTP under which its messages come.
    pub fn paths(self) -> impl Iterator<Item = String> {
        let appended = self.appended_paths().iter().map(move |path| format!("{PATH}{self}{path}"));
        std::iter::once(self.path()).chain(appended)
    }
}

/// The letters and digits of a name, in lower case.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

impl Deref for Kind {
    type Target = dyn Adapter;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Kind {}

impl fmt::Debug for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kind({})", self.name())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

// As an enumeration is read, so that an unknown kind is refused in the words of the format.
impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("Kind", &NAMES, KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the kind of a network server")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Kind, A::Error> {
        let (name, variant): (String, _) = data.variant()?;
        variant.unit_variant()?;
        Kind::named(&name).ok_or_else(|| serde::de::Error::unknown_variant(&name, &NAMES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in Kind::all() {
            let written = serde_json::to_string(&kind).unwrap();
            assert_eq!(written, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<Kind>(&written).unwrap(), kind);
        }
        let error = serde_json::from_str::<Kind>("\"sigfox\"").unwrap_err().to_string();
        assert!(error.contains("sigfox") && error.contains("chirpstack"), "{error}");
    }

    #[test]
    fn a_kind_is_found_by_the_names_that_people_have_for_it() {
        for (name, meant) in [
            ("ttn", "tts"),
            ("the-things-stack", "tts"),
            ("TheThingsNetwork", "tts"),
            ("ttn-v3", "tts"),
            ("loriot-io", "loriot"),
            ("thingpark", "actility"),
            ("actility-thingpark", "actility"),
            ("thingpark_x", "actility"),
            ("aws-iot", "aws"),
            ("aws_iot_core_for_lorawan", "aws"),
            ("chirpstack-v4", "chirpstack"),
            ("orange-live-objects", "live-objects"),
            ("liveobjects", "live-objects"),
            ("multi-tech", "multitech"),
            ("phyPayload", "phy"),
        ] {
            let found = Kind::meant_by(name).map(|kind| kind.name());
            assert_eq!(found, Some(meant), "{name}");
        }
        for name in ["", "sigfox", "t", "-", "lora"] {
            assert_eq!(Kind::meant_by(name), None, "{name}");
        }
    }

    #[test]
    fn no_two_kinds_share_a_name() {
        let mut names: Vec<&str> = Kind::all().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ADAPTERS.len());
    }
}
