//! Decodes rows on every core. The rows of a device stay in their order, since a decoder may remember the one before.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    num::NonZero,
    panic,
    path::Path,
    thread,
};

use champollion_registry::package::{Answer, run};
use champollion_sandbox::{CallError, Reading};
use champollion_sdk::vectors::{Hex, Input, Setting, UplinkInput};
use indexmap::IndexMap;
use jiff::Timestamp;

use super::{
    moments::read_moment,
    readings::{Line, Written},
    rows::{Cells, Row},
};
use crate::decode::Tool;

/// Values for all rows that do not say them themselves.
pub(super) struct Given {
    pub(super) f_port: Option<u8>,
    pub(super) at: Timestamp,
    pub(super) variables: IndexMap<String, Setting>,
    /// Whether a person has named the column that chooses the decoder: then it chooses even where there is one alone.
    pub(super) is_decoder_named: bool,
}

/// A row that was decoded, as it is written.
pub(super) struct Decoded {
    pub(super) number: u64,
    pub(super) line: Line,
    pub(super) is_failed: bool,
}

/// Why a row was not decoded.
pub(super) struct RowError {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl RowError {
    fn broken(message: impl Into<String>) -> Self {
        Self { code: "broken-row", message: message.into() }
    }
}

impl From<CallError> for RowError {
    fn from(error: CallError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

/// The states that a worker keeps of its devices, by decoder and device.
type States = HashMap<(usize, String), Vec<u8>>;

/// The workers, one for each core.
pub(super) struct Crew<'of> {
    work: Work<'of>,
    states: Vec<States>,
}

impl<'of> Crew<'of> {
    pub(super) fn new(tools: &'of [Tool], given: &'of Given, written: Written) -> Self {
        let mut by_name = BTreeMap::new();
        for (index, tool) in tools.iter().enumerate() {
            let name = &tool.name;
            by_name.insert(name.id.clone(), index);
            if let Some(version) = &name.version {
                by_name.insert(format!("{}@{version}", name.id), index);
            }
        }
        let workers = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            work: Work { tools, by_name, given, written },
            states: (0..workers).map(|_| States::new()).collect(),
        }
    }

    /// Decodes rows, and gives them in their order.
    pub(super) fn decode(&mut self, rows: Vec<Row>) -> Vec<Decoded> {
        let workers = self.states.len();
        let mut shares: Vec<Vec<Row>> = (0..workers).map(|_| Vec::new()).collect();
        for row in rows {
            shares[worker_of(&row, workers)].push(row);
        }
        let work = &self.work;
        let mut all: Vec<Decoded> = thread::scope(|scope| {
            let at_work: Vec<_> = shares
                .into_iter()
                .zip(&mut self.states)
                .map(|(rows, states)| {
                    scope.spawn(move || {
                        rows.into_iter().map(|row| work.decode(row, states)).collect::<Vec<_>>()
                    })
                })
                .collect();
            let done = at_work.into_iter().map(|worker| worker.join());
            done.flat_map(|rows| rows.unwrap_or_else(|panic| panic::resume_unwind(panic))).collect()
        });
        all.sort_unstable_by_key(|decoded| decoded.number);
        all
    }
}

/// The worker of a row: one for each device, and any for rows that name none.
fn worker_of(row: &Row, workers: usize) -> usize {
    let workers = workers as u64;
    let share = match &row.cells.device {
        Some(device) => BuildHasherDefault::<DefaultHasher>::default().hash_one(device) % workers,
        None => row.number % workers,
    };
    usize::try_from(share).unwrap_or_default()
}

/// The part of the work that all workers share.
struct Work<'of> {
    tools: &'of [Tool],
    by_name: BTreeMap<String, usize>,
    given: &'of Given,
    written: Written,
}

impl Work<'_> {
    fn decode(&self, row: Row, states: &mut States) -> Decoded {
        let result = self.reading(&row, states);
        let is_failed = result.is_err();
        Decoded { number: row.number, line: self.written.line(&row, result), is_failed }
    }

    fn reading(&self, row: &Row, states: &mut States) -> Result<Reading, RowError> {
        if let Some(problem) = &row.broken {
            return Err(RowError::broken(problem.as_str()));
        }
        let index = self.tool_of(&row.cells)?;
        let mut input = self.input(row)?;
        let key = row.cells.device.as_ref().map(|device| (index, device.clone()));
        if let Some(state) = key.as_ref().and_then(|key| states.get(key)) {
            input.state = Hex(state.clone());
        }
        let call = run(&self.tools[index].decoder, &Input::Uplink(input));
        let Answer::Reading(reading) = call.result? else {
            return Err(RowError::broken("the decoder answers with a command"));
        };
        if let (Some(key), Some(state)) = (key, &reading.state) {
            states.insert(key, state.clone());
        }
        Ok(reading)
    }

    fn tool_of(&self, cells: &Cells) -> Result<usize, RowError> {
        if self.tools.len() == 1 && !self.given.is_decoder_named {
            return Ok(0);
        }
        let Some(name) = &cells.decoder else {
            let only = (self.tools.len() == 1).then_some(0);
            return only.ok_or_else(|| RowError::broken("the row names no decoder"));
        };
        let file = Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned());
        let known = self.by_name.get(name).or_else(|| self.by_name.get(file.as_deref()?)).copied();
        known.ok_or_else(|| RowError {
            code: "unknown-decoder",
            message: format!("no decoder of the name {name:?} is given"),
        })
    }

    fn input(&self, row: &Row) -> Result<UplinkInput, RowError> {
        let Cells { payload, f_port, f_cnt, time, .. } = &row.cells;
        let payload =
            payload.as_deref().ok_or_else(|| RowError::broken("the row has no payload"))?;
        let payload = row.encoding.decode(payload).map_err(RowError::broken)?;
        let port = match f_port {
            Some(text) => whole(text).parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                RowError::broken(format!("the FPort {text:?} is no number from 1 to 255"))
            })?,
            None => self.given.f_port.ok_or_else(|| RowError::broken("the row has no FPort"))?,
        };
        let f_cnt = f_cnt.as_deref().unwrap_or("0");
        let f_cnt = whole(f_cnt).parse().map_err(|_| {
            RowError::broken(format!("the frame counter {f_cnt:?} is no number of 32 bits"))
        })?;
        let received_at = match time {
            Some(text) => read_moment(text).ok_or_else(|| {
                RowError::broken(format!("the moment {text:?} is none, as 2026-01-31T12:00:00Z is"))
            })?,
            None => self.given.at,
        };
        Ok(UplinkInput {
            f_port: port,
            payload: Hex(payload),
            f_cnt,
            received_at,
            variables: self.given.variables.clone(),
            state: Hex::default(),
        })
    }
}

/// A number as a spreadsheet or a program of statistics writes it, without the fraction that is none: `2.0` is `2`.
fn whole(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_that_is_none_is_left_out() {
        assert_eq!(["2", "2.0", "2.00", "2."].map(whole), ["2"; 4]);
        assert_eq!(["2.5", "x", "1.0.0"].map(whole), ["2.5", "x", "1.0.0"]);
    }
}
