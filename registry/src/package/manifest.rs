//! The manifest: what a decoder says of itself.

use std::collections::BTreeMap;

use champollion_sandbox::{
    DerivedDeclaration, DerivedFault, Dialect, Digest, FieldMapping, Formulas, MappingError,
};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{id::DecoderId, link::Link};

/// The manifest of a decoder: the devices that it serves, and the fields that it decodes them into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "camelCase"), deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct Manifest {
    /// The decoder's name, `vendor/model`.
    pub id: DecoderId,
    /// Its version, by semantic versioning.
    #[schema(value_type = String)]
    pub version: Version,
    /// Its name for people.
    pub name: String,
    /// The purpose of the decoder, in a sentence.
    pub description: String,
    /// SPDX expression of its licence.
    pub licence: String,
    /// The maintainer, who answers for the decoder.
    pub maintainer: String,
    /// The sponsor, who paid for the decoder, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funded_by: Option<String>,
    /// The documents that it was written from.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The devices that it serves; a derived decoder names none.
    #[serde(default)]
    #[schema(required = true)]
    pub devices: Vec<Device>,
    /// The ports that the devices send and listen on; a derived decoder names none.
    #[serde(default)]
    #[schema(required = true)]
    pub ports: Vec<Port>,
    /// The fields that `data` holds.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The variables that the operator may or must set on a device.
    #[serde(default)]
    pub variables: Vec<VariableDeclaration>,
    /// The commands that the devices take.
    #[serde(default)]
    pub commands: Vec<Command>,
    /// The declaration of a script; a component has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ScriptDeclaration>,
    /// The declaration of a derived decoder, which reads readings and no payloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<DerivedDeclaration>,
}

/// A device that a decoder serves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecodedDevice)]
pub struct Device {
    /// The maker of the device.
    pub vendor: String,
    /// The maker's name of the device.
    pub model: String,
    /// Its firmware, in the maker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// The maker's page of the product, an address on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub product: Option<Link>,
    /// The manual or data sheet, an address on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub manual: Option<Link>,
}

/// A port and what goes over it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// FPort, 1 to 255.
    pub port: u8,
    /// Up from the device or down to it.
    pub direction: Direction,
    /// The meaning of the frames on this port.
    pub meaning: String,
}

/// The direction of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Uplink, from the device.
    Up,
    /// Downlink, to the device.
    Down,
}

/// A value in `data`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "camelCase"), deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct Field {
    /// Its key; `history[].volume` is the member of the objects of a list.
    pub name: String,
    /// The type of the field.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// The term of the vocabulary under which it stands in `measurements`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Its unit as a UCUM code; of a quantity, the unit that the vocabulary gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its unit in `data`, where the maker uses another one than the vocabulary: `mV` for a
    /// voltage that is measured in `V`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_unit: Option<String>,
    /// The meaning of the field; may be left out of a field that is inferred.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// The member beside it that tells its unit, where one does. A value in another unit is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_unit: Option<ToldUnit>,
    /// The number among several alike inputs under which it stands in `measurements`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u16>,
    /// The values that stand for true and false in a state: `open = false`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, bool>,
    /// Whether nobody declared it: it was seen in what the decoder answers to its vectors.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inferred: bool,
    /// The reason for which unit and quantity of an inferred field are taken to be these: `suffix _mm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inferred_from: Option<String>,
}

impl Field {
    /// The reason of a quantity that the script measures by itself, through its `normalizeUplink`.
    pub const NORMALIZED: &'static str = "normalizeUplink";

    /// Whether the host measures it. Of inferred fields of earlier versions the script itself measures the
    /// quantity.
    pub(super) fn is_measured_by_host(&self) -> bool {
        let is_inferred_here =
            self.inferred_from.as_deref().is_some_and(|from| from != Self::NORMALIZED);
        !self.inferred || is_inferred_here
    }

    /// Returns the field as the host measures it; nothing where it has no quantity.
    pub(super) fn mapping(&self) -> Option<Result<FieldMapping, MappingError>> {
        let quantity = self.quantity.as_deref()?;
        let mapping = FieldMapping::new(&self.name, quantity, self.data_unit.as_deref());
        Some(mapping.map(|mapping| {
            let told = self.told_unit.as_ref();
            mapping
                .with_channel(self.channel)
                .with_words(self.words.clone())
                .with_told_unit(told.map(|told| (told.member.clone(), told.text.clone())))
        }))
    }
}

/// A member that tells the unit of the value beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToldUnit {
    /// The key of the member, in the same object as the value.
    pub member: String,
    /// The unit as it is written there.
    pub text: String,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// A truth value, true or false.
    Boolean,
    /// A whole number, without a fraction.
    Integer,
    /// A number, whole or not.
    Number,
    /// A text of any length.
    Text,
    /// An object of JSON.
    Object,
    /// An array of JSON.
    List,
    /// Sometimes of one of these types, sometimes of another.
    Any,
}

impl FieldType {
    /// Whether a field that is declared so may hold a value of this type.
    pub(crate) fn holds(self, found: Self) -> bool {
        match self {
            Self::Any => true,
            Self::Number => matches!(found, Self::Number | Self::Integer),
            other => other == found,
        }
    }

    /// Its word in manifests.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "text",
            Self::Object => "object",
            Self::List => "list",
            Self::Any => "any",
        }
    }
}

/// A setting of a device that its decoder reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariableDeclaration {
    /// The name of the variable.
    pub name: String,
    /// The type of the field.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Its unit as a UCUM code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether the decoder cannot do without.
    #[serde(default)]
    pub required: bool,
    /// The meaning of the variable.
    pub meaning: String,
}

/// Something that a device can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CommandDeclaration)]
pub struct Command {
    /// Its key in the command's JSON.
    pub name: String,
    /// The effect of the command.
    pub meaning: String,
    /// A whole command as JSON text.
    pub example: String,
}

/// The declaration of a decoder that is a script.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all(deserialize = "kebab-case", serialize = "camelCase"), deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct ScriptDeclaration {
    /// By which convention its functions are called; where it is left out, their names tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// Whether nobody declared the dialect: it was recognized by the names of the functions, which
    /// still tell how each of them is called.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recognized: bool,
    /// The FPort of commands for which the script itself names none; 1 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink_port: Option<u8>,
    /// Whether a command is all that its encoder is given, and not the `data` of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub whole_input: bool,
    /// Whether nobody has an example of what it decodes, so that it has no vector.
    #[serde(default, skip_serializing_if = "is_false")]
    pub untested: bool,
    /// Names of the examples that came with it and that it does not answer as they say. They are
    /// not among its vectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<String>,
    /// The SHA-256 of all that an import made the package of, by which the next import knows that nothing has
    /// changed. It says nothing to those who decode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub import_digest: Option<Digest>,
}

impl Manifest {
    /// The ports that the manifest declares for uplinks, in their order, where `f_port` is none of them. Of a script
    /// whose ports nobody knows none is missing.
    #[must_use]
    pub fn uplink_ports_without(&self, f_port: u8) -> Option<Vec<u8>> {
        let up = self.ports.iter().filter(|port| port.direction == Direction::Up);
        let declared: Vec<u8> = up.map(|port| port.port).collect();
        (!declared.is_empty() && !declared.contains(&f_port)).then_some(declared)
    }

    /// Returns the formulas of a derived decoder, of a package of this digest; nothing of one that reads payloads.
    ///
    /// # Errors
    /// All that is wrong with the declaration.
    pub fn formulas(&self, digest: Digest) -> Result<Option<Formulas>, Vec<DerivedFault>> {
        let Some(declared) = &self.derived else { return Ok(None) };
        let variables =
            self.variables.iter().map(|variable| (variable.name.as_str(), variable.required));
        Formulas::new(declared, variables, digest).map(Some)
    }

    /// Whether there may be nothing to try the decoder on, since the manifest says so.
    pub(crate) fn may_have_no_vector(&self) -> bool {
        self.script.as_ref().is_some_and(|script| script.untested || !script.failing.is_empty())
    }

    /// The fields that the host measures of what a script answers, because its manifest says so.
    pub(super) fn mappings(&self) -> impl Iterator<Item = Result<FieldMapping, MappingError>> {
        let measured = self.fields.iter().filter(|field| field.is_measured_by_host());
        measured.filter_map(Field::mapping)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
