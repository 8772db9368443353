//! The catalogue: which devices are decoded, into which fields and units. Open to everybody.

use std::{collections::BTreeMap, fmt::Display};

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    Answer, Channel, Client, ClientError, CutSummary, Misread, PackageParts, VectorFuel,
    client::ask, pages::all,
};

/// All that can be decoded, or as much of it as was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    /// The decoders of the catalogue.
    pub decoders: Vec<CatalogueEntry>,
    /// The vocabulary that all measurements are in.
    pub quantities: Vec<Quantity>,
    /// The use cases that decoders have, with the quantities that tell of them.
    #[serde(default, rename = "useCases", skip_serializing_if = "Vec::is_empty")]
    pub use_cases: Vec<UseCase>,
    /// The number of decoders that satisfy what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// A use case, which decoders have that measure one of its quantities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseCase {
    /// The name of the use case, such as `water-metering`.
    pub name: String,
    /// The quantities that decoders for this use case measure.
    pub quantities: Vec<String>,
    /// The meaning of the use case, in a phrase.
    pub meaning: String,
}

/// A wish: the decoders of the catalogue that satisfy all that it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CatalogueQuery {
    /// A quantity of the vocabulary that a field has; all of several separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// The use case that a decoder serves.
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// The maker of a device, or the first part of the decoder's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// The unit of a field as a UCUM code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Words that all stand in its names, devices, fields or commands.
    #[serde(rename = "q", skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The direction of frames that there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The order of the answer: `id`, `name` or `published`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
}

/// A term of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantity {
    /// The term, such as `water.volume`.
    pub name: String,
    /// Its unit as a UCUM code; empty where there is none.
    pub unit: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: String,
    /// The nature of its values: `index`, `increment`, `instantaneous` or `state`.
    #[serde(default, rename = "kind", skip_serializing_if = "String::is_empty")]
    pub nature: String,
    /// The unit of SenML (RFC 8428) that its values are converted to there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub senml: Option<String>,
    /// The device class of Home Assistant.
    #[serde(default, rename = "homeAssistant", skip_serializing_if = "Option::is_none")]
    pub home_assistant: Option<String>,
    /// The object of uCIFI's data model, by its number in the registry of LwM2M.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ucifi: Option<u16>,
    /// Its meaning, in a phrase.
    pub meaning: String,
}

/// A decoder: what one of its versions says of itself, and which versions there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueEntry {
    /// The decoder's name, `vendor/model`.
    pub id: String,
    /// The version that this is of.
    pub version: Version,
    /// Its name for people.
    pub name: String,
    /// Its description, a sentence.
    pub description: String,
    /// SPDX expression of its licence.
    pub licence: String,
    /// The person or body that answers for it.
    pub maintainer: String,
    /// The body that paid for it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funded_by: Option<String>,
    /// The documents that it was written from.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The devices that it serves.
    pub devices: Vec<Device>,
    /// The ports that the devices send and listen on.
    pub ports: Vec<Port>,
    /// The members of `data`.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// The settings of a device that it reads.
    #[serde(default)]
    pub variables: Vec<VariableDeclaration>,
    /// The commands that the devices know.
    #[serde(default)]
    pub commands: Vec<Command>,
    /// The particulars of a decoder that is a script; a component has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<Script>,
    /// The declaration of a derived decoder, which makes values of readings and reads no payloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<Derived>,
    /// The purposes that it serves, by the quantities of its fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub use_cases: Vec<String>,
    /// The first words of the quantities of its fields, such as `water`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// All published versions, the highest first.
    pub versions: Vec<CatalogueVersion>,
    /// The mapping in force, which the fields show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<MappingInForce>,
    /// The reason not to use it any more, and the decoder to use in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<Deprecation>,
    /// An example for each port; in an entry alone, not in the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<CatalogueExample>,
}

/// An example of what goes over a port: a payload and its reading, or a command and its payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueExample {
    /// The port of the frame.
    pub port: u8,
    /// Up from the device or down to it.
    pub direction: Direction,
    /// The name of the vector that it is.
    pub name: String,
    /// The payload of the frame, as hexadecimal digits.
    pub payload: String,
    /// The moment of the frame, where its reading depends on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// The command that the payload was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Json>,
    /// The variables that the device must have for it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Json>,
    /// The decoder's answer to the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Json>,
}

/// The mapping of a decoder's fields that is in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingInForce {
    /// The version of the mapping.
    pub version: Version,
    /// The SHA-256 of what it says.
    pub digest: String,
}

/// A published version in the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CatalogueVersion {
    /// The number of the version.
    pub version: Version,
    /// The SHA-256 of its package.
    pub digest: String,
    /// The size of its package in bytes.
    pub bytes: u64,
    /// The number of vectors that it answered when it was published.
    pub vectors: u64,
    /// The moment of that.
    pub published_at: Timestamp,
    /// Whether devices get it, or those alone that pin it.
    pub channel: Channel,
    /// The reason why no device gets it that does not pin it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
    /// A payload that it reads though it ends too soon, with the value that it makes up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads_on: Option<Misread>,
    /// The bytes of its package by parts; absent of versions that were published before they were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<PackageParts>,
    /// The fuel that its vectors burn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<VectorFuel>,
    /// The outcome of its vectors' payloads, cut short at each length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_payloads: Option<CutSummary>,
}

/// A reason not to use a decoder any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deprecation {
    /// The decoder to use in its place: `vendor/model@requirement`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
    /// The reason, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The declaration of a derived decoder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// The measurements that its expressions name.
    pub inputs: Vec<DerivedInput>,
    /// The values that it makes.
    pub values: Vec<DerivedValue>,
    /// The expressions of what it remembers for the device's next reading, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub remember: BTreeMap<String, String>,
}

/// A measurement that the expressions of a derived decoder name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedInput {
    /// The name in expressions.
    pub name: String,
    /// The term of the vocabulary.
    pub quantity: String,
    /// The number among several alike.
    #[serde(default)]
    pub channel: u16,
    /// The unit in expressions, where it is another one than the vocabulary's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A value that a derived decoder makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedValue {
    /// The term of the vocabulary.
    pub quantity: String,
    /// The number among several alike.
    #[serde(default)]
    pub channel: u16,
    /// The unit of the result, where it is another one than the vocabulary's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The expression that makes it.
    pub expression: String,
    /// The meaning of the value.
    pub meaning: String,
}

/// A device that a decoder serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The maker of the device.
    pub vendor: String,
    /// The maker's name of it.
    pub model: String,
    /// Its firmware, in the maker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// The maker's page of the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The manual or data sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual: Option<String>,
}

/// A port and what goes over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// FPort, 1 to 255.
    pub port: u8,
    /// Up from the device or down to it.
    pub direction: Direction,
    /// The meaning of what goes over it.
    pub meaning: String,
}

/// The way that a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Uplink, from the device.
    Up,
    /// Downlink, to the device.
    Down,
}

/// A value in `data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Its key; `history[].volume` is the member of the objects of a list.
    pub name: String,
    /// The JSON type of the field.
    #[serde(rename = "type")]
    pub kind: String,
    /// The term of the vocabulary under which it stands in `measurements`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Its unit as a UCUM code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Its unit in `data`, where the maker uses another one than the vocabulary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_unit: Option<String>,
    /// Its meaning; empty where nobody declared it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub meaning: String,
    /// The member beside it that tells its unit, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_unit: Option<ToldUnit>,
    /// The number among several alike inputs under which it stands in `measurements`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u16>,
    /// The values that stand for true and false.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, bool>,
    /// Whether nobody declared it: it was seen in what the decoder answers to its vectors.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
    /// The reason for which unit and quantity of an inferred field are taken to be these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inferred_from: Option<String>,
}

/// A member that tells the unit of the value beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldUnit {
    /// The key of the member, in the same object as the value.
    pub member: String,
    /// The unit as it is written there.
    pub text: String,
}

/// A setting of a device that its decoder reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VariableDeclaration {
    /// The name of the variable.
    pub name: String,
    /// The JSON type of the variable.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its unit as a UCUM code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether the decoder cannot do without.
    #[serde(default)]
    pub required: bool,
    /// The meaning of the variable, in a sentence.
    pub meaning: String,
}

/// A command that devices know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Its key in the command's JSON.
    pub name: String,
    /// The effect of the command, in a sentence.
    pub meaning: String,
    /// A whole command as JSON text.
    pub example: String,
}

/// The particulars of a decoder that is a script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Script {
    /// The convention by which its functions are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// Whether nobody declared the dialect: it was recognized by the names of the functions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recognized: bool,
    /// The FPort of commands for which the script itself names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink_port: Option<u8>,
    /// Whether a command is all that its encoder is given, and not the `data` of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole_input: bool,
    /// Whether nobody has an example of what it decodes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untested: bool,
    /// Names of the examples that it does not answer as they say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<String>,
    /// The SHA-256 of all that an import made the package of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_digest: Option<String>,
}

impl Client {
    /// Lists what can be decoded: `GET /v1/catalogue`.
    pub async fn catalogue(&self) -> Result<Answer<Catalogue>, ClientError> {
        self.find_in_catalogue(&CatalogueQuery::default(), None).await
    }

    /// Lists the decoders that satisfy a wish, at most so many of them: `GET /v1/catalogue` with its parameters.
    pub async fn find_in_catalogue(
        &self,
        query: &CatalogueQuery,
        most: Option<usize>,
    ) -> Result<Answer<Catalogue>, ClientError> {
        all("decoders", most, || self.get("v1/catalogue").query(query)).await
    }

    /// Shows the stable version of a decoder: `GET /v1/catalogue/{vendor}/{model}`.
    pub async fn catalogue_entry(
        &self,
        decoder: impl Display,
    ) -> Result<Answer<CatalogueEntry>, ClientError> {
        ask(self.get(format_args!("v1/catalogue/{decoder}"))).await
    }

    /// Shows one version of a decoder: `GET /v1/catalogue/{vendor}/{model}/{version}`.
    pub async fn catalogue_version(
        &self,
        decoder: impl Display,
        version: &Version,
    ) -> Result<Answer<CatalogueEntry>, ClientError> {
        ask(self.get(format_args!("v1/catalogue/{decoder}/{version}"))).await
    }
}
