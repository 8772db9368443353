//! Notifications and alerts: FPort 61.

use champollion_sdk::{decimal, prelude::*};
use serde::Serialize;

use crate::driver::{Driver, START_OF_2015, read_power_factor};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DigInputNotification {
    packet_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dig_input_on: Option<Spanned<bool>>,
    dig_input_event_counter: Spanned<u32>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LdrInputNotification {
    packet_type: &'static str,
    ldr_input_on: Spanned<bool>,
    ldr_input_value: Spanned<u8>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DaliDriverAlert {
    packet_type: &'static str,
    drivers: Vec<Driver>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MeteringAlert {
    packet_type: &'static str,
    lamp_error_alert: Spanned<bool>,
    over_current_alert: Spanned<bool>,
    under_voltage_alert: Spanned<bool>,
    over_voltage_alert: Spanned<bool>,
    low_power_factor_alert: Spanned<bool>,
    power: Spanned<f64>,
    voltage: Spanned<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power_factor: Option<Spanned<f64>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LightSensorNotification {
    packet_type: &'static str,
    active_dim_step: Spanned<u8>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationNotification {
    packet_type: &'static str,
    location_status: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    latitude: Spanned<f64>,
    longitude: Spanned<f64>,
    last_fix_utc_time: Spanned<u32>,
}

/// Reads a notification or an alert.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let header = payload.u8()?;
    // The length of what follows in the high half, or flags in the low one.
    let second = payload.u8()?;
    match header.value {
        0x80 => read_dig_input(payload, second),
        0x81 => read_ldr_input(payload, second),
        0x83 => {
            let drivers = Driver::read_all(payload)?;
            let measurements: Vec<Measurement> =
                drivers.iter().flat_map(Driver::measurements).collect();
            let alert = DaliDriverAlert { packet_type: "dali_driver_alert", drivers };
            Ok(Reading::new(&alert)?.with_all(measurements))
        }
        0x84 => read_metering_alert(payload, second),
        0x85 => Reading::new(&LightSensorNotification {
            packet_type: "deprecated_light_sensor_notification",
            active_dim_step: second,
        }),
        0x86 => read_location(payload, second),
        other => {
            let message =
                format!("no notification begins with {other:#04X}; 0x80, 0x81 and 0x83 to 0x86 do");
            Err(Failure::unknown_message(message).at(header.span))
        }
    }
}

/// Firmware 1.0.x counts to 65,535 and does not say how the input is; 1.1.x does.
fn read_dig_input(payload: &mut Reader<'_>, second: Spanned<u8>) -> Result<Reading, Failure> {
    let (dig_input_on, dig_input_event_counter) = match second.bits(4, 4).value {
        2 => (None, payload.u16_le()?.map(u32::from)),
        4 => (Some(second.bit(0)), payload.u32_le()?),
        other => return Err(unknown_length(other, "2 or 4", second)),
    };
    let packet_type =
        if dig_input_on.is_some() { "dig_input_notification" } else { "dig_input_alert" };
    Reading::new(&DigInputNotification { packet_type, dig_input_on, dig_input_event_counter })
}

/// Firmware 1.0.x called the same an `ldr_input_alert`.
fn read_ldr_input(payload: &mut Reader<'_>, second: Spanned<u8>) -> Result<Reading, Failure> {
    let length = second.bits(4, 4).value;
    if length != 2 {
        return Err(unknown_length(length, "2", second));
    }
    Reading::new(&LdrInputNotification {
        packet_type: "ldr_input_notification",
        ldr_input_on: payload.u8()?.bit(0),
        ldr_input_value: payload.u8()?,
    })
}

fn read_metering_alert(payload: &mut Reader<'_>, flags: Spanned<u8>) -> Result<Reading, Failure> {
    let power = payload.u16_le()?.map(f64::from);
    let voltage = payload.u16_le()?.map(f64::from);
    let power_factor = read_power_factor(payload)?;
    let alert = MeteringAlert {
        packet_type: "metering_alert",
        lamp_error_alert: flags.bit(0),
        over_current_alert: flags.bit(1),
        under_voltage_alert: flags.bit(2),
        over_voltage_alert: flags.bit(3),
        low_power_factor_alert: flags.bit(4),
        power,
        voltage,
        power_factor,
    };
    Ok(Reading::new(&alert)?
        .with(quantity::ALARM_LAMP.of(flags.bits(0, 2).map(|lamp| lamp != 0)))
        .with(quantity::ALARM_SUPPLY.of(flags.bits(2, 2).map(|voltage| voltage != 0)))
        .with(quantity::ELECTRICITY_POWER_ACTIVE.of(power))
        .with(quantity::ELECTRICITY_VOLTAGE.of(voltage))
        .with_all(power_factor.map(|factor| quantity::ELECTRICITY_POWER_FACTOR.of(factor))))
}

fn read_location(payload: &mut Reader<'_>, status: Spanned<u8>) -> Result<Reading, Failure> {
    let packet_type = "location_notification";
    let location_status = match status.value {
        0x00 => "good_fix",
        0x01 => "no_fix",
        0x02 | 0xFF => "internal_error",
        other => {
            let message = format!("{other:#04X} is no state of the receiver");
            return Err(Failure::unknown_message(message).at(status.span));
        }
    };
    if status.value != 0 {
        return Reading::new(&LocationNotification { packet_type, location_status, fix: None });
    }
    let latitude = read_degrees(payload, 90.0)?;
    let longitude = read_degrees(payload, 180.0)?;
    let last_fix_utc_time = payload.u32_le()?;
    let fixed_at = u64::from(last_fix_utc_time.value) * 1000;
    let is_known = last_fix_utc_time.value >= START_OF_2015;
    let at_fix = |measurement: Measurement| {
        if is_known { measurement.at(fixed_at) } else { measurement }
    };
    let fix = Some(Fix { latitude, longitude, last_fix_utc_time });
    Ok(Reading::new(&LocationNotification { packet_type, location_status, fix })?
        .with(at_fix(quantity::LOCATION_LATITUDE.of(latitude)))
        .with(at_fix(quantity::LOCATION_LONGITUDE.of(longitude))))
}

fn read_degrees(payload: &mut Reader<'_>, limit: f64) -> Result<Spanned<f64>, Failure> {
    // Six decimals are a tenth of a metre, and all that a single has.
    const MICRO: f64 = 1e6;
    let degrees = payload.f32_le()?.map(|degrees| (f64::from(degrees) * MICRO).round() / MICRO);
    if degrees.abs() > limit {
        let span = degrees.span;
        let [degrees, limit] = [degrees.value, limit].map(decimal);
        let message = format!("{degrees} is no angle from -{limit} to {limit} degrees");
        return Err(Failure::invalid_value(message).at(span));
    }
    Ok(degrees)
}

fn unknown_length(length: u8, known: &str, second: Spanned<u8>) -> Failure {
    let message = format!("the notification says that {length} bytes follow, and {known} is known");
    Failure::unknown_message(message).at(second.span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(packet: &[u8]) -> FailureKind {
        read(&mut Reader::new(packet)).unwrap_err().kind
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert_eq!(kind(&[0x82, 0]), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0x80, 0x30, 0, 0, 0]), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0x81, 0x40]), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0x86, 0x03]), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0x83, 0x20]), FailureKind::TooShort);
        assert_eq!(kind(&[0x86, 0, 0, 0, 0xC8, 0x42, 0, 0, 0, 0]), FailureKind::InvalidValue);
    }

    #[test]
    fn a_receiver_without_a_fix_measures_nothing() {
        let reading = read(&mut Reader::new(&[0x86, 1])).unwrap();
        assert!(reading.measurements().is_empty());
        assert!(reading.data().contains("no_fix"));
    }
}
