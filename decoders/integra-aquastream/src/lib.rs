//! Decoder of the Integra Aquastream, a LoRaWAN module for mechanical water meters.
//!
//! It sends a whole telegram of wireless M-Bus: length, address of the module, the head of EN 13757-7 with the meter, and
//! records of EN 13757-3, of which the error flags are the maker's own, and the volume of tariff 1 is the backflow. What each byte is says akenza's decoder; the
//! families of the SDK read what is standard.

mod error_flags;

use champollion_sdk::{
    families::{
        mbus::{Meaning, Record, Value},
        transport::{Identity, Status},
        water_meter::{self, Told},
        wmbus::{self, Frame},
    },
    prelude::*,
};
use serde::Serialize;

use crate::error_flags::ErrorFlags;

/// Decoder of the Aquastream.
pub struct Aquastream;

/// "Send, no reply", the only control field that the module has.
const SEND_NO_REPLY: u8 = 0x44;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Telegram {
    module: Identity,
    #[serde(skip_serializing_if = "Option::is_none")]
    meter: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_number: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarms: Option<ErrorFlags>,
    /// The volume in cubic metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    backflow: Option<Spanned<f64>>,
    #[serde(flatten)]
    values: Told,
}

impl Decoder for Aquastream {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let Frame { control, sender: module, head, telegram } = wmbus::frame(&mut uplink.reader())?;
        if *control != SEND_NO_REPLY {
            let message = format!("the control field is {:02X}; it must be 44", *control);
            return Err(Failure::unknown_message(message).at(control.span));
        }
        let records = telegram.records;
        let alarms = records
            .iter()
            .find(|record| record.meaning == Meaning::ErrorFlags)
            .and_then(ErrorFlags::of);
        let backflow = records.iter().find_map(backflow);

        // The flags tell the battery better than the status does.
        let status = head.status.map(Status::measurements).into_iter().flatten();
        let status = status
            .filter(|alarm| alarms.is_none() || alarm.quantity != quantity::ALARM_BATTERY.name);
        Ok(Reading::new(&Telegram {
            module,
            meter: head.identity,
            access_number: head.access_number,
            status: head.status,
            alarms,
            backflow,
            values: water_meter::told(&records),
        })?
        .with_all(water_meter::measurements(&records))
        .with_all(backflow.map(|volume| quantity::WATER_VOLUME_REVERSE.of(volume)))
        .with_all(alarms.map(ErrorFlags::measurements).into_iter().flatten())
        .with_all(status))
    }
}

champollion_sdk::export!(Aquastream);

/// The volume that flowed backward, which the module tells as that of tariff 1.
fn backflow(record: &Record) -> Option<Spanned<f64>> {
    match *record.value {
        Value::Number(volume) if record.meaning == Meaning::Volume && record.tariff == 1 => {
            Some(Spanned { value: volume, span: record.value.span })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::Aquastream>(include_str!(
            "../vectors.json"
        ));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .check::<super::Aquastream>();
    }
}
