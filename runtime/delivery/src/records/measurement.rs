//! Measurements of a record: those of a reading, with what a sum of them needs.

use champollion_frames::DevEui;
use champollion_sandbox::{Measurement, Span, Value, vocabulary::Nature};
use foldhash::{HashMap, HashMapExt};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    measurement_id::{MeasurementId, Names},
    object::PointInfo,
};

/// One value of one quantity at one moment, as a record has it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecordMeasurement {
    /// The name of the measurement, the same in each record that tells it. Absent of records of an earlier
    /// version.
    #[schema(required = false)]
    id: MeasurementId,
    /// A term of the vocabulary, which fixes unit and type.
    #[schema(example = "water.volume")]
    quantity: &'static str,
    /// The UCUM unit of the quantity; absent where it has none, such as an alarm.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(example = "m3")]
    unit: &'static str,
    /// The nature of the quantity's values. Absent of records of an earlier version.
    #[schema(required = false)]
    kind: Nature,
    /// In the unit of the quantity.
    value: Value,
    /// The value in the series of the object's point: the index with the offset of its device. Absent where that is the
    /// value itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    point_value: Option<f64>,
    /// The number among several alike inputs or outputs; 0 where there is one.
    #[serde(skip_serializing_if = "is_zero")]
    channel: u16,
    /// When the device measured it; absent where that is when the frame was received.
    #[serde(skip_serializing_if = "Option::is_none")]
    measured_at: Option<Timestamp>,
    /// Whether it is the newest value of its quantity and channel in the record; `false` of history. Absent of
    /// records of an earlier version.
    #[schema(required = false)]
    current: bool,
    /// The payload bytes that it was read from, where the decoder knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<Span>,
}

/// The clock of a device, as far as a frame tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceClock {
    /// The latest moment that the frame tells: the device's own time, where the frame tells a present value.
    latest: Timestamp,
    /// The seconds by which that moment is ahead of the reception of the frame; below 0 where it is behind.
    offset_seconds: i64,
}

/// The series of a measurement: its quantity and its channel.
type Series = (&'static str, u16);

/// Returns the measurements of a reading as its record has them.
pub(super) fn of_reading(
    dev_eui: DevEui,
    received_at: Timestamp,
    measurements: Vec<Measurement>,
) -> Vec<RecordMeasurement> {
    let mut numbers: HashMap<Series, usize> = HashMap::with_capacity(measurements.len());
    let mut newest: Vec<Newest> = Vec::new();
    // Texts are hashed once for each measurement: from here on a series is its number.
    let numbered = measurements.iter().map(|measured| {
        let number = *numbers.entry(series(measured)).or_insert(newest.len());
        if number == newest.len() {
            newest.push(Newest::default());
        }
        let own = &mut newest[number];
        match measured.measured_at {
            None => own.is_told_without_moment = true,
            Some(at) => own.moment = own.moment.max(Some(at)),
        }
        number
    });
    let numbered: Vec<usize> = numbered.collect();
    // A device may tell two values of one moment; both are measurements.
    let mut told: HashMap<(usize, Timestamp), usize> = HashMap::with_capacity(measurements.len());
    let mut names = Names::of(dev_eui);
    let read = |(measured, number): (Measurement, usize)| {
        let moment = measured.measured_at.unwrap_or(received_at);
        let earlier = told.entry((number, moment)).or_default();
        let id = names.name(series(&measured), moment, *earlier);
        *earlier += 1;
        let current = newest[number].is(measured.measured_at);
        recorded(measured, id, current)
    };
    measurements.into_iter().zip(numbered).map(read).collect()
}

/// Returns the measurements of a derived decoder as a record has them: each is the newest of its kind.
pub(super) fn of_derivation(
    dev_eui: DevEui,
    received_at: Timestamp,
    decoder: &str,
    measurements: Vec<Measurement>,
) -> Vec<RecordMeasurement> {
    let derived = |measured: Measurement| {
        let moment = measured.measured_at.unwrap_or(received_at);
        let id = MeasurementId::derived(dev_eui, series(&measured), moment, decoder);
        RecordMeasurement { span: None, ..recorded(measured, id, true) }
    };
    measurements.into_iter().map(derived).collect()
}

/// Returns a measurement as a record has it.
fn recorded(measured: Measurement, id: MeasurementId, current: bool) -> RecordMeasurement {
    RecordMeasurement {
        id,
        quantity: measured.quantity.name,
        unit: measured.quantity.unit,
        kind: measured.quantity.nature,
        value: measured.value,
        point_value: None,
        channel: measured.channel,
        measured_at: measured.measured_at,
        current,
        span: measured.span,
    }
}

/// Tells of each index its value in the series of a point.
pub(super) fn place(
    measurements: &mut [RecordMeasurement],
    received_at: Timestamp,
    point: &PointInfo,
) {
    for measured in measurements {
        let moment = measured.measured_at.unwrap_or(received_at);
        let series = (measured.quantity, measured.channel, measured.kind);
        measured.point_value = point.value(series, moment, &measured.value);
    }
}

fn series(measured: &Measurement) -> Series {
    (measured.quantity.name, measured.channel)
}

/// The newest value of a quantity and channel in a reading.
#[derive(Clone, Copy, Default)]
struct Newest {
    moment: Option<Timestamp>,
    /// Whether a value has no moment: it is of the reception, whatever the device's clock says of others.
    is_told_without_moment: bool,
}

impl Newest {
    fn is(self, measured_at: Option<Timestamp>) -> bool {
        match measured_at {
            None => true,
            Some(_) => !self.is_told_without_moment && measured_at == self.moment,
        }
    }
}

/// Returns what a reading tells of the device's clock: nothing where a present value has no moment.
pub(super) fn device_clock(
    received_at: Timestamp,
    measurements: &[Measurement],
) -> Option<DeviceClock> {
    let mut moments = measurements.iter().map(|measured| measured.measured_at);
    let first = moments.next()??;
    let latest = moments.try_fold(first, |latest, moment| Some(latest.max(moment?)))?;
    let offset_seconds = latest.as_second().saturating_sub(received_at.as_second());
    Some(DeviceClock { latest, offset_seconds })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(channel: &u16) -> bool {
    *channel == 0
}

#[cfg(test)]
mod tests {
    use champollion_sandbox::vocabulary::quantity;
    use serde_json::{Value as Json, json};

    use super::*;

    const RECEIVED: &str = "2026-11-25T08:00:10Z";

    fn measured(name: &str, channel: u16, value: f64, at: Option<&str>) -> Measurement {
        Measurement {
            quantity: quantity(name).unwrap(),
            value: Value::Number(value),
            channel,
            measured_at: at.map(|at| at.parse().unwrap()),
            span: None,
        }
    }

    fn of(measurements: Vec<Measurement>) -> Vec<Json> {
        let dev_eui = "70B3D5499A000001".parse().unwrap();
        let all = of_reading(dev_eui, RECEIVED.parse().unwrap(), measurements);
        all.iter().map(|measured| serde_json::to_value(measured).unwrap()).collect()
    }

    #[test]
    fn the_newest_value_of_a_quantity_is_current_and_the_others_are_history() {
        let all = of(vec![
            measured("water.volume", 0, 3.0, Some("2026-11-25T08:00:00Z")),
            measured("water.volume", 0, 2.0, Some("2026-11-25T07:00:00Z")),
            measured("water.volume", 1, 9.0, Some("2026-11-25T07:00:00Z")),
            // The clock is ahead: what has no moment is of now all the same.
            measured("air.temperature", 0, 20.5, None),
            measured("air.temperature", 0, 20.0, Some("2026-11-25T09:00:00Z")),
        ]);
        let current: Vec<bool> = all.iter().map(|one| one["current"] == true).collect();
        assert_eq!(current, [true, false, true, true, false]);
        assert_eq!((&all[0]["kind"], &all[3]["kind"]), (&json!("index"), &json!("instantaneous")));
    }

    #[test]
    fn a_measurement_has_one_name_in_all_records_that_tell_it() {
        let hour = Some("2026-11-25T07:00:00Z");
        let first = of(vec![measured("water.volume", 0, 2.0, hour)]);
        let later = of(vec![
            measured("water.volume", 0, 3.0, Some("2026-11-25T08:00:00Z")),
            measured("water.volume", 0, 2.0, hour),
            measured("water.volume", 1, 2.0, hour),
            measured("water.volume.reverse", 0, 2.0, hour),
            measured("water.volume", 0, 2.5, hour),
        ]);
        assert_eq!(later[1]["id"], first[0]["id"]);
        let mut names: Vec<&Json> = later.iter().map(|one| &one["id"]).collect();
        names.sort_by_key(|name| name.to_string());
        names.dedup();
        assert_eq!(names.len(), later.len(), "also two values of one moment have two names");
        let text = first[0]["id"].as_str().unwrap();
        assert_eq!(text.len(), 16);
        let again = of(vec![measured("water.volume", 0, 2.0, hour)]);
        assert_eq!(again[0]["id"], first[0]["id"]);
    }

    #[test]
    fn the_latest_moment_tells_of_the_clock() {
        let received_at = RECEIVED.parse().unwrap();
        let clock = |all: &[Measurement]| {
            device_clock(received_at, all)
                .map(|clock| (clock.latest.to_string(), clock.offset_seconds))
        };
        assert_eq!(clock(&[measured("water.volume", 0, 3.0, None)]), None);
        let history = measured("water.volume", 0, 2.0, Some("2026-11-25T07:00:00Z"));
        assert_eq!(clock(&[history.clone(), measured("water.volume", 0, 3.0, None)]), None);
        let told = [measured("water.volume", 0, 3.0, Some("2026-11-25T08:00:00Z")), history];
        assert_eq!(clock(&told), Some(("2026-11-25T08:00:00Z".to_owned(), -10)));
    }
}
