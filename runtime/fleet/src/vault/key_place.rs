//! The places in which a master key may lie.

use std::fmt;
use std::path::PathBuf;

/// The variable of the environment that may hold the master key.
pub(super) const VARIABLE: &str = "CHAMPOLLION_MASTER_KEY";

/// The name of the credential of systemd that may hold the master key.
pub(super) const CREDENTIAL: &str = "champollion-master-key";

/// A place in which a master key lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    /// A file of the machine, by its path.
    File(PathBuf),
    /// The variable of the environment.
    Variable,
    /// The credential of systemd.
    Credential,
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "the file {}", path.display()),
            Self::Variable => write!(formatter, "the variable {VARIABLE}"),
            Self::Credential => write!(formatter, "the credential {CREDENTIAL}"),
        }
    }
}
