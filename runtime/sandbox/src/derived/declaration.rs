//! The declaration of a derived decoder, as it stands in its manifest.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The declaration of a derived decoder: its inputs, the values that it makes of them, and what it remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DerivedDeclaration {
    /// The measurements that its expressions name.
    pub inputs: Vec<DerivedInput>,
    /// The values that it makes.
    pub values: Vec<DerivedValue>,
    /// The values that it remembers for the device's next reading, each an expression; `before.NAME` is the one of the
    /// reading before.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub remember: BTreeMap<String, String>,
}

/// A measurement that expressions name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DerivedInput {
    /// The name in expressions: small letters, digits and underscores.
    pub name: String,
    /// The term of the vocabulary.
    pub quantity: String,
    /// The number among several alike; 0 where it is left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub channel: u16,
    /// The unit in which expressions see it, a UCUM code; the vocabulary's where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A value that a derived decoder makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DerivedValue {
    /// The term of the vocabulary.
    pub quantity: String,
    /// The number among several alike; 0 where it is left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub channel: u16,
    /// The unit of the result, a UCUM code; the vocabulary's where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The expression that makes it.
    pub expression: String,
    /// The meaning of the value.
    pub meaning: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(channel: &u16) -> bool {
    *channel == 0
}
