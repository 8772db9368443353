//! The settings of expensive requests.

use serde::Deserialize;

/// The settings of expensive requests: their threads, their places and their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExpensiveSettings {
    /// Threads that they have; 0 is half of the cores, and two at least.
    pub threads: usize,
    /// Requests that are under way at once.
    pub requests: usize,
    /// Those of them that may be of one token.
    pub of_token: usize,
    /// Those of them that may be of one group.
    pub of_group: usize,
    /// The time of a request in seconds.
    pub seconds: u64,
    /// Records that one answer looks at, where a filter has an expression.
    pub records: usize,
    /// The fuel of an expression for a record.
    pub fuel: u64,
}
