//! The rules in memory, by their groups and their devices: a frame of a device without rules costs one look.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_service::alerts::{Condition, NamedRule, Rule, RuleKey};
use parking_lot::RwLock;
use uuid::Uuid;

/// The rules of a group.
pub(crate) type OfGroup = Arc<GroupRules>;

/// The rules of a group, by what they may watch.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct GroupRules {
    all: Vec<NamedRule>,
    /// The places of rules that watch one device alone.
    of_device: HashMap<DevEui, Vec<usize>>,
    /// The places of those that watch several devices.
    of_several: Vec<usize>,
}

impl GroupRules {
    fn push(&mut self, rule: NamedRule) {
        let (definition, place) = (&rule.1.definition, self.all.len());
        if !definition.paused && !matches!(definition.when, Condition::Route(_)) {
            match definition.scope.device {
                Some(device) => self.of_device.entry(device).or_default().push(place),
                None => self.of_several.push(place),
            }
        }
        self.all.push(rule);
    }

    /// Returns all of the rules.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, NamedRule> {
        self.all.iter()
    }

    /// Returns the rules that may watch a device: whether they do is up to where it is.
    pub(crate) fn that_may_watch(&self, device: DevEui) -> impl Iterator<Item = &NamedRule> {
        let own = self.of_device.get(&device).map_or(&[][..], Vec::as_slice);
        own.iter().chain(&self.of_several).map(|place| &self.all[*place])
    }
}

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
        self.groups.read().get(group).map_or(0, |rules| rules.all.len())
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

    /// Puts rules of a group in the place of those that it has.
    pub(crate) fn replace_of(&self, group: &GroupId, own: Vec<(RuleKey, Rule)>) {
        let mut rules = GroupRules::default();
        own.into_iter().for_each(|(key, rule)| rules.push((key.name, rule)));
        let rules = (!rules.all.is_empty()).then(|| Arc::new(rules));
        let mut groups = self.groups.write();
        if groups.get(group) == rules.as_ref() {
            return;
        }
        match rules {
            Some(rules) => groups.insert(group.clone(), rules),
            None => groups.remove(group),
        };
        self.have_changed.store(true, Ordering::Release);
    }

    /// Puts rules in the place of those that there are.
    pub(crate) fn replace(&self, all: Vec<(RuleKey, Rule)>) {
        let mut groups: HashMap<GroupId, GroupRules> = HashMap::new();
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
    fn a_frame_looks_at_the_rules_that_may_watch_its_device() {
        let devices: [DevEui; 2] =
            ["70B3D5499A000001", "70B3D5499A000002"].map(|device| device.parse().unwrap());
        let mut rules = GroupRules::default();
        for (name, definition) in [
            ("one", json!({ "when": { "alarm": {} }, "scope": { "device": devices[0] } })),
            ("paused", json!({ "when": { "alarm": {} }, "paused": true })),
            ("route", json!({ "when": { "route": { "seconds": 60 } } })),
            ("north", json!({ "when": { "battery": {} }, "scope": { "subGroup": "north" } })),
            ("other", json!({ "when": { "alarm": {} }, "scope": { "device": devices[1] } })),
        ] {
            let definition = serde_json::from_value(definition).unwrap();
            let rule = Rule::instead(None, definition, Timestamp::UNIX_EPOCH);
            rules.push((name.parse().unwrap(), rule));
        }
        let names = |device| -> Vec<_> {
            rules.that_may_watch(device).map(|(name, _)| name.as_str()).collect()
        };
        assert_eq!(devices.map(names), [["one", "north"], ["other", "north"]]);
        assert_eq!(names("70B3D5499A000003".parse().unwrap()), ["north"]);
        assert_eq!(rules.iter().count(), 5);
    }

    #[test]
    fn rules_are_found_by_their_groups_and_a_change_is_told_once() {
        let definition = serde_json::from_value(json!({ "when": { "alarm": {} } })).unwrap();
        let rule = Rule::instead(None, definition, Timestamp::UNIX_EPOCH);
        let all = vec![("water/leak".parse().unwrap(), rule)];
        let armed = ArmedRules::default();
        assert!(armed.take_change(), "what was raised before the start is compared once");
        armed.replace(all.clone());
        assert_eq!(armed.of(&"water".parse().unwrap()).unwrap().iter().count(), 1);
        assert_eq!(["water", "light"].map(|group| armed.count_of(&group.parse().unwrap())), [1, 0]);
        assert!(armed.of(&"light".parse().unwrap()).is_none());
        assert!(armed.take_change());
        armed.replace(all.clone());
        assert!(!armed.take_change());
        let [water, light]: [GroupId; 2] = ["water", "light"].map(|group| group.parse().unwrap());
        armed.replace_of(&water, all.clone());
        armed.replace_of(&light, Vec::new());
        assert!(!armed.take_change() && armed.of(&light).is_none());
        armed.replace_of(&water, Vec::new());
        assert!(armed.take_change() && armed.all().is_empty());
        armed.replace_of(&water, all);
        assert!(armed.take_change() && armed.count_of(&water) == 1);
        armed.replace(Vec::new());
        assert!(armed.take_change() && armed.all().is_empty());
    }
}
