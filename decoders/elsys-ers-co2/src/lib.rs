//! Decoder of the Elsys ERS CO2 room sensor, and of its siblings as far as they send the same types.
//!
//! All Elsys sensors speak one format. On the data port, 5 by default, a telegram is a row of values, each behind a
//! byte that says its type. On the port after it settings travel: up when the device starts or is asked, down to change
//! them.
//!
//! # Sources
//!
//! The maker's "Sensor payload" (<https://elsys.se/public/documents/Sensor_payload.pdf>), as its
//! readers quote it, and the maker's public decoder (TheThingsNetwork/lorawan-devices,
//! `vendor/elsys/elsys.js`) for the types up to 0x1C. The "Sensor downlink payload" v2.1 of the maker
//! for settings. Checked against the decoders and test payloads of akenza-io/device-type-library,
//! aws-samples/aws-iot-core-lorawan and CampusIoT/payload-codec, and against frames from the field in
//! AdaptiveCity/acp_local_mqtt. What occupancy 0, 1 and 2 mean stands in allthingstalk/device-types,
//! after the maker's manual. Where they disagree:
//!
//! - **Bits 6 and 7 of the type byte.** The document gives them the number of bytes behind the value
//!   that say how long ago it was measured; the maker's decoder does not know them and stops there.
//!   The document counts: a telegram without such offsets reads the same either way. That 3 stands
//!   for 4 bytes, two independent readers of the document say; a third skips 3, which leaves a rest.
//!   The seconds as their unit stand in one of the readings alone.
//! - **Position (0x09).** Early versions of the maker's decoder read it as a plain number, most
//!   significant byte first; later ones, and AWS, as ten thousandths of a degree with a sign, least
//!   significant byte first. The later ones count, since only they give degrees.
//! - **Absolute pulses (0x0B, 0x17).** The maker's decoder makes them negative from 2^31 on; the
//!   document lets them go up to 2^32 - 1, and so does this decoder.
//! - **Leak sensor (0x12).** One source calls its number a conductivity, another counts events and
//!   adds 100 while there is water. It is passed on as it comes.
//! - **Types 0x1D to 0x24, 0x3B and 0x3C.** Only akenza describes them. They are read, since not to
//!   know their lengths would lose what stands behind them; an ERS CO2 sends none of them.
//!
//! None of them names a value that means "not measured", so none is taken for one.
//!
//! # What is absent on purpose
//!
//! The data port can be changed on the device. Values and settings are told apart by their first byte, whatever the
//! port; the variable `f-port` says where commands go. This decoder shows but never changes that setting. Nor does it
//! write keys, identifiers, data rates or anything else that could make a device unreachable.

mod command;
mod measurements;
mod setting_table;
mod settings;
mod telegram;
mod types;
mod values;

use champollion_sdk::prelude::*;

use crate::{
    command::SettingsCommand,
    settings::{HEADER, Message},
    telegram::Telegram,
};

/// The port of values when a device leaves the factory. Settings travel on the one after it, both ways.
const DATA_PORT: u8 = 5;

/// The last port that a device may have.
const LAST_PORT: u8 = 223;

/// The decoder of the ERS CO2.
#[derive(Debug)]
pub struct ErsCo2;

impl Decoder for ErsCo2 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        // The data port can be changed, and the port of settings with it; no value has the type that settings begin with.
        match uplink.reader().peek() {
            Some(HEADER) => settings(uplink.reader()),
            _ => values(uplink),
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        let data_port = command.settings().port_or(DATA_PORT)?;
        if data_port == LAST_PORT {
            let reason = "the variable f-port is 223, and no port comes after it: settings go to the next one";
            return Err(Failure::invalid_command(reason));
        }
        command.parse::<SettingsCommand>()?.encode(data_port + 1)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        settings(downlink.reader())
    }
}

fn values(uplink: &Uplink) -> Result<Reading, Failure> {
    let telegram = Telegram::read(uplink.reader())?;
    let mut reading =
        Reading::new(&telegram)?.with_all(measurements::measurements(&telegram.values));
    let mut warnings = measurements::doubts(&telegram.values);
    for sample in &telegram.history {
        let ago = u64::from(sample.seconds_ago) * 1000;
        let measured_at = uplink.received_at.saturating_sub(ago);
        let found = measurements::measurements(&sample.values);
        reading = reading.with_all(found.into_iter().map(|one| one.at(measured_at)));
        warnings.extend(measurements::doubts(&sample.values));
    }
    Ok(telegram.warnings.into_iter().chain(warnings).fold(reading, Reading::warn))
}

fn settings(payload: Reader<'_>) -> Result<Reading, Failure> {
    let message = Message::read(payload)?;
    let reading = Reading::new(&message)?;
    Ok(message.warnings.into_iter().fold(reading, Reading::warn))
}

champollion_sdk::export!(ErsCo2);

#[cfg(test)]
mod tests {
    use champollion_sdk::testing::{check_vectors, uplink};

    use super::*;

    #[test]
    fn the_vectors_hold() {
        check_vectors::<ErsCo2>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            // The last of two values counts, and behind an unknown type nothing is read.
            .told_by_length(&["the same value twice"])
            .read_over(&["an unknown type leaves what came before"])
            .check::<ErsCo2>();
    }

    #[test]
    fn a_measurement_knows_its_bytes() {
        let uplink = uplink(DATA_PORT, vec![0x02, 40, 0x06, 0x01, 0xD8]);
        let reading = ErsCo2::decode_uplink(&uplink).unwrap();
        let spans: Vec<_> = reading
            .measurements()
            .iter()
            .map(|one| (one.quantity.as_str(), one.span.map(|span| (span.offset, span.length))))
            .collect();
        assert_eq!(spans, [("air.humidity", Some((1, 1))), ("air.co2", Some((3, 2)))]);
    }
}
