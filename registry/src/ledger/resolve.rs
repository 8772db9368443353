//! The error of a decoder or version that was not found.

use semver::{Version, VersionReq};

use super::index::{Listed, Versions};
use crate::package::DecoderId;

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
        /// The name of the decoder.
        id: DecoderId,
        /// The version or requirement that was asked for.
        wanted: String,
        /// The versions that there are, separated by commas.
        published: String,
    },
    /// There are versions that would do, but they are given to nobody who does not pin them.
    #[error("no stable version of {id} satisfies {wanted}: {withheld}")]
    NotStable {
        /// The name of the decoder.
        id: DecoderId,
        /// The requirement that was asked for.
        wanted: String,
        /// The versions that would do and why they are not given, separated by commas.
        withheld: String,
    },
}

pub(crate) fn no_version(
    id: &DecoderId,
    wanted: &impl ToString,
    versions: &Versions,
) -> ResolveError {
    let published: Vec<String> = versions.keys().map(Version::to_string).collect();
    ResolveError::NoVersion {
        id: id.clone(),
        wanted: wanted.to_string(),
        published: published.join(", "),
    }
}

/// Why nothing is given to whoever asks by a requirement.
pub(crate) fn not_given(id: &DecoderId, wanted: &VersionReq, listed: &Listed) -> ResolveError {
    let would_do = listed.versions.keys().filter(|version| wanted.matches(version));
    let withheld: Vec<String> = would_do
        .map(|version| match listed.channels.yanked(version) {
            Some(_) => format!("{version} is yanked"),
            None => format!("{version} is a candidate"),
        })
        .collect();
    if withheld.is_empty() {
        return no_version(id, wanted, &listed.versions);
    }
    let (id, wanted, withheld) = (id.clone(), wanted.to_string(), withheld.join(", "));
    ResolveError::NotStable { id, wanted, withheld }
}
