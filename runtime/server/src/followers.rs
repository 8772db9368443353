//! Places for those who follow the records of a group as they come.

use std::{collections::HashMap, sync::Arc};

use champollion_delivery::names::GroupId;
use parking_lot::Mutex;

/// Most who follow the records of one group at once: each has a place in the server's memory.
const FOLLOWERS: usize = 20;

/// The followers of the records of each group.
#[derive(Clone, Default)]
pub struct Followers(Arc<Mutex<HashMap<GroupId, usize>>>);

/// A place among those who follow a group; given back when it is dropped.
pub(crate) struct Place {
    followers: Followers,
    group: GroupId,
}

/// All places of a group are taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{FOLLOWERS} follow the records of {0} already")]
pub(crate) struct TooManyFollowers(GroupId);

impl Followers {
    /// Takes a place among those who follow a group.
    pub(crate) fn join(&self, group: &GroupId) -> Result<Place, TooManyFollowers> {
        let mut all = self.0.lock();
        let count = all.entry(group.clone()).or_default();
        if *count >= FOLLOWERS {
            return Err(TooManyFollowers(group.clone()));
        }
        *count += 1;
        Ok(Place { followers: self.clone(), group: group.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.followers.0.lock();
        if let Some(count) = all.get_mut(&self.group) {
            *count -= 1;
            if *count == 0 {
                all.remove(&self.group);
            }
        }
    }
}
