//! Findings of the gate.

use champollion_sandbox::LoadError;
use semver::Version;

use super::{manifest_change::ManifestChange, random::Misbehaved, vector_run::VectorDiffers};
use crate::package::{PackageError, UnusableError};

/// Something that is wrong with a package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// The file is no package.
    #[error(transparent)]
    Package(PackageError),
    /// Its manifest names another decoder or version than it is to be published under.
    #[error("the package is {actual}, and it was sent to {expected}")]
    OtherName {
        /// Where it was sent.
        expected: String,
        /// The name that stands in the manifest.
        actual: String,
    },
    /// The code of the package cannot be loaded.
    #[error(transparent)]
    Unusable(UnusableError),
    /// A vector is not answered as it expects.
    #[error(transparent)]
    Vector(VectorDiffers),
    /// A vector holds a value that the manifest does not declare.
    #[error(
        "the vector {vector:?} holds {path} ({found}), and the manifest declares no such field"
    )]
    UndeclaredField {
        /// The first vector that does.
        vector: String,
        /// Where the value stands.
        path: String,
        /// The type that was found.
        found: &'static str,
    },
    /// A vector holds a value of another type than the manifest declares.
    #[error("the vector {vector:?} holds {path} as {found}, and the manifest declares {declared}")]
    OtherType {
        /// The first vector that does.
        vector: String,
        /// Where the value stands.
        path: String,
        /// The type that was found.
        found: &'static str,
        /// The type that is declared.
        declared: &'static str,
    },
    /// A vector measures a quantity that no field of the manifest has.
    #[error("the vector {vector:?} measures {quantity}, and no field of the manifest has it")]
    UndeclaredQuantity {
        /// The first vector that does.
        vector: String,
        /// The quantity that is measured.
        quantity: String,
    },
    /// Random payloads make it do what no decoder may.
    #[error(transparent)]
    Misbehaves(Misbehaved),
    /// The change keeps users of the version before from using this one.
    #[error(
        "{change}, so it needs a new {needed} version: {previous} is published, this is {version}"
    )]
    Incompatible {
        /// The change between the versions.
        change: ManifestChange,
        /// The part of the version that must grow: `major` or `minor`.
        needed: &'static str,
        /// The version before this one.
        previous: Version,
        /// The version that it is to have.
        version: Version,
    },
}

impl Finding {
    /// The word for this kind of finding, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Package(_) => "not-a-package",
            Self::OtherName { .. } => "other-name",
            Self::Unusable(UnusableError::Sandbox(LoadError::CompilerFailed { .. })) => {
                "compiler-failed"
            }
            Self::Unusable(_) => "unusable-component",
            Self::Vector(_) => "vector-differs",
            Self::UndeclaredField { .. } => "undeclared-field",
            Self::OtherType { .. } => "other-type",
            Self::UndeclaredQuantity { .. } => "undeclared-quantity",
            Self::Misbehaves(_) => "misbehaves",
            Self::Incompatible { .. } => "incompatible",
        }
    }
}

/// Returns all findings, or faults, as one sentence.
pub(crate) fn in_words(all: &[impl ToString]) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join("; ")
}
