//! The settings of a node among several.

use serde::Deserialize;

/// The settings of a node among several that share a store: the section `[cluster]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClusterSettings {
    /// The address at which the other nodes reach this one, such as `http://10.0.0.7:8080`; empty: that of `listen`.
    pub address: String,
}

/// An address at which no other node reaches this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "[cluster] address is missing: listen takes connections at all addresses of this machine, so name the one at which \
     the other nodes reach it, as in \"http://10.0.0.7:8080\""
)]
pub struct AddressMissing;

impl ClusterSettings {
    /// Checks that other nodes can reach this one at its address.
    pub(super) fn check(&self) -> Result<(), AddressMissing> {
        let is_of_all = ["//0.0.0.0:", "//[::]:"].iter().any(|any| self.address.contains(any));
        if is_of_all { Err(AddressMissing) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_all_interfaces_is_none_that_others_reach() {
        let at = |address: &str| ClusterSettings { address: address.to_owned() }.check();
        assert_eq!(at("http://10.0.0.7:8080"), Ok(()));
        assert_eq!(at("https://node-1.example"), Ok(()));
        assert_eq!(at("http://0.0.0.0:8080"), Err(AddressMissing));
        assert_eq!(at("http://[::]:8080"), Err(AddressMissing));
    }
}
