//! Mappings of decoders: what operators know of the fields of imported codecs.

use std::{collections::BTreeMap, fmt::Display};

use jiff::Timestamp;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::ask};

/// A mapping to be put in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MappingRequest {
    /// The version of the mapping, higher than the one in force.
    pub version: Version,
    /// The fields that are known better than the package knows them.
    pub fields: Vec<MappedField>,
    /// Whether it is only told whether the mapping could be put.
    pub dry_run: bool,
}

/// A mapping of a decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mapping {
    /// The decoder that the mapping is of.
    pub id: String,
    /// The version of the mapping.
    pub version: Version,
    /// The fields that are mapped.
    pub fields: Vec<MappedField>,
    /// The SHA-256 of what it says.
    pub digest: String,
    /// The name of the token that it was put with.
    pub put_by: String,
    /// The moment at which it was put.
    pub put_at: Timestamp,
    /// Whether it was only tried.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// A field of `data`, and the quantity that it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MappedField {
    /// The key of the field, as the catalogue has it.
    pub name: String,
    /// The term of the vocabulary; a field without one is not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// The unit in `data` as a UCUM code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The factor that makes the value in `data` one in the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<f64>,
    /// The summand that is added to the scaled value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<f64>,
    /// The number among several alike inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u16>,
    /// The nature of the values, which must be that of the quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The values that stand for true and false.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, bool>,
    /// Whether no example of the decoder has the field.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unseen: bool,
}

impl Client {
    /// Puts a mapping in force: `PUT /v1/registry/{vendor}/{model}/mapping`.
    pub async fn put_mapping(
        &self,
        decoder: impl Display,
        wish: &MappingRequest,
    ) -> Result<Answer<Mapping>, ClientError> {
        ask(self.put(format_args!("v1/registry/{decoder}/mapping")).json(wish)).await
    }

    /// Shows the mapping in force: `GET /v1/registry/{vendor}/{model}/mapping`.
    pub async fn mapping(&self, decoder: impl Display) -> Result<Answer<Mapping>, ClientError> {
        ask(self.get(format_args!("v1/registry/{decoder}/mapping"))).await
    }

    /// Shows one version of a mapping: `GET /v1/registry/{vendor}/{model}/mapping/{version}`.
    pub async fn mapping_version(
        &self,
        decoder: impl Display,
        version: &Version,
    ) -> Result<Answer<Mapping>, ClientError> {
        ask(self.get(format_args!("v1/registry/{decoder}/mapping/{version}"))).await
    }
}
