//! Measurements: those of the values that have a place in the vocabulary.
//!
//! The rest stands in `data` alone. Acceleration, distance, voltages at inputs, pulses since the
//! previous transmission and infrared temperatures have no term. A digital input has one only where
//! it is known to be a contact, which is a setting of the device that the telegram does not bring.
//! The two documents that describe the leak sensor's number do not agree on what it is.

use champollion_sdk::{decimal, prelude::*};

use crate::values::{Occupancy, Values};

/// The maker's inputs are numbered 1 and 2, and so are the channels. Further probes on the wire of
/// input 2 are on the channels from 3 on, in the order in which they come.
const INPUT_1: u16 = 1;
const INPUT_2: u16 = 2;

/// The measurements among the values.
pub(crate) fn measurements(values: &Values) -> Vec<Measurement> {
    let mut found = Vec::new();
    found.extend(values.temperature.map(|value| quantity::AIR_TEMPERATURE.of(value)));
    let humidity = values.humidity.filter(|humidity| is_share(**humidity));
    found.extend(humidity.map(|value| quantity::AIR_HUMIDITY.of(value.map(f64::from))));
    found.extend(values.light.map(|value| quantity::LIGHT_ILLUMINANCE.of(value.map(f64::from))));
    found.extend(values.motion.map(|value| quantity::MOTION_COUNT.of(value.map(i64::from))));
    found.extend(values.co2.map(|value| quantity::AIR_CO2.of(value.map(f64::from))));
    found.extend(values.vdd.map(|value| {
        quantity::BATTERY_VOLTAGE.of(value.map(|millivolts| f64::from(millivolts) / 1e3))
    }));
    if let (Some(latitude), Some(longitude)) = (values.lat, values.long)
        && is_on_earth(*latitude, *longitude)
    {
        found.push(quantity::LOCATION_LATITUDE.of(latitude));
        found.push(quantity::LOCATION_LONGITUDE.of(longitude));
    }
    found.extend(pulses(values.pulse_abs, INPUT_1));
    found.extend(pulses(values.pulse_abs2, INPUT_2));
    found.extend(
        values.external_temperature.map(|value| quantity::PROBE_TEMPERATURE.of(value).on(INPUT_1)),
    );
    found.extend(
        (INPUT_2..)
            .zip(&values.external_temperature2)
            .map(|(channel, value)| quantity::PROBE_TEMPERATURE.of(*value).on(channel)),
    );
    found.extend(values.occupancy.and_then(presence));
    found.extend(values.pressure.map(|value| quantity::AIR_PRESSURE.of(value)));
    found
        .extend(values.sound_peak.map(|value| quantity::SOUND_LEVEL_PEAK.of(value.map(f64::from))));
    found.extend(values.sound_avg.map(|value| quantity::SOUND_LEVEL.of(value.map(f64::from))));
    found.extend(values.tvoc.map(|value| quantity::AIR_TVOC.of(value.map(f64::from))));
    found
}

/// Why a value that was read is no measurement.
pub(crate) fn doubts(values: &Values) -> Vec<String> {
    let mut doubts = Vec::new();
    if let Some(humidity) = values.humidity.filter(|humidity| !is_share(**humidity)) {
        doubts.push(format!("a humidity of {} % cannot be, so it is no measurement", *humidity));
    }
    if let (Some(latitude), Some(longitude)) = (values.lat, values.long)
        && !is_on_earth(*latitude, *longitude)
    {
        doubts.push(format!(
            "{}, {} is no position on Earth, so it is no measurement",
            decimal(*latitude),
            decimal(*longitude)
        ));
    }
    doubts
}

fn pulses(counted: Option<Spanned<u32>>, channel: u16) -> Option<Measurement> {
    counted.map(|value| quantity::PULSE_COUNT.of(value.map(i64::from)).on(channel))
}

/// Whether somebody is there, where the sensor says so.
fn presence(occupancy: Spanned<Occupancy>) -> Option<Measurement> {
    let present = match *occupancy {
        Occupancy::Unoccupied => false,
        Occupancy::Occupied => true,
        Occupancy::Pending | Occupancy::Other(_) => return None,
    };
    Some(quantity::OCCUPANCY_PRESENT.of(occupancy.map(|_| present)))
}

fn is_share(percent: u8) -> bool {
    percent <= 100
}

fn is_on_earth(latitude: f64, longitude: f64) -> bool {
    latitude.abs() <= 90.0 && longitude.abs() <= 180.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> (Vec<Measurement>, Vec<String>) {
        let telegram = crate::telegram::Telegram::read(Reader::new(bytes)).unwrap();
        (measurements(&telegram.values), doubts(&telegram.values))
    }

    #[test]
    fn probes_are_on_the_channels_of_their_inputs() {
        let (found, _) = of(&[0x19, 0, 1, 0x0C, 0, 2, 0x19, 0, 3]);
        let channels: Vec<_> = found.iter().map(|one| (one.channel, one.value.clone())).collect();
        let expected = [(1, 0.2.into()), (2, 0.1.into()), (3, 0.3.into())];
        assert_eq!(channels, expected);
    }

    #[test]
    fn what_cannot_be_is_no_measurement() {
        let (found, doubts) = of(&[0x02, 101, 0x09, 0xFF, 0xFF, 0x7F, 0, 0, 0]);
        assert!(found.is_empty());
        assert_eq!(doubts.len(), 2);
    }

    #[test]
    fn somebody_entering_is_neither_there_nor_not() {
        assert_eq!(of(&[0x11, 0]).0.len(), 1);
        assert!(of(&[0x11, 1]).0.is_empty());
        assert_eq!(of(&[0x11, 2]).0.len(), 1);
        assert!(of(&[0x11, 3]).0.is_empty());
    }
}
