//! Readings and downlinks, the outputs of a decoder.

use std::fmt;

use data_encoding::HEXUPPER;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{Data, Quantity};

/// A reading that a decoder made of a frame, checked against every limit.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reading {
    /// A JSON object, in the maker's own words.
    #[schema(value_type = Object)]
    pub data: Data,
    /// The same in the shared vocabulary.
    pub measurements: Vec<Measurement>,
    /// Warnings to the reader though the frame could be read.
    pub warnings: Vec<String>,
    /// The state for the decoder's call with this device's next uplink; `None` leaves the state as it is.
    #[schema(value_type = Option<String>)]
    #[serde(serialize_with = "optional_hex", skip_serializing_if = "Option::is_none")]
    pub state: Option<Vec<u8>>,
}

/// One value of one quantity at one moment.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Measurement {
    /// A term of the vocabulary, which fixes the unit and the type.
    #[serde(flatten, serialize_with = "quantity_and_unit")]
    #[schema(value_type = QuantityAndUnit)]
    pub quantity: &'static Quantity,
    /// In the unit of the quantity.
    pub value: Value,
    /// The number among several alike inputs or outputs; 0 where there is one.
    #[serde(skip_serializing_if = "is_zero")]
    pub channel: u16,
    /// When the device measured it; `None` where that is when the frame was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<Timestamp>,
    /// The payload bytes that it was read from, where the decoder knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// The quantity of a measurement, and its unit.
#[expect(
    dead_code,
    reason = "it is the schema of these members, which are taken out of the quantity"
)]
#[derive(utoipa::ToSchema)]
struct QuantityAndUnit {
    /// A term of the vocabulary, which fixes unit and type.
    #[schema(example = "water.volume")]
    quantity: String,
    /// The UCUM unit of the quantity; absent where it has none, such as an alarm.
    #[schema(example = "m3")]
    unit: Option<String>,
}

/// A value of the type that its quantity has.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = MeasurementValue)]
pub enum Value {
    /// A truth value, true or false.
    Boolean(bool),
    /// A whole number, of 64 bits with a sign.
    Integer(i64),
    /// A number with a fraction, finite.
    Number(f64),
    /// A text of bounded length.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(boolean) => boolean.fmt(formatter),
            Self::Integer(integer) => integer.fmt(formatter),
            Self::Number(number) => number.fmt(formatter),
            Self::Text(text) => text.fmt(formatter),
        }
    }
}

/// A run of payload bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Span {
    /// Index of the first byte, from 0.
    pub offset: u16,
    /// Number of bytes, at least 1.
    pub length: u16,
}

/// A command as the device expects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EncodedDownlink)]
pub struct Downlink {
    /// FPort, 1 to 223.
    pub f_port: u8,
    /// The FRMPayload in clear.
    #[schema(value_type = String)]
    #[serde(serialize_with = "hex")]
    pub payload: Vec<u8>,
    /// Warnings to the sender though the command could be encoded.
    pub warnings: Vec<String>,
}

/// Why a decoder could not do what it was asked, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error, utoipa::ToSchema)]
#[error("{kind}: {message}")]
pub struct Failure {
    /// The kind of the failure.
    pub kind: FailureKind,
    /// For people: what is wrong, where, and what was expected.
    pub message: String,
    /// The payload bytes that are at fault, where the decoder knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// Kinds of failures; the contract tells them apart in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The device sends nothing that this decoder knows on this port.
    UnknownPort,
    /// A message type, version or field that this decoder does not know.
    UnknownMessage,
    /// The payload ends before the value that was to be read.
    TooShort,
    /// The payload goes on after its last value.
    TooLong,
    /// A value that cannot be.
    InvalidValue,
    /// A command that lacks something, or holds what the device cannot do.
    InvalidCommand,
    /// A variable that the decoder needs and the operator has not set.
    MissingVariable,
    /// This decoder has no such function.
    Unsupported,
}

impl FailureKind {
    /// The word that stands in JSON and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownPort => "unknown-port",
            Self::UnknownMessage => "unknown-message",
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::InvalidValue => "invalid-value",
            Self::InvalidCommand => "invalid-command",
            Self::MissingVariable => "missing-variable",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

fn quantity_and_unit<S: Serializer>(
    quantity: &&'static Quantity,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Term {
        quantity: &'static str,
        #[serde(skip_serializing_if = "str::is_empty")]
        unit: &'static str,
    }
    Term { quantity: quantity.name, unit: quantity.unit }.serialize(serializer)
}

fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&HEXUPPER.encode(bytes))
}

fn optional_hex<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => hex(bytes, serializer),
        None => serializer.serialize_none(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(channel: &u16) -> bool {
    *channel == 0
}
