//! The places of expensive requests, counted by token and by group.

use std::sync::Arc;

use champollion_delivery::names::GroupId;
use parking_lot::Mutex;

use super::{ExpensiveSettings, TooExpensive};
use crate::quotas::Counts;

/// The places that are taken.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    all: usize,
    of_tokens: Counts<String>,
    of_groups: Counts<GroupId>,
}

/// A place that is taken.
pub(super) struct Held {
    places: Places,
    token: String,
    group: Option<GroupId>,
}

impl Places {
    pub(super) fn take(
        &self,
        settings: &ExpensiveSettings,
        token: &str,
        group: Option<&GroupId>,
    ) -> Result<Held, TooExpensive> {
        let mut taken = self.0.lock();
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
        Ok(Held { places: self.clone(), token: token.to_owned(), group: group.cloned() })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock();
        taken.all = taken.all.saturating_sub(1);
        taken.of_tokens.take(&self.token, 1);
        if let Some(group) = &self.group {
            taken.of_groups.take(group, 1);
        }
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
        let places = Places::default();
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
        let places = Places::default();
        let water: GroupId = "water".parse().unwrap();
        drop(places.take(&SETTINGS, "a", Some(&water)));
        let taken = places.0.lock();
        assert_eq!(taken.all, 0);
        assert!(taken.of_tokens.is_empty() && taken.of_groups.is_empty());
    }
}
