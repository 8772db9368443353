//! The report of an import: the outcome for each codec.

use champollion_registry::package::{Field, Manifest};
use serde::Serialize;
use serde_json::Value as Json;

use super::Problem;

/// The report of an import.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Codecs that were found.
    pub codecs: usize,
    /// Packages that were made of them.
    pub packages: usize,
    /// Examples that were run.
    pub vectors: VectorCount,
    /// Fields of the packages, and what is known of them.
    pub fields: FieldCount,
    /// Codecs of which no package was made.
    pub skipped: Vec<Skipped>,
    /// Codecs whose package the server has already.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unchanged: Vec<Unchanged>,
    /// Codecs that have changed, and the version that their package got by that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bumped: Vec<Bumped>,
    /// Codecs that could not have the name that they would have got.
    pub renamed: Vec<Renamed>,
    /// Mappings that were given, and the version that is in force of each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<PutMapping>,
    /// The parts that could not be read or carried over, though the rest was.
    pub problems: Vec<Problem>,
}

/// Examples that were run.
#[derive(Default, Serialize)]
pub struct VectorCount {
    /// The number of examples.
    pub total: usize,
    /// Those that were answered as they say.
    pub passed: usize,
    /// Those that were not.
    pub failed: Vec<FailedExample>,
}

/// Fields of packages, and what is known of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FieldCount {
    /// The number of fields.
    pub total: usize,
    /// Those whose unit is known.
    pub with_unit: usize,
    /// Those whose quantity is known, so that records measure it.
    pub with_quantity: usize,
}

impl FieldCount {
    /// Counts the fields of one more package.
    pub fn add(&mut self, manifest: &Manifest) {
        let count = |is_counted: fn(&Field) -> bool| {
            manifest.fields.iter().filter(|field| is_counted(field)).count()
        };
        self.total += manifest.fields.len();
        self.with_unit += count(|field| field.unit.is_some());
        self.with_quantity += count(|field| field.quantity.is_some());
    }
}

/// In which of its answers a codec fails an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failing {
    /// The output of decoding or encoding.
    Output,
    /// The output of `normalizeUplink`, from which the measurements are taken.
    NormalizedOutput,
}

/// An example that a codec does not answer as it says.
#[derive(Clone, Debug, Serialize)]
pub struct FailedExample {
    /// The one of the two outputs of an example that differs.
    pub kind: Failing,
    /// The file that names the codec.
    pub codec: String,
    /// The name of the example.
    pub example: String,
    /// The file that holds the example, and the place in it.
    pub place: String,
    /// The output that should come, as the example writes it.
    pub expected: Json,
    /// The output that came, in the same words.
    pub actual: Json,
    /// Where the two differ first.
    pub at: String,
}

/// A codec of which no package was made.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    /// The file that names the codec.
    pub codec: String,
    /// The reason in words.
    pub reason: String,
}

/// A codec whose package the server has already.
#[derive(Clone, Debug, Serialize)]
pub struct Unchanged {
    /// The file that names the codec.
    pub codec: String,
    /// The name of its package.
    pub id: String,
    /// The version that is published.
    pub version: String,
}

/// A codec that has changed since it was published.
#[derive(Clone, Debug, Serialize)]
pub struct Bumped {
    /// The file that names the codec.
    pub codec: String,
    /// The name of its package.
    pub id: String,
    /// The version that it is published under now.
    pub version: String,
    /// The highest version before.
    pub previous: String,
}

/// A mapping of a decoder's fields.
#[derive(Clone, Debug, Serialize)]
pub struct PutMapping {
    /// The file that has it.
    pub file: String,
    /// The decoder that it is of.
    pub id: String,
    /// The version of the mapping.
    pub version: String,
    /// Its digest on the server; nothing where it was only tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A codec that could not have the name that it would have got.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Renamed {
    /// The file that names the codec.
    pub codec: String,
    /// The name that it got.
    pub id: String,
    /// The name that it would have got.
    pub instead_of: String,
    /// The codec that has that name.
    pub holder: String,
}
