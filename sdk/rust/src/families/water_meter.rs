//! The records of a water meter by EN 13757-3 as measurements of the vocabulary, and as a list for the `data` of a
//! reading: so that meters of several makers that send such records give the same.
//!
//! ```
//! use champollion_sdk::{Reader, families::{mbus, water_meter}};
//!
//! // The index at midnight of 2023-10-19 and the highest flow before it.
//! let bytes = [0x44, 0x6D, 0x00, 0x20, 0xF3, 0x2A, 0x44, 0x13, 0xEC, 0, 0, 0, 0x52, 0x3B, 0x0A, 0];
//! let telegram = mbus::telegram(&mut Reader::new(&bytes))?;
//! let measurements = water_meter::measurements(&telegram.records);
//! assert_eq!((measurements[0].quantity.as_str(), &measurements[0].value), ("water.volume", &0.236.into()));
//! assert_eq!(measurements[0].measured_at, Some(1_697_673_600_000));
//! assert_eq!(measurements[1].quantity, "water.flow.max");
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use serde::{Serialize, Serializer};

use crate::{
    Measurement, Quantity, Spanned, clocks,
    families::mbus::{Function, Meaning, Record, Value},
    quantity,
};

/// The modifier of a volume that flowed backward, and of one that flowed forward alone.
const REVERSE: u8 = 0x3C;
const FORWARD: u8 = 0x3B;

/// The values of records for the `data` of a reading: by their names, each a list, since a telegram has several indexes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told(pub Vec<(String, Vec<ToldValue>)>);

/// A value with its moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ToldValue {
    /// The value in the unit that the vocabulary gives its quantity; null where the meter says that it has none.
    pub value: Option<f64>,
    /// The moment of the value, RFC 3339, where the telegram tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

impl Told {
    fn add(&mut self, name: &str, value: Option<f64>, moment: Option<u64>) {
        let value = ToldValue { value, time: moment.map(clocks::rfc3339) };
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name.to_owned(), vec![value])),
        }
    }
}

impl Serialize for Told {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, values)| (name, values)))
    }
}

/// The moment that belongs to a number of storage: all values of that storage were taken then.
#[must_use]
pub fn moment(records: &[Record], storage: u64) -> Option<u64> {
    records.iter().find_map(|record| match (record.meaning, &*record.value) {
        (Meaning::Date | Meaning::DateTime, Value::Moment(moment))
            if record.storage == storage && record.modifiers.is_empty() =>
        {
            Some(*moment)
        }
        _ => None,
    })
}

/// The measurements among the records, each at the moment of its storage, with the series of compact profiles.
#[must_use]
pub fn measurements(records: &[Record]) -> Vec<Measurement> {
    let mut found = Vec::new();
    for record in records.iter().filter(|record| is_whole(record)) {
        let at = moment(records, record.storage);
        match &*record.value {
            Value::Number(number) => {
                let number = Spanned { value: *number, span: record.value.span };
                let quantity = quantity_of(record);
                let measurement = quantity.map(|quantity| quantity.of(number));
                found.extend(measurement.map(|one| at.into_iter().fold(one, Measurement::at)));
            }
            Value::Profile(_) => {
                let quantity = quantity_of(record).unwrap_or(&quantity::WATER_VOLUME);
                found.extend(series(records, record).into_iter().map(|(value, at)| {
                    quantity.of(Spanned { value, span: record.value.span }).at(at)
                }));
            }
            _ => {}
        }
    }
    found
}

/// Whether a record is of the whole meter: not of a tariff, and not of a part of the device.
fn is_whole(record: &Record) -> bool {
    record.tariff == 0 && record.subunit == 0
}

fn quantity_of(record: &Record) -> Option<&'static Quantity<f64>> {
    let is_modified = |by: &[u8]| record.modifiers.iter().all(|one| by.contains(&(one & 0x7F)));
    Some(match (record.meaning, record.function) {
        (Meaning::Volume, Function::Instantaneous) if is_reverse(record) => {
            &quantity::WATER_VOLUME_REVERSE
        }
        // Those of a profile are there as well.
        (Meaning::Volume, Function::Instantaneous) if is_modified(&[FORWARD, 0x13, 0x1E, 0x1F]) => {
            &quantity::WATER_VOLUME
        }
        _ if !record.modifiers.is_empty() => return None,
        (Meaning::VolumeFlow, Function::Instantaneous) => &quantity::WATER_FLOW,
        (Meaning::VolumeFlow, Function::Maximum) => &quantity::WATER_FLOW_MAX,
        (Meaning::VolumeFlow, Function::Minimum) => &quantity::WATER_FLOW_MIN,
        (Meaning::FlowTemperature, Function::Instantaneous) => &quantity::WATER_TEMPERATURE,
        (Meaning::FlowTemperature, Function::Maximum) => &quantity::WATER_TEMPERATURE_MAX,
        (Meaning::FlowTemperature, Function::Minimum) => &quantity::WATER_TEMPERATURE_MIN,
        (Meaning::ExternalTemperature, Function::Instantaneous) => &quantity::AIR_TEMPERATURE,
        (Meaning::RemainingBatteryDays, Function::Instantaneous) => &quantity::BATTERY_LIFETIME,
        _ => return None,
    })
}

fn is_reverse(record: &Record) -> bool {
    record.modifiers.iter().any(|modifier| modifier & 0x7F == REVERSE)
}

/// The values of a profile with their moments. They start from the value of the same meaning, function and storage.
#[must_use]
pub fn series(records: &[Record], profile: &Record) -> Vec<(f64, u64)> {
    let Value::Profile(told) = &*profile.value else { return Vec::new() };
    let base = records.iter().find_map(|record| match &*record.value {
        Value::Number(number)
            if record.meaning == profile.meaning
                && record.function == profile.function
                && record.storage == profile.storage
                && is_whole(record)
                && is_reverse(record) == is_reverse(profile) =>
        {
            Some(*number)
        }
        _ => None,
    });
    let moment = moment(records, profile.storage);
    base.zip(moment).map_or_else(Vec::new, |(base, moment)| told.series(base, moment))
}

/// The values of the records by their names, with the series of compact profiles; moments are told with the values.
#[must_use]
pub fn told(records: &[Record]) -> Told {
    let mut told = Told::default();
    for record in records.iter().filter(|record| is_whole(record)) {
        let Some(name) = name(record) else { continue };
        let moment = moment(records, record.storage);
        match &*record.value {
            Value::Number(number) => told.add(&name, Some(*number), moment),
            Value::Unreadable(_) => told.add(&name, None, moment),
            Value::Profile(_) => {
                for (value, moment) in series(records, record) {
                    told.add(&name, Some(value), Some(moment));
                }
            }
            Value::Nothing | Value::Moment(_) | Value::Text(_) => {}
        }
    }
    told
}

/// The name of a record that a water meter has.
fn name(record: &Record) -> Option<String> {
    let name = match record.meaning {
        Meaning::Volume if is_reverse(record) => "reverseVolume",
        Meaning::Volume => "volume",
        Meaning::VolumeFlow => "flow",
        Meaning::FlowTemperature => "waterTemperature",
        Meaning::ExternalTemperature => "ambientTemperature",
        Meaning::Pressure => "pressure",
        Meaning::RemainingBatteryDays => "remainingBattery",
        Meaning::OperatingTime => "operatingTime",
        Meaning::OnTime => "onTime",
        _ => return None,
    };
    let function = match record.function {
        Function::Instantaneous => return Some(name.to_owned()),
        Function::Maximum => "maximum",
        Function::Minimum => "minimum",
        Function::DuringError => "duringError",
    };
    let (first, rest) = name.split_at(1);
    Some(format!("{function}{}{rest}", first.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reader, families::mbus};

    fn records(bytes: &[u8]) -> Vec<Record> {
        mbus::telegram(&mut Reader::new(bytes)).unwrap().records
    }

    #[test]
    fn values_of_several_storages_have_their_own_moments() {
        let read = records(&[
            0x04, 0x13, 1, 0, 0, 0, 0x44, 0x13, 2, 0, 0, 0, 0x42, 0x6C, 0x9F, 0x1C, 0x44, 0x93,
            0x3C, 3, 0, 0, 0,
        ]);
        let found = measurements(&read);
        let list: Vec<_> =
            found.iter().map(|one| (one.quantity.as_str(), one.measured_at)).collect();
        let day = clocks::moment((2_012, 12, 31), (0, 0, 0));
        let expected =
            [("water.volume", None), ("water.volume", day), ("water.volume.reverse", day)];
        assert_eq!(list, expected);
        let told = told(&read);
        assert_eq!((told.0[0].0.as_str(), told.0[1].0.as_str()), ("volume", "reverseVolume"));
        assert_eq!(told.0[0].1[1].time.as_deref(), Some("2012-12-31T00:00:00Z"));
    }

    #[test]
    fn what_the_meter_does_not_have_is_told_and_not_measured() {
        let read = records(&[0x61, 0x5B, 0x80, 0x74, 0x13, 1, 0, 0, 0]);
        assert!(measurements(&read).is_empty());
        let told = told(&read);
        assert_eq!((told.0[0].0.as_str(), told.0[0].1[0].value), ("minimumWaterTemperature", None));
        assert_eq!(told.0[1].0, "duringErrorVolume");
    }

    #[test]
    fn a_tariff_is_not_the_index() {
        let read = records(&[0x84, 0x10, 0x13, 1, 0, 0, 0, 0x84, 0x40, 0x13, 1, 0, 0, 0]);
        assert!(measurements(&read).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_telegram_panics(payload: Vec<u8>) {
            if let Ok(telegram) = mbus::telegram(&mut Reader::new(&payload)) {
                let _ = measurements(&telegram.records);
                let _ = told(&telegram.records);
            }
        }
    }
}
