//! The index as the device converts it from its pulses, and the alarms about it.

use champollion_sdk::{prelude::*, shortest_decimal, word};
use serde::Serialize;

use crate::Meter;

/// An index with its conversion: `water_conv` units are `pulse_conv` pulses.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Water {
    water_conv: f64,
    pulse_conv: f64,
    water: Spanned<f64>,
}

impl Water {
    pub(crate) fn read(value: &mut Reader<'_>) -> Result<Self, Failure> {
        let water_conv = *value.u16_le()?.divided_by(10.0);
        let pulse_conv = *value.u16_le()?.divided_by(10.0);
        let water = value.f32_le()?;
        Ok(Self { water_conv, pulse_conv, water: water.map(shortest_decimal) })
    }

    /// The volume, where the operator has said what the unit is.
    pub(crate) fn measurement(self, meter: Meter) -> Option<Measurement> {
        let litres = meter.litres_per_unit?;
        Some(quantity::WATER_VOLUME.of(self.water.map(|water| cubic_metres(water * litres))))
    }
}

/// Cubic metres to a cubic millimetre: places behind that come from multiplying, since a single holds seven digits.
fn cubic_metres(litres: f64) -> f64 {
    const CUBIC_MILLIMETRES: f64 = 1e9;
    (litres / 1_000.0 * CUBIC_MILLIMETRES).round() / CUBIC_MILLIMETRES
}

/// An alarm that begins or ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// No water flows for longer than a limit, or it flows again.
    Outage(bool),
    /// Water flows for longer than a limit, or it has stopped.
    Flow(bool),
    /// The input has a level that is an alarm, or no longer; only in stored values.
    Input(bool),
    /// No alarm; only in stored values.
    None,
    /// A number that the maker does not list.
    Reserved(u8),
}

impl Alarm {
    pub(crate) fn of(number: u8) -> Self {
        match number {
            0 => Self::None,
            1 | 2 => Self::Outage(number == 1),
            3 | 4 => Self::Flow(number == 3),
            5 | 6 => Self::Input(number == 5),
            _ => Self::Reserved(number),
        }
    }

    /// The alarm in the words of the vocabulary.
    pub(crate) fn measurement(alarm: Spanned<Self>) -> Option<Measurement> {
        match alarm.value {
            Self::Outage(is_on) => Some(quantity::ALARM_NO_FLOW.of(alarm.map(|_| is_on))),
            Self::Flow(is_on) => Some(quantity::ALARM_LEAK.of(alarm.map(|_| is_on))),
            Self::Input(_) | Self::None | Self::Reserved(_) => None,
        }
    }

    pub(crate) fn name(self) -> String {
        let name = match self {
            Self::Outage(true) => "water outage timeout alarm",
            Self::Outage(false) => "water outage timeout alarm release",
            Self::Flow(true) => "water flow timeout alarm",
            Self::Flow(false) => "water flow timeout alarm release",
            Self::Input(true) => "gpio alarm",
            Self::Input(false) => "gpio alarm release",
            Self::None => "none",
            Self::Reserved(number) => return word(&[], number),
        };
        name.to_owned()
    }
}
