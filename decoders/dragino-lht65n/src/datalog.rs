//! Records that were stored: asked for, or not acknowledged when they were sent.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::external;

const RECORD_BYTES: usize = 11;

/// The place of the flags in a record, and those of them which say that it was stored.
const FLAGS: usize = 6;
const STORED: u8 = 0b1100_0000;

/// Whether the first bytes of a payload are those of a record.
pub(crate) fn begins_with_record(payload: &[u8]) -> bool {
    payload.get(FLAGS).is_some_and(|flags| flags & STORED != 0)
}

/// Whether a payload is made of records.
pub(crate) fn is_datalog(payload: &[u8]) -> bool {
    !payload.is_empty()
        && payload.len().is_multiple_of(RECORD_BYTES)
        && payload.chunks(RECORD_BYTES).all(begins_with_record)
}

#[derive(Debug, Serialize)]
struct Datalog {
    #[serde(rename = "DATALOG")]
    records: Vec<Record>,
}

/// A record. The external value has its own name for each sensor.
#[derive(Debug, Serialize)]
struct Record {
    timestamp: Spanned<u32>,
    #[serde(rename = "TempC_SHT", skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<f64>>,
    #[serde(rename = "Hum_SHT")]
    humidity: Spanned<f64>,
    #[serde(rename = "TempC_ext", skip_serializing_if = "Option::is_none")]
    probe: Option<Spanned<f64>>,
    #[serde(rename = "ILL_lx", skip_serializing_if = "Option::is_none")]
    illuminance: Option<Spanned<u16>>,
    #[serde(rename = "ADC_V", skip_serializing_if = "Option::is_none")]
    volts: Option<Spanned<f64>>,
    #[serde(rename = "Exit_count", skip_serializing_if = "Option::is_none")]
    count: Option<Spanned<u16>>,
    #[serde(rename = "Exti_pin_level", skip_serializing_if = "Option::is_none")]
    pin_level: Option<&'static str>,
    #[serde(rename = "Exti_status", skip_serializing_if = "Option::is_none")]
    interrupt: Option<&'static str>,
    /// Nobody acknowledged the record when it was sent at first.
    #[serde(rename = "None_ACK")]
    was_not_acknowledged: Spanned<bool>,
}

/// Reads all records. Each is measured at its own time.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let mut records = Vec::new();
    while !payload.is_empty() {
        records.push(Record::read(&mut payload.block(RECORD_BYTES)?)?);
    }
    let measurements: Vec<Measurement> = records.iter().flat_map(Record::measurements).collect();
    Ok(Reading::new(&Datalog { records })?.with_all(measurements))
}

impl Record {
    fn read(block: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut first = block.block(2)?;
        let temperature = external::temperature(block)?;
        let (humidity, _) = external::humidity(block)?;
        let flags = block.u8()?;
        if *flags & STORED == 0 {
            let message = "byte 6 does not say that the record was stored, as the first one does";
            return Err(Failure::invalid_value(message).at(flags.span));
        }
        let mut record = Self {
            timestamp: block.u32_be()?,
            temperature,
            humidity,
            probe: None,
            illuminance: None,
            volts: None,
            count: None,
            pin_level: None,
            interrupt: None,
            was_not_acknowledged: flags.bit(7),
        };
        match *flags.bits(0, 4) {
            1 | 2 | 9..=12 => record.probe = external::temperature(&mut first)?,
            4 => {
                record.pin_level = Some(if *first.u8()? == 0 { "Low" } else { "High" });
                record.interrupt = Some(if *first.u8()? == 0 { "False" } else { "True" });
            }
            5 => record.illuminance = Some(first.u16_be()?),
            6 => record.volts = Some(first.u16_be()?.divided_by(1_000.0)),
            7 | 8 | 14 => record.count = Some(first.u16_be()?),
            _ => {}
        }
        Ok(record)
    }

    fn measurements(&self) -> Vec<Measurement> {
        let measured_at = u64::from(*self.timestamp) * 1_000;
        let mut found = Vec::new();
        found.extend(self.temperature.map(|value| quantity::AIR_TEMPERATURE.of(value)));
        found.push(quantity::AIR_HUMIDITY.of(self.humidity));
        found.extend(self.probe.map(|value| quantity::PROBE_TEMPERATURE.of(value).on(1)));
        let lux = self.illuminance.map(|value| value.map(f64::from));
        found.extend(lux.map(|value| quantity::LIGHT_ILLUMINANCE.of(value)));
        found.into_iter().map(|one| one.at(measured_at)).collect()
    }
}
