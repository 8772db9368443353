//! The rules in memory, by their groups: a frame of a group without rules costs one look.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use champollion_delivery::names::GroupId;
use champollion_service::alerts::{NamedRule, Rule, RuleKey};
use parking_lot::RwLock;
use uuid::Uuid;

/// The rules of a group.
pub(crate) type OfGroup = Arc<Vec<NamedRule>>;

/// The rules of all groups.
pub(crate) struct ArmedRules {
    groups: RwLock<HashMap<GroupId, OfGroup>>,
    /// Whether rules have changed since what they have raised was last compared with them.
    have_changed: AtomicBool,
}

impl Default for ArmedRules {
    fn default() -> Self {
        Self { groups: RwLock::default(), have_changed: AtomicBool::new(true) }
    }
}

impl ArmedRules {
    /// Returns the rules of a group, where it has any.
    pub(crate) fn of(&self, group: &GroupId) -> Option<OfGroup> {
        self.groups.read().get(group).cloned()
    }

    /// Returns the number of rules of a group.
    pub(crate) fn count_of(&self, group: &GroupId) -> usize {
        self.groups.read().get(group).map_or(0, |rules| rules.len())
    }

    /// Returns the rules of all groups.
    pub(crate) fn all(&self) -> Vec<(GroupId, OfGroup)> {
        let groups = self.groups.read();
        groups.iter().map(|(group, rules)| (group.clone(), Arc::clone(rules))).collect()
    }

    /// Returns the ids of all rules.
    pub(crate) fn ids(&self) -> HashSet<Uuid> {
        let groups = self.groups.read();
        groups.values().flat_map(|rules| rules.iter()).map(|(_, rule)| rule.id).collect()
    }

    /// Puts rules in the place of those that there are.
    pub(crate) fn replace(&self, all: Vec<(RuleKey, Rule)>) {
        let mut groups: HashMap<GroupId, Vec<NamedRule>> = HashMap::new();
        for (key, rule) in all {
            groups.entry(key.group).or_default().push((key.name, rule));
        }
        let groups = groups.into_iter().map(|(group, rules)| (group, Arc::new(rules))).collect();
        let mut own = self.groups.write();
        if *own != groups {
            *own = groups;
            self.have_changed.store(true, Ordering::Release);
        }
    }

    /// Whether rules have changed since this was last asked.
    pub(crate) fn take_change(&self) -> bool {
        self.have_changed.swap(false, Ordering::AcqRel)
    }

    /// Has [`take_change`](Self::take_change) say so once more.
    pub(crate) fn note_change(&self) {
        self.have_changed.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_are_found_by_their_groups_and_a_change_is_told_once() {
        let definition = serde_json::from_value(json!({ "when": { "alarm": {} } })).unwrap();
        let rule = Rule::instead(None, definition, Timestamp::UNIX_EPOCH);
        let all = vec![("water/leak".parse().unwrap(), rule)];
        let armed = ArmedRules::default();
        assert!(armed.take_change(), "what was raised before the start is compared once");
        armed.replace(all.clone());
        assert_eq!(armed.of(&"water".parse().unwrap()).unwrap().len(), 1);
        assert_eq!(["water", "light"].map(|group| armed.count_of(&group.parse().unwrap())), [1, 0]);
        assert!(armed.of(&"light".parse().unwrap()).is_none());
        assert!(armed.take_change());
        armed.replace(all);
        assert!(!armed.take_change());
        armed.replace(Vec::new());
        assert!(armed.take_change() && armed.all().is_empty());
    }
}
