//! The places of expensive requests, counted by token and by group.

use std::{collections::HashMap, sync::Arc};

use champollion_delivery::names::GroupId;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{ExpensiveSettings, TooExpensive};
use crate::quotas::Counts;

/// The places that are taken.
#[derive(Clone)]
pub(super) struct Places {
    taken: Arc<Mutex<Taken>>,
    /// The calls of one side that may have, or wait for, a thread at once.
    share: usize,
}

#[derive(Default)]
struct Taken {
    all: usize,
    of_tokens: Counts<String>,
    of_groups: Counts<GroupId>,
    shares: HashMap<Side, Arc<Semaphore>>,
}

/// The side whose calls take turns with those of others.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Side {
    Group(GroupId),
    /// The token of a request that counts for no group.
    Token(String),
}

/// A place that is taken.
pub(super) struct Held {
    places: Places,
    token: String,
    group: Option<GroupId>,
    share: Arc<Semaphore>,
}

impl Taken {
    /// Forgets the share of a side that has no place any more.
    fn forget_idle(&mut self, side: &Side) {
        let places = match side {
            Side::Group(group) => self.of_groups.of(group),
            // Those that count for groups are among them: they keep the share until they have gone too.
            Side::Token(token) => self.of_tokens.of(token),
        };
        if places == 0 {
            self.shares.remove(side);
        }
    }
}

impl Held {
    /// Waits until the side of the request may have one more call at a thread; it may until this is dropped.
    pub(super) async fn share(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.share).acquire_owned().await.ok()
    }
}

impl Side {
    fn of(token: &str, group: Option<&GroupId>) -> Self {
        group.map_or_else(|| Self::Token(token.to_owned()), |group| Self::Group(group.clone()))
    }
}

impl Places {
    /// No place is taken; the calls of one side have so many threads at once.
    pub(super) fn new(share: usize) -> Self {
        Self { taken: Arc::default(), share }
    }

    pub(super) fn take(
        &self,
        settings: &ExpensiveSettings,
        token: &str,
        group: Option<&GroupId>,
    ) -> Result<Held, TooExpensive> {
        let mut taken = self.taken.lock();
        let limit = settings.of_token;
        if taken.of_tokens.of(token) >= limit {
            return Err(TooExpensive::OfToken { limit });
        }
        if let Some(group) = group
            && taken.of_groups.of(group) >= settings.of_group
        {
            return Err(TooExpensive::OfGroup { group: group.clone(), limit: settings.of_group });
        }
        if taken.all >= settings.requests {
            return Err(TooExpensive::All { limit: settings.requests });
        }
        taken.all += 1;
        taken.of_tokens.add(token.to_owned(), 1);
        if let Some(group) = group {
            taken.of_groups.add(group.clone(), 1);
        }
        let share = taken.shares.entry(Side::of(token, group));
        let share = Arc::clone(share.or_insert_with(|| Arc::new(Semaphore::new(self.share))));
        Ok(Held { places: self.clone(), token: token.to_owned(), group: group.cloned(), share })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock();
        taken.all = taken.all.saturating_sub(1);
        taken.of_tokens.take(&self.token, 1);
        if let Some(group) = &self.group {
            taken.of_groups.take(group, 1);
            taken.forget_idle(&Side::Group(group.clone()));
        }
        taken.forget_idle(&Side::Token(self.token.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: ExpensiveSettings = ExpensiveSettings {
        threads: 1,
        requests: 4,
        of_token: 2,
        of_group: 3,
        seconds: 1,
        records: 1,
        fuel: 1,
    };

    #[test]
    fn places_are_counted_by_token_by_group_and_in_total() {
        let places = Places::new(1);
        let group = |name: &str| name.parse::<GroupId>().unwrap();
        let water = group("water");
        let take = |token: &str, group: Option<&GroupId>| places.take(&SETTINGS, token, group);
        let first = take("a", Some(&water)).ok().unwrap();
        let _second = take("a", Some(&water)).ok().unwrap();
        assert_eq!(take("a", None).err(), Some(TooExpensive::OfToken { limit: 2 }));
        let _third = take("b", Some(&water)).ok().unwrap();
        let full = TooExpensive::OfGroup { group: water.clone(), limit: 3 };
        assert_eq!(take("b", Some(&water)).err(), Some(full));
        let _fourth = take("c", Some(&group("street"))).ok().unwrap();
        assert_eq!(take("d", None).err(), Some(TooExpensive::All { limit: 4 }));
        drop(first);
        assert!(take("a", Some(&water)).is_ok());
    }

    #[test]
    fn nothing_is_left_of_who_has_gone() {
        let places = Places::new(1);
        let water: GroupId = "water".parse().unwrap();
        for group in [Some(&water), None] {
            drop(places.take(&SETTINGS, "a", group));
        }
        let of_group = places.take(&SETTINGS, "a", Some(&water));
        drop(places.take(&SETTINGS, "a", None));
        drop(of_group);
        let taken = places.taken.lock();
        assert_eq!(taken.all, 0);
        assert!(taken.of_tokens.is_empty() && taken.of_groups.is_empty());
        assert!(taken.shares.is_empty());
    }
}
