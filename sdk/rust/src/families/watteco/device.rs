//! Attributes of the device itself: its power, its radio, its description, and the buses behind it.

use super::{Field, Format, Json, Map, Report, Told};
use crate::{Failure, Reader, quantity};

/// Sources of power, from the lowest bit on.
const SOURCES: [&str; 5] = [
    "main_or_external_voltage",
    "rechargeable_battery_voltage",
    "disposable_battery_voltage",
    "solar_harvesting_voltage",
    "tic_harvesting_voltage",
];

const MILLIVOLTS: Format = Format { width: 2, signed: false, float: false, parts: 1_000.0 };

/// The fields of the attribute of power, as conditions number them.
const POWER: &[Field] = &[
    Field { name: "power_modes", format: MILLIVOLTS },
    Field { name: "current_power_source", format: MILLIVOLTS },
    Field { name: "constant_power", format: MILLIVOLTS },
    Field { name: "rechargeable_battery", format: MILLIVOLTS },
    Field { name: "disposable_battery", format: MILLIVOLTS },
    Field { name: "solar_harvesting", format: MILLIVOLTS },
    Field { name: "TIC_harvesting", format: MILLIVOLTS },
];

/// Reads an attribute of the device, and returns its fields; none where it is another one.
pub fn read_device(
    report: &mut Report<'_>,
    told: &mut Told,
) -> Result<Option<&'static [Field]>, Failure> {
    let value = &mut report.value;
    match (report.cluster, report.attribute) {
        (0x0000, 0x0002) => {
            let [major, minor, patch, high, middle, low] = *value.array()?;
            let build = u32::from_be_bytes([0, high, middle, low]);
            told.say("firmware", format!("{major}.{minor}.{patch}.{build}"));
        }
        (0x0000, attribute @ (0x0003..=0x0006 | 0x0010 | 0x8001)) => {
            let name = match attribute {
                0x0003 => "kernel",
                0x0004 => "manufacturer",
                0x0005 => "model",
                0x0006 => "date",
                0x0010 => "position",
                _ => "application_name",
            };
            let text = value.rest();
            told.say(name, String::from_utf8_lossy(&text).into_owned());
        }
        (0x0050, 0x0004) => endpoints(value, told)?,
        (0x0050, 0x0006) => return power(value, told).map(|()| Some(POWER)),
        (0x0050, attribute @ 0xFF00..) => {
            let text = value.rest();
            let text = String::from_utf8_lossy(&text).into_owned();
            told.say(format!("action {}", attribute & 0xFF), text);
        }
        (0x8004, 0x0000) => {
            let is_confirmed = *value.u8()? == 1;
            told.say("message_type", if is_confirmed { "confirmed" } else { "unconfirmed" });
        }
        (0x8004, 0x0002) => {
            told.say("association_period_in_minutes", *value.u16_be()?);
            told.say("association_nb_err_frames", *value.u16_be()?);
        }
        (0x8004, 0x0004) => {
            let address: [u8; 4] = *value.array()?;
            told.say("ABP_dev_address", address.map(|byte| byte.to_string()).join("."));
        }
        (0x8007, 0x0001) => {
            told.say("modbus_slaveID", *value.u8()?);
            told.say("modbus_fnctID", *value.u8()?);
            told.say("modbus_datasize", *value.u8()?);
            told.say_bytes("modbus_payload", value.rest().value);
        }
        (0x8009, 0x0000) => modbus(value, told)?,
        _ => return Ok(None),
    }
    Ok(Some(&[]))
}

fn power(value: &mut Reader<'_>, told: &mut Told) -> Result<(), Failure> {
    value.skip(1)?;
    let sources = value.u8()?;
    for (bit, name) in (0..).zip(SOURCES) {
        if !*sources.bit(bit) {
            continue;
        }
        let volts = value.u16_be()?.divided_by(1e3);
        told.say(name, *volts);
        // Of the sources, two are batteries.
        if matches!(bit, 1 | 2) {
            told.measure(quantity::BATTERY_VOLTAGE.of(volts));
        }
    }
    told.say("current_power_source", *value.u8()?);
    Ok(())
}

/// Reads the parts of a device with their clusters.
fn endpoints(value: &mut Reader<'_>, told: &mut Told) -> Result<(), Failure> {
    let mut endpoints = Vec::new();
    for _ in 0..*value.u8()? {
        let endpoint = *value.u8()?;
        let (input, output) = (clusters(value)?, clusters(value)?);
        endpoints.push(Json::Object(Map::from_iter([
            ("endpoint".to_owned(), endpoint.into()),
            ("input_clusters".to_owned(), input.into()),
            ("output_clusters".to_owned(), output.into()),
        ])));
    }
    told.say("configuration", endpoints);
    Ok(())
}

fn clusters(value: &mut Reader<'_>) -> Result<Vec<Json>, Failure> {
    let count = *value.u8()?;
    let mut clusters = Vec::new();
    for _ in 0..count {
        clusters.push(format!("0x{:04X}", *value.u16_be()?).into());
    }
    Ok(clusters)
}

/// Reads what several questions on a Modbus have been answered with.
fn modbus(value: &mut Reader<'_>, told: &mut Told) -> Result<(), Failure> {
    told.say("modbus_frame_series_sent", *value.u8()?);
    let flags = value.u16_be()?;
    told.say("modbus_frame_number_in_serie", *flags.bits(13, 3));
    told.say("modbus_last_frame_of_serie", *flags.bits(10, 3));
    for endpoint in (0..10).filter(|endpoint| *flags.bit(*endpoint)) {
        told.say(format!("modbus_slaveID_EP{endpoint}"), *value.u8()?);
        told.say(format!("modbus_fnctID_EP{endpoint}"), *value.u8()?);
        let size = *value.u8()?;
        told.say(format!("modbus_datasize_EP{endpoint}"), size);
        let bytes = value.bytes(size.into())?;
        told.say_bytes(format!("modbus_payload_EP{endpoint}"), bytes.value);
    }
    Ok(())
}
