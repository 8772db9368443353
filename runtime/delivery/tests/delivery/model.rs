//! Any history of adding, pulling, acknowledging and expiring, against a model in memory.

use std::collections::BTreeMap;

use champollion_delivery::mailbox::DeliveryError;
use jiff::Timestamp;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};

use crate::support::{Home, Opened, cursor, cursors, f_cnts, group, hours_later};

/// Histories that are tried: each opens a store, which takes tens of milliseconds.
const HISTORIES: u32 = 24;

/// Few groups, and one the beginning of another, so that steps meet.
const GROUPS: [&str; 3] = ["a", "ab", "b"];

#[derive(Clone, Debug)]
enum Step {
    /// This many records, in one batch.
    Add(&'static str, u32),
    Pull(&'static str, u64, usize),
    Acknowledge(&'static str, u64),
    Expire,
    /// Some hours go by.
    Wait(i64),
    Reopen,
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    let group = || prop::sample::select(GROUPS.as_slice());
    let limit = prop_oneof![8 => 0..6_usize, 1 => Just(usize::MAX)];
    let step = prop_oneof![
        8 => (group(), 1..4_u32).prop_map(|(group, records)| Step::Add(group, records)),
        6 => (group(), 0..20_u64, limit)
            .prop_map(|(group, after, limit)| Step::Pull(group, after, limit)),
        4 => (group(), 0..20_u64).prop_map(|(group, through)| Step::Acknowledge(group, through)),
        4 => Just(Step::Expire),
        4 => (1..40_i64).prop_map(Step::Wait),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

/// A group: its records by their places, each with its FCnt and the hour it was added in.
#[derive(Default)]
struct Expected {
    records: BTreeMap<u64, (u32, i64)>,
    last: u64,
}

impl Expected {
    /// Keeps what passes, and says how many did not.
    fn retain(&mut self, keep: impl Fn(u64, i64) -> bool) -> u64 {
        let before = self.records.len();
        self.records.retain(|&place, &mut (_, hour)| keep(place, hour));
        u64::try_from(before - self.records.len()).unwrap()
    }
}

#[derive(Default)]
struct Model {
    groups: BTreeMap<&'static str, Expected>,
    hour: i64,
    f_cnt: u32,
}

impl Model {
    fn now(&self) -> Timestamp {
        hours_later(self.hour)
    }

    async fn apply(&mut self, opened: &Opened, step: &Step) {
        match *step {
            Step::Add(name, records) => {
                let f_cnts = self.f_cnt..self.f_cnt + records;
                self.f_cnt += records;
                opened.add(&group(name), f_cnts.clone(), self.now()).await;
                let expected = self.groups.entry(name).or_default();
                for f_cnt in f_cnts {
                    expected.last += 1;
                    expected.records.insert(expected.last, (f_cnt, self.hour));
                }
            }
            Step::Pull(name, after, limit) => self.pull(opened, name, after, limit).await,
            Step::Acknowledge(name, through) => {
                let outcome = opened.acknowledge(&group(name), through).await;
                let expected = self.groups.entry(name).or_default();
                if through > expected.last {
                    assert!(matches!(outcome, Err(DeliveryError::BeyondEnd { .. })), "{outcome:?}");
                } else {
                    let removed = expected.retain(|place, _| place > through);
                    assert_eq!(outcome.unwrap(), removed);
                }
            }
            Step::Expire => {
                let removed = opened.expire(self.now()).await;
                let expected: u64 = self
                    .groups
                    .values_mut()
                    .map(|expected| expected.retain(|_, hour| self.hour - hour <= 48))
                    .sum();
                assert_eq!(removed, expected);
            }
            Step::Wait(hours) => self.hour += hours,
            Step::Reopen => unreachable!("it is the caller's, who holds the store"),
        }
    }

    async fn pull(&self, opened: &Opened, name: &'static str, after: u64, limit: usize) {
        let page = opened.pull(&group(name), cursor(after), limit).await;
        let none = BTreeMap::new();
        let records = self.groups.get(name).map_or(&none, |expected| &expected.records);
        let following: Vec<(u64, u32)> =
            records.range(after + 1..).map(|(&place, &(f_cnt, _))| (place, f_cnt)).collect();
        let expected = &following[..limit.min(following.len())];
        let next = expected.last().map_or(after, |(place, _)| *place);

        assert_eq!(f_cnts(&page), expected.iter().map(|(_, f_cnt)| *f_cnt).collect::<Vec<_>>());
        let places: Vec<String> = expected.iter().map(|(place, _)| place.to_string()).collect();
        assert_eq!(cursors(&page), places);
        assert_eq!((page.next, page.more), (cursor(next), following.len() > limit));
    }
}

#[test]
fn any_history_gives_what_the_model_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config { cases: HISTORIES, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&history(), |steps| {
            runtime.block_on(async {
                let home = Home::new();
                let (mut opened, mut model) = (home.open(), Model::default());
                for step in &steps {
                    if let Step::Reopen = step {
                        opened.close().await;
                        opened = home.open();
                    } else {
                        model.apply(&opened, step).await;
                    }
                }
                for name in GROUPS {
                    model.pull(&opened, name, 0, usize::MAX).await;
                }
            });
            Ok(())
        })
        .unwrap();
}
