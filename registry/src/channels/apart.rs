//! Results of two versions taken apart into values by their places, without those that they have in common, and within
//! bounds: a place repeats the names of all that it stands in.

use std::collections::BTreeMap;

use champollion_sandbox::{Measurement, Value};
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

/// Most bytes that two readings of a frame are taken apart into. The largest ones of real devices take a tenth; a name of
/// 32 KB, repeated in the places of thousands of members, would take 200 MB on each thread.
const APART_BYTES: usize = 4 << 20;

/// The words of a version about a frame.
#[derive(Clone)]
pub(super) enum Said {
    Reading {
        data: Box<str>,
        measurements: Vec<Measurement>,
    },
    /// The place that stands for the failure, and its kind.
    Failure(&'static str, &'static str),
}

/// Values by their places in a reading.
pub(super) type Values = BTreeMap<String, Json>;

/// Readings that say more than is compared place by place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// The values of two results at their places, as many as there is room for.
pub(super) struct Apart {
    pub(super) values: [Values; 2],
    /// The bytes that they may still take.
    room: usize,
}

/// The numbers of the two results.
pub(super) const STABLE: usize = 0;
const CANDIDATE: usize = 1;

impl Default for Apart {
    fn default() -> Self {
        Self { values: [Values::new(), Values::new()], room: APART_BYTES }
    }
}

impl Apart {
    /// Adds the values of both, without those that they have in common where both are readings.
    pub(super) fn both(&mut self, stable: &Said, candidate: &Said) -> Result<(), TooLarge> {
        match (stable, candidate) {
            (
                Said::Reading { data, measurements },
                Said::Reading { data: other_data, measurements: other_measurements },
            ) => {
                if data != other_data {
                    self.members([&members(data), &members(other_data)], "data")?;
                }
                let are_alike = measurements.len() == other_measurements.len()
                    && measurements.iter().zip(other_measurements).all(|(one, other)| {
                        (Key::of(one), &one.value) == (Key::of(other), &other.value)
                    });
                if are_alike {
                    return Ok(());
                }
                self.measurements([measurements, other_measurements])
            }
            _ => {
                self.said(STABLE, stable)?;
                self.said(CANDIDATE, candidate)
            }
        }
    }

    /// Adds all values of a result.
    pub(super) fn said(&mut self, of: usize, said: &Said) -> Result<(), TooLarge> {
        match said {
            Said::Reading { data, measurements } => {
                for (key, member) in &members(data) {
                    self.all(of, member, format!("data.{key}"))?;
                }
                for (key, value) in by_what_they_are(measurements) {
                    self.add(of, key.place(), json!(value))?;
                }
                Ok(())
            }
            Said::Failure(place, kind) => self.add(of, (*place).to_owned(), json!(kind)),
        }
    }

    /// Adds the members of both without those that they have in common.
    fn members(
        &mut self,
        [one, other]: [&Map<String, Json>; 2],
        place: &str,
    ) -> Result<(), TooLarge> {
        for (key, value) in one {
            self.pair([Some(value), other.get(key)], || format!("{place}.{key}"))?;
        }
        for (key, value) in other.iter().filter(|(key, _)| !one.contains_key(*key)) {
            self.pair([None, Some(value)], || format!("{place}.{key}"))?;
        }
        Ok(())
    }

    /// Adds the items of both without those that they have in common.
    fn items(&mut self, [one, other]: [&[Json]; 2], place: &str) -> Result<(), TooLarge> {
        for index in 0..one.len().max(other.len()) {
            self.pair([one.get(index), other.get(index)], || format!("{place}[{index}]"))?;
        }
        Ok(())
    }

    /// Adds two values at a place where they are not the same.
    fn pair(
        &mut self,
        values: [Option<&Json>; 2],
        place: impl FnOnce() -> String,
    ) -> Result<(), TooLarge> {
        match values {
            [one, other] if one == other => {}
            [Some(Json::Object(one)), Some(Json::Object(other))]
                if !one.is_empty() && !other.is_empty() =>
            {
                self.members([one, other], &place())?;
            }
            [Some(Json::Array(one)), Some(Json::Array(other))]
                if !one.is_empty() && !other.is_empty() =>
            {
                self.items([one, other], &place())?;
            }
            values => {
                let place = place();
                for (of, value) in values.into_iter().enumerate() {
                    if let Some(value) = value {
                        self.all(of, value, place.clone())?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds a value by the places of all that is in it.
    fn all(&mut self, of: usize, value: &Json, place: String) -> Result<(), TooLarge> {
        match value {
            Json::Object(members) if !members.is_empty() => {
                for (key, member) in members {
                    self.all(of, member, format!("{place}.{key}"))?;
                }
                Ok(())
            }
            Json::Array(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.all(of, item, format!("{place}[{index}]"))?;
                }
                Ok(())
            }
            other => self.add(of, place, other.clone()),
        }
    }

    /// Adds the measurements of both without those that they have in common.
    fn measurements(&mut self, both: [&[Measurement]; 2]) -> Result<(), TooLarge> {
        let both = both.map(by_what_they_are);
        for (of, beside) in [(STABLE, CANDIDATE), (CANDIDATE, STABLE)] {
            let (of_one, of_other) = (&both[of], &both[beside]);
            for (key, value) in
                of_one.iter().filter(|(key, value)| of_other.get(*key) != Some(*value))
            {
                self.add(of, key.place(), json!(value))?;
            }
        }
        Ok(())
    }

    /// Adds a value at a place, where there is room for it.
    fn add(&mut self, of: usize, place: String, value: Json) -> Result<(), TooLarge> {
        let bytes = size_of::<(String, Json)>() + place.len() + text_bytes(&value);
        self.room = self.room.checked_sub(bytes).ok_or(TooLarge)?;
        self.values[of].insert(place, value);
        Ok(())
    }
}

/// The bytes of a value that has its text apart.
pub(super) fn text_bytes(value: &Json) -> usize {
    value.as_str().map_or(0, str::len)
}

fn members(data: &str) -> Map<String, Json> {
    // The sandbox has checked that it is an object.
    serde_json::from_str(data).unwrap_or_default()
}

/// The identity of a measurement in its reading: not its order, or one more would change all that follow.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    quantity: &'static str,
    channel: u16,
    measured_at: Option<Timestamp>,
}

impl Key {
    fn of(measurement: &Measurement) -> Self {
        let Measurement { quantity, channel, measured_at, .. } = measurement;
        Self { quantity: quantity.name, channel: *channel, measured_at: *measured_at }
    }

    fn place(&self) -> String {
        let mut place = format!("measurements.{}", self.quantity);
        if self.channel != 0 {
            place = format!("{place}, channel {}", self.channel);
        }
        match self.measured_at {
            Some(moment) => format!("{place}, measuredAt {}", json!(moment)),
            None => place,
        }
    }
}

fn by_what_they_are(measurements: &[Measurement]) -> BTreeMap<Key, &Value> {
    measurements.iter().map(|measurement| (Key::of(measurement), &measurement.value)).collect()
}
