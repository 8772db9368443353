//! In which shape a recipient gets a record.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The shape of a record as a recipient gets it. Metadata of the network is in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The payload as it came, without what a decoder read.
    Raw,
    /// The reading, without the payload; of a frame that is not decoded the reason why.
    Decoded,
    /// The reading and the payload.
    #[default]
    Both,
}

/// The members of a record that are of the decoder.
const DECODED_MEMBERS: [&str; 3] = ["decoder", "decoded", "decodeError"];

impl Shape {
    /// A stored record in this shape.
    ///
    /// # Errors
    /// It is no JSON object.
    pub fn of<'json>(self, json: &'json str) -> Result<Cow<'json, str>, serde_json::Error> {
        match self {
            Self::Both => Ok(Cow::Borrowed(json)),
            Self::Raw => without(json, &|name| DECODED_MEMBERS.contains(&name)).map(Cow::Owned),
            Self::Decoded => {
                let members: Members<'_> = serde_json::from_str(json)?;
                let uplink = members.0.iter().find(|(name, _)| *name == "uplink");
                let Some((_, uplink)) = uplink else { return Ok(Cow::Borrowed(json)) };
                let shorter = without(uplink.get(), &|name| name == "payload")?;
                let written = write(members.0.iter().map(|&(name, value)| {
                    (name, if name == "uplink" { shorter.as_str() } else { value.get() })
                }));
                Ok(Cow::Owned(written))
            }
        }
    }
}

/// An object without some of its members; the others stay as they are written.
fn without(json: &str, dropped: &dyn Fn(&str) -> bool) -> Result<String, serde_json::Error> {
    let members: Members<'_> = serde_json::from_str(json)?;
    Ok(write(
        members
            .0
            .iter()
            .filter(|(name, _)| !dropped(name))
            .map(|&(name, value)| (name, value.get())),
    ))
}

pub(super) fn write<'json>(members: impl Iterator<Item = (&'json str, &'json str)>) -> String {
    let mut written = String::from("{");
    for (name, value) in members {
        if written.len() > 1 {
            written.push(',');
        }
        // Records' own member names, of letters alone.
        written.push('"');
        written.push_str(name);
        written.push_str("\":");
        written.push_str(value);
    }
    written.push('}');
    written
}

/// The members of an object in their order.
pub(super) struct Members<'json>(pub(super) Vec<(&'json str, &'json RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"id":"a","uplink":{"fCnt":7,"payload":"0102","fPort":5},"radio":{"snrDb":1.50},"decoder":{"id":"x/y"},"decoded":{"data":{"payload":1}}}"#;

    #[test]
    fn a_shape_leaves_out_what_the_recipient_does_not_want() {
        assert_eq!(Shape::Both.of(RECORD).unwrap(), RECORD);
        assert_eq!(
            Shape::Raw.of(RECORD).unwrap(),
            r#"{"id":"a","uplink":{"fCnt":7,"payload":"0102","fPort":5},"radio":{"snrDb":1.50}}"#
        );
        assert_eq!(
            Shape::Decoded.of(RECORD).unwrap(),
            r#"{"id":"a","uplink":{"fCnt":7,"fPort":5},"radio":{"snrDb":1.50},"decoder":{"id":"x/y"},"decoded":{"data":{"payload":1}}}"#
        );
        assert!(Shape::Raw.of("[]").is_err());
    }
}
