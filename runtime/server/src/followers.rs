//! Places for requests that stay: those who follow the records of a group as they come or wait for one, and
//! answers with records that are being sent.

use std::sync::Arc;

use champollion_delivery::names::GroupId;
use parking_lot::Mutex;

use crate::quotas::{Counts, Quota, QuotaExceeded};

/// The places that are taken, by group and by token.
#[derive(Clone)]
pub struct Followers {
    taken: Arc<Mutex<Taken>>,
    quotas: (Quota, Quota),
}

#[derive(Default)]
struct Taken {
    of_groups: Counts<GroupId>,
    of_tokens: Counts<String>,
}

/// A place of a request that stays; given back when it is dropped.
pub(crate) struct Place {
    followers: Followers,
    group: GroupId,
    token: String,
}

impl Followers {
    /// Streams and long polls.
    #[must_use]
    pub fn of_streams() -> Self {
        Self::counted_by(Quota::OpenStreams, Quota::OpenStreamsOfToken)
    }

    /// Answers with records that are being sent.
    #[must_use]
    pub fn of_answers() -> Self {
        Self::counted_by(Quota::OpenAnswers, Quota::OpenAnswersOfToken)
    }

    fn counted_by(of_group: Quota, of_token: Quota) -> Self {
        Self { taken: Arc::default(), quotas: (of_group, of_token) }
    }

    /// Takes a place for a token and a group, which have so many each.
    pub(crate) fn join(
        &self,
        token: &str,
        group: &GroupId,
        (of_group, of_token): (usize, usize),
    ) -> Result<Place, QuotaExceeded> {
        let mut taken = self.taken.lock();
        let (group_quota, token_quota) = self.quotas;
        for (quota, used, limit) in [
            (token_quota, taken.of_tokens.of(token), of_token),
            (group_quota, taken.of_groups.of(group), of_group),
        ] {
            if used >= limit {
                let group = group.clone();
                return Err(QuotaExceeded { group, quota, used, wanted: 1, limit });
            }
        }
        taken.of_tokens.add(token.to_owned(), 1);
        taken.of_groups.add(group.clone(), 1);
        Ok(Place { followers: self.clone(), group: group.clone(), token: token.to_owned() })
    }

    /// Returns the number of places that a group has taken.
    #[must_use]
    pub fn count(&self, group: &GroupId) -> usize {
        self.taken.lock().of_groups.of(group)
    }

    /// Returns the groups that have taken a place.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupId> {
        self.taken.lock().of_groups.keys().cloned().collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.followers.taken.lock();
        taken.of_groups.take(&self.group, 1);
        taken.of_tokens.take(&self.token, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_token_leaves_places_to_others_of_its_group() {
        let (streams, water) = (Followers::of_streams(), "water".parse().unwrap());
        let join = |token: &str| streams.join(token, &water, (3, 2));
        let (first, _second) = (join("a").ok().unwrap(), join("a").ok().unwrap());
        assert_eq!(join("a").err().unwrap().quota, Quota::OpenStreamsOfToken);
        let _third = join("b").ok().unwrap();
        let full = join("b").err().unwrap();
        assert_eq!((full.quota, full.used, full.limit), (Quota::OpenStreams, 3, 3));
        drop(first);
        assert_eq!(streams.count(&water), 2);
        assert!(join("b").is_ok());
    }
}
