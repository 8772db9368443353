//! Records that were stored, of eleven bytes each.

use champollion_sdk::{families::dragino::Battery, prelude::*};
use serde::Serialize;

use crate::message::metres;

#[derive(Debug, Serialize)]
struct Datalog {
    #[serde(rename = "DATALOG")]
    records: Vec<Record>,
}

#[derive(Debug, Serialize)]
struct Record {
    timestamp: Spanned<u32>,
    #[serde(rename = "Bat")]
    volts: Spanned<f64>,
    #[serde(rename = "Distance")]
    distance: Spanned<u16>,
    #[serde(rename = "TempC_DS18B20")]
    temperature: Spanned<f64>,
    #[serde(rename = "Sensor_flag")]
    sensor: Spanned<bool>,
    #[serde(rename = "Interrupt_flag")]
    interrupt: Spanned<bool>,
}

impl Record {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let volts = Battery::read(payload)?.volts;
        let distance = payload.u16_be()?;
        let temperature = payload.i16_be()?.divided_by(10.0);
        let flags = payload.u8()?;
        let timestamp = payload.u32_be()?;
        let (sensor, interrupt) = (flags.bit(0), flags.bit(1));
        Ok(Self { timestamp, volts, distance, temperature, sensor, interrupt })
    }

    fn measurement(&self) -> Option<Measurement> {
        let metres = metres(self.distance).ok()?;
        Some(quantity::SENSOR_DISTANCE.of(metres).at(u64::from(*self.timestamp) * 1_000))
    }
}

/// Reads all records. Each is measured at its own time.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let mut records = vec![Record::read(payload)?];
    while !payload.is_empty() {
        records.push(Record::read(payload)?);
    }
    let measurements: Vec<Measurement> = records.iter().filter_map(Record::measurement).collect();
    Ok(Reading::new(&Datalog { records })?.with_all(measurements))
}
