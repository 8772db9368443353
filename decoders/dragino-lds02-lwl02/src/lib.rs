//! Decoder of the Dragino LDS02 door sensor, of the LWL02 leak sensor and of their forerunner LDS01, which speak one
//! format: a mode says which of the two a message is about.
//!
//! # Where the sources disagree
//!
//! The maker's decoder of 1.8.2 for the LDS02 reads FPort 7, on which only openings are counted; the others do not
//! know it. The decoders for The Things Network name the same values in small letters in one edition and in capitals
//! in another: here they have those of 1.8.2.

use champollion_sdk::{
    families::dragino::{self, Argument, Battery, Number, Order},
    prelude::*,
    reserved_bits,
};
use serde::Serialize;

const PORT: u8 = 10;
const COUNT_PORT: u8 = 7;

/// The commands with their bytes.
const ORDERS: &[Order] = &[
    dragino::TRANSMIT_INTERVAL,
    dragino::RESET,
    Order { name: "confirmedUplinks", code: &[0x05], argument: Argument::Switch },
    Order { name: "clearCounting", code: &[0xA6, 0x01], argument: Argument::None },
    Order { name: "alarm", code: &[0xA7], argument: Argument::InvertedSwitch },
    Order {
        name: "alarmTimeout",
        code: &[0xA9],
        argument: Argument::Numbers(&[
            ("whileOpen", Number::whole(1, 0, 1)),
            ("seconds", Number::whole(2, 0, 65_535)),
        ]),
    },
];

/// The decoder of the LDS02 and the LWL02.
#[derive(Debug)]
pub struct Lds02;

/// A message, under the names of the maker's decoder.
#[derive(Debug, Serialize)]
struct Message {
    #[serde(rename = "BatV")]
    volts: Spanned<f64>,
    #[serde(rename = "mod")]
    mode: Spanned<u8>,
    #[serde(flatten)]
    door: Option<Door>,
    #[serde(flatten)]
    leak: Option<Leak>,
    /// The door, or the water, has stayed longer than the timeout.
    alarm: Spanned<bool>,
    /// The byte of the alarm as it was sent.
    #[serde(skip)]
    flags: u8,
}

/// The door: open or closed, and how often it was opened.
#[derive(Clone, Copy, Debug, Serialize)]
struct Door {
    #[serde(rename = "door_open_status")]
    is_open: Spanned<bool>,
    #[serde(rename = "open_times", skip_serializing_if = "Option::is_none")]
    times: Option<Spanned<u32>>,
    /// Minutes for which it was open at last.
    #[serde(rename = "open_duration", skip_serializing_if = "Option::is_none")]
    minutes: Option<Spanned<u32>>,
}

/// The water: there or not, and how often it came.
#[derive(Clone, Copy, Debug, Serialize)]
struct Leak {
    #[serde(rename = "water_leak_status")]
    is_wet: Spanned<bool>,
    #[serde(rename = "leak_times", skip_serializing_if = "Option::is_none")]
    times: Option<Spanned<u32>>,
    /// Minutes for which it was there at last.
    #[serde(rename = "leak_duration", skip_serializing_if = "Option::is_none")]
    minutes: Option<Spanned<u32>>,
}

impl Message {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let status = payload.clone().u8()?;
        let volts = Battery::read(payload)?.volts;
        let mode = payload.u8()?;
        let (times, minutes) = (payload.u24_be()?, payload.u24_be()?);
        let flags = payload.u8()?;
        let alarm = flags.bit(0);
        payload.end()?;
        let counted = |counted: Spanned<u32>| (*mode != 3).then_some(counted);
        let (times, minutes) = (counted(times), counted(minutes));
        let door = Door { is_open: status.bit(7), times, minutes };
        let leak = Leak { is_wet: status.bit(6), times, minutes };
        let (door, leak) = match *mode {
            1 => (Some(door), None),
            2 => (None, Some(leak)),
            3 => (Some(door), Some(leak)),
            other => {
                let message = format!("mode {other} is not known: 1 is a door, 2 is a leak");
                return Err(Failure::unknown_message(message).at(mode.span));
            }
        };
        Ok(Self { volts, mode, door, leak, alarm, flags: *flags })
    }

    fn reading(&self) -> Result<Reading, Failure> {
        let wet = self.leak.map(|leak| quantity::ALARM_FLOOD.of(leak.is_wet));
        Ok(Reading::new(self)?
            .with_all(self.door.iter().flat_map(Door::measurements))
            .with_all(wet)
            .with(quantity::ALARM_THRESHOLD.of(self.alarm))
            .with(quantity::BATTERY_VOLTAGE.of(self.volts))
            .warn_all(reserved_bits("the byte of the alarm", self.flags, 1)))
    }
}

impl Door {
    fn measurements(&self) -> Vec<Measurement> {
        let mut found = vec![quantity::SWITCH_CLOSED.of(self.is_open.map(|is_open| !is_open))];
        let times = self.times.map(|times| times.map(i64::from));
        found.extend(times.map(|times| quantity::SWITCH_OPENINGS.of(times)));
        found
    }
}

/// A message on FPort 7, on which only openings are counted.
#[derive(Debug, Serialize)]
struct Count {
    #[serde(rename = "BatV")]
    volts: Spanned<f64>,
    /// The event that is counted: doors that open, or that close.
    edc_mod: &'static str,
    times: Spanned<u32>,
}

impl Count {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let status = payload.clone().u8()?;
        let volts = Battery::read(payload)?.volts;
        let times = payload.u24_be()?;
        payload.end()?;
        Ok(Self { volts, edc_mod: if *status.bit(7) { "OPEN" } else { "CLOSE" }, times })
    }

    fn reading(&self) -> Result<Reading, Failure> {
        let opened = self.edc_mod == "OPEN";
        let times = opened.then(|| quantity::SWITCH_OPENINGS.of(self.times.map(i64::from)));
        Ok(Reading::new(self)?.with_all(times).with(quantity::BATTERY_VOLTAGE.of(self.volts)))
    }
}

impl Decoder for Lds02 {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        let mut payload = uplink.reader();
        match uplink.f_port {
            PORT => Message::read(&mut payload)?.reading(),
            COUNT_PORT => Count::read(&mut payload)?.reading(),
            other => Err(Failure::unknown_port(other)),
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        dragino::encode(command, PORT, ORDERS)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        dragino::decode(downlink, ORDERS)
    }
}

champollion_sdk::export!(Lds02);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<Lds02>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("dragino/lht65n", include_str!("../../dragino-lht65n/vectors.json"), 0)
            .sibling("dragino/dds75", include_str!("../../dragino-dds75/vectors.json"), 0)
            .sibling("dragino/lse01", include_str!("../../dragino-lse01/vectors.json"), 0)
            .check::<Lds02>();
    }
}
