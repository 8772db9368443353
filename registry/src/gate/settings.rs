//! The settings of the gate.

use serde::Deserialize;

use super::admission::Gate;

/// The demands on packages that are published: the section `[publication]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PublicationSettings {
    /// The number of random payloads that a package must get through.
    pub random_payloads: usize,
    /// Whether packages without signature are published, of vendors to whom no key belongs.
    pub unsigned: bool,
    /// Packages that may be under way to be tried.
    pub waiting: usize,
    /// The same of one token.
    pub waiting_of_token: usize,
    /// Bytes that the packages of one vendor may take.
    pub bytes_of_vendor: u64,
}

impl PublicationSettings {
    /// Returns the gate that packages must get through.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate { random_payloads: self.random_payloads }
    }
}
