//! Decoder of the Kamstrup flowIQ 2200, flowIQ 2101 and their siblings with the LoRaWAN module.
//!
//! A telegram is what EN 13757 has: a head (`champollion_sdk::families::transport`) and records, which say what they are
//! and in which unit. Of the maker's own are the info code, which tells the alarms, and the figure of the acoustic leak
//! detection. What comes how often, the operator sets up; the records tell it, so FPorts mean nothing.

mod info_code;

use champollion_sdk::{
    families::{
        mbus::{self, Record, Value},
        transport::{self, Identity, Status},
        water_meter::{self, Told},
    },
    prelude::*,
};
use serde::Serialize;

use crate::info_code::InfoCode;

/// Decoder of the flowIQ.
pub struct FlowIq;

/// The maker's own records, by the bytes of their meaning.
const INFO_CODE: [u8; 2] = [0xFF, 0x25];
const ACOUSTIC_NOISE: [u8; 2] = [0xFF, 0x1B];
const ACOUSTIC_NOISE_OF_DAY: [u8; 2] = [0xFF, 0x1C];
const CONFIGURATION: [u8; 2] = [0xFF, 0x16];

/// The acoustic noise of a meter that did not listen.
const NO_NOISE: i64 = 0xFFF;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Telegram {
    #[serde(skip_serializing_if = "Option::is_none")]
    meter: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info_code: Option<InfoCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acoustic_noise: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acoustic_noise_of_day: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<i64>,
    #[serde(flatten)]
    values: Told,
}

impl Decoder for FlowIq {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        let head = transport::head(&mut payload)?;
        let records = mbus::telegram(&mut payload)?.records;
        let noted = records.iter().find(|record| is(record, INFO_CODE));
        let info_code = noted.and_then(InfoCode::of);
        let at = noted.and_then(|record| water_meter::moment(&records, record.storage));

        let telegram = Telegram {
            meter: head.identity,
            status: head.status,
            info_code,
            acoustic_noise: number(&records, ACOUSTIC_NOISE),
            acoustic_noise_of_day: number(&records, ACOUSTIC_NOISE_OF_DAY),
            configuration: number(&records, CONFIGURATION),
            values: water_meter::told(&records),
        };
        let mut reading = Reading::new(&telegram)?.with_all(water_meter::measurements(&records));
        if let Some(info_code) = info_code {
            reading = reading.with_all(info_code.measurements(at));
        }
        // The info code tells the battery at its own moment.
        let status = head.status.map(Status::measurements).into_iter().flatten();
        let told = status
            .filter(|alarm| info_code.is_none() || alarm.quantity != quantity::ALARM_BATTERY.name);
        let reading = reading.with_all(told);
        Ok(reading.warn_all(unreadable(&records)))
    }
}

champollion_sdk::export!(FlowIq);

/// Whether a record is one of the maker's own.
fn is(record: &Record, meaning: [u8; 2]) -> bool {
    record.modifiers.starts_with(&meaning)
}

fn number(records: &[Record], meaning: [u8; 2]) -> Option<i64> {
    let record = records.iter().find(|record| is(record, meaning))?;
    let number = info_code::whole(record)?;
    Some(number).filter(|number| *number != NO_NOISE || meaning == CONFIGURATION)
}

/// A warning where the telegram has values that the meter itself says are not valid.
fn unreadable(records: &[Record]) -> Option<String> {
    let count =
        records.iter().filter(|record| matches!(*record.value, Value::Unreadable(_))).count();
    (count > 0).then(|| format!("the meter sends {count} values or dates that are not valid"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::FlowIq>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            // A telegram may end behind any record; zeros are records without a value.
            .told_by_length(&["frost, and an index that is not valid"])
            .padding(&[&[0; 4]])
            .check::<super::FlowIq>();
    }
}
