//! What can go wrong when a package is published, looked for and loaded.

use champollion_sandbox::{Digest, LoadError, MappingError};
use champollion_store::StoreError;
use semver::Version;

use crate::{DecoderId, Finding, PackageError, Quarantined, UntrustedError, VectorDiffers};

/// Why a package was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The file is no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// What it runs cannot be loaded.
    #[error(transparent)]
    Unusable(UnusableError),
    /// A vector was not answered as it expects.
    #[error(transparent)]
    Vector(#[from] VectorDiffers),
    /// The gate found something wrong with it.
    #[error("{}", said(.0))]
    Refused(Vec<Finding>),
    /// It is not known where it comes from.
    #[error(transparent)]
    Untrusted(UntrustedError),
    /// The version exists.
    #[error(
        "{id} {version} is published already, with the digest {published}; a version never \
         changes, so publish this package under a new one"
    )]
    VersionExists {
        /// Its name.
        id: DecoderId,
        /// Its version.
        version: Version,
        /// The digest that was published.
        published: Digest,
    },
    /// The registry could not keep it.
    #[error(transparent)]
    Registry(Box<RegistryError>),
}

/// Why what a package runs cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableError {
    /// The file is no package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// Its manifest maps a field to a quantity that it cannot be.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The sandbox does not take it.
    #[error(transparent)]
    Sandbox(#[from] LoadError),
}

/// Why a decoder was not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// No version of this name was ever published.
    #[error("no decoder of the name {0} is published")]
    UnknownDecoder(DecoderId),
    /// There are versions, but none that will do.
    #[error("no version of {id} satisfies {wanted}; published are {published}")]
    NoVersion {
        /// The name.
        id: DecoderId,
        /// The version or requirement that was asked for.
        wanted: String,
        /// The versions that there are, separated by commas.
        published: String,
    },
    /// There are versions that would do, but they are given to nobody who does not pin them.
    #[error("no stable version of {id} satisfies {wanted}: {withheld}")]
    NotStable {
        /// The name.
        id: DecoderId,
        /// The requirement.
        wanted: String,
        /// The versions that would do and why they are not given, separated by commas.
        withheld: String,
    },
}

/// Why the channels of a decoder were not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// There is no such version.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// It is so already.
    #[error("{id} {version} is {state} already")]
    Already {
        /// The name.
        id: DecoderId,
        /// The version.
        version: Version,
        /// What it is.
        state: &'static str,
    },
    /// A version that is yanked is not promoted.
    #[error("{id} {version} is yanked ({reason}): `unyank` it first")]
    Yanked {
        /// The name.
        id: DecoderId,
        /// The version.
        version: Version,
        /// Why it was yanked.
        reason: String,
    },
    /// There is no candidate that could be promoted.
    #[error("{0} has no candidate that is higher than its stable versions: name the version")]
    NoCandidate(DecoderId),
    /// A rollback would leave nothing.
    #[error("{id} cannot be rolled back{}: promoted were, in this order, {promoted}", of(to))]
    NothingBefore {
        /// The name.
        id: DecoderId,
        /// The version that was named, if one was.
        to: Option<Version>,
        /// The stable versions in the order of their promotion.
        promoted: String,
    },
    /// No device gets a candidate.
    #[error("no device gets a candidate of {0}")]
    NoCanary(DecoderId),
    /// No candidate runs beside the stable version.
    #[error("no candidate of {0} runs beside its stable version")]
    NoShadow(DecoderId),
    /// A version that is not yanked cannot be unyanked.
    #[error("{id} {version} is not yanked")]
    NotYanked {
        /// The name.
        id: DecoderId,
        /// The version.
        version: Version,
    },
    /// It could not be kept.
    #[error(transparent)]
    Registry(Box<RegistryError>),
}

fn said(findings: &[Finding]) -> String {
    let all: Vec<String> = findings.iter().map(ToString::to_string).collect();
    all.join("; ")
}

fn of(to: &Option<Version>) -> String {
    to.as_ref().map(|version| format!(" to {version}")).unwrap_or_default()
}

/// Why the registry cannot give what it should have.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// There is no such decoder.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A line of the index cannot be read.
    #[error(transparent)]
    DamagedIndex(#[from] DamagedIndex),
    /// The file of a version is missing or has another digest.
    #[error("the package {digest} of {id} {version} is {problem} in the store")]
    DamagedPackage {
        /// Its name.
        id: DecoderId,
        /// Its version.
        version: Version,
        /// The digest that it must have.
        digest: Digest,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A version is set aside, since its calls kept misbehaving.
    #[error(
        "{} {} is in quarantine since {}: {} of its calls misbehaved within the time that is \
         looked at, the last one like this: {}",
        .0.id, .0.version, .0.since, .0.failures, .0.message
    )]
    Quarantined(Box<Quarantined>),
    /// A version that was published cannot be loaded any more.
    #[error("{id} {version} cannot be loaded: {reason}")]
    Unusable {
        /// Its name.
        id: DecoderId,
        /// Its version.
        version: Version,
        /// Why.
        reason: String,
    },
}

/// A line of the index that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the index of the registry is damaged at {key}: {reason}")]
pub struct DamagedIndex {
    /// Which line, `vendor/model/version`.
    pub key: String,
    /// What is wrong with it.
    pub reason: String,
}

impl From<UnusableError> for PublishError {
    fn from(error: UnusableError) -> Self {
        match error {
            UnusableError::Package(error) => Self::Package(error),
            other => Self::Unusable(other),
        }
    }
}

impl From<RegistryError> for PublishError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}

impl From<RegistryError> for ChangeError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(Box::new(error))
    }
}
