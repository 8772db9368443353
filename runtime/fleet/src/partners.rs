//! Partners: legal persons that own groups.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    names::{GroupId, PartnerId},
    requests::Approval,
};

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
    /// The approval; absent of a partner from before there were approvals, which has one of the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

impl Partner {
    /// The approval of the partner.
    #[must_use]
    pub fn approval(&self) -> Approval {
        self.approval.clone().unwrap_or_else(|| Approval::of_operator(self.created_at))
    }
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
