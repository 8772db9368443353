//! The schema of what a vector expects, for editors that check `vectors.json` while it is written. What counts is the
//! comparison: a decoder that answers anything else differs.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::{
    FailureKind,
    vectors::{Hex, RememberedInput, Setting},
};

/// The result that must come out of a vector's input: one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is all that is asked of it")]
pub(crate) enum Expectation {
    /// The reading of an uplink or of a downlink, or what a derived decoder makes of a reading.
    Reading(ExpectedReading),
    /// The downlink of a command.
    Downlink(ExpectedDownlink),
    /// The failure by which the decoder refuses the input.
    Failure(ExpectedFailure),
}

/// A reading as a vector expects it: all that comes out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is all that is asked of it")]
pub(crate) struct ExpectedReading {
    /// The fields in the maker's own words; a derived decoder has none.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    data: Option<Json>,
    /// The measurements in their order; none when left out.
    #[serde(default)]
    measurements: Vec<ExpectedMeasurement>,
    /// The notes of the decoder; none when left out.
    #[serde(default)]
    warnings: Vec<String>,
    /// The state for the device's next frame; none when left out.
    #[serde(default)]
    state: Option<Hex>,
    /// The memory of a derived decoder for the device's next reading; unchanged when left out.
    #[serde(default)]
    remembered: Option<RememberedInput>,
}

/// A measurement as a vector expects it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is all that is asked of it")]
pub(crate) struct ExpectedMeasurement {
    /// A term of the vocabulary, in whose unit the value is.
    quantity: String,
    /// The UCUM unit of the quantity; may be left out.
    #[serde(default)]
    unit: Option<String>,
    /// The value of the quantity.
    value: Setting,
    /// The number among several alike; 0 when left out.
    #[serde(default)]
    channel: u16,
    /// The moment that the device tells; that of the reception when left out.
    #[serde(default)]
    measured_at: Option<Timestamp>,
    /// The payload bytes that it is read from; may be left out.
    #[serde(default)]
    span: Option<ExpectedSpan>,
}

/// Some bytes of a payload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is all that is asked of it")]
pub(crate) struct ExpectedSpan {
    /// The place of the first byte, from 0.
    offset: u32,
    /// The number of bytes.
    length: u32,
}

/// A downlink as a vector expects it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is all that is asked of it")]
pub(crate) struct ExpectedDownlink {
    /// FPort, 1 to 255.
    f_port: u8,
    /// FRMPayload as hexadecimal digits.
    payload: Hex,
    /// The notes of the decoder; none when left out.
    #[serde(default)]
    warnings: Vec<String>,
}

/// A failure as a vector expects it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "its schema is all that is asked of it")]
pub(crate) struct ExpectedFailure {
    /// The kind of the failure.
    kind: FailureKind,
    /// The sentence for people; may be left out.
    #[serde(default)]
    message: Option<String>,
    /// The payload bytes at which it fails; may be left out.
    #[serde(default)]
    span: Option<ExpectedSpan>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::vectors::FAILURE_KINDS;

    #[test]
    fn the_kinds_are_those_that_a_vector_may_expect() {
        for kind in FAILURE_KINDS {
            assert!(FailureKind::deserialize(json!(kind)).is_ok(), "{kind}");
        }
        let schema =
            serde_json::to_value(<FailureKind as utoipa::PartialSchema>::schema()).unwrap();
        assert_eq!(schema["enum"], json!(FAILURE_KINDS));
    }
}
