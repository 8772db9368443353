//! Scopes of notices: the objects that a notice is about.

use std::collections::BTreeSet;

use champollion_fleet::names::{GroupId, UseCase};
use serde::{Deserialize, Serialize};

use super::NoticeFault;

/// Longest name of a gateway in bytes, as network servers have them.
const GATEWAY_BYTES: usize = 64;

/// Most names that each part of a scope may have: a notice is a row of the store.
const NAMES: usize = 200;

/// The objects that a notice is about: those that fit all parts that say something. A scope that says nothing is the
/// whole territory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticeScope {
    /// The groups that it is about; none are all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<GroupId>,
    /// The use cases that it is about; none are all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub use_cases: BTreeSet<UseCase>,
    /// The gateways that it is about, for people to read: which objects a gateway hears changes from frame to frame.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub gateways: BTreeSet<String>,
}

impl NoticeScope {
    /// Whether gateways alone are named. No object is within such a scope: it would be the whole territory otherwise.
    #[must_use]
    pub fn is_of_gateways_alone(&self) -> bool {
        !self.gateways.is_empty() && self.groups.is_empty() && self.use_cases.is_empty()
    }

    /// Whether an object of a group and a use case is within the scope.
    #[must_use]
    pub fn concerns(&self, group: &GroupId, use_case: Option<&UseCase>) -> bool {
        let has_use = |use_case: &UseCase| self.use_cases.contains(use_case);
        !self.is_of_gateways_alone()
            && (self.groups.is_empty() || self.groups.contains(group))
            && (self.use_cases.is_empty() || use_case.is_some_and(has_use))
    }

    /// The scope as one sees it who sees some of the groups alone; nothing where it is about none of these.
    #[must_use]
    pub fn as_seen(&self, sees: impl Fn(&GroupId) -> bool) -> Option<Self> {
        if self.groups.is_empty() {
            return Some(self.clone());
        }
        let groups: BTreeSet<GroupId> =
            self.groups.iter().filter(|group| sees(group)).cloned().collect();
        (!groups.is_empty()).then(|| Self { groups, ..self.clone() })
    }

    /// Checks the names of a scope.
    pub(super) fn check(&self, is_known: impl Fn(&GroupId) -> bool) -> Result<(), NoticeFault> {
        for (part, count) in [
            ("groups", self.groups.len()),
            ("useCases", self.use_cases.len()),
            ("gateways", self.gateways.len()),
        ] {
            if count > NAMES {
                return Err(NoticeFault::TooManyNames { part, count, limit: NAMES });
            }
        }
        if let Some(group) = self.groups.iter().find(|group| !is_known(group)) {
            return Err(NoticeFault::UnknownGroup(group.clone()));
        }
        let is_name = |name: &&String| {
            (1..=GATEWAY_BYTES).contains(&name.len()) && !name.contains(char::is_control)
        };
        match self.gateways.iter().find(|name| !is_name(name)) {
            Some(name) => Err(NoticeFault::Gateway(name.chars().take(GATEWAY_BYTES).collect())),
            None => Ok(()),
        }
    }
}
