//! Usage packets: FPort 25 of firmware 1.0.x, FPort 26 of firmware 1.1.x.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{
    address::{ALL_DEVICES, Address},
    driver::read_power_factor,
};

const SECONDS_PER_HOUR: f64 = 3600.0;
const WATT_HOURS_PER_KILOWATT_HOUR: f64 = 1000.0;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UsagePacket {
    packet_type: &'static str,
    consumption: Vec<Consumption>,
}

/// The consumption that one meter has counted. Only quantities that the meter can measure are there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Consumption {
    address: Spanned<Meter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_energy: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_power: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_side_energy: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_side_power: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    power_factor: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mains_voltage: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_operating_time: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lamp_on_time: Option<Spanned<f64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Meter {
    /// The controller's own meter.
    InternalMeasurement,
    /// The meter of a D4i driver.
    #[serde(untagged)]
    Driver(Address),
}

impl Meter {
    fn read(payload: &mut Reader<'_>) -> Result<Spanned<Self>, Failure> {
        if payload.peek() == Some(ALL_DEVICES) {
            return Ok(payload.u8()?.map(|_| Self::InternalMeasurement));
        }
        Ok(Address::read(payload)?.map(Self::Driver))
    }

    fn channel(self) -> u16 {
        match self {
            Self::InternalMeasurement => 0,
            Self::Driver(address) => address.channel(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Firmware {
    V1_0,
    V1_1,
}

/// Reads a usage packet of firmware 1.0.x, which has no header.
pub(crate) fn read_v10(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    read_consumption(payload, Firmware::V1_0)
}

/// Reads a usage packet of firmware 1.1.x.
pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let header = payload.u8()?;
    if header.value != 0 {
        let message = format!("usage packets begin with 0, not with {}", header.value);
        return Err(Failure::unknown_message(message).at(header.span));
    }
    read_consumption(payload, Firmware::V1_1)
}

fn read_consumption(payload: &mut Reader<'_>, firmware: Firmware) -> Result<Reading, Failure> {
    let mut consumption = Vec::new();
    loop {
        consumption.push(Consumption::read(payload, firmware)?);
        if payload.is_empty() {
            break;
        }
    }
    let measurements: Vec<Measurement> =
        consumption.iter().flat_map(Consumption::measurements).collect();
    let packet = UsagePacket { packet_type: "usage_packet", consumption };
    Ok(Reading::new(&packet)?.with_all(measurements))
}

impl Consumption {
    fn read(payload: &mut Reader<'_>, firmware: Firmware) -> Result<Self, Failure> {
        let address = Meter::read(payload)?;
        let sent = payload.u8()?;
        Ok(Self {
            address,
            active_energy: sent.bit(0).then(|| kilowatt_hours(payload))?,
            active_power: sent.bit(1).then(|| watts(payload))?,
            load_side_energy: sent.bit(2).then(|| kilowatt_hours(payload))?,
            load_side_power: sent.bit(3).then(|| watts(payload))?,
            power_factor: sent.bit(4).then(|| read_power_factor(payload))?.flatten(),
            mains_voltage: sent.bit(5).then(|| Ok(payload.u8()?.map(f64::from)))?,
            driver_operating_time: sent.bit(6).then(|| hours(payload))?,
            lamp_on_time: sent.bit(7).then(|| lamp_on_time(payload, address.value, firmware))?,
        })
    }

    fn measurements(&self) -> Vec<Measurement> {
        let channel = self.address.channel();
        [
            (self.active_energy, quantity::ELECTRICITY_ENERGY_ACTIVE),
            (self.active_power, quantity::ELECTRICITY_POWER_ACTIVE),
            (self.power_factor, quantity::ELECTRICITY_POWER_FACTOR),
            (self.mains_voltage, quantity::ELECTRICITY_VOLTAGE),
            (self.lamp_on_time, quantity::LAMP_BURNING_TIME),
        ]
        .into_iter()
        .filter_map(|(value, quantity)| Some(quantity.of(value?).on(channel)))
        .collect()
    }
}

/// Reads a value if its flag is set.
trait ReadIf {
    fn then<T>(self, read: impl FnOnce() -> Result<T, Failure>) -> Result<Option<T>, Failure>;
}

impl ReadIf for Spanned<bool> {
    fn then<T>(self, read: impl FnOnce() -> Result<T, Failure>) -> Result<Option<T>, Failure> {
        if self.value { read().map(Some) } else { Ok(None) }
    }
}

fn kilowatt_hours(payload: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    let watt_hours = payload.u32_le()?;
    Ok(watt_hours.map(|watt_hours| f64::from(watt_hours) / WATT_HOURS_PER_KILOWATT_HOUR))
}

fn watts(payload: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    Ok(payload.u16_le()?.map(f64::from))
}

fn hours(payload: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    Ok(payload.u32_le()?.map(|seconds| f64::from(seconds) / SECONDS_PER_HOUR))
}

/// Reads for how long the lamp has been lit, in hours.
///
/// Firmware 1.1.x and D4i drivers send seconds. Of the own meter of firmware 1.0.x the sources
/// disagree: NAS's codec took hours from 2022 to January 2024, and so does Kungsbacka; since
/// February 2024 NAS's takes seconds. Hours are taken here: the older code tells the two apart on
/// purpose, and the newer came with a change of the shown unit from seconds to hours that first
/// turned the factor round and then lost it, with zeros alone to test it.
fn lamp_on_time(
    payload: &mut Reader<'_>,
    meter: Meter,
    firmware: Firmware,
) -> Result<Spanned<f64>, Failure> {
    if meter == Meter::InternalMeasurement && firmware == Firmware::V1_0 {
        return Ok(payload.u32_le()?.map(f64::from));
    }
    hours(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_meter_counts_hours_in_firmware_1_0_and_seconds_in_1_1() {
        let block = [0xFF, 0x80, 0x10, 0x0E, 0, 0];
        let old = read_v10(&mut Reader::new(&block)).unwrap();
        assert!(old.data().contains("\"lampOnTime\":3600.0"), "{}", old.data());
        let new = read(&mut Reader::new(&[&[0], block.as_slice()].concat())).unwrap();
        assert!(new.data().contains("\"lampOnTime\":1.0"), "{}", new.data());
    }

    #[test]
    fn an_unknown_power_factor_is_absent() {
        let reading = read_v10(&mut Reader::new(&[0xFF, 0x10, 0xFF])).unwrap();
        assert!(!reading.data().contains("powerFactor"));
        assert!(reading.measurements().is_empty());
    }

    #[test]
    fn packets_that_lack_something_are_refused() {
        let kind = |packet: &[u8]| read(&mut Reader::new(packet)).unwrap_err().kind;
        assert_eq!(kind(&[1]), FailureKind::UnknownMessage);
        assert_eq!(kind(&[0]), FailureKind::TooShort);
        assert_eq!(kind(&[0, 0xFF, 1, 0]), FailureKind::TooShort);
        assert_eq!(kind(&[0, 0x09, 0]), FailureKind::InvalidValue);
    }
}
