//! The outcome of a verification: what is told of the records of a file, and whether it is a success.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::KeptRecord;
use crate::{
    Failure, output,
    plural::{agreeing, counted},
};

/// Most records of which it is told in what they differ, and most that cannot be read; all are counted.
const TOLD: usize = 20;

/// The reason by which records are counted that cannot be read at all.
const UNREADABLE: &str = "the record cannot be read";

/// The files that hold records.
const RECORDS: &str = "`champollion records pull --json`, `records follow --json` and routes into files write such files";

/// The outcome of all records.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    pub(super) records: usize,
    same: usize,
    differing: usize,
    not_verified: BTreeMap<String, usize>,
    unreadable: Vec<Unreadable>,
    differences: Vec<Differing>,
}

/// A record that cannot be read.
#[derive(Serialize)]
struct Unreadable {
    /// The line of the file in which it begins, from 1.
    line: u64,
    reason: String,
}

/// A record that says something else than its payload does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Differing {
    record: String,
    decoder: String,
    places: Vec<Place>,
}

/// A place at which record and payload differ.
#[derive(Serialize)]
pub(super) struct Place {
    pub(super) path: String,
    pub(super) recorded: Option<Json>,
    pub(super) decoded: Option<Json>,
}

/// The verdict on one record.
pub(super) enum Verdict {
    Same,
    Differs(Vec<Place>),
    NotVerified(String),
}

impl Verdict {
    /// The verdict by the places at which record and payload differ.
    pub(super) fn of(places: Vec<Place>) -> Self {
        if places.is_empty() { Self::Same } else { Self::Differs(places) }
    }

    /// Both verdicts on one record: what differs in either differs, and what is not known of either is not known.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Differs(mut places), Self::Differs(more)) => {
                places.extend(more);
                Self::Differs(places)
            }
            (differs @ Self::Differs(_), _) | (_, differs @ Self::Differs(_)) => differs,
            (unknown @ Self::NotVerified(_), _) | (_, unknown @ Self::NotVerified(_)) => unknown,
            (Self::Same, Self::Same) => Self::Same,
        }
    }
}

impl Outcome {
    pub(super) fn add(&mut self, record: &KeptRecord, verdict: Verdict) {
        self.records += 1;
        match verdict {
            Verdict::Same => self.same += 1,
            Verdict::NotVerified(reason) => *self.not_verified.entry(reason).or_default() += 1,
            Verdict::Differs(places) => {
                self.differing += 1;
                if self.differences.len() < TOLD {
                    let name = record.decoder.as_ref();
                    let name = name.map(|named| format!("{} {}", named.id, named.version));
                    let decoder = name.unwrap_or_default();
                    self.differences.push(Differing { record: record.id.clone(), decoder, places });
                }
            }
        }
    }

    pub(super) fn add_unreadable(&mut self, line: u64, reason: String) {
        self.records += 1;
        *self.not_verified.entry(UNREADABLE.to_owned()).or_default() += 1;
        if self.unreadable.len() < TOLD {
            self.unreadable.push(Unreadable { line, reason });
        }
    }

    /// The failure of records that are not what their payloads say, or of which nobody knows whether they are.
    pub(super) fn conclusion(&self, task: String, lenient: bool) -> Result<(), Failure> {
        let Self { records, same, differing, not_verified, .. } = self;
        if *differing > 0 {
            return Err(Failure::new(
                format!(
                    "{differing} of {} {}",
                    counted(records, "record"),
                    agreeing(records, "differs", "differ")
                ),
                "they say something else than their decoders make of their payloads",
            ));
        }
        if *records == 0 {
            return Err(Failure::new(task, format!("it holds no record: {RECORDS}")));
        }
        if not_verified.get(UNREADABLE) == Some(records) {
            let reason = format!("nothing in it is a record of this server's: {RECORDS}");
            return Err(Failure::new(task, reason));
        }
        if *same == 0 {
            return Err(Failure::new(task, "none of its records could be decoded again"));
        }
        let unknown: usize = not_verified.values().sum();
        if unknown > 0 && !lenient {
            return Err(Failure::new(
                format!(
                    "{unknown} of {} {} not verified",
                    counted(records, "record"),
                    agreeing(records, "is", "are")
                ),
                "why stands above, and nobody knows whether they are right: --lenient takes that",
            ));
        }
        Ok(())
    }

    pub(super) fn show(&self) {
        let shown = |value: &Option<Json>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), output::quoted)
        };
        let rows = self.differences.iter().flat_map(|Differing { record, decoder, places }| {
            places.iter().map(move |place| {
                [
                    output::quoted(record),
                    output::quoted(decoder),
                    output::quoted(&place.path),
                    shown(&place.recorded),
                    shown(&place.decoded),
                ]
            })
        });
        if self.differing > 0 {
            output::table(["record", "decoder", "place", "recorded", "decoded"], rows);
        }
        let Self { records, same, differing, not_verified, .. } = self;
        output::line(format_args!(
            "{same} of {} {}",
            counted(records, "record"),
            agreeing(records, "is what its payload says", "are what their payloads say")
        ));
        if *differing > self.differences.len() {
            output::note(format_args!("{differing} differ; the first are shown"));
        }
        for Unreadable { line, reason } in &self.unreadable {
            output::note(format_args!("line {line}: {}", output::quoted(reason)));
        }
        for (reason, count) in not_verified {
            output::note(format_args!("{count} not verified: {}", output::quoted(reason)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_verified_is_no_success() {
        let outcome = |same, unreadable: usize| {
            let mut outcome = Outcome { records: same, same, ..Outcome::default() };
            (0..unreadable).for_each(|_| outcome.add_unreadable(1, "it is torn".to_owned()));
            outcome
        };
        let conclusion = |same, unreadable, lenient| {
            let conclusion = outcome(same, unreadable).conclusion("a".to_owned(), lenient);
            conclusion.err().map(|failure| failure.to_string()).unwrap_or_default()
        };
        assert_eq!(conclusion(2, 0, false), "");
        let said = conclusion(2, 1, false);
        assert!(said.starts_with("1 of 3 records are not verified"), "{said}");
        assert_eq!(conclusion(2, 1, true), "");
        assert!(conclusion(0, 1, true).contains("nothing in it is a record"));
        assert!(conclusion(0, 0, true).contains("it holds no record"));
    }
}
