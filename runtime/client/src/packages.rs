//! Packages of decoders: published and downloaded.

use std::fmt::Display;

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Answer, Client, ClientError,
    client::{ask, bytes},
};

/// The header that holds the signature of a package.
pub(crate) const SIGNATURE: &str = "Champollion-Signature";

/// The stage that a version has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// It is published, and given to devices that pin it.
    Candidate,
    /// It is given to all devices that it will do for.
    Stable,
}

/// The way a package is to be published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Publication {
    /// Whether it is only tried.
    pub dry_run: bool,
    /// The channel that it is put in; the usual one where it is left out.
    pub channel: Option<Channel>,
    /// The publisher's signature: a public key, a space and what it signed.
    #[serde(skip)]
    pub signature: Option<String>,
}

/// A package that was published, or would be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Published {
    /// The decoder that the package is of.
    pub id: String,
    /// The version of the package.
    pub version: Version,
    /// The SHA-256 of the package.
    pub digest: String,
    /// The number of vectors that it answered.
    pub vectors: u64,
    /// The channel that it is in; of a package that was only tried none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Whether it was only tried.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// The report of the gate.
    pub report: Report,
}

/// The report on a package that the gate let through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The number of vectors that were answered as they expect.
    pub vectors: u64,
    /// The outcome of the random payloads.
    pub random_payloads: RandomPayloads,
    /// The outcome of the vectors' payloads, cut short; servers of before tried none.
    #[serde(default)]
    pub cut_payloads: CutPayloads,
    /// The version that it was compared with.
    pub previous: Option<Version>,
    /// Findings that are no reason to refuse the package.
    pub warnings: Vec<String>,
    /// The fuel of the vectors; servers of before told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<VectorFuel>,
    /// The bytes of the package by its parts; servers of before told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<PackageParts>,
}

/// The fuel of the calls that answer the vectors of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorFuel {
    /// The fuel of the middle call: half of them burn no more.
    pub middle: u64,
    /// The fuel of the dearest call.
    pub most: u64,
}

/// The bytes of a package's file by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageParts {
    /// The instructions of its functions.
    pub code: u64,
    /// The constants and tables that the code reads.
    pub data: u64,
    /// The names of functions.
    pub names: u64,
    /// The source text of a script.
    pub script: u64,
    /// The text of the manifest, `decoder.toml`.
    pub manifest: u64,
    /// The vectors, `vectors.json`, packed.
    pub vectors: u64,
    /// Types, headers, and sections of other tools.
    pub other: u64,
}

/// The outcome of payloads that were cut short at each length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CutPayloads {
    /// The number of payloads that were tried.
    pub tried: u64,
    /// Those of which the decoder made values that the whole payload does not have.
    pub misread: u64,
    /// The first of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Misread>,
    /// Whether they took so long that no more were tried.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
    /// The same of each vector whose payload is read; servers of before told none.
    #[serde(default)]
    pub vectors: Vec<CutVector>,
}

/// The outcome of one vector's payload that was cut short at each length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CutVector {
    /// The name of the vector.
    pub vector: String,
    /// The number of lengths that were tried.
    pub tried: u64,
    /// Those at which the decoder gave a reading.
    pub readings: u64,
    /// Those of which the decoder made values that the whole payload does not have.
    pub misread: u64,
    /// The first of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<Misread>,
}

/// The outcome of payloads that were cut short, with the first vectors that were read on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CutSummary {
    /// The number of payloads that were tried.
    pub tried: u64,
    /// Those of which the decoder made values that the whole payload does not have.
    pub misread: u64,
    /// The number of vectors whose payloads were cut.
    pub vectors: u64,
    /// The first vectors that were read on.
    pub reads_on: Vec<VectorReadOn>,
}

/// A vector whose payload is read on where it ends too soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VectorReadOn {
    /// The name of the vector.
    pub vector: String,
    /// The number of lengths that were tried.
    pub tried: u64,
    /// Those of which the decoder made values that the whole payload does not have.
    pub misread: u64,
}

/// A payload that was cut short, and read as if it were whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Misread {
    /// The name of the vector.
    pub vector: String,
    /// The bytes that were left.
    pub kept_bytes: u64,
    /// The bytes of the whole payload.
    pub bytes: u64,
    /// The place of the value in `data`, or of the measurement.
    pub path: String,
    /// The value in the reading of the whole payload.
    pub whole: Value,
    /// The value that was made up.
    pub made_up: Value,
}

/// The outcome of payloads that were made by chance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RandomPayloads {
    /// The number of payloads that were tried.
    pub tried: u64,
    /// Those that were read.
    pub readings: u64,
    /// Those that the decoder said it cannot read.
    pub failures: u64,
    /// Those at which a script threw an exception.
    pub exceptions: u64,
    /// Fuel that was burnt.
    pub fuel: u64,
    /// Whether they took so long that no more were tried.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut_short: bool,
}

impl Client {
    /// Publishes a package: `PUT /v1/registry/{vendor}/{model}/{version}`.
    pub async fn publish_package(
        &self,
        decoder: impl Display,
        version: &Version,
        file: Vec<u8>,
        publication: &Publication,
    ) -> Result<Answer<Published>, ClientError> {
        let request = self.put(format_args!("v1/registry/{decoder}/{version}"));
        let mut request = request.query(publication).body(file);
        if let Some(signature) = &publication.signature {
            request = request.header(SIGNATURE, signature);
        }
        ask(request).await
    }

    /// Downloads a package of at most so many bytes: `GET /v1/registry/{vendor}/{model}/{version}`.
    pub async fn download_package(
        &self,
        decoder: impl Display,
        version: &Version,
        limit: usize,
    ) -> Result<Vec<u8>, ClientError> {
        bytes(self.get(format_args!("v1/registry/{decoder}/{version}")), limit).await
    }
}
