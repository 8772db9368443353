//! The report of an import: the outcome for each codec.

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
