//! States of objects, each in memory once: a million objects have few that differ.

use std::{collections::HashMap, num::NonZeroU32};

use super::history::MemberState;

/// The states of many objects, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct States {
    all: Vec<MemberState>,
    ids: HashMap<MemberState, StateId>,
}

/// The number of a state, from one on, so that none takes no room of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StateId(NonZeroU32);

impl States {
    /// Returns the number of a state, which is kept where it is new.
    pub(super) fn keep(&mut self, state: MemberState) -> StateId {
        if let Some(id) = self.ids.get(&state) {
            return *id;
        }
        self.all.push(state.clone());
        // There are never more states than devices, which are fewer than four billion.
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let id = StateId(NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN));
        self.ids.insert(state, id);
        id
    }

    /// The state that has a number.
    pub(super) fn get(&self, StateId(number): StateId) -> Option<&MemberState> {
        self.all.get(number.get() as usize - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(group: &str) -> MemberState {
        let group = group.parse().unwrap();
        MemberState { group, sub_group: None, use_case: None, life_cycle: None }
    }

    #[test]
    fn a_state_that_is_read_again_is_kept_once() {
        let mut states = States::default();
        let ids = [(); 3].map(|()| states.keep(state("water")));
        assert_eq!((ids[0], ids[1]), (ids[2], ids[2]));
        assert_ne!(states.keep(state("light")), ids[0]);
        assert_eq!((states.get(ids[0]), states.all.len()), (Some(&state("water")), 2));
        assert_eq!(size_of::<Option<StateId>>(), 4);
    }
}
