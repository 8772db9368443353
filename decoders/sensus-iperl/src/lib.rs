//! Decoder of the Sensus iPERL water meter that sends OMS telegrams over LoRaWAN.
//!
//! A telegram is what EN 13757 has, a head and records, read by the families of the SDK: the index with its history as a
//! compact profile, and the status byte, of which only the bits that every maker means alike are known.

use champollion_sdk::{
    families::{
        mbus,
        transport::{self, Identity, Status},
        water_meter::{self, Told},
    },
    prelude::*,
};
use serde::Serialize;

/// Decoder of the iPERL.
pub struct Iperl;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Telegram {
    #[serde(skip_serializing_if = "Option::is_none")]
    meter: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_number: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(flatten)]
    values: Told,
}

/// The bits of the status byte that the maker alone knows.
const OF_THE_MAKER: u8 = 0xE0;

impl Decoder for Iperl {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        let head = transport::head(&mut payload)?;
        let records = mbus::telegram(&mut payload)?.records;
        let of_the_maker = head.status.map_or(0, |status| status.code() & OF_THE_MAKER);
        let reading = Reading::new(&Telegram {
            meter: head.identity,
            access_number: head.access_number,
            status: head.status,
            values: water_meter::told(&records),
        })?
        .with_all(water_meter::measurements(&records))
        .with_all(head.status.map(Status::measurements).into_iter().flatten());
        Ok(match of_the_maker {
            0 => reading,
            bits => reading.warn(format!("the bits {bits:02X} of the status are the maker's own")),
        })
    }
}

champollion_sdk::export!(Iperl);

#[cfg(test)]
mod tests {
    #[test]
    fn vectors() {
        champollion_sdk::testing::check_vectors::<super::Iperl>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            // A telegram may end behind any record; zeros are records without a value.
            .told_by_length(&["low battery, twelve quarters, the longest frame"])
            .padding(&[&[0; 4]])
            .check::<super::Iperl>();
    }
}
