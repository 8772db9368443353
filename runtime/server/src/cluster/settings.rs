//! The settings of a node among several.

use serde::Deserialize;

/// The settings of a node among several that share a store: the section `[cluster]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClusterSettings {
    /// The address at which the other nodes reach this one, such as `http://10.0.0.7:8080`; empty: that of `listen`.
    pub address: String,
}
