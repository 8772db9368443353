//! Frames of a DELTA P: the difference of pressure, and the 0-10 V input.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::Content;

fn all(payload: &mut Reader<'_>) -> Result<Vec<Spanned<i16>>, Failure> {
    let mut values = vec![payload.i16_be()?];
    while !payload.is_empty() {
        values.push(payload.i16_be()?);
    }
    Ok(values)
}

fn pressure(value: Spanned<i16>) -> Measurement {
    quantity::AIR_PRESSURE_DIFFERENCE.of(value.map(f64::from))
}

/// 0x53: pressures in pascals, the newest first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pressures {
    delta_pressure: Vec<Spanned<i16>>,
}

impl Content for Pressures {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self { delta_pressure: all(payload)? })
    }

    fn measurements(&self) -> Vec<(u64, Measurement)> {
        (0..).zip(self.delta_pressure.iter().map(|value| pressure(*value))).collect()
    }
}

/// 0x54: the pressure has passed a threshold, or does so no more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PressureAlarm {
    alarm: Spanned<bool>,
    delta_pressure: [Spanned<i16>; 1],
}

impl Content for PressureAlarm {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let alarm = payload.u8()?.map(|byte| byte != 0);
        Ok(Self { alarm, delta_pressure: [payload.i16_be()?] })
    }

    fn measurements(&self) -> Vec<(u64, Measurement)> {
        let [value] = self.delta_pressure;
        vec![(0, pressure(value)), (0, quantity::ALARM_THRESHOLD.of(self.alarm))]
    }
}

/// 0x55: voltages at the input in millivolts, the newest first. They may be anything, so they are not measured.
#[derive(Debug, Serialize)]
pub(crate) struct Voltages {
    voltage: Vec<Spanned<i16>>,
}

impl Content for Voltages {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self { voltage: all(payload)? })
    }
}

/// 0x56: the voltage has passed a threshold, or does so no more.
#[derive(Debug, Serialize)]
pub(crate) struct VoltageAlarm {
    alarm: Spanned<bool>,
    voltage: [Spanned<i16>; 1],
}

impl Content for VoltageAlarm {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let alarm = payload.u8()?.map(|byte| byte != 0);
        Ok(Self { alarm, voltage: [payload.i16_be()?] })
    }

    fn measurements(&self) -> Vec<(u64, Measurement)> {
        vec![(0, quantity::ALARM_THRESHOLD.of(self.alarm))]
    }
}
