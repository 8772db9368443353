//! Test vectors: what goes into a decoder and what must come out, as JSON.
//!
//! ```json
//! [{
//!   "name": "hourly telegram",
//!   "source": "maker's document, page 4",
//!   "uplink": { "fPort": 100, "payload": "0A1B", "receivedAt": "2024-05-01T10:00:00Z" },
//!   "expect": {
//!     "reading": {
//!       "data": { "volume": 1.5 },
//!       "measurements": [{ "quantity": "water.volume", "value": 1.5 }]
//!     }
//!   }
//! }]
//! ```
//!
//! Instead of an `uplink` there may be a `command` (expecting a `downlink`), a `downlink` (expecting
//! a `reading`), or of a derived decoder a `reading` (expecting a `reading`), and any of them may expect a `failure`
//! instead. All that comes out must be expected:
//! only a measurement's `unit` and `span` and a failure's `message` and `span` may be left out.

use std::fmt;

use data_encoding::{HEXLOWER_PERMISSIVE, HEXUPPER};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;
#[cfg(feature = "openapi")]
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// The kinds of failures as `wit/v1` names them.
pub(crate) const FAILURE_KINDS: [&str; 8] = [
    "unknown-port",
    "unknown-message",
    "too-short",
    "too-long",
    "invalid-value",
    "invalid-command",
    "missing-variable",
    "unsupported",
];

/// One case: an input and what must come of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct Vector {
    /// A short description of the case, unique within its decoder.
    pub name: String,
    /// Where the payload comes from: a document of the maker, a frame from the field.
    pub source: Option<String>,
    /// The input of the decoder.
    pub input: Input,
    /// The result that must come out: an object with the one key `reading`, `downlink` or `failure`.
    pub expect: Json,
}

/// An input of a decoder, for one of its three functions, or of a derived decoder.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// An uplink, for `decode-uplink`.
    Uplink(UplinkInput),
    /// A command, for `encode-downlink`.
    Command(CommandInput),
    /// A downlink, for `decode-downlink`.
    Downlink(DownlinkInput),
    /// A reading, for a derived decoder.
    Reading(ReadingInput),
}

/// An uplink as a vector writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UplinkInput {
    /// FPort, 1 to 255.
    pub f_port: u8,
    /// FRMPayload as hexadecimal digits; blanks between them are allowed, and `0x` before them.
    pub payload: Hex,
    /// Uplink frame counter; 0 when left out.
    #[serde(default)]
    pub f_cnt: u32,
    /// RFC 3339; 1970-01-01T00:00:00Z when left out.
    #[serde(default)]
    pub received_at: Timestamp,
    /// The variables that the operator has set on the device.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, Setting>,
    /// The state that the decoder returned for the device's previous frame.
    #[serde(default, skip_serializing_if = "Hex::is_empty")]
    pub state: Hex,
}

/// A command as a vector writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CommandInput {
    /// The command, in the maker's own words.
    #[cfg_attr(feature = "openapi", schema(value_type = Value))]
    pub data: Json,
    /// RFC 3339; 1970-01-01T00:00:00Z when left out.
    #[serde(default)]
    pub issued_at: Timestamp,
    /// The variables that the operator has set on the device.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, Setting>,
}

/// A downlink that was sent, as a vector writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DownlinkInput {
    /// FPort, 1 to 255.
    pub f_port: u8,
    /// FRMPayload as hexadecimal digits; blanks between them are allowed, and `0x` before them.
    pub payload: Hex,
    /// RFC 3339; 1970-01-01T00:00:00Z when left out.
    #[serde(default)]
    pub sent_at: Timestamp,
    /// The variables that the operator has set on the device.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, Setting>,
}

/// A reading as a vector of a derived decoder writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadingInput {
    /// The measurements of the reading.
    pub measurements: Vec<MeasuredInput>,
    /// RFC 3339; 1970-01-01T00:00:00Z when left out.
    #[serde(default)]
    pub received_at: Timestamp,
    /// The variables that the operator has set on the device.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, Setting>,
    /// The memory of the device's reading before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<RememberedInput>,
}

/// A measurement as a vector of a derived decoder writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MeasuredInput {
    /// A term of the vocabulary, in whose unit the value is.
    pub quantity: String,
    /// The value of the quantity.
    pub value: Setting,
    /// The number among several alike; 0 when left out.
    #[serde(default)]
    pub channel: u16,
    /// The moment that the device tells; that of the reception when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<Timestamp>,
}

/// The memory of a derived decoder as a vector writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RememberedInput {
    /// The moment of the reading that it is of.
    pub at: Timestamp,
    /// The values by their names.
    #[cfg_attr(feature = "openapi", schema(value_type = HashMap<String, Value>))]
    pub values: serde_json::Map<String, Json>,
}

/// The value of a variable as JSON writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged, expecting = "a variable is true, false, a number or a text")]
pub enum Setting {
    /// A truth value, `true` or `false`.
    Boolean(bool),
    /// A number without fraction.
    Integer(i64),
    /// A number, whole or not.
    Number(f64),
    /// A string of any length.
    Text(String),
}

/// Bytes that JSON writes as hexadecimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = r"^\s*(0[xX])?\s*([0-9A-Fa-f]\s*[0-9A-Fa-f]\s*(0[xX])?)*$"))]
pub struct Hex(pub Vec<u8>);

impl Hex {
    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::str::FromStr for Hex {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        // Most are digits alone.
        if let Ok(bytes) = HEXLOWER_PERMISSIVE.decode(text.as_bytes()) {
            return Ok(Self(bytes));
        }
        // Programs write 0x before all bytes, or before each.
        let digits: String = text
            .split_whitespace()
            .map(|word| word.strip_prefix("0x").or(word.strip_prefix("0X")).unwrap_or(word))
            .collect();
        HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map(Self).map_err(|error| HexError {
            position: error.position,
            odd: error.kind == data_encoding::DecodeKind::Length,
        })
    }
}

/// A fault in a text of hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct HexError {
    position: usize,
    odd: bool,
}

impl fmt::Display for HexError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.odd {
            write!(formatter, "a byte takes two hexadecimal digits, and their number is odd")
        } else {
            write!(formatter, "digit {} is not hexadecimal", self.position + 1)
        }
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&HEXUPPER.encode(&self.0))
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A vector as it stands in a file.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
struct Fields {
    /// A short description of the case, unique within its decoder.
    name: String,
    /// The origin of the payload: a document of the maker, a frame from the field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uplink: Option<UplinkInput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<CommandInput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    downlink: Option<DownlinkInput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading: Option<ReadingInput>,
    /// The result that must come out.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::expectation::Expectation))]
    expect: Json,
}

// The members that stand in JSON.
#[cfg(feature = "openapi")]
impl PartialSchema for Vector {
    fn schema() -> RefOr<Schema> {
        Fields::schema()
    }
}

#[cfg(feature = "openapi")]
impl ToSchema for Vector {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Fields::schemas(schemas);
    }
}

impl TryFrom<Fields> for Vector {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        let Fields { name, source, uplink, command, downlink, reading, expect } = fields;
        let inputs = [
            uplink.map(Input::Uplink),
            command.map(Input::Command),
            downlink.map(Input::Downlink),
            reading.map(Input::Reading),
        ];
        let mut inputs = inputs.into_iter().flatten();
        let (Some(input), None) = (inputs.next(), inputs.next()) else {
            return Err(format!(
                "the vector {name:?} must have one of uplink, command and downlink, or of a derived decoder reading"
            ));
        };
        let comes_out = match input {
            Input::Command(_) => "downlink",
            Input::Uplink(_) | Input::Downlink(_) | Input::Reading(_) => "reading",
        };
        let single = expect.as_object().filter(|object| object.len() == 1);
        if !single
            .is_some_and(|object| object.contains_key(comes_out) || object.contains_key("failure"))
        {
            return Err(format!(
                "the vector {name:?} must expect either a {comes_out} or a failure"
            ));
        }
        // What the sandbox itself ends, such as a trap, is nothing that a decoder may promise.
        if let Some(failure) = expect.get("failure") {
            let kind = failure["kind"].as_str().unwrap_or_default();
            if !FAILURE_KINDS.contains(&kind) {
                let kinds = FAILURE_KINDS.join(", ");
                return Err(format!(
                    "the vector {name:?} expects a failure of the kind {kind:?}; the kinds are {kinds}"
                ));
            }
        }
        Ok(Self { name, source, input, expect })
    }
}

impl From<Vector> for Fields {
    fn from(vector: Vector) -> Self {
        let Vector { name, source, input, expect } = vector;
        let (uplink, command, downlink, reading) = (None, None, None, None);
        let mut fields = Self { name, source, uplink, command, downlink, reading, expect };
        match input {
            Input::Uplink(uplink) => fields.uplink = Some(uplink),
            Input::Command(command) => fields.command = Some(command),
            Input::Downlink(downlink) => fields.downlink = Some(downlink),
            Input::Reading(reading) => fields.reading = Some(reading),
        }
        fields
    }
}

/// Reads the text of a `vectors.json`.
pub fn parse(json: &str) -> Result<Vec<Vector>, serde_json::Error> {
    serde_json::from_str(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_one(expect: &str) -> Result<Vec<Vector>, serde_json::Error> {
        parse(&format!(
            r#"[{{"name": "a", "uplink": {{"fPort": 1, "payload": "0A 1b"}}, "expect": {expect}}}]"#
        ))
    }

    #[test]
    fn a_vector_is_read() {
        let vectors = parse_one(r#"{"reading": {"data": {}}}"#).unwrap();
        let Input::Uplink(uplink) = &vectors[0].input else { panic!("it is an uplink") };
        for digits in ["0x0A1B", "0X0a 0x1b", " 0A 0x1B "] {
            assert_eq!(digits.parse::<Hex>(), Ok(Hex(vec![0x0A, 0x1B])), "{digits}");
        }
        assert!("0x".parse::<Hex>().is_ok_and(|bytes| bytes.is_empty()));
        assert!("00x1".parse::<Hex>().is_err());
        assert_eq!(uplink.payload, Hex(vec![0x0A, 0x1B]));
        assert!(parse_one(r#"{"failure": {"kind": "too-short"}}"#).is_ok());
    }

    #[test]
    fn a_vector_expects_what_a_decoder_can_answer() {
        for (expect, wrong) in [
            (r#"{"downlink": {}}"#, "either a reading or a failure"),
            (r#"{"reading": {}, "failure": {}}"#, "either a reading or a failure"),
            (r#"{"failure": {"kind": "trapped"}}"#, "trapped"),
            (r#"{"failure": {}}"#, "the kinds are unknown-port"),
        ] {
            let error = parse_one(expect).unwrap_err().to_string();
            assert!(error.contains(wrong), "{expect}: {error}");
        }
    }
}
