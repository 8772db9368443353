//! The values of an object, out of its records: the last of each quantity, and the series of those that are numbers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;

/// A quantity and a channel of an object.
pub(super) type Measured = (String, u64);

/// The last value of a quantity.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LastValue {
    pub(super) value: Json,
    pub(super) unit: String,
    pub(super) at: Timestamp,
}

/// The values of an object within the time that records are kept.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Values {
    /// The last value of each quantity and channel.
    pub(super) last: BTreeMap<Measured, LastValue>,
    /// All numbers of each quantity and channel, the oldest first.
    pub(super) series: BTreeMap<Measured, Vec<(Timestamp, f64)>>,
}

/// A record, as far as its values need it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    received_at: Timestamp,
    #[serde(default)]
    decoded: Option<Decoded>,
}

#[derive(Deserialize)]
struct Decoded {
    #[serde(default)]
    measurements: Vec<Measurement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Measurement {
    #[serde(default)]
    id: String,
    quantity: String,
    #[serde(default)]
    unit: String,
    value: Json,
    #[serde(default)]
    channel: u64,
    #[serde(default)]
    measured_at: Option<Timestamp>,
}

impl Values {
    /// The values that records tell. A measurement that comes again counts once, as its last record tells it.
    pub(super) fn of(records: &[Json]) -> Self {
        let mut values = Self::default();
        let mut known = BTreeSet::new();
        let told = records.iter().rev().filter_map(|record| Told::deserialize(record).ok());
        for Told { received_at, decoded } in told {
            for measurement in decoded.into_iter().flat_map(|decoded| decoded.measurements) {
                if measurement.id.is_empty() || known.insert(measurement.id.clone()) {
                    values.add(measurement, received_at);
                }
            }
        }
        values.series.values_mut().for_each(|series| series.sort_by_key(|(at, _)| *at));
        values
    }

    fn add(&mut self, measurement: Measurement, received_at: Timestamp) {
        let Measurement { quantity, unit, value, channel, measured_at, .. } = measurement;
        let (key, at) = ((quantity, channel), measured_at.unwrap_or(received_at));
        if let Some(number) = value.as_f64() {
            self.series.entry(key.clone()).or_default().push((at, number));
        }
        let last = LastValue { value, unit, at };
        let known = self.last.entry(key).or_insert_with(|| last.clone());
        if known.at < at {
            *known = last;
        }
    }

    /// The quantity that a visitor asks for, or else the first that has a series.
    pub(super) fn chosen(&self, wanted: &str) -> Option<(&Measured, &Vec<(Timestamp, f64)>)> {
        let is_wanted = |measured: &&Measured| written(measured) == wanted;
        let wanted = self.series.keys().find(is_wanted).or_else(|| self.series.keys().next())?;
        self.series.get_key_value(wanted)
    }
}

/// The text by which a query names a quantity and a channel.
pub(super) fn written((quantity, channel): &Measured) -> String {
    match channel {
        0 => quantity.clone(),
        channel => format!("{quantity} #{channel}"),
    }
}

/// A value as people read it: numbers without needless digits, truth values as words of the page.
pub(super) fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(at: &str, measurements: Json) -> Json {
        json!({ "receivedAt": at, "decoded": { "measurements": measurements } })
    }

    #[test]
    fn the_last_value_counts_and_what_comes_again_counts_once() {
        let values = Values::of(&[
            record(
                "2026-11-25T08:00:00Z",
                json!([
                    { "id": "A", "quantity": "water.volume", "unit": "m3", "value": 1.5, "measuredAt": "2026-11-25T07:00:00Z" },
                ]),
            ),
            record(
                "2026-11-25T09:00:00Z",
                json!([
                    { "id": "A", "quantity": "water.volume", "unit": "m3", "value": 1.5, "measuredAt": "2026-11-25T07:00:00Z" },
                    { "id": "B", "quantity": "water.volume", "unit": "m3", "value": 2, "measuredAt": "2026-11-25T08:00:00Z" },
                    { "id": "C", "quantity": "alarm.leak", "value": true },
                ]),
            ),
            json!({ "receivedAt": "2026-11-25T10:00:00Z", "decodeError": { "code": "trapped" } }),
        ]);
        let volume = ("water.volume".to_owned(), 0);
        let points: Vec<f64> = values.series[&volume].iter().map(|(_, number)| *number).collect();
        assert_eq!(points, [1.5, 2.0]);
        assert_eq!(values.last[&volume].value, json!(2));
        assert_eq!(values.last[&("alarm.leak".to_owned(), 0)].value, json!(true));
        assert_eq!(values.chosen("nothing").unwrap().0, &volume);
        assert_eq!(written(&("pulse.count".to_owned(), 1)), "pulse.count #1");
    }
}
