//! The status packet of firmware 1.0.x, FPort 24.
//!
//! What protocol 1.0 calls the legacy status packet uses the same port, cannot be told apart and is
//! described nowhere in public but in its table of contents; it is not decoded, as NAS's codec does
//! not either.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{
    address::Address,
    driver::{CLOCK_NOT_SET, read_clock, read_level},
    profile::{DAYS, words_of},
    status::ActiveAlerts,
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusPacket {
    packet_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_unix_epoch: Option<Spanned<u32>>,
    status: StatusFlags,
    downlink_rssi: Spanned<i16>,
    downlink_snr: Spanned<i8>,
    mcu_temperature: Spanned<f64>,
    analog_interfaces: ActiveAlerts,
    #[serde(skip_serializing_if = "Option::is_none")]
    thr_value: Option<Spanned<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ldr_input_value: Option<Spanned<u8>>,
    profiles: Vec<Profile>,
}

/// Bit 6 is left out: it was a firmware error in NAS's codec of 2022 and at Kungsbacka, and NAS has
/// taken it away since.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusFlags {
    dali_error_external: Spanned<bool>,
    dali_connection_error: Spanned<bool>,
    ldr_input_on: Spanned<bool>,
    dig_input_on: Spanned<bool>,
    hardware_error: Spanned<bool>,
    internal_relay_closed: Spanned<bool>,
    open_drain_output_on: Spanned<bool>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_id: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_version: Option<u8>,
    /// Why the level is not the profile's.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile_override: Option<String>,
    address: Spanned<Address>,
    days_active: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimming_level: Option<Spanned<f64>>,
}

/// Reads a status packet.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let mut warnings = Vec::new();
    let clock = read_clock(payload)?;
    if clock.is_none() {
        warnings.push(CLOCK_NOT_SET.to_owned());
    }
    let flags = payload.u8()?;
    let downlink_rssi = payload.u8()?.map(|rssi| -i16::from(rssi));
    let downlink_snr = payload.i8()?;
    let mcu_temperature = payload.i8()?.map(f64::from);
    let reported = payload.u8()?;
    // NAS's codec has stopped to read the thermistor. Where the flag is set the byte is there, as
    // its older version and Kungsbacka have it; without it all that follows would be misread.
    let thr_value = if *reported.bit(0) { Some(payload.u8()?) } else { None };
    let ldr_input_value = if *reported.bit(1) { Some(payload.u8()?) } else { None };
    let packet = StatusPacket {
        packet_type: "status_packet",
        device_unix_epoch: clock,
        status: StatusFlags {
            dali_error_external: flags.bit(0),
            dali_connection_error: flags.bit(1),
            ldr_input_on: flags.bit(2),
            dig_input_on: flags.bit(4),
            hardware_error: flags.bit(5),
            internal_relay_closed: flags.bit(7),
            open_drain_output_on: reported.bit(2),
        },
        downlink_rssi,
        downlink_snr,
        mcu_temperature,
        analog_interfaces: ActiveAlerts::of(reported),
        thr_value,
        ldr_input_value,
        profiles: read_profiles(payload, &mut warnings)?,
    };
    let reading = Reading::new(&packet)?.with_all(measurements(&packet));
    Ok(warnings.into_iter().fold(reading, Reading::warn))
}

fn measurements(packet: &StatusPacket) -> Vec<Measurement> {
    let status = &packet.status;
    let bus_error = status
        .dali_error_external
        .zip(status.dali_connection_error)
        .map(|(external, connection)| external || connection);
    let levels = packet.profiles.iter().filter_map(|profile| {
        let level = profile.dimming_level?;
        Some(quantity::LAMP_DIMMING.of(level).on(profile.address.channel()))
    });
    [
        quantity::DEVICE_TEMPERATURE.of(packet.mcu_temperature),
        quantity::LAMP_RELAY.of(status.internal_relay_closed),
        quantity::ALARM_FAULT.of(status.hardware_error),
        quantity::ALARM_FAULT_TEMPORARY.of(bus_error),
        quantity::ALARM_LAMP.of(packet.analog_interfaces.lamp()),
        quantity::ALARM_SUPPLY.of(packet.analog_interfaces.supply()),
    ]
    .into_iter()
    .chain(levels)
    .collect()
}

fn read_profiles(
    payload: &mut Reader<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<Profile>, Failure> {
    const NO_PROFILE: u8 = 0xFF;
    // From here on a version is a reason why the level is not the profile's (protocol 1.0, page 3).
    const FIRST_REASON: u8 = 240;
    let mut profiles = Vec::new();
    while !payload.is_empty() {
        let id = payload.u8()?.value;
        let version = payload.u8()?.value;
        let address = Address::read(payload)?;
        let days_active = words_of(*payload.u8()?, DAYS).collect();
        let dimming_level = read_level(payload)?;
        let profile_override = (version >= FIRST_REASON).then(|| {
            override_name(version).map_or_else(
                || {
                    warnings.push(format!("reason {version} for a level of dimming is not known"));
                    format!("reason_{version}")
                },
                str::to_owned,
            )
        });
        profiles.push(Profile {
            profile_id: (id != NO_PROFILE).then_some(id),
            profile_version: (version < FIRST_REASON).then_some(version),
            profile_override,
            address,
            days_active,
            dimming_level,
        });
    }
    Ok(profiles)
}

/// Why a level is not its profile's. The thermistor is missing in NAS's codec of today.
fn override_name(reason: u8) -> Option<&'static str> {
    Some(match reason {
        246 => "driver_not_found",
        247 => "calendar_active",
        248 => "init_active",
        249 => "profile_not_active",
        250 => "ldr_input_active",
        251 => "thr_active",
        252 => "dig_input_active",
        253 => "manual_active",
        254 => "value_differ",
        255 => "unknown",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thermistor_is_read_where_it_is_announced() {
        let packet = [0xDF, 0xD4, 0x1D, 0x5E, 0, 0x4B, 4, 21, 3, 0x11, 0x22];
        let reading = read(&mut Reader::new(&packet)).unwrap();
        assert!(reading.data().contains("\"thrValue\":17,\"ldrInputValue\":34"));
    }

    #[test]
    fn a_profile_that_is_cut_off_is_too_short() {
        let packet = [0xDF, 0xD4, 0x1D, 0x5E, 0, 0x4B, 4, 21, 0, 5, 5, 10];
        assert_eq!(read(&mut Reader::new(&packet)).unwrap_err().kind, FailureKind::TooShort);
    }
}
