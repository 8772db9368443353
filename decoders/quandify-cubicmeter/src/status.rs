//! The status report: index, temperatures, battery and what is wrong.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// The bit of the error that says that the meter hears no water in the pipe.
const NO_SIGNAL: u32 = 15;

/// The error that stands for water that flows backwards; for all others the maker's support is to be asked.
const REVERSE_FLOW: u16 = 384;

/// The maker's own decoder calls a battery low from here on, in millivolts.
const LOW_BATTERY: u16 = 3_100;

/// Bytes that the maker's own service finds small leaks by; what they hold is not told.
const FOR_THE_MAKER: usize = 8;

/// A status report in the maker's words and units.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    uptime: Spanned<u32>,
    error_code: Spanned<u16>,
    is_sensing: Spanned<bool>,
    /// Litres since the installation.
    total_volume: Spanned<u32>,
    /// Kilocalories that were above the heat threshold.
    total_heat: Spanned<u32>,
    leak_state: Spanned<u8>,
    /// Millivolts after a transmission, and otherwise.
    battery_active: Spanned<u16>,
    battery_recovered: Spanned<u16>,
    water_temperature_min: Spanned<f64>,
    water_temperature_max: Spanned<f64>,
    ambient_temperature: Spanned<f64>,
    alarms: Alarms,
}

/// The alarms that the values of a report stand for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alarms {
    #[serde(skip_serializing_if = "Option::is_none")]
    leak: Option<Spanned<bool>>,
    reverse_flow: Spanned<bool>,
    no_water: Spanned<bool>,
    fault: Spanned<bool>,
    low_battery: Spanned<bool>,
}

impl Status {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let uptime = payload.u32_le()?;
        let error = payload.u16_le()?;
        let total_volume = payload.u32_le()?;
        let total_heat = payload.u32_le()?;
        payload.skip(FOR_THE_MAKER)?;
        let error_code = error.bits(0, NO_SIGNAL);
        let no_water = error.bit(NO_SIGNAL);
        let leak_state = payload.u8()?;
        let battery_active = millivolts(payload)?;
        let battery_recovered = millivolts(payload)?;
        Ok(Self {
            uptime,
            error_code,
            is_sensing: no_water.map(|no_water| !no_water),
            total_volume,
            total_heat,
            leak_state,
            battery_active,
            battery_recovered,
            water_temperature_min: temperature(payload)?,
            water_temperature_max: temperature(payload)?,
            ambient_temperature: temperature(payload)?,
            alarms: Alarms {
                leak: leaks(leak_state),
                reverse_flow: error_code.map(|code| code == REVERSE_FLOW),
                no_water,
                fault: error_code.map(is_fault),
                low_battery: battery_recovered.map(|millivolts| millivolts <= LOW_BATTERY),
            },
        })
    }

    /// Adds the measurements and the warnings to a reading that holds this report.
    pub(crate) fn tell(&self, reading: Reading) -> Reading {
        reading
            .with(quantity::WATER_VOLUME.of(self.total_volume.divided_by(1_000.0)))
            .with(quantity::WATER_TEMPERATURE_MIN.of(self.water_temperature_min))
            .with(quantity::WATER_TEMPERATURE_MAX.of(self.water_temperature_max))
            .with(quantity::AIR_TEMPERATURE.of(self.ambient_temperature))
            .with(quantity::BATTERY_VOLTAGE.of(self.battery_recovered.divided_by(1_000.0)))
            .with(quantity::DEVICE_UPTIME.of(self.uptime.map(f64::from)))
            .with_all(self.alarms.leak.map(|leak| quantity::ALARM_LEAK.of(leak)))
            .with(quantity::ALARM_BACKFLOW.of(self.alarms.reverse_flow))
            .with(quantity::ALARM_DRY.of(self.alarms.no_water))
            .with(quantity::ALARM_FAULT.of(self.alarms.fault))
            .with(quantity::ALARM_BATTERY.of(self.alarms.low_battery))
            .warn_all(self.doubts())
    }

    fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        if *self.alarms.fault {
            doubts.push(format!("error {}: ask the maker's support", *self.error_code));
        }
        if self.alarms.leak.is_none() {
            doubts.push(format!("the leak state {} is none that is known", *self.leak_state));
        }
        doubts
    }
}

/// Returns whether there is a leak; none for a state that the maker does not describe.
fn leaks(state: Spanned<u8>) -> Option<Spanned<bool>> {
    match *state {
        // 1 is within the range that the maker gives, and described nowhere.
        0..=2 => Some(state.map(|_| false)),
        3 | 4 => Some(state.map(|_| true)),
        _ => None,
    }
}

fn is_fault(error: u16) -> bool {
    error != 0 && error != REVERSE_FLOW
}

/// A voltage in steps of 8 mV from 1.8 V on.
fn millivolts(payload: &mut Reader<'_>) -> Result<Spanned<u16>, Failure> {
    Ok(payload.u8()?.map(|steps| 1_800 + u16::from(steps) * 8))
}

/// A temperature in steps of half a degree from -20 °C on.
fn temperature(payload: &mut Reader<'_>) -> Result<Spanned<f64>, Failure> {
    Ok(payload.u8()?.map(|steps| f64::from(steps) / 2.0 - 20.0))
}
