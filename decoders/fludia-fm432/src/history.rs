//! Indexes with their moments: one index, and what was added to it in each interval that led there.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// Milliseconds of a minute.
pub(crate) const MINUTE: u64 = 60_000;

/// The index of a message, its increments, and what follows of them. Energies are watt-hours, powers watts; the oldest
/// value comes first, and a value that the head could not read is none.
#[derive(Serialize)]
pub(crate) struct History {
    pub(crate) index: Option<f64>,
    increments: Vec<Option<f64>>,
    powers: Vec<Option<f64>>,
    indexes: Vec<Option<f64>>,
    /// Minutes of an interval.
    #[serde(skip)]
    step: u8,
    /// The indexes as they are counted, in parts of a watt-hour, each with the bytes that it follows from.
    #[serde(skip)]
    counts: Vec<Spanned<Option<i64>>>,
    #[serde(skip)]
    parts: f64,
}

impl History {
    /// Makes a history of an index and increments in parts of a watt-hour.
    ///
    /// The energy of an interval that could not be read is not known, and neither are the indexes before it.
    pub(crate) fn new(
        index: Spanned<Option<i64>>,
        increments: &[Spanned<Option<i64>>],
        parts: f64,
        step: u8,
    ) -> Self {
        let mut before = index.value;
        let mut indexes = vec![before];
        for increment in increments.iter().rev() {
            before = before
                .zip(increment.value)
                .and_then(|(index, increment)| index.checked_sub(increment));
            indexes.push(before);
        }
        indexes.reverse();
        let energy = |told: Option<i64>| told.map(|told| *Spanned::from(told).divided_by(parts));
        let increments_told: Vec<_> =
            increments.iter().map(|increment| energy(increment.value)).collect();
        let an_hour_has = 60.0 / f64::from(step.max(1));
        let bytes = increments.iter().chain([&index]);
        let counts = bytes.zip(&indexes).map(|(read, index)| read.map(|_| *index)).collect();
        Self {
            index: energy(index.value),
            powers: increments_told
                .iter()
                .map(|told| told.map(|told| told * an_hour_has))
                .collect(),
            increments: increments_told,
            indexes: indexes.into_iter().map(energy).collect(),
            step,
            counts,
            parts,
        }
    }

    /// The indexes that are known, as a quantity in kilowatt-hours. The last one is that of the reception.
    pub(crate) fn measurements(
        &self,
        quantity: &champollion_sdk::Quantity<f64>,
        now: u64,
    ) -> Vec<Measurement> {
        let counts = self.counts.iter().rev().zip(0_u64..);
        let mut measurements: Vec<_> = counts
            .filter_map(|(count, intervals_ago)| {
                let energy = count.transpose()?.divided_by(self.parts * 1e3);
                let ago = intervals_ago * u64::from(self.step) * MINUTE;
                Some(match intervals_ago {
                    0 => quantity.of(energy),
                    _ => quantity.of(energy).at(now.saturating_sub(ago)),
                })
            })
            .collect();
        measurements.reverse();
        measurements
    }
}
