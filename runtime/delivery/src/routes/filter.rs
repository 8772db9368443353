//! Filters: the records of its group that a route takes.

use std::{fmt, str::FromStr};

use champollion_frames::DevEui;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use super::expression::Expression;
use crate::{
    names::{SubGroup, UseCase},
    records::Head,
};

/// A filter of records: a record passes that fits all members. Where a list is empty, anything fits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Filter {
    /// The devices that pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DevEui>,
    /// Of devices in these parts of the group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sub_groups: Vec<SubGroup>,
    /// Of devices that are there for these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub use_cases: Vec<UseCase>,
    /// The decoders whose records pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decoders: Vec<DecoderPattern>,
    /// Sent on these ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<u8>,
    /// Only those that are decoded, or only those that are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoded: Option<bool>,
    /// An expression on tags and what else is known of a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<Expression>,
}

impl Filter {
    /// Whether it takes every record, so that none needs to be looked at.
    #[must_use]
    pub fn takes_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it takes a record.
    #[must_use]
    pub fn takes(&self, record: &Head<'_>) -> bool {
        let device = &record.device;
        (self.devices.is_empty()
            || device.dev_eui.parse().is_ok_and(|dev_eui| self.devices.contains(&dev_eui)))
            && fits(&self.sub_groups, device.sub_group.as_deref(), SubGroup::as_str)
            && fits(&self.use_cases, device.use_case.as_deref(), UseCase::as_str)
            && (self.decoders.is_empty()
                || record.decoder.as_ref().is_some_and(|decoder| {
                    self.decoders.iter().any(|pattern| pattern.fits(&decoder.id))
                }))
            && (self.ports.is_empty()
                || record.uplink.f_port.is_some_and(|port| self.ports.contains(&port)))
            && self.decoded.is_none_or(|decoded| decoded == record.is_decoded())
            && self.expression.as_ref().is_none_or(|expression| expression.holds_for(record))
    }
}

/// Whether a name is among those that are wanted, or none is.
fn fits<Name>(wanted: &[Name], name: Option<&str>, text: fn(&Name) -> &str) -> bool {
    wanted.is_empty() || name.is_some_and(|name| wanted.iter().any(|own| text(own) == name))
}

/// Decoders: one, `vendor/model`, or all of a vendor, `vendor/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderPattern {
    vendor: String,
    /// The model; `None` for any.
    model: Option<String>,
}

/// A text that names no decoders.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} means no decoder: it must read vendor/model, or vendor/* for all of a vendor")]
pub struct DecoderPatternError(String);

impl DecoderPattern {
    fn fits(&self, id: &str) -> bool {
        id.split_once('/').is_some_and(|(vendor, model)| {
            vendor == self.vendor && self.model.as_deref().is_none_or(|own| own == model)
        })
    }
}

impl fmt::Display for DecoderPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.vendor, self.model.as_deref().unwrap_or("*"))
    }
}

impl FromStr for DecoderPattern {
    type Err = DecoderPatternError;

    fn from_str(text: &str) -> Result<Self, DecoderPatternError> {
        let is_part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let (vendor, model) = text
            .split_once('/')
            .filter(|(vendor, model)| is_part(vendor) && (*model == "*" || is_part(model)))
            .ok_or_else(|| DecoderPatternError(text.to_owned()))?;
        let model = (model != "*").then(|| model.to_owned());
        Ok(Self { vendor: vendor.to_owned(), model })
    }
}

impl PartialSchema for DecoderPattern {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A decoder, `vendor/model`, or all of a vendor, `vendor/*`."))
            .pattern(Some(r"^[a-z0-9-]+/([a-z0-9-]+|[*])$"))
            .into()
    }
}

impl ToSchema for DecoderPattern {}

impl Serialize for DecoderPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DecoderPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn takes(filter: &Json) -> bool {
        let record = json!({
            "id": "70B3D5E75E000001-00000007-01020304",
            "device": {
                "devEui": "70B3D5E75E000001",
                "name": "Hall",
                "subGroup": "north",
                "useCase": "water-metering",
                "tags": { "street": "rue de l'Égalité \"A\"", "floor": "2" },
            },
            "receivedAt": "2026-11-25T08:00:00Z",
            "uplink": { "fCnt": 7, "fPort": 5 },
            "decoder": { "id": "acme/meter", "version": "1.2.0" },
        })
        .to_string();
        let filter: Filter = serde_json::from_value(filter.clone()).unwrap();
        filter.takes(&Head::read(&record).unwrap())
    }

    #[test]
    fn a_record_must_fit_all_that_is_said() {
        for (filter, expected) in [
            (json!({}), true),
            (json!({ "devices": ["70b3d5e75e000001"] }), true),
            (json!({ "devices": ["70b3d5e75e000002"] }), false),
            (json!({ "subGroups": ["south", "north"] }), true),
            (json!({ "subGroups": ["south"] }), false),
            (json!({ "useCases": ["water-metering"] }), true),
            (json!({ "useCases": ["waste"] }), false),
            (json!({ "decoders": ["acme/*"] }), true),
            (json!({ "decoders": ["acme/meter", "b/c"] }), true),
            (json!({ "decoders": ["acme/lamp"] }), false),
            (json!({ "ports": [4, 5] }), true),
            (json!({ "ports": [4] }), false),
            (json!({ "decoded": true }), true),
            (json!({ "decoded": false }), false),
            (json!({ "expression": "tags.floor == '2' and port == 5" }), true),
            (json!({ "expression": "tags.floor in ['1', '3']" }), false),
            (json!({ "expression": "tags.street is startingwith('rue')" }), true),
            (json!({ "expression": "tags.nothing == 'x'" }), false),
            (json!({ "expression": "not tags.nothing" }), true),
            (json!({ "ports": [5], "expression": "subGroup == 'south'" }), false),
            (json!({ "expression": "port in range(1, 6)" }), true),
            (json!({ "expression": "range(90000) | length > 1" }), false),
        ] {
            assert_eq!(takes(&filter), expected, "{filter}");
        }
    }

    #[test]
    fn an_expression_that_was_taken_before_it_was_refused_is_read_and_true_of_nothing() {
        for text in ["[1] * 9 | length > 0", "true or [1] | batch(9, [1])"] {
            let kept = json!({ "expression": text });
            assert!(!takes(&kept), "{text}");
            let filter: Filter = serde_json::from_value(kept.clone()).unwrap();
            let refused = filter.check("ports").unwrap_err().to_string();
            assert!(refused.starts_with("filter.expression: "), "{refused}");
            assert_eq!(serde_json::to_value(&filter).unwrap(), kept);
            assert!(Expression::new(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for filter in [
            json!({ "decoders": ["acme"] }),
            json!({ "decoders": ["*/x"] }),
            json!({ "ports": [300] }),
            json!({ "port": [3] }),
            json!({ "expression": "tags.floor ==" }),
            json!({ "expression": "" }),
        ] {
            assert!(serde_json::from_value::<Filter>(filter.clone()).is_err(), "{filter}");
        }
    }
}
