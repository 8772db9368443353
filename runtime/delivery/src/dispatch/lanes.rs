//! Lanes, one for each device, of records that wait to be handed over: within a lane the order is kept, between
//! lanes there is none, so that a record that the recipient will not take holds up its own device alone.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_frames::DevEui;
use champollion_store::Sequence;
use jiff::Timestamp;

use super::backoff::Backoff;

/// A record that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) sequence: Sequence,
    /// The id of the record.
    pub(crate) id: String,
    pub(crate) dev_eui: DevEui,
    /// When the network received the frame.
    pub(crate) received_at: Timestamp,
    /// When it was stored.
    pub(crate) stored_at: Timestamp,
    /// As it was stored.
    pub(crate) json: Arc<str>,
}

/// Records that wait, by device.
pub(crate) struct Lanes {
    lanes: HashMap<DevEui, Lane>,
    /// The lanes from which something may be taken now, the one that waits longest first.
    ready: VecDeque<DevEui>,
    /// The lanes that failed, by when they are tried again.
    later: BTreeSet<(Instant, DevEui)>,
    /// Pauses after failures: the first and the longest.
    pauses: (Duration, Duration),
    records: usize,
    bytes: usize,
    ready_records: usize,
}

struct Lane {
    waiting: VecDeque<Waiting>,
    state: State,
    backoff: Backoff,
}

#[derive(PartialEq, Eq)]
enum State {
    /// It is among those that are ready.
    Ready,
    /// Something of it is on its way.
    OnItsWay,
    /// It is tried again at this moment.
    Later(Instant),
}

impl Lanes {
    pub(crate) fn new(pauses: (Duration, Duration)) -> Self {
        Self {
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            later: BTreeSet::new(),
            pauses,
            records: 0,
            bytes: 0,
            ready_records: 0,
        }
    }

    /// Returns the number of records that wait or are on their way.
    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// Returns the bytes of all records.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the number of records that could be taken now, were lanes taken from until they are empty.
    pub(crate) fn ready_records(&self) -> usize {
        self.ready_records
    }

    /// When the oldest of those that wait was stored.
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.lanes
            .values()
            .filter_map(|lane| lane.waiting.front())
            .map(|first| first.stored_at)
            .min()
    }

    /// The first records of the lanes that failed, at most `limit`, those that are tried again first in front.
    pub(crate) fn refused(&self, limit: usize) -> Vec<String> {
        let failed = self.later.iter().filter_map(|(_, dev_eui)| self.lanes.get(dev_eui));
        failed
            .filter_map(|lane| lane.waiting.front())
            .map(|first| first.id.clone())
            .take(limit)
            .collect()
    }

    /// Puts a record at the end of its lane.
    pub(crate) fn put(&mut self, record: Waiting) {
        self.records += 1;
        self.bytes += record.json.len();
        let dev_eui = record.dev_eui;
        let pauses = self.pauses;
        let lane = self.lanes.entry(dev_eui).or_insert_with(|| {
            self.ready.push_back(dev_eui);
            Lane { waiting: VecDeque::new(), state: State::Ready, backoff: Backoff::new(pauses) }
        });
        self.ready_records += usize::from(lane.state == State::Ready);
        lane.waiting.push_back(record);
    }

    /// Takes at most `limit` records, in order within each lane, whose lanes are on their way from then
    /// on. Of a lane that failed before one record is taken, alone.
    pub(crate) fn take(&mut self, limit: usize, now: Instant) -> Vec<Waiting> {
        self.wake(now);
        let mut taken = Vec::new();
        while taken.len() < limit {
            let Some(dev_eui) = self.ready.pop_front() else { break };
            let Some(lane) = self.lanes.get_mut(&dev_eui) else { continue };
            let is_calm = lane.backoff.is_calm();
            if !is_calm && !taken.is_empty() {
                // Its turn is the next one.
                self.ready.push_front(dev_eui);
                break;
            }
            let room = if is_calm { limit - taken.len() } else { 1 };
            let count = room.min(lane.waiting.len());
            self.ready_records -= lane.waiting.len();
            lane.state = State::OnItsWay;
            taken.extend(lane.waiting.drain(..count));
            if !is_calm {
                break;
            }
        }
        taken
    }

    /// Lanes whose pause is over are ready again.
    fn wake(&mut self, now: Instant) {
        while let Some(&(due, dev_eui)) = self.later.first() {
            if due > now {
                return;
            }
            self.later.pop_first();
            self.make_ready(dev_eui);
        }
    }

    fn make_ready(&mut self, dev_eui: DevEui) {
        if let Some(lane) = self.lanes.get_mut(&dev_eui) {
            lane.state = State::Ready;
            self.ready_records += lane.waiting.len();
            self.ready.push_back(dev_eui);
        }
    }

    /// When the next lane is ready, where none is now.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.later.first().map(|&(due, _)| due)
    }

    /// Records that were taken are done with: their lanes go on.
    pub(crate) fn done(&mut self, taken: &[Waiting]) {
        for record in taken {
            self.records -= 1;
            self.bytes -= record.json.len();
        }
        for dev_eui in devices(taken) {
            let Some(lane) = self.lanes.get_mut(&dev_eui) else { continue };
            if lane.waiting.is_empty() {
                self.lanes.remove(&dev_eui);
            } else {
                lane.backoff = Backoff::new(self.pauses);
                self.make_ready(dev_eui);
            }
        }
    }

    /// Records that were taken could not be handed over: they are the first of their lanes again, which
    /// are tried again after a pause.
    pub(crate) fn failed(&mut self, taken: Vec<Waiting>, now: Instant) {
        let all = devices(&taken);
        for record in taken.into_iter().rev() {
            if let Some(lane) = self.lanes.get_mut(&record.dev_eui) {
                lane.waiting.push_front(record);
            }
        }
        for dev_eui in all {
            if let Some(lane) = self.lanes.get_mut(&dev_eui) {
                let due = now + lane.backoff.pause();
                lane.state = State::Later(due);
                self.later.insert((due, dev_eui));
            }
        }
    }

    /// The recipient takes records again: no lane waits any longer.
    pub(crate) fn release(&mut self) {
        for (_, dev_eui) in std::mem::take(&mut self.later) {
            self.make_ready(dev_eui);
        }
    }

    /// Drops a record of a device, unless it is on its way. What waits behind it goes on at once.
    pub(crate) fn drop_one(&mut self, dev_eui: DevEui, sequence: Sequence) {
        let Some(lane) = self.lanes.get_mut(&dev_eui) else { return };
        let place = lane.waiting.iter().position(|waiting| waiting.sequence == sequence);
        let Some(dropped) = place.and_then(|place| lane.waiting.remove(place)) else { return };
        self.records -= 1;
        self.bytes -= dropped.json.len();
        self.ready_records -= usize::from(lane.state == State::Ready);
        match lane.state {
            State::OnItsWay => {}
            State::Later(due) if place == Some(0) => {
                self.later.remove(&(due, dev_eui));
                lane.backoff = Backoff::new(self.pauses);
                if lane.waiting.is_empty() {
                    self.lanes.remove(&dev_eui);
                } else {
                    self.make_ready(dev_eui);
                }
            }
            State::Later(_) => {}
            State::Ready => {
                if lane.waiting.is_empty() {
                    self.lanes.remove(&dev_eui);
                    self.ready.retain(|&ready| ready != dev_eui);
                }
            }
        }
    }

    /// Drops the records up to a sequence that are not on their way, and says how many.
    pub(crate) fn drop_through(&mut self, through: Sequence) -> u64 {
        let mut dropped = 0;
        let (mut emptied, mut shorter) = (Vec::new(), 0);
        for (&dev_eui, lane) in &mut self.lanes {
            while lane.waiting.front().is_some_and(|first| first.sequence <= through) {
                let Some(first) = lane.waiting.pop_front() else { break };
                self.records -= 1;
                self.bytes -= first.json.len();
                shorter += usize::from(lane.state == State::Ready);
                dropped += 1;
            }
            if lane.waiting.is_empty() && lane.state != State::OnItsWay {
                emptied.push(dev_eui);
            }
        }
        self.ready_records -= shorter;
        for dev_eui in emptied {
            if let Some(Lane { state: State::Later(due), .. }) = self.lanes.remove(&dev_eui) {
                self.later.remove(&(due, dev_eui));
            }
            self.ready.retain(|&ready| ready != dev_eui);
        }
        dropped
    }
}

/// The devices of records, each once.
fn devices(records: &[Waiting]) -> Vec<DevEui> {
    let mut all: Vec<DevEui> = records.iter().map(|record| record.dev_eui).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

    fn record(sequence: u64, device: u64) -> Waiting {
        Waiting {
            sequence: Sequence::new(sequence),
            id: sequence.to_string(),
            dev_eui: format!("{device:016X}").parse().unwrap(),
            received_at: Timestamp::UNIX_EPOCH,
            stored_at: Timestamp::UNIX_EPOCH,
            json: "{}".into(),
        }
    }

    fn sequences(taken: &[Waiting]) -> Vec<u64> {
        taken.iter().map(|record| record.sequence.get()).collect()
    }

    #[test]
    fn a_lane_that_fails_holds_up_no_other() {
        let (mut lanes, now) = (Lanes::new(PAUSES), Instant::now());
        for (sequence, device) in [(1, 1), (2, 1), (3, 2)] {
            lanes.put(record(sequence, device));
        }
        let first = lanes.take(1, now);
        assert_eq!(sequences(&first), [1]);
        let second = lanes.take(1, now);
        assert_eq!(sequences(&second), [3], "the first device's next record waits for its first");
        assert!(lanes.take(1, now).is_empty());
        lanes.failed(first, now);
        lanes.done(&second);
        assert!(lanes.take(10, now).is_empty());
        let due = lanes.next_due().unwrap();
        assert_eq!(sequences(&lanes.take(10, due)), [1], "a lane that failed goes alone");
    }

    #[test]
    fn many_go_together_in_their_order() {
        let (mut lanes, now) = (Lanes::new(PAUSES), Instant::now());
        for (sequence, device) in [(1, 1), (2, 2), (3, 1), (4, 2), (5, 3)] {
            lanes.put(record(sequence, device));
        }
        let taken = lanes.take(4, now);
        assert_eq!(sequences(&taken), [1, 3, 2, 4]);
        lanes.failed(taken, now);
        assert_eq!(sequences(&lanes.take(4, now)), [5]);
        lanes.release();
        // Which of the two comes first is a matter of their pauses.
        let mut alone = [lanes.take(4, now), lanes.take(4, now)].map(|taken| sequences(&taken));
        alone.sort();
        assert_eq!(alone, [[1], [2]]);
        assert_eq!(lanes.drop_through(Sequence::new(3)), 1);
        assert_eq!(lanes.records(), 4);
    }

    #[test]
    fn a_record_that_is_dropped_holds_up_nothing_behind_it() {
        let (mut lanes, now) = (Lanes::new(PAUSES), Instant::now());
        for (sequence, device) in [(1, 1), (2, 1), (3, 2)] {
            lanes.put(record(sequence, device));
        }
        let first = lanes.take(1, now);
        let (dev_eui, sequence) = (first[0].dev_eui, first[0].sequence);
        lanes.drop_one(dev_eui, sequence);
        assert_eq!(lanes.records(), 3, "what is on its way is not dropped");
        lanes.failed(first, now);
        assert_eq!(lanes.refused(5), ["1"]);
        lanes.drop_one(dev_eui, sequence);
        assert_eq!((lanes.records(), lanes.bytes(), lanes.ready_records()), (2, 4, 2));
        assert!(lanes.refused(5).is_empty() && lanes.next_due().is_none());
        let mut rest = sequences(&lanes.take(10, now));
        rest.sort_unstable();
        assert_eq!(rest, [2, 3]);
        let mut single = Lanes::new(PAUSES);
        single.put(record(1, 1));
        single.drop_one(dev_eui, sequence);
        single.drop_one(dev_eui, sequence);
        assert_eq!((single.records(), single.ready_records()), (0, 0));
        assert!(single.take(1, now).is_empty());
    }

    proptest! {
        /// Whatever fails, each device's records are done in their order, each once, and all of them.
        #[test]
        fn order_is_kept_and_nothing_is_lost(
            devices in prop::collection::vec(0_u64..5, 1..60),
            steps in prop::collection::vec((1_usize..5, any::<bool>()), 0..200),
        ) {
            let (mut lanes, mut now) = (Lanes::new(PAUSES), Instant::now());
            let mut under_way: VecDeque<Vec<Waiting>> = VecDeque::new();
            let mut done: HashMap<DevEui, Vec<u64>> = HashMap::new();
            let mut land = |lanes: &mut Lanes, taken: Vec<Waiting>, works: bool, now| {
                if works {
                    lanes.done(&taken);
                    for record in taken {
                        done.entry(record.dev_eui).or_default().push(record.sequence.get());
                    }
                } else {
                    lanes.failed(taken, now);
                }
            };
            let mut next = 0;
            for (limit, works) in steps {
                for _ in 0..limit {
                    if let Some(&device) = devices.get(next) {
                        next += 1;
                        lanes.put(record(next as u64, device));
                    }
                }
                let taken = lanes.take(limit, now);
                if !taken.is_empty() {
                    under_way.push_back(taken);
                }
                if under_way.len() > 2 {
                    let taken = under_way.pop_front().unwrap();
                    land(&mut lanes, taken, works, now);
                }
                now += Duration::from_millis(700);
            }
            for &device in &devices[next..] {
                next += 1;
                lanes.put(record(next as u64, device));
            }
            loop {
                if let Some(taken) = under_way.pop_front() {
                    land(&mut lanes, taken, true, now);
                    continue;
                }
                now += Duration::from_secs(60);
                let taken = lanes.take(3, now);
                if taken.is_empty() { break }
                under_way.push_back(taken);
            }
            prop_assert_eq!(lanes.records(), 0);
            prop_assert_eq!(lanes.bytes(), 0);
            prop_assert_eq!(lanes.ready_records(), 0);
            prop_assert_eq!(done.values().map(Vec::len).sum::<usize>(), devices.len());
            for sequences in done.values() {
                prop_assert!(sequences.is_sorted(), "{:?}", sequences);
            }
        }
    }
}
