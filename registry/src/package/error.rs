//! The error of a file that is no package.

use champollion_sandbox::Script;

use super::{
    decoder_toml::ManifestError,
    limits::{MANIFEST_BYTES, VECTORS, VECTORS_BYTES},
};

/// Why a file is no package.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackageError {
    /// It is no WebAssembly, or damaged.
    #[error("this is no WebAssembly component: {0}")]
    NotWebAssembly(String),
    /// It is WebAssembly, but a core module.
    #[error(
        "this is a WebAssembly core module, not a component: build it with `champollion build`, \
         which makes a component of it"
    )]
    CoreModule,
    /// It is a component without manifest or vectors.
    #[error(
        "the component has no {what} inside: build it with `champollion build`, which puts \
         {file} into it"
    )]
    Missing {
        /// The part that is missing.
        what: &'static str,
        /// The file of the sources that it comes from.
        file: &'static str,
    },
    /// It has two manifests or two lists of vectors.
    #[error("the component has two sections of the name {0}")]
    Twice(&'static str),
    /// A section is no text.
    #[error("the {0} inside the component must be UTF-8 text")]
    NotText(&'static str),
    /// It has a script beside something else that could run.
    #[error("the component has a script inside and is not empty otherwise: it must be one of both")]
    ScriptInComponent,
    /// The script is longer than the engine takes.
    #[error(
        "the script has {bytes} bytes, and {} are the limit: take out of it what the decoder does \
         not need, such as tables of other devices",
        Script::SOURCE_BYTES
    )]
    ScriptTooLarge {
        /// Size of its source in bytes.
        bytes: usize,
    },
    /// The manifest declares a script, and there is none.
    #[error("the manifest has [script], and the package is no script")]
    NoScript,
    /// The manifest is that of a derived decoder, and there is code beside it.
    #[error(
        "the manifest has [derived], and the package has code too: a derived decoder is its expressions alone"
    )]
    DerivedWithCode,
    /// The manifest is too long to be kept in an index.
    #[error("the manifest has {bytes} bytes, and {MANIFEST_BYTES} are the limit")]
    ManifestTooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// The section of the manifest is no whole stream of zlib.
    #[error(
        "the manifest inside the component is damaged: build it again with `champollion build`"
    )]
    ManifestDamaged,
    /// A few bytes stand for a longer manifest than is unpacked.
    #[error(
        "the manifest inside the component has more than {MANIFEST_BYTES} bytes when it is unpacked, which is the \
         limit"
    )]
    ManifestUnpacksTooLarge,
    /// The manifest cannot be used.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The manifest cannot be written as TOML.
    #[error("the manifest cannot be written: {0}")]
    ManifestNotWritten(toml::ser::Error),
    /// The section of the vectors is no whole stream of zlib.
    #[error(
        "the vectors inside the component are damaged: build it again with `champollion build`"
    )]
    VectorsDamaged,
    /// A few bytes stand for more than is unpacked.
    #[error(
        "the vectors inside the component have more than {VECTORS_BYTES} bytes when they are unpacked, which is the \
         limit"
    )]
    VectorsTooLarge,
    /// The vectors cannot be used.
    #[error("the vectors cannot be read: {0}")]
    Vectors(#[from] serde_json::Error),
    /// There is nothing to try the decoder on.
    #[error("the package has no vector: at least one payload with its expected reading is needed")]
    NoVectors,
    /// There are more vectors than are run.
    #[error("the package has {count} vectors, and {} are the limit", VECTORS)]
    TooManyVectors {
        /// The number that there is.
        count: usize,
    },
    /// Two vectors of one name could not be told apart in a report.
    #[error("two vectors have the name {0:?}")]
    SameName(String),
}
