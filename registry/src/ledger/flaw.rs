//! Flaws: what a check of the registry finds that is not as its history says.

use champollion_sandbox::Digest;
use semver::Version;

use super::{chain::BrokenChain, error::DamagedIndex};
use crate::package::DecoderId;

/// Something in a registry that is not as its history says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// A line of the index or of the audit does not continue its chain.
    #[error(transparent)]
    Chain(BrokenChain),
    /// A line of the table of versions cannot be read.
    #[error(transparent)]
    Line(DamagedIndex),
    /// The keys of publishers are not those of the index.
    #[error("the keys of publishers are others than the index says")]
    Keys,
    /// The channels of a decoder are not those of the index.
    #[error("the channels of {id} are others than the index says")]
    Channels {
        /// The decoder that it is about.
        id: DecoderId,
    },
    /// A version is kept under the name of another one.
    #[error("{key} is kept with the manifest of {id} {version}")]
    OtherName {
        /// The name that it is kept under.
        key: String,
        /// The decoder that its manifest names.
        id: DecoderId,
        /// The version that its manifest names.
        version: Version,
    },
    /// A version is kept that was never published.
    #[error("{id} {version} is kept, and the index has no line of it")]
    Unpublished {
        /// The decoder that it is about.
        id: DecoderId,
        /// The version that it is about.
        version: Version,
    },
    /// A version is kept with another digest, size or number of vectors than was published.
    #[error("{id} {version} is kept as another than was published")]
    Another {
        /// The decoder that it is about.
        id: DecoderId,
        /// The version that it is about.
        version: Version,
    },
    /// A version is kept with a manifest that is not the one of its package.
    #[error("{id} {version} is kept with another manifest than its package has")]
    OtherManifest {
        /// The decoder that it is about.
        id: DecoderId,
        /// The version that it is about.
        version: Version,
    },
    /// Versions of the index are not kept.
    #[error("{missing} versions of the index are not kept any more")]
    Missing {
        /// The number of them.
        missing: usize,
    },
    /// A package is damaged or missing.
    #[error("the package {digest} of {id} {version} is {fault}")]
    Package {
        /// The digest of the package.
        digest: Digest,
        /// The decoder that it is about.
        id: DecoderId,
        /// The version that it is about.
        version: Version,
        /// The fault: `damaged` or `missing`.
        fault: &'static str,
    },
    /// The checkpoint of an archive is signed by a key that was never the registry's.
    #[error("the checkpoint of {file} is signed by {key}, which was never the registry's key")]
    OtherKey {
        /// The file of the archive.
        file: String,
        /// The key that signed it.
        key: String,
    },
    /// The signature of the checkpoint of an archive is wrong.
    #[error("the signature of the checkpoint of {file} is wrong")]
    WrongSignature {
        /// The file of the archive.
        file: String,
    },
    /// Lines of the audit are missing between two archives.
    #[error("{file} begins with line {first} of the audit, and should with {expected}")]
    Gap {
        /// The archive after the gap.
        file: String,
        /// The first line that it has.
        first: u64,
        /// The first line that it should have.
        expected: u64,
    },
}
