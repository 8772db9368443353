//! Settings of people: the most that is looked after by those who are no admins.

use serde::Deserialize;

/// The most accounts, grants and tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PeopleLimits {
    /// Most accounts that belong to one partner, or to one group; those of the territory are the admins' own.
    pub accounts: usize,
    /// Most grants of one person.
    pub grants: usize,
    /// Most tokens of one person, and of one partner beside those of its groups.
    pub tokens: usize,
}
