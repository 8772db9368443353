//! The shelf: the messages that wait as they are known in memory, by their ways. What pauses need not be read for it, and
//! the messages of each group are counted.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use champollion_fleet::names::GroupId;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Lane, Waiting};

/// The messages that wait, by their ways.
#[derive(Debug, Default)]
pub struct Shelf {
    lanes: BTreeMap<Arc<Lane>, BTreeMap<Uuid, Shelved>>,
    places: HashMap<Uuid, Arc<Lane>>,
    /// The messages of each group, but those that are there for folded ones.
    groups: BTreeMap<GroupId, usize>,
}

/// A message of a way, as far as it is known in memory.
#[derive(Clone, Copy, Debug)]
struct Shelved {
    queued_at: Timestamp,
    /// Whether it is there for others that were folded.
    is_of_folded: bool,
}

/// Messages of one way that a group has no room for.
#[derive(Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The messages, the oldest first.
    pub ids: Vec<Uuid>,
    /// The newest message that is there for others of this way already.
    pub before: Option<Uuid>,
}

impl Shelf {
    /// Notes a message that waits.
    pub fn note(&mut self, waiting: &Waiting) {
        let (id, lane) = (waiting.message.id, waiting.message.lane());
        if self.places.contains_key(&id) {
            return;
        }
        let known = self.lanes.get_key_value(&lane).map(|(known, _)| Arc::clone(known));
        let lane = known.unwrap_or_else(|| Arc::new(lane));
        let (queued_at, is_of_folded) = (waiting.message.queued_at, waiting.folded.is_some());
        let shelved = Shelved { queued_at, is_of_folded };
        self.put(id, lane, shelved);
    }

    fn put(&mut self, id: Uuid, lane: Arc<Lane>, shelved: Shelved) {
        if let Some(group) = lane.group().filter(|_| !shelved.is_of_folded) {
            *self.groups.entry(group.clone()).or_default() += 1;
        }
        self.lanes.entry(Arc::clone(&lane)).or_default().insert(id, shelved);
        self.places.insert(id, lane);
    }

    /// Takes over what became of messages of a way: some were put into others, which were made now.
    pub fn gathered(&mut self, lane: &Arc<Lane>, before: &[Uuid], left: &[Uuid], now: Timestamp) {
        for id in before.iter().filter(|id| !left.contains(id)) {
            self.forget(*id);
        }
        for id in left {
            if !self.places.contains_key(id) {
                let shelved = Shelved { queued_at: now, is_of_folded: false };
                self.put(*id, Arc::clone(lane), shelved);
            }
        }
    }

    /// Forgets a message that waits no more.
    pub fn forget(&mut self, id: Uuid) {
        let Some(lane) = self.places.remove(&id) else { return };
        let Some(all) = self.lanes.get_mut(&lane) else { return };
        let shelved = all.remove(&id);
        if all.is_empty() {
            self.lanes.remove(&lane);
        }
        if let Some(group) = lane.group().filter(|_| shelved.is_some_and(|one| !one.is_of_folded))
            && let Some(count) = self.groups.get_mut(group)
        {
            *count -= 1;
            if *count == 0 {
                self.groups.remove(group);
            }
        }
    }

    /// Forgets all messages up to an id but those that are listed.
    pub fn retain(&mut self, until: Option<Uuid>, are_there: impl Fn(Uuid) -> bool) {
        let is_gone = |id: &&Uuid| until.is_none_or(|until| **id <= until) && !are_there(**id);
        let gone: Vec<Uuid> = self.places.keys().filter(is_gone).copied().collect();
        gone.into_iter().for_each(|id| self.forget(id));
    }

    /// The ways on which something waits.
    #[must_use]
    pub fn lanes(&self) -> Vec<Arc<Lane>> {
        self.lanes.keys().cloned().collect()
    }

    /// The messages of a way, the oldest first.
    #[must_use]
    pub fn of(&self, lane: &Lane) -> Vec<Uuid> {
        self.lanes.get(lane).map(|shelved| shelved.keys().copied().collect()).unwrap_or_default()
    }

    /// The number of messages that wait.
    #[must_use]
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The moment at which the oldest message was put into the outbox.
    #[must_use]
    pub fn oldest(&self) -> Option<Timestamp> {
        self.lanes
            .values()
            .filter_map(|shelved| shelved.values().next())
            .map(|one| one.queued_at)
            .min()
    }

    /// The number of messages of each group, but those that are there for folded ones.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<GroupId, usize> {
        &self.groups
    }

    /// The messages that are beyond what a group may have: the newest ones of the longest ways, so that a recipient who
    /// takes its messages loses none to one who does not.
    #[must_use]
    pub fn beyond(&self, group: &GroupId, most: usize) -> Vec<Beyond> {
        let own: Vec<_> =
            self.lanes.iter().filter(|(lane, _)| lane.group() == Some(group)).collect();
        let lengths = own.iter().map(|(_, shelved)| usual(shelved).count()).collect();
        let Some(level) = level(lengths, most) else { return Vec::new() };
        let beyond = own.into_iter().map(|(_, shelved)| Beyond {
            ids: usual(shelved).skip(level).collect(),
            before: shelved.iter().rev().find(|(_, one)| one.is_of_folded).map(|(id, _)| *id),
        });
        beyond.filter(|beyond| !beyond.ids.is_empty()).collect()
    }

    /// The messages of a way that were made before a moment. That is told by their ids: the moment that a message was queued
    /// at is that of its frame, which a network server may say was heard years ago.
    #[must_use]
    pub fn older(&self, lane: &Lane, moment: Timestamp) -> Vec<Uuid> {
        let Ok(milliseconds) = u128::try_from(moment.as_millisecond()) else { return Vec::new() };
        let first = Uuid::from_u128(milliseconds << 80);
        let Some(shelved) = self.lanes.get(lane) else { return Vec::new() };
        shelved.range(..first).map(|(id, _)| *id).collect()
    }
}

/// The messages of a way that are there for themselves.
fn usual(shelved: &BTreeMap<Uuid, Shelved>) -> impl Iterator<Item = Uuid> {
    shelved.iter().filter(|(_, one)| !one.is_of_folded).map(|(id, _)| *id)
}

/// The length that ways may have so that they have no more than so many messages together; nothing where they have not.
fn level(mut lengths: Vec<usize>, most: usize) -> Option<usize> {
    lengths.sort_unstable();
    let (mut left, mut count) = (most, lengths.len());
    for length in lengths {
        if length > left / count {
            return Some(left / count);
        }
        left -= length;
        count -= 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::{Folded, Language, Mail, Message};

    fn mail(group: &str, to: &str) -> Waiting {
        let to = format!("{to}@city.example").parse().unwrap();
        let mail = Mail::new(to, Language::En, "leak", "text").of_group(group.parse().unwrap());
        let message = Message::new(mail, Timestamp::UNIX_EPOCH);
        Waiting { message, attempts: 0, reason: None, folded: None }
    }

    #[test]
    fn ways_are_cut_where_the_longest_ones_are() {
        assert_eq!(level(vec![], 0), None);
        assert_eq!(level(vec![3, 4], 7), None);
        assert_eq!(level(vec![3, 4], 6), Some(3));
        assert_eq!(level(vec![1, 100, 2], 13), Some(10));
        assert_eq!(level(vec![5, 5, 5], 2), Some(0));
        assert_eq!(level(vec![1], 0), Some(0));
    }

    #[test]
    fn what_a_recipient_does_not_take_folds_nothing_of_another() {
        let (mut shelf, water) = (Shelf::default(), "water".parse().unwrap());
        let away: Vec<Waiting> = (0..20).map(|_| mail("water", "bob")).collect();
        let taken = mail("water", "ada");
        for waiting in away.iter().chain([&taken, &mail("light", "ada")]) {
            shelf.note(waiting);
            shelf.note(waiting);
        }
        assert_eq!(shelf.counts()[&water], 21);
        assert!(shelf.beyond(&water, 21).is_empty());
        let folded = Folded { count: 7, since: Timestamp::UNIX_EPOCH };
        let before = Waiting { folded: Some(folded), ..mail("water", "bob") };
        shelf.note(&before);
        assert_eq!(shelf.counts()[&water], 21, "it is there for others");
        let ids = away[9..].iter().map(|waiting| waiting.message.id).collect();
        let beyond = Beyond { ids, before: Some(before.message.id) };
        assert_eq!(shelf.beyond(&water, 10), [beyond]);
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let mut shelf = Shelf::default();
        let all: Vec<Waiting> = (0..3).map(|_| mail("water", "ada")).collect();
        all.iter().for_each(|waiting| shelf.note(waiting));
        let (id, lane) = (|index: usize| all[index].message.id, all[0].message.lane());
        assert_eq!(shelf.of(&lane), [id(0), id(1), id(2)]);
        shelf.retain(Some(id(1)), |there| there == id(1));
        assert_eq!(shelf.of(&lane), [id(1), id(2)], "what has come since is known to nobody else");
        shelf.forget(id(2));
        shelf.forget(id(1));
        assert!(shelf.lanes().is_empty() && shelf.count() == 0 && shelf.oldest().is_none());
        assert!(shelf.counts().is_empty());
        let later = Timestamp::from_second(1).unwrap();
        shelf.note(&all[0]);
        let ahead = Timestamp::now() + jiff::SignedDuration::from_hours(1);
        assert_eq!(shelf.older(&lane, ahead), [id(0)]);
        let before = "is of a frame of 1970, and was made now";
        assert!(shelf.older(&lane, later).is_empty(), "{before}");
        let lane = shelf.lanes().remove(0);
        shelf.gathered(&lane, &[id(0)], &[id(1), id(2)], later);
        assert_eq!(shelf.of(&lane), [id(1), id(2)], "a digest, and what was left");
        assert_eq!(shelf.counts().values().sum::<usize>(), 2);
    }
}
