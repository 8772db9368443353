//! Any history of batches, reads and reopenings, against a model in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Place, read_all, reopen};
use crate::{Batch, LogExtent, Sequence, Store, StoreError};

/// Histories that are tried: each opens a store several times, which takes tens of milliseconds.
const HISTORIES: u32 = 24;

/// Few names, keys and values, so that changes meet.
const NAMES: [&str; 3] = ["a", "ab", "b"];

/// Bytes of entries now and then: two of them do not lie together where a backend puts entries together.
const LARGE_BYTES: usize = 40_000;

#[derive(Clone, Debug)]
enum Step {
    Commit(Vec<Change>),
    Reopen,
}

#[derive(Clone, Debug)]
enum Change {
    Put(&'static str, Vec<u8>, Vec<u8>),
    Delete(&'static str, Vec<u8>),
    Append(&'static str, Vec<u8>),
    Truncate(&'static str, u64),
    Skip(&'static str, u64),
    ExpectAbsent(&'static str, Vec<u8>),
    ExpectValue(&'static str, Vec<u8>, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let name = || prop::sample::select(NAMES.as_slice());
    let key = || prop::collection::vec(prop::sample::select(vec![0, 1, u8::MAX]), 0..3);
    let value = || prop::collection::vec(0..3_u8, 0..2);
    prop_oneof![
        8 => (name(), key(), value()).prop_map(|(table, key, value)| Change::Put(table, key, value)),
        4 => (name(), key()).prop_map(|(table, key)| Change::Delete(table, key)),
        8 => (name(), value()).prop_map(|(log, value)| Change::Append(log, value)),
        1 => name().prop_map(|log| Change::Append(log, vec![7; LARGE_BYTES])),
        3 => (name(), 0..30_u64).prop_map(|(log, through)| Change::Truncate(log, through)),
        1 => (name(), 0..40_u64).prop_map(|(log, through)| Change::Skip(log, through)),
        1 => (name(), key()).prop_map(|(table, key)| Change::ExpectAbsent(table, key)),
        1 => (name(), key(), value())
            .prop_map(|(table, key, value)| Change::ExpectValue(table, key, value)),
    ]
}

fn history() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => prop::collection::vec(change(), 0..8).prop_map(Step::Commit),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..40)
}

#[derive(Clone, Debug, Default)]
struct Model {
    tables: BTreeMap<(&'static str, Vec<u8>), Vec<u8>>,
    logs: BTreeMap<&'static str, (LogExtent, BTreeMap<u64, Vec<u8>>)>,
}

impl Model {
    /// The sequences given out, or `None` for a conflict.
    fn apply(&mut self, changes: &[Change]) -> Option<Vec<Sequence>> {
        for change in changes {
            let (table, key, expected) = match change {
                Change::ExpectAbsent(table, key) => (table, key, None),
                Change::ExpectValue(table, key, value) => (table, key, Some(value)),
                _ => continue,
            };
            if self.tables.get(&(*table, key.clone())) != expected {
                return None;
            }
        }
        let mut appended = Vec::new();
        for change in changes.iter().cloned() {
            match change {
                Change::Put(table, key, value) => {
                    self.tables.insert((table, key), value);
                }
                Change::Delete(table, key) => {
                    self.tables.remove(&(table, key));
                }
                Change::Append(log, value) => {
                    let (extent, entries) = self.logs.entry(log).or_default();
                    let sequence = extent.last.get() + 1;
                    extent.last = Sequence::new(sequence);
                    entries.insert(sequence, value);
                    appended.push(extent.last);
                }
                Change::Truncate(log, through) => {
                    let Some((extent, entries)) = self.logs.get_mut(log) else { continue };
                    let through = Sequence::new(through).min(extent.last);
                    extent.truncated = extent.truncated.max(through);
                    entries.retain(|sequence, _| *sequence > extent.truncated.get());
                }
                Change::Skip(log, through) => {
                    let known = self.logs.get(log).map_or(0, |(extent, _)| extent.last.get());
                    if through > known {
                        let through = Sequence::new(through);
                        let extent = LogExtent { truncated: through, last: through };
                        self.logs.insert(log, (extent, BTreeMap::new()));
                    }
                }
                Change::ExpectAbsent(..) | Change::ExpectValue(..) => {}
            }
        }
        Some(appended)
    }
}

fn to_batch(changes: &[Change]) -> Batch {
    let mut batch = Batch::new();
    for change in changes.iter().cloned() {
        match change {
            Change::Put(table, key, value) => batch.put(table, key, value),
            Change::Delete(table, key) => batch.delete(table, key),
            Change::Append(log, value) => batch.append(log, value),
            Change::Truncate(log, through) => batch.truncate(log, Sequence::new(through)),
            Change::Skip(log, through) => batch.skip(log, Sequence::new(through)),
            Change::ExpectAbsent(table, key) => batch.expect_absent(table, key),
            Change::ExpectValue(table, key, value) => batch.expect_value(table, key, value),
        };
    }
    batch
}

pub(crate) async fn any_history_matches_the_model(place: &impl Place) {
    let mut runner = TestRunner::new(Config { cases: HISTORIES, ..Config::default() });
    let runtime = tokio::runtime::Handle::current();
    let outcome = tokio::task::block_in_place(|| {
        runner.run(&history(), |steps| {
            runtime.block_on(replay(place, &steps));
            Ok(())
        })
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}

/// Each history starts in names of its own, in a store that is emptied first: a place is one store.
async fn replay(place: &impl Place, steps: &[Step]) {
    let mut store = place.open().await;
    let mut model = start_over(&store).await;
    for step in steps {
        match step {
            Step::Reopen => {
                // The whole before and after: between reopenings only what a batch names is looked at.
                compare(&store, &model).await;
                store = reopen(store, place).await;
                compare(&store, &model).await;
            }
            Step::Commit(changes) => {
                let expected = model.apply(changes);
                match (store.commit(to_batch(changes)).await, expected) {
                    (Ok(committed), Some(appended)) => assert_eq!(committed.appended, appended),
                    (Err(StoreError::Conflict { .. }), None) => {}
                    (found, expected) => panic!("{found:?} where the model says {expected:?}"),
                }
                compare_what_changed(&store, &model, changes).await;
            }
        }
    }
    compare(&store, &model).await;
    store.close().await.unwrap();
}

/// Empties the store; what is left is where its logs go on.
async fn start_over(store: &Arc<dyn Store>) -> Model {
    let mut model = Model::default();
    let mut batch = Batch::new();
    for name in NAMES {
        for pair in store.scan(name, b"", None, usize::MAX).await.unwrap() {
            batch.delete(name, pair.key);
        }
        let LogExtent { last, .. } = store.extent(name).await.unwrap();
        batch.truncate(name, last);
        if last != Sequence::BEGINNING {
            let extent = LogExtent { truncated: last, last };
            model.logs.insert(name, (extent, BTreeMap::new()));
        }
    }
    store.commit(batch).await.unwrap();
    model
}

/// Compares the whole store.
async fn compare(store: &Arc<dyn Store>, model: &Model) {
    for name in NAMES {
        compare_table(store, model, name).await;
        for (_, key) in model.tables.keys().filter(|(table, _)| *table == name) {
            compare_value(store, model, name, key).await;
        }
        compare_log(store, model, name).await;
    }
    let known = store.logs("", None, usize::MAX).await.unwrap();
    assert!(known.iter().map(String::as_str).eq(model.logs.keys().copied()));
}

/// Compares the tables, values and logs that a batch names, whether it was taken or refused.
async fn compare_what_changed(store: &Arc<dyn Store>, model: &Model, changes: &[Change]) {
    let (mut tables, mut keys, mut logs) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for change in changes {
        match change {
            Change::Put(table, key, _)
            | Change::Delete(table, key)
            | Change::ExpectAbsent(table, key)
            | Change::ExpectValue(table, key, _) => {
                tables.insert(*table);
                keys.insert((*table, key));
            }
            Change::Append(log, _) | Change::Truncate(log, _) | Change::Skip(log, _) => {
                logs.insert(*log);
            }
        }
    }
    for table in tables {
        compare_table(store, model, table).await;
    }
    for (table, key) in keys {
        compare_value(store, model, table, key).await;
    }
    for log in logs {
        compare_log(store, model, log).await;
    }
}

async fn compare_table(store: &Arc<dyn Store>, model: &Model, name: &str) {
    let found = store.scan(name, b"", None, usize::MAX).await.unwrap();
    let expected = model.tables.iter().filter(|((table, _), _)| *table == name);
    assert!(
        found
            .iter()
            .map(|pair| (&pair.key, &pair.value))
            .eq(expected.map(|((_, key), value)| (key, value))),
        "{name}: {found:?}"
    );
}

async fn compare_value(store: &Arc<dyn Store>, model: &Model, table: &'static str, key: &[u8]) {
    let expected = model.tables.get(&(table, key.to_vec()));
    assert_eq!(store.get(table, key).await.unwrap().as_ref(), expected);
}

async fn compare_log(store: &Arc<dyn Store>, model: &Model, name: &str) {
    let (extent, entries) = model.logs.get(name).cloned().unwrap_or_default();
    assert_eq!(store.extent(name).await.unwrap(), extent);
    let found = read_all(store, name).await;
    assert!(found.into_iter().eq(entries.clone()));
    let middle = u64::midpoint(extent.truncated.get(), extent.last.get());
    let found = store.read(name, Sequence::new(middle), 2).await.unwrap();
    let range = (Bound::Excluded(middle), Bound::Unbounded);
    let expected = entries.range(range).take(2).map(|(sequence, _)| *sequence);
    assert!(found.iter().map(|entry| entry.sequence.get()).eq(expected));
}
