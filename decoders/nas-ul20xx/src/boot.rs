//! Messages on FPort 99: the controller has started, or refuses a downlink.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::driver::{CLOCK_NOT_SET, read_clock};

const BOOT_PACKET: u8 = 0x00;
const INVALID_DOWNLINK_PACKET: u8 = 0x13;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BootPacket {
    packet_type: &'static str,
    device_serial: String,
    firmware_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_unix_epoch: Option<Spanned<u32>>,
    device_config: &'static str,
    optional_features: OptionalFeatures,
    #[serde(skip_serializing_if = "Option::is_none")]
    dali_supply_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dali_supply_voltage: Option<u8>,
    dali_power_source: &'static str,
    dali_addressed_driver_count: u8,
    /// The table of payloads 1.1 shows this as true in an example whose bit is zero; the bit counts.
    dali_unaddressed_driver_found: Spanned<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset_reason: Option<Vec<String>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OptionalFeatures {
    dig_input: Spanned<bool>,
    ldr_input: Spanned<bool>,
    open_drain_output: Spanned<bool>,
    metering: Spanned<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InvalidDownlinkPacket {
    packet_type: &'static str,
    downlink_from_fport: u8,
    error_code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_reason: Option<&'static str>,
}

/// Reads a system packet.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let header = payload.u8()?;
    match header.value {
        BOOT_PACKET => read_boot(payload),
        INVALID_DOWNLINK_PACKET => read_invalid_downlink(payload),
        other => {
            let message = format!("no system packet begins with {other:#04X}; 0x00 and 0x13 do");
            Err(Failure::unknown_message(message).at(header.span))
        }
    }
}

fn read_boot(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let serial = payload.u32_le()?;
    let [major, minor, patch] = payload.array()?.value;
    let device_unix_epoch = read_clock(payload)?;
    let device_config = read_config(payload)?;
    let features = payload.u8()?;
    let supply = payload.u8()?;
    let (dali_supply_state, dali_supply_voltage) = match supply.bits(0, 7).value {
        volts @ 0..0x70 => (None, Some(volts)),
        0x7E => (Some("bus_high"), None),
        0x7F => (Some("bus_error"), None),
        other => {
            let message = format!("{other:#04X} is no state of the DALI supply");
            return Err(Failure::invalid_value(message).at(supply.span));
        }
    };
    let drivers = payload.u8()?;
    let packet = BootPacket {
        packet_type: "boot_packet",
        device_serial: format!("{:08X}", serial.value),
        firmware_version: format!("{major}.{minor}.{patch}"),
        device_unix_epoch,
        device_config,
        optional_features: OptionalFeatures {
            dig_input: features.bit(2),
            ldr_input: features.bit(3),
            open_drain_output: features.bit(4),
            metering: features.bit(5),
        },
        dali_supply_state,
        dali_supply_voltage,
        dali_power_source: if *supply.bit(7) { "external" } else { "internal" },
        dali_addressed_driver_count: drivers.bits(0, 7).value,
        dali_unaddressed_driver_found: drivers.bit(7),
        // Early firmware ends here.
        reset_reason: if payload.is_empty() { None } else { Some(reset_reasons(payload.u8()?)) },
    };
    let reading = Reading::new(&packet)?;
    if packet.device_unix_epoch.is_none() {
        return Ok(reading.warn(CLOCK_NOT_SET));
    }
    Ok(reading)
}

fn read_config(payload: &mut Reader<'_>) -> Result<&'static str, Failure> {
    let config = payload.u8()?;
    Ok(match config.value {
        0 => "dali",
        1 => "dali_nc",
        2 => "dali_no",
        3 => "analog_nc",
        4 => "analog_no",
        5 => "dali_analog_nc",
        6 => "dali_analog_no",
        7 => "dali_analog_nc_no",
        other => {
            let message = format!("{other} is no configuration of a controller from 0 to 7");
            return Err(Failure::unknown_message(message).at(config.span));
        }
    })
}

fn reset_reasons(flags: Spanned<u8>) -> Vec<String> {
    (0..u8::BITS)
        .filter(|index| *flags.bit(*index))
        .map(|index| match index {
            1 => "watchdog_reset".to_owned(),
            2 => "soft_reset".to_owned(),
            other => format!("reset_{other}"),
        })
        .collect()
}

fn read_invalid_downlink(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let downlink_from_fport = payload.u8()?.value;
    let error_code = payload.u8()?.value;
    Reading::new(&InvalidDownlinkPacket {
        packet_type: "invalid_downlink_packet",
        downlink_from_fport,
        error_code,
        error_reason: error_name(error_code),
    })
}

/// Why a downlink was refused. 0x80 and 0x87 are of NAS's codec of 2022 and of Kungsbacka; NAS's of
/// today does not have them.
fn error_name(code: u8) -> Option<&'static str> {
    Some(match code {
        0x02 => "unknown_fport",
        0x03 => "packet_size_short",
        0x04 => "packet_size_long",
        0x05 => "value_error",
        0x06 => "protocol_parse_error",
        0x07 => "reserved_flag_set",
        0x08 => "invalid_flag_combination",
        0x09 => "unavailable_feature_request",
        0x0A => "unsupported_header",
        0x0B => "unreachable_hw_request",
        0x0C => "address_not_available",
        0x0D => "internal_error",
        0x0E => "packet_size_error",
        0x80 => "no_room",
        0x81 => "profile_id_seq_error",
        0x82 => "profile_destination_error",
        0x83 => "profile_days_error",
        0x84 => "profile_step_count_error",
        0x85 => "profile_step_value_error",
        0x86 => "profile_step_unsorted_error",
        0x87 => "profile_days_overlap",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOT: [u8; 16] =
        [0, 0x0D, 0, 0x83, 0x50, 1, 1, 5, 0xF3, 0x7F, 0x20, 0x5E, 0, 0x2C, 0xFE, 1];

    #[test]
    fn a_boot_packet_may_end_before_its_reset_reason() {
        let reading = read(&mut Reader::new(&BOOT)).unwrap();
        assert!(!reading.data().contains("resetReason"));
    }

    #[test]
    fn a_supply_is_a_voltage_or_a_state() {
        let with_supply = |supply| {
            let mut packet = BOOT;
            packet[14] = supply;
            read(&mut Reader::new(&packet))
        };
        assert!(with_supply(16).unwrap().data().contains("\"daliSupplyVoltage\":16"));
        assert!(with_supply(0x7F).unwrap().data().contains("bus_error"));
        assert_eq!(with_supply(0x70).unwrap_err().kind, FailureKind::InvalidValue);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let kind = |packet: &[u8]| read(&mut Reader::new(packet)).unwrap_err().kind;
        assert_eq!(kind(&[1]), FailureKind::UnknownMessage);
        let mut other_config = BOOT;
        other_config[12] = 8;
        assert_eq!(kind(&other_config), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0x13, 50]), FailureKind::TooShort);
    }
}
