//! Partners: legal persons that own groups.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::names::{GroupId, PartnerId};

/// Longest name of a partner in characters.
const NAME_CHARACTERS: usize = 200;

/// A partner as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Partner {
    /// The short name, which grants and addresses use.
    pub id: PartnerId,
    /// The name for people: that of a city, of a syndicate.
    pub name: String,
    /// The moment at which it was added.
    pub created_at: Timestamp,
}

/// A partner with its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerWithGroups {
    /// The partner without its groups.
    pub partner: Partner,
    /// Its groups, in the order of their names.
    pub groups: Vec<GroupId>,
}

/// The owner of a group as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ownership {
    /// The partner that owns the group.
    pub partner: PartnerId,
    /// The moment from which on it does.
    pub since: Timestamp,
}

/// Whether a text can be the name of a partner.
#[must_use]
pub(crate) fn is_name(text: &str) -> bool {
    (1..=NAME_CHARACTERS).contains(&text.trim().chars().count()) && !text.contains(char::is_control)
}

/// The words for what a name of a partner must be.
pub(crate) const NAME_RULE: &str = "a partner's name has 1 to 200 characters on one line";
