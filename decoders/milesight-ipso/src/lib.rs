//! Decoder of Milesight devices that have no decoder of their own, by the types of their values.
//!
//! A value stands behind a channel, which each model numbers in its own way, and a type, which mostly says what it is on
//! all models. `types.rs` lists the types whose meaning is the same wherever they come; a type that means one thing here
//! and another there is left out, as are histories, whose sizes differ from model to model. A frame with one of those is
//! refused: where the next value begins is not known. So a decoder of the model itself is the better one.
//!
//! `README.md` tells the sources.

mod types;

use champollion_sdk::{
    families::milesight::{self, Form, Json, Map, Number, Setting, Told, settings_alone, word},
    prelude::*,
};

use crate::types::{Type, Value};

/// Decoder of any Milesight device.
#[derive(Debug)]
pub struct Ipso;

/// Settings that all models take which have them.
const SETTINGS: &[Setting] = &[
    Setting::new("reboot", 0x10, Form::Order(0xFF)),
    // Seconds.
    Setting::new("report_interval", 0x03, Form::Number(Number::whole(2, 1, 0xFFFF))),
];

/// Added to a channel where an alarm comes of it.
const ALARM: u8 = 0x80;

impl Decoder for Ipso {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        milesight::decode_uplink(uplink, SETTINGS, read)
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        milesight::encode_downlink(command, SETTINGS, settings_alone::write)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        milesight::decode_downlink(downlink, SETTINGS, settings_alone::read)
    }
}

champollion_sdk::export!(Ipso);

/// Reads the value behind its header, or returns that it is none.
fn read(
    [channel, kind]: [u8; 2],
    value: &mut Reader<'_>,
    told: &mut Told,
) -> Result<bool, Failure> {
    let is_alarm = (ALARM..ALARM + 0x10).contains(&channel);
    let channel = if is_alarm { channel - ALARM } else { channel };
    let Some(found) = types::find(channel, kind).filter(|found| !is_alarm || found.has_alarm)
    else {
        return Ok(false);
    };
    let mut item = Map::from_iter([("channel".to_owned(), channel.into())]);
    item.insert("value".to_owned(), read_value(found, channel, value, told)?);
    if is_alarm {
        let alarm = *value.u8()?;
        item.insert("alarm".to_owned(), word(&[(0, "release"), (1, "alarm")], alarm).into());
    }
    told.say_also(found.name, item);
    Ok(true)
}

fn read_value(
    found: &Type,
    channel: u8,
    value: &mut Reader<'_>,
    told: &mut Told,
) -> Result<Json, Failure> {
    let said = match found.value {
        Value::Unsigned(width) => value.unsigned_le(width)?.map(u64::cast_signed),
        Value::Signed(width) => value.signed_le(width)?,
    };
    // More than all of the power is none.
    let is_possible = found.name != "power_factor" || *said <= 100;
    if let Some(measure) = found.measure.filter(|_| is_possible) {
        // A device has one battery.
        let number = if found.name == "battery" { 0 } else { u16::from(channel) };
        told.measure(measure(said).on(number));
    }
    Ok(match found.parts {
        1 => Json::from(*said),
        parts => Json::from(*said.divided_by(parts.into())),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<super::Ipso>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .family(
                "milesight/ipso",
                &include!("../../milesight-ipso/family.rs"),
                &[
                    ("milesight/am300", 4),
                    ("milesight/ct", 13),
                    ("milesight/em300-di", 7),
                    ("milesight/em300-zld", 6),
                    ("milesight/em310-udl", 5),
                    ("milesight/em500-smtc", 4),
                    ("milesight/em500-udl", 3),
                    ("milesight/uc300", 8),
                    ("milesight/ws101", 1),
                    ("milesight/ws301", 6),
                    ("milesight/ws302", 2),
                    ("milesight/ws52x", 5),
                    ("milesight/ws558", 5),
                    ("milesight/wts506", 6),
                ],
            )
            .check::<super::Ipso>();
    }
}
