//! Batches that share a transaction, judged one after another against the rows that the transaction has locked.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::batch::{Batch, Committed, Operation};
use crate::bugs::{self, Bug};
use crate::error::StoreError;
use crate::sequence::Sequence;
use crate::tables;

/// A row by its table and key.
pub(super) type RowName<'a> = (&'a str, &'a [u8]);

/// Values of locked rows as the batches so far leave them; `None` where there is none.
type Values<'a> = BTreeMap<RowName<'a>, Option<Cow<'a, [u8]>>>;

/// The rows that a group locks.
pub(super) struct Needed<'a> {
    /// All rows, in the order in which every node locks them.
    pub(super) rows: BTreeSet<RowName<'a>>,
    /// Those among them that must exist to be locked.
    pub(super) made: BTreeSet<RowName<'a>>,
    /// The logs that entries are appended to, or that begin somewhere: they are made where they are missing.
    pub(super) appended: BTreeSet<&'a str>,
    /// The logs that are truncated, and may not exist.
    pub(super) truncated: BTreeSet<&'a str>,
}

impl<'a> Needed<'a> {
    pub(super) fn by(batches: &'a [Batch]) -> Self {
        let mut needed = Self {
            rows: BTreeSet::new(),
            made: BTreeSet::new(),
            appended: BTreeSet::new(),
            truncated: BTreeSet::new(),
        };
        batches.iter().for_each(|batch| needed.add(batch));
        needed
    }

    fn add(&mut self, batch: &'a Batch) {
        for condition in &batch.conditions {
            let row = (condition.table.as_str(), condition.key.as_slice());
            self.rows.insert(row);
            if condition.value.is_none() {
                self.made.insert(row);
            }
        }
        for operation in &batch.operations {
            match operation {
                Operation::Put { table, key, .. } => {
                    self.rows.insert((table, key));
                    self.made.insert((table, key));
                }
                Operation::Delete { table, key } => {
                    self.rows.insert((table, key));
                }
                Operation::Append { log, .. } | Operation::Skip { log, .. } => {
                    self.appended.insert(log);
                }
                Operation::Truncate { log, .. } => {
                    self.truncated.insert(log);
                }
            }
        }
    }
}

/// A group after its batches were judged.
pub(super) struct Group<'a> {
    values: Values<'a>,
    changed: BTreeSet<RowName<'a>>,
    /// Rows that were made to be locked, and hold no value.
    empty: BTreeSet<RowName<'a>>,
    logs: BTreeMap<&'a str, LogState<'a>>,
    answers: Vec<Result<Committed, StoreError>>,
    /// Operations on logs of the batches that were not refused, in their order, each with the place of its batch.
    of_logs: Vec<(usize, &'a Operation)>,
}

/// A log as the batches so far leave it.
#[derive(Debug, Default)]
pub(super) struct LogState<'a> {
    pub(super) id: i64,
    pub(super) truncated: i64,
    pub(super) last: i64,
    /// The first sequence of the entries that are added.
    pub(super) first: i64,
    pub(super) added: Vec<&'a [u8]>,
    pub(super) is_truncated: bool,
}

impl<'a> Group<'a> {
    /// Judges batches against locked rows. `stored` lists those that exist, each with its value.
    pub(super) fn judge(
        batches: &'a [Batch],
        needed: &Needed<'a>,
        stored: Vec<(String, Vec<u8>, Option<Vec<u8>>)>,
    ) -> Self {
        let (names, mut found): (Vec<(String, Vec<u8>)>, Vec<_>) =
            stored.into_iter().map(|(table, key, value)| ((table, key), value)).unzip();
        let places: BTreeMap<RowName<'_>, usize> = names
            .iter()
            .zip(0..)
            .map(|((table, key), place)| ((table.as_str(), key.as_slice()), place))
            .collect();
        let (mut values, mut empty) = (Values::new(), BTreeSet::new());
        for row in &needed.rows {
            let value = places.get(row).and_then(|place| found.get_mut(*place));
            let is_there = value.is_some();
            let value = value.and_then(Option::take);
            if is_there && value.is_none() {
                empty.insert(*row);
            }
            values.insert(*row, value.map(Cow::Owned));
        }
        let (changed, logs, answers) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
        let mut group = Self { values, changed, empty, logs, answers, of_logs: Vec::new() };
        for batch in batches {
            group.add(batch);
        }
        group
    }

    fn add(&mut self, batch: &'a Batch) {
        for condition in batch.conditions.iter().filter(|condition| is_looked_at(&condition.table))
        {
            let row = (condition.table.as_str(), condition.key.as_slice());
            let found = self.values.get(&row).and_then(Option::as_deref);
            if found != condition.value.as_deref() {
                let (table, key) = (condition.table.clone(), condition.key.clone());
                self.answers.push(Err(StoreError::Conflict { table, key }));
                return;
            }
        }
        let place = self.answers.len();
        for operation in &batch.operations {
            match operation {
                Operation::Put { table, key, value } => self.set((table, key), Some(value)),
                Operation::Delete { table, key } => self.set((table, key), None),
                Operation::Append { .. } | Operation::Truncate { .. } | Operation::Skip { .. } => {
                    self.of_logs.push((place, operation));
                }
            }
        }
        self.answers.push(Ok(Committed::default()));
    }

    fn set(&mut self, row: RowName<'a>, value: Option<&'a Vec<u8>>) {
        self.values.insert(row, value.map(|value| Cow::Borrowed(value.as_slice())));
        self.changed.insert(row);
    }

    /// Whether a condition of one of the batches does not hold.
    pub(super) fn has_refused(&self) -> bool {
        self.answers.iter().any(Result::is_err)
    }

    /// The names of logs that the batches that were not refused change.
    pub(super) fn changed_logs(&self) -> BTreeSet<&'a str> {
        self.of_logs.iter().map(|(_, operation)| log_of(operation)).collect()
    }

    /// The number of entries that are appended to a log.
    #[cfg(feature = "torture-bugs")]
    pub(super) fn appended_to(&self, name: &str) -> i64 {
        let is_appended = |operation: &&Operation| matches!(operation, Operation::Append { log, .. } if log == name);
        self.of_logs.iter().filter(|(_, operation)| is_appended(operation)).map(|_| 1).sum()
    }

    /// The names of those among them that must exist, since entries are appended to them or they begin somewhere.
    pub(super) fn extended_logs(&self) -> impl Iterator<Item = &'a str> {
        let is_extended = |operation: &&Operation| !matches!(operation, Operation::Truncate { .. });
        self.of_logs.iter().map(|(_, operation)| *operation).filter(is_extended).map(log_of)
    }

    /// Rows that are written, with their values.
    pub(super) fn puts(&self) -> impl Iterator<Item = (RowName<'a>, &[u8])> {
        self.changed.iter().filter_map(|row| Some((*row, self.values.get(row)?.as_deref()?)))
    }

    /// Rows that shall not be there afterwards: those that are removed, and those that were made for nothing.
    pub(super) fn removals(&self) -> impl Iterator<Item = RowName<'a>> {
        let all = self.changed.union(&self.empty).copied();
        all.filter(|row| self.values.get(row).is_some_and(Option::is_none))
    }

    /// Numbers the entries, on logs as they are locked. A log that does not exist is not among them: nothing is left
    /// of it to be truncated.
    pub(super) fn number(&mut self, logs: BTreeMap<&'a str, LogState<'a>>) {
        self.logs = logs;
        for (place, operation) in std::mem::take(&mut self.of_logs) {
            let Some(log) = self.logs.get_mut(log_of(operation)) else { continue };
            match operation {
                Operation::Append { value, .. } => {
                    let sequence = log.append(value);
                    if let Some(Ok(committed)) = self.answers.get_mut(place) {
                        committed.appended.push(sequence);
                    }
                }
                Operation::Truncate { through, .. } => log.truncate(*through),
                Operation::Skip { through, .. } => log.skip(*through),
                Operation::Put { .. } | Operation::Delete { .. } => {}
            }
        }
    }

    /// The logs as they are to be.
    pub(super) fn logs(&self) -> impl Iterator<Item = &LogState<'a>> {
        self.logs.values()
    }

    /// The answers, in the order of the batches.
    pub(super) fn into_answers(self) -> Vec<Result<Committed, StoreError>> {
        self.answers
    }
}

impl<'a> LogState<'a> {
    pub(super) const fn new(id: i64, truncated: i64, last: i64) -> Self {
        Self { id, truncated, last, first: last + 1, added: Vec::new(), is_truncated: false }
    }

    fn append(&mut self, value: &'a [u8]) -> Sequence {
        self.last += 1;
        self.added.push(value);
        Sequence::new(self.last.unsigned_abs())
    }

    fn skip(&mut self, through: Sequence) {
        let through = i64::try_from(through.get()).unwrap_or(i64::MAX - 1);
        if through > self.last {
            // Nobody can read what was added before in the same transaction.
            self.added.clear();
            (self.first, self.last, self.truncated) = (through + 1, through, through);
            self.is_truncated = true;
        }
    }

    fn truncate(&mut self, through: Sequence) {
        let through = i64::try_from(through.get()).unwrap_or(i64::MAX).min(self.last);
        if through > self.truncated {
            self.truncated = through;
            self.is_truncated = true;
        }
    }
}

/// Whether conditions on rows of a table are looked at. They are, but for a bug that is put in on purpose.
fn is_looked_at(table: &str) -> bool {
    let is_left_out =
        if table == tables::LEASES.as_str() { Bug::LeaseEpoch } else { Bug::CompareAndSet };
    !bugs::has(is_left_out)
}

fn log_of(operation: &Operation) -> &str {
    match operation {
        Operation::Append { log, .. }
        | Operation::Truncate { log, .. }
        | Operation::Skip { log, .. } => log,
        Operation::Put { .. } | Operation::Delete { .. } => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(table: &str, key: &str, value: Option<&str>) -> (String, Vec<u8>, Option<Vec<u8>>) {
        (table.to_owned(), key.into(), value.map(Into::into))
    }

    #[test]
    fn a_batch_sees_those_before_it_and_none_that_was_refused() {
        let mut batches = [Batch::new(), Batch::new(), Batch::new()];
        batches[0].expect_value("t", "k", "1").put("t", "k", "2").append("log", "a");
        batches[1].expect_value("t", "k", "1").put("t", "k", "lost").append("log", "lost");
        batches[2].expect_value("t", "k", "2").delete("t", "k").append("log", "b");
        batches[2].expect_absent("t", "free");
        let needed = Needed::by(&batches);
        assert_eq!(needed.made.len(), 2);
        let stored = vec![row("t", "k", Some("1")), row("t", "free", None)];
        let mut group = Group::judge(&batches, &needed, stored);
        assert_eq!(group.puts().count(), 0);
        let removed: Vec<_> = group.removals().collect();
        assert_eq!(
            removed,
            [("t", b"free".as_slice()), ("t", b"k")],
            "the row made for nothing too"
        );
        group.number(BTreeMap::from([("log", LogState::new(1, 0, 6))]));
        assert_eq!(group.logs().next().unwrap().added, [b"a", b"b"]);
        let answers = group.into_answers();
        assert_eq!(answers[0].as_ref().unwrap().appended, [Sequence::new(7)]);
        assert!(matches!(answers[1], Err(StoreError::Conflict { .. })));
        assert_eq!(answers[2].as_ref().unwrap().appended, [Sequence::new(8)]);
    }

    #[test]
    fn truncation_counts_what_stands_before_it() {
        let mut batches = [Batch::new()];
        batches[0].append("log", "a").truncate("log", Sequence::new(u64::MAX)).append("log", "b");
        batches[0].truncate("never was", Sequence::new(1));
        let needed = Needed::by(&batches);
        let mut group = Group::judge(&batches, &needed, Vec::new());
        assert_eq!(group.extended_logs().collect::<Vec<_>>(), ["log", "log"]);
        group.number(BTreeMap::from([("log", LogState::new(1, 0, 0))]));
        let log = group.logs().next().unwrap();
        assert_eq!((log.truncated, log.last, log.first), (1, 2, 1));
    }
}
