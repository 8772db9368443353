//! The objects of groups as they are registered at a moment, held small.

use std::collections::BTreeMap;

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use jiff::civil::Date;

use super::{
    history::MemberState,
    states::{StateId, States},
};

/// The objects of one group or of all as they were when they were gone through.
#[derive(Debug, Default)]
pub struct Registered {
    states: States,
    groups: BTreeMap<GroupId, Vec<Object>>,
}

/// An object that is registered.
#[derive(Clone, Copy, Debug)]
struct Object {
    dev_eui: DevEui,
    state: StateId,
    first_heard: Option<Date>,
}

impl Registered {
    /// The objects that are gone through, each with its state and the first day on which it was heard.
    #[must_use]
    pub fn of(objects: impl IntoIterator<Item = (DevEui, MemberState, Option<Date>)>) -> Self {
        let mut registered = Self::default();
        for (dev_eui, state, first_heard) in objects {
            let group = state.group.clone();
            let state = registered.states.keep(state);
            let of_group = registered.groups.entry(group).or_default();
            of_group.push(Object { dev_eui, state, first_heard });
        }
        registered
    }

    /// The groups that have objects.
    pub(super) fn groups(&self) -> impl Iterator<Item = &GroupId> {
        self.groups.keys()
    }

    /// The objects of a group, each with its state and the first day on which it was heard.
    pub(super) fn of_group<'of>(
        &'of self,
        group: &GroupId,
    ) -> impl Iterator<Item = (DevEui, &'of MemberState, Option<Date>)> + use<'of> {
        let objects = self.groups.get(group).map_or(&[][..], Vec::as_slice);
        objects.iter().filter_map(move |Object { dev_eui, state, first_heard }| {
            Some((*dev_eui, self.states.get(*state)?, *first_heard))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_held_by_group_in_few_bytes() {
        let state = |group: &str| {
            let group = group.parse().unwrap();
            MemberState { group, sub_group: None, use_case: None, life_cycle: None }
        };
        let object = |number| DevEui::from_be_bytes([number; 8]);
        let (water, light, day) = (state("water"), state("light"), Some(Date::MIN));
        let all = [
            (object(1), water.clone(), day),
            (object(2), light, None),
            (object(3), water.clone(), None),
        ];
        let registered = Registered::of(all);
        let of_water: Vec<_> = registered.of_group(&water.group).collect();
        assert_eq!(of_water, [(object(1), &water, day), (object(3), &water, None)]);
        assert_eq!(registered.of_group(&"heat".parse().unwrap()).count(), 0);
        assert_eq!(registered.groups().count(), 2);
        assert!(size_of::<Object>() <= 24);
    }
}
