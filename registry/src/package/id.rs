//! Names and versions of decoders.

use std::{fmt, str::FromStr};

use semver::{Version, VersionReq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Longest vendor or model: it becomes part of a file's name.
const PART_CHARACTERS: usize = 64;

/// The name of a decoder: `vendor/model`, such as `axioma/qalcosonic-w1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecoderId {
    vendor: String,
    model: String,
}

/// A text that does not name a decoder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no decoder: it must read vendor/model, each of 1 to {PART_CHARACTERS} small \
     letters, digits and single hyphens between them"
)]
pub struct DecoderIdError(String);

impl DecoderId {
    /// The name made of a vendor and a model.
    pub fn new(vendor: &str, model: &str) -> Result<Self, DecoderIdError> {
        if is_part(vendor) && is_part(model) {
            Ok(Self { vendor: vendor.to_owned(), model: model.to_owned() })
        } else {
            Err(DecoderIdError(format!("{vendor}/{model}")))
        }
    }

    /// The part before the slash.
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.vendor
    }

    /// The part after the slash.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The name that a package file has: `axioma-qalcosonic-w1-1.2.0.wasm`.
    #[must_use]
    pub fn file_name(&self, version: &Version) -> String {
        format!("{}-{}-{version}.wasm", self.vendor, self.model)
    }
}

fn is_part(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=PART_CHARACTERS).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

impl fmt::Display for DecoderId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.vendor, self.model)
    }
}

impl FromStr for DecoderId {
    type Err = DecoderIdError;

    fn from_str(text: &str) -> Result<Self, DecoderIdError> {
        let (vendor, model) =
            text.split_once('/').ok_or_else(|| DecoderIdError(text.to_owned()))?;
        Self::new(vendor, model).map_err(|_| DecoderIdError(text.to_owned()))
    }
}

impl PartialSchema for DecoderId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The name of a decoder: `vendor/model`."))
            .pattern(Some(r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$"))
            .into()
    }
}

impl ToSchema for DecoderId {}

impl Serialize for DecoderId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DecoderId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A requirement of a device: a decoder and the versions of it that will do, such as
/// `axioma/qalcosonic-w1@^1.2`. Without a version any will do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DecoderRef {
    /// The decoder that is required.
    pub id: DecoderId,
    /// The versions that will do.
    pub requirement: VersionReq,
}

impl fmt::Display for DecoderRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.id, self.requirement)
    }
}

impl FromStr for DecoderRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, requirement) = text.split_once('@').unwrap_or((text, "*"));
        Ok(Self {
            id: id.parse().map_err(|error: DecoderIdError| error.to_string())?,
            requirement: requirement.parse().map_err(|error| {
                format!("{requirement:?} is no version requirement such as ^1.2: {error}")
            })?,
        })
    }
}

impl PartialSchema for DecoderRef {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "A decoder and the versions that will do: `vendor/model@^1.2`, or \
                 `vendor/model@=1.2.0` for one version. Without a version any stable one will do.",
            ))
            .pattern(Some(r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*(@.*)?$"))
            .into()
    }
}

impl ToSchema for DecoderRef {}

impl Serialize for DecoderRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DecoderRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_vendor_and_model() {
        let id: DecoderId = "axioma/qalcosonic-w1".parse().unwrap();
        assert_eq!((id.vendor(), id.model()), ("axioma", "qalcosonic-w1"));
        assert_eq!(id.to_string(), "axioma/qalcosonic-w1");
        assert_eq!(id.file_name(&Version::new(1, 2, 0)), "axioma-qalcosonic-w1-1.2.0.wasm");
    }

    #[test]
    fn what_could_leave_its_folder_or_be_mistaken_is_no_name() {
        let long = format!("a/{}", "b".repeat(PART_CHARACTERS + 1));
        for text in [
            "", "a", "/", "a/", "/b", "a/b/c", "A/b", "a/..", "a/b c", "-a/b", "a/b-", "a--b/c",
            &long,
        ] {
            assert!(text.parse::<DecoderId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_reference_has_a_requirement() {
        let reference: DecoderRef = "a/b@^1.2".parse().unwrap();
        assert!(reference.requirement.matches(&Version::new(1, 9, 0)));
        assert!(!reference.requirement.matches(&Version::new(2, 0, 0)));
        assert_eq!(reference.to_string(), "a/b@^1.2");
        assert_eq!("a/b".parse::<DecoderRef>().unwrap().requirement, VersionReq::STAR);
        assert!("a/b@new".parse::<DecoderRef>().unwrap_err().contains("new"));
    }
}
