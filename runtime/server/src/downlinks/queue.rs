//! The commands that wait for one network server.
//!
//! Groups take turns, so that one with ten thousand commands delays another's by one command. Only urgent
//! commands go before those of other groups, and only groups that may send them have any. Within a group the
//! order is that of the priorities, and then of the last try, or of the request where there was none: the
//! least recently tried goes first. The commands of one device go one after another.
//!
//! A command that is paused, or whose device is being offered another, is not among those that are ready,
//! so the next one is found without looking at any that is not.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Bound,
    time::{Duration, Instant},
};

use champollion_delivery::{dispatch::Backoff, names::GroupId};
use champollion_frames::DevEui;
use champollion_lns::Priority;
use jiff::Timestamp;
use uuid::Uuid;

use super::Downlink;

/// The pauses of one command that the network server does not take, the first and the longest: one that
/// goes on failing hardly costs anything, and one that is repaired is tried within minutes.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(120));

/// The commands that wait for one network server, group by group.
#[derive(Default)]
pub(super) struct Queue {
    groups: BTreeMap<GroupId, OfGroup>,
    /// The groups that have something ready: urgent commands, and others.
    ready: [BTreeSet<GroupId>; 2],
    /// The devices that are being offered a command.
    busy: HashSet<DevEui>,
    pauses: HashMap<Uuid, Pause>,
    /// The devices of commands that wait for them to be heard.
    unheard: HashMap<DevEui, GroupId>,
    /// The ends of pauses.
    ends: BTreeMap<(Instant, Uuid), (GroupId, DevEui)>,
    /// Why no command is offered at all, and until when.
    closed: Option<(String, Timestamp)>,
}

/// The commands of one group.
#[derive(Default)]
struct OfGroup {
    devices: HashMap<DevEui, OfDevice>,
    /// The ready commands of devices: urgent ones, and others.
    ready: [BTreeSet<ReadyKey>; 2],
}

/// The commands of one device.
#[derive(Default)]
struct OfDevice {
    commands: BTreeMap<(Priority, Uuid), Timestamp>,
    /// The one that is ready: all others wait for it.
    ready: Option<ReadyKey>,
}

/// A ready command's place in its group: its priority, the moment of its last try, and the device.
type ReadyKey = (Priority, Timestamp, Uuid, DevEui);

/// The pause of a command.
struct Pause {
    backoff: Backoff,
    why: String,
    /// The end of the pause; nothing where it is over.
    until: Option<(Instant, Timestamp)>,
    /// Whether the pause ends when the device is heard.
    until_heard: bool,
}

/// A command's place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) id: Uuid,
    pub(super) dev_eui: DevEui,
}

/// The commands that a look at the queue is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Those of the priority high.
    Urgent,
    /// Those of all other priorities.
    Others,
}

/// The reason for which a command waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// An earlier command of the device goes first.
    Earlier(Uuid),
    /// It is being offered.
    Offered,
    /// The network server did not take it.
    Paused { why: String, until: Timestamp },
    /// The device must be heard first.
    Unheard { why: String },
    /// No command is offered.
    Closed { why: String, until: Timestamp },
    /// Other commands have their turn first.
    Turn { of_others: bool },
}

impl Wanted {
    fn of(priority: Priority) -> Self {
        if priority == Priority::High { Self::Urgent } else { Self::Others }
    }

    fn index(self) -> usize {
        self as usize
    }
}

impl Queue {
    pub(super) fn insert(&mut self, downlink: &Downlink) {
        let group = self.groups.entry(downlink.group.clone()).or_default();
        let device = group.devices.entry(downlink.dev_eui).or_default();
        device.commands.insert((downlink.priority, downlink.id), last_tried(downlink));
        self.refresh(&downlink.group, downlink.dev_eui);
    }

    pub(super) fn remove(&mut self, downlink: &Downlink) {
        let Some(group) = self.groups.get_mut(&downlink.group) else { return };
        let Some(device) = group.devices.get_mut(&downlink.dev_eui) else { return };
        device.commands.remove(&(downlink.priority, downlink.id));
        self.refresh(&downlink.group, downlink.dev_eui);
    }

    /// Forgets the pause of a command that waits no longer.
    pub(super) fn forget(&mut self, id: Uuid) {
        if let Some(Pause { until: Some((end, _)), .. }) = self.pauses.remove(&id) {
            self.ends.remove(&(end, id));
        }
    }

    /// The next command that is ready, of the group whose turn it is after `last`. Its device is busy until
    /// [`done`](Self::done).
    pub(super) fn next(
        &mut self,
        last: Option<&GroupId>,
        wanted: Wanted,
    ) -> Option<(GroupId, Place)> {
        let ready = &self.ready[wanted.index()];
        let after = last.map_or(Bound::Unbounded, Bound::Excluded);
        let mut later = ready.range::<GroupId, _>((after, Bound::Unbounded));
        let group = later.next().or_else(|| ready.first())?.clone();
        let first = self.groups.get(&group)?.ready[wanted.index()].first();
        let &(_, _, id, dev_eui) = first?;
        self.busy.insert(dev_eui);
        self.refresh(&group, dev_eui);
        Some((group, Place { id, dev_eui }))
    }

    /// The offer of a device's command is over.
    pub(super) fn done(&mut self, group: &GroupId, dev_eui: DevEui) {
        self.busy.remove(&dev_eui);
        self.refresh(group, dev_eui);
    }

    /// Pauses a command that the network server did not take; until its device is heard, where that may help.
    pub(super) fn pause(
        &mut self,
        group: &GroupId,
        place: Place,
        why: String,
        until_heard: bool,
        now: Instant,
    ) {
        let Place { id, dev_eui } = place;
        let before = self.pauses.remove(&id);
        if let Some(Pause { until: Some((end, _)), .. }) = &before {
            self.ends.remove(&(*end, id));
        }
        let mut backoff = before.map_or_else(|| Backoff::new(PAUSES), |before| before.backoff);
        let pause = backoff.pause();
        let (end, at) = (now + pause, moment_in(pause));
        self.ends.insert((end, id), (group.clone(), dev_eui));
        if until_heard {
            self.unheard.insert(dev_eui, group.clone());
        }
        self.pauses.insert(id, Pause { backoff, why, until: Some((end, at)), until_heard });
        self.refresh(group, dev_eui);
    }

    /// Ends the pauses whose time is over; says when the next one ends.
    pub(super) fn wake(&mut self, now: Instant) -> Option<Instant> {
        while let Some(entry) = self.ends.first_entry() {
            let &(end, id) = entry.key();
            if end > now {
                return Some(end);
            }
            let (group, dev_eui) = entry.remove();
            if let Some(pause) = self.pauses.get_mut(&id) {
                pause.until = None;
            }
            self.refresh(&group, dev_eui);
        }
        None
    }

    /// Ends the pause of a device's first command that waits for the device to be heard; says whether there
    /// was one.
    pub(super) fn heard(&mut self, dev_eui: DevEui) -> bool {
        let Some(group) = self.unheard.remove(&dev_eui) else { return false };
        let device = self.groups.get(&group).and_then(|group| group.devices.get(&dev_eui));
        let Some(&(_, id)) = device.and_then(|device| device.commands.keys().next()) else {
            return false;
        };
        let Some(pause) = self.pauses.get_mut(&id).filter(|pause| pause.until_heard) else {
            return false;
        };
        let Some((end, _)) = pause.until.take() else { return false };
        self.ends.remove(&(end, id));
        self.refresh(&group, dev_eui);
        true
    }

    /// Notes why no command is offered; nothing where they are.
    pub(super) fn close(&mut self, why: Option<(String, Duration)>) {
        self.closed = why.map(|(why, pause)| (why, moment_in(pause)));
    }

    /// Returns the reason for which a command of the queue waits.
    pub(super) fn reason(&self, downlink: &Downlink) -> Option<Reason> {
        let device = self.groups.get(&downlink.group)?.devices.get(&downlink.dev_eui)?;
        let &(_, first) = device.commands.keys().next()?;
        if first != downlink.id {
            return Some(Reason::Earlier(first));
        }
        if let Some(Pause { why, until: Some((_, until)), until_heard, .. }) =
            self.pauses.get(&first)
        {
            let (why, until) = (why.clone(), *until);
            let unheard = *until_heard;
            let paused =
                if unheard { Reason::Unheard { why } } else { Reason::Paused { why, until } };
            return Some(paused);
        }
        if self.busy.contains(&downlink.dev_eui) {
            return Some(Reason::Offered);
        }
        if let Some((why, until)) =
            self.closed.as_ref().filter(|(_, until)| *until > Timestamp::now())
        {
            return Some(Reason::Closed { why: why.clone(), until: *until });
        }
        let others = self.ready.iter().flatten().any(|group| *group != downlink.group);
        Some(Reason::Turn { of_others: others })
    }

    /// Puts a device's first command among those that are ready, where it is.
    fn refresh(&mut self, name: &GroupId, dev_eui: DevEui) {
        let Some(group) = self.groups.get_mut(name) else { return };
        let Some(device) = group.devices.get_mut(&dev_eui) else { return };
        let first = device.commands.iter().next();
        let is_paused = |id| self.pauses.get(id).is_some_and(|pause| pause.until.is_some());
        let first = first.filter(|((_, id), _)| !self.busy.contains(&dev_eui) && !is_paused(id));
        let ready = first.map(|(&(priority, id), &tried)| (priority, tried, id, dev_eui));
        let before = std::mem::replace(&mut device.ready, ready);
        if device.commands.is_empty() {
            group.devices.remove(&dev_eui);
        }
        if let Some(before) = before {
            group.ready[Wanted::of(before.0).index()].remove(&before);
        }
        if let Some(ready) = ready {
            group.ready[Wanted::of(ready.0).index()].insert(ready);
        }
        for (groups, own) in self.ready.iter_mut().zip(&group.ready) {
            if own.is_empty() {
                groups.remove(name);
            } else if !groups.contains(name) {
                groups.insert(name.clone());
            }
        }
        if group.devices.is_empty() {
            self.groups.remove(name);
        }
    }
}

/// The moment of the last try of a command, or of the request where there was none.
fn last_tried(downlink: &Downlink) -> Timestamp {
    downlink.offered_at.unwrap_or(downlink.queued_at)
}

fn moment_in(pause: Duration) -> Timestamp {
    Timestamp::now().checked_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use champollion_lns::Priority::{High, Low, Normal};

    use super::*;
    use crate::downlinks::downlink::tests::downlink;

    fn with(id: u128, group: &str, device: u8, priority: Priority) -> Downlink {
        let dev_eui = DevEui::from_be_bytes([0, 0, 0, 0, 0, 0, 0, device]);
        Downlink { group: group.parse().unwrap(), dev_eui, priority, ..downlink(id) }
    }

    fn queue(all: &[Downlink]) -> Queue {
        let mut queue = Queue::default();
        all.iter().for_each(|downlink| queue.insert(downlink));
        queue
    }

    fn next(queue: &mut Queue, last: Option<&GroupId>) -> Option<(GroupId, Place)> {
        queue.next(last, Wanted::Urgent).or_else(|| queue.next(last, Wanted::Others))
    }

    fn next_id(queue: &mut Queue) -> Option<u128> {
        next(queue, None).map(|(_, place)| place.id.as_u128())
    }

    /// Takes all of a queue, urgent ones first.
    fn taken(all: &[Downlink]) -> Vec<u128> {
        let mut queue = queue(all);
        let (mut last, mut ids) = (None, Vec::new());
        while let Some((group, place)) = next(&mut queue, last.as_ref()) {
            ids.push(place.id.as_u128());
            let own = all.iter().find(|downlink| downlink.id == place.id).unwrap();
            queue.remove(own);
            queue.done(&group, place.dev_eui);
            last = Some(group);
        }
        assert!(queue.groups.is_empty() && queue.ready.iter().all(BTreeSet::is_empty));
        assert!(queue.busy.is_empty());
        ids
    }

    #[test]
    fn groups_take_turns() {
        let all = [
            with(1, "a", 1, Normal),
            with(2, "a", 2, Normal),
            with(3, "a", 3, Normal),
            with(4, "b", 4, Normal),
            with(5, "c", 5, Low),
            with(6, "c", 6, Normal),
        ];
        assert_eq!(taken(&all), [1, 4, 6, 2, 5, 3]);
    }

    #[test]
    fn urgent_ones_go_before_those_of_all_groups() {
        let all = [with(1, "a", 1, Normal), with(2, "b", 2, High), with(3, "b", 3, Normal)];
        assert_eq!(taken(&all), [2, 1, 3]);
    }

    #[test]
    fn those_of_a_device_wait_for_its_first() {
        let all = [with(1, "a", 1, Normal), with(2, "a", 1, Normal), with(3, "a", 2, Low)];
        let mut queue = queue(&all);
        assert_eq!(next_id(&mut queue), Some(1));
        assert_eq!(next_id(&mut queue), Some(3), "the device is busy");
        assert_eq!(next_id(&mut queue), None);
        queue.remove(&all[0]);
        queue.done(&all[0].group, all[0].dev_eui);
        assert_eq!(next_id(&mut queue), Some(2));
        assert_eq!(queue.reason(&all[1]), Some(Reason::Offered));
    }

    #[test]
    fn the_least_recently_tried_goes_first() {
        let mut all = [with(1, "a", 1, Normal), with(2, "a", 2, Normal), with(3, "a", 3, Normal)];
        let later = |seconds| Some(all[0].queued_at + Duration::from_secs(seconds));
        let (second, third) = (later(2), later(1));
        (all[0].offered_at, all[1].offered_at) = (second, third);
        assert_eq!(taken(&all), [3, 2, 1]);
    }

    #[test]
    fn a_pause_is_of_one_command_alone() {
        let all = [
            with(1, "a", 1, Normal),
            with(2, "a", 1, Normal),
            with(3, "a", 2, Normal),
            with(4, "b", 3, Normal),
        ];
        let mut queue = queue(&all);
        let (group, place) = next(&mut queue, None).unwrap();
        let now = Instant::now();
        queue.pause(&group, place, "500".to_owned(), false, now);
        queue.done(&group, place.dev_eui);
        let Some(Reason::Paused { why, .. }) = queue.reason(&all[0]) else { panic!("paused") };
        assert_eq!(why, "500");
        assert_eq!(queue.reason(&all[1]), Some(Reason::Earlier(all[0].id)));
        assert_eq!(queue.reason(&all[2]), Some(Reason::Turn { of_others: true }));
        assert_eq!([next_id(&mut queue), next_id(&mut queue)], [Some(3), Some(4)]);
        assert_eq!(next_id(&mut queue), None);
        let end = queue.wake(now).expect("it ends");
        assert_eq!(queue.wake(end), None);
        assert_eq!(next_id(&mut queue), Some(1));
        // One that is urgent does not wait for the one that is paused.
        queue.pause(&group, place, "500".to_owned(), false, now);
        queue.done(&group, place.dev_eui);
        let urgent = with(9, "a", 1, High);
        queue.insert(&urgent);
        assert_eq!(next_id(&mut queue), Some(9));
        queue.remove(&urgent);
        queue.remove(&all[0]);
        queue.forget(all[0].id);
        queue.done(&group, place.dev_eui);
        assert!(queue.pauses.is_empty() && queue.ends.is_empty());
        assert_eq!(next_id(&mut queue), Some(2));
    }

    #[test]
    fn a_device_that_is_heard_ends_the_pause_that_waits_for_it() {
        let all = [with(1, "a", 1, Normal)];
        let mut queue = queue(&all);
        let (group, place) = next(&mut queue, None).unwrap();
        queue.pause(&group, place, "unknown".to_owned(), true, Instant::now());
        queue.done(&group, place.dev_eui);
        assert_eq!(queue.reason(&all[0]), Some(Reason::Unheard { why: "unknown".to_owned() }));
        assert_eq!(next_id(&mut queue), None);
        assert!(queue.heard(place.dev_eui) && !queue.heard(place.dev_eui));
        assert_eq!(next_id(&mut queue), Some(1));
    }

    #[test]
    fn a_queue_that_is_closed_says_why() {
        let all = [with(1, "a", 1, Normal)];
        let mut queue = queue(&all);
        queue.close(Some(("away".to_owned(), Duration::from_secs(1))));
        assert!(matches!(queue.reason(&all[0]), Some(Reason::Closed { why, .. }) if why == "away"));
        queue.close(None);
        assert_eq!(queue.reason(&all[0]), Some(Reason::Turn { of_others: false }));
        assert_eq!(queue.reason(&with(2, "a", 2, Normal)), None);
    }

    /// Fifteen thousand commands of one group that are paused cost another's nothing.
    #[test]
    fn the_next_one_is_found_without_looking_at_all() {
        let mut queue = Queue::default();
        for number in 0..15_000_u64 {
            let dev_eui = DevEui::from_be_bytes(number.to_be_bytes());
            let group = "a".parse().unwrap();
            queue.insert(&Downlink { group, dev_eui, ..downlink(u128::from(number) + 1) });
        }
        let started = Instant::now();
        let mut tried = 0;
        while let Some((group, place)) = queue.next(None, Wanted::Others) {
            queue.pause(&group, place, "500".to_owned(), false, started);
            queue.done(&group, place.dev_eui);
            tried += 1;
        }
        assert_eq!(tried, 15_000);
        queue.insert(&with(99_999, "b", 1, Normal));
        assert_eq!(next_id(&mut queue), Some(99_999));
        // In the order of milliseconds; a scan for each would take minutes in this build.
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }
}
