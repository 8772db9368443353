//! The status packet of firmware 1.1.x, FPort 23.
//!
//! It has two layouts, told by their first byte: 0 before firmware 1.1.4, 1 from there on.

use champollion_sdk::{families::dali::Status, prelude::*};
use serde::Serialize;

use crate::{
    address::Address,
    driver::{self, CLOCK_NOT_SET, read_clock, read_level, read_status},
    sensors::SensorSource,
};

/// First byte before firmware 1.1.4.
const BEFORE_1_1_4: u8 = 0;
/// First byte from firmware 1.1.4 on.
const FROM_1_1_4: u8 = 1;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    ldr_input_value: Option<Spanned<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_alerts: Option<ActiveAlerts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensor_source: Option<SensorSource>,
    dimming_source: Vec<DimmingSource>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusFlags {
    dali_connection_error: Spanned<bool>,
    metering_com_error: Spanned<bool>,
    ext_rtc_warning: Spanned<bool>,
    internal_relay_closed: Spanned<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ldr_input_on: Option<Spanned<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dig_input_on: Option<Spanned<bool>>,
    open_drain_output_on: Spanned<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lumalink_connected: Option<Spanned<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lumalink_connected_after_boot: Option<Spanned<bool>>,
}

/// The alerts that the meter has found in the last 24 hours.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ActiveAlerts {
    voltage_alert_in_24h: Spanned<bool>,
    lamp_error_alert_in_24h: Spanned<bool>,
    power_alert_in_24h: Spanned<bool>,
    power_factor_alert_in_24h: Spanned<bool>,
}

impl ActiveAlerts {
    /// The alerts stand in the high half of a byte, of all firmware.
    pub(crate) fn of(flags: Spanned<u8>) -> Self {
        Self {
            voltage_alert_in_24h: flags.bit(4),
            lamp_error_alert_in_24h: flags.bit(5),
            power_alert_in_24h: flags.bit(6),
            power_factor_alert_in_24h: flags.bit(7),
        }
    }

    /// Whether the meter has found a lamp in error, or drawing a power that it should not.
    pub(crate) fn lamp(&self) -> Spanned<bool> {
        self.lamp_error_alert_in_24h
            .zip(self.power_alert_in_24h)
            .map(|(error, power)| error || power)
    }

    /// Whether the mains were out of their limits.
    pub(crate) fn supply(&self) -> Spanned<bool> {
        self.voltage_alert_in_24h
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DimmingSource {
    address: Spanned<Address>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimming_level: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

/// Reads a status packet.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let header = payload.u8()?;
    let is_before_1_1_4 = match header.value {
        BEFORE_1_1_4 => true,
        FROM_1_1_4 => false,
        other => {
            let message = format!("status packets begin with 0 or 1, not with {other}");
            return Err(Failure::unknown_message(message).at(header.span));
        }
    };
    let mut warnings = Vec::new();
    let clock = read_clock(payload)?;
    if clock.is_none() {
        warnings.push(CLOCK_NOT_SET.to_owned());
    }
    let flags = payload.u8()?;
    let more_flags = if is_before_1_1_4 { None } else { Some(payload.u8()?) };
    // A byte without its sign: 50 is -50 dBm.
    let downlink_rssi = payload.u8()?.map(|rssi| -i16::from(rssi));
    let downlink_snr = payload.i8()?;
    let mcu_temperature = payload.i8()?.map(f64::from);

    let mut ldr_input_value = None;
    let mut alerts = None;
    let mut sensors = None;
    let open_drain_output_on = match more_flags {
        Some(more_flags) => {
            alerts = Some(payload.u8()?);
            sensors = Some(SensorSource::read(payload, &mut warnings)?);
            more_flags.bit(2)
        }
        None => {
            let reported = payload.u8()?;
            if *reported.bit(1) {
                ldr_input_value = Some(payload.u8()?);
            }
            if *reported.bit(4) {
                alerts = Some(payload.u8()?);
            }
            reported.bit(2)
        }
    };
    let packet = StatusPacket {
        packet_type: "status_packet",
        device_unix_epoch: clock,
        status: StatusFlags {
            dali_connection_error: flags.bit(1),
            metering_com_error: flags.bit(5),
            ext_rtc_warning: flags.bit(6),
            internal_relay_closed: flags.bit(7),
            ldr_input_on: is_before_1_1_4.then(|| flags.bit(2)),
            dig_input_on: is_before_1_1_4.then(|| flags.bit(4)),
            open_drain_output_on,
            lumalink_connected: more_flags.map(|flags| flags.bit(6)),
            lumalink_connected_after_boot: more_flags.map(|flags| flags.bit(7)),
        },
        downlink_rssi,
        downlink_snr,
        mcu_temperature,
        ldr_input_value,
        active_alerts: alerts.map(ActiveAlerts::of),
        sensor_source: sensors,
        dimming_source: read_dimming_sources(payload, &mut warnings)?,
    };
    let reading = Reading::new(&packet)?.with_all(measurements(&packet));
    Ok(warnings.into_iter().fold(reading, Reading::warn))
}

fn measurements(packet: &StatusPacket) -> Vec<Measurement> {
    let status = &packet.status;
    let cannot_reach = status
        .dali_connection_error
        .zip(status.metering_com_error)
        .map(|(driver, meter)| driver || meter);
    let mut measurements = vec![
        quantity::DEVICE_TEMPERATURE.of(packet.mcu_temperature),
        quantity::LAMP_RELAY.of(status.internal_relay_closed),
        quantity::ALARM_FAULT_TEMPORARY.of(cannot_reach),
    ];
    let lamp = lamp_alarm(packet);
    measurements.extend(lamp.map(|lamp| quantity::ALARM_LAMP.of(lamp)));
    let alerts = packet.active_alerts;
    measurements.extend(alerts.map(|alerts| quantity::ALARM_SUPPLY.of(alerts.supply())));
    if let Some(sensors) = &packet.sensor_source {
        measurements.extend(sensors.measurements());
    }
    for source in &packet.dimming_source {
        let channel = source.address.channel();
        let level = source.dimming_level;
        measurements.extend(level.map(|level| quantity::LAMP_DIMMING.of(level).on(channel)));
        // Where the bus is dead nobody has answered, and the status is what the controller made up.
        if !*status.dali_connection_error {
            let of_driver =
                source.status.map(|status| driver::measurements(status, source.address.value));
            measurements.extend(of_driver.into_iter().flatten());
        }
    }
    measurements
}

/// The alarm of the controller's one lamp: what its meter says, and what an answer to a broadcast
/// says, which is the only one where the driver has no address.
fn lamp_alarm(packet: &StatusPacket) -> Option<Spanned<bool>> {
    let failed = packet
        .dimming_source
        .iter()
        .filter(|source| source.address.value == Address::DaliBroadcast)
        .filter_map(|source| source.status.map(|status| status.has_lamp_failure()))
        .find(|lamp_failure| **lamp_failure);
    failed.or_else(|| packet.active_alerts.map(|alerts| alerts.lamp()))
}

fn read_dimming_sources(
    payload: &mut Reader<'_>,
    warnings: &mut Vec<String>,
) -> Result<Vec<DimmingSource>, Failure> {
    let mut sources = Vec::new();
    while !payload.is_empty() {
        let address = Address::read_output(payload)?;
        let reason = payload.u8()?.value;
        let reason = reason_name(reason).unwrap_or_else(|| {
            warnings.push(format!("reason {reason} for a level of dimming is not known"));
            format!("reason_{reason}")
        });
        let dimming_level = read_level(payload)?;
        let status = read_status(payload)?;
        sources.push(DimmingSource { address, reason, dimming_level, status });
    }
    Ok(sources)
}

/// Why a lamp is as bright as it is.
fn reason_name(reason: u8) -> Option<String> {
    Some(match reason {
        0x00..=0x07 => format!("profile_{reason}"),
        0x21 => "calendar_day".to_owned(),
        0x22 => "calendar_night".to_owned(),
        0x30..=0x3F => format!("calendar_dawn_step_{}", reason - 0x30),
        0x50..=0x5F => format!("calendar_dusk_step_{}", reason - 0x50),
        0x70 => "dig_inactive".to_owned(),
        0x71 => "dig_active".to_owned(),
        0x80..=0x87 => format!("light_monitor_step_{}", reason - 0x80),
        245 => "relay_off".to_owned(),
        246 => "driver_not_found".to_owned(),
        248 => "fallback_active".to_owned(),
        250 => "ldr_input_active".to_owned(),
        252 => "dig_input_active".to_owned(),
        253 => "manual_active".to_owned(),
        255 => "unknown".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(hex: &[u8]) -> Result<Reading, Failure> {
        read(&mut Reader::new(hex))
    }

    #[test]
    fn sensors_that_overrun_their_length_are_an_invalid_value() {
        let packet =
            [1, 0xF3, 0x7F, 0x20, 0x5E, 0x82, 0x44, 0x32, 0x09, 0x16, 0x20, 0x02, 0x02, 0x94, 0x55];
        assert_eq!(status(&packet).unwrap_err().kind, FailureKind::InvalidValue);
    }

    #[test]
    fn a_third_layout_is_refused() {
        assert_eq!(status(&[2, 0, 0]).unwrap_err().kind, FailureKind::UnknownMessage);
    }

    #[test]
    fn a_lamp_on_a_dead_bus_is_not_said_to_be_out() {
        let packet = |flags| [0, 0xF3, 0x7F, 0x20, 0x5E, flags, 50, 9, 22, 0, 0x12, 0x50, 25, 0];
        let lit = |flags| {
            let reading = status(&packet(flags)).unwrap();
            reading.measurements().iter().any(|measurement| measurement.quantity == "lamp.lit")
        };
        assert!(lit(0x80));
        assert!(!lit(0x82));
    }

    #[test]
    fn an_unknown_reason_is_shown_with_a_warning() {
        let packet = [0, 0xF3, 0x7F, 0x20, 0x5E, 0, 50, 9, 22, 0, 0x12, 0x91, 25, 0];
        let reading = status(&packet).unwrap();
        assert!(reading.data().contains("reason_145"));
        assert_eq!(reading.warnings().len(), 1);
    }
}
