//! The places of expensive requests, counted by token and by group.

use std::{borrow::Borrow, collections::HashMap, hash::Hash, sync::Arc};

use champollion_delivery::names::GroupId;
use parking_lot::Mutex;

use super::{ExpensiveSettings, TooExpensive};

/// The places that are taken.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    all: usize,
    of_tokens: HashMap<String, usize>,
    of_groups: HashMap<GroupId, usize>,
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
        if count(&taken.of_tokens, token) >= limit {
            return Err(TooExpensive::OfToken { limit });
        }
        if let Some(group) = group
            && count(&taken.of_groups, group) >= settings.of_group
        {
            return Err(TooExpensive::OfGroup { group: group.clone(), limit: settings.of_group });
        }
        if taken.all >= settings.requests {
            return Err(TooExpensive::All { limit: settings.requests });
        }
        taken.all += 1;
        *taken.of_tokens.entry(token.to_owned()).or_default() += 1;
        if let Some(group) = group {
            *taken.of_groups.entry(group.clone()).or_default() += 1;
        }
        Ok(Held { places: self.clone(), token: token.to_owned(), group: group.cloned() })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock();
        taken.all = taken.all.saturating_sub(1);
        give_back(&mut taken.of_tokens, &self.token);
        if let Some(group) = &self.group {
            give_back(&mut taken.of_groups, group);
        }
    }
}

fn count<Key, Borrowed>(counts: &HashMap<Key, usize>, key: &Borrowed) -> usize
where
    Key: Borrow<Borrowed> + Hash + Eq,
    Borrowed: Hash + Eq + ?Sized,
{
    counts.get(key).copied().unwrap_or_default()
}

/// Counts one less, and forgets whoever has none.
fn give_back<Key: Hash + Eq>(counts: &mut HashMap<Key, usize>, key: &Key) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
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
        assert_eq!((taken.all, taken.of_tokens.len(), taken.of_groups.len()), (0, 0, 0));
    }
}
