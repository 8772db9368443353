//! Frames of a COMFORT: temperature and humidity.

use champollion_sdk::{prelude::*, reserved_bits};
use serde::Serialize;

use crate::Content;

fn temperature(payload: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    Ok(payload.i16_be()?.divided_by(10.0))
}

/// 0x4C: values, the newest first.
#[derive(Debug, Serialize)]
pub(crate) struct Values {
    temperature: Vec<Spanned<f64>>,
    humidity: Vec<Spanned<u8>>,
}

impl Content for Values {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut values =
            Self { temperature: vec![temperature(payload)?], humidity: vec![payload.u8()?] };
        while !payload.is_empty() {
            values.temperature.push(temperature(payload)?);
            values.humidity.push(payload.u8()?);
        }
        Ok(values)
    }

    fn measurements(&self) -> Vec<(u64, Measurement)> {
        let pairs = self.temperature.iter().zip(&self.humidity);
        let measured = (0..).zip(pairs).flat_map(|(periods, (temperature, humidity))| {
            [
                (periods, quantity::AIR_TEMPERATURE.of(*temperature)),
                (periods, quantity::AIR_HUMIDITY.of(humidity.map(f64::from))),
            ]
        });
        measured.collect()
    }
}

/// 0x4D: a threshold was passed, or is so no more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alarm {
    temperature_alarm: Spanned<bool>,
    humidity_alarm: Spanned<bool>,
    temperature: [Spanned<f64>; 1],
    humidity: [Spanned<u8>; 1],
    #[serde(skip)]
    flags: u8,
}

/// Bits of the byte of alarms that have a meaning: four of the temperature, and one of the humidity.
const ALARMS: u8 = 0xF1;

impl Content for Alarm {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let flags = payload.u8()?;
        Ok(Self {
            temperature_alarm: flags.bits(4, 4).map(|bits| bits != 0),
            humidity_alarm: flags.bit(0),
            temperature: [temperature(payload)?],
            humidity: [payload.u8()?],
            flags: *flags,
        })
    }

    fn measurements(&self) -> Vec<(u64, Measurement)> {
        let ([temperature], [humidity]) = (self.temperature, self.humidity);
        let alarm = self.temperature_alarm.zip(self.humidity_alarm);
        vec![
            (0, quantity::AIR_TEMPERATURE.of(temperature)),
            (0, quantity::AIR_HUMIDITY.of(humidity.map(f64::from))),
            (0, quantity::ALARM_THRESHOLD.of(alarm.map(|(one, other)| one || other))),
        ]
    }

    fn reserved(&self) -> Option<String> {
        reserved_bits("the byte of alarms", self.flags, ALARMS)
    }
}
