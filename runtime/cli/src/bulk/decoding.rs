//! The decoding of a row: which decoder it names, what is given to it, and what it remembers of the device.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use champollion_registry::package::variables;
use champollion_sandbox::{Reading, Settings, Specimen};
use champollion_sdk::vectors::Setting;
use indexmap::IndexMap;
use jiff::Timestamp;

use super::{
    moments::read_moment,
    readings::Written,
    row_error::RowError,
    rows::{Cells, Row},
};
use crate::tool::Tool;

/// Values for all rows that do not say them themselves.
pub(super) struct Given {
    pub(super) f_port: Option<u8>,
    pub(super) at: Timestamp,
    pub(super) variables: IndexMap<String, Setting>,
    /// Whether a person has named the column that chooses the decoder: then it chooses even where there is one alone.
    pub(super) is_decoder_named: bool,
}

/// The part of the work that all workers share.
pub(super) struct Work<'of> {
    tools: &'of [Tool],
    by_name: BTreeMap<String, usize>,
    given: &'of Given,
    written: Written,
}

/// The memory of a worker.
pub(super) struct Memory {
    /// The states of its devices, by decoder.
    states: Vec<HashMap<String, Vec<u8>>>,
    settings: Settings,
}

impl<'of> Work<'of> {
    pub(super) fn new(tools: &'of [Tool], given: &'of Given, written: Written) -> Self {
        let mut by_name = BTreeMap::new();
        for (index, tool) in tools.iter().enumerate() {
            let name = &tool.name;
            by_name.insert(name.id.clone(), index);
            if let Some(version) = &name.version {
                by_name.insert(format!("{}@{version}", name.id), index);
            }
        }
        Self { tools, by_name, given, written }
    }

    /// Returns the format in which rows are written down.
    pub(super) fn written(&self) -> Written {
        self.written
    }

    /// Returns the memory of a worker that has decoded nothing yet.
    pub(super) fn memory(&self) -> Memory {
        Memory {
            states: self.tools.iter().map(|_| HashMap::new()).collect(),
            settings: Settings { variables: variables(&self.given.variables), state: Vec::new() },
        }
    }

    /// Decodes a row, whose payload was read before.
    pub(super) fn decode(
        &self,
        row: &Row,
        cells: &Cells<'_>,
        payload: Option<Result<Vec<u8>, String>>,
        Memory { states, settings }: &mut Memory,
    ) -> Result<Reading, RowError> {
        if let Some(problem) = &row.broken {
            return Err(RowError::broken(problem.as_str()));
        }
        let index = self.tool_of(cells)?;
        let specimen = self.specimen(cells, payload)?;
        let states = &mut states[index];
        settings.state.clear();
        if let Some(state) = cells.device.and_then(|device| states.get(device)) {
            settings.state.extend_from_slice(state);
        }
        let mut reading = self.tools[index].decoder.try_uplink(&specimen, settings).result?;
        if let (Some(device), Some(state)) = (cells.device, reading.state.take()) {
            match states.get_mut(device) {
                Some(before) => *before = state,
                None => drop(states.insert(device.to_owned(), state)),
            }
        }
        Ok(reading)
    }

    fn tool_of(&self, cells: &Cells<'_>) -> Result<usize, RowError> {
        if self.tools.len() == 1 && !self.given.is_decoder_named {
            return Ok(0);
        }
        let Some(name) = cells.decoder else {
            let only = (self.tools.len() == 1).then_some(0);
            return only.ok_or_else(|| RowError::broken("the row names no decoder"));
        };
        let file = Path::new(name).file_name().map(|name| name.to_string_lossy());
        let known = self.by_name.get(name).or_else(|| self.by_name.get(file.as_deref()?)).copied();
        known.ok_or_else(|| RowError {
            code: "unknown-decoder",
            message: format!("no decoder of the name {name:?} is given"),
        })
    }

    fn specimen(
        &self,
        cells: &Cells<'_>,
        payload: Option<Result<Vec<u8>, String>>,
    ) -> Result<Specimen, RowError> {
        let payload = payload.ok_or_else(|| RowError::broken("the row has no payload"))?;
        let payload = payload.map_err(RowError::broken)?;
        let f_port = match cells.f_port {
            Some(text) => whole(text).parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                RowError::broken(format!("the FPort {text:?} is no number from 1 to 255"))
            })?,
            None => self.given.f_port.ok_or_else(|| RowError::broken("the row has no FPort"))?,
        };
        let f_cnt = cells.f_cnt.unwrap_or("0");
        let f_cnt = whole(f_cnt).parse().map_err(|_| {
            RowError::broken(format!("the frame counter {f_cnt:?} is no number of 32 bits"))
        })?;
        let received_at = match cells.time {
            Some(text) => read_moment(text).ok_or_else(|| {
                RowError::broken(format!("the moment {text:?} is none, as 2026-01-31T12:00:00Z is"))
            })?,
            None => self.given.at,
        };
        let received_at = u64::try_from(received_at.as_millisecond()).unwrap_or(0);
        Ok(Specimen { f_port, f_cnt, payload, received_at })
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
